"""The codebook: what people speak of, the words that show it, and the names personas get from it.

It names and covers; it never enters the distance between people. Edit ``codebook_en.csv`` to change it: one code a
row, seeds separated by semicolons. The label completes "what keeps them is ..." (motive), "they are ..." (style),
"they are good at ..." (skill) or "they stop and read about ..." (content).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product
from typing import Literal, cast

from analysis.text import clauses, stem, tokenize, words

#: A negation this many words before a seed takes it back ("no need for a promotion").
NEGATION_REACH = 3

Kind = Literal["motive", "style", "skill", "content"]


@dataclass(frozen=True, slots=True)
class Code:
    """A motive, a working style, a field of skill, or something to read about.

    Parameters
    ----------
    seeds : frozenset of tuple of str
        Stems of words that stand side by side where somebody speaks of it.
    """

    code: str
    kind: Kind
    label: str
    name: str
    seeds: frozenset[tuple[str, ...]]


@lru_cache(maxsize=4)
def codebook(language: str = "en") -> tuple[Code, ...]:
    """Return the codes of a language, in the order of the file."""
    return tuple(
        Code(
            row["code"],
            cast(Kind, row["kind"]),
            row["label"],
            row["name"],
            frozenset(tuple(token.stem for token in tokenize(seed)) for seed in row["seeds"].split(";")),
        )
        for row in _rows(language)
    )


def phrases_of(kind: Kind, language: str = "en") -> dict[str, tuple[str, ...]]:
    """Return the labels of one kind of code with their seeds as written, in the order of the file."""
    return {row["label"]: tuple(row["seeds"].split(";")) for row in _rows(language) if row["kind"] == kind}


def _rows(language: str) -> list[dict[str, str]]:
    text = files("analysis").joinpath(f"codebook_{language}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def codes_in(text: str) -> frozenset[str]:
    """Return the codes that a text speaks of, without those it negates.

    Examples
    --------
    >>> sorted(codes_in("A secure job. I do not want a promotion."))
    ['security']
    """
    found: set[str] = set()
    for clause in clauses(text):
        stems = [token.stem for token in clause]
        negated = [token.lower in words().negations for token in clause]
        for start in range(len(stems)):
            for length in range(1, _longest_seed() + 1):
                seed = tuple(stems[start : start + length])
                if seed not in _codes_by_seed() or len(seed) < length:
                    continue
                if not any(negated[max(0, start - NEGATION_REACH) : start]):
                    found.update(_codes_by_seed()[seed])
    return frozenset(found)


def persona_names(candidates: Sequence[tuple[Sequence[str], Sequence[str]]]) -> tuple[str, ...]:
    """Name every persona by a style and a motive, no two alike.

    Parameters
    ----------
    candidates : sequence of (styles, motives)
        Per persona the words for its styles ("Careful") and its motives ("Planners"), the most telling first.
        Earlier personas choose first.

    Examples
    --------
    >>> persona_names([(["Careful"], ["Planners", "Owners"]), (["Careful"], ["Planners", "Owners"])])
    ('Careful Planners', 'Careful Owners')
    """
    names: list[str] = []
    for styles, motives in candidates:
        taken = {word for name in names for word in name.split(" ", 1)}
        pairs = sorted(
            product(enumerate(motives or ["Colleagues"]), enumerate(styles or [""])),
            key=lambda pair: (
                pair[0][0] + pair[1][0] + 2 * _overlap(pair[0][1], taken) + _overlap(pair[1][1], taken)
            ),
        )
        options = (f"{style} {motive}".strip() for (_, motive), (_, style) in pairs)
        names.append(_first_free(options, names))
    return tuple(names)


def _first_free(options: Iterable[str], names: Sequence[str]) -> str:
    options = list(options)
    free = [option for option in options if option not in names]
    if free:
        return free[0]
    return next(f"{options[0]} {n}" for n in range(2, len(names) + 3) if f"{options[0]} {n}" not in names)


def _overlap(word: str, taken: set[str]) -> int:
    return int(word in taken)


@lru_cache(maxsize=1)
def _codes_by_seed() -> dict[tuple[str, ...], tuple[str, ...]]:
    table: dict[tuple[str, ...], tuple[str, ...]] = {}
    for code in codebook():
        for seed in code.seeds:
            table[seed] = (*table.get(seed, ()), code.code)
    return table


@lru_cache(maxsize=1)
def _longest_seed() -> int:
    return max(len(seed) for seed in _codes_by_seed())


def is_seed(word: str) -> bool:
    """Say whether a single word is a seed of any code."""
    return (stem(word),) in _codes_by_seed()
