"""What a web server serves: the main application, with the answering pages mounted beside it at ``/a``.

``gunicorn survey.wsgi:application`` runs it on a server; ``kindred serve`` uses the same function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from survey import config
from survey.app import create_app
from survey.respondent import create_respondent_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def make_application(settings: dict[str, Any] | None = None) -> WSGIApplication:
    """Return the two applications under one address, behind as many proxies as the settings say."""
    settings = settings or config.read()
    both = DispatcherMiddleware(create_app(settings), {"/a": create_respondent_app(settings)})
    n_proxies = settings["PROXIES"]
    return ProxyFix(both, x_for=n_proxies, x_proto=n_proxies, x_host=n_proxies) if n_proxies else both


def __getattr__(name: str) -> Any:
    """Make ``application`` on first use, so that importing this module opens no database."""
    if name == "application":
        globals()[name] = make_application()
        return globals()[name]
    raise AttributeError(name)
