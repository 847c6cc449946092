"""Leads: people who have not applied. Identity and evidence live in different tables; the scorer sees one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.enums import Band, ImportState
from survey.models.base import UNORDERED, Model, enum_column, utc_now
from survey.models.personas import PersonaVersion


class LeadImport(Model):
    """One uploaded file. The file itself is dropped when the import is done."""

    __tablename__ = "lead_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    columns: Mapped[list[Any]] = mapped_column(comment="header of the file")
    mapping: Mapped[dict[str, Any]] = mapped_column(comment="column position → lead field")
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState), default=ImportState.UPLOADED)
    n_rows: Mapped[int] = mapped_column(default=0)
    n_created: Mapped[int] = mapped_column(default=0)
    n_updated: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[list[Any]] = mapped_column(default=list, comment="[[line, reason]]")
    job_id: Mapped[str | None] = mapped_column(ForeignKey("job.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Lead(Model):
    """One lead; what identifies them and what they wrote hang off it."""

    __tablename__ = "lead"

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), unique=True, comment="id in the recruiter's file")
    source: Mapped[str] = mapped_column(String(120), default="", comment="where we found them")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("lead_import.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    identity: Mapped[LeadIdentity] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    evidence: Mapped[list[LeadEvidence]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="LeadEvidence.field"
    )
    scores: Mapped[list[Score]] = relationship(cascade="all, delete-orphan", passive_deletes=True)


class LeadIdentity(Model):
    """Who the lead is. Nothing that computes a score reads this table."""

    __tablename__ = "lead_identity"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(255), default="", index=True)
    location: Mapped[str] = mapped_column(String(200), default="")


class LeadEvidence(Model):
    """What the lead wrote in one field, as written and masked (same length) for the scorer."""

    __tablename__ = "lead_evidence"
    __table_args__ = UNORDERED

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(String(20), primary_key=True, comment="headline, summary, skills, …")
    text: Mapped[str] = mapped_column(Text)
    masked: Mapped[str] = mapped_column(Text, comment="identity and markup replaced, offsets as in text")


class Score(Model):
    """How well one lead fits one persona version, with the points that make it up."""

    __tablename__ = "score"
    __table_args__ = (
        UniqueConstraint("lead_id", "persona_version_id"),
        Index("ix_score_ranking", "persona_version_id", "fit"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"))
    persona_version_id: Mapped[int] = mapped_column(ForeignKey("persona_version.id"))
    fit: Mapped[int | None] = mapped_column(comment="0-100; empty: not enough evidence")
    band: Mapped[Band | None] = mapped_column(enum_column(Band))
    evidence: Mapped[str] = mapped_column(String(2), comment="E0 to E3: how much there was to read")
    who: Mapped[float | None]
    skills: Mapped[float | None]
    why: Mapped[float | None]
    best: Mapped[bool] = mapped_column(comment="the lead's best persona")
    contributions: Mapped[list[Any]] = mapped_column(comment="[{facet, trait, points, field, start, end}]")
    evidence_hash: Mapped[str] = mapped_column(String(64), comment="of the masked text that was scored")
    encoder_hash: Mapped[str] = mapped_column(String(64))
    scored_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    version: Mapped[PersonaVersion] = relationship()
