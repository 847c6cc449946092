"""Which groups leads say they belong to: told voluntarily, kept apart, read by the self-check alone.

A lead's link holds a token that is made with a key outside the database and stored nowhere; what the lead tells lies
under the token's hash. So whoever holds the database alone cannot say whose it is, and no query joins it to a lead or a
score. The self-check, which has the key, hands on nothing about fewer than five people.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey import config
from survey.database import parts
from survey.domain.keys import KeyStore, encode_token, token_content, token_hash
from survey.domain.settings import editable_values
from survey.exceptions import NotFoundError
from survey.models import Lead
from survey.models.self_identification import SelfIdentification

_ID_BYTES = 4
_MAC_BYTES = 20
_MAX_ID = 2**31 - 1
_CONTEXT = b"kindred self-identification link"


def offered_groups(session: Session, settings: Mapping[str, Any] | None = None) -> dict[str, tuple[str, ...]]:
    """Return the groups that leads are asked for, by dimension; none if nobody is asked."""
    given = (settings or {}).get("SELF_IDENTIFICATION")
    return config.read_groups(given or editable_values(session)["SELF_IDENTIFICATION"])


def link_tokens(keys: KeyStore, lead_ids: Iterable[int]) -> dict[int, str]:
    """Return by lead the secret part of their link; 24 bytes make 32 characters with one spelling.

    Raises StateError if the key is missing.
    """
    key = keys.lead_key()
    heads = {lead_id: lead_id.to_bytes(_ID_BYTES, "big") for lead_id in lead_ids}
    return {
        lead_id: encode_token(head + hmac.digest(key, _CONTEXT + head, "sha256")[:_MAC_BYTES])
        for lead_id, head in heads.items()
    }


def link_token(keys: KeyStore, lead_id: int) -> str:
    """Return the secret part of one lead's link. Raises StateError if the key is missing."""
    return link_tokens(keys, [lead_id])[lead_id]


def check_link(session: Session, keys: KeyStore, token: str) -> None:
    """Raise NotFoundError unless the link was made for a lead that is still there."""
    content = token_content(token)
    lead_id = int.from_bytes(content[:_ID_BYTES], "big")
    if len(content) != _ID_BYTES + _MAC_BYTES or lead_id > _MAX_ID or not keys.has_lead_key():
        raise NotFoundError
    if not hmac.compare_digest(link_token(keys, lead_id), token):
        raise NotFoundError
    if session.scalar(select(Lead.id).where(Lead.id == lead_id)) is None:
        raise NotFoundError


def tell(
    session: Session,
    keys: KeyStore,
    *,
    token: str,
    groups: Mapping[str, str],
    offered: Mapping[str, Iterable[str]],
) -> None:
    """Keep what a lead tells in place of what they told before; whoever tells nothing has withdrawn.

    What is not offered is left out. Raises NotFoundError.
    """
    check_link(session, keys, token)
    kept = {
        dimension: groups[dimension]
        for dimension, known in offered.items()
        if groups.get(dimension) in set(known)
    }
    session.execute(delete(SelfIdentification).where(SelfIdentification.token_hash == token_hash(token)))
    if kept:
        session.add(SelfIdentification(token_hash=token_hash(token), groups=kept))
    session.flush()


def withdraw(session: Session, keys: KeyStore, *, token: str) -> None:
    """Remove what a lead told; nothing happens if they told nothing. Raises NotFoundError."""
    tell(session, keys, token=token, groups={}, offered={})


def groups_of(session: Session, keys: KeyStore, lead_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return by lead the groups they told, for those who told some."""
    if not keys.has_lead_key():
        return {}
    told = {row.token_hash: row.groups for row in session.scalars(select(SelfIdentification))}
    if not told:
        return {}
    by_lead = {lead_id: told.get(token_hash(token)) for lead_id, token in link_tokens(keys, lead_ids).items()}
    return {lead_id: groups for lead_id, groups in by_lead.items() if groups}


def forget(session: Session, keys: KeyStore, lead_id: int) -> None:
    """Remove what a lead told together with the lead."""
    if keys.has_lead_key():
        told = token_hash(link_token(keys, lead_id))
        session.execute(delete(SelfIdentification).where(SelfIdentification.token_hash == told))


def forget_erased(session: Session, keys: KeyStore) -> int:
    """Remove what was told by leads who are gone, however they went; return how many."""
    if not keys.has_lead_key():
        return 0
    told = set(session.scalars(select(SelfIdentification.token_hash)))
    if not told:  # as mostly: then no lead is looked at while others wait to write
        return 0
    # In the transaction that erases: a lead that comes later could have the number of one who is gone.
    present = map(token_hash, link_tokens(keys, session.scalars(select(Lead.id))).values())
    gone = sorted(told.difference(present))
    for some in parts(gone, 500):
        session.execute(delete(SelfIdentification).where(SelfIdentification.token_hash.in_(some)))
    return len(gone)
