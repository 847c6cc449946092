"""Vectors of texts that are the same in every discovery: they come with the package and are not encoded again.

These are the examples of the codebook, its fields of words, and common words, any of which may name a trait. After a
change of these texts run ``tools/make_fixed_vectors.py``; until then what is new is encoded like any other text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.encoder import WEIGHTS, Encoder

#: What changes together is in one file: the codebook often, what else says its codes less, common words hardly ever.
CODEBOOK_FILE, EXAMPLES_FILE, WORDS_FILE = FILES = (
    "codebook_vectors.npz",
    "example_vectors.npz",
    "word_vectors.npz",
)

Floats = NDArray[np.float64]
Number = TypeVar("Number", bound=np.floating)


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What a file holds: a row of ``vectors`` for each text, of any length, and the hash of the encoder."""

    encoder: str
    rows: dict[str, int]
    vectors: NDArray[np.generic]


def fixed_vectors(texts: Sequence[str], encoder: Encoder) -> Floats:
    """Encode texts most of which come with the package.

    Parameters
    ----------
    texts : sequence of str
    encoder : Encoder
        Encodes what is not there: everything, if it is not the encoder that made the package's vectors.

    Returns
    -------
    ndarray of shape (len(texts), dim)
        Rows of unit length; of words and further examples a cosine is off by some .0005.
    """
    vectors = np.zeros((len(texts), encoder.dim))
    missing = np.ones(len(texts), dtype=bool)
    for stored in map(read_stored, FILES):
        if stored.encoder == encoder.hash:
            rows = np.array([stored.rows.get(text, -1) for text in texts], dtype=np.intp)
            found = missing & (rows >= 0)
            vectors[found] = units(stored.vectors[rows[found]].astype(np.float64))
            missing &= ~found
    if missing.any():
        vectors[missing] = encoder.encode([texts[row] for row in np.flatnonzero(missing).tolist()])
    return vectors


@lru_cache(maxsize=len(FILES))
def read_stored(name: str) -> Stored:
    """Read one of :data:`FILES`."""
    with np.load(WEIGHTS / name, allow_pickle=False) as file:
        texts = file["texts"].tobytes().decode().split("\n")
        return Stored(str(file["encoder"]), {text: row for row, text in enumerate(texts)}, file["vectors"])


def units(X: NDArray[Number]) -> NDArray[Number]:
    """Return rows of length 1, in numbers of the same kind; what has next to no length stays short."""
    return np.asarray(X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9), dtype=X.dtype)
