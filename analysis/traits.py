"""Traits: what several colleagues of one persona say alike, and how near a segment comes to it.

A trait is the centre of sentences by at least five colleagues, as a sentence vector and as weighted words. Its weight
says how much more often the persona's people come near it than others do. How the weights become points is in
:mod:`analysis.scoring`; what a score means, in :mod:`analysis.calibration`.
"""

from __future__ import annotations

import base64
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.segments import known_terms
from analysis.text import common_words, stem, stop_words, tokenize

Floats = NDArray[np.float64]

#: A trait needs this many colleagues: fewer would describe a person, not a persona.
MIN_COLLEAGUES = 5
#: Traits per persona and facet; more would not be read, and fewer lose nuances.
MAX_TRAITS = 40
#: Two traits whose centres are nearer than this say the same.
SAME_TRAIT = 0.85
#: How much a shared word counts beside the similarity of the sentences: as much.
WORD_SHARE = 1.0
#: A match starts where three of four people outside the persona do not come, and is full where one in ten of
#: its own people comes.
OUTSIDE_QUANTILE, INSIDE_QUANTILE = 0.75, 0.9
#: Pseudo-colleagues with the average rate added to both sides of a log-odds weight (a weak prior that keeps
#: small personas from large weights; Monroe, Colaresi & Quinn 2008, eq. 16, with a flat prior per trait).
PRIOR_PEOPLE = 4.0
#: Vectors are stored in 255 steps of this size.
_STEP = 1 / 127


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words that may be compared, with their rarity: stems to inverse document frequencies.

    Only common words of the language, words of the skill table and words that at least five respondents used
    are in it, so that no published trait carries a word that points to one person.
    """

    rarity: Mapping[str, float]
    unseen: float

    @classmethod
    def of(cls, documents: Sequence[Iterable[str]]) -> Lexicon:
        """Learn from the texts of each respondent, one entry per respondent."""
        counts = Counter(word for texts in documents for word in {w for text in texts for w in stems(text)})
        allowed = {stem(word) for word in common_words() | known_terms()}
        n = len(documents)
        kept = {word for word, count in counts.items() if count >= MIN_COLLEAGUES or word in allowed}
        rarity = {word: round(math.log((n + 1) / (counts[word] + 1)), 6) for word in sorted(kept)}
        return cls(rarity, round(math.log(n + 1), 6))

    def weights(self, text: str) -> dict[str, float]:
        """Return the known words of a text; squares sum to at most 1, less if words are unknown."""
        found = stems(text)
        norm = math.sqrt(sum(self.rarity.get(word, self.unseen) ** 2 for word in sorted(found)))
        return (
            {word: self.rarity[word] / norm for word in sorted(found) if word in self.rarity} if norm else {}
        )


def stems(text: str) -> frozenset[str]:
    """Return the stems of the content words of a text; a compound gives itself and its parts."""
    found = set()
    for token in tokenize(text):
        parts = [part for part in re.split(r"[-/&.']", token.lower) if len(part) > 2]
        for word in {token.lower, *parts}:
            if word not in stop_words() and (len(word) > 1 or word in known_terms()):
                found.add(stem(word))
    return frozenset(found)


def features(texts: Sequence[str], vectors: NDArray[np.float32], lexicon: Lexicon) -> Floats:
    """Put sentence vectors and weighted words side by side.

    Parameters
    ----------
    texts : sequence of str
        Segments in normal form.
    vectors : array, shape (n_segments, dim)
        Their sentence vectors, rows of length 1.
    lexicon : Lexicon

    Returns
    -------
    array, shape (n_segments, dim + n_words)
        The scalar product of two rows is the similarity of two segments, 0 to 1 + WORD_SHARE for most.
    """
    column = {word: i for i, word in enumerate(lexicon.rarity)}
    words = np.zeros((len(texts), len(column)))
    for row, text in enumerate(texts):
        for word, weight in lexicon.weights(text).items():
            words[row, column[word]] = weight
    return np.hstack([vectors.astype(np.float64), math.sqrt(WORD_SHARE) * words])


@dataclass(frozen=True, slots=True)
class Theme:
    """Rows of the segments that make a trait, one for each of its colleagues, and their mean."""

    rows: NDArray[np.intp]
    centre: Floats


def themes(X: Floats, people: NDArray[np.intp]) -> list[Theme]:
    """Group each segment with the nearest segments of four other people; the tightest groups first.

    Parameters
    ----------
    X : array, shape (n_segments, n_features)
        Segments of one persona's people.
    people : array of int, shape (n_segments,)
        Who wrote each.

    Returns
    -------
    list of Theme
        Empty if fewer than :data:`MIN_COLLEAGUES` people wrote something.
    """
    if len(set(people.tolist())) < MIN_COLLEAGUES:
        return []
    similarity = np.round(X @ X.T, 9)
    groups = []
    for row in range(len(X)):
        nearest = np.argsort(-similarity[row], kind="stable")
        _, first = np.unique(people[nearest], return_index=True)
        members = nearest[np.sort(first)[:MIN_COLLEAGUES]]
        groups.append((float(similarity[row, members].mean()), members))
    groups.sort(key=lambda group: -group[0])
    kept: list[Theme] = []
    directions = np.zeros((0, X.shape[1]))
    for _, members in groups:
        centre = X[members].mean(axis=0)
        direction = centre / max(float(np.linalg.norm(centre)), 1e-12)
        if not len(directions) or float((directions @ direction).max()) < SAME_TRAIT:
            kept.append(Theme(members, direction))
            directions = np.vstack([directions, direction])
    return kept


def log_odds(n_inside: Floats, inside: float, n_outside: Floats, outside: float) -> Floats:
    """Return how much likelier a trait is inside than outside, shrunken towards no difference, never below 0.

    Parameters
    ----------
    n_inside, n_outside : array, shape (n_traits,)
        People who show the trait.
    inside, outside : float
        People in all.
    """
    rate = (n_inside + n_outside + 0.5) / (inside + outside + 1)
    here = (n_inside + PRIOR_PEOPLE * rate) / (inside + PRIOR_PEOPLE)
    there = (n_outside + PRIOR_PEOPLE * rate) / (outside + PRIOR_PEOPLE)
    here, there = np.clip(here, 1e-6, 1 - 1e-6), np.clip(there, 1e-6, 1 - 1e-6)
    return np.maximum(0.0, np.log(here / (1 - here)) - np.log(there / (1 - there)))


def best_per_person(similarity: Floats, people: NDArray[np.intp], n_people: int) -> Floats:
    """Return each person's nearest segment per trait, shape (n_people, n_traits); -inf where nothing was said."""
    best = np.full((n_people, similarity.shape[1]), -np.inf)
    np.maximum.at(best, people, similarity)
    return best


def strength(similarity: Floats, low: Floats, high: Floats) -> Floats:
    """Return how far each trait is met, 0 to 1, by the nearest segment; the last axis runs over traits."""
    return np.clip((np.round(similarity, 9) - low) / (high - low), 0.0, 1.0)


def packed(centre: Floats, dim: int, lexicon: Lexicon) -> dict[str, Any]:
    """Write a centre in JSON: the sentence vector in 8-bit steps, the words by name."""
    scale = round(max(float(np.abs(centre[:dim]).max()), 1e-6) * _STEP, 6) or 1e-6
    steps = np.clip(np.rint(centre[:dim] / scale), -127, 127).astype(np.int8)
    words = {
        word: round(float(x), 4)
        for word, x in zip(lexicon.rarity, centre[dim:], strict=True)
        if abs(x) >= 5e-5
    }
    return {"vector": base64.b64encode(steps.tobytes()).decode("ascii"), "scale": scale, "words": words}


def unpacked(entry: Mapping[str, Any], dim: int, lexicon: Lexicon) -> Floats:
    """Read a centre that :func:`packed` wrote, shape (dim + n_words,)."""
    steps = np.frombuffer(base64.b64decode(entry["vector"]), dtype=np.int8)
    if len(steps) != dim:
        raise ValueError("A trait's vector has the wrong length.")
    words = [float(entry["words"].get(word, 0.0)) for word in lexicon.rarity]
    return np.concatenate([steps.astype(np.float64) * float(entry["scale"]), words])


def label(texts: Sequence[str], weights: Mapping[str, float], taken: set[str]) -> str:
    """Name a trait by its heaviest words, in the form most of its colleagues used; never one person's sentence."""
    forms: dict[str, Counter[str]] = {}
    for text in texts:
        for token in tokenize(text):
            forms.setdefault(stem(token.lower), Counter())[token.lower] += 1
    ranked = sorted((word for word in weights if word in forms), key=lambda word: (-weights[word], word))
    shown = [min(forms[word], key=lambda form: (-forms[word][form], form)) for word in ranked]
    name = ""
    for n in range(min(3, len(shown)), len(shown) + 1):
        name = ", ".join(shown[:n])
        if name and name not in taken:
            break
    taken.add(name)
    return name
