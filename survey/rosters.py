"""Rosters as files: who is invited to a wave, and the personal links to hand out. No SQL here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from survey.encodings import OLDER, as_utf8
from survey.exceptions import InvalidInputError
from survey.spreadsheets import first_rows, is_workbook, read_fullest_sheet
from survey.tables import check_names, column_index, n_titles, ragged, read_table, write_table
from survey.texts import band_order, one_line

PLAIN_COLUMNS = ("email", "language")
#: Headers under which other systems write what we call ``email`` and ``language``.
_ALSO = {
    "email": {"e-mail", "mail", "email address", "e-mail address", "e-post", "epost", "correo", "courriel"},
    "language": {"lang", "locale", "sprache", "språk", "idioma"},
}
#: A column with more values, or with one for every other person, describes people and no groups.
MAX_BANDS = 30
MAX_COLUMN = 40
MAX_ROWS = 200_000


@dataclass(frozen=True, slots=True)
class Roster:
    """People of a file: address, language and groups of each, and the row numbers a spreadsheet shows.

    ``groups`` counts the people of each band; ``dropped`` names columns that were not kept; ``reading`` says how the
    file was read where that was not plain, as of a :class:`survey.tables.Table`.
    """

    people: list[dict[str, str]]
    numbers: tuple[int, ...]
    groups: dict[str, dict[str, int]]
    dropped: tuple[str, ...]
    reading: Mapping[str, Any] = field(default_factory=dict)


def read_roster(path: Path) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """Return the people of a CSV file and the attributes its other columns describe.

    Raises InvalidInputError if the file cannot be read or has no column ``email``.
    """
    table = read_table(path.read_bytes(), name=path.name)
    column_index(table.columns, "email", name=path.name)
    people = [dict(zip(table.columns, map(one_line, row), strict=True)) for row in table.rows if any(row)]
    if not people:
        raise InvalidInputError(f"{path.name} names nobody. Add a row for each person to invite.")
    attributes = [
        {
            "name": column,
            "label": column,
            "bands": sorted({person[column] for person in people} - {""}, key=band_order),
        }
        for column in table.columns
        if column not in PLAIN_COLUMNS
    ]
    return people, attributes


def read_upload(data: bytes, *, name: str) -> Roster:
    """Read an uploaded CSV file or workbook (XLSX, the one sheet with a column of e-mail addresses).

    Columns that tell people apart instead of grouping them are dropped on entry.

    Raises InvalidInputError naming file, row and column.
    """
    columns, lines, reading = _sheet(data, name) if is_workbook(data) else _delimited(data, name)
    headers = [_known(column) for column in columns]
    repeated = [header for header, n in Counter(headers).items() if n > 1]
    if repeated:
        raise InvalidInputError(f"{name}, row 1: two columns are called {repeated[0]}. Rename one of them.")
    cleaned = ((number, [one_line(cell) for cell in line]) for number, line in lines)
    numbered = [(number, row) for number, row in cleaned if any(row)]
    rows = [row for _, row in numbered]
    if not rows:
        raise InvalidInputError(f"{name} names nobody. Add a row for each person to invite.")
    if "email" not in headers:
        raise InvalidInputError(
            f"{name}, row 1: there is no column for e-mail addresses. Call it email; leave its cells empty "
            "for people who get a printed code."
        )
    groups, dropped = _groups(headers, rows)
    kept = {*PLAIN_COLUMNS, *groups}
    people = [
        {header: cell for header, cell in zip(headers, row, strict=True) if header in kept} for row in rows
    ]
    return Roster(people, tuple(number for number, _ in numbered), groups, dropped, reading)


def write_links(path: Path, links: Iterable[tuple[str, str]]) -> None:
    """Write pairs of address and personal link. Raises InvalidInputError if the file cannot be written."""
    write_private(path, write_table(("email", "link"), links))


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, also if it was there before and others could.

    Raises InvalidInputError if it cannot be written.
    """
    try:
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_bytes(content)
    except OSError as error:
        raise InvalidInputError(
            f"{path.name} cannot be written ({error.strerror}). Name another file."
        ) from None


def _known(column: str) -> str:
    plain = one_line(column).casefold()
    return next((name for name in PLAIN_COLUMNS if plain == name or plain in _ALSO[name]), one_line(column))


def _groups(
    headers: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[dict[str, dict[str, int]], tuple[str, ...]]:
    groups: dict[str, dict[str, int]] = {}
    dropped = []
    for index, header in enumerate(headers):
        if header in PLAIN_COLUMNS:
            continue
        counts = Counter(cell for row in rows if (cell := row[index]))
        if not 0 < len(counts) <= min(MAX_BANDS, len(rows) // 2) or len(header) > MAX_COLUMN:
            dropped.append(header)
        else:
            groups[header] = {band: counts[band] for band in sorted(counts, key=band_order)}
    return groups, tuple(dropped)


_Read = tuple[Sequence[str], Iterable[tuple[int, Sequence[str]]], Mapping[str, Any]]


def _delimited(data: bytes, name: str) -> _Read:
    utf8, encoding = as_utf8(data)
    table = read_table(utf8, name=name, max_rows=MAX_ROWS)
    reading = {"encoding": encoding} if encoding in OLDER else {}
    return table.columns, zip(table.numbers, table.rows, strict=True), reading


def _sheet(data: bytes, name: str) -> _Read:
    """Read a workbook as strictly as text; only cells at the end of a row may be missing: programs leave them out."""
    addressed = [
        sheet
        for sheet, rows in first_rows(data, name=name).items()
        if "email" in map(_known, _header([row for row in rows if row]))
    ]
    if len(addressed) > 1:
        # Which of them gets mail is no guess to make.
        raise InvalidInputError(
            f"{name} has e-mail addresses on several sheets: {', '.join(map(one_line, addressed))}. Keep the sheet of "
            "those to invite and delete the others."
        )
    sheet, others, ((first, header), *lines) = read_fullest_sheet(
        data, name=name, max_rows=MAX_ROWS, among=addressed
    )
    columns = [one_line(column) for column in header]
    check_names(columns, name=name, number=first)
    for number, row in lines:
        if len(row) > len(columns):
            raise ragged(columns, row, name=name, number=number)
    padded = [(number, [*row, *[""] * (len(columns) - len(row))]) for number, row in lines]
    return columns, padded, {"sheet": sheet, "others": others} if others else {}


def _header(rows: Sequence[Sequence[str]]) -> Sequence[str]:
    return rows[n_titles(rows)]
