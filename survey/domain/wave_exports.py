"""What HR may take away of a closed wave: answers item by item, so mixed that nothing of one person stands together.

Own words need consent, ten consenting people at the item, and words that at least five people of the wave used;
others are masked, and so is what identifies somebody, however many wrote it. Sentences on sensitive matters are left
out. An option is told if at least five people chose it and at least five did not.

The worker prepares the rows, because reading names and matters out of words is its trade; pages only hand them out.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import parts, transaction
from survey.domain import audit, jobs
from survey.domain.jobs import Lease
from survey.domain.queries.waves import get_wave
from survey.domain.questionnaires import options, texts_of
from survey.domain.responses import LEAST, MOST, RELEASE_SIZE
from survey.enums import ItemType, JobKind, WaveState
from survey.exceptions import NotFoundError, StateError
from survey.models import Answer, Item, Job, PreparedAnswers, Response, Wave
from survey.models.base import utc_now

COLUMNS = ("item", "question", "answer")
#: People behind every word and every option that leaves the house …
LEAST_PEOPLE = 5
#: … and behind every item whose words do.
LEAST_CROWD = RELEASE_SIZE
MASK = "…"

#: How long prepared answers wait to be taken away.
PREPARED_KEPT = dt.timedelta(days=1)

_CHUNK = 1_000
_WORD = re.compile(r"[^\W_](?:[\w'’.@+#/:-]*[\w+#])?")
# Addresses, and numbers as long as those of telephones and people.
_CONTACT = re.compile(r"@|\w\.\w+/|\d(?:\D?\d){3}")
_MASKS = re.compile(rf"{MASK}(?:[\s,;.-]*{MASK})+")
_RANDOM = secrets.SystemRandom()
Row = tuple[str, str, str]
#: Returns a text with :data:`MASK` for what identifies somebody, and without sentences on sensitive matters.
Protect = Callable[[str], str]


def start_preparing(session: Session, wave: Wave, *, account_id: int | None) -> Job:
    """Ask the worker for the answers of a wave. Raises StateError unless it is closed with ten answers."""
    _check(wave)
    return jobs.enqueue(session, kind=JobKind.PREPARE_ANSWERS, subject_id=wave.id, account_id=account_id)


def prepare(sessions: sessionmaker[Session], lease: Lease, *, protect: Protect) -> None:
    """Store the rows of a wave, in place of what was prepared of it before.

    Raises StateError unless the wave is closed with answers, JobCancelledError if the job was stopped or the lease is
    lost.
    """
    with sessions() as session:
        wave = get_wave(session, lease.subject_id)
        _check(wave)
        items, n_people = list(wave.questionnaire.items), wave.n_answered or 0
        said, users = _said(session, wave.id)
    n_done, n_total = 0, sum(map(len, said.values()))
    rows: list[Row] = []
    for item in items:
        answers: list[str] = []
        if item.item_type is not ItemType.OPEN:
            answers = _options(item, [text for text, _ in said[item.name]], n_people)
        elif len(agreed := [text for text, quote in said[item.name] if quote]) >= LEAST_CROWD:
            for texts in parts(agreed, _CHUNK):
                answers += filter(_WORD.search, (_masked(protect(text), users) for text in texts))
                _advance(sessions, lease, n_done + len(answers), n_total)
        # Each item in an order of its own: the place of a row says nothing about its writer.
        _RANDOM.shuffle(answers)
        prompt = str(texts_of(item)["prompt"])
        rows += [(item.name, prompt, answer) for answer in answers]
        n_done += len(said[item.name])
        _advance(sessions, lease, n_done, n_total)
    with sessions() as session, transaction(session):
        jobs.finish(session, lease)
        session.merge(PreparedAnswers(wave_id=lease.subject_id, rows=rows, prepared_at=utc_now()))


def prepared_at(session: Session, wave_id: int) -> dt.datetime | None:
    """Return when the answers that wait to be taken away were prepared; None if none wait."""
    return session.scalar(select(PreparedAnswers.prepared_at).where(PreparedAnswers.wave_id == wave_id))


def take_away(
    session: Session, wave: Wave, *, file_format: str, account_id: int | None = None
) -> Sequence[Sequence[str]]:
    """Return item, question and answer in rows of which no two can be told to be one person's; it is logged.

    Raises NotFoundError if nothing is prepared.
    """
    found = session.get(PreparedAnswers, wave.id)
    if found is None:
        raise NotFoundError(
            "These answers are not prepared, or no longer. Prepare them anew on the wave's page."
        )
    audit.record(
        session,
        "exported answers of",
        f"wave {wave.id}",
        account_id=account_id,
        format=file_format,
        rows=len(found.rows),
    )
    return found.rows


def forget_prepared(session: Session, *, now: dt.datetime | None = None) -> None:
    """Throw away what was prepared over a day ago."""
    old = (now or utc_now()) - PREPARED_KEPT
    session.execute(delete(PreparedAnswers).where(PreparedAnswers.prepared_at < old))


def _check(wave: Wave) -> None:
    if wave.state is not WaveState.CLOSED or (wave.n_answered or 0) < RELEASE_SIZE:
        raise StateError(
            "Answers can be taken away once the wave is closed, if at least ten people answered."
        )


def _said(session: Session, wave_id: int) -> tuple[dict[str, list[tuple[str, bool]]], Counter[str]]:
    """Return the texts of each item with their consent, and how many people used each word."""
    said: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    words: dict[str, set[str]] = defaultdict(set)
    query = (
        select(Answer.response_id, Answer.item, Answer.text, Response.quote)
        .join(Response)
        .where(Response.wave_id == wave_id)
    )
    for row in session.execute(query):
        said[row.item].append((row.text, row.quote))
        words[row.response_id].update(_WORD.findall(row.text.casefold()))
    return said, Counter(word for used in words.values() for word in used)


def _advance(sessions: sessionmaker[Session], lease: Lease, n_done: int, n_total: int) -> None:
    with sessions() as session, transaction(session):
        jobs.advance(
            session, lease, n_done=n_done, n_total=n_total, step="Masking what could tell who wrote it"
        )


def _masked(text: str, users: Mapping[str, int]) -> str:
    """Return a text without addresses and numbers, and without words that fewer than five people used."""

    def shown(found: re.Match[str]) -> str:
        word = found.group()
        return MASK if _CONTACT.search(word) or users[word.casefold()] < LEAST_PEOPLE else word

    return _MASKS.sub(MASK, _WORD.sub(shown, text))


def _options(item: Item, said: Sequence[str], n_people: int) -> list[str]:
    labels = options(item)
    marks = {MOST: "most: ", LEAST: "least: "} if "sets" in item.rules else {}
    chosen = Counter(code for text in said for code in text.split(";") if code)
    return [
        marks.get(code[:1], "") + labels.get(code[1:] if code[:1] in marks else code, code)
        for code, n in chosen.items()
        if LEAST_PEOPLE <= n <= n_people - LEAST_PEOPLE
        for _ in range(n)
    ]
