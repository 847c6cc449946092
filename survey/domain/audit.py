"""The audit log: who did what. Written in the transaction of the deed itself, so neither exists alone."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from survey.models import AuditEntry


def record(
    session: Session, action: str, subject: str, *, account_id: int | None = None, **detail: Any
) -> AuditEntry:
    """Add an entry such as ``record(session, "closed", "wave 3")``. Never pass answers, texts or tokens."""
    entry = AuditEntry(action=action, subject=subject, account_id=account_id, detail=detail)
    session.add(entry)
    session.flush()
    return entry
