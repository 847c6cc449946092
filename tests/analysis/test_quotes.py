"""Quotes are typical, consented, by different people, and never about fewer than five."""

from __future__ import annotations

import numpy as np

from analysis.corpus import Response
from analysis.describe import Lexicon, choose, terms_of
from analysis.meaning import read
from analysis.quotes import MAX_QUOTES, quotes
from analysis.report import Quote
from analysis.views import Person
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
            "stay": f"{'The order' if order else 'The wind and the rain'} keeps me here {ENDS[number % 5]}.",
        }
        made.append(Person(Response(str(number), texts, quote=number < 2 * consenting), texts))
    return made


def quoted(everybody: list[Person]) -> tuple[Quote, ...]:
    members = np.arange(len(everybody)) % 2 == 0
    reading = read(everybody, FakeEncoder())
    lexicon = Lexicon([tuple(person.texts.values()) for person in everybody])
    chosen = choose(terms_of(everybody, ("self", "stay"), lexicon, reading), members)
    return quotes(everybody, members, chosen, reading, lexicon)


def test_quotes_come_from_different_people_and_items() -> None:
    everybody = people(40, consenting=20)

    found = quoted(everybody)
    authors = [
        next(row for row, person in enumerate(everybody) if quote.text in person.texts.values())
        for quote in found
    ]

    assert 2 <= len(found) <= MAX_QUOTES
    assert {quote.item for quote in found} == {"self", "stay"}
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
