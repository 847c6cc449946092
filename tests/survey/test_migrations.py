"""The schema: up, down and up again on both databases, and no difference to the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey import database
from survey.database import is_current, open_engine, transaction, upgrade
from survey.domain.kept_attributes import read_attributes
from survey.domain.keys import KeyStore
from survey.enums import JobKind, WaveState
from survey.models import Analysis, Answer, Chart, Job, Model, Questionnaire, Response, Wave, WaveImport


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take migrations back. The product never does that, so it has no function for it."""
    with database._alembic(engine) as (config, connection):
        command.downgrade(config, revision)
        connection.commit()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def columns(engine: Engine) -> dict[str, list[str]]:
    return {
        table: sorted(column["name"] for column in inspect(engine).get_columns(table))
        for table in tables(engine)
    }


def test_upgraded_database_has_the_tables_of_the_models(engine: Engine) -> None:
    assert columns(engine) == {
        table.name: sorted(column.name for column in table.columns)
        for table in Model.metadata.tables.values()
    }


def test_models_and_migrations_do_not_drift_apart(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})

        assert compare_metadata(context, Model.metadata) == []


def test_drift_would_be_found(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE role ADD COLUMN colour INTEGER"))
        connection.execute(text("DROP INDEX uq_job_unfinished"))
        context = MigrationContext.configure(connection)

        differences = compare_metadata(context, Model.metadata)

    assert sorted(difference[0] for difference in differences) == ["add_index", "remove_column"]


def test_down_to_nothing_and_up_again(engine: Engine) -> None:
    before = columns(engine)

    downgrade(engine)
    assert tables(engine) == set()
    assert not is_current(engine)
    upgrade(engine)

    assert columns(engine) == before
    assert is_current(engine)


def test_analyses_of_before_have_no_edits_and_keep_their_charts(engine: Engine) -> None:
    downgrade(engine, "0001")
    with Session(engine) as session, transaction(session):
        # Not by the models: they know columns that are not there yet.
        session.execute(
            text(
                "INSERT INTO questionnaire (id, name, version, created_at) "
                "VALUES (1, 'q', 1, '2026-01-01 00:00:00')"
            )
        )
        session.execute(
            text(
                "INSERT INTO wave (id, name, state, questionnaire_id, attributes, coarsening, n_invited, "
                "created_at) VALUES (1, 'w', 'closed', 1, '[]', '{}', 0, '2026-01-01 00:00:00')"
            )
        )
        columns, values = "id, wave_id, seed, created_at", "1, 1, 0, '2026-01-01 00:00:00'"
        session.execute(text(f"INSERT INTO analysis ({columns}) VALUES ({values})"))
        session.add(Chart(analysis_id=1, name="map", title="", svg="", columns=[], rows=[]))

    upgrade(engine)

    with Session(engine) as session:
        analysis = session.get_one(Analysis, 1)
        assert (analysis.edits, analysis.revises_id) == ([], None)
        assert [chart.name for chart in analysis.charts] == ["map"]


def test_going_back_leaves_no_job_of_a_kind_that_nobody_knows(engine: Engine) -> None:
    with Session(engine) as session, transaction(session):
        for kind in (JobKind.SUGGEST_ALIASES, JobKind.SCORE_LEADS):
            session.add(Job(kind=kind, subject_id=0))

    downgrade(engine, "0016")

    with engine.connect() as connection:
        assert connection.execute(text("SELECT kind FROM job")).scalars().all() == ["score_leads"]


def test_attributes_and_imports_of_before_are_kept(engine: Engine, key_dir: Path) -> None:
    downgrade(engine, "0012")
    with Session(engine) as session, transaction(session):
        session.add(Questionnaire(id=1, name="q", version=1))
        session.add_all(
            Wave(id=number, name=str(state), questionnaire_id=1, attributes=[], coarsening={}, state=state)
            for number, state in ((1, WaveState.CLOSED), (2, WaveState.OPEN))
        )
        session.flush()
        for values in (
            {"id": "a", "wave_id": 1, "attributes": '{"site": "Oslo"}', "sealed": None},
            {"id": "b", "wave_id": 1, "attributes": "{}", "sealed": None},
            {"id": "c", "wave_id": 2, "attributes": "{}", "sealed": b"sealed"},
        ):
            session.execute(
                text(
                    "INSERT INTO response (id, wave_id, attributes, sealed, quote, held_out) "
                    "VALUES (:id, :wave_id, :attributes, :sealed, false, false)"
                ),
                values,
            )
        session.execute(
            text(
                "INSERT INTO wave_import (id, filename, system, header, questions, dropped, mapping, n_rows, "
                "created_at) VALUES (1, 'f', '', 'h', '[]', '[]', '{}', 3, '2026-01-01 00:00:00')"
            )
        )

    upgrade(engine)

    with Session(engine) as session:
        stored = read_attributes(session, KeyStore(key_dir), session.get_one(Wave, 1))
        assert stored == {"a": {"site": "Oslo"}, "b": {}}
        sealed = session.get_one(Response, "c")
        assert (sealed.sealed, sealed.kept, sealed.attributes) == (b"sealed", None, {})
        assert session.get_one(WaveImport, 1).reading == {}


@pytest.mark.parametrize(
    "change",
    [
        "state = 'draft'",
        "attributes = '[1]'",
        "coarsening = '{\"x\": 1}'",
        "public_key = NULL",
        "questionnaire_id = 2",
    ],
)
def test_database_keeps_the_level_of_anonymity_of_a_launched_wave(engine: Engine, change: str) -> None:
    """Whoever changes it must first take the trigger away: no slip and no update of ours does that."""
    with Session(engine) as session:
        with transaction(session):
            session.add_all(Questionnaire(id=number, name=f"q{number}", version=1) for number in (1, 2))
            session.flush()
            wave = Wave(
                id=1, name="w", questionnaire_id=1, attributes=[], coarsening={}, public_key=b"k" * 32
            )
            session.add(wave)
            session.flush()
            for state in WaveState:  # forward is fine
                wave.state = state
                session.flush()
        with pytest.raises(DBAPIError, match="level of anonymity"), transaction(session):
            session.execute(text(f"UPDATE wave SET {change}"))


@pytest.mark.parametrize(
    ("before", "after"), [("closing", "open"), ("closed", "closing"), ("closed", "open")]
)
def test_database_opens_no_wave_again(engine: Engine, before: str, after: str) -> None:
    with Session(engine) as session:
        with transaction(session):
            session.add(Questionnaire(id=1, name="q", version=1))
            session.flush()
            session.add(
                Wave(
                    id=1, name="w", questionnaire_id=1, attributes=[], coarsening={}, state=WaveState(before)
                )
            )
        with pytest.raises(DBAPIError, match="level of anonymity"), transaction(session):
            session.execute(text(f"UPDATE wave SET state = '{after}'"))


def test_upgrade_of_a_current_database_changes_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO role (name, description) VALUES ('hr', '')"))

    upgrade(engine)

    with engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM role")).scalars().all() == ["hr"]


def test_foreign_keys_are_enforced_after_an_upgrade(engine: Engine) -> None:
    upgrade(engine)
    with Session(engine) as session:
        with transaction(session):
            session.execute(
                text(
                    "INSERT INTO questionnaire (id, name, version, revision, created_at) "
                    "VALUES (1, 'q', 1, 1, '2026-01-01 00:00:00')"
                )
            )
            session.add(Wave(id=1, name="w", questionnaire_id=1, attributes=[], coarsening={}))
            session.flush()
            session.add(Response(id="a", wave_id=1, attributes={}, quote=False))
            session.flush()
            session.add(Answer(response_id="a", item="self", text="calm"))
        with transaction(session):
            session.execute(text("DELETE FROM response"))

        assert session.query(Answer).count() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_tables_of_answers_keep_no_hidden_order_on_sqlite(engine: Engine) -> None:
    with engine.connect() as connection:
        created = connection.execute(
            text(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%WITHOUT ROWID%' ORDER BY name"
            )
        )

        assert created.scalars().all() == [
            "answer",
            "embedding",
            "inbox",
            "invitee",
            "lead_evidence",
            "mail_stop",
            "membership",
            "message",
            "opt_out",
            "response",
            "self_identification",
            "spent_token",
            "usable_answers",
        ]
