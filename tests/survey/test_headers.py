"""A first row that is no header is told from whole questions, in tables of all kinds."""

from __future__ import annotations

import csv
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from survey.exceptions import InvalidInputError
from survey.headers import _looks, check_header, is_answered
from survey.tables import Table

ROOT = Path(__file__).parents[2]
OPEN = ("self", "skills", "good_day", "stay", "content")
HEADERS = {
    "short": ("Self", "Skills", "Good day", "Reasons to stay", "Content"),
    "codes": ("Q1", "Q2", "Q3", "Q4", "Q5"),
    "questions": (
        "How would you describe yourself at work?",
        "What are you good at?",
        "What does a good day look like?",
        "Why do you stay?",
        "What do you like to read?",
    ),
    "questions without a mark": (
        "How would you describe yourself at work",
        "What are you good at",
        "What does a good day look like",
        "Why do you stay",
        "What do you like to read or watch",
    ),
    "long questions": (
        "Think of the last six months, and of all that has happened: how would you describe yourself? Take your time.",
        "Which skills do you use most, also those that nobody has asked you about so far?",
        "Think of a day on which you went home glad. What had happened on it?",
        "What keeps you here? Give up to three reasons, the strongest first.",
        "Which articles, podcasts, or videos did you finish lately?",
    ),
    "sentences to go on with": (
        "At work I am someone who",
        "I am good at",
        "My best days are those when…",
        "I stay here because",
        "I like to read about",
    ),
    "topics": (
        "Self description in a few of the person's own words",
        "Skills used in daily work and elsewhere",
        "Description of a good day at work",
        "Main reasons for staying with the company",
        "Content read or watched in the last month",
    ),
    "German": (
        "Wie würden Sie sich beschreiben?",
        "Was können Sie gut?",
        "Ein guter Tag",
        "Warum bleiben Sie",
        "Was Sie gern lesen",
    ),
}


@pytest.fixture(scope="module", params=["clinic", "de", "sv"])
def answers(request: pytest.FixtureRequest) -> Table:
    """A survey of practice, as it was exported."""
    return practice(request.param)


def practice(name: str) -> Table:
    with (ROOT / "benchmarks/practice" / name / "responses.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    return table(header, rows)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    return Table("pulse.csv", tuple(header), tuple(map(tuple, rows)), ",", tuple(range(2, len(rows) + 2)))


def without_header(whole: Table) -> list[Table]:
    """The table as it is read when each of some rows comes first and there is no header."""
    step = max(1, len(whole.rows) // 6)
    return [table(row, [other for other in whole.rows if other != row]) for row in whole.rows[::step]]


def columns_of(whole: Table, names: Sequence[str]) -> Table:
    places = [whole.columns.index(name) for name in names]
    return table(names, [[row[place] for place in places] for row in whole.rows])


def test_missing_header_is_noticed_and_one_that_is_there_is_not(answers: Table) -> None:
    assert not is_answered(answers)
    assert all(map(is_answered, without_header(answers)))


@pytest.mark.parametrize("kind", HEADERS)
@pytest.mark.parametrize("n_people", [10, 40])
def test_header_over_nothing_but_own_words_is_one(answers: Table, kind: str, n_people: int) -> None:
    own = columns_of(answers, OPEN).rows[:n_people]

    assert not is_answered(table(HEADERS[kind], own))
    assert not is_answered(table(HEADERS[kind][:2], [row[:2] for row in own]))


def test_most_missing_headers_over_nothing_but_own_words_are_noticed(answers: Table) -> None:
    noticed = [is_answered(one) for one in without_header(columns_of(answers, OPEN))]

    assert sum(noticed) >= 0.75 * len(noticed)


@pytest.mark.parametrize("name", ["clinic", "de", "retail", "sv"])
def test_whoever_is_refused_by_mistake_ends_the_questions_with_a_mark(name: str) -> None:
    header = (
        "At work I would describe myself, in a few words, like this",
        "I am good at this, and I like to use it",
        "A day of mine goes well, and I am glad in the evening, when this happens",
        "I stay here, and would do so again, for this",
        "I like to read, hear or watch this",
    )
    own = columns_of(practice(name), OPEN).rows[:40]

    refused = [is_answered(table([f"{cell}{mark}" for cell in header], own)) for mark in (".", "?")]

    assert refused == [True, False]


@pytest.mark.parametrize("first", ["What do you like?", "q1", "1", ""])
def test_few_rows_and_no_rows_tell_nothing(first: str) -> None:
    for rows in ([], [["Calm."]] * 4):
        assert not is_answered(table([first], rows))


def test_what_is_said_repeats_nothing_and_counts_titles_above() -> None:
    answered = table(
        ["I like it here, all of it.", "3"], [[f"I like {n}, and you.", str(n)] for n in range(9)]
    )
    titled = replace(answered, reading={"above": 2})

    with pytest.raises(InvalidInputError, match="row 3: this looks like") as refused:
        check_header(titled)
    assert "like it here" not in str(refused.value)


@pytest.mark.parametrize("filler", ["!", "1", "?", ".", "@", " ", "a@"])
def test_a_long_cell_is_read_once(filler: str) -> None:
    """It takes milliseconds; the square of its length would take seconds."""
    long = 20_000 // len(filler) * filler
    before = time.process_time()

    is_answered(table(["What do you like?"], [[f"{long} x"], [f"{long}_"], *[["Calm."]] * 3]))

    assert time.process_time() - before < 0.5


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        ("What next? ", ["asks or breaks off"]),
        ("I stay because ...", ["asks or breaks off", "ends a sentence"]),
        ("3/1/2026 (9:00)", ["is a number, a day or an address"]),
        ("a@example.org", ["is a number, a day or an address"]),
        ("All of it!)", ["ends a sentence"]),
        ("All. of it", ["ends a sentence"]),
        ("Team 4...?x", []),
        ("(+%)", []),
        ("a@b@example.org", []),
    ],
)
def test_what_a_cell_looks_like(cell: str, seen: list[str]) -> None:
    looks = _looks(cell, is_again=False)

    told = ("is a number, a day or an address", "asks or breaks off", "ends a sentence")
    assert [look for look in told if looks[look]] == seen


def test_of_many_columns_fewer_rows_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def looks(cell: str, *, is_again: bool) -> Mapping[str, bool | int]:
        looked.append(cell)
        return _looks(cell, is_again=is_again)

    monkeypatch.setattr("survey.headers._looks", looks)
    monkeypatch.setattr("survey.headers._MOST_CELLS", 60)

    is_answered(table(["Q1", "Q2", "Q3"], [[f"{column} {row}" for column in "abc"] for row in range(38)]))

    assert len(looked) == 3 + 3 * 19  # each header, and every other row
