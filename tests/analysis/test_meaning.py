"""Sentences are read by what they mean, and only where words or meaning are near enough."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from analysis import meaning
from analysis.codebook import Kind, codes_in
from analysis.corpus import Response
from analysis.encoder import bundled_encoder
from analysis.meaning import example_texts, read, shows
from analysis.views import Person
from tests.fakes import FakeEncoder

BACKGROUND = [
    "The car park floods when it rains.",
    "My desk faces the yard.",
    "We moved to a new floor in May.",
    "The lift is slow and the stairs are steep.",
    "There are two printers and one of them works.",
    "Lunch is at noon.",
    "The bus stops in front of the gate.",
    "I sit next to the window.",
]


def people_writing(texts: Sequence[str], item: str = "stay") -> list[Person]:
    return [Person(Response(str(row), {item: text}), {item: text}) for row, text in enumerate(texts)]


def stances(name: str = "stances") -> list[dict[str, str]]:
    with (Path(__file__).parents[1] / f"data/{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_sentence_says_a_code_in_other_words_than_its_seeds() -> None:
    texts = [
        "I always know months before on which days I must come in.",
        "Nobody ever gets sacked here, jobs last.",
    ]
    reading = read(people_writing([*texts, *BACKGROUND]), bundled_encoder())
    codes = [code.code for code in reading.codes]

    assert reading.said[0, codes.index("known_ahead")]
    assert not reading.said_in_words[0, codes.index("known_ahead")]
    assert not reading.said[len(texts) :, codes.index("known_ahead")].any()


def test_a_seed_that_means_something_else_does_not_count() -> None:
    texts = [
        "Parts for the press need patience from the supplier.",
        "I am patient and explain it as often as needed.",
    ]
    reading = read(people_writing([*texts, *BACKGROUND], "self"), bundled_encoder())
    column = [code.code for code in reading.codes].index("patient_teacher")

    assert all("patient_teacher" in codes_in(text) for text in texts)
    assert reading.said[:2, column].tolist() == [False, True]


def test_who_names_a_subject_does_not_hold_a_view_of_it() -> None:
    """Pairs of sentences on one subject: one holds the view of a code, one only names what it is about."""
    rows = stances()
    reading = read(people_writing([row["text"] for row in rows]), bundled_encoder())
    columns = {code.code: column for column, code in enumerate(reading.codes)}
    views = reading.said[:, [code.kind in ("motive", "style") for code in reading.codes]].sum(axis=1)
    holds = np.array([row["says"] == "yes" for row in rows])
    says_its_own = np.array([reading.said[number, columns[row["code"]]] for number, row in enumerate(rows)])

    assert says_its_own[holds].mean() >= 0.72
    assert says_its_own[~holds].mean() <= 0.2
    # Some are as sure as with a seed, which 17 of the 40 have.
    surely = np.array([reading.said_clearly[number, columns[row["code"]]] for number, row in enumerate(rows)])
    assert surely[holds].mean() >= 0.6
    assert surely[~holds].mean() <= 0.06
    # Whichever view it may be taken for: without what words and bland sentences decide, it is more than two.
    assert views[~holds].mean() <= 1


def test_a_word_of_the_codebook_in_another_meaning_says_nothing() -> None:
    """Sentences with a word that once was a seed: some say what the label says, most use the word otherwise."""
    rows = stances("other_meanings")
    reading = read(people_writing([row["text"] for row in rows]), bundled_encoder())
    columns = {code.code: column for column, code in enumerate(reading.codes)}
    says = np.array([row["says"] == "yes" for row in rows])
    read_so = np.array([reading.said[number, columns[row["code"]]] for number, row in enumerate(rows)])

    assert read_so[says].mean() >= 0.9
    # Of 156 it is 16; with seeds of one word for whatever they may mean it was 59.
    assert read_so[~says].mean() <= 0.12


def test_a_skill_that_hardly_any_word_names_was_meant_by_nobody() -> None:
    texts = ["learning systems quickly", "learning fast", "data modelling"]
    others = [row["text"] for row in stances()]
    reading = read(people_writing([*texts, *others], "skills"), bundled_encoder())
    column = [code.code for code in reading.codes].index("machine_learning")

    # They come near, since half of the words are the same.
    assert (reading.nearness[: len(texts), column] > meaning.VERY_NEAR).all()
    assert not reading.said[:, column].any()


@pytest.mark.parametrize(
    ("item", "kinds"),
    [
        ("self", ("motive", "style", "skill")),
        ("stay", ("motive", "style")),
        ("skills", ("style", "skill")),
        ("content", ("content",)),
        ("good_day", ("motive", "style", "day")),
        ("anything else", ("motive", "style", "day")),
    ],
)
def test_an_item_shows_some_kinds_of_codes(item: str, kinds: tuple[str, ...]) -> None:
    found = [kind for kind in get_args(Kind) if shows(item, kind)]

    assert tuple(found) == kinds


def test_a_style_is_told_among_skills_in_a_sentence_only() -> None:
    asked, listed = "they come to me when people have fallen out", "upset people; new starters; careful plans"
    reading = read(people_writing([asked, listed], item="skills"), None)
    styles = [code.kind == "style" for code in reading.codes]

    assert [bool(row) for row in reading.said[:, styles].any(axis=1)] == [True, False]


def test_without_an_encoder_words_alone_count() -> None:
    reading = read(
        people_writing(["I have a permanent contract.", "I never had a permanent contract."]), None
    )
    said = [reading.codes[column].code for column in np.flatnonzero(reading.said[0])]

    assert said == ["secure_job"]
    assert not reading.said[1].any()


def test_of_very_many_people_a_part_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meaning, "MAX_READ", 4)

    reading = read(people_writing(BACKGROUND), FakeEncoder())

    assert reading.rows.tolist() == [0, 2, 4, 7]
    assert reading.said.shape[0] == reading.n_people == 4


def test_another_encoder_encodes_the_examples_itself() -> None:
    encoder = FakeEncoder()

    read(people_writing(BACKGROUND), encoder)

    assert set(example_texts()) <= set(encoder.encoded)


def test_nobody_wrote_anything() -> None:
    assert read([], FakeEncoder()).said.shape[0] == 0
