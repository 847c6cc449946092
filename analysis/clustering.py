"""Groups of people: a consensus of many k-means restarts, and how many groups the answers support.

Works on views alone: no words, no names. Who is shown and what a group is called is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from sklearn.model_selection import KFold

from analysis.kmeans import FloatArray, IntArray, kmeans, nearest
from analysis.views import Views

#: Dimensions that carry what people share; measured on 160 people with 5 items (10-20 are alike).
N_COMPONENTS = 15

#: Restarts that vote. On 160 people the groups of two seeds agree by .65-.76 with 100, by .56-.66 with 24
#: (adjusted Rand index).
N_RESTARTS = 100

#: Groups are fitted on at most this many people; everybody else is placed afterwards.
CORE_SIZE = 3_000


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
        return np.asarray(np.divide(self.affinity, total, out=np.zeros_like(self.affinity), where=total > 0))


def reduce(views: Views, core: IntArray) -> FloatArray:
    """Project the stacked views on the main directions of the core, shape (n_people, at most 15)."""
    X = views.stacked.astype(np.float64)
    X -= X[core].mean(axis=0)
    fitted = X[core]
    # The smaller of the two products has the same leading directions and is decomposed in milliseconds.
    wide = fitted.shape[0] < fitted.shape[1]
    product = fitted @ fitted.T if wide else fitted.T @ fitted
    size = len(product)
    _, vectors = eigh(product, subset_by_index=[max(0, size - N_COMPONENTS), size - 1])
    directions = fitted.T @ vectors if wide else vectors
    directions /= np.maximum(np.linalg.norm(directions, axis=0), 1e-12)
    Z = (X @ directions)[:, ::-1]
    # The sign of a direction is arbitrary; fix it by the person who lies farthest out.
    farthest = np.abs(Z).argmax(axis=0)
    return np.asarray(Z * np.where(Z[farthest, np.arange(Z.shape[1])] < 0, -1.0, 1.0))


def core_of(n_people: int, seed: int) -> IntArray:
    """Return the rows on which groups are fitted: everybody, or a sample of :data:`CORE_SIZE`."""
    if n_people <= CORE_SIZE:
        return np.arange(n_people)
    return np.sort(np.random.default_rng(seed).choice(n_people, CORE_SIZE, replace=False))


def consensus(
    Z: FloatArray, k: int, seed: int, core: IntArray | None = None, n_restarts: int = N_RESTARTS
) -> Clustering:
    """Group people by the votes of many k-means restarts.

    The indicator columns of all restarts side by side factorise the co-association matrix (Fred & Jain 2005);
    k-means on them finds the consensus without ever building the n x n matrix.

    Parameters
    ----------
    Z : ndarray of shape (n_people, n_components)
    k : int
        Number of groups, at least 2.
    seed : int
    core : ndarray of int, optional
        Rows to fit on; everybody else is placed by the same votes. Default: all.
    n_restarts : int, default 100
    """
    fitted = Z if core is None else Z[core]
    restarts = kmeans(fitted, k, n_restarts=n_restarts, seed=seed)
    indicators = np.hstack([np.eye(k)[nearest(Z, centres)] for centres in restarts.centres])
    agreed = kmeans(indicators if core is None else indicators[core], k, n_restarts=10, seed=seed)
    labels = by_size(nearest(indicators, agreed.centres[agreed.best]))
    members = np.eye(labels.max() + 1)[labels]
    # Row i, column c: mean share of c's members who sit with person i.
    affinity = indicators @ (indicators.T @ members) / members.sum(axis=0) / n_restarts
    return Clustering(np.argmax(affinity, axis=1), affinity)


def by_size(labels: IntArray) -> IntArray:
    """Number groups from the largest to the smallest; of equal ones, the one whose first member comes first."""
    values, first, counts = np.unique(labels, return_index=True, return_counts=True)
    order = np.lexsort((first, -counts))
    rank = np.empty(values.max() + 1, dtype=np.int64)
    rank[values[order]] = np.arange(len(values))
    return rank[labels]


def cross_view_gains(views: Views, Z: FloatArray, k: int, seed: int, n_repeats: int) -> FloatArray:
    """Measure how well k groups let the answers to some items predict the answer to another one, held out.

    Groups are fitted on four fifths of the people. Each of the others is placed by all items but one, and their
    group's mean answer, scaled by the one factor that predicts best, stands for what they wrote to that one.

    Parameters
    ----------
    views : Views
    Z : ndarray of shape (n_people, n_components)
        The views as :func:`reduce` projects them.
    k : int
        Number of groups, at least 2.
    seed : int
    n_repeats : int
        How often the people are divided into fifths.

    Returns
    -------
    ndarray of shape (n_people,)
        Reduction of the squared error against the mean of all people, in thousandths of an answer's squared
        length. A mean below 0 says that the groups predict nothing.

    Notes
    -----
    The factor is fitted on the held-out pairs themselves: one number for thousands of products, whose bias is far
    below the spread of shuffled answers. Without it the noise in the mean of a small group outweighs what the
    group says, and 160 people look as if they had nothing in common.
    """
    products, lengths, counts = np.zeros(len(Z)), np.zeros(len(Z)), np.zeros(len(Z))
    for repeat in range(n_repeats):
        folds = KFold(5, shuffle=True, random_state=(seed + repeat) % 2**32)
        for train, test in folds.split(Z):
            fits = kmeans(Z[train], k, n_restarts=4, seed=seed + repeat)
            for rows, product, length in _predictions(views, train, test, np.eye(k)[fits.labels[fits.best]]):
                products[rows] += product
                lengths[rows] += length
                counts[rows] += 1
    factor = products.sum() / lengths.sum() if lengths.sum() > 0 else 0.0
    gains = (2 * abs(factor) * products - factor**2 * lengths) / np.maximum(counts, 1)
    return np.asarray(1000 * gains * np.where(counts > 0, 1.0, 0.0))


def shuffle(views: Views, seed: int) -> Views:
    """Deal the answers to every item anew among those who answered it: the same words, but no persons."""
    random = np.random.default_rng(seed)
    blocks = {}
    for item, block in views.blocks.items():
        rows = np.flatnonzero(views.present[item])
        blocks[item] = block.copy()
        blocks[item][rows] = block[random.permutation(rows)]
    return Views(blocks, views.present, views.channels[random.permutation(len(views))])


def _predictions(
    views: Views, train: IntArray, test: IntArray, members: FloatArray
) -> Iterator[tuple[IntArray, FloatArray, FloatArray]]:
    """Per item: the people of the fold who answered it, answer times prediction, prediction squared."""
    answers, means, distances = {}, {}, {}
    for item, block in views.blocks.items():
        answered = views.present[item][test]
        fitted = views.present[item][train]
        centre = block[train][fitted].mean(axis=0) if fitted.any() else np.zeros(block.shape[1])
        weights = members * fitted[:, None]
        n = weights.sum(axis=0)[:, None]
        # Ten people's worth of the overall mean keep the mean of a handful from running wild.
        means[item] = (weights.T @ block[train] - n * centre) / (n + 10)
        answers[item] = block[test] - centre
        distances[item] = np.where(answered[:, None], _squared_distances(answers[item], means[item]), 0.0)
    total = np.sum(list(distances.values()), axis=0)
    for item, mean in means.items():
        answered = views.present[item][test]
        predicted = mean[np.argmin((total - distances[item])[answered], axis=1)]
        written = answers[item][answered]
        yield test[answered], (written * predicted).sum(axis=1), (predicted**2).sum(axis=1)


def _squared_distances(rows: FloatArray, means: FloatArray) -> FloatArray:
    return np.asarray((rows**2).sum(axis=1)[:, None] - 2 * rows @ means.T + (means**2).sum(axis=1))
