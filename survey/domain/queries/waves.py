"""Waves as screens show them. Counts are rounded until the close: nobody can watch one person answer."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from survey.domain.attributes import Kinds
from survey.domain.responses import RELEASE_SIZE
from survey.enums import WaveState
from survey.exceptions import NotFoundError
from survey.models import Invitee, SpentToken, Wave

#: Counts of an open wave are rounded down to a multiple of this. Who watches a count all day long learns of every
#: so many-th person that they have just answered.
ROUNDING = 10


@dataclass(frozen=True, slots=True)
class WaveRow:
    """One wave. ``n_answered`` is rounded down to tens until the wave is closed, ``exact`` afterwards."""

    id: int
    name: str
    state: WaveState
    n_invited: int
    n_answered: int
    exact: bool
    opened_at: dt.datetime | None
    closed_at: dt.datetime | None

    @property
    def response_rate(self) -> float:
        """Share of the invited who have answered, 0 to 1, from the count that is shown."""
        return self.n_answered / self.n_invited if self.n_invited else 0.0

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
    """Return all waves, the newest first, in two queries."""
    spent = select(SpentToken.wave_id, func.count()).group_by(SpentToken.wave_id)
    counts = dict(session.execute(spent).all())
    waves = session.scalars(select(Wave).options(lazyload(Wave.questionnaire)).order_by(Wave.id.desc()))
    return [_row(wave, counts.get(wave.id, 0)) for wave in waves]


def get_wave_row(session: Session, wave_id: int) -> WaveRow:
    """Return one wave as screens show it. Raises NotFoundError."""
    return _row(get_wave(session, wave_id), count_answered(session, wave_id))


def count_answered(session: Session, wave_id: int) -> int:
    """Count the used links of a wave, exactly: not for a screen while the wave is open."""
    return session.scalar(select(func.count()).where(SpentToken.wave_id == wave_id)) or 0


def count_kinds(session: Session, wave_id: int) -> Kinds:
    """Count the people of a roster by their attributes, without a look at who they are."""
    attributes = session.scalars(select(Invitee.attributes).where(Invitee.wave_id == wave_id))
    return Counter(frozenset(person.items()) for person in attributes)


def _row(wave: Wave, n_spent: int) -> WaveRow:
    exact = wave.state is WaveState.CLOSED and wave.n_answered is not None
    return WaveRow(
        id=wave.id,
        name=wave.name,
        state=wave.state,
        n_invited=wave.n_invited,
        n_answered=(wave.n_answered or 0) if exact else n_spent // ROUNDING * ROUNDING,
        exact=exact,
        opened_at=wave.opened_at,
        closed_at=wave.closed_at,
    )


def list_invitees(session: Session, wave_id: int) -> list[Invitee]:
    """Return the roster of a wave by address: to hand out links, never beside anything about answers."""
    return list(session.scalars(select(Invitee).where(Invitee.wave_id == wave_id).order_by(Invitee.email)))
