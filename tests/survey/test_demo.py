"""What the demo does to a database before it loads anything; the load itself is what the browser tests walk."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import inspect

from survey import demo
from survey.database import open_engine, single_session, transaction
from survey.domain import audit
from survey.domain.accounts import invite
from survey.enums import RoleName
from survey.exceptions import StateError


class LoadedError(Exception):
    """Raised in place of the load."""


@pytest.fixture(autouse=True)
def _no_load(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> None:
        raise LoadedError

    monkeypatch.setattr(demo, "_load", load)


def record(settings: dict[str, Any], *deeds: str) -> None:
    with single_session(settings["DATABASE_URL"]) as session, transaction(session):
        for deed in deeds:
            audit.record(session, deed, "demo")


def test_demo_is_loaded_into_an_empty_database(settings: dict[str, Any]) -> None:
    with pytest.raises(LoadedError):
        demo.ensure_loaded(settings, say=print)


def test_demo_that_is_there_is_left_alone(settings: dict[str, Any]) -> None:
    record(settings, "started loading", "loaded")

    assert demo.ensure_loaded(settings, say=print) is False


def test_demo_refuses_a_database_with_other_data_and_leaves_it(settings: dict[str, Any]) -> None:
    with single_session(settings["DATABASE_URL"]) as session, transaction(session):
        invite(session, email="real@example.org", role=RoleName.HR)

    with pytest.raises(StateError, match="other data"):
        demo.ensure_loaded(settings, say=print)

    with single_session(settings["DATABASE_URL"]) as session:
        assert demo.count_accounts(session) == 1


def test_demo_that_was_interrupted_starts_afresh(settings: dict[str, Any]) -> None:
    record(settings, "started loading")
    with single_session(settings["DATABASE_URL"]) as session, transaction(session):
        invite(session, email="half@example.org", role=RoleName.HR)
    said: list[str] = []

    with pytest.raises(LoadedError):
        demo.ensure_loaded(settings, say=said.append)

    assert said == ["The demo was not loaded to its end; starting afresh."]
    with single_session(settings["DATABASE_URL"]) as session:
        assert demo.count_accounts(session) == 0


def test_interrupted_before_the_first_table_counts_as_empty(settings: dict[str, Any]) -> None:
    engine = open_engine(settings["DATABASE_URL"])
    demo._empty(engine)

    assert inspect(engine).get_table_names() == []

    engine.dispose()


def test_demo_password_differs_between_installations(settings: dict[str, Any]) -> None:
    passwords = {demo.demo_password(settings | {"SECRET_KEY": key}) for key in ("one", "two")}

    assert len(passwords) == 2
    assert all(len(password) >= 12 for password in passwords)
