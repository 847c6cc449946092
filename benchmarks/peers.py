"""What Kindred is compared with, in the environment that ``make bench-peers`` makes; run by the other benchmarks.

    python -m benchmarks.peers bertopic FOLDER
    python -m benchmarks.peers encode MODEL_FOLDER THREADS
    python -m benchmarks.peers words FOLDER

Nothing of Kindred is imported, and nothing is fetched: BERTopic gets its vectors in a file.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.seconds import timed

ENVIRONMENT = Path(__file__).resolve().parent.parent / ".venv-peers"
PYTHON = ENVIRONMENT / "bin" / "python"
#: Where ``make bench-peers`` puts the original model.
WHEELS = ENVIRONMENT / "wheels"
#: So few texts are grouped first, because much is compiled when it is used for the first time.
N_TO_COMPILE = 40


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    warnings.simplefilter("ignore")
    command, folder, *rest = sys.argv[1:]
    if command == "bertopic":
        bertopic(Path(folder))
    elif command == "words":
        words(Path(folder))
    else:
        encode(folder, int(rest[0]))


def bertopic(folder: Path) -> None:
    """Group the texts of jobs.json by the vectors beside it, with several settings, into labels.json.

    Seconds are those of a setting by itself, from the vectors on; what is compiled at the first use is compiled before.
    """
    asked = json.loads((folder / "jobs.json").read_text("utf-8"))
    dice = np.random.default_rng(0)
    dict(_settings(["some words"] * N_TO_COMPILE, dice.random((N_TO_COMPILE, 8)), 2, 0, ["as it comes"]))
    found = []
    for number, job in enumerate(asked["jobs"]):
        vectors = np.load(folder / f"{number}.npy")
        found.append(dict(_settings(job["texts"], vectors, job["k"], job["seed"], asked["settings"])))
    (folder / "labels.json").write_text(json.dumps(found), "utf-8")


def _settings(
    texts: list[str], vectors: np.ndarray, k: int, seed: int, only: list[str]
) -> Iterator[tuple[str, dict[str, list[float]]]]:
    from bertopic import BERTopic
    from bertopic.dimensionality import BaseDimensionalityReduction
    from sklearn.cluster import KMeans
    from umap import UMAP

    # As BERTopic sets it up itself, but with a seed, and once for all settings.
    reducer = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=seed)
    reduced, of_reducing = timed(lambda: reducer.fit_transform(vectors))
    tried: dict[str, dict[str, object]] = {
        "as it comes": {},
        "topics of 5": {"min_topic_size": 5},
        "topics of 5, k given": {"min_topic_size": 5, "nr_topics": k + 1},
        "k-means, k given": {"hdbscan_model": KMeans(k, n_init=10, random_state=seed)},
    }
    for name in only or tried:
        model = BERTopic(umap_model=BaseDimensionalityReduction(), **tried[name])
        (labels, _), of_grouping = timed(partial(model.fit_transform, texts, reduced))
        used = of_reducing + of_grouping
        yield name, {"labels": [int(label) for label in labels], "seconds": [used.wall, used.cpu]}


def words(folder: Path) -> None:
    """Score leads.parquet by the weighted words of job.json, in three ways, into words.json.

    Each way runs in a process of its own, so that each has a peak of its own.
    """
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        found = [pool.apply(_timed, (folder, name)) for name in ("pandas loop", "DuckDB", "Polars")]
    (folder / "words.json").write_text(json.dumps(found), "utf-8")


def _timed(folder: Path, name: str) -> dict[str, object]:
    import resource

    import pandas as pd

    job = json.loads((folder / "job.json").read_text("utf-8"))
    way = {"pandas loop": _by_pandas, "DuckDB": _by_duckdb, "Polars": _by_polars}[name]
    few = pd.DataFrame({column: [""] * len(job["leads"]) for column in job["columns"]})
    few[job["columns"][0]] = job["leads"]
    few.to_parquet(folder / "few.parquet")
    scores = way(folder / "few.parquet", job)
    started, cpu = time.perf_counter(), time.process_time()
    way(folder / "leads.parquet", job)
    return {
        "name": f"weighted words, {name}",
        "wall": time.perf_counter() - started,
        "cpu": time.process_time() - cpu,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "scores": scores.tolist(),
    }


def _by_pandas(path: Path, job: dict[str, list[Any]]) -> np.ndarray:
    import re

    import pandas as pd

    weights = {word: np.array(of_word) for word, *of_word in job["weights"]}
    none = np.zeros(len(job["weights"][0]) - 1)
    word = re.compile(r"\w\w+")
    frame = pd.read_parquet(path, columns=job["columns"])
    return np.array(
        [
            sum((weights[w] for w in set(word.findall(" ".join(row).lower())) if w in weights), none)
            for row in zip(*(frame[column] for column in job["columns"]), strict=True)
        ]
    )


def _by_duckdb(path: Path, job: dict[str, list[Any]]) -> np.ndarray:
    import duckdb
    import pandas as pd

    names = [f"p{j}" for j in range(len(job["weights"][0]) - 1)]
    base = duckdb.connect()
    base.register("weights", pd.DataFrame(job["weights"], columns=["word", *names]))
    text = " || ' ' || ".join(job["columns"])
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
    found = base.execute(
        f"with leads as (select file_row_number as n, lower({text}) as text "
        f"from read_parquet('{path}', file_row_number = true)), "
        r"used as (select n, unnest(list_distinct(regexp_extract_all(text, '\w\w+'))) as word from leads) "
        f"select {sums} from leads left join (select * from used join weights using (word)) using (n) "
        "group by n order by n"
    )
    return np.column_stack(list(found.fetchnumpy().values()))


def _by_polars(path: Path, job: dict[str, list[Any]]) -> np.ndarray:
    import polars as pl

    names = [f"p{j}" for j in range(len(job["weights"][0]) - 1)]
    weights = pl.LazyFrame(job["weights"], schema=["word", *names], orient="row")
    text = pl.concat_str(job["columns"], separator=" ").str.to_lowercase()
    leads = (
        pl.scan_parquet(path).select(word=text.str.extract_all(r"\w\w+").list.unique()).with_row_index("n")
    )
    found = leads.explode("word").join(weights, on="word", how="left").group_by("n").agg(pl.col(names).sum())
    return np.asarray(found.sort("n").select(names).collect(engine="streaming").to_numpy())


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
