"""What the views of a person have in common: the directions along which answers to different items vary together.

An answer says much that has nothing to do with its writer's other answers (the anecdote, the tool, the turn of
phrase). A principal component keeps whatever varies most, within one item or across them; a shared component keeps
only what varies *across* items, which is what makes a person recognisable. Whether the first of them rises above
chance tells whether there are personas at all (:func:`parallel_analysis`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse.linalg import eigsh
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_scalar
from sklearn.utils.validation import check_is_fitted, validate_data

from analysis.cores import side_by_side
from analysis.kmeans import FloatArray, IntArray

#: Shared directions that are kept. Each is weighted by how much of it is shared, so a few too many do no harm.
N_COMPONENTS = 20
#: Principal directions of each view among which shared ones are sought; the rest of 384 is noise.
N_VIEW_COMPONENTS = 60
#: Matrices of fewer rows are decomposed whole.
MIN_LANCZOS = 20
#: How often chance is drawn.
N_DRAWS = 40
#: Rows that are projected at a time, which bounds the memory for copies.
ROWS_PER_STEP = 8192


class SharedComponents(TransformerMixin, BaseEstimator):
    """Project several views of the same people on the directions in which the views covary.

    The matrix of cross-products between all columns of all views is decomposed with its diagonal blocks (each view
    with itself) set to zero: the sum of squared covariances *between* views is maximised, as in generalised partial
    least squares and the SUMCOV criterion of regularised canonical correlation (Tenenhaus & Tenenhaus 2011,
    "Regularized generalized canonical correlation analysis", eq. 3 with all tau = 1). A direction is then weighted
    by its reliability, the shared part of its variance, which makes the result the best linear guess of what is
    shared (Thurstone 1935 for factor scores).

    Parameters
    ----------
    n_components : int, default 20
        Directions kept at most, 1 or more.
    widths : sequence of int, optional
        Columns of each view, side by side in X; their sum is the number of features. By default, and when there is
        one view only, nothing can be shared across views and the directions are the principal ones.
    n_view_components : int, default 60
        Principal directions of each view among which shared ones are sought, 1 or more.

    Attributes
    ----------
    components_ : ndarray of shape (n_features, n_components_)
        Weighted directions; a person's scores are ``(X - mean_) @ components_``.
    shared_ : ndarray of shape (n_components_,)
        Sum of cross-products between different views along each direction, the largest first.
    reliability_ : ndarray of shape (n_components_,)
        Shared part of the variance along each direction, 0 to 1.
    mean_ : ndarray of shape (n_features,)
    scores_ : list of ndarray of shape (n_people, n)
        The people fitted, each view in its principal directions: all that shared directions are sought in.

    Raises
    ------
    ValueError
        If ``widths`` do not add up to the number of features, X holds fewer than two people, or fewer than one
        direction is asked for.
    """

    def __init__(
        self,
        n_components: int = N_COMPONENTS,
        widths: Sequence[int] | None = None,
        n_view_components: int = N_VIEW_COMPONENTS,
    ) -> None:
        self.n_components = n_components
        self.widths = widths
        self.n_view_components = n_view_components

    def fit(self, X: Any, y: object = None) -> SharedComponents:  # noqa: ARG002 - part of the contract
        """Find the directions of people in rows, shape (n_people, n_features)."""
        check_scalar(self.n_components, "n_components", Integral, min_val=1)
        check_scalar(self.n_view_components, "n_view_components", Integral, min_val=1)
        X = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=2)
        views = _slices(self.widths, X.shape[1])
        self.mean_ = X.mean(axis=0, dtype=np.float64)
        bases, scores = _principal(X, views, self.mean_, self.n_view_components)
        self.scores_ = scores
        product = _between(scores) if len(views) > 1 else scores[0].T @ scores[0]
        shared, directions = _leading(product, self.n_components)
        varied = ((np.hstack(scores) @ directions) ** 2).sum(axis=0)
        self.shared_ = shared
        self.reliability_ = np.clip(
            np.divide(shared, varied, out=np.zeros_like(shared), where=varied > 1e-12), 0.0, 1.0
        )
        self.components_ = _expanded(bases, directions) * self.reliability_
        return self

    def transform(self, X: Any) -> FloatArray:
        """Return the people's places along the directions, shape (n_people, n_components_)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        return np.concatenate([(rows - self.mean_) @ self.components_ for rows in _steps(X)])

    def contributions(self, X: Any) -> FloatArray:
        """Return what each view adds to the people's places, shape (n_views, n_people, n_components_)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        views = _slices(self.widths, X.shape[1])
        return np.stack(
            [
                np.concatenate(
                    [(rows[:, view] - self.mean_[view]) @ self.components_[view] for rows in _steps(X)]
                )
                for view in views
            ]
        )


@dataclass(frozen=True, slots=True)
class Chance:
    """What views share beside what they share by chance.

    Parameters
    ----------
    level : float
        What the first shared direction reaches by chance, in the median.
    deviations : float
        How many standard deviations of chance all that the views share lies above its mean.
    """

    level: float
    deviations: float


def parallel_analysis(
    X: Any, widths: Sequence[int], present: NDArray[np.bool_], seed: int, n_draws: int = N_DRAWS
) -> Chance:
    """Compare what views share with what they share when every item's answers are dealt anew among its writers.

    Parameters
    ----------
    X : ndarray of shape (n_people, n_features)
        Views side by side; zeros where somebody gave no answer.
    widths : sequence of int
        Columns of each view, two or more views.
    present : bool ndarray of shape (n_people, n_views)
        Who answered.
    seed : int
    n_draws : int, default 40

    Notes
    -----
    Horn's parallel analysis (1965, "A rationale and test for the number of factors in factor analysis"), with
    permutations in place of normal variates (Buja & Eyuboglu 1992) and on the covariance between views. Whether
    anything is shared is asked of all directions at once, by the sum of squared covariances between views (the
    permutation test of Escoufier's RV coefficient, Heo & Gabriel 1998): what personas share lies along several
    directions, of which the first is a part. Dealing anew leaves the principal directions of a view as they are, so
    those are found once.
    """
    _, scores = _principal(
        X, _slices(widths, X.shape[1]), X.mean(axis=0, dtype=np.float64), N_VIEW_COMPONENTS
    )
    random = np.random.default_rng(seed)
    draws = [[_dealt(who, random) for who in present.T] for _ in range(n_draws)]

    def share(draw: Sequence[IntArray]) -> tuple[float, float]:
        product = _between([view[rows] for view, rows in zip(scores, draw, strict=True)])
        return _largest(product), float(np.linalg.norm(product))

    chance = np.array(side_by_side(share, draws))
    beyond = float(np.linalg.norm(_between(scores)) - chance[:, 1].mean())
    return Chance(float(np.median(chance[:, 0])), beyond / max(float(chance[:, 1].std(ddof=1)), 1e-12))


def _slices(widths: Sequence[int] | None, n_features: int) -> list[slice]:
    widths = (n_features,) if widths is None else tuple(widths)
    if sum(widths) != n_features:
        raise ValueError(f"widths add up to {sum(widths)}, but X has {n_features} features")
    ends = np.cumsum(widths).tolist()
    return [slice(end - width, end) for end, width in zip(ends, widths, strict=True) if width]


def _principal(
    X: FloatArray, views: Sequence[slice], mean: FloatArray, n_components: int
) -> tuple[list[FloatArray], list[FloatArray]]:
    """Principal directions of each view, shape (width, m), and the people's scores on them, shape (n_people, m)."""
    bases, scores = [], []
    for view in views:
        centred = X[:, view] - mean[view]
        # The smaller of the two products has the same leading directions and is decomposed in milliseconds.
        wide = centred.shape[0] < centred.shape[1]
        values, vectors = _leading(centred @ centred.T if wide else centred.T @ centred, n_components)
        # Along a direction without variance there is nothing but rounding errors; one is kept if all are such.
        vectors = vectors[:, : max(1, int((values > 1e-10 * max(values[0], 1e-12)).sum()))]
        basis = centred.T @ vectors if wide else vectors
        basis = basis / np.maximum(np.linalg.norm(basis, axis=0), 1e-12)
        bases.append(basis)
        scores.append(centred @ basis)
    return bases, scores


def _between(scores: Sequence[FloatArray]) -> FloatArray:
    """Cross-products of all columns, zero within a view, which says nothing about what views share."""
    stacked = np.hstack(scores)
    product = stacked.T @ stacked
    for view in _slices([of_view.shape[1] for of_view in scores], len(product)):
        product[view, view] = 0
    return np.asarray(product)


def _leading(product: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """The n largest eigenvalues of a symmetric matrix, descending, and their vectors with a fixed sign."""
    size = len(product)
    values, vectors = eigh(product, subset_by_index=[max(0, size - n), size - 1])
    values, vectors = values[::-1], vectors[:, ::-1]
    # The sign of a direction is arbitrary; fix it by its largest entry.
    largest = vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])]
    return values, vectors * np.where(largest < 0, -1.0, 1.0)


def _largest(product: FloatArray) -> float:
    """The largest eigenvalue of a symmetric matrix, by Lanczos steps: a twentieth of the time of all of them."""
    if len(product) < MIN_LANCZOS or not product.any():
        return float(_leading(product, 1)[0][0])
    return float(eigsh(product, 1, which="LA", v0=np.ones(len(product)), return_eigenvectors=False)[0])


def _expanded(bases: Sequence[FloatArray], directions: FloatArray) -> FloatArray:
    """Directions among the principal ones of each view, written in the columns of X."""
    views = _slices([basis.shape[1] for basis in bases], len(directions))
    return np.concatenate([basis @ directions[view] for basis, view in zip(bases, views, strict=True)])


def _dealt(answered: NDArray[np.bool_], random: np.random.Generator) -> IntArray:
    """Whose answer everybody has when those that there are were dealt anew."""
    rows, dealt = np.flatnonzero(answered), np.arange(len(answered))
    dealt[rows] = random.permutation(rows)
    return dealt


def _steps(X: FloatArray) -> Iterator[FloatArray]:
    return (X[start : start + ROWS_PER_STEP] for start in range(0, len(X), ROWS_PER_STEP))
