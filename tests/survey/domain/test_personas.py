"""Personas between machine and people: starting an analysis, publishing drafts, withdrawing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.jobs import cancel, claim
from survey.domain.personas import (
    get_version,
    publish_analysis,
    start_analysis,
    withdraw_version,
)
from survey.enums import JobKind, JobState, VersionState, WaveState
from survey.exceptions import InvalidInputError, NotFoundError, StateError
from survey.models import Analysis, AuditEntry, Job, Lead, PersonaVersion, Wave
from tests.survey.persona_factories import drafts, make_closed_wave

DRAFT, PUBLISHED, RETIRED = VersionState


def states(session: Session) -> dict[str, VersionState]:
    session.rollback()
    return dict(session.execute(select(PersonaVersion.name, PersonaVersion.state)).all())


def audited(session: Session) -> Sequence[tuple[str, str]]:
    return session.execute(select(AuditEntry.action, AuditEntry.subject).order_by(AuditEntry.id)).all()


# starting


def test_started_analysis_waits_for_a_worker(session: Session, wave: Wave) -> None:
    with transaction(session):
        job = start_analysis(session, wave, account_id=None, n_personas=4, seed=3)

    analysis = session.scalars(select(Analysis)).one()
    assert (analysis.wave_id, analysis.n_personas, analysis.seed, analysis.job_id) == (wave.id, 4, 3, job.id)
    assert (job.kind, job.subject_id) == (JobKind.ANALYSE, analysis.id)
    assert audited(session) == [("started", f"analysis {analysis.id}")]


def test_same_analysis_twice_is_one(session: Session, wave: Wave) -> None:
    with transaction(session):
        first = start_analysis(session, wave, account_id=None).id
    with transaction(session):
        second = start_analysis(session, wave, account_id=None).id

    assert second == first
    assert len(session.scalars(select(Analysis)).all()) == 1


def test_another_number_of_personas_is_another_analysis(session: Session, wave: Wave) -> None:
    with transaction(session):
        first = start_analysis(session, wave, account_id=None).id
        second = start_analysis(session, wave, account_id=None, n_personas=5).id

    assert second != first


def test_same_analysis_of_another_wave_is_another(
    sessions: sessionmaker[Session], session: Session, wave: Wave
) -> None:
    wave_ids = [wave.id, make_closed_wave(sessions, n_people=0, name="Spring")]

    with transaction(session):
        started = [
            start_analysis(session, session.get_one(Wave, one), account_id=None).subject_id
            for one in wave_ids
        ]

    assert [session.get_one(Analysis, one).wave_id for one in started] == wave_ids


@pytest.mark.parametrize("is_running", [False, True])
def test_stopped_analysis_can_be_started_again(
    sessions: sessionmaker[Session], session: Session, wave: Wave, is_running: bool
) -> None:
    """One that runs hears of it a little later."""
    with transaction(session):
        first = start_analysis(session, wave, account_id=None)
    with transaction(session):
        if is_running:
            claim(session, owner="worker", length=dt.timedelta(minutes=1))
        cancel(session, first)
    with transaction(session):
        second = start_analysis(session, wave, account_id=None)

    assert first.state is (JobState.RUNNING if is_running else JobState.CANCELLED)
    assert second.id != first.id


@pytest.mark.parametrize("state", [WaveState.DRAFT, WaveState.OPEN, WaveState.CLOSING])
def test_wave_that_is_not_closed_cannot_be_analysed(
    sessions: sessionmaker[Session], session: Session, state: WaveState
) -> None:
    wave = session.get_one(Wave, make_closed_wave(sessions, n_people=0, state=state))

    with pytest.raises(StateError, match="Close it first"), transaction(session):
        start_analysis(session, wave, account_id=None)

    assert session.scalars(select(Job)).all() == []


@pytest.mark.parametrize("n_personas", [-1, 0, 1, 13])
def test_number_of_personas_nobody_can_use_is_refused(session: Session, wave: Wave, n_personas: int) -> None:
    with pytest.raises(InvalidInputError, match="Ask for 2 to 12"), transaction(session):
        start_analysis(session, wave, account_id=None, n_personas=n_personas)


def test_unknown_version_is_not_found(session: Session) -> None:
    with pytest.raises(NotFoundError):
        get_version(session, 17)


# publishing


def test_all_drafts_of_an_analysis_are_published(session: Session, wave: Wave) -> None:
    first, second = drafts(session, wave, "Planners", "Sellers")

    with transaction(session):
        published = publish_analysis(session, first.analysis, account_id=None)

    assert published == [first, second]
    assert states(session) == {"Planners": PUBLISHED, "Sellers": PUBLISHED}
    assert first.published_at is not None
    assert audited(session) == [
        ("published", f"persona {first.persona_id}"),
        ("published", f"persona {second.persona_id}"),
    ]


def test_chosen_drafts_are_published_and_the_others_may_follow(session: Session, wave: Wave) -> None:
    first, second = drafts(session, wave, "Planners", "Sellers")

    with transaction(session):
        publish_analysis(session, first.analysis, account_id=None, version_ids=[second.id])
    only_second = states(session)
    with transaction(session):
        publish_analysis(session, first.analysis, account_id=None, version_ids=[first.id])

    assert only_second == {"Planners": DRAFT, "Sellers": PUBLISHED}
    assert states(session) == {"Planners": PUBLISHED, "Sellers": PUBLISHED}


def test_publishing_retires_what_other_analyses_published_and_leaves_their_drafts(
    session: Session, wave: Wave
) -> None:
    old, _ = drafts(session, wave, "Old", "Old draft")
    (new,) = drafts(session, wave, "New")
    with transaction(session):
        publish_analysis(session, old.analysis, account_id=None, version_ids=[old.id])

    with transaction(session):
        publish_analysis(session, new.analysis, account_id=None)

    assert states(session) == {"Old": RETIRED, "Old draft": DRAFT, "New": PUBLISHED}
    assert audited(session)[-1] == ("retired", f"persona {old.persona_id}")


def test_publishing_twice_is_refused_and_changes_nothing(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    with transaction(session):
        publish_analysis(session, version.analysis, account_id=None)
    moment = version.published_at

    with pytest.raises(StateError, match="no draft to publish"), transaction(session):
        publish_analysis(session, version.analysis, account_id=None)

    assert version.published_at == moment


def test_choosing_nothing_is_refused_and_retires_nothing(session: Session, wave: Wave) -> None:
    (old,) = drafts(session, wave, "Old")
    (new,) = drafts(session, wave, "New")
    with transaction(session):
        publish_analysis(session, old.analysis, account_id=None)

    with pytest.raises(StateError, match="Choose at least one"), transaction(session):
        publish_analysis(session, new.analysis, account_id=None, version_ids=[])

    assert states(session) == {"Old": PUBLISHED, "New": DRAFT}


def test_draft_of_another_analysis_cannot_be_slipped_in(session: Session, wave: Wave) -> None:
    (other,) = drafts(session, wave, "Other")
    (version,) = drafts(session, wave, "Planners")

    with pytest.raises(NotFoundError), transaction(session):
        publish_analysis(session, version.analysis, account_id=None, version_ids=[version.id, other.id])

    assert states(session) == {"Other": DRAFT, "Planners": DRAFT}


def test_leads_are_scored_after_publishing(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    with transaction(session):
        session.add(Lead(external_id="l1"))

    with transaction(session):
        publish_analysis(session, version.analysis, account_id=None)

    assert [(job.kind, job.subject_id) for job in session.scalars(select(Job))] == [(JobKind.SCORE_LEADS, 0)]


def test_leads_are_scored_after_withdrawing(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")
    with transaction(session):
        publish_analysis(session, version.analysis, account_id=None)
        session.add(Lead(external_id="l1"))

    with transaction(session):
        withdraw_version(session, version, account_id=None)

    assert [job.kind for job in session.scalars(select(Job))] == [JobKind.SCORE_LEADS]


def test_without_leads_nothing_is_scored(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")

    with transaction(session):
        publish_analysis(session, version.analysis, account_id=None)

    assert session.scalars(select(Job)).all() == []


# withdrawing


def test_withdrawn_persona_is_retired(session: Session, wave: Wave) -> None:
    first, second = drafts(session, wave, "Planners", "Sellers")
    with transaction(session):
        publish_analysis(session, first.analysis, account_id=None)

    with transaction(session):
        withdraw_version(session, second, account_id=None)

    assert states(session) == {"Planners": PUBLISHED, "Sellers": RETIRED}
    assert audited(session)[-1] == ("withdrew", f"persona {second.persona_id}")


def test_draft_cannot_be_withdrawn(session: Session, wave: Wave) -> None:
    (version,) = drafts(session, wave, "Planners")

    with pytest.raises(StateError, match="Only a published persona"), transaction(session):
        withdraw_version(session, version, account_id=None)

    assert states(session) == {"Planners": DRAFT}
