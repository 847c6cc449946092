"""From employees' answers to a scoring block: traits of each persona and facet, and the colleagues to compare with.

The block is plain data that can be written as JSON and read back to the same numbers. Scores are computed from it in
:mod:`analysis.scoring`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis import calibration, traits
from analysis.corpus import Corpus, Progress
from analysis.encoder import Encoder
from analysis.facets import (
    FACET_FIELDS,
    FACET_WEIGHTS,
    FACETS,
    KINDS,
    SCHEMA_VERSION,
    Facet,
    observed_sets,
    segments_of,
    theme_score,
    weighted_mean,
)
from analysis.lexicon import Lexicon, Namer, stems
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
#: Nobody is typical with less than this: without a floor a rare kind of match would outweigh all else.
LEAST_TYPICAL = 0.02


@dataclass(frozen=True, slots=True)
class _Said:
    """Everything employees said that may count, one row per segment, people numbered from 0."""

    people: NDArray[np.intp]
    segments: tuple[Segment, ...]
    items: tuple[str, ...]
    X: Floats
    lexicon: Lexicon
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

    def words_by_person(self, rows: NDArray[np.intp]) -> list[dict[str, float]]:
        """Weighted words of each person in some segments."""
        found: list[set[str]] = [set() for _ in range(self.n_people)]
        for row in rows:
            found[self.people[row]] |= stems(self.segments[row].text)
        return [self.lexicon.weights(words) for words in found]


@dataclass(frozen=True, slots=True)
class _Themes:
    """One persona's themes of one facet; ``similarity`` has a row per segment that a lead would show.

    Colleagues are compared with the themes as they would be without them.
    """

    entries: list[dict[str, Any]]
    similarity: Floats
    low: Floats
    high: Floats
    weights: Floats


@dataclass(frozen=True, slots=True)
class _Words:
    """One persona's word fields of one facet, and what is needed to weigh them without one colleague."""

    entries: list[dict[str, Any]]
    column: Mapping[str, int]
    vectors: csr_array
    inside: Floats
    everyone: Floats
    length: float

    def weights_for(self, person: int, n_inside: int, is_inside: bool) -> Floats:
        """Weights of the words as they are for a stranger, shape (n_words,)."""
        inside, everyone = self.inside, self.everyone
        if is_inside:
            own = self.vectors[[person]].toarray()[0]
            n = self.vectors.shape[0]
            inside = (inside * n_inside - own) / max(n_inside - 1, 1)
            everyone = (everyone * n - own) / max(n - 1, 1)
        return np.maximum(inside - everyone, 0.0) / self.length


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
    packed = {facet: traits.packed(_middle(said.X[said.rows(facet)])) for facet in FACETS}
    middles = {facet: traits.unpacked(packed[facet]) for facet in FACETS}
    of_words = _word_vectors(said.lexicon, encoder)
    names = sorted({key for key in keys if key is not None})
    personas = []
    for done, name in enumerate(names):
        inside = np.array([key == name for key in keys])
        personas.append(_persona(name, said, inside, middles, of_words, np.random.default_rng([seed, done])))
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
    flat = tuple(segment for _, _, segments, _ in spoken for segment in segments)
    said = _Said(
        np.repeat(np.arange(len(spoken)), [len(segments) for _, _, segments, _ in spoken]),
        flat,
        tuple(item for *_, items in spoken for item in items),
        encoder.encode([segment.text for segment in flat], progress).astype(np.float64),
        Lexicon.of([[stems(segment.text) for segment in segments] for _, _, segments, _ in spoken]),
        len(spoken),
    )
    return said, [key or None for _, key, _, _ in spoken]


def _middle(X: Floats) -> Floats:
    """What all segments have in common: compared with it, only what is said beyond it counts."""
    return X.mean(axis=0) if len(X) else np.zeros(X.shape[1])


def _word_vectors(lexicon: Lexicon, encoder: Encoder) -> dict[str, Floats]:
    """Sentence vectors of single words, by which kindred words find each other."""
    words = list(lexicon.rarity)
    return dict(zip(words, encoder.encode(words).astype(np.float64), strict=True))


def _persona(
    name: str,
    said: _Said,
    inside: NDArray[np.bool_],
    middles: Mapping[Facet, Floats],
    of_words: Mapping[str, Floats],
    rng: np.random.Generator,
) -> dict[str, Any]:
    colleagues = _sample(np.flatnonzero(inside), rng)
    people = np.concatenate([colleagues, _sample(np.flatnonzero(~inside), rng)])
    starts = rng.random((len(people), calibration.N_STRETCHES))
    namer = Namer(segment.text for segment in said.segments)
    facets: dict[str, Any] = {}
    nearness: dict[tuple[Facet, int], Floats] = {}
    for facet in FACETS:
        themes = _learn_themes(said, facet, inside, middles[facet], namer)
        words = _learn_words(said, facet, inside, of_words, namer)
        entry: dict[str, Any] = {
            "themes": themes.entries,
            "words": words.entries,
            "typical": {},
            "reference": {},
        }
        for size in calibration.SIZES:
            met = _met(said, facet, themes, words, inside, people, starts, size)
            typical = {kind: _typical(values[: len(colleagues)]) for kind, values in met.items()}
            near = np.mean([met[kind] / typical[kind] for kind in KINDS], axis=0)
            nearness[facet, size] = near
            entry["typical"][str(size)] = typical
            entry["reference"][str(size)] = calibration.quantiles(near[: len(colleagues)])
        facets[facet] = entry
    reference: dict[str, dict[str, list[float]]] = {"+".join(subset): {} for subset in observed_sets()}
    auc: dict[str, float | None] = {}
    for size in calibration.SIZES:
        at_size = {facet: nearness[facet, size] for facet in FACETS}
        for subset in observed_sets():
            total = _means(at_size, subset)
            reference["+".join(subset)][str(size)] = calibration.quantiles(total[: len(colleagues)])
        auc[str(size)] = calibration.area_under_curve(
            *np.split(_means(at_size, FACETS, missing_ok=True), [len(colleagues)])
        )
    typical_auc = auc[str(calibration.SIZES[1])]
    return {
        "key": name,
        "n": int(inside.sum()),
        "provisional": int(inside.sum()) < PROVISIONAL_COLLEAGUES,
        "ranks": typical_auc is not None and typical_auc >= MIN_AUC,
        "auc": auc,
        "facets": facets,
        "reference": reference,
    }


def _typical(values: Floats) -> float:
    """What a typical colleague reaches; the unit in which themes and words are added up."""
    known = values[~np.isnan(values)]
    return round(max(float(np.median(known)), LEAST_TYPICAL), 6) if len(known) else 1.0


def _means(nearness: Mapping[Facet, Floats], subset: Sequence[Facet], missing_ok: bool = False) -> Floats:
    """Weighted means over a set of facets, shape (n_people, n_stretches); nan where one is missing."""
    out = np.full(nearness[subset[0]].shape, np.nan)
    for i, j in np.ndindex(out.shape):
        seen = {
            facet: float(nearness[facet][i, j]) for facet in subset if not np.isnan(nearness[facet][i, j])
        }
        if seen and (missing_ok or len(seen) == len(subset)):
            out[i, j] = weighted_mean(seen, FACET_WEIGHTS)
    return out


def _sample(people: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    if len(people) <= MAX_REFERENCE_PEOPLE:
        return people
    return np.sort(rng.choice(people, MAX_REFERENCE_PEOPLE, replace=False))


def _learn_themes(
    said: _Said, facet: Facet, inside: NDArray[np.bool_], middle: Floats, namer: Namer
) -> _Themes:
    rows = said.rows(facet)
    own = rows[inside[said.people[rows]]]
    # People are in the order of a hash of their answers, so every n-th segment is a random part.
    own = own[:: max(1, -(-len(own) // MAX_THEME_SEGMENTS))]
    X = said.X[own]
    found = traits.themes(X, said.people[own])
    stored = [traits.packed(theme.centre) for theme in found]
    centres = np.array([traits.unpacked(entry) for entry in stored]).reshape(len(found), X.shape[1])
    heard = said.as_lead(facet)
    similarity = said.X[heard] @ (centres - middle).T
    for column, theme in enumerate(found):
        for row in theme.rows:
            without = traits.unit(X[theme.rows[theme.rows != row]].mean(axis=0)) - middle
            theirs = np.flatnonzero(said.people[heard] == said.people[own[row]])
            similarity[theirs, column] = said.X[heard[theirs]] @ without
    best = traits.best_per_person(similarity, said.people[heard], said.n_people)
    spoke = np.bincount(said.people[heard], minlength=said.n_people) > 0
    ours, theirs_best = best[spoke & inside], best[spoke & ~inside]
    none = np.zeros(0)
    if not found or not len(theirs_best):
        return _Themes([], similarity[:, :0], none, none, none)
    low = np.quantile(theirs_best, traits.OUTSIDE_QUANTILE, axis=0)
    high = np.maximum(np.quantile(ours, traits.INSIDE_QUANTILE, axis=0), low + 0.01)
    n_ours, n_theirs = (ours > low).sum(axis=0).astype(float), (theirs_best > low).sum(axis=0).astype(float)
    weights = traits.log_odds(n_ours, float(len(ours)), n_theirs, float(len(theirs_best)))
    entries: list[dict[str, Any]] = []
    kept: list[int] = []
    for column in np.argsort(-np.round(weights, 9), kind="stable"):
        if len(kept) == traits.MAX_THEMES or weights[column] <= 0:
            break
        spoken = [stems(said.segments[own[row]].text) for row in found[column].rows]
        name = namer.name(_shared(spoken, said.lexicon))
        if n_ours[column] < traits.MIN_COLLEAGUES or name is None or is_sensitive(name):
            continue
        kept.append(int(column))
        numbers = {"low": low[column], "high": high[column], "weight": weights[column]}
        entries.append(
            {
                "text": name,
                "n": int(n_ours[column]),
                **{key: round(float(number), 6) for key, number in numbers.items()},
                **stored[column],
            }
        )
    low, high, weights = (np.array([entry[key] for entry in entries]) for key in ("low", "high", "weight"))
    return _Themes(entries, similarity[:, np.array(kept, dtype=np.intp)], low, high, weights)


def _shared(spoken: Sequence[frozenset[str]], lexicon: Lexicon) -> dict[str, float]:
    """Words by how many of a theme's colleagues use them, rare words before common ones."""
    counts = Counter(word for words in spoken for word in words if word in lexicon.rarity)
    return {word: count * lexicon.rarity[word] for word, count in counts.items()}


def _learn_words(
    said: _Said, facet: Facet, inside: NDArray[np.bool_], of_words: Mapping[str, Floats], namer: Namer
) -> _Words:
    """Weigh words by their mean tf-idf inside less the mean of everybody (Rocchio 1971, without negative part)."""
    by_person = said.words_by_person(said.rows(facet))
    names = list(said.lexicon.rarity)
    column = {word: i for i, word in enumerate(names)}
    cells = [(i, column[word], weight) for i, found in enumerate(by_person) for word, weight in found.items()]
    i, j, values = zip(*cells, strict=True) if cells else ((), (), ())
    X = csr_array((np.array(values, dtype=np.float64), (i, j)), shape=(said.n_people, len(names)))
    ours, everyone = X[inside].mean(axis=0), X.mean(axis=0)
    difference = np.maximum(ours - everyone, 0.0)
    heaviest = np.argsort(-np.round(difference, 9), kind="stable")[: traits.MAX_WORDS]
    heaviest = heaviest[difference[heaviest] > 0]
    used = X[inside].tocsc()
    users = [frozenset(used[:, [c]].nonzero()[0].tolist()) for c in heaviest]
    words = [names[c] for c in heaviest]
    vectors = np.array([of_words[word] for word in words]).reshape(len(words), said.X.shape[1])
    fields = traits.word_fields(words, difference[heaviest], vectors, users)
    placed = [column[word] for field in fields for word in field]
    length = float(np.linalg.norm(difference[placed])) or 1.0
    entries: list[dict[str, Any]] = []
    kept: list[int] = []
    for field in fields:
        weights = {word: round(float(difference[column[word]]) / length, 6) for word in field}
        name = namer.name(weights)
        if name is None or is_sensitive(name):
            continue
        together = frozenset().union(*(users[words.index(word)] for word in field))
        entries.append({"text": name, "n": len(together), "weights": weights})
        kept += [column[word] for word in field]
    return _Words(
        entries,
        {names[c]: k for k, c in enumerate(kept)},
        X[:, kept].tocsr(),
        ours[kept],
        everyone[kept],
        length,
    )


def _met(
    said: _Said,
    facet: Facet,
    themes: _Themes,
    words: _Words,
    inside: NDArray[np.bool_],
    people: NDArray[np.intp],
    starts: Floats,
    size: int,
) -> dict[str, Floats]:
    """Score people as strangers on stretches of their answers.

    Returns
    -------
    dict
        Per kind of trait an array, shape (n_people, n_stretches); nan where a person said nothing.
    """
    heard = said.as_lead(facet)
    owners = said.people[heard]
    n_inside = int(inside.sum())
    out = {kind: np.full(starts.shape, np.nan) for kind in KINDS}
    for i, person in enumerate(people):
        # Rows are in the order of people.
        first, last = np.searchsorted(owners, [person, person + 1])
        if first == last:
            continue
        segments = [said.segments[row] for row in heard[first:last]]
        weights = words.weights_for(int(person), n_inside, bool(inside[person]))
        done: dict[tuple[int, int], tuple[float, float]] = {}
        for j in range(starts.shape[1]):
            part = calibration.stretch(segments, size, float(starts[i, j]))
            span = (part.start, part.stop)
            if span not in done:
                met = traits.strength(themes.similarity[first:last][part], themes.low, themes.high)
                said_words = said.lexicon.weights(frozenset().union(*(stems(s.text) for s in segments[part])))
                used = [weights[words.column[w]] * x for w, x in said_words.items() if w in words.column]
                done[span] = theme_score(met, themes.weights), float(sum(used))
            out["themes"][i, j], out["words"][i, j] = done[span]
    return out
