"""Closed surveys made elsewhere become waves: uploaded, shown with a suggested mapping, confirmed by a person.

Of the answers only their shape is shown: nothing has been masked yet.

Only what may be kept is stored, from the first moment: identity, place and times were left out when the file was
read. A question that nobody maps goes when the wave is made, and with it the upload. Making it is in wave_intake.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey.domain import audit, jobs
from survey.domain.questionnaires import CHANNELS_ITEM
from survey.domain.responses import RELEASE_SIZE
from survey.domain.waves import free_name
from survey.enums import JobKind
from survey.exceptions import InvalidInputError, NotFoundError, StateError
from survey.export_words import holds_ticks
from survey.foreign_tables import read_foreign
from survey.headers import check_header
from survey.item_words import ITEMS, in_own_words, suggest
from survey.models import Job, WaveImport
from survey.models.base import utc_now
from survey.response_tables import Export, Question, read_export
from survey.tables import Table, file_name
from survey.texts import clean

#: So many responses are taken in at most.
MAX_ROWS = 100_000
#: An upload that nobody confirms is thrown away after this.
UPLOAD_KEPT = dt.timedelta(days=1)
QUOTE = "quote"

#: So many rows, evenly spaced, tell the shape of the answers to a question.
_LOOKED_AT = 500


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
    table = read_foreign(content, name=name, max_rows=MAX_ROWS)
    read = read_export(table)
    check_header(read.table)
    export = _kept(read)
    check_count(len(export.table.rows))
    wave_import = WaveImport(
        filename=name,
        system=export.system,
        header=_header(export.questions),
        questions=[asdict(question) for question in export.questions],
        dropped=list(export.dropped),
        unsent={"looked": len(read.looked), "unfinished": len(export.unfinished), "taken": False},
        reading=dict(read.table.reading),
        mapping={},
        shapes=[],
        content=json.dumps(
            {
                "separator": export.separator,
                "rows": export.table.rows,
                "unfinished": sorted(export.unfinished),
            },
            ensure_ascii=False,
        ).encode(),
        n_rows=len(export.table.rows),
        created_by=account_id,
    )
    wave_import.mapping = _remembered(session, wave_import) or {
        str(position): item for position, item in suggest(export).items()
    }
    wave_import.shapes = [
        _shape(export, question, letters="encoding" in wave_import.reading) for question in export.questions
    ]
    session.add(wave_import)
    session.flush()
    audit.record(
        session, "uploaded", f"wave import {wave_import.id}", account_id=account_id, rows=wave_import.n_rows
    )
    return wave_import


def get_import(session: Session, import_id: int) -> WaveImport:
    """Return an import, confirmed or not. Raises NotFoundError."""
    wave_import = session.get(WaveImport, import_id)
    if wave_import is None:
        raise NotFoundError("There is no such upload. After a day without confirmation it is thrown away.")
    return wave_import


def questions_of(wave_import: WaveImport) -> list[Question]:
    """Return the questions of an upload in the order of its columns."""
    return [
        Question(q["prompt"], tuple(q["columns"]), tuple(q["options"]), q["code"])
        for q in wave_import.questions
    ]


def start_import(
    session: Session,
    wave_import: WaveImport,
    *,
    name: str,
    mapping: Mapping[str, str],
    with_unfinished: bool = False,
    account_id: int | None = None,
) -> Job:
    """Have a worker make a closed wave of an upload; ``mapping`` is place of a question → item.

    What was begun and never sent is left out unless it is asked for.

    Raises InvalidInputError if the mapping or the name cannot be used, ConflictError if the name is taken, StateError
    if the upload is a wave already.
    """
    if wave_import.content is None:
        raise StateError("This file has been imported. Upload it again to import it once more.")
    if (running := running_import(session, wave_import)) is not None:
        return running
    _check_mapping(mapping, len(wave_import.questions))
    wave_import.name = free_name(session, name)
    wave_import.mapping = dict(mapping)
    wave_import.unsent = {**wave_import.unsent, "taken": with_unfinished}
    session.flush()
    return jobs.enqueue(session, kind=JobKind.IMPORT_WAVE, subject_id=wave_import.id, account_id=account_id)


def running_import(session: Session, wave_import: WaveImport) -> Job | None:
    """Return the job that makes a wave of an upload now, if one does."""
    return session.scalar(jobs.unfinished(JobKind.IMPORT_WAVE, wave_import.id))


def forget_upload(session: Session, wave_import: WaveImport, *, account_id: int | None = None) -> None:
    """Throw an upload away unread. Raises StateError if it is being imported."""
    if running_import(session, wave_import) is not None:
        raise StateError("This upload is being imported. Stop that first.")
    audit.record(session, "threw away", f"wave import {wave_import.id}", account_id=account_id)
    session.delete(wave_import)


def forget_uploads(session: Session, *, now: dt.datetime | None = None) -> None:
    """Throw away what nobody confirmed in time."""
    old = (now or utc_now()) - UPLOAD_KEPT
    session.execute(delete(WaveImport).where(WaveImport.wave_id.is_(None), WaveImport.created_at < old))


def export_of(wave_import: WaveImport) -> Export:
    """Return what is to be imported of an upload that waits."""
    stored = json.loads(wave_import.content or b"{}")
    questions = questions_of(wave_import)
    left_out = () if wave_import.unsent["taken"] else set(stored["unfinished"])
    rows = [row for place, row in enumerate(stored["rows"]) if place not in left_out]
    table = _table(wave_import.filename, questions, rows)
    return Export(
        wave_import.system, table, tuple(questions), tuple(wave_import.dropped), stored["separator"]
    )


def check_count(n_responses: int) -> None:
    """Raise InvalidInputError if so few have answered that a wave is never opened."""
    if n_responses < RELEASE_SIZE:
        found = "is 1 answer" if n_responses == 1 else f"are {n_responses} answers"
        raise InvalidInputError(
            f"There {found}, and a wave under {RELEASE_SIZE} is never opened, so that nobody can be recognised. "
            "Nothing was kept."
        )


def _kept(read: Export) -> Export:
    """Return of an export what may be kept: the columns of its questions, clean, without who only looked."""
    places = [index for question in read.questions for index in question.columns]
    kept = [place for place in range(len(read.table.rows)) if place not in read.looked]
    rows = [[clean(read.table.rows[place][index]) for index in places] for place in kept]
    unfinished = frozenset(n for n, place in enumerate(kept) if place in read.unfinished)
    numbered = iter(range(len(places)))
    questions = [
        Question(q.prompt, tuple(next(numbered) for _ in q.columns), q.options, q.code)
        for q in read.questions
    ]
    table = _table(read.table.name, questions, rows)
    return Export(read.system, table, tuple(questions), read.dropped, read.separator, unfinished=unfinished)


def _table(name: str, questions: Sequence[Question], rows: Sequence[Sequence[str]]) -> Table:
    columns = tuple(question.label for question in questions for _ in question.columns)
    return Table(name, columns, tuple(map(tuple, rows)), ",", tuple(range(2, len(rows) + 2)))


def _shape(export: Export, question: Question, *, letters: bool) -> dict[str, Any]:
    """Say what the answers to a question look like and nothing that stands in them.

    Returns
    -------
    dict
        ``answered``: of ten rows, rounded down; ``kind`` of the answers, and what ``n`` counts of it: options that
        are ticked or chosen, or words in the middle; ``letters``: those beyond a to z, if they are asked for.
    """
    rows = export.table.spread(_LOOKED_AT)
    said = [" ".join(parts) for row in rows if (parts := export.parts(question, row))]
    shape: dict[str, Any] = {"answered": 10 * len(said) // max(len(rows), 1)}
    if letters:
        found = {letter for text in said for letter in text if letter.isalpha() and not letter.isascii()}
        shape |= {"letters": " ".join(sorted(found))}
    if question.is_choice:
        return shape | {"kind": "ticks", "n": len(question.columns)}
    if holds_ticks(said):
        return shape | {"kind": "yes or no" if said else "nothing"}
    if all(text.replace(".", "").replace(",", "").isdecimal() for text in said):
        return shape | {"kind": "numbers"}
    if not in_own_words(export, question):
        chosen = {option for row in rows for option in export.choices(question, row)}
        return shape | {"kind": "options", "n": len(chosen)}
    return shape | {"kind": "words", "n": round(median(len(text.split()) for text in said))}


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
