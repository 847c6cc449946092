"""Comparing personas by motive: agreeing with the cards, and nothing that fewer than five people said."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
import pytest

from analysis.describe import Term, without_few
from analysis.motives import motive_shares
from analysis.report import Entry, Persona

SAFE, PAID, OTHER = "a job that is safe", "fair pay and terms", "Weather."
A, B = (Persona(key, key, "", 20, 0.5, 0.9, "stable") for key in ("a", "b"))


def compared(
    *groups: Sequence[str], dropped: Collection[tuple[str, str]] = ()
) -> dict[str, dict[str, float | None]]:
    """Compare two groups of people, and those in none, by the motives that they name."""
    named = np.array([motive for group in groups for motive in group])
    motives = [Term((text,), text, "theme", named == text) for text in (SAFE, PAID)]
    labels = np.array([number if number < 2 else -1 for number, group in enumerate(groups) for _ in group])
    found = motive_shares(motives, labels, (A, B), dropped)
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

    for outside in ([OTHER] * 5, [SAFE] * 4 + [OTHER] * 6):
        assert compared([SAFE] * 15 + [OTHER] * 5, few, outside) == {SAFE: {"a": 0.75, "b": None}}


def test_a_motive_that_few_of_every_persona_name_is_not_compared() -> None:
    few = [SAFE] * 4 + [OTHER] * 6

    assert compared(few, few, [SAFE] * 10) == {}


@pytest.mark.parametrize("n_few", [1, 4])
def test_the_few_outside_cannot_be_had_by_subtraction(n_few: int) -> None:
    """A card tells how many name it elsewhere: of those, all that are not in the other persona are silent."""
    named = np.array([SAFE] * 10 + [OTHER] * 10 + [SAFE] * 7 + [OTHER] * 13 + [SAFE] * n_few + [OTHER] * 9)
    labels = np.array([0] * 20 + [1] * 20 + [-1] * (n_few + 9))

    (motive,) = without_few([Term((SAFE,), SAFE, "theme", named == SAFE)], labels)

    assert [int(motive.said[labels == label].sum()) for label in (0, 1, -1)] == [10, 7, 0]


def test_five_outside_are_counted() -> None:
    named = np.array([SAFE] * 15 + [OTHER] * 15)
    labels = np.array([0] * 10 + [-1] * 20)
    motive = Term((SAFE,), SAFE, "theme", named == SAFE)

    assert without_few([motive], labels) == (motive,)


def test_a_motive_that_was_dropped_from_a_card_is_not_told_of_its_persona() -> None:
    both = [SAFE] * 10 + [OTHER] * 10

    assert compared(both, both, dropped={("a", SAFE)}) == {SAFE: {"a": None, "b": 0.5}}
    assert compared([SAFE] * 15 + [OTHER] * 5, [OTHER] * 60, dropped={("a", SAFE)}) == {}
    few = [SAFE] * 6 + [OTHER] * 94
    assert compared([SAFE] * 15 + [OTHER] * 5, few, dropped={("a", SAFE)}) == {}


def test_what_matters_to_one_persona_is_compared_and_other_concerns_are_not() -> None:
    everybody = np.ones(40, dtype=bool)
    labels = np.repeat([0, 1], 20)
    terms = [Term((text,), text, "family", everybody, counted=everybody) for text in (SAFE, PAID)]
    told = replace(A, concerns=(Entry(SAFE, 20, 1.0, 1.0, (0.9, 1.0), "family", estimated=True),))

    (found,) = motive_shares(terms, labels, (told, B))

    assert (found.text, dict(found.shares)) == (SAFE, {"a": 1.0, "b": 1.0})
