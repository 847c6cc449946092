"""A respondent reads, fills in, goes back and forth, and sends, without JavaScript."""

from __future__ import annotations

import html
import itertools
import json
import re

import pytest
from flask.testing import FlaskClient
from nacl.public import SealedBox
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.keys import KeyStore, survey_token
from survey.domain.waves import start_closing
from survey.models import Inbox, SpentToken, Wave
from tests.survey.domain.factories import make_draft, make_wave, send
from tests.survey.respondent.conftest import FULL, FULL_ANSWERS, OpenWave, answers_of, form_of


def stored(sessions: sessionmaker[Session], keys: KeyStore, wave_id: int) -> list[dict[str, object]]:
    with sessions() as session:
        box = SealedBox(keys.seal_key(wave_id))
        return [json.loads(box.decrypt(sealed)) for sealed in session.scalars(select(Inbox.sealed))]


def counts(sessions: sessionmaker[Session]) -> tuple[int, int]:
    """Spent tokens and rows that wait."""
    with sessions() as session:
        spent = session.scalar(select(func.count()).select_from(SpentToken)) or 0
        return spent, session.scalar(select(func.count()).select_from(Inbox)) or 0


def heading(text: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)
    assert found
    return html.unescape(found[1])


def test_introduction_says_what_happens_to_the_answers(client: FlaskClient, wave: OpenWave) -> None:
    page = client.get(wave.path())

    assert page.status_code == 200
    for promise in (
        "Fjordline",
        "about 8 minutes",
        "Ten or more at a time",
        "never one person&#39;s answers side by side",
        "asked for site, and may leave each out",
        "Once sent, nothing can be changed or taken back",
        "Questions? Ask <bdi>Mira Holm</bdi>.",
    ):
        assert promise in page.text or html.unescape(promise) in page.text


def test_walk_through_all_pages_sends_everything(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    page = client.get(wave.path())
    headings = []
    for _step in range(4):
        page = client.post(wave.path(), data={**form_of(page), "go": "next"})
        assert page.status_code == 200
        headings.append(heading(page.text))
        shown = re.findall(r'<(?:textarea|select|input type="checkbox")[^>]* name="([^"]+)"', page.text)
        page = client.post(
            wave.path(), data={**form_of(page), **{name: FULL[name] for name in shown}, "go": "back"}
        )
        if len(headings) > 1:
            page = client.post(wave.path(), data={**form_of(page), "go": "next"})
    assert headings == ["You at work", "What makes it good here", "What reaches you", "Almost done"]
    assert answers_of(page) == FULL_ANSWERS

    sent = client.post(wave.path(), data={**form_of(page), "go": "send"})

    assert (sent.status_code, sent.location) == (303, "/thanks")
    assert "Thank you" in client.get("/thanks").text
    assert stored(sessions, keys, wave.wave_id) == [
        {
            "answers": {
                "self": "I mend what others forget.",
                "skills": "pumps, patience",
                "good_day": "The ferry left on time.",
                "stay": "My team.",
                "channels": "linkedin;podcasts",
                "content": "A talk about locks.",
            },
            "attributes": {"site": "Oslo"},
            "quote": True,
            "held_out": False,
        }
    ]


def test_every_page_carries_every_answer(client: FlaskClient, wave: OpenWave) -> None:
    for number, go in itertools.product("1234", ("next", "back")):
        page = client.post(wave.path(), data={**FULL, "page": number, "go": go})

        assert page.status_code == 200
        assert answers_of(page) == FULL_ANSWERS


def test_page_tells_where_one_is(client: FlaskClient, wave: OpenWave) -> None:
    page = client.post(wave.path(), data={"page": "1", "go": "next"})

    assert "Page 2 of 4" in page.text
    assert '<progress id="progress" value="2" max="4">' in page.text
    assert "<title>What makes it good here · Page 2 of 4" in page.text


def test_strange_page_numbers_lead_to_the_first_page(client: FlaskClient, wave: OpenWave) -> None:
    for number in ("", "x", "-3", "0", "9" * 5000):
        page = client.post(wave.path(), data={**FULL, "page": number, "go": "next"})

        assert "Page 1 of 4" in page.text
        assert answers_of(page) == FULL_ANSWERS


def test_page_beyond_the_last_sends_nothing_by_itself(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session]
) -> None:
    page = client.post(wave.path(), data={**FULL, "page": "99", "go": "next"})

    assert "Page 4 of 4" in page.text
    assert counts(sessions) == (0, 0)


def test_sending_from_an_early_page_only_goes_on(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session]
) -> None:
    page = client.post(wave.path(), data={**FULL, "page": "1", "go": "send"})

    assert "Page 2 of 4" in page.text
    assert counts(sessions) == (0, 0)


def test_opening_the_link_spends_nothing(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session]
) -> None:
    for _scan in range(3):
        assert client.get(wave.path(), query_string={"go": "send", "page": "4", **FULL}).status_code == 200
        assert client.head(wave.path()).status_code == 200

    assert counts(sessions) == (0, 0)


def test_markup_in_an_answer_stays_text(client: FlaskClient, wave: OpenWave) -> None:
    hostile = '</textarea><script>alert("x")</script>'

    shown = client.post(wave.path(), data={"answer-self": hostile, "page": "1", "go": "back"})
    hidden = client.post(wave.path(), data={"answer-self": hostile, "page": "1", "go": "next"})

    for page in (shown, hidden):
        assert "<script>alert" not in page.text
        assert answers_of(page) == {"answer-self": [hostile]}


def test_line_breaks_and_a_first_empty_line_survive_the_pages(client: FlaskClient, wave: OpenWave) -> None:
    page = client.post(wave.path(), data={"answer-self": "one\r\n\r\n two", "page": "1", "go": "next"})
    page = client.post(wave.path(), data={**form_of(page), "go": "back"})

    assert answers_of(page) == {"answer-self": ["one\n\n two"]}


def test_answer_over_its_limit_is_shown_again_with_everything_kept(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session]
) -> None:
    long = "x" * 1234
    answers = {**FULL, "answer-skills": long}

    page = client.post(wave.path(), data={**answers, "page": "1", "go": "next"})

    assert page.status_code == 422
    assert "Page 1 of 4" in page.text
    assert page.text.count("1,234 characters, and 1,000 are allowed") == 2
    assert '<a href="#answer-skills">' in page.text
    assert 'id="answer-skills-problem"' in page.text
    assert page.text.count('aria-invalid="true"') == 1
    assert answers_of(page) == {**FULL_ANSWERS, "answer-skills": [long]}
    assert counts(sessions) == (0, 0)


def test_answer_over_its_limit_on_an_earlier_page_stops_the_sending_there(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session]
) -> None:
    answers = {**FULL, "answer-stay": "x" * 2001}

    page = client.post(wave.path(), data={**answers, "page": "4", "go": "send"})

    assert page.status_code == 422
    assert "Page 2 of 4" in page.text
    assert answers_of(page)["answer-stay"] == ["x" * 2001]
    assert counts(sessions) == (0, 0)


def test_one_can_go_back_from_an_answer_over_its_limit(client: FlaskClient, wave: OpenWave) -> None:
    page = client.post(wave.path(), data={"answer-stay": "x" * 2001, "page": "2", "go": "back"})

    assert page.status_code == 200
    assert answers_of(page) == {"answer-stay": ["x" * 2001]}


def test_empty_response_is_not_sent_and_told_why(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session]
) -> None:
    empty: list[dict[str, str]] = [{}, {"answer-self": "  "}, {"about-site": "Oslo", "quote": "yes"}]
    for answers in empty:
        page = client.post(wave.path(), data={**answers, "page": "4", "go": "send"})

        assert page.status_code == 422
        assert "There is nothing to send yet." in page.text
    assert counts(sessions) == (0, 0)


def test_unknown_options_bands_and_fields_are_left_out(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    data = {
        "answer-channels": ["carrier pigeon", "podcasts", "pod;casts", "linkedin;friends"],
        "about-site": "Atlantis",
        "answer-nonsense": "x",
        "about-nonsense": "x",
        "quote": "perhaps",
        "page": "4",
    }

    page = client.post(wave.path(), data={**data, "go": "next"})
    client.post(wave.path(), data={**data, "go": "send"})

    assert "carrier pigeon" not in page.text
    assert stored(sessions, keys, wave.wave_id) == [
        {
            "answers": {"channels": "linkedin;friends;podcasts"},
            "attributes": {},
            "quote": False,
            "held_out": False,
        }
    ]


def test_spent_link_says_so_kindly(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    send(sessions, keys, wave.tokens[0])

    page = client.get(wave.path())

    assert page.status_code == 409
    assert heading(page.text) == "Your answers are in"


def test_second_tab_is_told_that_the_first_counts(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    client.post(wave.path(), data={"answer-self": "first", "page": "4", "go": "send"})

    page = client.post(wave.path(), data={"answer-self": "second", "page": "4", "go": "send"})

    assert page.status_code == 409
    assert heading(page.text) == "These answers were not sent again"
    assert [row["answers"] for row in stored(sessions, keys, wave.wave_id)] == [{"self": "first"}]


def test_link_of_another_wave_is_not_taken_by_an_open_one(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    """What it sent would be sealed to the wrong key, and no crowd with it in it could ever be released."""
    _, tokens = make_wave(sessions, keys, name="Autumn")
    client.get(wave.path())  # the process knows this wave from here on

    page = client.post(f"/{wave.wave_id}/{tokens[0]}", data={"answer-self": "x", "page": "4", "go": "send"})

    assert page.status_code == 404
    assert counts(sessions) == (0, 0)


@pytest.mark.parametrize("number", ["9" * 20, str(2**31)])
def test_link_with_a_number_that_no_wave_can_have_is_an_unknown_one(
    client: FlaskClient, wave: OpenWave, number: str
) -> None:
    for path in (f"/{number}/{wave.tokens[0]}", f"/code/{number}", f"/kiosk/{number}"):
        page = client.get(path)
        assert page.status_code == 404, path
        assert heading(page.text) == "We do not know this link"


def test_wrong_link_is_told_what_to_do(client: FlaskClient, wave: OpenWave) -> None:
    token = wave.tokens[0]
    for wrong in (
        token[:-1],
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "x" * 48,
        "A" * 48,
        "ä",
        "a b",
    ):
        for page in (client.get(f"/{wave.wave_id}/{wrong}"), client.post(f"/{wave.wave_id}/{wrong}")):
            assert page.status_code == 404
            assert heading(page.text) == "We do not know this link"
            assert "Copy the whole link" in page.text
            assert "Mira Holm" in page.text


def test_addresses_that_do_not_exist_are_not_found(client: FlaskClient, wave: OpenWave) -> None:
    paths = ("/", "/1", "/x/y", f"/99/{wave.tokens[0]}", "/static/nothing.css")

    assert [client.get(path).status_code for path in paths] == [404] * len(paths)


def test_wave_that_has_not_opened_asks_for_patience(
    client: FlaskClient, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    wave_id = make_draft(sessions)
    keys.create(wave_id)

    page = client.get(f"/{wave_id}/{survey_token(keys, wave_id, '0' * 32)}")

    assert page.status_code == 409
    assert heading(page.text) == "This survey has not opened yet"


@pytest.mark.parametrize("method", ["get", "post"])
def test_closed_wave_says_that_nothing_was_sent(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session], keys: KeyStore, method: str
) -> None:
    with sessions() as session, transaction(session):
        start_closing(session, session.get_one(Wave, wave.wave_id), None)
    keys.destroy(wave.wave_id)

    page = getattr(client, method)(wave.path(), data={**FULL, "page": "4", "go": "send"})

    assert page.status_code == 410
    assert heading(page.text) == "This survey is closed"
    assert counts(sessions) == (0, 0)


def test_form_that_is_far_too_large_is_refused_with_a_sentence(client: FlaskClient, wave: OpenWave) -> None:
    page = client.post(wave.path(), data={"answer-self": "x" * 1_100_000, "page": "4", "go": "send"})

    assert page.status_code == 413
    assert heading(page.text) == "Your answers are too long"


def test_answer_of_nearly_a_megabyte_is_shown_again_whole_and_told_its_limit(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session]
) -> None:
    long = "x" * 1_000_000

    page = client.post(wave.path(), data={"answer-stay": long, "page": "4", "go": "send"})

    assert page.status_code == 422
    assert "1,000,000 characters, and 2,000 are allowed" in page.text
    assert long in page.text
    assert counts(sessions) == (0, 0)


def test_form_with_thousands_of_foreign_fields_is_read_as_if_they_were_not_there(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    foreign = {f"answer-x{number}": "y" for number in range(5000)}

    sent = client.post(wave.path(), data={**foreign, "answer-self": "calm", "page": "4", "go": "send"})

    assert sent.status_code == 303
    assert [row["answers"] for row in stored(sessions, keys, wave.wave_id)] == [{"self": "calm"}]


def test_form_replayed_with_other_answers_changes_nothing(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    form = {**FULL, "page": "4", "go": "send"}
    client.post(wave.path(), data=form)
    before = stored(sessions, keys, wave.wave_id)

    replayed = [client.post(wave.path(), data={**form, "answer-self": text}) for text in ("", "another")]

    assert [page.status_code for page in replayed] == [409, 409]
    assert stored(sessions, keys, wave.wave_id) == before


def test_screen_names_that_do_not_exist_lead_to_the_page_they_belong_to(
    client: FlaskClient, wave: OpenWave
) -> None:
    for name, shown in (
        ("2.nothing", 3),
        ("2.", 3),
        ("x.stay", 1),
        ("1.<b>", 2),
        ("999", 4),
        ("1" * 4000, 1),
    ):
        page = client.post(wave.path(), data={**FULL, "page": name, "go": "next"})

        assert f"Page {shown} of 4" in page.text
        assert answers_of(page) == FULL_ANSWERS
