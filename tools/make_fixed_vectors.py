"""Encode what every discovery asks for once, so that no discovery has to: run it after editing the codebook.

Usage: python tools/make_fixed_vectors.py
"""

from __future__ import annotations

from itertools import chain
from typing import get_args

import numpy as np

from analysis.codebook import Kind, phrases_of
from analysis.encoder import WEIGHTS, bundled_encoder
from analysis.fixed_vectors import CODEBOOK_FILE, EXAMPLES_FILE, WORDS_FILE, read_stored
from analysis.lexicon import is_private
from analysis.meaning import example_texts
from analysis.segments import known_terms
from analysis.text import common_words, words
from analysis.weighing import LEARNT_FILE, learn, ways_to_say

#: The largest number in the vector of a word or a further example: a byte for each, because they are many.
LARGEST = 127


def fixed_texts() -> dict[str, tuple[str, ...]]:
    """Return the texts whose vectors each file holds."""
    fields = (phrases_of(kind) for kind in get_args(Kind))
    phrases = (text for field in fields for label, seeds in field.items() for text in (label, *seeds) if text)
    own = dict.fromkeys((*example_texts(), *phrases))
    usable = (common_words() | known_terms()) - words().function
    return {
        CODEBOOK_FILE: tuple(own),
        EXAMPLES_FILE: tuple(text for text in dict.fromkeys(chain(*ways_to_say())) if text not in own),
        WORDS_FILE: tuple(sorted(word for word in usable if not is_private(word))),
    }


def main() -> None:
    """Write the files whose texts have changed."""
    encoder = bundled_encoder()
    for name, texts in fixed_texts().items():
        if (WEIGHTS / name).exists():
            stored = read_stored(name)
            if (stored.encoder, tuple(stored.rows)) == (encoder.hash, texts):
                continue
        vectors = encoder.encode(texts)
        np.savez(
            WEIGHTS / name,
            encoder=np.array(encoder.hash),
            texts=np.frombuffer("\n".join(texts).encode(), np.uint8),
            vectors=vectors.astype(np.float16) if name == CODEBOOK_FILE else _bytes(vectors),
        )
        print(f"{len(texts)} texts in {name}")
    # What is learnt from these files is learnt from what stands in them now.
    read_stored.cache_clear()
    found = learn()
    np.savez(
        WEIGHTS / LEARNT_FILE,
        key=np.array(found.key),
        directions=found.directions,
        offsets=found.offsets,
        stems=np.frombuffer("\n".join(found.stems).encode(), np.uint8),
        data=found.telling.data,
        indices=found.telling.indices,
        indptr=found.telling.indptr,
    )


def _bytes(vectors: np.ndarray) -> np.ndarray:
    return np.rint(vectors * (LARGEST / np.abs(vectors).max(axis=1, keepdims=True))).astype(np.int8)


if __name__ == "__main__":
    main()
