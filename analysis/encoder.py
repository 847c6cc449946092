"""Sentence encoders: texts in, vectors of length 1 out, and a cache by the content of the text.

The bundled encoder is all-MiniLM-L6-v2 on onnxruntime, from files that ``tools/make_encoder.py`` wrote. What
is encoded (which answers, redacted how) is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import RLock, Thread
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.corpus import Progress
from analysis.exceptions import EncoderError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

WEIGHTS = Path(__file__).parent / "weights"
MODEL_FILE = "all-MiniLM-L6-v2.onnx"
TOKENIZER_FILE = "tokenizer.json"
#: The files this version was measured with, as tools/make_encoder.py prints them.
SHA256 = {
    MODEL_FILE: "9718d6de20006eef588971aed3067dadfec87b0ec09c39ed2de596e8edbb68f2",
    TOKENIZER_FILE: "71a31309bdd802f1a40845b0aceb02fb4cf6f4b81c712ae33aaff676df227115",
}
#: Counted up when :func:`_canonical` or the way the graph is run changes what a text's vector is.
PREPROCESSING = "3"
DIM = 384
#: Every call of the graph has so many columns as the first of these that its texts fit into, and so many rows that
#: there are about as many tokens in each: of short texts a few would be done before the next call is begun.
TOKENS_PER_TEXT = (4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 192, 256)
TOKENS_PER_CALL = 128
#: Calls between two calls of the progress callback, so also how long a cancelled run goes on.
CALLS_PER_STEP = 8

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Anything that turns texts into vectors, one for each text and depending on that text alone.

    Attributes
    ----------
    hash : str
        Identifies model, weights and preprocessing; stored beside every vector. Vectors made under
        different hashes must not be compared.
    dim : int
        Length of a vector.
    languages : frozenset of str
        ISO 639-1 codes of the languages the model was trained on.
    """

    @property
    def hash(self) -> str: ...
    @property
    def dim(self) -> int: ...
    @property
    def languages(self) -> frozenset[str]: ...

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row of length 1 for each text, shape (n_texts, dim)."""
        ...


def content_hash(text: str) -> str:
    """Name a text by its content.

    Parameters
    ----------
    text : str
        Any text; composed and decomposed spellings of the same characters get the same name.

    Returns
    -------
    str
        SHA-256 of the text in Unicode normal form C, 64 hexadecimal digits.
    """
    return hashlib.sha256(_canonical(text).encode("utf-8")).hexdigest()


class MiniLMEncoder:
    """all-MiniLM-L6-v2 with weights stored as 8-bit integers: 384 dimensions, English, cut at 256 tokens.

    Parameters
    ----------
    threads : int, default 2
        How many texts are encoded at the same time, at least 1. It changes the time taken, never a vector.
    folder : Path, optional
        Where model and tokenizer are; the package's own by default.

    Notes
    -----
    The rows of a float32 matrix product depend on how many rows it has and on how it is split over threads, but
    not on each other. So that the same text always gives the same bytes, the shape of a call depends on nothing but
    the length of its texts: as many that fit into the same one of :data:`TOKENS_PER_TEXT` as have
    :data:`TOKENS_PER_CALL` together, filled up with empty ones, on one thread; calls run side by side. Another kind
    of processor or version of onnxruntime may differ in the last digits.

    References
    ----------
    Wang et al. (2020), MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained
    Transformers. Reimers and Gurevych (2019), Sentence-BERT: Sentence Embeddings using Siamese BERT-Networks.
    """

    hash = hashlib.sha256(":".join((PREPROCESSING, *SHA256.values())).encode("ascii")).hexdigest()
    dim = DIM
    languages = frozenset({"en"})

    def __init__(self, threads: int = 2, folder: Path = WEIGHTS) -> None:
        self.threads = threads
        self.folder = folder

    def load_ahead(self) -> None:
        """Begin to load the weights while other things are done; what goes wrong is told by the first call."""

        def load() -> None:
            with suppress(EncoderError):
                _load(self.folder)

        # It is waited for when the program ends: cut off amid the runtime's own code it would take the program with it.
        Thread(target=load).start()

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Encode texts; equal texts are encoded once, and the weights are loaded by then.

        Parameters
        ----------
        texts : sequence of str
            Any number of texts, also none. An empty text has a vector too, which means nothing: leave it out.
        progress : callable, optional
            Called with distinct texts done, distinct texts in all and a label. What it raises ends the run.

        Returns
        -------
        ndarray of shape (len(texts), 384), float32
            Rows of Euclidean length 1, in the order of the texts.

        Raises
        ------
        EncoderError
            If the weights are missing or are not the ones this version was measured with.
        """
        return encode_distinct(
            texts, self.dim, lambda distinct: _load(self.folder).encode(distinct, self.threads, progress)
        )


def encode_distinct(texts: Sequence[str], dim: int, encode: Callable[[Sequence[str]], Vectors]) -> Vectors:
    """Encode equal texts once, whatever their spelling.

    Parameters
    ----------
    texts : sequence of str
    dim : int
        Length of a vector.
    encode : callable
        Turns distinct texts into vectors; called if there is any.

    Returns
    -------
    ndarray of shape (len(texts), dim), float32
    """
    canonical = [_canonical(text) for text in texts]
    distinct = list(dict.fromkeys(canonical))
    vectors = encode(distinct) if distinct else np.empty((0, dim), np.float32)
    row = {text: index for index, text in enumerate(distinct)}
    return vectors[[row[text] for text in canonical]]


#: What two threads ask for at once is encoded once.
_ENCODING = RLock()


class CachedEncoder:
    """An encoder that keeps every vector it has made, by the hash of the text.

    Parameters
    ----------
    encoder : Encoder
        Makes the vectors that are not there yet.
    vectors : dict of str to ndarray of shape (dim,), optional
        Vectors made earlier **by the same encoder**, by :func:`content_hash`. Shared with the caller and
        filled, so that the caller can store what is new.
    """

    def __init__(self, encoder: Encoder, vectors: dict[str, Vectors] | None = None) -> None:
        self.encoder = encoder
        self.vectors: dict[str, Vectors] = {} if vectors is None else vectors

    @classmethod
    def of(cls, encoder: Encoder) -> CachedEncoder:
        """Return an encoder that keeps its vectors: the given one if it does, else one before it."""
        return encoder if isinstance(encoder, cls) else cls(encoder)

    @property
    def hash(self) -> str:
        """Hash of the encoder behind it."""
        return self.encoder.hash

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self.encoder.dim

    @property
    def languages(self) -> frozenset[str]:
        """Languages of the encoder behind it."""
        return self.encoder.languages

    def keep(self, texts: Sequence[str], progress: Progress | None = None) -> list[str]:
        """See to it that each text has a vector, as :meth:`encode` does, and return the hashes of the texts."""
        keys = [content_hash(text) for text in texts]
        # Who finds all of them needs no lock: a copy of the process may hold one that nobody will ever release.
        if not self.vectors.keys() >= set(keys):
            with _ENCODING:
                missing = zip(keys, texts, strict=True)
                new = {key: text for key, text in missing if key not in self.vectors}
                if new:
                    vectors = self.encoder.encode(list(new.values()), progress)
                    self.vectors.update(zip(new, vectors, strict=True))
        return keys

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row for each text; only texts without a vector reach the encoder.

        Parameters
        ----------
        texts : sequence of str
            Any number of texts, also none.
        progress : callable, optional
            Passed on to the encoder, so it counts new texts only.

        Returns
        -------
        ndarray of shape (len(texts), dim), float32
            Rows of Euclidean length 1, in the order of the texts.
        """
        keys = self.keep(texts, progress)
        return np.array([self.vectors[key] for key in keys], np.float32).reshape(len(keys), self.dim)


def bundled_encoder(threads: int = 2) -> MiniLMEncoder:
    """Return the encoder that comes with the package.

    Parameters
    ----------
    threads : int, default 2
        How many texts are encoded at the same time.

    Returns
    -------
    MiniLMEncoder
        Cheap to make: the weights are loaded and checked at the first text, once for the whole process.
    """
    return MiniLMEncoder(threads)


def _canonical(text: str) -> str:
    """Give equal texts one spelling; half a surrogate pair (possible in JSON) becomes a question mark."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode("utf-8")


def read_checked(folder: Path, name: str, sha256: str) -> bytes:
    """Read a file of an encoder and make sure that it is the one this version was measured with.

    Raises
    ------
    EncoderError
        If it cannot be read, or has another hash.
    """
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise EncoderError(f"The encoder's file {name} cannot be read; install the package again.") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise EncoderError(f"The encoder's file {name} is damaged or changed; install the package again.")
    return content


@dataclass(frozen=True, slots=True)
class _Call:
    """What the graph reads at once: token ids and mask, shape (texts, tokens), and whose texts they are."""

    places: list[int]
    ids: NDArray[np.int64]
    mask: NDArray[np.int64]


def _calls(tokens: Sequence[Sequence[int]]) -> list[_Call]:
    """Put texts that fit into calls of the same shape together, the short ones first."""
    fitting = defaultdict(list)
    for place, ids in enumerate(tokens):
        fitting[TOKENS_PER_TEXT[bisect_left(TOKENS_PER_TEXT, len(ids))]].append(place)
    calls = []
    for length, places in sorted(fitting.items()):
        n_texts = max(TOKENS_PER_CALL // length, 1)
        parts = (places[start : start + n_texts] for start in range(0, len(places), n_texts))
        calls += [_call(part, tokens, (n_texts, length)) for part in parts]
    return calls


def _call(places: list[int], tokens: Sequence[Sequence[int]], shape: tuple[int, int]) -> _Call:
    ids, mask = np.zeros((2, *shape), np.int64)
    # An empty text has its two marks; a mask without any token would divide by zero.
    mask[:, :1] = 1
    for row, place in enumerate(places):
        ids[row, : len(tokens[place])] = tokens[place]
        mask[row, : len(tokens[place])] = 1
    return _Call(places, ids, mask)


class Graph:
    """A graph that ``tools/make_encoder.py`` wrote, unchecked, with its tokenizer.

    Parameters
    ----------
    model : bytes
        The ONNX file.
    tokenizer : bytes
        The tokenizer's JSON file.
    """

    def __init__(self, model: bytes, tokenizer: bytes) -> None:
        from tokenizers import Tokenizer

        self._session = new_session(model)
        self._tokenizer = Tokenizer.from_str(tokenizer.decode("utf-8"))

    def encode(self, texts: Sequence[str], threads: int = 1, progress: Progress | None = None) -> Vectors:
        """Return a vector for each text, whatever its neighbours; shape (n_texts, 384)."""
        vectors = np.empty((len(texts), DIM), np.float32)
        calls = _calls([self._tokenizer.encode(text).ids for text in texts])
        done = 0
        pool = ThreadPoolExecutor(threads)
        try:
            for n_run, (call, rows) in enumerate(
                zip(calls, pool.map(self._run, calls), strict=True), start=1
            ):
                vectors[call.places] = rows[: len(call.places)]
                done += len(call.places)
                if progress is not None and (n_run % CALLS_PER_STEP == 0 or n_run == len(calls)):
                    progress(done, len(texts), "reading texts")
        finally:
            # Whoever cancels waits for no call that has not begun.
            pool.shutdown(cancel_futures=True)
        return vectors

    def _run(self, call: _Call) -> Vectors:
        (rows,) = self._session.run(["vectors"], {"input_ids": call.ids, "attention_mask": call.mask})
        return np.asarray(rows, np.float32)


#: What is being loaded is waited for.
_LOADING = RLock()


def _load(folder: Path) -> Graph:
    with _LOADING:
        return _loaded(folder)


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> Graph:
    return Graph(*(read_checked(folder, name, SHA256[name]) for name in (MODEL_FILE, TOKENIZER_FILE)))


def new_session(model: bytes | Path) -> InferenceSession:
    """Open an ONNX graph, by its content or its path, on one thread and without telemetry."""
    # Here and not above: whoever only reads stored vectors should not wait for the runtime to be imported.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Without this, newer versions also round the other factor to 8 bits: faster, but less like the original,
    # and other vectors than older versions under the same hash (docs/decisions/0001-bundled-encoder.md).
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    onnxruntime.disable_telemetry_events()
    given = model if isinstance(model, bytes) else str(model)
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])
