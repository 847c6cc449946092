"""Guessing at the sign-in: it is slowed down per person, and tells nothing about who has an account."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.enums import RoleName
from tests.survey.conftest import PASSWORD, SignIn

HR_EMAIL = "hr@example.org"


def try_to_sign_in(client: FlaskClient, email: str, password: str) -> TestResponse:
    return client.post("/sign-in", data={"email": email, "password": password})


@pytest.fixture
def guessed(app: Flask, sign_in: SignIn) -> list[TestResponse]:
    """Answers to nine wrong guesses at HR's password, after the right one of ``sign_in``."""
    sign_in(RoleName.HR)
    return [try_to_sign_in(app.test_client(), HR_EMAIL, f"guess {n}") for n in range(9)]


def test_after_ten_attempts_not_even_the_right_password_opens(
    app: Flask, guessed: list[TestResponse]
) -> None:
    assert {answer.status_code for answer in guessed} == {200}

    client = app.test_client()
    answer = try_to_sign_in(client, HR_EMAIL, PASSWORD)

    assert answer.status_code == 429
    assert "Too many attempts" in answer.text
    assert "Please wait fifteen minutes and try again." in answer.text
    assert client.get("/waves").status_code == 303


@pytest.mark.usefixtures("guessed")
@pytest.mark.parametrize("email", ["HR@example.org", " hr@example.org ", "hr@EXAMPLE.org", "hr@ｅxample.org"])
def test_another_spelling_of_the_address_gives_no_further_guesses(email: str, app: Flask) -> None:
    assert try_to_sign_in(app.test_client(), email, PASSWORD).status_code == 429


@pytest.mark.usefixtures("guessed")
def test_another_person_is_not_locked_out(sign_in: SignIn) -> None:
    assert sign_in(RoleName.RECRUITER).get("/leads").status_code == 200


@pytest.mark.usefixtures("guessed")
def test_somebody_at_another_address_may_still_sign_in(app: Flask) -> None:
    client = app.test_client()

    answer = client.post(
        "/sign-in",
        data={"email": HR_EMAIL, "password": PASSWORD},
        environ_overrides={"REMOTE_ADDR": "192.0.2.7"},
    )

    assert answer.status_code == 302


@pytest.mark.usefixtures("guessed")
def test_header_that_anybody_can_write_gives_no_further_guesses(app: Flask) -> None:
    answer = app.test_client().post(
        "/sign-in",
        data={"email": HR_EMAIL, "password": PASSWORD},
        headers={"X-Forwarded-For": "192.0.2.7"},
    )

    assert answer.status_code == 429


def test_asking_for_a_new_password_is_limited_as_well(client: FlaskClient) -> None:
    answers = [client.post("/invitation", data={"email": HR_EMAIL}).status_code for _ in range(11)]

    assert answers == [*[answers[0]] * 10, 429]


def test_reading_the_sign_in_page_is_not_limited(client: FlaskClient) -> None:
    assert {client.get("/sign-in").status_code for _ in range(12)} == {200}


def page_of(client: FlaskClient, email: str, address: str = "/sign-in") -> str:
    """The answer to a wrong sign-in, without what differs from one request to the next."""
    text = client.post(address, data={"email": email, "password": "wrong password"}).text
    return re.sub(r'name="csrf_token"[^>]*', "", text.replace(email, ""))


@pytest.mark.parametrize("address", ["/sign-in", "/invitation"])
def test_unknown_address_gives_the_same_answer_as_a_wrong_password(
    address: str, app: Flask, sign_in: SignIn
) -> None:
    sign_in(RoleName.HR)

    known = page_of(app.test_client(), HR_EMAIL, address)
    unknown = page_of(app.test_client(), "nobody@example.org", address)

    assert known == unknown


def test_next_page_on_another_host_is_not_followed(app: Flask, sign_in: SignIn) -> None:
    sign_in(RoleName.HR)

    places = [
        app.test_client()
        .post(f"/sign-in?next={place}", data={"email": HR_EMAIL, "password": PASSWORD})
        .location
        for place in ("/privacy", "https://example.org/", "//example.org/", "/\\example.org")
    ]

    # The backslash, which browsers read as a slash, comes back escaped: an address on this host.
    assert places == ["/privacy", None, None, "/%5Cexample.org"]


def test_signing_out_needs_a_post_and_ends_the_session(sign_in: SignIn) -> None:
    client = sign_in(RoleName.HR)

    assert client.get("/sign-out").status_code == 405
    assert client.get("/waves").status_code == 200
    client.post("/sign-out")

    assert client.get("/waves").status_code == 303
