"""Pages for everyone: the way in, the published personas, the anonymity statement."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.domain.accounts import role_of
from survey.domain.queries.personas import list_published
from survey.domain.settings import editable_values
from survey.domain.weighings import USUAL
from survey.enums import RoleName
from survey.extensions import db
from survey.web.access import Audience, may_see

public = Blueprint("public", __name__)

HOME = {
    RoleName.HR: "review.list_waves",
    RoleName.RECRUITER: "leads.list_leads",
    RoleName.AUDITOR: "audit.list_entries",
    RoleName.ADMINISTRATOR: "account.list_accounts",
    RoleName.EMPLOYEE: "public.list_personas",
}


@public.get("/")
@may_see(Audience.ANYONE)
def home() -> Response:
    """Lead everybody to where their work starts."""
    endpoint = HOME[role_of(current_user)] if current_user.is_authenticated else "security.login"
    return redirect(url_for(endpoint), 303)


@public.get("/personas")
@may_see(Audience.ORGANISATION)
def list_personas() -> str:
    """Show the published personas to everyone in the organisation."""
    return render_template("public/persona_list.html", personas=list_published(db.session), usual=USUAL)


@public.get("/privacy")
@may_see(Audience.ANYONE)
def show_privacy() -> str:
    """Say what is promised, what is not, and who answers questions."""
    return render_template("public/privacy.html", contact=editable_values(db.session)["CONTACT"])


@public.get("/robots.txt")
@may_see(Audience.ANYONE)
def robots() -> Response:
    """Keep search engines out."""
    return Response("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")
