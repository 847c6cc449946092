"""Traits: what several colleagues of one persona say alike, in meaning or in words.

There are two kinds. A *theme* is the centre of the sentence vectors of five colleagues; it gives its name to the
sentences of a lead that come nearest to it. A *word field* is a set of kindred words. How traits become points is in
:mod:`analysis.scoring`.
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
MAX_THEMES = 24
#: A sentence that is less like every theme than this has none of their names.
LEAST_ALIKE = 0.28
#: Two themes whose centres are nearer than this say the same.
SAME_THEME = 0.85


@dataclass(frozen=True, slots=True)
class Theme:
    """Rows of the segments that make a theme, one for each of its colleagues, and their mean direction."""

    rows: NDArray[np.intp]
    centre: NDArray[np.float32]


def themes(X: NDArray[np.float32], people: NDArray[np.intp]) -> list[Theme]:
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
    order = np.argsort(people, kind="stable")
    starts = np.flatnonzero(np.diff(people[order], prepend=-1))
    similarity = np.round(X @ X[order].T, 6)
    # Of each other person the nearest segment, the first of equals.
    nearest = np.maximum.reduceat(similarity, starts, axis=1)
    closest = _largest(nearest)
    spans = starts[closest][:, :, None] + np.arange(np.diff([*starts, len(order)]).max())
    within = spans < np.append(starts[1:], len(order))[closest][:, :, None]
    spans = np.minimum(spans, len(order) - 1)
    theirs = np.where(within, similarity[np.arange(len(X))[:, None, None], spans], -np.inf)
    places = np.take_along_axis(spans, theirs.argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
    members = order[places]
    tight = np.take_along_axis(nearest, closest, axis=1).mean(axis=1)
    tightest = np.argsort(-tight, kind="stable")
    centres = X[members[tightest]].mean(axis=1)
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-12)
    same = centres @ centres.T >= SAME_THEME
    kept: list[Theme] = []
    repeated = np.zeros(len(X), dtype=bool)
    for place, rows in enumerate(members[tightest]):
        if not repeated[place]:
            repeated |= same[place]
            kept.append(Theme(rows, centres[place]))
    return kept


def _largest(values: NDArray[np.float32]) -> NDArray[np.intp]:
    """Where the :data:`MIN_COLLEAGUES` largest of each row stand, the largest first and the first of equals."""
    left, found = values.copy(), np.empty((len(values), MIN_COLLEAGUES), dtype=np.intp)
    rows = np.arange(len(values))
    for place in range(MIN_COLLEAGUES):
        found[:, place] = left.argmax(axis=1)
        left[rows, found[:, place]] = -np.inf
    return found


def unit(vector: Floats) -> Floats:
    """Return a vector of length 1; a zero vector stays zero."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float64)


def packed(vector: Floats) -> dict[str, Any]:
    """Write a vector in JSON, in 8-bit steps."""
    step = round(max(float(np.abs(vector).max(initial=0.0)) / 127, 1e-6), 6)
    steps = np.clip(np.rint(vector / step), -127, 127).astype(np.int8)
    return {"vector": base64.b64encode(steps.tobytes()).decode("ascii"), "step": step}


def unpacked(entry: Mapping[str, Any]) -> Floats:
    """Read a vector that :func:`packed` wrote."""
    steps = np.frombuffer(base64.b64decode(entry["vector"]), dtype=np.int8)
    return np.asarray(steps * np.float64(entry["step"]), dtype=np.float64)
