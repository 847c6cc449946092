"""Waves, links and answers for tests: valid, small, without surprises."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import jobs, progress
from survey.domain.jobs import Lease
from survey.domain.keys import KeyStore, survey_token
from survey.domain.questionnaire_files import load
from survey.domain.responses import submit
from survey.domain.waves import create_wave, open_wave, start_closing
from survey.models import Invitee, Questionnaire, Wave

#: What Kindred asked before boxes, sets and follow-ups: three pages, and waves that still have it.
SIX_ITEMS = json.loads((Path(__file__).parents[2] / "data" / "six_items.json").read_text("utf-8"))
#: Its channels: labels by code.
CHANNELS: dict[str, str] = SIX_ITEMS["items"][4]["texts"]["en"]["options"]
SITE = {"name": "site", "label": "Site", "bands": ["Oslo", "Lyon"]}


def roster(n_people: int) -> list[dict[str, str]]:
    """People in two sites of equal size."""
    return [
        {"email": f"person{number}@example.org", "site": SITE["bands"][number % 2]}
        for number in range(n_people)
    ]


def six_items(session: Session) -> Questionnaire:
    """Return the plain questionnaire of six items; the first call adds it."""
    questionnaire = load(SIX_ITEMS)
    same = (Questionnaire.name == questionnaire.name, Questionnaire.version == questionnaire.version)
    found = session.scalar(select(Questionnaire).where(*same))
    if found is None:
        session.add(questionnaire)
        session.flush()
    return found or questionnaire


def make_draft(
    sessions: sessionmaker[Session],
    *,
    n_people: int = 40,
    name: str = "Spring",
    questionnaire: Callable[[Session], Questionnaire] = six_items,
) -> int:
    """Add a draft wave; return its id."""
    with sessions() as session, transaction(session):
        return create_wave(
            session,
            name=name,
            questionnaire=questionnaire(session),
            roster=roster(n_people),
            attributes=[SITE],
        ).id


def make_wave(sessions: sessionmaker[Session], keys: KeyStore, **options: Any) -> tuple[int, list[str]]:
    """Add an open wave with the options of :func:`make_draft`; return its id and the tokens of its invitees."""
    wave_id = make_draft(sessions, **options)
    with sessions() as session, transaction(session):
        open_wave(session, session.get_one(Wave, wave_id), keys)
    with sessions() as session:
        invitees = session.scalars(select(Invitee.id).where(Invitee.wave_id == wave_id)).all()
    return wave_id, [survey_token(keys, wave_id, invitee) for invitee in invitees]


def send(sessions: sessionmaker[Session], keys: KeyStore, token: str, text: str = "I mend things.") -> None:
    """Send a response in a transaction of its own."""
    with sessions() as session, transaction(session):
        submit(
            session,
            keys,
            token=token,
            answers={"self": text},
            channels=["podcasts"],
            attributes={"site": "Oslo"},
            quote=True,
        )


def send_all(sessions: sessionmaker[Session], keys: KeyStore, tokens: Sequence[str]) -> list[str]:
    """Send one response per token, told apart by its text; return the texts."""
    texts = [f"Answer number {number}" for number in range(len(tokens))]
    for token, text in zip(tokens, texts, strict=True):
        send(sessions, keys, token, text)
    return texts


def renew_progress(sessions: sessionmaker[Session], keys: KeyStore, wave_id: int) -> bool:
    """Let the worker look at an open wave; every word counts as a theme."""
    with sessions() as session, transaction(session):
        return progress.renew(
            session, keys, session.get_one(Wave, wave_id), lambda text: frozenset(text.lower().split())
        )


def closing_lease(sessions: sessionmaker[Session], wave_id: int, *, owner: str = "worker") -> Lease:
    """Tell the wave to close and claim the job."""
    with sessions() as session, transaction(session):
        start_closing(session, session.get_one(Wave, wave_id), None)
    with sessions() as session, transaction(session):
        lease = jobs.claim(session, owner=owner, length=dt.timedelta(hours=1))
        assert lease is not None
        return lease
