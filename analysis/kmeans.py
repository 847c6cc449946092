"""Many k-means restarts at once, on one thread's arithmetic.

scikit-learn runs one restart at a time, sums on several threads in changing order, and takes ten times as long for
the thousands of small fits that a consensus, its folds and its bootstrap need. Same algorithm (Lloyd 1982 from
k-means++ starts, Arthur & Vassilvitskii 2007), same bytes on every run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.cores import side_by_side

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Lloyd's steps; on survey answers the labels settle within about twenty.
MAX_STEPS = 60
#: Distances that are looked at in one step: so many stay near the processor, and restarts that have settled rest.
DISTANCES_PER_STEP = 30_000


@dataclass(frozen=True, slots=True)
class Restarts:
    """The outcome of several k-means restarts.

    Parameters
    ----------
    labels : ndarray of int, shape (n_restarts, n)
    centres : ndarray of shape (n_restarts, k, n_features)
    inertia : ndarray of shape (n_restarts,)
        Sum of squared distances to the nearest centre; smaller is better.
    """

    labels: IntArray
    centres: FloatArray
    inertia: FloatArray

    @property
    def best(self) -> int:
        """The restart with the smallest inertia."""
        return int(np.argmin(self.inertia))


def kmeans(Z: FloatArray, k: int, *, n_restarts: int, seed: int) -> Restarts:
    """Group the rows of a matrix.

    Parameters
    ----------
    Z : ndarray of shape (n, n_features)
    k : int
        Number of groups, 1 or more.
    n_restarts : int
    seed : int
    """
    random = np.random.default_rng(seed)
    # Half the digits are enough to tell which centre is nearest, in half of the time.
    Z = Z.astype(np.float32)
    squares = (Z**2).sum(axis=1)
    centres = _starts(Z, squares, min(k, len(Z)), n_restarts, random)
    at_once = max(1, DISTANCES_PER_STEP // (len(Z) * centres.shape[1]))
    steps = (centres[start : start + at_once] for start in range(0, n_restarts, at_once))
    settled = side_by_side(lambda some: _settled(Z, squares, some), steps)
    labels, centres, shortest = (np.concatenate(parts) for parts in zip(*settled, strict=True))
    return Restarts(labels, centres, shortest.sum(axis=1))


def nearest(Z: FloatArray, centres: FloatArray) -> IntArray:
    """Return the nearest centre of each row, shape (n,); centres have shape (k, n_features)."""
    return np.asarray(((centres**2).sum(axis=1) - 2 * Z @ centres.T).argmin(axis=1))


def _starts(
    Z: FloatArray, squares: FloatArray, k: int, n_restarts: int, random: np.random.Generator
) -> FloatArray:
    """Draw the first centres: each next one with a chance that grows with its squared distance to the others."""
    chosen = random.integers(0, len(Z), n_restarts)
    centres = Z[chosen][:, None, :]
    closest = _distances(Z, squares, centres)[:, 0]
    for _ in range(1, k):
        ladder = np.cumsum(np.maximum(closest, 0), axis=1, dtype=np.float64)
        aim = random.random(n_restarts) * ladder[:, -1]
        chosen = np.minimum((ladder < aim[:, None]).sum(axis=1), len(Z) - 1)
        added = Z[chosen][:, None, :]
        centres = np.concatenate([centres, added], axis=1)
        closest = np.minimum(closest, _distances(Z, squares, added)[:, 0])
    return centres


def _settled(
    Z: FloatArray, squares: FloatArray, centres: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Lloyd's steps of some restarts: labels, centres and squared distances of each row to the nearest of them."""
    members = np.zeros((*centres.shape[:2], len(Z)), dtype=np.bool_)
    distances = _distances(Z, squares, centres)
    for _ in range(MAX_STEPS):
        moved = _members(distances)
        if np.array_equal(moved, members):
            break
        members = moved
        sizes = np.count_nonzero(members, axis=2)[:, :, None].astype(np.float32)
        ones = np.ascontiguousarray(members.transpose(0, 2, 1)).astype(np.float32)
        # A group that lost everybody stays where it was.
        centres = np.where(sizes > 0, ones.transpose(0, 2, 1) @ Z / np.maximum(sizes, 1), centres)
        distances = _distances(Z, squares, centres)
    labels = members.argmax(axis=1)
    return labels, centres, np.take_along_axis(distances, labels[:, None], axis=1)[:, 0]


def _members(distances: FloatArray) -> NDArray[np.bool_]:
    """Who is nearest to which centre, of equal ones the first, shape (n_restarts, k, n)."""
    members = distances == distances.min(axis=1, keepdims=True)
    # Twice as fast as asking everybody for the number of their centre, which few steps need.
    if np.count_nonzero(members) != members.size // members.shape[1]:
        members = distances.argmin(axis=1)[:, None] == np.arange(members.shape[1])[:, None]
    return np.asarray(members)


def _distances(Z: FloatArray, squares: FloatArray, centres: FloatArray) -> FloatArray:
    """Squared distances, shape (n_restarts, k, n): along the rows, of which there are many, the arithmetic is fast."""
    # In place: for large surveys moving the numbers takes longer than computing them.
    distances = np.asarray((-2 * centres) @ Z.T)
    distances += squares
    distances += (centres**2).sum(axis=2)[:, :, None]
    return distances
