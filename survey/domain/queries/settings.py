"""The settings as a screen shows them: value in force, where it comes from, what it does."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from survey import config
from survey.domain.settings import editable_values


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting. ``fixed`` ones come from the environment and cannot be changed on the screen."""

    setting: config.Setting
    value: str
    fixed: bool


def list_settings(
    session: Session, running: Mapping[str, Any], environ: Mapping[str, str] = os.environ
) -> list[SettingRow]:
    """Return every setting in the order of the table, from the running application's configuration.

    Secrets and passwords are not shown.
    """
    values = {**running, **editable_values(session, environ)}
    return [
        SettingRow(setting, _shown(setting, values[setting.name]), _is_fixed(setting, environ))
        for setting in config.SETTINGS
    ]


def _shown(setting: config.Setting, value: Any) -> str:
    if setting.secret:
        return "•••"
    if setting.name == "DATABASE_URL":
        return make_url(value).render_as_string(hide_password=True)
    if setting.type is bool:
        return "yes" if value else "no"
    return str(value)


def _is_fixed(setting: config.Setting, environ: Mapping[str, str]) -> bool:
    return not setting.editable or config.from_environment(setting.name, environ)
