"""Structured logs: one JSON object a line. What is logged is named here; answers, tokens and names never are."""

from __future__ import annotations

import datetime as dt
import json
import logging
import sys


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message – and the class of an exception, never its text, which may quote a row."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        entry = {
            "at": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            entry["exception"] = record.exc_info[0].__name__
        return json.dumps(entry, ensure_ascii=False)


def place_of(error: BaseException) -> str:
    """Return where an exception came from, without its text, which may quote an answer."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__} at {' '.join(places[-6:])}"


def configure(level: str) -> None:
    """Send our logs to stderr as JSON; libraries speak up only from warnings on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("survey").setLevel(level.upper())
    # SQL echo and access lines would carry answers and links.
    for name in ("sqlalchemy.engine", "waitress.queue", "gunicorn.access"):
        logging.getLogger(name).setLevel(logging.ERROR)
