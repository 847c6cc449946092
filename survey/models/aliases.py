"""What skills are also called here: the installation's own table, version by version, and spellings proposed for it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.models.accounts import Account
from survey.models.base import Model, utc_now


class AliasTable(Model):
    """The own table of aliases as it was from one change to the next; the last one is in force.

    None is ever removed: a score names by its hash the one by which it was made, and can be computed again.
    """

    __tablename__ = "alias_table"

    number: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="counts the versions: of two at once, one comes first"
    )
    hash: Mapped[str] = mapped_column(String(64), index=True, comment="SHA-256; empty for a table of no rows")
    rows: Mapped[dict[str, Any]] = mapped_column(
        comment="{skill: [alias]}, in the form in which texts are read"
    )
    made_at: Mapped[dt.datetime] = mapped_column(default=utc_now)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    author: Mapped[Account | None] = relationship()


class AliasSuggestion(Model):
    """A spelling that several leads list and that is nearly a known skill; applied by nobody but a person."""

    __tablename__ = "alias_suggestion"

    alias: Mapped[str] = mapped_column(String(80), primary_key=True)
    skill: Mapped[str] = mapped_column(String(80), primary_key=True)
    likeness: Mapped[int] = mapped_column(comment="92 to 100: letters that both have in the same order")
    n_leads: Mapped[int] = mapped_column(comment="how many leads listed it when somebody last looked")
    declined_at: Mapped[dt.datetime | None] = mapped_column(comment="set: never proposed again")
    declined_by: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
