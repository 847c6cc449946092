"""Fairness checks, decisions about leads, and the links by which leads say to which groups they belong."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import audit, self_identification
from survey.domain import checks as domain
from survey.domain.accounts import role_of
from survey.domain.decisions import decide
from survey.domain.keys import KeyStore
from survey.domain.leads import get_lead
from survey.domain.queries.checks import list_addresses, read_report
from survey.enums import DecisionKind, RoleName
from survey.exceptions import InvalidInputError
from survey.extensions import db
from survey.tables import write_table
from survey.web.access import may_see
from survey.web.downloads import download
from survey.web.forms import ConfirmForm
from survey.web.forms.checks import DecisionForm
from survey.web.lead_lists import lead_address, shown_version
from survey.web.security import public_address

checks = Blueprint("checks", __name__)

#: Who may start a check and see what the swaps did; figures by group are for those who watch, not those who choose.
READERS = (RoleName.RECRUITER, RoleName.HR, RoleName.AUDITOR)
SEES_GROUPS = frozenset({RoleName.HR, RoleName.AUDITOR})


@checks.get("/fairness")
@may_see(*READERS)
def list_checks() -> str:
    """Show the latest check and those before it."""
    found = domain.list_checks(db.session)
    return _page(found, found[0] if found else None)


@checks.get("/fairness/<int:check_id>")
@may_see(*READERS)
def show_check(check_id: int) -> str:
    """Show one check."""
    check = domain.get_check(db.session, check_id)
    domain.report_of(check)
    return _page(domain.list_checks(db.session), check)


@checks.post("/fairness")
@may_see(*READERS)
def start_check() -> Response:
    """Start a check."""
    with transaction(db.session):
        job_id = domain.start_check(db.session, account_id=current_user.id).id
    return redirect(url_for("jobs.show_job", job_id=job_id), 303)


@checks.get("/fairness/links.csv")
@may_see(RoleName.RECRUITER)
def export_links() -> Response:
    """Download every lead's link for telling their groups, to be mailed to all of them; logged."""
    leads = list_addresses(db.session)
    tokens = self_identification.link_tokens(_lead_keys(), [lead.id for lead in leads])
    address = public_address()
    rows = [
        [lead.external_id, lead.name, lead.email, f"{address}/a/groups/{tokens[lead.id]}"] for lead in leads
    ]
    with transaction(db.session):
        audit.record(
            db.session, "exported", "self-identification links", account_id=current_user.id, rows=len(rows)
        )
    return download("links.csv", write_table(("id", "name", "email", "link"), rows))


@checks.post("/leads/<int:lead_id>/decisions")
@may_see(RoleName.RECRUITER)
def decide_on_lead(lead_id: int) -> Response:
    """Keep a person's decision about a lead, with its reason."""
    form = DecisionForm()
    here = redirect(lead_address(lead_id, "decisions"), 303)
    if not form.validate_on_submit():
        flash(_("Choose what you decide and say in a few words why."), "warning")
        return here
    try:
        with transaction(db.session):
            decide(
                db.session,
                get_lead(db.session, lead_id),
                kind=DecisionKind(form.kind.data),
                reason=form.reason.data or "",
                account_id=current_user.id,
                version_id=shown_version(),
            )
    except InvalidInputError as error:
        flash(str(error), "warning")
        return here
    flash(_("Your decision is kept."), "success")
    return here


def _lead_keys() -> KeyStore:
    """Return the key folder, with the key of the leads' links in it."""
    keys = KeyStore.from_settings(current_app.config)
    keys.create_lead_key()
    return keys


def forget_groups(session: Session, lead_id: int) -> None:
    """Remove what a lead told about their groups, with everything else that is erased."""
    self_identification.forget(session, KeyStore.from_settings(current_app.config), lead_id)


def _page(found: list[Any], check: Any) -> str:
    sees_groups = role_of(current_user) in SEES_GROUPS
    return render_template(
        "checks/check_detail.html",
        checks=found,
        check=check,
        report=read_report(check, with_groups=sees_groups) if check else None,
        sees_groups=sees_groups,
        offered=self_identification.offered_groups(db.session),
        form=ConfirmForm(),
    )
