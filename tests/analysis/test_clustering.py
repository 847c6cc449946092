"""Groups in numbers: recovered when planted, worth nothing when shuffled, the same whatever the order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from analysis.clustering import by_size, consensus, core_of, cross_view_gains, reduce, shuffle
from analysis.kmeans import kmeans, nearest
from analysis.stability import band, bootstrap_jaccard
from analysis.views import Views


def planted_views(n: int = 90, noise: float = 0.5, seed: int = 0) -> tuple[Views, np.ndarray]:
    """Three groups that differ in three items of 20 dimensions."""
    random = np.random.default_rng(seed)
    truth = np.arange(n) % 3
    blocks, present = {}, {}
    for item in ("a", "b", "c"):
        block = random.normal(size=(3, 20))[truth] + noise * random.normal(size=(n, 20))
        block -= block.mean(axis=0)
        blocks[item] = (block / np.linalg.norm(block, axis=1, keepdims=True)).astype(np.float32)
        present[item] = np.ones(n, dtype=bool)
    return Views(blocks, present, np.zeros((n, 0), dtype=np.float32)), truth


def test_consensus_finds_planted_groups() -> None:
    views, truth = planted_views()

    found = consensus(reduce(views, np.arange(len(views))), 3, seed=0)

    assert adjusted_rand_score(truth, found.labels) == 1.0
    assert found.membership.sum(axis=1) == pytest.approx(np.ones(len(truth)))
    assert found.affinity.max() <= 1.0


def test_people_outside_the_core_are_placed_like_those_inside() -> None:
    views, truth = planted_views()
    core = np.arange(0, len(views), 2)

    found = consensus(reduce(views, core), 3, seed=0, core=core)

    assert adjusted_rand_score(truth, found.labels) == 1.0


def test_gain_is_positive_for_planted_groups_and_gone_when_shuffled() -> None:
    views, _ = planted_views()
    mixed = shuffle(views, seed=1)

    gain = cross_view_gains(views, reduce(views, np.arange(90)), 3, seed=0, n_repeats=2).mean()
    chance = cross_view_gains(mixed, reduce(mixed, np.arange(90)), 3, seed=0, n_repeats=2).mean()

    assert gain > 300
    assert chance < 10


def test_shuffling_keeps_every_answer_of_an_item() -> None:
    views, _ = planted_views()

    mixed = shuffle(views, seed=1)

    assert sorted(map(tuple, mixed.blocks["a"])) == sorted(map(tuple, views.blocks["a"]))
    assert not np.array_equal(mixed.blocks["a"], views.blocks["a"])


def test_reduce_does_not_depend_on_which_product_is_smaller() -> None:
    views, _ = planted_views(n=90)
    few = views.take(np.arange(30))
    X = few.stacked.astype(float)
    X -= X.mean(axis=0)

    Z = reduce(few, np.arange(30))

    variances = np.linalg.svd(X, compute_uv=False)[:15] ** 2
    assert (Z**2).sum(axis=0) == pytest.approx(variances, rel=1e-6)


def test_core_is_everybody_in_a_small_survey() -> None:
    assert core_of(5, seed=0).tolist() == [0, 1, 2, 3, 4]


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
    views, truth = planted_views()
    noise = np.random.default_rng(0).normal(size=(90, 15))

    stable = bootstrap_jaccard(reduce(views, np.arange(90)), truth, seed=0, n_draws=10)
    unstable = bootstrap_jaccard(noise, consensus(noise, 5, seed=0).labels, seed=0, n_draws=10)

    assert stable == pytest.approx(np.ones(3))
    assert unstable.max() < 0.75


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
