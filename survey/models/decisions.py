"""What people decided about leads. A decision has a person and a reason; nothing that computes a score reads it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from survey.enums import Band, DecisionKind
from survey.models.base import Model, enum_column, utc_now
from survey.models.leads import Origin


class Decision(Origin, Model):
    """One decision about one lead; the latest is in force, the earlier ones stay. Its origin is that of the score."""

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id", ondelete="CASCADE"), index=True)
    kind: Mapped[DecisionKind] = mapped_column(enum_column(DecisionKind))
    reason: Mapped[str] = mapped_column(Text, comment="in the person's words; reaches no log")
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), comment="never empty: a person decides")
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    persona_version_id: Mapped[int | None] = mapped_column(
        ForeignKey("persona_version.id"), comment="whose score the person had before them"
    )
    fit: Mapped[int | None] = mapped_column(comment="that score")
    band: Mapped[Band | None] = mapped_column(enum_column(Band))
