"""The answering pages know nobody: no cookie, no account, no foreign host, no word in a log."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session, sessionmaker

from survey.exceptions import InvalidInputError
from survey.respondent import create_respondent_app
from tests.survey.respondent.conftest import FULL, OpenWave

COOKIES = {"Cookie": "session=eyJfdXNlcl9pZCI6IjEifQ.signed; __Host-kindred=signed; remember_token=1|x"}


def every_page(client: FlaskClient, wave: OpenWave, **options: Any) -> list[Any]:
    """One response of each kind, with a used link at the end."""
    return [
        client.get(wave.path(), **options),
        client.post(wave.path(), data={"page": "0", "go": "next"}, **options),
        client.post(wave.path(), data={**FULL, "page": "1", "answer-self": "x" * 2000}, **options),
        client.post(wave.path(), data={**FULL, "page": "4", "go": "send"}, **options),
        client.post(wave.path(), data={**FULL, "page": "4", "go": "send"}, **options),
        client.get("/thanks", **options),
        client.get("/1/wrong", **options),
        client.get("/nowhere", **options),
        client.delete(wave.path(), **options),
    ]


def test_signed_in_cookie_is_neither_read_nor_answered(
    respondent_app: Flask, client: FlaskClient, wave: OpenWave
) -> None:
    statements: list[str] = []
    engine = respondent_app.extensions["respondent"].sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    with_cookie = every_page(client, wave, headers=COOKIES)

    assert statements
    assert not [sql for sql in statements if re.search(r"\b(account|role|account_role)\b", sql)]
    for response in with_cookie:
        assert "Set-Cookie" not in response.headers
        assert "Cookie" not in response.headers.get("Vary", "")


def test_every_page_is_strict_about_what_it_loads_and_tells(client: FlaskClient, wave: OpenWave) -> None:
    for response in every_page(client, wave):
        assert response.headers["Content-Security-Policy"] == (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
            "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert response.headers["Cache-Control"] == "no-cache, private"


def test_no_page_holds_inline_script_or_style_or_another_host(client: FlaskClient, wave: OpenWave) -> None:
    for response in every_page(client, wave):
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)|javascript:", response.text)
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", response.text)


def test_static_files_are_served_below_the_mount(client: FlaskClient, wave: OpenWave) -> None:
    page = client.get(wave.path(), environ_overrides={"SCRIPT_NAME": "/a"})

    assets = re.findall(r'(?:src|href)="(/a/static/[^"]+)"', page.text)

    assert len(assets) == 3
    for address in assets:
        with client.get(address.removeprefix("/a")) as response:
            assert response.status_code == 200


def test_nothing_reaches_a_log(client: FlaskClient, wave: OpenWave, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    every_page(client, wave)

    assert_silent(caplog, wave)


def test_unexpected_error_is_logged_by_its_class_alone(
    respondent_app: Flask,
    client: FlaskClient,
    wave: OpenWave,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise ValueError(f"{wave.tokens[0]} {FULL}")

    monkeypatch.setattr("survey.respondent.pages.store", fail)
    caplog.set_level(logging.DEBUG)

    page = client.post(wave.path(), data={**FULL, "page": "4", "go": "send"})

    assert page.status_code == 503
    assert "an answering page failed: ValueError" in caplog.text
    assert_silent(caplog, wave)


def test_keys_inside_the_instance_folder_are_refused_at_the_start(
    settings: dict[str, Any], sessions: sessionmaker[Session]
) -> None:
    settings["KEY_DIR"] = f"{settings['INSTANCE_DIR']}/keys"

    with pytest.raises(InvalidInputError):
        create_respondent_app(settings)


def assert_silent(caplog: pytest.LogCaptureFixture, wave: OpenWave) -> None:
    words = [value for values in FULL.values() for value in ([values] if isinstance(values, str) else values)]
    secrets = [*wave.tokens, *(word for word in words if len(word) > 6)]
    assert not [secret for secret in secrets if secret in caplog.text]
