"""The static encoder: a text is the sum of the vectors of its words. For bulk scoring, hundreds of times as fast.

``tools/make_static_encoder.py`` distilled it from the bundled sentence encoder. It knows no order and no context of
words, and its vectors are its own: they are never compared with those of the other encoder. What it costs in quality
is in ``docs/benchmarks.md``.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain, filterfalse

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis import encoder
from analysis.corpus import Progress
from analysis.encoder import TOKENIZER_FILE, WEIGHTS, Vectors, read_checked
from analysis.text import split

STATIC_FILE = "static.npz"
#: The file this version was measured with, as tools/make_static_encoder.py prints it.
SHA256 = "8244744222208217c68c639bb2f8e7a7e7d9ed68661b9631e7b19770c7cbd8ad"
#: Counted up when another way of taking a text apart changes what its vector is.
PREPROCESSING = "1"
DIM = 128
#: Words whose vectors are kept; when there are more, all are forgotten: memory must not grow with the leads.
MAX_WORDS = 50_000


class StaticEncoder:
    """The sum of the vectors of a text's words: 128 dimensions, English.

    Notes
    -----
    The sum is made word by word, so a text's vector does not depend on the texts beside it.

    References
    ----------
    Arora, Liang and Ma (2017), A Simple but Tough-to-Beat Baseline for Sentence Embeddings, for the weights. To
    distil a sentence encoder into its vocabulary is the idea of Model2Vec (Tulkens and van Dongen 2024); the map
    that is fitted to sentences is ours.
    """

    hash = hashlib.sha256(
        ":".join((PREPROCESSING, SHA256, encoder.SHA256[TOKENIZER_FILE])).encode("ascii")
    ).hexdigest()
    dim = DIM
    languages = frozenset({"en"})

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode texts; the weights are loaded at the first call.

        Parameters
        ----------
        texts : sequence of str
            Any number of texts, also none. A text without words has a vector too, which means nothing: leave it out.
        progress : callable, optional
            Called once, at the end.

        Returns
        -------
        ndarray of shape (len(texts), 128), float32
            Rows of Euclidean length 1, in the order of the texts.

        Raises
        ------
        EncoderError
            If the weights are missing or are not the ones this version was measured with.
        """
        if not texts:
            return np.zeros((0, self.dim), np.float32)
        sums = _table().sums([split(text) or [""] for text in texts])
        if progress is not None:
            progress(len(texts), len(texts), "reading texts")
        return np.asarray(sums / np.sqrt((sums * sums).sum(axis=1, keepdims=True)), np.float32)


def words_in(language: str) -> StaticEncoder | None:
    """Return the encoder of a language's words, if there is one."""
    return StaticEncoder() if language in StaticEncoder.languages else None


class _Table:
    """Vectors of words, made of the pieces of the vocabulary when a word is first met."""

    def __init__(self) -> None:
        # Here and not above: whoever only names this encoder should not wait for the tokenizer.
        from tokenizers import Tokenizer

        with np.load(io.BytesIO(read_checked(WEIGHTS, STATIC_FILE, SHA256))) as stored:
            self._values: NDArray[np.int8] = stored["values"]
            self._scale: Vectors = stored["scale"]
        tokenizer = read_checked(WEIGHTS, TOKENIZER_FILE, encoder.SHA256[TOKENIZER_FILE])
        self._tokenizer = Tokenizer.from_str(tokenizer.decode("utf-8"))
        self._unknown = int(self._tokenizer.token_to_id("[UNK]") or 0)
        self._row_of: dict[str, int] = {}
        self._known = np.zeros((0, DIM), np.float32)

    def sums(self, texts: Sequence[Sequence[str]]) -> Vectors:
        """Return for each text, given as its words, the sum of their vectors, in their order."""
        words = list(chain.from_iterable(texts))
        new = list(dict.fromkeys(filterfalse(self._row_of.__contains__, words)))
        if len(self._row_of) + len(new) > MAX_WORDS:
            self._row_of, self._known = {}, self._known[:0]
            new = list(dict.fromkeys(words))
        if new:
            self._row_of.update(zip(new, range(len(self._row_of), len(self._row_of) + len(new)), strict=True))
            self._known = np.concatenate([self._known, self._made(new)])
        ends = np.cumsum([0, *map(len, texts)])
        rows = np.fromiter(map(self._row_of.__getitem__, words), np.intp, len(words))
        # As a sparse matrix of ones: no copy of each word's vector is made.
        counts = csr_array(
            (np.ones(len(words), np.float32), rows, ends), shape=(len(texts), len(self._known))
        )
        return np.asarray(counts @ self._known)

    def _made(self, words: Sequence[str]) -> Vectors:
        # A word of no piece is unknown: it has the vector that all such words have.
        pieces: list[list[int]] = [
            found.ids or [self._unknown]
            for found in self._tokenizer.encode_batch(words, add_special_tokens=False)
        ]
        rows = np.concatenate(pieces)
        starts = np.cumsum([0, *map(len, pieces)])[:-1]
        return np.add.reduceat(self._values[rows] * self._scale[rows], starts, axis=0)


@lru_cache(maxsize=1)
def _table() -> _Table:
    return _Table()
