"""The views of the answering pages: introduction, pages of the form, thanks."""

from __future__ import annotations

import logging

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain.attributes import Crowd
from survey.domain.keys import read_token
from survey.domain.responses import check_open, is_spent, seal, store
from survey.exceptions import InvalidInputError, NotFoundError, TokenSpentError, TooManyGuessesError
from survey.models import Wave
from survey.respondent.forms import SurveyForm
from survey.respondent.resources import resources

logger = logging.getLogger(__name__)
pages = Blueprint("pages", __name__)


@pages.before_request
def slow_down_guesses() -> None:
    """Look at no link from where many unknown ones came a moment ago."""
    if resources().guesses.are_too_many(request.remote_addr):
        raise TooManyGuessesError


@pages.get("/<int:wave_id>/<token>")
def show_introduction(wave_id: int, token: str) -> str:
    """Say what happens to the answers. Opening a link spends nothing: mail scanners open links."""
    wave = _open_wave(wave_id, token)
    return render_template(
        "respondent/introduction.html",
        n_pages=SurveyForm(wave, request.form).n_pages,
        attributes=wave.attributes,
        welcome=next((texts["welcome"] for texts in wave.texts.values() if texts.get("welcome")), ""),
        **resources().organisation(),
    )


@pages.post("/<int:wave_id>/<token>")
def answer_page(wave_id: int, token: str) -> str | Response | tuple[str, int]:
    """Take what a page holds and show the next one, the one before, or send."""
    go = request.form.get("go")
    # Sending checks link and wave itself, in the transaction that counts.
    known = resources().waves.get(wave_id) if go == "send" else None
    wave = known or _open_wave(wave_id, token)
    form = SurveyForm(wave, request.form)
    page = min(max(request.form.get("page", 0, type=int), 0), form.n_pages)
    if go == "back":
        return _show(form, max(page - 1, 1))
    if form.has_problem_on(page):
        return _show(form, page), 422
    if go in ("send", "blurred") and page == form.n_pages:
        return _send(form, wave, token, blurred=go == "blurred")
    return _show(form, min(page + 1, form.n_pages))


@pages.get("/thanks")
def show_thanks() -> str:
    """Thank; the address holds no token, so that it may stay on the screen."""
    return render_template("respondent/thanks.html")


def _open_wave(wave_id: int, token: str) -> Wave:
    """Return the open wave of an unused link, with its questionnaire and independent of any session."""
    if read_token(token).wave_id != wave_id:
        raise NotFoundError
    with resources().sessions() as session:
        check_open(session, resources().keys, token)
        if is_spent(session, token):
            raise TokenSpentError
        return resources().frozen_wave(session, wave_id)


def _send(form: SurveyForm, wave: Wave, token: str, *, blurred: bool) -> Response | tuple[str, int] | str:
    """Send, or show the page that stands in the way with everything kept.

    Who tells so much that few are like them is told so first; ``blurred`` says that they have seen it.
    """
    if (page := form.first_page_with_problem()) is not None:
        return _show(form, page), 422
    if not blurred and (crowd := resources().crowd(wave, form.bands)).is_small:
        return _show(form, form.n_pages, crowd=crowd)
    try:
        sealed = seal(wave, **form.submission())
        with resources().sessions() as session, transaction(session):
            store(session, resources().keys, token=token, sealed=sealed)
    except InvalidInputError as error:
        return _show(form, form.n_pages, message=str(error)), 422
    except SQLAlchemyError as error:
        # The exception's text may quote a row: its class has to do.
        logger.error("a response could not be stored: %s", type(error).__name__)
        return _show(form, form.n_pages, failed=True), 503
    return redirect(url_for("pages.show_thanks"), 303)


def _show(
    form: SurveyForm, page: int, *, message: str = "", failed: bool = False, crowd: Crowd | None = None
) -> str:
    return render_template(
        "respondent/page.html",
        page=page,
        n_pages=form.n_pages,
        heading=form.heading(page),
        fields=form.page(page),
        hidden=form.hidden(page),
        message=message,
        failed=failed,
        crowd=crowd,
        labels=form.labels,
    )
