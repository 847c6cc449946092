"""What a closed wave tells about its own questions: what follow-ups brought, which reasons weigh most.

Aggregates of at least ten people each, of a wave whose answers are opened; never an answer.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.domain.questionnaires import is_follow_up, options
from survey.domain.responses import LEAST, MOST, RELEASE_SIZE
from survey.enums import ItemType, WaveState
from survey.models import Answer, Item, Response, Wave

#: Standard errors on either side of a difference that hold 95 of 100.
Z = 1.96


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean words of those who were asked follow-ups and of those who were not, by chance; with its 95 % interval."""

    asked: float
    held_out: float
    low: float
    high: float

    @property
    def more(self) -> float:
        """Words more for being asked."""
        return self.asked - self.held_out


@dataclass(frozen=True, slots=True)
class FollowUpGain:
    """What follow-up questions brought: words about what they follow, words in all later questions."""

    n_asked: int
    n_held_out: int
    there: Difference
    later: Difference


@dataclass(frozen=True, slots=True)
class Weight:
    """How a reason weighs: share of people who chose it as most minus share who chose it as least, −1 to 1."""

    text: str
    balance: float


def follow_up_gain(session: Session, wave: Wave) -> FollowUpGain | None:
    """Compare who was asked follow-ups with whom chance left out; None if either are fewer than ten people.

    Compared are all who answered what the follow-ups are about, whether they answered these or skipped them.
    """
    items = wave.questionnaire.items
    asked_about = [item for item in items if is_follow_up(item)]
    if wave.state is not WaveState.CLOSED or not asked_about:
        return None
    first = str(asked_about[0].rules["follows"])
    there = {first, *(item.name for item in asked_about)}
    last = max(item.position for item in items if item.name in there)
    later = {item.name for item in items if item.position > last and item.item_type is ItemType.OPEN}
    words = _words(session, wave, there | later)
    asked, held_out = (
        [counts for counts, left_out in words if counts.get(first) and left_out is group]
        for group in (False, True)
    )
    if min(len(asked), len(held_out)) < RELEASE_SIZE:
        return None
    return FollowUpGain(
        len(asked), len(held_out), _difference(asked, held_out, there), _difference(asked, held_out, later)
    )


def weights(session: Session, wave: Wave) -> list[Weight]:
    """Return the reasons of the choices of most and least, the weightiest first; none under ten people."""
    if wave.state is not WaveState.CLOSED:
        return []
    return [
        weight
        for item in wave.questionnaire.items
        if "sets" in item.rules
        for weight in _weights(item, _texts(session, wave, item.name))
    ]


def _weights(item: Item, answers: Sequence[str]) -> list[Weight]:
    if len(answers) < RELEASE_SIZE:
        return []
    chosen = Counter(code for answer in answers for code in answer.split(";"))
    found = [
        Weight(label, (chosen[MOST + code] - chosen[LEAST + code]) / len(answers))
        for code, label in options(item).items()
    ]
    return sorted(found, key=lambda weight: -weight.balance)


def _texts(session: Session, wave: Wave, item: str) -> Sequence[str]:
    return session.scalars(
        select(Answer.text).join(Response).where(Response.wave_id == wave.id, Answer.item == item)
    ).all()


def _words(session: Session, wave: Wave, items: Collection[str]) -> list[tuple[dict[str, int], bool]]:
    """Return, per response, the words of each item and whether chance left it out of follow-ups."""
    rows = session.execute(
        select(Response.id, Response.held_out, Answer.item, Answer.text)
        .join(Answer)
        .where(Response.wave_id == wave.id, Answer.item.in_(items))
    )
    found: dict[str, tuple[dict[str, int], bool]] = {}
    for key, held_out, item, text in rows:
        found.setdefault(key, ({}, held_out))[0][item] = len(text.split())
    return list(found.values())


def _difference(
    asked: Sequence[Mapping[str, int]], held_out: Sequence[Mapping[str, int]], items: Collection[str]
) -> Difference:
    first, second = (
        [sum(counts.get(item, 0) for item in items) for counts in group] for group in (asked, held_out)
    )
    more = fmean(first) - fmean(second)
    error = math.sqrt(variance(first) / len(first) + variance(second) / len(second))
    return Difference(fmean(first), fmean(second), more - Z * error, more + Z * error)
