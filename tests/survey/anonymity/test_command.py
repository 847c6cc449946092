"""``kindred anonymity-check``: what it prints, how it ends, and that it changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from survey.anonymity import inspection
from survey.cli import main
from survey.database import open_engine, transaction
from survey.domain.closing import close_wave
from survey.domain.keys import KeyStore
from survey.domain.responses import release
from survey.models import Chore, Wave
from survey.models.base import utc_now
from tests.survey.domain.factories import closing_lease, make_wave, send_all


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
def test_sound_database_passes_and_the_page_says_what_was_done() -> None:
    result = run()

    assert result.exit_code == 0, result.output
    for words in ("Autumn” (closed)", "Spring” (open)", "RESULT: none of", "What this does not cover"):
        assert words in result.output
    assert max(map(len, result.output.splitlines())) <= 88


@pytest.mark.usefixtures("waves")
def test_json_has_the_public_fields() -> None:
    result = run("--json")

    attacks = json.loads(result.output)["attacks"]
    assert result.exit_code == 0
    fields = ("name", "state", "hits", "people", "chance", "above_chance")
    assert {tuple(attack) for attack in attacks} == {fields}
    assert {attack["people"] for attack in attacks if attack["state"] == "closed"} == {23}
    assert {attack["people"] for attack in attacks if attack["state"] == "open"} == {10}


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (
            'UPDATE response SET attributes = \'{"site": "Lyon"}\' WHERE id = :id',
            "roster with the same attributes",
        ),
        ("UPDATE job SET step = :id || ' ' || :person", "jobs, audit log and other tables"),
        ("UPDATE invitee SET wave_id = 1", "keys, roster and sealed answers"),
    ],
)
@pytest.mark.usefixtures("waves")
def test_what_is_wrong_is_found(sessions: sessionmaker[Session], spoil: str, found: str) -> None:
    with sessions() as session, transaction(session):
        query = "SELECT response.id, token_hash FROM response, spent_token WHERE response.wave_id = 1"
        response, person = session.execute(text(f"{query} AND spent_token.wave_id = 1")).first() or ("", "")
        values = {"id": response, "person": person}
        session.execute(text(spoil), {name: v for name, v in values.items() if f":{name}" in spoil})

    result = run("--json")

    above = {attack["name"] for attack in json.loads(result.output)["attacks"] if attack["above_chance"]}
    assert found in above
    assert result.exit_code == 1


def test_forgotten_key_is_found(waves: int, key_dir: Path) -> None:
    (key_dir / f"wave-{waves}.token").write_bytes(b"k" * 32)

    result = run()

    assert result.exit_code == 1
    assert "FOUND keys, roster and sealed answers" in result.output


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
