"""How an uploaded file was read, told where that was not plain, so that a person looks at what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash
from flask_babel import gettext as _


def flash_reading(reading: Mapping[str, Any]) -> None:
    """Tell on the next page in which older encoding, or which sheet of several, was read."""
    if "encoding" in reading:
        flash(
            _(
                "The file was read as %(encoding)s. If letters such as å, é or ß are wrong below, save it again as "
                "“CSV UTF-8”.",
                encoding=reading["encoding"],
            ),
            "warning",
        )
    if "sheet" in reading:
        others = ", ".join(reading["others"])
        flash(
            _("The sheet “%(sheet)s” was read. Not read: %(others)s.", sheet=reading["sheet"], others=others),
            "info",
        )
