"""The codebook: what people may speak of, the words and sentences that show it, and the names personas get from it.

It names and covers; it never enters the distance between people. Edit ``codebook_en.csv`` to change it: one code a
row, example sentences separated by bars, seeds and opposites by semicolons. Of seeds ``rota+weeks`` means both words
anywhere in a clause, and ``~meetings`` that it shows the code only when it is denied ("hardly any meetings"). Of codes
that are opposites a persona is said one at most. The label completes "what keeps them is ..." (motive), "they ..."
(style, and day: what makes their best days), "they are good at ..." (skill) or "they stop and read about ..."
(content). Codes of the kind ``other`` are never shown: what says nothing in particular is nearer to them than to a
code that would claim too much.
``codebook_<language>.csv`` holds labels, names and seeds in another language; examples are written once, in English.
``examples_en.csv`` holds further sentences, by which a second opinion is formed (:mod:`analysis.weighing`). After a
change of examples, or of labels and seeds below, run ``tools/make_fixed_vectors.py``.

``fields_en.csv`` holds the coarser fields of words under which lead scoring puts traits together.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from itertools import chain, product, repeat
from typing import Literal, cast

from analysis.text import (
    NEGATION_REACH,
    SPOKEN_LANGUAGES,
    clauses_in_words,
    remembered,
    split,
    stem,
    words,
)

#: English words that the stemmer takes for forms of others: customers are no customs, fabrics no fabrication, and
#: experience is no experiment.
_NO_FORMS = {
    word: forms.split()[0]
    for forms in (
        "customer customers",
        "careful carefully",
        "business businesses",
        "goods",
        "hardly",
        "nearly",
        "lately",
        "lonely",
        "informal",
        "international internationally",
        "apartment apartments",
        "evening evenings",
        "appointment appointments",
        "audition auditions",
        "bearing bearings",
        "booking bookings",
        "conservation conserve conserving conserved",
        "diversion diversions",
        "earthing earthed",
        "excellent excellence",
        "experiment experiments experimenting experimented",
        "fabrication fabricate fabricating fabricated fabricator",
        "generator generators",
        "hospitality",
        "jointing jointed",
        "machining machined",
        "medication medications medicate medicated",
        "milling milled",
        "organ organs",
        "probability",
        "publication publications",
        "publicity",
        "reserving reserve reserves",
        "resourceful resourcefulness",
        "specification specifications",
        "transformer transformers",
        "typing typed",
        "validation validate validates validated validating",
    )
    for word in forms.split()
}

#: What they are told apart as.
_APART = frozenset(_NO_FORMS.values())

#: Words of a name that have so many first letters in common say the same.
N_ALIKE = 5

Kind = Literal["motive", "style", "day", "skill", "content", "other"]

_Stems = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A motive, a working style, a kind of good day, a field of skill, or something to read about.

    Parameters
    ----------
    name : str
        Its part in the name of a persona: an adjective for a style, else a noun; empty if it gives none.
    seeds : frozenset of tuple of str
        Stems of words that stand side by side where somebody speaks of it.
    denied : frozenset of tuple of str
        Stems that show it after a negation: of what is not there.
    together : frozenset of frozenset of str
        Stems that stand anywhere in one clause where somebody speaks of it.
    opposites : frozenset of str
        Codes that nobody means at once with this one, although the words may be the same ("no commission").
    examples : tuple of str
        English sentences that say it, each in another way.
    words : frozenset of str
        Stems of the words of substance in label, seeds and examples.
    """

    code: str
    kind: Kind
    label: str
    name: str
    seeds: frozenset[_Stems]
    denied: frozenset[_Stems]
    together: frozenset[frozenset[str]]
    opposites: frozenset[str]
    examples: tuple[str, ...]
    words: frozenset[str]


@lru_cache(maxsize=8)
def codebook(language: str = "en") -> tuple[Code, ...]:
    """Return the codes in the order of the English file; in another language those that its file has words for."""
    if language == "en" or language not in SPOKEN_LANGUAGES:
        return tuple(_code(row, "en") for row in _rows("codebook_en"))
    local = {row["code"]: row for row in _rows(f"codebook_{language}")}
    return tuple(
        _code({**row, **local.get(row["code"], {"seeds": ""})}, language)
        for row in _rows("codebook_en")
        if row["code"] in local or row["kind"] == "other"
    )


@lru_cache(maxsize=1)
def further_examples() -> dict[str, tuple[str, ...]]:
    """Return further English sentences that say a code, by code: many, and less chosen than its own examples."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in _rows("examples_en"):
        found[row["code"]].append(row["sentence"])
    return {code: tuple(sentences) for code, sentences in found.items()}


def phrases_of(kind: Kind) -> dict[str, tuple[str, ...]]:
    """Return the labels of the word fields of one kind with their seeds as written, in the order of the file."""
    return {row["label"]: tuple(row["seeds"].split(";")) for row in _rows("fields_en") if row["kind"] == kind}


def vocabulary() -> frozenset[str]:
    """Return the stems of all words of the codebook, in English: public, so that one person uses one tells nothing."""
    texts = [row[column] for row in _rows("codebook_en") for column in ("label", "seeds", "examples")]
    texts += [row["seeds"] for row in _rows("fields_en")]
    return frozenset(
        map(stem, {word for text in texts for part in re.split("[;+|]", text) for word in split(part)})
    )


def codes_in(text: str, language: str = "en") -> frozenset[str]:
    """Return the codes whose words a text uses, without those it negates.

    Examples
    --------
    >>> sorted(codes_in("A secure job. I do not want a promotion."))
    ['c_security', 'no_climbing', 'secure_job']
    """
    return frozenset(seeds_in(text, language))


def seeds_in(text: str, language: str = "en") -> dict[str, int]:
    """Return the codes whose words a text uses, with how many words the longest seed has.

    A negation counts as one; of two words a function word counts for nothing ("my sister").

    Examples
    --------
    >>> sorted(seeds_in("A secure job. I do not want a promotion.").items())
    [('c_security', 2), ('no_climbing', 4), ('secure_job', 2)]
    """
    table = _seeds(language)
    found: dict[str, int] = {}

    def note(codes: Iterable[str], n_words: int) -> None:
        for code in codes:
            found[code] = max(n_words, found.get(code, 0))

    lists = words(language)
    for clause in clauses_in_words(text):
        stems = [*map(code_stem, clause, repeat(language))]
        together = table.together.keys() & stems
        begins = [start for start, first in enumerate(stems) if first in table.lengths]
        if not together and not begins:
            continue
        lower = [*map(str.casefold, clause)]
        negated = [word in lists.negations for word in lower]
        for start in begins:
            denies = any(negated[max(0, start - NEGATION_REACH) : start])
            shows = table.denied if denies else table.side_by_side
            for length in table.lengths[stems[start]]:
                codes = shows.get(tuple(stems[start : start + length]))
                if codes and start + length <= len(stems):
                    pair = (
                        length == 2 and sum(word in lists.function for word in lower[start : start + 2]) == 1
                    )
                    note(codes, length - pair + denies)
        affirmed = frozenset(stems) if not any(negated) else frozenset()
        for word in together & affirmed:
            note((code for needed, code in table.together[word] if needed <= affirmed), 2)
    return found


@remembered(100_000)
def code_stem(word: str, language: str = "en") -> str:
    """Return the stem by which words are found in the codebook.

    Examples
    --------
    >>> code_stem("Customs"), code_stem("customers")
    ('custom', 'customer')
    """
    return (_NO_FORMS.get(word.casefold()) if language == "en" else None) or stem(word, language)


def as_in_phrases(seed: _Stems) -> _Stems:
    """Return a seed with the stems that phrases have, also of words that the codebook keeps apart.

    Examples
    --------
    >>> as_in_phrases(("happi", "customer"))
    ('happi', 'custom')
    """
    return tuple(stem(part) if part in _APART else part for part in seed)


def persona_names(
    candidates: Sequence[tuple[Sequence[str], Sequence[str]]],
    pattern: str = "{style} {motive}",
    anybody: str = "Colleagues",
) -> tuple[str, ...]:
    """Name every persona by a style and a motive, no two alike; one that only repeats the other is left out.

    Parameters
    ----------
    candidates : sequence of (styles, motives)
        Per persona the words for its styles ("Careful") and its motives ("Planners"), the most telling first.
        Earlier personas choose first.
    pattern : str
        How a language puts the two together.
    anybody : str
        What people are called of whom no motive is known.

    Examples
    --------
    >>> persona_names([(["Careful"], ["Planners", "Owners"]), (["Careful"], ["Planners", "Owners"])])
    ('Careful Planners', 'Careful Owners')
    """
    names: list[str] = []
    taken: set[str] = set()
    for styles, motives in candidates:
        pairs = sorted(
            product(enumerate(motives or [anybody]), enumerate(styles or [""])),
            key=lambda pair: (
                pair[0][0] + pair[1][0] + 2 * (pair[0][1] in taken) + (pair[1][1] in taken),
                pair[0][0],
            ),
        )
        options = [
            (pattern.format(style=style, motive=motive).strip(), {motive, style})
            for (_, motive), (_, style) in pairs
            if not _say_the_same(style, motive)
        ] or [(motive, {motive}) for motive in motives]
        name, used = next(
            (option for option in options if option[0] not in names),
            (_numbered(options[0][0], names), set()),
        )
        names.append(name[0].upper() + name[1:])
        taken |= used
    return tuple(names)


def _say_the_same(style: str, motive: str) -> bool:
    """Whether two words of them begin alike, as in "Quick-Learning Learners"."""
    starts = (
        {word[:N_ALIKE] for word in re.findall(rf"\w{{{N_ALIKE},}}", text.casefold())}
        for text in (style, motive)
    )
    return not set.isdisjoint(*starts)


def _numbered(name: str, names: Collection[str]) -> str:
    return next(f"{name} {n}" for n in range(2, len(names) + 3) if f"{name} {n}" not in names)


def _rows(name: str) -> list[dict[str, str]]:
    text = files("analysis").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _code(row: dict[str, str], language: str) -> Code:
    seeds = [seed for seed in row["seeds"].split(";") if seed]
    together = [parts for seed in seeds if (parts := _parts(seed))]
    return Code(
        row["code"],
        cast(Kind, row["kind"]),
        row["label"],
        row["name"],
        frozenset(_stems(seed, language) for seed in seeds if not seed.startswith("~") and not _parts(seed)),
        frozenset(_stems(seed, language) for seed in seeds if seed.startswith("~")),
        frozenset(
            frozenset(chain.from_iterable(_stems(part, language) for part in parts)) for parts in together
        ),
        frozenset(filter(None, row["opposites"].split(";"))),
        tuple(example.strip() for example in row["examples"].split("|")),
        frozenset(
            code_stem(word, language)
            for column in ("label", "seeds", "examples")
            for part in re.split("[;+|]", row[column])
            for word in split(part)
            if word.casefold() not in words(language).function and len(word) > 2
        ),
    )


def _parts(seed: str) -> list[str]:
    """The words of a seed that may stand apart; none of one whose words stand together ("C++" is one of these)."""
    parts = seed.split("+")
    return parts if len(parts) > 1 and all(parts) else []


def _stems(seed: str, language: str) -> _Stems:
    return tuple(code_stem(word, language) for word in split(seed))


@dataclass(frozen=True)
class _Seeds:
    """Which codes a run of stems or a set of stems shows."""

    side_by_side: dict[_Stems, tuple[str, ...]]
    denied: dict[_Stems, tuple[str, ...]]
    together: dict[str, tuple[tuple[frozenset[str], str], ...]]

    @cached_property
    def lengths(self) -> dict[str, tuple[int, ...]]:
        """How long the runs are that begin with a stem, the shortest first."""
        found: defaultdict[str, set[int]] = defaultdict(set)
        for seed in filter(None, (*self.side_by_side, *self.denied)):
            found[seed[0]].add(len(seed))
        return {first: tuple(sorted(lengths)) for first, lengths in found.items()}


@lru_cache(maxsize=8)
def _seeds(language: str) -> _Seeds:
    side_by_side: dict[_Stems, tuple[str, ...]] = {}
    denied: dict[_Stems, tuple[str, ...]] = {}
    together: dict[str, tuple[tuple[frozenset[str], str], ...]] = {}
    for code in codebook(language):
        for table, seeds in ((side_by_side, code.seeds), (denied, code.denied)):
            for seed in sorted(seeds):
                table[seed] = (*table.get(seed, ()), code.code)
        for needed in sorted(code.together, key=sorted):
            # Looked up by one of its words, so that a clause meets only sets it may hold.
            first = min(needed)
            together[first] = (*together.get(first, ()), (needed, code.code))
    return _Seeds(side_by_side, denied, together)
