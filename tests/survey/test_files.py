"""The file commands, run as a person runs them: what they write, what they say, what they leave alone."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from markupsafe import escape

from analysis.encoder import bundled_encoder
from analysis.exceptions import EncoderError
from survey import files, lead_scoring
from survey.files import StderrProgress, discover, score
from survey.html_report import render_report

pytestmark = pytest.mark.usefixtures("shared_vectors")

DEMO = Path(files.__file__).parent / "demo"
N_RESPONSES = 60
N_LEADS = 6

BAD_TABLES = {
    "not UTF-8": (b"id,self,summary\nr1,x,y\nr2,caf\xe9,y\n", "row 3, column “self”: the cell is not UTF-8."),
    "UTF-16": ("id,self,summary\nr1,x,y\n".encode("utf-16"), "row 1, column 1: the file is saved as UTF-16."),
    "too few cells": (
        b"id,self,summary\nr1,x,y\nr2,x\n",
        "row 3: 3 cells expected, 2 found; column “summary”",
    ),
    "too many cells": (
        b"id,self,summary\nr1,x,y,z\n",
        "row 2: 3 cells expected, 4 found; nothing belongs after",
    ),
    "NUL byte": (b"id,self,summary\nr1,x\0,y\n", "row 2, column “self”: the cell holds a NUL byte"),
    "open quotation mark": (b'id,self,summary\nr1,"x,y\nr2,x,y\n', "row 2, column “self”: a quotation mark"),
    "endless cell": (
        b"id,self,summary\nr1,x," + b"a" * 1_000_000 + b"\n",
        "row 2, column “summary”: the cell has 1,000,000 characters and 100,000 are allowed.",
    ),
    "empty id": (b"id,self,summary\nr1,x,y\n,x,y\n", "row 3, column “id”: the id is empty."),
    "equal ids": (
        b"id,self,summary\nr1,x,y\nr2,x,y\nr1,x,y\n",
        "rows 2 and 4, column “id”: both have the same id.",
    ),
    "no known column": (b"id,colour\nr1,red\n", "row 1: none of the columns"),
    "no rows": (b"id,self,summary\n", "has a header and no rows"),
    "repeated header": (
        b"id,self,summary,self,summary\nr1,x,y,x,y\n",
        "row 1, columns",
    ),
    "empty file": (b"", "is empty: it needs a row of column names"),
}


def run(command: click.Command, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def demo_rows(name: str, n: int) -> tuple[list[str], list[list[str]]]:
    with (DEMO / name).open(encoding="utf-8", newline="") as source:
        header, *rows = list(csv.reader(source))
    return header, rows[:n]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode()


def assert_refused(result: Result, message: str) -> None:
    (line,) = result.stderr.splitlines()
    assert message in line
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.fixture(scope="module")
def discovered(shared_vectors: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A folder with responses, what discover made of them, and a few leads."""
    folder = tmp_path_factory.mktemp("discovered")
    (folder / "responses.csv").write_bytes(table(*demo_rows("responses.csv", N_RESPONSES)))
    (folder / "leads.csv").write_bytes(table(*demo_rows("leads.csv", N_LEADS)))
    result = run(
        discover,
        folder / "responses.csv",
        *("--out", folder / "report.json"),
        *("--assignments", folder / "assignments.csv"),
        *("--html", folder / "report.html"),
        *("--personas", 2),
    )
    return folder, result


@pytest.fixture(scope="module")
def scored(discovered: tuple[Path, Result]) -> tuple[Path, Result]:
    folder, _ = discovered
    result = run(
        score,
        folder / "leads.csv",
        *("--personas", folder / "report.json"),
        *("--out", folder / "scores.csv"),
        *("--explain", folder / "explain.jsonl"),
    )
    return folder, result


def test_discover_says_nothing_on_stdout_and_its_progress_on_stderr(discovered: tuple[Path, Result]) -> None:
    _, result = discovered

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.startswith("reading answers: 0 %\n")
    *steps, note = result.stderr.splitlines()
    assert all(line.endswith(" %") for line in steps)
    assert note.startswith("These personas rest on")


def test_discover_writes_the_report_of_the_contract(discovered: tuple[Path, Result]) -> None:
    folder, _ = discovered

    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))

    assert (report["schema_version"], report["seed"], report["refusal"]) == (1, 0, None)
    assert report["n_responses"] == N_RESPONSES
    assert len(report["personas"]) == 2
    for persona in report["personas"]:
        assert {"key", "name", "summary", "size", "share", "stability", "stability_band", "quotes"} <= set(
            persona
        )
        for entries in ("traits", "reasons", "skills", "channels", "content"):
            for entry in persona[entries]:
                assert {"text", "n", "share_here", "share_elsewhere"} <= set(entry)


def test_discover_writes_the_report_as_a_page(discovered: tuple[Path, Result]) -> None:
    folder, _ = discovered
    report = json.loads((folder / "report.json").read_bytes())

    assert (folder / "report.html").read_text(encoding="utf-8") == render_report(report)
    assert report["motives"]
    for motive in report["motives"]:
        assert set(motive["shares"]) == {persona["key"] for persona in report["personas"]}
        assert all(share is None or 0 < share <= 1 for share in motive["shares"].values())


def test_discover_writes_one_assignment_per_row_in_their_order(discovered: tuple[Path, Result]) -> None:
    folder, _ = discovered
    keys = {persona["key"] for persona in json.loads((folder / "report.json").read_bytes())["personas"]}

    rows = rows_of(folder / "assignments.csv")

    assert list(rows[0]) == ["id", "persona", "membership", "reason"]
    assert [row["id"] for row in rows] == [row["id"] for row in rows_of(folder / "responses.csv")]
    for row in rows:
        assert 0 <= float(row["membership"]) <= 1
        assert (row["persona"] in keys) != bool(row["reason"])


@pytest.mark.parametrize("n_rows", [1, 12])
def test_discover_refuses_few_rows_and_still_writes_why(tmp_path: Path, n_rows: int) -> None:
    path = tmp_path / "responses.csv"
    path.write_bytes(table(*demo_rows("responses.csv", n_rows)))

    result = run(
        discover,
        path,
        *("--out", tmp_path / "report.json"),
        *("--assignments", tmp_path / "assignments.csv"),
        *("--html", tmp_path / "report.html"),
    )

    report = json.loads((tmp_path / "report.json").read_bytes())
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1] == " ".join(report["refusal"].split())
    assert (report["n_responses"], report["personas"]) == (n_rows, [])
    assert [row["persona"] for row in rows_of(tmp_path / "assignments.csv")] == [""] * n_rows
    assert str(escape(report["refusal"])) in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_discover_reads_a_foreign_export_by_column_numbers(tmp_path: Path) -> None:
    header, rows = demo_rows("responses.csv", 12)
    path = tmp_path / "export.csv"
    path.write_bytes(table(["Text"] * len(header), rows))

    result = run(
        discover,
        path,
        "--out",
        tmp_path / "report.json",
        "--map",
        "#1=self",
        "--map",
        "#3=why",
        "--map",
        "#4=why",
    )

    assert result.exit_code == 3
    assert json.loads((tmp_path / "report.json").read_bytes())["items"] == ["self", "why"]


def test_discover_makes_edits_again_and_says_which_it_cannot(
    discovered: tuple[Path, Result], tmp_path: Path
) -> None:
    folder, _ = discovered
    people = [row["id"] for row in rows_of(folder / "assignments.csv") if row["persona"] == "p1"]
    edits = [
        {"kind": "rename", "members": people, "text": "Quiet builders"},
        {"kind": "lock", "members": ["nobody"]},
    ]
    (tmp_path / "edits.json").write_text(json.dumps(edits), "utf-8")

    result = run(
        discover,
        folder / "responses.csv",
        *("--out", tmp_path / "report.json"),
        *("--personas", 2),
        *("--edits", tmp_path / "edits.json"),
    )

    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    reason = "Fewer than 10 of its people are in this analysis."
    assert result.exit_code == 0
    assert report["personas"][0]["name"] == "Quiet builders"
    assert report["unreplayed"] == [{"event": 2, "kind": "lock", "reason": reason}]
    assert result.stderr.splitlines()[-1] == f"Edit 2 (lock) could not be made: {reason}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"kind": "lock",', "edits.json, line 1, column 18: this is no JSON."),
        (b"\xff\xfe\x00", "edits.json is no JSON text in UTF-8."),
        (b"[" * 100_000, "edits.json is no JSON text in UTF-8."),
        (b'[{"kind": "paint", "members": ["r1"]}]', "edits.json: Edit 1: there is no kind “paint”."),
    ],
    ids=["broken", "not UTF-8", "endless", "unknown kind"],
)
def test_discover_names_edits_that_cannot_be_read(
    discovered: tuple[Path, Result], tmp_path: Path, content: bytes, message: str
) -> None:
    folder, _ = discovered
    (tmp_path / "edits.json").write_bytes(content)

    result = run(
        discover,
        folder / "responses.csv",
        *("--out", tmp_path / "report.json"),
        *("--edits", tmp_path / "edits.json"),
    )

    assert_refused(result, message)
    assert not (tmp_path / "report.json").exists()


def test_ids_that_look_like_formulas_are_defused(tmp_path: Path) -> None:
    path = tmp_path / "responses.csv"
    path.write_bytes(b"id,self\n=1+1,=HYPERLINK(1)\n")

    run(discover, path, "--out", tmp_path / "report.json", "--assignments", tmp_path / "assignments.csv")

    assert [row["id"] for row in rows_of(tmp_path / "assignments.csv")] == ["'=1+1"]


@pytest.mark.parametrize(("data", "message"), BAD_TABLES.values(), ids=BAD_TABLES.keys())
def test_discover_names_what_is_bad_and_leaves_earlier_files(
    tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "responses.csv").write_bytes(data)
    (tmp_path / "report.json").write_text("earlier")

    result = run(
        discover,
        tmp_path / "responses.csv",
        *("--out", tmp_path / "report.json"),
        *("--assignments", tmp_path / "assignments.csv"),
    )

    assert_refused(result, "responses.csv")
    assert_refused(result, message)
    assert (tmp_path / "report.json").read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.json", "responses.csv"]


@pytest.mark.parametrize(("data", "message"), BAD_TABLES.values(), ids=BAD_TABLES.keys())
def test_score_names_what_is_bad_and_leaves_earlier_files(
    discovered: tuple[Path, Result], tmp_path: Path, data: bytes, message: str
) -> None:
    (tmp_path / "leads.csv").write_bytes(data)
    (tmp_path / "scores.csv").write_text("earlier")

    result = run(
        score,
        tmp_path / "leads.csv",
        *("--personas", discovered[0] / "report.json"),
        *("--out", tmp_path / "scores.csv"),
        *("--explain", tmp_path / "explain.jsonl"),
    )

    assert_refused(result, "leads.csv")
    assert_refused(result, message)
    assert (tmp_path / "scores.csv").read_text() == "earlier"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["leads.csv", "scores.csv"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.csv", "--out", "report.json"), "none.csv: No such file or directory."),
        ((".", "--out", "report.json"), "Is a directory."),
        (
            ("responses.csv", "--out", "nowhere/report.json"),
            "report.json cannot be written there: No such file",
        ),
        (("responses.csv", "--out", "responses.csv"), "responses.csv is named twice."),
        (("responses.csv", "--out", "a.json", "--assignments", "a.json"), "a.json is named twice."),
        (("responses.csv", "--out", "a.json", "--html", "a.json"), "a.json is named twice."),
        (
            ("responses.csv", "--out", "a.json", "--html", "folder"),
            "folder is not a file that can be replaced.",
        ),
        (("responses.csv", "--out", "folder"), "folder is not a file that can be replaced."),
        (("responses.csv", "--out", "/dev/null"), "null is not a file that can be replaced."),
        (("responses.csv", "--out", "a.json", "--personas", "0"), "--personas: ask for two or more"),
        (
            ("responses.csv", "--out", "a.json", "--map", "#9=self"),
            "responses.csv, row 1: there is no column #9.",
        ),
        (("responses.csv", "--out", "a.json", "--map", "self"), "--map self: write COLUMN=ITEM"),
    ],
)
def test_discover_names_arguments_that_cannot_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "responses.csv").write_bytes(b"id,self\nr1,x\n")
    (tmp_path / "folder").mkdir()

    result = run(discover, *arguments)

    assert_refused(result, message)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder", "responses.csv"]


def test_score_writes_one_row_per_lead_and_persona_in_their_order(scored: tuple[Path, Result]) -> None:
    folder, result = scored
    keys = [persona["key"] for persona in json.loads((folder / "report.json").read_bytes())["personas"]]

    rows = rows_of(folder / "scores.csv")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "scoring leads: 100 %\n")
    assert list(rows[0]) == [
        "id",
        "persona",
        "fit",
        "band",
        "evidence",
        "who",
        "skills",
        "why",
        "best",
        "exact",
    ]
    assert [(row["id"], row["persona"]) for row in rows] == [
        (lead["id"], key) for lead in rows_of(folder / "leads.csv") for key in keys
    ]


def test_score_marks_one_best_persona_of_each_lead(scored: tuple[Path, Result]) -> None:
    rows = rows_of(scored[0] / "scores.csv")
    report = json.loads((scored[0] / "report.json").read_text())
    ranking = {persona["key"] for persona in report["scoring"]["personas"] if persona["ranks"]}

    for lead in {row["id"] for row in rows}:
        fits = {row["persona"]: float(row["exact"]) for row in rows if row["id"] == lead}
        (best,) = [row["persona"] for row in rows if row["id"] == lead and row["best"] == "1"]
        assert fits[best] == max(fit for persona, fit in fits.items() if persona in (ranking or fits))
        assert all(0 <= fit <= 100 for fit in fits.values())
    assert [int(row["fit"]) for row in rows] == [round(float(row["exact"])) for row in rows]


def test_explanations_quote_the_lead_and_sum_to_the_fit(scored: tuple[Path, Result]) -> None:
    folder, _ = scored
    leads = {lead["id"]: lead for lead in rows_of(folder / "leads.csv")}
    scores = rows_of(folder / "scores.csv")

    lines = [json.loads(line) for line in (folder / "explain.jsonl").read_text().splitlines()]

    assert [(line["id"], line["persona"]) for line in lines] == [
        (row["id"], row["persona"]) for row in scores
    ]
    assert [sum(part["points"] for part in line["contributions"]) for line in lines] == [
        int(row["fit"]) for row in scores
    ]
    for line in lines:
        for part in line["contributions"]:
            assert part["text"] == leads[line["id"]][part["field"]][part["start"] : part["end"]] != ""


def test_a_lead_without_words_gets_no_number(scored: tuple[Path, Result], tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_bytes("id,summary,name\n=1+1,ü,Ü\n".encode())

    result = run(
        score,
        tmp_path / "leads.csv",
        "--personas",
        scored[0] / "report.json",
        "--out",
        tmp_path / "scores.csv",
    )

    assert result.exit_code == 0
    for row in rows_of(tmp_path / "scores.csv"):
        assert {**row, "persona": ""} == {
            "id": "'=1+1",
            "persona": "",
            "fit": "",
            "band": "",
            "evidence": "E0",
            "who": "",
            "skills": "",
            "why": "",
            "best": "0",
            "exact": "",
        }


def test_a_resume_is_scored_with_the_words_it_became(scored: tuple[Path, Result], tmp_path: Path) -> None:
    (lead,) = [lead for lead in rows_of(scored[0] / "leads.csv") if lead["id"] == "l001"]
    resume = {
        "basics": {key: lead[key] for key in ("name", "email", "summary")} | {"label": lead["headline"]},
        "skills": [{"name": skill} for skill in lead["skills"].split(";")],
        "interests": [{"name": lead["interest"]}],
        "work": [
            {"position": job["title"], "company": job["organisation"], "summary": job["summary"]}
            for job in json.loads(lead["experience"])
        ],
    }
    (tmp_path / "l001.json").write_text(json.dumps(resume))

    result = run(
        score,
        tmp_path / "l001.json",
        "--personas",
        scored[0] / "report.json",
        "--out",
        tmp_path / "scores.csv",
    )

    assert result.exit_code == 0
    assert rows_of(tmp_path / "scores.csv") == [
        row for row in rows_of(scored[0] / "scores.csv") if row["id"] == "l001"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "this is not a report."),
        ("[]", "this is not a report."),
        (
            '{"schema_version": 2}',
            "the report has another schema version than 1, the one that this program reads.",
        ),
        ('{"schema_version": true, "personas": []}', "the report has another schema version than 1"),
        ('{"schema_version": 1, "personas": [], "scoring": {}}', "the report holds no persona"),
        ('{"schema_version": 1, "personas": [{}]}', "the report has no part “scoring”"),
        ('{"schema_version": 1, "personas": [{}], "scoring": {"schema_version": 9}}', "has version 9"),
        (
            '{"schema_version": 1, "personas": [{}], "scoring": {"schema_version": 4}}',
            "“scoring” is damaged.",
        ),
        (
            '{"schema_version": 1, "personas": [{}], "scoring": {"schema_version": 4, "encoder": "another"}}',
            "made with the sentence encoder another",
        ),
    ],
)
def test_score_names_a_report_that_cannot_be_used(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "leads.csv").write_bytes(b"id,summary\nl1,x\n")
    (tmp_path / "report.json").write_text(text)

    result = run(
        score,
        tmp_path / "leads.csv",
        "--personas",
        tmp_path / "report.json",
        "--out",
        tmp_path / "scores.csv",
    )

    assert_refused(result, "report.json: ")
    assert_refused(result, message)
    assert not (tmp_path / "scores.csv").exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda scored: scored["personas"][0].update(key="p99"),
        lambda scored: scored["personas"].clear(),
    ],
    ids=["a persona that the report does not know", "none"],
)
def test_score_refuses_other_personas_than_those_of_the_report(
    discovered: tuple[Path, Result], tmp_path: Path, damage: Callable[[dict[str, Any]], None]
) -> None:
    folder, _ = discovered
    report = json.loads((folder / "report.json").read_text())
    damage(report["scoring"])
    (tmp_path / "report.json").write_text(json.dumps(report))

    result = run(
        score,
        folder / "leads.csv",
        *("--personas", tmp_path / "report.json"),
        *("--out", tmp_path / "scores.csv"),
    )

    assert_refused(result, "report.json: the part “scoring” is damaged.")
    assert not (tmp_path / "scores.csv").exists()


def test_score_needs_dask_for_a_scheduler(discovered: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = discovered

    result = run(
        score,
        folder / "leads.csv",
        *("--personas", folder / "report.json"),
        *("--out", tmp_path / "scores.csv"),
        *("--scheduler", "tcp://127.0.0.1:8786"),
    )

    assert_refused(result, "--scheduler is for --engine dask.")


def test_a_scheduler_that_does_not_answer_is_named(
    discovered: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = discovered
    monkeypatch.setattr(lead_scoring, "_CONNECT_SECONDS", 0.2)

    result = run(
        score,
        folder / "leads.csv",
        *("--personas", folder / "report.json"),
        *("--out", tmp_path / "scores.csv"),
        *("--engine", "dask"),
        *("--scheduler", "tcp://127.0.0.1:1"),
    )

    assert_refused(result, "--scheduler: nothing answers at this address. Check it.")
    assert list(tmp_path.iterdir()) == []


def test_score_without_dask_says_how_to_install_it(
    discovered: tuple[Path, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = discovered
    monkeypatch.setitem(sys.modules, "distributed", None)

    result = run(
        score,
        folder / "leads.csv",
        *("--personas", folder / "report.json"),
        *("--out", tmp_path / "scores.csv"),
        *("--engine", "dask"),
    )

    assert_refused(
        result, "--engine dask needs Dask. Install it with: pip install 'kindred-personas[cluster]'"
    )
    assert list(tmp_path.iterdir()) == []


class BrokenEncoder:
    """Fails as an encoder does whose file was changed, at the first text."""

    hash = bundled_encoder().hash
    dim = 384
    languages = frozenset({"en"})

    def encode(self, texts: Sequence[str], progress: Any = None) -> Any:
        raise EncoderError("The encoder is damaged.")


def test_nothing_is_left_of_a_run_that_breaks_off(discovered: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = discovered
    out = tmp_path / "out"

    runs: list[Callable[[], object]] = [
        lambda: files.discover_files(folder / "responses.csv", out, encoder=BrokenEncoder()),
        lambda: files.score_files(
            folder / "leads.csv",
            folder / "report.json",
            out,
            explain=tmp_path / "more",
            encoder=BrokenEncoder(),
        ),
    ]

    for broken in runs:
        with pytest.raises(EncoderError):
            broken()
        assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_when_the_page_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(_report: object) -> str:
        raise MemoryError

    monkeypatch.setattr("survey.html_report.render_report", break_off)
    (tmp_path / "responses.csv").write_bytes(b"id,self\nr1,x\n")

    with pytest.raises(MemoryError):
        files.discover_files(
            tmp_path / "responses.csv", tmp_path / "report.json", html=tmp_path / "report.html"
        )

    assert [path.name for path in tmp_path.iterdir()] == ["responses.csv"]


def full_disk(*_: object) -> str:
    raise OSError(errno.ENOSPC, "No space left on device")


def at_fault(*_: object) -> str:
    raise KeyError("I would rather work for my sister's bakery")


def disconnected(*_: object) -> str:
    raise OSError("I would rather work for my sister's bakery")


def stopped(*_: object, by: signal.Signals = signal.SIGTERM) -> str:
    os.kill(os.getpid(), by)
    return ""


@pytest.mark.parametrize(
    ("render", "exit_code", "message"),
    [
        (full_disk, 2, "No space left on device: no output was written or changed. Make room"),
        (at_fault, 1, "That was our fault: KeyError at "),
        (disconnected, 1, "That was our fault: OSError at "),
        (stopped, 143, ""),
        (partial(stopped, by=signal.SIGHUP), 129, ""),
    ],
)
def test_a_full_disk_a_fault_and_a_stop_leave_no_file_and_quote_nobody(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    render: Callable[..., str],
    exit_code: int,
    message: str,
) -> None:
    monkeypatch.setattr("survey.html_report.render_report", render)
    (tmp_path / "responses.csv").write_bytes(b"id,self\nr1,I plan my day\n")

    result = run(
        discover,
        tmp_path / "responses.csv",
        *("--out", tmp_path / "report.json"),
        *("--html", tmp_path / "report.html"),
    )

    assert result.exit_code == exit_code
    assert message in result.stderr
    assert "bakery" not in result.stderr
    assert isinstance(result.exception, SystemExit)
    assert [path.name for path in tmp_path.iterdir()] == ["responses.csv"]


def test_a_closed_terminal_that_is_ignored_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As under nohup."""
    monkeypatch.setattr("survey.html_report.render_report", partial(stopped, by=signal.SIGHUP))
    (tmp_path / "responses.csv").write_bytes(b"id,self\nr1,I plan my day\n")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        result = run(
            discover,
            tmp_path / "responses.csv",
            *("--out", tmp_path / "report.json"),
            *("--html", tmp_path / "report.html"),
        )
    finally:
        signal.signal(signal.SIGHUP, before)

    assert result.exit_code == 3
    assert {path.name for path in tmp_path.iterdir()} == {"responses.csv", "report.json", "report.html"}


def test_a_link_to_itself_is_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")

    assert_refused(
        run(discover, tmp_path / "loop.csv", "--out", tmp_path / "report.json"), "loop.csv: Too many levels"
    )


def test_outputs_replace_the_file_behind_a_link(discovered: tuple[Path, Result], tmp_path: Path) -> None:
    folder, _ = discovered
    (tmp_path / "real.csv").write_text("earlier")
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")

    files.score_files(folder / "leads.csv", folder / "report.json", tmp_path / "link.csv")

    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "real.csv").read_bytes().startswith(b"id,persona,fit")


def test_progress_is_a_line_a_quarter_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    progress = StderrProgress()

    for done in range(101):
        progress(done, 100, "reading")
    progress(0, 0, "counting")

    assert capsys.readouterr().err.splitlines() == [
        "reading: 0 %",
        "reading: 25 %",
        "reading: 50 %",
        "reading: 75 %",
        "reading: 100 %",
        "counting: 100 %",
    ]


def test_progress_is_one_line_that_goes_away_on_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    with StderrProgress() as progress:
        progress(1, 2, "reading")
        progress(1, 2, "reading")
        progress(2, 2, "reading")

    assert capsys.readouterr().err == "\r\x1b[Kreading: 50 %\r\x1b[Kreading: 100 %\r\x1b[K"


def test_offering_the_commands_loads_no_analysis_and_scoring_no_scikit_learn() -> None:
    code = """
import sys
def loaded(): print([name for name in ("analysis", "sklearn", "scipy.stats") if name in sys.modules])
import survey.files
loaded()
import survey.lead_scoring
loaded()
# They are there for whoever wants them.
import analysis.shared, scipy.stats
from analysis import discover
assert discover is analysis.discovery.discover
"""

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert result.stdout == "[]\n['analysis']\n"
