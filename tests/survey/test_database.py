"""The way to write: one transaction, committed once or rolled back."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from survey.database import is_current, open_engine, transaction
from survey.models import StoredSetting


def test_transaction_commits_at_the_end(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, transaction(session):
        session.add(StoredSetting(name="ORGANISATION", value="Fjordline"))

    with sessions() as session:
        assert session.get(StoredSetting, "ORGANISATION").value == "Fjordline"


def test_transaction_leaves_nothing_after_an_error(sessions: sessionmaker[Session]) -> None:
    def fail() -> None:
        with sessions() as session, transaction(session):
            session.add(StoredSetting(name="ORGANISATION", value="Fjordline"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    with sessions() as session:
        assert session.get(StoredSetting, "ORGANISATION") is None


def test_migrated_database_is_current(database_url: str) -> None:
    engine = open_engine(database_url)

    assert is_current(engine)

    engine.dispose()
