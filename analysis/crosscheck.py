"""Check groups on the answers themselves: nobody vouches for themselves, and one item's answers for another's.

A restart of k-means may settle on groups that are an accident of the few directions in which people were placed. Here
groups are looked at in the views, with every person left out of the centre they are compared with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.kmeans import FloatArray, IntArray

#: Weight of an answer's likeness (views have unit length) beside the logarithm of a group's size. Practice
#: organisations do as well with 10 or 40.
SHARPNESS = 20.0
#: Rounds of improving; most groups settle within ten.
N_ROUNDS = 10
#: Nobody's answers point to a group of fewer people: its centre has no length that could be told from chance.
LEAST_PEOPLE = 5
#: People times groups that are looked at in one step.
INDICATORS_PER_STEP = 30_000

#: Half the digits are enough to compare groupings, in half of the time.
Floats = NDArray[np.float32]


def improved(labels: IntArray, views: Sequence[FloatArray], k: int) -> IntArray:
    """Give everybody to the group to which all their answers are nearest, again and again until it settles.

    Parameters
    ----------
    labels : ndarray of int, shape (n_groupings, n_people)
        Groups to begin with, 0 to k-1.
    views : sequence of ndarray of shape (n_people, width)
        Zeros where somebody gave no answer.
    k : int

    Returns
    -------
    ndarray of int, shape (n_groupings, n_people)

    Notes
    -----
    Lloyd's steps in all columns of the views, where a person's own share would hold them in any group: there are more
    columns than people. So it is left out, and the squared length of a centre, which chance makes longer the smaller
    the group is, is taken from products of different people. Large groups are likelier than small ones.
    """
    stacked = np.hstack([view.astype(np.float32) for view in views])
    return np.concatenate([_settled(some, stacked, k) for some in _steps(labels, k)])


def foretold(labels: IntArray, views: Sequence[FloatArray], k: int) -> FloatArray:
    """How well the group that somebody's other answers point to foretells each of their answers.

    Parameters
    ----------
    labels : ndarray of int, shape (n_groupings, n_people)
        Groups, 0 to k-1.
    views : sequence of ndarray of shape (n_people, width)
        Two views or more.
    k : int

    Returns
    -------
    ndarray of shape (n_groupings,)
        Sum of the products of answers with the centres foretold, over the root of the sum of the centres' squared
        lengths: the root of what is gained in squared error if the centres are shrunken as is best.
    """
    narrow = [view.astype(np.float32) for view in views]
    return np.concatenate([_foretold(_indicators(some, k), narrow) for some in _steps(labels, k)])


def _settled(labels: IntArray, stacked: Floats, k: int) -> IntArray:
    for _ in range(N_ROUNDS):
        members = _indicators(labels, k)
        along, squares = _left_out(members, stacked)
        size = np.log(np.maximum(members.mean(axis=0), 1 / (2 * len(stacked))))
        moved = (SHARPNESS * (along - squares / 2) + size).argmax(axis=2).T
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels


def _foretold(members: Floats, views: Sequence[Floats]) -> FloatArray:
    per_view = [_left_out(members, view) for view in views]
    nearness = [along - squares / 2 for along, squares in per_view]
    all_views = np.sum(nearness, axis=0)
    too_small = members.sum(axis=0) < LEAST_PEOPLE
    gained, lengths = np.zeros(members.shape[1]), np.zeros(members.shape[1])
    for (along, squares), one in zip(per_view, nearness, strict=True):
        pointed_to = np.where(too_small, -np.inf, all_views - one)
        group = pointed_to.argmax(axis=2)[:, :, None]
        gained += np.take_along_axis(along, group, axis=2).sum(axis=(0, 2))
        lengths += np.take_along_axis(squares, group, axis=2).sum(axis=(0, 2))
    return gained / np.sqrt(np.maximum(lengths, 1e-12))


def _steps(labels: IntArray, k: int) -> Iterator[IntArray]:
    """Some groupings at a time, which bounds the memory."""
    at_once = max(1, INDICATORS_PER_STEP // (labels.shape[1] * k))
    return (labels[start : start + at_once] for start in range(0, len(labels), at_once))


def _indicators(labels: IntArray, k: int) -> Floats:
    """Who is in which group, shape (n_people, n_groupings, k)."""
    return np.asarray(labels.T[:, :, None] == np.arange(k), dtype=np.float32)


def _left_out(members: Floats, view: Floats) -> tuple[Floats, Floats]:
    """Products with the centres of the groups and their squared lengths, each person left out of their own group.

    Both have the shape of ``members``; a squared length is at least nearly zero, where chance would make it negative.
    """
    n, n_groupings, k = members.shape
    columns = members.reshape(n, -1)
    totals = columns.T @ view
    own = (view**2).sum(axis=1)[:, None, None]
    products = (view @ totals.T).reshape(members.shape)
    others = np.maximum(members.sum(axis=0) - members, 1.0)
    squares = (totals**2).sum(axis=1).reshape(n_groupings, k) - (members * own).sum(axis=0)
    # Of |total|^2 less every |x|^2, what is left without the person are the products of two different others.
    squares = squares - 2 * members * (products - own)
    pairs = np.maximum(others * (others - 1), 1.0)
    return (products - members * own) / others, np.maximum(squares / pairs, 1e-6)
