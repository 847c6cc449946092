"""Waves as screens show them. Until the close counts are rounded and renewed for crowds only (see progress)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from survey.domain.attributes import Kinds
from survey.domain.progress import FEW
from survey.domain.responses import RELEASE_SIZE
from survey.enums import MessageState, WaveState
from survey.exceptions import NotFoundError
from survey.models import Invitee, Mailing, Message, Questionnaire, Wave, WaveImport


@dataclass(frozen=True, slots=True)
class WaveRow:
    """One wave. ``n_answered`` is rounded and late until the wave is closed, ``exact`` afterwards."""

    id: int
    name: str
    state: WaveState
    n_invited: int
    n_answered: int
    exact: bool
    opened_at: dt.datetime | None
    closed_at: dt.datetime | None
    opens_at: dt.datetime | None = None
    closes_at: dt.datetime | None = None
    progress: Mapping[str, Any] = field(default_factory=dict)

    @property
    def response_rate(self) -> float:
        """Share of the invited who have answered, 0 to 1, from the count that is shown."""
        return self.n_answered / self.n_invited if self.n_invited else 0.0

    @property
    def imported(self) -> bool:
        """Whether the answers were given elsewhere: nobody was invited here."""
        return self.exact and not self.n_invited and bool(self.n_answered)

    @property
    def is_small(self) -> bool:
        """Whether it has too few answers for personas."""
        return self.n_answered < FEW

    @property
    def readable(self) -> bool:
        """Whether the wave is closed with enough answers to have been opened."""
        return self.state is WaveState.CLOSED and self.n_answered >= RELEASE_SIZE


def get_wave(session: Session, wave_id: int) -> Wave:
    """Return a wave. Raises NotFoundError."""
    wave = session.get(Wave, wave_id)
    if wave is None:
        raise NotFoundError("There is no such wave.")
    return wave


def list_waves(session: Session) -> list[WaveRow]:
    """Return all waves, the newest first, in one query."""
    waves = session.scalars(select(Wave).options(lazyload(Wave.questionnaire)).order_by(Wave.id.desc()))
    return [_row(wave) for wave in waves]


def list_uploads(session: Session) -> list[tuple[int, str]]:
    """Return number and file name of the surveys from elsewhere that are no wave yet, the newest first."""
    waiting = select(WaveImport.id, WaveImport.filename).where(WaveImport.wave_id.is_(None))
    return [(row.id, row.filename) for row in session.execute(waiting.order_by(WaveImport.id.desc()))]


def get_wave_row(session: Session, wave_id: int) -> WaveRow:
    """Return one wave as screens show it. Raises NotFoundError."""
    return _row(get_wave(session, wave_id))


def count_kinds(session: Session, wave_id: int) -> Kinds:
    """Count the people of a roster by their attributes, without a look at who they are."""
    attributes = session.scalars(select(Invitee.attributes).where(Invitee.wave_id == wave_id))
    return Counter(frozenset(person.items()) for person in attributes)


def _row(wave: Wave) -> WaveRow:
    exact = wave.state is WaveState.CLOSED and wave.n_answered is not None
    return WaveRow(
        id=wave.id,
        name=wave.name,
        state=wave.state,
        n_invited=wave.n_invited,
        n_answered=(wave.n_answered or 0) if exact else wave.progress.get("n_answered", 0),
        exact=exact,
        opened_at=wave.opened_at,
        closed_at=wave.closed_at,
        opens_at=wave.opens_at,
        closes_at=wave.closes_at,
        progress=wave.progress,
    )


@dataclass(frozen=True, slots=True)
class MailingRow:
    """One round of mail.

    Of a reminder neither what still waits nor what was refused is told: people who have answered are passed
    over at once, so the pace would count them.
    """

    id: int
    is_reminder: bool
    audience: Mapping[str, Any]
    due_at: dt.datetime
    begun: bool
    done: bool
    n_people: int
    n_waiting: int | None
    n_uncertain: int
    n_refused: int | None


def list_mailings(session: Session, wave_id: int) -> list[MailingRow]:
    """Return the rounds of mail of a wave in their order, planned ones too."""
    counted = (
        select(Message.mailing_id, Message.state, func.count())
        .join(Mailing, Mailing.id == Message.mailing_id)
        .where(Mailing.wave_id == wave_id)
        .group_by(Message.mailing_id, Message.state)
    )
    counts = {(mailing_id, state): n for mailing_id, state, n in session.execute(counted)}
    mailings = session.scalars(select(Mailing).where(Mailing.wave_id == wave_id).order_by(Mailing.due_at))
    return [
        MailingRow(
            id=mailing.id,
            is_reminder=mailing.is_reminder,
            audience=mailing.audience,
            due_at=mailing.due_at,
            begun=mailing.begun_at is not None,
            done=mailing.done_at is not None,
            n_people=sum(counts.get((mailing.id, state), 0) for state in MessageState),
            n_waiting=None if mailing.is_reminder else counts.get((mailing.id, MessageState.WAITING), 0),
            n_uncertain=counts.get((mailing.id, MessageState.SENDING), 0),
            n_refused=None if mailing.is_reminder else counts.get((mailing.id, MessageState.REFUSED), 0),
        )
        for mailing in mailings
    ]


def list_bounced(session: Session, wave_id: int) -> list[str]:
    """Return the addresses to which mail does not get through."""
    bounced = select(Invitee.email).where(Invitee.wave_id == wave_id, Invitee.bounced)
    return list(session.scalars(bounced.order_by(Invitee.email)))


def count_addresses(session: Session, wave_id: int) -> int:
    """Count the people of a wave who have an e-mail address."""
    return session.scalar(select(func.count()).where(Invitee.wave_id == wave_id, Invitee.email != "")) or 0


def list_drafts_of(session: Session, questionnaire_id: int) -> list[Wave]:
    """Return the draft waves that ask a questionnaire."""
    drafts = select(Wave).where(Wave.questionnaire_id == questionnaire_id, Wave.state == WaveState.DRAFT)
    return list(session.scalars(drafts.order_by(Wave.id.desc())))


def list_questionnaires(session: Session) -> list[Questionnaire]:
    """Return all questionnaires, the newest first."""
    return list(session.scalars(select(Questionnaire).order_by(Questionnaire.id.desc())))


def list_invitees(session: Session, wave_id: int) -> list[Invitee]:
    """Return the roster of a wave by address: to hand out links, never beside anything about answers."""
    return list(session.scalars(select(Invitee).where(Invitee.wave_id == wave_id).order_by(Invitee.email)))
