"""Reads of possible duplicates for screens: the queue, and one group side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from survey.domain.duplicates import MERGED_FIELDS, said_in
from survey.domain.leads import get_lead, read_said
from survey.domain.passages import passages
from survey.enums import DuplicateState
from survey.models import Duplicate, Lead

PAGE_SIZE = 25
#: Entries of a group that are shown; the others are like one of them, or come next.
SHOWN = 20
_OPEN = Duplicate.state == DuplicateState.OPEN


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A lead with later entries that may be the same person."""

    lead_id: int
    name: str
    employer: str
    n_others: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the groups."""

    groups: tuple[GroupRow, ...]
    n_groups: int
    page: int
    n_pages: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a group, by its place in it (1 is the earliest), and what it shares with the earliest."""

    lead: Lead
    place: int
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a field can have, whose entry it is taken from, and the places of those that say the same.

    ``shown`` is the text for the eye, without the punctuation of lists.
    """

    shown: str
    lead_id: int
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The entries that are shown, how many there are, and what each field can be."""

    entries: tuple[Entry, ...]
    n_entries: int
    choices: dict[str, tuple[Choice, ...]]


def count_groups(session: Session) -> int:
    """Return how many leads may have a second entry."""
    return session.scalar(select(func.count(Duplicate.first_id.distinct())).where(_OPEN)) or 0


def list_groups(session: Session, *, page: int = 1) -> Queue:
    """Return one page of the groups, the earliest lead first."""
    n_groups = count_groups(session)
    n_pages = max(1, -(-n_groups // PAGE_SIZE))
    page = min(max(1, page), n_pages)
    counts = session.execute(
        select(Duplicate.first_id, func.count())
        .where(_OPEN)
        .group_by(Duplicate.first_id)
        .order_by(Duplicate.first_id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    ids = [first for first, _ in counts]
    chosen = select(Lead).where(Lead.id.in_(ids)).options(joinedload(Lead.identity))
    leads = {lead.id: lead for lead in session.scalars(chosen)}
    reasons: dict[int, list[str]] = {}
    for first, reason in session.execute(
        select(Duplicate.first_id, Duplicate.reason).where(_OPEN, Duplicate.first_id.in_(ids)).distinct()
    ):
        reasons.setdefault(first, []).append(reason)
    groups = tuple(
        GroupRow(
            first,
            leads[first].called,
            leads[first].identity.employer,
            n,
            tuple(sorted(reasons[first])),
        )
        for first, n in counts
    )
    return Queue(groups, n_groups, page, n_pages)


def next_group(session: Session, lead_id: int) -> int | None:
    """Return the lead whose entries come after this one's in the queue, or its first; None if it is empty."""
    waiting = (
        select(Duplicate.first_id).where(_OPEN).order_by(Duplicate.first_id <= lead_id, Duplicate.first_id)
    )
    return session.scalar(waiting.limit(1))


def show_group(session: Session, lead_id: int) -> Group:
    """Return a lead beside the entries that may be the same person. Raises NotFoundError if the lead is gone."""
    first = get_lead(session, lead_id)
    pairs = select(Duplicate.second_id, Duplicate.reason).where(_OPEN, Duplicate.first_id == lead_id)
    shown = session.execute(pairs.order_by(Duplicate.second_id).limit(SHOWN - 1)).all()
    n_others = session.scalar(select(func.count()).select_from(pairs.subquery())) or 0
    reasons = dict(shown)
    leads = session.scalars(
        select(Lead)
        .where(Lead.id.in_([first.id, *reasons]))
        .order_by(Lead.id != first.id, Lead.id)
        .options(joinedload(Lead.identity))
    ).all()
    entries = tuple(Entry(lead, place, reasons.get(lead.id, "")) for place, lead in enumerate(leads, start=1))
    return Group(entries, n_others + 1, _choices(session, entries))


def _choices(session: Session, entries: Sequence[Entry]) -> dict[str, tuple[Choice, ...]]:
    held = read_said(session, [entry.lead.id for entry in entries])
    said = [(entry, said_in(held[entry.lead.id])) for entry in entries]
    choices = {}
    for field in MERGED_FIELDS:
        found: dict[str, list[Entry]] = {}
        for entry, values in said:
            if values[field].strip():
                found.setdefault(values[field], []).append(entry)
        if found:
            choices[field] = tuple(
                Choice(_shown(field, text), same[0].lead.id, tuple(entry.place for entry in same))
                for text, same in found.items()
            )
    return choices


def _shown(field: str, text: str) -> str:
    lines = ["".join(piece.text for piece in passage.pieces) for passage in passages(field, text, ())]
    if field == "source":
        return text.replace("_", " ")
    return "\n".join(lines) if field == "experience" else text
