"""What the worker does with a survey from elsewhere: all of it becomes a closed wave in one transaction, or none.

Until then nothing is written but how far the reading is, so a stop or a killed worker leaves the upload as it was.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import parts, transaction
from survey.domain import audit, jobs
from survey.domain.items import MAX_NAME, MAX_OPTION, MAX_OPTIONS, MAX_PROMPT, MOST_CHARS
from survey.domain.jobs import Lease
from survey.domain.questionnaires import CHANNELS_ITEM, read_default
from survey.domain.wave_imports import QUOTE, check_count, export_of, get_import
from survey.domain.waves import free_name
from survey.enums import ItemType, WaveState
from survey.item_words import ITEMS
from survey.models import Answer, Item, Model, Questionnaire, Response, Wave, WaveImport
from survey.models.base import random_key, utc_now
from survey.response_tables import Export, Question, chosen_options, consents, own_words
from survey.texts import one_line

#: An option that fewer people chose is not named.
LEAST_NAMED = 5
OTHER = "other"

_CHUNK = 2_000
_UNLIKE = re.compile(r"[\W_]+")
# As tables: without objects a hundred thousand responses go in faster.
_RESPONSE, _ANSWER = (Model.metadata.tables[model.__tablename__] for model in (Response, Answer))

#: What one person said, by item, and whether they may be quoted.
Said = tuple[dict[str, str], bool]


def import_wave(sessions: sessionmaker[Session], lease: Lease) -> None:
    """Make a closed wave of a confirmed upload and throw the upload away.

    Responses get random ids and lie in their order; nothing tells which row of the file one was.

    Raises InvalidInputError if too few have answered what was mapped, ConflictError if the name is taken by now,
    NotFoundError if the upload was thrown away, JobCancelledError if the job was stopped or the lease is lost.
    """
    with sessions() as session:
        wave_import = get_import(session, lease.subject_id)
        export, mapping = export_of(wave_import), wave_import.mapping
    by_item: dict[str, list[Question]] = {}
    for position, question in enumerate(export.questions):
        if item := mapping.get(str(position)):
            by_item.setdefault(item, []).append(question)
    codes = _channel_codes(export, by_item.get(CHANNELS_ITEM, ()))
    said: list[Said] = []
    n_done, n_rows = 0, len(export.table.rows)
    for rows in parts(export.table.rows, _CHUNK):
        said += [
            (answers, consents(export, by_item.get(QUOTE, ()), row))
            for row in rows
            if (answers := _answers(export, by_item, row, codes))
        ]
        n_done += len(rows)
        with sessions() as session, transaction(session):
            jobs.advance(session, lease, n_done=n_done, n_total=n_rows, step="Reading the answers")
    check_count(len(said))
    # The largest file takes some four seconds, in which on SQLite whoever else writes waits.
    with sessions() as session, transaction(session):
        jobs.advance(session, lease, step="Storing the answers")
        _store(session, get_import(session, lease.subject_id), by_item, codes, said, lease.account_id)
        jobs.finish(session, lease)


def _store(
    session: Session,
    wave_import: WaveImport,
    by_item: Mapping[str, Sequence[Question]],
    codes: Mapping[str, str],
    said: Sequence[Said],
    account_id: int | None,
) -> None:
    name = free_name(session, wave_import.name)
    wave = Wave(
        name=name,
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
    wave_import.content, wave_import.shapes = None, []
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
    called = name[:MAX_NAME]
    newest = session.scalar(select(func.max(Questionnaire.version)).where(Questionnaire.name == called)) or 0
    questionnaire = Questionnaire(name=called, version=newest + 1)
    for item in ITEMS:
        if item == QUOTE or item not in by_item or (item == CHANNELS_ITEM and not codes):
            continue
        prompt = " / ".join(dict.fromkeys(one_line(question.label) for question in by_item[item]))
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


def _add_responses(session: Session, wave: Wave, said: Sequence[Said]) -> None:
    # In the order of random keys, so that nothing tells in which order the file had them.
    keyed = sorted((random_key(), place) for place in range(len(said)))
    for some in parts(keyed, _CHUNK):
        chunk = [(key, *said[place]) for key, place in some]
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
