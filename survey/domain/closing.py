"""Closing a wave: the last release, the rewrite that forgets the order of arrival, the end of the keys.

A job of several transactions, so it takes a session factory. Every step may run twice and each is fenced by
the job's lease; after a kill the next worker begins again at the top and finds less to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, Table, delete, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import audit, jobs
from survey.domain.jobs import Lease
from survey.domain.kept_attributes import find_readable, settle_attributes
from survey.domain.keys import KeyStore
from survey.domain.responses import release_rest
from survey.enums import WaveState
from survey.exceptions import NotFoundError, StateError
from survey.models import Inbox, Invitee, Model, Response, SpentToken, Wave
from survey.models.base import utc_now

Sessions = sessionmaker[Session]

_N_STEPS = 4
_ATTEMPTS = 20
_PAUSE_S = 0.5
# Below PostgreSQL's deadlock_timeout of one second: in a knot of locks it is we who let go and try again.
_LOCK_TIMEOUT = "800ms"


def close_wave(sessions: Sessions, keys: KeyStore, lease: Lease) -> None:
    """Close the wave that the job names; what cannot be linked any more stays, everything else goes.

    The roster goes too: with the answers in and the keys destroyed nobody can be reminded, and names beside
    spent tokens would only be a list of people to attack. ``n_invited`` stays for the response rate.

    Raises NotFoundError, StateError if the wave was never told to close, if its key is missing or if the
    database stays busy, JobCancelledError if the lease is lost.
    """
    _release_rest(sessions, keys, lease)
    _rewrite(sessions, lease)
    _wipe(sessions, lease)
    _destroy_keys(sessions, keys, lease)
    with sessions() as session, transaction(session):
        wave = _wave(session, lease)
        if wave.state is not WaveState.CLOSED:
            wave.state = WaveState.CLOSED
            wave.closed_at = utc_now()
            wave.progress = {}
            audit.record(
                session, "closed", f"wave {wave.id}", account_id=lease.account_id, n_answered=wave.n_answered
            )
        jobs.finish(session, lease)


def seal_earlier(sessions: Sessions, keys: KeyStore) -> None:
    """Seal what an earlier version left readable beside the answers of closed waves, and wipe what it leaves.

    Raises StateError if the key of attributes is missing or if the database stays busy.
    """
    with sessions() as session:
        engine = session.get_bind().engine
        wave_ids = find_readable(session)
    if not wave_ids:
        return

    def attempt() -> None:
        with sessions() as session, transaction(session):
            for wave_id in wave_ids:
                settle_attributes(session, keys, session.get_one(Wave, wave_id))
            if engine.dialect.name == "postgresql":
                _rewrite_in_key_order(session)

    _persist(attempt)
    _persist(lambda: _vacuum(engine))


def _release_rest(sessions: Sessions, keys: KeyStore, lease: Lease) -> None:
    with sessions() as session, transaction(session):
        jobs.advance(session, lease, n_done=0, n_total=_N_STEPS, step="Opening the last answers")
        wave = _wave(session, lease)
        release_rest(session, keys, wave)
        settle_attributes(session, keys, wave)


def _rewrite(sessions: Sessions, lease: Lease) -> None:
    """Let the tables forget in which order their rows came, and drop the roster, in one transaction."""

    def attempt() -> None:
        with sessions() as session, transaction(session):
            if session.get_bind().dialect.name == "postgresql":
                _rewrite_in_key_order(session)
            wave = _wave(session, lease)
            spent = select(func.count()).select_from(SpentToken).where(SpentToken.wave_id == wave.id)
            wave.n_answered = session.scalar(spent)
            session.execute(delete(Invitee).where(Invitee.wave_id == wave.id))
            jobs.advance(session, lease, n_done=1, step="Rewriting the tables in key order")

    _persist(attempt)


def _rewrite_in_key_order(session: Session) -> None:
    """PostgreSQL: write every row again, sorted, so that no hidden column or position tells its age.

    All waves are rewritten, because TRUNCATE takes whole tables; it does others good. SQLite needs none of
    this: the tables have no rowid, lie in key order anyway, and VACUUM writes all their pages anew.
    """
    preparer = session.connection().dialect.identifier_preparer
    tables = [*_tables_of_responses(), Model.metadata.tables[SpentToken.__tablename__]]
    names = ", ".join(preparer.format_table(table) for table in tables)
    session.execute(text(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'"))
    # A row that somebody adds between copy and TRUNCATE would be lost.
    session.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
    for table in tables:
        name = preparer.format_table(table)
        session.execute(text(f"CREATE TEMPORARY TABLE kept_{name} ON COMMIT DROP AS TABLE {name}"))
    session.execute(text(f"TRUNCATE {names}"))
    for table in tables:
        name = preparer.format_table(table)
        columns = ", ".join(preparer.format_column(column) for column in table.columns)
        key = ", ".join(preparer.format_column(column) for column in table.primary_key)
        session.execute(
            text(f"INSERT INTO {name} ({columns}) SELECT {columns} FROM kept_{name} ORDER BY {key}")  # noqa: S608 - names of our own tables
        )


def _tables_of_responses() -> list[Table]:
    """The response table and everything that refers to it, parents first: TRUNCATE insists on all of them."""
    response = Model.metadata.tables[Response.__tablename__]
    return [
        table
        for table in Model.metadata.sorted_tables
        if table is response or any(key.column.table is response for key in table.foreign_keys)
    ]


def _wipe(sessions: Sessions, lease: Lease) -> None:
    """Remove what deleted rows left in the files; on SQLite also make everything durable before keys go."""
    with sessions() as session:
        engine = session.get_bind().engine

    def attempt() -> None:
        with sessions() as session, transaction(session):
            jobs.advance(session, lease, n_done=2, step="Wiping what was deleted")
        _vacuum(engine)

    _persist(attempt)


def _vacuum(engine: Engine) -> None:
    # VACUUM refuses a transaction, and SQLAlchemy opens one before every statement.
    if engine.dialect.name == "sqlite":
        connection = engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            # With a reader in the way this says busy in its row and truncates nothing, without an error.
            busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            cursor.close()
        finally:
            connection.close()
        if busy:
            raise _BusyError
    else:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as autocommit:
            autocommit.execute(text("VACUUM inbox, invitee, message"))


def _destroy_keys(sessions: Sessions, keys: KeyStore, lease: Lease) -> None:
    with sessions() as session, transaction(session):
        wave = _wave(session, lease)
        jobs.advance(session, lease, n_done=3, step="Destroying the keys")
        waiting = select(func.count()).select_from(Inbox).where(Inbox.wave_id == wave.id)
        if session.scalar(waiting):
            raise StateError("Sealed answers are still waiting. Close the wave again.")
    keys.destroy(lease.subject_id)


def _wave(session: Session, lease: Lease) -> Wave:
    wave = session.get(Wave, lease.subject_id)
    if wave is None:
        raise NotFoundError("There is no such wave.")
    if wave.state not in (WaveState.CLOSING, WaveState.CLOSED):
        raise StateError("This wave has not been told to close.")
    return wave


class _BusyError(Exception):
    """Somebody reads an old state of the database, so it could not be wiped yet."""


def _persist(attempt: Callable[[], Any]) -> None:
    """Try again while others hold locks; readers are short, so give up only after a while."""
    for left in reversed(range(_ATTEMPTS)):
        try:
            attempt()
        except (_BusyError, OperationalError) as error:
            if not left:
                raise StateError("The database is busy or full. Close the wave again in a minute.") from error
            time.sleep(_PAUSE_S)
        else:
            return
