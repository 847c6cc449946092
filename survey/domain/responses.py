"""Responses: sealed when they are sent, released when a crowd has gathered. Waves begin and end in waves."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from sqlalchemy import CursorResult, bindparam, delete, func, insert, select, text
from sqlalchemy.orm import Session

from survey.domain.attributes import coarsen
from survey.domain.keys import KeyStore, check_token, read_token, token_hash
from survey.domain.links import is_test
from survey.enums import ItemType, WaveState
from survey.exceptions import (
    InvalidInputError,
    NotFoundError,
    StateError,
    TokenSpentError,
    WaveClosedError,
    WaveNotOpenError,
)
from survey.models import Answer, Inbox, Item, Model, Response, SpentToken, Wave
from survey.models.base import random_key

#: Nothing is released while fewer sealed rows wait …
RELEASE_POOL = 20
#: … and so many are drawn from them at random. Fewer than this are never opened.
RELEASE_SIZE = 10

CHANNELS_ITEM = "channels"
_MAX_BYTES_PER_CHAR = 4
#: Sealed rows in memory at once.
_CHUNK = 500
# All control characters but tab and line feed, and halves of surrogate pairs.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_RANDOM = secrets.SystemRandom()

# Built once: building them anew takes as long as running them.
_STATE = select(Wave.state).where(Wave.id == bindparam("wave_id"))
_LOCKED_STATE = _STATE.with_for_update(read=True)
_SPEND = text("INSERT INTO spent_token (token_hash, wave_id) VALUES (:hash, :wave) ON CONFLICT DO NOTHING")
_STORE = insert(Model.metadata.tables[Inbox.__tablename__])


def check_open(session: Session, keys: KeyStore, token: str, *, lock: bool = False) -> None:
    """Check that a survey link is ours and its wave open; ``lock`` keeps it open for this transaction.

    Raises NotFoundError for a link we never made, WaveNotOpenError before the wave opens and its subclass
    WaveClosedError afterwards, when no key is left to check the link with.
    """
    # PostgreSQL: closing must wait for us and we for it. SQLite holds its one write lock already.
    state = session.scalar(_LOCKED_STATE if lock else _STATE, {"wave_id": read_token(token).wave_id})
    if state is None:
        raise NotFoundError("We do not know this survey link. Copy it again, whole, from your invitation.")
    unopened = state in (WaveState.DRAFT, WaveState.SCHEDULED)
    if unopened and not is_test(token):
        raise WaveNotOpenError("This survey has not opened yet.")
    if not unopened and state is not WaveState.OPEN:
        raise WaveClosedError
    check_token(keys, token)


def is_spent(session: Session, token: str) -> bool:
    """Whether this survey link has been used."""
    found = select(func.count()).select_from(SpentToken).where(SpentToken.token_hash == token_hash(token))
    return bool(session.scalar(found))


def submit(
    session: Session,
    keys: KeyStore,
    *,
    token: str,
    answers: Mapping[str, str],
    channels: Sequence[str],
    attributes: Mapping[str, str],
    quote: bool,
    wave: Wave | None = None,
) -> None:
    """Spend a survey link and put the sealed answers into the inbox.

    A test link is checked in the same way and leaves nothing behind.
    What is asked is frozen at launch: a caller that keeps the ``wave`` may hand it in. Unknown items, options,
    attributes and bands are left out. Raises NotFoundError, WaveNotOpenError, TokenSpentError, and
    InvalidInputError if an answer is too long or there is none at all.
    """
    check_open(session, keys, token, lock=True)
    wave = wave or session.get_one(Wave, read_token(token).wave_id)
    items = wave.questionnaire.items
    kept = read_answers(items, {**answers, CHANNELS_ITEM: ";".join(channels)})
    if not any(kept.values()):
        raise InvalidInputError(
            "There is nothing to send yet. Answer at least one question, in your own words."
        )
    if problems := length_problems(items, kept):
        raise InvalidInputError(" ".join(f"“{name}”: {problem}" for name, problem in problems.items()))
    if is_test(token):  # looked at like any other, and forgotten
        return
    content = {
        "answers": {name: answer for name, answer in kept.items() if answer},
        "attributes": coarsen(wave.coarsening, _known_bands(wave, attributes)),
        "quote": quote,
    }
    _spend(session, wave, token)
    session.execute(_STORE, {"id": random_key(), "wave_id": wave.id, "sealed": _seal(wave, content)})


def read_answers(items: Sequence[Item], given: Mapping[str, str]) -> dict[str, str]:
    """Return a clean answer to every item: known options in their order, text without control characters."""
    return {item.name: _read_answer(item, given.get(item.name, "")) for item in items}


def length_problems(items: Sequence[Item], answers: Mapping[str, str]) -> dict[str, str]:
    """Return a sentence for every item whose answer is over its limit."""
    return {
        item.name: f"{len(answers[item.name]):,} characters, and {item.max_chars:,} are allowed. Shorten it."
        for item in items
        if item.item_type is ItemType.OPEN and len(answers.get(item.name, "")) > item.max_chars
    }


def options(item: Item) -> dict[str, str]:
    """Return the options of an item by code, with their labels in its first language."""
    first: dict[str, Any] = next(iter(item.texts.values()), {})
    return dict(first.get("options", {}))


def release(session: Session, keys: KeyStore, wave: Wave) -> int:
    """Open a random ten of the waiting responses if at least twenty wait; return how many were opened."""
    session.refresh(wave, ["state"], with_for_update=True)
    if wave.state is not WaveState.OPEN:
        return 0
    waiting = session.scalars(select(Inbox.id).where(Inbox.wave_id == wave.id)).all()
    if len(waiting) < RELEASE_POOL:
        return 0
    _open(session, keys.seal_key(wave.id), wave, _RANDOM.sample(waiting, RELEASE_SIZE))
    return RELEASE_SIZE


def release_rest(session: Session, keys: KeyStore, wave: Wave) -> int:
    """Open everything that still waits, in one go; fewer than ten are thrown away unread."""
    waiting = session.scalars(select(Inbox.id).where(Inbox.wave_id == wave.id)).all()
    if len(waiting) < RELEASE_SIZE:
        session.execute(delete(Inbox).where(Inbox.wave_id == wave.id))
        return 0
    _open(session, keys.seal_key(wave.id), wave, _RANDOM.sample(waiting, len(waiting)))
    return len(waiting)


def _read_answer(item: Item, given: str) -> str:
    if item.item_type is ItemType.CHOICES:
        chosen = set(given.split(";"))
        return ";".join(code for code in options(item) if code in chosen)
    # A form sends CRLF; PostgreSQL takes no NUL; and no character may need more than four bytes sealed.
    unified = given.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", unified).strip()


def _known_bands(wave: Wave, given: Mapping[str, str]) -> dict[str, str]:
    return {
        attribute["name"]: band
        for attribute in wave.attributes
        if (band := given.get(attribute["name"], "")) in attribute["bands"]
    }


def _spend(session: Session, wave: Wave, token: str) -> None:
    """Remember that the link was used.

    A violated key would do as well, but PostgreSQL writes the offending hash into its log with the time.
    """
    spent = session.execute(_SPEND, {"hash": token_hash(token), "wave": wave.id})
    assert isinstance(spent, CursorResult)  # noqa: S101 - tells the type checker
    if spent.rowcount != 1:
        raise TokenSpentError


def _seal(wave: Wave, content: dict[str, Any]) -> bytes:
    """Seal the content, padded so that every row of a wave has the same length.

    The length of a sealed row is visible while it waits, beside the token that was spent with it, and a
    response of the same length would give its writer away. So there is one size per wave: the power of two
    that holds the longest possible answers. JSON does not mind the blanks at the end.
    """
    assert wave.public_key is not None  # noqa: S101 - an open wave has one
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return SealedBox(PublicKey(wave.public_key)).encrypt(plain.ljust(_box_size(wave)))


def _box_size(wave: Wave) -> int:
    items = wave.questionnaire.items
    text_bytes = sum(
        _MAX_BYTES_PER_CHAR * item.max_chars for item in items if item.item_type is ItemType.OPEN
    )
    names_and_choices = sum(
        len(item.name) + 8 + sum(len(code) + 1 for code in options(item)) for item in items
    )
    attributes = sum(len(a["name"]) + 16 + max(map(len, a["bands"])) for a in wave.attributes)
    most = text_bytes + _MAX_BYTES_PER_CHAR * (names_and_choices + attributes) + 64
    return int(2 ** (most - 1).bit_length())


def _open(session: Session, key: PrivateKey, wave: Wave, ids: Sequence[str]) -> None:
    """Move sealed rows, in the random order given, from the inbox to the responses."""
    box = SealedBox(key)
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        rows = session.execute(select(Inbox.id, Inbox.sealed).where(Inbox.id.in_(chunk)))
        sealed = dict(rows.all())
        _insert(session, wave, [_unseal(box, sealed[inbox_id]) for inbox_id in chunk])
        session.execute(delete(Inbox).where(Inbox.id.in_(chunk)))


def _unseal(box: SealedBox[PrivateKey], sealed: bytes) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(box.decrypt(sealed))
    except CryptoError as error:
        raise StateError(
            "The key of this wave does not open its answers. Put the right key folder back."
        ) from error
    return content


def _insert(session: Session, wave: Wave, contents: Sequence[dict[str, Any]]) -> None:
    keyed = [(random_key(), content) for content in contents]
    session.execute(
        insert(Response),
        [
            {"id": key, "wave_id": wave.id, "attributes": content["attributes"], "quote": content["quote"]}
            for key, content in keyed
        ],
    )
    session.execute(
        insert(Answer),
        [
            {"response_id": key, "item": name, "text": answer}
            for key, content in keyed
            for name, answer in content["answers"].items()
        ],
    )
