"""Quotes are typical, consented, by different people, and never about fewer than five."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.corpus import Response
from analysis.describe import Lexicon, Term, choose, terms_of
from analysis.kmeans import FloatArray
from analysis.meaning import read
from analysis.quotes import (
    MAX_QUOTES,
    TOLD_ALREADY,
    _Candidate,
    _is_no_story,
    _kind,
    _news,
    _tidy,
    is_open,
    quotes,
)
from analysis.report import Quote
from analysis.views import Person, texts_of
from tests.fakes import FakeEncoder

ENDS = ("every day", "in the morning", "at work", "with care", "for the team")


def people(n: int, consenting: int) -> list[Person]:
    """Half are keepers of order, half like the outdoors; the first ones of each agree to be quoted."""
    made = []
    for number in range(n):
        order = number % 2 == 0
        subject = "I keep the lists tidy and in order" if order else "I walk in the rain and the wind"
        texts = {
            "self": f"{subject} {ENDS[number % 5]}.",
            "stay": f"{'The tidy order' if order else 'The wind and the rain'} keeps me here {ENDS[number % 5]}.",
        }
        made.append(Person(Response(str(number), texts, quote=number < 2 * consenting), texts))
    return made


def quoted(
    everybody: list[Person], *, with_card: bool = True, membership: FloatArray | None = None
) -> tuple[Quote, ...]:
    members = np.arange(len(everybody)) % 2 == 0
    reading = read(everybody, FakeEncoder())
    lexicon = Lexicon([tuple(person.texts.values()) for person in everybody])
    chosen = choose(terms_of(everybody, ("self", "stay"), lexicon, reading), members)
    return quotes(everybody, members, chosen if with_card else {}, reading, lexicon, membership)


def test_quotes_come_from_different_people_and_items() -> None:
    everybody = people(40, consenting=20)

    found = quoted(everybody)
    authors = [
        next(row for row, person in enumerate(everybody) if quote.text in person.texts.values())
        for quote in found
    ]

    assert 2 <= len(found) <= MAX_QUOTES
    assert {quote.item for quote in found} == {"self", "stay"}
    assert [quote.item for quote in found] == sorted((quote.item for quote in found), reverse=True)
    assert all(row % 2 == 0 for row in authors)
    assert all(quote.n >= 5 and quote.share_here > quote.share_elsewhere for quote in found)


def test_nobody_is_quoted_without_consent() -> None:
    everybody = people(40, consenting=6)
    agreed = {text for person in everybody if person.response.quote for text in person.texts.values()}

    assert {quote.text for quote in quoted(everybody)} <= agreed


def test_nobody_is_quoted_where_fewer_than_five_agreed() -> None:
    assert quoted(people(40, consenting=4)) == ()


def test_a_small_persona_is_not_quoted_on_who_somebody_is() -> None:
    assert {quote.item for quote in quoted(people(38, consenting=19))} == {"stay"}


@pytest.mark.parametrize(
    ("lead", "is_quoted"),
    [
        ("The boiler hums", True),
        ("My boiler hums", True),
        ("My boiler hummed", False),
        ("The daughter hums", False),
    ],
)
@pytest.mark.parametrize("item", ["stay", "good_day"])
def test_a_small_persona_is_quoted_on_what_many_could_have_said(
    item: str, lead: str, is_quoted: bool
) -> None:
    everybody = people(38, consenting=19)
    for number, person in enumerate(everybody):
        subject = f"{lead} beside us" if number % 2 == 0 else "The wind and the rain come in"
        person.texts[item] = f"{subject} {ENDS[number % 5]}."

    assert any("hum" in quote.text for quote in quoted(everybody, with_card=False)) == is_quoted


@pytest.mark.parametrize(("lead", "is_quoted"), [("The boiler", True), ("That boiler", False)])
def test_a_small_persona_is_not_quoted_on_what_points_to_a_sentence_before(
    lead: str, is_quoted: bool
) -> None:
    everybody = people(38, consenting=19)
    for person in everybody[::2]:
        person.texts["stay"] = f"There is one. {lead} hums beside us {ENDS[int(person.response.id) % 5]}."

    assert any("hums" in quote.text for quote in quoted(everybody, with_card=False)) == is_quoted


def test_quotes_cover_what_different_people_say_before_they_repeat_it() -> None:
    """Order is written about by most, tea by a few: both are quoted."""
    everybody = people(60, consenting=30)
    for person in everybody[:16:2]:
        person.texts["stay"] = f"My mates and the tea keep me here {ENDS[int(person.response.id) % 5]}."

    found = [quote.text for quote in quoted(everybody) if quote.item == "stay"]

    assert any("tea" in text for text in found[:3])
    assert any("order" in text for text in found)


@pytest.mark.parametrize(("n", "with_context"), [(40, True), (38, False)])
def test_a_sentence_brings_its_neighbours_where_the_persona_is_large(n: int, with_context: bool) -> None:
    everybody = people(n, consenting=20)
    for person in everybody:
        person.texts["stay"] = "The people are with me. " + person.texts["stay"]

    assert any(quote.text.startswith("The people") for quote in quoted(everybody)) == with_context


@pytest.mark.parametrize("told", ["My mother died.", "It is in the training with my name."])
def test_nothing_is_added_that_could_not_be_quoted_itself(told: str) -> None:
    everybody = people(40, consenting=20)
    for person in everybody:
        person.texts["stay"] = f"{told} {person.texts['stay']}"
        person.response.answers["stay"] = person.texts["stay"]

    assert not any(told in quote.text for quote in quoted(everybody))


@pytest.mark.parametrize("told", ["[name]", "since the divorce", "near Grimsby", "for 41 years"])
def test_a_sentence_that_could_tell_who_wrote_it_is_not_quoted(told: str) -> None:
    everybody = people(40, consenting=20)
    for person in everybody[::2]:
        person.texts["stay"] = f"The tidy order keeps me here {told} {ENDS[int(person.response.id) % 5]}."
    for person in everybody[8::2]:
        person.texts["stay"] = person.texts["stay"].replace("Grimsby", "work").replace("41", "many")

    found = quoted(everybody)

    assert found
    assert not any(told in quote.text for quote in found)


@pytest.mark.parametrize(
    ("beside", "is_quoted"),
    [
        (". I was off with cancer. ", False),
        ("\nI was off with cancer\n", False),
        (". I was off on Monday. ", True),
    ],
)
def test_nothing_is_quoted_of_an_answer_that_speaks_of_a_sensitive_matter(
    beside: str, is_quoted: bool
) -> None:
    """What else stands in it goes on about that in other words: "I hid them in a tin for six years"."""
    everybody = []
    for person in people(40, consenting=20):
        answers = person.response.answers
        told = replace(
            person.response, answers={**answers, "stay": f"The people are with me{beside}{answers['stay']}"}
        )
        everybody.append(Person(told, texts_of(told)))

    found = quoted(everybody)

    assert "cancer" not in everybody[0].texts["stay"]
    assert {quote.item for quote in found} == ({"self", "stay"} if is_quoted else {"self"})


def test_a_sentence_of_many_is_quoted_once_where_no_encoder_knows_the_language() -> None:
    everybody = people(100, consenting=50)
    members = np.arange(100) % 2 == 0
    reading = replace(read(everybody, FakeEncoder()), vectors=np.empty((200, 0)))
    lexicon = Lexicon([tuple(person.texts.values()) for person in everybody])
    chosen = choose(terms_of(everybody, ("self", "stay"), lexicon, reading), members)

    found = [quote.text for quote in quotes(everybody, members, chosen, reading, lexicon)]

    assert len(found) >= 2
    assert len(found) == len(set(found))


def test_a_sentence_is_quoted_once_whatever_stands_beside_it() -> None:
    everybody = people(40, consenting=20)
    for person in everybody[::2]:
        beside = f"The people are with me {ENDS[int(person.response.id) % 5]}."
        told = ["The tidy order keeps me here at work.", beside]
        person.texts["stay"] = " ".join(told if int(person.response.id) % 4 else reversed(told))
        person.response.answers["stay"] = person.texts["stay"]
    members = np.arange(40) % 2 == 0
    reading = read(everybody, FakeEncoder())
    reading = replace(reading, vectors=np.empty((len(reading.sentences), 0)))
    lexicon = Lexicon([tuple(person.texts.values()) for person in everybody])
    chosen = choose(terms_of(everybody, ("self", "stay"), lexicon, reading), members)

    found = quotes(everybody, members, chosen, reading, lexicon)

    assert sum("tidy order" in quote.text for quote in found) == 1


def test_what_tells_of_somebody_loses_to_a_plainer_sentence() -> None:
    everybody = people(40, consenting=20)
    for row in range(0, 40, 2):
        plain = row % 20 == 12
        everybody[row].texts["self"] = (
            f"I keep {'all' if plain else 'two'} lists tidy and in order {ENDS[row % 5]}."
        )

    first = {quote.item: quote.text for quote in reversed(quoted(everybody))}

    assert "all lists" in first["self"]


def test_what_points_to_a_sentence_that_is_not_shown_loses_to_one_that_does_not() -> None:
    everybody = people(40, consenting=20)
    for row in range(0, 40, 2):
        lead = "The" if row % 20 < 10 else "That"
        answer = f"[name] asked. {lead} tidy order keeps me here with my lists {ENDS[row % 5]}."
        everybody[row] = replace(
            everybody[row],
            response=replace(everybody[row].response, answers={"stay": answer}),
            texts={"stay": answer},
        )

    first, *_ = quoted(everybody)

    assert first.text.startswith("The tidy order")


@pytest.mark.parametrize(("n", "is_quoted"), [(5, True), (4, False)])
def test_what_fewer_than_five_come_near_to_is_not_quoted(n: int, is_quoted: bool) -> None:
    everybody = people(40, consenting=20)
    for number, person in enumerate(everybody):
        told = (
            "The boiler hums beside us all"
            if number in range(0, 2 * n, 2)
            else "The canteen was cold and loud"
        )
        person.texts["good_day"] = f"{told} {ENDS[number % 5]}."

    found = quoted(everybody, with_card=False)

    assert any("boiler" in quote.text for quote in found) == is_quoted


def test_what_is_as_usual_elsewhere_is_not_quoted() -> None:
    everybody = people(40, consenting=20)
    for person in everybody:
        person.texts["good_day"] = f"The coffee was hot {ENDS[int(person.response.id) % 5]}."

    assert "good_day" not in {quote.item for quote in quoted(everybody)}


@pytest.mark.parametrize(
    ("text", "language", "is_none"),
    [
        ("The hours are fixed.", "en", True),
        ("I stay for my manager.", "en", True),
        ("If my hours go, I would go too.", "en", True),
        ("I'm here for my manager.", "en", False),
        ("I go home when the daughter calls.", "en", False),
        ("I want what I was promised.", "en", False),
        ("Ich bleibe wegen meiner Chefin.", "de", False),
    ],
)
def test_it_is_no_story_only_where_it_is_known_who_speaks(text: str, language: str, is_none: bool) -> None:
    assert _is_no_story("stay", text, language) is is_none


def test_who_belongs_for_sure_speaks_first() -> None:
    everybody = people(40, consenting=20)
    sure = np.full(40, 0.7)
    sure[12] = 1.0

    first = {quote.item: quote.text for quote in reversed(quoted(everybody, membership=sure))}

    assert first["self"] == everybody[12].texts["self"]


def test_who_hardly_belongs_does_not_speak_for_a_persona() -> None:
    everybody = people(40, consenting=20)
    sure = np.where(np.arange(40) == 12, 0.7, 0.4)

    assert {quote.text for quote in quoted(everybody, membership=sure)} <= set(everybody[12].texts.values())


def test_one_person_is_quoted_once() -> None:
    everybody = people(40, consenting=20)
    for number, person in enumerate(everybody):
        told = "The boiler hums beside us all" if number % 2 == 0 else "The canteen was cold and loud"
        person.texts["good_day"] = f"{told} {ENDS[number % 5]}."
    sure = np.where(np.arange(40) == 12, 0.7, 0.4)

    assert len(quoted(everybody, membership=sure)) == 1


@pytest.mark.parametrize(
    ("text", "of_few", "of_many"),
    [
        ("Nobody at Coldgate minds.", True, True),
        ("Nobody at Coldgate minds, she says.", False, True),
        ("I was told so by all of them.", True, True),
        ("I was told so.", False, True),
        ("They told so.", True, True),
    ],
)
def test_a_small_persona_is_quoted_with_fewer_marks_of_a_story(
    text: str, of_few: bool, of_many: bool
) -> None:
    assert is_open("stay", text, "en", with_stories=False) is of_few
    assert is_open("stay", text, "en", with_stories=True) is of_many


@pytest.mark.parametrize(("item", "is_quoted"), [("stay", True), ("self", False), ("skills", False)])
def test_a_small_persona_is_quoted_neither_on_who_somebody_is_nor_on_what_they_can(
    item: str, is_quoted: bool
) -> None:
    said = "They are with me and the work is calm."

    assert is_open(item, said, "en", with_stories=False) is is_quoted
    assert is_open(item, said, "en", with_stories=True)


def test_what_the_lists_say_already_counts_less() -> None:
    everybody = people(20, consenting=10)
    reading = read(everybody, FakeEncoder())
    members = np.arange(20) % 2 == 0
    said = np.array([sentence.item == "self" for sentence in reading.sentences])

    weights = _news(reading, {"traits": [Term((), "", "theme", members, spoken=said)]}, members)

    assert weights.tolist() == [
        TOLD_ALREADY if said[n] else 1.0 for n in range(len(said)) if members[reading.row_of[n]]
    ]


@pytest.mark.parametrize(("n", "is_quoted"), [(40, True), (38, False)])
def test_what_colleagues_ask_for_is_quoted_where_the_persona_is_large(n: int, is_quoted: bool) -> None:
    everybody = people(n, consenting=20)
    for person in everybody[::2]:
        end = ENDS[int(person.response.id) % 5]
        person.texts["skills"] = f"Lists, order, tidy shelves. They come to me for the order of it all {end}."

    found = {quote.text for quote in quoted(everybody) if quote.item == "skills"}

    assert bool(found) == is_quoted
    assert not any(text.startswith("Lists, order") and text.endswith("shelves.") for text in found)


@pytest.mark.parametrize("post", ["Head of it", "Forty-one and in it for half of that"])
def test_a_post_that_one_person_holds_and_an_age_are_not_quoted(post: str) -> None:
    everybody = people(40, consenting=20)
    for person in everybody[:20:2]:
        person.texts["self"] = f"{post}, and {person.texts['self']}"

    assert not any(post in quote.text for quote in quoted(everybody))


@pytest.mark.parametrize(
    "beside",
    [
        "I am the head of purchasing and sales.",
        "I am sixty and a bit slower now.",
        "I am also the data protection officer here.",
    ],
)
def test_nothing_is_added_to_who_somebody_is(beside: str) -> None:
    everybody = people(40, consenting=20)
    for person in everybody[:8:2]:
        person.texts["self"] = f"{person.texts['self']} {beside}"
        person.response.answers["self"] = person.texts["self"]

    found = [quote.text for quote in quoted(everybody) if quote.item == "self"]

    assert found
    assert not any(beside in text for text in found)


@pytest.mark.parametrize(
    ("text", "tidy"),
    [
        ("'all of it'", "all of it"),
        ("asking 'what is it?", "asking 'what is it?'"),
        ("It's what they call 'fair'.", "It's what they call 'fair'."),
        ("not in the city)", "not in the city"),
    ],
)
def test_marks_of_quotation_are_opened_and_closed(text: str, tidy: str) -> None:
    assert _tidy(text) == tidy


def test_what_nothing_asks_for_has_room_of_its_own() -> None:
    """Such a reason is quoted beside nine others, and as one of them when that room is taken."""
    one = _Candidate(0, (0,), 0, "stay", "If that goes I go too.", True, (), ("go",))

    assert [_kind(one, taken) for taken in ({"stay": 9}, {"go": 1}, {"go": 2})] == ["go", "go", "stay"]
