"""Mail of a wave: rounds of invitations and reminders, one row per person and round, and who wants no mail.

A row says that a round has dealt with somebody, and is written alike for those who have answered and get no
reminder: else the rows of a reminder would list who has not answered.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from survey.enums import MessageState
from survey.models.base import UNORDERED, Model, enum_column, utc_now


class Mailing(Model):
    """One round of mail to the people of a wave: the invitation (round 0) or a reminder (1, 2)."""

    __tablename__ = "mailing"

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id", ondelete="CASCADE"), index=True)
    is_reminder: Mapped[bool]
    audience: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="{attribute: [band]}: only these people; empty: all"
    )
    due_at: Mapped[dt.datetime] = mapped_column(default=utc_now, comment="when it is sent, or tried again")
    begun_at: Mapped[dt.datetime | None] = mapped_column(comment="its messages have been laid out")
    passes: Mapped[int] = mapped_column(default=0, comment="times it was tried again for those told to wait")
    done_at: Mapped[dt.datetime | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Message(Model):
    """What a round has done about one person. The key allows each round once: nobody gets a mail twice."""

    __tablename__ = "message"
    __table_args__ = (
        CheckConstraint("round BETWEEN 0 AND 2", name="round"),
        Index("ix_message_mailing_state", "mailing_id", "state"),
        UNORDERED,
    )

    invitee_id: Mapped[str] = mapped_column(ForeignKey("invitee.id", ondelete="CASCADE"), primary_key=True)
    round: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="0 invitation, 1 and 2 reminders"
    )
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailing.id", ondelete="CASCADE"))
    state: Mapped[MessageState] = mapped_column(enum_column(MessageState), default=MessageState.WAITING)
    tries: Mapped[int] = mapped_column(default=0, comment="times the server asked to come back later")


class MailStop(Model):
    """Somebody who wants no mail from Kindred, in this wave and later ones."""

    __tablename__ = "mail_stop"
    __table_args__ = UNORDERED

    address_hash: Mapped[str] = mapped_column(
        String(64), primary_key=True, comment="HMAC of the address; its key lies in the key folder"
    )
