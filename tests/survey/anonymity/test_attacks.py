"""Every attack finds nearly everybody on a weak schema, and nobody but by luck on ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import event, text

from survey.anonymity.attacks import (
    ATTACKS,
    Attack,
    Cookies,
    LogLines,
    RosterAttributes,
    RowOrder,
    smallest_differences,
)
from survey.anonymity.findings import Finding, try_attack
from survey.anonymity.simulation import simulate
from survey.database import open_engine
from survey.exceptions import InvalidInputError
from tests.conftest import FULL
from tests.survey.anonymity.weak import answer_weakly

N_PEOPLE = 500 if FULL else 60
N_WEAK = 500 if FULL else 30


def test_every_attack_succeeds_on_a_weak_schema(database_url: str, tmp_path: Path) -> None:
    engine = open_engine(database_url)
    if engine.dialect.name == "sqlite":  # somebody keeps the whole write-ahead log, as replication does
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA wal_autocheckpoint=0").close())
    folder = tmp_path / "files"
    folder.mkdir()
    loot, truth = answer_weakly(engine, folder, n_people=N_WEAK)

    before = {a.name: try_attack(a, loot, truth, state="closed") for a in ATTACKS if not a.after_vacuum}
    loot.vacuum()
    after = {a.name: try_attack(a, loot, truth, state="closed") for a in ATTACKS if a.after_vacuum}

    findings = before | after
    engine.dispose()
    assert sorted(findings) == sorted(attack.name for attack in ATTACKS)
    assert {name: f.hits for name, f in findings.items() if f.hits < 0.9 * N_WEAK} == {}
    assert [name for name, finding in findings.items() if not finding.above_chance] == []


def test_no_attack_finds_more_than_chance(database_url: str) -> None:
    before = places_of(database_url)

    findings = simulate(N_PEOPLE, database_url=database_url)

    assert [(f.attack.name, f.state, f.hits) for f in findings if f.above_chance] == []
    tried = {(finding.attack.name, finding.state) for finding in findings}
    assert tried == {(attack.name, state) for attack in ATTACKS for state in attack.states}
    assert {f.people for f in findings if f.state == "closed"} == {N_PEOPLE}
    assert min(f.people for f in findings) >= N_PEOPLE - 20
    assert {f.smallest for f in findings if f.attack.name == "crowd of a release"} == {10}
    assert places_of(database_url) == before  # the simulation leaves nothing behind


def test_simulation_of_a_handful_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="at least 40 people"):
        simulate(39, database_url="sqlite://")


@pytest.mark.parametrize(
    ("hits", "people", "chance", "above"),
    [(0, 500, 1 / 500, False), (5, 500, 1 / 500, False), (12, 500, 1 / 500, True), (50, 500, 0.1, False),
     (70, 500, 0.1, False), (100, 500, 0.1, True), (3, 3, 0.1, False), (0, 0, 1.0, False)],
)  # fmt: skip
def test_more_than_chance_is_what_luck_does_not_explain(
    hits: int, people: int, chance: float, above: bool
) -> None:
    assert Finding(RowOrder(), "open", hits, people, chance).above_chance is above


def test_one_crowd_of_nine_is_more_than_chance() -> None:
    assert Finding(RosterAttributes(), "closed", 5, 500, 0.1, smallest=9).above_chance
    assert not Finding(RosterAttributes(), "closed", 5, 500, 0.1, smallest=10).above_chance


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("attack", [LogLines(), Cookies()], ids=lambda attack: attack.name)
def test_used_link_or_address_alone_counts_as_found(
    database_url: str, tmp_path: Path, attack: Attack
) -> None:
    engine = open_engine(database_url)
    loot, truth = answer_weakly(engine, tmp_path, n_people=4)
    one, two, *_ = truth
    loot.secrets = {two: ("two@example.org",)}
    loot.log = loot.cookies = [f"spent {one}", "reminded two@example.org", "nobody"]

    assert attack.hits(loot, truth) == 2
    assert set(attack.suspects(loot).values()) == {(one,), (two,)}
    engine.dispose()


def test_difference_of_two_groups_of_ten_is_found() -> None:
    """All 12 of Oslo, less the 10 of Oslo who are engineers: two people."""
    stored = {str(n): {"site": "Oslo", "job": "engineer" if n < 10 else "cook"} for n in range(12)}
    stored |= {str(n): {"site": "Lyon", "job": "cook"} for n in range(12, 30)}

    assert smallest_differences(stored)["10"] == {"10", "11"}
    assert len(smallest_differences(stored)["20"]) == 18


def places_of(database_url: str) -> list[str]:
    """The files beside an embedded database, or the schemas of a server."""
    engine = open_engine(database_url)
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            names = [path.name for path in Path(str(engine.url.database)).parent.iterdir()]
        else:
            names = list(connection.scalars(text("SELECT nspname FROM pg_namespace ORDER BY 1")))
    engine.dispose()
    return [name for name in names if "-" not in name and "temp" not in name]
