"""Fairness checks: what may not count was swapped, groups were compared, and this is what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import Model, utc_now


class FairnessCheck(Model):
    """One run over the leads and published personas as they were."""

    __tablename__ = "fairness_check"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str | None] = mapped_column(ForeignKey("job.id"))
    report: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), comment="empty until the job is done; no names, no texts"
    )
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
