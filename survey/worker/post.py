"""The chore that sends mail: some letters at a time, no faster than the settings allow, each at most once."""

from __future__ import annotations

import datetime as dt
import logging
import smtplib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from survey import mail
from survey.database import transaction
from survey.domain import mailings
from survey.domain.mailings import Handled
from survey.domain.settings import in_force
from survey.enums import MessageState
from survey.models import Mailing, Wave

if TYPE_CHECKING:
    from survey.worker import Worker

logger = logging.getLogger(__name__)

#: How often the chore comes round. It ends well before, so that other work of the worker goes on.
EVERY = dt.timedelta(seconds=10)
_BUDGET_S = 8.0


def send_due_mail(worker: Worker) -> None:
    """Send what is due, for some seconds and within the rate; the next round of the chore goes on."""
    with worker.sessions() as session:
        mailing_id = mailings.next_due(session)
        settings = in_force(session, worker.settings)
    if mailing_id is None or not mail.can_send(settings):
        return
    with worker.sessions() as session, transaction(session):
        mailings.begin(session, session.get_one(Mailing, mailing_id))
    try:
        with mail.Outbox(settings) as outbox:
            _send_some(worker, mailing_id, outbox, settings)
    except mail.MailServerError:
        logger.warning("the mail server does not take mail; trying again in a while")
        with worker.sessions() as session, transaction(session):
            mailings.pause(session.get_one(Mailing, mailing_id))


def _send_some(worker: Worker, mailing_id: int, outbox: mail.Outbox, settings: Mapping[str, Any]) -> None:
    n_left = max(1, int(settings["MAILS_PER_MINUTE"] * EVERY.total_seconds() / 60))
    deadline = time.monotonic() + _BUDGET_S
    while n_left and time.monotonic() < deadline:
        with worker.sessions() as session, transaction(session):
            mailing = session.get_one(Mailing, mailing_id)
            frame = mailings.frame_of(settings, session.get_one(Wave, mailing.wave_id))
            handled = mailings.take_message(session, worker.keys, mailing, frame)
        if handled is None:
            return
        if handled.letter is not None:
            n_left -= 1
        _send(worker, handled, outbox)


def _send(worker: Worker, handled: Handled, outbox: mail.Outbox) -> None:
    """Send one letter and write down what came of it; silence in the middle leaves it uncertain."""
    outcome = MessageState.SENT
    try:
        if handled.letter is not None:
            outbox.send(handled.letter)
    except mail.RefusedError:
        outcome = MessageState.REFUSED
    except mail.LaterError:
        with worker.sessions() as session, transaction(session):
            mailings.put_back(session, handled, counts=True)
        return
    except mail.MailServerError:
        with worker.sessions() as session, transaction(session):
            mailings.put_back(session, handled, counts=False)
        raise
    except (OSError, smtplib.SMTPException) as error:
        raise mail.MailServerError from error
    with worker.sessions() as session, transaction(session):
        mailings.settle_message(session, handled, outcome)
