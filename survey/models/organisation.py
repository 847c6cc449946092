"""What the organisation keeps about its use of Kindred: settings, the organisation link, the audit log."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Model, random_key, utc_now


class StoredSetting(Model):
    """An editable setting that an administrator changed."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String(60), primary_key=True, comment="name in survey.config.SETTINGS")
    value: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[dt.datetime] = mapped_column(default=utc_now, onupdate=utc_now)


class OrganisationLink(Model):
    """The link with which everyone in the organisation reads the personas; rotating replaces the row."""

    __tablename__ = "organisation_link"

    nonce: Mapped[str] = mapped_column(
        String(32),
        primary_key=True,
        default=random_key,
        comment="the link is a MAC of it; useless without the key",
    )
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)


class AuditEntry(Model):
    """Who did what to which thing. Holds no answers, no lead texts, no tokens."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(default=utc_now, index=True)
    account_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"), comment="empty: the machine itself"
    )
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120), comment="noun and id, such as 'wave 3'")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
