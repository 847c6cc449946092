"""Rates and ratios are those of the rule and of fairlearn; small groups stay hidden; chance is told apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.exceptions import AnalysisError
from analysis.fairness import AND, MIN_PEOPLE, Gate, above_median, impact, self_check


def people(**groups: tuple[int, int]) -> tuple[Gate, list[str]]:
    """A gate and the groups of its people, from ``group=(passed, failed)``."""
    names = [name for name, counts in groups.items() for _ in range(sum(counts))]
    passed = [i < counts[0] for counts in groups.values() for i in range(sum(counts))]
    return Gate("gate", tuple(passed)), names


def groups_of(gate: Gate, names: list[str]):
    return {group.name: group for group in impact(gate, "dimension", names).groups}


def test_scoring_rate_is_the_share_above_the_median_of_everybody():
    gate = above_median("score", [10, 20, 30, None, 40, 50])

    assert gate.passed == (False, False, False, None, True, True)


def test_a_case_worked_out_by_hand():
    found = groups_of(*people(men=(30, 20), women=(20, 30), other=(5, 5)))

    assert [(g.n, g.rate, g.ratio) for g in found.values()] == [
        (50, 0.6, 1.0),
        (10, 0.5, pytest.approx(5 / 6)),
        (50, 0.4, pytest.approx(2 / 3)),
    ]
    assert [name for name, group in found.items() if group.is_low] == ["women"]
    # Fisher's test of (20, 30) against (30, 20): sum over the hypergeometric distribution, by hand.
    assert found["women"].p == pytest.approx(0.071, abs=0.001)
    assert found["men"].p is None
    assert found["women"].low < 2 / 3 < found["women"].high


@pytest.mark.parametrize("seed", range(3))
def test_rates_and_ratios_equal_fairlearn(seed: int):
    metrics = pytest.importorskip("fairlearn.metrics")
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 101, 400).astype(float)
    names = rng.choice(["a", "b", "c"], 400, p=[0.6, 0.3, 0.1])
    gate = above_median("score", list(scores))
    frame = metrics.MetricFrame(
        metrics=metrics.selection_rate, y_true=scores, y_pred=np.array(gate.passed), sensitive_features=names
    )

    found = groups_of(gate, list(names))

    for name, rate in frame.by_group.items():
        assert abs(found[name].rate - rate) < 1e-12
        assert abs(found[name].ratio - rate / frame.by_group.max()) < 1e-12
    assert abs(min(g.ratio for g in found.values()) - frame.ratio(method="between_groups")) < 1e-12


def test_a_group_under_five_shows_nothing_and_is_no_standard():
    found = groups_of(*people(few=(MIN_PEOPLE - 1, 0), men=(30, 20), women=(25, 25)))

    few = found["few"]
    assert (few.n, few.rate, few.ratio, few.low, few.p, few.gap) == (None, None, None, None, None, "hidden")
    assert found["men"].ratio == 1.0


def test_a_group_under_two_percent_has_a_count_a_rate_and_no_ratio():
    found = groups_of(*people(rare=(6, 0), men=(100, 100), women=(90, 110)))

    assert (found["rare"].n, found["rare"].rate, found["rare"].ratio, found["rare"].gap) == (
        6,
        1.0,
        None,
        "left out",
    )
    assert found["men"].ratio == 1.0


def test_who_has_not_said_counts_as_unknown_and_in_the_median():
    gate = above_median("score", [1] * 5 + [9] * 5 + [0] * 12)
    names = ["a"] * 5 + ["b"] * 5 + [""] * 12

    found = impact(gate, "dimension", names)

    assert (found.n, found.n_unknown) == (22, 12)
    assert {group.name: group.rate for group in found.groups} == {"a": 1.0, "b": 1.0}


def test_who_never_came_to_a_gate_is_not_assessed():
    gate = Gate("gate", (None,) * 10 + (True,) * 5 + (False,) * 5)

    found = impact(gate, "dimension", ["a"] * 15 + ["b"] * 5)

    assert (found.n, [(g.name, g.n) for g in found.groups]) == (10, [("a", 5), ("b", 5)])


@pytest.mark.parametrize("groups", [{"a": (0, 9), "b": (0, 9)}, {"a": (3, 3)}, {"a": (3, 3), "b": (1, 1)}])
def test_without_a_second_group_or_anybody_who_passes_there_is_no_ratio(groups):
    found = groups_of(*people(**groups))

    assert {group.gap for group in found.values()} <= {"no comparison", "hidden"}
    assert {group.ratio for group in found.values()} == {None}


def test_nobody_at_all_is_no_error():
    assert impact(Gate("gate", ()), "dimension", []).groups == ()
    assert above_median("score", [None, None]).passed == (None, None)


def test_intersections_are_of_every_two_dimensions():
    gate, sex = people(men=(10, 10), women=(10, 10))
    origin = ["north", "south"] * 20
    origin[0] = ""

    found = self_check([gate], {"sex": sex, "origin": origin})

    assert [one.dimension for one in found] == ["sex", "origin", f"sex{AND}origin"]
    assert [group.name for group in found[2].groups] == [
        f"{a}{AND}{b}" for a in ("men", "women") for b in ("north", "south")
    ]
    assert found[2].n_unknown == 1


def test_gate_and_groups_must_be_about_the_same_people():
    with pytest.raises(AnalysisError, match="one entry per person"):
        impact(Gate("gate", (True,)), "dimension", ["a", "b"])


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "c", ""]), st.booleans()), max_size=80),
    st.randoms(use_true_random=False),
)
def test_order_changes_nothing_and_ratios_are_bounded(rows, random):
    shuffled = random.sample(rows, len(rows))
    one, other = (
        impact(Gate("gate", tuple(passed for _, passed in some)), "dimension", [name for name, _ in some])
        for some in (rows, shuffled)
    )

    assert one == other
    for group in one.groups:
        assert group.ratio is None or 0 <= group.low <= group.high <= 1
        assert group.ratio is None or (0 <= group.ratio <= 1 and (group.p is None or 0 <= group.p <= 1))
        assert (group.n is None) == (group.gap == "hidden")


def test_the_interval_is_that_of_resampled_people():
    gate, names = people(men=(40, 20), women=(25, 35))
    rng = np.random.default_rng(1)
    passed, women = np.array(gate.passed), np.array(names) == "women"
    ratios = []
    for _ in range(2000):
        rates = [rng.choice(passed[of], of.sum()).mean() for of in (~women, women)]
        ratios.append(rates[1] / max(rates))

    found = groups_of(gate, names)["women"]

    assert [found.low, found.high] == pytest.approx(list(np.quantile(ratios, [0.025, 0.975])), abs=0.03)


def test_rare_passes_make_an_interval_without_a_warning():
    found = groups_of(*people(men=(1, 9), women=(0, 10)))

    assert (found["women"].ratio, found["women"].low, found["women"].high) == (0.0, 0.0, 0.0)
    assert found["men"].high == 1.0
