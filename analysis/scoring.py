"""Fit of leads with personas: points for traits, each earned by a stretch of the lead's own text.

Here traits and references become one block of plain data, and a block with a lead's evidence becomes scores. A score
is a function of those two alone. Engagement is not added in, and nothing here decides about a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import calibration, traits
from analysis.encoder import Encoder
from analysis.evidence import EvidenceDocument
from analysis.exceptions import EncoderError, InvalidReportError
from analysis.facets import (
    FACET_FIELDS,
    FACETS,
    SCHEMA_VERSION,
    Facet,
    raw_score,
    segments_of,
    weighted_mean,
)
from analysis.scoring_block import scoring_block
from analysis.segments import Segment, distinct

__all__ = ["Contribution", "LeadScore", "Scorer", "scoring_block"]

Floats = NDArray[np.float64]


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
        Largest first; the points sum exactly to ``fit``.
    """

    persona: str
    fit: int | None
    band: calibration.Band | None
    evidence: calibration.Evidence
    facets: Mapping[Facet, int | None]
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class _FacetTraits:
    """One persona's traits of one facet, ready to be matched."""

    labels: tuple[str, ...]
    centres: Floats
    low: Floats
    high: Floats
    weights: Floats
    references: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class _FacetEvidence:
    """What a lead says to one facet: segments, their features and the number of characters."""

    segments: tuple[Segment, ...]
    X: Floats
    characters: int


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
                f"These personas were made with the sentence encoder {block['encoder'][:12]}, but the one in use is "
                f"{encoder.hash[:12]}. Score with the same encoder or run the analysis again."
            )
        self.encoder = encoder
        self.personas: tuple[str, ...] = tuple(persona["key"] for persona in block["personas"])
        self._lexicon = traits.Lexicon(block["words"]["rarity"], block["words"]["unseen"])
        self._weights: dict[Facet, int] = {facet: block["facets"][facet]["weight"] for facet in FACETS}
        self._middles = {
            facet: traits.unpacked(block["facets"][facet]["middle"], encoder.dim, self._lexicon)
            for facet in FACETS
        }
        self._traits = [
            {f: self._read(persona["facets"][f]) for f in FACETS} for persona in block["personas"]
        ]
        self._references: list[Mapping[str, Mapping[str, Sequence[float]]]] = [
            persona["reference"] for persona in block["personas"]
        ]

    def score(self, document: EvidenceDocument) -> tuple[LeadScore, ...]:
        """Score a lead against every persona, in the order of the block."""
        spoken, level = self._evidence(document)
        return tuple(
            self._score(key, facets, references, spoken, level)
            for key, facets, references in zip(self.personas, self._traits, self._references, strict=True)
        )

    def _read(self, facet: Mapping[str, Any]) -> _FacetTraits:
        entries = facet["traits"]
        width = self.encoder.dim + len(self._lexicon.rarity)
        centres = [traits.unpacked(entry, self.encoder.dim, self._lexicon) for entry in entries]
        return _FacetTraits(
            tuple(entry["text"] for entry in entries),
            np.array(centres).reshape(len(entries), width),
            *(
                np.array([entry[name] for entry in entries], dtype=np.float64)
                for name in ("low", "high", "weight")
            ),
            facet["reference"],
        )

    def _evidence(
        self, document: EvidenceDocument
    ) -> tuple[dict[Facet, _FacetEvidence], calibration.Evidence]:
        by_field = {field: segments_of(field, text) for field, text in document.fields}
        everything = distinct(segment for segments in by_field.values() for segment in segments)
        texts = [segment.text for segment in everything]
        X = traits.features(texts, self.encoder.encode(texts), self._lexicon)
        row = {text: i for i, text in enumerate(texts)}
        spoken: dict[Facet, _FacetEvidence] = {}
        for facet, fields in FACET_FIELDS.items():
            said = distinct(segment for field in fields for segment in by_field.get(field, ()))
            characters = sum(len(segment.text) for segment in said)
            if characters >= calibration.MIN_FACET_CHARACTERS or (
                facet == "skills" and by_field.get("skills")
            ):
                spoken[facet] = _FacetEvidence(said, X[[row[s.text] for s in said]], characters)
        n_skills = len(distinct(by_field.get("skills", ())))
        return spoken, calibration.evidence_level(sum(map(len, texts)), n_skills)

    def _score(
        self,
        key: str,
        facets: Mapping[Facet, _FacetTraits],
        references: Mapping[str, Mapping[str, Sequence[float]]],
        spoken: Mapping[Facet, _FacetEvidence],
        level: calibration.Evidence,
    ) -> LeadScore:
        shares: dict[Facet, float] = {}
        earned: list[tuple[float, Facet, str, Segment]] = []
        for facet in FACETS:
            if facet not in spoken or not facets[facet].labels:
                continue
            said, looked_for = spoken[facet], facets[facet]
            similarity = said.X @ looked_for.centres.T - (said.X @ self._middles[facet])[:, None]
            met = traits.strength(similarity.max(axis=0), looked_for.low, looked_for.high)
            gains = looked_for.weights * met
            size = str(calibration.SIZES[calibration.size_for(said.characters)])
            share = calibration.share_below(raw_score(met, looked_for.weights), looked_for.references[size])
            shares[facet] = share
            nearest = np.round(similarity, 9).argmax(axis=0)
            for j in np.flatnonzero(gains > 0):
                worth = float(gains[j] / gains.sum()) * share * self._weights[facet]
                earned.append((worth, facet, looked_for.labels[j], said.segments[nearest[j]]))
        rounded: dict[Facet, int | None] = {
            f: round(100 * shares[f]) if f in shares else None for f in FACETS
        }
        if level == "E0" or not shares:
            return LeadScore(
                key, None, None, "E0", rounded if shares and level != "E0" else dict.fromkeys(FACETS), ()
            )
        characters = sum(spoken[facet].characters for facet in shares) // len(shares)
        size = str(calibration.SIZES[calibration.size_for(characters)])
        mean = weighted_mean(shares, self._weights)
        fit = round(100 * calibration.share_below(mean, references["+".join(shares)][size]))
        return LeadScore(key, fit, calibration.band_of(fit), level, rounded, _contributions(earned, fit))


def _contributions(earned: Sequence[tuple[float, Facet, str, Segment]], fit: int) -> tuple[Contribution, ...]:
    """Share out whole points in proportion to worth: the largest remainders get what rounding left over."""
    total = sum(worth for worth, *_ in earned)
    if not total or not fit:
        return ()
    exact = [worth / total * fit for worth, *_ in earned]
    points = [int(x) for x in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: (-round(exact[i] - points[i], 9), i))
    for i in by_remainder[: fit - sum(points)]:
        points[i] += 1
    shared = [
        Contribution(facet, trait, n, segment.field, segment.start, segment.end)
        for n, (_, facet, trait, segment) in zip(points, earned, strict=True)
        if n
    ]
    return tuple(sorted(shared, key=lambda c: (-c.points, FACETS.index(c.facet), c.trait)))
