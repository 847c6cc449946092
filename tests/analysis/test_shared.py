"""What views share: found across views, worth nothing within one, counted against chance."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.grouping import MIN_DEVIATIONS
from analysis.shared import SharedComponents, parallel_analysis
from tests.analysis.made_views import dealt, planted_views


def test_a_direction_that_one_view_varies_along_alone_is_not_shared() -> None:
    random = np.random.default_rng(0)
    shared = random.normal(size=(200, 1))
    loud = 2 * random.normal(size=(200, 1))
    noise = 0.3 * random.normal(size=(200, 6))
    nothing = np.zeros((200, 1))
    X = np.hstack([shared, loud, nothing, shared, nothing, nothing]) + noise

    found = SharedComponents(n_components=1, widths=(3, 3)).fit(X)
    principal = SharedComponents(n_components=1).fit(X)

    assert abs(np.corrcoef(found.transform(X)[:, 0], shared[:, 0])[0, 1]) > 0.95
    assert abs(np.corrcoef(principal.transform(X)[:, 0], loud[:, 0])[0, 1]) > 0.95


def test_what_the_views_add_makes_a_persons_place() -> None:
    views, _ = planted_views(n=40)
    X = views.stacked
    shared = SharedComponents(widths=views.widths).fit(X)

    assert shared.contributions(X).sum(axis=0) == pytest.approx(shared.transform(X), abs=1e-9)


def test_one_view_gives_principal_components() -> None:
    X = np.random.default_rng(0).normal(size=(30, 40))
    centred = X - X.mean(axis=0)

    found = SharedComponents(n_components=10).fit(X)

    assert (found.transform(X) ** 2).sum(axis=0) == pytest.approx(
        np.linalg.svd(centred, compute_uv=False)[:10] ** 2
    )


def test_widths_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="widths add up to 5"):
        SharedComponents(widths=(2, 3)).fit(np.zeros((4, 6)))


def test_planted_groups_lie_far_above_chance() -> None:
    views, _ = planted_views(n=200, noise=1.0)

    assert parallel_analysis(views.stacked, views.widths, views.answered, seed=0).deviations > 10


@pytest.mark.parametrize("seed", range(3))
def test_dealt_answers_lie_within_chance(seed: int) -> None:
    views, _ = planted_views(n=200, noise=1.0)

    mixed = dealt(views, seed)
    assert (
        parallel_analysis(mixed.stacked, mixed.widths, mixed.answered, seed=seed).deviations < MIN_DEVIATIONS
    )
