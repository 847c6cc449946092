"""How well leads are ranked: the additive fit beside TF-IDF and beside a sum that explains nothing.

    python -m benchmarks.scoring_quality [--grounds NAME ...] [--planted]

Membership is what is discovered with seed 0 and the number of personas unknown; a planted persona is scored by the
discovered one that shares most people with it (Jaccard). With ``--planted`` it is the planted personas, so that only
the scoring is measured. A lead is positive for its persona from ``--least-fit`` on. Also printed: whether colleagues
who were left out reach the middle of the scale, how often a field that is taken away moves a fit, and how much another
name changes.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kstest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import average_precision_score, roc_auc_score

from analysis import discover
from analysis.corpus import Corpus
from analysis.encoder import CachedEncoder, Encoder, bundled_encoder
from analysis.evidence import FIELDS, EvidenceDocument, evidence_document
from analysis.facets import REST
from analysis.learning import LIKE_FIELD
from analysis.scoring import LeadScore, Scorer, scoring_block
from analysis.segments import plain
from benchmarks.grounds import HELD_OUT, ROOT, Ground, demo, held_out, practice

ITEMS = ("self", "skills", "stay", "good_day")
#: Items of the survey beside the fields of a lead, for the sum that explains nothing.
SIDES = (
    (("self", "good_day"), ("headline", "summary", "experience")),
    (("skills",), ("skills", "headline", "experience")),
    (("stay", "good_day"), ("summary", "interest")),
)
N_FOLDS = 4
NAMES = ("Emeka Ugochukwu", "Ann Lee", "Julia Swift", "Ruby Stone")
#: Folders with leads.csv and leads_truth.csv beside the answers.
GROUNDS = ("demo", "bank", "retail", "clinic", "energy", *HELD_OUT)

Floats = NDArray[np.float64]
Row = Mapping[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--grounds", nargs="+", choices=GROUNDS, default=GROUNDS)
    parser.add_argument("--planted", action="store_true")
    parser.add_argument("--least-fit", type=int, default=1)
    arguments = parser.parse_args()
    encoder = CachedEncoder(bundled_encoder())
    for ground in (demo(), *practice(), *held_out()):
        if ground.name in arguments.grounds:
            _measure(ground, encoder, planted=arguments.planted, least_fit=arguments.least_fit)


def _measure(ground: Ground, encoder: CachedEncoder, *, planted: bool, least_fit: int) -> None:
    leads, lead_truth = _leads(ground.name)
    names = sorted({ground.truth[one] for one in ground.planted})
    membership = {one: (ground.truth[one], 1.0) for one in ground.planted}
    if not planted:
        report = discover(ground.corpus, encoder=encoder, seed=0)
        membership = {a.id: (a.persona, a.membership) for a in report.assignments if a.persona}
    of_planted = {name: _most_like(name, ground.truth, membership) for name in names}
    wanted = {row["id"]: row["persona"] if int(row["fit"]) >= least_fit else "" for row in lead_truth}
    relevant = np.array([[wanted[lead["id"]] == name for name in names] for lead in leads])
    documents = [_document(lead) for lead in leads]
    corpus = ground.corpus

    clock = time.process_time()
    scorer = Scorer(scoring_block(corpus, membership, encoder, seed=0), encoder)
    learnt = time.process_time()
    found = scorer.score_all(documents)
    print(
        f"\n{ground.name}, {'planted' if planted else 'discovered'} personas: learnt in {learnt - clock:.1f} CPU s, "
        f"{len(leads)} leads scored in {time.process_time() - learnt:.1f}"
    )
    print(f"{'':34}{'AUC':>8}{'AP':>8}{'fit/no':>8}  AUC per persona ({', '.join(names)})")
    keys = [of_planted[name] for name in names]
    kinds = [membership.get(response.id, ("", 0.0))[0] for response in corpus.responses]
    words = _tfidf(corpus, kinds, documents, keys, centred=False)
    facets, sentences = _encoded(corpus, kinds, documents, keys, encoder)
    contrast = _tfidf(corpus, kinds, documents, keys, centred=True)
    _line("additive fit", _fits(found, scorer.personas, keys), relevant)
    _line("TF-IDF centroid cosine", words, relevant)
    _line("encoder per facet", facets, relevant)
    together = _scaled(contrast) + _scaled(facets) + _scaled(sentences)
    _line("words + facets + three sentences", together, relevant)
    _names(found)
    _calibration(corpus, membership, encoder)
    _without_a_field(scorer, leads, found)
    _swaps(scorer, leads, found)


def _leads(name: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    if name == "demo":
        return _rows(ROOT / "survey/demo/leads.csv"), _rows(ROOT / "tests/data/leads_truth.csv")
    (folder,) = (ROOT / "benchmarks").glob(f"*/{name}")
    return _rows(folder / "leads.csv"), _rows(folder / "leads_truth.csv")


def _most_like(name: str, truth: Mapping[str, str], membership: Mapping[str, tuple[str, float]]) -> str:
    """The persona that shares most people with a planted one."""
    planted = {one for one, persona in truth.items() if persona == name}
    groups: dict[str, set[str]] = {}
    for one, (key, _) in membership.items():
        groups.setdefault(key, set()).add(one)
    return max(sorted(groups), key=lambda key: len(planted & groups[key]) / len(planted | groups[key]))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _document(lead: Row, **changes: str) -> EvidenceDocument:
    changed = {**lead, **changes}
    return evidence_document(changed, identity=[changed["name"], changed["email"]])


def _fits(found: Sequence[Sequence[LeadScore]], order: Sequence[str], names: Sequence[str]) -> Floats:
    fits = [[-1 if score.exact is None else score.exact for score in scores] for scores in found]
    return np.array(fits, dtype=np.float64)[:, [order.index(name) for name in names]]


def _line(title: str, scores: Floats, relevant: NDArray[np.bool_]) -> None:
    each = [roc_auc_score(relevant[:, i], scores[:, i]) for i in range(scores.shape[1])]
    precision = [average_precision_score(relevant[:, i], scores[:, i]) for i in range(scores.shape[1])]
    overall = roc_auc_score(relevant.any(axis=1), scores.max(axis=1))
    detail = " ".join(f"{area:.2f}" for area in each)
    print(f"{title:34}{np.mean(each):8.3f}{np.mean(precision):8.3f}{overall:8.3f}  {detail}")


def _scaled(scores: Floats) -> Floats:
    return np.asarray((scores - scores.mean()) / scores.std())


def _centres(X: Floats, kinds: Sequence[str], names: Sequence[str], centred: bool) -> Floats:
    means = np.array([X[[kind == name for kind in kinds]].mean(axis=0) for name in names])
    means = means - X.mean(axis=0) if centred else means
    return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True))


def _joined(texts: Callable[[str], str], fields: Sequence[str]) -> str:
    return plain(" ".join(texts(field) for field in fields))


def _tfidf(
    corpus: Corpus,
    kinds: Sequence[str],
    documents: Sequence[EvidenceDocument],
    names: Sequence[str],
    centred: bool,
) -> Floats:
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", ngram_range=(1, 2))
    X = vectorizer.fit_transform(
        [" ".join(response.answers.get(item, "") for item in ITEMS) for response in corpus.responses]
    ).toarray()
    Z = vectorizer.transform([_joined(document.text, FIELDS) for document in documents]).toarray()
    return np.asarray(Z @ _centres(X, kinds, names, centred).T)


def _encoded(
    corpus: Corpus,
    kinds: Sequence[str],
    documents: Sequence[EvidenceDocument],
    names: Sequence[str],
    encoder: Encoder,
) -> tuple[Floats, Floats]:
    """Cosine per facet, whole and by the three best sentences, added over facets."""
    whole = np.zeros((len(documents), len(names)))
    best = np.zeros_like(whole)
    for items, fields in SIDES:
        told = [" ".join(response.answers.get(item, "") for item in items) for response in corpus.responses]
        X = encoder.encode([plain(text) for text in told])
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


def _names(found: Sequence[Sequence[LeadScore]]) -> None:
    """How many points have a name of their own, and not one that says no more than that they were earned."""
    points = Counter({True: 0, False: 0})
    for score in chain.from_iterable(found):
        for part in score.contributions:
            points[part.trait in REST.values()] += abs(part.points)
    print(f"points with a name of their own: {points[False] / points.total():.0%}")


def _calibration(corpus: Corpus, membership: Mapping[str, tuple[str, float]], encoder: Encoder) -> None:
    own: list[float] = []
    other: list[float] = []
    for fold in range(N_FOLDS):
        for mine, others in left_out(corpus, membership, encoder, fold, N_FOLDS):
            own += [mine] if mine is not None else []
            other += others
    low, middle, high = np.percentile(own, [25, 50, 75])
    print(
        f"colleagues left out: mean {np.mean(own):.0f}, quartiles {low:.0f} {middle:.0f} {high:.0f} (50; 25 50 75), "
        f"Kolmogorov-Smirnov {kstest(np.array(own) / 100, 'uniform').statistic:.2f} "
        f"({1.36 / np.sqrt(len(own)):.2f} at 5 %, {len(own)} people)"
    )
    print(f"others: mean {np.mean(other):.0f}, at 50 or more {np.mean(np.array(other) >= 50):.0%}")


def left_out(
    corpus: Corpus, membership: Mapping[str, tuple[str, float]], encoder: Encoder, fold: int, n_folds: int
) -> Iterator[tuple[int | None, list[int]]]:
    """Score one part of the colleagues as leads, by all they said, with what was learnt of the other parts.

    Yields for each the fit with the persona they are in, None without a number, and the fits with the others; who is in
    none is left out.
    """
    kept = tuple(one for i, one in enumerate(corpus.responses) if i % n_folds != fold)
    scorer = Scorer(scoring_block(replace(corpus, responses=kept), membership, encoder, seed=0), encoder)
    people = [one for one in corpus.responses[fold::n_folds] if one.id in membership]
    documents = [
        evidence_document(
            {LIKE_FIELD.get(item, "summary"): text for item, text in one.answers.items() if item in ITEMS}
        )
        for one in people
    ]
    for one, scores in zip(people, scorer.score_all(documents, explained=False), strict=True):
        fits = {score.persona: score.fit for score in scores if score.fit is not None}
        yield fits.pop(membership[one.id][0], None), [*fits.values()]


def _without_a_field(scorer: Scorer, leads: Sequence[Row], found: Sequence[Sequence[LeadScore]]) -> None:
    """Take one field away at a time: how far does the fit with the best persona move?"""
    for field in FIELDS:
        moved = []
        for lead, before in zip(leads, found, strict=True):
            after = scorer.score(_document(lead, **{field: ""}))
            moved += [
                abs(new.fit - old.fit)
                for new, old in zip(after, before, strict=True)
                if lead[field].strip() and new.fit is not None and old.fit is not None
            ]
        print(
            f"without {field}: moves by {np.mean(moved):.0f} on average, 95 % by {np.percentile(moved, 95):.0f} or less"
        )


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
