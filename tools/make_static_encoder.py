"""Write the static encoder: a table of word pieces, distilled from the bundled sentence encoder.

Every piece of the vocabulary is encoded by itself and weighted by how rare it is; then one linear map is fitted that
brings the sums of a sentence's pieces to the sentence's own vector. The sentences are those of the practice
organisations, which nothing is measured on that this encoder is for. With ``--try`` it prints, for several settings,
how well the similarities of one organisation's sentences are met by a map fitted on the two others, and writes nothing.

    python tools/make_static_encoder.py [--try]

The hash printed at the end belongs into ``analysis/static_encoder.py``.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from analysis.encoder import MODEL_FILE, TOKENIZER_FILE, WEIGHTS, bundled_encoder
from analysis.facets import segments_of
from analysis.static_encoder import STATIC_FILE
from analysis.text import split

PRACTICE = Path(__file__).resolve().parent.parent / "benchmarks" / "practice"
#: Those that were there when the weights in the package were made.
ORGANISATIONS = ("bank", "de", "retail", "sv", "transit")
ITEMS = ("self", "skills", "stay", "good_day", "content")
#: Probability at which a piece loses half of its weight (Arora, Liang & Ma 2017); pieces are ranked by frequency.
RARITY = 1e-4
#: Ridge and length of a vector, chosen by ``--try``.
RIDGE = 0.3
DIM = 128
PIECES_PER_CALL = 256

Floats = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--try", dest="trying", action="store_true", help="compare settings, write nothing")
    trying: bool = parser.parse_args().trying
    texts, sources = sentences()
    tokenizer = Tokenizer.from_file(str(WEIGHTS / TOKENIZER_FILE))
    pieces = [
        [
            piece
            for word in tokenizer.encode_batch(split(text), add_special_tokens=False)
            for piece in word.ids
        ]
        for text in texts
    ]
    table = weighted(vocabulary(tokenizer))
    targets = bundled_encoder().encode(texts).astype(np.float64)
    if trying:
        compare(table, pieces, targets, np.array(sources))
        return
    values, scale = quantised(fitted(table, pieces, targets, RIDGE, DIM))
    path = WEIGHTS / STATIC_FILE
    with path.open("wb") as file:
        np.savez(file, values=values, scale=scale)
    content = path.read_bytes()
    print(f"{path.name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")


def sentences() -> tuple[list[str], list[str]]:
    """Return the distinct sentences of the practice organisations and which organisation each is from."""
    found: dict[str, str] = {}
    for path in (PRACTICE / name / "responses.csv" for name in ORGANISATIONS):
        with path.open(encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                for item in ITEMS:
                    for segment in segments_of(item, row[item]):
                        found.setdefault(segment.text, path.parent.name)
    return list(found), list(found.values())


def vocabulary(tokenizer: Tokenizer) -> Floats:
    """Encode every piece by itself, between the marks of begin and end; shape (n_pieces, 384)."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    session = onnxruntime.InferenceSession(
        (WEIGHTS / MODEL_FILE).read_bytes(), options, providers=["CPUExecutionProvider"]
    )
    begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    rows = []
    for first in range(0, tokenizer.get_vocab_size(), PIECES_PER_CALL):
        last = min(first + PIECES_PER_CALL, tokenizer.get_vocab_size())
        ids = np.array([[begin, piece, end] for piece in range(first, last)], np.int64)
        rows.append(session.run(["vectors"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0])
    return np.concatenate(rows).astype(np.float64)


def weighted(table: Floats) -> Floats:
    """Take out what all pieces share, and weight them by the frequency that Zipf's law gives their rank."""
    frequency = 1 / np.arange(2, len(table) + 2)
    frequency /= frequency.sum()
    return np.asarray((table - table.mean(axis=0)) * (RARITY / (RARITY + frequency))[:, np.newaxis])


def sums(table: Floats, pieces: Sequence[Sequence[int]]) -> Floats:
    """Add up the pieces of each sentence."""
    return np.array([table[list(of_one)].sum(axis=0) for of_one in pieces])


def unit(X: Floats) -> Floats:
    """Bring rows to length 1."""
    return np.asarray(X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-12))


def fitted(table: Floats, pieces: Sequence[Sequence[int]], targets: Floats, ridge: float, dim: int) -> Floats:
    """Map the table so that sums come near to the targets, and keep the directions in which sentences differ most."""
    X, Y = unit(sums(table, pieces)), targets - targets.mean(axis=0)
    mapped = table @ np.linalg.solve(X.T @ X + ridge * np.eye(X.shape[1]), X.T @ Y)
    S = sums(mapped, pieces)
    directions = np.linalg.svd(S.T @ S)[0][:, :dim]
    return np.asarray(mapped @ directions)


def quantised(table: Floats) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Round to 8 bits with one scale for each piece."""
    scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / 127
    return np.rint(table / scale).astype(np.int8), scale.astype(np.float32)


def compare(
    table: Floats, pieces: Sequence[Sequence[int]], targets: Floats, sources: NDArray[np.str_]
) -> None:
    """Print the correlation of similarities with the encoder's own on an organisation the map was not fitted on."""
    print(f"{'ridge':>8}{'dim':>6}  correlation of similarities, mean of the organisations left out")
    for ridge in (0.1, 0.3, 1.0, 3.0):
        for dim in (384, 256, 128, 64):
            found = []
            for left_out in np.unique(sources):
                known, tried = np.flatnonzero(sources != left_out), np.flatnonzero(sources == left_out)
                made = fitted(table, [pieces[i] for i in known], targets[known], ridge, dim)
                near = unit(sums(made, [pieces[i] for i in tried]))
                wanted = unit(targets[tried] - targets[known].mean(axis=0))
                pairs = np.triu_indices(len(tried), 1)
                found.append(np.corrcoef((near @ near.T)[pairs], (wanted @ wanted.T)[pairs])[0, 1])
            print(f"{ridge:8}{dim:6}  {np.mean(found):.3f}", flush=True)


if __name__ == "__main__":
    main()
