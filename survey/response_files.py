"""Responses as they come in files: columns named as the items are, mapped to them, or a survey made elsewhere.

The only thing here that is decided about meaning is which column is which; the words go on as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.corpus import KNOWN_ITEMS, Corpus, Response
from survey.exceptions import InvalidInputError
from survey.foreign_tables import read_foreign
from survey.headers import check_header
from survey.item_words import suggest
from survey.response_tables import (
    Export,
    Question,
    chosen_options,
    consents,
    is_identity,
    own_words,
    read_export,
)
from survey.tables import Table, column_index, unique_ids

#: Twice as many as the analysis is made for; a million would take hours to encode.
MAX_RESPONSES = 200_000
#: Bytes of a file: so many responses of 1,300 each.
MAX_BYTES = 256 * 1024 * 1024

_SPECIAL_COLUMNS = ("id", "channels", "quote")
_CONSENT = {
    **dict.fromkeys(("yes", "y", "true", "1"), True),
    **dict.fromkeys(("", "no", "n", "false", "0"), False),
}


Say = Callable[[str], None]


def read_corpus(path: Path, mapping: Sequence[str] = (), *, say: Say = lambda _line: None) -> Corpus:
    """Read the responses of a file (CSV or XLSX); each of ``mapping`` is ``COLUMN=ITEM``.

    Without a mapping, a survey made elsewhere is read by the words of its questions. ``say`` is told how, line by
    line, and which columns were left out because they say who or where somebody is.

    Raises InvalidInputError naming file, row and column.
    """
    # A pipe does not say how long it is.
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InvalidInputError(f"{path.name} has over {MAX_BYTES:,} bytes. Leave out what is not needed.")
    table = read_foreign(data, name=path.name, max_bytes=MAX_BYTES, max_rows=MAX_RESPONSES, only_utf8=True)
    if not mapping:
        _check_separator(table)
    export = read_export(table)
    for line in _how_it_was_read(table.reading):
        say(line)
    named = bool(set(KNOWN_ITEMS).intersection(table.columns))
    if not (mapping or named):
        check_header(export.table)
    suggested = {} if mapping or (named and not export.system) else suggest(export)
    if set(suggested.values()) - set(_SPECIAL_COLUMNS):
        return _corpus_of_export(export, suggested, say)
    if export.system and not mapping and not named:
        asked = "; ".join(
            f"#{q.columns[0]} “{' '.join(q.label.split())[:60]}”" for q in export.questions[:12]
        )
        raise InvalidInputError(
            f"{table.name} comes from {export.system}, but no question is clearly about one of our items. Say which, "
            f"with --map '#N=ITEM': {asked}."
        )
    return _corpus_of_columns(export.table, mapping, say)


def _check_separator(table: Table) -> None:
    """Raise InvalidInputError if one column bears the names of several."""
    (header, *more) = table.columns
    names = re.split(r"[^\w\s\"']+", header)
    known = {*KNOWN_ITEMS, *_SPECIAL_COLUMNS}.intersection(name.strip(" \"'").casefold() for name in names)
    if not more and len(known) > 1:
        raise InvalidInputError(
            f"{table.name}, row 1: all column names stand in one cell, so something else than commas, semicolons, tabs "
            "or bars separates them. Save the file again with commas."
        )


def _how_it_was_read(reading: Mapping[str, Any]) -> Iterator[str]:
    if sheet := reading.get("sheet"):
        yield f"The sheet “{sheet}” was read; not read: {', '.join(reading['others'])}."
    if n_rows := reading.get("above"):
        yield f"Left out above the table: {n_rows} {'row' if n_rows == 1 else 'rows'}."


def _corpus_of_export(export: Export, suggested: Mapping[int, str], say: Say) -> Corpus:
    by_item: dict[str, list[Question]] = {}
    for position, item in suggested.items():
        by_item.setdefault(item, []).append(export.questions[position])
    said = "; ".join(
        f"{item} ← {', '.join(f'“{question.label}”' for question in questions)}"
        for item, questions in by_item.items()
    )
    say(f"Read as {export.system or 'a table'}: {said}. Say it otherwise with --map COLUMN=ITEM.")
    if export.dropped:
        say(f"Left out: {', '.join(export.dropped)}.")
    _check_rows(export.table)
    items = tuple(item for item in by_item if item not in _SPECIAL_COLUMNS)
    return Corpus(
        tuple(
            Response(
                id=str(number),
                answers={item: text for item in items if (text := own_words(export, by_item[item], row))},
                channels=tuple(chosen_options(export, by_item.get("channels", ()), row)),
                quote=consents(export, by_item.get("quote", ()), row),
            )
            for number, row in enumerate(export.table.rows, start=1)
        ),
        items,
    )


def _corpus_of_columns(table: Table, mapping: Sequence[str], say: Say) -> Corpus:
    columns = _columns_of_items(table, mapping)
    if "id" in columns:
        table = _without_empty_rows(table)
    items = tuple(item for item in columns if item not in _SPECIAL_COLUMNS)
    if not items:
        raise InvalidInputError(
            f"{table.name}, row 1: none of the columns {', '.join(KNOWN_ITEMS)} is there. Name at least one "
            "column so, or say which holds what with --map COLUMN=ITEM."
        )
    _check_rows(table)
    used = {index for indexes in columns.values() for index in indexes}
    attributes = {} if mapping else _attribute_columns(table, used)
    dropped = [
        name for name, index in attributes.items() if is_identity(name, [r[index] for r in table.rows])
    ]
    if dropped:
        say(f"Left out: {', '.join(dropped)}.")
    ids = _ids(table, columns.get("id", []))
    kept = {name: index for name, index in attributes.items() if name not in dropped}
    return Corpus(
        tuple(
            _response(table, position, ids[position], columns, kept) for position in range(len(table.rows))
        ),
        items,
    )


def _check_rows(table: Table) -> None:
    if not table.rows:
        raise InvalidInputError(f"{table.name} has a header and no rows: there is no response in it.")


def _without_empty_rows(table: Table) -> Table:
    """Leave out rows of nothing but separators, as spreadsheets write them behind the last; who answers has an id."""
    filled = [place for place, row in enumerate(table.rows) if any(map(str.strip, row))]
    return replace(
        table,
        rows=tuple(table.rows[place] for place in filled),
        numbers=tuple(table.numbers[place] for place in filled),
    )


def _columns_of_items(table: Table, mapping: Sequence[str]) -> dict[str, list[int]]:
    columns: dict[str, list[int]] = {}
    for spec in mapping:
        header, _, item = (part.strip() for part in spec.rpartition("="))
        if not (header and item):
            raise InvalidInputError(
                f"--map {' '.join(spec.split())}: write COLUMN=ITEM, for example --map “#3=self”."
            )
        columns.setdefault(item, []).append(_mapped_column(table, header))
    mapped = {index for indexes in columns.values() for index in indexes}
    for name in (*KNOWN_ITEMS, *_SPECIAL_COLUMNS):
        bearing = {index for index, column in enumerate(table.columns) if column == name}
        if bearing - mapped and name not in columns:
            columns[name] = [column_index(table.columns, name, name=table.name)]
    for name in ("id", "quote"):
        if len(columns.get(name, [])) > 1:
            raise InvalidInputError(f"--map: only one column can be “{name}”. Leave out the others.")
    return columns


def _mapped_column(table: Table, header: str) -> int:
    if not (header.startswith("#") and header[1:].isdecimal()):
        return column_index(table.columns, header, name=table.name)
    index = int(header[1:])
    if index >= len(table.columns):
        raise InvalidInputError(
            f"{table.name}, row 1: there is no column {header}. Columns are counted from #0 to "
            f"#{len(table.columns) - 1}."
        )
    return index


def _attribute_columns(table: Table, used: set[int]) -> dict[str, int]:
    """Columns that are not answers, if one name means one column."""
    return {
        column: index
        for index, column in enumerate(table.columns)
        if column and index not in used and table.columns.count(column) == 1
    }


def _ids(table: Table, columns: Sequence[int]) -> Sequence[str]:
    if not columns:
        return [str(number) for number in range(1, len(table.rows) + 1)]
    return unique_ids(table, columns[0])


def _response(
    table: Table, position: int, key: str, columns: dict[str, list[int]], attributes: dict[str, int]
) -> Response:
    row = table.rows[position]
    texts = {
        item: "\n".join(row[index].strip() for index in indexes if row[index].strip())
        for item, indexes in columns.items()
    }
    channels = ";".join(row[index] for index in columns.get("channels", []))
    return Response(
        id=key,
        answers={item: text for item, text in texts.items() if text and item not in _SPECIAL_COLUMNS},
        channels=tuple(dict.fromkeys(choice.strip() for choice in channels.split(";") if choice.strip())),
        quote=_consent(table, position, columns.get("quote", [])),
        attributes={name: row[index].strip() for name, index in attributes.items() if row[index].strip()},
    )


def _consent(table: Table, position: int, columns: Sequence[int]) -> bool:
    if not columns:
        return False
    answer = table.rows[position][columns[0]].strip().casefold()
    if answer not in _CONSENT:
        raise InvalidInputError(
            f"{table.place(position, columns[0])}: consent to be quoted is “yes” or “no”. "
            "Correct the cell or empty it."
        )
    return _CONSENT[answer]
