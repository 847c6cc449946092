"""Sentences that may be shown word for word, and which of them speak best for a persona.

A quote needs the consent of who wrote it, nothing masked, nothing sensitive, and no word by which colleagues
could recognise them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.codebook import codes_in
from analysis.describe import MIN_PEOPLE, Lexicon, Members, Term, entry, items_of, telling
from analysis.report import Quote
from analysis.text import normalise, sentences, tokenize
from analysis.views import Person, Views

#: Words of a sentence worth quoting: shorter says nothing, longer is not read.
MIN_WORDS, MAX_WORDS = 6, 30

MAX_QUOTES = 4

#: Lists whose items people answer in sentences; skills and content are enumerations.
TOLD_IN = ("traits", "reasons")


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    row: int
    item: str
    text: str
    about: Term


def quotes(
    people: Sequence[Person],
    views: Views,
    members: Members,
    terms: Mapping[str, Sequence[Term]],
    lexicon: Lexicon,
) -> tuple[Quote, ...]:
    """Choose up to four sentences by different people, one per item first, the most typical first.

    Parameters
    ----------
    people : sequence of Person
    views : Views
        Of the same people.
    members : bool ndarray of shape (n_people,)
        Who is in the persona.
    terms : mapping of str to sequence of Term
        List name to its terms; a quote must speak of one that sets the persona apart.
    lexicon : Lexicon
        Of the same people.
    """
    consenting = [row for row in np.flatnonzero(members).tolist() if people[row].response.quote]
    if len(consenting) < MIN_PEOPLE:
        return ()
    candidates = sorted(
        _candidates(people, views, members, terms, lexicon, consenting),
        key=lambda one: (-one.score, one.text),
    )
    chosen: list[_Candidate] = []
    for fresh_item in (True, False):
        for one in candidates:
            used_rows, used_items = {c.row for c in chosen}, {c.item for c in chosen}
            if (
                len(chosen) < MAX_QUOTES
                and one.row not in used_rows
                and not (fresh_item and one.item in used_items)
            ):
                chosen.append(one)
    return tuple(_quote(one, members) for one in chosen)


def is_quotable(sentence: str, lexicon: Lexicon) -> bool:
    """Say whether a sentence has the right length and holds nothing that could tell who wrote it."""
    tokens = tokenize(sentence)
    if not MIN_WORDS <= len(tokens) <= MAX_WORDS or "[" in sentence or not lexicon.is_showable(sentence):
        return False
    # A capital inside a sentence is a name of something; a number may be an age, a year, a count of children.
    telltale = [
        token.text
        for position, token in enumerate(tokens)
        if any(character.isdigit() for character in token.text)
        or (
            position > 0
            and token.text[0].isupper()
            and token.lower not in {"i", "i'm", "i've", "i'd", "i'll"}
        )
    ]
    return all(lexicon.n_people(word) >= MIN_PEOPLE for word in telltale)


def _candidates(
    people: Sequence[Person],
    views: Views,
    members: Members,
    terms: Mapping[str, Sequence[Term]],
    lexicon: Lexicon,
    consenting: Sequence[int],
) -> Iterator[_Candidate]:
    for name in TOLD_IN:
        listed = terms[name]
        ranked = telling(listed, members)
        for item in items_of(name, tuple(views.blocks)):
            closeness = _closeness(views.blocks[item], members)
            for row in consenting:
                about = [(z, term) for z, term in ranked if term.said[row]]
                for sentence in sentences(people[row].texts.get(item, "")):
                    spoken = [(z, term) for z, term in about if _speaks_of(sentence, term)]
                    if spoken and is_quotable(sentence, lexicon):
                        score = float(closeness[row]) + 0.05 * sum(z for z, _ in spoken[:3])
                        yield _Candidate(score, row, item, _tidy(sentence), spoken[0][1])


def _speaks_of(sentence: str, term: Term) -> bool:
    if term.kind == "theme":
        return term.key[0] in codes_in(sentence)
    return set(term.key) <= {token.stem for token in tokenize(sentence)}


def _closeness(block: NDArray[np.float32], members: Members) -> NDArray[np.float64]:
    """How much closer each answer is to the persona's mean answer than to everybody else's."""
    direction = block[members].mean(axis=0) - block[~members].mean(axis=0)
    length = float(np.linalg.norm(direction))
    return np.asarray(block @ direction, dtype=np.float64) / max(length, 1e-9)


def _quote(one: _Candidate, members: Members) -> Quote:
    counted = entry(one.about, members)
    return Quote(one.text, one.item, counted.n, counted.share_here, counted.share_elsewhere)


def _tidy(sentence: str) -> str:
    return normalise(sentence).strip("\"' ")
