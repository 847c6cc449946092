"""The page where a lead may say to which groups they belong. It never shows what was told: others know the link too."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain.self_identification import check_link, offered_groups, tell, withdraw
from survey.respondent.pages import slow_down_guesses
from survey.respondent.resources import resources

groups = Blueprint("groups", __name__)

groups.before_request(slow_down_guesses)


@groups.get("/groups/<token>")
def show_form(token: str) -> str:
    """Say what the groups are for, and ask."""
    with resources().sessions() as session:
        check_link(session, resources().keys, token)
        offered = offered_groups(session, resources().settings)
    return render_template(
        "respondent/self_identification.html", offered=offered, **resources().organisation()
    )


@groups.post("/groups/<token>")
def take_form(token: str) -> Response:
    """Keep what is told in place of what was, or remove it."""
    keys = resources().keys
    with resources().sessions() as session, transaction(session):
        offered = offered_groups(session, resources().settings)
        if request.form.get("go") == "withdraw":
            withdraw(session, keys, token=token)
        else:
            told = {dimension: request.form.get(f"group-{i}", "") for i, dimension in enumerate(offered)}
            tell(session, keys, token=token, groups=told, offered=offered)
    return redirect(url_for("groups.show_thanks"), 303)


@groups.get("/groups/thanks")
def show_thanks() -> str:
    """Say that it is done; the same after telling and after withdrawing, without the token."""
    return render_template("respondent/self_identification_done.html")
