"""Learning from what employees said what to look for in leads, and trying it on employees as if they were strangers.

Whoever is not ``known`` is left out of the learning, so that it can be tried on people it was not made from. What
becomes of it is put together in :mod:`analysis.scoring_block`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis import calibration, traits
from analysis.facets import FACET_FIELDS, FACETS, Facet, likeness
from analysis.labels import Labels
from analysis.lexicon import Lexicon, is_private, stems
from analysis.segments import Segment
from analysis.text import tokenize

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]
Mask = NDArray[np.bool_]

#: The items from which a facet is learnt; items of other names tell who people are.
FACET_ITEMS: dict[Facet, tuple[str, ...]] = {
    "who": ("self", "good_day"),
    "skills": ("skills",),
    "why": ("stay", "good_day"),
}
#: What an answer would be in a lead's profile, so that a colleague can be scored like a stranger.
LIKE_FIELD = {"skills": "skills", "stay": "interest", "good_day": "experience"}
#: Segments among which themes are sought: a random part of what a very large persona said.
MAX_THEME_SEGMENTS = 2000
#: Whoever wrote less than this share of a size is compared with nobody who wrote so much.
LEAST_OF_SIZE = 0.75
#: A word that others use more counts against somebody, but less than it counts for others.
AGAINST = 0.5


@dataclass(frozen=True)
class Said:
    """Everything employees said that may count, one row per segment, people numbered from 0 and in their order.

    Every persona is learnt from it several times, so what depends on nothing else is worked out once.
    """

    people: Integers
    segments: tuple[Segment, ...]
    items: tuple[str, ...]
    X: Floats
    lexicon: Lexicon
    forms: Mapping[str, str]
    n_people: int

    @cached_property
    def rows(self) -> dict[Facet, Integers]:
        """Segments from which a facet is learnt."""
        named = {item for items in FACET_ITEMS.values() for item in items}
        return {
            facet: np.flatnonzero(
                [i in FACET_ITEMS[facet] or (facet == "who" and i not in named) for i in self.items]
            )
            for facet in FACETS
        }

    @cached_property
    def as_lead(self) -> dict[Facet, Integers]:
        """Segments in which the same people, as leads, would show a facet."""
        fields = [LIKE_FIELD.get(item, "summary") for item in self.items]
        return {facet: np.flatnonzero([field in FACET_FIELDS[facet] for field in fields]) for facet in FACETS}

    @cached_property
    def characters(self) -> dict[Facet, Floats]:
        """How much each person would show of a facet as a lead, shape (n_people,)."""
        lengths = np.array([len(segment.text) for segment in self.segments], dtype=np.float64)
        return {
            facet: np.bincount(self.people[rows], lengths[rows], self.n_people).astype(np.float64)
            for facet, rows in self.as_lead.items()
        }

    @cached_property
    def private(self) -> Mask:
        """Segments that speak of private life."""
        return np.array(
            [any(is_private(token.lower) for token in tokenize(segment.text)) for segment in self.segments],
            dtype=bool,
        )

    @cached_property
    def middles(self) -> dict[Facet, Floats]:
        """What all segments of a facet have in common, as a block holds it: only what is said beyond it counts."""
        return {
            facet: traits.unpacked(traits.packed(self.X[rows].mean(axis=0) if len(rows) else self.X[:0].sum(0)))
            for facet, rows in self.rows.items()
        }

    @cached_property
    def voices(self) -> dict[Facet, Floats]:
        """What each person says in all, as a direction, shape (n_people, dim); zeros for who said nothing."""
        found: dict[Facet, Floats] = {}
        for facet, rows in self.rows.items():
            sums = np.zeros((self.n_people, self.X.shape[1]))
            np.add.at(sums, self.people[rows], self.X[rows] - self.middles[facet])
            found[facet] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
        return found

    @cached_property
    def spoke(self) -> dict[Facet, Mask]:
        """Who said something to a facet, shape (n_people,)."""
        return {
            facet: np.bincount(self.people[rows], minlength=self.n_people) > 0
            for facet, rows in self.rows.items()
        }

    @cached_property
    def stems(self) -> tuple[frozenset[str], ...]:
        """The stems of each segment."""
        return tuple(stems(segment.text) for segment in self.segments)

    @cached_property
    def column(self) -> dict[str, int]:
        """Column of each word of the lexicon."""
        return {word: number for number, word in enumerate(self.lexicon.rarity)}

    @cached_property
    def words(self) -> csr_array:
        """Weighted words of all that each person said, shape (n_people, n_words)."""
        spoken: list[set[str]] = [set() for _ in range(self.n_people)]
        for person, words in zip(self.people.tolist(), self.stems, strict=True):
            spoken[person] |= words
        return self.weighed(spoken)

    @cached_property
    def users(self) -> dict[Facet, csr_array]:
        """Who used which word in the answers from which a facet is learnt, shape (n_people, n_words)."""
        found: dict[Facet, csr_array] = {}
        for facet, rows in self.rows.items():
            cells = {
                (self.people[r], self.column[w]) for r in rows for w in self.stems[r] if w in self.column
            }
            i, j = zip(*sorted(cells), strict=True) if cells else ((), ())
            found[facet] = csr_array(
                (np.ones(len(cells)), (np.array(i, dtype=np.intp), np.array(j, dtype=np.intp))),
                shape=(self.n_people, len(self.column)),
            )
        return found

    def weighed(self, spoken: Sequence[set[str] | frozenset[str]]) -> csr_array:
        """Return the weighted words of some texts, one row each."""
        weights = [self.lexicon.weights(words) for words in spoken]
        values = np.array([x for row in weights for x in row.values()], dtype=np.float64)
        columns = np.array([self.column[w] for row in weights for w in row], dtype=np.intp)
        starts = np.cumsum([0, *(len(row) for row in weights)])
        return csr_array((values, columns, starts), shape=(len(spoken), len(self.column)))


@dataclass(frozen=True, slots=True)
class _Cuts:
    """The different stretches of one facet and size: which segments they have, words, characters, whose they are.

    ``lengths`` are those of the sums of their vectors; ``index`` says for each person and each draw which stretch it
    is, -1 for nothing said.
    """

    segments: csr_array
    lengths: Floats
    words: csr_array
    characters: Floats
    people: Integers
    index: Integers


class Stretches:
    """Random stretches of what some people said, as long as leads' evidence; cut once for all personas.

    Parameters
    ----------
    said : Said
    people : array of int, shape (n_people,)
    starts : array, shape (n_people, n_stretches)
        Where each begins, as a share of the text.
    """

    def __init__(self, said: Said, people: Integers, starts: Floats) -> None:
        self.people = people
        # Facets are cut in proportion, so that of each about the same part is left, as in a short profile.
        written = np.array([said.characters[facet][people] for facet in FACETS])
        parts = written / np.maximum(written.sum(axis=0) / np.maximum((written > 0).sum(axis=0), 1), 1)
        self._cuts = {
            (facet, size): _cut(said, facet, people, starts, size * part)
            for facet, part in zip(FACETS, parts, strict=True)
            for size in calibration.SIZES
        }

    def as_long(self, size: int) -> Mask:
        """Say which stretches are as long as they should be, shape (n_people, n_stretches).

        Whoever wrote less than a size is compared with nobody who wrote so much.
        """
        each = np.array(
            [_drawn(self._cuts[facet, size].characters, self._cuts[facet, size].index) for facet in FACETS]
        )
        n = (~np.isnan(each)).sum(axis=0)
        mean = np.nansum(each, axis=0) / np.maximum(n, 1)
        return np.asarray(mean >= LEAST_OF_SIZE * size)

    def met(self, facet: Facet, size: int, near: Floats) -> Floats:
        """Return how much is met in meaning, shape (n_people, n_stretches); nan where nothing was said.

        ``near`` says for each segment how near it comes.
        """
        cuts = self._cuts[facet, size]
        return _drawn(likeness(cuts.segments @ near, cuts.lengths), cuts.index)

    def met_in_words(self, facet: Facet, size: int, weights: Floats, own: Mapping[int, Floats]) -> Floats:
        """Return how much is met in words; ``own`` holds the weights for people who get other ones."""
        cuts = self._cuts[facet, size]
        total = np.asarray(cuts.words @ weights, dtype=np.float64)
        for person, of_person in own.items():
            first, last = np.searchsorted(cuts.people, [person, person + 1])
            total[first:last] = cuts.words[first:last] @ of_person
        return _drawn(total, cuts.index)


def _cut(said: Said, facet: Facet, people: Integers, starts: Floats, wanted: Floats) -> _Cuts:
    heard = said.as_lead[facet]
    of_person = np.searchsorted(said.people[heard], np.arange(said.n_people + 1))
    spans: dict[tuple[int, int], int] = {}
    owners: list[int] = []
    index = np.full(starts.shape, -1, dtype=np.intp)
    for i, person in enumerate(people.tolist()):
        first, last = int(of_person[person]), int(of_person[person + 1])
        ends = list(accumulate(len(said.segments[row].text) for row in heard[first:last]))
        for j, start in enumerate(starts[i].tolist() if ends else ()):
            part = calibration.stretch(ends, round(float(wanted[i])), start)
            span = (first + part.start, first + part.stop)
            if span not in spans:
                spans[span] = len(spans)
                owners.append(person)
            index[i, j] = spans[span]
    rows = np.concatenate([heard[first:last] for first, last in spans] or [heard[:0]])
    bounds = np.cumsum([0, *(last - first for first, last in spans)])
    segments = csr_array((np.ones(len(rows)), rows, bounds), shape=(len(spans), len(said.segments)))
    # The middle is taken off once, not from every segment of everybody.
    sums = segments @ said.X - np.outer(np.diff(bounds), said.middles[facet])
    spoken = [frozenset().union(*(said.stems[r] for r in heard[first:last])) for first, last in spans]
    characters = [float(sum(len(said.segments[r].text) for r in heard[first:last])) for first, last in spans]
    lengths = np.round(np.linalg.norm(sums, axis=1), 9)
    words = said.weighed(spoken)
    return _Cuts(segments, lengths, words, np.array(characters), np.array(owners, dtype=np.intp), index)


def _drawn(values: Floats, index: Integers) -> Floats:
    return np.append(values, np.nan)[index]


@dataclass(frozen=True, slots=True)
class Learnt:
    """What sets a persona apart, per facet a direction of meaning and the weights of all words.

    ``near`` says for each segment how near it comes; who is inside is compared with the persona without them.
    ``own`` holds the weights of words without each of some people inside.
    """

    direction: Mapping[Facet, Floats]
    near: Mapping[Facet, Floats]
    words: Floats
    own: Mapping[int, Floats]


def learn(said: Said, degree: Floats, known: Mask, strangers: Integers) -> Learnt:
    """Learn what the people inside say more than everybody does (Rocchio 1971), in meaning and in words.

    Parameters
    ----------
    said : Said
    degree : array, shape (n_people,)
        How far each belongs to the persona, above 0 for who is in it: the surest members weigh most.
    known : array of bool, shape (n_people,)
        Who may be learnt from.
    strangers : array of int
        People who are scored: those of them who were learnt from are left out when they are.
    """
    directions: dict[Facet, Floats] = {}
    near: dict[Facet, Floats] = {}
    for facet in FACETS:
        spoke, voices = said.spoke[facet], said.voices[facet]
        ours, everyone = degree * (known & spoke), (known & spoke).astype(np.float64)
        sums = ours @ voices, everyone @ voices
        centred = said.X - said.middles[facet]
        directions[facet] = traits.unit(_more(sums, (ours.sum(), everyone.sum())))
        nearness = centred @ directions[facet]
        for person in strangers[ours[strangers] > 0]:
            of_person = ours[person] * voices[person], voices[person]
            without = _more(sums, (ours.sum(), everyone.sum()), of_person, (ours[person], 1.0))
            first, last = np.searchsorted(said.people, [person, person + 1])
            nearness[first:last] = centred[first:last] @ traits.unit(without)
        near[facet] = np.round(nearness, 9)
    ours, everyone = degree * known, known.astype(np.float64)
    sums = np.asarray(ours @ said.words), np.asarray(everyone @ said.words)
    words = _signed(_more(sums, (ours.sum(), everyone.sum())))
    length = float(np.linalg.norm(words)) or 1.0
    own: dict[int, Floats] = {}
    for person in strangers[ours[strangers] > 0].tolist():
        theirs = said.words[[person]].toarray()[0]
        of_person = ours[person] * theirs, theirs
        without = _more(sums, (ours.sum(), everyone.sum()), of_person, (ours[person], 1.0))
        own[person] = _signed(without) / length
    return Learnt(directions, near, words / length, own)


def _more(
    sums: tuple[Floats, Floats],
    n: tuple[float, float],
    of_person: tuple[Floats, Floats] = (np.zeros(()), np.zeros(())),
    n_person: tuple[float, float] = (0.0, 0.0),
) -> Floats:
    """What is said more inside than by everybody: the means of both, without one person."""
    here, there = (
        (total - own) / max(count - share, 1e-9)
        for total, count, own, share in zip(sums, n, of_person, n_person, strict=True)
    )
    return np.asarray(here - there, dtype=np.float64)


def _sum(X: csr_array) -> Floats:
    return np.asarray(X.sum(axis=0), dtype=np.float64).ravel()


def _signed(difference: Floats) -> Floats:
    return np.where(difference < 0, AGAINST * difference, difference)


def facet_of_words(said: Said, inside: Mask) -> Integers:
    """Say to which facet each word belongs: where most people of the persona use it, the first of equals."""
    n_users = np.array([_sum(said.users[facet][inside]) + 1e-6 * _sum(said.users[facet]) for facet in FACETS])
    return np.asarray(n_users.argmax(axis=0), dtype=np.intp)


def name_themes(
    said: Said, facet: Facet, inside: Mask, middle: Floats, direction: Floats, labels: Labels
) -> list[dict[str, Any]]:
    """Find what five colleagues say alike and what has a name, the most telling first."""
    rows = said.rows[facet]
    # What somebody says about private life makes no theme.
    own = rows[inside[said.people[rows]] & ~said.private[rows]]
    # People are in the order of a hash of their answers, so every n-th segment is a random part.
    own = own[:: max(1, -(-len(own) // MAX_THEME_SEGMENTS))]
    X = said.X[own]
    found = traits.themes(X, said.people[own])
    telling = [round(float((theme.centre - middle) @ direction), 9) for theme in found]
    entries: list[dict[str, Any]] = []
    for number in sorted(range(len(found)), key=lambda number: (-telling[number], number)):
        if len(entries) == traits.MAX_THEMES or telling[number] <= 0:
            break
        theme = found[number]
        spoken = [said.stems[own[row]] for row in theme.rows]
        name = labels.of_theme(facet, theme.centre - middle, _shared(spoken, said.lexicon))
        if name is None:
            continue
        similarity = np.round(X @ theme.centre, 9)
        alike = similarity >= similarity[theme.rows].min()
        n = len(set(said.people[own[alike]].tolist()))
        entries.append(
            {"text": name, "n": n, "weight": 1.0, **traits.packed(traits.unit(theme.centre - middle))}
        )
    return entries


def _shared(spoken: Sequence[frozenset[str]], lexicon: Lexicon) -> dict[str, float]:
    """Words that may name a theme: those that most of its colleagues use, rare before common ones."""
    counts = Counter(word for words in spoken for word in words if word in lexicon.rarity)
    return {
        word: count**2 * lexicon.rarity[word] for word, count in counts.items() if 2 * count > len(spoken)
    }


def name_words(
    said: Said, inside: Mask, weights: Floats, label_of: Mapping[str, str], rest: str
) -> list[dict[str, Any]]:
    """Put the words of a facet under labels; those of no label or of one that fewer than five use are the rest."""
    names = list(said.column)
    used = said.words[inside].tocsc()
    fields: dict[str, list[int]] = {}
    for c in np.flatnonzero(weights).tolist():
        fields.setdefault(label_of.get(names[c], rest), []).append(c)
    n_users = {label: len(set(used[:, columns].indices.tolist())) for label, columns in fields.items()}
    small = [label for label in fields if label != rest and n_users[label] < traits.MIN_COLLEAGUES]
    for label in small:
        fields.setdefault(rest, []).extend(fields.pop(label))
    if rest in fields:
        n_users[rest] = len(set(used[:, sorted(fields[rest])].indices.tolist()))
    return [
        {
            "text": label,
            "n": n_users[label],
            "weight": 1.0,
            "weights": {names[c]: round(float(weights[c]), 6) for c in sorted(columns)},
        }
        for label, columns in sorted(fields.items(), key=lambda field: (field[0] == rest, field[0]))
        if n_users[label] >= traits.MIN_COLLEAGUES
    ]
