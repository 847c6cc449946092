"""Who may sign in. The one model module that knows Flask-Security: its mixins carry the account contract."""

from __future__ import annotations

import datetime as dt

from flask_security import RoleMixin, UserMixin
from sqlalchemy import Column, ForeignKey, String, Table
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.models.base import Model, utc_now

account_role = Table(
    "account_role",
    Model.metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("role.id"), primary_key=True),
)


class Role(Model, RoleMixin):
    """A role; the names are survey.enums.RoleName."""

    __tablename__ = "role"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True, comment="one of RoleName")
    description: Mapped[str] = mapped_column(String(200), default="")


class Account(Model, UserMixin):
    """A person who signs in. Never linked to an invitee or a response."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True, comment="normalised by Flask-Security")
    name: Mapped[str] = mapped_column(String(120), default="", comment="shown to colleagues")
    password: Mapped[str | None] = mapped_column(
        String(255), comment="hash; empty until an invitation is taken up"
    )
    active: Mapped[bool] = mapped_column(default=True, comment="disabled accounts stay for the audit log")
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True, comment="changes end all sessions")
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    roles: Mapped[list[Role]] = relationship(  # type: ignore[assignment]  # the mixin names its own class
        secondary=account_role, lazy="selectin"
    )
