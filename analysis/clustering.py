"""Groups of people: a consensus of many k-means restarts, and how many groups the answers support.

Works on views alone: no words, no names. Who is shown and what a group is called is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.model_selection import KFold

from analysis.views import Views

#: Dimensions that carry what people share; measured on 160 people with 5 items (10-20 are alike).
N_COMPONENTS = 15

#: Restarts that vote. More changed nothing that could be measured.
N_RESTARTS = 24

#: Groups are fitted on at most this many people; everybody else is placed afterwards.
CORE_SIZE = 3_000

#: A smaller number of groups is taken when it predicts at least this share of what the best one does.
GAIN_TOLERANCE = 0.95

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Clustering:
    """People in k groups.

    Parameters
    ----------
    labels : ndarray of int, shape (n_people,)
        The group each person shares most restarts with.
    affinity : ndarray of shape (n_people, k)
        How often, over all restarts, a person sits with the members of each group; 0 to 1.
    """

    labels: IntArray
    affinity: FloatArray

    @property
    def membership(self) -> FloatArray:
        """The affinities as shares that sum to 1 per person, shape (n_people, k)."""
        total = self.affinity.sum(axis=1, keepdims=True)
        return np.divide(self.affinity, total, out=np.zeros_like(self.affinity), where=total > 0)


def reduce(views: Views) -> FloatArray:
    """Project the stacked views on their main directions, shape (n_people, at most 15)."""
    X = views.stacked.astype(np.float64)
    n_components = min(N_COMPONENTS, *X.shape)
    pca = PCA(n_components, svd_solver="covariance_eigh" if X.shape[1] < 5_000 else "full")
    return np.asarray(pca.fit_transform(X))


def consensus(Z: FloatArray, k: int, seed: int, n_restarts: int = N_RESTARTS) -> Clustering:
    """Group people by the votes of many k-means restarts.

    The indicator columns of all restarts side by side factorise the co-association matrix (Fred & Jain 2005);
    k-means on them finds the consensus without ever building the n x n matrix.

    Parameters
    ----------
    Z : ndarray of shape (n_people, n_components)
    k : int
        Number of groups, at least 2.
    seed : int
    n_restarts : int, default 24
    """
    votes = [fit_kmeans(Z, k, seed + 1 + restart).predict(Z) for restart in range(n_restarts)]
    indicators = np.hstack([np.eye(k)[vote] for vote in votes])
    labels = by_size(fit_kmeans(indicators, k, seed, n_init=10).labels_)
    members = np.eye(labels.max() + 1)[labels]
    # Row i, column c: mean share of c's members who sit with person i.
    affinity = indicators @ (indicators.T @ members) / members.sum(axis=0) / n_restarts
    return Clustering(np.argmax(affinity, axis=1), affinity)


def fit_kmeans(Z: FloatArray, k: int, seed: int, n_init: int = 1) -> KMeans:
    """Fit k-means with the module's fixed options."""
    return KMeans(k, n_init=n_init, random_state=seed % 2**32, max_iter=100).fit(Z)


def by_size(labels: NDArray[np.int32] | IntArray) -> IntArray:
    """Number groups from the largest to the smallest; of equal ones, the one whose first member comes first."""
    values, first, counts = np.unique(labels, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    rank = np.empty(values.max() + 1, dtype=np.int64)
    rank[values[order]] = np.arange(len(values))
    return rank[labels]


def cross_view_gain(views: Views, Z: FloatArray, k: int, seed: int, n_repeats: int = 4) -> float:
    """Measure how well k groups let the answers to some items predict the answer to another one, held out.

    Groups are fitted on four fifths of the people. Each of the others is placed by all items but one, and the
    group's mean answer to that one is compared with what they wrote.

    Returns
    -------
    float
        Mean reduction of the squared error against the mean of all people, in thousandths of an answer's squared
        length. Below 0: the groups predict nothing.
    """
    gains: list[FloatArray] = []
    for repeat in range(n_repeats):
        folds = KFold(5, shuffle=True, random_state=(seed + repeat) % 2**32)
        for train, test in folds.split(Z):
            labels = fit_kmeans(Z[train], k, seed + repeat, n_init=2).labels_
            gains.extend(_held_out_gains(views, train, test, np.eye(k)[labels]))
    return 1000 * float(np.mean(np.concatenate(gains))) if gains else float("-inf")


def _held_out_gains(
    views: Views, train: IntArray, test: IntArray, members: FloatArray
) -> Iterator[FloatArray]:
    means = {item: _group_means(block[train], views.present[item][train], members) for item, block in views.blocks.items()}
    distances = {
        item: np.where(views.present[item][test][:, None], _squared_distances(views.blocks[item][test], mean), 0.0)
        for item, mean in means.items()
    }
    total = sum(distances.values())
    for item, mean in means.items():
        answered = views.present[item][test]
        if not answered.any():
            continue
        y = views.blocks[item][test][answered].astype(np.float64)
        nearest = np.argmin((total - distances[item])[answered], axis=1)
        overall = views.blocks[item][train][views.present[item][train]].mean(axis=0)
        yield ((y - overall) ** 2).sum(axis=1) - ((y - mean[nearest]) ** 2).sum(axis=1)


def _group_means(block: NDArray[np.float32], present: NDArray[np.bool_], members: FloatArray) -> FloatArray:
    weights = members * present[:, None]
    n = weights.sum(axis=0)[:, None]
    return np.asarray((weights.T @ block) / np.maximum(n, 1))


def _squared_distances(block: NDArray[np.float32], means: FloatArray) -> FloatArray:
    return np.asarray((block**2).sum(axis=1)[:, None] - 2 * block @ means.T + (means**2).sum(axis=1))
