"""Groups out of views: how many, who is large enough to be shown, and the word "no"."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from analysis import grouping as settings
from analysis.grouping import Grouping
from analysis.groups import MIN_PERSONA, NoGroupsError
from analysis.shared import SharedComponents
from analysis.views import Views
from tests.analysis.made_views import dealt, planted_views

pytestmark = pytest.mark.usefixtures("reduced_analysis")


def no_step(_done: int, _label: str) -> None:
    """Nobody watches."""


def test_planted_groups_come_out_with_their_number_and_what_speaks_for_it() -> None:
    views, truth = planted_views(n=120, n_groups=4)

    found = Grouping(views, seed=0).groups(None, no_step)

    assert adjusted_rand_score(truth, found.labels) == 1.0
    assert [one.k for one in found.considered] == [3, 4, 5]
    assert found.considered[1].support == 1 > found.considered[0].support
    assert found.considered[2].support < 1.05
    assert found.stability == pytest.approx(np.ones(4), abs=0.05)


def test_groups_are_the_same_where_half_is_done_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    views, _ = planted_views(n=80, n_groups=3)
    here = Grouping(views, seed=0).groups(None, no_step)
    monkeypatch.setattr(settings, "MANY_PEOPLE", 0)

    apart = Grouping(views, seed=0).groups(None, no_step)

    assert apart.considered == here.considered
    for one, other in zip(
        (apart.labels, apart.membership, apart.stability),
        (here.labels, here.membership, here.stability),
        strict=True,
    ):
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_as_many_groups_are_taken_as_foretell_answers_better(n_groups: int) -> None:
    views, _ = planted_views(n=160, noise=1.0, n_groups=n_groups)

    assert [one.k for one in Grouping(views, seed=0).groups(None, no_step).considered][-2] == n_groups


def test_the_seed_measures_groups_and_does_not_make_them() -> None:
    views, _ = planted_views(n=90, noise=3.0)
    groupings = [Grouping(views, seed) for seed in (0, 1)]

    one, other = (grouping.cluster(3) for grouping in groupings)

    assert np.array_equal(one, other)
    assert not np.array_equal(groupings[0].shares(one), groupings[1].shares(one))


def test_a_small_group_is_found_when_it_is_distinct() -> None:
    views, truth = planted_views(n=200, n_groups=4, sizes=(0.4, 0.3, 0.23, 0.07))

    found = Grouping(views, seed=0).groups(None, no_step)

    assert adjusted_rand_score(truth, found.labels) > 0.95
    assert found.stability[-1] > 0.75


def test_dealt_answers_are_refused_with_what_was_considered() -> None:
    views, _ = planted_views()

    with pytest.raises(NoGroupsError, match="nothing shared") as refused:
        Grouping(dealt(views, 0), seed=0).groups(None, no_step)

    assert refused.value.considered


def test_groups_under_ten_people_are_dissolved() -> None:
    views, truth = planted_views(n=64, n_groups=8)
    grouping = Grouping(views, seed=0)

    labels, shares = grouping.settled(truth)

    sizes = np.bincount(labels[labels >= 0])
    assert sizes.min() >= MIN_PERSONA
    assert shares.shape == (64, len(sizes))
    assert sizes.tolist() == sorted(sizes, reverse=True)


@pytest.mark.parametrize(("n_small", "n_left"), [(10, 3), (9, 2)])
def test_a_group_is_kept_from_ten_people_on(n_small: int, n_left: int) -> None:
    views, truth = planted_views(n=90, noise=0.2)
    sizes = (20, 20, n_small)
    rows = np.concatenate([np.flatnonzero(truth == group)[:size] for group, size in enumerate(sizes)])

    labels, shares = Grouping(views.take(rows), seed=0).settled(truth[rows])

    assert (len(set(labels[labels >= 0].tolist())), shares.shape[1]) == (n_left, n_left)


def test_a_group_too_small_to_be_shown_does_not_hide_two_that_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    views, truth = planted_views(n=60)
    rows = np.concatenate([np.flatnonzero(truth == group)[:size] for group, size in enumerate((19, 19, 8))])
    apart = {2: truth[rows] // 2, 3: truth[rows]}
    monkeypatch.setattr(Grouping, "cluster", lambda _self, k: apart[k])

    found = Grouping(views.take(rows), seed=0).groups(None, no_step)

    assert adjusted_rand_score(truth[rows[:38]], found.labels[:38]) == 1.0
    assert [one.k for one in found.considered] == [2, 3]
    assert (found.n_formed, len(found.stability)) == (3, 2)


def test_one_large_group_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    views, _ = planted_views(n=100)
    monkeypatch.setattr(Grouping, "cluster", lambda _self, _k: (np.arange(100) < 6).astype(int))

    with pytest.raises(NoGroupsError, match="one group"):
        Grouping(views, seed=0).groups(2, no_step)


def test_people_beyond_the_core_are_placed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.clustering.CORE_SIZE", 60)
    views, truth = planted_views(n=120)

    found = Grouping(views, seed=0).groups(None, no_step)

    assert adjusted_rand_score(truth, found.labels) == 1.0


def test_views_are_never_all_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.clustering.CORE_SIZE", 60)
    monkeypatch.setattr("analysis.grouping.ROWS_PER_STEP", 50)
    monkeypatch.setattr("analysis.membership.ROWS_PER_STEP", 50)
    views, _ = planted_views(n=120)
    stacked = []
    side_by_side = Views.stacked.fget
    monkeypatch.setattr(Views, "stacked", property(lambda one: stacked.append(len(one)) or side_by_side(one)))

    Grouping(views, seed=0).groups(3, no_step)

    assert stacked[0] == 60
    assert max(stacked[1:]) == 50


@pytest.mark.parametrize(("in_all", "expected"), [(120 * 25, 25), (120 * 5, 10), (120 * 90, 40)])
def test_the_more_people_the_less_often_all_is_done_again(in_all: int, expected: int) -> None:
    views, _ = planted_views(n=120)

    assert Grouping(views, seed=0)._as_many(in_all, (10, 40)) == expected


def test_stability_is_measured_on_a_bounded_number_of_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analysis.grouping.REDRAWN_SIZE", 60)
    views, truth = planted_views(n=120)
    grouping = Grouping(views, seed=0)
    measured = []
    fit = SharedComponents.fit
    monkeypatch.setattr(
        SharedComponents, "fit", lambda self, X, y=None: measured.append(len(X)) or fit(self, X, y)
    )

    assert grouping.stability(truth) == pytest.approx(np.ones(3), abs=0.05)
    assert len(measured) == max(settings.N_REDRAWN)
    assert max(measured) < 60
