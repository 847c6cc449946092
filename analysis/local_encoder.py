"""An encoder from a folder: any sentence-transformers model that is on this machine, for answers in other languages.

Most published models come with ``onnx/model.onnx`` and ``tokenizer.json``; these run like the bundled one. A folder
with other weights is loaded by sentence-transformers itself, which the extra ``languages`` installs. Nothing is ever
downloaded.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from analysis.corpus import Progress
from analysis.encoder import PREPROCESSING, Vectors, encode_distinct, new_session
from analysis.exceptions import EncoderError
from analysis.text import SPOKEN_LANGUAGES

#: Where models keep the graph, the first that is there.
ONNX_FILES = ("onnx/model.onnx", "model.onnx")
TOKENIZER_FILE = "tokenizer.json"
#: Read of a text unless the model says otherwise.
MAX_TOKENS = 256
#: A model may be larger than the memory.
_BYTES_AT_ONCE = 1 << 20


class LocalEncoder:
    """A sentence-transformers model in a folder; its pooling is read from ``1_Pooling/config.json``, else the mean.

    Parameters
    ----------
    folder : Path
    threads : int, default 2
        How many texts are encoded at the same time.

    Raises
    ------
    EncoderError
        If the folder holds no model that can be used; the sentence says what is missing.
    """

    def __init__(self, folder: Path, threads: int = 2) -> None:
        self.folder = folder
        self.threads = threads
        _load(folder)

    @cached_property
    def hash(self) -> str:
        """Name of all files of the folder by their content, but for what people read."""
        named = hashlib.sha256(PREPROCESSING.encode())
        for path in sorted(self.folder.rglob("*")):
            parts = path.relative_to(self.folder).parts
            if not path.is_file() or path.suffix == ".md" or any(part.startswith(".") for part in parts):
                continue
            named.update("/".join(parts).encode())
            with path.open("rb") as file:
                while block := file.read(_BYTES_AT_ONCE):
                    named.update(block)
        return named.hexdigest()

    @cached_property
    def dim(self) -> int:
        """Length of a vector."""
        return len(_load(self.folder)("."))

    @cached_property
    def languages(self) -> frozenset[str]:
        """What the model's card (``README.md``) names; without one, all languages that Kindred describes."""
        card = self.folder / "README.md"
        named = _card_languages(card.read_text(encoding="utf-8", errors="replace")) if card.is_file() else ()
        return frozenset(named) if named else frozenset(SPOKEN_LANGUAGES)

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row of length 1 for each text, shape (n_texts, dim); equal texts are encoded once."""
        return encode_distinct(
            texts, self.dim, lambda distinct: _each(_load(self.folder), distinct, self.threads, progress)
        )


def _each(
    vector_of: Callable[[str], Vectors], texts: Sequence[str], threads: int, progress: Progress | None
) -> Vectors:
    """One text a call, so that a vector depends on its text alone, whatever the model; calls run side by side."""
    rows: list[Vectors] = []
    with ThreadPoolExecutor(threads) as pool:
        for row in pool.map(vector_of, texts):
            rows.append(row)
            if progress is not None:
                progress(len(rows), len(texts), "reading texts")
    return np.stack(rows)


# Kept here and not in the object, which is sent to other processes.
@lru_cache(maxsize=1)
def _load(folder: Path) -> Callable[[str], Vectors]:
    graph = next((folder / name for name in ONNX_FILES if (folder / name).is_file()), None)
    return _onnx(folder, graph) if graph else _sentence_transformers(folder)


def _card_languages(card: str) -> list[str]:
    """Read the codes under ``language:`` at the head of a model's card."""
    head = re.match(r"---\n(.*?)\n---", card, re.DOTALL)
    listed = re.search(r"^language:[ \t]*(.*(?:\n[ \t]*-.*)*)", head[1], re.MULTILINE) if head else None
    codes = re.findall(r"[a-z]{2,}", listed[1]) if listed else []
    return [*SPOKEN_LANGUAGES, *codes] if "multilingual" in codes else codes


def _onnx(folder: Path, graph: Path) -> Callable[[str], Vectors]:
    from tokenizers import Tokenizer

    pooling = _json(folder / "1_Pooling/config.json")
    if any("Dense" in module.get("type", "") for module in _json(folder / "modules.json") or ()):
        raise EncoderError(
            f"The model in {folder.name} has a layer beside its graph (Dense) that Kindred cannot run: take another."
        )
    try:
        words = Tokenizer.from_file(str(folder / TOKENIZER_FILE))
        session = new_session(graph)
    except Exception as error:  # both libraries raise what they like
        raise EncoderError(
            f"The model in {folder.name} cannot be read: the folder must hold {TOKENIZER_FILE} and {graph.name} "
            "as sentence-transformers wrote them."
        ) from error
    words.enable_truncation(
        (_json(folder / "sentence_bert_config.json") or {}).get("max_seq_length") or MAX_TOKENS
    )
    words.no_padding()
    wanted = {one.name for one in session.get_inputs()}
    first = bool((pooling or {}).get("pooling_mode_cls_token"))

    def vector_of(text: str) -> Vectors:
        ids = np.array([words.encode(text).ids], np.int64)
        given = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        rows = session.run(None, {name: given[name] for name in wanted})
        # A graph may pool by itself, and then has a vector for each text beside those of its tokens.
        pooled = next((row[0] for row in rows if row.ndim == 2), None)
        if pooled is None:
            pooled = rows[0][0][0] if first else rows[0][0].mean(axis=0)
        return _unit(pooled)

    return vector_of


def _sentence_transformers(folder: Path) -> Callable[[str], Vectors]:
    try:
        from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise EncoderError(
            f"There is no {ONNX_FILES[0]} in {folder.name}. Give the folder of a sentence-transformers model that "
            "has one, or install the extra “languages”, which loads the others."
        ) from None
    if not folder.is_dir():
        raise EncoderError(f"There is no folder {folder.name} with a sentence-transformers model.")
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return lambda text: _unit(model.encode([text], show_progress_bar=False)[0])


def _unit(vector: Any) -> Vectors:
    row = np.asarray(vector, np.float32)
    return np.asarray(row / max(float(np.linalg.norm(row)), 1e-12), np.float32)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
