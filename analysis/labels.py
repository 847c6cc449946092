"""What traits are called: the codebook's label that comes nearest in meaning, else a skill or two plain words.

Words are put together under these labels; sentences only get a name. Which words may be used at all is decided in
:mod:`analysis.lexicon`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, zip_longest

import numpy as np
from numpy.typing import NDArray

from analysis.codebook import Kind, phrases_of
from analysis.encoder import Encoder
from analysis.facets import FACETS, Facet
from analysis.fixed_vectors import fixed_vectors
from analysis.lexicon import MIN_RESPONDENTS, Lexicon
from analysis.segments import known_terms, words_of_skills
from analysis.text import common_words, stop_words, words

Floats = NDArray[np.float64]

#: Which codes name the traits of a facet.
FACET_CODES: dict[Facet, Kind] = {"who": "style", "skills": "skill", "why": "motive"}
#: A code is as near as so many of its phrases are on average: one alone may be near by chance.
N_NEAREST = 3
#: A code that is further away than this names neither a theme nor a word.
LEAST_NEARNESS = 0.22


class Labels:
    """Labels for traits, in words that a recruiter understands.

    Parameters
    ----------
    encoder : Encoder
    lexicon : Lexicon
    forms : mapping of str to str
        Stem to the form in which people write it most often.
    """

    def __init__(self, encoder: Encoder, lexicon: Lexicon, forms: Mapping[str, str]) -> None:
        self._lexicon = lexicon
        self._forms = forms
        self._codes = {facet: _Codes.of(phrases_of(FACET_CODES[facet]), encoder) for facet in FACETS}
        self._words = list(lexicon.rarity)
        vectors = fixed_vectors([forms.get(word, word) for word in self._words], encoder)
        self._beyond = vectors - vectors.mean(axis=0) if len(vectors) else vectors

    def of_words(self, facet: Facet) -> dict[str, str]:
        """Return the label under which each word of the lexicon counts; words that tell nothing are left out."""
        alone = {word: skill for skill, own in words_of_skills().items() if len(own) == 1 for word in own}
        codes = self.codes_of(facet, self._beyond)
        found = {
            word: code or (alone.get(self._forms.get(word, word)) if facet == "skills" else None)
            for word, code in zip(self._words, codes, strict=True)
        }
        return {word: label for word, label in found.items() if label}

    def codes_of(self, facet: Facet, beyond: Floats) -> list[str | None]:
        """Name themes, or words, by the codes that come nearest; None where none is near.

        ``beyond`` holds their vectors less what all have in common, shape (n, dim).
        """
        return self._codes[facet].nearest(beyond)

    def of_theme(self, facet: Facet, shared: Mapping[str, float]) -> str | None:
        """Name a theme to which no code is near; None if it has to do with nothing that could be named.

        Parameters
        ----------
        facet : {"who", "skills", "why"}
        shared : mapping of str to float
            Stems of the lexicon that most of its colleagues use, with weights.
        """
        strongest = sorted(shared, key=lambda word: (-shared[word], word))
        skill = self._skill_among(strongest) if facet == "skills" else None
        return skill or self._two_among(strongest)

    def of_word(self, word: str) -> str | None:
        """Return a word of the lexicon as people write it, if it tells something by itself.

        Only a word of the language or a skill: no name of a place, a product or somebody.
        """
        form = self._forms.get(word, "")
        return form if _is_telling(form) and (form in common_words() or form in known_terms()) else None

    def _skill_among(self, strongest: Sequence[str]) -> str | None:
        """The skill of the table that is written with the strongest of some words."""
        rank = {self._forms.get(word, word): position for position, word in enumerate(strongest)}
        found = [skill for skill, own in words_of_skills().items() if rank.keys() >= own]
        return min(
            found, key=lambda skill: (sorted(rank[word] for word in skill.split()), skill), default=None
        )

    def _two_among(self, strongest: Sequence[str]) -> str | None:
        shared = [word for word in strongest if self._lexicon.n_users(word) >= MIN_RESPONDENTS]
        telling = [form for word in shared if (form := self.of_word(word))]
        return " and ".join(telling[:2]) if len(telling) > 1 else None


def _is_telling(form: str) -> bool:
    return form.isalpha() and form not in words().generic and form not in stop_words()


@dataclass(frozen=True, slots=True)
class _Codes:
    """The codes of one kind, with the vectors of label and seeds one below the other.

    ``places`` has a row per code with the positions of its vectors, filled up with -1.
    """

    labels: tuple[str, ...]
    places: NDArray[np.intp]
    vectors: Floats

    @classmethod
    def of(cls, phrases: Mapping[str, Sequence[str]], encoder: Encoder) -> _Codes:
        texts = [[label, *seeds] for label, seeds in phrases.items()]
        position = count()
        places = [[next(position) for _ in group] for group in texts]
        filled = np.array(list(zip_longest(*places, fillvalue=-1)), dtype=np.intp).T
        vectors = fixed_vectors([text for group in texts for text in group], encoder)
        return cls(tuple(phrases), filled, vectors)

    def nearest(self, vectors: Floats) -> list[str | None]:
        """Return for each vector the label whose nearest phrases are nearest on average, if they are near enough."""
        cosines = vectors @ self.vectors.T
        # One row per code, filled up in front of its cosines, so that all codes are looked at in one step.
        rows = np.hstack([cosines, np.full((len(vectors), 1), -np.inf)])[:, self.places]
        nearest = np.sort(rows, axis=2)[:, :, -N_NEAREST:]
        nearness = np.round(nearest.mean(axis=2, where=np.isfinite(nearest)), 6)
        best = nearness.argmax(axis=1)
        return [
            self.labels[code] if row[code] >= LEAST_NEARNESS else None
            for code, row in zip(best.tolist(), nearness, strict=True)
        ]
