"""Families of themes: what matters to a persona and what its people are like, in whatever form each of them says it.

One calms callers, one sat with a widow, one is proud to be thanked: each says another theme, too few say any one of
them, and yet all are there for others. So themes of the codebook that mean the same from further away are put together
in a family (``families_en.csv``, editable), and how many of a persona say any of it is estimated like how many say a
theme (:mod:`analysis.prevalence`), by weights of its own: readers went through everybody of fourteen organisations with
the families as well. A card tells families before themes, and none where a theme tells as much.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import cast

import numpy as np

from analysis.codebook import Code, Kind
from analysis.describe import MIN_PEOPLE, Members, Term, keyness_of, lead
from analysis.kmeans import IntArray
from analysis.meaning import Mask, Reading
from analysis.prevalence import likeliest, prevalence_weights, signs_of_people

#: Of a group so much more than of the others must say something of a family: what people are like is told less surely
#: than what matters to them.
MIN_LEAD_OF_FAMILIES: Mapping[Kind, float] = {"motive": 0.3, "style": 0.33}
#: And so many must be read as saying it, so much more often than others (keyness): what a group reinforces alone is no
#: finding, and of people dealt at random some come near together.
MIN_SAID_OF_FAMILIES, MIN_Z_OF_FAMILIES = 3, 2.326
#: Of so few who count, an estimate is unsure: then more than half of the group must be among them.
FEW_OF_FAMILIES = 10
#: Two of a kind at most are told; another than the one that leads most must lead by this, and by so much of what that
#: one does.
MAX_FAMILIES, MIN_LEAD_OF_ANOTHER, LEAST_OF_FIRST = 2, 0.35, 0.6
#: A theme that means the same and that so many of those who say something of a family say tells it already.
TOLD_BY_A_THEME = 0.8


@dataclass(frozen=True, slots=True)
class Family:
    """Themes that mean the same from further away.

    Parameters
    ----------
    code : str
    kind : str
        ``motive`` or ``style``.
    label : str
        Completes "what matters to them is ..." (motive) or "they ..." (style).
    name : str
        Its part in the name of a persona; empty if it gives none.
    themes : frozenset of str
        Codes of the codebook that belong to it; one may belong to several.
    same : frozenset of str
        Those of them that say nearly the same by themselves.
    """

    code: str
    kind: Kind
    label: str
    name: str
    themes: frozenset[str]
    same: frozenset[str]


@lru_cache(maxsize=1)
def families() -> tuple[Family, ...]:
    """Return the families in the order of the file."""
    text = files("analysis").joinpath("families_en.csv").read_text(encoding="utf-8")
    found = []
    for row in csv.DictReader(text.splitlines()):
        same = frozenset(row["same"].split(";"))
        themes = same | frozenset(row["themes"].split(";"))
        found.append(Family(row["code"], cast(Kind, row["kind"]), row["label"], row["name"], themes, same))
    return tuple(found)


def family_terms(reading: Reading, labels: IntArray) -> dict[Kind, tuple[Term, ...]]:
    """Return by kind the families with who counts as saying something of them; none where nothing is estimated.

    Parameters
    ----------
    reading : Reading
    labels : ndarray of int, shape (n_people,)
        Group of each of the people who were read; -1 is in none.
    """
    terms: dict[Kind, tuple[Term, ...]] = {"motive": (), "style": ()}
    if reading.evidence is None or not reading.sentences:
        return terms
    held = codes_held(reading.codes)
    said = reading.said @ held
    weights = prevalence_weights("families")
    added = np.where([one.kind == "style" for one in families()], weights["style"], 0.0)
    counted = likeliest(signs_of_people(reading, held), said, labels, weights, added)
    for column, one in enumerate(families()):
        term = Term((one.code,), one.label, "family", said[:, column], counted=counted[:, column])
        terms[one.kind] += (term,)
    return terms


def choose_families(terms: Sequence[Term], told: Iterable[Term], members: Members) -> tuple[Term, ...]:
    """Choose the families that many more of a group than of the others say something of.

    Left out is what a theme of the card tells as well, or contradicts.

    Parameters
    ----------
    terms : sequence of Term
        Families of one kind (:func:`family_terms`).
    told : iterable of Term
        The themes of the card, those to which it leans included.
    members : bool ndarray of shape (n_people,)
    """
    told = tuple(told)
    n_told = {term.key[0]: int(term.people[members].sum()) for term in told}
    contradicted = frozenset[str]().union(*(term.opposites for term in told))
    known = {one.code: one for one in families()}
    leads = {term.key: lead(term, members) for term in terms}
    ranked = sorted(
        (
            term
            for term in terms
            if leads[term.key] >= MIN_LEAD_OF_FAMILIES[known[term.key[0]].kind] and _is_said(term, members)
        ),
        key=lambda term: (-leads[term.key], term.text),
    )
    least = max(MIN_LEAD_OF_ANOTHER, LEAST_OF_FIRST * leads[ranked[0].key]) if ranked else 0.0
    telling = (
        term
        for number, term in enumerate(ranked)
        if (not number or leads[term.key] >= least)
        and contradicted.isdisjoint(known[term.key[0]].same)
        and max(n_told.get(code, 0) for code in known[term.key[0]].same)
        < TOLD_BY_A_THEME * int(term.people[members].sum())
    )
    return tuple(islice(telling, MAX_FAMILIES))


def codes_held(codes: Sequence[Code]) -> Mask:
    """Return which codes belong to which family, shape (n_codes, n_families)."""
    return np.array([[code.code in one.themes for one in families()] for code in codes], dtype=bool)


def _is_said(term: Term, members: Members) -> bool:
    """Say whether enough of a group count as saying something of a family, and are read as saying it."""
    n = int(term.people[members].sum())
    return (
        n >= MIN_PEOPLE
        and (n > FEW_OF_FAMILIES or 2 * n > int(members.sum()))
        and int(term.said[members].sum()) >= MIN_SAID_OF_FAMILIES
        and keyness_of(term.said, members, ~members) >= MIN_Z_OF_FAMILIES
    )
