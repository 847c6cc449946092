"""Leads as they come in files (CSV, JSON résumés, Parquet): read one at a time, checked beforehand.

No analysis, no Flask, no SQL. A résumé becomes the same columns as a CSV has; what may be scored of them is
decided elsewhere. Parquet needs the extra ``cluster``.
"""

from __future__ import annotations

import importlib
import json
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

import numpy as np

from survey.exceptions import InvalidInputError
from survey.tables import MAX_BYTES, MAX_CELL, TableReader, check_id, column_index

IDENTITY_COLUMNS = ("id", "name", "email", "location", "source")
EVIDENCE_COLUMNS = ("headline", "summary", "skills", "experience", "interest")
LEAD_COLUMNS = (*IDENTITY_COLUMNS[:3], *EVIDENCE_COLUMNS, *IDENTITY_COLUMNS[3:])
_OTHER_COLUMNS = LEAD_COLUMNS[1:]

_BATCH_ROWS = 1024
_RESUME_SECTIONS = {"basics", "work", "volunteer", "skills", "interests", "projects", "education"}
_FRESH_SECTIONS = {"meta", "info", "employment", "service"}
#: Half a character, and the one that PostgreSQL cannot store.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class LeadRecord(NamedTuple):
    """A lead as a file gives it: id, number of the row, and the other columns (empty if absent)."""

    id: str
    number: int
    fields: Mapping[str, str]


def read_leads(path: Path) -> Iterator[LeadRecord]:
    """Yield the leads of a CSV or Parquet file, a JSON résumé, or a folder of them, in their order.

    Raises InvalidInputError naming file, row and column.
    """
    if path.is_dir():
        return _read_folder(path)
    if path.suffix.lower() == ".json":
        return iter([_read_resume(path, 1)])
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path)
    return _read_csv(path)


def check_leads(path: Path) -> int:
    """Read all leads once and return how many there are.

    Raises InvalidInputError if one cannot be read, two share an id, or there are none.
    """
    # Eight bytes a lead, whatever their ids look like: memory must not grow with what people wrote.
    keys, numbers = array("q"), array("q")
    for lead in read_leads(path):
        keys.append(hash(lead.id))
        numbers.append(lead.number)
    if not keys:
        raise InvalidInputError(f"{path.name} has a header and no rows: there is no lead in it.")
    hashes = np.frombuffer(keys, dtype=np.int64)
    order = np.argsort(hashes, kind="stable")
    repeated = np.flatnonzero(hashes[order][1:] == hashes[order][:-1])
    if repeated.size:
        first = repeated[np.argmin(order[repeated + 1])]
        earlier, later = order[first], order[first + 1]
        check_id("repeated", numbers[earlier], numbers[later], name=path.name, column="id")
    return len(keys)


def _read_csv(path: Path) -> Iterator[LeadRecord]:
    with path.open("rb") as source:
        reader = TableReader(source, name=path.name, named=False)
        positions = _positions(reader.columns, path.name)
        for number, cells in reader:
            yield _record({column: cells[i] for column, i in positions.items()}, number, path.name)


def _read_parquet(path: Path) -> Iterator[LeadRecord]:
    parquet = arrow_module("pyarrow.parquet", path.name)
    # A file that is not there, or not ours to read, is told as every other one.
    path.open("rb").close()
    try:
        with parquet.ParquetFile(path) as file:
            positions = _positions(file.schema_arrow.names, path.name)
            _check_types(file.schema_arrow, positions, path.name)
            number = 0
            # One iteration over all row groups would hold the pages of those that are read.
            batches = chain.from_iterable(
                file.iter_batches(batch_size=_BATCH_ROWS, row_groups=[group], columns=list(positions))
                for group in range(file.num_row_groups)
            )
            for batch in batches:
                columns = [batch.column(column).to_pylist() for column in positions]
                for row in zip(*columns, strict=True):
                    number += 1
                    fields = {
                        column: value
                        if _is_plain(value)
                        else _cell(_listed(column, value), number, column, path.name)
                        for column, value in zip(positions, row, strict=True)
                    }
                    yield _record(fields, number, path.name)
    # Every error of Arrow is one of these.
    except (ValueError, OSError) as error:
        raise InvalidInputError(
            f"{path.name}: this is not a Parquet file that can be read. Write it again."
        ) from error


def arrow_module(module: str, name: str) -> Any:
    """Import a part of pyarrow, which reads and writes Parquet.

    Raises InvalidInputError, naming the file it is wanted for, if it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise InvalidInputError(
            f"{name}: Parquet needs pyarrow. Install it with: pip install 'kindred-personas[cluster]'"
        ) from error


def _check_types(schema: Any, columns: Iterable[str], name: str) -> None:
    """Refuse a column that holds no text: numbers or dates would be scored as words."""
    types = arrow_module("pyarrow.types", name)
    for column in columns:
        kind = schema.field(column).type
        plain = kind.value_type if types.is_dictionary(kind) else kind
        listed = types.is_list(kind) or types.is_large_list(kind)
        fits = (
            types.is_string(plain) or types.is_large_string(plain) or types.is_string_view(plain)
            or types.is_null(kind)
            or (column == "id" and types.is_integer(kind))
            or (column == "skills" and listed and types.is_string(kind.value_type))
            or (column == "experience" and (listed or types.is_struct(kind)))
        )  # fmt: skip
        if not fits:
            raise InvalidInputError(
                f"{name}, column “{column}”: it holds {kind} and text is needed. Write the column as text."
            )


def _read_folder(folder: Path) -> Iterator[LeadRecord]:
    files = sorted(folder.glob("*.json"))
    if not files:
        raise InvalidInputError(f"{folder.name} holds no file that ends in .json: there is no résumé in it.")
    return (_read_resume(file, number) for number, file in enumerate(files, start=1))


def _read_resume(path: Path, number: int) -> LeadRecord:
    if path.stat().st_size > MAX_BYTES:
        raise InvalidInputError(f"{path.name} has over {MAX_BYTES:,} bytes: that is no résumé.")
    resume = parse_resume(path.read_bytes(), path.name)
    fields = resume_columns(resume, path.name, number=number)
    return _record({"id": path.stem, **fields}, number, path.name)


def parse_resume(data: bytes, name: str) -> object:
    """Return what a JSON file holds, a résumé or a list of them, before anything is checked.

    One that is wrapped, as in ``{"resumes": […]}``, is unwrapped. Raises InvalidInputError naming file, row and column.
    """
    try:
        return _unwrapped(json.loads(data.decode("utf-8-sig")))
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"{name}, row {error.lineno}, column {error.colno}: this is not JSON from here on. "
            "Correct the file or take it out."
        ) from error
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise InvalidInputError(
            f"{name}, row {row}, column {column}: the file is not UTF-8. Save it again as UTF-8."
        ) from error
    except RecursionError as error:
        raise InvalidInputError(f"{name}: nested too deeply to be a résumé. Take it out.") from error


def _unwrapped(parsed: object) -> object:
    if not isinstance(parsed, dict) or (_RESUME_SECTIONS | _FRESH_SECTIONS) & set(parsed):
        return parsed
    held = [value for value in parsed.values() if isinstance(value, dict | list)]
    return held[0] if len(held) == 1 else parsed


def resume_columns(resume: object, name: str, *, number: int) -> dict[str, str]:
    """Read JSON Resume and its older relative FRESH into the columns of a lead; ``number`` is for messages.

    Raises InvalidInputError if this is neither, or a text in it is too long.
    """
    if not isinstance(resume, dict) or not (_RESUME_SECTIONS | _FRESH_SECTIONS) & set(resume):
        raise InvalidInputError(
            f"{name}: this is not a JSON Resume; it has no basics, work or skills. Take it out."
        )
    return {column: _cell(text, number, column, name) for column, text in _columns(resume).items()}


def _positions(columns: Sequence[str], name: str) -> dict[str, int]:
    if "id" not in columns:
        raise InvalidInputError(f"{name}, row 1: there is no column “id”. Every lead needs one.")
    known = [column for column in LEAD_COLUMNS if column in columns]
    if not set(EVIDENCE_COLUMNS).intersection(known):
        raise InvalidInputError(
            f"{name}, row 1: none of the columns {', '.join(EVIDENCE_COLUMNS)} is there, so nothing can be "
            "scored. Name at least one column so."
        )
    return {column: column_index(columns, column, name=name) for column in known}


def _record(fields: Mapping[str, str], number: int, name: str) -> LeadRecord:
    key = fields["id"].strip()
    if not key:
        check_id(key, None, number, name=name, column="id")
    return LeadRecord(key, number, {column: fields.get(column, "") for column in _OTHER_COLUMNS})


def _listed(column: str, value: object) -> object:
    """Write a list of skills as CSV has it."""
    if column == "skills" and isinstance(value, list):
        return ";".join(str(one).replace(";", ",") for one in value if one is not None)
    return value


def _is_plain(value: object) -> TypeGuard[str]:
    """Say whether a value is a text that may stay as it is; most are, and this is soon seen."""
    return isinstance(value, str) and len(value) <= MAX_CELL and value.isascii() and "\0" not in value


def _cell(value: object, number: int, column: str, name: str) -> str:
    if value is None:
        return ""
    if _is_plain(value):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    if len(text) > MAX_CELL:
        raise InvalidInputError(
            f"{name}, row {number}, column “{column}”: the text has {len(text):,} characters and "
            f"{MAX_CELL:,} are allowed. Shorten it."
        )
    return _NO_TEXT.sub("\ufffd", text)


def _columns(resume: Mapping[str, Any]) -> dict[str, str]:
    jobs = [
        _job(entry)
        for path in ("work", "volunteer", "projects", "employment.history", "service.history")
        for entry in _entries(resume, path)
    ]
    profiles = [
        *(
            text
            for path in ("basics.profiles", "social")
            for entry in _entries(resume, path)
            for text in _texts(entry, "url")
        ),
        *_texts(resume, "basics.url"),
        *_texts(resume, "contact.website"),
    ]
    interests = [_lines(entry, "name", "summary", "keywords") for entry in _entries(resume, "interests")]
    return {
        "name": _text(resume, "basics.name", "name"),
        "email": _text(resume, "basics.email", "contact.email"),
        "phone": _text(resume, "basics.phone", "contact.phone"),
        "profile": next((url for url in profiles if "linkedin." in url), (profiles or [""])[0]),
        "employer": next((job["organisation"] for job in jobs), ""),
        "headline": _text(resume, "basics.label", "info.label"),
        "summary": _text(resume, "basics.summary", "info.brief", "employment.summary"),
        "skills": ";".join(dict.fromkeys(_skills(resume))),
        "experience": json.dumps(jobs, ensure_ascii=False) if any(any(job.values()) for job in jobs) else "",
        "interest": "\n".join(filter(None, interests)),
        "location": _text(resume, "basics.location.city", "location.city"),
    }


def _job(entry: Mapping[str, Any]) -> dict[str, str]:
    years = [_year(entry, *keys) for keys in (("startDate", "start"), ("endDate", "end"))]
    return {
        "title": _text(entry, "position", "role", "title"),
        "organisation": _text(entry, "name", "company", "employer", "organization", "entity"),
        "years": "-".join(years) if any(years) else "",
        "summary": _lines(entry, "summary", "description", "highlights", "keywords"),
    }


def _year(entry: Mapping[str, Any], *keys: str) -> str:
    """Return the year of a date that may be partial, or a number."""
    return _text(entry, *keys)[:4] or next(
        (str(entry[key]) for key in keys if type(entry.get(key)) is int), ""
    )


def _skills(resume: Mapping[str, Any]) -> Iterator[str]:
    for path in ("skills", "skills.sets", "skills.list"):
        for entry in _entries(resume, path):
            for text in (*_texts(entry, "name"), *_texts(entry, "keywords"), *_texts(entry, "skills")):
                yield text.replace(";", ",")


def _lines(entry: Mapping[str, Any], *keys: str) -> str:
    return "\n".join(text for key in keys for text in _texts(entry, key))


def _text(entry: Mapping[str, Any], *paths: str) -> str:
    """Return the first text found under one of the dotted paths."""
    return next((text for path in paths for text in _texts(entry, path)), "")


def _texts(entry: Mapping[str, Any], path: str) -> list[str]:
    return [value.strip() for value in _values(entry, path) if isinstance(value, str) and value.strip()]


def _entries(entry: Mapping[str, Any], path: str) -> list[Mapping[str, Any]]:
    return [value for value in _values(entry, path) if isinstance(value, dict)]


def _values(entry: object, path: str) -> Iterable[object]:
    for key in path.split("."):
        entry = entry.get(key) if isinstance(entry, dict) else None
    return entry if isinstance(entry, list) else [entry]
