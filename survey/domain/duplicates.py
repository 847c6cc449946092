"""Leads that may be one person: found by what they share, decided by a person, never merged silently.

A pair links a lead to the earliest one it shares something with: 500 entries of one person are one group of 499 pairs,
not 125,000.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from itertools import islice

from sqlalchemy import and_, delete, exists, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from survey.database import parts
from survey.domain import audit
from survey.domain.contacts import EXACT, NAME, hints_agree, names_alike
from survey.domain.leads import (
    EVIDENCE_FIELDS,
    IDENTITY_FIELDS,
    Said,
    read_said,
    rewrite,
    set_keys,
    start_scoring,
)
from survey.enums import DuplicateState
from survey.exceptions import InvalidInputError, NotFoundError
from survey.models import Decision, Duplicate, Lead, LeadEvidence, LeadIdentity, LeadKey, LeadMerge, LeadNote
from survey.models.base import utc_now

#: What a merge asks about.
MERGED_FIELDS = (*IDENTITY_FIELDS, "source", *EVIDENCE_FIELDS)
#: Earlier leads whose name is compared; a coarse key may be shared by many.
_COMPARED = 10
_PART = 500

#: First and second lead → the kind of key they share.
Pairs = dict[tuple[int, int], str]


def find(session: Session, created: Collection[int], *, changed: Collection[int] = ()) -> None:
    """Add the pairs of new and changed leads with others that nobody has decided on yet."""
    ids = {*created, *changed}
    if ids:
        _add(session, {**_by_name(session, ids), **_by_contact(session, ids, set(changed))})


def merge(
    session: Session,
    first_id: int,
    *,
    apart: Collection[int] = (),
    choices: Mapping[str, int] | None = None,
    account_id: int | None = None,
) -> int:
    """Make one entry of a lead and the later ones that may be the same person; return how many went into it.

    ``apart`` are those that a person said are somebody else; of each field the value of the lead in ``choices`` is
    kept, by default the first one there is. Raises NotFoundError if nothing is left to merge, InvalidInputError if a
    choice is none.
    """
    told_apart = [lead_id for lead_id in _open_ids(session, first_id) if lead_id in set(apart)]
    members = [lead_id for lead_id in _open_ids(session, first_id) if lead_id not in set(apart)]
    if not members:
        raise NotFoundError("There is nothing to merge here. Somebody may have decided on it meanwhile.")
    chosen = choices or {}
    if not set(chosen) <= set(MERGED_FIELDS) or not set(chosen.values()) <= {first_id, *members}:
        raise InvalidInputError("A field can only be taken from one of these entries. Reload the page.")
    said: dict[int, Said] = {}
    owner_ids: list[int] = []
    for part in parts([first_id, *members], _PART):
        said |= read_said(session, part)
        entries = select(Lead.id, Lead.external_id, Lead.owner_id).where(Lead.id.in_(part)).order_by(Lead.id)
        for lead_id, external_id, owner_id in session.execute(entries.with_for_update()):
            owner_ids += [owner_id] if owner_id else []
            if lead_id != first_id:
                before = asdict(said[lead_id])
                session.add(
                    LeadMerge(external_id=external_id, lead_id=first_id, before=before, merged_by=account_id)
                )
    session.flush()
    for part in parts(members, _PART):
        for table in (LeadNote, LeadMerge, Decision):
            session.execute(update(table).where(table.lead_id.in_(part)).values(lead_id=first_id))
        _pass_on(session, first_id, part)
        session.execute(delete(Lead).where(Lead.id.in_(part)))
    kept = _chosen(said, chosen)
    rewrite(session, said, {first_id: kept})
    set_keys(session, {first_id: kept.identity})
    session.execute(
        update(Lead)
        .where(Lead.id == first_id)
        .values(revision=Lead.revision + 1, owner_id=owner_ids[0] if owner_ids else None)
    )
    session.expire_all()
    detail = {"entries": members[:_PART], "n": len(members)}
    audit.record(session, "merged", f"lead {first_id}", account_id=account_id, **detail)
    set_apart(session, first_id, told_apart, account_id=account_id)
    start_scoring(session, lead_id=first_id, account_id=account_id)
    return len(members)


def set_apart(
    session: Session, first_id: int, others: Sequence[int] | None = None, *, account_id: int | None = None
) -> int:
    """Remember that later entries are other people than this one; return how many.

    Of those named, each may still be the same person as the next one that it shares something with. By default all that
    were found are meant, and then they are different from each other, too.
    """
    ids = _open_ids(session, first_id) if others is None else others
    for part in parts(ids, _PART):
        session.execute(
            update(Duplicate)
            .where(Duplicate.first_id == first_id, Duplicate.second_id.in_(part))
            .values(state=DuplicateState.APART, decided_at=utc_now(), decided_by=account_id)
        )
        if others is not None:
            _add(session, _next_ones(session, part))
    if ids:
        detail = {"entries": list(ids[:_PART]), "n": len(ids)}
        audit.record(session, "told apart", f"lead {first_id}", account_id=account_id, **detail)
    return len(ids)


def said_in(said: Said) -> dict[str, str]:
    """Return what a lead says in each of the fields that a merge asks about."""
    return {**dict.fromkeys(MERGED_FIELDS, ""), **said.identity, **said.texts, "source": said.source}


def _by_contact(session: Session, ids: Collection[int], changed: Collection[int]) -> Pairs:
    own = select(LeadKey.kind, LeadKey.value).where(LeadKey.lead_id.in_(ids), LeadKey.kind.in_(EXACT))
    value = own.distinct().subquery()
    same = aliased(LeadKey)
    ends = [
        select(end(same.lead_id))
        .where(same.kind == value.c.kind, same.value == value.c.value)
        .scalar_subquery()
        for end in (func.min, func.max)
    ]
    rows = session.execute(select(value.c.kind, value.c.value, *ends)).all()
    firsts = {(kind, text): first for kind, text, first, last in rows if first < last}
    pairs = {
        (firsts[kind, text], lead_id): kind
        for lead_id, kind, text in session.execute(
            own.with_only_columns(LeadKey.lead_id, LeadKey.kind, LeadKey.value)
        )
        if firsts.get((kind, text), lead_id) != lead_id
    }
    # A lead that was changed may be the earliest of those that were there before.
    for (kind, text), first in firsts.items():
        if first in changed:
            later = select(same.lead_id).where(same.kind == kind, same.value == text, same.lead_id > first)
            pairs |= {(first, lead_id): kind for lead_id in session.scalars(later)}
    return pairs


def _by_name(session: Session, ids: Collection[int]) -> Pairs:
    own = select(LeadKey.value).where(LeadKey.lead_id.in_(ids), LeadKey.kind == NAME)
    place = func.row_number().over(partition_by=LeadKey.value, order_by=LeadKey.lead_id)
    nearest = (
        select(LeadKey.lead_id, LeadKey.value, place.label("place"))
        .where(LeadKey.kind == NAME, LeadKey.value.in_(own))
        .subquery()
    )
    names: dict[str, dict[int, str]] = defaultdict(dict)
    for lead_id, value, name in session.execute(
        select(nearest.c.lead_id, nearest.c.value, LeadIdentity.name)
        .join(LeadIdentity, LeadIdentity.lead_id == nearest.c.lead_id)
        .where((nearest.c.place <= _COMPARED) | nearest.c.lead_id.in_(ids))
        .order_by(nearest.c.lead_id)
    ):
        names[value][lead_id] = name
    similar = [
        (first, second)
        for group in names.values()
        for second in group
        for first in islice(group, _COMPARED)
        if first < second and (first in ids or second in ids) and names_alike(group[first], group[second])
    ]
    people = _hints(session, {lead_id for pair in similar for lead_id in pair})
    pairs: Pairs = {}
    linked: set[int] = set()
    for first, second in similar:
        if second not in linked and hints_agree(people[first], people[second]):
            linked.add(second)
            pairs[first, second] = NAME
    return pairs


def _hints(session: Session, ids: Collection[int]) -> dict[int, dict[str, str]]:
    people: dict[int, dict[str, str]] = {}
    skills = and_(LeadEvidence.lead_id == LeadIdentity.lead_id, LeadEvidence.field == "skills")
    query = select(
        LeadIdentity.lead_id, LeadIdentity.employer, LeadIdentity.location, LeadEvidence.text
    ).outerjoin(LeadEvidence, skills)
    for part in parts(sorted(ids), _PART):
        for lead_id, employer, location, text in session.execute(query.where(LeadIdentity.lead_id.in_(part))):
            people[lead_id] = {"employer": employer, "location": location, "skills": text or ""}
    return people


def _next_ones(session: Session, ids: Collection[int]) -> Pairs:
    """Pair each lead with the earliest one that it shares a contact with and is not told apart from."""
    own, other = aliased(LeadKey), aliased(LeadKey)
    told = exists().where(Duplicate.first_id == other.lead_id, Duplicate.second_id == own.lead_id)
    rows = session.execute(
        select(func.min(other.lead_id), own.lead_id, own.kind)
        .join(other, and_(other.kind == own.kind, other.value == own.value, other.lead_id < own.lead_id))
        .where(own.lead_id.in_(ids), own.kind.in_(EXACT), ~told)
        .group_by(own.lead_id, own.kind)
    )
    return {(first, second): kind for first, second, kind in rows}


def _add(session: Session, pairs: Pairs) -> None:
    for part in parts(sorted(pairs), _PART):
        known = set(
            session.execute(
                select(Duplicate.first_id, Duplicate.second_id).where(
                    Duplicate.first_id.in_({first for first, _ in part}),
                    Duplicate.second_id.in_({second for _, second in part}),
                )
            )
        )
        new = [
            {
                "first_id": first,
                "second_id": second,
                "reason": pairs[first, second],
                "state": DuplicateState.OPEN,
            }
            for first, second in part
            if (first, second) not in known
        ]
        if new:
            session.execute(insert(Duplicate), new)


def _open_ids(session: Session, first_id: int) -> list[int]:
    return list(
        session.scalars(
            select(Duplicate.second_id)
            .where(Duplicate.first_id == first_id, Duplicate.state == DuplicateState.OPEN)
            .order_by(Duplicate.second_id)
        )
    )


def _chosen(said: Mapping[int, Said], choices: Mapping[str, int]) -> Said:
    told = {lead_id: said_in(said[lead_id]) for lead_id in sorted(said)}
    values = {
        field: told[choices[field]][field]
        if field in choices
        else next((fields[field] for fields in told.values() if fields[field].strip()), "")
        for field in MERGED_FIELDS
    }
    return Said(
        {field: values[field] for field in IDENTITY_FIELDS},
        {field: values[field] for field in EVIDENCE_FIELDS if values[field].strip()},
        values["source"],
    )


def _pass_on(session: Session, first_id: int, members: Collection[int]) -> None:
    """Let the pairs of entries that go be pairs of the one that stays."""
    rows = session.execute(
        select(Duplicate.first_id, Duplicate.second_id, Duplicate.reason, Duplicate.state).where(
            Duplicate.first_id.in_(members) | Duplicate.second_id.in_(members)
        )
    ).all()
    gone = {first_id, *members}
    for first, second, reason, state in rows:
        other = second if first in gone else first
        if other in gone:
            continue
        pair = (min(first_id, other), max(first_id, other))
        if session.get(Duplicate, pair) is None:
            session.add(Duplicate(first_id=pair[0], second_id=pair[1], reason=reason, state=state))
            session.flush()
