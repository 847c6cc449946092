"""The yield meter: rounded, late, in crowds, and silent about anybody."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import progress
from survey.domain.keys import KeyStore, read_token
from survey.domain.responses import release
from survey.models import Invitee, Wave
from tests.survey.domain.factories import make_wave, renew_progress, send_all

#: What no database does differently.
once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def seen(sessions: sessionmaker[Session], wave_id: int) -> dict[str, object]:
    with sessions() as session:
        return dict(session.get_one(Wave, wave_id).progress)


def test_figures_change_for_crowds_only(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys, n_people=30)
    shown = []
    for token in tokens[:26]:
        send_all(sessions, keys, [token])
        renew_progress(sessions, keys, wave_id)
        shown.append(seen(sessions, wave_id).get("n_answered", 0))

    assert shown == [0] * 9 + [10] * 14 + [20] * 3  # ten more than the 14 who may stand behind a 10


@once
def test_words_are_counted_on_released_answers_and_none_is_shown(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys, n_people=60)
    send_all(sessions, keys, tokens[:39])
    renew_progress(sessions, keys, wave_id)
    assert seen(sessions, wave_id)["n_read"] == 0  # nothing was opened yet

    with sessions() as session, transaction(session):
        assert release(session, keys, session.get_one(Wave, wave_id)) == 10
        assert release(session, keys, session.get_one(Wave, wave_id)) == 10
    send_all(sessions, keys, tokens[39:49])
    renew_progress(sessions, keys, wave_id)

    found = seen(sessions, wave_id)
    assert "Answer" not in str(found)
    assert found["n_answered"] == 45
    assert found["n_read"] == 20
    assert found["words"] == 5  # "Answer number 7"
    assert found["items"] == {
        "self": 4, "skills": 1, "good_day": 1, "stay": 1, "channels": 4, "content": 1
    }  # fmt: skip
    assert (found["known"], found["fresh"]) == (65, 10)  # two words of three are common, one is its writer's


def send_by_site(sessions: sessionmaker[Session], keys: KeyStore, tokens: list[str], **counts: int) -> None:
    """Let so many people of each site answer."""
    with sessions() as session:
        sites = {person.id: person.attributes["site"] for person in session.scalars(select(Invitee))}
    for site, n_people in counts.items():
        send_all(sessions, keys, [t for t in tokens if sites[read_token(t).invitee_id] == site][:n_people])


@once
def test_a_sample_of_a_large_wave_is_enough(
    sessions: sessionmaker[Session], keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "MOST_READ", 25)
    wave_id, tokens = make_wave(sessions, keys, n_people=60)
    send_all(sessions, keys, tokens[:50])
    for _release in range(4):
        with sessions() as session, transaction(session):
            release(session, keys, session.get_one(Wave, wave_id))

    renew_progress(sessions, keys, wave_id)

    assert seen(sessions, wave_id)["n_read"] == 25


@once
def test_group_that_answers_less_is_named_by_a_quarter(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id, tokens = make_wave(sessions, keys, n_people=40)
    send_by_site(sessions, keys, tokens, Oslo=18, Lyon=4)

    renew_progress(sessions, keys, wave_id)

    assert seen(sessions, wave_id)["behind"] == [{"attribute": "site", "band": "Lyon", "quarter": 1}]


@once
def test_small_groups_are_not_named(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    wave_id, tokens = make_wave(sessions, keys, n_people=38)  # 19 in each site
    send_by_site(sessions, keys, tokens, Oslo=18, Lyon=4)

    renew_progress(sessions, keys, wave_id)

    assert seen(sessions, wave_id)["behind"] == []


@pytest.mark.parametrize(
    ("figures", "word"),
    [
        ({}, "few"),
        ({"n_answered": 25, "known": 100}, "few"),
        ({"n_answered": 30}, "some"),
        ({"n_answered": 95, "known": 100}, "some"),
        ({"n_answered": 100}, "thin"),
        ({"n_answered": 100, "known": 85}, "thin"),
        ({"n_answered": 100, "known": 90}, "enough"),
    ],
)
def test_verdict(figures: dict[str, int], word: str) -> None:
    assert progress.verdict(figures) == word


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1), (0.24, 1), (0.25, 2), (0.5, 3), (0.75, 4), (1.0, 4)]
)
def test_quarter(share: float, expected: int) -> None:
    assert progress.quarter(share) == expected


def test_saturation_of_nothing_and_of_one_theme() -> None:
    assert progress.saturation([]) == progress.saturation([frozenset()]) == (0.0, 0.0)
    assert progress.saturation([frozenset({"a"})] * 3) == (1.0, 0.0)
