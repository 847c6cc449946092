"""What Kindred is compared with, in the environment that ``make bench-peers`` makes; run by the other benchmarks.

    python -m benchmarks.peers bertopic FOLDER
    python -m benchmarks.peers encode MODEL_FOLDER THREADS

Nothing of Kindred is imported, and nothing is fetched: BERTopic gets its vectors in a file.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ENVIRONMENT = Path(__file__).resolve().parent.parent / ".venv-peers"
PYTHON = ENVIRONMENT / "bin" / "python"
#: Where ``make bench-peers`` puts the original model.
WHEELS = ENVIRONMENT / "wheels"


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.simplefilter("ignore")
    command, folder, *rest = sys.argv[1:]
    if command == "bertopic":
        bertopic(Path(folder))
    else:
        encode(folder, int(rest[0]))


def bertopic(folder: Path) -> None:
    """Group the texts of jobs.json by the vectors beside it, with several settings, into labels.json."""
    jobs = json.loads((folder / "jobs.json").read_text("utf-8"))
    found = []
    for number, job in enumerate(jobs):
        vectors = np.load(folder / f"{number}.npy")
        started = time.process_time()
        labels = dict(_settings(job["texts"], vectors, job["k"], job["seed"]))
        found.append({"labels": labels, "seconds": (time.process_time() - started) / len(labels)})
    (folder / "labels.json").write_text(json.dumps(found), "utf-8")


def _settings(texts: list[str], vectors: np.ndarray, k: int, seed: int) -> Iterator[tuple[str, list[int]]]:
    from bertopic import BERTopic
    from bertopic.dimensionality import BaseDimensionalityReduction
    from sklearn.cluster import KMeans
    from umap import UMAP

    # As BERTopic sets it up itself, but with a seed, and once for all settings.
    reducer = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed)
    reduced = reducer.fit_transform(vectors)
    tried: dict[str, dict[str, object]] = {
        "as it comes": {},
        "topics of 5": {"min_topic_size": 5},
        "topics of 5, k given": {"min_topic_size": 5, "nr_topics": k + 1},
        "k-means, k given": {"hdbscan_model": KMeans(k, n_init=10, random_state=seed)},
    }
    for name, settings in tried.items():
        model = BERTopic(umap_model=BaseDimensionalityReduction(), **settings)
        labels, _ = model.fit_transform(texts, reduced)
        yield name, [int(label) for label in labels]


def encode(folder: str, threads: int) -> None:
    """Answer lines ``{"texts": [...], "batch": n, "out": FILE}`` with the seconds taken, until the end."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    model = SentenceTransformer(folder, device="cpu")
    print("ready", flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        started = time.perf_counter()
        vectors = model.encode(job["texts"], batch_size=job["batch"], show_progress_bar=False)
        print(time.perf_counter() - started, flush=True)
        np.save(job["out"], vectors)
        print("saved", flush=True)


if __name__ == "__main__":
    main()
