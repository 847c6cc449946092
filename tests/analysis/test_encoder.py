import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import sleep

import numpy as np
import pytest

from analysis import encoder as encoders
from analysis.corpus import Progress
from analysis.encoder import (
    CALLS_PER_STEP,
    MODEL_FILE,
    TOKENIZER_FILE,
    WEIGHTS,
    CachedEncoder,
    Encoder,
    Graph,
    MiniLMEncoder,
    Vectors,
    bundled_encoder,
    content_hash,
)
from analysis.exceptions import EncoderError

ORIGINAL = Path(__file__).parents[1] / "data/original_vectors.npy"
TEXTS = [
    "I like to take a hard problem apart until it is small.",
    "Teaching the new colleagues is what I look forward to.",
    "C++, Rust, tracing, writing things down",
    "",
    "Nobody counts my hours. " * 12,
    "Ich arbeite gern am Hafen.",
]


class CountingEncoder:
    """Gives every text the same vector and remembers what it was asked for."""

    hash = "counting"
    dim = 2
    languages = frozenset({"en"})

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.asked.extend(texts)
        return np.tile(np.array([0.6, 0.8], np.float32), (len(texts), 1))


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return bundled_encoder()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of the encoder's files that a test may damage."""
    for name in (MODEL_FILE, TOKENIZER_FILE):
        (tmp_path / name).write_bytes((WEIGHTS / name).read_bytes())
    return tmp_path


def test_vectors_have_one_row_per_text_and_length_one(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)

    assert vectors.shape == (len(TEXTS), encoder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_vectors_are_those_of_the_original_model(encoder: Encoder) -> None:
    # What the same texts give with `make_encoder.py --float32`; benchmarks/encoder.py compares many more.
    original = np.load(ORIGINAL).astype(np.float32)

    vectors = encoder.encode(TEXTS)

    assert np.sum(vectors * original, axis=1).min() > 0.995


def test_no_texts_give_no_rows(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, encoder.dim)
    assert CachedEncoder(encoder).encode([]).shape == (0, encoder.dim)


def test_bytes_do_not_depend_on_batch_order_or_threads(encoder: Encoder) -> None:
    alone = b"".join(encoder.encode([text]).tobytes() for text in TEXTS)

    assert encoder.encode(TEXTS).tobytes() == alone
    assert encoder.encode(TEXTS[::-1])[::-1].tobytes() == alone
    assert encoder.encode(TEXTS * 30)[-len(TEXTS) :].tobytes() == alone
    assert bundled_encoder(threads=1).encode(TEXTS).tobytes() == alone
    assert bundled_encoder(threads=4).encode(TEXTS).tobytes() == alone


def test_who_shares_a_call_changes_nothing(encoder: Encoder) -> None:
    # Of one length, so that they fill calls: each text sits in another row, beside other texts.
    texts = [
        f"{verb} the {noun}"
        for verb in ("load", "paint", "move")
        for noun in ("ship", "crane", "quay", "box")
    ]
    alone = b"".join(encoder.encode([text]).tobytes() for text in texts)

    assert encoder.encode(texts).tobytes() == alone
    assert encoder.encode(texts[5:] + texts[:5])[-5:].tobytes() == alone[: 5 * 4 * encoder.dim]


def test_rows_that_only_fill_a_call_hold_numbers_too(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A graph may scale by all rows of a call: none of them may be the quotient of nothing and nothing."""
    calls, run = list[Vectors](), Graph._run
    monkeypatch.setattr(Graph, "_run", lambda graph, call: calls.append(run(graph, call)) or calls[-1])

    encoder.encode(["one text"])

    (rows,) = calls
    assert len(rows) > 1
    assert np.isfinite(rows).all()


def test_like_texts_are_closer_than_unlike_ones(encoder: Encoder) -> None:
    mentor, teacher, database = encoder.encode(
        [
            "Helping younger colleagues grow makes my week.",
            "I love mentoring juniors.",
            "The database migration failed at night.",
        ]
    )

    assert mentor @ teacher > 0.4 > 0.2 > mentor @ database


def test_case_and_composition_do_not_change_a_vector(encoder: Encoder) -> None:
    composed, decomposed, upper = encoder.encode(["Café au lait", "Cafe\u0301 au lait", "CAFÉ AU LAIT"])

    assert composed.tobytes() == decomposed.tobytes() == upper.tobytes()


def test_what_stands_after_the_last_token_read_does_not_count(encoder: Encoder) -> None:
    words = "harbour " * 254

    within, beyond = encoder.encode([words, words + "cranes and ships"])

    assert within.tobytes() == beyond.tobytes()


def test_half_a_surrogate_pair_is_read_as_a_question_mark(encoder: Encoder) -> None:
    broken, question_mark = encoder.encode(["ports \ud83d", "ports ?"])

    assert broken.tobytes() == question_mark.tobytes()
    assert content_hash("ports \ud83d") == content_hash("ports ?")


def test_progress_counts_distinct_texts_up_to_all(encoder: Encoder) -> None:
    steps = []

    encoder.encode(["a", "b", "a"], lambda done, total, label: steps.append((done, total, label)))

    assert steps == [(2, 2, "reading texts")]


def test_an_error_in_progress_ends_the_run_after_a_step(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, run = Event(), Graph._run
    read: list[int] = []

    def slow(graph: Graph, call: object) -> Vectors:
        read.append(len(call.places))
        # What is begun beyond the first step goes on until the run is cancelled.
        if len(read) > CALLS_PER_STEP:
            told.wait(timeout=30)
        return run(graph, call)

    def cancel(done: int, total: int, label: str) -> None:
        told.set()
        raise InterruptedError(done)

    monkeypatch.setattr(Graph, "_run", slow)
    with pytest.raises(InterruptedError) as raised:
        encoder.encode([f"text {number}" for number in range(1_000)], cancel)

    assert raised.value.args == (sum(read[:CALLS_PER_STEP]),)
    assert sum(read) < 1_000


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE])
def test_a_changed_file_is_refused(weights: Path, name: str) -> None:
    content = bytearray((weights / name).read_bytes())
    content[len(content) // 2] ^= 1
    (weights / name).write_bytes(content)

    with pytest.raises(EncoderError, match=f"{name} is damaged or changed; install the package again"):
        MiniLMEncoder(folder=weights).encode(["a"])


@pytest.mark.parametrize("name", [MODEL_FILE, TOKENIZER_FILE])
def test_a_missing_file_is_refused(weights: Path, name: str) -> None:
    (weights / name).unlink()

    with pytest.raises(EncoderError, match=f"{name} cannot be read; install the package again"):
        MiniLMEncoder(folder=weights).encode(["a"])


def test_weights_are_loaded_ahead_once_and_what_is_wrong_with_them_is_told_when_they_are_used(
    weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        encoders, "read_checked", lambda folder, name, _: read.append(name) or (folder / name).read_bytes()
    )
    ahead = MiniLMEncoder(folder=weights)

    ahead.load_ahead()
    vectors = ahead.encode(TEXTS[:1])

    assert read == [MODEL_FILE, TOKENIZER_FILE]
    assert vectors.tobytes() == bundled_encoder().encode(TEXTS[:1]).tobytes()
    missing = MiniLMEncoder(folder=weights / "nowhere")
    monkeypatch.undo()
    missing.load_ahead()
    with pytest.raises(EncoderError, match="cannot be read"):
        missing.encode(TEXTS[:1])


def test_an_encoder_is_made_without_loading_the_runtime_and_prints_nothing() -> None:
    code = """
import sys, analysis.encoder as e
encoder = e.bundled_encoder()
encoder.hash
assert "onnxruntime" not in sys.modules
encoder.encode(["a", "b"])
"""

    result = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, check=False)

    assert (result.stdout, result.stderr, result.returncode) == (b"", b"", 0)


def test_files_fit_the_package() -> None:
    assert sum(path.stat().st_size for path in WEIGHTS.iterdir()) < 40_000_000


def test_cached_encoder_asks_only_for_new_texts() -> None:
    inner = CountingEncoder()
    cached = CachedEncoder(inner)

    cached.encode(["a", "b", "a"])
    cached.encode(["b", "c"])

    assert inner.asked == ["a", "b", "c"]


def test_cached_encoder_reads_and_fills_the_vectors_it_was_given() -> None:
    inner = CountingEncoder()
    known = np.array([1, 0], np.float32)
    vectors = {content_hash("known"): known}

    rows = CachedEncoder(inner, vectors).encode(["new", "known"])

    assert inner.asked == ["new"]
    assert set(vectors) == {content_hash("known"), content_hash("new")}
    np.testing.assert_array_equal(rows, np.array([[0.6, 0.8], [1, 0]], np.float32))


def test_what_two_threads_ask_for_at_once_is_encoded_once() -> None:
    class Slow(CountingEncoder):
        def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
            sleep(0.02)
            return super().encode(texts, progress)

    inner = Slow()
    cached = CachedEncoder(inner)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(cached.encode, [["one", "two"]] * 4))

    assert sorted(inner.asked) == ["one", "two"]


def test_who_finds_all_vectors_takes_no_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of a process that was encoding has the lock taken for ever."""
    cached = CachedEncoder(CountingEncoder())
    known = cached.encode(["a", "b"])
    monkeypatch.setattr(encoders, "_ENCODING", "no lock at all")

    assert cached.encode(["b", "a"]).tobytes() == known[::-1].tobytes()
    with pytest.raises(TypeError):
        cached.encode(["c"])


def test_cached_encoder_gives_the_bytes_of_the_encoder_behind_it(encoder: Encoder) -> None:
    cached = CachedEncoder(encoder)

    assert cached.encode(TEXTS).tobytes() == encoder.encode(TEXTS).tobytes()
    assert cached.encode(TEXTS[:2]).tobytes() == encoder.encode(TEXTS[:2]).tobytes()
    assert (cached.hash, cached.dim, cached.languages) == (encoder.hash, 384, frozenset({"en"}))


def test_content_hash_names_equal_texts_equally_and_others_not() -> None:
    assert content_hash("Café") == content_hash("Cafe\u0301")
    assert content_hash("cafe") != content_hash("Cafe")
    assert content_hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
