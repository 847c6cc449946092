"""The audit command: figures of a file of scores and a file of groups, as JSON, CSV and text; bad files refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from survey.files import audit
from survey.score_audit import AUDIT_COLUMNS

COLUMNS = "id,persona,fit,band,evidence,who,skills,why,best"


def scores(rows: int = 40) -> str:
    """Scores with two personas: women (even numbers) reach 10 to 48 with the best one, men 51 to 89; one has none."""
    lines = [COLUMNS]
    for i in range(rows):
        fit = 10 + i if i % 2 == 0 else 50 + i
        lines += [
            f"l{i},p1,{fit},{'A' if fit >= 50 else 'B' if fit >= 20 else 'C'},E2,,,,1",
            f"l{i},p2,3,D,E2,,,,0",
        ]
    return "\n".join([*lines, "none,p1,,,E0,,,,0", "none,p2,,,E0,,,,0", ""])


def groups(rows: int = 40) -> str:
    lines = [f"l{i},{'woman' if i % 2 == 0 else 'man'},{'yes' if i < 10 else 'no'}" for i in range(rows)]
    return "\n".join(["id,sex,contacted", *lines, "none,Prefer not to say,", ""])


def run(folder: Path, scores: str, groups: str, *options: str) -> Result:
    (folder / "scores.csv").write_text(scores)
    (folder / "groups.csv").write_text(groups)
    paths = [str(folder / name) for name in ("scores.csv", "groups.csv")]
    outputs = ["--out", str(folder / "audit.json"), "--csv", str(folder / "audit.csv")]
    return CliRunner().invoke(audit, [*paths, *outputs, *options])


def test_figures_are_written_as_json_csv_and_text(tmp_path: Path) -> None:
    done = run(tmp_path, scores(), groups(), "--outcome", "contacted")

    assert done.exit_code == 0, done.output
    content = json.loads((tmp_path / "audit.json").read_text("utf-8"))
    by_gate = {(one["persona"], one["gate"]): one for one in content["impacts"]}
    assert set(by_gate) == {
        *(
            (persona, gate)
            for persona in (None, "p1", "p2")
            for gate in ("scored", "above median", "band A", "band A or B")
        ),
        (None, "contacted"),
    }
    man, woman = by_gate[None, "above median"]["groups"]
    assert (man["name"], man["n"], man["rate"], man["ratio"]) == ("man", 20, 1.0, 1.0)
    assert (woman["n"], woman["rate"], woman["ratio"], woman["p"] < 1e-9) == (20, 0.0, 0.0, True)
    assert (by_gate[None, "scored"]["n"], by_gate[None, "scored"]["n_unknown"]) == (41, 1)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "audit.csv").read_text("utf-8"))))
    assert tuple(rows[0]) == AUDIT_COLUMNS
    assert {
        row["under_four_fifths"] for row in rows if row["gate"] == "above median" and row["group"] == "woman"
    } == {
        "yes",
        "",
    }
    assert "not the independent bias audit" in done.stdout
    assert "under four fifths" in done.stdout


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for _ in range(2):
        run(tmp_path, scores(), groups(), "--outcome", "contacted", "--seed", "3")
        written.append((tmp_path / "audit.json").read_bytes())

    assert written[0] == written[1]


def test_rows_of_the_groups_may_come_in_any_order_and_be_missing(tmp_path: Path) -> None:
    header, *rows = groups().splitlines()
    done = run(tmp_path, scores(), "\n".join([header, *reversed(rows[:30]), ""]), "--outcome", "contacted")

    content = json.loads((tmp_path / "audit.json").read_text("utf-8"))
    assert (done.exit_code, content["impacts"][0]["n_unknown"]) == (0, 11)


@pytest.mark.parametrize(
    ("scores", "groups", "options", "message"),
    [
        (scores(), "id,sex\n", (), "groups.csv has a header and no rows: nobody has told a group in it."),
        (scores(), "id\nl1\n", (), "groups.csv, row 1: there is no column with groups"),
        (scores(), groups(), ("--outcome", "hired"), "groups.csv, row 1: there is no column “hired”"),
        (
            scores(),
            groups(),
            ("--outcome", "sex"),
            "groups.csv, row 2, column “sex”: an outcome is yes or no",
        ),
        (
            scores(),
            "id,sex\nzz,man\n",
            (),
            "groups.csv, row 2, column “id”: scores.csv has nobody of this id.",
        ),
        (scores(), groups(), ("--seed", "-1"), "--seed: take 0"),
        ("id,fit\nl1,3\n", groups(), (), "scores.csv, row 1: there is no column “persona”"),
        (
            f"{COLUMNS}\nl1,p1,high,A,E2,,,,1\n",
            groups(),
            (),
            "scores.csv, row 2, column “fit”: a fit is a whole number",
        ),
        (
            f"{COLUMNS}\nl1,p1,7,,E2,,,,1\n",
            groups(),
            (),
            "scores.csv, row 2, column “fit”: a fit is a whole number",
        ),
        (
            f"{COLUMNS}\nl1,p1,7,C,E2,,,,1\nl1,p1,7,C,E2,,,,1\n",
            groups(),
            (),
            "row 3, column “persona”: this lead has",
        ),
        (
            scores(),
            "id,name\n" + "".join(f"l{i},Name {i}\n" for i in range(30)),
            (),
            "column “name”: it holds more than",
        ),
    ],
)
def test_bad_files_are_refused_in_one_line_and_nothing_is_written(
    scores: str, groups: str, options: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = run(tmp_path, scores, groups, *options)

    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert message in done.stderr
    assert not (tmp_path / "audit.json").exists()
