"""Kind answers when something stands in the way. No page here needs the database; no log line names a link."""

from __future__ import annotations

import logging

from flask import Flask, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from survey.exceptions import (
    LinkExpiredError,
    NotFoundError,
    SurveyError,
    TokenSpentError,
    TooManyGuessesError,
    WaveClosedError,
    WaveNotOpenError,
)
from survey.respondent.resources import resources

logger = logging.getLogger(__name__)

Page = tuple[str, int]


def register(app: Flask) -> None:
    """Answer every error with a page that says what to do.

    The handler for all exceptions also keeps Flask from logging the address, which holds the token.
    """
    app.register_error_handler(NotFoundError, _guessed)
    app.register_error_handler(TooManyGuessesError, _too_many_guesses)
    app.register_error_handler(LinkExpiredError, _expired)
    app.register_error_handler(TokenSpentError, _spent)
    app.register_error_handler(WaveNotOpenError, _not_open)
    app.register_error_handler(WaveClosedError, _closed)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(SurveyError, _out_of_order)
    app.register_error_handler(SQLAlchemyError, _out_of_order)
    app.register_error_handler(Exception, _out_of_order)


def _page(status: int, title: str, *paragraphs: str, done: bool = False) -> Page:
    html = render_template(
        "respondent/message.html",
        title=title,
        paragraphs=paragraphs,
        done=done,
        retry=False,
        **resources().organisation(),
    )
    return html, status


def _guessed(error: NotFoundError) -> Page:
    resources().guesses.note(request.remote_addr)
    return _unknown_link(error)


def _too_many_guesses(_error: TooManyGuessesError) -> Page:
    return _offer_again(
        429,
        _("Please wait a minute"),
        _("Too many links that we do not know came from your network. Nothing is lost and nothing was sent."),
    )


def _unknown_link(_error: NotFoundError) -> Page:
    left = [_("If you asked to be left alone, it was done: nothing is held about you any more.")]
    return _page(
        404,
        _("We do not know this link"),
        _(
            "Some mail programs cut long links in two. Copy the whole link from your invitation and try again."
        ),
        _("If that does not help, ask for a new one."),
        *(left if request.blueprint == "receipts" else ()),
    )


def _expired(_error: LinkExpiredError) -> Page:
    return _page(
        410,
        _("This link has expired"),
        _("For your safety it worked for some weeks only. Ask the people who sent it for a new one."),
    )


def _spent(_error: TokenSpentError) -> Page:
    if request.method == "POST":
        return _page(
            409,
            _("These answers were not sent again"),
            _("This link has been used, perhaps in another tab. What was sent first is in and counts."),
            _("Nothing on your last page was sent. You need not do anything more."),
            done=True,
        )
    return _page(
        409,
        _("Your answers are in"),
        _("This link has been used, and it works once. You need not do anything more. Thank you!"),
        _("If it was not you who used it, tell the people who invited you."),
        done=True,
    )


def _not_open(_error: WaveNotOpenError) -> Page:
    return _page(
        409,
        _("This survey has not opened yet"),
        _("Your link is kept for you. Try again on the day your invitation names."),
    )


def _closed(_error: WaveClosedError) -> Page:
    return _page(
        410,
        _("This survey is closed"),
        _("It does not take answers any more, and nothing was sent. Thank you for wanting to take part."),
        done=True,
    )


def _http_error(error: HTTPException) -> Page:
    if error.code == 404:
        return _unknown_link(NotFoundError())
    if error.code == 413:
        text = _("That is more than we can take. Go back with your browser and shorten your answers.")
        return _page(413, _("Your answers are too long"), text)
    text = _("Open the link in your invitation again. What you wrote is kept in your browser.")
    return _page(error.code or 500, _("That did not work"), text)


def _out_of_order(error: Exception) -> Page:
    logger.error("an answering page failed: %s", type(error).__name__)
    return _offer_again(
        503,
        _("We cannot take answers at this moment"),
        _("Nothing is lost and nothing was sent. Wait a minute and try again."),
    )


def _offer_again(status: int, title: str, text: str) -> Page:
    """Offer to send the same form again; its fields are in the page, so nothing written is lost."""
    html = render_template(
        "respondent/message.html",
        title=title,
        paragraphs=[text],
        done=False,
        retry=True,
        fields=list(request.form.items(multi=True)),
        contact="",
    )
    return html, status
