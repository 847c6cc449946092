"""The static encoder: a text's vector depends on that text alone, and its file is checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis import static_encoder
from analysis.encoder import TOKENIZER_FILE, WEIGHTS, MiniLMEncoder
from analysis.exceptions import EncoderError
from analysis.static_encoder import STATIC_FILE, StaticEncoder

TEXTS = [
    "I like calm work.",
    "C++, Rust and tracing",
    "",
    "žluťoučký 😀 x" * 9,
    "Nobody counts my hours. " * 60,
]


def test_vectors_have_one_row_per_text_and_length_one() -> None:
    vectors = StaticEncoder().encode(TEXTS)

    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), StaticEncoder.dim), np.float32)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1)
    assert StaticEncoder().encode([]).shape == (0, StaticEncoder.dim)


def test_bytes_do_not_depend_on_other_texts_nor_on_what_was_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    together = StaticEncoder().encode(TEXTS)
    static_encoder._table.cache_clear()
    monkeypatch.setattr(static_encoder, "MAX_WORDS", 3)

    alone = [StaticEncoder().encode([text])[0] for text in TEXTS]

    assert [row.tobytes() for row in alone] == [row.tobytes() for row in together]
    assert len(static_encoder._table()._known) <= 9  # the words of one text at most


def test_like_texts_are_closer_than_unlike_ones() -> None:
    texts = ["I keep the payroll correct.", "Salaries are paid without a mistake.", "We sail at the weekend."]

    near, like, unlike = StaticEncoder().encode(texts)

    assert near @ like > near @ unlike + 0.2


def test_vectors_are_named_apart_from_those_of_the_full_encoder() -> None:
    assert StaticEncoder.hash != MiniLMEncoder.hash


@pytest.mark.parametrize("name", [STATIC_FILE, TOKENIZER_FILE])
def test_a_changed_or_missing_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for file in (STATIC_FILE, TOKENIZER_FILE):
        (tmp_path / file).write_bytes((WEIGHTS / file).read_bytes())
    monkeypatch.setattr(static_encoder, "WEIGHTS", tmp_path)
    static_encoder._table.cache_clear()
    with (tmp_path / name).open("ab") as file:
        file.write(b" ")

    with pytest.raises(EncoderError, match=f"{name} is damaged or changed"):
        StaticEncoder().encode(["a"])
    (tmp_path / name).unlink()
    with pytest.raises(EncoderError, match=f"{name} cannot be read"):
        StaticEncoder().encode(["a"])


def test_the_file_fits_the_package() -> None:
    assert (WEIGHTS / STATIC_FILE).stat().st_size < 8_000_000
