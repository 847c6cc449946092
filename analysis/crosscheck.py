"""Check groups on the answers themselves: nobody vouches for themselves, and one item's answers for another's.

A restart of k-means may settle on groups that are an accident of the few directions in which people were placed. Here
groups are looked at in the views, with every person left out of the centre they are compared with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.cores import side_by_side
from analysis.kmeans import FloatArray, IntArray

#: Weight of an answer's likeness (views have unit length) beside the logarithm of a group's size. Practice
#: organisations do as well with 10 or 40.
SHARPNESS = 20.0
#: Rounds of improving; most groups settle within ten.
N_ROUNDS = 10
#: Nobody's answers point to a group of fewer people: its centre has no length that could be told from chance.
LEAST_PEOPLE = 5
#: People times groups that are looked at in one step, and groupings at least: for fewer the answers would be read from
#: memory too often.
INDICATORS_PER_STEP, LEAST_GROUPINGS = 30_000, 8

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
    stacked = _Answers.beside(views)
    return np.concatenate(side_by_side(lambda some: _settled(some, stacked, k), _steps(labels, k)))


def joined(labels: IntArray, views: Sequence[FloatArray], k: int) -> IntArray:
    """Join the two groups that lose least by it, again and again, until ``k`` groups are left.

    Parameters
    ----------
    labels : ndarray of int, shape (n_groupings, n_people)
        Groups, numbered from 0.
    views : sequence of ndarray of shape (n_people, width)
    k : int

    Returns
    -------
    ndarray of int, shape (n_groupings, n_people)

    Notes
    -----
    Ward's criterion (1963, "Hierarchical grouping to optimize an objective function") in all columns of the views,
    with squared lengths from products of different people: a few people far from all others are not joined with them
    only because they are few. What a group explains is divided by its people and not by one less, so that very small
    ones are joined a little sooner.
    """
    if labels.max() < k:
        return labels
    stacked, n_groups = _Answers.beside(views), int(labels.max()) + 1
    steps = _steps(labels, n_groups)
    return np.concatenate(
        side_by_side(lambda some: _joined(some, _Groups.of(some, n_groups), stacked, k), steps)
    )


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
    narrow = [_Answers.of(np.asarray(view, np.float32)) for view in views]
    return np.concatenate(
        side_by_side(lambda some: _foretold(_Groups.of(some, k), narrow), _steps(labels, k))
    )


@dataclass(frozen=True, slots=True)
class _Answers:
    """Answers in rows, shape (n_people, width), and their squared lengths, which thousands of comparisons share."""

    rows: Floats
    squares: Floats

    @classmethod
    def of(cls, rows: Floats) -> _Answers:
        return cls(rows, (rows**2).sum(axis=1)[:, None])

    @classmethod
    def beside(cls, views: Sequence[FloatArray]) -> _Answers:
        """All views of each person in one row."""
        return cls.of(np.hstack(views, dtype=np.float32))


@dataclass(frozen=True, slots=True)
class _Groups:
    """Some groupings of the same people, side by side.

    Parameters
    ----------
    members : ndarray of shape (n_people, n_groupings * k)
        Who is in which group, 1 or 0.
    group : ndarray of int, shape (n_people, n_groupings)
        The columns of ``members`` in which each person is.
    own : ndarray of int, shape (n_people, n_groupings)
        Where those stand among all entries of ``members``.
    sizes : ndarray of shape (n_groupings, k)
    """

    members: Floats
    group: IntArray
    own: IntArray
    sizes: Floats

    @classmethod
    def of(cls, labels: IntArray, k: int) -> _Groups:
        n_groupings, n = labels.shape
        group = np.arange(0, n_groupings * k, k) + labels.T
        own = np.arange(0, n * n_groupings * k, n_groupings * k)[:, None] + group
        members = np.zeros((n, n_groupings * k), np.float32)
        members.ravel()[own] = 1
        return cls(members, group, own, members.sum(axis=0).reshape(n_groupings, k))


@dataclass(frozen=True, slots=True)
class _Compared:
    """Answers compared with the centres of groups, each person left out of their own.

    Parameters
    ----------
    along : ndarray of shape (n_people, n_groupings, k)
        Products with the centres.
    squares : ndarray of shape (n_groupings, k)
        Squared lengths of the centres; at least nearly zero, where chance would make one negative.
    own_squares : ndarray of shape (n_people, n_groupings)
        Those of everybody's own group without them.
    """

    along: Floats
    squares: Floats
    own_squares: Floats

    def near(self, groups: _Groups) -> Floats:
        """How near everybody comes to each centre, shape (n_people, n_groupings, k)."""
        found: Floats = np.subtract(self.along, self.squares / 2, dtype=np.float32)
        found.ravel()[groups.own] = self.along.ravel()[groups.own] - self.own_squares / 2
        return found

    def squares_of(self, group: IntArray, groups: _Groups) -> Floats:
        """The squared lengths of one group for everybody, shape (n_people, n_groupings)."""
        place = np.arange(groups.sizes.size).reshape(groups.sizes.shape)[:, 0] + group
        found: Floats = self.squares.ravel()[place]
        np.copyto(found, self.own_squares, where=place == groups.group)
        return found


def _settled(labels: IntArray, stacked: _Answers, k: int) -> IntArray:
    for _ in range(N_ROUNDS):
        groups = _Groups.of(labels, k)
        near = _left_out(groups, stacked).near(groups)
        near += np.log(np.maximum(groups.sizes / labels.shape[1], 1 / (2 * labels.shape[1]))) / SHARPNESS
        moved = near.argmax(axis=2).T
        if np.array_equal(moved, labels):
            break
        labels = moved
    return labels


def _joined(labels: IntArray, groups: _Groups, stacked: _Answers, k: int) -> IntArray:
    sizes = groups.sizes.astype(float)
    held = sizes > 0
    totals = (groups.members.T @ stacked.rows).reshape(*sizes.shape, -1)
    products = (totals @ totals.transpose(0, 2, 1)).astype(float)
    own = (groups.members.T @ stacked.squares).reshape(sizes.shape).astype(float)
    group = np.tile(np.arange(sizes.shape[1]), (len(labels), 1))
    # Two groups once, and none that is gone.
    closed = np.tri(sizes.shape[1], dtype=bool) | ~(held[:, :, None] & held[:, None])
    while len(each := np.flatnonzero(held.sum(axis=1) > k)):
        lengths = np.diagonal(products, axis1=1, axis2=2) - own
        explained = lengths / np.maximum(sizes, 1)
        together = lengths[:, :, None] + lengths[:, None] + 2 * products
        together /= np.maximum(sizes[:, :, None] + sizes[:, None], 1)
        lost = np.where(closed, np.inf, explained[:, :, None] + explained[:, None] - together)[each]
        a, b = np.divmod(lost.reshape(len(each), -1).argmin(axis=1), sizes.shape[1])
        group[each] = np.where(group[each] == b[:, None], a[:, None], group[each])
        products[each, a] += products[each, b]
        products[each, :, a] += products[each, :, b]
        own[each, a] += own[each, b]
        sizes[each, a] += sizes[each, b]
        closed[each, b] = closed[each, :, b] = True
        held[each, b] = False
    numbers = np.cumsum(held, axis=1) - 1
    return np.take_along_axis(np.take_along_axis(numbers, group, axis=1), labels, axis=1)


def _foretold(groups: _Groups, views: Sequence[_Answers]) -> FloatArray:
    compared = [_left_out(groups, view) for view in views]
    nearness = [one.near(groups) for one in compared]
    all_views = np.sum(nearness, axis=0)
    all_views[:, groups.sizes < LEAST_PEOPLE] = -np.inf
    gained, lengths = np.zeros(len(groups.sizes)), np.zeros(len(groups.sizes))
    for one, near in zip(compared, nearness, strict=True):
        group = np.subtract(all_views, near, out=near).argmax(axis=2)
        gained += np.take_along_axis(one.along, group[:, :, None], axis=2).sum(axis=(0, 2))
        lengths += one.squares_of(group, groups).sum(axis=0)
    return np.asarray(gained / np.sqrt(np.maximum(lengths, 1e-12)))


def _steps(labels: IntArray, k: int) -> Iterator[IntArray]:
    """Some groupings at a time, which bounds the memory."""
    at_once = max(LEAST_GROUPINGS, INDICATORS_PER_STEP // (labels.shape[1] * k))
    return (labels[start : start + at_once] for start in range(0, len(labels), at_once))


def _left_out(groups: _Groups, view: _Answers) -> _Compared:
    """Compare answers with the centres of the groups, each person left out of their own."""
    totals = groups.members.T @ view.rows
    along = view.rows @ totals.T
    squares = (totals**2).sum(axis=1) - (groups.members * view.squares).sum(axis=0)
    # Only in the own group something changes: of |total|^2 less every |x|^2, what is left without the person are the
    # products of two different others.
    of_others = along.ravel()[groups.own] - view.squares
    left = squares[groups.group] - 2 * of_others
    sizes = groups.sizes.ravel()
    others = sizes[groups.group] - 1
    along /= np.maximum(sizes, 1)
    along.ravel()[groups.own] = of_others / np.maximum(others, 1)
    return _Compared(
        along.reshape(len(along), *groups.sizes.shape),
        np.maximum(squares / _pairs(sizes), 1e-6).reshape(groups.sizes.shape),
        np.maximum(left / _pairs(others), 1e-6),
    )


def _pairs(sizes: Floats) -> Floats:
    least = np.maximum(sizes, np.float32(1))
    return np.asarray(np.maximum(least * (least - 1), np.float32(1)))
