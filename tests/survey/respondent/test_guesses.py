"""Guessing links soon leads nowhere, and nobody can say afterwards who guessed."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from survey.respondent.guesses import MAX_PER_MINUTE
from tests.survey.respondent.conftest import FULL, OpenWave, form_of
from tests.survey.respondent.test_failures import stored

ADDRESS = "203.0.113.77"


def guess(client: FlaskClient, wave: OpenWave, times: int) -> set[int]:
    """Try links that differ from a real one in their last characters."""
    last = "AAAA" if wave.tokens[0][-4:] != "AAAA" else "BBBB"
    path = f"/{wave.wave_id}/{wave.tokens[0][:-4]}{last}"
    return {client.get(path, environ_base={"REMOTE_ADDR": ADDRESS}).status_code for _ in range(times)}


def test_after_many_guesses_not_even_the_right_link_opens_and_words_are_kept(
    client: FlaskClient, wave: OpenWave, sessions: sessionmaker[Session]
) -> None:
    assert guess(client, wave, MAX_PER_MINUTE) == {404}

    page = client.post(
        wave.path(), data={**FULL, "page": "4", "go": "send"}, environ_base={"REMOTE_ADDR": ADDRESS}
    )

    assert page.status_code == 429
    assert "Please wait a minute" in page.text
    assert form_of(page)["answer-self"] == [FULL["answer-self"]]
    assert stored(sessions) == (0, 0)
    assert guess(client, wave, 1) == {429}


def test_colleagues_elsewhere_are_not_kept_waiting(client: FlaskClient, wave: OpenWave) -> None:
    guess(client, wave, MAX_PER_MINUTE)

    assert client.get(wave.path(), environ_base={"REMOTE_ADDR": "203.0.113.78"}).status_code == 200


def test_right_links_are_never_counted(client: FlaskClient, wave: OpenWave) -> None:
    assert {client.get(wave.path()).status_code for _ in range(MAX_PER_MINUTE + 1)} == {200}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_address_of_who_guesses_is_kept_nowhere(
    client: FlaskClient, wave: OpenWave, respondent_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    guess(client, wave, MAX_PER_MINUTE + 1)

    assert ADDRESS not in caplog.text
    assert ADDRESS not in str(vars(respondent_app.extensions["respondent"].guesses._limiter.storage))
