"""Reads of weighings for screens: how a persona counts now, and who would move."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from survey.domain.weighings import USUAL, compared_by, facets_of, get_weighing, reweighed_traits
from survey.enums import Band, VersionState
from survey.models import Lead, LeadEvidence, PersonaVersion, Weighing

_HEADLINE_CHARS = 90
#: What scoring puts for characters that may name somebody.
_MASKED = re.compile("•+")


@dataclass(frozen=True, slots=True)
class Change:
    """How something counted, and how it would count. ``trait`` is empty for the facet itself."""

    facet: str
    trait: str
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Move:
    """So many leads go from one band, or best persona, to another; empty: they have none."""

    old: str
    new: str
    n: int


@dataclass(frozen=True, slots=True)
class MovingLead:
    """A lead whose fit would change, by number; of their own words only the headline, as it is masked for scoring."""

    id: int
    headline: str
    old: int | None
    old_band: str | None
    new: int | None
    new_band: str | None

    @property
    def points(self) -> int | None:
        """By how much the number changes, if there is one before and after."""
        return None if self.old is None or self.new is None else self.new - self.old


@dataclass(frozen=True, slots=True)
class Preview:
    """What the page of a weighing shows. ``latest`` is the version in force, None if the persona was withdrawn.

    Of the leads whose number would change, ``changing`` would change their band and ``staying`` would not. Whether the
    colleagues were scored by these weights (``compared``) is known until it is published.
    """

    id: int
    version_id: int
    number: int
    name: str
    created_at: dt.datetime
    changes: tuple[Change, ...]
    n_leads: int
    n_moved: int
    n_changing_band: int
    bands: tuple[Move, ...]
    best: tuple[Move, ...]
    changing: tuple[MovingLead, ...]
    staying: tuple[MovingLead, ...]
    is_done: bool
    compared: bool
    latest: int | None


def get_preview(session: Session, weighing_id: int) -> Preview:
    """Return a weighing with all that its page shows. Raises NotFoundError."""
    weighing = get_weighing(session, weighing_id)
    version, found = weighing.version, weighing.preview or {}
    names = dict(
        session.execute(
            select(PersonaVersion.id, PersonaVersion.name).where(
                PersonaVersion.id.in_(found.get("versions", []))
            )
        ).all()
    )
    latest = session.scalar(
        select(PersonaVersion.number).where(
            PersonaVersion.persona_id == version.persona_id, PersonaVersion.state == VersionState.PUBLISHED
        )
    )
    compared = session.scalar(select(Weighing.scoring["compared"]).where(Weighing.id == weighing.id))
    bands = _moves(found.get("bands", {}), {band.value: band.value for band in Band})
    leads = _leads(session, found.get("leads", []))
    return Preview(
        id=weighing.id,
        version_id=version.id,
        number=version.number,
        name=version.name,
        created_at=weighing.created_at,
        changes=tuple(_changes(version, weighing.weights)),
        n_leads=found.get("n_leads", 0),
        n_moved=found.get("n_moved", 0),
        n_changing_band=sum(move.n for move in bands),
        bands=bands,
        best=_moves(found.get("best", {}), {str(key): name for key, name in names.items()}),
        changing=tuple(lead for lead in leads if lead.old_band != lead.new_band),
        staying=tuple(lead for lead in leads if lead.old_band == lead.new_band),
        is_done=weighing.preview is not None,
        compared=compared_by({"compared": compared or {}}) == facets_of(weighing.weights),
        latest=latest,
    )


def _changes(version: PersonaVersion, weights: Mapping[str, Any]) -> Iterator[Change]:
    """Yield what would count otherwise: facets, then traits facet by facet."""
    facets = facets_of(weights)
    old, new = reweighed_traits(version.weights), reweighed_traits(weights)
    for facet, now in facets_of(version.weights).items():
        if facets[facet] != now:
            yield Change(facet, "", now, facets[facet])
    for facet, text in sorted(old.keys() | new.keys(), key=lambda key: (list(USUAL).index(key[0]), key[1])):
        before, after = old.get((facet, text), 1.0), new.get((facet, text), 1.0)
        if before != after:
            yield Change(facet, text, before, after)


def _moves(counts: Mapping[str, int], names: Mapping[str, str]) -> tuple[Move, ...]:
    """Return what goes from one to another, the most frequent first."""
    moves = []
    for key, n in counts.items():
        old, new = key.split(" ")
        if old != new:
            moves.append(Move(names.get(old, ""), names.get(new, ""), n))
    return tuple(sorted(moves, key=lambda move: (-move.n, move.old, move.new)))


def _leads(session: Session, listed: Sequence[Sequence[Any]]) -> tuple[MovingLead, ...]:
    """Return the leads that are still there."""
    headlines = select(Lead.id, LeadEvidence.masked).outerjoin(
        LeadEvidence, and_(LeadEvidence.lead_id == Lead.id, LeadEvidence.field == "headline")
    )
    masked = {
        row.id: row.masked or ""
        for row in session.execute(headlines.where(Lead.id.in_([one[0] for one in listed])))
    }
    return tuple(
        MovingLead(
            lead_id, shorten(_MASKED.sub("…", masked[lead_id]), _HEADLINE_CHARS, placeholder=" …"), *numbers
        )
        for lead_id, *numbers in listed
        if lead_id in masked
    )
