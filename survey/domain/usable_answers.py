"""What may be used of answers, kept so that nothing is cleaned twice; the database drops it with the response.

It is kept with the hash of what it was made from, which is said in analyses: under another hash it is not there.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.database import insert_into
from survey.models import Response, UsableAnswers


def read_usable(session: Session, wave_id: int, made_from: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    """Return texts by response id and item, where what is kept was made from what is given by response id."""
    kept = session.execute(
        select(UsableAnswers.response_id, UsableAnswers.made_from, UsableAnswers.texts)
        .join(Response, Response.id == UsableAnswers.response_id)
        .where(Response.wave_id == wave_id)
    )
    return {response_id: texts for response_id, made, texts in kept if made_from.get(response_id) == made}


def keep_usable(
    session: Session, made_from: Mapping[str, str], usable: Mapping[str, Mapping[str, str]]
) -> None:
    """Keep texts of responses, by id and item, in place of what was kept of them before."""
    if not usable:
        return
    # Two analyses of one wave may run at the same time; in one order none waits for what the other holds.
    insert = insert_into(session, UsableAnswers)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["response_id"],
            set_={"made_from": insert.excluded.made_from, "texts": insert.excluded.texts},
        ),
        [
            {"response_id": one, "made_from": made_from[one], "texts": dict(texts)}
            for one, texts in sorted(usable.items())
        ],
    )
