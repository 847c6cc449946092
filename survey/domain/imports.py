"""Imports: what a recruiter uploads or types becomes an import, and an import a job that can be undone.

What the worker does with the rows lives in intake.
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.domain import audit, jobs
from survey.domain.lead_columns import LEAD_FIELDS, is_header, suggest_mapping
from survey.domain.leads import EVIDENCE_FIELDS, IDENTITY_CHARS, ROWS_KEPT
from survey.enums import ImportState, JobKind, RowOutcome
from survey.exceptions import InvalidInputError, NotFoundError, StateError
from survey.lead_tables import Upload, read_workbook
from survey.models import ImportRow, Job, LeadImport
from survey.models.base import utc_now
from survey.tables import MAX_CELL, TableReader, table_line

#: One of these must be there, so that a lead can be found again.
TELLING_FIELDS = ("id", "name", "first_name", "last_name", "email", "profile")

#: What stands before the columns of a file in the one of its rows that were left out.
LEFT_OUT_COLUMNS = ("row", "reason")


def remembered_mapping(session: Session, columns: Sequence[str]) -> dict[str, str]:
    """Return header → field from the latest started import with the same headers, in any order."""
    latest = session.execute(
        select(LeadImport.columns, LeadImport.mapping)
        .where(LeadImport.header == _header(columns), LeadImport.state != ImportState.UPLOADED)
        .order_by(LeadImport.id.desc())
        .limit(1)
    ).one_or_none()
    if latest is None:
        return {}
    n_ours = _n_ours(latest.columns)
    return {
        latest.columns[int(position)]: field
        for position, field in latest.mapping.items()
        if int(position) >= n_ours
    }


def upload(session: Session, table: Upload, *, account_id: int | None = None) -> LeadImport:
    """Keep a table of leads, or résumés, for mapping; no lead is touched.

    A workbook with several sheets waits for :func:`choose_sheet`. Raises InvalidInputError naming file, row and column
    if it has no rows, or is no table.
    """
    lead_import = LeadImport(filename=table.name, content=table.content, created_by=account_id)
    _set_table(session, lead_import, table)
    session.add(lead_import)
    session.flush()
    for number, reason in table.refused:
        session.add(
            ImportRow(
                import_id=lead_import.id,
                number=number,
                outcome=RowOutcome.REJECTED,
                reason=reason[:300],
                cells=[],
            )
        )
    audit.record(session, "uploaded", f"import {lead_import.id}", account_id=account_id)
    return lead_import


def choose_sheet(session: Session, lead_import: LeadImport, sheet: str) -> None:
    """Take the table from this sheet of an uploaded workbook.

    Raises StateError if it has been chosen, InvalidInputError if the sheet holds no table of leads.
    """
    if not lead_import.sheets or lead_import.content is None:
        raise StateError("The sheet has been chosen. Upload the file again to take another one.")
    if sheet not in lead_import.sheets:
        raise InvalidInputError("Choose one of the sheets.")
    table = read_workbook(lead_import.filename, lead_import.content, sheet, is_header)
    lead_import.content = table.content
    _set_table(session, lead_import, table)


def preview(lead_import: LeadImport, *, n_rows: int = 5) -> list[tuple[str, ...]]:
    """Return the first rows of the file, none once it was imported."""
    if lead_import.content is None:
        return []
    width = len(lead_import.columns)
    rows = islice(_reader(lead_import.content, lead_import.filename), n_rows)
    return [(*cells, *[""] * (width - len(cells)))[:width] for _, cells in rows]


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

    Raises StateError if the import is done, InvalidInputError if the mapping cannot be used.
    """
    if lead_import.state not in (ImportState.UPLOADED, ImportState.RUNNING):
        raise StateError("This file has been imported. Upload it again to import it once more.")
    if lead_import.state == ImportState.UPLOADED:
        set_mapping(lead_import, mapping)
    return _start(session, lead_import, JobKind.IMPORT_LEADS, ImportState.RUNNING, "imported", account_id)


def start_undo(session: Session, lead_import: LeadImport, *, account_id: int | None = None) -> Job:
    """Take a whole import back, or go on with that.

    Leads that it made go, leads that it changed get back what they said before, both unless they were changed since.
    Raises StateError if there is nothing to take back or it is too late.
    """
    if lead_import.state in (ImportState.UPLOADED, ImportState.UNDONE):
        raise StateError("Nothing of this import is there to be undone.")
    if lead_import.created_at < utc_now() - ROWS_KEPT:
        raise StateError(f"An import can be undone for {ROWS_KEPT.days} days. Erase its leads one by one.")
    running = session.get(Job, lead_import.job_id) if lead_import.job_id else None
    if running and running.kind == JobKind.IMPORT_LEADS and running.state in jobs.UNFINISHED:
        raise StateError("This import is running. Stop it first.")
    lead_import.content = None
    return _start(session, lead_import, JobKind.UNDO_IMPORT, ImportState.UNDOING, "undid", account_id)


def add_lead(session: Session, fields: Mapping[str, str], *, account_id: int | None = None) -> LeadImport:
    """Take in one lead as it was typed: an import of one row, so that all rules of imports hold.

    Raises InvalidInputError if it says nothing, or too much.
    """
    row = {field: fields.get(field, "").replace("\0", "").strip() for field in LEAD_FIELDS}
    if not any(row[field] for field in TELLING_FIELDS):
        raise InvalidInputError("Say who this is: a name, an e-mail address or the address of a profile.")
    for field, limit in {**IDENTITY_CHARS, **dict.fromkeys(EVIDENCE_FIELDS, MAX_CELL)}.items():
        if len(row[field]) > limit:
            raise InvalidInputError(
                f"{field.capitalize()} has {len(row[field]):,} characters; {limit:,} are allowed. Shorten it."
            )
    # An id of its own: whoever has the same address may be somebody else, and is for a person to decide.
    row["id"] = f"hand-{secrets.token_hex(8)}"
    lead_import = LeadImport(
        filename="",
        content=table_line(LEAD_FIELDS) + table_line([row[field] for field in LEAD_FIELDS]),
        columns=list(LEAD_FIELDS),
        mapping={str(position): field for position, field in enumerate(LEAD_FIELDS)},
        n_rows=1,
        created_by=account_id,
    )
    session.add(lead_import)
    session.flush()
    start_import(session, lead_import, mapping=lead_import.mapping, account_id=account_id)
    return lead_import


def read_rows(lead_import: LeadImport, *, start: int = 0) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the number and the cells of each row, from the given one on (0 is the first)."""
    return islice(_reader(lead_import.content or b"", lead_import.filename), start, None)


def _start(
    session: Session,
    lead_import: LeadImport,
    kind: JobKind,
    state: ImportState,
    action: str,
    account_id: int | None,
) -> Job:
    earlier = session.get(Job, lead_import.job_id) if lead_import.job_id else None
    job = jobs.enqueue(session, kind=kind, subject_id=lead_import.id, account_id=account_id)
    if earlier is not None and job.id == earlier.id:
        return job
    if earlier is not None and earlier.kind == kind:
        job.cursor = dict(earlier.cursor)
    lead_import.state = state
    lead_import.job_id = job.id
    audit.record(session, action, f"import {lead_import.id}", account_id=account_id, rows=lead_import.n_rows)
    return job


def _set_table(session: Session, lead_import: LeadImport, table: Upload) -> None:
    lead_import.sheets = list(table.sheets)
    lead_import.columns, lead_import.mapping = list(table.columns), {}
    if table.sheets:
        return
    lead_import.header = _header(table.columns)
    n_ours = _n_ours(table.columns)
    suggested = suggest_mapping(table.columns[n_ours:], remembered_mapping(session, table.columns))
    mapping = {str(int(position) + n_ours): field for position, field in suggested.items()}
    # Of several columns a person can say what they hold; one alone is no table of people, but perhaps a letter.
    if not mapping and len(table.columns) < 2:
        raise InvalidInputError(
            f"{table.name}, row 1: no column has a name we know ({', '.join(LEAD_FIELDS)}). Check that row 1 holds "
            "the column names and name at least one of them so; you can assign the others next."
        )
    lead_import.mapping = mapping
    # The file is read to its end, so that what cannot be read is said before anything is stored.
    n_rows = sum(1 for _ in _reader(table.content, table.name))
    if not n_rows:
        raise InvalidInputError(
            f"{table.name} has a header and no rows: there is no lead in it. Add a row for each lead."
        )
    lead_import.n_rows, lead_import.n_rejected = n_rows + len(table.refused), len(table.refused)


def _reader(content: bytes, name: str) -> TableReader:
    return TableReader(io.BytesIO(content), name=name, named=False, even=False)


def _header(columns: Sequence[str]) -> str:
    # Rows that come back corrected are read as the file was that they come from.
    own = sorted(columns[_n_ours(columns) :])
    return hashlib.sha256(json.dumps(own).encode()).hexdigest()


def _n_ours(columns: Sequence[str]) -> int:
    """Return how many columns stand before the person's own, which may bear the same names: two a return."""
    n_ours = 0
    while tuple(columns[n_ours : n_ours + 2]) == LEFT_OUT_COLUMNS:
        n_ours += 2
    return n_ours


def _check_mapping(lead_import: LeadImport, mapping: Mapping[str, str]) -> None:
    """Refuse a mapping that tells nobody apart, has nothing to score by, or a field twice."""
    fields = list(mapping.values())
    positions = {str(position) for position in range(len(lead_import.columns))}
    if not set(mapping) <= positions or not set(fields) <= set(LEAD_FIELDS):
        raise InvalidInputError("The columns do not belong to this file. Reload the page and try again.")
    for field in LEAD_FIELDS:
        if fields.count(field) > 1:
            raise InvalidInputError(f"Two columns are assigned to “{field}”. Choose one of them.")
    if not set(TELLING_FIELDS).intersection(fields):
        raise InvalidInputError(
            "No column tells your leads apart. Assign one to “id”, “name”, “email” or “profile”; if there is none, "
            "add a numbered column to the file and upload it again."
        )
    if not set(EVIDENCE_FIELDS).intersection(fields):
        raise InvalidInputError(
            f"No column holds the leads' own words. Assign at least one of {', '.join(EVIDENCE_FIELDS)}."
        )
