"""Waves: prepared, opened, closed. What is answered lives in responses; the work of closing in closing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from survey.domain import audit, jobs
from survey.domain.attributes import MIN_GROUP, coarsening_tree
from survey.domain.closing import close_wave
from survey.domain.keys import KeyStore, survey_token
from survey.enums import JobKind, WaveState
from survey.exceptions import ConflictError, InvalidInputError, StateError
from survey.models import Invitee, Job, Questionnaire, Wave
from survey.models.base import random_key, utc_now

__all__ = ["MAX_ATTRIBUTES", "close_wave", "create_wave", "open_wave", "start_closing", "survey_token"]

#: More attributes describe fewer people each, and coarsening would drop them again.
MAX_ATTRIBUTES = 3


def create_wave(
    session: Session,
    *,
    name: str,
    questionnaire: Questionnaire,
    roster: Sequence[Mapping[str, str]],
    attributes: Sequence[Mapping[str, Any]],
) -> Wave:
    """Add a draft wave with its invitees.

    A row of the roster holds ``email`` and ``language`` (both optional) and a band for each attribute
    (optional); other columns are ignored. An attribute is ``{"name", "label", "bands"}``.

    Raises InvalidInputError if name, roster or attributes cannot be used, ConflictError if the name is taken.
    """
    name = name.strip()
    if not 0 < len(name) <= 120:
        raise InvalidInputError("Give the wave a name of at most 120 characters.")
    if session.scalar(select(func.count()).select_from(Wave).where(Wave.name == name)):
        raise ConflictError("There is a wave of this name. Choose another name.")
    frozen = _read_attributes(attributes)
    _check_roster(roster, frozen)
    wave = Wave(
        name=name, questionnaire=questionnaire, attributes=frozen, coarsening={}, n_invited=len(roster)
    )
    session.add(wave)
    session.flush()
    session.execute(
        insert(Invitee),
        [
            {
                "id": random_key(),
                "wave_id": wave.id,
                "email": (row.get("email") or "").strip(),
                "language": (row.get("language") or "").strip(),
                "attributes": {a["name"]: row[a["name"]] for a in frozen if row.get(a["name"])},
            }
            for row in roster
        ],
    )
    return wave


def open_wave(session: Session, wave: Wave, keys: KeyStore, *, account_id: int | None = None) -> None:
    """Open a draft wave: make its keys and freeze what may be kept of attributes.

    Keys of a transaction that is rolled back stay behind and are used by the next attempt.

    Raises StateError if the wave is no draft, InvalidInputError if fewer than ten people are invited.
    """
    session.refresh(wave, ["state"], with_for_update=True)
    if wave.state is not WaveState.DRAFT:
        raise StateError("Only a draft wave can be opened.")
    roster = session.scalars(select(Invitee.attributes).where(Invitee.wave_id == wave.id)).all()
    if len(roster) < MIN_GROUP:
        raise InvalidInputError(
            f"Invite at least {MIN_GROUP} people: the answers of fewer would never be opened."
        )
    keys.create(wave.id)
    wave.public_key = bytes(keys.seal_key(wave.id).public_key)
    wave.coarsening = coarsening_tree(roster, [attribute["name"] for attribute in wave.attributes])
    wave.n_invited = len(roster)
    wave.opened_at = utc_now()
    wave.state = WaveState.OPEN
    audit.record(session, "opened", f"wave {wave.id}", account_id=account_id, n_invited=wave.n_invited)


def start_closing(session: Session, wave: Wave, account_id: int | None) -> Job:
    """Stop taking answers and enqueue the work of closing; again after a failure, or the job that runs.

    Raises StateError if the wave is a draft or closed.
    """
    session.refresh(wave, ["state"], with_for_update=True)
    if wave.state not in (WaveState.OPEN, WaveState.CLOSING):
        raise StateError("Only an open wave can be closed.")
    if wave.state is WaveState.OPEN:
        wave.state = WaveState.CLOSING
        audit.record(session, "closing", f"wave {wave.id}", account_id=account_id)
    return jobs.enqueue(session, kind=JobKind.CLOSE_WAVE, subject_id=wave.id, account_id=account_id)


def _read_attributes(attributes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if len(attributes) > MAX_ATTRIBUTES:
        raise InvalidInputError(f"A wave asks for {MAX_ATTRIBUTES} attributes at most. Leave some out.")
    frozen = [
        {"name": str(a["name"]), "label": str(a.get("label") or a["name"]), "bands": list(a["bands"])}
        for a in attributes
    ]
    names = [attribute["name"] for attribute in frozen]
    if len(set(names)) < len(names) or not all(attribute["bands"] for attribute in frozen):
        raise InvalidInputError("Give every attribute its own name and at least one band.")
    return frozen


def _check_roster(roster: Sequence[Mapping[str, str]], attributes: Sequence[Mapping[str, Any]]) -> None:
    if not roster:
        raise InvalidInputError("The roster is empty. Add the people who are to be invited.")
    seen: dict[str, int] = {}
    for number, row in enumerate(roster, start=1):
        email = (row.get("email") or "").strip().casefold()
        if email and seen.setdefault(email, number) != number:
            raise InvalidInputError(
                f"Rows {seen[email]} and {number} of the roster have the same e-mail address: "
                "one person would get two links. Delete one of them."
            )
        for attribute in attributes:
            band = row.get(attribute["name"])
            if band and band not in attribute["bands"]:
                raise InvalidInputError(
                    f"Row {number} of the roster: “{attribute['name']}” is none of the bands of this wave."
                )
