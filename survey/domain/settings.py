"""Settings as they are in force: environment first, then what an administrator stored, then the default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from survey import config
from survey.domain import audit
from survey.exceptions import InvalidInputError, StateError
from survey.models import StoredSetting
from survey.texts import one_line


def editable_values(session: Session, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return the editable settings in force."""
    stored = {row.name: row.value for row in session.query(StoredSetting)}
    values = {}
    for setting in config.SETTINGS:
        if not setting.editable:
            continue
        text = environ.get(config.PREFIX + setting.name) or stored.get(setting.name)
        values[setting.name] = config.parse(setting, text) if text else setting.default
    return values


def in_force(session: Session, running: Mapping[str, Any]) -> dict[str, Any]:
    """Return every setting as it is in force, for an application that was started with ``running``.

    What it was started with wins over what is stored, unless it is the default.
    """
    given = {
        config.PREFIX + setting.name: str(running[setting.name])
        for setting in config.SETTINGS
        if setting.editable and running[setting.name] != setting.default
    }
    return {**running, **editable_values(session, given)}


def change_setting(session: Session, *, name: str, value: str, account_id: int | None) -> None:
    """Store an editable setting.

    Raises StateError if the environment fixes it, InvalidInputError if it is unknown or not of its type.
    """
    setting = config.BY_NAME.get(name)
    if setting is None or not setting.editable:
        raise InvalidInputError(f"{name} is not a setting that can be changed here.")
    if config.from_environment(name):
        raise StateError(f"{name} is fixed by the environment variable {config.PREFIX}{name}.")
    value = one_line(value)
    config.parse(setting, value)
    row = session.get(StoredSetting, name)
    if row is None:
        session.add(StoredSetting(name=name, value=value))
    else:
        row.value = value
    audit.record(session, "changed", f"setting {name}", account_id=account_id)
