"""Vectors that come with the package are those of the texts that are asked for, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from analysis.encoder import MiniLMEncoder, Vectors, bundled_encoder
from analysis.fixed_vectors import CODEBOOK_FILE, EXAMPLES_FILE, FILES, WORDS_FILE, fixed_vectors, read_stored
from analysis.meaning import example_texts
from tests.fakes import FakeEncoder
from tools.make_fixed_vectors import fixed_texts

LEAST_COSINE = {CODEBOOK_FILE: 0.9999995, EXAMPLES_FILE: 0.9999, WORDS_FILE: 0.9999}


class Recording:
    """The bundled encoder, which remembers what it was asked for."""

    hash, dim, languages = MiniLMEncoder.hash, MiniLMEncoder.dim, MiniLMEncoder.languages

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], progress: object = None) -> Vectors:
        self.asked += texts
        return bundled_encoder().encode(texts)


@pytest.mark.parametrize("name", FILES)
def test_every_text_is_there_with_its_vector(name: str) -> None:
    """After a change of the codebook, its fields or the word lists run tools/make_fixed_vectors.py."""
    stored = read_stored(name)
    sample = list(stored.rows)[:: len(stored.rows) // 8]

    cosines = (bundled_encoder().encode(sample) * fixed_vectors(sample, Recording())).sum(axis=1)

    assert stored.encoder == MiniLMEncoder.hash
    assert tuple(stored.rows) == fixed_texts()[name]
    assert len(stored.vectors) == len(stored.rows)
    assert cosines.min() > LEAST_COSINE[name]


def test_only_what_is_missing_is_encoded() -> None:
    encoder = Recording()
    texts = [example_texts()[0], "nobody has written this before", "kitchen"]

    vectors = fixed_vectors(texts, encoder)

    assert encoder.asked == [texts[1]]
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.allclose(vectors, bundled_encoder().encode(texts), atol=2e-3)


def test_another_encoder_makes_all_of_them() -> None:
    texts = example_texts()[:5]

    assert (fixed_vectors(texts, FakeEncoder()) == FakeEncoder().encode(texts)).all()
