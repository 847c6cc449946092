"""Leads: a recruiter's file becomes an import, an import a job; a lead can be erased and expires by itself.

What the worker does with the rows and how a lead is scored live in scores; reads for screens in queries.leads.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import PurePath

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from survey.domain import audit, jobs
from survey.enums import ImportState, JobKind
from survey.exceptions import InvalidInputError, NotFoundError, StateError
from survey.models import Job, Lead, LeadImport
from survey.models.base import utc_now
from survey.tables import TableReader, check_id

IDENTITY_FIELDS = ("name", "email", "location")
#: What may be scored, in the order in which it is read.
EVIDENCE_FIELDS = ("headline", "summary", "skills", "experience", "interest")
LEAD_FIELDS = ("id", "name", "email", *EVIDENCE_FIELDS, "location", "source")

#: Other headers under which recruiters' tools export a field, without case, blanks and punctuation.
ALIASES = {
    "leadid": "id",
    "candidateid": "id",
    "externalid": "id",
    "fullname": "name",
    "candidate": "name",
    "emailaddress": "email",
    "mail": "email",
    "jobtitle": "headline",
    "currenttitle": "headline",
    "about": "summary",
    "bio": "summary",
    "skillset": "skills",
    "competencies": "skills",
    "workexperience": "experience",
    "employmenthistory": "experience",
    "interests": "interest",
    "motivation": "interest",
    "city": "location",
    "place": "location",
    "channel": "source",
    "origin": "source",
}

#: An upload that nobody starts holds people's words for no purpose.
UPLOAD_KEPT = dt.timedelta(days=1)
_REMEMBERED_IMPORTS = 50


def suggest_mapping(columns: Sequence[str], remembered: Mapping[str, str]) -> dict[str, str]:
    """Return a field for each column position that has one: as mapped last time, else by its header."""
    mapping: dict[str, str] = {}
    for position, column in enumerate(columns):
        if remembered:
            field = remembered.get(column, "")
        else:
            plain = re.sub(r"[\W_]+", "", column.casefold())
            field = plain if plain in LEAD_FIELDS else ALIASES.get(plain, "")
        if field and field not in mapping.values():
            mapping[str(position)] = field
    return mapping


def remembered_mapping(session: Session, columns: Sequence[str]) -> dict[str, str]:
    """Return header → field from the latest started import with the same headers, in any order."""
    latest = session.execute(
        select(LeadImport.columns, LeadImport.mapping)
        .where(LeadImport.state != ImportState.UPLOADED)
        .order_by(LeadImport.id.desc())
        .limit(_REMEMBERED_IMPORTS)
    )
    for earlier, mapping in latest:
        if sorted(earlier) == sorted(columns):
            return {earlier[int(position)]: field for position, field in mapping.items()}
    return {}


def upload(session: Session, *, filename: str, content: bytes, account_id: int | None = None) -> LeadImport:
    """Keep a file of leads for mapping; no lead is touched.

    Raises InvalidInputError naming file, row and column if the file cannot be read, has no rows, no column
    we know, or ids that are empty or repeated.
    """
    name = PurePath(filename.replace("\\", "/")).name[-200:] or "leads.csv"
    columns = list(_reader(content, name).columns)
    mapping = suggest_mapping(columns, remembered_mapping(session, columns))
    if not mapping:
        raise InvalidInputError(
            f"{name}, row 1: no column has a name we know ({', '.join(LEAD_FIELDS)}). Check that row 1 holds "
            "the column names, and name at least the one with the ids “id”; you can assign the others next."
        )
    lead_import = LeadImport(
        filename=name,
        content=content,
        columns=columns,
        mapping=mapping,
        n_rows=_check_rows(content, name, mapping),
        created_by=account_id,
    )
    session.add(lead_import)
    session.flush()
    audit.record(session, "uploaded", f"import {lead_import.id}", account_id=account_id)
    return lead_import


def preview(lead_import: LeadImport, *, n_rows: int = 5) -> list[tuple[str, ...]]:
    """Return the first rows of the file, none once it was imported."""
    if lead_import.content is None:
        return []
    return [cells for _, cells in islice(_reader(lead_import.content, lead_import.filename), n_rows)]


def get_import(session: Session, import_id: int) -> LeadImport:
    """Return an import. Raises NotFoundError."""
    lead_import = session.get(LeadImport, import_id)
    if lead_import is None:
        raise NotFoundError("There is no such import. It may have been removed because nobody started it.")
    return lead_import


def set_mapping(lead_import: LeadImport, mapping: Mapping[str, str]) -> None:
    """Say what each column of an upload holds.

    Raises StateError if the import was started, InvalidInputError if the mapping cannot be used.
    """
    if lead_import.state != ImportState.UPLOADED:
        raise StateError(
            "This import was started; its columns cannot be assigned anew. Upload the file again."
        )
    _check_mapping(lead_import, mapping)
    lead_import.mapping = dict(mapping)


def start_import(
    session: Session, lead_import: LeadImport, *, mapping: Mapping[str, str], account_id: int | None = None
) -> Job:
    """Start the import of an upload with this mapping, or go on with one that was stopped.

    Raises StateError if the import is done, InvalidInputError if mapping or ids cannot be used.
    """
    if lead_import.state == ImportState.DONE:
        raise StateError("This file has been imported. Upload it again to import it once more.")
    stopped = session.get(Job, lead_import.job_id) if lead_import.job_id else None
    if stopped is None:
        set_mapping(lead_import, mapping)
        _check_rows(lead_import.content or b"", lead_import.filename, mapping)
    job = jobs.enqueue(session, kind=JobKind.IMPORT_LEADS, subject_id=lead_import.id, account_id=account_id)
    if job.id == lead_import.job_id:
        return job
    if stopped is not None:
        job.cursor = dict(stopped.cursor)
    lead_import.state = ImportState.RUNNING
    lead_import.job_id = job.id
    audit.record(
        session, "imported", f"import {lead_import.id}", account_id=account_id, rows=lead_import.n_rows
    )
    return job


def start_scoring(session: Session, *, account_id: int | None = None) -> Job:
    """Have all leads scored anew with the published personas."""
    return jobs.enqueue(session, kind=JobKind.SCORE_LEADS, subject_id=0, account_id=account_id)


def read_rows(
    content: bytes, filename: str, mapping: Mapping[str, str], *, start: int = 0
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number and the mapped fields of each row of a file, from the given one on (0 is the first)."""
    fields = {int(position): field for position, field in mapping.items()}
    for number, cells in islice(_reader(content, filename), start, None):
        yield number, {field: cells[position] for position, field in fields.items()}


def get_lead(session: Session, lead_id: int) -> Lead:
    """Return a lead. Raises NotFoundError."""
    lead = session.get(Lead, lead_id)
    if lead is None:
        raise NotFoundError("There is no such lead. They may have been erased.")
    return lead


def erase(session: Session, lead: Lead, *, account_id: int | None = None) -> None:
    """Remove a lead with everything that is held about them; the audit log keeps that it was done."""
    subject = f"lead {lead.id}"
    session.delete(lead)
    session.flush()
    audit.record(session, "erased", subject, account_id=account_id)


def erase_expired(session: Session, *, retention_days: int) -> int:
    """Erase the leads last imported longer ago than this, and uploads that nobody started; say how many leads."""
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
    if expired:
        audit.record(session, "erased", "expired leads", leads=len(expired))
    return len(expired)


def _reader(content: bytes, name: str) -> TableReader:
    return TableReader(io.BytesIO(content), name=name, named=False)


def _check_mapping(lead_import: LeadImport, mapping: Mapping[str, str]) -> None:
    """Refuse a mapping without an id, without anything to score by, or with a field twice."""
    fields = list(mapping.values())
    positions = {str(position) for position in range(len(lead_import.columns))}
    if not set(mapping) <= positions or not set(fields) <= set(LEAD_FIELDS):
        raise InvalidInputError("The columns do not belong to this file. Reload the page and try again.")
    for field in LEAD_FIELDS:
        if fields.count(field) > 1:
            raise InvalidInputError(f"Two columns are assigned to “{field}”. Choose one of them.")
    if "id" not in fields:
        raise InvalidInputError(
            "No column is assigned to “id”. Choose the one that tells your leads apart; if there is none, add "
            "a numbered column to the file and upload it again."
        )
    if not set(EVIDENCE_FIELDS).intersection(fields):
        raise InvalidInputError(
            f"No column holds the leads' own words. Assign at least one of {', '.join(EVIDENCE_FIELDS)}."
        )


def _check_rows(content: bytes, name: str, mapping: Mapping[str, str]) -> int:
    """Read the whole file once and return how many rows it has."""
    reader = _reader(content, name)
    id_column = next((int(position) for position, field in mapping.items() if field == "id"), None)
    seen: dict[str, int] = {}
    n_rows = 0
    for number, cells in reader:
        n_rows += 1
        if id_column is not None:
            key = cells[id_column].strip()
            check_id(key, seen.get(key), number, name=reader.name, column=reader.columns[id_column])
            seen[key] = number
    if not n_rows:
        raise InvalidInputError(
            f"{reader.name} has a header and no rows: there is no lead in it. Add a row for each lead."
        )
    return n_rows


def _parts(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
