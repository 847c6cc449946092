"""What is asked: a questionnaire and its items. Frozen once a wave with it was launched."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.enums import ItemType
from survey.models.base import Model, enum_column, utc_now


class Questionnaire(Model):
    """One version of a questionnaire."""

    __tablename__ = "questionnaire"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=1, comment="grows when items are added, moved or dropped")
    created_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    frozen_at: Mapped[dt.datetime | None] = mapped_column(
        comment="set at launch: from then on triggers refuse every change of it and its items"
    )
    items: Mapped[list[Item]] = relationship(
        order_by="Item.position", cascade="all, delete-orphan", lazy="selectin"
    )


class Item(Model):
    """One item. ``texts`` maps a language to ``{"prompt", "help", "options": {value: label}, …}``."""

    __tablename__ = "item"
    __table_args__ = (UniqueConstraint("questionnaire_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaire.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(40), comment="self, skills, stay, …: the view in the analysis")
    item_type: Mapped[ItemType] = mapped_column(enum_column(ItemType))
    page: Mapped[int] = mapped_column(comment="screen on which it is asked, from 1")
    position: Mapped[int] = mapped_column(comment="order within the questionnaire")
    max_chars: Mapped[int] = mapped_column(
        default=2000, comment="limit of an open-ended answer, checked in code"
    )
    rules: Mapped[dict[str, Any]] = mapped_column(
        default=dict,
        server_default="{}",
        comment="how it is asked beyond its type: boxes, sets, follows, view",
    )
    texts: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1, comment="grows when this item is changed")
