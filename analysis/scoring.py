"""Fit of leads with personas: points for traits, each earned by a stretch of the lead's own text.

Here traits and references become one block of plain data, and a block with a lead's evidence becomes scores. A score
is a function of those two alone. Engagement is not added in, and nothing here decides about a person.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis import calibration, traits
from analysis.encoder import Encoder
from analysis.evidence import EvidenceDocument
from analysis.exceptions import EncoderError, InvalidReportError
from analysis.facets import (
    FACET_FIELDS,
    FACETS,
    KINDS,
    SCHEMA_VERSION,
    Facet,
    is_observed,
    segments_of,
    weighted_mean,
)
from analysis.lexicon import Lexicon, stems
from analysis.scoring_block import scoring_block
from analysis.segments import Segment, distinct
from analysis.text import tokenize

__all__ = ["Contribution", "LeadScore", "Scorer", "best_of", "scoring_block"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Key = TypeVar("Key", str, int)


@dataclass(frozen=True, slots=True)
class Contribution:
    """Points from one trait, and the lead's own ``field[start:end]`` that earned them."""

    facet: Facet
    trait: str
    points: int
    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LeadScore:
    """How well a lead fits one persona.

    Parameters
    ----------
    persona : str
        Key of the persona.
    fit : int or None
        0 to 100: so many of 100 colleagues, scored as strangers with as much text, come less near. None where
        there is not enough evidence.
    band : {"A", "B", "C", "D"} or None
    evidence : {"E0", "E1", "E2", "E3"}
    facets : mapping
        The same for each facet; None where the lead says nothing about it.
    contributions : tuple of Contribution
        Largest first, one for each trait and stretch of text; the points sum exactly to ``fit``.
    """

    persona: str
    fit: int | None
    band: calibration.Band | None
    evidence: calibration.Evidence
    facets: Mapping[Facet, int | None]
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class _Sought:
    """The traits of one facet, those of all personas side by side: one column each.

    ``typical`` has the shape (n_sizes, n_kinds, n_personas).
    """

    themes: tuple[str, ...]
    themes_of: tuple[slice, ...]
    centres: Floats
    low: Floats
    high: Floats
    shares: Floats
    fields: tuple[str, ...]
    fields_of: tuple[slice, ...]
    row_of: Mapping[str, int]
    weights: csr_array
    typical: Floats

    @property
    def is_known(self) -> Mask:
        """Per persona whether enough colleagues spoke to it."""
        pairs = zip(self.themes_of, self.fields_of, strict=True)
        return np.array([max(a.stop - a.start, b.stop - b.start) > 0 for a, b in pairs], dtype=bool)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a lead says to one facet: segments, the rows of their sentence vectors and their weighted words."""

    segments: tuple[Segment, ...]
    rows: list[int]
    words: Mapping[str, float]

    @property
    def characters(self) -> int:
        return sum(len(segment.text) for segment in self.segments)


@dataclass(frozen=True, slots=True)
class _Lead:
    """A lead's evidence: the document, how much it is, and what it says to the facets it speaks to."""

    document: EvidenceDocument
    level: calibration.Evidence
    said: Mapping[Facet, _Said]


@dataclass(frozen=True, slots=True)
class _Met:
    """How near leads come in one facet; rows are leads, and a facet they do not speak to is worth nothing.

    Parameters
    ----------
    similarity : array, shape (n_segments, n_themes)
        One row for each segment of each lead, from ``bounds[i]`` to ``bounds[i + 1]`` those of lead i.
    themes, fields : array, shape (n_leads, n_themes) and (n_leads, n_fields)
        What each trait adds to the nearness; a typical colleague reaches 1 in all.
    nearness : array, shape (n_leads, n_personas)
        nan where the lead does not speak to the facet or the persona's people do not.
    characters : array, shape (n_leads,)
    """

    similarity: Floats
    bounds: NDArray[np.intp]
    themes: Floats
    fields: Floats
    nearness: Floats
    characters: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Gain:
    """What one trait adds to a fit before calibration, the segment that earned it and the part that did."""

    worth: float
    facet: Facet
    trait: str
    segment: Segment
    span: tuple[int, int]


def best_of(fits: Mapping[Key, int | None], ranking: Collection[Key]) -> Key | None:
    """Return the key with the highest fit, the first of equals; None if there is no number.

    Parameters
    ----------
    fits : mapping
        Fit 0-100 of each persona, None where there was too little evidence.
    ranking : collection
        Personas that can tell people apart. The others take part only where none of these has a number.
    """
    numbers = {key: fit for key, fit in fits.items() if fit is not None}
    ranked = {key: fit for key, fit in numbers.items() if key in ranking} or numbers
    return max(ranked, key=lambda key: ranked[key], default=None)


class Scorer:
    """Scores leads from a scoring block.

    Parameters
    ----------
    block : mapping
        The ``scoring`` part of a report, as :func:`analysis.scoring_block.scoring_block` made it or as read
        back from JSON: the numbers are the same.
    encoder : Encoder
        The encoder the block was made with.

    Raises
    ------
    EncoderError
        If the block was made with another encoder.
    InvalidReportError
        If the block is not one that this version reads.
    """

    def __init__(self, block: Mapping[str, Any], encoder: Encoder) -> None:
        if block.get("schema_version") != SCHEMA_VERSION:
            raise InvalidReportError(
                f"The scoring block has version {block.get('schema_version')!r}; this program reads version "
                f"{SCHEMA_VERSION}. Run the analysis again."
            )
        if block["encoder"] != encoder.hash:
            raise EncoderError(
                f"These personas were made with the sentence encoder {str(block['encoder'])[:12]}, but the one "
                f"in use is {encoder.hash[:12]}. Score with the same encoder or run the analysis again."
            )
        self.encoder = encoder
        try:
            self._load(block)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidReportError(
                "The scoring block is incomplete or damaged. Run the analysis again or restore the report."
            ) from error

    def _load(self, block: Mapping[str, Any]) -> None:
        self.personas: tuple[str, ...] = tuple(persona["key"] for persona in block["personas"])
        #: Personas by which leads may be ranked.
        self.ranking = frozenset(persona["key"] for persona in block["personas"] if persona["ranks"])
        self._lexicon = Lexicon(block["words"]["rarity"], block["words"]["unseen"])
        self._weights: dict[Facet, int] = {facet: block["facets"][facet]["weight"] for facet in FACETS}
        self._sought = {facet: self._read(facet, block) for facet in FACETS}
        self._n = [persona["n"] for persona in block["personas"]]
        self._references = [
            {facet: persona["facets"][facet]["reference"] for facet in FACETS}
            for persona in block["personas"]
        ]
        self._totals = [persona["reference"] for persona in block["personas"]]

    def score(self, document: EvidenceDocument) -> tuple[LeadScore, ...]:
        """Score a lead against every persona, in the order of the block."""
        return self.score_all([document])[0]

    def score_all(
        self, documents: Sequence[EvidenceDocument], *, explained: bool = True
    ) -> list[tuple[LeadScore, ...]]:
        """Score many leads at once, each as if it were alone.

        Parameters
        ----------
        documents : sequence of EvidenceDocument
        explained : bool, default True
            Without it the contributions stay empty, which saves most of the time that the encoder does not take.

        Returns
        -------
        list of tuple of LeadScore
            Per lead what :meth:`score` returns.
        """
        row_of: dict[str, int] = {}
        leads = [self._heard(document, row_of) for document in documents]
        X = self.encoder.encode(list(row_of)).astype(np.float64)
        met = {facet: self._met(facet, [lead.said.get(facet) for lead in leads], X) for facet in FACETS}
        shares = {facet: self._shares(facet, met[facet]) for facet in FACETS}
        fits = self._fits(met)
        return [
            tuple(self._scored(i, p, lead, met, shares, fits, explained) for p in range(len(self.personas)))
            for i, lead in enumerate(leads)
        ]

    def best(self, scores: Sequence[LeadScore]) -> str | None:
        """Return the persona a lead fits best; see :func:`best_of`."""
        return best_of({score.persona: score.fit for score in scores}, self.ranking)

    def _read(self, facet: Facet, block: Mapping[str, Any]) -> _Sought:
        parts = [persona["facets"][facet] for persona in block["personas"]]
        themes = [theme for part in parts for theme in part["themes"]]
        fields = [field for part in parts for field in part["words"]]
        low, high = (np.array([theme[key] for theme in themes], dtype=np.float64) for key in ("low", "high"))
        weights = [np.array([theme["weight"] for theme in part["themes"]]) for part in parts]
        row_of = {word: row for row, word in enumerate(sorted({w for f in fields for w in f["weights"]}))}
        cells = [(row_of[w], j, x) for j, field in enumerate(fields) for w, x in field["weights"].items()]
        rows, columns, values = zip(*cells, strict=True) if cells else ((), (), ())
        return _Sought(
            tuple(theme["text"] for theme in themes),
            _slices([len(part["themes"]) for part in parts]),
            np.array([traits.unpacked(theme) for theme in themes]).reshape(len(themes), self.encoder.dim)
            - traits.unpacked(block["facets"][facet]["middle"]),
            low,
            high,
            np.concatenate([np.zeros(0), *(of_one / of_one.sum() for of_one in weights if len(of_one))]),
            tuple(field["text"] for field in fields),
            _slices([len(part["words"]) for part in parts]),
            row_of,
            csr_array(
                (np.array(values, dtype=np.float64), (rows, columns)), shape=(len(row_of), len(fields))
            ),
            np.array(
                [
                    [[part["typical"][str(size)][kind] for part in parts] for kind in KINDS]
                    for size in calibration.SIZES
                ],
                dtype=np.float64,
            ),
        )

    def _heard(self, document: EvidenceDocument, row_of: dict[str, int]) -> _Lead:
        """Cut a document into what it says to each facet; a text that has no row yet gets the next one."""
        by_field = {field: segments_of(field, text) for field, text in document.fields}
        spoken: dict[Facet, _Said] = {}
        for facet, fields in FACET_FIELDS.items():
            said = distinct(segment for field in fields for segment in by_field.get(field, ()))
            if not is_observed(facet, said):
                continue
            words = self._lexicon.weights(frozenset().union(*(stems(segment.text) for segment in said)))
            spoken[facet] = _Said(said, [row_of.setdefault(s.text, len(row_of)) for s in said], words)
        # What is denied earns nothing, but who denies something has told something.
        told = distinct(
            s for field, text in document.fields for s in segments_of(field, text, affirmed=False)
        )
        n_skills = sum(segment.field == "skills" for segment in told)
        level = calibration.evidence_level(sum(len(segment.text) for segment in told), n_skills)
        return _Lead(document, level, spoken)

    def _met(self, facet: Facet, said: Sequence[_Said | None], X: Floats) -> _Met:
        """Match what leads say to a facet with the traits of all personas."""
        sought = self._sought[facet]
        speaking = np.array([i for i, one in enumerate(said) if one is not None], dtype=np.intp)
        characters = np.array([one.characters if one is not None else 0 for one in said], dtype=np.intp)
        bounds = np.cumsum([0, *(len(one.rows) if one is not None else 0 for one in said)])
        similarity = np.zeros((0, len(sought.themes)))
        themes = np.zeros((len(said), len(sought.themes)))
        fields = np.zeros((len(said), len(sought.fields)))
        nearness = np.full((len(said), len(self.personas)), np.nan)
        if len(speaking):
            rows = np.concatenate([one.rows for one in said if one is not None])
            used, which = np.unique(rows, return_inverse=True)
            similarity = np.round(X[used] @ sought.centres.T, 9)[which]
            nearest = np.maximum.reduceat(similarity, bounds[speaking])
            themes[speaking] = traits.strength(nearest, sought.low, sought.high) * sought.shares
            fields[speaking] = (
                _words([one.words for one in said if one], sought.row_of) @ sought.weights
            ).toarray()
        typical = sought.typical[calibration.sizes_for(characters)]
        for p in np.flatnonzero(sought.is_known):
            worth = (themes[:, sought.themes_of[p]], fields[:, sought.fields_of[p]])
            for kind, of_kind in enumerate(worth):
                of_kind /= typical[:, kind, p, np.newaxis] * len(KINDS)
            nearness[speaking, p] = sum(of_kind[speaking].sum(axis=1) for of_kind in worth)
        return _Met(similarity, bounds, themes, fields, np.round(nearness, 9), characters)

    def _shares(self, facet: Facet, met: _Met) -> Floats:
        """Per lead and persona the share of colleagues that come less near in a facet."""
        sizes = calibration.sizes_for(met.characters)
        shares = np.full(met.nearness.shape, np.nan)
        for p, references in enumerate(self._references):
            spoken = ~np.isnan(met.nearness[:, p])
            for size in np.unique(sizes[spoken]):
                rows = spoken & (sizes == size)
                reference = references[facet][str(calibration.SIZES[size])]
                shares[rows, p] = calibration.shares_below(met.nearness[rows, p], reference, self._n[p])
        return shares

    def _fits(self, met: Mapping[Facet, _Met]) -> Floats:
        """Per lead and persona the share of colleagues that come less near in the facets both speak to."""
        nearness = np.array([met[facet].nearness for facet in FACETS])
        observed = ~np.isnan(nearness)
        characters = np.array([met[facet].characters for facet in FACETS])[:, :, np.newaxis] * observed
        sizes = calibration.sizes_for(characters.sum(axis=0) // np.maximum(observed.sum(axis=0), 1))
        totals = weighted_mean(nearness, [self._weights[facet] for facet in FACETS])
        subset = np.tensordot(2 ** np.arange(len(FACETS)), observed, 1)
        fits = np.full(totals.shape, np.nan)
        for p, references in enumerate(self._totals):
            group = np.where(subset[:, p], subset[:, p] * len(calibration.SIZES) + sizes[:, p], 0)
            for one in np.unique(group[group > 0]):
                rows = group == one
                first = int(np.argmax(rows))
                name = "+".join(facet for k, facet in enumerate(FACETS) if observed[k, first, p])
                reference = references[name][str(calibration.SIZES[sizes[first, p]])]
                fits[rows, p] = calibration.shares_below(totals[rows, p], reference, self._n[p])
        return fits

    def _scored(
        self,
        i: int,
        p: int,
        lead: _Lead,
        met: Mapping[Facet, _Met],
        shares: Mapping[Facet, Floats],
        fits: Floats,
        explained: bool,
    ) -> LeadScore:
        share = float(fits[i, p])
        if lead.level == "E0" or math.isnan(share):
            return LeadScore(self.personas[p], None, None, "E0", dict.fromkeys(FACETS), ())
        fit = round(100 * share)
        return LeadScore(
            self.personas[p],
            fit,
            calibration.band_of(fit),
            lead.level,
            {facet: _percent(float(shares[facet][i, p])) for facet in FACETS},
            _contributions(self._gains(i, p, lead, met), fit) if explained else (),
        )

    def _gains(self, i: int, p: int, lead: _Lead, met: Mapping[Facet, _Met]) -> list[_Gain]:
        """What each trait of a persona adds to the fit of a lead, and where the lead shows it."""
        gains: list[_Gain] = []
        for facet, said in lead.said.items():
            sought, found, weight = self._sought[facet], met[facet], self._weights[facet]
            similarity = found.similarity[found.bounds[i] : found.bounds[i + 1]]
            first, last = sought.themes_of[p].start, sought.themes_of[p].stop
            for j in first + np.flatnonzero(found.themes[i, first:last]):
                segment = said.segments[int(similarity[:, j].argmax())]
                worth = float(found.themes[i, j]) * weight
                gains.append(_Gain(worth, facet, sought.themes[j], segment, (segment.start, segment.end)))
            first, last = sought.fields_of[p].start, sought.fields_of[p].stop
            for j in first + np.flatnonzero(found.fields[i, first:last]):
                weights = sought.weights[:, [j]].toarray()[:, 0]
                rows = {word: sought.row_of[word] for word in said.words if word in sought.row_of}
                used = {word: weights[row] * said.words[word] for word, row in rows.items() if weights[row]}
                segment = _most_telling(said.segments, used)
                span = _narrowed(lead.document.text(segment.field), segment, used.keys())
                gains.append(
                    _Gain(float(found.fields[i, j]) * weight, facet, sought.fields[j], segment, span)
                )
        return gains


def _slices(lengths: Sequence[int]) -> tuple[slice, ...]:
    ends = np.cumsum([0, *lengths]).tolist()
    return tuple(slice(start, end) for start, end in pairwise(ends))


def _words(said: Sequence[Mapping[str, float]], row_of: Mapping[str, int]) -> csr_array:
    """Weighted words of leads as a matrix, one column for each word that a trait is made of."""
    known = [{row_of[word]: weight for word, weight in words.items() if word in row_of} for words in said]
    ends = np.cumsum([0, *map(len, known)])
    columns = [column for words in known for column in words]
    values = np.array([weight for words in known for weight in words.values()], dtype=np.float64)
    return csr_array((values, columns, ends), shape=(len(said), len(row_of)))


def _percent(share: float) -> int | None:
    return None if math.isnan(share) else round(100 * share)


def _most_telling(segments: Sequence[Segment], words: Mapping[str, float]) -> Segment:
    """The segment in which some words weigh most, the first of equals."""
    return max(
        segments, key=lambda s: math.fsum(words[word] for word in sorted(stems(s.text)) if word in words)
    )


def _narrowed(text: str, segment: Segment, words: Collection[str]) -> tuple[int, int]:
    """The place of a segment from the first to the last of some words; whole if they are not written out in it."""
    tokens = [
        token
        for token in tokenize(text[segment.start : segment.end])
        if not stems(token.text).isdisjoint(words)
    ]
    if not tokens:
        return segment.start, segment.end
    return segment.start + tokens[0].start, segment.start + tokens[-1].end


def _contributions(gains: Sequence[_Gain], fit: int) -> tuple[Contribution, ...]:
    """Share out whole points in proportion to worth: first among traits, then among the stretches that show each.

    What is worth less than a point is not listed, so that a reason is never lost among dozens of ones; its share
    goes to what is, in proportion.
    """
    by_trait: dict[tuple[Facet, str], dict[tuple[str, int, int], list[_Gain]]] = {}
    for gain in gains:
        place = (gain.segment.field, gain.segment.start, gain.segment.end)
        by_trait.setdefault((gain.facet, gain.trait), {}).setdefault(place, []).append(gain)
    worth = [[_worth(met) for met in places.values()] for places in by_trait.values()]
    shared: list[Contribution] = []
    points = _whole([math.fsum(parts) for parts in worth], fit)
    for ((facet, trait), places), parts, of_trait in zip(by_trait.items(), worth, points, strict=True):
        for (place, met), n in zip(places.items(), _whole(parts, of_trait), strict=True):
            if n:
                start, end = min(gain.span[0] for gain in met), max(gain.span[1] for gain in met)
                shared.append(Contribution(facet, trait, n, place[0], start, end))
    return tuple(sorted(shared, key=lambda c: (-c.points, FACETS.index(c.facet), c.trait)))


def _worth(gains: Sequence[_Gain]) -> float:
    return math.fsum(gain.worth for gain in gains)


def _whole(worth: Sequence[float], total: int) -> list[int]:
    """Whole points in proportion to worth, none for less than a point; the largest remainders get what is left over.

    If nothing is worth a point, the heaviest gets all.
    """
    whole = math.fsum(worth)
    if not whole:
        return [0] * len(worth)
    listed = [part if round(part / whole * total, 9) >= 1 else 0.0 for part in worth]
    if not any(listed):
        heaviest = max(range(len(worth)), key=lambda i: (worth[i], -i))
        return [total if i == heaviest else 0 for i in range(len(worth))]
    exact = [round(part / math.fsum(listed) * total, 9) for part in listed]
    points = [int(number) for number in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (points[i] - exact[i], i))
    for i in by_remainder[: total - sum(points)]:
        points[i] += 1
    return points
