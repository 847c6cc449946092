"""Waves on a screen: counts are rounded while a wave is open and exact afterwards."""

from __future__ import annotations

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from survey.domain.closing import close_wave
from survey.domain.keys import KeyStore
from survey.domain.queries.waves import get_wave, get_wave_row, list_waves
from survey.enums import WaveState
from survey.exceptions import NotFoundError
from tests.survey.domain.factories import closing_lease, make_draft, make_wave, renew_progress, send_all


def test_list_waves_rounds_the_count_of_an_open_wave(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    first, tokens = make_wave(sessions, keys, name="First")
    draft = make_draft(sessions, name="Second")
    send_all(sessions, keys, tokens[:14])
    renew_progress(sessions, keys, first)

    with sessions() as session:
        rows = list_waves(session)

    assert [(row.id, row.state, row.n_invited, row.n_answered, row.exact) for row in rows] == [
        (draft, WaveState.DRAFT, 40, 0, False),
        (first, WaveState.OPEN, 40, 10, False),
    ]
    assert [row.response_rate for row in rows] == [0.0, 0.25]


def test_list_waves_takes_one_query_however_many_waves(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    for number in range(3):
        make_wave(sessions, keys, n_people=10, name=f"Wave {number}")
    statements: list[str] = []
    event.listen(sessions.kw["bind"], "before_cursor_execute", lambda *args: statements.append(args[2]))

    with sessions() as session:
        rows = list_waves(session)

    assert len(rows) == 3
    assert len([sql for sql in statements if sql.startswith("SELECT")]) == 1


def test_closed_wave_shows_its_exact_count(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    send_all(sessions, keys, tokens[:13])
    renew_progress(sessions, keys, wave_id)
    lease = closing_lease(sessions, wave_id)
    with sessions() as session:
        assert (get_wave_row(session, wave_id).n_answered, get_wave_row(session, wave_id).readable) == (
            10,
            False,
        )

    close_wave(sessions, keys, lease)

    with sessions() as session:
        row = get_wave_row(session, wave_id)
        assert (row.n_answered, row.exact, row.readable, row.response_rate) == (13, True, True, 13 / 40)
        assert row.progress == {}  # when a crowd had answered is nothing to keep
        assert list_waves(session) == [row]


def test_closed_wave_with_under_ten_answers_is_not_readable(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys)
    send_all(sessions, keys, tokens[:9])

    close_wave(sessions, keys, closing_lease(sessions, wave_id))

    with sessions() as session:
        row = get_wave_row(session, wave_id)
        assert (row.n_answered, row.exact, row.readable) == (9, True, False)


def test_wave_that_does_not_exist_is_not_found(session: Session) -> None:
    for read in (get_wave, get_wave_row):
        with pytest.raises(NotFoundError):
            read(session, 99)
