"""Every setting once: name, type, default, help. The docs, the settings page and a test read this table.

A setting comes from the environment as ``KINDRED_<NAME>``. Those marked *editable* may also be changed by
an administrator; the environment wins over what is stored.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from survey.exceptions import InvalidInputError

PREFIX = "KINDRED_"

_PACKAGE = Path(__file__).parent
#: Style sheets, scripts and pictures.
STATIC = _PACKAGE / "static"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. ``type`` is str, int or bool; ``secret`` ones are never shown.

    A number lies between ``least`` and ``most``; a text is one of ``choices``, if there are any.
    """

    name: str
    type: type
    default: Any
    help: str
    editable: bool = False
    secret: bool = False
    least: int = 1
    most: int = 1_000_000
    choices: tuple[str, ...] = ()


SETTINGS = (
    Setting("DATABASE_URL", str, "", "Database address; empty: SQLite in the instance folder."),
    Setting(
        "INSTANCE_DIR",
        str,
        "",
        "Folder of the embedded database; empty: instance/ where it is started.",
    ),
    Setting(
        "KEY_DIR",
        str,
        "",
        "Folder of the wave keys. Must lie outside the instance folder and outside backups.",
    ),
    Setting(
        "SECRET_KEY",
        str,
        "",
        "Signs sessions and links; empty: made once, kept in the key folder.",
        secret=True,
    ),
    Setting("HOST", str, "127.0.0.1", "Address that kindred serve listens on."),
    Setting(
        "PORT",
        int,
        8000,
        "Port that kindred serve listens on; the plain variable PORT works too.",
        most=65_535,
    ),
    Setting("THREADS", int, 8, "Threads of the built-in web server."),
    Setting(
        "WORKERS", int, 1, "Worker processes that kindred serve starts; 0 when they run elsewhere.", least=0
    ),
    Setting(
        "PROXIES",
        int,
        0,
        "Reverse proxies in front whose X-Forwarded headers are believed.",
        least=0,
        most=10,
    ),
    Setting("SECURE_COOKIES", bool, True, "Send cookies over HTTPS (or loopback) only."),
    Setting("LEASE_SECONDS", int, 30, "A job whose worker is silent for so long is taken over by another."),
    Setting("UPLOAD_MEGABYTES", int, 64, "Largest file that may be uploaded."),
    Setting(
        "ENCODER",
        str,
        "",
        "Folder of a sentence-transformers model for other languages; empty: the bundled English one.",
    ),
    Setting("ENCODER_THREADS", int, 2, "Threads that turn answers into vectors."),
    Setting(
        "SMTP_SERVER", str, "", "Mail server that sends invitations of accounts; empty: links are shown only."
    ),
    Setting("SMTP_SENDER", str, "kindred@localhost", "Sender address of mails."),
    Setting(
        "LOG_LEVEL",
        str,
        "INFO",
        "Lowest level that is logged. Answers, tokens and names never are.",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Setting("ORGANISATION", str, "Your organisation", "Name shown to everyone.", editable=True),
    Setting("CONTACT", str, "", "Who answers questions about the survey and the data.", editable=True),
    Setting(
        "LEAD_RETENTION_DAYS",
        int,
        365,
        "Leads are erased so many days after they were imported.",
        editable=True,
    ),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def parse(setting: Setting, text: str) -> Any:
    """Read a setting's value from text.

    Raises InvalidInputError if the text is not of the setting's type or out of its range.
    """
    if setting.type is bool:
        if text.strip().lower() not in _TRUE | _FALSE:
            raise InvalidInputError(f"{setting.name} must be yes or no.")
        return text.strip().lower() in _TRUE
    if setting.type is int:
        number = text.strip()
        if not (number.isdecimal() and len(number) < 10 and setting.least <= int(number) <= setting.most):
            raise InvalidInputError(
                f"{setting.name} must be a whole number from {setting.least} to {setting.most}."
            )
        return int(number)
    if setting.choices and text.strip().upper() not in setting.choices:
        raise InvalidInputError(f"{setting.name} must be one of {', '.join(setting.choices)}.")
    return text.strip().upper() if setting.choices else text


def read(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return every setting's value from the environment, else its default."""
    values = {setting.name: setting.default for setting in SETTINGS}
    if environ.get("PORT"):
        values["PORT"] = parse(BY_NAME["PORT"], environ["PORT"])
    for setting in SETTINGS:
        if text := environ.get(PREFIX + setting.name):
            values[setting.name] = parse(setting, text)
    instance = Path(values["INSTANCE_DIR"] or "instance").absolute()
    values["INSTANCE_DIR"] = str(instance)
    values["DATABASE_URL"] = values["DATABASE_URL"] or f"sqlite:///{instance / 'kindred.sqlite'}"
    values["KEY_DIR"] = str(Path(values["KEY_DIR"] or _default_key_dir(environ, instance)).absolute())
    return values


def template_folder() -> Path:
    """Where the templates lie: inside the package when installed, beside it in a checkout."""
    installed = _PACKAGE / "templates"
    return installed if installed.is_dir() else _PACKAGE.parent / "templates"


def from_environment(name: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the environment sets this value, which then wins over a stored one."""
    return bool(environ.get(PREFIX + name))


def _default_key_dir(environ: Mapping[str, str], instance: Path) -> Path:
    """One folder per instance below the user's state folder: never inside the instance or the checkout."""
    state = Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    return state / "kindred" / str(instance).strip("/").replace("/", "-")
