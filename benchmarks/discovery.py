"""How well planted personas are found, beside the two usual baselines in the same run.

    python benchmarks/discovery.py responses.csv responses_truth.csv [--sentences clinc-work-domain.csv]

The truth file (columns id, persona) measures and is read nowhere else. Agreement is the adjusted Rand index over the
people with a planted persona; being in none counts as a group. The baselines are told the number of personas, the
discovery is not. The time is that of a re-run on stored vectors. With ``--sentences`` (columns label, text) people
are recombined from labelled sentences as a second ground. Both are also dealt anew, so that nothing may be found.
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import adjusted_rand_score

from analysis import CachedEncoder, Corpus, Report, Response, bundled_encoder, discover
from analysis.views import prepare

ITEMS = ("self", "skills", "stay", "good_day", "content")
NONE = "none"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("responses", type=Path)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--sentences", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    encoder = CachedEncoder(bundled_encoder())
    corpus = read_responses(arguments.responses)
    truth = {row["id"]: row["persona"] for row in read_csv(arguments.truth)}
    print(f"{'ground':<34}{'k':>4}{'found':>7}{'ARI':>7}{'TF-IDF':>8}{'person':>8}{'CPU s':>9}")
    for seed in range(arguments.seeds):
        measure(f"{arguments.responses.stem}, seed {seed}", corpus, truth, encoder, seed)
    for seed in range(arguments.seeds):
        nulls(f"{arguments.responses.stem}, dealt anew {seed}", dealt_anew(corpus, seed), encoder, seed)
    if arguments.sentences:
        for seed in range(arguments.seeds):
            made, planted = recombined(read_csv(arguments.sentences), n=300, k=5, seed=seed)
            measure(f"recombined sentences, draw {seed}", made, planted, encoder, seed)
            nulls(f"recombined, dealt anew {seed}", dealt_anew(made, seed), encoder, seed)


def measure(ground: str, corpus: Corpus, truth: dict[str, str], encoder: CachedEncoder, seed: int) -> None:
    """Print one row: the discovery and both baselines on the people with a planted persona."""
    discover(corpus, encoder=encoder, seed=seed)
    started = time.process_time()
    report = discover(corpus, encoder=encoder, seed=seed)
    seconds = time.process_time() - started
    people = [one for one in report.assignments if truth[one.id] != NONE]
    planted = [truth[one.id] for one in people]
    k = len(set(planted))
    texts = joined_texts(corpus, [one.id for one in people])
    tfidf = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts)
    row = [
        adjusted_rand_score(planted, [str(one.persona) for one in people]),
        adjusted_rand_score(planted, KMeans(k, n_init=10, random_state=seed).fit_predict(tfidf)),
        adjusted_rand_score(
            planted, KMeans(k, n_init=10, random_state=seed).fit_predict(encoder.encode(texts))
        ),
    ]
    print(
        f"{ground:<34}{k:>4}{len(report.personas):>7}{row[0]:>7.3f}{row[1]:>8.3f}{row[2]:>8.3f}{seconds:>9.1f}"
    )


def nulls(ground: str, corpus: Corpus, encoder: CachedEncoder, seed: int) -> None:
    """Print whether anything was found where there is nothing."""
    report: Report = discover(corpus, encoder=encoder, seed=seed)
    print(f"{ground:<34}{1:>4}{len(report.personas):>7}  {'refused' if report.refusal else 'FALSE PERSONAS'}")


def joined_texts(corpus: Corpus, ids: Sequence[str]) -> list[str]:
    people = {person.response.id: person for person in prepare(corpus, languages=())}
    return [" ".join(people[one].texts.values()) or "-" for one in ids]


def dealt_anew(corpus: Corpus, seed: int) -> Corpus:
    """The same answers, each item shuffled among those who answered it."""
    dice = np.random.default_rng(seed)
    answers: list[dict[str, str]] = [{} for _ in corpus.responses]
    for item in corpus.items:
        rows = [row for row, response in enumerate(corpus.responses) if item in response.answers]
        for row, source in zip(rows, dice.permutation(rows), strict=True):
            answers[row][item] = corpus.responses[source].answers[item]
    channels = dice.permutation(len(corpus))
    return Corpus(
        tuple(
            Response(f"x{row}", answers[row], corpus.responses[channels[row]].channels)
            for row in range(len(corpus))
        ),
        corpus.items,
    )


def recombined(rows: Sequence[dict[str, str]], n: int, k: int, seed: int) -> tuple[Corpus, dict[str, str]]:
    """People whose answers are labelled sentences: each persona prefers one label per item, in 7 answers of 10."""
    dice = random.Random(seed)
    sentences: dict[str, list[str]] = {}
    for row in rows:
        sentences.setdefault(row["label"], []).append(row["text"])
    labels = sorted(sentences)
    items = [f"item {number}" for number in range(4)]
    preferred = [dict(zip(items, dice.sample(labels, len(items)), strict=True)) for _ in range(k)]
    responses, planted = [], {}
    for number in range(n):
        persona = dice.choices(range(k), weights=range(k, 0, -1))[0]
        answers = {
            item: dice.choice(
                sentences[preferred[persona][item] if dice.random() < 0.7 else dice.choice(labels)]
            )
            for item in items
            if dice.random() < 0.9
        }
        responses.append(Response(f"x{number}", answers))
        planted[f"x{number}"] = str(persona)
    return Corpus(tuple(responses), tuple(items)), planted


def read_responses(path: Path) -> Corpus:
    rows = read_csv(path)
    items = tuple(item for item in ITEMS if item in rows[0])
    return Corpus(
        tuple(
            Response(
                row["id"],
                {item: row[item] for item in items if row[item]},
                tuple(option for option in row.get("channels", "").split(";") if option),
                row.get("quote") == "yes",
            )
            for row in rows
        ),
        items,
    )


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
