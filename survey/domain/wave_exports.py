"""What HR may take away of a closed wave: answers item by item, so mixed that nothing of one person stands together.

Own words need consent, ten consenting people at the item, and words that at least five people of the wave used;
others are masked. An option is told if at least five people chose it and at least five did not.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.domain import audit
from survey.domain.questionnaires import options, texts_of
from survey.domain.responses import LEAST, MOST, RELEASE_SIZE
from survey.enums import ItemType, WaveState
from survey.exceptions import StateError
from survey.models import Answer, Item, Response, Wave

COLUMNS = ("item", "question", "answer")
#: People behind every word and every option that leaves the house …
LEAST_PEOPLE = 5
#: … and behind every item whose words do.
LEAST_CROWD = RELEASE_SIZE
MASK = "…"

_WORD = re.compile(r"[^\W_](?:[\w'’.@+#/:-]*[\w+#])?")
# Addresses, and numbers as long as those of telephones and people.
_CONTACT = re.compile(r"@|\w\.\w+/|\d(?:\D?\d){3}")
_MASKS = re.compile(rf"{MASK}(?:[\s,;.-]*{MASK})+")
_RANDOM = secrets.SystemRandom()
Row = tuple[str, str, str]


def export_answers(
    session: Session, wave: Wave, *, file_format: str, account_id: int | None = None
) -> list[Row]:
    """Return item, question and answer in rows of which no two can be told to be one person's; it is logged.

    Raises StateError unless the wave is closed with answers.
    """
    if wave.state is not WaveState.CLOSED or (wave.n_answered or 0) < RELEASE_SIZE:
        raise StateError(
            "Answers can be taken away once the wave is closed, if at least ten people answered."
        )
    said: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    users: Counter[str] = Counter()
    words: dict[str, set[str]] = defaultdict(set)
    query = (
        select(Answer.response_id, Answer.item, Answer.text, Response.quote)
        .join(Response)
        .where(Response.wave_id == wave.id)
    )
    for row in session.execute(query):
        said[row.item].append((row.text, row.quote))
        words[row.response_id].update(_WORD.findall(row.text.casefold()))
    for used in words.values():
        users.update(used)
    rows: list[Row] = []
    for item in wave.questionnaire.items:
        answers = (
            _words(said[item.name], users)
            if item.item_type is ItemType.OPEN
            else _options(item, [text for text, _ in said[item.name]], wave.n_answered or 0)
        )
        # Each item in an order of its own: the place of a row says nothing about its writer.
        _RANDOM.shuffle(answers)
        prompt = str(texts_of(item)["prompt"])
        rows += [(item.name, prompt, answer) for answer in answers]
    audit.record(
        session,
        "exported answers of",
        f"wave {wave.id}",
        account_id=account_id,
        format=file_format,
        rows=len(rows),
    )
    return rows


def _words(said: Iterable[tuple[str, bool]], users: Counter[str]) -> list[str]:
    agreed = [text for text, quote in said if quote]
    if len(agreed) < LEAST_CROWD:
        return []
    masked = (_masked(text, users) for text in agreed)
    return [text for text in masked if _WORD.search(text)]


def _masked(text: str, users: Counter[str]) -> str:
    """Return a text without addresses and numbers, and without words that fewer than five people used, as names are."""

    def shown(found: re.Match[str]) -> str:
        word = found.group()
        return MASK if _CONTACT.search(word) or users[word.casefold()] < LEAST_PEOPLE else word

    return _MASKS.sub(MASK, _WORD.sub(shown, text))


def _options(item: Item, said: Iterable[str], n_people: int) -> list[str]:
    labels = options(item)
    marks = {MOST: "most: ", LEAST: "least: "} if "sets" in item.rules else {}
    chosen = Counter(code for text in said for code in text.split(";") if code)
    return [
        marks.get(code[:1], "") + labels.get(code[1:] if code[:1] in marks else code, code)
        for code, n in chosen.items()
        if LEAST_PEOPLE <= n <= n_people - LEAST_PEOPLE
        for _ in range(n)
    ]
