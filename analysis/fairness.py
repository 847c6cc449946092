"""How a selection falls on groups of people: rates, impact ratios, and how far chance could have made them.

Scoring rate and impact ratio are those of New York City's rule on automated employment decision tools (6 RCNY
5-301): of a group, the share whose score lies above the median of the whole sample; and that rate divided by the
highest group's. A ratio under four fifths is what the Uniform Guidelines (29 CFR 1607.4 D) call evidence of adverse
impact. Whom a score belongs to and what counts as a selection, the caller says. What comes out is a self-check: an
audit that the rule asks for is done by somebody independent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from scipy.stats import fisher_exact

from analysis.exceptions import AnalysisError

#: A group of fewer people is not shown: its rate would tell about each of them.
MIN_PEOPLE = 5
#: A group with a smaller share of those compared is left out of the ratios, as the rule of New York allows.
MIN_SHARE = 0.02
#: Under this ratio the Uniform Guidelines see evidence of adverse impact.
FOUR_FIFTHS = 0.8
#: Resamples of the interval, and its coverage.
N_RESAMPLES = 2000
COVERAGE = 0.95
#: What stands over every result.
NOTE = (
    "This is a self-check. It is not the independent bias audit that the law of New York City asks for, and it does "
    "not show that a selection is lawful."
)
#: Joins the two values of an intersection, and the two dimensions.
AND = " & "

#: Why a group has no ratio: not shown because few people could be told from it, too small a share, or no other group.
Gap = Literal["", "hidden", "left out", "no comparison"]


@dataclass(frozen=True, slots=True)
class Group:
    """One group at one gate.

    Parameters
    ----------
    name : str
        The group; for an intersection both values, joined by :data:`AND`.
    n : int or None
        How many of it were assessed; None if they are fewer than :data:`MIN_PEOPLE`, or if what is shown of all
        others would leave fewer.
    rate : float or None
        Share of them that passed, 0 to 1.
    ratio : float or None
        Impact ratio: the rate divided by the highest rate of any group compared, 0 to 1.
    low, high : float or None
        Where the ratio lies in 95 of 100 resamples.
    p : float or None
        Fisher's exact test, two-sided, against the group with the highest rate; None for that group itself.
    gap : str
        Why there is no ratio; empty if there is one.
    """

    name: str
    n: int | None
    rate: float | None
    ratio: float | None
    low: float | None
    high: float | None
    p: float | None
    gap: Gap

    @property
    def is_low(self) -> bool:
        """Whether the ratio is under four fifths."""
        return self.ratio is not None and self.ratio < FOUR_FIFTHS


@dataclass(frozen=True, slots=True)
class Impact:
    """One gate for the groups of one dimension, or of two dimensions together.

    Parameters
    ----------
    gate, dimension : str
    n : int
        How many people were assessed.
    n_unknown : int
        How many of them are in no group that is shown: they have not said, or theirs is hidden. They count in the
        median, in no rate.
    groups : tuple of Group
        By name.
    """

    gate: str
    dimension: str
    n: int
    n_unknown: int
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """Where people pass or do not: ``passed`` by person, True, False, or None for somebody who never came to it."""

    name: str
    passed: tuple[bool | None, ...]


def above_median(name: str, scores: Sequence[float | None]) -> Gate:
    """Return the gate of the scoring rate: who scores above the median of everybody with a score.

    Parameters
    ----------
    name : str
    scores : sequence of float or None, shape (n_people,)
        None for somebody without a score.
    """
    known = [score for score in scores if score is not None]
    median = float(np.median(known)) if known else 0.0
    return Gate(name, tuple(None if score is None else score > median for score in scores))


def gates_of(fits: Sequence[int | None], bands: Sequence[str | None]) -> tuple[Gate, ...]:
    """Return the gates that a score makes: being scored at all, the scoring rate, band A, band A or B.

    Parameters
    ----------
    fits : sequence of int or None, shape (n_people,)
        None where there was not enough evidence; such people are assessed at the first gate only.
    bands : sequence of str or None, shape (n_people,)
        Empty or None where there is no fit.
    """
    return (
        Gate("scored", tuple(fit is not None for fit in fits)),
        above_median("above median", fits),
        Gate("band A", tuple(band == "A" if band else None for band in bands)),
        Gate("band A or B", tuple(band in ("A", "B") if band else None for band in bands)),
    )


def self_check(
    gates: Sequence[Gate], groups: Mapping[str, Sequence[str]], *, seed: int = 0
) -> tuple[Impact, ...]:
    """Compare the groups of every dimension, and of every two dimensions, at every gate.

    Parameters
    ----------
    gates : sequence of Gate
    groups : mapping of str to sequence of str, shape (n_people,)
        By dimension, the group each person says they belong to; empty where they have not said.
    seed : int, default=0
        Of the resampling.

    Raises
    ------
    AnalysisError
        If a gate and a dimension are about different numbers of people.
    """
    alone: list[tuple[str, Sequence[str], tuple[Sequence[str], ...]]]
    alone = [(name, values, ()) for name, values in groups.items()]
    together = [
        (one + AND + other, _both(groups[one], groups[other]), (groups[one], groups[other]))
        for one, other in combinations(groups, 2)
    ]
    return tuple(
        impact(gate, dimension, values, margins=margins, seed=seed)
        for gate in gates
        for dimension, values, margins in alone + together
    )


def _both(one: Sequence[str], other: Sequence[str]) -> list[str]:
    return [f"{a}{AND}{b}" if a and b else "" for a, b in zip(one, other, strict=True)]


def impact(
    gate: Gate,
    dimension: str,
    groups: Sequence[str],
    *,
    margins: Sequence[Sequence[str]] = (),
    seed: int = 0,
) -> Impact:
    """Compare the groups of one dimension at one gate.

    Parameters
    ----------
    gate : Gate
    dimension : str
    groups : sequence of str, shape (n_people,)
        Empty where somebody has not said.
    margins : sequence of sequences of str, each of shape (n_people,)
        Of an intersection the two dimensions, whose figures are shown as well: what is hidden must not be found by
        subtracting from theirs.
    seed : int, default=0

    Notes
    -----
    The interval resamples the people of each group, which for pass or fail is a binomial draw (B. Efron and R.
    Tibshirani, *An Introduction to the Bootstrap*, 1993, ch. 13: percentiles). It takes the sizes of the groups and the
    median as given, and where all or none of a group pass, it has no width: the test is the guide there.

    Raises
    ------
    AnalysisError
        If gate and groups are about different numbers of people.
    """
    if len(gate.passed) != len(groups):
        raise AnalysisError(
            f"The gate “{gate.name}” is about {len(gate.passed)} people and “{dimension}” about {len(groups)}. "
            "Give one entry per person to both."
        )
    assessed = [
        (group, passed) for group, passed in zip(groups, gate.passed, strict=True) if passed is not None
    ]
    sizes = Counter(group for group, _ in assessed if group)
    passes = Counter(group for group, passed in assessed if group and passed)
    n_known = sizes.total()
    hidden = _hidden(gate, groups, margins)
    shown = [name for name in sorted(sizes) if name not in hidden]
    compared = [name for name in shown if sizes[name] >= MIN_SHARE * n_known]
    measured = _measured(compared, sizes, passes, seed) if len(compared) > 1 else {}
    return Impact(
        gate.name,
        dimension,
        len(assessed),
        len(assessed) - sum(sizes[name] for name in shown),
        tuple(
            Group(name, None, None, None, None, None, None, "hidden")
            if name in hidden
            else measured.get(name) or _unmeasured(name, sizes[name], passes[name], name in compared)
            for name in sorted(sizes)
        ),
    )


def _hidden(gate: Gate, groups: Sequence[str], margins: Sequence[Sequence[str]]) -> set[str]:
    """Return the groups that are not shown: the small ones, and with them as many that what is left is not small.

    Whoever knows a total, of all or of a group of one of the ``margins``, and takes from it what is shown gets a number
    about at least :data:`MIN_PEOPLE` people (complementary suppression).
    """
    people = [
        (group, *of_margins)
        for passed, group, *of_margins in zip(gate.passed, groups, *margins, strict=True)
        if passed is not None
    ]
    sizes = Counter(group for group, *_ in people if group)
    hidden = {name for name, n in sizes.items() if n < MIN_PEOPLE}
    totals: list[tuple[int, set[str]]] = []
    for place, margin in enumerate(margins, start=1):
        hidden_there = _hidden(gate, margin, ())
        for value in sorted({person[place] for person in people} - {""}):
            within = [person[0] for person in people if person[place] == value]
            totals.append((len(within), set(within) - {""}))
            if value in hidden_there:
                hidden |= totals[-1][1]
    # Of all last: what the margins hide mostly does for them.
    totals.append((len(people), set(sizes)))
    is_done = False
    while not is_done:
        is_done = True
        for total, cells in totals:
            shown = cells - hidden
            left = total - sum(sizes[name] for name in shown)
            if shown and shown != cells and left < MIN_PEOPLE:
                hidden.add(min(shown, key=lambda name: (sizes[name], name)))
                is_done = False
    return hidden


def _unmeasured(name: str, n: int, n_passed: int, is_compared: bool) -> Group:
    gap: Gap = "no comparison" if is_compared else "left out"
    return Group(name, n, n_passed / n, None, None, None, None, gap)


def _measured(
    names: Sequence[str], sizes: Mapping[str, int], passes: Mapping[str, int], seed: int
) -> dict[str, Group]:
    n = np.array([sizes[name] for name in names])
    n_passed = np.array([passes[name] for name in names])
    rates = n_passed / n
    top = int(rates.argmax())
    if not rates[top]:
        return {}
    drawn = np.random.default_rng(seed).binomial(n, rates, size=(N_RESAMPLES, len(names))) / n
    highest = drawn.max(axis=1, keepdims=True)
    somebody = highest[:, 0] > 0
    resampled = drawn[somebody] / highest[somebody]
    tails = ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2)
    low, high = np.quantile(resampled, tails, axis=0)
    found = {}
    for i, name in enumerate(names):
        table = np.array([[n_passed[i], n_passed[top]], [n[i] - n_passed[i], n[top] - n_passed[top]]])
        p = None if i == top else float(fisher_exact(table).pvalue)
        ratio = float(rates[i] / rates[top])
        found[name] = Group(name, int(n[i]), float(rates[i]), ratio, float(low[i]), float(high[i]), p, "")
    return found
