"""The receipt of a lead: a link of their own to what is held about them, and what they can do about it.

The link is random and kept as a hash only, so it is shown once, when it is made. A lead has one at a time; it ends by
itself, can be withdrawn, and goes with the lead.
"""

from __future__ import annotations

import datetime as dt
import secrets

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from survey.domain import audit, opt_outs
from survey.domain.keys import KeyStore, token_hash
from survey.domain.leads import add_note
from survey.exceptions import InvalidInputError, LinkExpiredError, NotFoundError
from survey.models import Lead, LeadNote, ReceiptLink
from survey.models.base import utc_now

LINK_KEPT = dt.timedelta(days=30)
#: A lead can write so many times through their link: whoever else got hold of it shall not fill the disk.
MAX_CORRECTIONS = 10
_TOKEN_BYTES = 24


def make_link(session: Session, lead: Lead, *, account_id: int | None = None) -> str:
    """Return the secret part of a new link to a lead's receipt; the one before it ends."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.execute(delete(ReceiptLink).where(ReceiptLink.lead_id == lead.id))
    session.add(
        ReceiptLink(
            lead_id=lead.id,
            token_hash=token_hash(token),
            made_by=account_id,
            expires_at=utc_now() + LINK_KEPT,
        )
    )
    # Undoing an import leaves alone whom somebody has written to since.
    lead.revision += 1
    audit.record(session, "made", f"receipt link of lead {lead.id}", account_id=account_id)
    return token


def withdraw_link(session: Session, lead: Lead, *, account_id: int | None = None) -> None:
    """End the link to a lead's receipt; nothing happens if there is none."""
    link = session.get(ReceiptLink, lead.id)
    if link is not None:
        session.delete(link)
        audit.record(session, "withdrew", f"receipt link of lead {lead.id}", account_id=account_id)


def find_link(session: Session, lead_id: int) -> ReceiptLink | None:
    """Return the link that opens a lead's receipt now."""
    return session.scalar(
        select(ReceiptLink).where(ReceiptLink.lead_id == lead_id, ReceiptLink.expires_at > utc_now())
    )


def open_link(session: Session, token: str) -> Lead:
    """Return the lead whose link this is. Raises NotFoundError, LinkExpiredError."""
    if not token.isascii():
        raise NotFoundError
    found = session.execute(
        select(Lead, ReceiptLink.expires_at)
        .join(ReceiptLink, ReceiptLink.lead_id == Lead.id)
        .where(ReceiptLink.token_hash == token_hash(token))
    ).one_or_none()
    if found is None:
        raise NotFoundError
    lead, expires_at = found
    if expires_at <= utc_now():
        raise LinkExpiredError
    return lead


def ask_to_correct(session: Session, lead: Lead, text: str) -> None:
    """Keep what a lead says is wrong, as a note of theirs. Raises InvalidInputError."""
    if has_written_enough(session, lead):
        raise InvalidInputError("You have written several times already. Ask us directly instead.")
    add_note(session, lead, text)


def has_written_enough(session: Session, lead: Lead) -> bool:
    """Whether a lead can write no more through their link."""
    written = select(func.count()).where(LeadNote.lead_id == lead.id, LeadNote.created_by.is_(None))
    return (session.scalar(written) or 0) >= MAX_CORRECTIONS


def leave(session: Session, keys: KeyStore, lead: Lead) -> None:
    """Leave a lead alone for good because they say so themselves.

    Raises StateError if the key of earlier requests is missing.
    """
    audit.record(session, "asked through their receipt to be left alone", f"lead {lead.id}")
    opt_outs.opt_out(session, keys, lead)
