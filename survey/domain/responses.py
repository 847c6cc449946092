"""Responses: sealed when they are sent, released when a crowd has gathered. Waves begin and end in waves."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from sqlalchemy import Connection, bindparam, delete, func, insert, select
from sqlalchemy.orm import Session

from survey.database import parts
from survey.domain.attributes import coarsen
from survey.domain.keys import KeyStore, check_token, read_token, token_hash
from survey.domain.links import is_test
from survey.domain.questionnaires import CHANNELS_ITEM, options
from survey.enums import ItemType, WaveState
from survey.exceptions import (
    InvalidInputError,
    NotFoundError,
    StateError,
    TokenSpentError,
    WaveClosedError,
    WaveNotOpenError,
)
from survey.models import Answer, Inbox, Invitee, Item, Response, SpentToken, Wave
from survey.models.base import random_key
from survey.texts import clean

#: Nothing is released while fewer sealed rows wait …
RELEASE_POOL = 20
#: … and so many are drawn from them at random. Fewer than this are never opened.
RELEASE_SIZE = 10

#: How the answer to a choice of most and least marks its codes.
MOST, LEAST = "+", "-"
_MAX_BYTES_PER_CHAR = 4
#: Sealed rows in memory at once.
_CHUNK = 500
_RANDOM = secrets.SystemRandom()
#: What is asked is frozen at launch, and counting it takes longer than sealing.
_BOX_SIZES: WeakKeyDictionary[Wave, int] = WeakKeyDictionary()

# Built once: building it anew takes as long as running it.
_STATE = select(Wave.state).where(Wave.id == bindparam("wave_id"))
# What stores a response, in each driver's own words, which take half the time of SQLAlchemy's. A violated key would say
# as well that a link is spent, but PostgreSQL writes the offending hash into its log with the time. There closing must
# wait for us and we for it, and one statement is one journey; SQLite holds its one write lock already.
_STORE = {
    "sqlite": (
        """INSERT INTO spent_token (token_hash, wave_id)
           SELECT :hash, id FROM wave WHERE id = :wave AND state = 'open' ON CONFLICT DO NOTHING""",
        "INSERT INTO inbox (id, wave_id, sealed) VALUES (:id, :wave, :sealed)",
    ),
    "postgresql": (
        """WITH spent AS (
               INSERT INTO spent_token (token_hash, wave_id)
               SELECT %(hash)s, id FROM wave WHERE id = %(wave)s AND state = 'open' FOR SHARE
               ON CONFLICT DO NOTHING RETURNING wave_id
           )
           INSERT INTO inbox (id, wave_id, sealed) SELECT %(id)s, wave_id, %(sealed)s FROM spent""",
    ),
}


def check_open(session: Session, keys: KeyStore, token: str) -> None:
    """Check that a survey link is ours and its wave open.

    Raises NotFoundError for a link we never made, WaveNotOpenError before the wave opens and its subclass
    WaveClosedError afterwards, when no key is left to check the link with.
    """
    check_wave_open(session, read_token(token).wave_id, for_test=is_test(token))
    check_token(keys, token)


def check_wave_open(session: Session, wave_id: int, *, for_test: bool = False) -> None:
    """Check that a wave takes answers; a test may begin before it does.

    Raises NotFoundError, WaveNotOpenError before the wave opens and its subclass WaveClosedError afterwards.
    """
    state = session.scalar(_STATE, {"wave_id": wave_id})
    if state is None:
        raise NotFoundError("We do not know this survey link. Copy it again, whole, from your invitation.")
    if not state.has_opened and not for_test:
        raise WaveNotOpenError("This survey has not opened yet.")
    if state.has_opened and state is not WaveState.OPEN:
        raise WaveClosedError


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
) -> None:
    """Seal a response and store it. Raises what :func:`seal` and :func:`store` raise."""
    check_open(session, keys, token)
    wave = session.get_one(Wave, read_token(token).wave_id)
    kept = read_answers(wave.questionnaire.items, {**answers, CHANNELS_ITEM: ";".join(channels)})
    sealed = seal(wave, answers=kept, attributes=attributes, quote=quote, held_out=held_out)
    store(session.connection(), keys, token=token, sealed=sealed)


def seal(
    wave: Wave,
    *,
    answers: Mapping[str, str],
    attributes: Mapping[str, str],
    quote: bool,
    held_out: bool = False,
) -> bytes:
    """Return the answers sealed to the wave, without a look at the database: whoever waits for it waits less.

    The answers are as :func:`read_answers` returns them. Unknown attributes and bands are left out; ``held_out``
    says that chance had no follow-up question asked. Raises InvalidInputError if an answer is too long or there is
    none at all.
    """
    if not any(answers.values()):
        raise InvalidInputError(
            "There is nothing to send yet. Answer at least one question, in your own words."
        )
    if long := too_long(wave.questionnaire.items, answers):
        raise InvalidInputError(
            " ".join(
                f"“{item.name}”: {len(answers[item.name]):,} characters, and {item.max_chars:,} are allowed. "
                "Shorten it."
                for item in long
            )
        )
    if wave.public_key is None:  # a draft, by a test link: :func:`store` keeps nothing of it
        return b""
    content = {
        "answers": {name: answer for name, answer in answers.items() if answer},
        "attributes": coarsen(wave.coarsening, _known_bands(wave, attributes)),
        "quote": quote,
        "held_out": held_out,
    }
    if wave not in _BOX_SIZES:
        _BOX_SIZES[wave] = _box_size(wave)
    return _seal(wave, content, _BOX_SIZES[wave])


def store(connection: Connection, keys: KeyStore, *, token: str, sealed: bytes) -> None:
    """Spend a survey link and put what it sends into the inbox, on a connection: so little needs no session.

    Raises NotFoundError, WaveNotOpenError, TokenSpentError.
    """
    if is_test(token):  # looked at like any other, and forgotten
        check_open(Session(connection), keys, token)
        return
    wave_id = read_token(token).wave_id
    values = {"hash": token_hash(token), "wave": wave_id, "id": random_key(), "sealed": sealed}
    statements = _STORE[connection.dialect.name]
    if not _is_ours(keys, token) or not all(
        connection.exec_driver_sql(statement, values).rowcount == 1 for statement in statements
    ):
        check_open(Session(connection), keys, token)
        raise TokenSpentError


def read_answers(items: Sequence[Item], given: Mapping[str, str]) -> dict[str, str]:
    """Return a clean answer to every item: known options in their order, text without control characters."""
    return {item.name: _read_answer(item, given.get(item.name, "")) for item in items}


def too_long(items: Sequence[Item], answers: Mapping[str, str]) -> list[Item]:
    """Return the items whose answer is over its limit."""
    return [
        item
        for item in items
        if len(answers.get(item.name, "")) > item.max_chars and item.item_type is ItemType.OPEN
    ]


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


def _is_ours(keys: KeyStore, token: str) -> bool:
    """Whether the link was made with its wave's key, which is gone once the wave is closed."""
    try:
        check_token(keys, token)
    except (NotFoundError, StateError):
        return False
    return True


def _seal(wave: Wave, content: dict[str, Any], size: int) -> bytes:
    """Seal the content, padded to a size that is the same for the whole wave.

    The length of a sealed row is visible while it waits, beside the token that was spent with it, and a
    response of the same length would give its writer away. JSON does not mind the blanks at the end.
    """
    assert wave.public_key is not None  # noqa: S101 - an open wave has one
    return SealedBox(PublicKey(wave.public_key)).encrypt(padded(content, size))


def padded(content: Mapping[str, Any], size: int) -> bytes:
    """Return content as JSON of so many bytes at least."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode().ljust(size)


def _box_size(wave: Wave) -> int:
    """Return the power of two that holds the longest possible answers."""
    items = wave.questionnaire.items
    text_bytes = sum(
        _MAX_BYTES_PER_CHAR * item.max_chars for item in items if item.item_type is ItemType.OPEN
    )
    names_and_choices = sum(
        len(item.name) + 8 + sum(len(code) + 2 for code in options(item)) for item in items
    )
    return _power_of_two(text_bytes + _MAX_BYTES_PER_CHAR * names_and_choices + attributes_size(wave) + 64)


def attributes_size(wave: Wave) -> int:
    """Return the bytes that the longest attributes of a wave need."""
    most = sum(len(a["name"]) + 16 + max(map(len, a["bands"])) for a in wave.attributes)
    return _power_of_two(_MAX_BYTES_PER_CHAR * most + 64)


def _power_of_two(least: int) -> int:
    return int(2 ** (least - 1).bit_length())


def _open(session: Session, key: PrivateKey, wave: Wave, ids: Sequence[str]) -> None:
    """Move sealed rows, in the random order given, from the inbox to the responses."""
    box = SealedBox(key)
    for chunk in parts(ids, _CHUNK):
        rows = session.execute(select(Inbox.id, Inbox.sealed).where(Inbox.id.in_(chunk)))
        sealed = dict(rows.all())
        _insert(session, wave, [unseal(box, sealed[inbox_id]) for inbox_id in chunk])
        session.execute(delete(Inbox).where(Inbox.id.in_(chunk)))


def unseal(box: SealedBox[PrivateKey], sealed: bytes) -> dict[str, Any]:
    """Return what was sealed for a wave. Raises StateError if the key is another wave's."""
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
                "attributes": {},
                "sealed": _seal(wave, content["attributes"], attributes_size(wave)),
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
