"""Before sending, somebody whose details describe few people is told so; what they do then is theirs to choose."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.attributes import Kinds, coarsening_tree, measure_crowd
from survey.domain.keys import KeyStore, survey_token
from survey.domain.waves import create_wave, open_wave
from survey.models import Invitee
from tests.survey.domain.factories import six_items
from tests.survey.respondent.conftest import FULL, FULL_ANSWERS, OpenWave, answers_of, form_of
from tests.survey.respondent.test_failures import stored

BANDS = {"job": ["cook", "pilot"], "site": ["Lyon", "Oslo"]}
#: Four pilots in Lyon among forty people.
ROSTER = [
    *[{"job": "cook", "site": "Lyon"}] * 16,
    *[{"job": "cook", "site": "Oslo"}] * 10,
    *[{"job": "pilot", "site": "Oslo"}] * 10,
    *[{"job": "pilot", "site": "Lyon"}] * 4,
]
RARE = {"about-job": "pilot", "about-site": "Lyon"}
SEND = {name: value for name, value in FULL.items() if name != "about-site"} | {"page": "4", "go": "send"}


@pytest.fixture
def mixed_wave(sessions: sessionmaker[Session], keys: KeyStore) -> OpenWave:
    """An open wave for the people of the roster."""
    with sessions() as session, transaction(session):
        wave = create_wave(
            session,
            name="Mixed",
            questionnaire=six_items(session),
            roster=ROSTER,
            attributes=[{"name": n, "label": n.title(), "bands": bands} for n, bands in BANDS.items()],
        )
        open_wave(session, wave, keys)
        invitees = session.scalars(select(Invitee.id).where(Invitee.wave_id == wave.id)).all()
        return OpenWave(wave.id, [survey_token(keys, wave.id, invitee) for invitee in invitees])


def test_small_crowd_is_named_before_anything_is_sent(
    client: FlaskClient, mixed_wave: OpenWave, sessions: sessionmaker[Session]
) -> None:
    page = client.post(mixed_wave.path(), data=SEND | RARE)

    assert page.status_code == 200
    for words in (
        "These 2 details together describe 4 people here.",
        "Without “Job” it would be 20.",
        "We would keep: <strong>Job: pilot</strong>.",
    ):
        assert words in " ".join(page.text.split())
    kept = answers_of(page)
    assert {name: kept[name] for name in FULL_ANSWERS if name != "about-site"} == {
        name: values for name, values in FULL_ANSWERS.items() if name != "about-site"
    }
    assert stored(sessions) == (0, 0)


def test_who_has_seen_it_may_send_all_the_same(
    client: FlaskClient, mixed_wave: OpenWave, sessions: sessionmaker[Session]
) -> None:
    page = client.post(mixed_wave.path(), data=SEND | RARE)

    answer = client.post(mixed_wave.path(), data=form_of(page) | {"go": "blurred"})

    assert 'name="go" value="blurred"' in page.text
    assert answer.status_code == 303
    assert stored(sessions) == (1, 1)


@pytest.mark.parametrize("told", [{}, {"about-job": "pilot"}, {"about-job": "cook", "about-site": "Oslo"}])
def test_ten_or_more_are_sent_without_a_word(
    client: FlaskClient, mixed_wave: OpenWave, sessions: sessionmaker[Session], told: Mapping[str, str]
) -> None:
    assert client.post(mixed_wave.path(), data=SEND | told).status_code == 303
    assert stored(sessions) == (1, 1)


@pytest.mark.parametrize(
    ("given", "n_people", "sharpest", "n_without", "small"),
    [
        ({}, 40, "", 0, False),
        ({"job": "pilot"}, 14, "job", 40, False),
        ({"job": "pilot", "site": "Lyon"}, 4, "job", 20, True),
        ({"job": "", "site": "Lyon"}, 20, "site", 40, False),
        ({"job": "diver"}, 0, "job", 40, True),
    ],
)
def test_crowd_is_measured_on_the_roster(
    given: Mapping[str, str], n_people: int, sharpest: str, n_without: int, small: bool
) -> None:
    kinds: Kinds = {frozenset(person.items()): ROSTER.count(person) for person in ROSTER}

    crowd = measure_crowd(kinds, coarsening_tree(ROSTER, list(BANDS)), given)

    found = (crowd.n_people, crowd.sharpest, crowd.n_without, crowd.is_small)
    assert found == (n_people, sharpest, n_without, small)
