"""Learning from what employees said what to look for in leads, and trying it on employees as if they were strangers.

Whoever is not ``known`` is left out of the learning, so that it can be tried on people it was not made from. What
becomes of it is put together in :mod:`analysis.scoring_block`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis import calibration, traits
from analysis.facets import FACET_FIELDS, FACETS, Facet, is_heard, likeness
from analysis.labels import Labels
from analysis.lexicon import Lexicon, is_private, stems
from analysis.segments import Segment
from analysis.text import split

Floats = NDArray[np.float64]
#: Half the digits are enough for meanings, in half of the time.
Meanings = NDArray[np.float32]
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
#: A word stands for itself if a persona's people use it so many times as often as others.
OWN_WORD = 2
#: So much of what everybody says is taken off a persona's words: who speaks of what nobody here does fits nobody.
SHARED = 0.25


@dataclass(frozen=True)
class Said:
    """Everything employees said that may count, one row per segment, people numbered from 0 and in their order.

    Every persona is learnt from it several times, so what depends on nothing else is worked out once.
    """

    people: Integers
    segments: tuple[Segment, ...]
    items: tuple[str, ...]
    X: Meanings
    lexicon: Lexicon
    forms: Mapping[str, str]
    n_people: int

    def told_by(self, people: Integers) -> tuple[Integers, Integers]:
        """Return the segments of some people, and the place of each segment's person among them."""
        place = np.full(self.n_people, -1)
        place[people] = np.arange(len(people))
        segments = np.flatnonzero(place[self.people] >= 0)
        return segments, place[self.people[segments]]

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
    def as_lead(self) -> Mask:
        """Which facets each segment would show, were its writer a lead, shape (n_segments, n_facets)."""
        fields = [LIKE_FIELD.get(item, "summary") for item in self.items]
        shown = [[field in FACET_FIELDS[facet] for facet in FACETS] for field in fields]
        return np.array(shown, dtype=bool).reshape(len(fields), len(FACETS))

    @cached_property
    def private(self) -> Mask:
        """Segments that speak of private life."""
        return np.array(
            [any(map(is_private, map(str.casefold, split(segment.text)))) for segment in self.segments],
            dtype=bool,
        )

    @cached_property
    def middles(self) -> dict[Facet, Floats]:
        """What all segments of a facet have in common, as a block holds it: only what is said beyond it counts."""
        return {
            facet: traits.unpacked(
                traits.packed(self.X[rows].mean(axis=0, dtype=np.float64) if len(rows) else self.X[:0].sum(0))
            )
            for facet, rows in self.rows.items()
        }

    @cached_property
    def beyond(self) -> dict[Facet, Meanings]:
        """What each segment says beyond that, shape (n_segments, dim)."""
        return {facet: self.X - middle.astype(np.float32) for facet, middle in self.middles.items()}

    @cached_property
    def voices(self) -> dict[Facet, Floats]:
        """What each person says in all, as a direction, shape (n_people, dim); zeros for who said nothing."""
        found: dict[Facet, Floats] = {}
        for facet, rows in self.rows.items():
            bounds = np.searchsorted(self.people[rows], np.arange(self.n_people + 1))
            said_by = csr_array(
                (np.ones(len(rows), np.float32), rows, bounds), shape=(self.n_people, len(self.people))
            )
            sums = np.asarray(said_by @ self.beyond[facet])
            directions = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)
            # They are added up with 64 bits again and again.
            found[facet] = directions.astype(np.float64)
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
    def n_words(self) -> Integers:
        """How many telling words each segment has."""
        return np.array([len(words) for words in self.stems], dtype=np.intp)

    @cached_property
    def n_characters(self) -> Integers:
        """How long each segment is."""
        return np.array([len(segment.text) for segment in self.segments], dtype=np.intp)

    @cached_property
    def listed(self) -> Mask:
        """Segments that are listed as skills."""
        return np.array([segment.field == "skills" for segment in self.segments], dtype=bool)

    @cached_property
    def column(self) -> dict[str, int]:
        """Column of each word of the lexicon."""
        return {word: number for number, word in enumerate(self.lexicon.rarity)}

    @cached_property
    def words(self) -> csr_array:
        """Weighted words of all that each person said, shape (n_people, n_words)."""
        everything = csr_array(
            (np.ones(len(self.people)), (self.people, np.arange(len(self.people)))),
            shape=(self.n_people, len(self.people)),
        )
        return self.weighed(everything)

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

    @cached_property
    def _written(self) -> tuple[csr_array, Floats]:
        """Which words each segment has, first those of the lexicon and then all others, and their rarity."""
        others = {word for words in self.stems for word in words} - self.column.keys()
        column = {**self.column, **{word: len(self.column) + n for n, word in enumerate(sorted(others))}}
        bounds = np.cumsum([0, *map(len, self.stems)])
        columns = np.array([column[word] for words in self.stems for word in sorted(words)], dtype=np.intp)
        rarity = np.array(
            [*self.lexicon.rarity.values(), *[self.lexicon.unseen] * len(others)], dtype=np.float64
        )
        return csr_array(
            (np.ones(len(columns)), columns, bounds), shape=(len(self.stems), len(column))
        ), rarity

    def weighed(self, texts: csr_array) -> csr_array:
        """Return the weighted words of some texts as :meth:`Lexicon.weights` has them, shape (n_texts, n_words).

        ``texts`` says which segments each has, shape (n_texts, n_segments).
        """
        written, rarity = self._written
        found = csr_array(texts @ written)
        found.sort_indices()
        found.data = rarity[found.indices]
        squares: Floats = csr_array((found.data**2, found.indices, found.indptr), shape=found.shape).sum(
            axis=1
        )
        found.data /= np.repeat(np.sqrt(np.maximum(squares, 1e-12)), np.diff(found.indptr))
        return csr_array(found[:, : len(self.column)])


@dataclass(frozen=True, slots=True)
class _Cuts:
    """What is left of a facet in each stretch, one row for each person and draw.

    Parameters
    ----------
    segments : csr_array, shape (n_rows, n_segments)
        Which segments a stretch has.
    lengths : array, shape (n_rows,)
        Lengths of the sums of their vectors.
    words : csr_array, shape (n_rows, n_words)
    n_words : array, shape (n_rows,)
        How much is told; 0 where a lead who says so little would not be heard.
    """

    segments: csr_array
    lengths: Floats
    words: csr_array
    n_words: Integers


class Stretches:
    """Random parts of what some people said, as much as leads say; cut once for all personas.

    A part is made of whole sentences and skills from all answers: who writes little in a profile writes a little of
    everything.

    Parameters
    ----------
    said : Said
    people : array of int, shape (n_people,)
    draws : array, shape (n_stretches, n_segments)
        Of each person the segments with the least numbers are kept.
    """

    def __init__(self, said: Said, people: Integers, draws: Floats) -> None:
        self.people = people
        self.shape = (len(people), len(draws))
        told = said.n_words[:, np.newaxis] * said.as_lead
        by_person = np.zeros((said.n_people, len(FACETS)))
        np.add.at(by_person, said.people, told)
        n_facets = np.maximum((by_person > 0).sum(axis=1), 1)
        self.cuts: dict[tuple[Facet, int], _Cuts] = {}
        kept: dict[int, list[Mask]] = {size: [] for size in calibration.SIZES}
        for draw in draws:
            order = np.lexsort((draw, said.people))
            each = told[order].sum(axis=1) / n_facets[said.people]
            first = np.searchsorted(said.people, said.people)
            before = np.append(0.0, np.cumsum(each))[:-1]
            middle = np.empty(len(order))
            middle[order] = before - before[first] + each / 2
            at_first = np.zeros(len(order), dtype=bool)
            at_first[order[first]] = True
            for size, masks in kept.items():
                masks.append((middle <= size) | at_first)
        tried, place = said.told_by(people)
        for size, masks in kept.items():
            draw, column = np.nonzero(np.array(masks)[:, tried])
            segments = tried[column]
            row = place[column] * len(draws) + draw
            by_row = np.argsort(row, kind="stable")
            for facet in FACETS:
                self.cuts[facet, size] = _cut(
                    said, facet, row[by_row], segments[by_row], len(people) * len(draws)
                )

    def of(self, some: Mask) -> Stretches:
        """Return the parts of some of the people, shape (n_people,)."""
        part = copy(self)
        part.people, part.shape = self.people[some], (int(some.sum()), self.shape[1])
        rows = np.flatnonzero(np.repeat(some, self.shape[1]))
        part.cuts = {
            key: _Cuts(cuts.segments[rows], cuts.lengths[rows], cuts.words[rows], cuts.n_words[rows])
            for key, cuts in self.cuts.items()
        }
        return part

    def n_words(self, size: int) -> Floats:
        """Return how much parts tell to each facet that is heard, on average, shape (n_people, n_stretches)."""
        each = np.array([self.cuts[facet, size].n_words for facet in FACETS])
        return np.reshape(each.sum(axis=0) / np.maximum((each > 0).sum(axis=0), 1), self.shape)

    def met(self, facet: Facet, size: int, near: Floats) -> Floats:
        """Return how much is met in meaning, shape (n_people, n_stretches); nan where nothing is heard.

        ``near`` says for each segment how near it comes.
        """
        cuts = self.cuts[facet, size]
        return self._heard(likeness(cuts.segments @ near, cuts.lengths), cuts)

    def met_in_words(
        self, facet: Facet, size: int, counted: Mask, weights: Floats, left_out: Integers, own: Floats
    ) -> Floats:
        """Return how much is met in the words that are ``counted``, shape (n_words,).

        ``own`` holds a row of weights for each of the people ``left_out``.
        """
        cuts = self.cuts[facet, size]
        total = np.asarray(cuts.words @ (weights * counted), dtype=np.float64).reshape(self.shape)
        if len(left_out):
            people = np.searchsorted(self.people, left_out)
            rows = (people[:, np.newaxis] * self.shape[1] + np.arange(self.shape[1])).ravel()
            theirs = cuts.words[rows]
            row = np.repeat(np.arange(len(rows)), np.diff(theirs.indptr))
            worth = theirs.data * own[row // self.shape[1], theirs.indices] * counted[theirs.indices]
            total[people] = np.bincount(row, worth, len(rows)).reshape(len(people), self.shape[1])
        return self._heard(total.ravel(), cuts)

    def _heard(self, values: Floats, cuts: _Cuts) -> Floats:
        return np.where(cuts.n_words > 0, values, np.nan).reshape(self.shape)


def _cut(said: Said, facet: Facet, row: Integers, segments: Integers, n_rows: int) -> _Cuts:
    """Keep what shows a facet of stretches that are given as pairs of a row and a segment, in order."""
    shown = said.as_lead[segments, FACETS.index(facet)]
    row, segments = row[shown], segments[shown]
    heard = is_heard(
        facet,
        np.bincount(row, said.n_characters[segments], n_rows),
        np.bincount(row, said.listed[segments], n_rows) > 0,
    )
    n_words = np.bincount(row, said.n_words[segments], n_rows).astype(np.intp) * heard
    bounds = np.searchsorted(row, np.arange(n_rows + 1))
    chosen = csr_array((np.ones(len(row), np.float32), segments, bounds), shape=(n_rows, len(said.segments)))
    lengths = np.linalg.norm(chosen @ said.beyond[facet], axis=1).astype(np.float64)
    # Many products with numbers of 64 bits are to come, and each would make it one of such anew.
    return _Cuts(chosen.astype(np.float64), np.round(lengths, 6), said.weighed(chosen), n_words)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What sets a persona apart, per facet a direction of meaning and the weights of all words.

    ``near`` says for each segment how near it comes; who is inside is compared with the persona without them.
    ``own`` holds a row for each of the people ``left_out``: the weights of their words without them.
    """

    direction: Mapping[Facet, Floats]
    near: Mapping[Facet, Floats]
    words: Floats
    left_out: Integers
    own: Floats


def learn(said: Said, degree: Floats, known: Mask, strangers: Integers) -> Learnt:
    """Learn what the people inside say more than everybody does (Rocchio 1971), in meaning and in words.

    Of words a share is kept that everybody says.

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
        beyond = said.beyond[facet]
        directions[facet] = traits.unit(_more(sums, (ours.sum(), everyone.sum())))
        nearness = (beyond @ directions[facet].astype(np.float32)).astype(np.float64)
        n = float(ours.sum()), float(everyone.sum())
        inside = strangers[ours[strangers] > 0]
        theirs, weight = voices[inside], ours[inside, np.newaxis]
        without = _more(sums, n, 1.0, (weight * theirs, theirs), (weight, 1.0))
        without /= np.maximum(np.linalg.norm(without, axis=1, keepdims=True), 1e-12)
        told, place = said.told_by(inside)
        nearness[told] = np.einsum("ij,ij->i", beyond[told], without.astype(np.float32)[place])
        near[facet] = np.round(nearness, 6)
    ours, everyone = degree * known, known.astype(np.float64)
    sums = np.asarray(ours @ said.words), np.asarray(everyone @ said.words)
    n = float(ours.sum()), float(everyone.sum())
    words = _more(sums, n, SHARED)
    length = float(np.linalg.norm(words)) or 1.0
    inside = strangers[ours[strangers] > 0]
    own = said.words[inside]
    here, there = (total[own.indices] for total in sums)
    each = np.repeat(ours[inside], np.diff(own.indptr))
    own.data = _more((here, there), n, SHARED, (each * own.data, own.data), (each, 1.0)) / length
    return Learnt(directions, near, words / length, inside, own.toarray())


def _more(
    sums: tuple[Floats, Floats],
    n: tuple[float, float],
    of_everybody: float = 1.0,
    of_person: tuple[Floats, Floats] = (np.zeros(()), np.zeros(())),
    n_person: tuple[float | Floats, float | Floats] = (0.0, 0.0),
) -> Floats:
    """The mean inside less a share of everybody's, without one person or each of several."""
    here, there = (
        (total - own) / np.maximum(count - share, 1e-9)
        for total, count, own, share in zip(sums, n, of_person, n_person, strict=True)
    )
    return np.asarray(here - of_everybody * there, dtype=np.float64)


def _sum(X: csr_array) -> Floats:
    return np.asarray(X.sum(axis=0), dtype=np.float64).ravel()


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
    ranked = sorted(range(len(found)), key=lambda number: (-telling[number], number))
    told = [found[number] for number in ranked if telling[number] > 0]
    centres = np.reshape([theme.centre for theme in told], (len(told), len(middle)))
    codes = labels.codes_of(facet, centres - middle)
    entries: list[dict[str, Any]] = []
    for theme, code in zip(told, codes, strict=True):
        if len(entries) == traits.MAX_THEMES:
            break
        spoken = [said.stems[own[row]] for row in theme.rows]
        name = code or labels.of_theme(facet, _shared(spoken, said.lexicon))
        if name is None:
            continue
        similarity = np.round(X @ theme.centre, 6)
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
    said: Said, inside: Mask, weights: Floats, label_of: Mapping[str, str], rest: str, labels: Labels
) -> list[dict[str, Any]]:
    """Put the words of a facet under labels; a word without one that is the persona's own stands for itself.

    What is left over, and the words of a label that fewer than five use, are the rest.
    """
    names = list(said.column)
    theirs = said.words[inside]
    used = np.zeros(theirs.shape, dtype=bool)
    used[np.repeat(np.arange(len(used)), np.diff(theirs.indptr)), theirs.indices] = True
    fields: dict[str, list[int]] = {}
    here, everywhere = used.sum(axis=0), np.bincount(said.words.indices, minlength=len(names))
    # Said here by five at least and twice as often as by the others.
    others = (everywhere - here) * inside.sum() / max((~inside).sum(), 1)
    is_own = (here >= traits.MIN_COLLEAGUES) & (here >= OWN_WORD * others) & (weights > 0)
    for c in np.flatnonzero(weights).tolist():
        own = labels.of_word(names[c]) if is_own[c] else None
        fields.setdefault(label_of.get(names[c]) or own or rest, []).append(c)
    n_users = {label: int(used[:, columns].any(axis=1).sum()) for label, columns in fields.items()}
    small = [label for label in fields if label != rest and n_users[label] < traits.MIN_COLLEAGUES]
    for label in small:
        fields.setdefault(rest, []).extend(fields.pop(label))
    if rest in fields:
        n_users[rest] = int(used[:, fields[rest]].any(axis=1).sum())
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
