"""Fit of leads with personas: points for traits, each earned by a stretch of the lead's own text.

Here traits and references become one block of plain data, and a block with a lead's evidence becomes scores. A score
is a function of those two alone. Engagement is not added in, and nothing here decides about a person.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from analysis import aliases, calibration, traits
from analysis.encoder import Encoder
from analysis.evidence import EvidenceDocument
from analysis.exceptions import EncoderError, InvalidReportError
from analysis.facets import (
    FACET_FIELDS,
    FACETS,
    KINDS,
    REST,
    SCHEMA_VERSION,
    Facet,
    is_observed,
    less_rivals,
    likeness,
    observed_sets,
    weighted_mean,
)
from analysis.lexicon import Lexicon, stems
from analysis.scoring_block import MOST, MOST_OF_FACET, counted, scoring_block
from analysis.segments import Segment, distinct
from analysis.text import tokenize

__all__ = ["Contribution", "LeadScore", "Scorer", "best_of", "scoring_block"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Key = TypeVar("Key", str, int)

#: Decimals of an exact fit: few leads share a number, and the last digits of another machine change hardly any.
EXACT_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Contribution:
    """Points from one trait, and the lead's own ``field[start:end]`` that earned them."""

    facet: Facet
    trait: str
    points: int
    field: str
    start: int
    end: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, in this order; written out, as a copy in depth would cost bulk scoring time."""
        return {
            "facet": self.facet,
            "trait": self.trait,
            "points": self.points,
            "field": self.field,
            "start": self.start,
            "end": self.end,
        }


class LeadScore(NamedTuple):
    """How well a lead fits one persona.

    Parameters
    ----------
    persona : str
        Key of the persona.
    fit : int or None
        0 to 100: so many of 100 colleagues, scored as strangers who say as much, come less near. None where there
        is not enough evidence.
    exact : float or None
        The same before it is rounded to a whole number: by it leads are ranked.
    band : {"A", "B", "C", "D"} or None
    evidence : {"E0", "E1", "E2", "E3"}
    facets : mapping
        The same for each facet; None where the lead says nothing about it.
    contributions : tuple of Contribution
        Largest first, one for each trait and stretch of text; the points sum exactly to ``fit``.
    """

    persona: str
    fit: int | None
    exact: float | None
    band: calibration.Band | None
    evidence: calibration.Evidence
    facets: Mapping[Facet, int | None]
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class _Theme:
    """What gives sentences a name, and how they count under it."""

    name: str
    weight: float
    centre: Floats


@dataclass(frozen=True, slots=True)
class _Field:
    """A word field: its name, how it counts, the weight of each word."""

    name: str
    weight: float
    words: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Sought:
    """What is looked for in one facet, all personas side by side.

    Parameters
    ----------
    middle : array, shape (dim,)
        What all colleagues' sentences have in common.
    directions : array, shape (n_personas, dim)
        What a persona's sentences have beyond it.
    themes, fields : tuple per persona
    field_of : tuple per persona
        The named field of each word that counts for somebody.
    rest : tuple of float
        How sentences count that are like none of a persona's themes.
    weights : array, shape (n_words, n_personas)
        How each word of the lexicon counts.
    """

    middle: Floats
    directions: Floats
    themes: tuple[tuple[_Theme, ...], ...]
    fields: tuple[tuple[_Field, ...], ...]
    field_of: tuple[Mapping[str, _Field], ...]
    rest: tuple[float, ...]
    weights: Floats

    @property
    def is_known(self) -> Mask:
        """Per persona whether enough colleagues spoke to it."""
        return np.array([len(themes) > 0 for themes in self.themes], dtype=bool)


class _Said(NamedTuple):
    """What a lead says to one facet: segments, and the rows of what is known of their texts."""

    segments: tuple[Segment, ...]
    rows: list[int]


class _Lead(NamedTuple):
    """A lead's evidence: the document, how much it is, and what it says to the facets it speaks to."""

    document: EvidenceDocument
    level: calibration.Evidence
    said: Mapping[Facet, _Said]


@dataclass(frozen=True, slots=True)
class _Met:
    """How near leads come in one facet; rows are leads, and a facet they do not speak to is worth nothing.

    Parameters
    ----------
    near : array, shape (n_segments, n_personas)
        How near each segment comes, weighed as HR weighs its trait; from ``bounds[i]`` to ``bounds[i + 1]`` those
        of lead i.
    lengths : array, shape (n_leads,)
        Lengths of the sums of what a lead's segments have.
    reached : array, shape (n_kinds, n_leads, n_personas)
        What is met in meaning and in words; nan where the lead does not speak to the facet or the persona's
        people do not.
    n_words : array, shape (n_leads,)
        How many telling words each lead says; one counts once for each segment that has it.
    """

    near: Floats
    lengths: Floats
    bounds: NDArray[np.intp]
    reached: Floats
    n_words: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Gain:
    """What a segment adds to a fit before calibration under the name of a trait, and the part that did; may be < 0."""

    worth: float
    facet: Facet
    trait: str
    segment: Segment
    span: tuple[int, int]


def best_of(fits: Mapping[Key, float | None], ranking: Collection[Key]) -> Key | None:
    """Return the key with the highest fit, the first of equals; None if there is no number.

    Parameters
    ----------
    fits : mapping
        Exact fit 0-100 of each persona, None where there was too little evidence.
    ranking : collection
        Personas that can tell people apart. The others take part only where none of these has a number.
    """
    numbers = {key: fit for key, fit in fits.items() if fit is not None}
    ranked = {key: fit for key, fit in numbers.items() if key in ranking} or numbers
    return max(ranked, key=lambda key: ranked[key], default=None)


class Scorer:
    """Scores leads from a scoring block, read by the aliases that are in force when it is made.

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
        # With the scorer, because other processes that score with it know no setting.
        self._own_aliases = aliases.own()
        #: Whether the answers from which the personas were learnt were read by the same aliases as leads are.
        self.same_aliases = block.get("aliases", "") == aliases.own_hash()
        try:
            self._load(block)
        except InvalidReportError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidReportError(
                "The scoring block is incomplete or damaged. Run the analysis again or restore the report."
            ) from error

    def _load(self, block: Mapping[str, Any]) -> None:
        # Others are compared with, but not scored.
        compared = [*block["personas"], *block.get("others", [])]
        _check_personas(block["personas"], compared)
        self.personas: tuple[str, ...] = tuple(persona["key"] for persona in block["personas"])
        #: Personas by which leads may be ranked.
        self.ranking = frozenset(persona["key"] for persona in block["personas"] if persona["ranks"])
        _check_numbers([*block["words"]["rarity"].values(), block["words"]["unseen"]])
        self._lexicon = Lexicon(block["words"]["rarity"], block["words"]["unseen"])
        self._weights: dict[Facet, int] = {facet: block["facets"][facet]["weight"] for facet in FACETS}
        self._check_weights(block)
        middles = {facet: traits.unpacked(block["facets"][facet]["middle"]) for facet in FACETS}
        self._sought = {facet: self._read(facet, middles[facet], compared) for facet in FACETS}
        self._are_rivals = np.array([persona["ranks"] for persona in compared], dtype=bool)
        self._n = [persona["n"] for persona in block["personas"]]
        self._references = [
            {facet: _by_size(persona["facets"][facet]["reference"]) for facet in FACETS}
            for persona in block["personas"]
        ]
        self._totals = [
            {key: _by_size(persona["reference"][key]) for key in map("+".join, observed_sets())}
            for persona in block["personas"]
        ]
        _check_numbers(persona["spread"][kind] for persona in compared for kind in KINDS)
        #: Units of meaning and of words, shape (n_kinds, n_personas).
        self._units = np.array(
            [[persona["spread"][kind] for persona in compared] for kind in KINDS], dtype=np.float64
        )

    def _check_weights(self, block: Mapping[str, Any]) -> None:
        """Refuse weights that somebody may have written into a report by hand."""
        of_facets = list(self._weights.values())
        of_traits = [
            entry["weight"]
            for persona in block["personas"]
            for facet in FACETS
            for entry in counted(persona, facet)
        ]
        if not all(0 <= weight <= MOST_OF_FACET for weight in of_facets) or not any(of_facets):
            raise InvalidReportError(
                f"The weights of who, skills and why must be from 0 to {MOST_OF_FACET}, and not all of them 0."
            )
        if not all(0 <= weight <= MOST for weight in of_traits):
            raise InvalidReportError(f"A trait counts from 0 (not at all) to {MOST:g} times.")
        for persona in block["personas"]:
            for facet in FACETS:
                entries = counted(persona, facet)
                if self._weights[facet] and entries and not any(entry["weight"] for entry in entries):
                    # Everybody would get the same number, made of nothing.
                    raise InvalidReportError(
                        f"All traits under “{facet}” of the persona {persona['key']} have the weight 0. Let one count, "
                        f"or give “{facet}” itself the weight 0."
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
            Without it the contributions stay empty, which saves most of the time that the encoder does not take.

        Returns
        -------
        list of tuple of LeadScore
            Per lead what :meth:`score` returns.
        """
        row_of: dict[str, int] = {}
        with aliases.reading_by(self._own_aliases):
            leads = [self._heard(document, row_of) for document in documents]
        X = self.encoder.encode(list(row_of)).astype(np.float64)
        said = [[lead.said.get(facet) for lead in leads] for facet in FACETS]
        words = list(map(stems, row_of))
        n_words_of = np.array([*map(len, words)], dtype=np.intp)
        weighted = self._lexicon.matrix(
            words, [one.rows if one else () for of_facet in said for one in of_facet]
        )
        met = {
            facet: self._met(facet, said[k], X, n_words_of, weighted[k * len(leads) : (k + 1) * len(leads)])
            for k, facet in enumerate(FACETS)
        }
        observed = np.array([~np.isnan(met[facet].reached[0]) for facet in FACETS])
        n_words = np.array([met[facet].n_words for facet in FACETS])[:, :, np.newaxis] * observed
        places = calibration.places_for(n_words.sum(axis=0) / np.maximum(observed.sum(axis=0), 1))
        units = self._units[:, np.newaxis]
        nearness = np.array([np.round((met[facet].reached / units).sum(axis=0), 9) for facet in FACETS])
        # As plain numbers, each of which is looked at by itself from here on.
        shares = _whole_percents(self._shares(nearness, places).transpose(1, 2, 0))
        exact = _percents(self._fits(nearness, places))
        return [
            tuple(map(_nothing_scored, self.personas))
            if lead.level == "E0"
            else tuple(
                self._scored(i, p, lead, met, X, shares[i][p], exact[i][p], explained)
                for p in range(len(self.personas))
            )
            for i, lead in enumerate(leads)
        ]

    def best(self, scores: Sequence[LeadScore]) -> str | None:
        """Return the persona a lead fits best; see :func:`best_of`."""
        return best_of({score.persona: score.exact for score in scores}, self.ranking)

    def _read(self, facet: Facet, middle: Floats, compared: Sequence[Mapping[str, Any]]) -> _Sought:
        parts = [persona["facets"][facet] for persona in compared]
        fields = tuple(
            tuple(_Field(field["text"], field["weight"], field["weights"]) for field in part["words"])
            for part in parts
        )
        _check_numbers(n for of_one in fields for field in of_one for n in field.words.values())
        row_of = self._lexicon.columns
        weights = np.zeros((len(row_of), len(parts)))
        for p, of_one in enumerate(fields):
            for field in of_one:
                for word in field.words.keys() & row_of.keys():
                    weights[row_of[word], p] = field.weight * field.words[word]
        directions = [traits.unpacked(part["direction"]) for part in parts]
        return _Sought(
            middle,
            np.array(directions).reshape(len(parts), self.encoder.dim),
            tuple(
                tuple(_Theme(t["text"], t["weight"], traits.unpacked(t)) for t in part["themes"])
                for part in parts
            ),
            fields,
            tuple(
                {
                    w: field
                    for field in of_one
                    if field.name != REST[facet]
                    for w in field.words
                    if field.words[w] > 0
                }
                for of_one in fields
            ),
            tuple(part["rest"]["weight"] for part in parts),
            weights,
        )

    def _heard(self, document: EvidenceDocument, row_of: dict[str, int]) -> _Lead:
        """Cut a document into what it says to each facet; a text that has no row yet gets the next one."""
        by_field = document.cuts
        spoken: dict[Facet, _Said] = {}
        for facet, fields in FACET_FIELDS.items():
            said = distinct(chain.from_iterable(by_field[f].affirmed for f in fields if f in by_field))
            if not is_observed(facet, said):
                continue
            spoken[facet] = _Said(said, [row_of.setdefault(segment.text, len(row_of)) for segment in said])
        # What is denied earns nothing, but who denies something has told something.
        all_told = distinct(chain.from_iterable(one.told for one in by_field.values()))
        n_skills = [segment.field for segment in all_told].count("skills")
        level = calibration.evidence_level(sum([len(segment.text) for segment in all_told]), n_skills)
        return _Lead(document, level, spoken)

    def _met(
        self,
        facet: Facet,
        said: Sequence[_Said | None],
        X: Floats,
        n_words_of: NDArray[np.intp],
        weighted: csr_array,
    ) -> _Met:
        """Match what leads say to a facet with what sets all personas apart.

        ``n_words_of`` counts the telling words of each text, ``weighted`` weighs those of each lead.
        """
        sought, n_personas = self._sought[facet], len(self._are_rivals)
        speaking = np.array([i for i, one in enumerate(said) if one is not None], dtype=np.intp)
        n_words = np.zeros(len(said), dtype=np.intp)
        bounds = np.cumsum([0, *(len(one.rows) if one is not None else 0 for one in said)])
        reached = np.full((len(KINDS), len(said), n_personas), np.nan)
        rows = np.array([row for one in said if one is not None for row in one.rows], dtype=np.intp)
        # Not a matrix product, in which the digits of a text depend on the texts beside it.
        beyond = np.einsum("ij,pj->ip", X, sought.directions) - sought.directions @ sought.middle
        near = np.round(beyond, 9)[rows]
        for p in range(n_personas):
            of_themes, of_fields = (
                [trait.weight for trait in kind[p]] for kind in (sought.themes, sought.fields)
            )
            if any(weight != 1 for weight in (sought.rest[p], *of_themes, *of_fields)):
                heard = chain.from_iterable(one.segments for one in said if one is not None)
                near[:, p] *= [
                    named.weight for named in _named(X[rows] - sought.middle, [*heard], sought, p, facet)
                ]
        lengths = np.zeros(len(said))
        if len(speaking):
            starts = bounds[speaking]
            counts = csr_array((np.ones(len(rows)), rows, [*starts, len(rows)]), (len(speaking), len(X)))
            sums = counts @ X - np.diff(bounds)[speaking, np.newaxis] * sought.middle
            lengths[speaking] = np.round(np.linalg.norm(sums, axis=1), 9)
            reached[0, speaking] = likeness(np.add.reduceat(near, starts), lengths[speaking])
            n_words[speaking] = np.add.reduceat(n_words_of[rows], starts)
            reached[1, speaking] = (weighted @ sought.weights)[speaking]
        reached[:, :, ~sought.is_known] = np.nan
        return _Met(near, lengths, bounds, reached, n_words)

    def _shares(self, nearness: Floats, places: Floats) -> Floats:
        """Per facet, lead and persona the share of colleagues that come less near."""
        shares = np.full(nearness.shape, np.nan)
        for p, references in enumerate(self._references):
            for k, facet in enumerate(FACETS):
                rows = ~np.isnan(nearness[k, :, p])
                shares[k, rows, p] = calibration.shares_around(
                    nearness[k, rows, p], references[facet], places[rows, p], self._n[p]
                )
        return shares

    def _fits(self, nearness: Floats, places: Floats) -> Floats:
        """Per lead and persona the share of colleagues that come less near, in the facets that both speak to."""
        weights = [self._weights[facet] for facet in FACETS]
        # A facet that counts nothing is as good as not shown: who speaks to no other one gets no number, not a 0.
        observed = ~np.isnan(nearness) & (np.array(weights) > 0)[:, np.newaxis, np.newaxis]
        totals = weighted_mean(nearness, weights)
        spoken = observed.any(axis=0)
        rivals = np.where(spoken & self._are_rivals, totals, np.nan)
        left = less_rivals(totals, np.fmax.reduce(rivals, axis=1, keepdims=True, initial=np.nan))
        # Where what counts against is as much as what counts for, there is nothing to share out.
        fits = np.where(spoken, 0.0, np.nan)[:, : len(self.personas)]
        for p, references in enumerate(self._totals):
            for subset in observed_sets():
                shown = np.isin(FACETS, subset)
                rows = np.all(shown == observed[:, :, p].T, axis=1) & (totals[:, p] > 0)
                fits[rows, p] = calibration.shares_around(
                    left[rows, p], references["+".join(subset)], places[rows, p], self._n[p]
                )
        return fits

    def _scored(
        self,
        i: int,
        p: int,
        lead: _Lead,
        met: Mapping[Facet, _Met],
        X: Floats,
        shares: Sequence[int | None],
        exact: float | None,
        explained: bool,
    ) -> LeadScore:
        if exact is None:
            return _nothing_scored(self.personas[p])
        fit = round(exact)
        # Without gains there is nothing to share out.
        gains = self._gains(i, p, lead, met, X) if explained and fit else []
        return LeadScore(
            self.personas[p],
            fit,
            exact,
            calibration.band_of(fit),
            lead.level,
            dict(zip(FACETS, shares, strict=True)),
            _contributions(gains, fit) if gains else (),
        )

    def _gains(self, i: int, p: int, lead: _Lead, met: Mapping[Facet, _Met], X: Floats) -> list[_Gain]:
        """What a lead's segments add to the fit, each under the name of the trait it shows most."""
        gains: list[_Gain] = []
        of_meaning, of_words = self._units[:, p].tolist()
        for facet, said in lead.said.items():
            sought, found, weight = self._sought[facet], met[facet], self._weights[facet]
            if not sought.themes[p]:
                continue
            first, last = found.bounds[i], found.bounds[i + 1]
            near = likeness(found.near[first:last, p], np.full(last - first, found.lengths[i]))
            named = _named(X[said.rows] - sought.middle, said.segments, sought, p, facet)
            for trait, segment, worth in zip(named, said.segments, near.tolist(), strict=True):
                span = (segment.start, segment.end)
                gains.append(_Gain(worth * weight / of_meaning, facet, trait.name, segment, span))
            first_with = {word: s for s in reversed(said.segments) for word in stems(s.text)}
            weighted = self._lexicon.weights(first_with)
            for field in sought.fields[p]:
                used: dict[Segment, dict[str, float]] = {}
                for word in sorted(field.words.keys() & weighted.keys()):
                    used.setdefault(first_with[word], {})[word] = field.words[word] * weighted[word]
                for segment, words in used.items():
                    worth = math.fsum(words.values()) * field.weight * weight / of_words
                    span = _narrowed(lead.document.text(segment.field), segment, words.keys())
                    gains.append(_Gain(worth, facet, field.name, segment, span))
        return gains


def _check_personas(personas: Sequence[Mapping[str, Any]], compared: Sequence[Mapping[str, Any]]) -> None:
    """Raise ValueError for what would be noticed only while leads are scored, or not at all."""
    keys = [persona["key"] for persona in personas]
    if not all(isinstance(key, str) and key for key in keys) or len(set(keys)) < len(keys):
        raise ValueError("a persona has no key of its own")
    if not all(type(persona["n"]) is int and persona["n"] > 0 for persona in personas):
        raise ValueError("a persona has no number of people")
    if not all(isinstance(persona["ranks"], bool) for persona in compared):
        raise ValueError("it is not known whether a persona ranks")


def _check_numbers(numbers: Iterable[Any]) -> None:
    """Raise ValueError unless each is one, and finite: JSON holds anything."""
    if not all(isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n) for n in numbers):
        raise ValueError("a number is none")


def _by_size(references: Mapping[str, Sequence[float]]) -> list[Sequence[float]]:
    found = [references[str(size)] for size in calibration.SIZES]
    _check_numbers(chain.from_iterable(found))
    return found


def _named(
    X: Floats, segments: Sequence[Segment], sought: _Sought, p: int, facet: Facet
) -> list[_Theme | _Field]:
    """What each segment shows: the theme that it is most like, else the field that its words stand for.

    The rest if it is like no theme and has no word that tells. Row i of ``X`` is what segment i has beyond what all
    have in common.
    """
    themes, field_of = sought.themes[p], sought.field_of[p]
    rest = _Field(REST[facet], sought.rest[p], {})
    nearest: list[int | None] = [None] * len(segments)
    if themes:
        centres = np.array([theme.centre for theme in themes])
        # As in near: digits must not depend on the segments beside it.
        alike = np.round(np.einsum("ij,tj->it", X, centres), 9)
        is_like = alike.max(axis=1) >= traits.LEAST_ALIKE * np.linalg.norm(X, axis=1)
        nearest = [
            t if like else None for t, like in zip(alike.argmax(axis=1).tolist(), is_like, strict=True)
        ]
    found: list[_Theme | _Field] = []
    for segment, theme in zip(segments, nearest, strict=True):
        if theme is not None:
            found.append(themes[theme])
            continue
        told = stems(segment.text) & field_of.keys()
        most = min(told, key=lambda word: (-field_of[word].words[word], word), default=None)
        found.append(rest if most is None else field_of[most])
    return found


def _nothing_scored(persona: str) -> LeadScore:
    """The score of a lead that tells too little; whoever changes its facets changes no other score."""
    return LeadScore(persona, None, None, None, "E0", dict.fromkeys(FACETS), ())


def _percents(shares: Floats) -> list[Any]:
    """Shares as hundredths, None for nan, in lists as deep as the array."""
    return _known(np.round(100 * shares, EXACT_DECIMALS), shares)


def _whole_percents(shares: Floats) -> list[Any]:
    # As a fit is rounded, so that equal shares are equal numbers.
    percents = np.round(100 * np.nan_to_num(shares), EXACT_DECIMALS)
    return _known(np.rint(percents).astype(np.intp), shares)


def _known(percents: NDArray[np.number], shares: Floats) -> list[Any]:
    plain = percents.astype(object)
    plain[np.isnan(shares)] = None
    found: list[Any] = plain.tolist()
    return found


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
