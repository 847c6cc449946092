"""HR makes a wave in the browser, from its name to its launch, edits what is asked, sends mail, prints cards."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from survey.database import transaction
from survey.domain.items import copy_questionnaire
from survey.domain.keys import KeyStore
from survey.domain.links import card_code
from survey.domain.questionnaires import default_questionnaire
from survey.domain.waves import choose_people, launch_wave, start_draft
from survey.enums import RoleName, WaveState
from survey.models import AuditEntry, Invitee, Item, Mailing, Questionnaire, SpentToken, Wave
from tests.survey.conftest import SignIn
from tests.survey.domain.factories import make_draft, make_wave, send_all, six_items
from tests.survey.test_spreadsheets import workbook

once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ROSTER = "email,language,name,site\n" + "\n".join(
    f"{f'p{n}@example.org' if n % 3 else ''},en,Person {n},{('Oslo', 'Lyon')[n % 2]}" for n in range(30)
)


@pytest.fixture
def hr(sign_in: SignIn) -> FlaskClient:
    return sign_in(RoleName.HR)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def upload(hr: FlaskClient, wave_id: int, content: str | bytes, name: str = "roster.csv") -> TestResponse:
    data = {"file": (io.BytesIO(content if isinstance(content, bytes) else content.encode()), name)}
    return hr.post(f"/waves/{wave_id}/roster", data=data, follow_redirects=True)


def test_wave_is_made_in_the_browser(
    hr: FlaskClient, sessions: sessionmaker[Session], settings: dict[str, object]
) -> None:
    answer = hr.post("/waves/new", data={"name": "Autumn"})
    assert answer.location == "/waves/1/setup"
    assert "Upload a roster, or say how many codes to print." in text_of(hr.get(answer.location).text)

    page = text_of(upload(hr, 1, ROSTER).text)
    assert "30 people are on the roster" in page
    assert "grouping them: name." in page
    hr.post("/waves/1/people", data={"ask": ["site"], "only-0": ["Oslo"], "n_cards": "4"})
    hr.post("/waves/1/questionnaire", data={"questionnaire": "1", "go": "copy", "name": "Ours"})
    hr.post(
        "/waves/1/plan",
        data={
            "opens_at": "",
            "closes_at": "2199-01-01T12:00",
            "invite": "yes",
            "reminder_1": "3",
            "reminder_2": "",
            "language": "en",
            "subject": "Tell us",
            "invitation": "Dear all, {link}",
            "reminder": "",
            "welcome": "Thanks for looking.",
        },
    )
    setup = text_of(hr.get("/waves/1/setup").text)
    assert "19 people, 9 of them by printed code" in setup
    assert "A reminder after 3 days." in setup
    refused = hr.post("/waves/1/launch", data={"signed_off_by": ""})
    assert refused.status_code == 422
    launched = hr.post("/waves/1/launch", data={"signed_off_by": "A. Berg, works council"})

    assert launched.location == "/waves/1"
    with sessions() as session:
        wave = session.get_one(Wave, 1)
        assert (wave.state, wave.n_invited, wave.signed_off_by) == (
            WaveState.OPEN,
            19,
            "A. Berg, works council",
        )
        assert wave.texts == {
            "en": {"subject": "Tell us", "invitation": "Dear all, {link}", "welcome": "Thanks for looking."}
        }
        assert wave.questionnaire.name == "Ours"
        assert session.scalars(select(Mailing.is_reminder).order_by(Mailing.due_at)).all() == [False, True]
    assert "Is it enough?" in hr.get("/waves/1").text

    cards = hr.get("/waves/1/cards").text
    codes = re.findall(r'class="card-code"><bdi dir="ltr">([^<]+)<', cards)
    keys = KeyStore.from_settings(settings)
    assert sorted(codes) == sorted(card_code(keys, 1, n) for n in range(1, 10))  # 5 without an address and 4
    assert cards.count("<svg") == 9
    assert "/a/code/1" in hr.get("/waves/1/poster").text
    with sessions() as session:
        assert session.scalars(select(SpentToken)).all() == []  # printing spends nothing
        assert "printed cards of" in session.scalars(select(AuditEntry.action)).all()


@once
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("email\na@example.org\nb@example.org\nA@example.org\n", "Rows 2 and 4 of the roster have the same"),
        (
            "email\na@example.org\nA@example.org\na@example.org\n",
            "Rows 2, 3 and 4 of the roster have the same",
        ),
        ("email\na@example.org\na@example.org\nnobody\n", "Row 4 of the roster: this is no e-mail address"),
        ("email\na@example.org\nnonsense\n", "Row 3 of the roster: this is no e-mail address."),
        ("name\nAda\n", "there is no column for e-mail addresses"),
    ],
)
def test_bad_roster_is_refused_and_the_old_one_stays(
    hr: FlaskClient, sessions: sessionmaker[Session], content: str, sentence: str
) -> None:
    hr.post("/waves/new", data={"name": "Autumn"})
    upload(hr, 1, ROSTER)

    page = upload(hr, 1, content).text

    assert sentence in page
    assert "The roster is as it was." in page
    with sessions() as session:
        assert len(session.scalars(select(Invitee)).all()) == 30


@once
def test_page_says_which_sheet_was_read(hr: FlaskClient) -> None:
    hr.post("/waves/new", data={"name": "Autumn"})

    page = upload(hr, 1, workbook({"To invite": [["email"], ["a@example.org"]], "Sites": [["Oslo"]]}))

    assert "The sheet “To invite” was read. Not read: Sites." in page.text


@once
def test_plan_in_the_past_keeps_what_was_typed(hr: FlaskClient) -> None:
    hr.post("/waves/new", data={"name": "Autumn"})

    answer = hr.post(
        "/waves/1/plan",
        data={"opens_at": "2001-01-01T08:00", "closes_at": "", "language": "en", "welcome": "Dear crew"},
    )

    assert answer.status_code == 422
    assert "The opening time is in the past." in answer.text
    assert "Dear crew" in answer.text
    assert 'value="2001-01-01T08:00"' in answer.text
    wrong = hr.post("/waves/1/plan", data={"opens_at": "soon", "language": "en"})
    assert "Write a time such as" in wrong.text


@once
def test_times_are_those_of_the_organisation(
    hr: FlaskClient, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINDRED_TIMEZONE", "Europe/Oslo")
    hr.post("/waves/new", data={"name": "Autumn"})

    hr.post("/waves/1/plan", data={"closes_at": "2199-07-01T12:00", "language": "en"})

    with sessions() as session:
        closes_at = session.get_one(Wave, 1).closes_at
        assert closes_at is not None
        assert closes_at.isoformat() == "2199-07-01T10:00:00+00:00"
    assert "closes 2199-07-01 12:00" in hr.get("/waves/1/setup").text


@once
def test_name_that_is_taken_is_said_beside_the_field(hr: FlaskClient) -> None:
    hr.post("/waves/new", data={"name": "Autumn"})

    answer = hr.post("/waves/new", data={"name": "Autumn"})

    assert answer.status_code == 422
    assert "There is a wave of this name. Choose another name." in answer.text
    assert 'value="Autumn"' in answer.text


@pytest.fixture
def copied(sessions: sessionmaker[Session]) -> list[int]:
    """The ids of the items of a copy that can be edited."""
    with sessions() as session, transaction(session):
        copy = copy_questionnaire(session, six_items(session), name="Ours")
        return [item.id for item in copy.items]


def test_two_people_who_edit_one_item_see_both_texts(
    app: Flask, hr: FlaskClient, sessions: sessionmaker[Session], copied: list[int]
) -> None:
    item = f"/items/{copied[0]}"
    form = {"language": "en", "revision": "1", "page": "1", "max_chars": "900", "help": ""}
    assert hr.post(item, data={**form, "prompt": "What are you like?"}).status_code == 303

    late = hr.post(item, data={**form, "prompt": "Who are you at work?"})

    assert late.status_code == 409
    assert "Who are you at work?</textarea>" in late.text
    assert "Stands there now:" in late.text
    assert "What are you like?" in late.text
    again = hr.post(item, data={**form, "revision": "2", "prompt": "Who are you at work?"})
    assert again.status_code == 303
    with sessions() as session:
        stored = session.get_one(Item, copied[0])
        assert (stored.texts["en"]["prompt"], stored.max_chars) == ("Who are you at work?", 900)


@once
def test_item_is_added_translated_moved_and_dropped(
    hr: FlaskClient, sessions: sessionmaker[Session], copied: list[int]
) -> None:
    hr.post(
        "/questionnaires/2/items/new",
        data={"kind": "choices", "prompt": "Which shifts?", "options": "Early\r\nLate", "page": "3"},
    )
    with sessions() as session:
        new = session.scalars(select(Item).where(Item.name == "which_shifts")).one()
    hr.post(
        f"/items/{new.id}",
        data={"language": "sv", "revision": "1", "prompt": "Vilka?", "options": "Tidigt\nSent"},
    )
    hr.post(f"/items/{new.id}/move", data={"to": "up", "revision": "2"})
    dropped = hr.post(
        f"/items/{copied[0]}/drop", data={"revision": "3", "item_revision": "1"}, follow_redirects=True
    )
    late = hr.post(
        f"/items/{copied[1]}/drop", data={"revision": "3", "item_revision": "1"}, follow_redirects=True
    )

    assert "How would you describe yourself" not in dropped.text
    assert "Somebody else has changed the order" in late.text
    with sessions() as session:
        items = session.get_one(Questionnaire, 2).items
        assert [item.name for item in items][-2:] == ["which_shifts", "content"]
        assert items[-2].texts["sv"]["options"] == {"early": "Tidigt", "late": "Sent"}
    page = text_of(hr.get("/questionnaires/2?language=sv").text)
    assert "Not translated yet" in page
    exported = hr.get("/questionnaires/2/questionnaire.json").json
    assert exported is not None
    assert [item["name"] for item in exported["items"]] == [item.name for item in items]


@once
def test_what_a_follow_up_asks_is_reworded_where_it_is_read(
    hr: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    with sessions() as session, transaction(session):
        copy = copy_questionnaire(session, default_questionnaire(session), name="Ours")
        more = next(item.id for item in copy.items if item.name == "stay_more")
        skills = next(item.id for item in copy.items if item.name == "skills")
        copy_id = copy.id
    page = text_of(hr.get(f"/items/{more}").text)
    assert "After a short answer" in page
    assert "Suggestions" not in page

    hr.post(
        f"/items/{more}",
        data={"language": "en", "revision": "1", "prompt": "More?", "probe-example": "Say one of them."},
    )
    hr.post(
        f"/items/{skills}", data={"language": "en", "revision": "1", "prompt": "x", "suggestions": "Knots"}
    )

    assert "After a short answer: Say one of them." in text_of(hr.get(f"/questionnaires/{copy_id}").text)
    assert ">\nKnots</textarea>" in hr.get(f"/items/{skills}").text
    assert "What is an example of that?" not in hr.get(f"/items/{more}").text
    assert "Knots" in hr.get(f"/items/{skills}?language=sv").text  # beside the translation


@once
def test_item_over_its_length_is_shown_again(hr: FlaskClient, copied: list[int]) -> None:
    long = "Why? " * 70

    for address in (f"/items/{copied[0]}", "/questionnaires/2/items/new"):
        answer = hr.post(
            address, data={"language": "en", "revision": "1", "prompt": long, "page": "1", "max_chars": "900"}
        )
        assert answer.status_code == 422
        assert "characters and 300 are allowed" in answer.text
        assert long.strip() in answer.text


@once
def test_default_and_launched_questionnaires_offer_no_edit(
    hr: FlaskClient, sessions: sessionmaker[Session], settings: dict[str, object]
) -> None:
    make_wave(sessions, KeyStore.from_settings(settings), n_people=10)

    page = hr.get("/questionnaires/1").text

    assert "It has been launched and never changes." in page
    assert "/items/" not in page
    assert hr.post("/items/1", data={"language": "en", "revision": "1", "prompt": "x"}).status_code == 409


@once
def test_mail_page_lists_rounds_and_bounces_and_never_who_answered(
    hr: FlaskClient, sessions: sessionmaker[Session], settings: dict[str, object]
) -> None:
    wave_id, tokens = make_wave(sessions, KeyStore.from_settings(settings), n_people=12)
    send_all(sessions, KeyStore.from_settings(settings), tokens[:3])

    sent = hr.post(f"/waves/{wave_id}/mail", data={"kind": "invitation"}, follow_redirects=True)
    hr.post(f"/waves/{wave_id}/mail/bounce", data={"email": "person3@example.org"})
    page = text_of(hr.get(f"/waves/{wave_id}/mail").text)

    assert "The mail goes out in the next minutes." in sent.text
    assert "12 people of this wave have an address." in page
    assert set(re.findall(r"person\d+@", page)) == {"person3@"}
    cancelled = hr.post(f"/waves/{wave_id}/mail/1/cancel", follow_redirects=True)
    assert "It will not be sent." in cancelled.text
    assert (
        hr.post(f"/waves/{wave_id}/mail", data={"kind": "reminder", "group": "site=Oslo"}).status_code == 303
    )
    with sessions() as session:
        assert session.scalars(select(Mailing.audience)).all() == [{"site": ["Oslo"]}]


@once
def test_open_wave_offers_nothing_that_cannot_be_done(
    hr: FlaskClient, sessions: sessionmaker[Session], settings: dict[str, object]
) -> None:
    wave_id, _ = make_wave(sessions, KeyStore.from_settings(settings), n_people=12)
    hr.post(f"/waves/{wave_id}/mail", data={"kind": "invitation"})

    mail = text_of(hr.get(f"/waves/{wave_id}/mail").text)
    settled = [hr.get(f"/waves/{wave_id}/{step}").location for step in ("people", "questionnaire")]

    assert "Waits for a mail server." in mail
    assert "Send now" not in mail
    assert settled == [f"/waves/{wave_id}"] * 2


@once
def test_cards_and_poster_speak_the_languages_of_the_survey(
    hr: FlaskClient, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    with sessions() as session, transaction(session):
        wave = start_draft(session, name="Crew", questionnaire=default_questionnaire(session))
        choose_people(session, wave, audience={}, attributes=[], n_cards=10)
        launch_wave(session, wave, keys, signed_off_by="A. Berg")

    english, arabic = (hr.get(f"/waves/1/cards{query}").text for query in ("", "?language=ar"))
    poster = hr.get("/waves/1/poster?language=sv").text

    assert "Eight minutes, anonymous, up to you." in english
    assert '<section class="code-card" lang="ar" dir="rtl">' in arabic
    assert "ثماني دقائق" in arabic
    assert re.search(r'<bdi dir="ltr">http://[^<]+/a/code/1</bdi>', arabic)
    assert '<section class="poster" lang="sv" dir="ltr">' in poster
    assert "Dina svar förseglas" in poster
    assert '<section class="code-card" lang="en"' in hr.get("/waves/1/cards?language=zz").text


@once
def test_test_link_and_cards_of_a_draft(
    hr: FlaskClient, sessions: sessionmaker[Session], settings: dict[str, object]
) -> None:
    wave_id = make_draft(sessions)

    page = hr.get(f"/waves/{wave_id}/setup").text
    mailed = hr.post(f"/waves/{wave_id}/test-mail", follow_redirects=True)

    assert re.search(rf'href="http://localhost/a/{wave_id}/[\w-]{{48}}"', page)
    assert "The mail was not sent." in mailed.text
    assert hr.get(f"/waves/{wave_id}/cards").status_code == 409
    assert hr.get(f"/waves/{wave_id}").location == f"/waves/{wave_id}/setup"
    assert hr.post(f"/waves/{wave_id}/delete").location == "/waves"
