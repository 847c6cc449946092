"""Leads: people who have not applied. They can be looked after, erased, and expire by themselves.

How they come in is in imports (the recruiter's part) and intake (the worker's), how they are scored in scores; reads
for screens are in queries.leads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

from survey.database import parts
from survey.domain import audit, jobs
from survey.domain.contacts import keys_of
from survey.enums import ImportState, JobKind, RoleName, RowOutcome
from survey.exceptions import InvalidInputError, NotFoundError
from survey.models import (
    Account,
    ImportRow,
    Job,
    Lead,
    LeadEvidence,
    LeadIdentity,
    LeadImport,
    LeadKey,
    LeadMerge,
    LeadNote,
    Role,
    Score,
)
from survey.models.base import utc_now

#: Who somebody is, with the longest value that the columns hold.
IDENTITY_CHARS = {"name": 200, "email": 255, "phone": 60, "profile": 300, "employer": 200, "location": 200}
IDENTITY_FIELDS = tuple(IDENTITY_CHARS)
#: What may be scored, in the order in which it is read.
EVIDENCE_FIELDS = ("headline", "summary", "skills", "experience", "interest")
NOTE_CHARS = 2000

#: The subject of a scoring job that means every lead.
ALL_LEADS = 0

#: An upload that nobody starts holds people's words for no purpose.
UPLOAD_KEPT = dt.timedelta(days=1)
#: For so long an import can be undone, and the rows that were left out can be downloaded.
ROWS_KEPT = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Said:
    """What a lead says: every field of the identity, the texts that are not empty, and where they were found."""

    identity: Mapping[str, str]
    texts: Mapping[str, str]
    source: str


def start_scoring(session: Session, *, lead_id: int = ALL_LEADS, account_id: int | None = None) -> Job:
    """Have all leads, or one, scored anew with the published personas, as they are when this transaction ends."""
    return jobs.enqueue_anew(session, kind=JobKind.SCORE_LEADS, subject_id=lead_id, account_id=account_id)


def get_lead(session: Session, lead_id: int) -> Lead:
    """Return a lead. Raises NotFoundError."""
    lead = session.get(Lead, lead_id)
    if lead is None:
        raise NotFoundError("There is no such lead. They may have been erased.")
    return lead


def read_said(session: Session, lead_ids: Collection[int]) -> dict[int, Said]:
    """Return what these leads say; those that are gone are absent."""
    texts: dict[int, dict[str, str]] = {lead_id: {} for lead_id in lead_ids}
    fields = select(LeadEvidence.lead_id, LeadEvidence.field, LeadEvidence.text)
    for lead_id, field, text in session.execute(fields.where(LeadEvidence.lead_id.in_(lead_ids))):
        texts[lead_id][field] = text
    columns = [getattr(LeadIdentity, field) for field in IDENTITY_FIELDS]
    rows = session.execute(
        select(Lead.id, Lead.source, *columns)
        .join(LeadIdentity, LeadIdentity.lead_id == Lead.id)
        .where(Lead.id.in_(lead_ids))
    )
    return {
        lead_id: Said(dict(zip(IDENTITY_FIELDS, identity, strict=True)), texts[lead_id], source)
        for lead_id, source, *identity in rows
    }


def rewrite(session: Session, before: Mapping[int, Said], after: Mapping[int, Said]) -> set[int]:
    """Let leads that say the one say the other; return those of them that changed.

    Points lie on words, with the name masked in them: where words or name change, the scores go and the texts wait to
    be read again.
    """
    changed = {lead_id for lead_id, said in after.items() if said != before[lead_id]}
    known_by = {lead_id for lead_id in changed if after[lead_id].identity != before[lead_id].identity}
    reread = {lead_id for lead_id in changed if _read_differently(before[lead_id], after[lead_id])}
    moved = {lead_id for lead_id in changed if after[lead_id].source != before[lead_id].source}
    session.flush()
    if known_by:
        identities = [{"lead_id": lead_id, **after[lead_id].identity} for lead_id in sorted(known_by)]
        session.execute(update(LeadIdentity), identities)
        set_keys(session, {lead_id: after[lead_id].identity for lead_id in known_by})
    if reread:
        for table in (LeadEvidence, Score):
            session.execute(delete(table).where(table.lead_id.in_(reread)))
        add_texts(session, {lead_id: after[lead_id].texts for lead_id in sorted(reread)})
    if moved:
        session.execute(
            update(Lead), [{"id": lead_id, "source": after[lead_id].source} for lead_id in sorted(moved)]
        )
    if changed:
        session.execute(update(Lead).where(Lead.id.in_(changed)).values(revision=Lead.revision + 1))
        session.expire_all()
    return changed


def add_texts(session: Session, texts: Mapping[int, Mapping[str, str]]) -> None:
    """Keep the words of leads that have none; what identifies is masked when they are scored."""
    rows = [
        {"lead_id": lead_id, "field": field, "text": text, "masked": None}
        for lead_id, held in texts.items()
        for field, text in held.items()
        if text.strip()
    ]
    if rows:
        session.execute(insert(LeadEvidence), rows)


def set_keys(session: Session, identities: Mapping[int, Mapping[str, str]]) -> None:
    """Recognise leads by who they are now, and by who the entries were that went into theirs."""
    keys = {lead_id: keys_of(identity) for lead_id, identity in identities.items()}
    for lead_id, before in session.execute(
        select(LeadMerge.lead_id, LeadMerge.before).where(LeadMerge.lead_id.in_(keys))
    ):
        keys[lead_id] |= keys_of(before["identity"])
    session.execute(delete(LeadKey).where(LeadKey.lead_id.in_(keys)))
    add_keys(session, keys)


def add_keys(session: Session, keys: Mapping[int, Collection[tuple[str, str]]]) -> None:
    """Keep by what leads that have no keys are recognised."""
    rows = [
        {"lead_id": lead_id, "kind": kind, "value": value}
        for lead_id, pairs in keys.items()
        for kind, value in sorted(pairs)
    ]
    if rows:
        session.execute(insert(LeadKey), rows)


def add_note(session: Session, lead: Lead, text: str, *, account_id: int | None = None) -> LeadNote:
    """Keep a note about a lead; the audit log says that there is one, not what it says.

    Raises InvalidInputError if it is empty or too long.
    """
    text = text.replace("\0", "").strip()
    if not 0 < len(text) <= NOTE_CHARS:
        raise InvalidInputError(f"A note has at least one and at most {NOTE_CHARS:,} characters.")
    note = LeadNote(lead_id=lead.id, text=text, created_by=account_id)
    session.add(note)
    lead.revision += 1
    audit.record(session, "wrote a note about", f"lead {lead.id}", account_id=account_id)
    return note


def remove_note(session: Session, lead: Lead, note_id: int, *, account_id: int | None = None) -> None:
    """Remove a note of a lead. Raises NotFoundError."""
    note = session.get(LeadNote, note_id)
    if note is None or note.lead_id != lead.id:
        raise NotFoundError("There is no such note. It may have been removed.")
    session.delete(note)
    lead.revision += 1
    audit.record(session, "removed a note about", f"lead {lead.id}", account_id=account_id)


def list_owners(session: Session) -> list[Account]:
    """Return the recruiters that a lead can belong to, by address."""
    return list(
        session.scalars(
            select(Account)
            .join(Account.roles)
            .where(Account.active, Role.name == RoleName.RECRUITER)
            .order_by(Account.email)
        )
    )


def set_owner(session: Session, lead: Lead, owner_id: int | None, *, account_id: int | None = None) -> None:
    """Say who is in touch with a lead, or that nobody is.

    Raises InvalidInputError if this is no active recruiter.
    """
    if owner_id is not None and owner_id not in {account.id for account in list_owners(session)}:
        raise InvalidInputError("Only an active recruiter can be in touch with a lead. Choose another one.")
    lead.owner_id = owner_id
    lead.revision += 1
    audit.record(session, "changed the owner of", f"lead {lead.id}", account_id=account_id, owner=owner_id)


def erase(session: Session, lead: Lead, *, account_id: int | None = None) -> None:
    """Remove a lead with everything that is held about them; the audit log keeps that it was done."""
    subject = f"lead {lead.id}"
    session.delete(lead)
    session.flush()
    audit.record(session, "erased", subject, account_id=account_id)


def kept_until(session: Session, lead: Lead, *, retention_days: int) -> dt.datetime:
    """Return when a lead will be erased by itself unless they are imported again."""
    imported_at = session.scalar(select(LeadImport.created_at).where(LeadImport.id == lead.import_id))
    return max(lead.created_at, imported_at or lead.created_at) + dt.timedelta(days=retention_days)


def erase_expired(session: Session, *, retention_days: int) -> int:
    """Erase the leads last imported longer ago than this, and what was kept of uploads; say how many leads."""
    now = utc_now()
    limit = now - dt.timedelta(days=retention_days)
    recent = select(LeadImport.id).where(LeadImport.created_at >= limit)
    expired = session.scalars(
        select(Lead.id).where(
            Lead.created_at < limit, or_(Lead.import_id.is_(None), Lead.import_id.not_in(recent))
        )
    ).all()
    for some in parts(expired, 500):
        session.execute(delete(Lead).where(Lead.id.in_(some)))
    session.execute(
        delete(LeadImport).where(
            LeadImport.state == ImportState.UPLOADED, LeadImport.created_at < now - UPLOAD_KEPT
        )
    )
    session.execute(update(LeadImport).where(LeadImport.created_at < limit).values(content=None))
    old = select(LeadImport.id).where(LeadImport.created_at < now - min(ROWS_KEPT, now - limit))
    session.execute(
        delete(ImportRow).where(ImportRow.import_id.in_(old), ImportRow.outcome != RowOutcome.REJECTED)
    )
    session.execute(update(ImportRow).where(ImportRow.import_id.in_(old)).values(cells=None))
    if expired:
        audit.record(session, "erased", "expired leads", leads=len(expired))
    return len(expired)


def _read_differently(before: Said, after: Said) -> bool:
    masked = ("name", "email")
    return before.texts != after.texts or any(before.identity[f] != after.identity[f] for f in masked)
