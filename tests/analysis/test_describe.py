"""Counting what people say: by people, from five upwards, in words a reader can take."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.codebook import codebook, codes_in, persona_names
from analysis.corpus import Response
from analysis.describe import Lexicon, channel_terms, entries, entry, items_of, terms_of
from analysis.quotes import is_quotable
from analysis.report import Entry, Persona
from analysis.summary import joined, summarise
from analysis.views import Person


def people_saying(*texts: str, item: str = "stay") -> list[Person]:
    return [Person(Response(str(row), {item: text}), {item: text}) for row, text in enumerate(texts)]


def lexicon_of(people: list[Person]) -> Lexicon:
    return Lexicon([tuple(person.texts.values()) for person in people])


def test_repeating_a_word_counts_once() -> None:
    people = people_saying(*["pension pension pension"] * 6, *["weather"] * 6)
    members = np.arange(12) < 6

    found = {
        one.text: one.n
        for one in entries(terms_of(people, ("stay",), "reasons", lexicon_of(people)), members)
    }

    assert found["pension"] == 6


def test_what_four_people_say_is_not_counted() -> None:
    people = people_saying(*["pension"] * 4, *["weather"] * 8)
    members = np.arange(12) < 6

    found = entries(terms_of(people, ("stay",), "reasons", lexicon_of(people)), members)

    assert found == ()


def test_a_small_count_elsewhere_is_rounded_down_to_none() -> None:
    people = people_saying(*["pension"] * 10, *["weather"] * 10)
    members = np.arange(20) < 6
    term = next(
        one for one in terms_of(people, ("stay",), "reasons", lexicon_of(people)) if one.text == "pension"
    )

    counted = entry(term, members)

    assert (counted.n, counted.share_elsewhere) == (6, 0.0)


def test_a_rare_word_is_shown_only_when_five_people_use_it() -> None:
    four = lexicon_of(people_saying(*["zymurgy"] * 4))
    five = lexicon_of(people_saying(*["zymurgy"] * 5))

    assert not four.is_showable("zymurgy at home")
    assert five.is_showable("zymurgy at home")


def test_words_are_shown_in_their_usual_case() -> None:
    lexicon = lexicon_of(
        people_saying("Careful work. I write SQL and Python.", "Careful, SQL again and Python.")
    )

    assert lexicon.as_written("Careful sql python") == "careful SQL Python"


def test_a_longer_phrase_replaces_the_word_it_contains() -> None:
    people = people_saying(*["a permanent contract"] * 8, *["weather"] * 8)
    members = np.arange(16) < 8

    words = [
        one.text
        for one in entries(terms_of(people, ("stay",), "reasons", lexicon_of(people)), members)
        if one.kind == "words"
    ]

    assert words == ["permanent contract"]


def test_items_with_unknown_names_become_traits() -> None:
    assert items_of("traits", ("self", "role", "stay")) == ("self", "role")
    assert items_of("reasons", ("self", "role", "stay")) == ("stay",)


def test_channels_are_read_from_the_closed_item() -> None:
    people = [Person(Response("a", {}, ("local_press",)), {}), Person(Response("b", {}), {})]

    (term,) = channel_terms(people)

    assert (term.text, term.said.tolist()) == ("local press", [True, False])


def test_negated_codes_do_not_count() -> None:
    assert codes_in("I never had to commute.") == frozenset()
    assert codes_in("I had to commute.") == {"place"}


def test_a_seed_that_is_itself_negated_counts() -> None:
    assert "autonomy" in codes_in("Nobody tells me how.")


def test_every_code_can_be_found_by_each_of_its_seeds() -> None:
    assert all(seed and all(seed) for code in codebook() for seed in code.seeds)
    assert len({code.code for code in codebook()}) == len(codebook())
    assert {code.kind for code in codebook()} == {"motive", "style", "skill", "content"}


def test_names_are_unique_even_when_candidates_are_few() -> None:
    names = persona_names([(["Calm"], ["Owners"])] * 3 + [([], [])])

    assert len(set(names)) == 4


def test_a_quote_has_nothing_that_points_at_somebody() -> None:
    lexicon = lexicon_of(people_saying("I like the team and the work here a lot."))

    assert is_quotable("I like the team and the work here a lot.", lexicon)
    assert not is_quotable("I like it.", lexicon)
    assert not is_quotable("I like the team in Grimsby and the work a lot.", lexicon)
    assert not is_quotable("I like the 41 years and the work here a lot.", lexicon)
    assert not is_quotable("I like [name] and the team and the work here.", lexicon)
    assert not is_quotable("I like the team and the zymurgy here a lot.", lexicon)
    assert not is_quotable("I like that my illness is no problem here at all.", lexicon)


def test_joined_reads_like_a_sentence() -> None:
    assert [joined(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_persona_without_evidence_still_has_a_true_summary() -> None:
    persona = Persona("p1", "Calm Owners", "", 12, 0.25, 0.9, "highly stable")

    assert (
        summarise(persona, 48).summary
        == "About a quarter of those who answered (12 of the 48 people) belong here."
    )


def test_a_summary_says_what_keeps_people() -> None:
    reason = Entry("a job that is safe", 6, 0.5, 0.0, (0.2, 0.8), "theme")
    persona = Persona("p1", "Calm Anchors", "", 12, 0.25, 0.9, "highly stable", reasons=(reason,))

    assert summarise(persona, 48).summary.endswith(
        "What keeps them, more than others, is a job that is safe (50 % here, hardly anybody elsewhere)."
    )


@pytest.mark.parametrize("name", ["traits", "reasons", "skills", "content"])
def test_every_list_reads_its_own_item(name: str) -> None:
    assert items_of(name, ("self", "stay", "skills", "content", "good_day"))
