"""The three facets of a fit: where people show them, how they count, how they are put together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.segments import Cut, Segment, items_of, sentences_of

Facet = Literal["who", "skills", "why"]
Floats = NDArray[np.float64]
#: What :func:`cut` does, perhaps for each text once.
Cutter = Callable[[str, str], Cut]

SCHEMA_VERSION = 4

#: Shares of the three facets. How somebody describes themselves counts least, because it says most about origin.
FACET_WEIGHTS: dict[Facet, int] = {"who": 20, "skills": 50, "why": 30}
#: What is shown alike in meaning and what in words; both count the same.
KINDS = ("themes", "words")
FACETS: tuple[Facet, ...] = tuple(FACET_WEIGHTS)
#: Where a lead may show each facet. People name skills in running text as well; what somebody did so far tells
#: little about what they look for.
FACET_FIELDS: dict[Facet, tuple[str, ...]] = {
    "who": ("headline", "summary", "experience"),
    "skills": ("skills", "headline", "summary", "experience"),
    "why": ("interest", "summary"),
}


#: What earns points is named so if it resembles the colleagues, but none of the traits that have a name.
REST: dict[Facet, str] = {
    "who": "describes work as they do",
    "skills": "does work like theirs",
    "why": "looks for what they look for",
}

#: A text whose segments cancel each other out points nowhere.
SHORTEST = 1e-3
#: Least characters that count as having said something to a facet.
MIN_FACET_CHARACTERS = 40


def cut(field: str, text: str) -> Cut:
    """Cut a lead's field or an employee's answer."""
    return items_of(field, text) if field == "skills" else sentences_of(field, text)


def segments_of(field: str, text: str, *, affirmed: bool = True, cut: Cutter = cut) -> tuple[Segment, ...]:
    """Return all segments of a field or an answer, or, ``affirmed``, those without what is negated.

    Who asks for the same texts again gives a ``cut`` that remembers them as long as it is needed, and no longer.
    """
    found = cut(field, text)
    return found.affirmed if affirmed else found.told


def parts_of(field: str, text: str) -> frozenset[str]:
    """Return every part of an answer that is encoded: with what is negated it is described, without it scored."""
    found = cut(field, text)
    return frozenset(segment.text for segment in (*found.told, *found.affirmed))


def is_observed(facet: Facet, said: Collection[Segment]) -> bool:
    """Say whether a facet can be judged; one listed skill is enough, otherwise it takes a sentence."""
    if facet == "skills" and "skills" in [segment.field for segment in said]:
        return True
    return sum([len(segment.text) for segment in said]) >= MIN_FACET_CHARACTERS


def is_heard(facet: Facet, n_characters: NDArray[np.number], listed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say of several texts what :func:`is_observed` says of one."""
    return np.asarray((n_characters >= MIN_FACET_CHARACTERS) | (listed & (facet == "skills")))


def likeness(near: Floats, lengths: Floats) -> Floats:
    """Return how like texts are to a direction, each as a whole: the cosine of the sum of their segments.

    A text's segments share it in proportion to how near each comes, and one that says the opposite counts against.

    Parameters
    ----------
    near : array, shape (n_texts, ...)
        Sum of how near the segments of each text come to the direction, which has length 1.
    lengths : array, shape (n_texts,)
        Lengths of the sums of their vectors.
    """
    each = np.reshape(np.maximum(lengths, SHORTEST), (-1, *(1,) * (near.ndim - 1)))
    return np.asarray(np.round(near / each, 9), dtype=np.float64)


def weighted_mean(shares: Floats, weights: Sequence[int]) -> Floats:
    """Return the mean over the first axis, facets: one without evidence (nan) is left out, not counted as nothing.

    0 where there is no evidence at all.
    """
    each = np.reshape(weights, (-1, *(1,) * (shares.ndim - 1)))
    total = (each * ~np.isnan(shares)).sum(axis=0)
    return np.asarray(np.round((each * np.nan_to_num(shares)).sum(axis=0) / np.maximum(total, 1), 9))


def less_rivals(totals: Floats, nearest: Floats) -> Floats:
    """Return how near people come to a persona, less what another one is nearer by.

    What fits another persona better fits this one by so much less; who is nearest to this one loses nothing.

    Parameters
    ----------
    totals, nearest : arrays of one shape
        Nearness to the persona, and the greatest to any by which leads may be ranked; nan where there is none.
    """
    return np.asarray(np.round(totals - np.fmax(nearest - totals, 0.0), 9), dtype=np.float64)


def observed_sets() -> tuple[tuple[Facet, ...], ...]:
    """Return every set of facets that a lead may have shown."""
    return tuple(subset for n in range(1, len(FACETS) + 1) for subset in combinations(FACETS, n))
