"""Pages for what goes wrong: each says what to do, none needs the database, nothing is quoted in the log."""

from __future__ import annotations

import io
import logging
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from werkzeug.exceptions import MethodNotAllowed, NotFound

from survey import database
from survey.app import create_app
from survey.enums import RoleName
from survey.exceptions import SurveyError
from survey.extensions import db
from survey.models import Account, AuditEntry
from survey.web.access import Audience, may_see
from survey.web.errors import STATUS, status_of
from tests.survey.conftest import SignIn

#: Somebody's answer, as the text of an exception may quote it.
ANSWER = "I would rather work for my sister's bakery"
UNREACHABLE = [
    "postgresql://kindred:hidden-word@127.0.0.1:1/kindred",
    "sqlite:////no-such-folder/kindred.sqlite",
]


def add_view(app: Flask, view: Any) -> None:
    app.add_url_rule("/broken", "broken", may_see(Audience.ANYONE)(view))


@pytest.fixture
def hr(sign_in: SignIn) -> FlaskClient:
    return sign_in(RoleName.HR)


def test_unknown_address(client: FlaskClient) -> None:
    answer = client.get("/no/such/page")

    assert answer.status_code == 404
    assert "There is no page at this address." in answer.text


def test_thing_that_does_not_exist(hr: FlaskClient) -> None:
    answer = hr.get("/waves/999")

    assert answer.status_code == 404
    assert "Not found" in answer.text


@pytest.mark.parametrize("number", [2**31, 10**20 - 1])
def test_number_that_no_row_can_have_is_that_of_no_page(app: Flask, hr: FlaskClient, number: int) -> None:
    adapter = app.url_map.bind("localhost")
    paths = [
        re.sub("<int:.*?>", str(number), one.rule) for one in app.url_map.iter_rules() if "<int:" in one.rule
    ]
    for path in paths:
        with pytest.raises((NotFound, MethodNotAllowed)):
            adapter.match(re.sub("<.*?>", "x", path))

    answer = hr.get(f"/waves/{number}")

    assert len(paths) > 50
    assert answer.status_code == 404
    assert "There is no page at this address." in answer.text


def test_page_of_another_role(hr: FlaskClient) -> None:
    answer = hr.get("/accounts")

    assert answer.status_code == 403
    assert "This page is not for your role" in answer.text
    assert "Your role does not allow this." in answer.text


def test_wrong_method(client: FlaskClient) -> None:
    answer = client.post("/privacy")

    assert answer.status_code == 405
    assert "This address cannot be used in this way." in answer.text


def test_change_that_comes_too_late(sign_in: SignIn) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)

    answer = administrator.post("/accounts", data={"email": "administrator@example.org", "role": "hr"})

    assert answer.status_code == 409
    assert "That does not go now" in answer.text


def test_file_over_the_limit(app: Flask, sign_in: SignIn) -> None:
    recruiter = sign_in(RoleName.RECRUITER)
    app.config["MAX_CONTENT_LENGTH"] = 1000

    answer = recruiter.post("/leads/import", data={"file": (io.BytesIO(b"x" * 2000), "leads.csv")})

    assert answer.status_code == 413
    assert "Split it and upload the parts one after the other." in answer.text


@pytest.mark.parametrize("family", SurveyError.__subclasses__(), ids=lambda family: family.__name__)
def test_every_family_of_errors_has_a_status_of_its_own(family: type[SurveyError]) -> None:
    if family.__name__ in (
        "JobCancelledError",
        "JobPutBackError",
        "TooManyGuessesError",
    ):  # end in worker and answering pages
        return
    assert status_of(family()) == STATUS[family]


@pytest.mark.parametrize("database_url", UNREACHABLE, ids=["postgresql", "sqlite"])
@pytest.mark.parametrize("address", ["/personas?key=x", "/privacy", "/healthz"])
def test_database_that_cannot_be_reached(
    address: str, settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    client = create_app(settings).test_client()

    answer = client.get(address)

    assert answer.status_code == 503
    assert "The database does not answer or cannot be written to." in answer.text
    assert "hidden-word" not in answer.text + caplog.text


@pytest.mark.parametrize("address", ["/waves", "/personas", "/"])
def test_database_that_goes_away_under_somebody_signed_in(address: str, app: Flask, hr: FlaskClient) -> None:
    with app.app_context():
        for table in ("account_role", "account"):
            db.session.execute(text(f"ALTER TABLE {table} RENAME TO {table}_elsewhere"))
        db.session.commit()

    answer = hr.get(address)

    assert answer.status_code == 503
    assert "<h1>The database is not available</h1>" in answer.text


@pytest.fixture
def locked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """Another process that holds the write lock of the SQLite database."""
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 20)
    with app.app_context():
        db.engine.dispose()
    other = sqlite3.connect(make_url(app.config["DATABASE_URL"]).database or "", isolation_level=None)
    yield other
    other.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_locked_database_changes_nothing_and_works_again_afterwards(
    sign_in: SignIn, locked: sqlite3.Connection
) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)
    locked.execute("BEGIN IMMEDIATE")

    answer = administrator.post("/settings", data={"name": "ORGANISATION", "value": "Nordvik"})

    assert answer.status_code == 503
    assert "Nothing was changed. Try again in a minute." in answer.text
    locked.execute("ROLLBACK")
    assert "Nordvik" not in administrator.get("/settings").text
    administrator.post("/settings", data={"name": "ORGANISATION", "value": "Nordvik"})
    assert "Nordvik" in administrator.get("/settings").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_full_disk_changes_nothing(app: Flask, sign_in: SignIn) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)
    with app.app_context():
        connection = db.session.connection()
        n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={n_pages}")
        db.session.rollback()

    answers = [
        administrator.post(
            "/accounts", data={"email": f"{n}@example.org", "name": "x" * 120, "role": "hr"}
        ).status_code
        for n in range(30)
    ]

    n_invited = answers.count(200)
    assert set(answers) == {200, 503}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Account)) == 1 + n_invited
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 1 + n_invited


def test_unexpected_exception_is_quoted_neither_on_the_page_nor_in_the_log(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def fail() -> str:
        raise RuntimeError(f"cannot read {ANSWER!r}") from ValueError(ANSWER)

    add_view(app, fail)

    answer = client.get("/broken", query_string={"key": ANSWER})

    assert answer.status_code == 500
    assert "Something went wrong. Nothing was changed. Try again later." in answer.text
    assert "unexpected RuntimeError at" in caplog.text
    assert "test_errors.py:" in caplog.text
    assert "bakery" not in answer.text + caplog.text


def test_refused_row_is_quoted_neither_on_the_page_nor_in_the_log(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def fail() -> str:
        for _ in range(2):
            db.session.execute(
                text("INSERT INTO chore (name, due_at) VALUES (:name, NULL)"), {"name": ANSWER}
            )
        return "stored"

    add_view(app, fail)

    answer = client.get("/broken", query_string={"key": ANSWER})

    # PostgreSQL refuses the text as too long, SQLite the missing time.
    assert answer.status_code in {409, 422}
    assert re.search(r"database error \w+Error at broken", caplog.text)
    assert "bakery" not in answer.text + caplog.text


def test_text_that_no_database_takes_is_no_fault_of_the_database(app: Flask, client: FlaskClient) -> None:
    def look() -> str:
        return str(db.session.scalar(select(func.count()).where(Account.email == "a\0b")))

    add_view(app, look)

    answer = client.get("/broken")

    # SQLite takes it and finds nobody.
    assert (answer.status_code, "Correct it and try again" in answer.text) in {(422, True), (200, False)}


def test_failed_request_leaves_no_half_change(app: Flask, client: FlaskClient) -> None:
    def fail() -> str:
        db.session.execute(text("INSERT INTO role (name, description) VALUES ('half', '')"))
        raise RuntimeError

    add_view(app, fail)
    client.get("/broken")

    with app.app_context():
        assert db.session.execute(text("SELECT count(*) FROM role")).scalar() == 0


def test_error_pages_load_nothing_that_needs_the_database() -> None:
    template = Path(__file__).parents[3] / "templates" / "errors" / "error.html"

    source = template.read_text(encoding="utf-8")

    assert "current_user" not in source
    assert "extends" not in source
