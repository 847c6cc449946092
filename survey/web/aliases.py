"""HR's page of what skills are also called: the tables in use, proposed spellings, rows; others read it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.alias_tables import parse_aliases, write_aliases
from survey.database import transaction
from survey.domain import aliases as domain
from survey.domain.aliases import Named
from survey.domain.queries.aliases import alias_page
from survey.domain.queries.leads import find_scoring
from survey.enums import RoleName
from survey.exceptions import ConflictError, InvalidInputError
from survey.extensions import db
from survey.web.access import may_see
from survey.web.downloads import download
from survey.web.forms import ConfirmForm
from survey.web.forms.aliases import AliasFileForm, AliasForm
from survey.web.jobs import job_url

aliases = Blueprint("aliases", __name__)

READERS = (RoleName.HR, RoleName.RECRUITER, RoleName.AUDITOR)


@aliases.get("/aliases")
@may_see(*READERS)
def show_table() -> str:
    """Show what is in use, what is proposed, and what changed."""
    return _page()


@aliases.post("/aliases")
@may_see(RoleName.HR)
def name_skill() -> Any:
    """Add what a skill is also called."""
    form = AliasForm()
    if not form.validate_on_submit():
        return _page(form), 422
    try:
        with transaction(db.session):
            domain.name_skill(
                db.session, form.skill.data or "", form.aliases.data or "", account_id=current_user.id
            )
    except (ConflictError, InvalidInputError) as error:
        form.form_errors.append(str(error))
        return _page(form), 422
    return _changed()


@aliases.post("/aliases/remove")
@may_see(RoleName.HR)
def unname_skill() -> Response:
    """Take an alias out of the own table."""
    if ConfirmForm().validate_on_submit():
        try:
            with transaction(db.session):
                domain.unname_skill(db.session, _named(), account_id=current_user.id)
        except (ConflictError, InvalidInputError) as error:
            return _refused(str(error))
    return _changed()


@aliases.post("/aliases/suggestions")
@may_see(RoleName.HR)
def judge_suggestions() -> Response:
    """Take the spellings that somebody accepted, and propose those they declined never again."""
    judged: dict[str, list[Named]] = {"accept": [], "decline": [], "later": []}
    pairs = zip(request.form.getlist("skill"), request.form.getlist("alias"), strict=False)
    for number, pair in enumerate(pairs):
        judged.get(request.form.get(f"verdict.{number}", "later"), []).append(Named(*pair))
    if not ConfirmForm().validate_on_submit() or not (judged["accept"] or judged["decline"]):
        return _refused(_("Choose for at least one spelling whether it is the same skill."))
    try:
        with transaction(db.session):
            domain.judge_suggestions(
                db.session,
                accepted=judged["accept"],
                declined=judged["decline"],
                account_id=current_user.id,
            )
    except (ConflictError, InvalidInputError) as error:
        return _refused(str(error))
    if judged["accept"]:
        return _changed()
    flash(_("They will not be proposed again."), "success")
    return _back()


@aliases.post("/aliases/suggestions/again")
@may_see(RoleName.HR)
def propose_again() -> Response:
    """Take back that a spelling was declined."""
    if ConfirmForm().validate_on_submit():
        try:
            with transaction(db.session):
                domain.propose_again(db.session, _named(), account_id=current_user.id)
        except ConflictError as error:
            return _refused(str(error))
    return _back()


@aliases.post("/aliases/suggestions/search")
@may_see(RoleName.HR)
def start_suggesting() -> Response:
    """Have a worker look for spellings that leads use."""
    with transaction(db.session):
        job_id = domain.start_suggesting(db.session, account_id=current_user.id).id
    return redirect(url_for("jobs.show_job", job_id=job_id), 303)


@aliases.get("/aliases.csv")
@may_see(*READERS)
def export_table() -> Response:
    """Download the own table, by which files are scored to the numbers of the pages (docs/files.md)."""
    return download("aliases.csv", write_aliases(domain.table_in_force(db.session)))


@aliases.post("/aliases/file")
@may_see(RoleName.HR)
def replace_table() -> Any:
    """Put the table of a file in the place of the own one."""
    form = AliasFileForm()
    if not form.validate_on_submit():
        return _page(file_form=form), 422
    try:
        table = parse_aliases(form.file.data.read(), form.file.data.filename or "")
        with transaction(db.session):
            domain.replace_table(db.session, table, account_id=current_user.id)
    except (ConflictError, InvalidInputError) as error:
        form.file.errors = [str(error)]
        return _page(file_form=form), 422
    return _changed()


def _named() -> Named:
    return Named(request.form.get("skill", ""), request.form.get("alias", ""))


def _changed() -> Response:
    flash(_("The table is changed. Leads that were scored before are being scored by it."), "success")
    return _back()


def _refused(why: str) -> Response:
    flash(why, "warning")
    return _back()


def _back() -> Response:
    return redirect(url_for("aliases.show_table"), 303)


def _page(form: AliasForm | None = None, file_form: AliasFileForm | None = None) -> str:
    scoring = find_scoring(db.session)
    return render_template(
        "aliases/alias_table.html",
        page=alias_page(db.session),
        scoring=scoring,
        scoring_url=job_url(scoring),
        form=form or AliasForm(formdata=None),
        file_form=file_form or AliasFileForm(formdata=None),
    )
