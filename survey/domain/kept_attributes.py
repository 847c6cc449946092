"""Attributes of a closed wave: made coarse once more, then sealed under a key that lies apart from the database.

Whoever holds the database alone finds nothing beside an answer that a roster could be compared with. An analysis opens
them to say where a persona is found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import SealedBox
from nacl.secret import SecretBox
from sqlalchemy import Text, cast, select, update
from sqlalchemy.orm import Session

from survey.domain.attributes import coarsen_together
from survey.domain.keys import KeyStore
from survey.domain.responses import attributes_size, padded, unseal
from survey.enums import WaveState
from survey.exceptions import StateError
from survey.models import Response, Wave

Attributes = dict[str, Any]


def settle_attributes(session: Session, keys: KeyStore, wave: Wave) -> None:
    """Open what was sealed for the wave, keep of it what ten of those who answered share, and seal that for good.

    Until the close they are under the key of the wave: among the ten of a release nearly everybody's are their own.
    What an earlier version left readable is sealed too; the key of its wave may be gone. Raises StateError if a key is
    missing.
    """
    rows = session.execute(
        select(Response.id, Response.attributes, Response.sealed)
        .where(Response.wave_id == wave.id, Response.kept.is_(None))
        .order_by(Response.id)
    ).all()
    if not any(row.sealed or row.attributes for row in rows):
        return
    box = SealedBox(keys.seal_key(wave.id)) if any(row.sealed for row in rows) else None
    opened = [unseal(box, row.sealed) if box and row.sealed else row.attributes for row in rows]
    kept = coarsen_together(opened, [attribute["name"] for attribute in wave.attributes])
    sealed = seal_attributes(session, keys, wave, kept)
    session.execute(
        update(Response),
        [
            {"id": row.id, "kept": one, "sealed": None, "attributes": {}}
            for row, one in zip(rows, sealed, strict=True)
        ],
    )


def find_readable(session: Session) -> Sequence[int]:
    """Return the ids of closed waves beside whose answers an earlier version left attributes that can be read."""
    return session.scalars(
        select(Response.wave_id)
        .join(Wave, Wave.id == Response.wave_id)
        .where(Wave.state == WaveState.CLOSED, cast(Response.attributes, Text) != "{}")
        .distinct()
    ).all()


def seal_attributes(
    session: Session, keys: KeyStore, wave: Wave, kept: Sequence[Mapping[str, Any]]
) -> Sequence[bytes | None]:
    """Seal coarse attributes of a closed wave, all to one length; nothing for a wave that asked for none.

    Raises StateError if something is sealed already and the key is missing: a new one would not open it.
    """
    if not wave.attributes:
        return [None] * len(kept)
    anything = session.scalar(select(Response.id).where(Response.kept.is_not(None)).limit(1)) is not None
    box = _box(keys, made=not anything)
    return [bytes(box.encrypt(padded(one, attributes_size(wave)))) for one in kept]


def read_attributes(session: Session, keys: KeyStore, wave: Wave) -> dict[str, Attributes]:
    """Return the attributes of a closed wave by response. Raises StateError if their key is missing."""
    rows = session.execute(
        select(Response.id, Response.attributes, Response.kept).where(Response.wave_id == wave.id)
    ).all()
    if all(row.kept is None for row in rows):
        return {row.id: row.attributes for row in rows}
    box = _box(keys, made=False)
    try:
        return {
            row.id: dict(json.loads(box.decrypt(row.kept))) if row.kept else row.attributes for row in rows
        }
    except CryptoError as error:
        raise StateError(
            "The key of attributes (attributes.key) is not the one they were sealed with. Put the right one back."
        ) from error


def _box(keys: KeyStore, *, made: bool) -> SecretBox:
    try:
        return SecretBox(keys.attributes_key(made=made))
    except StateError as error:
        raise StateError(
            "The key of attributes (attributes.key) is missing. Put it back into the key folder (KINDRED_KEY_DIR) and "
            "try again. If it is gone for good, docs/configuration.md says under “Where things lie” how to go on."
        ) from error
