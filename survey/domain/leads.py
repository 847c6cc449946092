"""Leads: people who have not applied. They can be looked after, erased, and expire by themselves.

How they come in is in imports (the recruiter's part) and intake (the worker's), how they are scored in scores; reads
for screens are in queries.leads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

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

#: An upload that nobody starts holds people's words for no purpose.
UPLOAD_KEPT = dt.timedelta(days=1)
#: For so long an import can be undone, and the rows that were left out can be downloaded.
ROWS_KEPT = dt.timedelta(days=30)


def start_scoring(session: Session, *, lead_id: int = 0, account_id: int | None = None) -> Job:
    """Have all leads, or one, scored anew with the published personas."""
    return jobs.enqueue(session, kind=JobKind.SCORE_LEADS, subject_id=lead_id, account_id=account_id)


def get_lead(session: Session, lead_id: int) -> Lead:
    """Return a lead. Raises NotFoundError."""
    lead = session.get(Lead, lead_id)
    if lead is None:
        raise NotFoundError("There is no such lead. They may have been erased.")
    return lead


def identity_of(lead: Lead) -> dict[str, str]:
    """Return who a lead is, field by field."""
    return {field: getattr(lead.identity, field) for field in IDENTITY_FIELDS}


def change_lead(
    session: Session,
    lead: Lead,
    *,
    identity: Mapping[str, str],
    texts: Mapping[str, str],
    source: str | None = None,
) -> bool:
    """Let a lead say this; what is not given stays. Say whether anything changed.

    Points lie on words: with these, or with the name that is masked in them, the scores go.
    """
    now = identity_of(lead)
    held = {evidence.field: evidence for evidence in lead.evidence}
    new_texts = {
        field: text for field, text in texts.items() if text != (held[field].text if field in held else "")
    }
    new_identity = {field: text for field, text in identity.items() if text != now[field]}
    if not new_texts and not new_identity and source in (None, lead.source):
        return False
    for field, text in new_identity.items():
        setattr(lead.identity, field, text)
    if source is not None:
        lead.source = source
    for field, text in new_texts.items():
        evidence = held.get(field)
        if not text.strip():
            if evidence is not None:
                lead.evidence.remove(evidence)
        elif evidence is None:
            lead.evidence.append(LeadEvidence(field=field, text=text, masked=None))
        else:
            evidence.text = text
    if new_texts or {"name", "email"} & set(new_identity):
        for evidence in lead.evidence:
            evidence.masked = None
        session.execute(delete(Score).where(Score.lead_id == lead.id))
    if new_identity:
        set_keys(session, lead)
    lead.revision += 1
    return True


def set_keys(session: Session, lead: Lead) -> None:
    """Recognise a lead by who they are now, and by who the entries were that went into theirs."""
    merged = session.scalars(select(LeadMerge.before).where(LeadMerge.lead_id == lead.id))
    wanted = keys_of(identity_of(lead)).union(*(keys_of(before["identity"]) for before in merged))
    session.execute(delete(LeadKey).where(LeadKey.lead_id == lead.id))
    if wanted:
        rows = [{"lead_id": lead.id, "kind": kind, "value": value} for kind, value in sorted(wanted)]
        session.execute(insert(LeadKey), rows)


def snapshot(lead: Lead) -> dict[str, Any]:
    """Return what a lead says, as it can be put back by :func:`restore`."""
    return {
        "identity": identity_of(lead),
        "texts": {evidence.field: evidence.text for evidence in lead.evidence},
        "source": lead.source,
        "import_id": lead.import_id,
    }


def restore(session: Session, lead: Lead, before: Mapping[str, Any]) -> None:
    """Let a lead say what they said when the snapshot was taken."""
    texts = {**dict.fromkeys(EVIDENCE_FIELDS, ""), **before["texts"]}
    change_lead(session, lead, identity=before["identity"], texts=texts, source=before["source"])
    lead.import_id = before["import_id"]


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
    audit.record(session, "noted", f"lead {lead.id}", account_id=account_id)
    return note


def remove_note(session: Session, lead: Lead, note_id: int, *, account_id: int | None = None) -> None:
    """Remove a note of a lead. Raises NotFoundError."""
    note = session.get(LeadNote, note_id)
    if note is None or note.lead_id != lead.id:
        raise NotFoundError("There is no such note. It may have been removed.")
    session.delete(note)
    lead.revision += 1
    audit.record(session, "removed a note", f"lead {lead.id}", account_id=account_id)


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
    audit.record(session, "changed the owner", f"lead {lead.id}", account_id=account_id, owner=owner_id)


def erase(session: Session, lead: Lead, *, account_id: int | None = None) -> None:
    """Remove a lead with everything that is held about them; the audit log keeps that it was done."""
    subject = f"lead {lead.id}"
    session.delete(lead)
    session.flush()
    audit.record(session, "erased", subject, account_id=account_id)


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
    for some in _parts(expired, 500):
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


def _parts(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
