"""The worker's part of an import: rows become leads, many at a time, and can be taken back.

Each chunk of rows is one transaction with everything that follows from it: leads, keys, possible duplicates, and a row
of :class:`ImportRow` from which it can be undone. No analysis: scoring reads the texts when it comes to them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import duplicates, jobs
from survey.domain.contacts import EMAIL, EXACT, PHONE, PROFILE, first_contact, keys_of
from survey.domain.imports import get_import, read_rows
from survey.domain.jobs import Lease
from survey.domain.keys import KeyStore
from survey.domain.leads import (
    EVIDENCE_FIELDS,
    IDENTITY_CHARS,
    IDENTITY_FIELDS,
    Said,
    add_keys,
    add_texts,
    read_said,
    rewrite,
)
from survey.domain.opt_outs import find_opted_out, opt_out_key
from survey.enums import RowOutcome
from survey.models import ImportRow, Lead, LeadIdentity, LeadImport, LeadMerge
from survey.models.base import utc_now
from survey.tables import undefuse
from survey.texts import mended

Sessions = sessionmaker[Session]

ROWS_PER_CHUNK = 500
#: A chunk must end well within the lease, also when everybody sent their whole life.
CHARS_PER_CHUNK = 2_000_000

MAX_CHARS = {"id": 120, **IDENTITY_CHARS, "source": 120}
_EMPLOYER_KEYS = ("organisation", "organization", "company", "employer", "name")
REPEATED = "An earlier row of this file has the same id, or says the same. Give each row its own id."


@dataclass(frozen=True, slots=True)
class Row:
    """A row that can become a lead. Fields that are not in the file are absent.

    ``ids`` are those it may have: the one in the file, or one made of who it is and one made of all it says, for files
    in which a person stands twice.
    """

    number: int
    ids: tuple[str, ...]
    identity: Mapping[str, str]
    source: str | None
    texts: Mapping[str, str]
    cells: Sequence[str]


class Known(NamedTuple):
    """A lead that is there, and which import touched it last."""

    lead_id: int
    import_id: int | None
    revision: int


def store_rows(sessions: Sessions, lease: Lease, *, keys: KeyStore | None) -> None:
    """Store the rows of an import that are not stored yet and drop the file.

    Goes on where a killed worker stopped. Raises StateError if people opted out and ``keys`` cannot tell who, and
    JobCancelledError if the lease is lost.
    """
    n_done = lease.cursor.get("rows", 0)
    with sessions() as session:
        lead_import = get_import(session, lease.subject_id)
        n_rows = lead_import.n_rows
        if lead_import.content is None:
            return
        rows = read_rows(lead_import, start=n_done)
    for chunk in _chunks(rows):
        n_done += len(chunk)
        with sessions() as session, transaction(session):
            jobs.advance(
                session,
                lease,
                n_done=n_done,
                n_total=n_rows,
                step="Reading the file",
                cursor={"rows": n_done},
            )
            store_chunk(session, get_import(session, lease.subject_id), chunk, keys=keys)
    with sessions() as session, transaction(session):
        jobs.advance(session, lease, cursor={"rows": n_done})
        get_import(session, lease.subject_id).content = None


def store_chunk(
    session: Session,
    lead_import: LeadImport,
    chunk: Sequence[tuple[int, Sequence[str]]],
    *,
    keys: KeyStore | None,
) -> None:
    """Store some rows of an import."""
    fields = {int(position): field for position, field in lead_import.mapping.items()}
    width = len(lead_import.columns)
    rejected: dict[int, tuple[str, Sequence[str]]] = {}
    rows: dict[int, Row] = {}
    for number, cells in chunk:
        row = _read(number, cells, fields)
        problem = _misfit(cells, width) or _problem(row)
        if problem:
            rejected[number] = (problem, cells)
        else:
            rows[number] = row
    people = {number: (row.ids[0], row.identity) for number, row in rows.items()}
    opted_out = find_opted_out(session, opt_out_key(session, keys), people)
    known = _known(session, {key for row in rows.values() for key in row.ids})
    taken = {key for key, found in known.items() if found.import_id == lead_import.id}
    new: dict[str, Row] = {}
    changed: dict[int, Row] = {}
    for number, row in rows.items():
        if number in opted_out:
            continue
        key = next((key for key in row.ids if key not in taken), None)
        found = known.get(key or "")
        if key is None or (found and found.lead_id in changed):
            rejected[number] = (REPEATED, row.cells)
        elif found:
            changed[found.lead_id] = row
        else:
            new[key] = row
        # Another row that says the same word for word is none.
        taken.update(row.ids if key == row.ids[0] else row.ids[1:])
    created = _create(session, lead_import, new)
    updated = _change(session, lead_import, changed, {found.lead_id: found for found in known.values()})
    _note(session, lead_import, [*created, *updated], rejected)
    lead_import.n_created += len(created)
    lead_import.n_updated += len(updated)
    lead_import.n_rejected += len(rejected)
    lead_import.n_opted_out += len(opted_out)
    session.flush()
    duplicates.find(session, [row["lead_id"] for row in created], changed=[row["lead_id"] for row in updated])


def undo_rows(sessions: Sessions, lease: Lease) -> None:
    """Take the rows of an import back, the last one first.

    A lead that was changed since stays and is named. Raises JobCancelledError if the lease is lost.
    """
    n_done = lease.cursor.get("rows", 0)
    with sessions() as session:
        left = select(func.count()).select_from(_taken_in(lease.subject_id).subquery())
        n_left = session.scalar(left) or 0
    if not n_left and "after" in lease.cursor:
        # The leads are being scored already: the cursor tells how far that is.
        return
    n_total = n_done + n_left
    finished = False
    while not finished:
        with sessions() as session, transaction(session):
            rows = session.scalars(
                _taken_in(lease.subject_id).order_by(ImportRow.number.desc()).limit(ROWS_PER_CHUNK // 2)
            ).all()
            n_done += len(rows)
            finished = not rows
            # Before the job is told, which makes the session forget the rows: each would be read once more by itself.
            _take_back(session, rows)
            jobs.advance(
                session,
                lease,
                n_done=n_done,
                n_total=max(n_done, n_total),
                step="Taking the import back",
                cursor={"rows": n_done},
            )


def _chunks(rows: Iterator[tuple[int, tuple[str, ...]]]) -> Iterator[list[tuple[int, tuple[str, ...]]]]:
    chunk: list[tuple[int, tuple[str, ...]]] = []
    n_chars = 0
    for number, cells in rows:
        chunk.append((number, cells))
        n_chars += sum(map(len, cells))
        if len(chunk) == ROWS_PER_CHUNK or n_chars > CHARS_PER_CHUNK:
            yield chunk
            chunk, n_chars = [], 0
    if chunk:
        yield chunk


def _read(number: int, cells: Sequence[str], fields: Mapping[int, str]) -> Row:
    """Undo what our own export did against formulas; blanks around identity mean nothing."""
    found = {field: undefuse(cells[position]) for position, field in fields.items() if position < len(cells)}
    texts = {field: found[field] for field in EVIDENCE_FIELDS if field in found}
    found = {field: text.strip() for field, text in found.items()}
    identity = {field: mended(found[field]) for field in IDENTITY_FIELDS if field in found}
    identity.update({kind: first_contact(kind, identity[kind]) for kind in EXACT if kind in identity})
    name, first, last = (mended(found.get(part, "")) for part in ("name", "first_name", "last_name"))
    if first and not last and first.casefold() not in name.casefold():
        # "Name, Vorname": the last name is called the name.
        name, last = "", name
    if not name and (first or last):
        identity["name"] = " ".join(filter(None, (first, last)))
    if "employer" not in identity and (employer := _employer(texts.get("experience", ""))):
        identity["employer"] = employer
    ids = (found["id"],) if "id" in found else _derived_ids(identity, cells)
    return Row(number, ids, identity, found.get("source"), texts, cells)


def _employer(experience: str) -> str:
    """Return the organisation of the first entry in a list of jobs, empty if there is no such list."""
    if not experience.lstrip().startswith("["):
        return ""
    try:
        jobs_held = json.loads(experience)
    except (ValueError, RecursionError):
        return ""
    latest = jobs_held[0] if jobs_held else None
    names = [latest.get(key) for key in _EMPLOYER_KEYS] if isinstance(latest, dict) else []
    told = next((name for name in names if isinstance(name, str) and name.strip()), "")
    return told.replace("\0", "").strip()[: IDENTITY_CHARS["employer"]]


def _derived_ids(identity: Mapping[str, str], cells: Sequence[str]) -> tuple[str, ...]:
    """Name a lead whose file has no ids by their strongest contact, so that the same file read again updates."""
    found = dict(keys_of(identity))
    strongest = found.get(PROFILE) or found.get(EMAIL) or found.get(PHONE)
    told = strongest or "\0".join(identity.get(field, "").casefold() for field in ("name", "employer"))
    if not told.strip("\0"):
        return ("",)
    return tuple(f"k-{hashlib.sha256(text.encode()).hexdigest()[:24]}" for text in (told, "\0".join(cells)))


def _misfit(cells: Sequence[str], width: int) -> str:
    if len(cells) == width:
        return ""
    return (
        f"The row has {len(cells)} cells and the header has {width}. Put cells that hold a separator or a line break "
        "in quotation marks."
    )


def _problem(row: Row) -> str:
    """Say why a row cannot become a lead, without repeating what it says; empty if it can."""
    if not any((*row.identity.values(), row.source or "", *(text.strip() for text in row.texts.values()))):
        return "There is nothing in this row but the id. Fill it in or delete it."
    if not row.ids[0]:
        return (
            "Nothing tells who this is: the row has no id. Give it one, or a name, an address or a profile."
        )
    given = {"id": row.ids[0], **row.identity, "source": row.source or ""}
    for field, limit in MAX_CHARS.items():
        if len(given.get(field, "")) > limit:
            return (
                f"{field.capitalize()} has {len(given[field]):,} characters; {limit} are allowed. Shorten it."
            )
    return ""


def _known(session: Session, ids: set[str]) -> dict[str, Known]:
    """Return the leads that these ids belong to, also those whose entry went into another one."""
    aliases = select(LeadMerge.external_id, LeadMerge.lead_id).where(LeadMerge.external_id.in_(ids))
    merged = dict(session.execute(aliases).all())
    known = {
        lead_id: (external_id, Known(lead_id, import_id, revision))
        for lead_id, external_id, import_id, revision in session.execute(
            select(Lead.id, Lead.external_id, Lead.import_id, Lead.revision)
            .where(Lead.external_id.in_(ids) | Lead.id.in_(merged.values()))
            .order_by(Lead.id)
            .with_for_update()
        )
    }
    return {external_id: known[lead_id][1] for external_id, lead_id in merged.items()} | dict(known.values())


def _create(session: Session, lead_import: LeadImport, rows: Mapping[str, Row]) -> list[dict[str, Any]]:
    if not rows:
        return []
    now = utc_now()
    ids = session.scalars(
        insert(Lead).returning(Lead.id, sort_by_parameter_order=True),
        [
            {
                "external_id": key,
                "source": row.source or "",
                "import_id": lead_import.id,
                "revision": 1,
                "created_at": now,
            }
            for key, row in rows.items()
        ],
    ).all()
    by_id = dict(zip(ids, rows.values(), strict=True))
    identities = {
        lead_id: {field: row.identity.get(field, "") for field in IDENTITY_FIELDS}
        for lead_id, row in by_id.items()
    }
    session.execute(
        insert(LeadIdentity), [{"lead_id": lead_id, **identity} for lead_id, identity in identities.items()]
    )
    add_texts(session, {lead_id: row.texts for lead_id, row in by_id.items()})
    add_keys(session, {lead_id: keys_of(identity) for lead_id, identity in identities.items()})
    return [
        {
            "number": row.number,
            "outcome": RowOutcome.CREATED,
            "lead_id": lead_id,
            "revision": 1,
            "before": None,
        }
        for lead_id, row in by_id.items()
    ]


def _change(
    session: Session, lead_import: LeadImport, rows: Mapping[int, Row], known: Mapping[int, Known]
) -> list[dict[str, Any]]:
    if not rows:
        return []
    before = read_said(session, rows)
    after = {lead_id: _said(before[lead_id], row) for lead_id, row in rows.items()}
    changed = rewrite(session, before, after)
    session.execute(update(Lead).where(Lead.id.in_(rows)).values(import_id=lead_import.id))
    return [
        {
            "number": row.number,
            "outcome": RowOutcome.UPDATED,
            "lead_id": lead_id,
            "revision": known[lead_id].revision + (lead_id in changed),
            "before": {
                "import_id": known[lead_id].import_id,
                **(asdict(before[lead_id]) if lead_id in changed else {}),
            },
        }
        for lead_id, row in rows.items()
    ]


def _said(before: Said, row: Row) -> Said:
    """What a lead says when it takes over a row; fields that are not in the file stay as they are."""
    texts = {**before.texts, **row.texts}
    return Said(
        {**before.identity, **row.identity},
        {field: text for field, text in texts.items() if text.strip()},
        before.source if row.source is None else row.source,
    )


def _note(
    session: Session,
    lead_import: LeadImport,
    taken_in: Sequence[Mapping[str, Any]],
    rejected: Mapping[int, tuple[str, Sequence[str]]],
) -> None:
    left_out = [
        {"number": number, "outcome": RowOutcome.REJECTED, "reason": reason, "cells": list(cells)}
        for number, (reason, cells) in rejected.items()
    ]
    for entries in (taken_in, left_out):
        if entries:
            rows = [{"reason": "", "import_id": lead_import.id, **entry} for entry in entries]
            session.execute(insert(ImportRow), rows)


def _taken_in(import_id: int) -> Any:
    """The rows that have not been taken back yet."""
    return select(ImportRow).where(
        ImportRow.import_id == import_id, ImportRow.outcome.in_((RowOutcome.CREATED, RowOutcome.UPDATED))
    )


def _take_back(session: Session, rows: Sequence[ImportRow]) -> None:
    ids = [row.lead_id for row in rows if row.lead_id]
    revisions = dict(
        session.execute(
            select(Lead.id, Lead.revision).where(Lead.id.in_(ids)).order_by(Lead.id).with_for_update()
        ).all()
    )
    gone, earlier, imports = set[int](), dict[int, Said](), list[dict[str, int]]()
    for row in rows:
        lead_id, told = row.lead_id or 0, row.before or {}
        if revisions[lead_id] != row.revision:
            row.outcome = RowOutcome.KEPT
        elif row.outcome == RowOutcome.CREATED:
            gone.add(lead_id)
        else:
            row.outcome = RowOutcome.RESTORED
            imports.append({"id": lead_id, "import_id": told["import_id"]})
            if "identity" in told:
                earlier[lead_id] = Said(told["identity"], told["texts"], told["source"])
        row.before = None
    rewrite(session, read_said(session, earlier), earlier)
    if imports:
        session.execute(update(Lead), imports)
    session.execute(delete(Lead).where(Lead.id.in_(gone)))
    # The database removed more than this session knows.
    session.expire_all()
