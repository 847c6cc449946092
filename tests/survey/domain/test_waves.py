"""A wave is prepared, opened and told to close; the roster is checked and the state moves one way."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.keys import KeyStore, check_token, survey_token
from survey.domain.questionnaires import default_questionnaire
from survey.domain.waves import create_wave, open_wave, start_closing
from survey.enums import JobKind, WaveState
from survey.exceptions import ConflictError, InvalidInputError, StateError
from survey.models import AuditEntry, Invitee, Job, Wave
from tests.survey.domain.factories import SITE, make_draft, make_wave, roster


def refusal(sessions: sessionmaker[Session], error: type[Exception], **changes: Any) -> str:
    values = {"name": "Spring", "roster": roster(12), "attributes": [SITE], **changes}
    with sessions() as session, pytest.raises(error) as caught, transaction(session):
        create_wave(session, questionnaire=default_questionnaire(session), **values)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Invitee)) == 0
    return str(caught.value)


def test_create_wave_stores_each_invitee_with_bands_alone(sessions: sessionmaker[Session]) -> None:
    people = [
        {"email": " a@example.org ", "language": "nb", "site": "Oslo", "salary": "9"},
        {"email": "", "site": ""},
    ]
    with sessions() as session, transaction(session):
        wave = create_wave(
            session,
            name=" Spring ",
            questionnaire=default_questionnaire(session),
            roster=people,
            attributes=[SITE],
        )

    with sessions() as session:
        rows = session.execute(select(Invitee.email, Invitee.language, Invitee.attributes))
        assert sorted(rows, key=str) == [("", "", {}), ("a@example.org", "nb", {"site": "Oslo"})]
        wave = session.scalars(select(Wave)).one()
        assert (wave.name, wave.state, wave.n_invited) == ("Spring", WaveState.DRAFT, 2)


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_create_wave_refuses_a_name_that_cannot_be_shown(sessions: sessionmaker[Session], name: str) -> None:
    assert (
        refusal(sessions, InvalidInputError, name=name) == "Give the wave a name of at most 120 characters."
    )


def test_create_wave_refuses_an_empty_roster(sessions: sessionmaker[Session]) -> None:
    assert "roster is empty" in refusal(sessions, InvalidInputError, roster=[])


def test_create_wave_refuses_two_links_for_one_address_and_names_the_rows(
    sessions: sessionmaker[Session],
) -> None:
    people = [{"email": "a@example.org"}, {"email": "b@example.org"}, {"email": "A@example.org "}]

    message = refusal(sessions, InvalidInputError, roster=people)

    assert message.startswith("Rows 1 and 3 of the roster")
    assert "example.org" not in message


def test_create_wave_names_the_row_of_an_unknown_band(sessions: sessionmaker[Session]) -> None:
    message = refusal(sessions, InvalidInputError, roster=[{"site": "Oslo"}, {"site": "Atlantis"}])

    assert message == "Row 2 of the roster: “site” is none of the bands of this wave."


@pytest.mark.parametrize(
    "attributes",
    [[SITE, SITE], [{**SITE, "bands": []}], [{**SITE, "name": str(number)} for number in range(4)]],
)
def test_create_wave_refuses_attributes_it_cannot_ask_for(
    sessions: sessionmaker[Session], attributes: list[dict[str, Any]]
) -> None:
    refusal(sessions, InvalidInputError, attributes=attributes)


def test_create_wave_refuses_a_name_that_is_taken(sessions: sessionmaker[Session]) -> None:
    make_draft(sessions, name="Spring")

    with sessions() as session, pytest.raises(ConflictError), transaction(session):
        create_wave(
            session,
            name="Spring",
            questionnaire=default_questionnaire(session),
            roster=roster(12),
            attributes=[],
        )


def test_open_wave_freezes_roster_size_and_coarsening_and_makes_keys(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys, n_people=40)

    with sessions() as session:
        wave = session.get_one(Wave, wave_id)
        assert wave.state is WaveState.OPEN
        assert wave.n_invited == 40
        assert wave.opened_at is not None
        assert wave.public_key == bytes(keys.seal_key(wave_id).public_key)
        assert sorted(wave.coarsening["kept"]) == ["Lyon", "Oslo"]
        assert session.scalars(select(AuditEntry.action)).all() == ["opened"]
    assert len(set(tokens)) == 40


def test_open_wave_twice_is_refused(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)

    with sessions() as session, pytest.raises(StateError), transaction(session):
        open_wave(session, session.get_one(Wave, wave_id), keys)
    check_token(keys, tokens[0])


def test_open_wave_with_fewer_than_ten_people_is_refused(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id = make_draft(sessions, n_people=9)

    with sessions() as session, pytest.raises(InvalidInputError, match="at least 10"), transaction(session):
        open_wave(session, session.get_one(Wave, wave_id), keys)


def test_open_wave_after_a_rollback_uses_the_keys_that_are_there(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id = make_draft(sessions)
    with sessions() as session:
        open_wave(session, session.get_one(Wave, wave_id), keys)
        session.rollback()
    token = survey_token(keys, wave_id, "0" * 32)

    with sessions() as session, transaction(session):
        open_wave(session, session.get_one(Wave, wave_id), keys)

    check_token(keys, token)


def test_token_is_stored_nowhere(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    _, tokens = make_wave(sessions, keys, n_people=12)

    with sessions() as session:
        for table in Wave.metadata.sorted_tables:
            for row in session.execute(select(table)):
                assert not any(token in str(row) for token in tokens)


def test_start_closing_enqueues_one_job_however_often_it_is_asked(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, _ = make_wave(sessions, keys)

    for _attempt in range(2):
        with sessions() as session, transaction(session):
            start_closing(session, session.get_one(Wave, wave_id), None)

    with sessions() as session:
        assert session.get_one(Wave, wave_id).state is WaveState.CLOSING
        job = session.scalars(select(Job)).one()
        assert (job.kind, job.subject_id) == (JobKind.CLOSE_WAVE, wave_id)
        assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all() == [
            "opened",
            "closing",
        ]


def test_start_closing_a_draft_is_refused(sessions: sessionmaker[Session]) -> None:
    wave_id = make_draft(sessions)

    with sessions() as session, pytest.raises(StateError), transaction(session):
        start_closing(session, session.get_one(Wave, wave_id), None)
