"""How well sentences are read against the codebook, and the weights by which they are.

    python -m benchmarks.reading [--write]

``judged_sentences.csv`` holds sentences of organisations with a code of the codebook and what a reader said of it: 2
the sentence says it, 1 partly, 0 no; and how it was drawn. The weights of the signs (:class:`analysis.weighing.Signs`)
are those of a logistic regression on "at least partly". Each organisation is read by weights fitted on the others; the
harbour, whose sentences were judged as well, by those of all others. With ``--write`` the weights go to
``analysis/reading.json``.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from analysis import CachedEncoder, bundled_encoder
from analysis.codebook import codebook
from analysis.discovery import in_order
from analysis.encoder import Encoder
from analysis.meaning import Sentence, seed_words, sentence_vectors, told_by
from analysis.views import prepare
from analysis.weighing import ASKED, signs_of
from benchmarks.grounds import ROOT, Ground, held_out, practice

JUDGED = ROOT / "benchmarks/judged_sentences.csv"
WEIGHTS = ROOT / "analysis/reading.json"
#: Judged, and never fitted to.
ASIDE = "harbour"
KINDS = tuple(ASKED)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Sentences that were judged: their signs, kinds of code as columns behind, and what the reader said."""

    names: tuple[str, ...]
    X: Floats
    grades: NDArray[np.int64]
    organisations: NDArray[np.str_]
    drawn_from: NDArray[np.str_]


def main() -> None:
    """Print how well sentences are read; write the weights if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="write the weights to analysis/reading.json")
    arguments = parser.parse_args()
    judged = collected(CachedEncoder(bundled_encoder()))
    print(
        f"{len(judged.grades)} judged sentences: {np.bincount(judged.grades).tolist()} say no, partly, yes\n"
    )
    ours = judged.organisations != ASIDE
    evidence = np.zeros(len(judged.grades))
    for name in dict.fromkeys(judged.organisations.tolist()):
        there = judged.organisations == name
        evidence[there] = judged.X[there] @ fitted(judged, ours & ~there)
    shown = {"others left out in turn": ours, f"{ASIDE}, never fitted to": ~ours}
    for title, rows in shown.items():
        table(title, judged, evidence, rows)
    weights = fitted(judged, ours)
    named = dict(zip(judged.names, np.round(weights, 4).tolist(), strict=True))
    print(json.dumps(named))
    if arguments.write:
        WEIGHTS.write_text(json.dumps(named, indent=1) + "\n", encoding="utf-8")


def fitted(judged: Judged, rows: NDArray[np.bool_]) -> Floats:
    """Return the weights of signs and kinds, fitted on some of the sentences."""
    model = LogisticRegression(fit_intercept=False, max_iter=5_000)
    model.fit(judged.X[rows], judged.grades[rows] >= 1)
    return np.asarray(model.coef_[0], dtype=np.float64)


def table(title: str, judged: Judged, evidence: Floats, rows: NDArray[np.bool_]) -> None:
    """Print areas, and how many of the sentences above some levels of evidence say it."""
    print(title)
    for name in ("all", *dict.fromkeys(judged.drawn_from[rows].tolist())):
        some = rows & ((judged.drawn_from == name) | (name == "all"))
        yes, plainly, found = judged.grades[some] >= 1, judged.grades[some] == 2, evidence[some]
        if yes.all() or not yes.any():
            continue
        beyond = {level: found > level for level in (-1.0, 0.0, 1.0)}
        levels = "  ".join(
            f">{level:+.0f}: {int(above.sum())} {yes[above].mean():.2f} {plainly[above].mean():.2f}"
            for level, above in beyond.items()
            if above.any()
        )
        area, precision = roc_auc_score(yes, found), average_precision_score(yes, found)
        print(f"  {name:12s} {len(yes):5d}  area {area:.3f}  precision {precision:.3f}  {levels}")
    print()


def collected(encoder: Encoder) -> Judged:
    """Find the judged sentences again in the answers and collect their signs."""
    columns = {code.code: column for column, code in enumerate(codebook())}
    kinds = [code.kind for code in codebook()]
    rows: list[dict[str, str]] = []
    X: list[list[float]] = []
    names: tuple[str, ...] = ()
    for ground in (*practice(), *held_out()):
        wanted = [row for row in judged_rows() if row["organisation"] == ground.name]
        if not wanted:
            continue
        sentences = sentences_of(ground)
        place = {(one.item, one.plain): row for row, one in enumerate(sentences)}
        vectors = sentence_vectors(sentences, encoder)
        texts, items = [one.plain for one in sentences], [one.item for one in sentences]
        signs = signs_of(texts, items, vectors, seed_words(sentences, codebook(), "en")).by_name()
        names = tuple(signs)
        for row in wanted:
            at = place[row["item"], row["sentence"]], columns[row["code"]]
            X.append(
                [*(float(sign[at]) for sign in signs.values()), *(kinds[at[1]] == kind for kind in KINDS)]
            )
        rows += wanted
    return Judged(
        (*names, *KINDS),
        np.array(X, dtype=np.float64),
        np.array([int(row["grade"]) for row in rows]),
        np.array([row["organisation"] for row in rows]),
        np.array([row["drawn_from"] for row in rows]),
    )


def judged_rows() -> list[dict[str, str]]:
    """Read the sentences that were judged."""
    with JUDGED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sentences_of(ground: Ground) -> tuple[Sentence, ...]:
    """Return what the people of an organisation said, as it is read."""
    everybody = prepare(in_order(ground.corpus), languages=("en",))
    return told_by([person for person in everybody if person.set_aside is None])[1]


if __name__ == "__main__":
    main()
