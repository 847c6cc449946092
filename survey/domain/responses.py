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
from survey.domain.questionnaires import options
from survey.enums import ItemType, WaveState
from survey.exceptions import (
    InvalidInputError,
    NotFoundError,
    StateError,
    TokenSpentError,
    WaveClosedError,
    WaveNotOpenError,
)
from survey.models import Answer, Inbox, Invitee, Item, Model, Response, SpentToken, Wave
from survey.models.base import random_key

#: Nothing is released while fewer sealed rows wait …
RELEASE_POOL = 20
#: … and so many are drawn from them at random. Fewer than this are never opened.
RELEASE_SIZE = 10

CHANNELS_ITEM = "channels"
#: How the answer to a choice of most and least marks its codes.
MOST, LEAST = "+", "-"
_MAX_BYTES_PER_CHAR = 4
#: Sealed rows in memory at once.
_CHUNK = 500
# All control characters but tab and line feed, halves of surrogate pairs, and what turns the direction of writing
# for everything that follows it on a page. Right-to-left text needs none of these.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINE_END = re.compile("\r\n|[\r\u2028\u2029]")
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
    if state is WaveState.DRAFT:
        raise WaveNotOpenError("This survey has not opened yet.")
    if state is not WaveState.OPEN:
        raise WaveClosedError
    check_token(keys, token)


def is_spent(session: Session, token: str) -> bool:
    """Whether this survey link has been used."""
    found = select(func.count()).select_from(SpentToken).where(SpentToken.token_hash == token_hash(token))
    return bool(session.scalar(found))


def invited_language(session: Session, token: str) -> str:
    """Return the language that the roster names for the person of a survey link; empty if it names none."""
    language = session.scalar(select(Invitee.language).where(Invitee.id == read_token(token).invitee_id))
    return language or ""


def submit(
    session: Session,
    keys: KeyStore,
    *,
    token: str,
    answers: Mapping[str, str],
    channels: Sequence[str],
    attributes: Mapping[str, str],
    quote: bool,
    held_out: bool = False,
    wave: Wave | None = None,
) -> None:
    """Spend a survey link and put the sealed answers into the inbox.

    What is asked is frozen at launch: a caller that keeps the ``wave`` may hand it in. Unknown items, options,
    attributes and bands are left out. ``held_out`` says that chance had no follow-up question asked.

    Raises NotFoundError, WaveNotOpenError, TokenSpentError, and InvalidInputError if an answer is too long or
    there is none at all.
    """
    check_open(session, keys, token, lock=True)
    wave = wave or session.get_one(Wave, read_token(token).wave_id)
    items = wave.questionnaire.items
    kept = read_answers(items, {**answers, CHANNELS_ITEM: ";".join(channels)})
    if not any(kept.values()):
        raise InvalidInputError(
            "There is nothing to send yet. Answer at least one question, in your own words."
        )
    if long := too_long(items, kept):
        raise InvalidInputError(
            " ".join(
                f"“{item.name}”: {len(kept[item.name]):,} characters, and {item.max_chars:,} are allowed. Shorten it."
                for item in long
            )
        )
    content = {
        "answers": {name: answer for name, answer in kept.items() if answer},
        "attributes": coarsen(wave.coarsening, _known_bands(wave, attributes)),
        "quote": quote,
        "held_out": held_out,
    }
    _spend(session, wave, token)
    session.execute(_STORE, {"id": random_key(), "wave_id": wave.id, "sealed": _seal(wave, content)})


def read_answers(items: Sequence[Item], given: Mapping[str, str]) -> dict[str, str]:
    """Return a clean answer to every item: known options in their order, text without control characters."""
    return {item.name: _read_answer(item, given.get(item.name, "")) for item in items}


def too_long(items: Sequence[Item], answers: Mapping[str, str]) -> list[Item]:
    """Return the items whose answer is over its limit."""
    return [
        item
        for item in items
        if item.item_type is ItemType.OPEN and len(answers.get(item.name, "")) > item.max_chars
    ]


def clean(text: str) -> str:
    """Return a text with one kind of line end, without control characters and blanks around it.

    A form sends CRLF; PostgreSQL takes no NUL; and no character may need more than four bytes sealed.
    """
    return _CONTROL.sub("", _LINE_END.sub("\n", text)).strip()


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
    if item.item_type is ItemType.OPEN:
        return clean(given)
    chosen = set(given.split(";"))
    if "sets" not in item.rules:
        return ";".join(code for code in options(item) if code in chosen)
    marked = [
        sign + code
        for sign, other in ((MOST, LEAST), (LEAST, MOST))
        for code in options(item)
        if sign + code in chosen and other + code not in chosen
    ]
    return ";".join(marked)


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
        len(item.name) + 8 + sum(len(code) + 2 for code in options(item)) for item in items
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
            {
                "id": key,
                "wave_id": wave.id,
                "attributes": content["attributes"],
                "quote": content["quote"],
                # Answers that waited while Kindred was updated do not say.
                "held_out": content.get("held_out", False),
            }
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
