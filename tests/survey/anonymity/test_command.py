"""``kindred anonymity-check``: what it prints, how it ends, and that it changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from survey.anonymity import inspection
from survey.anonymity.attacks import ReleaseCrowd
from survey.anonymity.findings import Finding
from survey.cli import main
from survey.database import open_engine, transaction
from survey.domain.closing import close_wave
from survey.domain.keys import KeyStore
from survey.domain.responses import release
from survey.models import Chore, Wave
from survey.models.base import utc_now
from tests.survey.domain.factories import closing_lease, make_wave, send_all

FIELDS = ("name", "state", "hits", "people", "chance", "above_chance")


@pytest.fixture(autouse=True)
def _environ(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "INSTANCE_DIR", "KEY_DIR"):
        monkeypatch.setenv(f"KINDRED_{name}", settings[name])


@pytest.fixture
def waves(sessions: sessionmaker[Session], key_dir: Path) -> int:
    """A closed wave, and an open one with ten released responses; the id of the closed one."""
    keys = KeyStore(key_dir)
    closed, tokens = make_wave(sessions, keys, name="Autumn")
    send_all(sessions, keys, tokens[:23])
    close_wave(sessions, keys, closing_lease(sessions, closed))
    opened, tokens = make_wave(sessions, keys, name="Spring")
    send_all(sessions, keys, tokens[:20])
    with sessions() as session, transaction(session):
        release(session, keys, session.get_one(Wave, opened))
    return closed


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["anonymity-check", *arguments])


@pytest.mark.usefixtures("waves")
def test_sound_database_passes() -> None:
    page, data = run(), run("--json")

    assert (page.exit_code, data.exit_code) == (0, 0), page.output
    for words in ("Autumn” (closed)", "Spring” (open)", "RESULT: none of", "What this does not cover"):
        assert words in page.output
    assert max(map(len, page.output.splitlines())) <= 88
    attacks = json.loads(data.output)["attacks"]
    assert {tuple(attack) for attack in attacks} == {FIELDS}
    assert {attack["people"] for attack in attacks if attack["state"] == "closed"} == {23}
    assert {attack["people"] for attack in attacks if attack["state"] == "open"} == {10}


def test_what_is_wrong_is_found(sessions: sessionmaker[Session], waves: int, key_dir: Path) -> None:
    """One thing after the other is spoiled, and each is named."""
    (key_dir / f"wave-{waves}.token").write_bytes(b"k" * 32)
    page = run()
    assert "FOUND keys, roster and sealed answers" in page.output
    assert "The promise does not hold." in page.output
    (key_dir / f"wave-{waves}.token").unlink()

    response = "SELECT max(id) FROM response WHERE wave_id = 1"
    person = "SELECT max(token_hash) FROM spent_token WHERE wave_id = 1"
    found = []
    for spoil in (
        "UPDATE invitee SET wave_id = 1",
        f"UPDATE job SET step = ({response}) || ' ' || ({person})",
        f"""UPDATE response SET attributes = '{{"site":"Lyon"}}' WHERE id = ({response})""",
    ):
        with sessions() as session, transaction(session):
            session.connection().exec_driver_sql(spoil)
        result = run("--json")
        assert result.exit_code == 1
        found.append({a["name"] for a in json.loads(result.output)["attacks"] if a["above_chance"]})

    assert "keys, roster and sealed answers" in found[0]
    assert "jobs, audit log and other tables" in found[1] - found[0]
    assert "roster with the same attributes" in found[2] - found[1]


def test_check_cannot_change_the_database(database_url: str) -> None:
    engine = inspection._read_only(open_engine(database_url))

    with Session(engine) as session:
        session.add(Chore(name="x", due_at=utc_now()))
        with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
            session.flush()
    engine.dispose()


def test_database_without_waves_has_nothing_to_look_at() -> None:
    result = run()

    assert result.exit_code == 0
    assert "there is nothing to look at" in result.output


@pytest.mark.parametrize(
    ("hits", "code", "verdict"), [(50, 0, "none of 1 attacks"), (400, 1, "1 of 1 attacks")]
)
def test_simulation_is_told_in_words_and_by_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, hits: int, code: int, verdict: str
) -> None:
    """What a simulation finds is tested with the attacks; here one is pretended."""
    finding = Finding(ReleaseCrowd(), "open", hits, 500, 0.1, smallest=10)
    monkeypatch.setattr("survey.anonymity.simulation.simulate", lambda _n, *, database_url: [finding])

    page, data = run("--simulate", "500"), run("--simulate", "500", "--json")

    assert page.exit_code == data.exit_code == code
    assert f"RESULT: {verdict}" in page.output
    assert f"Right for {hits} of 500; by luck it would be about 50." in " ".join(page.output.split())
    assert json.loads(data.output) == {"attacks": [finding.to_dict()]}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_database_of_before_an_update_is_not_looked_at(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KINDRED_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.sqlite'}")

    result = run()

    assert result.exit_code == 2
    assert "kindred migrate" in result.output
