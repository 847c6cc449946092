"""A real database, looked at without changing it: who could be found there.

Nobody knows who wrote what, so instead of right guesses the people are counted who would be found if the attack
works. What needs invented people is left to the simulation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, select
from sqlalchemy.orm import Session, lazyload

from survey.anonymity.attacks import ATTACKS
from survey.anonymity.findings import Finding, measure_exposure
from survey.anonymity.loot import Loot
from survey.database import is_current, open_engine
from survey.enums import WaveState
from survey.exceptions import StateError
from survey.models import Wave


@dataclass(frozen=True, slots=True)
class WaveFindings:
    """What the attacks found in one wave."""

    name: str
    state: str
    findings: tuple[Finding, ...]


def inspect(settings: Mapping[str, Any]) -> list[WaveFindings]:
    """Look at every wave of the configured database that was opened.

    Raises StateError if the database is not at the newest schema.
    """
    engine = _read_only(open_engine(settings["DATABASE_URL"]))
    try:
        if not is_current(engine):
            raise StateError("The database is not at the newest schema. Run kindred migrate first.")
        with Session(engine) as session:
            query = select(Wave).options(lazyload(Wave.questionnaire)).where(Wave.state != WaveState.DRAFT)
            waves = [
                (wave.id, wave.name, "closed" if wave.state is WaveState.CLOSED else "open")
                for wave in session.scalars(query.order_by(Wave.id))
            ]
        return [
            WaveFindings(name, state, _look_at(engine, wave_id, state, Path(settings["KEY_DIR"])))
            for wave_id, name, state in waves
        ]
    finally:
        engine.dispose()


def _look_at(engine: Engine, wave_id: int, state: str, key_folder: Path) -> tuple[Finding, ...]:
    loot = Loot(engine, wave_id, folders=[key_folder])
    return tuple(
        measure_exposure(attack, loot, state=state)
        for attack in ATTACKS
        if state in attack.states_on_real_data
    )


def _read_only(engine: Engine) -> Engine:
    """Let the database itself refuse every change."""
    statement = "PRAGMA query_only=ON" if engine.dialect.name == "sqlite" else "SET TRANSACTION READ ONLY"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(statement))
    return engine
