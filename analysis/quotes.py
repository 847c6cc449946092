"""Sentences that may be shown word for word, and which of them speak best for a persona.

A quote needs the consent of who wrote it, nothing masked, nothing sensitive, and no word by which colleagues
could recognise them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.describe import MIN_PEOPLE, Lexicon, Members, Term, entry, strength
from analysis.meaning import Reading
from analysis.report import Quote
from analysis.text import normalise, sentences, tokenize
from analysis.views import Person

#: Words of a sentence worth quoting: shorter says nothing, longer is not read.
MIN_WORDS, MAX_WORDS = 6, 30

MAX_QUOTES = 8

#: Two quotes nearer in meaning than this say the same.
SAME_QUOTE = 0.5

#: People answer these items by enumerations, not in sentences.
ENUMERATIONS = frozenset({"skills", "content"})

#: In a smaller persona nothing is quoted from where people say who they are, and only sentences that say what the card
#: says anyway: the rest is somebody's own story or post, and colleagues may know whose.
MIN_PERSONA_FOR_STORIES = 20
DESCRIBES_ITSELF = "self"

#: Events of a life by which colleagues would know who speaks, beside what is sensitive in itself.
LIFE_EVENTS = frozenset(
    """
    died dead death dying funeral widow widower widowed divorce divorced separated custody prison jail jailed convicted
    sentence probation rehab sober asylum refugee deported bankrupt bankruptcy eviction evicted homeless accident
    miscarriage adopted orphan
    """.split()  # noqa: SIM905 - easier to read and to edit than quoted words
)

#: How much it counts, beside leaning to the persona's side, that a sentence says what sets it apart.
WEIGHT_OF_TERMS = 0.02


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    row: int
    item: str
    text: str
    number: int
    about: Term | None


def quotes(
    people: Sequence[Person],
    members: Members,
    chosen: Mapping[str, Sequence[Term]],
    reading: Reading,
    lexicon: Lexicon,
) -> tuple[Quote, ...]:
    """Choose up to eight sentences by different people, from different items and about different things first.

    Parameters
    ----------
    people : sequence of Person
    members : bool ndarray of shape (n_people,)
        Who is in the persona.
    chosen : mapping of str to sequence of Term
        List name to what it shows; a quote says some of it or lies clearly on the persona's side.
    reading : Reading
        Of the same people.
    lexicon : Lexicon
        Of all people.
    """
    consenting = {row for row in np.flatnonzero(members).tolist() if people[row].response.quote}
    if len(consenting) < MIN_PEOPLE:
        return ()
    candidates = sorted(
        _candidates(people, members, chosen, reading, lexicon, consenting),
        key=lambda one: (-one.score, one.text),
    )
    picked: list[_Candidate] = []
    for new_item, new_subject in ((True, True), (False, True), (False, False)):
        for one in candidates:
            stale = (
                one.row in {other.row for other in picked}
                or any(_alike(reading, one, other) for other in picked)
                or (new_item and one.item in {other.item for other in picked})
                or (new_subject and one.about in [other.about for other in picked])
            )
            if len(picked) < MAX_QUOTES and not stale:
                picked.append(one)
    return tuple(quote for one in picked if (quote := _quote(one, reading, members)).n >= MIN_PEOPLE)


def is_quotable(sentence: str, lexicon: Lexicon) -> bool:
    """Say whether a sentence has the right length and holds nothing that could tell who wrote it."""
    tokens = tokenize(sentence)
    if any(token.lower in LIFE_EVENTS for token in tokens):
        return False
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
    members: Members,
    chosen: Mapping[str, Sequence[Term]],
    reading: Reading,
    lexicon: Lexicon,
    consenting: set[int],
) -> Iterator[_Candidate]:
    terms = [
        (strength(term, members), term)
        for name in chosen
        if name not in ENUMERATIONS
        for term in chosen[name]
    ]
    leaning = _leaning(reading, members)
    stories = members.sum() >= MIN_PERSONA_FOR_STORIES
    for number, sentence in enumerate(reading.sentences):
        if sentence.row not in consenting or sentence.item in ENUMERATIONS:
            continue
        if sentence.item == DESCRIBES_ITSELF and not stories:
            continue
        whole = _around(people[sentence.row].texts[sentence.item], sentence.start)
        spoken = [
            (z, term)
            for z, term in terms
            if (term.spoken[number] if term.spoken is not None else _uses(whole, term, lexicon.language))
        ]
        if (spoken or (stories and leaning[number] > 0)) and is_quotable(whole, lexicon):
            score = float(leaning[number]) + WEIGHT_OF_TERMS * sum(z for z, _ in spoken)
            about = max(spoken, key=lambda pair: (pair[0], pair[1].text))[1] if spoken else None
            yield _Candidate(score, sentence.row, sentence.item, _tidy(whole), number, about)


def _around(text: str, place: int) -> str:
    """Return the whole sentence of a text at a place."""
    end = 0
    for sentence in sentences(text):
        end = text.index(sentence, end) + len(sentence)
        if place < end:
            return sentence
    return ""


def _uses(sentence: str, term: Term, language: str) -> bool:
    return set(term.key) <= {token.stem for token in tokenize(sentence, language)}


def _leaning(reading: Reading, members: Members) -> NDArray[np.float64]:
    """How far each sentence lies on the side of what the persona usually writes to its item.

    0 is where one in ten sentences of others begins.
    """
    X = reading.vectors
    leaning = np.zeros(len(reading.sentences))
    items = np.array([sentence.item for sentence in reading.sentences])
    inside = members[[sentence.row for sentence in reading.sentences]]
    for item in dict.fromkeys(items.tolist()):
        here, there = (items == item) & inside, (items == item) & ~inside
        if X.shape[1] and here.any() and there.any():
            direction = X[here].mean(axis=0) - X[there].mean(axis=0)
            along = X @ direction / max(float(np.linalg.norm(direction)), 1e-9)
            leaning[items == item] = along[items == item] - np.quantile(along[there], 0.9)
    return np.round(leaning, 9)


def _alike(reading: Reading, a: _Candidate, b: _Candidate) -> bool:
    X = reading.vectors
    return bool(X.shape[1]) and round(float(X[a.number] @ X[b.number]), 9) >= SAME_QUOTE


def _quote(one: _Candidate, reading: Reading, members: Members) -> Quote:
    """Count who says the same: what the quote is about, or else something on the same side of the same item."""
    about = one.about
    if about is None:
        leaning = _leaning(reading, members)
        said = np.zeros(len(members), dtype=bool)
        for number, sentence in enumerate(reading.sentences):
            said[sentence.row] |= sentence.item == one.item and leaning[number] > 0
        about = Term((), "", "words", said)
    counted = entry(about, members)
    return Quote(one.text, one.item, counted.n, counted.share_here, counted.share_elsewhere)


def _tidy(sentence: str) -> str:
    return normalise(sentence).strip("\"' ")
