"""Coarsening leaves ten people behind every stored combination, whatever the roster and what is skipped."""

from __future__ import annotations

import csv
from collections import Counter
from importlib.resources import files
from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from survey.domain.attributes import MIN_GROUP, OTHER, coarsen, coarsen_together, coarsening_tree

NAMES = ("job", "tenure", "site")
BANDS = {"job": ("dev", "sales", "hr", OTHER), "tenure": ("<1y", "1-3y", ">3y"), "site": ("Oslo", "Lyon")}

people = st.fixed_dictionaries({name: st.sampled_from((*bands, "")) for name, bands in BANDS.items()})
# Many copies of few kinds of people: random people alone would never fill a group of ten.
rosters = st.lists(st.tuples(people, st.integers(1, 14)), min_size=1, max_size=25).map(
    lambda kinds: [person for person, n in kinds for _ in range(n)]
)


def group(name: str, **sizes: int) -> list[dict[str, str]]:
    return [{name: band} for band, n in sizes.items() for _ in range(n)]


def subsets(person: dict[str, str]) -> list[dict[str, str]]:
    """What somebody may give: any part of their attributes."""
    given = [name for name in NAMES if person.get(name)]
    parts = chain.from_iterable(combinations(given, n) for n in range(len(given) + 1))
    return [{name: person[name] for name in part} for part in parts]


def frozen(stored: dict[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(stored.items())


@given(rosters)
def test_full_answers_form_classes_of_at_least_ten(roster: list[dict[str, str]]) -> None:
    tree = coarsening_tree(roster, NAMES)

    complete = [person for person in roster if all(person.values())]
    crowds = Counter(frozen(coarsen(tree, person)) for person in complete)
    behind = {
        stored: sum(
            any(frozen(coarsen(tree, part)) == stored for part in subsets(person)) for person in roster
        )
        for stored in crowds
    }

    assert min(behind.values(), default=MIN_GROUP) >= min(MIN_GROUP, len(roster))


@given(rosters)
def test_roster_without_gaps_falls_into_classes_of_exactly_ten_or_more(roster: list[dict[str, str]]) -> None:
    roster = [{name: band or BANDS[name][0] for name, band in person.items()} for person in roster]
    tree = coarsening_tree(roster, NAMES)

    crowds = Counter(frozen(coarsen(tree, person)) for person in roster)

    assert min(crowds.values()) >= min(MIN_GROUP, len(roster))


@given(rosters, st.sets(st.sampled_from(NAMES)))
def test_combination_with_skipped_attributes_covers_ten_who_would_store_the_same(
    roster: list[dict[str, str]], skipped: set[str]
) -> None:
    def shown(person: dict[str, str]) -> dict[str, str]:
        return {name: band for name, band in person.items() if name not in skipped}

    roster = [{name: band or BANDS[name][0] for name, band in person.items()} for person in roster]
    tree = coarsening_tree(roster, NAMES)

    crowds = Counter(frozen(coarsen(tree, shown(person))) for person in roster)

    assert min(crowds.values()) >= min(MIN_GROUP, len(roster))


@given(rosters, people)
def test_coarsen_stores_only_what_was_given(roster: list[dict[str, str]], person: dict[str, str]) -> None:
    stored = coarsen(coarsening_tree(roster, NAMES), person)

    assert all(stored[name] in (person[name], OTHER) and person[name] for name in stored)


@given(rosters, st.randoms())
def test_tree_does_not_depend_on_the_order_of_the_roster(
    roster: list[dict[str, str]], random: object
) -> None:
    shuffled = list(roster)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert coarsening_tree(shuffled, NAMES) == coarsening_tree(roster, NAMES)


@given(rosters, st.randoms())
def test_what_stays_at_the_close_has_ten_bearers_among_those_who_answered(
    roster: list[dict[str, str]], random: object
) -> None:
    tree = coarsening_tree(roster, NAMES)
    answered = [coarsen(tree, person) for person in roster if random.random() < 0.4]  # type: ignore[attr-defined]

    kept = coarsen_together(answered, NAMES)

    assert min(Counter(map(frozen, kept)).values(), default=MIN_GROUP) >= min(MIN_GROUP, len(answered))
    assert all(frozen(after) <= frozen(before) for before, after in zip(answered, kept, strict=True))
    assert coarsen_together(kept, NAMES) == kept


def test_bands_of_fewer_than_ten_who_answered_take_the_next_smallest_with_them() -> None:
    answered = group("site", Oslo=30, Lyon=11, Riga=4)

    kept = coarsen_together(answered, ["site"])

    assert Counter(map(frozen, kept)) == {frozen({"site": "Oslo"}): 30, frozen({}): 15}


def test_three_who_kept_it_to_themselves_are_not_told_from_a_band() -> None:
    answered = [*group("site", Oslo=30, Lyon=11), {}, {}, {}]

    assert Counter(map(frozen, coarsen_together(answered, ["site"]))) == {
        frozen({"site": "Oslo"}): 30,
        frozen({}): 14,
    }


def test_bands_under_ten_fold_into_other() -> None:
    tree = coarsening_tree(group("job", dev=20, sales=12, hr=6, legal=4), ["job"])

    assert [coarsen(tree, {"job": job}) for job in ("dev", "sales", "hr", "legal", "never seen")] == [
        {"job": "dev"},
        {"job": "sales"},
        {"job": OTHER},
        {"job": OTHER},
        {"job": OTHER},
    ]


def test_fold_under_ten_takes_the_next_smallest_band_with_it() -> None:
    tree = coarsening_tree(group("site", Oslo=60, Lyon=30, Riga=4), ["site"])

    assert [coarsen(tree, {"site": site}) for site in ("Oslo", "Lyon", "Riga")] == [
        {"site": "Oslo"},
        {"site": OTHER},
        {"site": OTHER},
    ]


def test_attribute_that_would_leave_a_group_under_ten_is_not_split() -> None:
    tree = coarsening_tree(group("site", Oslo=15, Riga=4), ["site"])

    assert tree == {}
    assert coarsen(tree, {"site": "Oslo"}) == {}


def test_bands_of_exactly_ten_are_kept() -> None:
    tree = coarsening_tree(group("site", Oslo=10, Riga=10), ["site"])

    assert coarsen(tree, {"site": "Riga"}) == {"site": "Riga"}


def test_own_band_named_other_is_folded() -> None:
    tree = coarsening_tree(group("site", Oslo=20, other=12, Riga=3), ["site"])

    assert coarsen(tree, {"site": "other"}) == coarsen(tree, {"site": "Riga"}) == {"site": OTHER}


def test_unknown_and_empty_bands_are_left_out_where_nothing_was_folded() -> None:
    tree = coarsening_tree(group("site", Oslo=20, Riga=12), ["site"])

    assert coarsen(tree, {"site": "Atlantis"}) == coarsen(tree, {"site": ""}) == coarsen(tree, {}) == {}


def test_fjordline_keeps_most_of_what_can_be_kept() -> None:
    with (files("survey.demo") / "responses.csv").open(encoding="utf-8") as file:
        roster = list(csv.DictReader(file))
    names = ["job_family", "tenure", "site"]
    tree = coarsening_tree(roster, names)

    crowds = Counter(frozen(coarsen(tree, person)) for person in roster)

    assert min(crowds.values()) >= MIN_GROUP
    assert sum(n for stored, n in crowds.items() if "job_family" in dict(stored)) == len(roster)


def test_empty_roster_keeps_nothing() -> None:
    assert coarsening_tree([], NAMES) == {}
