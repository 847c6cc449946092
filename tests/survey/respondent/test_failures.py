"""A locked, full or absent database loses nothing: the page comes back with every answer."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select, text
from sqlalchemy.orm import Session, sessionmaker

from survey.domain.keys import KeyStore
from survey.models import Inbox, SpentToken
from tests.survey.respondent.conftest import FULL, FULL_ANSWERS, OpenWave, answers_of, form_of
from tests.survey.respondent.test_isolation import assert_silent

SEND = {**FULL, "page": "4", "go": "send"}


@pytest.fixture
def engine(respondent_app: Flask) -> Engine:
    """The engine of the answering pages."""
    found: Engine = respondent_app.extensions["respondent"].sessions.kw["bind"]
    return found


def stored(sessions: sessionmaker[Session]) -> tuple[int, int]:
    with sessions() as session:
        spent = session.scalar(select(func.count()).select_from(SpentToken)) or 0
        return spent, session.scalar(select(func.count()).select_from(Inbox)) or 0


@pytest.fixture
def locked(database_url: str, wave: OpenWave, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody else holds the database and does not let go."""
    if database_url.startswith("sqlite"):
        monkeypatch.setattr("survey.database.BUSY_TIMEOUT_MS", 50)
        other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.close()
        return
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        yield


def test_locked_database_shows_the_page_again_with_everything_kept(
    client: FlaskClient,
    wave: OpenWave,
    engine: Engine,
    sessions: sessionmaker[Session],
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
) -> None:
    request.getfixturevalue("locked")
    if engine.dialect.name == "postgresql":
        event.listen(
            engine, "begin", lambda connection: connection.exec_driver_sql("SET lock_timeout = '50ms'")
        )
    caplog.set_level(logging.DEBUG)

    page = client.post(wave.path(), data=SEND)

    assert page.status_code == 503
    assert "Nothing is lost, nothing was sent." in page.text
    assert "Page 4 of 4" in page.text
    assert answers_of(page) == FULL_ANSWERS
    assert "a response could not be stored: OperationalError" in caplog.text
    assert_silent(caplog, wave)


def test_sending_again_after_the_lock_stores_one_response(
    client: FlaskClient, wave: OpenWave, engine: Engine, sessions: sessionmaker[Session], database_url: str
) -> None:
    def refuse(*_args: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    event.listen(engine, "before_cursor_execute", refuse)
    page = client.post(wave.path(), data=SEND)
    event.remove(engine, "before_cursor_execute", refuse)
    assert page.status_code == 503
    assert stored(sessions) == (0, 0)

    again = client.post(wave.path(), data=form_of(page))

    assert again.status_code == 303
    assert stored(sessions) == (1, 1)


def test_full_disk_shows_the_page_again_and_stores_nothing(
    client: FlaskClient,
    wave: OpenWave,
    engine: Engine,
    sessions: sessionmaker[Session],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    fill_the_disk(engine)

    page = client.post(wave.path(), data=SEND)

    assert page.status_code == 503
    assert "Nothing is lost, nothing was sent." in page.text
    assert answers_of(page) == FULL_ANSWERS
    assert stored(sessions) == (0, 0)
    assert_silent(caplog, wave)


def test_database_that_is_gone_offers_the_same_form_again(
    client: FlaskClient, wave: OpenWave, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    take_away(engine)

    page = client.post(wave.path(), data=SEND)
    read = client.get(wave.path())

    assert page.status_code == read.status_code == 503
    assert "Nothing is lost and nothing was sent." in page.text
    assert {**form_of(page)} == {name: [v] if isinstance(v, str) else v for name, v in SEND.items()}
    assert_silent(caplog, wave)


def test_database_that_comes_back_takes_the_same_form(
    client: FlaskClient, wave: OpenWave, engine: Engine, sessions: sessionmaker[Session]
) -> None:
    assert client.get(wave.path()).status_code == 200
    with gone(engine):
        page = client.post(wave.path(), data=SEND)

    again = client.post(wave.path(), data=form_of(page))

    assert page.status_code == 503
    assert again.status_code == 303
    assert stored(sessions) == (1, 1)


def test_key_folder_that_is_gone_is_no_fault_of_the_link(
    client: FlaskClient, wave: OpenWave, keys: KeyStore, sessions: sessionmaker[Session]
) -> None:
    keys.destroy(wave.wave_id)

    page = client.post(wave.path(), data=SEND)

    assert page.status_code == 503
    assert "KINDRED_KEY_DIR" not in page.text
    assert answers_of(page).keys() >= FULL_ANSWERS.keys()
    assert stored(sessions) == (0, 0)


def fill_the_disk(engine: Engine) -> None:
    """Let the next insert into the inbox find no room."""
    if engine.dialect.name == "sqlite":
        # The limit is one of the connection, so each gets it when it opens.
        engine.dispose()
        with engine.connect() as connection:
            n_pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        engine.dispose()
        event.listen(
            engine,
            "connect",
            lambda connection, _record: connection.execute(f"PRAGMA max_page_count={n_pages + 1}").close(),
        )
        return
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = 'disk_full'; END $$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER full_disk BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION no_room()")
        )


@contextmanager
def gone(engine: Engine) -> Iterator[None]:
    """Take the database away for a while, from under connections that lie ready."""
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        engine.dispose()
        moved = {file: file.with_name(f"away-{file.name}") for file in path.parent.glob(f"{path.name}*")}
        for file, away in moved.items():
            file.rename(away)
        path.mkdir()
        yield
        path.rmdir()
        for file, away in moved.items():
            away.rename(file)
        return
    name = engine.url.database
    with server_of(engine) as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        yield
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def take_away(engine: Engine) -> None:
    """Let every statement fail."""
    engine.dispose()
    if engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
        path.mkdir()
        return
    with server_of(engine) as server:
        server.execute(f"ALTER DATABASE {engine.url.database} ALLOW_CONNECTIONS false")


def server_of(engine: Engine) -> psycopg.Connection:
    """Connect beside the database, to rule over it."""
    url = engine.url.set(drivername="postgresql", database="postgres")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
