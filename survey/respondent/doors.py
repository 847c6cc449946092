"""Ways to the survey beside the personal link, and the way out of mail: printed codes, the kiosk, the stop link.

A kiosk is one device for many people. Between two of them nothing stays: pages are not stored, the address holds
a ticket that ends after some minutes instead of the link, nothing is written into the browser, and the device
goes back to the start by itself.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from survey.database import transaction
from survey.domain.invitees import token_of_code
from survey.domain.links import TICKET_SECONDS, is_test, kiosk_ticket, read_stop_token, read_ticket
from survey.domain.mailings import stop_mail
from survey.domain.responses import check_wave_open
from survey.exceptions import NotFoundError, StateError, TokenSpentError
from survey.models import Wave
from survey.respondent import languages, pages
from survey.respondent.pages import slow_down_guesses
from survey.respondent.resources import resources

doors = Blueprint("doors", __name__)

THANKS_SECONDS = 12

doors.before_request(slow_down_guesses)


@doors.get("/code/<int:wave_id>")
def show_code_form(wave_id: int) -> str:
    """Ask for the code on a card. Spends nothing."""
    return _code_page(_open_wave(wave_id))


@doors.post("/code/<int:wave_id>")
def enter_code(wave_id: int) -> Any:
    """Lead on to the survey on somebody's own device."""
    wave = _open_wave(wave_id)
    token = _read_code(wave_id)
    if token is None:
        return _code_page(wave, wrong=True), 422
    where = url_for("pages.show_introduction", wave_id=wave_id, token=token, lang=languages.to_keep())
    return redirect(where, 303)


@doors.get("/kiosk/<int:wave_id>")
def show_kiosk(wave_id: int) -> str:
    """Show the start of a kiosk, with nothing left of whoever was here before."""
    return _code_page(_open_wave(wave_id))


@doors.post("/kiosk/<int:wave_id>")
def start_at_kiosk(wave_id: int) -> Any:
    """Begin for the person who holds this card."""
    wave = _open_wave(wave_id)
    token = _read_code(wave_id)
    if token is None:
        return _code_page(wave, wrong=True), 422
    return redirect(_ticket_url(wave_id, token, lang=languages.to_keep()), 303)


@doors.get("/kiosk/<int:wave_id>/done")
def thank_at_kiosk(wave_id: int) -> str:  # noqa: ARG001 - the template takes it from the request
    """Thank, then go back to the start."""
    return render_template("respondent/kiosk_thanks.html", seconds=THANKS_SECONDS)


@doors.route("/kiosk/<int:wave_id>/<ticket>", methods=["GET", "POST"])
def answer_at_kiosk(wave_id: int, ticket: str) -> Any:
    """Show the same pages as a personal link, under a ticket that is renewed with every page."""
    try:
        token = read_ticket(resources().keys, wave_id, ticket, now=time.time())
        g.kiosk = _ticket_url(wave_id, token)
        if request.method == "GET":
            answer: Any = pages.show_introduction(wave_id, token)
        else:
            answer = pages.answer_page(wave_id, token)
    except NotFoundError:
        return redirect(url_for("doors.show_kiosk", wave_id=wave_id), 303)
    except TokenSpentError:
        return render_template("respondent/kiosk_thanks.html", seconds=THANKS_SECONDS, spent=True)
    if make_response(answer).status_code == 303:
        return redirect(url_for("doors.thank_at_kiosk", wave_id=wave_id, lang=languages.to_keep()), 303)
    return answer


@doors.get("/stop/<stop>")
def ask_to_stop(stop: str) -> str:
    """Ask whether mail shall end: a mail scanner opens links, so a look changes nothing."""
    return render_template(
        "respondent/stop.html", done=_read_stop(stop) is None, **resources().organisation()
    )


@doors.post("/stop/<stop>")
def stop(stop: str) -> str:
    """End all mail about surveys to one address. Mail programs send this too (RFC 8058)."""
    found = _read_stop(stop)
    if found is not None:
        with resources().sessions() as session, transaction(session):
            stop_mail(session, resources().keys, *found)
    return render_template("respondent/stop.html", done=True, **resources().organisation())


def _read_stop(token: str) -> tuple[int, str] | None:
    """Return whose mail shall end; None when the wave is closed and no mail can come any more."""
    try:
        return read_stop_token(resources().keys, token)
    except StateError:
        return None


def _open_wave(wave_id: int) -> Wave:
    """Return an open wave; the page speaks one of its languages."""
    with resources().sessions() as session:
        check_wave_open(session, wave_id)
        wave = resources().frozen_wave(session, wave_id)
    pages.speak_as_asked(wave)
    return wave


def _read_code(wave_id: int) -> str | None:
    """Return the survey link of the code that was typed; None if we printed no such code."""
    try:
        with resources().sessions() as session:
            return token_of_code(session, resources().keys, wave_id, request.form.get("code", "")[:60])
    except NotFoundError:
        resources().guesses.note(request.remote_addr)
        return None


def _ticket_url(wave_id: int, token: str, lang: str | None = None) -> str:
    ticket = kiosk_ticket(resources().keys, wave_id, token, now=time.time())
    return url_for("doors.answer_at_kiosk", wave_id=wave_id, ticket=ticket, lang=lang)


def _code_page(wave: Wave, *, wrong: bool = False) -> str:
    return render_template(
        "respondent/code.html", wrong=wrong, choice=pages.choice_of(wave), **resources().organisation()
    )


@doors.after_request
def _forget(response: Response) -> Response:
    """Let the browser keep nothing of a kiosk's pages, errors included; the start drops what it might have kept."""
    if "kiosk" in (request.endpoint or ""):
        response.headers["Cache-Control"] = "no-store"
    if request.endpoint == "doors.show_kiosk":
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@doors.app_context_processor
def _context() -> dict[str, Any]:
    """What every page knows: whether it is a test, and where a kiosk goes on to and back to."""
    arguments = request.view_args or {}
    on_kiosk = "kiosk" in (request.endpoint or "")
    return {
        "is_test": _is_test(arguments.get("token", "")),
        "kiosk": g.get("kiosk", ""),
        "kiosk_start": url_for("doors.show_kiosk", wave_id=arguments["wave_id"]) if on_kiosk else "",
        "kiosk_seconds": TICKET_SECONDS,
    }


def _is_test(token: str) -> bool:
    try:
        return is_test(token)
    except NotFoundError:
        return False
