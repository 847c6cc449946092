"""Every word of the answering pages is there in five languages, and everybody gets theirs without a cookie."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from nacl.public import SealedBox
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.keys import KeyStore
from survey.domain.questionnaires import default_questionnaire
from survey.languages import FOLDER, NAMES, offered
from survey.models import Inbox, Invitee
from tests.survey.domain.factories import make_wave
from tests.survey.respondent.conftest import OpenWave, form_of

ROOT = Path(__file__).parents[3]
TRANSLATED = sorted(set(NAMES) - {"en"})
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")


@pytest.fixture
def wave(sessions: sessionmaker[Session], keys: KeyStore) -> OpenWave:
    return OpenWave(*make_wave(sessions, keys, questionnaire=default_questionnaire))


def messages() -> Iterator[str | tuple[str, ...]]:
    """Every text of the answering pages that is marked for translation; a pair where a number decides."""
    for path in [*(ROOT / "survey/respondent").glob("*.py"), *(ROOT / "templates/respondent").glob("*.html")]:
        method = "python" if path.suffix == ".py" else "jinja2"
        for _line, message, *_rest in extract_from_file(method, str(path)):
            yield message


def translations(language: str) -> Catalog:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def page_in(text: str) -> tuple[str, str]:
    """Language and direction that a page states."""
    found = re.search(r'<html lang="(\w+)" dir="(\w+)">', text)
    assert found
    return found[1], found[2]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_with_its_placeholders_and_none_is_left_over(language: str) -> None:
    catalogue = {entry.id: entry for entry in translations(language) if entry.id}

    assert set(catalogue) == set(messages())
    for entry in catalogue.values():
        assert not entry.fuzzy, entry.id
        source = entry.id if isinstance(entry.id, str) else entry.id[-1]
        told = [entry.string] if isinstance(entry.string, str) else entry.string
        assert len(told) == (translations(language).num_plurals if entry.pluralizable else 1)
        for text in told:
            assert text.strip(), entry.id
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source))


def test_questionnaire_without_one_of_our_languages_is_framed_in_english() -> None:
    assert list(offered(["nb", "sv", "de"])) == ["sv", "de"]
    assert list(offered(["nb"])) == ["en"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
class TestWhichLanguage:
    """Chosen, else of the roster, else of the browser, else English."""

    def language_of(
        self, sessions: sessionmaker[Session], client: FlaskClient, wave: OpenWave, roster: str, browser: str
    ) -> tuple[str, str]:
        with sessions() as session, transaction(session):
            session.execute(update(Invitee).values(language=roster))
        return page_in(client.get(wave.path(), headers={"Accept-Language": browser}).text)

    @pytest.mark.parametrize(
        ("roster", "browser", "spoken"),
        [
            ("", "", "en"),
            ("", "fr, de;q=0.8", "de"),
            ("sv", "de", "sv"),
            ("sv-FI", "de", "sv"),
            ("fr", "es-MX", "es"),
            ("", "zz, *;q=0", "en"),
        ],
    )
    def test_without_a_choice(
        self,
        sessions: sessionmaker[Session],
        client: FlaskClient,
        wave: OpenWave,
        roster: str,
        browser: str,
        spoken: str,
    ) -> None:
        assert self.language_of(sessions, client, wave, roster, browser)[0] == spoken

    def test_choice_wins_travels_in_the_form_and_sets_no_cookie(
        self, client: FlaskClient, wave: OpenWave
    ) -> None:
        page = client.get(wave.path(), query_string={"lang": "ar"}, headers={"Accept-Language": "sv"})
        assert page_in(page.text) == ("ar", "rtl")

        page = client.post(wave.path(), data={**form_of(page), "go": "next"})
        assert page_in(page.text) == ("ar", "rtl")
        assert "في العمل أنا شخص" in page.text

        given = {**form_of(page), "answer-self": ["a", "b"], "lang": ["ar", "de"]}
        page = client.post(wave.path(), data=given)
        assert page_in(page.text) == ("de", "ltr")
        assert "Bei der Arbeit bin ich jemand" in page.text
        assert form_of(page)["answer-self"] == ["a", "b", "", "", ""]
        assert "Set-Cookie" not in page.headers

    def test_label_that_most_rosters_have_speaks_it_too(self, client: FlaskClient, wave: OpenWave) -> None:
        first = client.get(wave.path(), query_string={"lang": "sv"})
        last = client.post(wave.path(), data={"answer-self": "x", "page": "6", "go": "next", "lang": "de"})

        assert "arbetsplats" in first.text
        assert ">Standort</label>" in last.text

    def test_unknown_language_is_passed_over(self, client: FlaskClient, wave: OpenWave) -> None:
        for strange in ("xx", "", "../etc", "en'", "x" * 5000):
            assert page_in(client.get(wave.path(), query_string={"lang": strange}).text)[0] == "en"

    def test_errors_and_thanks_speak_it_too(self, client: FlaskClient, wave: OpenWave) -> None:
        data = {"answer-self": "x", "page": "7", "go": "send", "lang": "sv"}

        sent = client.post(wave.path(), data=data)
        thanks = client.get(sent.location.removeprefix("/a"))
        again = client.post(wave.path(), data=data)
        unknown = client.get("/1/none", headers={"Accept-Language": "es"})
        too_long = client.post(f"{wave.path(1)}?lang=de", data={"answer-self": "x" * 1_100_000})

        assert "Tack!" in thanks.text
        assert "De här svaren skickades inte en gång till" in again.text
        assert "No conocemos este enlace" in unknown.text
        assert "Ihre Antworten sind zu lang" in too_long.text

    def test_language_is_not_stored_with_the_answers(
        self, sessions: sessionmaker[Session], client: FlaskClient, wave: OpenWave, keys: KeyStore
    ) -> None:
        for index, language in enumerate(NAMES):
            data = {"answer-self": "x", "page": "7", "go": "send", "lang": language, "draw": "1"}
            assert client.post(wave.path(index), data=data).status_code == 303

        with sessions() as session:
            box = SealedBox(keys.seal_key(wave.wave_id))
            rows = [json.loads(box.decrypt(sealed)) for sealed in session.scalars(select(Inbox.sealed))]
        assert rows == [{"answers": {"self": "x"}, "attributes": {}, "quote": False, "held_out": False}] * 5
