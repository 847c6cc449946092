"""Reads of imports for screens: rows that were left out, leads that an undo left as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from survey.enums import RowOutcome
from survey.models import ImportRow, Lead


class LeftOut(NamedTuple):
    """A row that did not become a lead, and why; the cells are gone after some time."""

    number: int
    reason: str
    cells: list[Any] | None


def list_left_out(session: Session, import_id: int, *, n: int | None = None) -> Iterator[LeftOut]:
    """Yield the rows that were left out, in the order of the file."""
    rows = (
        select(ImportRow.number, ImportRow.reason, ImportRow.cells)
        .where(ImportRow.import_id == import_id, ImportRow.outcome == RowOutcome.REJECTED)
        .order_by(ImportRow.number)
    )
    return (LeftOut(*row) for row in session.execute(rows.limit(n)))


def list_kept(session: Session, import_id: int) -> list[Lead]:
    """Return the leads that were changed after the import, so that its undo left them alone."""
    kept = (
        select(Lead)
        .join(ImportRow, ImportRow.lead_id == Lead.id)
        .where(ImportRow.import_id == import_id, ImportRow.outcome == RowOutcome.KEPT)
        .order_by(ImportRow.number)
        .options(joinedload(Lead.identity))
    )
    return list(session.scalars(kept))


def find_lead(session: Session, import_id: int) -> int | None:
    """Return the lead that an import of one row made, if it did."""
    return session.scalar(
        select(ImportRow.lead_id)
        .where(ImportRow.import_id == import_id, ImportRow.lead_id.is_not(None))
        .limit(1)
    )
