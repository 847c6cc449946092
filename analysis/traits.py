"""Traits: what several colleagues of one persona say alike, in meaning or in words, and how a segment meets it.

There are two kinds. A *theme* is the centre of the sentence vectors of five colleagues; it is met by a sentence that
comes nearer than most outsiders do. A *word field* is a set of kindred words that the persona's people use more than
others; it is met by using them. How traits become points is in :mod:`analysis.scoring`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: A trait needs this many colleagues: fewer would describe a person, not a persona.
MIN_COLLEAGUES = 5
#: Themes per persona and facet; more would not be read.
MAX_THEMES = 40
#: Words that a persona's word fields of one facet hold in all.
MAX_WORDS = 300
#: Two themes whose centres are nearer than this say the same.
SAME_THEME = 0.85
#: A theme begins to be met where three of four outsiders do not come, and is met in full where one in ten of
#: the persona's own people comes.
OUTSIDE_QUANTILE, INSIDE_QUANTILE = 0.75, 0.9
#: Pseudo-colleagues of the average rate added to both sides of a log-odds weight, which keeps small personas
#: from large weights (after Monroe, Colaresi & Quinn 2008, eq. 16; their prior is per word, ours per theme).
PRIOR_PEOPLE = 4.0


@dataclass(frozen=True, slots=True)
class Theme:
    """Rows of the segments that make a theme, one for each of its colleagues, and their mean direction."""

    rows: NDArray[np.intp]
    centre: Floats


def themes(X: Floats, people: NDArray[np.intp]) -> list[Theme]:
    """Group each segment with the nearest segments of four other people; the tightest groups first.

    Parameters
    ----------
    X : array, shape (n_segments, dim)
        Sentence vectors of one persona's people, rows of length 1.
    people : array of int, shape (n_segments,)
        Who wrote each.

    Returns
    -------
    list of Theme
        Empty if fewer than :data:`MIN_COLLEAGUES` people wrote something.
    """
    if len(set(people.tolist())) < MIN_COLLEAGUES:
        return []
    similarity = np.round(X @ X.T, 9)
    groups = []
    for row in range(len(X)):
        nearest = np.argsort(-similarity[row], kind="stable")
        _, first = np.unique(people[nearest], return_index=True)
        members = nearest[np.sort(first)[:MIN_COLLEAGUES]]
        groups.append((float(similarity[row, members].mean()), members))
    groups.sort(key=lambda group: -group[0])
    kept: list[Theme] = []
    directions = np.zeros((0, X.shape[1]))
    for _, members in groups:
        centre = unit(X[members].mean(axis=0))
        if not kept or float((directions @ centre).max()) < SAME_THEME:
            kept.append(Theme(members, centre))
            directions = np.vstack([directions, centre])
    return kept


def unit(vector: Floats) -> Floats:
    """Return a vector of length 1; a zero vector stays zero."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float64)


def log_odds(n_inside: Floats, inside: float, n_outside: Floats, outside: float) -> Floats:
    """Return how much likelier a trait is inside than outside, shrunken towards no difference, never below 0.

    Parameters
    ----------
    n_inside, n_outside : array, shape (n_traits,)
        People who show the trait.
    inside, outside : float
        People in all.
    """
    rate = (n_inside + n_outside + 0.5) / (inside + outside + 1)
    here = (n_inside + PRIOR_PEOPLE * rate) / (inside + PRIOR_PEOPLE)
    there = (n_outside + PRIOR_PEOPLE * rate) / (outside + PRIOR_PEOPLE)
    difference = np.log(here / (1 - here)) - np.log(there / (1 - there))
    return np.asarray(np.maximum(0.0, difference), dtype=np.float64)


def best_per_person(similarity: Floats, people: NDArray[np.intp], n_people: int) -> Floats:
    """Return each person's nearest segment per theme, shape (n_people, n_themes); -inf where nothing was said."""
    best = np.full((n_people, similarity.shape[1]), -np.inf)
    np.maximum.at(best, people, similarity)
    return best


def strength(nearest: Floats, low: Floats, high: Floats) -> Floats:
    """Return how far each theme is met, 0 to 1, shape (..., n_themes).

    Parameters
    ----------
    nearest : array, shape (..., n_themes)
        Similarity of the segment that comes nearest to each theme.
    low, high : array, shape (n_themes,)
        Where a theme begins to be met and where it is met in full.
    """
    # Sums in another order differ in the last digits; nine of them decide nothing.
    return np.asarray(np.clip((np.round(nearest, 9) - low) / (high - low), 0.0, 1.0), dtype=np.float64)


def packed(vector: Floats) -> dict[str, Any]:
    """Write a vector in JSON, in 8-bit steps."""
    step = round(max(float(np.abs(vector).max(initial=0.0)) / 127, 1e-6), 6)
    steps = np.clip(np.rint(vector / step), -127, 127).astype(np.int8)
    return {"vector": base64.b64encode(steps.tobytes()).decode("ascii"), "step": step}


def unpacked(entry: Mapping[str, Any]) -> Floats:
    """Read a vector that :func:`packed` wrote."""
    steps = np.frombuffer(base64.b64decode(entry["vector"]), dtype=np.int8)
    return np.asarray(steps * np.float64(entry["step"]), dtype=np.float64)
