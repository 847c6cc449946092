"""Groups in numbers: recovered when planted, the same on every run, numbered by size."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import estimator_checks_generator

from analysis.clustering import ConsensusKMeans, by_size, core_of
from analysis.crosscheck import foretold
from analysis.kmeans import kmeans, nearest
from analysis.shared import SharedComponents
from analysis.stability import band, bootstrap_jaccard
from tests.analysis.made_views import planted_views


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=f"{type(estimator).__name__}-{check.func.__name__}")
        for made in (ConsensusKMeans(n_clusters=3, n_restarts=20), SharedComponents())
        for estimator, check in estimator_checks_generator(made)
        # Skips itself: it is for estimators that claim to take arrays of other libraries.
        if check.func.__name__ != "check_array_api_input"
    ],
)
def test_the_core_keeps_the_contract_of_scikit_learn(estimator, check) -> None:
    check(estimator)


def test_consensus_finds_planted_groups() -> None:
    views, truth = planted_views()

    found = ConsensusKMeans(3).fit(views.stacked)

    assert adjusted_rand_score(truth, found.labels_) == 1.0
    assert found.n_clusters_ == 3


def test_further_people_are_placed_like_those_who_were_fitted() -> None:
    views, truth = planted_views()
    X = views.stacked

    found = ConsensusKMeans(3).fit(X[::2]).predict(X)

    assert adjusted_rand_score(truth, found) == 1.0


def test_fewer_distinct_rows_than_groups_make_fewer_groups() -> None:
    found = ConsensusKMeans(5, n_restarts=5).fit(np.repeat([[0.0, 0.0], [1.0, 1.0]], 10, axis=0))

    assert found.n_clusters_ == 2


@pytest.mark.parametrize(
    ("estimator", "error"),
    [
        (ConsensusKMeans(0), ValueError),
        (ConsensusKMeans(n_restarts=0), ValueError),
        (ConsensusKMeans(2.5), TypeError),
        (SharedComponents(0), ValueError),
        (SharedComponents(n_view_components=0), ValueError),
    ],
)
def test_parameters_out_of_range_are_named(
    estimator: ConsensusKMeans | SharedComponents, error: type[Exception]
) -> None:
    with pytest.raises(error, match="n_"):
        estimator.fit(np.eye(6))


def test_core_is_everybody_in_a_small_survey() -> None:
    assert core_of(5, seed=0).tolist() == [0, 1, 2, 3, 4]


def test_how_well_voters_foretell_hangs_less_on_the_draw_than_what_one_consensus_foretells() -> None:
    views, _ = planted_views(n=60, noise=4.0)
    by_view = [*views.blocks.values()]
    fits = [ConsensusKMeans(4, 20, seed).fit(views.stacked, views=by_view) for seed in range(8)]

    of_consensus = [foretold(fit.labels_[None], by_view, 4)[0] for fit in fits]

    assert np.std([fit.foretold_ for fit in fits]) < 0.7 * np.std(of_consensus)
    assert np.isnan(ConsensusKMeans(2, 3).fit(views.stacked).foretold_)


def test_core_of_a_large_survey_is_a_sample_without_repeats() -> None:
    core = core_of(10_000, seed=0)

    assert len(set(core.tolist())) == 3_000


def test_groups_are_numbered_by_size() -> None:
    assert by_size(np.array([2, 0, 0, 1, 0, 1])).tolist() == [2, 0, 0, 1, 0, 1]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_kmeans_is_as_tight_as_scikit_learns(seed: int, k: int) -> None:
    Z = np.random.default_rng(seed).normal(size=(40, 3))

    ours = kmeans(Z, k, n_restarts=20, seed=seed)
    theirs = KMeans(k, n_init=10, random_state=seed).fit(Z)

    assert ours.inertia.min() <= 1.1 * theirs.inertia_ + 1e-9
    assert np.array_equal(ours.labels[ours.best], nearest(Z, ours.centres[ours.best]))


def test_kmeans_takes_fewer_rows_than_groups() -> None:
    assert kmeans(np.array([[0.0], [1.0]]), 5, n_restarts=3, seed=0).labels.shape == (3, 2)


def test_planted_groups_are_stable_and_noise_is_not() -> None:
    def jaccard(X: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
        def group(draws: Sequence[np.ndarray], seeds: Sequence[int]) -> list[np.ndarray]:
            return [
                ConsensusKMeans(k, 10, seed).fit(X[rows]).labels_
                for rows, seed in zip(draws, seeds, strict=True)
            ]

        return bootstrap_jaccard(labels, group, seed=0, n_draws=10)

    views, truth = planted_views()
    noise = np.random.default_rng(0).normal(size=(90, 15))

    assert jaccard(views.stacked, truth, 3) == pytest.approx(np.ones(3))
    assert jaccard(noise, ConsensusKMeans(5).fit(noise).labels_, 5).max() < 0.75


@pytest.mark.parametrize(
    ("jaccard", "words"),
    [
        (0.85, "highly stable"),
        (0.75, "stable"),
        (0.6, "a pattern, but membership is doubtful"),
        (0.59, "not to be trusted yet"),
    ],
)
def test_bands_are_hennigs(jaccard: float, words: str) -> None:
    assert band(jaccard) == words


@pytest.mark.parametrize(("n", "k", "begun"), [(120, 3, 3), (240, 3, 4), (900, 3, 6)])
def test_of_many_people_restarts_begin_with_more_clusters(
    n: int, k: int, begun: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    views, truth = planted_views(n=n, n_groups=k)
    asked: list[int] = []

    def counted(X: np.ndarray, n_clusters: int, **settings: int) -> object:
        asked.append(n_clusters)
        return kmeans(X, n_clusters, **settings)

    monkeypatch.setattr("analysis.clustering.kmeans", counted)
    blocks = [*views.blocks.values()]
    found = ConsensusKMeans(k, n_restarts=8).fit(views.stacked, views=blocks)

    assert asked[0] == begun
    assert found.n_clusters_ == k
    assert adjusted_rand_score(truth, found.labels_) > 0.9
