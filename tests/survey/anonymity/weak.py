"""Tables as other products have them, and whoever writes to them: every attack must succeed on these."""

from __future__ import annotations

import secrets
from pathlib import Path

from sqlalchemy import JSON, Column, DateTime, Engine, Integer, MetaData, String, Table, insert

from survey.anonymity.attacks import Truth
from survey.anonymity.loot import Loot, Release, Tables
from survey.domain.keys import KeyStore
from survey.models.base import utc_now

METADATA = MetaData()
SPENT = Table("weak_spent", METADATA, Column("number", Integer, primary_key=True), Column("hash", String))
RESPONSE = Table(
    "weak_response",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("id", String),
    Column("at", DateTime(timezone=True)),
    Column("language", String),
    Column("attributes", JSON),
)
ANSWER = Table("weak_answer", METADATA, Column("response_id", String), Column("text", String))
JOB = Table("weak_job", METADATA, Column("number", Integer, primary_key=True), Column("arguments", String))
DRAFT = Table("weak_draft", METADATA, Column("person", String), Column("text", String))
ROSTER = Table("weak_roster", METADATA, Column("hash", String))
TABLES = Tables(
    spent="weak_spent",
    spent_key="hash",
    response="weak_response",
    response_key="id",
    answer="weak_answer",
    roster=("weak_roster",),
)


def answer_weakly(engine: Engine, folder: Path, *, n_people: int) -> tuple[Loot, Truth]:
    """Let people answer in a way that breaks every part of the promise; return what lies about, and the truth."""
    METADATA.create_all(engine)
    KeyStore(folder).create(1)
    log: list[str] = []
    cookies: list[str] = []
    loot = Loot(engine, tables=TABLES, folders=[folder], log=log, cookies=cookies, counts=[0])
    truth, roster, languages, drafts = {}, {}, {}, {}
    for number in range(n_people):
        person, response = secrets.token_hex(32), secrets.token_hex(16)
        roster[person] = {"job": f"job {number}", "site": ("Oslo", "Lyon")[number % 2]}
        # One speaker of each language: nobody else can have filled in that form.
        languages[person] = f"language {number}"
        words = f"{secrets.token_hex(8)} keeps me here"
        drafts[person] = f"{words}, unless my manager reads this"
        with engine.begin() as connection:
            connection.execute(insert(SPENT), {"hash": person})
            connection.execute(insert(ROSTER), {"hash": person})
            connection.execute(
                insert(RESPONSE),
                {
                    "id": response,
                    "at": utc_now(),
                    "language": languages[person],
                    "attributes": roster[person],
                },
            )
            connection.execute(insert(ANSWER), {"response_id": response, "text": words})
            connection.execute(insert(JOB), {"arguments": f"thank {response}"})
            connection.execute(insert(DRAFT), {"person": person, "text": drafts[person]})
        (folder / f"upload-{response}.txt").write_text("photo")
        log.append(f'POST /a/1/ 303 response="{response}"')
        cookies.append(f"session={response}; HttpOnly")
        loot.arrivals.append(person)
        loot.counts.append(number + 1)
        loot.releases.append(Release(frozenset([person]), frozenset([response])))
        truth[person] = response
    loot.roster, loot.languages, loot.drafts, loot.wave_id = roster, languages, drafts, 1
    return loot, truth
