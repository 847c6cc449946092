"""Leads: people who have not applied. Identity and evidence live in different tables; the scorer sees one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.enums import Band, DuplicateState, ImportState, RowOutcome
from survey.models.accounts import Account
from survey.models.base import UNORDERED, Model, enum_column, utc_now
from survey.models.personas import PersonaVersion


class LeadImport(Model):
    """One uploaded file, or one lead typed in by hand. The content is dropped when the import is done."""

    __tablename__ = "lead_import"

    id: Mapped[int] = mapped_column(primary_key=True)
    filename: Mapped[str] = mapped_column(String(200), comment="empty: typed in by hand")
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sheets: Mapped[list[Any]] = mapped_column(default=list, comment="of a workbook, while none is chosen")
    columns: Mapped[list[Any]] = mapped_column(comment="header of the file")
    header: Mapped[str] = mapped_column(
        String(64), default="", index=True, comment="hash of the columns: a mapping is remembered by it"
    )
    mapping: Mapped[dict[str, Any]] = mapped_column(comment="column position → lead field")
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState), default=ImportState.UPLOADED)
    n_rows: Mapped[int] = mapped_column(default=0)
    n_created: Mapped[int] = mapped_column(default=0)
    n_updated: Mapped[int] = mapped_column(default=0)
    n_rejected: Mapped[int] = mapped_column(default=0)
    n_opted_out: Mapped[int] = mapped_column(default=0, comment="rows of people who asked to be left alone")
    job_id: Mapped[str | None] = mapped_column(ForeignKey("job.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class ImportRow(Model):
    """What became of one row of an import: enough to give it back, or to take it back."""

    __tablename__ = "import_row"

    import_id: Mapped[int] = mapped_column(ForeignKey("lead_import.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, comment="as a spreadsheet counts")
    outcome: Mapped[RowOutcome] = mapped_column(enum_column(RowOutcome))
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    revision: Mapped[int | None] = mapped_column(comment="of the lead when the row was read")
    before: Mapped[dict[str, Any] | None] = mapped_column(comment="what an updated lead said before")
    reason: Mapped[str] = mapped_column(String(300), default="", comment="why the row was left out")
    cells: Mapped[list[Any] | None] = mapped_column(comment="of a row that was left out")


class Lead(Model):
    """One lead; what identifies them and what they wrote hang off it."""

    __tablename__ = "lead"

    id: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), unique=True, comment="id in the recruiter's file")
    source: Mapped[str] = mapped_column(String(120), default="", comment="where we found them")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("lead_import.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("account.id"), index=True, comment="the recruiter who is in touch with them"
    )
    revision: Mapped[int] = mapped_column(
        default=1, comment="goes up with every change, so that an undo can tell what came after it"
    )
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    owner: Mapped[Account | None] = relationship()
    identity: Mapped[LeadIdentity] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    evidence: Mapped[list[LeadEvidence]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="LeadEvidence.field"
    )
    scores: Mapped[list[Score]] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    @property
    def called(self) -> str:
        """What pages call this lead: an id that an import made says nothing to anybody."""
        identity = self.identity
        return identity.name or identity.email or identity.profile or self.external_id


class LeadIdentity(Model):
    """Who the lead is. Nothing that computes a score reads this table."""

    __tablename__ = "lead_identity"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(255), default="", index=True)
    phone: Mapped[str] = mapped_column(String(60), default="")
    profile: Mapped[str] = mapped_column(String(300), default="", comment="address of a profile elsewhere")
    employer: Mapped[str] = mapped_column(String(200), default="")
    location: Mapped[str] = mapped_column(String(200), default="")


class LeadKey(Model):
    """A normalised contact or name by which two leads are recognised as one person."""

    __tablename__ = "lead_key"
    __table_args__ = (Index("ix_lead_key_value", "kind", "value", "lead_id"),)

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True, comment="email, phone, profile, name")
    value: Mapped[str] = mapped_column(String(300), primary_key=True)


class LeadNote(Model):
    """What a recruiter wants to remember about a lead; without an author it is the lead's own, from their receipt."""

    __tablename__ = "lead_note"

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    author: Mapped[Account | None] = relationship()


class Duplicate(Model):
    """Two leads that may be one person; a person decides. ``first`` is the one that was there earlier."""

    __tablename__ = "duplicate"
    __table_args__ = (Index("ix_duplicate_state_first", "state", "first_id"),)

    first_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), primary_key=True)
    second_id: Mapped[int] = mapped_column(
        ForeignKey("lead.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    reason: Mapped[str] = mapped_column(String(10), comment="kind of the key they share")
    state: Mapped[DuplicateState] = mapped_column(enum_column(DuplicateState), default=DuplicateState.OPEN)
    decided_at: Mapped[dt.datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class LeadMerge(Model):
    """An entry that went into another one: the trail, and where a later import of its id belongs."""

    __tablename__ = "lead_merge"

    external_id: Mapped[str] = mapped_column(String(120), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    before: Mapped[dict[str, Any]] = mapped_column(comment="what the entry said")
    merged_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    merged_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class OptOut(Model):
    """A contact of somebody who asked to be left alone, as a hash that only the key folder can make again."""

    __tablename__ = "opt_out"
    __table_args__ = UNORDERED

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)


class ReceiptLink(Model):
    """A lead's way in to what is held about them: one at a time, random, known by its hash alone."""

    __tablename__ = "receipt_link"

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, comment="SHA-256 of the link's token")
    made_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    expires_at: Mapped[dt.datetime]


class SavedSearch(Model):
    """What a recruiter often looks for in the ranking."""

    __tablename__ = "saved_search"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    wish: Mapped[dict[str, Any]]


class LeadEvidence(Model):
    """What the lead wrote in one field, as written and masked (same length) for the scorer."""

    __tablename__ = "lead_evidence"
    __table_args__ = UNORDERED

    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), primary_key=True)
    field: Mapped[str] = mapped_column(String(20), primary_key=True, comment="headline, summary, skills, …")
    text: Mapped[str] = mapped_column(Text)
    masked: Mapped[str | None] = mapped_column(
        Text, comment="identity and markup replaced, offsets as in text; empty until scoring reads it"
    )


class Origin:
    """What a score was computed from, each by its SHA-256: from the same five comes the same number."""

    evidence_hash: Mapped[str] = mapped_column(
        String(64), default="", comment="of the masked text that was scored"
    )
    block_hash: Mapped[str] = mapped_column(
        String(64), default="", comment="of the version's scoring block, weights and all"
    )
    encoder_hash: Mapped[str] = mapped_column(String(64), default="")
    code_hash: Mapped[str] = mapped_column(
        String(64), default="", comment="of the analysis; empty: scored before that was noted"
    )
    aliases_hash: Mapped[str] = mapped_column(
        String(64), default="", comment="of the installation's own table of aliases; empty: it had none"
    )


#: The columns of :class:`Origin`, in the order in which pages show them.
ORIGIN = ("block_hash", "evidence_hash", "encoder_hash", "code_hash", "aliases_hash")


class Score(Origin, Model):
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
    exact: Mapped[float | None] = mapped_column(
        comment="the fit before it is rounded, by which leads are ranked; empty: scored before it was kept"
    )
    band: Mapped[Band | None] = mapped_column(enum_column(Band))
    evidence: Mapped[str] = mapped_column(String(2), comment="E0 to E3: how much there was to read")
    who: Mapped[float | None]
    skills: Mapped[float | None]
    why: Mapped[float | None]
    best: Mapped[bool] = mapped_column(comment="the lead's best persona")
    contributions: Mapped[list[Any]] = mapped_column(comment="[{facet, trait, points, field, start, end}]")
    scored_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    version: Mapped[PersonaVersion] = relationship()
