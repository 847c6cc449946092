"""What screens read of analyses and personas, and in how many queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from analysis.stability import DOUBTFUL
from analysis.text import SPOKEN_LANGUAGES
from survey.database import transaction
from survey.domain.edits import drop_entry, edit_version
from survey.domain.personas import start_analysis
from survey.domain.queries.personas import (
    LEAST_STABILITY,
    TOLD_IN,
    analysis_page,
    count_by_wave,
    get_draft,
    list_analyses,
    list_drafts,
    list_published,
    newest_tried,
)
from survey.enums import JobState, VersionState
from survey.exceptions import NotFoundError, StateError
from survey.models import Chart, Wave
from tests.survey.persona_factories import add_analysis, make_closed_wave

DRAFT, PUBLISHED, RETIRED = VersionState


def test_pages_doubt_what_the_analysis_doubts() -> None:
    assert LEAST_STABILITY == DOUBTFUL


def test_languages_are_those_of_the_analysis() -> None:
    assert set(TOLD_IN) == set(SPOKEN_LANGUAGES)


@pytest.fixture
def wave_id(sessions: sessionmaker[Session]) -> int:
    return make_closed_wave(sessions, n_people=0)


@pytest.mark.parametrize("n_personas", [1, 3])
@pytest.mark.parametrize(
    ("read", "n_queries"),
    [
        (lambda session, wave_id: list_published(session), 1),
        (lambda session, wave_id: list_drafts(session), 1),
        (list_analyses, 2),
        (lambda session, wave_id: count_by_wave(session), 1),
    ],
)
def test_lists_take_a_fixed_number_of_queries(
    sessions: sessionmaker[Session],
    session: Session,
    wave_id: int,
    read: Callable[[Session, int], Any],
    n_queries: int,
    n_personas: int,
) -> None:
    names = ["Planners", "Sellers", "Teachers"][:n_personas]
    with transaction(session):
        add_analysis(session, wave_id, *names)
        add_analysis(session, wave_id, *names, state=PUBLISHED)
    statements: list[str] = []
    event.listen(sessions.kw["bind"], "before_cursor_execute", lambda *args: statements.append(args[2]))

    assert read(session, wave_id)

    assert len([one for one in statements if one.startswith("SELECT")]) == n_queries


def test_published_personas_come_largest_first_with_their_wave(session: Session, wave_id: int) -> None:
    with transaction(session):
        add_analysis(session, wave_id, "Planners", "Sellers", state=PUBLISHED)
        add_analysis(session, wave_id, "Drafts")
        add_analysis(session, wave_id, "Past", state=RETIRED)

    cards = list_published(session)

    assert [(card.name, card.wave, card.n_answered) for card in cards] == [
        ("Planners", "Autumn", 0),
        ("Sellers", "Autumn", 0),
    ]


def test_drafts_are_those_of_the_newest_analysis_that_has_any(session: Session, wave_id: int) -> None:
    with transaction(session):
        add_analysis(session, wave_id, "Old draft")
        new = add_analysis(session, wave_id, "Chosen", "New draft")
        new.versions[0].state = PUBLISHED
        add_analysis(session, wave_id, "Published", state=PUBLISHED)

    assert [card.name for card in list_drafts(session)] == ["New draft"]


def test_a_card_is_told_apart_by_names_as_they_are_and_by_what_still_stands_on_either(
    session: Session, wave_id: int
) -> None:
    with transaction(session):
        _, sellers = add_analysis(session, wave_id, "Planners", "Sellers").versions
        edit_version(session, sellers, name="Traders", summary="They trade.", account_id=None)

    first, second = list_drafts(session)

    assert (first.apart, second.apart) == (
        "Near: Traders. Here: evenings off, say Planners (60 %). There: evenings off, say Sellers (60 %).",
        "Near: Planners. Here: evenings off, say Sellers (60 %). There: evenings off, say Planners (60 %).",
    )
    with transaction(session):
        drop_entry(session, sellers, where="reasons", text="evenings off, say Sellers", account_id=None)
    assert [card.apart for card in list_drafts(session)] == [
        "Near: Traders. Here: evenings off, say Planners (60 %).",
        "Near: Planners. There: evenings off, say Planners (60 %).",
    ]


def test_nothing_is_told_of_a_neighbour_that_is_not_shown(session: Session, wave_id: int) -> None:
    with transaction(session):
        analysis = add_analysis(session, wave_id, "Planners", "Sellers")
        analysis.versions[0].state = PUBLISHED

    assert [card.apart for card in list_published(session)] == [""]


def test_analyses_of_a_wave_say_what_became_of_them(session: Session, wave_id: int) -> None:
    with transaction(session):
        published = add_analysis(session, wave_id, "Planners", "Sellers", state=PUBLISHED)
        empty = add_analysis(session, wave_id, refusal="Too few responses.")
        job = start_analysis(session, session.get_one(Wave, wave_id), account_id=None, n_personas=3)

    rows = list_analyses(session, wave_id)

    assert [(row.id, row.n_personas, row.job_state, row.n_published, row.n_found) for row in rows] == [
        (job.subject_id, 3, JobState.QUEUED, 0, 0),
        (empty.id, None, None, 0, 0),
        (published.id, None, None, 2, 2),
    ]


def test_counts_by_wave_tell_states_apart(
    sessions: sessionmaker[Session], session: Session, wave_id: int
) -> None:
    other = make_closed_wave(sessions, n_people=0, name="Spring")
    with transaction(session):
        add_analysis(session, wave_id, "Planners", "Sellers")
        add_analysis(session, other, "Teachers", state=PUBLISHED)

    assert count_by_wave(session) == {wave_id: {DRAFT: 2}, other: {PUBLISHED: 1}}


def test_page_of_a_running_analysis_has_its_job_and_no_report(session: Session, wave_id: int) -> None:
    with transaction(session):
        job = start_analysis(session, session.get_one(Wave, wave_id), account_id=None)

    page = analysis_page(session, job.subject_id)

    assert (page.job, page.report, page.charts, page.cards) == (job, {}, [], [])


def test_page_of_an_analysis_tells_drafts_from_what_is_published(session: Session, wave_id: int) -> None:
    with transaction(session):
        analysis = add_analysis(session, wave_id, "Planners", "Sellers")
        analysis.versions[0].state = PUBLISHED

    page = analysis_page(session, analysis.id)

    assert [card.name for card in page.cards] == ["Planners", "Sellers"]
    assert [card.name for card in page.drafts] == ["Sellers"]


def test_unknown_analysis_is_not_found(session: Session) -> None:
    with pytest.raises(NotFoundError):
        analysis_page(session, 17)


def test_draft_to_edit_must_be_a_draft(session: Session, wave_id: int) -> None:
    with transaction(session):
        (version,) = add_analysis(session, wave_id, "Planners", state=PUBLISHED).versions

    with pytest.raises(StateError, match="frozen"):
        get_draft(session, version.id)
    with pytest.raises(NotFoundError):
        get_draft(session, 17)


def test_how_colleagues_were_found_is_shown_of_the_newest_analysis_that_is_published(
    session: Session, wave_id: int
) -> None:
    def tried(name: str, state: VersionState) -> int:
        analysis = add_analysis(session, wave_id, name, state=state)
        analysis.charts.append(Chart(name="found", title="Found", svg="", columns=[], rows=[]))
        session.flush()
        return analysis.id

    with transaction(session):
        tried("Planners", DRAFT)
        tried("Makers", RETIRED)
        assert newest_tried(session) is None

        tried("Callers", PUBLISHED)
        newest = tried("Helpers", PUBLISHED)
        add_analysis(session, wave_id, "Keepers", state=PUBLISHED)
        tried("Drivers", DRAFT)
        assert newest_tried(session) == newest
