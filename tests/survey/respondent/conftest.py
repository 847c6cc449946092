"""The answering pages on a database with an open wave, and a respondent who walks through them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from survey import config
from survey.domain.keys import KeyStore
from survey.respondent import create_respondent_app
from tests.survey.domain.factories import make_wave

FULL = {
    "answer-self": "I mend what others forget.",
    "answer-skills": "pumps, patience",
    "answer-good_day": "The ferry left on time.",
    "answer-stay": "My team.",
    "answer-channels": ["podcasts", "linkedin"],
    "answer-content": "A talk about locks.",
    "about-site": "Oslo",
    "quote": "yes",
}


NOT_ANSWERS = ("page", "lang", "draw")


@pytest.fixture
def settings(database_url: str, tmp_path: Path, key_dir: Path) -> dict[str, Any]:
    """Settings of an application on the test's database."""
    return config.read(
        {
            "KINDRED_DATABASE_URL": database_url,
            "KINDRED_INSTANCE_DIR": str(tmp_path / "instance"),
            "KINDRED_KEY_DIR": str(key_dir),
            "KINDRED_ORGANISATION": "Fjordline",
            "KINDRED_CONTACT": "Mira Holm",
        }
    )


@pytest.fixture
def respondent_app(settings: dict[str, Any]) -> Iterator[Flask]:
    app = create_respondent_app(settings)
    yield app
    app.extensions["respondent"].sessions.kw["bind"].dispose()


@pytest.fixture
def client(respondent_app: Flask) -> FlaskClient:
    return respondent_app.test_client()


@dataclass(frozen=True)
class OpenWave:
    """An open wave and the paths of its invitees' links."""

    wave_id: int
    tokens: list[str]

    def path(self, index: int = 0) -> str:
        return f"/{self.wave_id}/{self.tokens[index]}"


@pytest.fixture
def wave(sessions: sessionmaker[Session], keys: KeyStore) -> OpenWave:
    return OpenWave(*make_wave(sessions, keys))


def form_of(response: TestResponse) -> dict[str, list[str]]:
    """What a browser without JavaScript would send with this page's form, untouched."""
    found: dict[str, list[str]] = {}
    text = response.text
    for tag in re.findall(r"<input[^>]*>", text):
        fields = {name: html.unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if fields.get("type") not in ("checkbox", "radio") or " checked" in tag:
            found.setdefault(fields["name"], []).append(fields["value"])
    for name, value in re.findall(r'<textarea [^>]*?name="([^"]+)"[^>]*>\n(.*?)</textarea>', text, re.DOTALL):
        found.setdefault(name, []).append(html.unescape(value))
    for name, options in re.findall(r'<select id="([^"]+)"[^>]*>(.*?)</select>', text, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        found.setdefault(name, []).extend(html.unescape(value) for value in chosen)
    return found


def answers_of(response: TestResponse) -> dict[str, list[str]]:
    """The filled-in answers that a page carries, shown or hidden, sorted."""
    return {
        name: sorted(filter(None, values))
        for name, values in form_of(response).items()
        if name not in NOT_ANSWERS and any(values)
    }


FULL_ANSWERS = {name: sorted([value] if isinstance(value, str) else value) for name, value in FULL.items()}
