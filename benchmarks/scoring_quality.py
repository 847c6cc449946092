"""How well leads are ranked: the additive fit beside TF-IDF and beside a sum that explains nothing.

    python benchmarks/scoring_quality.py responses.csv responses_truth.csv leads.csv leads_truth.csv

The planted personas are the membership, so that only the scoring is measured. A lead is positive for its persona from
``--least-fit`` on. Also printed: whether colleagues who were left out reach the middle of the scale, and how much
another name changes.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score, roc_auc_score

from analysis.corpus import Corpus, Response
from analysis.encoder import CachedEncoder, Encoder, bundled_encoder
from analysis.evidence import FIELDS, EvidenceDocument, evidence_document
from analysis.scoring import LeadScore, Scorer, scoring_block
from analysis.segments import plain

ITEMS = ("self", "skills", "stay", "good_day")
#: Items of the survey beside the fields of a lead, for the sum that explains nothing.
SIDES = (
    (("self", "good_day"), ("headline", "summary", "experience")),
    (("skills",), ("skills", "headline", "experience")),
    (("stay", "good_day"), ("summary", "interest")),
)
N_FOLDS = 4
NAMES = ("Emeka Ugochukwu", "Ann Lee", "Julia Swift", "Ruby Stone")

Floats = NDArray[np.float64]
Row = Mapping[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs=4, type=Path, metavar="CSV")
    parser.add_argument("--least-fit", type=int, default=1)
    arguments = parser.parse_args()
    responses, truth, leads, lead_truth = (_rows(path) for path in arguments.files)
    persona = {row["id"]: row["persona"] for row in truth}
    names = sorted({name for name in persona.values() if name != "none"})
    wanted = {
        row["id"]: row["persona"] if int(row["fit"]) >= arguments.least_fit else "" for row in lead_truth
    }
    relevant = np.array([[wanted[lead["id"]] == name for name in names] for lead in leads])
    encoder = CachedEncoder(bundled_encoder())
    documents = [_document(lead) for lead in leads]

    clock = time.perf_counter()
    scorer = _scorer(responses, persona, encoder)
    learnt = time.perf_counter()
    found = [scorer.score(document) for document in documents]
    print(
        f"learnt in {learnt - clock:.1f} s, {len(leads)} leads scored in {time.perf_counter() - learnt:.1f} s"
    )
    print(f"{'':34}{'AUC':>8}{'AP':>8}{'fit/no':>8}  AUC per persona ({', '.join(names)})")
    words = _tfidf(responses, persona, documents, names, centred=False)
    facets, sentences = _encoded(responses, persona, documents, names, encoder)
    contrast = _tfidf(responses, persona, documents, names, centred=True)
    _line("additive fit", _fits(found, scorer.personas, names), relevant)
    _line("TF-IDF centroid cosine", words, relevant)
    _line("encoder per facet", facets, relevant)
    _line(
        "words + facets + three sentences", sum(_scaled(x) for x in (contrast, facets, sentences)), relevant
    )
    _calibration(responses, persona, encoder)
    _swaps(scorer, leads, found)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _document(lead: Row, **changes: str) -> EvidenceDocument:
    changed = {**lead, **changes}
    return evidence_document(changed, identity=[changed["name"], changed["email"]])


def _scorer(responses: Sequence[Row], persona: Mapping[str, str], encoder: Encoder) -> Scorer:
    corpus = Corpus.of(
        Response(row["id"], {item: row[item] for item in ITEMS if row.get(item)}) for row in responses
    )
    membership = {row["id"]: (persona[row["id"]], 1.0) for row in responses if persona[row["id"]] != "none"}
    return Scorer(scoring_block(corpus, membership, encoder, seed=0), encoder)


def _fits(found: Sequence[Sequence[LeadScore]], order: Sequence[str], names: Sequence[str]) -> Floats:
    fits = [[-1 if score.fit is None else score.fit for score in scores] for scores in found]
    return np.array(fits, dtype=np.float64)[:, [order.index(name) for name in names]]


def _line(title: str, scores: Floats, relevant: NDArray[np.bool_]) -> None:
    each = [roc_auc_score(relevant[:, i], scores[:, i]) for i in range(scores.shape[1])]
    precision = [average_precision_score(relevant[:, i], scores[:, i]) for i in range(scores.shape[1])]
    overall = roc_auc_score(relevant.any(axis=1), scores.max(axis=1))
    detail = " ".join(f"{area:.2f}" for area in each)
    print(f"{title:34}{np.mean(each):8.3f}{np.mean(precision):8.3f}{overall:8.3f}  {detail}")


def _scaled(scores: Floats) -> Floats:
    return (scores - scores.mean()) / scores.std()


def _centres(X: Floats, kinds: Sequence[str], names: Sequence[str], centred: bool) -> Floats:
    means = np.array([X[[kind == name for kind in kinds]].mean(axis=0) for name in names])
    means = means - X.mean(axis=0) if centred else means
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True))


def _joined(texts: Callable[[str], str], fields: Sequence[str]) -> str:
    return plain(" ".join(texts(field) for field in fields))


def _tfidf(
    responses: Sequence[Row],
    persona: Mapping[str, str],
    documents: Sequence[EvidenceDocument],
    names: Sequence[str],
    centred: bool,
) -> Floats:
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", ngram_range=(1, 2))
    X = vectorizer.fit_transform(
        [" ".join(row.get(item) or "" for item in ITEMS) for row in responses]
    ).toarray()
    Z = vectorizer.transform([_joined(document.text, FIELDS) for document in documents]).toarray()
    return np.asarray(Z @ _centres(X, [persona[row["id"]] for row in responses], names, centred).T)


def _encoded(
    responses: Sequence[Row],
    persona: Mapping[str, str],
    documents: Sequence[EvidenceDocument],
    names: Sequence[str],
    encoder: Encoder,
) -> tuple[Floats, Floats]:
    """Cosine per facet, whole and by the three best sentences, added over facets."""
    whole = np.zeros((len(documents), len(names)))
    best = np.zeros_like(whole)
    kinds = [persona[row["id"]] for row in responses]
    for items, fields in SIDES:
        X = encoder.encode([plain(" ".join(row.get(item) or "" for item in items)) for row in responses])
        centres = _centres(X.astype(np.float64), kinds, names, centred=True)
        for i, document in enumerate(documents):
            text = _joined(document.text, fields)
            if len(text) < 20:
                continue
            whole[i] += encoder.encode([text])[0] @ centres.T
            parts = [
                plain(part) for field in fields for part in document.text(field).split(".") if part.strip()
            ]
            near = np.sort(encoder.encode(parts) @ centres.T, axis=0)[::-1]
            best[i] += near[:3].mean(axis=0)
    return whole, best


def _calibration(responses: Sequence[Row], persona: Mapping[str, str], encoder: Encoder) -> None:
    own, other = [], []
    for fold in range(N_FOLDS):
        scorer = _scorer([row for i, row in enumerate(responses) if i % N_FOLDS != fold], persona, encoder)
        for row in responses[fold::N_FOLDS]:
            lead = {"summary": row["self"], "skills": row["skills"], "experience": row.get("good_day") or ""}
            scores = scorer.score(evidence_document({**lead, "interest": row["stay"]}))
            own += [s.fit for s in scores if s.fit is not None and s.persona == persona[row["id"]]]
            other += [s.fit for s in scores if s.fit is not None and s.persona != persona[row["id"]]]
    low, middle, high = np.percentile(own, [25, 50, 75])
    print(
        f"colleagues left out: mean {np.mean(own):.0f}, quartiles {low:.0f} {middle:.0f} {high:.0f} (50; 25 50 75)"
    )
    print(f"others: mean {np.mean(other):.0f}, at 50 or more {np.mean(np.array(other) >= 50):.0%}")


def _swaps(scorer: Scorer, leads: Sequence[Row], found: Sequence[Sequence[LeadScore]]) -> None:
    """Give every lead other names, in the columns and at the start of the summary."""
    largest = 0
    for lead in leads:
        fits = set()
        for name in NAMES:
            email = f"{name.split()[0].lower()}@example.org"
            text = f"{name} wrote to us. {lead['summary']}"
            fits.add(
                tuple(s.fit for s in scorer.score(_document(lead, name=name, email=email, summary=text)))
            )
        spread = np.array([[-1 if fit is None else fit for fit in row] for row in fits])
        largest = max(largest, int((spread.max(axis=0) - spread.min(axis=0)).max()))
    print(f"another name, in the column and in the text: largest difference {largest}")
    renamed = [
        scorer.score(_document(lead, name=NAMES[i % len(NAMES)], email="x@example.org"))
        for i, lead in enumerate(leads)
    ]
    changed = sum(a != b for a, b in zip(renamed, found, strict=True))
    print(f"another name in the column alone: {changed} of {len(leads)} leads changed")


if __name__ == "__main__":
    main()
