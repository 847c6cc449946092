"""What else could be done with the same answers: the ways of grouping people that Kindred is compared with.

Each is told the number of personas, but for two settings of BERTopic, and returns a group for each person in order.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from analysis.encoder import Vectors
from benchmarks import peers
from benchmarks.grounds import ROOT
from benchmarks.seconds import Seconds

N_FOLDS = 8
#: Principal directions and k-means of the prototype.
N_PRINCIPAL, N_VOTES = 15, 24
#: The setting of BERTopic that nobody has chosen.
AS_IT_COMES = "as it comes"

Labels = list[int]


def tfidf(texts: Sequence[str], k: int, seed: int) -> Labels:
    """Weighted words of one text per person into k-means."""
    return kmeans(TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts), k, seed)


def kmeans(X: object, k: int, seed: int) -> Labels:
    """Group one vector per person by k-means, the best of ten restarts."""
    return [int(label) for label in KMeans(k, n_init=10, random_state=seed).fit_predict(X)]


def prototype(stacked: NDArray[np.float32], k: int, seed: int) -> Labels:
    """What Kindred began with: views side by side, 15 principal directions, a consensus of 24 k-means."""
    places = PCA(N_PRINCIPAL, random_state=0).fit_transform(stacked)
    votes = [
        np.eye(k)[KMeans(k, n_init=1, random_state=restart).fit_predict(places)]
        for restart in range(seed * N_VOTES, (seed + 1) * N_VOTES)
    ]
    return kmeans(np.hstack(votes), k, seed)


def supervised(stacked: NDArray[np.float32], truth: Sequence[str]) -> list[str]:
    """What a model says of people, on the views Kindred has, that is told the personas of all others."""
    return [
        str(label)
        for label in cross_val_predict(
            LogisticRegression(C=10, max_iter=1000),
            stacked,
            list(truth),
            cv=StratifiedKFold(N_FOLDS, shuffle=True, random_state=0),
        )
    ]


@dataclass(frozen=True, slots=True)
class Topics:
    """Texts, one per person, that BERTopic is to group by their vectors."""

    texts: Sequence[str]
    vectors: Vectors
    k: int
    seed: int


@dataclass(frozen=True, slots=True)
class ByTopic:
    """What one setting of BERTopic makes of them."""

    labels: Labels
    seconds: Seconds


def bertopic(jobs: Sequence[Topics], settings: Sequence[str] = ()) -> list[dict[str, ByTopic]]:
    """Let BERTopic group texts in its own environment.

    Parameters
    ----------
    jobs : sequence of Topics
    settings : sequence of str, optional
        Which of the settings of :mod:`benchmarks.peers`; all by default.

    Returns
    -------
    list of dict of str to ByTopic
        For each job, by setting; without any if ``make bench-peers`` was not run.
    """
    if not peers.PYTHON.exists():
        print("BERTopic is not compared with: run make bench-peers first.")
        return [{} for _ in jobs]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, job in enumerate(jobs):
            np.save(folder / f"{number}.npy", job.vectors)
        listed = [{"texts": list(job.texts), "k": job.k, "seed": job.seed} for job in jobs]
        (folder / "jobs.json").write_text(json.dumps({"settings": list(settings), "jobs": listed}), "utf-8")
        subprocess.run(
            [peers.PYTHON, "-m", "benchmarks.peers", "bertopic", folder],
            check=True,
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        found = json.loads((folder / "labels.json").read_text("utf-8"))
    return [
        {setting: ByTopic(one["labels"], Seconds(*one["seconds"])) for setting, one in job.items()}
        for job in found
    ]
