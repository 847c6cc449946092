"""The receipt: a lead sees what is held about them, has it corrected, or goes. A look changes nothing."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask_babel import format_date
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey.database import transaction
from survey.domain import receipts as domain
from survey.domain import self_identification
from survey.domain.leads import NOTE_CHARS
from survey.domain.queries.receipts import read_receipt, receipt_data
from survey.domain.settings import in_force
from survey.exceptions import InvalidInputError
from survey.languages import NAMES
from survey.respondent import languages
from survey.respondent.pages import slow_down_guesses
from survey.respondent.resources import resources

receipts = Blueprint("receipts", __name__)

receipts.before_request(slow_down_guesses)


@receipts.get("/receipt/<token>")
def show_receipt(token: str) -> str:
    """Show what is held about a lead, with the points for one persona."""
    with resources().sessions() as session:
        return _page(session, token)


@receipts.get("/receipt/<token>/data.json")
def export_data(token: str) -> Response:
    """Hand out everything that is held about a lead, for a machine to read."""
    with resources().sessions() as session:
        lead = domain.open_link(session, token)
        data = receipt_data(session, lead, retention_days=_settings(session)["LEAD_RETENTION_DAYS"])
    answer = Response(
        json.dumps(data, ensure_ascii=False, indent=2), content_type="application/json; charset=utf-8"
    )
    answer.headers.set("Content-Disposition", "attachment", filename="my-data.json")
    return answer


@receipts.post("/receipt/<token>/correction")
def ask_to_correct(token: str) -> Any:
    """Keep what a lead says is wrong."""
    try:
        with resources().sessions() as session, transaction(session):
            domain.ask_to_correct(session, domain.open_link(session, token), request.form.get("text", ""))
    except InvalidInputError:
        with resources().sessions() as session:
            return _page(session, token, written=request.form.get("text", "")), 422
    there = url_for(
        "receipts.show_receipt", token=token, sent="1", lang=languages.to_keep(), _anchor="correct"
    )
    return redirect(there, 303)


@receipts.get("/receipt/<token>/leave")
def ask_to_leave(token: str) -> str:
    """Ask whether everything shall go: mail scanners open links."""
    with resources().sessions() as session:
        domain.open_link(session, token)
    return render_template(
        "respondent/receipt_leave.html",
        token=token,
        kept_language=languages.to_keep(),
        **resources().organisation(),
    )


@receipts.post("/receipt/<token>/leave")
def leave(token: str) -> AnyResponse:
    """Erase everything and remember, as hashes, to leave them alone."""
    if request.form.get("go") != "leave":
        return redirect(url_for("receipts.ask_to_leave", token=token, lang=languages.to_keep()), 303)
    keys = resources().keys
    with resources().sessions() as session, transaction(session):
        lead = domain.open_link(session, token)
        lead_id = lead.id
        domain.leave(session, keys, lead)
        self_identification.forget(session, keys, lead_id)
    return redirect(url_for("receipts.show_gone", lang=languages.to_keep()), 303)


@receipts.get("/receipt/gone")
def show_gone() -> str:
    """Say that it is done; the address names nobody."""
    return render_template("respondent/receipt_gone.html", **resources().organisation())


def _page(session: Session, token: str, *, written: str | None = None) -> str:
    """``written`` is what somebody wrote that could not be kept."""
    settings = _settings(session)
    receipt = read_receipt(
        session,
        domain.open_link(session, token),
        retention_days=settings["LEAD_RETENTION_DAYS"],
        version_id=request.args.get("persona", type=int),
    )
    zone = ZoneInfo(settings["TIMEZONE"])

    def day(moment: dt.datetime) -> str:
        return str(format_date(moment.astimezone(zone).date(), "long"))

    return render_template(
        "respondent/receipt.html",
        receipt=receipt,
        page=receipt.page,
        token=token,
        day=day,
        written=written,
        full=domain.has_written_enough(session, receipt.page.lead),
        note_chars=NOTE_CHARS,
        choice=NAMES,
        kept_language=languages.to_keep(),
        organisation=settings["ORGANISATION"],
        contact=settings["CONTACT"],
    )


def _settings(session: Session) -> dict[str, Any]:
    return in_force(session, resources().settings)


@receipts.after_request
def _keep_nothing(response: Response) -> Response:
    """Let the browser keep no copy of what is held about somebody."""
    response.headers["Cache-Control"] = "no-store"
    return response
