"""The link to a lead's receipt, for those who are in touch with them. The receipt itself needs no sign-in."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import Blueprint, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import audit
from survey.domain import receipts as domain
from survey.domain.leads import get_lead
from survey.enums import RoleName
from survey.extensions import db
from survey.mail import Letter
from survey.models import Lead
from survey.web.access import may_see
from survey.web.forms import ConfirmForm
from survey.web.lead_lists import here, lead_address
from survey.web.security import mail_settings, public_address, send_now

receipts = Blueprint("receipts", __name__)


@receipts.post("/leads/<int:lead_id>/receipt")
@may_see(RoleName.RECRUITER, RoleName.HR)
def make_link(lead_id: int) -> str | Response:
    """Make a link and show it this once, or mail it too."""
    if not ConfirmForm().validate_on_submit():
        return _back(lead_id)
    with transaction(db.session):
        lead = get_lead(db.session, lead_id)
        token = domain.make_link(db.session, lead, account_id=current_user.id)
    address = f"{public_address()}/a/receipt/{token}"
    letter = _letter(lead, address)
    mailed = request.form.get("action") == "mail" and send_now(letter)
    if mailed:
        with transaction(db.session):
            audit.record(db.session, "mailed", f"receipt link of lead {lead_id}", account_id=current_user.id)
    return render_template(
        "leads/receipt_link.html",
        lead=lead,
        here=here(),
        link=domain.find_link(db.session, lead_id),
        address=address,
        letter=_to_mail_program(letter),
        mailed=mailed,
        refused=request.form.get("action") == "mail" and not mailed,
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


def _letter(lead: Lead, address: str) -> Letter:
    organisation = mail_settings()["ORGANISATION"]
    text = render_template("email/receipt.txt", organisation=organisation, address=address)
    subject = _("What %(organisation)s holds about you", organisation=organisation)
    return Letter(lead.identity.email, subject, text)


def _to_mail_program(letter: Letter) -> str:
    """Return what opens the letter in a mail program: it then comes from somebody whom the lead can answer."""
    fields = urlencode({"subject": letter.subject, "body": letter.text}, quote_via=quote)
    return f"mailto:{quote(letter.to)}?{fields}"


def _back(lead_id: int) -> Response:
    return redirect(lead_address(lead_id, "receipt"), 303)
