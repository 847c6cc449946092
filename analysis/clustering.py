"""Groups of people: a consensus of many k-means restarts.

Works on places alone: no words, no names. How many groups there are is decided in :mod:`analysis.grouping`, who is
shown and what a group is called elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted, validate_data

from analysis.crosscheck import foretold, improved, joined
from analysis.kmeans import FloatArray, IntArray, kmeans, nearest

#: Restarts that vote.
N_RESTARTS = 200

#: Share of the restarts, as they are and improved, that vote where views are at hand.
VOTING = 1 / 8

#: A restart begins with as many clusters as hold so many people on average, at least those asked for and at most
#: :data:`MOST_BEGINNINGS` times as many, and joins them: a persona of 7 % of many people is a cluster then, where
#: k-means parts a large one instead. Of few people small clusters are chance.
PEOPLE_PER_BEGINNING, MOST_BEGINNINGS = 50, 2

#: Groups are fitted on at most this many people; everybody else is placed afterwards.
CORE_SIZE = 3_000

#: Rows that are placed at a time, which bounds the memory for their votes.
ROWS_PER_STEP = 8192


class ConsensusKMeans(ClusterMixin, BaseEstimator):
    """Group rows by the votes of many k-means restarts.

    Where the views are at hand from which the rows come, every restart is also improved on them, and those groupings
    vote by which one view best foretells another (:mod:`analysis.crosscheck`). Restarts among many rows begin with more
    clusters than are asked for and join them there.

    The indicator columns of all votes side by side factorise the co-association matrix (Fred & Jain 2005,
    "Combining multiple clusterings using evidence accumulation"); k-means on them finds the consensus without ever
    building the n x n matrix.

    Parameters
    ----------
    n_clusters : int, default 5
        Number of groups, 1 or more.
    n_restarts : int, default 200
        How many vote at most, 1 or more.
    random_state : int, default 0

    Attributes
    ----------
    labels_ : ndarray of int, shape (n_samples,)
        Group of each row: 0 is the largest; of equal ones, the one whose first row comes first.
    n_clusters_ : int
        Groups that hold a row; fewer than asked for if there are fewer distinct rows.
    foretold_ : float
        How well one view is foretold from the others: halfway between what the consensus foretells and what those
        that vote do on average, which hangs less on the draw of the restarts. Not a number without views.
    """

    def __init__(self, n_clusters: int = 5, n_restarts: int = N_RESTARTS, random_state: int = 0) -> None:
        self.n_clusters = n_clusters
        self.n_restarts = n_restarts
        self.random_state = random_state

    def fit(
        self,
        X: Any,
        y: object = None,  # noqa: ARG002 - part of the contract
        *,
        views: Sequence[FloatArray] | None = None,
    ) -> ConsensusKMeans:
        """Group the rows of X, shape (n_samples, n_features).

        ``views`` are two or more matrices with the same rows, all that is known of them.
        Raises ValueError if fewer than one group or restart is asked for, TypeError if not a whole number.
        """
        check_scalar(self.n_clusters, "n_clusters", Integral, min_val=1)
        check_scalar(self.n_restarts, "n_restarts", Integral, min_val=1)
        X = validate_data(self, X, dtype=np.float64)
        k = self.n_clusters
        if views is not None:
            k = min(max(k, len(X) // PEOPLE_PER_BEGINNING), MOST_BEGINNINGS * k)
        labels = kmeans(X, k, n_restarts=self.n_restarts, seed=self.random_state).labels
        by_voters = 0.0
        if views is not None:
            labels, by_voters = _best_foretelling(joined(labels, views, self.n_clusters), views)
        groups = [np.unique(voter, return_inverse=True)[1] for voter in labels]
        self._centres = [
            np.stack([X[voter == group].mean(axis=0) for group in range(voter.max() + 1)]) for voter in groups
        ]
        votes = np.hstack([np.eye(voter.max() + 1)[voter] for voter in groups])
        agreed = kmeans(votes, self.n_clusters, n_restarts=10, seed=self.random_state)
        # A centre holds the shares of a group's rows that each restart puts in each of its clusters.
        self._shares = agreed.centres[agreed.best]
        found = self._agreement(votes)
        self.labels_ = by_size(found)
        self.n_clusters_ = int(self.labels_.max()) + 1
        # Number the centres as the groups are numbered; a centre without rows is not one.
        _, first = np.unique(self.labels_, return_index=True)
        self._shares = self._shares[found[first]]
        self.foretold_ = np.nan
        if views is not None:
            self.foretold_ = (float(foretold(self.labels_[None], views, self.n_clusters_)[0]) + by_voters) / 2
        return self

    def predict(self, X: Any) -> IntArray:
        """Place further rows by the votes of the same restarts, shape (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        steps = (X[start : start + ROWS_PER_STEP] for start in range(0, len(X), ROWS_PER_STEP))
        return np.concatenate([self._agreement(self._votes(rows)) for rows in steps])

    def _agreement(self, votes: FloatArray) -> IntArray:
        """The group with whose rows each row sits together most often on average (average linkage)."""
        return np.asarray((votes @ self._shares.T).argmax(axis=1))

    def _votes(self, X: FloatArray) -> FloatArray:
        """Which group each voter would put each row in, as indicator columns."""
        return np.hstack([np.eye(len(centres))[nearest(X, centres)] for centres in self._centres])


def _best_foretelling(labels: IntArray, views: Sequence[FloatArray]) -> tuple[IntArray, float]:
    """The restarts, as they are and improved, by which one view best foretells another, and how well on average."""
    k = int(labels.max()) + 1
    labels = np.concatenate([labels, improved(labels, views, k)])
    how_well = foretold(labels, views, k)
    best = np.argsort(-how_well, kind="stable")[: max(1, int(VOTING * len(labels)))]
    return labels[best], float(how_well[best].mean())


def core_of(n_people: int, seed: int, size: int | None = None) -> IntArray:
    """Return the rows on which groups are fitted: everybody, or a sample of ``size`` (:data:`CORE_SIZE`)."""
    size = CORE_SIZE if size is None else size
    if n_people <= size:
        return np.arange(n_people)
    return np.sort(np.random.default_rng(seed).choice(n_people, size, replace=False))


def by_size(labels: IntArray) -> IntArray:
    """Number groups from the largest to the smallest; of equal ones, the one whose first member comes first."""
    values, first, counts = np.unique(labels, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    rank = np.empty(values.max() + 1, dtype=np.int64)
    rank[values[order]] = np.arange(len(values))
    return rank[labels]
