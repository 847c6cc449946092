"""Sign-in: Flask-Security with our accounts, and a limit on guessing."""

from __future__ import annotations

import datetime as dt
import logging
from contextlib import suppress
from functools import wraps
from smtplib import SMTPException
from typing import Any

from flask import Flask, current_app, render_template, request
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from flask_security import FSQLALiteUserDatastore, MailUtil, Security, url_for_security
from flask_security.recoverable import generate_reset_password_token

from survey import mail
from survey.database import transaction
from survey.domain.accounts import normal_email
from survey.domain.settings import in_force
from survey.exceptions import InvalidInputError, SurveyError
from survey.extensions import db, limiter
from survey.mail import Letter
from survey.models import Account, Role

CONFIG: dict[str, Any] = {
    "SECURITY_PASSWORD_SALT": "kindred",  # argon2 salts each hash itself; this only separates uses
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_LENGTH_MIN": 10,
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
    "SECURITY_CACHE_CONTROL": None,  # the factory sets no-store; Flask-Security would write "no-store=True"
    "SECURITY_LOGIN_URL": "/sign-in",
    "SECURITY_LOGOUT_URL": "/sign-out",
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_CHANGEABLE": True,
    "SECURITY_CHANGE_URL": "/password",
    "SECURITY_POST_CHANGE_VIEW": "/",
    "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
    "SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL": False,
    "SECURITY_EMAIL_SUBJECT_PASSWORD_RESET": "A new password at Kindred",
    "SECURITY_RECOVERABLE": True,
    "SECURITY_RESET_URL": "/invitation",
    "SECURITY_RESET_PASSWORD_WITHIN": dt.timedelta(days=7),
    "SECURITY_POST_LOGIN_VIEW": "/",
    "SECURITY_POST_LOGOUT_VIEW": "/sign-in",
    "SECURITY_POST_RESET_VIEW": "/sign-in",
    "SECURITY_RETURN_GENERIC_RESPONSES": True,  # a guess does not learn which addresses have an account
    **{
        f"SECURITY_MSG_{name}": message
        # In our words: theirs speak of identities, tokens and endpoints.
        for name, message in {
            "GENERIC_AUTHN_FAILED": ("Address and password do not belong together. Try again.", "error"),
            "PASSWORD_RESET_REQUEST": (
                "If this address has an account and this Kindred sends mail, a link is on its way.",
                "info",
            ),
            "INVALID_RESET_PASSWORD_TOKEN": (
                "This invitation does not work: it was used, or another one was made after it. Ask for a new one.",
                "error",
            ),
            "PASSWORD_RESET_EXPIRED": ("This invitation has run out. Ask for a new one.", "error"),
            "PASSWORD_RESET_NO_LOGIN": ("Your password is kept. Sign in with it.", "success"),
            "PASSWORD_CHANGE": ("Your password is changed.", "success"),
            "RETYPE_PASSWORD_MISMATCH": ("The two passwords do not match.", "error"),
            "PASSWORD_IS_THE_SAME": ("Choose another password than the one you have now.", "error"),
            "REAUTHENTICATION_REQUIRED": ("Type your password once more first.", "info"),
            "REAUTHENTICATION_SUCCESSFUL": ("Thank you, go on.", "info"),
            "INVALID_PASSWORD": ("This is not the password you have now.", "error"),
        }.items()
    },
}
logger = logging.getLogger(__name__)

GUESSES = "10 per 15 minutes"


class _OwnMail(MailUtil):
    """Lets Flask-Security send through the same mail server as everything else."""

    def send_mail(
        self,
        template: str,  # noqa: ARG002 - the signature of the base class
        subject: str,
        recipient: str | tuple[str, str],
        sender: object,  # noqa: ARG002 - ours stands in the settings
        body: str | None,
        html: str | None,  # noqa: ARG002 - plain text is enough
        **kwargs: object,  # noqa: ARG002
    ) -> None:
        """Send one mail."""
        to = recipient if isinstance(recipient, str) else recipient[1]
        send_now(Letter(to, subject, body or ""))


extension = Security(mail_util_cls=_OwnMail)


def init_app(app: Flask) -> None:
    """Bind Flask-Security, limit sign-in attempts per address and account, and let it write as we do."""
    extension.init_app(app, FSQLALiteUserDatastore(db, Account, Role))
    for endpoint in ("security.login", "security.forgot_password"):
        view: Any = app.view_functions[endpoint]
        limited: Any = limiter.limit(GUESSES, key_func=_guesser, methods=["POST"])(view)
        app.view_functions[endpoint] = limited
    for endpoint in ("security.reset_password", "security.change_password"):
        app.view_functions[endpoint] = _writes(app.view_functions[endpoint])


def invitation_link(account: Account) -> str:
    """Return the link with which the owner of a new account chooses a password."""
    token = generate_reset_password_token(account)
    return str(url_for_security("reset_password", token=token, _external=True))


def send_invitation(account: Account, link: str) -> bool:
    """Mail the invitation if there is a mail server; say whether it went out. The link is shown in any case."""
    text = render_template("email/invitation.txt", link=link)
    return send_now(Letter(account.email, _("Your account at Kindred"), text))


def send_now(letter: Letter) -> bool:
    """Send one letter while the browser waits; say whether the mail server took it."""
    settings = mail_settings()
    if not mail.can_send(settings):
        return False
    try:
        with mail.Outbox(settings) as outbox:
            outbox.send(letter)
    except (SurveyError, OSError, SMTPException) as error:
        logger.warning("a mail was not sent: %s", type(error).__name__)
        return False
    return True


def mail_settings() -> dict[str, Any]:
    """Return the settings in force, as the environment and the settings page make them."""
    return in_force(db.session, current_app.config)


def public_address() -> str:
    """Return the address before every link that goes to people outside: what a browser asked for could be forged."""
    return mail.public_address(mail_settings())


def _writes(view: Any) -> Any:
    """Let a view of Flask-Security write in one of our transactions.

    It reads the account, hashes for a third of a second, and writes; SQLite refuses who writes after somebody else did
    meanwhile, and the password would be lost.
    """

    @wraps(view)
    def writing(**arguments: Any) -> Any:
        if request.method != "POST":
            return view(**arguments)
        with transaction(db.session):
            return view(**arguments)

    return writing


def _guesser() -> str:
    email = request.form.get("email", "")
    with suppress(InvalidInputError):  # another spelling of the same address is no other account
        email = normal_email(email)
    return f"{get_remote_address()} {email.strip().lower()}"
