"""What HR learns about the questions of a closed wave: only of ten people or more, only after the close."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session, sessionmaker

from survey.domain.queries.answering import follow_up_gain, weights
from survey.enums import WaveState
from survey.models import Wave
from tests.survey.persona_factories import add_responses, make_closed_wave

ASKED = {
    "stay": "my team\nthe hours",
    "stay_more": "they all stayed late",
    "content": "a talk",
    "self": "calm",
}
HELD_OUT = {"stay": "my team", "content": "a long talk about locks"}


def wave_with(
    sessions: sessionmaker[Session], *people: tuple[int, bool, dict[str, str]], **options: WaveState
) -> int:
    """A wave with so many responses of each kind, held out or not."""
    wave_id = make_closed_wave(sessions, n_people=0, **options)
    for n_people, held_out, texts in people:
        add_responses(sessions, wave_id, n_people, texts, held_out=held_out)
    return wave_id


def test_gain_compares_words_there_and_later(sessions: sessionmaker[Session]) -> None:
    wave_id = wave_with(
        sessions, (20, False, ASKED), (10, True, HELD_OUT), (5, True, {"self": "silent on it"})
    )

    with sessions() as session:
        gain = follow_up_gain(session, session.get_one(Wave, wave_id))

    assert gain is not None
    assert (gain.n_asked, gain.n_held_out) == (20, 10)
    assert (gain.there.asked, gain.there.held_out, gain.there.more) == (8.5, 2.5, 6.0)
    assert 5.5 < gain.there.low < 6 < gain.there.high < 6.5
    assert (gain.later.asked, gain.later.held_out, gain.later.more) == (2, 5, -3)


@pytest.mark.parametrize(("n_asked", "n_held_out"), [(20, 9), (9, 20), (20, 0)])
def test_gain_of_fewer_than_ten_is_not_told(
    sessions: sessionmaker[Session], n_asked: int, n_held_out: int
) -> None:
    wave_id = wave_with(sessions, (n_asked, False, ASKED), (n_held_out, True, HELD_OUT))

    with sessions() as session:
        assert follow_up_gain(session, session.get_one(Wave, wave_id)) is None


@pytest.mark.parametrize("state", [WaveState.OPEN, WaveState.CLOSING])
def test_nothing_is_told_before_the_close(sessions: sessionmaker[Session], state: WaveState) -> None:
    told = {**ASKED, "importance": "+pay;-craft"}
    wave_id = wave_with(sessions, (20, False, told), (20, True, told), state=state)

    with sessions() as session:
        wave = session.get_one(Wave, wave_id)
        assert (follow_up_gain(session, wave), weights(session, wave)) == (None, [])


def test_weights_are_most_minus_least_in_order(sessions: sessionmaker[Session]) -> None:
    wave_id = wave_with(
        sessions,
        (6, False, {"stay": "x", "importance": "+pay;-craft"}),
        (4, False, {"stay": "x", "importance": "+craft;+hours"}),
        (7, False, {"stay": "no choice"}),
    )

    with sessions() as session:
        found = weights(session, session.get_one(Wave, wave_id))

    assert len(found) == 12
    assert [(weight.text, weight.balance) for weight in found if weight.balance] == [
        ("Fair pay and benefits", 0.6),
        ("Working hours that fit my life", 0.4),
        ("Time and tools to do it well", -0.2),
    ]


def test_weights_of_fewer_than_ten_are_not_told(sessions: sessionmaker[Session]) -> None:
    wave_id = wave_with(sessions, (9, False, {"stay": "x", "importance": "+pay"}))

    with sessions() as session:
        assert weights(session, session.get_one(Wave, wave_id)) == []
