"""Counting what people say: by people, from five upwards, in words a reader can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest

from analysis.catalogue import catalogue
from analysis.codebook import Kind, codebook, codes_in, persona_names
from analysis.corpus import Response
from analysis.describe import (
    Lexicon,
    Term,
    channel_terms,
    choose,
    choose_options,
    common_themes,
    entry,
    heard_out,
    items_of,
    keyness,
    leanings,
    telling,
    terms_of,
    without_few,
)
from analysis.encoder import bundled_encoder
from analysis.families import families
from analysis.meaning import Reading, Sentence, read
from analysis.personas import (
    _apart,
    _names,
    _without_said_again,
    describe_personas,
    with_neighbours,
    without_dropped,
)
from analysis.prevalence import interval_of
from analysis.quotes import _is_typical, is_quotable
from analysis.report import Card, Entry, Neighbour, Persona, Quote
from analysis.spread import spread
from analysis.summary import card_text, contrast, summarise
from analysis.views import Person
from tests.analysis.test_families import OTHER_THINGS, THERE_FOR_OTHERS

ENGLISH = catalogue("en")
HERE = np.arange(40) < 20


def people_saying(*texts: str, item: str = "stay") -> list[Person]:
    return [Person(Response(str(row), {item: text}), {item: text}) for row, text in enumerate(texts)]


def lexicon_of(people: list[Person]) -> Lexicon:
    return Lexicon([tuple(person.texts.values()) for person in people])


def terms(people: list[Person]) -> dict[str, tuple[Term, ...]]:
    """What people say, told by words alone."""
    return terms_of(people, ("stay",), lexicon_of(people), read(people, None))


def words_shown(people: list[Person], n_members: int) -> dict[str, int]:
    members = np.arange(len(people)) < n_members
    shown = choose(terms(people), members)["reasons"]
    return {term.text: int(term.said[members].sum()) for term in shown if term.kind == "words"}


def term(kind: str, n: int, n_elsewhere: int, **parts: object) -> Term:
    """A term that so many of the first 20 people and of the other 20 say."""
    said = np.zeros(40, dtype=bool)
    said[:n] = said[20 : 20 + n_elsewhere] = True
    return Term(("x",), "x", kind, said, **parts)  # type: ignore[arg-type]  # the fields are checked by mypy elsewhere


def test_repeating_a_word_counts_once() -> None:
    people = people_saying(*["striped zebra, striped zebra"] * 6, *["weather"] * 6)

    assert words_shown(people, 6) == {"striped zebra": 6}


def test_a_single_word_is_shown_if_it_names_a_thing_they_can_work_with() -> None:
    people = people_saying(*["zebra; at Ledgerline"] * 6, *["weather"] * 6, item="skills")
    found = terms_of(people, ("skills",), lexicon_of(people), read(people, None))

    shown = choose(found, np.arange(12) < 6)["skills"]

    assert words_shown(people_saying(*["zebra"] * 6, *["weather"] * 6), 6) == {}
    assert {term.text for term in shown if term.kind == "words"} == {"Ledgerline"}


@pytest.mark.parametrize(("word", "is_shown"), [("zebra", True), ("widow", False)])
def test_a_single_word_of_private_life_is_not_shown(word: str, is_shown: bool) -> None:
    people = people_saying(*[word] * 6, *["weather"] * 6, item="content")
    found = terms_of(people, ("content",), lexicon_of(people), read(people, None))

    shown = choose(found, np.arange(12) < 6)["content"]

    assert any(term.text == word for term in shown) == is_shown


def test_what_four_people_say_is_not_counted() -> None:
    assert words_shown(people_saying(*["striped zebra"] * 4, *["weather"] * 8), 6) == {}


def test_a_small_count_elsewhere_is_rounded_down_to_none() -> None:
    people = people_saying(*["zebra"] * 10, *["weather"] * 10)
    zebra = next(one for one in terms(people)["reasons"] if one.text == "zebra")

    counted = entry(zebra, np.arange(20) < 6)

    assert (counted.n, counted.share_elsewhere) == (6, 0.0)


def test_words_that_show_a_theme_are_not_listed_beside_it() -> None:
    people = people_saying(*["a permanent contract"] * 8, *["weather"] * 8)

    shown = choose(terms(people), np.arange(16) < 8)["reasons"]

    assert [(one.kind, one.text) for one in shown] == [
        ("theme", "a permanent contract and a job that is safe")
    ]


def test_a_longer_phrase_replaces_the_word_it_contains() -> None:
    assert list(words_shown(people_saying(*["a striped zebra"] * 8, *["weather"] * 8), 8)) == [
        "striped zebra"
    ]


@pytest.mark.parametrize(
    ("ranked_high", "n", "in_words", "in_words_elsewhere", "shown"),
    [
        (True, 6, 3, 0, True),
        (True, 7, 2, 0, True),
        # Of six, four would rest on meaning.
        (True, 6, 2, 0, False),
        # Said by meaning alone: it may be the subject and not what is thought of it.
        (True, 7, 1, 0, False),
        (True, 9, 0, 0, False),
        (True, 7, 3, 3, False),
        (True, 9, 1, 0, False),
        # Some sentences happen to sound alike, but the group as a whole does not come nearer than others do.
        (False, 9, 3, 0, False),
    ],
)
def test_a_theme_needs_the_whole_group_and_some_words(
    ranked_high: bool, n: int, in_words: int, in_words_elsewhere: int, shown: bool
) -> None:
    ranks = np.arange(40, 0, -1.0) if ranked_high else np.arange(1, 41.0)
    words = term("theme", in_words, in_words_elsewhere).said

    theme = term("theme", n, 1, ranks=ranks, in_words=words)

    assert [one for _, one in telling([theme], HERE)] == [theme] * shown


@pytest.mark.parametrize(
    ("n", "in_words", "clearly", "clearly_elsewhere", "shown"),
    [
        (6, 1, 3, 0, True),
        (6, 0, 5, 0, False),
        (6, 1, 3, 3, False),
        (6, 1, 2, 0, False),
        (5, 1, 3, 0, False),
        # What others say as surely takes nothing from what is said in words.
        (6, 3, 3, 3, True),
    ],
)
def test_what_is_said_as_surely_counts_where_one_of_a_group_says_it_in_words(
    n: int, in_words: int, clearly: int, clearly_elsewhere: int, shown: bool
) -> None:
    theme = term(
        "theme",
        n,
        1,
        ranks=np.arange(40, 0, -1.0),
        in_words=term("theme", in_words, 0).said,
        clearly=term("theme", clearly, clearly_elsewhere).said,
    )

    assert bool(telling([theme], HERE)) == shown


@pytest.mark.parametrize(
    ("in_words", "weight", "shown"),
    [(2, 0.9, True), (2, 0.7, False), (3, 0.7, True), (3, -2.0, True), (0, 0.9, False)],
)
def test_what_fewer_than_three_say_in_words_a_second_opinion_must_confirm(
    in_words: int, weight: float, shown: bool
) -> None:
    theme = term(
        "theme",
        7,
        1,
        ranks=np.arange(40, 0, -1.0),
        in_words=term("theme", in_words, 0).said,
        weight=np.full(40, weight),
        evidence=np.full(40, -3.0),
    )

    assert bool(telling([theme], HERE)) == shown


@pytest.mark.parametrize(
    ("n_sure", "n_sure_elsewhere", "weight", "ranked_high", "shown"),
    [
        (3, 0, 1.0, True, True),
        (2, 0, 1.0, True, False),
        (3, 3, 1.0, True, False),
        (3, 0, 0.9, True, False),
        (3, 0, 1.0, False, False),
    ],
)
def test_a_second_opinion_alone_shows_what_a_whole_group_also_comes_near_to(
    n_sure: int, n_sure_elsewhere: int, weight: float, ranked_high: bool, shown: bool
) -> None:
    theme = term(
        "theme",
        6,
        0,
        ranks=np.arange(40, 0, -1.0) if ranked_high else np.arange(1, 41.0),
        in_words=term("theme", 0, 0).said,
        weight=np.full(40, weight),
        evidence=np.where(term("theme", n_sure, n_sure_elsewhere).said, 1.0, 0.5),
    )

    assert bool(telling([theme], HERE)) == shown


@pytest.mark.parametrize(("n_told", "n_in_words", "n"), [(0, 0, 7), (5, 0, 7), (6, 6, 6)])
def test_where_weight_alone_tells_a_theme_all_are_read_by_weight(
    n_told: int, n_in_words: int, n: int
) -> None:
    """But not where a persona is told by what is near already: then everybody is read by that."""
    rows = np.arange(40)
    evidence = np.where(rows < 6, 2.0, np.where(rows == 20, 0.5, -3.0)).astype(np.float32)
    reading = replace(one_theme(n_told, n_in_words, n_told), evidence=evidence[:, None])

    heard = heard_out(reading, np.repeat([0, -1], 20))

    assert int(heard.said.sum()) == n


def test_with_other_sentences_only_what_hangs_on_them_is_worked_out_again() -> None:
    reading = replace(one_theme(4, 4, 7), evidence=np.zeros((40, 1), np.float32))
    known = (reading.row_of, reading.starts, reading.ranks, reading.most_evidence)
    assert reading.said.sum() == 4

    other = reading.saying(~reading.spoken)

    assert all(
        a is b
        for a, b in zip(known, (other.row_of, other.starts, other.ranks, other.most_evidence), strict=True)
    )
    assert other.said.sum() == 36


@pytest.mark.parametrize(("n_saying", "leans"), [(5, True), (4, False)])
def test_of_those_who_come_near_a_quarter_must_say_it_by_the_second_opinion(
    n_saying: int, leans: bool
) -> None:
    # All 20 come nearer than most of the others.
    evidence = np.where(np.arange(40) < n_saying, 0.5, -2.0)
    theme = term(
        "theme",
        4,
        0,
        ranks=np.arange(40, 0, -1.0),
        in_words=term("theme", 4, 0).said,
        weight=np.full(40, 0.5),
        evidence=evidence,
    )

    assert bool(leanings({"reasons": [theme]}, {"reasons": ()}, HERE)) == leans


def test_a_theme_may_be_told_by_its_words_where_meaning_finds_it_elsewhere_too() -> None:
    ranks = np.arange(40, 0, -1.0)
    by_words = term("theme", 6, 4, ranks=ranks, in_words=term("theme", 6, 1).said)
    by_nothing = term("theme", 6, 4, ranks=ranks, in_words=term("theme", 3, 1).said)

    found = [bool(telling([one], HERE)) for one in (by_words, by_nothing)]

    assert found == [True, False]


def one_theme(n: int, n_in_words: int, n_nearly: int, *, ranked_high: bool = True) -> Reading:
    """A sentence each by 20 people of a persona and 20 others; so many of the first say the first code or nearly do."""
    rows = np.arange(40)
    nearness = np.float32(rows < 20) if ranked_high else np.zeros(40, np.float32)
    return Reading(
        codebook()[:1],
        tuple(Sentence(row, "stay", 0, 1, "x") for row in rows.tolist()),
        (rows < n)[:, None],
        (rows < n_in_words)[:, None],
        (rows < n_nearly)[:, None],
        nearness[:, None],
        np.ones((40, 2), np.float32),
        np.ones((1, 2)),
        rows,
    )


@pytest.mark.parametrize(
    ("reading", "n"),
    [
        (one_theme(4, 4, 7), 7),
        # Five are enough as they are, two in words tell too little, and others come as near.
        (one_theme(5, 4, 7), 5),
        (one_theme(4, 2, 7), 4),
        (one_theme(4, 4, 7, ranked_high=False), 4),
    ],
)
def test_less_is_asked_of_sentences_where_a_persona_says_it_clearly_in_words(
    reading: Reading, n: int
) -> None:
    heard = heard_out(reading, np.repeat([0, -1], 20))

    assert (int(heard.said.sum()), int(heard.said_in_words.sum())) == (n, int(reading.said_in_words.sum()))
    # What was worked out is not thrown away for nothing.
    assert (heard is reading) == (n == int(reading.said.sum()))


@pytest.mark.parametrize(
    ("ranked_high", "in_words", "in_words_elsewhere", "leans"),
    [(True, 4, 0, True), (True, 0, 0, False), (True, 4, 2, False), (False, 4, 0, False)],
)
def test_a_persona_leans_to_what_it_comes_near_as_a_whole(
    ranked_high: bool, in_words: int, in_words_elsewhere: int, leans: bool
) -> None:
    ranks = np.arange(40, 0, -1.0) if ranked_high else np.arange(1, 41.0)
    words = term("theme", in_words, in_words_elsewhere).said
    theme = term("theme", 4, 0, ranks=ranks, in_words=words)

    found = leanings({"reasons": [theme]}, {"reasons": ()}, HERE)

    assert [(one.kind, int(one.said[HERE].sum()) >= 5) for one in found] == [("leaning", True)] * leans
    assert leanings({"reasons": [theme]}, {"reasons": (theme,)}, HERE) == ()
    assert (
        leanings({"reasons": [replace(theme, counted=term("theme", 4, 0).said)]}, {"reasons": ()}, HERE) == ()
    )


def ranked(order: Sequence[int]) -> Any:
    """The ranks of people, the nearest of whom comes first."""
    ranks = np.empty(len(order))
    ranks[list(order)] = np.arange(len(order), 0, -1)
    return ranks


@pytest.mark.parametrize(("n_near", "leans"), [(5, True), (4, False)])
def test_a_small_persona_leans_to_nothing_to_which_fewer_than_five_come_near(
    n_near: int, leans: bool
) -> None:
    people = np.arange(180)
    order = [*people[:n_near], *people[12:31], *people[n_near:12], *people[31:]]
    theme = Term(("x",), "x", "theme", people < 3, ranks=ranked(order), in_words=people < 3)

    found = leanings({"reasons": [theme]}, {"reasons": ()}, people < 12)

    assert [int(one.said[:12].sum()) for one in found] == [n_near] * leans


@pytest.mark.parametrize(("n_near", "leans"), [(8, True), (7, False)])
def test_a_small_persona_leans_to_what_one_says_in_words_where_two_in_five_come_near(
    n_near: int, leans: bool
) -> None:
    people = np.arange(180)
    # The nearest of the persona, a tenth of the others, the rest of the persona, the rest of the others.
    order = [*people[:n_near], *people[18:36], *people[n_near:18], *people[36:]]
    theme = Term(("x",), "x", "theme", people < 1, ranks=ranked(order), in_words=people < 1)

    found = leanings({"reasons": [theme]}, {"reasons": ()}, people < 18)

    assert [int(one.said.sum()) > n_near for one in found] == [True] * leans


@pytest.mark.parametrize(("n_near", "leans"), [(10, True), (9, False)])
def test_a_persona_leans_to_nothing_to_which_fewer_than_a_quarter_come_near(n_near: int, leans: bool) -> None:
    people = np.arange(180)
    order = [*people[:n_near], *people[40:60], *people[n_near:40], *people[60:]]
    theme = Term(("x",), "x", "theme", people < 4, ranks=ranked(order), in_words=people < 4)

    assert bool(leanings({"reasons": [theme]}, {"reasons": ()}, people < 40)) == leans


@pytest.mark.parametrize(("n", "n_elsewhere", "leans"), [(12, 3, True), (11, 4, False), (16, 12, False)])
def test_a_persona_leans_to_what_so_much_more_of_it_counts_as_saying(
    n: int, n_elsewhere: int, leans: bool
) -> None:
    theme = term("theme", 2, 0, ranks=np.arange(40, 0, -1.0), in_words=np.zeros(40, dtype=bool))
    theme = replace(theme, counted=term("theme", n, n_elsewhere).said)

    found = leanings({"reasons": [theme]}, {"reasons": ()}, HERE)

    assert [entry(one, HERE).n for one in found] == [n] * leans
    assert leanings({"reasons": [replace(theme, said=theme.said & ~HERE)]}, {"reasons": ()}, HERE) == ()


@pytest.mark.parametrize(
    ("size", "n_said", "n", "leans"),
    [
        (14, 1, 14, False),
        (15, 1, 15, False),
        (15, 2, 15, True),
        (14, 2, 5, True),
        (14, 2, 4, False),
        (15, 2, 5, False),
    ],
)
def test_two_must_be_read_as_saying_what_a_persona_leans_to_and_of_fewer_than_fifteen_five_count(
    size: int, n_said: int, n: int, leans: bool
) -> None:
    people = np.arange(40)
    nobody = np.zeros(40, dtype=bool)
    theme = Term(
        ("x",), "x", "theme", people < n_said, ranks=40.0 - people, in_words=nobody, counted=people < n
    )

    found = leanings({"reasons": [theme]}, {"reasons": ()}, people < size)

    assert [entry(one, people < size).n for one in found] == [n] * leans


def test_an_estimate_is_told_with_its_interval_and_a_count_with_chance() -> None:
    read_as_saying = term("theme", 6, 0)
    estimated = replace(read_as_saying, counted=term("theme", 15, 4).said)

    one, other = entry(read_as_saying, HERE), entry(estimated, HERE)

    assert (one.n, one.share_here, one.estimated) == (6, 0.3, False)
    assert (other.n, other.share_here, other.share_elsewhere, other.estimated) == (15, 0.75, 0.0, True)
    assert other.interval == interval_of(0.75)


@pytest.mark.parametrize(("n", "n_elsewhere", "is_told"), [(8, 4, True), (4, 0, False), (8, 8, False)])
def test_a_theme_is_not_told_where_fewer_than_five_or_no_more_than_others_count_as_saying_it(
    n: int, n_elsewhere: int, is_told: bool
) -> None:
    ranks = np.arange(40, 0, -1.0)
    theme = term("theme", 8, 0, ranks=ranks, in_words=term("theme", 5, 0).said)

    found = telling([replace(theme, counted=term("theme", n, n_elsewhere).said)], HERE)

    assert bool(found) == is_told


def test_a_theme_of_all_is_read_of_five_people_and_not_only_estimated() -> None:
    theme = replace(term("theme", 4, 0), counted=term("theme", 9, 0).said)

    assert common_themes([theme]) == ()
    assert [one.n for one in common_themes([replace(theme, said=term("theme", 5, 0).said)])] == [9]
    assert common_themes([replace(term("theme", 5, 0), counted=term("theme", 4, 0).said)]) == ()


def test_a_few_outside_the_personas_are_not_told_by_what_is_estimated_either() -> None:
    """With 12 of 40 in all and 8 and 0 of two personas, four would stand alone."""
    labels = np.repeat([0, 1], 20)
    theme = replace(term("theme", 8, 0), counted=term("theme", 8, 4).said)

    (kept,) = without_few([theme], labels)

    assert kept.people.tolist() == term("theme", 8, 0).said.tolist()


def test_of_two_themes_that_contradict_each_other_the_one_in_words_is_shown() -> None:
    """People who are glad that there is no commission speak of commission."""
    ranks = np.arange(40, 0, -1.0)
    bonus, no_bonus = (
        replace(
            term("theme", 9, 0, ranks=ranks, in_words=term("theme", n, 0).said),
            key=(code,),
            opposites=frozenset({other}),
        )
        for code, other, n in [("bonus", "no_bonus", 2), ("no_bonus", "bonus", 4)]
    )

    assert choose({"reasons": [bonus, no_bonus]}, HERE)["reasons"] == (no_bonus,)


def test_what_contradicts_a_shown_theme_is_not_usual_either() -> None:
    selling, no_selling = (
        replace(
            term("theme", n, n_elsewhere, in_words=term("theme", n, n_elsewhere).said),
            key=(code,),
            opposites=frozenset({other}),
        )
        for code, other, n, n_elsewhere in [("no", "yes", 8, 0), ("yes", "no", 6, 6)]
    )

    assert choose({"skills": [selling, no_selling]}, HERE)["skills"] == (selling,)


@pytest.mark.parametrize(("word", "is_shown"), [("spreadsheet", False), ("forklift", True)])
@pytest.mark.parametrize("where", ["skills", "content"])
def test_a_usual_theme_says_no_shown_word_again(where: str, word: str, is_shown: bool) -> None:
    skill = term("theme", 6, 6, covers=frozenset({("spreadsheet",)}))
    words = replace(term("words", 9, 0), key=(word, "y"))

    found = choose({"skills": [skill], "content": [], where: [words, *[skill] * (where == "skills")]}, HERE)

    assert words in found[where]
    assert any(one.kind == "usual" for one in found["skills"]) == is_shown


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ("fabrics and curtains", "metal_work"),
        ("all the machines", "metal_work"),
        ("experience with people", "research_skill"),
        ("books and ledgers", "office_work"),
        ("hospitals", "hospitality"),
    ],
)
def test_words_of_one_stem_and_two_meanings_are_kept_apart(listed: str, code: str) -> None:
    assert code not in codes_in(listed)


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ("experimenting", "research_skill"),
        ("validating models", "testing_standards"),
        ("machined parts", "metal_work"),
    ],
)
def test_verbs_stay_with_the_nouns_that_are_kept_apart(listed: str, code: str) -> None:
    assert code in codes_in(listed)


def test_opposites_are_opposites_both_ways() -> None:
    codes = {code.code: code for code in codebook()}

    assert all(code.code in codes[other].opposites for code in codes.values() for other in code.opposites)


@pytest.mark.parametrize(("elsewhere", "shown"), [("reasons", 1), ("traits", 2)])
def test_two_entries_of_a_list_do_not_rest_on_the_same_sentences(elsewhere: str, shown: int) -> None:
    """Who says "fresh air" is outdoors; that they dislike desks as well is nothing they said."""
    sentences = np.arange(40) < 9
    outdoors, no_desk = (
        replace(term("theme", n, 0, spoken=sentences), key=(name,), text=name)
        for name, n in [("outdoors", 9), ("no desk", 8)]
    )

    found = choose(
        {"reasons": [outdoors], "traits": [], elsewhere: [no_desk, *[outdoors] * (shown == 1)]}, HERE
    )

    assert sum(map(len, found.values())) == shown


@pytest.mark.parametrize(("n_asked", "shown"), [(3, True), (2, False)])
def test_a_reason_is_said_where_people_are_asked_why_they_stay(n_asked: int, shown: bool) -> None:
    """Who was thanked on a good day does not stay for it."""
    reason = term("theme", 9, 0, asked=term("theme", n_asked, 0).said)

    assert bool(telling([reason], HERE)) == shown


@pytest.mark.parametrize(("n_in_words", "shown"), [(5, True), (4, False)])
def test_half_of_those_who_have_a_skill_name_it(n_in_words: int, shown: bool) -> None:
    ranks = np.arange(40, 0, -1.0)
    skill = term("theme", 10, 0, ranks=ranks, in_words=term("theme", n_in_words, 0).said, listed=True)

    assert bool(telling([skill], HERE)) == shown


@pytest.mark.parametrize("where", ["reasons", "traits"])
@pytest.mark.parametrize(("n_shared", "is_shown"), [(4, False), (3, True)])
def test_of_two_themes_with_one_meaning_the_more_telling_is_shown(
    where: str, n_shared: int, is_shown: bool
) -> None:
    """Near in meaning they still say two things if other sentences tell them."""
    sentences = np.arange(30)
    strong = replace(
        term("theme", 15, 0, spoken=sentences < 15, centre=np.array([1.0, 0])), key=("strong",), text="strong"
    )
    weak = replace(
        term(
            "theme",
            9,
            0,
            spoken=(sentences >= 15 - n_shared) & (sentences < 24 - n_shared),
            centre=np.array([0.9, 0.1]),
        ),
        key=("weak",),
        text="weak",
    )

    found = choose({"reasons": [weak, strong] if where == "reasons" else [strong], "traits": [weak]}, HERE)

    assert strong in found["reasons"]
    assert any(weak in listed for listed in found.values()) == is_shown


@pytest.mark.parametrize(
    ("n", "n_elsewhere", "n_in_words", "name", "is_shown"),
    [
        (6, 6, 6, "skills", True),
        (6, 6, 5, "content", True),
        (10, 10, 5, "skills", True),
        (6, 6, 6, "reasons", False),
        (4, 0, 4, "skills", False),
        (6, 7, 6, "skills", False),
        (6, 6, 4, "skills", False),
        (12, 12, 5, "skills", False),
    ],
)
def test_what_many_list_is_told_although_others_list_it_too(
    n: int, n_elsewhere: int, n_in_words: int, name: str, is_shown: bool
) -> None:
    skill = term("theme", n, n_elsewhere, in_words=term("theme", n_in_words, 0).said)

    found = choose({name: [skill]}, HERE)[name]

    assert [one.kind for one in found] == ["usual"] * is_shown


@pytest.mark.parametrize(
    ("counts", "sign"),
    [((10, 20, 2, 20), 1), ((2, 20, 10, 20), -1), ((5, 10, 50, 100), 0), ((10, 10, 0, 20), 1)],
)
def test_keyness_says_which_share_is_larger(counts: tuple[int, int, int, int], sign: int) -> None:
    assert np.sign(np.round(keyness(*counts), 6)) == sign


def test_a_rare_word_is_shown_only_when_five_people_use_it() -> None:
    four = lexicon_of(people_saying(*["zymurgy"] * 4))
    five = lexicon_of(people_saying(*["zymurgy"] * 5))

    assert not four.is_showable("zymurgy at home")
    assert five.is_showable("zymurgy at home")


@pytest.mark.parametrize("name", ["alice", "Adam's", "anna-anthony"])
def test_a_first_name_is_no_common_word_however_often_it_is_in_print(name: str) -> None:
    assert not lexicon_of(people_saying(*["I like the work."] * 5)).is_showable(
        f"I like {name} and the work."
    )


def test_what_wears_a_capital_inside_sentences_may_be_a_name_however_many_write_it() -> None:
    people = people_saying(*["I sit beside Xyrelle and like it."] * 6, *["Zymurgy is what i like."] * 6)
    everybody = lexicon_of(people)

    assert everybody.is_showable("I sit beside Xyrelle and like it.")
    assert everybody.names_something("i sit beside xyrelle")
    assert not everybody.names_something("On Monday I like zymurgy and SQL in English")
    assert not is_quotable("I sit beside Xyrelle and like it.", everybody)
    assert is_quotable("Zymurgy is what I like best here.", everybody)
    told = [term.text for term in terms(people)["reasons"]]
    assert "zymurgy" in told
    assert not any("yrelle" in text for text in told)
    tools = people_saying(*["We build it with Xyrelle"] * 6, item="skills")
    assert [
        term.text for term in terms_of(tools, ("skills",), lexicon_of(tools), read(tools, None))["skills"]
    ]


def words_told(people: list[Person], item: str = "stay", name: str = "reasons") -> list[str]:
    told = terms_of(people, (item,), lexicon_of(people), read(people, None))[name]
    return [term.text for term in told if term.kind == "words"]


def test_a_piece_of_a_longer_phrase_is_none() -> None:
    whole = ["The kiln glazing oven counts."] * 8

    assert words_told(people_saying(*whole)) == ["kiln glazing oven counts"]
    assert words_told(people_saying(*["The kitchen garden window counts."] * 4)) == []
    assert "oven" in words_told(people_saying(*whole, *["My oven stands by the river."] * 3))


@pytest.mark.parametrize(
    ("item", "name", "is_told"), [("stay", "reasons", False), ("skills", "skills", True)]
)
def test_among_reasons_no_phrase_goes_on_behind_an_and(item: str, name: str, is_told: bool) -> None:
    told = words_told(people_saying(*["pottery and glazing"] * 6, item=item), item, name)

    assert ("pottery and glazing" in told) == is_told


@pytest.mark.parametrize(
    "told",
    [["striped zymurgy"] * 3 + ["striped zymurgies"] * 3, ["striped burnout"] * 6],
    ids=["no form is used by five", "sensitive"],
)
def test_no_phrase_holds_a_word_that_may_not_be_shown(told: list[str]) -> None:
    people = people_saying(*told, *["striped zebra"] * 6)

    assert set(words_told(people)) == {"striped", "striped zebra"}


def test_in_german_every_noun_wears_a_capital() -> None:
    assert not Lexicon([("Ich mag den Schraubstock sehr.",)] * 6, "de").names_something("der Schraubstock")


def test_a_word_that_everybody_says_is_shown_although_it_is_rare_in_print() -> None:
    assert lexicon_of(people_saying("work")).is_showable(
        "mornings with the happiest biscuits behind the boiler"
    )


def test_words_are_shown_in_their_usual_case() -> None:
    lexicon = lexicon_of(
        people_saying("Careful work. I write SQL and Python.", "Careful, SQL again and Python.")
    )

    assert lexicon.as_written("Careful sql python") == "careful SQL Python"


def test_items_with_unknown_names_become_traits() -> None:
    assert items_of("traits", ("self", "role", "stay")) == ("self", "role")
    assert items_of("reasons", ("self", "role", "stay")) == ("stay",)


def test_channels_are_read_from_the_closed_item() -> None:
    people = [Person(Response("a", {}, ("local_press",)), {}), Person(Response("b", {}), {})]

    (channel,) = channel_terms(people)

    assert (channel.text, channel.said.tolist()) == ("local press", [True, False])


@pytest.mark.parametrize(("n", "is_told"), [(5, True), (4, False)])
def test_a_channel_that_fewer_than_five_of_a_small_persona_choose_is_not_told(n: int, is_told: bool) -> None:
    usual = term("option", n, 20)

    assert bool(choose_options([usual], np.arange(40) < 12)) == is_told


def test_a_channel_that_many_choose_is_named_after_those_that_set_apart() -> None:
    shown = choose_options([term("option", 9, 9), term("option", 12, 1), term("option", 4, 0)], HERE)

    assert [int(one.said[HERE].sum()) for one in shown] == [12, 9]


@pytest.mark.parametrize(
    ("text", "code", "found"),
    [
        ("I never had a permanent contract.", "secure_job", False),
        ("I have a permanent contract.", "secure_job", True),
        ("Nobody tells me how.", "unwatched", True),
        ("They look over my shoulder.", "unwatched", False),
        ("Nobody looks over my shoulder.", "unwatched", True),
        ("I hardly have any meetings.", "few_meetings", True),
        ("I have meetings.", "few_meetings", False),
    ],
)
def test_what_is_denied_counts_only_where_its_absence_is_meant(text: str, code: str, found: bool) -> None:
    assert (code in codes_in(text)) == found


def test_every_code_can_be_found_by_each_of_its_seeds() -> None:
    codes = codebook()

    assert all(seed and all(seed) for code in codes for seed in (*code.seeds, *code.together))
    assert (
        len({code.code for code in codes})
        == len(codes)
        == len({code.label for code in codes if code.label}) + sum(code.kind == "other" for code in codes)
    )
    assert {code.kind for code in codes} == set(get_args(Kind))
    assert all(code.examples for code in codes)


def described_halves(people: list[Person], reading: Reading, item: str = "stay") -> tuple[Persona, ...]:
    """The personas of a first and a second half of some people."""
    return describe_personas(
        people,
        [Neighbour("p1", "p2", 0.0)],
        np.repeat([0, 1], len(people) // 2),
        np.ones(2),
        (item,),
        lexicon_of(people),
        reading,
    )


def one_sentence_each(said: np.ndarray, nearness: np.ndarray, **parts: object) -> Reading:
    """People with one sentence each, shape (n_people, n_codes): what they say in words, and how near they come."""
    rows = np.arange(len(said))
    return replace(
        one_theme(0, 0, 0),
        sentences=tuple(Sentence(row, "stay", 0, 1, "x") for row in rows.tolist()),
        spoken=said,
        seeded=said,
        nearly=said,
        nearness=nearness,
        vectors=np.ones((len(said), 2)),
        rows=rows,
        **parts,  # type: ignore[arg-type]  # as above
    )


def test_what_nothing_names_is_called_unnamed() -> None:
    people = people_saying(*["striped zebra"] * 12, *["thing"] * 12)

    found = described_halves(people, read(people, None))

    assert [one.name for one in found] == ["People who say “striped zebra”", "Unnamed Colleagues"]


@pytest.mark.parametrize(("n", "name"), [(10, "People reached through radio"), (9, "Unnamed Colleagues")])
def test_a_persona_of_which_little_is_said_is_named_by_a_channel_that_reaches_half(n: int, name: str) -> None:
    """Coming near to a code as a group gives no name: the encoder knows the subject alone."""
    people = [
        replace(person, response=replace(person.response, channels=("radio",) if row < n else ()))
        for row, person in enumerate(people_saying(*["striped things here"] * 40))
    ]
    reading = replace(one_theme(0, 0, 0), codes=codebook()[:1])

    named, other = described_halves(people, reading)

    assert named.name.startswith(name)
    assert other.name.startswith("Unnamed Colleagues")


@pytest.mark.parametrize(("n", "name"), [(14, "Planners"), (13, "Unnamed Colleagues")])
def test_what_a_persona_leans_to_names_it_only_where_many_come_near(n: int, name: str) -> None:
    people = people_saying(*["striped things here"] * 80)
    rows = np.arange(80)
    # The nearest of the persona, a few of the others, the rest of the persona, the rest of the others.
    nearness = np.select([rows < n, rows >= 74, rows < 40], [3.0, 2.0, 1.0], 0.0)
    reading = one_sentence_each((rows < 4)[:, None], nearness[:, None])

    named, _ = described_halves(people, reading)

    assert ([one.text for one in named.leanings], named.name) == (["a schedule known well in advance"], name)


@pytest.mark.parametrize(
    ("n", "n_other", "name"),
    [(30, 20, "Planners"), (20, 30, "Balance-Keepers"), (9, 8, "Unnamed Colleagues")],
)
def test_what_most_more_count_as_saying_names_a_persona(n: int, n_other: int, name: str) -> None:
    """Both are shown by themselves, the first of them more telling by its ranks."""
    people = people_saying(*["striped things here"] * 80)
    rows = np.arange(80)
    said = np.column_stack([rows < 8, (rows >= 8) & (rows < 15)])
    nearness = np.column_stack([rows < 40, rows < 36]).astype(float) + said
    counted = np.column_stack([rows < n, rows < n_other])
    reading = one_sentence_each(said, nearness, codes=codebook()[:2], centres=np.eye(2), counted=counted)

    named, _ = described_halves(people, reading)

    assert ([one.n for one in named.reasons], named.name) == (sorted([n, n_other], reverse=True), name)


def test_what_a_persona_leans_to_tells_no_few_outside_by_subtraction() -> None:
    """Two of the third persona are silent wherever all who say it are told; told here, they would stand alone."""
    people = people_saying(*["striped things here"] * 120)
    rows = np.arange(120)
    counted = np.isin(rows, (*range(30), *range(40, 46), 80, 81))
    reading = one_sentence_each(
        (rows < 2)[:, None], (rows < 40).astype(float)[:, None], counted=counted[:, None]
    )

    named, *_ = describe_personas(
        people,
        [Neighbour("p1", "p2", 0.0)],
        np.repeat([0, 1, 2], 40),
        np.ones(3),
        ("stay",),
        lexicon_of(people),
        reading,
    )

    assert [(one.n, one.share_elsewhere, one.estimated) for one in named.leanings] == [(30, 6 / 80, True)]


def test_words_channels_and_families_tell_no_few_outside_by_subtraction_either() -> None:
    """15 of one persona, 6 of another and 2 of the third say or choose it; the two are silent."""
    saying = np.isin(np.arange(60), (*range(15), *range(20, 26), 40, 41))
    people = [
        replace(
            person,
            response=replace(
                person.response, channels=("radio",) if person.texts["stay"] != "weather" else ()
            ),
        )
        for person in people_saying(*("striped zebra" if says else "weather" for says in saying))
    ]

    one = next(one for one in families() if one.kind == "motive")
    family = Term((one.code,), one.label, "family", saying, counted=saying)

    told, *_ = describe_personas(
        people,
        [Neighbour("p1", "p2", 0.0)],
        np.repeat([0, 1, 2], 20),
        np.ones(3),
        ("stay",),
        lexicon_of(people),
        read(people, None),
        wide={"motive": (family,), "style": ()},
    )

    assert [
        (one.text, one.n, one.share_elsewhere) for one in (*told.reasons, *told.channels, *told.concerns)
    ] == [(text, 15, 6 / 40) for text in ("striped zebra", "radio", family.text)]


def test_what_matters_to_a_persona_names_it_and_stands_wherever_it_is_told() -> None:
    """Everybody says it in a form of their own; taken off the card it is told nowhere."""
    people = people_saying(*THERE_FOR_OTHERS, *OTHER_THINGS, *OTHER_THINGS[:2])
    n = len(THERE_FOR_OTHERS)

    named, other = described_halves(people, read(people, bundled_encoder()))

    (matters,) = named.concerns
    assert (matters.text, matters.kind, matters.estimated) == (
        "being there for other people",
        "family",
        True,
    )
    assert (named.name, named.reasons, other.concerns) == ("Helpers", (), ())
    assert (
        "What matters to them, more than to others, is being there for other people (about " in named.summary
    )
    assert named.neighbour is not None
    assert [one.text for one in named.neighbour.more] == ["being there for other people"]
    without = without_dropped(replace(named, concerns=()), [n, n], 2 * n, "en")
    assert "being there" not in without.summary
    compared, _ = with_neighbours([without, other])
    assert compared.neighbour is not None
    assert (compared.neighbour.more, "being there" in compared.neighbour.text) == ((), False)
    counted = replace(named, card=Card(("being there for other people", "a", "b"), (9, 8, 7), "9 match."))
    assert without_dropped(replace(counted, concerns=()), [n, n], 2 * n, "en").card is None


def test_a_trait_that_says_what_a_family_of_that_name_says_is_not_told_beside_it() -> None:
    every = np.ones(40, dtype=bool)

    def themes(*codes: str) -> tuple[Term, ...]:
        return tuple(Term((code,), code, "theme", every) for code in codes)

    family = Term(("exact",), "are careful and exact", "family", every, counted=every)
    words = Term(("careful",), "careful with the cranes", "words", every)
    told = (*themes("careful", "steady", "independent"), words)

    left = [one.text for one in _without_said_again(told, [family], codebook())]
    assert left == ["steady", "independent", "careful with the cranes"]
    assert _without_said_again(told, [], codebook()) == told


def test_what_they_are_like_in_many_forms_heads_the_traits() -> None:
    """Warm in a form of their own each: it heads the list, goes on from "they" elsewhere and gives an adjective."""
    warm = (
        "Warm, they say.",
        "A good listener.",
        "I am patient and I explain it again.",
        "I talk to everybody.",
        "New ones sit next to me.",
        "I swap my shift if somebody needs it.",
        "Kind, I hope.",
        "I do not judge people who are down.",
        "Friendly and helpful.",
        "I keep the peace between the two halls.",
        "Team player.",
        "I look after my people.",
    )
    others = (
        "Accountant.",
        "Works in stores.",
        "38, from here.",
        "Analyst, Python.",
        "Driver.",
        "Night porter.",
    )
    people = people_saying(*warm, *others, *others, item="self")

    named, _ = described_halves(people, read(people, bundled_encoder()), "self")

    first = named.traits[0]
    assert (first.text, first.kind, first.estimated) == ("are warm and good with people", "family", True)
    assert named.name.startswith("Warm ")
    assert "More often than others they are warm and good with people (about " in named.summary
    assert named.neighbour is not None
    assert "they are warm and good with people (about " in named.neighbour.text


def test_a_motive_of_many_names_before_a_family_and_one_of_few_after_it() -> None:
    """Four in ten say it or three, beside a concern of all that this motive is no form of."""
    every = np.arange(40) < 20
    caring = Term(("helping",), "being there for other people", "family", every, counted=every)
    for n, name in ((8, "Planners"), (7, "Helpers")):
        few = np.arange(40) < n
        motive = Term((codebook()[0].code,), codebook()[0].label, "theme", few, counted=few)
        found = _names(
            one_theme(0, 0, 0),
            [every],
            [{"reasons": [motive]}],
            [[]],
            [[caring]],
            [[]],
            [[]],
            catalogue("en"),
        )
        assert found == (name,)


def test_what_is_usual_elsewhere_as_well_names_nobody() -> None:
    people = people_saying(*["German"] * 40, item="skills")

    found = described_halves(people, read(people, None), "skills")

    assert [[(one.text, one.kind) for one in persona.skills] for persona in found] == [
        [("languages", "usual")]
    ] * 2
    assert [(persona.name, persona.card) for persona in found] == [
        ("Unnamed Colleagues", None),
        ("Unnamed Colleagues 2", None),
    ]
    assert "languages" not in found[0].summary


@pytest.mark.parametrize(("n", "name"), [(10, "Linguists"), (9, "Unnamed Colleagues")])
def test_a_skill_names_a_persona_only_where_half_have_it(n: int, name: str) -> None:
    people = people_saying(*["German"] * n, *["zebras"] * (40 - n), item="skills")

    named, _ = described_halves(people, read(people, None), "skills")

    assert ([one.text for one in named.skills], named.name) == (["languages"], name)


def test_names_are_unique_even_when_candidates_are_few() -> None:
    names = persona_names([(["Calm"], ["Owners"])] * 3 + [([], [])])

    assert len(set(names)) == 4


def test_a_name_does_not_say_the_same_twice() -> None:
    assert persona_names([(["Quick-Learning", "Ambitious"], ["Learners"])]) == ("Ambitious Learners",)
    assert persona_names([(["Careful"], ["Careful Checkers"])]) == ("Careful Checkers",)


def test_a_quote_in_few_words_must_be_more_typical() -> None:
    short, long = "Nothing went wrong", "Nothing went wrong all day long"

    assert not _is_typical(Quote(short, "good_day", 5, 0.5, 0.3))
    assert _is_typical(Quote(short, "good_day", 5, 0.6, 0.3))
    assert _is_typical(Quote(long, "good_day", 5, 0.5, 0.3))
    assert not _is_typical(Quote(long, "good_day", 4, 0.9, 0.0))


def test_a_quote_has_nothing_that_points_at_somebody() -> None:
    lexicon = lexicon_of(people_saying("I like the team and the work here a lot."))

    assert is_quotable("I like the team and the work here a lot.", lexicon)
    assert not is_quotable("I like it.", lexicon)
    assert is_quotable("I like it.", lexicon, "good_day")
    assert is_quotable("I like it.", lexicon, "content")
    assert not is_quotable("I do.", lexicon, "content")
    assert not is_quotable("My wife left.", lexicon, "good_day")
    assert not is_quotable("I like the team and the work, and then my wife left.", lexicon)
    assert not is_quotable("I like the team in Grimsby and the work a lot.", lexicon)
    assert is_quotable("I like the team and the anchor on the corner.", lexicon)
    assert not is_quotable("I like the team and the Anchor on the corner.", lexicon)
    assert not is_quotable("I like the 41 years and the work here a lot.", lexicon)
    assert not is_quotable("I like [name] and the team and the work here.", lexicon)
    assert not is_quotable("I like the team and the zymurgy here a lot.", lexicon)
    assert not is_quotable("I like the team and the work since the divorce.", lexicon)
    assert not is_quotable("I like the team and have been two years clean.", lexicon)
    assert not is_quotable("I like that my illness is no problem here at all.", lexicon)
    assert not is_quotable("I like it and my daughter's school is near here.", lexicon)
    assert not is_quotable("I am the only one who does the work here.", lexicon)
    assert not is_quotable("I like that mine's the work by the anchor here.", lexicon)
    assert is_quotable("I like that there's the work by the anchor here.", lexicon)
    assert is_quotable("The only thing that counts here is the work.", lexicon)
    assert is_quotable("I like the team and the work on Mondays a lot.", lexicon)
    assert is_quotable("I like the hours here because the kids are at school.", lexicon)


@pytest.mark.parametrize(("n", "is_shown"), [(5, True), (4, False)])
def test_a_word_that_wears_a_capital_is_quoted_where_five_use_it(n: int, is_shown: bool) -> None:
    lexicon = lexicon_of(people_saying(*["An anchor is on the corner."] * n))

    assert is_quotable("I like the team and the Anchor on the corner.", lexicon) == is_shown


def persona(**parts: object) -> Persona:
    return Persona("p1", "Calm Owners", "", 12, 0.25, 0.9, "highly stable", **parts)  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    "text", ["Turned sixty today", "The old man nodded", "My lad laughed", "As the director"]
)
@pytest.mark.parametrize("item", ["good_day", "content"])
def test_few_words_about_somebody_are_no_quote(text: str, item: str) -> None:
    everybody = Lexicon([(text, "and nothing at all went wrong")] * 5)

    assert not is_quotable(text, everybody, item)
    assert is_quotable(f"{text} and nothing at all went wrong", everybody, item)


def test_joined_reads_like_a_sentence() -> None:
    assert [ENGLISH.joined(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ((), "ask more people, or ask them more"),
        ((Quote("We laugh a lot.", "good_day", 6, 0.5, 0.1),), "read what they say themselves"),
        ((Quote("We laugh a lot.", "stay", 6, 0.24, 0.0),), "read what they say themselves"),
        ((Quote("We laugh a lot.", "stay", 6, 0.49, 0.2),), "read what they say themselves"),
        ((Quote("We laugh a lot.", "stay", 6, 0.5, 0.5, pinned=True),), "read what they say themselves"),
    ],
)
def test_a_persona_without_evidence_still_has_a_true_summary(said: tuple[Quote, ...], advice: str) -> None:
    assert summarise(persona(quotes=said), [20, 12], 48, ENGLISH) == (
        "The smallest group: 12 of the 48 people whose answers could be used, about a quarter. "
        "They may well share a reason, a way of working or a skill, but the analysis recognised none in the answers "
        f"of enough of them: {advice}."
    )


def test_what_keeps_people_is_told_in_their_words_where_it_has_no_name() -> None:
    quotes = (
        Quote("It is ours", "stay", 9, 0.75, 0.1, pinned=True),
        Quote("Up early", "good_day", 9, 0.75, 0.1),
        Quote("the planes first of all", "stay", 5, 0.25, 0.1),
        Quote("We laugh a lot.", "stay", 6, 0.5, 0.2),
    )
    theme = Entry("a job that is safe", 6, 0.5, 0.0, (0.2, 0.8), "theme")
    in_their_words = (
        "The analysis has no name for what keeps them; 5 of the 12 write something near to this: "
        "“the planes first of all”."
    )

    assert summarise(persona(quotes=quotes), [20, 12], 48, ENGLISH).endswith(in_their_words)
    assert in_their_words in summarise(persona(quotes=quotes, traits=(theme,)), [12], 48, ENGLISH)
    for kept in ({"reasons": (theme,)}, {"concerns": (theme,)}):
        assert "has no name" not in summarise(persona(quotes=quotes, **kept), [12], 48, ENGLISH)
    # One that was taken off is told no more, but the next.
    left = summarise(persona(quotes=quotes[3:]), [12], 48, ENGLISH)
    assert left.endswith("6 of the 12 write something near to this: “We laugh a lot.”")


def test_a_summary_says_so_where_nothing_sets_people_apart() -> None:
    usual = Entry("office work", 6, 0.5, 0.4, (0.2, 0.8), "usual")
    told = "No reason, trait or skill that the analysis has a name for clearly sets them apart from others."

    assert told in summarise(persona(skills=(usual,)), [20, 12], 48, ENGLISH)
    assert told not in summarise(persona(skills=(usual, replace(usual, kind="theme"))), [20, 12], 48, ENGLISH)


def test_options_are_written_for_readers_and_never_touch_a_sensitive_matter() -> None:
    chose = ("local_press", "linkedin", "union", "Ann Lee told me", "ask ann.lee@example.org")
    people = [Person(Response(str(row), {}, chose), {}) for row in range(6)]

    assert {term.text for term in channel_terms(people)} == {"local press", "LinkedIn"}


def test_a_summary_says_what_keeps_people() -> None:
    reason = Entry("a job that is safe", 6, 0.5, 0.0, (0.2, 0.8), "theme")

    said = summarise(persona(reasons=(reason,)), [12], 48, ENGLISH)

    assert said.endswith("What keeps them, more than others, is a job that is safe (50 %).")


def test_a_summary_says_what_is_estimated() -> None:
    reason = Entry("a job that is safe", 6, 0.5, 0.1, (0.2, 0.8), "theme", estimated=True)

    said = summarise(persona(reasons=(reason,)), [12], 48, ENGLISH)
    told = contrast(PAIR, "p2", "Free Owners", [reason], [], ENGLISH).text

    assert said.endswith("is a job that is safe (about 50 %, elsewhere 10 %).")
    assert "a job that is safe (about 50 % against 10 %)" in told


def test_topics_with_an_and_of_their_own_are_kept_apart() -> None:
    topics = tuple(
        Entry(text, 6, 0.5, 0.0, (0.2, 0.8), kind)
        for text, kind in (("the place and the way there", "theme"), ("hours", "words"))
    )

    said = summarise(persona(content=topics), [12], 48, ENGLISH)

    assert "What makes them stop and read: the place and the way there; “hours”." in said


def test_a_summary_tells_a_leaning_from_what_people_say() -> None:
    near = Entry("they are calm", 6, 0.5, 0.1, (0.2, 0.8), "leaning")

    said = summarise(persona(leanings=(near,)), [12], 48, ENGLISH)

    assert said.endswith("Taken together, their answers also come near to: they are calm.")


def test_what_is_counted_on_a_card_leaves_no_small_number_by_subtraction() -> None:
    """At least three things are told first, then all of them; 8 - 5 would say how many say some but not all."""
    assert _apart([20, 12, 8, 7, 5], 25) == (20, None, 8, None, None)
    assert _apart([20, 14, 9, 9, 4], 20) == (20, 14, 9, 9, None)


def test_how_many_do_not_match_a_card_is_no_small_number_either() -> None:
    assert _apart([24, 23, 19, 9, 2], 25) == (None, None, 19, 9, None)
    assert _apart([25, 24, 22, 9, 2], 25) == (25, None, None, 9, None)


PAIR = Neighbour("p1", "p2", 0.5)


def test_the_card_and_the_neighbour_are_told_in_a_sentence() -> None:
    reason = Entry("a job that is safe", 6, 0.5, 0.0, (0.2, 0.8), "theme")

    assert card_text((9, 7, None), 2, 12, ENGLISH) == (
        "7 of 12 say at least 2 of the 3 things that set them apart most."
    )
    assert card_text((9, 7, None), 2, 12, ENGLISH, estimated=True).startswith("About 7 of 12 say at least 2")
    assert card_text((9, 7, 5), 2, 12, ENGLISH, estimated=True).endswith("; about 5 say all of them.")
    assert contrast(PAIR, "p2", "Free Owners", [reason], [], ENGLISH).text == (
        "Their nearest neighbours: Free Owners. More often here: a job that is safe (50 % against few)."
    )


@pytest.mark.parametrize(
    ("sizes", "rank"),
    [
        ([12, 11], "The largest group"),
        ([12, 12, 11], "One of the largest groups"),
        ([12, 12, 14], "One of the smallest groups"),
        ([12, 12], "One of the equally large groups"),
        ([12], "The largest group"),
        ([14, 13, 12, 12, 10], "One of the smaller groups"),
        ([14, 12, 12, 10, 9], "One of the middle-sized groups"),
        ([20, 19, 18, 12, 11, 10, 9], "One of the middle-sized groups"),
        ([20, 19, 18, 12, 11], "One of the smaller groups"),
        ([14, 12, 10], "The second largest group"),
    ],
)
def test_of_groups_of_one_size_none_is_the_largest(sizes: list[int], rank: str) -> None:
    assert summarise(persona(), sizes, 48, ENGLISH).startswith(f"{rank}: 12 of")


def test_all_things_on_a_card_are_called_all() -> None:
    assert card_text((9, 8, 6), 3, 12, ENGLISH) == "6 of 12 say all 3 of the things that set them apart most."


def test_a_way_of_working_is_told_as_a_sentence_among_nouns() -> None:
    told = [
        Entry(text, 6, 0.5, 0.0, (0.2, 0.8), "theme") for text in ("are calm", "pension, sick pay and leave")
    ]

    said = contrast(PAIR, "p2", "Owners", [], told, ENGLISH, {"are calm"}).text

    assert said.endswith(
        "More often there: they are calm (50 % against few); pension, sick pay and leave (50 % against few)."
    )


def test_a_match_of_fewer_than_five_people_is_not_told() -> None:
    assert card_text((9, None, None), 2, 12, ENGLISH) == (
        "9 of 12 say at least 1 of the 3 things that set them apart most."
    )
    assert card_text((None, None, None), 2, 12, ENGLISH) == ""


def attributed(*sites: str) -> list[Person]:
    return [Person(Response(str(row), {}, attributes={"site": site}), {}) for row, site in enumerate(sites)]


@pytest.mark.parametrize(
    ("here", "elsewhere", "said"),
    [
        # Everywhere alike.
        (
            ["A"] * 4 + ["B"] * 4 + ["C"] * 4,
            ["A", "B", "C"] * 8,
            ["Site: found in all 3 (A, B and C)."],
        ),
        # Everywhere, and more in one.
        (
            ["A"] * 12 + ["B"] * 4 + ["C"] * 4,
            ["A"] * 6 + ["B", "C"] * 12,
            ["Site: found in all 3 (A, B and C); mostly A (60 % here, 20 % elsewhere)."],
        ),
        # Mostly in one, and the rest is large enough not to be worked out.
        (["A"] * 14 + ["B"] * 6, ["A"] * 8 + ["B"] * 32, ["Site: mostly A (70 % here, 20 % elsewhere)."]),
        # The rest would be 2 people: no number.
        (["A"] * 10 + ["B"] * 2, ["A"] * 8 + ["B"] * 32, ["Site: mostly A."]),
        # As there.
        (["A"] * 14 + ["B"] * 6, ["A"] * 2 + ["B"] * 38, ["Site: mostly A."]),
        # Without “mostly” there is nothing to say but the number.
        (["A"] * 5 + ["B"] * 7, ["A"] * 2 + ["B"] * 38, []),
        # A place where one of them is, or four are, is not told.
        (
            ["A"] * 5 + ["B"] + ["C"] * 6,
            ["C"] * 40,
            ["Site: more often A than others (42 % here, 0 % elsewhere)."],
        ),
        (["A"] * 4 + ["B"] * 8, ["B"] * 40, []),
        # Nor one with four people in all, be it as present or as absent.
        (
            ["A"] * 4 + ["B"] * 4 + ["C"] * 4,
            ["A", "B", "C"] * 8 + ["D"] * 4,
            ["Site: found in all 3 (A, B and C)."],
        ),
        # Nine people are nobody's business, nor are fewer of whom it is known.
        (["A"] * 9, ["B"] * 40, []),
        (["A"] * 9 + [""] * 6, ["A"] * 2 + ["B"] * 38, []),
        (["A"] * 12, ["B"] * 9 + [""] * 31, []),
    ],
    ids=[
        *(
            "everywhere",
            "everywhere, mostly in one",
            "mostly",
            "small rest",
            "small rest there",
            "only a number",
        ),
        *(
            "one in a place",
            "four in a place",
            "four in all",
            "small group",
            "known of few",
            "known of few there",
        ),
    ],
)
def test_where_a_group_is_found_is_told_without_small_numbers(
    here: list[str], elsewhere: list[str], said: list[str]
) -> None:
    people = attributed(*here, *elsewhere)

    assert list(spread(people, np.arange(len(people)) < len(here), ENGLISH)) == said


@pytest.mark.parametrize(
    ("name", "values", "other"),
    [
        ("reports_to", ["Magnus Lindqvist", "Ines Duarte"], "Zoltan Kowalczyk"),
        ("lead", ["m.l@example.org", "i.d@example.org"], ""),
        ("Line manager", ["Xyrelle", "Zymurgo"], ""),
        ("religion", ["A", "B"], "C"),
        ("Staatsangehörigkeit", ["A", "B"], "C"),
        ("nationalitet", ["A", "B"], "C"),
        ("Lengua materna", ["A", "B"], "C"),
        ("obywatelstwo", ["A", "B"], "C"),
        ("group", ["union member", "other"], ""),
        ("badge of ann@example.org", ["A", "B"], ""),
        *[
            (title, ["Wumpus", "Katzenbaum"], "")
            for title in ("Manager", "Head of department", "Närmaste chef", "Jefa")
        ],
        *[(title, ["Goya", "Wumpus"], "") for title in ("your-team-lead", "Teamleiterin", "kierownik")],
        *[
            (title, ["A", "B"], "")
            for title in ("Age", "kön", "Familienstand", "raza", "Płeć", "Salary band")
        ],
    ],
)
def test_an_attribute_that_says_who_somebody_is_or_is_sensitive_is_not_told(
    name: str, values: list[str], other: str
) -> None:
    sites = [values[0]] * 12 + [values[1]] * 8 + [values[1]] * 30 + [other] * 10
    people = [Person(Response(str(row), {}, attributes={name: site}), {}) for row, site in enumerate(sites)]

    assert spread(people, np.arange(60) < 20, ENGLISH) == ()


@pytest.mark.parametrize("name", ["job_family", "Tenure", "Language", "Abteilung", "Dział"])
def test_where_people_work_and_how_long_is_told(name: str) -> None:
    sites = ["A"] * 20 + ["B"] * 40
    people = [Person(Response(str(row), {}, attributes={name: site}), {}) for row, site in enumerate(sites)]

    assert len(spread(people, np.arange(60) < 20, ENGLISH)) == 1


def test_a_place_that_looks_like_a_name_is_left_out_and_the_others_are_told() -> None:
    """Charlotte is a town as well; whoever sits there counts as not known."""
    people = attributed(
        *["Leeds"] * 12, *["Lisbon"] * 8, *["Leeds"] * 8, *["Lisbon"] * 32, *["Charlotte"] * 20
    )

    assert list(spread(people, np.arange(80) < 20, ENGLISH)) == [
        "Site: mostly Leeds (60 % here, 20 % elsewhere)."
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        ["Magnus Lindqvist", "Ines Duarte", "Zoltan Kowalczyk"],
        ["Magnus Lindqvist", "Ines Duarte", *"CDEFGHIJK"],
    ],
    ids=["most say who", "more than twelve"],
)
def test_an_attribute_that_mostly_says_who_or_has_many_values_is_not_told(hidden: list[str]) -> None:
    people = attributed(*["A"] * 12, *["B"] * 8, *["A"] * 8, *["B"] * 32, *hidden)

    assert spread(people, np.arange(len(people)) < 20, ENGLISH) == ()


@pytest.mark.parametrize("name", ["traits", "reasons", "skills", "content"])
def test_every_list_reads_its_own_item(name: str) -> None:
    assert items_of(name, ("self", "stay", "skills", "content", "good_day"))
