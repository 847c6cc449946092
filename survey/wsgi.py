"""What a web server serves: the main application, with the answering pages mounted beside it at ``/a``.

``gunicorn survey.wsgi:application`` runs it on a server; ``kindred serve`` uses the same function.
"""

from __future__ import annotations

from typing import Any

from werkzeug.middleware.dispatcher import DispatcherMiddleware

from survey import config
from survey.app import create_app
from survey.respondent import create_respondent_app


def make_application(settings: dict[str, Any] | None = None) -> DispatcherMiddleware:
    """Return the two applications under one address."""
    settings = settings or config.read()
    return DispatcherMiddleware(create_app(settings), {"/a": create_respondent_app(settings)})


def __getattr__(name: str) -> Any:
    """Make ``application`` on first use, so that importing this module opens no database."""
    if name == "application":
        globals()[name] = make_application()
        return globals()[name]
    raise AttributeError(name)
