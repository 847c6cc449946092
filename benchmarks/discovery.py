"""How well planted personas are found, beside what else could be done with the same vectors, in the same run.

    python -m benchmarks.discovery [--sentences FILE.csv]... [--seeds 5] [--nulls 20] [--quick]

Prints, for the demo, the practice organisations, those held out, and people recombined from labelled sentences (columns
label and text): personas planted and found, the adjusted Rand index of Kindred (told nothing), of the prototype it
began as, of TF-IDF and of one vector per person with k-means (told the number), of BERTopic (the best of four settings,
if ``make bench-peers`` was run), and of a supervised model that is told the personas of seven eighths of the people.
Then how far seeds agree, how far the membership can be believed, what is found when answers are dealt anew, what 48
people are enough for, and how often a persona of 7 % is found.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from analysis import CachedEncoder, Corpus, bundled_encoder
from analysis.discovery import in_order
from analysis.encoder import Vectors
from analysis.facets import cut
from analysis.grouping import Grouping
from analysis.groups import NoGroupsError
from analysis.static_encoder import StaticEncoder
from analysis.views import Person, Views, build_views, prepare
from benchmarks import measures, peers
from benchmarks.grounds import NONE, ROOT, Ground, dealt_anew, demo, held_out, practice, recombined

N_FOLDS = 8
#: Principal directions and k-means of the prototype.
N_PRINCIPAL, N_VOTES = 15, 24
#: Subsamples of four fifths of each practice organisation, for calibration.
N_SUBSAMPLES = 4
SMALL, N_SMALL = 48, 10
#: Shares in percent of personas of which one is seldom, and among how many people it is looked for.
SELDOM, SELDOM_AMONG, N_SELDOM = (30, 25, 20, 18, 7), (160, 300, 600, 1200), 4

#: Whose agreement with the truth is printed.
COLUMNS = ("Kindred", "prototype", "TF-IDF", "person", "BERTopic", "by itself", "supervised")
AS_IT_COMES = "as it comes"


@dataclass(frozen=True, slots=True)
class Found:
    """What a discovery says: the number of personas, and persona and membership of everybody who is in one."""

    k: int
    persona: dict[str, int]
    membership: dict[str, float]
    seconds: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """The people who are used, and their views, as the discovery has them."""

    people: tuple[Person, ...]
    views: Views

    def found(self, seed: int) -> Found:
        """Do what the discovery does between encoding and describing, with restarts drawn anew for each seed."""
        started = time.process_time()
        try:
            groups = Grouping(self.views, seed, restarts=seed).groups(None, lambda _done, _label: None)
        except NoGroupsError:
            return Found(0, {}, {}, time.process_time() - started)
        placed = [
            (person.response.id, int(label), float(row[label]))
            for person, label, row in zip(self.people, groups.labels, groups.membership, strict=True)
            if label >= 0
        ]
        return Found(
            len(groups.stability),
            {one: label for one, label, _ in placed},
            {one: chance for one, _, chance in placed},
            time.process_time() - started,
        )


def prepared(corpus: Corpus, encoder: CachedEncoder) -> Prepared:
    people = tuple(
        person
        for person in prepare(in_order(corpus), languages=encoder.languages)
        if person.set_aside is None
    )
    views = build_views(people, corpus.items, encoder, words=StaticEncoder(), cut=cut)
    return Prepared(people, views.adjusted([person.response.attributes for person in people]))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sentences", type=Path, action="append", default=[], metavar="FILE.csv")
    parser.add_argument("--seeds", type=int, default=5, help="of each organisation, and draws of sentences")
    parser.add_argument(
        "--nulls", type=int, default=20, help="draws of the demo dealt anew, seeds of the demo"
    )
    parser.add_argument("--quick", action="store_true", help="2 seeds and 3 draws; no peers")
    parser.add_argument("--vectors", type=Path, help="keep the vectors of texts in this file (.npz)")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.seeds, arguments.nulls = 2, 3
    encoder = CachedEncoder(bundled_encoder(), _stored(arguments.vectors))
    seeds = range(arguments.seeds)
    # As the discovery does it; digits change with the number of threads.
    with threadpool_limits(limits=1, user_api="blas"):
        organisations, unseen = [demo(), *practice()], [*held_out()]
        draws = [recombined(path, seed) for path in arguments.sentences for seed in seeds]
        compared = [*organisations, *unseen, *draws]
        ready = {ground.name: prepared(ground.corpus, encoder) for ground in compared}
        _store(arguments.vectors, encoder)
        print(f"{len(encoder.vectors)} distinct answers", flush=True)
        runs = {
            ground.name: [ready[ground.name].found(seed) for seed in seeds]
            for ground in (*organisations, *unseen)
        }
        runs |= {ground.name: [ready[ground.name].found(0)] for ground in draws}
        compare(compared, ready, runs, encoder, with_peers=not arguments.quick)
        seeds_agree([*organisations, *unseen], runs)
        calibration(organisations, draws, runs, encoder)
        nulls(organisations[0], ready, runs, encoder, arguments.nulls)
        small(organisations, encoder)
        if arguments.sentences:
            seldom(arguments.sentences, encoder)


def compare(
    grounds: Sequence[Ground],
    ready: dict[str, Prepared],
    runs: dict[str, list[Found]],
    encoder: CachedEncoder,
    *,
    with_peers: bool,
) -> None:
    """Print one row per ground and seed."""
    rows = [(ground, seed, run) for ground in grounds for seed, run in enumerate(runs[ground.name])]
    texts = {ground.name: _joined_texts(ground, ready[ground.name]) for ground in grounds}
    vectors = {name: encoder.encode(list(of.values())) for name, of in texts.items()}
    stacked = {
        ground.name: build_views(ready[ground.name].people, ground.corpus.items, encoder).stacked
        for ground in grounds
    }
    supervised = {ground.name: _supervised(ground, ready[ground.name]) for ground in grounds}
    topics: list[dict[str, float]] = [{}] * len(rows)
    if with_peers and peers.PYTHON.exists():
        topics = _bertopic(rows, texts, vectors)
    elif with_peers:
        print("BERTopic is not compared with: run make bench-peers first.")
    print(
        f"\n{'ground':<32}{'seed':>5}{'planted':>8}{'found':>6}{'CPU s':>7}"
        + "".join(f"{name:>11}" for name in COLUMNS)
        + "  best setting of BERTopic",
    )
    kinds: dict[str, list[list[float]]] = {}
    counts: dict[str, Counter[int]] = {}
    for (ground, seed, run), by_setting in zip(rows, topics, strict=True):
        texts_of = texts[ground.name]
        best = max(by_setting, key=by_setting.__getitem__, default="")
        figures = [
            measures.agreement(ground.truth, run.persona),
            _prototype(ground, ready[ground.name], stacked[ground.name], seed),
            _kmeans(ground, texts_of, _tfidf(texts_of), seed),
            _kmeans(ground, texts_of, vectors[ground.name], seed),
            by_setting.get(best, np.nan),
            by_setting.get(AS_IT_COMES, np.nan),
            supervised[ground.name],
        ]
        print(
            f"{ground.name:<32}{seed:>5}{ground.k:>8}{run.k:>6}{run.seconds:>7.1f}{_line(figures)}  {best}",
            flush=True,
        )
        kind = ground.name.split(",")[0]
        kinds.setdefault(kind, []).append(figures)
        counts.setdefault(kind, Counter())[run.k] += 1
    for kind, found in kinds.items():
        print(f"{'mean, ' + kind:<58}{_line(np.mean(found, axis=0))}  {_counted(counts[kind].elements())}")


def _line(figures: Sequence[float]) -> str:
    return "".join(f"{figure:>11.3f}" for figure in figures)


def seeds_agree(organisations: Sequence[Ground], runs: dict[str, list[Found]]) -> None:
    """Print how far runs with other seeds agree with each other, and how far their agreement with the truth varies."""
    print(f"\n{'between seeds':<32}{'mean ARI':>9}{'largest difference of ARI to the truth':>40}")
    for ground in organisations:
        found = [run.persona for run in runs[ground.name]]
        to_truth = [measures.agreement(ground.truth, one) for one in found]
        spread = max(to_truth) - min(to_truth)
        print(f"{ground.name:<32}{measures.between(found, ground.planted):>9.3f}{spread:>40.3f}")


def calibration(
    organisations: Sequence[Ground],
    draws: Sequence[Ground],
    runs: dict[str, list[Found]],
    encoder: CachedEncoder,
) -> None:
    """Print how far the chance that somebody belongs lies from the share that do, for the demo apart."""
    fjordline, *unseen = organisations
    outcomes: dict[str, list[tuple[float, bool, bool]]] = {}
    for kind, grounds in (("practice", unseen), ("recombined", draws), ("demo", [fjordline])):
        found = [(ground, runs[ground.name][0]) for ground in grounds]
        if kind == "practice":
            parts = [
                ground.sample(len(ground.corpus) * 4 // 5, seed)
                for ground in grounds
                for seed in range(N_SUBSAMPLES)
            ]
            found += [(part, prepared(part.corpus, encoder).found(0)) for part in parts]
        outcomes[kind] = [
            (run.membership[one], right, ground.truth[one] != NONE)
            for ground, run in found
            for one, right in measures.right_or_wrong(ground.truth, run.persona).items()
        ]
    outcomes["practice and recombined"] = outcomes["practice"] + outcomes["recombined"]
    print(
        f"\n{'calibration of membership':<32}{'placed':>7}{'said':>7}{'right':>7}{'error':>7}  planted only"
    )
    for kind, pairs in outcomes.items():
        if pairs:
            planted = [pair for pair in pairs if pair[2]]
            said, right = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
            error = measures.calibration_error([p[0] for p in planted], [p[1] for p in planted])
            print(
                f"{kind:<32}{len(pairs):>7}{np.mean(said):>7.3f}{np.mean(right):>7.3f}"
                f"{measures.calibration_error(said, right):>7.3f}  {error:.3f} of {len(planted)}",
                flush=True,
            )


def nulls(
    ground: Ground,
    ready: dict[str, Prepared],
    runs: dict[str, list[Found]],
    encoder: CachedEncoder,
    n: int,
) -> None:
    """Print how often nothing is found where there is nothing, and how often something where there is."""
    refused = sum(not prepared(dealt_anew(ground.corpus, seed), encoder).found(seed).k for seed in range(n))
    print(f"\n{ground.name} dealt anew: refused {refused} of {n}", flush=True)
    known = runs[ground.name][:n]
    counts = [run.k for run in known] + [ready[ground.name].found(seed).k for seed in range(len(known), n)]
    print(
        f"{ground.name} as it is: personas on {sum(k > 0 for k in counts)} of {n} seeds, {_counted(counts)}"
    )


def small(organisations: Sequence[Ground], encoder: CachedEncoder) -> None:
    """Print how often personas are found among so few people of a real structure."""
    for ground in organisations:
        parts = [ground.sample(SMALL, seed) for seed in range(N_SMALL)]
        found = [prepared(part.corpus, encoder).found(0) for part in parts]
        scores = [
            measures.agreement(_among(part), run.persona)
            for part, run in zip(parts, found, strict=True)
            if run.k
        ]
        mean = f", mean ARI {np.mean(scores):.3f}" if scores else ""
        print(
            f"{SMALL} of {ground.name}: found in {len(scores)} of {N_SMALL} draws{mean}, "
            f"{_counted([run.k for run in found])}",
            flush=True,
        )


def seldom(files: Sequence[Path], encoder: CachedEncoder) -> None:
    """Print how often a persona of 7 % is found: by a group that shares half of all who are in the one or the other."""
    for n in SELDOM_AMONG:
        found = []
        for path in files:
            for seed in range(N_SELDOM):
                ground = recombined(path, seed, n, SELDOM)
                ready = prepared(ground.corpus, encoder)
                run = ready.found(0)
                rare = {one for one, persona in ground.truth.items() if persona == str(len(SELDOM) - 1)}
                groups = [{one for one in run.persona if run.persona[one] == group} for group in range(run.k)]
                overlap = max((len(rare & group) / len(rare | group) for group in groups), default=0.0)
                found.append((overlap, measures.agreement(ground.truth, run.persona), run.k))
        overlaps, agreement, counts = zip(*found, strict=True)
        print(
            f"{SELDOM[-1]} % of {n}: found in {sum(one >= 0.5 for one in overlaps)} of {len(found)} draws, "
            f"mean ARI {np.mean(agreement):.3f}, {_counted(counts)}",
            flush=True,
        )


def _among(part: Ground) -> dict[str, str]:
    return {response.id: part.truth[response.id] for response in part.corpus.responses}


def _counted(numbers: Iterable[int]) -> str:
    return ", ".join(f"{k} found {n} times" for k, n in sorted(Counter(numbers).items()))


def _joined_texts(ground: Ground, ready: Prepared) -> dict[str, str]:
    """All that each person with a planted persona says, as one text."""
    texts = {person.response.id: " ".join(person.texts.values()) for person in ready.people}
    return {one: texts[one] for one in ground.planted if one in texts}


def _tfidf(texts: dict[str, str]) -> object:
    return TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(list(texts.values()))


def _kmeans(ground: Ground, texts: dict[str, str], X: object, seed: int) -> float:
    labels = KMeans(ground.k, n_init=10, random_state=seed).fit_predict(X)
    return measures.agreement(ground.truth, dict(zip(texts, labels.tolist(), strict=True)))


def _prototype(ground: Ground, ready: Prepared, stacked: NDArray[np.float32], seed: int) -> float:
    """What Kindred began with: views side by side, 15 principal directions, a consensus of 24 k-means, k told."""
    places = PCA(N_PRINCIPAL, random_state=0).fit_transform(stacked)
    votes = [
        np.eye(ground.k)[KMeans(ground.k, n_init=1, random_state=restart).fit_predict(places)]
        for restart in range(seed * N_VOTES, (seed + 1) * N_VOTES)
    ]
    labels = KMeans(ground.k, n_init=10, random_state=seed).fit_predict(np.hstack(votes))
    found = dict(zip((person.response.id for person in ready.people), labels.tolist(), strict=True))
    return measures.agreement(ground.truth, found)


def _supervised(ground: Ground, ready: Prepared) -> float:
    """What a model reaches on the same views that is told the personas of the other people."""
    rows = [i for i, person in enumerate(ready.people) if ground.truth[person.response.id] != NONE]
    ids = [ready.people[row].response.id for row in rows]
    said = cross_val_predict(
        LogisticRegression(C=10, max_iter=1000),
        ready.views.stacked[rows],
        [ground.truth[one] for one in ids],
        cv=StratifiedKFold(N_FOLDS, shuffle=True, random_state=0),
    )
    return measures.agreement(ground.truth, dict(zip(ids, said.tolist(), strict=True)))


def _bertopic(
    rows: Sequence[tuple[Ground, int, Found]], texts: dict[str, dict[str, str]], vectors: dict[str, Vectors]
) -> list[dict[str, float]]:
    """Agreement of BERTopic by setting, for each row."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = []
        for number, (ground, seed, _) in enumerate(rows):
            np.save(folder / f"{number}.npy", vectors[ground.name])
            jobs.append({"texts": list(texts[ground.name].values()), "k": ground.k, "seed": seed})
        (folder / "jobs.json").write_text(json.dumps(jobs), "utf-8")
        subprocess.run(
            [peers.PYTHON, "-m", "benchmarks.peers", "bertopic", folder],
            check=True,
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
        )
        found = json.loads((folder / "labels.json").read_text("utf-8"))
    return [
        {
            setting: measures.agreement(ground.truth, dict(zip(texts[ground.name], labels, strict=True)))
            for setting, labels in job["labels"].items()
        }
        for (ground, _, _), job in zip(rows, found, strict=True)
    ]


def _stored(path: Path | None) -> dict[str, Vectors]:
    if path is None or not path.exists():
        return {}
    with np.load(path) as file:
        if str(file["encoder"]) != bundled_encoder().hash:
            return {}
        return dict(zip(file["keys"].tolist(), file["vectors"], strict=True))


def _store(path: Path | None, encoder: CachedEncoder) -> None:
    if path is not None:
        np.savez(
            path,
            encoder=np.array(encoder.hash),
            keys=np.array(list(encoder.vectors)),
            vectors=np.stack(list(encoder.vectors.values())),
        )


if __name__ == "__main__":
    main()
