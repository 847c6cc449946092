"""The views of the answering pages: introduction, screens of the form, thanks."""

from __future__ import annotations

import logging

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from survey.database import bare_transaction
from survey.domain.attributes import Crowd
from survey.domain.keys import read_token
from survey.domain.questionnaires import languages_of
from survey.domain.responses import check_open, invited_language, is_spent, seal, store
from survey.exceptions import InvalidInputError, NotFoundError, TokenSpentError, TooManyGuessesError
from survey.languages import offered
from survey.models import Wave
from survey.respondent import languages
from survey.respondent.forms import Screen, SurveyForm
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
    return _introduction(_form(wave, roster=_roster_language(token)), wave)


@pages.post("/<int:wave_id>/<token>")
def answer_page(wave_id: int, token: str) -> str | Response | tuple[str, int]:
    """Take what a screen holds and show the next one, the one before, the same in another language, or send."""
    go = request.form.get("go")
    _check_address(wave_id, token)
    # Sending checks link and wave itself, in the transaction that counts.
    known = resources().waves.get(wave_id) if go == "send" else None
    wave = known or _open_wave(wave_id, token)
    form = _form(wave)
    here = form.screen(request.form.get("page", ""))
    if go == "back":
        return _show(form, wave, form.before(here))
    if go is None:  # another language
        return _show(form, wave, here) if here else _introduction(form, wave)
    if here is not None and form.has_problem_on(here):
        return _show(form, wave, here), 422
    if go in ("send", "blurred") and here == form.screens[-1]:
        return _send(form, wave, token, blurred=go == "blurred")
    return _show(form, wave, form.after(here))


@pages.get("/thanks")
def show_thanks() -> str:
    """Thank; the address holds no token, so that it may stay on the screen."""
    return render_template("respondent/thanks.html")


def _open_wave(wave_id: int, token: str) -> Wave:
    """Return the open wave of an unused link, with its questionnaire and independent of any session."""
    _check_address(wave_id, token)
    with resources().sessions() as session:
        check_open(session, resources().keys, token)
        if is_spent(session, token):
            raise TokenSpentError
        return resources().frozen_wave(session, wave_id)


def _check_address(wave_id: int, token: str) -> None:
    """Check that a link names its own wave: no other wave's key opens what is sealed to this one."""
    if read_token(token).wave_id != wave_id:
        raise NotFoundError


def _roster_language(token: str) -> str:
    with resources().sessions() as session:
        return invited_language(session, token)


def _welcome(wave: Wave, language: str) -> str:
    """Return HR's own words of welcome in a language, else in the first one that has some."""
    own = [wave.texts.get(language, {}), *wave.texts.values()]
    return str(next((texts["welcome"] for texts in own if texts.get("welcome")), ""))


def _form(wave: Wave, roster: str = "") -> SurveyForm:
    """Return what has been filled in, in the person's language, which the pages speak from here on."""
    return SurveyForm(wave, request.form, speak_as_asked(wave, roster))


def speak_as_asked(wave: Wave, roster: str = "") -> str:
    """Let the pages speak the person's language among those of the wave; return it."""
    language = languages.asked_for(list(choice_of(wave)), roster)
    languages.speak(language)
    return language


def choice_of(wave: Wave) -> dict[str, str]:
    """Return the languages among which one can choose, by code."""
    return offered(languages_of(wave.questionnaire.items))


def _introduction(form: SurveyForm, wave: Wave) -> str:
    return render_template(
        "respondent/introduction.html",
        n_pages=form.n_pages,
        hidden=form.hidden(None),
        labels=list(form.labels.values()),
        choice=choice_of(wave),
        welcome=_welcome(wave, form.language),
        **resources().organisation(),
    )


def _send(form: SurveyForm, wave: Wave, token: str, *, blurred: bool) -> Response | tuple[str, int] | str:
    """Send, or show the screen that stands in the way with everything kept.

    Who tells so much that few are like them is told so first; ``blurred`` says that they have seen it.
    """
    if (screen := form.first_with_problem()) is not None:
        return _show(form, wave, screen), 422
    if form.is_empty:
        message = _("There is nothing to send yet. Answer at least one question, in your own words.")
        return _show(form, wave, form.screens[-1], message=message), 422
    if not blurred and (crowd := resources().crowd(wave, form.bands)).is_small:
        return _show(form, wave, form.screens[-1], crowd=crowd)
    try:
        sealed = seal(wave, **form.submission())
        with bare_transaction(resources().engine) as connection:
            store(connection, resources().keys, token=token, sealed=sealed)
    except InvalidInputError as error:
        return _show(form, wave, form.screens[-1], message=str(error)), 422
    except SQLAlchemyError as error:
        # The exception's text may quote a row: its class has to do.
        logger.error("a response could not be stored: %s", type(error).__name__)
        return _show(form, wave, form.screens[-1], failed=True), 503
    return redirect(url_for("pages.show_thanks", lang=languages.to_keep()), 303)


def _show(
    form: SurveyForm,
    wave: Wave,
    screen: Screen,
    *,
    message: str = "",
    failed: bool = False,
    crowd: Crowd | None = None,
) -> str:
    return render_template(
        "respondent/page.html",
        screen=screen,
        n_pages=form.n_pages,
        heading=form.heading(screen),
        fields=form.fields(screen),
        hidden=form.hidden(screen),
        nameless=form.nameless,
        choice=choice_of(wave),
        is_first=screen == form.screens[0],
        is_last=screen == form.screens[-1],
        message=message,
        failed=failed,
        crowd=crowd,
        labels=form.labels,
    )
