"""Encode the codebook's example sentences once, so that no discovery has to: run it after editing them.

Usage: python tools/make_codebook_vectors.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.encoder import WEIGHTS, bundled_encoder
from analysis.meaning import VECTORS_FILE, example_texts, texts_hash


def main(folder: Path = WEIGHTS) -> None:
    """Write the vectors in half precision, with the hashes of the texts and of the encoder."""
    encoder = bundled_encoder()
    texts = example_texts()
    with (folder / VECTORS_FILE).open("wb") as file:
        np.savez(
            file,
            encoder=np.array(encoder.hash),
            texts=np.array(texts_hash(texts)),
            vectors=encoder.encode(texts).astype(np.float16),
        )
    print(f"{len(texts)} examples in {VECTORS_FILE}")


if __name__ == "__main__":
    main()
