"""Families of themes: read together, told of a persona as a whole, beside no theme that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.codebook import codebook
from analysis.describe import Term
from analysis.encoder import bundled_encoder
from analysis.families import MAX_FAMILIES, choose_families, codes_held, families, family_terms
from analysis.meaning import read
from analysis.weighing import WEIGHED
from tests.analysis.test_meaning import people_writing
from tests.fakes import FakeEncoder

HERE = np.arange(100) < 40
LABELS = np.where(HERE, 0, 1)

#: To be there for other people, in twelve forms that are themes of their own.
THERE_FOR_OTHERS = (
    "The widow who rang last week wrote me a card.",
    "I like to see that somebody gets home because of what I did.",
    "Mrs Hale asks for me by name, and has for nine years.",
    "I listen, and then they calm down.",
    "People come to us when they are in trouble and we do not send them away.",
    "Somebody said thank you today.",
    "I sat with an old man until his daughter came.",
    "I am fetched when a customer cries.",
    "They leave with an answer, and you see it in their face.",
    "I used to be a nurse and here I still look after people.",
    "Nobody is judged here, whatever they did.",
    "We got a family out of a mess in two days.",
)
OTHER_THINGS = (
    "I decide myself how I do it.",
    "The plan is known eight weeks ahead.",
    "Good pay.",
    "I learn something new each week.",
    "A machine that runs well is a joy.",
    "We laugh a lot at lunch.",
    "The canteen is fine.",
    "I can cycle here in ten minutes.",
    "Targets, and I beat them.",
    "Nothing is ever the same twice.",
)


def family(
    code: str, n_here: int, n_elsewhere: int = 0, n_said: int | None = None, n_said_elsewhere: int = 0
) -> Term:
    """A family that so many of forty and of sixty others count as sharing, and as many are read as saying."""
    one = next(one for one in families() if one.code == code)
    said = first(n_here if n_said is None else n_said, n_said_elsewhere)
    return Term((code,), one.label, "family", said, counted=first(n_here, n_elsewhere))


def theme(code: str, n_here: int) -> Term:
    return Term((code,), code, "theme", first(n_here, 0))


def first(n_here: int, n_elsewhere: int) -> NDArray[np.bool_]:
    """The first of the forty and of the sixty."""
    return np.where(HERE, np.arange(100) < n_here, np.arange(100) < 40 + n_elsewhere)


def chosen(terms: Sequence[Term], told: Sequence[Term] = ()) -> list[str]:
    return [term.key[0] for term in choose_families(terms, told, HERE)]


def test_a_family_holds_themes_of_the_codebook_by_which_something_is_estimated() -> None:
    kinds = {code.code: code.kind for code in codebook()}
    labels = {code.label for code in codebook()}

    assert all(kinds[theme] in WEIGHED for one in families() for theme in one.themes)
    assert all(one.same and one.same < one.themes for one in families())
    assert len({one.code for one in families()}) == len({one.label for one in families()}) == len(families())
    # Told beside themes, in sentences that put colons and figures behind it.
    assert not any(one.label in labels or ":" in one.label for one in families())
    assert {one.kind for one in families()} == {"motive", "style"}
    assert all(one.name for one in families() if one.kind == "motive")


def test_what_each_says_in_another_form_is_told_of_all() -> None:
    """No theme is said by five of them."""
    n = len(THERE_FOR_OTHERS)
    others = [OTHER_THINGS[row % len(OTHER_THINGS)] for row in range(4 * n)]
    reading = read(people_writing([*THERE_FOR_OTHERS, *others]), bundled_encoder())
    members = np.arange(5 * n) < n
    terms = family_terms(reading, np.where(members, 0, 1))["motive"]

    told, *_ = choose_families(terms, (), members)

    weighed = [code.kind in WEIGHED for code in reading.codes]
    assert reading.said[members][:, weighed].sum(axis=0).max() < 5
    assert told.key == ("helping",)
    assert told.people[members].mean() > 0.5 > 0.2 > told.people[~members].mean()


def test_without_a_second_opinion_no_family_is_told() -> None:
    reading = read(people_writing(["I have a permanent contract."] * 8), FakeEncoder())

    assert family_terms(reading, np.zeros(8, dtype=np.int64)) == {"motive": (), "style": ()}


def test_a_family_is_said_by_whoever_says_one_of_its_themes() -> None:
    codes = codebook()
    held = codes_held(codes)
    one = next(number for number, one in enumerate(families()) if one.code == "peace")

    assert held.shape == (len(codes), len(families()))
    assert {code.code for code, is_held in zip(codes, held[:, one], strict=True) if is_held} == families()[
        one
    ].themes


@pytest.mark.parametrize(
    ("n", "n_elsewhere", "tells"), [(12, 0, True), (11, 0, False), (24, 18, True), (24, 19, False)]
)
def test_many_more_of_a_group_than_of_the_others_must_share_it(n: int, n_elsewhere: int, tells: bool) -> None:
    """By three in ten of its people: 24 of 40 beside 18 of 60, not beside 19."""
    assert chosen([family("craft", n, n_elsewhere)]) == ["craft"] * tells


@pytest.mark.parametrize(("n_said", "tells"), [(6, True), (5, False)])
def test_a_group_must_be_read_as_saying_it_as_well(n_said: int, tells: bool) -> None:
    """What the group as a whole comes near to is no finding while its people say it no more than others do."""
    term = family("craft", 20, 2, n_said=n_said, n_said_elsewhere=1)

    assert chosen([term]) == ["craft"] * tells


@pytest.mark.parametrize(("n_said", "tells"), [(3, True), (2, False)])
def test_three_must_be_read_as_saying_it_be_it_never_so_rare(n_said: int, tells: bool) -> None:
    assert chosen([family("craft", 20, n_said=n_said)]) == ["craft"] * tells


def test_no_fewer_than_five_say_anything_of_a_family_that_is_told() -> None:
    members = np.arange(100) < 9
    few = replace(family("craft", 4), said=np.arange(100) < 4, counted=np.arange(100) < 4)
    five = replace(few, said=np.arange(100) < 5, counted=np.arange(100) < 5)

    assert choose_families([few], (), members) == ()
    assert choose_families([five], (), members) == (five,)


@pytest.mark.parametrize(
    ("size", "n", "tells"), [(18, 9, False), (17, 9, True), (24, 10, False), (24, 11, True)]
)
def test_of_few_who_count_more_than_half_must_say_it(size: int, n: int, tells: bool) -> None:
    here = np.arange(100) < n
    one = replace(family("craft", n), said=here, counted=here)

    assert choose_families([one], (), np.arange(100) < size) == (one,) * tells


@pytest.mark.parametrize(("n_said", "tells"), [(2, False), (3, True)])
def test_a_family_is_read_of_three_people_and_not_only_estimated(n_said: int, tells: bool) -> None:
    rows = np.arange(100)
    one = replace(family("craft", 12), said=rows < n_said, counted=rows < 12)

    assert choose_families([one], (), rows < 12) == (one,) * tells


def test_the_first_leads_most_and_a_second_nearly_as_much() -> None:
    order = [family("craft", 20), family("place", 30), family("time", 17), family("voice", 25)]

    assert chosen(order) == ["place", "voice"]
    assert chosen(order[:1] + order[2:3]) == ["craft", "time"]
    assert chosen([family("place", 30), family("time", 17)]) == ["place"]
    assert len(chosen(order)) == MAX_FAMILIES


@pytest.mark.parametrize(("n", "tells"), [(24, False), (23, True)])
def test_a_theme_that_means_the_same_and_that_as_many_say_tells_it_already(n: int, tells: bool) -> None:
    """Eight in ten of the thirty: who learns a lot is not told again to be keen on learning."""
    assert chosen([family("learning", 30)], [theme("steep_learning", n)]) == ["learning"] * tells


@pytest.mark.parametrize(("n", "tells"), [(14, True), (13, False)])
def test_another_must_lead_by_more_than_the_first(n: int, tells: bool) -> None:
    """By .35 of its people where the first needs .3."""
    assert chosen([family("craft", 20), family("place", n)]) == ["craft", *["place"] * tells]


@pytest.mark.parametrize(("n_elsewhere", "tells"), [(1, True), (2, False)])
def test_what_they_are_like_must_lead_by_more(n_elsewhere: int, tells: bool) -> None:
    """By .33 of its people: 14 of 40 beside 1 of 60, not beside 2."""
    assert chosen([family("exact", 14, n_elsewhere)]) == ["exact"] * tells
    assert chosen([family("craft", 14, n_elsewhere)]) == ["craft"]


def test_what_a_theme_of_the_card_contradicts_is_not_told() -> None:
    """Who likes it that nobody makes them sell speaks of bonuses and does not stay for them."""
    fair = replace(theme("no_sales_pressure", 10), opposites=frozenset({"results_pay"}))

    assert chosen([family("money", 20)], [fair]) == []
    assert chosen([family("money", 20)], [theme("no_sales_pressure", 10)]) == ["money"]


def test_what_is_told_already_gives_way_to_a_third() -> None:
    order = [family("learning", 30), family("craft", 25), family("place", 20)]

    assert chosen(order, [theme("steep_learning", 30)]) == ["craft", "place"]


def test_a_theme_that_is_another_form_of_it_does_not() -> None:
    assert chosen([family("learning", 30)], [theme("paid_courses", 38)]) == ["learning"]
