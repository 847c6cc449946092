"""A person's own table of aliases as a file, by the commands and by the worker; what is proposed for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy.orm import Session, sessionmaker

from analysis.aliases import use
from analysis.segments import plain
from survey import files
from survey.alias_tables import parse_aliases, read_aliases
from survey.cli import main
from survey.database import transaction
from survey.domain.aliases import name_skill
from survey.exceptions import InvalidInputError
from survey.models import PersonaVersion
from tests.survey.lead_factories import SAMPLE, WordEncoder, block, do_import, publish

TABLE = "skill,aliases\nRelease plans,shipping plots;launch charts\n"
LEADS = SAMPLE.replace("Release plans;", "Shipping plots;")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with leads, a report and a table; the commands encode by words."""
    monkeypatch.setattr(files, "_encoder", lambda _given: WordEncoder())
    (tmp_path / "leads.csv").write_text(LEADS, "utf-8")
    report = {
        "schema_version": 1,
        "scoring": block(),
        "personas": [
            {"key": one["key"], "skills": [{"text": "Rollback procedures"}]} for one in block()["personas"]
        ],
    }
    (tmp_path / "report.json").write_text(json.dumps(report), "utf-8")
    (tmp_path / "own.csv").write_text(TABLE, "utf-8")
    return tmp_path


def run(*arguments: object, **environ: str) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=environ)


def score(folder: Path, *options: object, leads: str = LEADS, **environ: str) -> tuple[Result, str]:
    (folder / "leads.csv").write_text(leads, "utf-8")
    out = folder / "scores.csv"
    out.unlink(missing_ok=True)
    told = ("--personas", folder / "report.json", "--out", out)
    result = run("score", folder / "leads.csv", *told, *options, **environ)
    return result, out.read_text("utf-8") if out.exists() else ""


def test_leads_are_read_by_the_own_table_named_by_option_or_environment(folder: Path) -> None:
    by_bundled, without = score(folder)
    by_option, named = score(folder, "--aliases", folder / "own.csv")
    by_environment, set_up = score(folder, KINDRED_ALIASES=str(folder / "own.csv"))
    _, written_out = score(folder, leads=SAMPLE)

    assert by_bundled.stderr.splitlines() == ["scoring leads: 100 %"]
    assert named == set_up == written_out != without
    for result in (by_option, by_environment):
        first, second, *_ = result.stderr.splitlines()
        assert first.startswith("Skills are read by the aliases of own.csv too (")
        assert "report.json: its personas were learnt from answers that were read by another table" in second


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("skill,names\nsql,ess\n", "own.csv, row 1: there is no column “aliases”."),
        (
            "skill,aliases\nsql,ess\ntype script,js\n",
            "own.csv, row 3, column “aliases”: “js” means the skill “jav",
        ),
        ("skill,aliases\nSQL,;\n", "own.csv, row 2, column “aliases”: “sql” is called nothing else here."),
        ("skill,aliases\nsql\n", "own.csv, row 2: 2 cells expected, 1 found"),
        ("", "own.csv is empty"),
        (None, "own.csv, the table of aliases: No such file or directory."),
    ],
)
def test_a_table_that_cannot_be_used_is_named_and_nothing_is_written(
    folder: Path, content: str | None, message: str
) -> None:
    (folder / "own.csv").unlink()
    if content is not None:
        (folder / "own.csv").write_text(content, "utf-8")

    result, scores = score(folder, "--aliases", folder / "own.csv")

    assert (result.exit_code, scores) == (2, "")
    assert result.stderr.startswith(message)
    assert len(result.stderr.splitlines()) == 1


def test_a_table_of_too_many_aliases_is_refused_with_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.aliases.MAX_ALIASES", 3)
    rows = b"skill,aliases\nsql,ess queue;ess que;ess queue\nngrx,n g r x;ng rx\n"

    with pytest.raises(InvalidInputError, match="row 3, column “aliases”: a table has at most 3 aliases"):
        parse_aliases(rows, "own.csv")


def test_a_table_is_read_as_spreadsheets_keep_it_and_as_it_is_written(folder: Path) -> None:
    (folder / "own.csv").write_text('leads;aliases;skill\n2;"\'@ngrx/store; NgRx  Store";ngrx\n', "utf-8")

    assert read_aliases(folder / "own.csv") == {"ngrx": ("@ngrx/store", "ngrx store")}


def test_spellings_are_proposed_as_a_table_that_can_be_kept(folder: Path) -> None:
    spelled = LEADS.replace("Python;", "Pyhton;Rollback-procedures;").replace(
        "Selling;", "Pyhton;Rollback-procedures;"
    )
    (folder / "leads.csv").write_text(spelled, "utf-8")

    printed = run("suggest-aliases", folder / "leads.csv")
    with_report = ("--personas", folder / "report.json", "--out", folder / "kept.csv")
    result = run("suggest-aliases", folder / "leads.csv", *with_report)
    kept = (folder / "kept.csv").read_text("utf-8")
    again = run("suggest-aliases", folder / "leads.csv", *with_report[:2], "--aliases", folder / "kept.csv")

    header = "skill,aliases,likeness,leads\n"
    assert (printed.exit_code, printed.stdout) == (0, header)
    assert printed.stderr.startswith("Nothing that two leads list")
    assert (result.exit_code, result.output) == (0, "")
    assert kept == f"{header}rollback procedures,rollback-procedures,100,2\n"
    assert again.stdout == header
    use(read_aliases(folder / "kept.csv"))
    assert plain("Rollback-procedures") == "rollback procedures"


def test_suggestions_name_what_is_bad(folder: Path) -> None:
    report = folder / "report.json"
    for content, message in (
        ("[]", "report.json: this is not a report."),
        ('{"schema_version": 1, "personas": [1]}', "report.json: the part “personas” is damaged."),
    ):
        report.write_text(content, "utf-8")
        result = run("suggest-aliases", folder / "leads.csv", "--personas", report)

        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(message)


def test_without_a_file_the_leads_and_cards_of_the_installation_are_read(
    sessions: sessionmaker[Session], settings: dict[str, Any]
) -> None:
    with sessions() as session, transaction(session):
        first, _ = publish(session)
        session.get_one(PersonaVersion, first).card = {"skills": [{"text": "Calling customers"}]}
    spelled = SAMPLE.replace("Python;", "Calling-customers;").replace("Selling;", "calling-customers;")
    do_import(sessions, spelled.replace("Busy", "Calling-customers"))

    result = run("suggest-aliases", KINDRED_DATABASE_URL=settings["DATABASE_URL"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "skill,aliases,likeness,leads\ncalling customers,calling-customers,100,2\n"
    with sessions() as session, transaction(session):
        name_skill(session, "calling customers", "calling-customers", account_id=None)
    again = run("suggest-aliases", KINDRED_DATABASE_URL=settings["DATABASE_URL"])
    assert again.stdout == "skill,aliases,likeness,leads\n"
