"""Possible duplicates, for recruiters: one person or two, decided side by side."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import duplicates as domain
from survey.domain.queries import duplicates as queries
from survey.enums import RoleName
from survey.exceptions import InvalidInputError, NotFoundError
from survey.extensions import db
from survey.web.access import may_see
from survey.web.forms import ConfirmForm
from survey.web.forms.leads import FIELD_LABELS

duplicates = Blueprint("duplicates", __name__)


@duplicates.get("/leads/duplicates")
@may_see(RoleName.RECRUITER)
def list_groups() -> str:
    """Show the leads that may have more than one entry."""
    queue = queries.list_groups(db.session, page=request.args.get("page", 1, type=int))
    return render_template("leads/duplicate_list.html", queue=queue)


@duplicates.get("/leads/duplicates/<int:lead_id>")
@may_see(RoleName.RECRUITER)
def show_group(lead_id: int) -> Response | str:
    """Show entries side by side, with a choice for each field in which they differ."""
    group = queries.show_group(db.session, lead_id)
    if group.n_entries == 1:
        flash(_("Everything about this lead has been decided."), "info")
        return redirect(url_for("duplicates.list_groups"), 303)
    return render_template(
        "leads/duplicate_detail.html",
        group=group,
        labels=FIELD_LABELS,
        form=ConfirmForm(),
        queue=request.args.get("queue"),
    )


@duplicates.post("/leads/duplicates/<int:lead_id>")
@may_see(RoleName.RECRUITER)
def decide(lead_id: int) -> Response:
    """Merge, except for those who are somebody else; or leave them all apart. Who works through the queue goes on."""
    queue = request.args.get("queue")
    again = redirect(url_for("duplicates.show_group", lead_id=lead_id, queue=queue), 303)
    if not ConfirmForm().validate_on_submit():
        return again
    choices = {
        field: chosen
        for field in domain.MERGED_FIELDS
        if (chosen := request.form.get(f"take_{field}", type=int)) is not None
    }
    apart = request.form.getlist("apart", type=int)
    try:
        with transaction(db.session):
            if request.form.get("action") == "apart":
                domain.set_apart(db.session, lead_id, account_id=current_user.id)
                message = _("They stay separate entries and will not be asked about again.")
            else:
                n = domain.merge(
                    db.session, lead_id, apart=apart, choices=choices, account_id=current_user.id
                )
                message = ngettext(
                    "%(num)s entry went into this one.", "%(num)s entries went into this one.", n
                )
    except (InvalidInputError, NotFoundError) as error:
        flash(str(error), "warning")
        return again
    flash(message, "success")
    following = queries.next_group(db.session, lead_id) if queue else None
    if following is not None:
        return redirect(url_for("duplicates.show_group", lead_id=following, queue=queue), 303)
    if request.form.get("action") == "apart":
        return redirect(url_for("duplicates.list_groups"), 303)
    return redirect(url_for("leads.show_lead", lead_id=lead_id), 303)
