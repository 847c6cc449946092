"""Comparing personas by motive: agreeing with the cards, and nothing that fewer than five people said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from analysis.corpus import Response
from analysis.motives import motive_shares, reasons_to_stay
from analysis.report import Persona
from analysis.views import Person

SAFE, PAID, OTHER = "a job that is safe", "fair pay and terms", "Weather."
SAYS = {SAFE: "My job is secure.", PAID: "The salary is good."}
A, B = (Persona(key, key, "", 20, 0.5, 0.9, "stable") for key in ("a", "b"))


def compared(
    *groups: Sequence[str], items: tuple[str, ...] = ("stay",)
) -> dict[str, dict[str, float | None]]:
    """Compare two groups of people, and those in none, by the motives that they name."""
    texts = [SAYS.get(motive, OTHER) for group in groups for motive in group]
    people = [
        Person(Response(str(row), {items[0]: text}), {items[0]: text}) for row, text in enumerate(texts)
    ]
    labels = np.array([number if number < 2 else -1 for number, group in enumerate(groups) for _ in group])
    found = motive_shares(reasons_to_stay(people, items), labels, (A, B))
    return {one.text: dict(one.shares) for one in found}


def test_every_persona_has_its_share_of_what_sets_one_apart() -> None:
    found = compared([SAFE] * 15 + [OTHER] * 5, [SAFE] * 5 + [OTHER] * 15)

    assert found == {SAFE: {"a": 0.75, "b": 0.25}}


def test_what_many_name_everywhere_is_compared_and_what_few_name_is_not() -> None:
    common, rare = [PAID] * 6 + [OTHER] * 14, [SAFE] * 5 + [OTHER] * 95

    assert compared(common, common) == {PAID: {"a": 0.3, "b": 0.3}}
    assert compared(rare, rare) == {}


def test_the_most_widespread_comes_first() -> None:
    found = compared([PAID] * 8 + [SAFE] * 12, [PAID] * 11 + [SAFE] * 9)

    assert list(found) == [SAFE, PAID]


def test_a_share_of_fewer_than_five_people_is_hidden() -> None:
    few = [SAFE] * 4 + [OTHER] * 16

    assert compared([SAFE] * 15 + [OTHER] * 5, few, [OTHER] * 5) == {SAFE: {"a": 0.75, "b": None}}


@pytest.mark.parametrize("n_hidden", [1, 4])
def test_what_is_hidden_cannot_be_had_by_subtraction(n_hidden: int) -> None:
    both = [SAFE] * 10 + [OTHER] * 10

    # Who knows the number of all who name it, and all but one of its parts, knows the last.
    assert compared(both, [SAFE] * 7 + [OTHER] * 13, [SAFE] * n_hidden + [OTHER]) == {
        SAFE: {"a": 0.5, "b": None}
    }
    assert compared(both, [SAFE] * 7 + [OTHER] * 13, [SAFE] * 5) == {SAFE: {"a": 0.5, "b": 0.35}}


def test_a_questionnaire_without_reasons_to_stay_compares_nothing() -> None:
    assert compared([SAFE] * 20, [OTHER] * 20, items=("good_day",)) == {}
