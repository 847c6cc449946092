"""Structured logs: one JSON object a line, and never the text of an exception."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

from survey.logs import JsonFormatter, place_of

ANSWER = "I would rather work for my sister's bakery"


def failure() -> Exception:
    """An exception that was raised here and quotes an answer."""
    try:
        try:
            raise KeyError(ANSWER)
        except KeyError as error:
            raise ValueError(ANSWER) from error
    except ValueError as error:
        return error


def line(message: str, *arguments: object, error: Exception | None = None) -> str:
    information = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("survey.worker", logging.ERROR, __file__, 1, message, arguments, information)
    return JsonFormatter().format(record)


def test_line_is_one_json_object() -> None:
    written = line("job %s\nstarted", "analyse")

    assert "\n" not in written
    entry = json.loads(written)
    assert entry.pop("at").endswith("+00:00")
    assert entry == {"level": "error", "logger": "survey.worker", "message": "job analyse\nstarted"}


def test_exception_is_named_and_not_quoted() -> None:
    written = line("it failed", error=failure())

    assert json.loads(written)["exception"] == "ValueError"
    assert "bakery" not in written


def test_place_of_an_exception_names_file_and_line_and_not_its_text() -> None:
    place = place_of(failure())

    assert place.startswith("ValueError at test_logs.py:")
    assert "bakery" not in place


def test_whatever_libraries_say_below_a_warning_and_of_rows_and_addresses_is_not_written() -> None:
    code = f"""
import logging
from survey.logs import configure

configure("info")
for name in ("sqlalchemy.engine", "gunicorn.access", "waitress.queue"):
    logging.getLogger(name).warning({ANSWER!r})
logging.getLogger("a.library").info({ANSWER!r})
logging.getLogger("survey.worker").debug({ANSWER!r})
logging.getLogger("survey.worker").info("started")
try:
    raise ValueError({ANSWER!r})
except ValueError:
    logging.getLogger("a.library").exception("failed")
logging.getLogger("survey.worker").exception("there was none")
"""

    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    entries = [json.loads(entry) for entry in ran.stderr.splitlines()]
    assert [(entry["message"], entry.get("exception")) for entry in entries] == [
        ("started", None),
        ("failed", "ValueError"),
        ("there was none", None),
    ]
