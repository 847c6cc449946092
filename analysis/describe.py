"""What the people of a persona say more often than others: themes of the codebook and words as people wrote them.

Counts people, never words: somebody who says it ten times counts once. Nothing is returned that fewer than 5
people of the persona said. Sentences to quote are chosen in :mod:`analysis.quotes`.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.codebook import Code, Kind, codebook, codes_in
from analysis.redaction import first_names, is_sensitive
from analysis.report import Entry
from analysis.text import common_words, phrases, sentences, stem, tokenize
from analysis.views import Person

#: No count under this is ever shown, and no rare word that fewer people used.
MIN_PEOPLE = 5

#: The lists of a persona and the items they are read from; an item with another name belongs to the traits.
LISTS: Mapping[str, tuple[str, ...]] = {
    "traits": ("self", "good_day"),
    "reasons": ("stay",),
    "skills": ("skills",),
    "content": ("content",),
}

#: The kind of code that may stand as a theme in a list.
THEME_KINDS: Mapping[str, Kind] = {
    "traits": "style",
    "reasons": "motive",
    "skills": "skill",
    "content": "content",
}

MAX_THEMES = 3
MAX_ENTRIES = 8

#: One-sided 90 %: a list of hints with its numbers beside it, not a test.
MIN_Z = 1.28
MIN_LIFT = 1.25

#: What fewer of a persona's people say is true of hardly any of them, however rare it is elsewhere.
MIN_SHARE: Mapping[str, float] = {"theme": 0.1, "words": 0.03, "option": 0.1}

_PLACEHOLDER = re.compile(r"\[[\w-]+\]")

Members = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """Something people may say: its name for readers, and who said it (bool, shape (n_people,))."""

    key: tuple[str, ...]
    text: str
    kind: str
    said: Members


class Lexicon:
    """How words are used across all people: who uses them, and how they are written.

    Parameters
    ----------
    texts : sequence of iterable of str
        Per person every text that may be read.
    """

    def __init__(self, texts: Sequence[Iterable[str]]) -> None:
        self._n_people: Counter[str] = Counter()
        self._stem_people: Counter[str] = Counter()
        forms: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for person in texts:
            used = set()
            for sentence in (one for text in person for one in sentences(_PLACEHOLDER.sub(" | ", text))):
                for position, token in enumerate(tokenize(sentence)):
                    used.add(token.lower)
                    # The first word of a sentence wears a capital for its place, not for what it is.
                    forms[token.lower][token.text] += 1 if position == 0 else 1000
            self._n_people.update(used)
            self._stem_people.update({stem(word) for word in used})
        self._form = {lower: _usual_form(lower, counts) for lower, counts in forms.items()}

    def as_written(self, text: str) -> str:
        """Return the text with every word in its usual letter case."""
        parts, end = [], 0
        for token in tokenize(text):
            parts += [text[end : token.start], self._form.get(token.lower, token.text)]
            end = token.end
        return "".join([*parts, text[end:]])

    def n_people(self, word: str) -> int:
        """Return how many people use a word, in any letter case."""
        return self._n_people[word.casefold()]

    def is_showable(self, text: str) -> bool:
        """Say whether every word is common in the language or used by at least 5 people, and none is sensitive."""
        return not is_sensitive(text) and all(self._is_known(token.lower) for token in tokenize(text))

    def _is_known(self, word: str) -> bool:
        if self._n_people[word] >= MIN_PEOPLE:
            return True
        parts = [part for part in re.split(r"[-/&.']", word.removesuffix("'s")) if part]
        return bool(parts) and all(_is_common(part) for part in parts)


def terms_of(people: Sequence[Person], items: Sequence[str], name: str, lexicon: Lexicon) -> tuple[Term, ...]:
    """Collect what people say in the items of one list, as far as it may be shown.

    Parameters
    ----------
    people : sequence of Person
    items : sequence of str
        The open-ended items of the questionnaire.
    name : str
        ``traits``, ``reasons``, ``skills`` or ``content``.
    lexicon : Lexicon
        Of the same people.
    """
    texts = [_texts(person, items_of(name, items)) for person in people]
    themes = code_terms(texts, [code for code in codebook() if code.kind == THEME_KINDS[name]])
    return (*themes, *_phrase_terms(texts, lexicon))


def items_of(name: str, items: Sequence[str]) -> tuple[str, ...]:
    """Return the items whose answers feed a list."""
    if name != "traits":
        return tuple(item for item in LISTS[name] if item in items)
    elsewhere = {item for other, named in LISTS.items() if other != "traits" for item in named}
    return tuple(item for item in items if item not in elsewhere)


def channel_terms(people: Sequence[Person]) -> tuple[Term, ...]:
    """Collect the options chosen in the closed item ``channels``."""
    options = sorted({option for person in people for option in person.response.channels})
    return tuple(
        Term(
            (option,),
            option.replace("_", " "),
            "option",
            np.array([option in person.response.channels for person in people], dtype=bool),
        )
        for option in options
    )


def code_terms(texts: Sequence[Sequence[str]], codes: Sequence[Code]) -> tuple[Term, ...]:
    """Find who speaks of which code, given every person's texts."""
    spoken = [frozenset[str]().union(*map(codes_in, person)) for person in texts]
    return tuple(
        Term((code.code,), code.label, "theme", np.array([code.code in one for one in spoken], dtype=bool))
        for code in codes
    )


def telling(terms: Sequence[Term], members: Members) -> list[tuple[float, Term]]:
    """Rank the terms that a group says more often than everybody else, the most telling first.

    Returns
    -------
    list of (z, Term)
        z is the log-odds ratio with an informative Dirichlet prior over its standard error (Monroe, Colaresi &
        Quinn 2008, eq. 16-22), counted by people instead of words.
    """
    ranked = []
    for term in terms:
        n, n_elsewhere = int(term.said[members].sum()), int(term.said[~members].sum())
        size, rest = int(members.sum()), int((~members).sum())
        least = max(MIN_SHARE[term.kind], MIN_LIFT * n_elsewhere / max(rest, 1))
        if n < MIN_PEOPLE or n / size < least:
            continue
        z = _log_odds_z(n, size, n_elsewhere, rest)
        if z >= MIN_Z:
            ranked.append((z, term))
    return sorted(ranked, key=lambda pair: (-pair[0], pair[1].text))


def entries(terms: Sequence[Term], members: Members) -> tuple[Entry, ...]:
    """Describe a group by what sets it apart: at most three themes, then words that do not repeat one another."""
    ranked = telling(terms, members)
    themes = [term for _, term in ranked if term.kind == "theme"][:MAX_THEMES]
    named = {token.stem for theme in themes for token in tokenize(theme.text)}
    others = _without_repetition(
        [term for _, term in ranked if term.kind != "theme" and not named.issuperset(term.key)], members
    )
    chosen = [*themes, *others[: MAX_ENTRIES - len(themes)]]
    return tuple(entry(term, members) for term in chosen)


def entry(term: Term, members: Members) -> Entry:
    """Count a term in a group and elsewhere."""
    n, size = int(term.said[members].sum()), int(members.sum())
    n_elsewhere, rest = int(term.said[~members].sum()), int((~members).sum())
    # A small count elsewhere is not shown either: it is rounded down to none.
    share_elsewhere = n_elsewhere / rest if n_elsewhere >= MIN_PEOPLE else 0.0
    return Entry(term.text, n, n / size, share_elsewhere, wilson(n, size), term.kind)


def common_themes(people: Sequence[Person]) -> tuple[Entry, ...]:
    """Say what moves all people, for a report without personas: motives with at least 5 people, largest first."""
    everybody = np.ones(len(people), dtype=bool)
    motives = [code for code in codebook() if code.kind == "motive"]
    terms = code_terms([tuple(person.texts.values()) for person in people], motives)
    found = [entry(term, everybody) for term in terms if term.said.sum() >= MIN_PEOPLE]
    return tuple(sorted(found, key=lambda one: (-one.n, one.text)))


def _texts(person: Person, items: Sequence[str]) -> tuple[str, ...]:
    return tuple(person.texts[item] for item in items if item in person.texts)


def _phrase_terms(texts: Sequence[Sequence[str]], lexicon: Lexicon) -> tuple[Term, ...]:
    surfaces: defaultdict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    people: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for row, person in enumerate(texts):
        for text in person:
            for phrase in phrases(_PLACEHOLDER.sub(" | ", text)):
                surfaces[phrase.key][lexicon.as_written(phrase.text)] += 1
                people[phrase.key].add(row)
    terms = []
    for key in sorted(key for key, rows in people.items() if len(rows) >= MIN_PEOPLE):
        showable = [one for one in surfaces[key].items() if lexicon.is_showable(one[0])]
        if showable:
            text = min(showable, key=lambda pair: (-pair[1], len(pair[0]), pair[0]))[0]
            said = np.zeros(len(texts), dtype=bool)
            said[list(people[key])] = True
            terms.append(Term(key, text, "words", said))
    return tuple(terms)


def _without_repetition(ranked: Sequence[Term], members: Members) -> list[Term]:
    """Drop a term that shares its words with a better one; of the two, keep the longer if it is as frequent."""
    chosen: list[Term] = []
    for term in ranked:
        related = [one for one in chosen if set(one.key) & set(term.key)]
        if related and not all(_refines(term, one, members) for one in related):
            continue
        place = min((chosen.index(one) for one in related), default=len(chosen))
        chosen = [one for one in chosen if one not in related]
        chosen.insert(place, term)
    return chosen


def _refines(term: Term, other: Term, members: Members) -> bool:
    return set(other.key) < set(term.key) and bool(
        term.said[members].sum() >= 0.6 * other.said[members].sum()
    )


def _log_odds_z(n: int, size: int, n_elsewhere: int, rest: int) -> float:
    prior = (n + n_elsewhere) / (size + rest)
    here, here_not = n + prior, size - n + 1 - prior
    there, there_not = n_elsewhere + prior, rest - n_elsewhere + 1 - prior
    variance = 1 / here + 1 / there + 1 / max(here_not, 0.5) + 1 / max(there_not, 0.5)
    delta = math.log(here / max(here_not, 0.5)) - math.log(there / max(there_not, 0.5))
    return delta / math.sqrt(variance)


def wilson(n: int, size: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson 1927)."""
    z = 1.959964
    share = n / size
    centre = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * math.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def _usual_form(lower: str, forms: Counter[str]) -> str:
    form = min(forms.items(), key=lambda pair: (-pair[1], pair[0]))[0]
    starts_sentences_only = sum(forms.values()) < 1000
    return lower if starts_sentences_only and form.istitle() else form


def _is_common(word: str) -> bool:
    return (word in common_words() or stem(word) in common_words()) and word not in first_names()
