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
    MAX_COUNTED,
    REST,
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
class _Field:
    """A word field: its name, how it counts, the weight of each word."""

    name: str
    weight: float
    words: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _FacetTraits:
    """What one persona shows of one facet, ready to be matched; ``references`` by evidence size."""

    direction: Floats
    themes: tuple[str, ...]
    centres: Floats
    weights: Floats
    fields: tuple[_Field, ...]
    references: Mapping[str, Sequence[float]]

    @property
    def is_known(self) -> bool:
        """Whether enough colleagues spoke to it."""
        return bool(self.themes)


@dataclass(frozen=True, slots=True)
class _PersonaTraits:
    """One persona: its traits per facet and the fits of its ``n`` colleagues per set of observed facets.

    ``spread`` holds, per evidence size, the units of meaning and of words.
    """

    key: str
    n: int
    facets: Mapping[Facet, _FacetTraits]
    spread: Mapping[str, Mapping[str, float]]
    references: Mapping[str, Mapping[str, Sequence[float]]]


@dataclass(frozen=True, slots=True)
class _FacetEvidence:
    """What a lead says to one facet: segments, their vectors less what all colleagues' have in common, words."""

    document: EvidenceDocument
    segments: tuple[Segment, ...]
    X: Floats
    words: Mapping[str, float]

    @property
    def characters(self) -> int:
        return sum(len(segment.text) for segment in self.segments)


@dataclass(frozen=True, slots=True)
class _Gain:
    """What a segment adds to a fit before calibration under the name of a trait, and the part that did; may be < 0."""

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
                persona["spread"],
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
            traits.unpacked(facet["direction"]),
            tuple(theme["text"] for theme in themes),
            np.array([traits.unpacked(theme) for theme in themes]).reshape(len(themes), self.encoder.dim),
            np.array([theme["weight"] for theme in themes], dtype=np.float64),
            tuple(_Field(field["text"], field["weight"], field["weights"]) for field in facet["words"]),
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
            X = np.array([vectors[s.text] for s in said]) - self._middles[facet]
            spoken[facet] = _FacetEvidence(document, said, X, words)
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
        size = _size(sum(spoken[facet].characters for facet in observed) // len(observed))
        for facet in observed:
            sought = persona.facets[facet]
            earned = _gains(facet, spoken[facet], sought, persona.spread[size])
            near = round(math.fsum(gain.worth for gain in earned), 9)
            share = calibration.share_below(near, sought.references[size], persona.n)
            nearness[facet], shares[facet] = near, round(100 * share)
            gains += [replace(gain, worth=gain.worth * self._weights[facet]) for gain in earned]
        reference = persona.references["+".join(observed)][size]
        total = weighted_mean(nearness, self._weights)
        fit = round(100 * calibration.share_below(total, reference, persona.n))
        return LeadScore(
            persona.key, fit, calibration.band_of(fit), level, shares, _contributions(gains, fit)
        )


def _gains(
    facet: Facet, said: _FacetEvidence, sought: _FacetTraits, spread: Mapping[str, float]
) -> list[_Gain]:
    """What a lead's segments add to the nearness of a facet, each under the name of the trait it shows most."""
    gains: list[_Gain] = []
    near = np.round(said.X @ sought.direction, 9)
    alike = np.round(said.X @ sought.centres.T, 9)
    lengths = np.linalg.norm(said.X, axis=1)
    nearest = np.argsort(-near, kind="stable")[:MAX_COUNTED]
    for row in nearest[near[nearest] > 0]:
        theme = int(alike[row].argmax())
        named = alike[row, theme] >= traits.LEAST_ALIKE * lengths[row]
        worth = near[row] * (sought.weights[theme] if named else 1.0) / spread["themes"]
        segment = said.segments[row]
        span = (segment.start, segment.end)
        gains.append(
            _Gain(float(worth), facet, sought.themes[theme] if named else REST[facet], segment, span)
        )
    stems_of = [stems(segment.text) for segment in said.segments]
    for field in sought.fields:
        used: dict[int, dict[str, float]] = {}
        for word in sorted(field.words.keys() & said.words.keys()):
            row = next(row for row, found in enumerate(stems_of) if word in found)
            used.setdefault(row, {})[word] = field.words[word] * said.words[word]
        for row, words in used.items():
            worth = field.weight * math.fsum(words.values()) / spread["words"]
            segment = said.segments[row]
            span = _narrowed(said.document.text(segment.field), segment, words.keys())
            gains.append(_Gain(worth, facet, field.name, segment, span))
    return gains


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

    What counts against the lead comes first, and what counts for them shares the rest. What is worth less than a
    point is not listed, so that a reason is never lost among dozens of ones; its share goes to what is, in proportion.
    """
    places: dict[tuple[Facet, str, str, int, int], list[_Gain]] = {}
    for gain in gains:
        segment = gain.segment
        key = (gain.facet, gain.trait, segment.field, segment.start, segment.end)
        places.setdefault(key, []).append(gain)
    worth = {key: _worth(met) for key, met in places.items()}
    whole, positive = math.fsum(worth.values()), math.fsum(x for x in worth.values() if x > 0)
    if not fit or whole <= 0:
        return ()
    # However near zero the sum is: nothing counts more than a hundred points.
    scale = min(fit / whole, 100 / positive)
    points = {key: -round(-x * scale) for key, x in worth.items() if x < 0}
    by_trait: dict[tuple[Facet, str], list[tuple[Facet, str, str, int, int]]] = {}
    for key in worth:
        if worth[key] > 0:
            by_trait.setdefault(key[:2], []).append(key)
    of_traits = _whole(
        [math.fsum(worth[key] for key in keys) for keys in by_trait.values()], fit - sum(points.values())
    )
    for keys, of_trait in zip(by_trait.values(), of_traits, strict=True):
        points.update(zip(keys, _whole([worth[key] for key in keys], of_trait), strict=True))
    shared = [
        Contribution(
            key[0],
            key[1],
            n,
            key[2],
            min(gain.span[0] for gain in places[key]),
            max(gain.span[1] for gain in places[key]),
        )
        for key, n in points.items()
        if n
    ]
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
