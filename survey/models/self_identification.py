"""Groups that leads say they belong to, apart from everything else that is held about them.

Only :mod:`survey.domain.self_identification` may import this module: nothing that scores or ranks can join it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from survey.models.base import UNORDERED, Model


class SelfIdentification(Model):
    """What one lead told voluntarily. No time, no number, no lead: the way to it is a link that is stored nowhere."""

    __tablename__ = "self_identification"
    __table_args__ = UNORDERED

    token_hash: Mapped[str] = mapped_column(
        String(64), primary_key=True, comment="SHA-256 of the link's token"
    )
    groups: Mapped[dict[str, Any]] = mapped_column(comment="dimension → group, as told")
