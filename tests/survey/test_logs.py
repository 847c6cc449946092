"""Structured logs: one JSON object a line, and never the text of an exception."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from survey.logs import JsonFormatter, configure, place_of

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


@pytest.fixture
def configured(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Logs as a server or worker has them at its most talkative, on a stderr that can be read; then as they were."""
    root = logging.getLogger()
    names = (None, "survey", "sqlalchemy.engine", "waitress.queue", "gunicorn.access")
    levels = {name: logging.getLogger(name).level for name in names}
    handlers = root.handlers[:]
    root.handlers.clear()
    configure("debug")
    yield
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.usefixtures("configured")
@pytest.mark.parametrize(
    ("logger", "level"),
    [
        ("sqlalchemy.engine", logging.INFO),
        ("sqlalchemy.engine.Engine", logging.WARNING),
        ("gunicorn.access", logging.WARNING),
        ("waitress.queue", logging.WARNING),
        ("some.library", logging.INFO),
    ],
)
def test_what_libraries_say_of_statements_and_requests_is_not_written(
    capsys: pytest.CaptureFixture[str], logger: str, level: int
) -> None:
    logging.getLogger(logger).log(level, "INSERT INTO answer VALUES (%s)", ANSWER)

    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("configured")
def test_what_we_say_is_written() -> None:
    assert logging.getLogger("survey.worker").isEnabledFor(logging.DEBUG)
    assert logging.getLogger("some.library").isEnabledFor(logging.WARNING)
    assert isinstance(logging.getLogger().handlers[0].formatter, JsonFormatter)
