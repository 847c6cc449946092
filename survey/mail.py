"""Mail by SMTP: one connection, one message at a time, and what the server said about it. No Flask, no SQL.

Errors tell apart what must not be mixed up: refused for good, refused for now, and not known to have arrived.
Addresses and texts of mails are in no message that is logged.
"""

from __future__ import annotations

import secrets
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy, Policy
from email.utils import format_datetime, localtime
from types import TracebackType
from typing import Any, Self

from survey.exceptions import StateError

TIMEOUT_S = 20
#: What the standard library raises for addresses and headers that no mail can carry.
_UNFIT = (ValueError, IndexError, MessageError)


class _Link(UnstructuredHeader, BaseHeader):
    """A header that programs read: one line, as it is. What is longer than a line would be encoded, and not found."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Link)
_POLICY = EmailPolicy(header_factory=_HEADERS)


class MailServerError(StateError):
    """Nothing was sent: the server cannot be reached, or does not let us in."""

    message = "The mail server cannot be reached. Check its address, port, user and password in the settings."


class RefusedError(StateError):
    """The server refused this message for good."""

    message = "The mail server refused this message."


class LaterError(StateError):
    """The server refused this message for now, and has not kept it."""

    message = "The mail server asked to come back later."


@dataclass(frozen=True, slots=True)
class Letter:
    """A message to one person."""

    to: str
    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Outbox:
    """An open connection to the mail server that the settings name.

    Raises MailServerError on entering if there is none.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._sender: Address | None = None
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        try:
            self._sender = _sender(self._settings)
            self._smtp = self._connect()
        except _UNFIT as error:
            raise MailServerError(
                "The sender address of mails cannot be used. Check it in the settings."
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailServerError from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._smtp.close()

    def send(self, letter: Letter) -> None:
        """Hand a letter over to the server.

        Raises RefusedError or LaterError when the server said no, MailServerError when it does not take mail
        from us. Any other error leaves open whether it has arrived.
        """
        assert self._smtp is not None  # noqa: S101 - only inside the with block
        assert self._sender is not None  # noqa: S101
        try:
            message = _message(letter, self._sender)
        except _UNFIT as error:
            raise RefusedError from error
        try:
            self._smtp.send_message(message)
        except smtplib.SMTPSenderRefused as error:
            raise MailServerError("The mail server does not accept our sender address.") from error
        except smtplib.SMTPRecipientsRefused as refused:
            code = next(iter(refused.recipients.values()))[0]
            raise (LaterError if 400 <= code < 500 else RefusedError)() from refused
        except (smtplib.SMTPDataError, smtplib.SMTPNotSupportedError) as error:
            code = getattr(error, "smtp_code", 550)
            raise (LaterError if 400 <= code < 500 else RefusedError)() from error

    def _connect(self) -> smtplib.SMTP:
        host, port = self._settings["SMTP_SERVER"], self._settings["SMTP_PORT"]
        security = self._settings["SMTP_SECURITY"]
        if security == "TLS":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=TIMEOUT_S, context=ssl.create_default_context()
            )
        else:
            smtp = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
        try:
            if security == "STARTTLS":
                smtp.starttls(context=ssl.create_default_context())
            if self._settings["SMTP_USER"]:
                smtp.login(self._settings["SMTP_USER"], self._settings["SMTP_PASSWORD"])
        except (OSError, smtplib.SMTPException):
            smtp.close()
            raise
        return smtp


def can_send(settings: Mapping[str, Any]) -> bool:
    """Whether a mail server is set."""
    return bool(settings["SMTP_SERVER"])


def public_address(settings: Mapping[str, Any]) -> str:
    """Return the address before every link in a mail or on paper, without a slash at its end."""
    return str(settings["PUBLIC_ADDRESS"]).rstrip("/") or f"http://{settings['HOST']}:{settings['PORT']}"


def _sender(settings: Mapping[str, Any]) -> Address:
    user, _, domain = settings["SMTP_SENDER"].rpartition("@")
    if not user or not domain:
        raise ValueError
    return Address(settings["ORGANISATION"], user, domain)


def _message(letter: Letter, sender: Address) -> EmailMessage:
    message = EmailMessage(_POLICY)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(localtime())
    message["Message-ID"] = f"<{secrets.token_hex(16)}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        message[name] = value
    message.set_content(letter.text)
    return message
