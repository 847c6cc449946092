"""Waves: prepared, launched, opened, closed. What is answered lives in responses; the work of closing in closing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.domain import audit, invitees, items, jobs
from survey.domain.attributes import MIN_GROUP, coarsening_tree
from survey.domain.closing import close_wave
from survey.domain.keys import KeyStore, survey_token
from survey.enums import JobKind, WaveState
from survey.exceptions import ConflictError, InvalidInputError, StateError
from survey.models import Job, Mailing, Questionnaire, Wave
from survey.models.base import utc_now
from survey.texts import clean, one_line

__all__ = [
    "MAX_ATTRIBUTES",
    "change_plan",
    "change_roster",
    "check_launched",
    "choose_people",
    "choose_questionnaire",
    "close_due",
    "close_wave",
    "create_wave",
    "delete_wave",
    "free_name",
    "launch_wave",
    "open_due",
    "open_wave",
    "start_closing",
    "start_draft",
    "survey_token",
]

#: More attributes describe fewer people each, and coarsening would drop them again.
MAX_ATTRIBUTES = 3
#: Days after opening on which reminders may go out; a third one adds little and annoys.
MAX_REMINDERS, MAX_REMINDER_DAYS = 2, 60
MAX_TEXT, MAX_SUBJECT = 4000, 150


def start_draft(
    session: Session, *, name: str, questionnaire: Questionnaire, account_id: int | None = None
) -> Wave:
    """Add a draft wave that knows only what it asks.

    Raises InvalidInputError for a name that cannot be shown, ConflictError if it is taken.
    """
    wave = Wave(name=free_name(session, name), questionnaire=questionnaire, attributes=[], coarsening={})
    session.add(wave)
    session.flush()
    audit.record(session, "drafted", f"wave {wave.id}", account_id=account_id)
    return wave


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
    free = free_name(session, name)
    frozen = _read_attributes(attributes)
    invitees.check_roster(roster, frozen)
    wave = Wave(name=free, questionnaire=questionnaire, attributes=frozen, coarsening={})
    session.add(wave)
    session.flush()
    invitees.add_invitees(session, wave, roster, [attribute["name"] for attribute in frozen])
    return wave


def choose_questionnaire(
    session: Session, wave: Wave, questionnaire: Questionnaire, *, account_id: int | None = None
) -> None:
    """Let a draft ask another questionnaire. Raises StateError."""
    _at_draft(session, wave)
    wave.questionnaire = questionnaire
    audit.record(session, "chose the questionnaire of", f"wave {wave.id}", account_id=account_id)


def change_roster(
    session: Session,
    wave: Wave,
    people: Sequence[Mapping[str, str]],
    groups: Mapping[str, Mapping[str, int]],
    numbers: Sequence[int],
) -> None:
    """Give a draft another roster; ``numbers`` are its rows in the file. Raises InvalidInputError, StateError."""
    _at_draft(session, wave)
    invitees.replace_invitees(session, wave, people, groups, numbers)


def check_launched(wave: Wave) -> None:
    """Raise StateError unless a wave has its links: from its launch until it closes."""
    if wave.state not in (WaveState.SCHEDULED, WaveState.OPEN):
        raise StateError("Codes exist from the launch of a wave until it closes.")


def choose_people(
    session: Session,
    wave: Wave,
    *,
    audience: Mapping[str, Sequence[str]],
    attributes: Sequence[str],
    n_cards: int,
    account_id: int | None = None,
) -> None:
    """Say who of the roster is addressed, which of its columns are asked for, and how many codes are printed.

    Raises InvalidInputError if a column is unknown, attributes are too many or nobody is left; StateError.
    """
    _at_draft(session, wave)
    unknown = [n for n in (*audience, *attributes) if n not in wave.groups]
    if unknown or any(b not in wave.groups[n] for n, bands in audience.items() for b in bands):
        raise InvalidInputError("The roster has changed in the meantime. Look at the groups once more.")
    invitees.check_cards(n_cards, wave.n_invited)
    chosen = {name: list(bands) for name, bands in audience.items() if bands}
    wave.attributes = _read_attributes(
        [
            {
                "name": name,
                "label": (name[:1].upper() + name[1:]).replace("_", " "),
                "bands": invitees.bands_of(wave.groups, name, chosen),
            }
            for name in attributes
        ]
    )
    wave.audience, wave.n_cards = chosen, n_cards
    session.flush()
    if not invitees.count_addressed(session, wave):
        raise InvalidInputError("Nobody is in all the groups you chose. Choose more of them.")
    audit.record(session, "chose the people of", f"wave {wave.id}", account_id=account_id)


def change_plan(
    session: Session,
    wave: Wave,
    *,
    opens_at: dt.datetime | None,
    closes_at: dt.datetime | None,
    plan: Mapping[str, Any],
    texts: Mapping[str, Mapping[str, str]],
    now: dt.datetime | None = None,
    account_id: int | None = None,
) -> None:
    """Set when a wave opens and closes, which mail goes out when, and what it says.

    ``plan`` is ``{"invite", "reminders"}`` (days after opening). Of an open wave only the closing time can
    change. Raises InvalidInputError for times in the past or out of order and for texts over their length,
    StateError once the wave is closing.
    """
    session.refresh(wave, ["state"], with_for_update=True)
    if wave.state in (WaveState.CLOSING, WaveState.CLOSED):
        raise StateError("This wave is closed. Its times cannot change any more.")
    now = now or utc_now()
    if not wave.state.has_opened:
        if opens_at != wave.opens_at or wave.state is WaveState.DRAFT:
            _check_opening(opens_at, now)
        wave.opens_at = opens_at
        wave.plan = _read_plan(plan)
        wave.texts = _read_texts(texts)
    if closes_at is not None:
        if closes_at <= now:
            raise InvalidInputError("The closing time is in the past. Choose a later one, or leave it empty.")
        if wave.opens_at is not None and closes_at <= wave.opens_at:
            raise InvalidInputError("The wave would close before it opens. Choose a later closing time.")
    wave.closes_at = closes_at
    audit.record(session, "planned", f"wave {wave.id}", account_id=account_id)


def launch_wave(
    session: Session,
    wave: Wave,
    keys: KeyStore,
    *,
    signed_off_by: str,
    now: dt.datetime | None = None,
    account_id: int | None = None,
) -> None:
    """Fix everything about a draft and open it, now or by the worker when its time has come.

    Raises InvalidInputError if it is not ready (nobody signed it off, too few people, an empty
    questionnaire, times that have passed), StateError if it is no draft.
    """
    now = now or utc_now()
    _at_draft(session, wave)
    signed_off_by = one_line(signed_off_by)
    if not 0 < len(signed_off_by) <= 200:
        raise InvalidInputError("Name who signed this wave off, such as “A. Berg, works council”.")
    _check_opening(wave.opens_at, now)
    if wave.closes_at is not None and wave.closes_at <= now:
        raise InvalidInputError("The closing time has passed. Choose a later one first.")
    wave.signed_off_by = signed_off_by
    _freeze(session, wave, keys)
    wave.state = WaveState.SCHEDULED
    audit.record(
        session,
        "launched",
        f"wave {wave.id}",
        account_id=account_id,
        n_invited=wave.n_invited,
        signed_off_by=signed_off_by,
        questionnaire=wave.questionnaire_id,
    )
    session.flush()
    if wave.opens_at is None:
        _open(session, wave, now, account_id)


def open_wave(session: Session, wave: Wave, keys: KeyStore, *, account_id: int | None = None) -> None:
    """Open a draft wave at once, without plan or mail: make its keys and freeze what may be kept of attributes.

    Keys of a transaction that is rolled back stay behind and are used by the next attempt.

    Raises StateError if the wave is no draft, InvalidInputError if fewer than ten people are invited.
    """
    _at_draft(session, wave)
    _freeze(session, wave, keys)
    wave.plan = {}
    _open(session, wave, utc_now(), account_id)


def open_due(session: Session, wave: Wave, *, now: dt.datetime | None = None) -> bool:
    """Open a scheduled wave whose time has come; say whether it was."""
    session.refresh(wave, ["state", "opens_at"], with_for_update=True)
    now = now or utc_now()
    if wave.state is not WaveState.SCHEDULED or (wave.opens_at is not None and wave.opens_at > now):
        return False
    _open(session, wave, now, None)
    return True


def close_due(session: Session, wave: Wave, *, now: dt.datetime | None = None) -> bool:
    """Tell an open wave to close if its time has come; say whether it was."""
    session.refresh(wave, ["state", "closes_at"], with_for_update=True)
    if wave.state is not WaveState.OPEN or wave.closes_at is None or wave.closes_at > (now or utc_now()):
        return False
    start_closing(session, wave, None)
    return True


def delete_wave(session: Session, wave: Wave, keys: KeyStore, *, account_id: int | None = None) -> None:
    """Delete a wave that has not opened, with its roster and keys. Raises StateError once it has."""
    session.refresh(wave, ["state"], with_for_update=True)
    if wave.state.has_opened:
        raise StateError("People may have answered this wave. It can be closed, but not deleted.")
    audit.record(session, "deleted", f"wave {wave.id}", account_id=account_id)
    session.delete(wave)
    session.flush()
    keys.destroy(wave.id)


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


def free_name(session: Session, name: str) -> str:
    """Return a name for a wave on one line. Raises InvalidInputError, ConflictError if it is taken."""
    name = one_line(name)
    if not 0 < len(name) <= 120:
        raise InvalidInputError("Give the wave a name of at most 120 characters.")
    if session.scalar(select(func.count()).select_from(Wave).where(Wave.name == name)):
        raise ConflictError("There is a wave of this name. Choose another name.")
    return name


def _at_draft(session: Session, wave: Wave) -> None:
    session.refresh(wave, ["state"], with_for_update=True)
    if wave.state is not WaveState.DRAFT:
        raise StateError("Only a draft wave can be opened or changed.")


def _freeze(session: Session, wave: Wave, keys: KeyStore) -> None:
    """Fix questionnaire, roster and level of anonymity; make the keys."""
    items.freeze(session, wave.questionnaire)
    roster = invitees.settle_roster(session, wave)
    if len(roster) < MIN_GROUP:
        raise InvalidInputError(
            f"Invite at least {MIN_GROUP} people: the answers of fewer would never be opened."
        )
    keys.create(wave.id)
    wave.public_key = bytes(keys.seal_key(wave.id).public_key)
    wave.coarsening = coarsening_tree(roster, [attribute["name"] for attribute in wave.attributes])
    wave.n_invited = len(roster)
    wave.groups = {}


def _open(session: Session, wave: Wave, now: dt.datetime, account_id: int | None) -> None:
    wave.opened_at = now
    wave.state = WaveState.OPEN
    audit.record(session, "opened", f"wave {wave.id}", account_id=account_id, n_invited=wave.n_invited)
    if wave.plan.get("invite"):
        days = [(0, False), *((day, True) for day in wave.plan.get("reminders", []))]
        session.add_all(
            Mailing(wave_id=wave.id, is_reminder=again, audience={}, due_at=now + dt.timedelta(days=day))
            for day, again in days
        )
    session.flush()


def _check_opening(opens_at: dt.datetime | None, now: dt.datetime) -> None:
    if opens_at is not None and opens_at <= now:
        raise InvalidInputError(
            "The opening time is in the past. Choose a later one, or leave it empty to open at once."
        )


def _read_plan(plan: Mapping[str, Any]) -> dict[str, Any]:
    days = sorted({int(day) for day in plan.get("reminders", []) if day})
    if len(days) > MAX_REMINDERS or any(not 1 <= day <= MAX_REMINDER_DAYS for day in days):
        raise InvalidInputError(
            f"Remind at most twice, from 1 to {MAX_REMINDER_DAYS} days after the wave has opened."
        )
    return {"invite": bool(plan.get("invite")), "reminders": days}


def _read_texts(texts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = {}
    for language, parts in texts.items():
        kept = {name: text for name, part in parts.items() if (text := clean(part))}
        for name, part in kept.items():
            most = MAX_SUBJECT if name == "subject" else MAX_TEXT
            if len(part) > most:
                raise InvalidInputError(
                    f"A text has {len(part):,} characters and {most:,} are allowed. Shorten it."
                )
        if "\n" in kept.get("subject", ""):
            raise InvalidInputError("The subject is one line.")
        for name in ("invitation", "reminder"):
            if kept.get(name) and "{link}" not in kept[name]:
                raise InvalidInputError(
                    "The text of a mail must hold {link}, where the personal link will stand."
                )
        if kept:
            read[language] = kept
    return read
