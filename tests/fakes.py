"""Stand-ins that implement the real interfaces, small and deterministic."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis.corpus import Progress
from analysis.text import stem, stop_words, tokenize


class FakeEncoder:
    """An encoder for tests: every word of substance is a fixed random direction, a text is their sum.

    Texts that share words are close, texts that share none are at right angles; nothing is learned or loaded.
    """

    def __init__(self, dim: int = 64) -> None:
        self.dim = dim
        self.hash = f"fake-{dim}"
        self.languages = frozenset({"en"})
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> NDArray[np.float32]:
        """Return one unit vector per text; remembers what it was given in ``encoded``."""
        vectors = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = _vector(text, self.dim)
            if progress is not None:
                progress(row + 1, len(texts), "encoding")
        self.encoded.extend(texts)
        return vectors


# The codebook's examples come with every analysis: they are worked out once for all tests of a process.
@cache
def _vector(text: str, dim: int) -> NDArray[np.float32]:
    words = [token for token in tokenize(text) if token.lower not in stop_words()] or tokenize(text)
    total = np.sum([_direction(stem(token.text), dim) for token in words], axis=0)
    length = float(np.linalg.norm(total))
    return np.asarray(total / length if length > 0 else _direction("", dim), dtype=np.float32)


@cache
def _direction(word: str, dim: int) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "big")
    direction = np.random.default_rng(seed).normal(size=dim)
    return np.asarray(direction / np.linalg.norm(direction))
