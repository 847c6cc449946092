"""What a score means: the share of colleagues who, scored as strangers with as much text, come less near.

Colleagues are scored by what they did not help to learn (leave one out) and on a part of their answers that says as
much as the lead does. Without the first, real colleagues of a persona look like outsiders; without the second,
everyone who writes little does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Band = Literal["A", "B", "C", "D"]
Evidence = Literal["E0", "E1", "E2", "E3"]

#: Telling words to a facet on which colleagues are scored; a lead is compared at the two sizes around what they say.
#: Words and not characters: who writes in notes says as much in half the space.
SIZES = (4, 8, 16, 32, 64)
#: Random parts of each colleague's answers per size.
N_STRETCHES = 8
#: Points at which a reference distribution is stored.
N_QUANTILES = 50

#: Least fit of each band: like a typical colleague, within the group, at its edge, outside.
BANDS: tuple[tuple[Band, int], ...] = (("A", 50), ("B", 20), ("C", 5), ("D", 0))
_BAND_OF: tuple[Band, ...] = tuple(next(band for band, least in BANDS if fit >= least) for fit in range(101))
#: Less text than two short sentences together with fewer skills than that is no evidence.
MIN_CHARACTERS, MIN_SKILLS = 80, 3
#: Least characters of a profile that tells a good deal, and of a full one.
SOME_CHARACTERS, MANY_CHARACTERS = 400, 1000


def places_for(n_words: Floats) -> Floats:
    """Return where amounts of words lie among :data:`SIZES`; 1.5 is half-way, as a ratio, from second to third."""
    return np.asarray(np.interp(np.log(np.maximum(n_words, 1.0)), np.log(SIZES), np.arange(len(SIZES))))


def evidence_level(characters: int, n_skills: int) -> Evidence:
    """Say how much a score can rest on: E0 too little for a number, up to E3 a full profile."""
    if characters < MIN_CHARACTERS and n_skills < MIN_SKILLS:
        return "E0"
    if characters < SOME_CHARACTERS:
        return "E1"
    return "E2" if characters < MANY_CHARACTERS else "E3"


def band_of(fit: int) -> Band:
    """Return the band of a fit, 0 to 100."""
    return _BAND_OF[fit]


def quantiles(values: Floats) -> list[float]:
    """Summarise a reference by values at equal steps from its smallest to its largest; nan is left out."""
    known = values[~np.isnan(values)]
    if not len(known):
        return []
    return [round(float(x), 6) for x in np.quantile(known, np.linspace(0, 1, N_QUANTILES + 1))]


def shares_below(values: Floats, reference: Sequence[float], n: int) -> Floats:
    """Return the share of ``n`` colleagues and the lead that lies strictly below each value, 0 to 1.

    Between colleagues the share rises as their quantiles do, and above the highest to 1, which is reached as far beyond
    as the middle colleague is behind. Below the lowest it falls from the one place in n + 1 that such a lead takes to
    0, as far below as the middle one is above, at a value of 0 if that is further.
    """
    if not reference:
        return np.zeros_like(values)
    known, steps = np.asarray(reference), np.linspace(0, 1, len(reference))
    middle = known[len(known) // 2]
    xs = np.concatenate([[min(0.0, 2 * known[0] - middle)], known, [2 * known[-1] - middle]])
    shares = np.concatenate([[0.0], (1 + (n - 1) * steps) / (n + 1), [1.0]])
    right = np.clip(np.searchsorted(xs, values, side="left"), 1, len(xs) - 1)
    left = right - 1
    # Where many are equal, nothing lies between them.
    width = np.where(xs[right] > xs[left], xs[right] - xs[left], 1.0)
    between = shares[left] + (shares[right] - shares[left]) * (values - xs[left]) / width
    return np.asarray(np.where(values > xs[-1], 1.0, np.where(values > xs[0], between, 0.0)))


def shares_around(values: Floats, references: Sequence[Sequence[float]], places: Floats, n: int) -> Floats:
    """Return the shares of colleagues below values, between those at the two sizes around each place.

    Parameters
    ----------
    values, places : array, shape (n_values,)
        Places are those of :func:`places_for`.
    references : sequence of sequence of float
        One for each of :data:`SIZES`, empty where too few wrote so much: then the longest is taken that is there.
    n : int
        How many colleagues there are.

    Returns
    -------
    array, shape (n_values,)
        0 to 1; nan where there is no reference at all.
    """
    at_sizes = [shares_below(values, reference, n) for reference in references if reference]
    if not at_sizes:
        return np.full(values.shape, np.nan)
    within = np.minimum(places, len(at_sizes) - 1)
    below = within.astype(np.intp)
    above = np.minimum(below + 1, len(at_sizes) - 1)
    shares, columns = np.array(at_sizes), np.arange(len(values))
    mixed = shares[below, columns] + (within - below) * (shares[above, columns] - shares[below, columns])
    return np.asarray(np.round(mixed, 9), dtype=np.float64)


def tenths(shares: Floats) -> list[float]:
    """Return which part of some shares, 0 to 1, lies in each tenth of the scale; nan is left out."""
    known = shares[~np.isnan(shares)]
    counts = np.bincount(np.minimum((10 * known).astype(np.intp), 9), minlength=10)
    return [round(float(part), 4) for part in counts / max(len(known), 1)]


def area_under_curve(inside: Floats, outside: Floats) -> float | None:
    """Return the chance that someone inside scores higher than someone outside; ties count half, nan not at all."""
    inside, outside = inside[~np.isnan(inside)], np.sort(outside[~np.isnan(outside)])
    if not len(inside) or not len(outside):
        return None
    below = np.searchsorted(outside, inside, side="left") + np.searchsorted(outside, inside, side="right")
    return round(float(below.mean() / (2 * len(outside))), 4)
