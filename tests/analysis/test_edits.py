"""Edits of people, made again on what another run finds."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from analysis import Corpus, Edit, InvalidEditError, Persona, Quote, Report, Unreplayed, discover, edits_from
from analysis.describe import Lexicon
from analysis.edits import EVERYWHERE, LISTS_OF_A_CARD, Regrouped, _is_dropped, quote_again, regroup, retouch
from analysis.kmeans import FloatArray, IntArray
from analysis.personas import without_dropped
from analysis.views import prepare
from tests.analysis.corpora import KINDS, planted
from tests.fakes import FakeEncoder

pytestmark = pytest.mark.usefixtures("reduced_analysis")

NOT_FOUND = "No persona here has most of its people in common with the one that was edited."


# --- groups alone: four of ten, twenty, thirty and forty people --------------------------------------------

SIZES = (40, 30, 20, 10)
LABELS = np.repeat(np.arange(4), SIZES)
MEMBERSHIP = np.where(np.eye(4)[LABELS] > 0, 0.7, 0.1)
IDS = tuple(f"r{row}" for row in range(len(LABELS)))


def of(label: int, *, without: int = 0, added: Iterable[str] = ()) -> frozenset[str]:
    """The ids of a group, without some of its people and with some others."""
    rows = np.flatnonzero(label == LABELS)[without:]
    return frozenset(IDS[row] for row in rows) | frozenset(added)


def halves(rows: IntArray) -> tuple[IntArray, FloatArray]:
    """The later half of the people are the second part."""
    parts = (np.arange(len(rows)) >= (len(rows) + 1) // 2).astype(np.int64)
    return parts, np.where(np.eye(2)[parts] > 0, 0.8, 0.2)


def replayed(*edits: Edit) -> Regrouped:
    return regroup(LABELS, MEMBERSHIP, IDS, edits, halves, 10)


def sizes(found: Regrouped) -> list[int]:
    return np.bincount(found.labels[found.labels >= 0]).tolist()


def test_without_edits_nothing_changes() -> None:
    found = replayed()

    assert found.labels is LABELS
    assert found.membership is MEMBERSHIP


def test_merge_is_the_union_and_adds_memberships() -> None:
    found = replayed(Edit("merge", of(1), of(2)))

    assert sizes(found) == [50, 40, 10]
    assert set(found.labels[40:90]) == {0}
    assert found.membership[45].tolist() == pytest.approx([0.8, 0.1, 0.1])
    assert found.unreplayed == ()


def test_two_merges_in_a_row_meet_in_one_group() -> None:
    found = replayed(Edit("merge", of(1), of(2)), Edit("merge", of(1) | of(2), of(3)))

    assert sizes(found) == [60, 40]
    assert found.unreplayed == ()


def test_merge_of_what_the_run_put_together_itself_is_done() -> None:
    together = np.where(LABELS == 2, 1, LABELS)

    found = regroup(together, MEMBERSHIP, IDS, [Edit("merge", of(1), of(2))], halves, 10)

    assert found.unreplayed == ()
    assert found.labels is together


@pytest.mark.parametrize(
    "others",
    [of(2, without=14) | of(3, without=6), frozenset({"gone", "too"})],
    ids=["spread over two", "not here"],
)
def test_merge_with_people_who_are_elsewhere_is_reported_however_many_the_others_are(
    others: frozenset[str],
) -> None:
    found = replayed(Edit("merge", of(0), others))

    assert sizes(found) == [*SIZES]
    assert found.unreplayed == (Unreplayed(1, "merge", NOT_FOUND),)


def test_merge_with_people_of_whom_most_are_gone_is_reported_whoever_is_with_the_others() -> None:
    together = np.where(LABELS == 2, 1, LABELS)
    others = of(2, without=12, added=map(str, range(12)))

    found = regroup(together, MEMBERSHIP, IDS, [Edit("merge", of(1), others)], halves, 10)

    assert found.unreplayed == (Unreplayed(1, "merge", NOT_FOUND),)


def test_merge_of_a_persona_with_itself_changes_nothing() -> None:
    found = replayed(Edit("merge", of(0), of(0, without=5)))

    assert found.labels is LABELS
    assert found.membership is MEMBERSHIP
    assert found.unreplayed == ()


def test_merge_of_the_last_two_is_refused() -> None:
    found = replayed(
        Edit("merge", of(0), of(1)),
        Edit("merge", of(2), of(3)),
        Edit("merge", of(0) | of(1), of(2) | of(3)),
    )

    assert sizes(found) == [70, 30]
    assert found.unreplayed == (
        Unreplayed(3, "merge", "It would leave one persona, and one alone can be told from nobody."),
    )


def test_split_makes_two_groups_and_multiplies_memberships() -> None:
    found = replayed(Edit("split", of(0)))

    assert sizes(found) == [30, 20, 20, 20, 10]
    assert found.labels[[0, 39]].tolist() == [1, 3]
    assert found.membership[0, [1, 3]].tolist() == pytest.approx([0.7 * 0.8, 0.7 * 0.2])
    assert found.membership[50, [1, 3]].tolist() == pytest.approx([0.05, 0.05])
    assert found.membership.sum(axis=1).tolist() == pytest.approx([1.0] * 100)


@pytest.mark.parametrize(("label", "is_split"), [(2, True), (3, False)])
def test_split_needs_ten_people_on_either_side(label: int, is_split: bool) -> None:
    found = replayed(Edit("split", of(label)))

    reason = "Split in two, one part would have fewer than 10 people, too few to be shown."
    assert found.unreplayed == (() if is_split else (Unreplayed(1, "split", reason),))
    assert len(sizes(found)) == (5 if is_split else 4)


def test_split_of_nineteen_people_is_refused() -> None:
    labels = np.where(np.arange(len(LABELS)) == 70, -1, LABELS)

    found = regroup(labels, MEMBERSHIP, IDS, [Edit("split", of(2))], halves, 10)

    assert [one.kind for one in found.unreplayed] == ["split"]


def test_what_was_said_of_a_persona_that_is_split_is_reported_and_nobody_is_held_together() -> None:
    found = replayed(Edit("rewrite", of(0), text="They are 40."), Edit("lock", of(0)), Edit("split", of(0)))

    assert [(one.event, one.kind) for one in found.unreplayed] == [(1, "rewrite")]
    assert found.locked == frozenset()


def test_locked_people_stay_together_whatever_was_found() -> None:
    shaken = np.random.default_rng(0).permutation(LABELS)

    found = regroup(shaken, MEMBERSHIP, IDS, [Edit("lock", of(0))], halves, 10)

    (label,) = set(found.labels[:40].tolist())
    assert found.locked == {label}
    assert found.membership[:40, label].tolist() == [1.0] * 40


def test_locked_group_takes_in_whom_the_run_puts_with_most_of_it() -> None:
    found = replayed(Edit("lock", of(1, without=5)))

    assert found.locked == {1}
    assert sizes(found) == list(SIZES)


def test_groups_that_a_lock_leaves_too_small_are_dissolved() -> None:
    found = replayed(
        Edit("rename", of(3), text="Gone"), Edit("lock", of(3)), Edit("lock", of(1, added=IDS[90:94]))
    )

    too_few = "Too few of its people were left together."
    assert sizes(found) == [40, 34, 20]
    assert found.labels[94:].tolist() == [-1] * 6
    assert found.locked == {1}
    assert found.unreplayed == (Unreplayed(1, "rename", too_few), Unreplayed(2, "lock", too_few))


def test_lock_of_people_who_are_gone_is_reported() -> None:
    gone = frozenset(f"gone{number}" for number in range(30))

    found = replayed(Edit("lock", gone | {"r0"}))

    assert found.unreplayed == (Unreplayed(1, "lock", "Fewer than 10 of its people are in this analysis."),)
    assert found.locked == frozenset()
    assert replayed(Edit("lock", gone | of(0, without=31))).unreplayed == found.unreplayed
    assert replayed(Edit("lock", gone | of(0, without=30))).unreplayed == ()


@pytest.mark.parametrize(
    ("members", "is_found"),
    [
        (of(0, without=19), True),
        (of(0, without=20), False),
        (of(0, added=map(str, range(39))), True),
        (of(0, added=map(str, range(40))), False),
        (of(0) | of(1), True),
        (frozenset({"nobody"}), False),
        (frozenset(), False),
    ],
    ids=["21 of 40", "half", "under twice as many", "twice as many", "with 30 others", "nobody", "all gone"],
)
def test_persona_is_found_by_more_than_half_of_all_its_people(
    members: frozenset[str], is_found: bool
) -> None:
    found = replayed(Edit("rename", members, text="Planners"))

    assert [label for _, _, label in found.texts] == ([0] if is_found else [])
    assert [one.reason for one in found.unreplayed] == ([] if is_found else [NOT_FOUND])


def test_text_follows_its_group_through_a_merge_and_what_may_be_untrue_is_reported() -> None:
    found = replayed(
        Edit("rename", of(1), text="Kept"),
        Edit("rewrite", of(1), text="They are 30 people."),
        Edit("rename", of(2), text="Merged into the other"),
        Edit("drop", of(2), where="traits", text="calm"),
        Edit("lock", of(1)),
        Edit("merge", of(1), of(2)),
    )

    assert [(number, label) for number, _, label in found.texts] == [(1, 0), (4, 0)]
    assert found.unreplayed == (
        Unreplayed(3, "rename", "Its persona was merged into another one."),
        Unreplayed(
            2,
            "rewrite",
            "Its persona was merged or split afterwards, so the text may no longer be true. Write it again.",
        ),
    )
    assert found.locked == frozenset()


def test_edit_of_a_part_finds_it_after_the_split() -> None:
    found = replayed(
        Edit("split", of(0)), Edit("rename", frozenset(IDS[20:40]), text="Later half"), Edit("split", of(0))
    )

    assert [(number, label) for number, _, label in found.texts] == [(2, 3)]
    assert found.unreplayed == (Unreplayed(3, "split", NOT_FOUND),)


def test_what_was_taken_off_a_persona_stands_on_neither_part_of_it() -> None:
    found = replayed(Edit("drop", of(0), where="reasons", text="pay"), Edit("split", of(0)))

    assert len(found.texts) == 2
    assert {label for _, _, label in found.texts} == set(found.labels[LABELS == 0].tolist())


def test_a_quote_is_taken_off_wherever_it_stands_even_if_its_persona_is_not_found() -> None:
    found = replayed(Edit("drop", frozenset({"gone"}), where="quotes", text="Nobody is late."))

    assert [(number, label) for number, _, label in found.texts] == [(1, EVERYWHERE)]
    assert found.unreplayed == ()


# --- the whole way, on people of three kinds --------------------------------------------------------------


@lru_cache(maxsize=1)
def first_run() -> Report:
    return discover(planted(90), encoder=FakeEncoder(), n_personas=3)


def kind_of(report: Report, kind: str) -> Persona:
    """The persona that holds most people of a kind."""
    keys = [one.persona for one in report.assignments if one.id.startswith(kind) and one.persona]
    key = max(set(keys), key=keys.count)
    return next(persona for persona in report.personas if persona.key == key)


def members(report: Report, persona: Persona) -> frozenset[str]:
    return frozenset(one.id for one in report.assignments if one.persona == persona.key)


def people_of(kind: str) -> frozenset[str]:
    report = first_run()
    return members(report, kind_of(report, kind))


def again(*edits: Edit, seed: int = 1, corpus: Corpus | None = None, n_personas: int = 3) -> Report:
    return discover(
        corpus or planted(90), encoder=FakeEncoder(), seed=seed, n_personas=n_personas, edits=edits
    )


def entry_to_drop() -> str:
    return kind_of(first_run(), "maker").reasons[0].text


def quote_to_pin() -> Any:
    return kind_of(first_run(), "maker").quotes[-1]


def quote_to_drop() -> str:
    """Part of a quote of the first run: with more around it, it is the same quote."""
    return kind_of(first_run(), "keeper").quotes[0].text[3:-3]


def grown() -> Corpus:
    """Thirty more people, two of them with the same answers, too short to be copied."""
    corpus = planted(118)
    maker = next(one for one in corpus.responses if one.id == "maker-1")
    said = {"self": "An independent builder.", "stay": "I decide myself how to build it, with freedom."}
    twin = replace(maker, answers=said)
    return Corpus((*corpus.responses, replace(twin, id="a"), replace(twin, id="b")), corpus.items)


def all_edits() -> tuple[Edit, ...]:
    """One of every kind but the split, on the first run; one of the two with the same answers goes elsewhere."""
    keeper, maker, helper, pin = people_of("keeper"), people_of("maker"), people_of("helper"), quote_to_pin()
    return (
        Edit("rename", maker, text="Own way"),
        Edit("drop", maker, where="reasons", text=entry_to_drop()),
        Edit("pin", maker, where=pin.item, text=pin.text),
        Edit("lock", maker),
        Edit("lock", keeper | {"a"}),
        Edit("merge", keeper, helper),
        Edit("rename", keeper | helper, text="Steady hands"),
        Edit("drop", keeper | helper, where="quotes", text=quote_to_drop()),
        Edit("rewrite", keeper | helper, text="They keep things running."),
    )


@lru_cache(maxsize=1)
def second_run() -> Report:
    """Another seed, thirty more people, and the edits of the first run."""
    return again(*all_edits(), corpus=grown())


def test_edits_survive_another_seed_and_more_people() -> None:
    report = second_run()
    maker, merged = kind_of(report, "maker"), kind_of(report, "keeper")

    assert report.unreplayed == ()
    assert {persona.name for persona in report.personas} == {"Own way", "Steady hands"}
    assert kind_of(report, "helper") == merged
    assert merged.summary == "They keep things running."
    assert entry_to_drop() not in {entry.text for entry in maker.reasons}
    assert entry_to_drop() not in maker.summary
    assert all(one.shares[maker.key] is None for one in report.motives if one.text == entry_to_drop())
    assert merged.quotes
    assert not any(quote_to_drop() in quote.text for quote in merged.quotes)
    assert (maker.quotes[0].text, maker.quotes[0].pinned) == (quote_to_pin().text, True)
    assert (maker.locked, merged.locked) == (True, False)
    assert people_of("maker") | {"b"} <= members(report, maker)
    assert people_of("keeper") | {"a"} <= members(report, merged)
    assert sum(persona.size for persona in report.personas) == sum(
        one.persona is not None for one in report.assignments
    )
    assert [persona["key"] for persona in report.scoring["personas"]] == ["p1", "p2"]


def test_what_changed_on_a_card_is_told_of_its_neighbours_as_it_is_now() -> None:
    before = first_run()
    apart = [one.neighbour for one in before.personas if one.neighbour]
    maker = kind_of(before, "maker")
    gone = next(one.less[0] for one in apart if one.key == maker.key and one.less)
    where = next(name for name in LISTS_OF_A_CARD if gone in getattr(maker, name))

    after = again(
        Edit("drop", people_of("maker"), where=where, text=gone.text),
        Edit("rename", people_of("maker"), text="Own way"),
        seed=0,
    )

    told = [one.neighbour.text for one in after.personas if one.neighbour]
    assert any(gone.text in one.text for one in apart)
    assert not any(gone.text in text or maker.name in text for text in told)
    assert not any(gone.text in one.neighbour.phrases for one in after.personas if one.neighbour)
    assert any("Own way" in text for text in told)


def test_a_quote_that_was_taken_off_comes_back_on_no_card() -> None:
    assert any(quote_to_drop() in quote.text for one in first_run().personas for quote in one.quotes)

    after = again(Edit("drop", people_of("maker"), where="quotes", text=quote_to_drop()), seed=0)

    assert after.unreplayed == ()
    assert not any(quote_to_drop() in quote.text for one in after.personas for quote in one.quotes)


def test_a_quote_that_was_taken_off_is_told_in_no_summary() -> None:
    def rewritten(card: Persona) -> Persona:
        return without_dropped(card, [12], 48, "en")

    quotes = (Quote("We mend it.", "stay", 8, 0.6, 0.1), Quote("It is ours.", "stay", 7, 0.5, 0.1))
    card = rewritten(Persona("p1", "Owners", "", 12, 0.25, 0.9, "highly stable", quotes=quotes))
    drop = Edit("drop", frozenset({"a"}), where="quotes", text="We mend it.")
    regrouped = Regrouped(LABELS, MEMBERSHIP, frozenset(), ((1, drop, EVERYWHERE),), ())

    (after,), failed = retouch([card], regrouped, lambda _edit, _label: None, rewritten)

    assert "“We mend it.”" in card.summary
    assert "mend" not in after.summary
    assert "“It is ours.”" in after.summary
    assert not failed


def test_same_edits_give_the_same_bytes_whatever_the_row_order() -> None:
    corpus = grown()
    b, a, *others = reversed(corpus.responses)
    random.Random(3).shuffle(others)

    report = again(*all_edits(), corpus=Corpus((*others, b, a), corpus.items))

    assert report.to_json() == second_run().to_json()


def test_summary_that_a_person_wrote_stays_when_an_entry_goes() -> None:
    maker = people_of("maker")

    report = again(
        Edit("rewrite", maker, text="They build."), Edit("drop", maker, where="reasons", text=entry_to_drop())
    )

    card = kind_of(report, "maker")
    assert card.summary == "They build."
    assert entry_to_drop() not in {entry.text for entry in card.reasons}


def test_report_with_edits_is_read_back() -> None:
    report = second_run()

    assert Report.from_dict(report.to_dict()).to_json() == report.to_json()


def test_split_finds_two_groups_among_the_people_of_one() -> None:
    both = people_of("keeper") | people_of("helper")

    report = again(Edit("merge", people_of("keeper"), people_of("helper")), Edit("split", both))

    assert report.unreplayed == ()
    assert {frozenset(key.split("-")[0] for key in members(report, one)) for one in report.personas} == {
        frozenset({kind}) for kind in KINDS
    }


def test_what_cannot_be_made_again_is_reported_without_ids_or_words() -> None:
    pin = quote_to_pin()
    helper = kind_of(first_run(), "helper")
    kept = [one for one in planted(90).responses if not one.id.startswith("keeper")]
    corpus = Corpus(tuple(replace(one, quote=one.id.startswith("helper")) for one in kept), planted(90).items)

    report = again(
        Edit("rename", people_of("keeper"), text="Nobody left"),
        Edit("pin", people_of("maker"), where=pin.item, text=pin.text),
        Edit("pin", people_of("helper"), where="stay", text="They never wrote this sentence here."),
        Edit("rename", people_of("maker"), text="Taken"),
        Edit("rename", people_of("helper"), text="TAKEN"),
        Edit("lock", frozenset({"gone"})),
        corpus=corpus,
        n_personas=2,
    )

    unsaid = "Nobody who agreed to be quoted says this any more, or it may not be shown."
    assert helper.quotes
    assert report.unreplayed == (
        Unreplayed(1, "rename", NOT_FOUND),
        Unreplayed(2, "pin", unsaid),
        Unreplayed(3, "pin", unsaid),
        Unreplayed(5, "rename", "Another persona is called so here. Choose a different name."),
        Unreplayed(6, "lock", "Fewer than 10 of its people are in this analysis."),
    )
    assert pin.text not in report.to_json()


def test_without_personas_every_edit_is_reported() -> None:
    report = again(Edit("split", frozenset({"a"})), Edit("lock", frozenset({"a"})), corpus=planted(12))

    assert report.refusal is not None
    assert [(one.event, one.kind, one.reason) for one in report.unreplayed] == [
        (1, "split", "No personas were found that could be edited."),
        (2, "lock", "No personas were found that could be edited."),
    ]


SAID = "An independent builder who likes an empty folder."
NEXT = "I like to build alone."
RARE = "An independent builder who likes the frobnicator folder."
OF_AN_AGE = "An independent builder over fifty who likes an empty folder."


MAKERS = [one.id for one in planted(60).responses if one.id.startswith("maker")]


def pinned_to(item: str, told: dict[str, str], text: str) -> Quote | None:
    """Pin a quote to the makers where these people, who all agree to be quoted, answer one more item."""
    corpus = planted(60)
    responses = tuple(
        replace(
            one, quote=True, answers={**one.answers, item: told[one.id]} if one.id in told else one.answers
        )
        for one in corpus.responses
    )
    people = prepare(Corpus(responses, (*corpus.items, item)), languages=())
    lexicon = Lexicon([tuple(person.texts.values()) for person in people])
    inside = np.array([person.response.id in MAKERS for person in people])
    return quote_again(Edit("pin", frozenset(), where=item, text=text), people, inside, lexicon)


@pytest.mark.parametrize(
    ("item", "text", "n_consenting", "is_found"),
    [
        ("self", SAID, 8, True),
        ("self", SAID.upper(), 8, True),
        ("self", f"{SAID} {NEXT}", 8, True),
        ("self", SAID, 4, False),
        ("stay", SAID, 8, False),
        ("self", SAID.removesuffix(" an empty folder."), 8, False),
        ("self", RARE, 8, False),
        ("self", OF_AN_AGE, 8, False),
        ("self", f"{NEXT} {OF_AN_AGE}", 8, False),
    ],
    ids=[
        "said",
        "in capitals",
        "two sentences",
        "four consent",
        "other item",
        "part of a sentence",
        "rare word",
        "age",
        "age beside",
    ],
)
def test_pinned_quote_passes_the_checks_of_every_quote(
    item: str, text: str, n_consenting: int, is_found: bool
) -> None:
    corpus = planted(60)
    makers = [one for one in corpus.responses if one.id.startswith("maker")]
    agreeing = {one.id for one in makers[:n_consenting]}
    written = {makers[0].id: {**makers[0].answers, "self": f"{SAID} {NEXT} {OF_AN_AGE} {RARE}"}}
    responses = [
        replace(one, quote=one.id in agreeing, answers=written.get(one.id, one.answers))
        for one in corpus.responses
    ]
    people = prepare(Corpus(tuple(responses), corpus.items), languages=())
    lexicon = Lexicon([tuple(person.texts.values()) for person in people])
    inside = np.array([person.response.id.startswith("maker") for person in people])

    quote = quote_again(Edit("pin", frozenset(), where=item, text=text), people, inside, lexicon)

    said = f"{SAID} {NEXT}" if NEXT in text else SAID
    assert quote == (Quote(said, "self", 20, 1.0, 1.0) if is_found else None)


@pytest.mark.parametrize(
    ("n_here", "n_elsewhere", "quote"),
    [
        (20, 4, Quote(SAID, "motto", 20, 1.0, 0.0)),
        (20, 5, Quote(SAID, "motto", 20, 1.0, 0.125)),
        (5, 0, Quote(SAID, "motto", 5, 0.25, 0.0)),
        (4, 0, None),
    ],
)
def test_pinned_quote_tells_no_number_under_five(n_here: int, n_elsewhere: int, quote: Quote | None) -> None:
    others = [one.id for one in planted(60).responses if one.id not in MAKERS]
    asked = [*MAKERS[:n_here], *others[:n_elsewhere]]

    assert pinned_to("motto", dict.fromkeys(asked, SAID), SAID) == quote


def test_pinned_quote_of_somebody_else_or_beside_a_sensitive_matter_is_not_found() -> None:
    left_out = f"{SAID} I was off with cancer. {NEXT}"

    assert pinned_to("motto", {"helper-2": SAID} | dict.fromkeys(MAKERS, NEXT), SAID) is None
    assert pinned_to("motto", dict.fromkeys(MAKERS, left_out), f"{SAID} {NEXT}") is None
    assert pinned_to("motto", dict.fromkeys(MAKERS, left_out), SAID) is None
    assert pinned_to("motto", dict.fromkeys(MAKERS, f"{SAID} {NEXT}"), SAID) is not None


@pytest.mark.parametrize(
    ("said", "comes_back"),
    [
        ("We laugh a lot. Nobody is late.", False),
        ("Nobody is late! The pay is fair.", False),
        ("laugh a lot", False),
        ("The pay is fair.", True),
    ],
)
def test_no_sentence_of_a_quote_that_was_taken_off_comes_back(said: str, comes_back: bool) -> None:
    taken_off = Edit("drop", frozenset({"a"}), where="quotes", text="We laugh a lot. Nobody is late.")

    assert _is_dropped(said, taken_off) is not comes_back


# --- edits as plain values --------------------------------------------------------------------------------


def test_edits_are_read_from_plain_values() -> None:
    raw = [
        {"kind": "merge", "members": ["a", 2], "others": ["c"]},
        {"kind": "drop", "members": ["a"], "where": "channels", "text": "github"},
    ]

    assert edits_from(raw) == (
        Edit("merge", frozenset({"a", "2"}), frozenset({"c"})),
        Edit("drop", frozenset({"a"}), where="channels", text="github"),
    )


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ({"kind": "lock"}, "Edits are a list"),
        (["lock"], "Edit 1: it is not an object."),
        ([{"kind": "paint", "members": ["a"]}], "Edit 1: there is no kind “paint”. Take one of: rename, "),
        ([{"members": ["a"]}], "Edit 1: there is no kind “”."),
        ([{"kind": ["lock"], "members": ["a"]}], "Edit 1: “kind” is not a text."),
        ([{"kind": "lock", "members": ["a"]}, {"kind": "lock"}], "Edit 2: “lock” needs “members”"),
        ([{"kind": "merge", "members": ["a"]}], "Edit 1: “merge” needs “others”"),
        ([{"kind": "rename", "members": ["a"]}], "Edit 1: “rename” needs “text”"),
        ([{"kind": "lock", "members": "a"}], "Edit 1: “members” is not a list."),
        ([{"kind": "lock", "members": [None]}], "Edit 1: “members” holds something that is no id."),
        ([{"kind": "lock", "members": ["a"], "to": "b"}], "Edit 1: it has a field “to”"),
        (
            [{"kind": "drop", "members": ["a"], "where": "name", "text": "b"}],
            "Edit 1: there is no list “name”.",
        ),
        ([{"kind": "rename", "members": ["a"], "text": "b" * 2001}], "Edit 1: “text” has more than 2,000"),
    ],
)
def test_what_is_no_edit_is_refused_with_a_sentence(raw: Any, sentence: str) -> None:
    with pytest.raises(InvalidEditError) as refused:
        edits_from(raw)

    assert str(refused.value).startswith(sentence)
