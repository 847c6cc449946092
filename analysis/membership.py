"""How surely somebody belongs: would other answers by the same person have led to the same group?"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from analysis.cores import side_by_side
from analysis.kmeans import FloatArray, IntArray

#: How often a person's answers are drawn anew.
N_DRAWS = 200
#: Root of a group's stability that says how far its draws can be trusted. Measured on practice organisations and
#: recombined sentences (docs/methods.md), not on the demo.
TRUST_ROOT = 3
#: People who are drawn for at a time, which bounds the memory.
ROWS_PER_STEP = 500


def shares_of_draws(
    contributions: Callable[[IntArray], FloatArray],
    places: FloatArray,
    present: NDArray[np.bool_],
    labels: IntArray,
    seed: int,
) -> FloatArray:
    """Draw each person's answers anew, with replacement, and count how often each group is nearest.

    Parameters
    ----------
    contributions : callable
        Takes rows of people; returns what each of their answers adds to the place of its writer, shape (n_views,
        n_rows, n_components). For a very large survey all of them at once would not fit.
    places : ndarray of shape (n_people, n_components)
        Their sum over the views.
    present : bool ndarray of shape (n_people, n_views)
    labels : ndarray of int, shape (n_people,)
        Group of each person, 0 to k-1, none empty; -1 is in none.
    seed : int

    Returns
    -------
    ndarray of shape (n_people, k)
        Share of the draws that go to each group, 0 to 1; a row adds up to 1.

    Notes
    -----
    A bootstrap over items (Efron 1979): answers to different items are told independently, so their spread around a
    person's place measures how well the place is known. Nobody counts towards the centre of their own group, which
    would draw it to them.
    """
    k = int(labels.max()) + 1
    sizes = np.bincount(labels[labels >= 0], minlength=k).astype(float)
    totals = np.stack([places[labels == group].sum(axis=0) for group in range(k)])
    shares = np.empty((len(labels), k))
    random = np.random.default_rng(seed)
    weights = {
        pattern: random.multinomial(sum(pattern), np.array(pattern) / max(sum(pattern), 1), size=N_DRAWS)
        for pattern in sorted({tuple(row) for row in np.unique(present, axis=0).tolist()})
    }
    steps = []
    for pattern, drawn in weights.items():
        rows = np.flatnonzero((present == np.array(pattern)).all(axis=1))
        starts = range(0, len(rows), ROWS_PER_STEP)
        steps += [(rows[start : start + ROWS_PER_STEP], drawn) for start in starts]

    def draw(step: tuple[IntArray, IntArray]) -> None:
        rows, drawn = step
        shares[rows] = _nearest_shares(contributions(rows), places[rows], labels[rows], drawn, totals, sizes)

    side_by_side(draw, steps)
    return shares


def trusted(shares: FloatArray, stability: FloatArray) -> FloatArray:
    """Return the chance that somebody belongs to each group: a group that hardly comes back has fewer right people.

    Parameters
    ----------
    shares : ndarray of shape (n_people, k)
        Of each person's draws, as :func:`shares_of_draws` returns them.
    stability : ndarray of shape (k,)
        Bootstrap Jaccard similarity of each group, 0 to 1.

    Returns
    -------
    ndarray of shape (n_people, k)
        0 to 1; what a row lacks to 1 is for none of the groups, or for one that was not told apart.
    """
    return np.asarray(shares * stability ** (1 / TRUST_ROOT))


def _nearest_shares(
    contributions: FloatArray,
    places: FloatArray,
    labels: IntArray,
    drawn: IntArray,
    totals: FloatArray,
    sizes: FloatArray,
) -> FloatArray:
    """Share of the draws in which each group is nearest, shape (n_people, k)."""
    own = labels[:, None] == np.arange(len(sizes))
    others = np.maximum(sizes - own, 1.0)
    centres = (totals - own[:, :, None] * places[:, None]) / others[:, :, None]
    # |z - c|^2 without the |z|^2 that all groups share.
    per_view = np.einsum("vnd,nkd->nvk", contributions, centres)
    nearness = np.einsum("bv,nvk->nbk", drawn.astype(float), per_view) - (centres**2).sum(axis=2)[:, None] / 2
    nearest = nearness.argmax(axis=2)
    return np.asarray((nearest[:, :, None] == np.arange(len(sizes))).mean(axis=1))
