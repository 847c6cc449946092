"""Fit of leads with personas: points for traits, each earned by a stretch of the lead's own text.

Here traits and references become one block of plain data, and a block with a lead's evidence becomes scores. A score
is a function of those two alone. Engagement is not added in, and nothing here decides about a person.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

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
class _FacetTraits:
    """One persona's traits of one facet, ready to be matched; ``typical`` and ``references`` by evidence size."""

    themes: tuple[str, ...]
    centres: Floats
    low: Floats
    high: Floats
    weights: Floats
    fields: tuple[tuple[str, Mapping[str, float]], ...]
    typical: Mapping[str, Mapping[str, float]]
    references: Mapping[str, Sequence[float]]

    @property
    def is_known(self) -> bool:
        """Whether enough colleagues spoke to it."""
        return bool(self.themes or self.fields)


@dataclass(frozen=True, slots=True)
class _PersonaTraits:
    """One persona: its traits per facet and the fits of its ``n`` colleagues per set of observed facets."""

    key: str
    n: int
    facets: Mapping[Facet, _FacetTraits]
    references: Mapping[str, Mapping[str, Sequence[float]]]


@dataclass(frozen=True, slots=True)
class _FacetEvidence:
    """What a lead says to one facet: segments, their sentence vectors and their weighted words."""

    document: EvidenceDocument
    segments: tuple[Segment, ...]
    X: Floats
    words: Mapping[str, float]

    @property
    def characters(self) -> int:
        return sum(len(segment.text) for segment in self.segments)


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
        self._middles = {facet: traits.unpacked(block["facets"][facet]["middle"]) for facet in FACETS}
        self._personas = tuple(
            _PersonaTraits(
                persona["key"],
                persona["n"],
                {facet: self._read(persona["facets"][facet]) for facet in FACETS},
                persona["reference"],
            )
            for persona in block["personas"]
        )

    def score(self, document: EvidenceDocument) -> tuple[LeadScore, ...]:
        """Score a lead against every persona, in the order of the block."""
        spoken, level = self._evidence(document)
        return tuple(self._score(persona, spoken, level) for persona in self._personas)

    def best(self, scores: Sequence[LeadScore]) -> str | None:
        """Return the persona a lead fits best; see :func:`best_of`."""
        return best_of({score.persona: score.fit for score in scores}, self.ranking)

    def _read(self, facet: Mapping[str, Any]) -> _FacetTraits:
        themes = facet["themes"]
        return _FacetTraits(
            tuple(theme["text"] for theme in themes),
            np.array([traits.unpacked(theme) for theme in themes]).reshape(len(themes), self.encoder.dim),
            np.array([theme["low"] for theme in themes], dtype=np.float64),
            np.array([theme["high"] for theme in themes], dtype=np.float64),
            np.array([theme["weight"] for theme in themes], dtype=np.float64),
            tuple((field["text"], field["weights"]) for field in facet["words"]),
            facet["typical"],
            facet["reference"],
        )

    def _evidence(
        self, document: EvidenceDocument
    ) -> tuple[dict[Facet, _FacetEvidence], calibration.Evidence]:
        by_field = {field: segments_of(field, text) for field, text in document.fields}
        texts = [s.text for s in distinct(s for segments in by_field.values() for s in segments)]
        vectors = dict(zip(texts, self.encoder.encode(texts).astype(np.float64), strict=True))
        spoken: dict[Facet, _FacetEvidence] = {}
        for facet, fields in FACET_FIELDS.items():
            said = distinct(segment for field in fields for segment in by_field.get(field, ()))
            if not is_observed(facet, said):
                continue
            words = self._lexicon.weights(frozenset().union(*(stems(segment.text) for segment in said)))
            spoken[facet] = _FacetEvidence(document, said, np.array([vectors[s.text] for s in said]), words)
        # What is denied earns nothing, but who denies something has told something.
        told = distinct(
            s for field, text in document.fields for s in segments_of(field, text, affirmed=False)
        )
        n_skills = sum(segment.field == "skills" for segment in told)
        return spoken, calibration.evidence_level(sum(len(segment.text) for segment in told), n_skills)

    def _score(
        self, persona: _PersonaTraits, spoken: Mapping[Facet, _FacetEvidence], level: calibration.Evidence
    ) -> LeadScore:
        shares: dict[Facet, int | None] = dict.fromkeys(FACETS)
        observed = [facet for facet in FACETS if facet in spoken and persona.facets[facet].is_known]
        if level == "E0" or not observed:
            return LeadScore(persona.key, None, None, "E0", shares, ())
        nearness: dict[Facet, float] = {}
        gains: list[_Gain] = []
        for facet in observed:
            said, sought = spoken[facet], persona.facets[facet]
            size = _size(said.characters)
            earned = self._gains(facet, said, sought, sought.typical[size])
            near = round(math.fsum(gain.worth for gain in earned), 9)
            share = calibration.share_below(near, sought.references[size], persona.n)
            nearness[facet], shares[facet] = near, round(100 * share)
            gains += [replace(gain, worth=gain.worth * self._weights[facet]) for gain in earned]
        size = _size(sum(spoken[facet].characters for facet in observed) // len(observed))
        reference = persona.references["+".join(observed)][size]
        total = weighted_mean(nearness, self._weights)
        fit = round(100 * calibration.share_below(total, reference, persona.n))
        return LeadScore(
            persona.key, fit, calibration.band_of(fit), level, shares, _contributions(gains, fit)
        )

    def _gains(
        self, facet: Facet, said: _FacetEvidence, sought: _FacetTraits, typical: Mapping[str, float]
    ) -> list[_Gain]:
        """What each trait adds to the nearness of a facet; a typical colleague reaches 1 in all."""
        gains: list[_Gain] = []
        if sought.themes:
            similarity = np.round((said.X @ (sought.centres - self._middles[facet]).T), 9)
            met = traits.strength(similarity, sought.low, sought.high)
            worth = sought.weights * met / sought.weights.sum() / typical["themes"] / len(KINDS)
            nearest = similarity.argmax(axis=0)
            for j in np.flatnonzero(worth):
                segment = said.segments[nearest[j]]
                span = (segment.start, segment.end)
                gains.append(_Gain(float(worth[j]), facet, sought.themes[j], segment, span))
        for name, weights in sought.fields:
            used = {word: weights[word] * said.words[word] for word in sorted(weights) if word in said.words}
            if used:
                worth_of_field = math.fsum(used.values()) / typical["words"] / len(KINDS)
                segment = _most_telling(said.segments, used)
                span = _narrowed(said.document.text(segment.field), segment, used.keys())
                gains.append(_Gain(worth_of_field, facet, name, segment, span))
        return gains


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


def _size(characters: int) -> str:
    return str(calibration.SIZES[calibration.size_for(characters)])


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
