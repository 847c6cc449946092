"""The link to a lead's receipt, for those who are in touch with them. The receipt itself needs no sign-in."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import receipts as domain
from survey.domain.leads import get_lead
from survey.enums import RoleName
from survey.extensions import db
from survey.models import Lead
from survey.web.access import may_see
from survey.web.forms import ConfirmForm
from survey.web.security import mail_settings, public_address

receipts = Blueprint("receipts", __name__)


@receipts.post("/leads/<int:lead_id>/receipt")
@may_see(RoleName.RECRUITER, RoleName.HR)
def make_link(lead_id: int) -> str | Response:
    """Make a link and show it this once."""
    if not ConfirmForm().validate_on_submit():
        return _back(lead_id)
    with transaction(db.session):
        lead = get_lead(db.session, lead_id)
        token = domain.make_link(db.session, lead, account_id=current_user.id)
    address = f"{public_address()}/a/receipt/{token}"
    return render_template(
        "leads/receipt_link.html",
        lead=lead,
        link=domain.find_link(db.session, lead_id),
        address=address,
        letter=_letter(lead, address),
    )


@receipts.post("/leads/<int:lead_id>/receipt/withdraw")
@may_see(RoleName.RECRUITER, RoleName.HR)
def withdraw_link(lead_id: int) -> Response:
    """End the link."""
    if ConfirmForm().validate_on_submit():
        with transaction(db.session):
            domain.withdraw_link(db.session, get_lead(db.session, lead_id), account_id=current_user.id)
        flash(_("The link works no more."), "success")
    return _back(lead_id)


def _letter(lead: Lead, address: str) -> str:
    """Return what opens the mail program with the link in a letter: it then comes from whom the lead can answer."""
    organisation = mail_settings()["ORGANISATION"]
    text = _(
        "Hello,\n\nthis page shows what we at %(organisation)s hold about you, where it came from and how you were "
        "compared with our colleagues. There you can have it corrected, or ask to be left alone:\n\n%(address)s\n\n"
        "The link is for you alone.\n",
        organisation=organisation,
        address=address,
    )
    fields = {"subject": _("What %(organisation)s holds about you", organisation=organisation), "body": text}
    return f"mailto:{quote(lead.identity.email)}?{urlencode(fields, quote_via=quote)}"


def _back(lead_id: int) -> Response:
    return redirect(url_for("leads.show_lead", lead_id=lead_id, _anchor="receipt"), 303)
