"""What matters to the people of a persona, in whatever form: themes of the codebook that are read together.

One helps callers, one comforts a widow, one is proud to be thanked: each says another theme, too few say any one of
them, and yet all care about being there for others. So themes that mean the same from further away are put together
under a concern (``concerns_en.csv``, editable), and how many of a persona share it is estimated like how many say a
theme (:mod:`analysis.prevalence`), by weights of its own: readers went through everybody of fourteen organisations
with the concerns as well. A concern is told in front of the themes, and never where a theme tells as much.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np

from analysis.codebook import Code
from analysis.describe import MIN_PEOPLE, Members, Term, keyness_of, lead
from analysis.kmeans import IntArray
from analysis.meaning import Mask, Reading
from analysis.prevalence import likeliest, prevalence_weights, signs_of_people

#: Of a group so much more than of the others must share a concern.
MIN_LEAD_OF_CONCERNS = 0.3
#: And so much more often must it be read as saying one of its themes (keyness): what a group reinforces alone is no
#: finding, and of people dealt at random some come near together.
MIN_Z_OF_CONCERNS = 2.326
#: Two at most are told; a second one leads by so much of what the first one does.
MAX_CONCERNS, LEAST_OF_FIRST = 2, 0.6
#: A theme that means the same and that so many of those who share a concern say tells it already.
TOLD_BY_A_THEME = 0.8


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that matters to people, whatever form it takes.

    Parameters
    ----------
    code : str
    label : str
        Completes "what matters to them is ...".
    name : str
        Its part in the name of a persona.
    themes : frozenset of str
        Codes of the codebook that are forms of it; one may belong to several.
    same : frozenset of str
        Those of them that say nearly the same by themselves.
    """

    code: str
    label: str
    name: str
    themes: frozenset[str]
    same: frozenset[str]


@lru_cache(maxsize=1)
def concerns() -> tuple[Concern, ...]:
    """Return the concerns in the order of the file."""
    text = files("analysis").joinpath("concerns_en.csv").read_text(encoding="utf-8")
    found = []
    for row in csv.DictReader(text.splitlines()):
        same = frozenset(row["same"].split(";"))
        themes = same | frozenset(row["themes"].split(";"))
        found.append(Concern(row["code"], row["label"], row["name"], themes, same))
    return tuple(found)


def concern_terms(reading: Reading, labels: IntArray) -> tuple[Term, ...]:
    """Return the concerns with who counts as sharing them; none where nothing is estimated.

    Parameters
    ----------
    reading : Reading
    labels : ndarray of int, shape (n_people,)
        Group of each of the people who were read; -1 is in none.
    """
    if reading.evidence is None or not reading.sentences:
        return ()
    held = codes_held(reading.codes)
    said = _any_of(reading.said, held)
    spoken = _any_of(reading.spoken, held)
    counted = likeliest(signs_of_people(reading, held), said, labels, prevalence_weights("concerns"))
    return tuple(
        Term(
            (one.code,),
            one.label,
            "concern",
            said[:, column],
            spoken=spoken[:, column],
            counted=counted[:, column],
        )
        for column, one in enumerate(concerns())
    )


def choose_concerns(terms: Sequence[Term], told: Iterable[Term], members: Members) -> tuple[Term, ...]:
    """Choose what matters to many more of a group than of the others, but for what a theme of its card tells as well.

    Parameters
    ----------
    terms : sequence of Term
        Of :func:`concern_terms`.
    told : iterable of Term
        The themes of the card, those to which it leans included.
    members : bool ndarray of shape (n_people,)
    """
    themes = {term.key[0]: int(term.people[members].sum()) for term in told}
    ranked = sorted(
        (term for term in terms if _is_shared(term, members)),
        key=lambda term: (-lead(term, members), term.text),
    )
    leading = [term for term in ranked if lead(term, members) >= LEAST_OF_FIRST * lead(ranked[0], members)][
        :MAX_CONCERNS
    ]
    same = {one.code: one.same for one in concerns()}
    return tuple(
        term
        for term in leading
        if max(themes.get(code, 0) for code in same[term.key[0]])
        < TOLD_BY_A_THEME * int(term.people[members].sum())
    )


def codes_held(codes: Sequence[Code]) -> Mask:
    """Return which codes are forms of which concern, shape (n_codes, n_concerns)."""
    return np.array([[code.code in one.themes for one in concerns()] for code in codes], dtype=bool)


def _is_shared(term: Term, members: Members) -> bool:
    return (
        int(term.people[members].sum()) >= MIN_PEOPLE
        and lead(term, members) >= MIN_LEAD_OF_CONCERNS
        and keyness_of(term.said, members, ~members) >= MIN_Z_OF_CONCERNS
    )


def _any_of(said: Mask, held: Mask) -> Mask:
    return np.stack([said[:, codes].any(axis=1) for codes in held.T], axis=1)
