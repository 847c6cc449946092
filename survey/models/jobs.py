"""Long work. The job row is the truth: whoever holds its lease may act, and nothing depends on a queue's memory."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from survey.enums import JobKind, JobState
from survey.models.base import Model, enum_column, random_key, utc_now


class Job(Model):
    """One piece of long work with its progress."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state_lease", "state", "lease_until"),
        # Two clicks at the same moment start one job, whatever the database's isolation.
        Index(
            "uq_job_unfinished",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=text("state IN ('queued', 'running')"),
            postgresql_where=text("state IN ('queued', 'running')"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=random_key)
    kind: Mapped[JobKind] = mapped_column(enum_column(JobKind))
    subject_id: Mapped[int] = mapped_column(comment="wave, analysis or import, by kind")
    state: Mapped[JobState] = mapped_column(enum_column(JobState), default=JobState.QUEUED)
    owner: Mapped[str] = mapped_column(String(64), default="", comment="the worker that holds the lease")
    lease_until: Mapped[dt.datetime | None]
    cancel: Mapped[bool] = mapped_column(default=False, comment="somebody asked for it to stop")
    attempts: Mapped[int] = mapped_column(default=0)
    n_done: Mapped[int] = mapped_column(default=0)
    n_total: Mapped[int] = mapped_column(default=0)
    step: Mapped[str] = mapped_column(String(120), default="", comment="what is being done now, in words")
    cursor: Mapped[dict[str, Any]] = mapped_column(default=dict, comment="where the next chunk starts")
    error: Mapped[str] = mapped_column(String(500), default="", comment="sentence for the screen; no answers")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[dt.datetime | None]


class Chore(Model):
    """Work that comes round by itself (release, retention): when it is due next."""

    __tablename__ = "chore"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[dt.datetime]
