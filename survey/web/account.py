"""Accounts, for administrators: invite, change role, disable; and the settings."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain import accounts
from survey.domain.queries.accounts import list_accounts as read_accounts
from survey.domain.queries.settings import list_settings
from survey.domain.settings import change_setting
from survey.enums import RoleName
from survey.exceptions import InvalidInputError
from survey.extensions import db
from survey.models import Account
from survey.web.access import may_see
from survey.web.forms.account import SETTING_LABELS, ActiveForm, InviteForm, RoleForm, SettingForm
from survey.web.security import invitation_link, send_invitation

account = Blueprint("account", __name__)


@account.get("/accounts")
@may_see(RoleName.ADMINISTRATOR)
def list_accounts() -> str:
    """Show all accounts and the form to invite somebody."""
    return _accounts_page(InviteForm())


@account.post("/accounts")
@may_see(RoleName.ADMINISTRATOR)
def invite_account() -> str:
    """Invite somebody; the link is shown once, to be handed over."""
    form = InviteForm()
    if not form.validate_on_submit():
        return _accounts_page(form)
    with transaction(db.session):
        invited = accounts.invite(
            db.session,
            email=form.email.data or "",
            name=form.name.data or "",
            role=RoleName(form.role.data),
            account_id=current_user.id,
        )
    return _hand_over(invited)


@account.post("/accounts/<int:account_id>/invitation")
@may_see(RoleName.ADMINISTRATOR)
def invite_again(account_id: int) -> str:
    """Make a new link for somebody whose invitation has run out or who has forgotten the password."""
    with transaction(db.session):
        invited = accounts.get_account(db.session, account_id)
        accounts.invite_again(db.session, invited, account_id=current_user.id)
    return _hand_over(invited)


def _hand_over(invited: Account) -> str:
    link = invitation_link(invited)
    mailed = send_invitation(invited, link)
    text = _("%(email)s is invited and has mail.") if mailed else _("%(email)s is invited.")
    flash(text % {"email": invited.email}, "success")
    return _accounts_page(InviteForm(formdata=None), link=link)


@account.post("/accounts/<int:account_id>/role")
@may_see(RoleName.ADMINISTRATOR)
def change_role(account_id: int) -> Response:
    """Give an account another role."""
    form = RoleForm()
    if form.validate_on_submit():
        with transaction(db.session):
            changed = accounts.get_account(db.session, account_id)
            accounts.change_role(
                db.session, changed, role=RoleName(form.role.data), account_id=current_user.id
            )
        flash(_("The role of %(who)s is changed.", who=changed.email), "success")
    return redirect(url_for("account.list_accounts"), 303)


@account.post("/accounts/<int:account_id>/active")
@may_see(RoleName.ADMINISTRATOR)
def set_active(account_id: int) -> Response:
    """Disable or enable an account."""
    form = ActiveForm()
    if form.validate_on_submit():
        active = form.active.data == "yes"
        with transaction(db.session):
            changed = accounts.get_account(db.session, account_id)
            accounts.set_active(db.session, changed, active=active, account_id=current_user.id)
        text = _("%(who)s can sign in again.") if active else _("%(who)s can no longer sign in.")
        flash(text % {"who": changed.email}, "success")
    return redirect(url_for("account.list_accounts"), 303)


@account.get("/settings")
@may_see(RoleName.ADMINISTRATOR, RoleName.AUDITOR)
def show_settings() -> str:
    """Show every setting; an administrator may change the editable ones."""
    return _settings_page()


@account.post("/settings")
@may_see(RoleName.ADMINISTRATOR)
def save_setting() -> Response | tuple[str, int]:
    """Change one editable setting; one that cannot be used is shown again with what is wrong with it."""
    form = SettingForm()
    if form.validate_on_submit():
        name, value = form.name.data or "", form.value.data or ""
        try:
            with transaction(db.session):
                change_setting(db.session, name=name, value=value, account_id=current_user.id)
        except InvalidInputError as error:
            return _settings_page(refused={"name": name, "value": value, "error": str(error)}), 422
        flash(_("%(name)s is changed.", name=SETTING_LABELS.get(name, name)), "success")
    return redirect(url_for("account.show_settings"), 303)


def _settings_page(refused: dict[str, str] | None = None) -> str:
    return render_template(
        "account/settings.html",
        settings=list_settings(db.session, current_app.config),
        labels=SETTING_LABELS,
        refused=refused or {},
    )


def _accounts_page(form: InviteForm, link: str = "") -> str:
    return render_template(
        "account/account_list.html",
        accounts=read_accounts(db.session),
        form=form,
        role_form=RoleForm,
        active_form=ActiveForm(),
        link=link,
    )
