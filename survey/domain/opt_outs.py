"""People who asked to be left alone: everything held about them goes, a hash of their contacts stays.

The hash is made with a key of the key folder. Whoever holds the database alone cannot try addresses against it, and an
import that has the key knows whom to leave out.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.domain import audit, leads
from survey.domain.contacts import EXACT, keys_of
from survey.domain.keys import KeyStore
from survey.exceptions import StateError
from survey.models import Lead, LeadKey, LeadMerge, OptOut

_REACH = r"(?:contact|call|messag|mail|e-?mail|approach|pitch|headhunt|phon|ring|recruit)"
_NOT = r"(?:do(?:es)?\s+not|do(?:es)?n['’]?t|never)"
_FEW = r"(?:\w+\s+){0,3}?"
#: Ways to ask for it, in the languages that redaction knows. They only point a recruiter to a sentence. To be left
#: alone *with one's work* is a wish of many and no such request.
_REQUESTS = (
    rf"(?:please|kindly)\s+{_FEW}(?:not|don['’]?t|no|stop)\s+{_FEW}{_REACH}",
    rf"(?:^|[.!?;:]\s*){_NOT}\s+{_REACH}",
    rf"{_NOT}\s+{_FEW}{_REACH}\w*\s+(?:me|us|him|her|them|again)\b",
    rf"not\s+to\s+be\s+{_REACH}|(?:asks?|asked)\s+{_FEW}not\s+to\s+{_REACH}",
    rf"{_NOT}\s+(?:want|wish|like)\s+to\s+(?:be\s+{_REACH}|hear\s+from)",
    r"please\s+leave\s+(?:me|us)\s+alone|(?:asks?|asked|wish(?:es|ed)?)\s+(?:us\s+)?to\s+be\s+left\s+alone",
    r"(?:remove|take|delete|erase)\s+(?:me|my\s+(?:data|details|profile|name))\b",
    rf"(?:asks?|asked|wish(?:es|ed)?)\s+{_FEW}to\s+be\s+(?:removed|deleted|forgotten|taken\s+off|struck\s+off)",
    r"\bno\s+(?:more\s+)?(?:recruiters|head-?hunters|agencies|cold\s+(?:calls|e?-?mails|messages))\b",
    r"(?:kontakta|ring)\s+(?:mig\s+)?(?:inte|ej|aldrig)\b|(?:vill|önskar)\s+(?:inte|ej)\s+(?:bli\s+)?kontakta",
    r"(?:bitte\s+)?(?:nicht|keine)\s+(?:mehr\s+)?(?:kontaktier|anschreib|anruf|anfragen)|lasst?\s+mich\s+in\s+ruhe",
    r"\bno\s+(?:me\s+)?(?:contact|llam)\w+|no\s+(?:deseo|quiero)\s+(?:ser\s+contactad|que\s+me\s+contact)",
    r"nie\s+(?:kontaktować|dzwonić|pisać)\b|proszę\s+o\s+niekontaktowanie",
)
_REQUEST = re.compile("|".join(_REQUESTS), re.IGNORECASE | re.MULTILINE)
_SENTENCE = re.compile(r"[^.!?\n]*")


def find_request(texts: Iterable[str]) -> str:
    """Return the sentence in which somebody seems to ask to be left alone, empty if there is none."""
    for text in texts:
        found = _REQUEST.search(text)
        if found:
            start = max(text.rfind(mark, 0, found.start() + 1) for mark in ".!?\n") + 1
            end = _SENTENCE.match(text, found.end())
            return text[start : end.end() if end else found.end()].strip()
    return ""


def opt_out(session: Session, keys: KeyStore, lead: Lead, *, account_id: int | None = None) -> None:
    """Erase a lead for good and remember, as hashes, not to take them in again.

    Raises StateError if the key of earlier requests is missing.
    """
    key = opt_out_key(session, keys, made=True)
    held = session.execute(select(LeadKey.kind, LeadKey.value).where(LeadKey.lead_id == lead.id))
    identity = leads.read_said(session, [lead.id])[lead.id].identity
    pairs = {(kind, value) for kind, value in held} | keys_of(identity)
    entries = {(lead.external_id, identity["name"])} | {
        (external_id, before["identity"]["name"])
        for external_id, before in session.execute(
            select(LeadMerge.external_id, LeadMerge.before).where(LeadMerge.lead_id == lead.id)
        )
    }
    hashes = {_hash(key, *pair) for pair in pairs if pair[0] in EXACT}
    hashes |= {_entry_hash(key, *entry) for entry in entries}
    known = set(session.scalars(select(OptOut.hash).where(OptOut.hash.in_(hashes))))
    session.add_all(OptOut(hash=value) for value in sorted(hashes - known))
    subject = f"lead {lead.id}"
    leads.erase(session, lead, account_id=account_id)
    audit.record(session, "opted out", subject, account_id=account_id)


def opt_out_key(session: Session, keys: KeyStore | None, *, made: bool = False) -> bytes:
    """Return the key of the hashes; empty as long as nobody has opted out, unless it is to be ``made`` then.

    Raises StateError if somebody has and the key is missing: a new one would forget them.
    """
    anybody = session.scalar(select(OptOut.hash).limit(1)) is not None
    if not anybody and not made:
        return b""
    if keys is None:
        raise StateError("The key folder (KINDRED_KEY_DIR) is needed to leave out those who asked for it.")
    return keys.opt_out_key(made=not anybody)


def find_opted_out(
    session: Session, key: bytes, people: Mapping[int, tuple[str, Mapping[str, str]]]
) -> set[int]:
    """Return whom of these people to leave out; each has an id and an identity."""
    if not key:
        return set()
    hashes = {
        number: {_hash(key, kind, value) for kind, value in keys_of(identity) if kind in EXACT}
        | {_entry_hash(key, external_id, identity.get("name", ""))}
        for number, (external_id, identity) in people.items()
    }
    every = sorted(set().union(*hashes.values()))
    found = set(session.scalars(select(OptOut.hash).where(OptOut.hash.in_(every))))
    return {number for number, own in hashes.items() if own & found}


def _hash(key: bytes, kind: str, value: str) -> str:
    return hmac.digest(key, f"{kind}\0{value}".encode(), "sha256").hex()


def _entry_hash(key: bytes, external_id: str, name: str) -> str:
    # An id alone may be used for somebody else by the next file.
    return _hash(key, "entry", f"{external_id}\0{' '.join(name.casefold().split())}")
