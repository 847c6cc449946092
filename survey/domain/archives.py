"""A closed wave as one encrypted file for the administrator, which another Kindred reads back equal.

It holds what the promise leaves: answers, coarse attributes, consent. Links, roster and keys of a closed wave are
gone. Analyses are not in it; the same answers and seed give the same ones again.
"""

from __future__ import annotations

import datetime as dt
import json
import struct
import zlib
from typing import Any

from nacl import pwhash, secret, utils
from nacl.exceptions import CryptoError
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, selectinload

from survey.database import parts
from survey.domain import audit
from survey.domain.items import add_questionnaire
from survey.domain.kept_attributes import read_attributes, seal_attributes
from survey.domain.keys import KeyStore
from survey.domain.questionnaire_files import dump
from survey.domain.waves import free_name
from survey.enums import WaveState
from survey.exceptions import ConflictError, InvalidInputError, StateError
from survey.models import Answer, Response, Wave

#: Cost of trying one password: about a second and 256 MiB.
OPERATIONS, MEMORY = pwhash.argon2id.OPSLIMIT_MODERATE, pwhash.argon2id.MEMLIMIT_MODERATE
MIN_PASSWORD = 12

_MAGIC = b"KINDRED WAVE 1\n"
_COST = struct.Struct(">QQ")
# A file that claims a higher cost would only hold the reader up.
_MOST = (pwhash.argon2id.OPSLIMIT_SENSITIVE, pwhash.argon2id.MEMLIMIT_SENSITIVE)
_WAVE = ("name", "attributes", "coarsening", "signed_off_by", "n_invited", "n_answered")
_TIMES = ("created_at", "opened_at", "closed_at")
_RESPONSE = ("id", "quote", "held_out")
_CHUNK = 2_000


def write_archive(
    session: Session, wave: Wave, password: str, keys: KeyStore, *, account_id: int | None = None
) -> bytes:
    """Return a closed wave, encrypted by a password; it is logged.

    Raises StateError if the wave is not closed, InvalidInputError for a short password.
    """
    if len(password) < MIN_PASSWORD:
        raise InvalidInputError(f"The password must have at least {MIN_PASSWORD} characters.")
    content = dump_wave(session, wave, keys)
    plain = zlib.compress(json.dumps(content, ensure_ascii=False, sort_keys=True).encode())
    salt = utils.random(pwhash.argon2id.SALTBYTES)
    cost = _COST.pack(OPERATIONS, MEMORY)
    box = secret.SecretBox(_key(password, salt, OPERATIONS, MEMORY))
    audit.record(
        session, "archived", f"wave {wave.id}", account_id=account_id, responses=len(content["responses"])
    )
    return _MAGIC + cost + salt + bytes(box.encrypt(plain))


def read_archive(
    session: Session,
    archive: bytes,
    password: str,
    keys: KeyStore,
    *,
    name: str = "",
    account_id: int | None = None,
) -> Wave:
    """Add the wave of an archive, under another name if one is given; it is logged.

    Raises InvalidInputError for a wrong password or a file that is no whole archive, ConflictError if the name or the
    answers are here already.
    """
    content = _open(archive, password)
    try:
        wave = _add_wave(session, content, keys, name)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(
            "This archive was made by another version of Kindred. Update this one."
        ) from error
    audit.record(
        session,
        "read the archive of",
        f"wave {wave.id}",
        account_id=account_id,
        responses=len(content["responses"]),
    )
    return wave


def dump_wave(session: Session, wave: Wave, keys: KeyStore) -> dict[str, Any]:
    """Return all of a closed wave as values that JSON can hold, responses in the order of their keys.

    Raises StateError if it is not closed.
    """
    if wave.state is not WaveState.CLOSED:
        raise StateError("Only a closed wave can be archived. Close it first.")
    responses = session.scalars(
        select(Response)
        .where(Response.wave_id == wave.id)
        .order_by(Response.id)
        .options(selectinload(Response.answers))
    )
    attributes = read_attributes(session, keys, wave)
    return {
        "wave": {key: getattr(wave, key) for key in _WAVE}
        | {key: moment.isoformat() if (moment := getattr(wave, key)) else None for key in _TIMES},
        "questionnaire": dump(wave.questionnaire),
        "responses": [
            {key: getattr(row, key) for key in _RESPONSE}
            | {"attributes": attributes[row.id]}
            | {"answers": {answer.item: answer.text for answer in row.answers}}
            for row in responses
        ],
    }


def _open(archive: bytes, password: str) -> dict[str, Any]:
    start = len(_MAGIC) + _COST.size
    if not archive.startswith(_MAGIC) or len(archive) < start + pwhash.argon2id.SALTBYTES:
        raise InvalidInputError("This file is no archive of a wave.")
    operations, memory = _COST.unpack(archive[len(_MAGIC) : start])
    if not (1 <= operations <= _MOST[0] and 8192 <= memory <= _MOST[1]):
        raise InvalidInputError("This archive is damaged. Take another copy.")
    salt, sealed = (
        archive[start : start + pwhash.argon2id.SALTBYTES],
        archive[start + pwhash.argon2id.SALTBYTES :],
    )
    try:
        plain = secret.SecretBox(_key(password, salt, operations, memory)).decrypt(sealed)
    except (CryptoError, ValueError) as error:
        raise InvalidInputError("The password is wrong, or the archive is damaged.") from error
    content: dict[str, Any] = json.loads(zlib.decompress(plain))
    return content


def _key(password: str, salt: bytes, operations: int, memory: int) -> bytes:
    return pwhash.argon2id.kdf(
        secret.SecretBox.KEY_SIZE, password.encode(), salt, opslimit=operations, memlimit=memory
    )


def _add_wave(session: Session, content: dict[str, Any], keys: KeyStore, name: str) -> Wave:
    stored = content["wave"]
    wave = Wave(
        **{key: stored[key] for key in _WAVE}
        | {key: dt.datetime.fromisoformat(stored[key]) if stored[key] else None for key in _TIMES}
        | {"name": free_name(session, name or stored["name"]), "state": WaveState.CLOSED},
        questionnaire=add_questionnaire(session, content["questionnaire"], frozen=True),
    )
    responses = sorted(content["responses"], key=lambda row: str(row["id"]))
    for chunk in parts(responses, _CHUNK):
        ids = [row["id"] for row in chunk]
        if session.scalar(select(func.count()).select_from(Response).where(Response.id.in_(ids))):
            raise ConflictError("The answers of this archive are here already.")
    session.add(wave)
    session.flush()
    for chunk in parts(responses, _CHUNK):
        kept = seal_attributes(session, keys, wave, [row["attributes"] for row in chunk])
        session.execute(
            insert(Response),
            [
                {key: row[key] for key in _RESPONSE}
                | {"wave_id": wave.id, "attributes": {}, "sealed": None, "kept": sealed}
                for row, sealed in zip(chunk, kept, strict=True)
            ],
        )
        answers = [
            {"response_id": row["id"], "item": item, "text": text}
            for row in chunk
            for item, text in row["answers"].items()
        ]
        if answers:
            session.execute(insert(Answer), answers)
    return wave
