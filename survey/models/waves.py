"""A wave and the two tables that say who was invited and which links were used – never by whom.

See docs/privacy.md for the promise and why the tables have this shape.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.enums import WaveState
from survey.models.base import UNORDERED, Model, enum_column, random_key, utc_now
from survey.models.questionnaires import Questionnaire


class Wave(Model):
    """One run of a questionnaire among the people of a roster."""

    __tablename__ = "wave"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[WaveState] = mapped_column(enum_column(WaveState), default=WaveState.DRAFT)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaire.id"))
    public_key: Mapped[bytes | None] = mapped_column(LargeBinary(32), comment="answers are sealed to it")
    attributes: Mapped[list[Any]] = mapped_column(
        comment="[{name, label, bands}], three at most, frozen at launch"
    )
    coarsening: Mapped[dict[str, Any]] = mapped_column(
        comment="tree of kept bands, made from the roster at launch"
    )
    groups: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="of the roster of a draft: {column: {band: people}}"
    )
    audience: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="{column: [band]}: only these people are invited; empty: all"
    )
    n_cards: Mapped[int] = mapped_column(default=0, comment="printed codes, for people without e-mail")
    texts: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="{language: {welcome, subject, invitation, reminder}}"
    )
    plan: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="{invite: bool, reminders: [days after opening]}"
    )
    signed_off_by: Mapped[str] = mapped_column(String(200), default="", comment="who agreed to the wave")
    progress: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="rounded figures of an open wave, renewed for crowds only"
    )
    n_invited: Mapped[int] = mapped_column(default=0)
    n_answered: Mapped[int | None] = mapped_column(comment="written when the wave is closed")
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    opens_at: Mapped[dt.datetime | None] = mapped_column(comment="planned; empty: at launch")
    closes_at: Mapped[dt.datetime | None] = mapped_column(comment="planned; empty: by hand")
    opened_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    questionnaire: Mapped[Questionnaire] = relationship(lazy="joined")


class Invitee(Model):
    """Somebody on the roster of a wave. Whether they have answered is written nowhere beside them."""

    __tablename__ = "invitee"
    __table_args__ = (Index("uq_invitee_wave_id_card", "wave_id", "card", unique=True), UNORDERED)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_key)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(255), default="")
    language: Mapped[str] = mapped_column(String(12), default="")
    attributes: Mapped[dict[str, Any]] = mapped_column(comment="roster bands, used for coarsening only")
    card: Mapped[int | None] = mapped_column(comment="number in the printed code of somebody without e-mail")
    bounced: Mapped[bool] = mapped_column(default=False, comment="mail does not arrive; nothing more is sent")


class SpentToken(Model):
    """The hash of a used link: no time, no serial number, no path to a response."""

    __tablename__ = "spent_token"
    __table_args__ = UNORDERED

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True, comment="SHA-256 of the token")
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id", ondelete="CASCADE"), index=True)


class WaveImport(Model):
    """A closed survey from elsewhere: read on entry, confirmed by a person, then a wave."""

    __tablename__ = "wave_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(String(200))
    system: Mapped[str] = mapped_column(
        String(40), comment="where the survey was made, empty if it was not recognised"
    )
    header: Mapped[str] = mapped_column(
        String(64), index=True, comment="hash of the questions: a mapping is remembered by it"
    )
    questions: Mapped[list[Any]] = mapped_column(comment="[{prompt, code, columns, options}]")
    dropped: Mapped[list[Any]] = mapped_column(comment="headers of columns that were left out on entry")
    mapping: Mapped[dict[str, Any]] = mapped_column(comment="place of a question → item")
    content: Mapped[bytes | None] = mapped_column(
        LargeBinary, comment="rows without what was left out, until it is imported"
    )
    shapes: Mapped[list[Any]] = mapped_column(
        default=list,
        comment="of each question what its answers look like and no answer, until it is imported",
    )
    unsent: Mapped[dict[str, Any]] = mapped_column(
        default=dict,
        comment="{looked, unfinished: rows that nobody sent; taken: the unfinished all the same}",
    )
    reading: Mapped[dict[str, Any]] = mapped_column(
        default=dict,
        server_default="{}",
        comment="{above: rows before the header, encoding, sheet, others}, what was not plain",
    )
    name: Mapped[str] = mapped_column(String(120), default="", comment="what the wave is to be called")
    n_rows: Mapped[int]
    wave_id: Mapped[int | None] = mapped_column(ForeignKey("wave.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class PreparedAnswers(Model):
    """Answers of a closed wave, fit to be taken away: mixed within each item, masked, and thrown away after a day."""

    __tablename__ = "prepared_answers"

    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id", ondelete="CASCADE"), primary_key=True)
    rows: Mapped[list[Any]] = mapped_column(comment="[[item, question, answer]]")
    prepared_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
