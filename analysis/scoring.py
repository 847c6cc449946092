"""Fit of leads with personas: points for traits, each earned by a stretch of the lead's own text.

Here traits and references become one block of plain data, and a block with a lead's evidence becomes scores. A score
is a function of those two alone. Engagement is not added in, and nothing here decides about a person.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
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
from analysis.segments import Segment, distinct, may_be_negated
from analysis.text import tokenize

__all__ = ["Contribution", "LeadScore", "Scorer", "best_of", "scoring_block"]

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]
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
    """What one persona shows of one facet, ready to be matched.

    ``words`` holds what each word of the lexicon weighs in all fields together, ``references`` are by evidence size.
    """

    direction: Floats
    themes: tuple[str, ...]
    centres: Floats
    weights: Floats
    fields: tuple[_Field, ...]
    words: Floats
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
class _Lead:
    """A lead's evidence: the document, how much it is, and the segments of each facet it speaks to."""

    document: EvidenceDocument
    level: calibration.Evidence
    said: Mapping[Facet, tuple[Segment, ...]]


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What leads say to one facet, all their segments one after another.

    Parameters
    ----------
    X : array, shape (n_texts, dim)
        Sentence vectors less what all colleagues' have in common; equal texts share one.
    row_of, lead_of : array of int, shape (n_segments,)
        The vector of each segment, and whose segment it is.
    begin : array of int, shape (n_leads,)
        Where the segments of each lead begin.
    words : array, shape (n_leads, n_words)
        Weighted words of the lexicon.
    characters : array of int, shape (n_leads,)
        0 where a lead does not speak to the facet.
    """

    X: Floats
    row_of: Indices
    lead_of: Indices
    begin: Indices
    words: csr_array
    characters: Indices


@dataclass(frozen=True, slots=True)
class _Near:
    """How segments come near to one persona in one facet: nearness times weight, theme (-1 for none), what counts."""

    worth: Floats
    theme: Indices
    counted: Indices


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
        self._column = {word: column for column, word in enumerate(self._lexicon.rarity)}
        self._rarity = np.array(list(self._lexicon.rarity.values()), dtype=np.float64)
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
        return self.score_all([document])[0]

    def score_all(
        self, documents: Sequence[EvidenceDocument], *, explained: bool = True
    ) -> list[tuple[LeadScore, ...]]:
        """Score many leads at once, each as if it were alone.

        Parameters
        ----------
        documents : sequence of EvidenceDocument
        explained : bool, default True
            Without it the contributions stay empty, which saves much of the time that the encoder does not take.

        Returns
        -------
        list of tuple of LeadScore
            Per lead what :meth:`score` returns.
        """
        leads = [_heard(document) for document in documents]
        texts = distinct(segment for lead in leads for said in lead.said.values() for segment in said)
        X = self.encoder.encode([segment.text for segment in texts]).astype(np.float64)
        row_of = {segment.text: row for row, segment in enumerate(texts)}
        spoken = {
            facet: self._spoken(facet, [lead.said.get(facet, ()) for lead in leads], X, row_of)
            for facet in FACETS
        }
        scores = [self._score(persona, leads, spoken, explained) for persona in self._personas]
        return list(zip(*scores, strict=True)) if scores else [() for _ in leads]

    def best(self, scores: Sequence[LeadScore]) -> str | None:
        """Return the persona a lead fits best; see :func:`best_of`."""
        return best_of({score.persona: score.fit for score in scores}, self.ranking)

    def _read(self, facet: Mapping[str, Any]) -> _FacetTraits:
        themes = facet["themes"]
        fields = tuple(_Field(field["text"], field["weight"], field["weights"]) for field in facet["words"])
        words = np.zeros(len(self._column))
        for field in fields:
            for word, weight in field.words.items():
                words[self._column[word]] += field.weight * weight
        return _FacetTraits(
            traits.unpacked(facet["direction"]),
            tuple(theme["text"] for theme in themes),
            np.array([traits.unpacked(theme) for theme in themes]).reshape(len(themes), self.encoder.dim),
            np.array([theme["weight"] for theme in themes], dtype=np.float64),
            fields,
            words,
            facet["reference"],
        )

    def _spoken(
        self, facet: Facet, said: Sequence[tuple[Segment, ...]], X: Floats, row_of: Mapping[str, int]
    ) -> _Spoken:
        rows = np.array([row_of[segment.text] for segments in said for segment in segments], dtype=np.intp)
        lengths = [len(segments) for segments in said]
        used, which = np.unique(rows, return_inverse=True)
        return _Spoken(
            X[used] - self._middles[facet],
            which,
            np.repeat(np.arange(len(said)), lengths),
            np.cumsum([0, *lengths[:-1]]) if lengths else np.zeros(0, dtype=np.intp),
            self._words([frozenset().union(*(stems(s.text) for s in segments)) for segments in said]),
            np.array([_characters(segments) for segments in said], dtype=np.intp),
        )

    def _score(
        self,
        persona: _PersonaTraits,
        leads: Sequence[_Lead],
        spoken: Mapping[Facet, _Spoken],
        explained: bool,
    ) -> list[LeadScore]:
        """Score all leads against one persona."""
        known = [facet for facet in FACETS if persona.facets[facet].is_known]
        characters = np.array([spoken[facet].characters for facet in known]).reshape(len(known), len(leads))
        observed = characters > 0
        sizes = calibration.sizes_for(characters.sum(axis=0) // np.maximum(observed.sum(axis=0), 1))
        units = {
            kind: np.array([persona.spread[str(size)][kind] for size in calibration.SIZES])[sizes]
            for kind in KINDS
        }
        near = {facet: _near(spoken[facet], persona.facets[facet]) for facet in known}
        nearness = np.full(observed.shape, np.nan)
        shares: dict[Facet, Floats] = {}
        for k, facet in enumerate(known):
            sought, counted = persona.facets[facet], near[facet].counted
            of_segments = np.bincount(
                spoken[facet].lead_of[counted], near[facet].worth[counted], minlength=len(leads)
            )
            of_words = spoken[facet].words @ sought.words
            total = np.round(of_segments / units["themes"] + of_words / units["words"], 9)
            nearness[k, observed[k]] = total[observed[k]]
            shares[facet] = _shares(nearness[k], sizes, sought.references, persona.n)
        totals = weighted_mean(nearness, [self._weights[facet] for facet in known])
        fits = np.full(len(leads), np.nan)
        subsets = np.tensordot(2 ** np.arange(len(known)), observed, 1)
        for subset in np.unique(subsets[subsets > 0]):
            some = subsets == subset
            name = "+".join(facet for k, facet in enumerate(known) if subset >> k & 1)
            fits[some] = _shares(totals[some], sizes[some], persona.references[name], persona.n)
        scores = []
        for i, lead in enumerate(leads):
            if lead.level == "E0" or math.isnan(fits[i]):
                scores.append(LeadScore(persona.key, None, None, "E0", dict.fromkeys(FACETS), ()))
                continue
            fit = round(100 * float(fits[i]))
            gains: list[_Gain] = []
            for facet in known if explained else ():
                unit = {kind: float(units[kind][i]) / self._weights[facet] for kind in KINDS}
                gains += _segment_gains(
                    i, lead, facet, spoken[facet], near[facet], persona.facets[facet], unit
                )
                gains += self._word_gains(lead, facet, persona.facets[facet], unit)
            scores.append(
                LeadScore(
                    persona.key,
                    fit,
                    calibration.band_of(fit),
                    lead.level,
                    {facet: _percent(shares[facet][i]) if facet in shares else None for facet in FACETS},
                    _contributions(gains, fit),
                )
            )
        return scores

    def _words(self, said: Sequence[frozenset[str]]) -> csr_array:
        """Weigh the words of many leads as :meth:`analysis.lexicon.Lexicon.weights` does."""
        column, rarity, unseen = self._column, self._rarity, self._lexicon.unseen
        known = [sorted(column[word] for word in words if word in column) for words in said]
        ends = np.cumsum([0, *map(len, known)])
        n_unknown = np.array([len(words) for words in said]) - np.diff(ends)
        columns = np.array([one for of_lead in known for one in of_lead], dtype=np.intp)
        values = rarity[columns]
        whose = np.repeat(np.arange(len(said)), np.diff(ends))
        squares = np.bincount(whose, values * values, minlength=len(said)) + n_unknown * unseen**2
        norms = np.where(squares > 0, np.sqrt(squares), 1.0)
        return csr_array((values / norms[whose], columns, ends), shape=(len(said), len(rarity)))

    def _word_gains(
        self, lead: _Lead, facet: Facet, sought: _FacetTraits, unit: Mapping[str, float]
    ) -> Iterator[_Gain]:
        """What a lead's words add to the nearness of a facet, each where it is first used."""
        segments = lead.said.get(facet, ())
        stems_of = [stems(segment.text) for segment in segments]
        said = self._lexicon.weights(frozenset().union(*stems_of))
        for field in sought.fields:
            used: dict[int, dict[str, float]] = {}
            for word in sorted(field.words.keys() & said.keys()):
                row = next(row for row, found in enumerate(stems_of) if word in found)
                used.setdefault(row, {})[word] = field.words[word] * said[word]
            for row, words in used.items():
                worth = field.weight * math.fsum(words.values()) / unit["words"]
                segment = segments[row]
                span = _narrowed(lead.document.text(segment.field), segment, words.keys())
                yield _Gain(worth, facet, field.name, segment, span)


def _heard(document: EvidenceDocument) -> _Lead:
    """Cut a document into what it says to each facet."""
    told = {field: segments_of(field, text, affirmed=False) for field, text in document.fields}
    by_field = {
        field: segments_of(field, text) if may_be_negated(text) else told[field]
        for field, text in document.fields
    }
    said: dict[Facet, tuple[Segment, ...]] = {}
    for facet, fields in FACET_FIELDS.items():
        segments = distinct(chain.from_iterable(by_field.get(field, ()) for field in fields))
        if is_observed(facet, segments):
            said[facet] = segments
    # What is denied earns nothing, but who denies something has told something.
    all_told = distinct(chain.from_iterable(told.values()))
    n_skills = sum(segment.field == "skills" for segment in all_told)
    return _Lead(document, calibration.evidence_level(_characters(all_told), n_skills), said)


def _near(spoken: _Spoken, sought: _FacetTraits) -> _Near:
    """How near segments come, and the nearest of each lead, which count: in the order of their nearness."""
    near = np.round(spoken.X @ sought.direction, 9)
    alike = np.round(spoken.X @ sought.centres.T, 9)
    theme = alike.argmax(axis=1)
    named = alike.max(axis=1) >= traits.LEAST_ALIKE * np.linalg.norm(spoken.X, axis=1)
    worth = near * np.where(named, sought.weights[theme], 1.0)
    near = near[spoken.row_of]
    positive = np.flatnonzero(near > 0)
    order = positive[np.lexsort((-near[positive], spoken.lead_of[positive]))]
    whose = spoken.lead_of[order]
    first = np.searchsorted(whose, whose, side="left")
    return _Near(
        worth[spoken.row_of],
        np.where(named, theme, -1)[spoken.row_of],
        order[np.arange(len(order)) - first < MAX_COUNTED],
    )


def _segment_gains(
    i: int,
    lead: _Lead,
    facet: Facet,
    spoken: _Spoken,
    near: _Near,
    sought: _FacetTraits,
    unit: Mapping[str, float],
) -> Iterator[_Gain]:
    """What a lead's nearest segments add to the nearness of a facet, each under the name of the trait it shows most."""
    first, last = np.searchsorted(spoken.lead_of[near.counted], [i, i + 1])
    for row in near.counted[first:last]:
        segment = lead.said[facet][row - spoken.begin[i]]
        name = sought.themes[near.theme[row]] if near.theme[row] >= 0 else REST[facet]
        worth = float(near.worth[row]) / unit["themes"]
        yield _Gain(worth, facet, name, segment, (segment.start, segment.end))


def _shares(values: Floats, sizes: Indices, references: Mapping[str, Sequence[float]], n: int) -> Floats:
    """Per lead the share of colleagues who come less near with as much text; nan where nothing is known."""
    shares = np.full(len(values), np.nan)
    known = ~np.isnan(values)
    for size in np.unique(sizes[known]):
        some = known & (sizes == size)
        reference = references[str(calibration.SIZES[size])]
        shares[some] = calibration.shares_below(values[some], reference, n)
    return shares


def _characters(segments: Iterable[Segment]) -> int:
    return sum(len(segment.text) for segment in segments)


def _percent(share: float) -> int | None:
    return None if math.isnan(share) else round(100 * share)


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
