"""Times as people type and read them: in the time zone of the organisation."""

from __future__ import annotations

import datetime as dt
from typing import cast
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import gettext as _

from survey.domain.settings import editable_values
from survey.exceptions import InvalidInputError
from survey.extensions import db


def zone() -> ZoneInfo:
    """Return the time zone in force; a page with many times asks for it once."""
    if "zone" not in g:
        g.zone = ZoneInfo(editable_values(db.session)["TIMEZONE"])
    return cast(ZoneInfo, g.zone)


def read_time(text: str) -> dt.datetime | None:
    """Return the moment that a form names, None for an empty field. Raises InvalidInputError."""
    if not text.strip():
        return None
    try:
        return dt.datetime.fromisoformat(text.strip()).replace(tzinfo=zone())
    except ValueError:
        raise InvalidInputError(_("Write a time such as 2026-09-01 08:00.")) from None


def show_day(moment: dt.datetime | None) -> str:
    """Return the day of a moment."""
    return show_time(moment).partition(" ")[0]


def show_time(moment: dt.datetime | None, separator: str = " ") -> str:
    """Return a moment as people read it, or as a form field takes it with ``T`` between day and hour."""
    return moment.astimezone(zone()).strftime(f"%Y-%m-%d{separator}%H:%M") if moment else ""
