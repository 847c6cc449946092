"""The pages that a link alone opens, answers and receipts: an application of its own, mounted beside the main one.

It has no session, no login, no cookie and writes no access line: the token in the address is the only
authority, and it is also what stands against forged requests – whoever cannot know the link cannot send a
form to it. Nothing that a respondent writes reaches a log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request
from flask.sessions import SessionInterface

from survey import config
from survey.addresses import RowNumber
from survey.database import open_sessions
from survey.domain.keys import KeyStore
from survey.respondent import doors, errors, languages, pages, receipts, self_identification
from survey.respondent.resources import EXTENSION, Resources

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
#: The longest answers in the widest characters, escaped by the browser, are under 100 kB.
MAX_FORM_BYTES = 1024 * 1024
STATIC_MAX_AGE_S = 3600


class NullSessionInterface(SessionInterface):
    """No session at all: no cookie is read or set, and no answer varies by one."""

    def open_session(self, app: Flask, request: Any) -> None:  # noqa: ARG002 - Flask's signature
        """Return nothing, which Flask takes for the null session."""
        return


def create_respondent_app(settings: Mapping[str, Any]) -> Flask:
    """Make the application of the answering pages.

    Raises InvalidInputError if the key folder lies inside the instance folder.
    """
    app = Flask(
        "survey.respondent",
        template_folder=str(config.template_folder()),
        static_folder=str(config.STATIC),
        static_url_path="/static",
        instance_path=settings["INSTANCE_DIR"],
    )
    app.config.update(
        MAX_CONTENT_LENGTH=MAX_FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_MAX_AGE_S,
    )
    app.url_map.converters["int"] = RowNumber
    app.session_interface = NullSessionInterface()
    app.extensions[EXTENSION] = Resources(
        open_sessions(settings["DATABASE_URL"]), KeyStore.from_settings(settings), settings
    )
    languages.init_app(app)
    app.register_blueprint(pages.pages)
    app.register_blueprint(self_identification.groups)
    app.register_blueprint(receipts.receipts)
    app.register_blueprint(doors.doors)
    errors.register(app)
    app.after_request(_add_headers)
    return app


def _add_headers(response: Response) -> Response:
    if "kiosk" in (request.endpoint or ""):
        # Its pages are fetched, so that none of them enters the browser's history.
        response.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; connect-src 'self'"
    for name, value in HEADERS.items():
        if name not in response.headers:
            response.headers.add(name, value)
    if request.endpoint != "static":
        # Not no-store: with it the browser's Back button could not show a page that was posted, and what
        # was written there would be lost. A kiosk is the opposite and says so itself.
        response.headers.setdefault("Cache-Control", "no-cache, private")
    return response
