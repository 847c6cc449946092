"""Answers that carry no personas, one table: what the command says, how it ends, and which files are there then.

Files that cannot be read at all (encodings, quotation marks, ids) are in ``test_files.py``.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from survey import response_files
from survey.exceptions import InvalidInputError
from survey.files import discover
from survey.response_files import read_corpus
from tests.analysis.corpora import ITEMS, planted
from tests.fakes import FakeEncoder

pytestmark = pytest.mark.usefixtures("reduced_analysis")

#: Exit code to the files that are there afterwards.
WRITTEN = {
    0: {"assignments.csv", "report.html", "report.json"},
    2: set(),
    3: {"assignments.csv", "report.html", "report.json"},
}

GREEK = (
    "Μου αρέσει η δουλειά μου επειδή οι συνάδελφοι βοηθούν.",
    "Έχω ελευθερία και αποφασίζω μόνος μου.",
    "Ο μισθός είναι καλός και το ωράριο σταθερό.",
)
ARABIC = (
    "أحب عملي لأن الزملاء يساعدون بعضهم بعضا كل يوم.",
    "أقرر بنفسي كيف أنجز المهام ولا أحد يراقبني.",
    "الراتب جيد وساعات العمل ثابتة طوال السنة.",
)
CHINESE = (
    "我喜欢这份工作因为同事们互相帮助。",
    "我可以自己决定怎么做没有人管我。",
    "工资很好而且工作时间很稳定。",
)
TOO_FEW = "None of the responses can be used and personas need at least 30: collect 30 more"


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and how the command ends on it: exit code, words on stderr, words of the notes in the report.

    ``n_read`` is the number of responses if some rows are none.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    exit_code: int
    said: str = ""
    noted: str = ""
    options: tuple[str, ...] = field(default=())
    n_read: int | None = None


def answers(cell: Callable[[int, str], str], n: int = 40, items: Sequence[str] = ITEMS) -> list[list[str]]:
    return [[f"r{row}", *(cell(row, item) for item in items)] for row in range(n)]


def people(n: int = 60) -> list[list[str]]:
    """People of three kinds: id, answers, channels."""
    return [
        [one.id, *(one.answers[item] for item in ITEMS), ";".join(one.channels)]
        for one in planted(n).responses
    ]


def drawn_from(texts: Sequence[str]) -> list[list[str]]:
    dice = random.Random(0)
    return answers(lambda row, _item: " ".join(dice.sample(texts, 2)) + f" {row}")


def marked_up() -> list[list[str]]:
    return [
        [key, *(f"<p style='x'><b>{text}</b></p><br/><p>&nbsp;</p>" for text in texts)]
        for key, *texts, _ in people()
    ]


HEADER = ("id", *ITEMS)

CASES = {
    "one person": Case(HEADER, answers(lambda *_: "Calm.", n=1), 3, "None of the responses can be used"),
    "two people": Case(
        (*HEADER, "channels"), people(2), 3, "Only 2 responses can be used and personas need at least 30"
    ),
    "one answer each": Case(
        HEADER,
        answers(lambda row, item: f"Calm people, and tea number {row}." if ITEMS[row % 3] == item else ""),
        3,
        f"{TOO_FEW} or, if the survey is closed, ask again in a new one. Set aside as “too little said”: 40.",
    ),
    "everybody the same": Case(
        HEADER, answers(lambda _, item: f"Good {item}, calm people."), 3, "nothing tells people apart: check"
    ),
    "everybody nearly the same": Case(
        HEADER,
        answers(lambda row, item: f"Good {item}, calm people" + "." * (row % 2)),
        3,
        "themes but no personas",
    ),
    "the same in every cell": Case(
        HEADER, answers(lambda *_: "Good and calm people."), 3, "Set aside as “copied text”: 40."
    ),
    "one item": Case(
        ("id", "self"), [row[:2] for row in people()], 3, "answers to at least two open-ended items"
    ),
    "one item of three answered": Case(
        HEADER, [[*row[:2], "", ""] for row in people()], 3, "answers to at least two open-ended items"
    ),
    "channels only": Case(
        ("id", "channels"), [["r1", "friends"]], 2, "row 1: none of the columns self, skills"
    ),
    "channels and empty answers": Case(
        ("id", "self", "stay", "channels"), answers(lambda *_: "", items=("a", "b", "c")), 3, TOO_FEW
    ),
    "n/a": Case(
        HEADER,
        answers(lambda row, _: ("n/a", "N/A", "none", "-", "")[row % 5]),
        3,
        f"{TOO_FEW} or, if the survey is closed, ask again in a new one. Set aside as “no answer”: 32.",
    ),
    "emoji": Case(HEADER, answers(lambda *_: "😀 🎉👍🏽"), 3, "Set aside as “no words”: 40."),
    "Greek": Case(
        HEADER,
        drawn_from(GREEK),
        3,
        "themes but no personas",
        "a language that the encoder does not know (Greek), which may be why no personas were found",
    ),
    "Arabic": Case(
        HEADER,
        drawn_from(ARABIC),
        3,
        "themes but no personas",
        "a language that the encoder does not know (Arabic)",
    ),
    "Chinese": Case(
        HEADER,
        drawn_from(CHINESE),
        3,
        "themes but no personas",
        "a language that the encoder does not know (Chinese)",
    ),
    "markup": Case(HEADER, marked_up(), 0, options=("--personas", "3")),
    "an answer of 200 pages": Case(
        HEADER,
        answers(lambda row, _: "calm " * 80_000 if row == 1 else "Calm."),
        2,
        "responses.csv, row 3, column “self”: the cell has 400,000 characters and 100,000 are allowed.",
    ),
    "a very long answer in the first row": Case(
        (*HEADER, "channels"),
        [["r1", "Calm.", "calm; and so on. " * 40_000, "Calm.", "friends"]],
        2,
        "responses.csv, row 2, column “stay”: the cell has 680,000 characters and 100,000 are allowed.",
    ),
    "too many columns": Case(
        ("id", "self", *map(str, range(5000))),
        [],
        2,
        "responses.csv, row 1: 5,002 columns, and 5,000 are allowed",
    ),
    "unknown columns": Case(
        ("id", "colour"), [["r1", "red"]], 2, "say which holds what with --map COLUMN=ITEM"
    ),
    "cells separated by colons": Case(
        ("id:self:stay:quote",),
        [["r1:Calm:Near:no"], ["r2:Kind:Far:no"]],
        2,
        "responses.csv, row 1: all column names stand in one cell",
    ),
    "rows of separators at the end": Case(
        (*HEADER, "channels"), [[""] * 5, *people(2), [" "] * 5], 3, "Only 2 responses can be used", n_read=2
    ),
    "attributes with one level and with one a person": Case(
        (*HEADER, "channels", "site", "badge"),
        [[*row, "Leeds", f"b{number}"] for number, row in enumerate(people())],
        0,
        options=("--personas", "3"),
    ),
    "a negative seed": Case(HEADER, [["r1", "x", "x", "x"]], 2, "--seed: take 0", options=("--seed", "-1")),
}


def table(case: Case) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([case.header, *case.rows])
    return text.getvalue().encode()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, Sequence[str]], Result]:
    """Run the command on a file of these bytes in a folder of its own, with everything that it can write."""
    monkeypatch.setattr("analysis.encoder.bundled_encoder", FakeEncoder)

    def run(data: bytes, options: Sequence[str] = ()) -> Result:
        (tmp_path / "responses.csv").write_bytes(data)
        outputs = {"--out": "report.json", "--assignments": "assignments.csv", "--html": "report.html"}
        named = [str(part) for option, name in outputs.items() for part in (option, tmp_path / name)]
        return CliRunner().invoke(discover, [str(tmp_path / "responses.csv"), *named, *options])

    return run


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_command_ends_as_the_contract_says(
    run: Callable[[bytes, Sequence[str]], Result], tmp_path: Path, case: Case
) -> None:
    data = table(case)

    result = run(data, case.options)

    assert (result.exit_code, result.stdout) == (case.exit_code, "")
    assert case.said in result.stderr.splitlines()[-1]
    assert {path.name for path in tmp_path.iterdir()} == {"responses.csv", *WRITTEN[case.exit_code]}
    assert (tmp_path / "responses.csv").read_bytes() == data
    if case.exit_code != 2:
        report = json.loads((tmp_path / "report.json").read_bytes())
        assert (report["refusal"] is None) == (case.exit_code == 0) == bool(report["personas"])
        assert case.noted in " ".join(report["notes"])
        assert (tmp_path / "assignments.csv").read_bytes().count(b"\n") == 1 + (case.n_read or len(case.rows))


def test_markup_reaches_no_report(run: Callable[[bytes, Sequence[str]], Result], tmp_path: Path) -> None:
    run(table(CASES["markup"]), ("--personas", "3"))

    report = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert [tag for tag in ("<p", "</b>", "nbsp", "style") if tag in report] == []
    assert json.loads(report)["n_used"] == 60


def test_answers_of_twenty_pages_take_seconds(
    run: Callable[[bytes, Sequence[str]], Result], tmp_path: Path
) -> None:
    """Each is near the limit of a cell for one person and of 20 pages for others; a square would take minutes."""
    dice = random.Random(0)
    stay = [one.answers["stay"] for one in planted(60).responses]
    lengths = {0: 99_000, 1: 40_000, 2: 40_000}

    def long(row: int, text: str) -> str:
        said = [text]
        while sum(map(len, said)) < lengths.get(row, 0):
            said.append(f"{dice.choice(stay)} That was in week {len(said)}.")
        return " ".join(said)[: max(lengths.get(row, 0), len(text))]

    rows = [
        [key, own, long(number, text), *more] for number, (key, own, text, *more) in enumerate(people(40))
    ]
    before = time.process_time()

    result = run(table(Case((*HEADER, "channels"), rows, 0)), ("--personas", "2"))

    assert time.process_time() - before < 20
    assert result.exit_code == 0
    assert json.loads((tmp_path / "report.json").read_bytes())["n_used"] == 40


def test_too_many_rows_are_refused_before_any_work(
    run: Callable[[bytes, Sequence[str]], Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_files, "MAX_RESPONSES", 59)

    result = run(table(Case((*HEADER, "channels"), people(60), 2)), ())

    assert (result.exit_code, result.stderr) == (
        2,
        "responses.csv has more than 59 rows. Make two files of it, or keep as many, drawn at random.\n",
    )
    assert [path.name for path in tmp_path.iterdir()] == ["responses.csv"]


def test_a_million_rows_are_refused(run: Callable[[bytes, Sequence[str]], Result], tmp_path: Path) -> None:
    result = run(b"self,stay\n" + b"calm,near\n" * 1_000_000, ())

    assert result.exit_code == 2
    assert result.stderr.startswith("responses.csv has more than 200,000 rows.")
    assert [path.name for path in tmp_path.iterdir()] == ["responses.csv"]


def test_a_file_over_the_size_limit_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_files, "MAX_BYTES", 10)
    (tmp_path / "responses.csv").write_bytes(b"id,self\nr1,x\n")

    with pytest.raises(InvalidInputError, match=r"responses\.csv has over 10 bytes\. Leave out"):
        read_corpus(tmp_path / "responses.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_without_end_is_left_at_the_size_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_files, "MAX_BYTES", 10)
    pipe = tmp_path / "responses.csv"
    os.mkfifo(pipe)
    ended = []

    def write() -> None:
        try:
            pipe.write_bytes(b"id,self\n" + b"r1,x\n" * 1_000_000)
        except BrokenPipeError:
            ended.append("nobody reads on")

    writing = Thread(target=write)
    writing.start()

    with pytest.raises(InvalidInputError, match=r"responses\.csv has over 10 bytes\. Leave out"):
        read_corpus(pipe)

    writing.join()
    assert ended == ["nobody reads on"]


def test_reading_grows_with_the_rows_alone(tmp_path: Path) -> None:
    """Twenty times the rows take about twenty times as long; their square would take 400 times."""

    def seconds(n: int) -> float:
        path = tmp_path / "responses.csv"
        path.write_bytes(b"self,stay,site\n" + b"calm and kind,good people,Leeds\n" * n)
        before = time.process_time()
        read_corpus(path)
        return time.process_time() - before

    assert seconds(40_000) < 80 * max(seconds(2_000), 0.005)
