"""Reads of accounts and the audit log for screens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.models import Account, AuditEntry


def list_accounts(session: Session) -> list[Account]:
    """Return all accounts with their roles, active ones first, by address."""
    return list(session.scalars(select(Account).order_by(Account.active.desc(), Account.email)))


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the audit log."""

    at: dt.datetime
    who: str
    action: str
    subject: str
    detail: dict[str, Any]


def list_audit(session: Session, *, page: int, page_size: int = 50) -> tuple[list[AuditRow], int]:
    """Return one page of the audit log, newest first, and the number of pages. Accounts are told by their address."""
    n_entries = session.scalar(select(func.count()).select_from(AuditEntry)) or 0
    rows = session.execute(
        select(AuditEntry, Account.email)
        .outerjoin(Account, Account.id == AuditEntry.account_id)
        .order_by(AuditEntry.id.desc())
        .limit(page_size)
        .offset((page - 1) * page_size)
    ).all()
    named = {id_ for entry, _ in rows for id_ in (_account_in(entry), entry.detail.get("owner")) if id_}
    emails = dict(session.execute(select(Account.id, Account.email).where(Account.id.in_(named))).all())
    entries = [
        AuditRow(
            entry.at,
            email or "Kindred",
            entry.action,
            f"account {emails[account]}" if (account := _account_in(entry)) in emails else entry.subject,
            {**entry.detail, **_owner(entry.detail, emails)},
        )
        for entry, email in rows
    ]
    return entries, max(1, -(-n_entries // page_size))


def _account_in(entry: AuditEntry) -> int | None:
    noun, _, number = entry.subject.rpartition(" ")
    return int(number) if noun == "account" and number.isdecimal() else None


def _owner(detail: Mapping[str, Any], emails: Mapping[int, str]) -> dict[str, str]:
    if "owner" not in detail:
        return {}
    return {"owner": emails.get(detail["owner"], "nobody")}
