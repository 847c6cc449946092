"""From employees' answers to a scoring block: traits of each persona and facet, and the colleagues to compare with.

The block is plain data that can be written as JSON and read back to the same numbers. Scores are computed from it in
:mod:`analysis.scoring`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import calibration, traits
from analysis.corpus import Corpus, Progress
from analysis.encoder import Encoder
from analysis.facets import (
    FACET_FIELDS,
    FACET_WEIGHTS,
    FACETS,
    SCHEMA_VERSION,
    Facet,
    observed_sets,
    raw_score,
    segments_of,
    weighted_mean,
)
from analysis.redaction import is_sensitive
from analysis.segments import Segment, distinct
from analysis.views import texts_of

Floats = NDArray[np.float64]

#: The items from which the traits of a facet are learnt; items of other names tell who people are.
FACET_ITEMS: dict[Facet, tuple[str, ...]] = {
    "who": ("self", "good_day"),
    "skills": ("skills",),
    "why": ("stay", "good_day"),
}
#: What an answer would be in a lead's profile, so that a colleague can be scored like a stranger.
LIKE_FIELD = {"skills": "skills", "stay": "interest", "good_day": "experience"}
#: What content people want says how to reach them, not who fits.
IGNORED_ITEMS = frozenset({"content"})

#: A persona whose colleagues cannot be told from others (area under the curve) ranks nobody.
MIN_AUC = 0.7
#: Under so many colleagues a persona's scores are provisional.
PROVISIONAL_COLLEAGUES = 20
#: Segments among which themes are sought, and colleagues who are scored: a random part of very large personas.
MAX_THEME_SEGMENTS, MAX_REFERENCE_PEOPLE = 2000, 400

_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class _Said:
    """Everything employees said that may count, one row per segment, people numbered from 0."""

    people: NDArray[np.intp]
    segments: tuple[Segment, ...]
    items: tuple[str, ...]
    vectors: NDArray[np.float32]
    lexicon: traits.Lexicon
    n_people: int

    def rows(self, facet: Facet) -> NDArray[np.intp]:
        """Segments from which a facet's traits are learnt."""
        named = {item for items in FACET_ITEMS.values() for item in items}
        wanted = [i in FACET_ITEMS[facet] or (facet == "who" and i not in named) for i in self.items]
        return np.flatnonzero(wanted)

    def as_lead(self, facet: Facet) -> NDArray[np.intp]:
        """Segments in which the same people, as leads, would show a facet."""
        fields = FACET_FIELDS[facet]
        return np.flatnonzero([LIKE_FIELD.get(item, "summary") in fields for item in self.items])

    def features(self, rows: NDArray[np.intp]) -> Floats:
        """Features of some segments, shape (n_rows, dim + n_words)."""
        return traits.features([self.segments[r].text for r in rows], self.vectors[rows], self.lexicon)

    def similarity(self, rows: NDArray[np.intp], centres: Floats) -> Floats:
        """Scalar products of some segments with centres, shape (n_rows, n_centres)."""
        parts = [rows[i : i + _CHUNK] for i in range(0, len(rows), _CHUNK)]
        return np.vstack([np.zeros((0, len(centres))), *(self.features(part) @ centres.T for part in parts)])


@dataclass(frozen=True, slots=True)
class _Learnt:
    """One persona's traits of one facet, and how near everybody comes to them.

    ``similarity`` has one row per segment in ``rows`` and one column per trait; a colleague's segments are compared
    with the traits as they would be without that colleague. ``without`` holds, per person, the weights.
    """

    entries: list[dict[str, Any]]
    rows: NDArray[np.intp]
    similarity: Floats
    low: Floats
    high: Floats
    weights: Floats


def scoring_block(
    corpus: Corpus,
    membership: Mapping[str, tuple[str, float]],
    encoder: Encoder,
    *,
    seed: int,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Learn what to look for in leads from the employees of each persona.

    Parameters
    ----------
    corpus : Corpus
        All responses; those in no persona serve as others.
    membership : mapping of str to (str, float)
        Response id to persona key and degree of membership, 0 to 1.
    encoder : Encoder
    seed : int
        For the random stretches of answers in the calibration. Equal inputs and seed give an equal block,
        whatever the order of the responses.
    progress : Progress, optional
        Called while texts are encoded and once per persona.

    Returns
    -------
    dict
        Plain data for JSON; floats have at most 6 decimals.

    Notes
    -----
    A trait is found as five colleagues' nearest sentences and kept if the persona's people come near it more
    often than others (shrunken log-odds). References are length-matched and leave-one-out.
    """
    said, keys = _read(corpus, membership, encoder, progress)
    middles = {facet: _middle(said, said.rows(facet)) for facet in FACETS}
    packed = {facet: traits.packed(middles[facet], encoder.dim, said.lexicon) for facet in FACETS}
    middles = {facet: traits.unpacked(packed[facet], encoder.dim, said.lexicon) for facet in FACETS}
    names = sorted({key for key in keys if key is not None})
    personas = []
    for done, name in enumerate(names):
        inside = np.array([key == name for key in keys])
        personas.append(_persona(name, said, inside, middles, np.random.default_rng([seed, done])))
        if progress is not None:
            progress(done + 1, len(names), "learning what to look for in leads")
    return {
        "schema_version": SCHEMA_VERSION,
        "encoder": encoder.hash,
        "words": {"rarity": dict(said.lexicon.rarity), "unseen": said.lexicon.unseen},
        "facets": {facet: {"weight": FACET_WEIGHTS[facet], "middle": packed[facet]} for facet in FACETS},
        "personas": personas,
    }


def _read(
    corpus: Corpus, membership: Mapping[str, tuple[str, float]], encoder: Encoder, progress: Progress | None
) -> tuple[_Said, list[str | None]]:
    """Cut and encode everything, people sorted by what they said so that the order of rows cannot matter."""
    spoken: list[tuple[str, str, list[Segment], list[str]]] = []
    for response in corpus.responses:
        texts = {item: text for item, text in texts_of(response).items() if item not in IGNORED_ITEMS}
        segments: dict[str, tuple[Segment, str]] = {}
        for item in sorted(texts, key=lambda item: (item in LIKE_FIELD, item)):
            for segment in distinct(segments_of(item, texts[item])):
                segments.setdefault(segment.text, (segment, item))
        key = membership.get(response.id, ("", 0.0))[0]
        content = hashlib.sha256("\n".join([key, *segments]).encode("utf-8", "replace")).hexdigest()
        spoken.append((content, key, [s for s, _ in segments.values()], [i for _, i in segments.values()]))
    spoken.sort(key=lambda entry: entry[0])
    documents = [[segment.text for segment in segments] for _, _, segments, _ in spoken]
    lexicon = traits.Lexicon.of(documents)
    flat = tuple(segment for _, _, segments, _ in spoken for segment in segments)
    said = _Said(
        np.repeat(np.arange(len(spoken)), [len(texts) for texts in documents]),
        flat,
        tuple(item for *_, items in spoken for item in items),
        encoder.encode([segment.text for segment in flat], progress),
        lexicon,
        len(spoken),
    )
    return said, [key or None for _, key, _, _ in spoken]


def _middle(said: _Said, rows: NDArray[np.intp]) -> Floats:
    """What all segments have in common: compared with it, only what is said beyond it counts."""
    width = said.vectors.shape[1] + len(said.lexicon.rarity)
    total = np.zeros(width)
    for i in range(0, len(rows), _CHUNK):
        total += said.features(rows[i : i + _CHUNK]).sum(axis=0)
    return total / max(len(rows), 1)


def _persona(
    name: str,
    said: _Said,
    inside: NDArray[np.bool_],
    middles: Mapping[Facet, Floats],
    rng: np.random.Generator,
) -> dict[str, Any]:
    learnt = {facet: _learn(facet, said, inside, middles[facet]) for facet in FACETS}
    people = _sample(np.flatnonzero(inside), rng)
    others = _sample(np.flatnonzero(~inside), rng)
    starts = rng.random((len(people) + len(others), calibration.N_STRETCHES))
    facets: dict[str, Any] = {f: {"traits": learnt[f].entries, "reference": {}} for f in FACETS}
    reference: dict[str, dict[str, list[float]]] = {"+".join(subset): {} for subset in observed_sets()}
    auc: dict[str, float | None] = {}
    for size in calibration.SIZES:
        raw = {
            facet: _raw_scores(said, learnt[facet], np.concatenate([people, others]), starts, size)
            for facet in FACETS
        }
        shares: dict[Facet, Floats] = {}
        for facet in FACETS:
            ours = raw[facet][: len(people)]
            points = calibration.quantiles(ours[~np.isnan(ours)]) if not np.isnan(ours).all() else []
            facets[facet]["reference"][str(size)] = points
            shares[facet] = np.vectorize(
                lambda x, points=points: np.nan if np.isnan(x) else calibration.share_below(float(x), points),
                otypes=[np.float64],
            )(raw[facet])
        for subset in observed_sets():
            total = _means(shares, subset, len(people) + len(others))
            ours = total[: len(people)]
            known = ours[~np.isnan(ours)]
            reference["+".join(subset)][str(size)] = calibration.quantiles(known) if len(known) else []
        everything = _means(shares, FACETS, len(people) + len(others), missing_ok=True)
        ours, theirs = everything[: len(people)], everything[len(people) :]
        area = calibration.area_under_curve(ours[~np.isnan(ours)], theirs[~np.isnan(theirs)])
        auc[str(size)] = None if area is None else round(area, 4)
    typical = auc[str(calibration.SIZES[1])]
    return {
        "key": name,
        "n": int(inside.sum()),
        "provisional": int(inside.sum()) < PROVISIONAL_COLLEAGUES,
        "ranks": typical is not None and typical >= MIN_AUC,
        "auc": auc,
        "facets": facets,
        "reference": reference,
    }


def _means(
    shares: Mapping[Facet, Floats], subset: Sequence[Facet], n: int, missing_ok: bool = False
) -> Floats:
    """Weighted means over a set of facets, shape (n_people, n_stretches); nan where one is missing."""
    out = np.full((n, calibration.N_STRETCHES), np.nan)
    for i, j in np.ndindex(out.shape):
        seen = {facet: float(shares[facet][i, j]) for facet in subset if not np.isnan(shares[facet][i, j])}
        if seen and (missing_ok or len(seen) == len(subset)):
            out[i, j] = weighted_mean(seen, FACET_WEIGHTS)
    return out


def _sample(people: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    if len(people) <= MAX_REFERENCE_PEOPLE:
        return people
    return np.sort(rng.choice(people, MAX_REFERENCE_PEOPLE, replace=False))


def _learn(facet: Facet, said: _Said, inside: NDArray[np.bool_], middle: Floats) -> _Learnt:
    rows = said.rows(facet)
    own = rows[inside[said.people[rows]]]
    # People are in the order of a hash of their answers, so every n-th segment is a random part.
    own = own[:: max(1, -(-len(own) // MAX_THEME_SEGMENTS))]
    X = said.features(own)
    found = traits.themes(X, said.people[own])
    dim = said.vectors.shape[1]
    stored = [traits.packed(theme.centre, dim, said.lexicon) for theme in found]
    shape = (len(found), X.shape[1])
    centres = np.array([traits.unpacked(entry, dim, said.lexicon) for entry in stored]).reshape(shape)
    heard = said.as_lead(facet)
    similarity = said.similarity(heard, centres - middle)
    for column, theme in enumerate(found):
        for row in theme.rows:
            person = said.people[own[row]]
            without = X[theme.rows[theme.rows != row]].mean(axis=0)
            without = without / max(float(np.linalg.norm(without)), 1e-12) - middle
            theirs = np.flatnonzero(said.people[heard] == person)
            similarity[theirs, column] = said.similarity(heard[theirs], without[None, :])[:, 0]
    best = traits.best_per_person(similarity, said.people[heard], said.n_people)
    spoke = np.isfinite(best).all(axis=1) if len(found) else np.zeros(said.n_people, dtype=bool)
    if not (spoke & inside).any() or not (spoke & ~inside).any():
        return _Learnt([], heard, similarity[:, :0], *(np.zeros(0) for _ in range(3)))
    low = np.quantile(best[spoke & ~inside], traits.OUTSIDE_QUANTILE, axis=0)
    high = np.maximum(np.quantile(best[spoke & inside], traits.INSIDE_QUANTILE, axis=0), low + 0.01)
    n_inside = (best[spoke & inside] > low).sum(axis=0).astype(np.float64)
    n_outside = (best[spoke & ~inside] > low).sum(axis=0).astype(np.float64)
    weights = traits.log_odds(
        n_inside, float((spoke & inside).sum()), n_outside, float((spoke & ~inside).sum())
    )
    entries: list[dict[str, Any]] = []
    kept: list[int] = []
    taken: set[str] = set()
    for column in np.argsort(-np.round(weights, 9), kind="stable"):
        n = int(n_inside[column])
        if len(kept) == traits.MAX_TRAITS or weights[column] <= 0 or n < traits.MIN_COLLEAGUES:
            continue
        texts = [said.segments[own[row]].text for row in found[column].rows]
        text = traits.label(texts, stored[column]["words"], taken)
        if not text or is_sensitive(text):
            continue
        kept.append(int(column))
        numbers = {"low": low[column], "high": high[column], "weight": weights[column]}
        entries.append(
            {"text": text, "n": n, **{k: round(float(x), 6) for k, x in numbers.items()}, **stored[column]}
        )
    columns = np.array(kept, dtype=np.intp)
    return _Learnt(
        entries,
        heard,
        similarity[:, columns],
        *(
            np.array([entry[name] for entry in entries], dtype=np.float64)
            for name in ("low", "high", "weight")
        ),
    )


def _raw_scores(
    said: _Said,
    learnt: _Learnt,
    people: NDArray[np.intp],
    starts: Floats,
    size: int,
) -> Floats:
    """Score people as strangers on stretches of their answers, shape (n_people, n_stretches); nan: said nothing."""
    out = np.full((len(people), calibration.N_STRETCHES), np.nan)
    if not learnt.entries:
        return out
    order = np.argsort(said.people[learnt.rows], kind="stable")
    owners = said.people[learnt.rows][order]
    for i, person in enumerate(people):
        rows = order[np.searchsorted(owners, person, "left") : np.searchsorted(owners, person, "right")]
        if not len(rows):
            continue
        segments = [said.segments[learnt.rows[row]] for row in rows]
        for j in range(calibration.N_STRETCHES):
            part = rows[calibration.stretch(segments, size, float(starts[i, j]))]
            met = traits.strength(learnt.similarity[part].max(axis=0), learnt.low, learnt.high)
            out[i, j] = raw_score(met, learnt.weights)
    return out
