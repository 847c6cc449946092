"""The vectors of what responses say, kept so that nothing is encoded twice; the database drops them with the response.

Which texts those are is decided in analyses.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.database import insert_into
from survey.models import Embedding, Response

Vector = NDArray[np.float32]

_STORED = np.dtype("<f4")


def read_vectors(
    session: Session, wave_id: int, encoder_hash: str
) -> tuple[dict[str, Vector], set[tuple[str, str]]]:
    """Return a wave's vectors by content hash, and which response has which, as (response id, content hash)."""
    vectors: dict[str, Vector] = {}
    held: set[tuple[str, str]] = set()
    for response_id, content_hash, vector in session.execute(
        select(Embedding.response_id, Embedding.content_hash, Embedding.vector)
        .join(Response, Response.id == Embedding.response_id)
        .where(Response.wave_id == wave_id, Embedding.encoder_hash == encoder_hash)
    ):
        held.add((response_id, content_hash))
        vectors[content_hash] = np.frombuffer(vector, dtype=_STORED).astype(np.float32)
    return vectors, held


def add_vectors(session: Session, encoder_hash: str, rows: Iterable[tuple[str, str, Vector]]) -> None:
    """Keep vectors, each as (response id, content hash, vector); one that is there already stays."""
    values = [
        {
            "response_id": response_id,
            "content_hash": content_hash,
            "encoder_hash": encoder_hash,
            "vector": vector.astype(_STORED).tobytes(),
        }
        for response_id, content_hash, vector in rows
    ]
    if not values:
        return
    # Two analyses of one wave may run at the same time and read the same answer.
    session.execute(insert_into(session, Embedding).on_conflict_do_nothing(), values)
