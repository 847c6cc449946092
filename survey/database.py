"""Engines, sessions and the one way to write: ``with transaction(session)``. No Flask."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from survey.exceptions import InvalidInputError

Each = TypeVar("Each")

BACKENDS = ("sqlite", "postgresql")
BUSY_TIMEOUT_MS = 10_000
# Writers of this process line up here. SQLite wakes nobody: who finds it locked sleeps, each time longer, and looks
# again, so that without a queue some wait for seconds while it is idle.
_TURN = threading.Lock()


def engine_options(url: str) -> dict[str, Any]:
    """Options for ``create_engine`` that suit the database behind ``url``. Raises InvalidInputError."""
    parsed = _parse(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {"url": parsed, "hide_parameters": True}
    if parsed.get_backend_name() == "postgresql":
        options |= {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}
    return options


def _parse(url: str) -> URL:
    # The address may hold a password, so neither it nor the library's message is repeated.
    with suppress(ArgumentError):
        parsed = make_url(url)
        if parsed.get_backend_name() in BACKENDS:
            return parsed
    raise InvalidInputError(
        "The database address cannot be used. It begins with sqlite:/// or postgresql://; "
        "set KINDRED_DATABASE_URL."
    )


def configure(engine: Engine) -> Engine:
    """Give an engine our SQLite behaviour: WAL, enforced keys, wiped pages, explicit BEGIN."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    return engine


def open_engine(url: str) -> Engine:
    """Open an engine outside Flask (worker, command line, answering pages)."""
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    return configure(create_engine(**engine_options(url)))


def open_sessions(url: str) -> sessionmaker[Session]:
    """Return a session factory on an engine of its own."""
    return sessionmaker(open_engine(url))


@contextmanager
def single_session(url: str) -> Iterator[Session]:
    """Give one session on an engine of its own, for a command that comes and goes."""
    engine = open_engine(url)
    try:
        with Session(engine) as session:
            yield session
    finally:
        engine.dispose()


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Commit once at the end or roll back. On SQLite the write lock is taken at once.

    What was read before belongs to an older snapshot, so it is let go first; the objects refresh
    themselves on their next use.
    """
    session.rollback()
    with _turn(session.get_bind().dialect.name):
        session.connection(execution_options={"immediate": True})
        try:
            yield session
            session.commit()
        except BaseException:
            session.rollback()
            raise


@contextmanager
def snapshot(session: Session) -> Iterator[Session]:
    """Let every read in the block see the database as it was at the first, whatever others commit meanwhile.

    For a session that has read nothing yet, and writes nothing here.
    """
    level = {"isolation_level": "REPEATABLE READ"} if session.get_bind().dialect.name == "postgresql" else {}
    session.connection(execution_options=level)
    try:
        yield session
    finally:
        session.rollback()


def insert_into(session: Session, table: type[DeclarativeBase]) -> postgresql.Insert | sqlite.Insert:
    """Return an INSERT that can say what to do where a row is there already, as both databases spell it."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table)


@contextmanager
def bare_transaction(engine: Engine) -> Iterator[Connection]:
    """Do the same without a session, where the few statements take less time than the session around them."""
    with (
        _turn(engine.dialect.name),
        engine.connect() as connection,
        connection.execution_options(immediate=True).begin(),
    ):
        yield connection


def parts(items: Sequence[Each], size: int) -> Iterator[Sequence[Each]]:
    """Yield a long sequence piece by piece: a statement takes so many values and no more, and memory likes it."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


@contextmanager
def _turn(dialect: str) -> Iterator[None]:
    """Wait for the turn to write on SQLite; who has waited too long leaves it to SQLite to say so."""
    mine = dialect == "sqlite" and _TURN.acquire(timeout=BUSY_TIMEOUT_MS / 1000)
    try:
        yield
    finally:
        if mine:
            _TURN.release()


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest version."""
    with _alembic(engine) as (config, connection):
        command.upgrade(config, "head")
        connection.commit()


def is_current(engine: Engine) -> bool:
    """Whether the schema is at the newest version."""
    with as_file(files("survey") / "migrations") as folder, engine.connect() as connection:
        heads = ScriptDirectory(str(folder)).get_heads()
        return set(MigrationContext.configure(connection).get_current_heads()) == set(heads)


@contextmanager
def _alembic(engine: Engine) -> Iterator[tuple[AlembicConfig, Connection]]:
    with as_file(files("survey") / "migrations") as folder, engine.connect() as connection:
        config = AlembicConfig()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        # A batch rebuild of a parent table would empty its ON DELETE CASCADE children.
        _enforce_keys(connection, enforce=False)
        try:
            yield config, connection
        finally:
            connection.rollback()
            _enforce_keys(connection, enforce=True)


def _enforce_keys(connection: Connection, *, enforce: bool) -> None:
    """Switch SQLite's foreign keys, past SQLAlchemy: it would begin a transaction, in which the switch does nothing."""
    driver = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and driver is not None:
        driver.execute(f"PRAGMA foreign_keys={'ON' if enforce else 'OFF'}").close()


def _on_sqlite_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # pysqlite must not begin on its own
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _on_sqlite_begin(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
