"""Answers: sealed in the inbox while they wait for a crowd, then released as responses.

No time, no address, no user agent, no serial number. Lengths are checked in code and never by a CHECK
constraint, because PostgreSQL prints the whole offending row into its log.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.models.base import UNORDERED, Model, random_key


class Inbox(Model):
    """One person's answers, readable only with the wave's private key."""

    __tablename__ = "inbox"
    __table_args__ = UNORDERED

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_key)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, comment="NaCl sealed box")


class Response(Model):
    """One person's answers after release."""

    __tablename__ = "response"
    __table_args__ = UNORDERED

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_key)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id", ondelete="CASCADE"), index=True)
    attributes: Mapped[dict[str, Any]] = mapped_column(
        comment="coarse attributes of a wave that an earlier version closed, else empty"
    )
    sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="NaCl sealed box with the attributes, until the close"
    )
    kept: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="NaCl secret box with what the close kept of them, under a key of the key folder"
    )
    quote: Mapped[bool] = mapped_column(comment="consent to be quoted word for word")
    held_out: Mapped[bool] = mapped_column(
        default=False,
        server_default=false(),
        comment="asked no follow-up question, by chance, to measure them",
    )
    answers: Mapped[list[Answer]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class Answer(Model):
    """What one response says to one item; choices are joined by ``;``."""

    __tablename__ = "answer"
    __table_args__ = UNORDERED

    response_id: Mapped[str] = mapped_column(ForeignKey("response.id", ondelete="CASCADE"), primary_key=True)
    item: Mapped[str] = mapped_column(String(40), primary_key=True, comment="the item's name")
    text: Mapped[str] = mapped_column(Text)


class Embedding(Model):
    """The vector of a text of one response. It goes when the response goes, by the database itself."""

    __tablename__ = "embedding"
    __table_args__ = UNORDERED

    response_id: Mapped[str] = mapped_column(ForeignKey("response.id", ondelete="CASCADE"), primary_key=True)
    content_hash: Mapped[str] = mapped_column(
        String(64), primary_key=True, comment="SHA-256 of the encoded text"
    )
    encoder_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary, comment="little-endian float32")


class UsableAnswers(Model):
    """What may be used of one response's answers: masked, without what is sensitive. It goes when the response goes."""

    __tablename__ = "usable_answers"
    __table_args__ = UNORDERED

    response_id: Mapped[str] = mapped_column(ForeignKey("response.id", ondelete="CASCADE"), primary_key=True)
    made_from: Mapped[str] = mapped_column(
        String(64), comment="SHA-256 of the answers and of the code and word lists that read them"
    )
    texts: Mapped[dict[str, str]] = mapped_column(JSON, comment="by item")
