"""From responses to personas: an analysis and its candidate clusters, personas and their versions, charts."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.enums import EditKind, VersionState
from survey.models.base import UNORDERED, Model, enum_column, utc_now


class Analysis(Model):
    """One run over a wave's responses. ``report`` is what the machine found and never changes."""

    __tablename__ = "analysis"

    id: Mapped[int] = mapped_column(primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id", ondelete="CASCADE"), index=True)
    seed: Mapped[int] = mapped_column(default=0)
    n_personas: Mapped[int | None] = mapped_column(comment="asked for by HR; empty: the analysis chooses")
    job_id: Mapped[str | None] = mapped_column(ForeignKey("job.id"))
    report: Mapped[dict[str, Any] | None] = mapped_column(comment="report.json of the file contract")
    edits: Mapped[list[Any]] = mapped_column(
        default=list, comment="ids of the edits made again; unreplayed in the report counts in them"
    )
    revises_id: Mapped[int | None] = mapped_column(
        ForeignKey("analysis.id", ondelete="SET NULL"), comment="the analysis whose drafts it replaces"
    )
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    charts: Mapped[list[Chart]] = relationship(cascade="all, delete-orphan", order_by="Chart.id")
    versions: Mapped[list[PersonaVersion]] = relationship(order_by="PersonaVersion.id")


class Membership(Model):
    """Which candidate cluster a response belongs to. Read by analyses only, never shown."""

    __tablename__ = "membership"
    __table_args__ = UNORDERED

    analysis_id: Mapped[int] = mapped_column(ForeignKey("analysis.id", ondelete="CASCADE"), primary_key=True)
    response_id: Mapped[str] = mapped_column(ForeignKey("response.id", ondelete="CASCADE"), primary_key=True)
    cluster: Mapped[str] = mapped_column(String(40), default="", comment="key in the report; empty: in none")
    weight: Mapped[float] = mapped_column(default=0.0, comment="membership, 0 to 1")
    reason: Mapped[str] = mapped_column(String(120), default="", comment="why in none")


class Edit(Model):
    """What HR changed about a draft persona; later analyses of the wave make it again.

    Whose persona it is, is said by the memberships of its analysis: no second list of people.
    """

    __tablename__ = "edit"

    id: Mapped[int] = mapped_column(primary_key=True)
    analysis_id: Mapped[int] = mapped_column(
        ForeignKey("analysis.id", ondelete="CASCADE"), index=True, comment="where it was made"
    )
    cluster: Mapped[str] = mapped_column(String(40), comment="the persona's candidate cluster there")
    other: Mapped[str] = mapped_column(String(40), default="", comment="the cluster merged into it")
    kind: Mapped[EditKind] = mapped_column(enum_column(EditKind))
    where: Mapped[str] = mapped_column(
        String(40), default="", comment="list of a dropped entry, item of a pinned quote"
    )
    text: Mapped[str] = mapped_column(Text, default="", comment="new words, dropped entry, pinned quote")
    before: Mapped[dict[str, Any]] = mapped_column(
        default=dict, comment="what an undo puts back on the draft"
    )
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    undone_at: Mapped[dt.datetime | None] = mapped_column(comment="set: no longer made again")


class Chart(Model):
    """A chart drawn once by the worker, with the table that says the same."""

    __tablename__ = "chart"
    __table_args__ = (UniqueConstraint("analysis_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    analysis_id: Mapped[int] = mapped_column(ForeignKey("analysis.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    svg: Mapped[str] = mapped_column(Text)
    columns: Mapped[list[Any]]
    rows: Mapped[list[Any]]


class Persona(Model):
    """A reviewed kind of colleague, over all its versions."""

    __tablename__ = "persona"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    versions: Mapped[list[PersonaVersion]] = relationship(
        back_populates="persona", order_by="PersonaVersion.number"
    )


class PersonaVersion(Model):
    """What a persona says and how it scores, frozen when published; a score names the version that made it."""

    __tablename__ = "persona_version"
    __table_args__ = (
        UniqueConstraint("persona_id", "number"),
        Index("ix_persona_version_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    persona_id: Mapped[int] = mapped_column(ForeignKey("persona.id"))
    number: Mapped[int] = mapped_column(default=1)
    state: Mapped[VersionState] = mapped_column(enum_column(VersionState), default=VersionState.DRAFT)
    analysis_id: Mapped[int] = mapped_column(ForeignKey("analysis.id"))
    cluster: Mapped[str] = mapped_column(String(40), comment="candidate cluster in the analysis' report")
    name: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(Text)
    card: Mapped[dict[str, Any]] = mapped_column(comment="the persona's entry of the report")
    scoring: Mapped[dict[str, Any]] = mapped_column(comment="scoring block for this persona alone")
    weights: Mapped[dict[str, Any]] = mapped_column(
        default=dict,
        comment="{facets: {facet: weight}, traits: [{facet, text, weight}]}, as HR set them; empty: the usual ones",
    )
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    changed_at: Mapped[dt.datetime] = mapped_column(default=utc_now, onupdate=utc_now)
    published_at: Mapped[dt.datetime | None]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    persona: Mapped[Persona] = relationship(back_populates="versions")
    analysis: Mapped[Analysis] = relationship(back_populates="versions")


class Weighing(Model):
    """HR's wish that facets and traits of a published persona count otherwise, and which leads that would move."""

    __tablename__ = "weighing"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(
        ForeignKey("persona_version.id"), comment="the published version that it would replace"
    )
    weights: Mapped[dict[str, Any]] = mapped_column(comment="as those of a persona version")
    scoring: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True),
        deferred=True,
        comment="block with these weights; empty until colleagues are scored by them and once published",
    )
    preview: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), comment="which leads would move; empty until the job is done"
    )
    job_id: Mapped[str | None] = mapped_column(ForeignKey("job.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    version: Mapped[PersonaVersion] = relationship()
