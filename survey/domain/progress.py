"""How an open wave is doing, in figures that name nobody: response rate and yield meter.

Figures are renewed by the worker, at most once an hour, and only when at least ten more people have answered:
the difference between two looks is a crowd. Words are counted on answers that were released in crowds of ten,
never on sealed ones. Groups are told by quarters, and only large ones. What one person said, or whether somebody
answered, is in no figure.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.domain.instrument import is_open_ended
from survey.domain.keys import KeyStore, survey_token, token_hash
from survey.enums import WaveState
from survey.models import Answer, Invitee, Response, SpentToken, Wave
from survey.models.base import utc_now

#: Counts are rounded down to a multiple of this …
ROUNDING = 5
#: … and renewed when so many more people have answered.
STEP = 10
#: Figures about words need so many released responses, figures about a group so many invited people.
LEAST_READ = LEAST_GROUP = 20
#: So many responses are looked at, drawn by their random keys: more would change no rounded figure.
MOST_READ = 2000
#: Answers under which no personas can be found, and from which on they are stable (docs/methods.md).
FEW, MANY = 30, 100
#: Share of mentions whose theme is known already, from which on more answers add little (Good 1953).
SATURATED = 0.9
#: How far behind all others a group must be to be named.
LAG = 0.15

Themes = Callable[[str], frozenset[str]]


def renew(
    session: Session, keys: KeyStore, wave: Wave, themes: Themes, *, now: dt.datetime | None = None
) -> bool:
    """Renew the figures of an open wave if a crowd has answered since; say whether they were."""
    session.refresh(wave, ["state", "progress"], with_for_update=True)
    n_spent = session.scalar(select(func.count()).where(SpentToken.wave_id == wave.id)) or 0
    shown = wave.progress.get("n_answered", 0)
    # Behind the number that is shown there may have been a few more; they are no part of the next crowd.
    n_before = shown + ROUNDING - 1 if shown else 0
    if wave.state is not WaveState.OPEN or n_spent - n_before < STEP:
        return False
    wave.progress = {
        "renewed_at": (now or utc_now()).isoformat(timespec="minutes"),
        "n_answered": n_spent // ROUNDING * ROUNDING,
        **_yield_of(session, wave, themes),
        "behind": _groups_behind(session, keys, wave),
    }
    session.flush()
    return True


def quarter(share: float) -> int:
    """Return in which quarter a share of 0 to 1 lies, 1 to 4."""
    return min(4, int(share * 4) + 1)


def verdict(progress: Mapping[str, Any]) -> str:
    """Return in a word what to do: ``few``, ``some``, ``thin`` (many, but new themes still come) or ``enough``."""
    n_answered = progress.get("n_answered", 0)
    if n_answered < FEW:
        return "few"
    if n_answered < MANY:
        return "some"
    return "enough" if progress.get("known", 0) >= 100 * SATURATED else "thin"


def saturation(mentioned: Sequence[frozenset[str]]) -> tuple[float, float]:
    """Return the share of mentions whose theme is known already and the new themes in ten more answers.

    Good's estimate: as many mentions are still new as there are themes that only one person has named.

    Examples
    --------
    >>> saturation([frozenset({"team", "pay"}), frozenset({"team"})])
    (0.6666666666666667, 5.0)
    """
    counts = Counter(theme for named in mentioned for theme in named)
    n_mentions, n_once = sum(counts.values()), sum(n == 1 for n in counts.values())
    if not n_mentions:
        return 0.0, 0.0
    return 1 - n_once / n_mentions, 10 * n_once / len(mentioned)


def _yield_of(session: Session, wave: Wave, themes: Themes) -> dict[str, Any]:
    """Count words, items and themes of the released responses; nothing while they are few."""
    released = select(Response.id).where(Response.wave_id == wave.id).order_by(Response.id).limit(MOST_READ)
    texts: dict[str, dict[str, str]] = {key: {} for key in session.scalars(released)}
    if len(texts) < LEAST_READ:
        return {"n_read": 0}
    answers = (
        select(Answer.response_id, Answer.item, Answer.text)
        .join(Response)
        .where(Response.wave_id == wave.id, Response.id <= max(texts))
    )
    for row in session.execute(answers):
        texts[row.response_id][row.item] = row.text
    closed = {item.name for item in wave.questionnaire.items if not is_open_ended(item)}
    own_words = [
        " \n ".join(text for item, text in person.items() if item not in closed) for person in texts.values()
    ]
    known, fresh = saturation([themes(words) for words in own_words])
    return {
        "n_read": len(texts),
        "words": round(median(len(words.split()) for words in own_words) / ROUNDING) * ROUNDING,
        "items": {
            item.name: quarter(sum(bool(person.get(item.name)) for person in texts.values()) / len(texts))
            for item in wave.questionnaire.items
        },
        "known": round(known * 20) * 5,
        "fresh": round(fresh),
    }


def _groups_behind(session: Session, keys: KeyStore, wave: Wave) -> list[dict[str, Any]]:
    """Return large groups that answer clearly less than all, with the quarter their rate lies in."""
    spent = set(session.scalars(select(SpentToken.token_hash).where(SpentToken.wave_id == wave.id)))
    invited: Counter[tuple[str, str]] = Counter()
    answered: Counter[tuple[str, str]] = Counter()
    for row in session.execute(select(Invitee.id, Invitee.attributes).where(Invitee.wave_id == wave.id)):
        has = token_hash(survey_token(keys, wave.id, row.id)) in spent
        for group in row.attributes.items():
            invited[group] += 1
            answered[group] += has
    overall = len(spent) / max(1, wave.n_invited)
    behind = [
        {"attribute": name, "band": band, "quarter": quarter(answered[name, band] / n)}
        for (name, band), n in sorted(invited.items())
        if n >= LEAST_GROUP and answered[name, band] / n < overall - LAG
    ]
    return behind if len(spent) >= LEAST_GROUP else []
