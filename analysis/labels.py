"""What traits are called: the codebook's label that comes nearest in meaning, else a skill or two plain words.

A label never changes a number. Which words may be used at all is decided in :mod:`analysis.lexicon`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.codebook import Kind, phrases_of
from analysis.encoder import Encoder
from analysis.facets import FACETS, Facet
from analysis.lexicon import MIN_RESPONDENTS, Lexicon, stems
from analysis.segments import skill_names

Floats = NDArray[np.float64]

#: Which codes name the traits of a facet.
FACET_CODES: dict[Facet, Kind] = {"who": "style", "skills": "skill", "why": "motive"}
#: A code is as near as so many of its phrases are on average: one alone may be near by chance.
N_NEAREST = 3
#: A code that is further away than this cosine does not name a trait.
LEAST_SIMILARITY = 0.35


class Labels:
    """Labels for traits, in words that a recruiter understands.

    Parameters
    ----------
    encoder : Encoder
    lexicon : Lexicon
    forms : mapping of str to str
        Stem to the form in which people write it.
    """

    def __init__(self, encoder: Encoder, lexicon: Lexicon, forms: Mapping[str, str]) -> None:
        self._lexicon = lexicon
        self._forms = forms
        self._codes = {facet: _vectors(phrases_of(FACET_CODES[facet]), encoder) for facet in FACETS}

    def label(self, facet: Facet, vector: Floats, words: Mapping[str, float]) -> str:
        """Name a trait.

        Parameters
        ----------
        facet : {"who", "skills", "why"}
        vector : array, shape (dim,)
            Direction of the trait.
        words : mapping of str to float
            Stems of the lexicon that the trait rests on, with weights; at least one.
        """
        nearness = {label: _nearness(phrases @ vector) for label, phrases in self._codes[facet].items()}
        nearest = max(nearness, key=lambda label: nearness[label])
        if nearness[nearest] >= LEAST_SIMILARITY:
            return nearest
        return (_skill_among(words) if facet == "skills" else None) or self._two_words(words) or nearest

    def _two_words(self, words: Mapping[str, float]) -> str:
        plain = [word for word in words if word in self._forms and word.isalpha()]
        shared = [word for word in plain if self._lexicon.n_users(word) >= MIN_RESPONDENTS]
        strongest = sorted(shared, key=lambda word: (-words[word], word))[:2]
        return " and ".join(dict.fromkeys(self._forms[word] for word in strongest))


def _vectors(phrases: Mapping[str, Sequence[str]], encoder: Encoder) -> dict[str, Floats]:
    return {label: encoder.encode([label, *seeds]).astype(np.float64) for label, seeds in phrases.items()}


def _nearness(cosines: Floats) -> float:
    return round(float(np.sort(cosines)[-N_NEAREST:].mean()), 6)


def _skill_among(words: Mapping[str, float]) -> str | None:
    """The heaviest skill of the table that is made of some words."""
    found: dict[str, float] = {}
    for skill in skill_names():
        parts = stems(skill)
        if parts and parts <= words.keys():
            found[skill] = sum(words[part] for part in sorted(parts))
    return min(found, key=lambda skill: (-found[skill], skill)) if found else None
