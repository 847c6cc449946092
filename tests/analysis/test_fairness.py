"""Rates and ratios are those of the rule and of fairlearn; small groups stay hidden; chance is told apart."""

from __future__ import annotations

from importlib import import_module

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
    metrics = import_module("fairlearn.metrics")  # only here: it takes a second to load
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


def shown(found):
    return {group.name: group.n for group in found.groups if group.gap != "hidden"}


def test_a_group_under_five_shows_nothing_and_is_no_standard():
    gate, names = people(few=(MIN_PEOPLE - 1, 0), men=(30, 20), women=(25, 25))
    found = groups_of(Gate("gate", (*gate.passed, *[False] * 5)), [*names, *[""] * 5])

    few = found["few"]
    assert (few.n, few.rate, few.ratio, few.low, few.p, few.gap) == (None, None, None, None, None, "hidden")
    assert found["men"].ratio == 1.0


def test_a_small_group_takes_another_with_it_where_all_others_would_tell_its_size():
    alone = impact(*together(few=(3, 1), men=(30, 20), women=(20, 20)))
    with_others = impact(*together(few=(3, 1), other=(1, 0), men=(30, 20), women=(20, 20)))

    assert (shown(alone), alone.n, alone.n_unknown) == ({"men": 50}, 94, 44)
    # Two small groups of five people in all are told from nothing: no third has to go.
    assert (shown(with_others), with_others.n_unknown) == ({"men": 50, "women": 40}, 5)


def together(**groups: tuple[int, int]):
    gate, names = people(**groups)
    return gate, "dimension", names


def test_a_small_intersection_cannot_be_had_from_the_two_dimensions():
    cells = {("men", "old"): 20, ("men", "young"): 30, ("women", "old"): 20, ("women", "young"): 3}
    rows = [cell for cell, n in cells.items() for _ in range(n)]
    gate = Gate("gate", tuple(i % 2 == 0 for i in range(len(rows))))

    sex, age, both = self_check([gate], {"sex": [s for s, _ in rows], "age": [a for _, a in rows]})

    assert shown(sex) == {"men": 50, "women": 23}
    assert shown(age) == {"old": 40, "young": 33}
    # 23 women less 20 would be the three, and so would 33 young people less 30.
    assert shown(both) == {f"men{AND}old": 20}


PAIRS = [(one, other) for one in ("a", "b", "c", "") for other in ("x", "y", "")]


@given(st.lists(st.integers(0, 12), min_size=len(PAIRS), max_size=len(PAIRS)))
def test_no_total_less_what_is_shown_is_about_few_people(sizes):
    assessed = [pair for pair, n in zip(PAIRS, sizes, strict=True) for _ in range(n)]
    gate = Gate("gate", tuple(i % 3 == 0 for i in range(len(assessed))))
    one, other = [a for a, _ in assessed], [b for _, b in assessed]

    first, second, both = self_check([gate], {"one": one, "other": other})

    for found in (first, second, both):
        hidden = [group for group in found.groups if group.gap == "hidden"]
        left = found.n - sum(shown(found).values())
        assert found.n_unknown == left
        assert not hidden or not shown(found) or left >= MIN_PEOPLE
    for place, margin in enumerate((first, second)):
        for name, n in shown(margin).items():
            cells = {group.name: group for group in both.groups if group.name.split(AND)[place] == name}
            kept = sum(group.n for group in cells.values() if group.n is not None)
            assert (
                not kept
                or kept == sum(all(person) and person[place] == name for person in assessed)
                or n - kept >= MIN_PEOPLE
            )


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
