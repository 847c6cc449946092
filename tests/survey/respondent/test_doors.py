"""Printed codes, the kiosk that forgets, and the way out of mail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import waves
from survey.domain.keys import KeyStore
from survey.domain.links import card_code, make_test_token, stop_token
from survey.domain.questionnaires import default_questionnaire
from survey.models import Inbox, Invitee, MailStop, SpentToken, Wave
from survey.respondent import doors
from survey.respondent.guesses import MAX_PER_MINUTE
from tests.survey.domain.factories import make_draft, six_items
from tests.survey.respondent.conftest import FULL, OpenWave

once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def carded(sessions: sessionmaker[Session], keys: KeyStore) -> int:
    """An open wave of twelve people who have cards."""
    with sessions() as session, transaction(session):
        wave = waves.start_draft(session, name="Crew", questionnaire=six_items(session))
        waves.choose_people(session, wave, audience={}, attributes=[], n_cards=12)
        waves.launch_wave(session, wave, keys, signed_off_by="A. Berg")
        return wave.id


def n_sent(sessions: sessionmaker[Session]) -> tuple[int, ...]:
    with sessions() as session:
        return tuple(session.scalar(select(func.count()).select_from(t)) or 0 for t in (Inbox, SpentToken))


def action_of(page: str) -> str:
    found = re.search(r'<form method="post" action="(/kiosk/[^"]+)"', page)
    assert found is not None
    return found[1]


def start_kiosk(client: FlaskClient, wave_id: int, code: str) -> str:
    started = client.post(f"/kiosk/{wave_id}", data={"code": code})
    assert started.status_code == 303
    return client.get(started.location).text


def test_code_leads_to_the_survey_and_no_look_spends_it(
    client: FlaskClient, carded: int, keys: KeyStore, sessions: sessionmaker[Session]
) -> None:
    code = card_code(keys, carded, 3)

    for _look in range(3):
        assert client.get(f"/code/{carded}").status_code == 200
        answer = client.post(f"/code/{carded}", data={"code": code.lower()})
        assert client.get(answer.location).status_code == 200
    assert n_sent(sessions) == (0, 0)
    sent = client.post(answer.location, data={**FULL, "page": "4", "go": "send"})

    assert sent.status_code == 303
    assert n_sent(sessions) == (1, 1)
    assert client.get(answer.location).status_code == 409


@once
def test_wrong_codes_are_refused_and_many_of_them_slow_down(
    client: FlaskClient, carded: int, keys: KeyStore, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = client.post(f"/code/{carded}", data={"code": "0000-0000-0000"})
    for _guess in range(MAX_PER_MINUTE):
        client.post(f"/code/{carded}", data={"code": "x"})

    assert wrong.status_code == 422
    assert "We do not know this code" in wrong.text
    assert client.post(f"/code/{carded}", data={"code": card_code(keys, carded, 1)}).status_code == 429
    assert caplog.text == ""


@once
def test_codes_of_a_wave_that_is_not_open(client: FlaskClient, sessions: sessionmaker[Session]) -> None:
    wave_id = make_draft(sessions)

    for address in (f"/code/{wave_id}", f"/kiosk/{wave_id}"):
        assert client.get(address).status_code == 409
        assert client.post(address, data={"code": "x"}).status_code == 409
    assert client.get("/kiosk/99").status_code == 404


def test_kiosk_takes_one_person_after_the_other(
    client: FlaskClient, carded: int, keys: KeyStore, sessions: sessionmaker[Session]
) -> None:
    for card in (1, 2):
        page = start_kiosk(client, carded, card_code(keys, carded, card))
        page = client.post(action_of(page), data={"page": "0", "go": "next"}).text
        sent = client.post(action_of(page), data={**FULL, "page": "4", "go": "send"})
        assert sent.location == f"/kiosk/{carded}/done"
        thanks = client.get(sent.location).text
        assert f'content="{doors.THANKS_SECONDS}; url=/kiosk/{carded}"' in thanks

    assert n_sent(sessions) == (2, 2)
    again = start_kiosk(client, carded, card_code(keys, carded, 1))
    assert "This code has been used" in again


@once
def test_kiosk_leaves_nothing_in_the_browser(client: FlaskClient, carded: int, keys: KeyStore) -> None:
    code = card_code(keys, carded, 1)
    first = client.get(f"/kiosk/{carded}")
    started = client.post(f"/kiosk/{carded}", data={"code": code})
    introduction = client.get(started.location)
    answered = client.post(action_of(introduction.text), data={"page": "1", "go": "next", **FULL})
    thanks = client.get(f"/kiosk/{carded}/done")

    for page in (first, started, introduction, answered, thanks):
        assert page.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in page.headers
        assert " data-draft>" not in page.text  # what respondent.js would write into the browser
        assert code not in page.text
    assert first.headers["Clear-Site-Data"] == '"cache", "storage"'
    for page in (first, introduction, answered, thanks):
        assert f"url=/kiosk/{carded}" in page.text  # goes back by itself, without JavaScript too
    token = started.location.rpartition("/")[2]
    assert len(token) > 100  # a ticket and not the link
    assert FULL["answer-self"] not in client.get(started.location).text


@once
def test_kiosk_speaks_the_language_of_each_person_and_forgets_it(
    client: FlaskClient, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    with sessions() as session, transaction(session):
        wave = waves.start_draft(session, name="Crew", questionnaire=default_questionnaire(session))
        waves.choose_people(session, wave, audience={}, attributes=[], n_cards=12)
        waves.launch_wave(session, wave, keys, signed_off_by="A. Berg")
        wave_id = wave.id
    assert 'hreflang="ar"' in client.get(f"/kiosk/{wave_id}").text

    wrong = client.post(f"/kiosk/{wave_id}?lang=ar", data={"code": "x", "lang": "ar"})
    started = client.post(f"/kiosk/{wave_id}", data={"code": card_code(keys, wave_id, 1), "lang": "ar"})
    introduction = client.get(started.location).text
    in_swedish = client.post(action_of(introduction), data={"page": "0", "lang": ["ar", "sv"]}).text
    first = client.post(action_of(in_swedish), data={"page": "0", "lang": "sv", "go": "next"}).text
    data = {"answer-self": "x", "page": "7", "go": "send", "lang": "sv"}
    thanks = client.get(client.post(action_of(first), data=data).location).text

    assert 'lang="ar" dir="rtl"' in wrong.text
    assert 'lang="ar" dir="rtl"' in introduction
    assert "?lang=" not in introduction  # a link would lead back to the start
    assert "Vad tycker du om med att arbeta här?" in in_swedish
    assert "På jobbet är jag en sådan som" in first
    assert "Tack!" in thanks
    assert 'lang="en"' in client.get(f"/kiosk/{wave_id}").text


@once
def test_ticket_of_somebody_who_walked_away_opens_nothing(
    client: FlaskClient, carded: int, keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = start_kiosk(client, carded, card_code(keys, carded, 1))
    action = action_of(page)
    now = doors.time.time()
    monkeypatch.setattr(doors.time, "time", lambda: now + 601)

    for answer in (client.get(action), client.post(action, data={**FULL, "page": "1", "go": "next"})):
        assert (answer.status_code, answer.location) == (303, f"/kiosk/{carded}")
    assert client.get(f"/kiosk/{carded}/nonsense").status_code == 303


def test_mail_is_stopped_by_a_button_and_not_by_a_look(
    client: FlaskClient, wave: OpenWave, keys: KeyStore, sessions: sessionmaker[Session]
) -> None:
    with sessions() as session:
        invitee = session.scalars(select(Invitee)).first()
        assert invitee is not None
    address = f"/stop/{stop_token(keys, wave.wave_id, invitee.id)}"

    assert "Stop the mail" in client.get(address).text
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(MailStop)) == 0
    for _twice in range(2):
        assert "no more mail" in client.post(address, data={"List-Unsubscribe": "One-Click"}).text
    with sessions() as session:
        stopped = session.scalars(select(MailStop.address_hash)).all()
    assert len(stopped) == 1
    assert invitee.email not in stopped[0]
    assert client.post("/stop/nonsense").status_code == 404


@once
def test_test_link_is_marked_and_keeps_nothing(
    client: FlaskClient, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id = make_draft(sessions)
    address = f"/{wave_id}/{make_test_token(keys, wave_id)}"

    pages: list[Any] = [client.get(address), client.post(address, data={"page": "0", "go": "next"})]
    sent = client.post(address, data={**FULL, "page": "4", "go": "send"})

    assert all("Nothing you write here is kept or counted." in page.text for page in pages)
    assert sent.status_code == 303
    assert n_sent(sessions) == (0, 0)


@once
def test_test_link_shows_the_latest_draft(
    client: FlaskClient, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id = make_draft(sessions)
    address = f"/{wave_id}/{make_test_token(keys, wave_id)}"
    assert "Hello crew" not in client.get(address).text
    with sessions() as session, transaction(session):
        session.get_one(Wave, wave_id).texts = {"en": {"welcome": "Hello crew"}}

    assert "Hello crew" in client.get(address).text


def test_static_file_of_the_kiosk_is_there() -> None:
    assert (Path(__file__).parents[3] / "survey" / "static" / "kiosk.js").exists()
