"""The way to write: one transaction, committed once or rolled back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import bare_transaction, is_current, open_engine, transaction
from survey.models import Chore, StoredSetting
from survey.models.base import utc_now


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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_writers_of_a_process_line_up_instead_of_trying_again(database_url: str) -> None:
    """With no patience at all SQLite would refuse whoever finds it locked; here nobody does."""
    engine = open_engine(database_url)
    event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout=0").close())
    sessions = sessionmaker(engine)

    def write(number: int) -> None:
        if number % 2:
            with bare_transaction(engine) as connection:
                connection.execute(insert(Chore), {"name": str(number), "due_at": utc_now()})
        else:
            with sessions() as session, transaction(session):
                session.add(Chore(name=str(number), due_at=utc_now()))

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(40)))

    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Chore)) == 40
    engine.dispose()


def test_bare_transaction_leaves_nothing_of_what_fails(database_url: str) -> None:
    engine = open_engine(database_url)

    def fail() -> None:
        with bare_transaction(engine) as connection:
            connection.execute(insert(Chore), {"name": "x", "due_at": utc_now()})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(Chore)) == 0
    engine.dispose()
