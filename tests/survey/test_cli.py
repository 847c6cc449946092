"""The commands that set up and feed an installation."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete

from survey.cli import main
from survey.database import open_sessions, single_session, transaction
from survey.domain import archives, wave_imports
from survey.domain.accounts import role_of
from survey.domain.queries.accounts import list_accounts
from survey.domain.queries.waves import list_waves
from survey.domain.wave_intake import import_wave
from survey.enums import RoleName, WaveState
from survey.models import Wave, WaveImport
from survey.tables import read_table
from tests.survey.domain.test_wave_imports import survey_file
from tests.survey.lead_factories import claim


@pytest.fixture
def environ(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's settings as the environment of a command."""
    for name in ("DATABASE_URL", "INSTANCE_DIR", "KEY_DIR", "SECRET_KEY"):
        monkeypatch.setenv(f"KINDRED_{name}", settings[name])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def roster(folder: Path, n_people: int) -> Path:
    path = folder / "roster.csv"
    rows = [f"person{number}@example.org,{'Leeds' if number % 2 else 'Lisbon'}" for number in range(n_people)]
    path.write_text("\n".join(["email,site", *rows]), "utf-8")
    return path


def test_command_without_a_database_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINDRED_DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite'}")
    monkeypatch.setenv("KINDRED_KEY_DIR", str(tmp_path))

    result = run("export-wave", "Autumn", str(tmp_path / "archive"), "--password", "long enough it is")

    assert result.exit_code == 2
    assert result.output.splitlines()[-1].endswith("then run kindred migrate.")


@pytest.mark.usefixtures("environ")
def test_create_admin_makes_the_only_account(settings: dict[str, Any]) -> None:
    result = run("create-admin", "--email", "root@example.org", "--password", "long enough it is")

    assert result.exit_code == 0
    with single_session(settings["DATABASE_URL"]) as session:
        (account,) = list_accounts(session)
        assert (account.email, role_of(account)) == ("root@example.org", RoleName.ADMINISTRATOR)


@pytest.mark.usefixtures("environ")
def test_create_admin_refuses_a_short_password(settings: dict[str, Any]) -> None:
    result = run("create-admin", "--email", "root@example.org", "--password", "short")

    assert result.exit_code == 2
    assert "at least ten characters" in result.output
    with single_session(settings["DATABASE_URL"]) as session:
        assert list_accounts(session) == []


@pytest.mark.usefixtures("environ")
def test_open_wave_writes_a_link_for_everyone_that_only_its_owner_may_read(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    links = tmp_path / "links.csv"

    result = run(
        "open-wave", "Spring", str(roster(tmp_path, 12)), str(links), "--address", "https://kindred.test/"
    )

    assert result.exit_code == 0, result.output
    table = read_table(links.read_bytes(), name="links.csv")
    assert len(set(table.column("link"))) == 12
    assert all(link.startswith("https://kindred.test/a/1/") for link in table.column("link"))
    assert stat.S_IMODE(links.stat().st_mode) == 0o600
    with single_session(settings["DATABASE_URL"]) as session:
        (wave,) = list_waves(session)
        assert (wave.state, wave.n_invited) == (WaveState.OPEN, 12)


@pytest.mark.usefixtures("environ")
def test_open_wave_leaves_no_wave_when_the_links_cannot_be_written(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    result = run("open-wave", "Spring", str(roster(tmp_path, 12)), str(tmp_path / "missing" / "links.csv"))

    assert result.exit_code == 2
    assert "links.csv cannot be written" in result.output
    with single_session(settings["DATABASE_URL"]) as session:
        assert list_waves(session) == []


@pytest.mark.usefixtures("environ")
def test_open_wave_needs_a_column_of_addresses(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    path.write_text("name\nAda\n", "utf-8")

    result = run("open-wave", "Spring", str(path), str(tmp_path / "links.csv"))

    assert result.exit_code == 2
    assert "email" in result.output


@pytest.mark.usefixtures("environ")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_wave_goes_into_an_archive_and_out_again(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "OPERATIONS", 1)
    monkeypatch.setattr(archives, "MEMORY", 8192)
    with single_session(settings["DATABASE_URL"]) as session, transaction(session):
        upload = wave_imports.upload(session, name="pulse.csv", content=survey_file())
        wave_imports.start_import(session, upload, name="Pulse", mapping={"0": "self"})
    sessions = open_sessions(settings["DATABASE_URL"])
    import_wave(sessions, claim(sessions))
    sessions.kw["bind"].dispose()
    file, password = str(tmp_path / "pulse.kindred"), ("--password", "long enough it is")
    Path(file).touch(mode=0o644)

    written = run("export-wave", "Pulse", file, *password)
    unknown = run("export-wave", "Other", file, *password)
    wrong = run("import-wave", file, "--password", "another one than that")
    with single_session(settings["DATABASE_URL"]) as session, transaction(session):
        session.execute(delete(WaveImport))
        session.execute(delete(Wave))
    read = run("import-wave", file, *password, "--name", "Pulse again")

    assert (written.exit_code, stat.S_IMODE(Path(file).stat().st_mode)) == (0, 0o600)
    assert (unknown.exit_code, wrong.exit_code) == (2, 2)
    assert "The password is wrong" in wrong.output
    assert "The wave Pulse again is here with 12 answers." in read.output
