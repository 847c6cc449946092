"""Learning traits from what employees said, and scoring employees as if they were strangers.

Whoever is not ``known`` is left out of the learning, so that traits can be tried on people they were not made from.
What becomes of it is put together in :mod:`analysis.scoring_block`.
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
from analysis.facets import FACET_FIELDS, FACETS, KINDS, Facet, theme_score
from analysis.labels import Labels
from analysis.lexicon import Lexicon, is_private, stems
from analysis.segments import Segment
from analysis.text import tokenize

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

#: The items from which the traits of a facet are learnt; items of other names tell who people are.
FACET_ITEMS: dict[Facet, tuple[str, ...]] = {
    "who": ("self", "good_day"),
    "skills": ("skills",),
    "why": ("stay", "good_day"),
}
#: What an answer would be in a lead's profile, so that a colleague can be scored like a stranger.
LIKE_FIELD = {"skills": "skills", "stay": "interest", "good_day": "experience"}
#: Segments among which themes are sought: a random part of what a very large persona said.
MAX_THEME_SEGMENTS = 2000


@dataclass(frozen=True)
class Said:
    """Everything employees said that may count, one row per segment, people numbered from 0 and in their order.

    Every persona is learnt from it several times, so what depends on nothing else is worked out once.
    """

    people: NDArray[np.intp]
    segments: tuple[Segment, ...]
    items: tuple[str, ...]
    X: Floats
    lexicon: Lexicon
    forms: Mapping[str, str]
    n_people: int

    @cached_property
    def rows(self) -> dict[Facet, NDArray[np.intp]]:
        """Segments from which a facet's traits are learnt."""
        named = {item for items in FACET_ITEMS.values() for item in items}
        return {
            facet: np.flatnonzero(
                [i in FACET_ITEMS[facet] or (facet == "who" and i not in named) for i in self.items]
            )
            for facet in FACETS
        }

    @cached_property
    def as_lead(self) -> dict[Facet, NDArray[np.intp]]:
        """Segments in which the same people, as leads, would show a facet."""
        fields = [LIKE_FIELD.get(item, "summary") for item in self.items]
        return {facet: np.flatnonzero([field in FACET_FIELDS[facet] for field in fields]) for facet in FACETS}

    @cached_property
    def bounds(self) -> dict[Facet, NDArray[np.intp]]:
        """Where each person's part of :attr:`as_lead` begins, and where the last one's ends."""
        numbers = np.arange(self.n_people + 1)
        return {facet: np.searchsorted(self.people[rows], numbers) for facet, rows in self.as_lead.items()}

    @cached_property
    def private(self) -> Mask:
        """Segments that speak of private life."""
        return np.array(
            [any(is_private(token.lower) for token in tokenize(segment.text)) for segment in self.segments],
            dtype=bool,
        )

    @cached_property
    def words(self) -> dict[Facet, list[dict[str, float]]]:
        """Weighted words of each person in :attr:`rows`."""
        return {facet: self._words_of_people(rows) for facet, rows in self.rows.items()}

    def _words_of_people(self, rows: NDArray[np.intp]) -> list[dict[str, float]]:
        found: list[set[str]] = [set() for _ in range(self.n_people)]
        for row in rows:
            found[self.people[row]] |= stems(self.segments[row].text)
        return [self.lexicon.weights(words) for words in found]


@dataclass(frozen=True, slots=True)
class Themes:
    """One persona's themes of one facet; ``similarity`` has a row per segment that a lead would show.

    Colleagues are compared with the themes as they would be without them.
    """

    entries: list[dict[str, Any]]
    similarity: Floats
    low: Floats
    high: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class Words:
    """One persona's word fields of one facet, and what is needed to weigh them without one colleague."""

    entries: list[dict[str, Any]]
    column: Mapping[str, int]
    vectors: csr_array
    inside: Floats
    everyone: Floats
    length: float
    colleagues: Mask
    known: Mask

    def weights_for(self, people: NDArray[np.intp]) -> Floats:
        """Weights of the words as they are if each of some people is a stranger, shape (n_people, n_words)."""
        own = self.vectors[people].toarray()
        n_inside, n = int(self.colleagues.sum()), int(self.known.sum())
        without = (self.inside * n_inside - own) / max(n_inside - 1, 1)
        without -= (self.everyone * n - own) / max(n - 1, 1)
        difference = np.where(self.colleagues[people, None], without, self.inside - self.everyone)
        return np.asarray(np.maximum(difference, 0.0) / self.length, dtype=np.float64)


def learn_themes(
    said: Said, facet: Facet, inside: Mask, known: Mask, middle: Floats, labels: Labels
) -> Themes:
    """Find themes of the people inside that have a name, weighed against those outside."""
    rows = said.rows[facet]
    own = rows[(inside & known)[said.people[rows]]]
    # What somebody says about private life makes no theme.
    own = own[~said.private[own]]
    # People are in the order of a hash of their answers, so every n-th segment is a random part.
    own = own[:: max(1, -(-len(own) // MAX_THEME_SEGMENTS))]
    X = said.X[own]
    found = traits.themes(X, said.people[own])
    stored = [traits.packed(theme.centre) for theme in found]
    centres = np.array([traits.unpacked(entry) for entry in stored]).reshape(len(found), X.shape[1])
    heard, bounds = said.as_lead[facet], said.bounds[facet]
    X_heard = said.X[heard]
    similarity = X_heard @ (centres - middle).T
    for column, theme in enumerate(found):
        for row in theme.rows:
            without = traits.unit(X[theme.rows[theme.rows != row]].mean(axis=0)) - middle
            person = said.people[own[row]]
            theirs = slice(bounds[person], bounds[person + 1])
            similarity[theirs, column] = X_heard[theirs] @ without
    best = traits.best_per_person(similarity, said.people[heard], said.n_people)
    spoke = np.bincount(said.people[heard], minlength=said.n_people) > 0
    ours, theirs_best = best[spoke & known & inside], best[spoke & known & ~inside]
    none = np.zeros(0)
    if not found or not len(theirs_best):
        return Themes([], similarity[:, :0], none, none, none)
    low = np.quantile(theirs_best, traits.OUTSIDE_QUANTILE, axis=0)
    high = np.maximum(np.quantile(ours, traits.INSIDE_QUANTILE, axis=0), low + 0.01)
    n_ours, n_theirs = (ours > low).sum(axis=0).astype(float), (theirs_best > low).sum(axis=0).astype(float)
    weights = traits.log_odds(n_ours, float(len(ours)), n_theirs, float(len(theirs_best)))
    entries: list[dict[str, Any]] = []
    kept: list[int] = []
    for column in np.argsort(-np.round(weights, 9), kind="stable"):
        if len(kept) == traits.MAX_THEMES or weights[column] <= 0:
            break
        if n_ours[column] < traits.MIN_COLLEAGUES:
            continue
        spoken = [stems(said.segments[own[row]].text) for row in found[column].rows]
        name = labels.of_theme(facet, centres[column] - middle, _shared(spoken, said.lexicon))
        if name is None:
            continue
        kept.append(int(column))
        numbers = {"low": low[column], "high": high[column], "weight": weights[column]}
        entries.append(
            {
                "text": name,
                "n": int(n_ours[column]),
                **{key: round(float(number), 6) for key, number in numbers.items()},
                **stored[column],
            }
        )
    low, high, weights = (np.array([entry[key] for entry in entries]) for key in ("low", "high", "weight"))
    return Themes(entries, similarity[:, np.array(kept, dtype=np.intp)], low, high, weights)


def _shared(spoken: Sequence[frozenset[str]], lexicon: Lexicon) -> dict[str, float]:
    """Words that may name a theme: those that most of its colleagues use, rare before common ones."""
    counts = Counter(word for words in spoken for word in words if word in lexicon.rarity)
    return {
        word: count**2 * lexicon.rarity[word] for word, count in counts.items() if 2 * count > len(spoken)
    }


def learn_words(said: Said, facet: Facet, inside: Mask, known: Mask, label_of: Mapping[str, str]) -> Words:
    """Weigh words by their mean tf-idf inside less the mean of everybody (Rocchio 1971, without negative part).

    Words of one label are one field; a field that fewer than five colleagues use is left out.
    """
    names = list(label_of)
    column = {word: i for i, word in enumerate(names)}
    cells = [
        (i, column[word], weight)
        for i, found in enumerate(said.words[facet])
        for word, weight in found.items()
        if word in column
    ]
    i, j, values = zip(*cells, strict=True) if cells else ((), (), ())
    X = csr_array((np.array(values, dtype=np.float64), (i, j)), shape=(said.n_people, len(names)))
    colleagues = inside & known
    ours, everyone = _mean(X[colleagues]), _mean(X[known])
    difference = np.maximum(ours - everyone, 0.0)
    heaviest = np.argsort(-np.round(difference, 9), kind="stable")[: traits.MAX_WORDS]
    heaviest = heaviest[difference[heaviest] > 0]
    used = X[colleagues].tocsc()
    fields: dict[str, list[int]] = {}
    for c in heaviest:
        fields.setdefault(label_of[names[c]], []).append(int(c))
    n_users = {label: len(set(used[:, field].indices.tolist())) for label, field in fields.items()}
    fields = {label: field for label, field in fields.items() if n_users[label] >= traits.MIN_COLLEAGUES}
    placed = [c for field in fields.values() for c in field]
    length = float(np.linalg.norm(difference[placed])) or 1.0
    entries = [
        {
            "text": label,
            "n": n_users[label],
            "weights": {names[c]: round(float(difference[c]) / length, 6) for c in field},
        }
        for label, field in fields.items()
    ]
    return Words(
        entries,
        {names[c]: k for k, c in enumerate(placed)},
        X[:, placed].tocsr(),
        ours[placed],
        everyone[placed],
        length,
        colleagues,
        known,
    )


def _mean(X: csr_array) -> Floats:
    return np.asarray(X.sum(axis=0), dtype=np.float64) / max(X.shape[0], 1)


def met(
    said: Said,
    facet: Facet,
    themes: Themes,
    words: Words,
    people: NDArray[np.intp],
    starts: Floats,
    size: int,
) -> dict[str, Floats]:
    """Score people as strangers on stretches of their answers.

    Returns
    -------
    dict
        Per kind of trait an array, shape (n_people, n_stretches); nan where a person said nothing.
    """
    heard, bounds = said.as_lead[facet], said.bounds[facet]
    out = {kind: np.full(starts.shape, np.nan) for kind in KINDS}
    weights = words.weights_for(people)
    for i, person in enumerate(people):
        first, last = bounds[person], bounds[person + 1]
        if first == last:
            continue
        segments = [said.segments[row] for row in heard[first:last]]
        ends = list(accumulate(len(segment.text) for segment in segments))
        done: dict[tuple[int, int], tuple[float, float]] = {}
        for j in range(starts.shape[1]):
            part = calibration.stretch(ends, size, float(starts[i, j]))
            span = (part.start, part.stop)
            if span not in done:
                met = traits.strength(
                    themes.similarity[first:last][part].max(axis=0), themes.low, themes.high
                )
                said_words = said.lexicon.weights(frozenset().union(*(stems(s.text) for s in segments[part])))
                used = [weights[i, words.column[w]] * x for w, x in said_words.items() if w in words.column]
                done[span] = theme_score(met, themes.weights), float(sum(used))
            out["themes"][i, j], out["words"][i, j] = done[span]
    return out
