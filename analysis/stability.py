"""How sure a group is: does it come back when the survey is drawn again from the same people?

Says nothing about how many groups there should be; see :mod:`analysis.grouping` for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from analysis.kmeans import FloatArray, IntArray

#: Lower ends of Hennig's bands (Hennig 2007; the wording follows the manual of his package fpc).
BANDS = ((0.85, "highly stable"), (0.75, "stable"), (0.6, "a pattern, but membership is doubtful"))

#: A group below the lowest of them falls apart when people are drawn anew.
DOUBTFUL = BANDS[-1][0]


def band(jaccard: float) -> str:
    """Put a mean Jaccard similarity into words.

    Examples
    --------
    >>> band(0.8), band(0.3)
    ('stable', 'not to be trusted yet')
    """
    return next((words for least, words in BANDS if jaccard >= least), "not to be trusted yet")


def bootstrap_jaccard(
    labels: IntArray,
    group: Callable[[Sequence[IntArray], Sequence[int]], Iterable[IntArray]],
    seed: int,
    n_draws: int = 40,
) -> FloatArray:
    """Draw people anew, group them again, and see how well each group is found again.

    Parameters
    ----------
    labels : ndarray of int, shape (n_people,)
        Group of each person, 0 to k-1; -1 is in none.
    group : callable
        Takes the rows of the people of each draw, and a seed for each; returns their new groups, 0 and up.
    seed : int
    n_draws : int, default 40

    Returns
    -------
    ndarray of shape (k,)
        Mean over the draws of the best Jaccard similarity between the group's drawn members and any new group;
        0 to 1 (Hennig 2007, "Cluster-wise assessment of cluster stability").
    """
    k = int(labels.max()) + 1
    random = np.random.default_rng(seed)
    draws = [np.unique(random.integers(0, len(labels), len(labels))) for _ in range(n_draws)]

    def found_again(rows: IntArray, found: IntArray) -> tuple[FloatArray, IntArray]:
        again = (found[:, None] == np.arange(int(found.max()) + 1)).astype(float)
        before = (labels[rows][:, None] == np.arange(k)).astype(float)
        shared = before.T @ again
        sizes = before.sum(axis=0)
        union = sizes[:, None] + again.sum(axis=0) - shared
        return np.where(sizes > 0, (shared / np.maximum(union, 1)).max(axis=1), 0.0), sizes > 0

    groups = group(draws, range(seed, seed + n_draws))
    best, present = zip(*map(found_again, draws, groups), strict=True)
    return np.asarray(sum(best) / np.maximum(sum(present), 1))
