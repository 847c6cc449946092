"""Closed surveys made elsewhere become waves: uploaded, shown with a suggested mapping, confirmed by a person.

Only what may be kept is stored, from the first moment: identity, place and times were left out when the file was
read. A question that nobody maps goes when the wave is made, and with it the upload.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from survey.domain import audit
from survey.domain.items import MAX_NAME, MAX_OPTION, MAX_OPTIONS, MAX_PROMPT, MOST_CHARS
from survey.domain.questionnaires import read_default
from survey.domain.responses import CHANNELS_ITEM, RELEASE_SIZE, clean
from survey.domain.waves import free_name
from survey.enums import ItemType, WaveState
from survey.exceptions import InvalidInputError, NotFoundError, StateError
from survey.item_words import ITEMS, suggest
from survey.models import Answer, Item, Model, Questionnaire, Response, Wave, WaveImport
from survey.models.base import random_key, utc_now
from survey.response_tables import (
    Export,
    Question,
    chosen_options,
    consents,
    own_words,
    read_export,
    read_responses,
)
from survey.tables import Table, file_name

#: So many responses are taken in while somebody waits for the page.
MAX_ROWS = 100_000
#: An upload that nobody confirms is thrown away after this.
UPLOAD_KEPT = dt.timedelta(days=1)
#: An option that fewer people chose is not named.
LEAST_NAMED = 5
OTHER = "other"
QUOTE = "quote"

_SHOWN, _SHOWN_CHARS = 3, 200
_CHUNK = 2_000
_UNLIKE = re.compile(r"[\W_]+")
# As tables: without objects a hundred thousand responses go in faster.
_RESPONSE, _ANSWER = (Model.metadata.tables[model.__tablename__] for model in (Response, Answer))


def upload(
    session: Session,
    *,
    name: str,
    content: bytes,
    account_id: int | None = None,
    now: dt.datetime | None = None,
) -> WaveImport:
    """Read a file and keep what may be kept of it until somebody confirms how it is read.

    Raises InvalidInputError naming file, row and column.
    """
    forget_uploads(session, now=now)
    name = file_name(name, otherwise="survey.csv")
    export = read_export(read_responses(content, name=name, max_rows=MAX_ROWS))
    _check_count(len(export.table.rows))
    places = [index for question in export.questions for index in question.columns]
    rows = [[clean(row[index]) for index in places] for row in export.table.rows]
    numbered = iter(range(len(places)))
    questions = [
        Question(q.prompt, tuple(next(numbered) for _ in q.columns), q.options, q.code)
        for q in export.questions
    ]
    wave_import = WaveImport(
        filename=name,
        system=export.system,
        header=_header(questions),
        questions=[asdict(question) for question in questions],
        dropped=list(export.dropped),
        mapping={},
        content=json.dumps({"separator": export.separator, "rows": rows}, ensure_ascii=False).encode(),
        n_rows=len(rows),
        created_by=account_id,
    )
    wave_import.mapping = _remembered(session, wave_import) or {
        str(position): item for position, item in suggest(_export(wave_import)).items()
    }
    session.add(wave_import)
    session.flush()
    audit.record(session, "uploaded", f"wave import {wave_import.id}", account_id=account_id, rows=len(rows))
    return wave_import


def get_upload(session: Session, import_id: int) -> WaveImport:
    """Return an upload that waits to be confirmed. Raises NotFoundError, StateError if it is a wave already."""
    wave_import = session.get(WaveImport, import_id)
    if wave_import is None:
        raise NotFoundError("There is no such upload. After a day without confirmation it is thrown away.")
    if wave_import.content is None:
        raise StateError("This file has been imported. Upload it again to import it once more.")
    return wave_import


def preview(wave_import: WaveImport) -> list[list[str]]:
    """Return some answers to each question; each question draws its own, so that no row is one person."""
    export = _export(wave_import)
    drawn = random.Random(wave_import.id)
    shown = []
    for question in export.questions:
        said = sorted({" · ".join(export.parts(question, row)) for row in export.table.rows[:500]} - {""})
        some = drawn.sample(said, min(_SHOWN, len(said)))
        shown.append([text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}…" for text in some])
    return shown


def questions_of(wave_import: WaveImport) -> list[Question]:
    """Return the questions of an upload in the order of its columns."""
    return [
        Question(q["prompt"], tuple(q["columns"]), tuple(q["options"]), q["code"])
        for q in wave_import.questions
    ]


def import_wave(
    session: Session,
    wave_import: WaveImport,
    *,
    name: str,
    mapping: Mapping[str, str],
    account_id: int | None = None,
) -> Wave:
    """Make a closed wave of an upload and throw the upload away; ``mapping`` is place of a question → item.

    Responses get random ids and lie in their order; nothing tells which row of the file one was.

    Raises InvalidInputError if the mapping or the name cannot be used, ConflictError if the name is taken.
    """
    export = _export(wave_import)
    _check_mapping(mapping, len(export.questions))
    by_item: dict[str, list[Question]] = {}
    for position, question in enumerate(export.questions):
        if item := mapping.get(str(position)):
            by_item.setdefault(item, []).append(question)
    codes = _channel_codes(export, by_item.get(CHANNELS_ITEM, ()))
    said = [
        (answers, consents(export, by_item.get(QUOTE, ()), row))
        for row in export.table.rows
        if (answers := _answers(export, by_item, row, codes))
    ]
    _check_count(len(said))
    wave = Wave(
        name=free_name(session, name),
        state=WaveState.CLOSED,
        questionnaire=_questionnaire(session, name, by_item, codes),
        attributes=[],
        coarsening={},
        n_answered=len(said),
        closed_at=utc_now(),
    )
    session.add(wave)
    session.flush()
    _add_responses(session, wave, said)
    wave_import.mapping = dict(mapping)
    wave_import.content = None
    wave_import.wave_id = wave.id
    audit.record(
        session,
        "imported",
        f"wave {wave.id}",
        account_id=account_id,
        system=wave_import.system,
        n_answered=len(said),
        left_out=list(wave_import.dropped),
    )
    return wave


def forget_upload(session: Session, wave_import: WaveImport, *, account_id: int | None = None) -> None:
    """Throw an upload away unread."""
    audit.record(session, "threw away", f"wave import {wave_import.id}", account_id=account_id)
    session.delete(wave_import)


def forget_uploads(session: Session, *, now: dt.datetime | None = None) -> None:
    """Throw away what nobody confirmed in time."""
    old = (now or utc_now()) - UPLOAD_KEPT
    session.execute(delete(WaveImport).where(WaveImport.wave_id.is_(None), WaveImport.created_at < old))


def _export(wave_import: WaveImport) -> Export:
    if wave_import.content is None:
        raise StateError("This file has been imported. Upload it again to import it once more.")
    stored = json.loads(wave_import.content)
    questions = questions_of(wave_import)
    columns = tuple(question.label for question in questions for _ in question.columns)
    rows = tuple(map(tuple, stored["rows"]))
    table = Table(wave_import.filename, columns, rows, ",", tuple(range(2, len(rows) + 2)))
    return Export(
        wave_import.system, table, tuple(questions), tuple(wave_import.dropped), stored["separator"]
    )


def _remembered(session: Session, wave_import: WaveImport) -> dict[str, str]:
    """Return the mapping that was confirmed last for the same questions, in any order."""
    latest = session.scalar(
        select(WaveImport)
        .where(WaveImport.header == wave_import.header, WaveImport.wave_id.is_not(None))
        .order_by(WaveImport.id.desc())
        .limit(1)
    )
    if latest is None:
        return {}
    known = {_told(q): latest.mapping.get(str(place), "") for place, q in enumerate(questions_of(latest))}
    asked = enumerate(questions_of(wave_import))
    return {str(place): item for place, question in asked if (item := known[_told(question)])}


def _header(questions: Sequence[Question]) -> str:
    return hashlib.sha256("\n".join(sorted(map(_told, questions))).encode()).hexdigest()


def _told(question: Question) -> str:
    return f"{question.code}\t{' '.join(question.prompt.split())}\t{len(question.columns)}"


def _check_mapping(mapping: Mapping[str, str], n_questions: int) -> None:
    if not all(place.isdecimal() and int(place) < n_questions for place in mapping):
        raise InvalidInputError("The questions do not belong to this file. Reload the page and try again.")
    if not set(mapping.values()) <= set(ITEMS):
        raise InvalidInputError("Choose what each question is about from the list.")
    if not set(mapping.values()) - {CHANNELS_ITEM, QUOTE}:
        raise InvalidInputError(
            "No question holds people's own words. Say of at least one what it is about; ticks alone make no personas."
        )


def _check_count(n_responses: int) -> None:
    if n_responses < RELEASE_SIZE:
        raise InvalidInputError(
            f"There are {n_responses} answers, and a wave under {RELEASE_SIZE} is never opened, so that nobody can "
            "be recognised. Nothing was kept."
        )


def _answers(
    export: Export, by_item: Mapping[str, Sequence[Question]], row: Sequence[str], codes: Mapping[str, str]
) -> dict[str, str]:
    said = {
        item: own_words(export, questions, row)
        for item, questions in by_item.items()
        if item not in (CHANNELS_ITEM, QUOTE)
    }
    chosen = {codes[label] for label in chosen_options(export, by_item.get(CHANNELS_ITEM, ()), row)}
    said[CHANNELS_ITEM] = ";".join(code for code in dict.fromkeys(codes.values()) if code in chosen)
    return {item: text for item, text in said.items() if text}


def _channel_codes(export: Export, questions: Sequence[Question]) -> dict[str, str]:
    """Return a code for each option: ours where we have it; what few people chose, or wrote themselves, is “other”."""
    chosen = Counter(label for row in export.table.rows for label in chosen_options(export, questions, row))
    ours = {
        _UNLIKE.sub(" ", text.casefold()).strip(): code
        for item in read_default().items
        if item.name == CHANNELS_ITEM
        for texts in item.texts.values()
        for code, label in texts.get("options", {}).items()
        for text in (code, label)
    }
    codes: dict[str, str] = {}
    for label, n_people in chosen.most_common():
        plain = _UNLIKE.sub(" ", label.casefold()).strip()
        room = len(set(codes.values())) < MAX_OPTIONS - 1 and len(label) <= MAX_OPTION
        own = _UNLIKE.sub("_", plain)[:40].strip("_") if n_people >= LEAST_NAMED and room else ""
        codes[label] = ours.get(plain) or own or OTHER
    return codes


def _questionnaire(
    session: Session, name: str, by_item: Mapping[str, Sequence[Question]], codes: Mapping[str, str]
) -> Questionnaire:
    """Add what was asked, frozen: nobody can ask it again by accident, but it can be copied."""
    called = name.strip()[:MAX_NAME]
    newest = session.scalar(select(func.max(Questionnaire.version)).where(Questionnaire.name == called)) or 0
    questionnaire = Questionnaire(name=called, version=newest + 1)
    for item in ITEMS:
        if item == QUOTE or item not in by_item:
            continue
        prompt = " / ".join(dict.fromkeys(question.label for question in by_item[item]))
        texts: dict[str, Any] = {"prompt": prompt[:MAX_PROMPT], "help": ""}
        if item == CHANNELS_ITEM:
            labels: dict[str, str] = {}
            for label, code in codes.items():
                labels.setdefault(code, "Other" if code == OTHER else label)
            texts["options"] = labels
        position = len(questionnaire.items) + 1
        questionnaire.items.append(
            Item(
                name=item,
                item_type=ItemType.CHOICES if item == CHANNELS_ITEM else ItemType.OPEN,
                page=1,
                position=position,
                max_chars=MOST_CHARS,
                rules={},
                texts={"en": texts},
            )
        )
    session.add(questionnaire)
    session.flush()
    questionnaire.frozen_at = utc_now()
    return questionnaire


def _add_responses(session: Session, wave: Wave, said: Sequence[tuple[Mapping[str, str], bool]]) -> None:
    # In the order of random keys, so that nothing tells in which order the file had them.
    keyed = sorted((random_key(), place) for place in range(len(said)))
    for start in range(0, len(keyed), _CHUNK):
        chunk = [(key, *said[place]) for key, place in keyed[start : start + _CHUNK]]
        session.execute(
            insert(_RESPONSE),
            [
                {"id": key, "wave_id": wave.id, "attributes": {}, "sealed": None, "quote": quote}
                for key, _, quote in chunk
            ],
        )
        session.execute(
            insert(_ANSWER),
            [
                {"response_id": key, "item": item, "text": text}
                for key, answers, _ in chunk
                for item, text in answers.items()
            ],
        )
