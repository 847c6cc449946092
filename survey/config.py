"""Every setting once: name, type, default, help. The docs, the settings page and a test read this table.

A setting comes from the environment as ``KINDRED_<NAME>``. Those marked *editable* may also be changed by
an administrator; the environment wins over what is stored.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from survey.exceptions import InvalidInputError

PREFIX = "KINDRED_"

_PACKAGE = Path(__file__).parent
#: Style sheets, scripts and pictures.
STATIC = _PACKAGE / "static"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. ``type`` is str, int or bool; ``secret`` ones are never shown.

    A number lies between ``least`` and ``most``; a text is one of ``choices``, if there are any, and passes ``check``.
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
    check: Callable[[str], object] | None = None


def _check_timezone(name: str) -> None:
    if name not in available_timezones():
        raise InvalidInputError(
            "TIMEZONE must be one of the names of the time zone database, such as Europe/Oslo."
        )


def read_groups(text: str) -> dict[str, tuple[str, ...]]:
    """Read groups by dimension from a text such as "sex: female, male; age: under 40, 40 or over".

    Raises InvalidInputError.
    """
    groups: dict[str, tuple[str, ...]] = {}
    for part in filter(str.strip, text.split(";")):
        dimension, _, names = (" ".join(piece.split()) for piece in part.partition(":"))
        found = tuple(dict.fromkeys(" ".join(name.split()) for name in names.split(",") if name.strip()))
        if (
            not dimension
            or dimension in groups
            or not 2 <= len(found) <= 20
            or "&" in part
            or len(part) > 400
        ):
            raise InvalidInputError(
                "Groups are written like this: “sex: female, male, another; age: under 40, 40 or over”. Give each "
                "dimension a name of its own and 2 to 20 groups, without the sign &."
            )
        groups[dimension] = found
    return groups


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
        "WORKERS", int, 2, "Worker processes that kindred serve starts; 0 when they run elsewhere.", least=0
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
    Setting(
        "LEASE_SECONDS",
        int,
        30,
        "A job whose worker is silent for so long is taken over by another.",
        most=3600,
    ),
    Setting("UPLOAD_MEGABYTES", int, 64, "Largest file that may be uploaded."),
    Setting(
        "ENCODER",
        str,
        "",
        "Folder of a sentence-transformers model for other languages; empty: the bundled English one.",
    ),
    Setting(
        "ALIASES",
        str,
        "",
        "CSV file of skills and their aliases for the file commands; the pages have a table of their own.",
    ),
    Setting("ENCODER_THREADS", int, 2, "Threads that turn answers into vectors."),
    Setting(
        "SMTP_PASSWORD", str, "", "Password at the mail server; kept in the environment only.", secret=True
    ),
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
        "PUBLIC_ADDRESS",
        str,
        "",
        "Address under which people reach this Kindred, such as https://kindred.example.org; stands in mails "
        "and on printed cards. Empty: that of kindred serve.",
        editable=True,
    ),
    Setting(
        "TIMEZONE",
        str,
        "UTC",
        "Time zone in which times are typed and shown, such as Europe/Oslo.",
        editable=True,
        check=_check_timezone,
    ),
    Setting(
        "SMTP_SERVER", str, "", "Mail server; empty: no mail is sent, links are shown only.", editable=True
    ),
    Setting("SMTP_PORT", int, 587, "Port of the mail server.", editable=True, most=65_535),
    Setting(
        "SMTP_SECURITY",
        str,
        "STARTTLS",
        "How the way to the mail server is secured: STARTTLS, TLS from the start, or NONE.",
        editable=True,
        choices=("STARTTLS", "TLS", "NONE"),
    ),
    Setting("SMTP_USER", str, "", "Name at the mail server; empty: without sign-in.", editable=True),
    Setting("SMTP_SENDER", str, "kindred@localhost", "Sender address of mails.", editable=True),
    Setting("MAILS_PER_MINUTE", int, 60, "So many mails are sent at most.", editable=True, most=6000),
    Setting(
        "LEAD_RETENTION_DAYS",
        int,
        365,
        "Leads are erased so many days after they were imported.",
        editable=True,
    ),
    Setting(
        "SELF_IDENTIFICATION",
        str,
        "",
        "Groups that leads may say they belong to, such as “sex: female, male, another; age: under 40, 40 or over”; "
        "empty: nobody is asked.",
        editable=True,
        check=read_groups,
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
    if setting.check is not None:
        setting.check(text)
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
