"""Comparing personas by motive: agreeing with the cards, and nothing that fewer than five people said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from analysis.describe import Term
from analysis.motives import motive_shares
from analysis.report import Persona

SAFE, PAID, OTHER = "a job that is safe", "fair pay and terms", "Weather."
A, B = (Persona(key, key, "", 20, 0.5, 0.9, "stable") for key in ("a", "b"))


def compared(*groups: Sequence[str]) -> dict[str, dict[str, float | None]]:
    """Compare two groups of people, and those in none, by the motives that they name."""
    named = np.array([motive for group in groups for motive in group])
    motives = [Term((text,), text, "theme", named == text) for text in (SAFE, PAID)]
    labels = np.array([number if number < 2 else -1 for number, group in enumerate(groups) for _ in group])
    return {one.text: dict(one.shares) for one in motive_shares(motives, labels, (A, B))}


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
