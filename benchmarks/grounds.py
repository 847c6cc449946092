"""Corpora with planted personas on which the discovery is measured, and the same answers without anything planted.

Truth is read here and in no other part of the project.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from analysis import Corpus, Response
from survey.response_files import read_corpus

ROOT = Path(__file__).resolve().parent.parent
PRACTICE = ("bank", "retail", "transit", "clinic", "energy")
OTHER_LANGUAGES = ("sv", "de")
HELD_OUT = (
    "council",
    "harbour",
    "instruments",
    "hotels",
    "brewery",
    "insurer",
    "furniture",
    "payroll",
    "publisher",
    "airport",
)
#: Of a label of sentences that are recombined.
MIN_SENTENCES = 20
#: The planted persona of people who are in none.
NONE = "none"


@dataclass(frozen=True, slots=True)
class Ground:
    """A corpus and who was planted in it.

    Parameters
    ----------
    name : str
    corpus : Corpus
    truth : dict of str to str
        Id to planted persona, :data:`NONE` for people in none of them.
    """

    name: str
    corpus: Corpus
    truth: dict[str, str]

    @property
    def planted(self) -> list[str]:
        """Ids of the people with a planted persona."""
        return [response.id for response in self.corpus.responses if self.truth[response.id] != NONE]

    @property
    def k(self) -> int:
        """How many personas were planted."""
        return len({self.truth[one] for one in self.planted})

    def sample(self, n: int, seed: int) -> Ground:
        """Draw n of the people."""
        rows = random.Random(seed).sample(range(len(self.corpus)), n)
        responses = tuple(self.corpus.responses[row] for row in rows)
        return Ground(f"{n} of {self.name}", replace(self.corpus, responses=responses), self.truth)


def demo() -> Ground:
    """The demo organisation; its truth had been seen when the method was chosen."""
    return _from_files("demo", ROOT / "survey/demo/responses.csv", ROOT / "tests/data/responses_truth.csv")


def practice() -> Iterator[Ground]:
    """The practice organisations of benchmarks/practice."""
    return map(_practice, PRACTICE)


def in_other_languages() -> Iterator[Ground]:
    """Two small organisations whose people write Swedish and German."""
    return map(_practice, OTHER_LANGUAGES)


def held_out() -> Iterator[Ground]:
    """Organisations on whose groups nothing was chosen."""
    return (_practice(name, kind="held_out") for name in HELD_OUT)


def _practice(name: str, kind: str = "practice") -> Ground:
    folder = ROOT / "benchmarks" / kind / name
    return _from_files(name, folder / "responses.csv", folder / "responses_truth.csv")


def recombined(path: Path, seed: int, n: int = 300, weights: Sequence[int] = (5, 4, 3, 2, 1)) -> Ground:
    """People whose answers are labelled sentences: each persona prefers one label per item, in 7 answers of 10.

    The file has the columns label and text. A persona is drawn for everybody, by the weights. Labels of fewer than
    :data:`MIN_SENTENCES` are left out: the same would be said again and again.
    """
    k = len(weights)
    dice = random.Random(seed)
    sentences: dict[str, list[str]] = {}
    for row in _rows(path):
        sentences.setdefault(row["label"], []).append(row["text"])
    labels = sorted(label for label, texts in sentences.items() if len(texts) >= MIN_SENTENCES)
    items = [f"item {number}" for number in range(4)]
    preferred = [dict(zip(items, dice.sample(labels, len(items)), strict=True)) for _ in range(k)]
    responses, planted = [], {}
    for number in range(n):
        persona = dice.choices(range(k), weights=weights)[0]
        answers = {
            item: dice.choice(
                sentences[preferred[persona][item] if dice.random() < 0.7 else dice.choice(labels)]
            )
            for item in items
            if dice.random() < 0.9
        }
        responses.append(Response(f"x{number}", answers))
        planted[f"x{number}"] = str(persona)
    return Ground(f"{path.name.split('.')[0]}, draw {seed}", Corpus(tuple(responses), tuple(items)), planted)


def dealt_anew(corpus: Corpus, seed: int) -> Corpus:
    """The same answers, each item shuffled among those who answered it, and the channels among everybody."""
    dice = np.random.default_rng(seed)
    answers: list[dict[str, str]] = [{} for _ in corpus.responses]
    for item in corpus.items:
        rows = [row for row, response in enumerate(corpus.responses) if item in response.answers]
        for row, source in zip(rows, dice.permutation(rows), strict=True):
            answers[row][item] = corpus.responses[source].answers[item]
    channels = dice.permutation(len(corpus))
    return replace(
        corpus,
        responses=tuple(
            Response(
                f"x{row}",
                answers[row],
                corpus.responses[channels[row]].channels,
                attributes=corpus.responses[row].attributes,
            )
            for row in range(len(corpus))
        ),
    )


def multiplied(grounds: Sequence[Ground], n: int, seed: int) -> Corpus:
    """Make n people of the personas of several corpora: each answer is somebody's of the persona, slightly changed.

    One word is left out and two neighbours change places, so that hardly a text comes twice.
    """
    dice = random.Random(seed)
    items = tuple(dict.fromkeys(item for ground in grounds for item in ground.corpus.items))
    people: dict[tuple[str, str], list[Response]] = {}
    for ground in grounds:
        for response in ground.corpus.responses:
            people.setdefault((ground.name, ground.truth[response.id]), []).append(response)
    kinds = sorted(kind for kind in people if kind[1] != NONE)
    responses = []
    for number in range(n):
        members = people[dice.choice(kinds)]
        told = {item: [one.answers[item] for one in members if item in one.answers] for item in items}
        responses.append(
            Response(
                f"m{number}",
                {item: _varied(dice.choice(texts), dice) for item, texts in told.items() if texts},
                dice.choice(members).channels,
                quote=dice.random() < 0.5,
            )
        )
    return Corpus(tuple(responses), items)


def _varied(text: str, dice: random.Random) -> str:
    words = text.split()
    if len(words) > 4:
        words.pop(dice.randrange(len(words)))
        place = dice.randrange(len(words) - 1)
        words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)


def _from_files(name: str, responses: Path, truth: Path) -> Ground:
    return Ground(name, read_corpus(responses), {row["id"]: row["persona"] for row in _rows(truth)})


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))
