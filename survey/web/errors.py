"""One table from error family to status and page. The page stands alone, so it works without a database.

Addresses below ``/api/`` get the same as JSON in one shape: ``{"error": {status, message}}``.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, current_app, g, make_response, request
from flask_babel import gettext as _
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from survey.exceptions import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
    StateError,
    SurveyError,
)
from survey.extensions import db
from survey.logs import place_of

STATUS: dict[type[SurveyError], int] = {
    NotFoundError: 404,
    PermissionDeniedError: 403,
    InvalidInputError: 422,
    StateError: 409,
    ConflictError: 409,
    SurveyError: 500,
}

logger = logging.getLogger(__name__)


def status_of(error: SurveyError) -> int:
    """Return the status of an error's family."""
    return next(status for family, status in STATUS.items() if isinstance(error, family))


def register(app: Flask) -> None:
    """Answer every error with a page that says what to do."""
    app.register_error_handler(SurveyError, _survey_error)
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(IntegrityError, _too_late)
    app.register_error_handler(DataError, _unstorable)
    app.register_error_handler(OverflowError, _unstorable)
    app.register_error_handler(SQLAlchemyError, _database_error)
    app.register_error_handler(Exception, _unexpected)


def lead_back(address: str, words: str) -> None:
    """Have an error page of this request lead to a page: the request's own address may be one that forms only have."""
    g.way_back = {"address": address, "words": words}


def _page(status: int, title: str, text: str) -> Response:
    if request.path.startswith("/api/"):
        body: Any = {"error": {"status": status, "message": text}}
        return make_response(body, status)
    # Not render_template: what every page knows includes the person signed in, whom the database would name.
    page = current_app.jinja_env.get_template("errors/error.html").render(
        title=title, text=text, back=g.get("way_back")
    )
    return Response(page, status, content_type="text/html; charset=utf-8")


def _survey_error(error: SurveyError) -> Response:
    db.session.rollback()
    titles = {403: _("This page is not for your role"), 404: _("Not found"), 409: _("That does not go now")}
    status = status_of(error)
    return _page(status, titles.get(status, _("Please check")), str(error))


def _csrf_error(_error: CSRFError) -> Response:
    text = _(
        "It was open for too long, or you were signed out. "
        "Go back, copy what you wrote, reload the page and send it again."
    )
    return _page(400, _("The form has expired"), text)


def _too_many(_error: RateLimitExceeded) -> Response:
    return _page(429, _("Too many attempts"), _("Please wait fifteen minutes and try again."))


def _http_error(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    known = {
        404: (_("Not found"), _("There is no page at this address.")),
        405: (_("Not possible"), _("This address cannot be used in this way.")),
        413: (_("The file is too large"), _("Split it and upload the parts one after the other.")),
    }
    title, text = known.get(error.code or 500, (error.name, error.description or ""))
    return _page(error.code or 500, title, text)


def _too_late(error: IntegrityError) -> Response:
    """Answer the second of two people who did the same thing in the same moment."""
    _log(error)
    return _survey_error(ConflictError())


def _unstorable(error: DataError | OverflowError) -> Response:
    """Answer somebody whose input no column takes: a NUL, which PostgreSQL says of no text, or a huge number.

    SQLite's own driver says the latter, so that it is no error of the database.
    """
    _log(error)
    text = _(
        "Something in it is too long, too large or no text. Nothing was changed. Correct it and try again."
    )
    return _survey_error(InvalidInputError(text))


def _database_error(error: SQLAlchemyError) -> Response:
    _log(error)
    db.session.rollback()
    text = _(
        "The database does not answer or cannot be written to. Nothing was changed. Try again in a minute."
    )
    return _page(503, _("The database is not available"), text)


def _log(error: Exception) -> None:
    # The exception's own text may carry a row; only its class is logged.
    logger.error("database error %s at %s", type(error).__name__, request.endpoint)


def _unexpected(error: Exception) -> Response:
    logger.error("unexpected %s in %s", place_of(error), request.endpoint)
    db.session.rollback()
    return _page(
        500, _("That was our fault"), _("Something went wrong. Nothing was changed. Try again later.")
    )
