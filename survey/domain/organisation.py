"""The organisation link: everyone in the organisation reads the personas with it; HR can rotate it."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey.domain import audit
from survey.models import OrganisationLink


def link_key(session: Session, secret: str) -> str | None:
    """Return the key in force, a MAC of a stored nonce, or None if HR never made a link."""
    nonce = session.scalar(select(OrganisationLink.nonce))
    return None if nonce is None else _mac(secret, nonce)


def opens(session: Session, secret: str, key: str) -> bool:
    """Whether ``key`` is the organisation link in force."""
    valid = link_key(session, secret)
    return valid is not None and hmac.compare_digest(valid.encode(), key.encode())


def rotate_link(session: Session, *, account_id: int | None) -> None:
    """Make a new organisation link; the old one stops working at once."""
    session.execute(delete(OrganisationLink))
    session.add(OrganisationLink())
    audit.record(session, "rotated", "organisation link", account_id=account_id)


def _mac(secret: str, nonce: str) -> str:
    return hmac.new(secret.encode(), f"organisation-link:{nonce}".encode(), hashlib.sha256).hexdigest()[:32]
