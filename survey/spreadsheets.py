"""Workbooks (XLSX) that people hand us or take away: read as rows of text, written without formulas.

A leaf, as :mod:`survey.tables` is. What a workbook calculates is never calculated here: a formula counts as the value
that was stored with it.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from survey.exceptions import InvalidInputError
from survey.tables import MAX_BYTES, MAX_CELL, defuse, n_titles, too_many_rows

#: Bytes of a workbook when unpacked: one of our size has a tenth; a few kilobytes can be made to hold gigabytes.
MAX_UNPACKED = 4 * MAX_BYTES
#: A sheet that claims more columns was formatted to its edge by accident, or is no table.
MAX_SHEET_COLUMNS = 500

_FIRST_ROWS = 20
#: By so many rows it is told which sheet holds the table.
_COUNTED_ROWS = 200
_ZIP = b"PK\x03\x04"
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SAVE_AGAIN = "Open it in a spreadsheet program and save it again as “Excel workbook (.xlsx)” or “CSV UTF-8”."
# What openpyxl raises on files that are damaged or made by hand is not documented; these were seen.
_DAMAGED = (
    InvalidFileException,
    zipfile.BadZipFile,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    SyntaxError,
    TypeError,
    ValueError,
)


def is_workbook(content: bytes) -> bool:
    """Whether the content is a spreadsheet file rather than text, readable or not."""
    return content.startswith((_ZIP, _OLD_OR_LOCKED))


def first_rows(content: bytes, *, name: str) -> dict[str, list[list[str]]]:
    """Return the first rows of each visible sheet that holds anything, by its name.

    Raises InvalidInputError if the workbook cannot be read.
    """
    with closing(_open(content, name)) as workbook:
        try:
            sheets = {
                sheet.title: _first(sheet, name)
                for sheet in workbook.worksheets
                if sheet.sheet_state == "visible"
            }
        except _DAMAGED as error:
            raise _damaged(name) from error
    return {title: rows for title, rows in sheets.items() if any(rows)}


def read_sheet(content: bytes, sheet: str, *, name: str) -> Iterator[list[str]]:
    """Yield the rows of a sheet as text, empty ones too, without empty cells at their end.

    Raises InvalidInputError naming row and column if a cell cannot be read.
    """
    with closing(_open(content, name)) as workbook:
        if sheet not in workbook.sheetnames:
            raise InvalidInputError(f"{name} has no sheet of this name. Upload the file again.")
        try:
            yield from _rows(content, workbook[sheet], name)
        except _DAMAGED as error:
            raise _damaged(name) from error


def read_fullest_sheet(
    content: bytes, *, name: str, max_rows: int, among: Collection[str] = ()
) -> tuple[str, list[str], list[tuple[int, list[str]]]]:
    """Return the table on the visible sheet that holds most, the first of several: rows with their numbers.

    Before it come the name of its sheet and of the others; rows above its header and empty ones are left out.
    ``among`` names the sheets to choose from, if not all.

    Raises InvalidInputError if there is none, or more than a header and ``max_rows``.
    """
    fullness = _fullness(content, name)
    if not fullness:
        raise InvalidInputError(f"{name} is empty: it needs a row of column names and rows below it.")
    sheet = max(among or fullness, key=fullness.__getitem__)
    filled = ((n, row) for n, row in enumerate(read_sheet(content, sheet, name=name), start=1) if row)
    rows = list(islice(filled, max_rows + 1 + _FIRST_ROWS))
    table = rows[n_titles([row for _, row in rows[:_FIRST_ROWS]]) :]
    if len(table) > max_rows + 1:
        raise too_many_rows(name, max_rows)
    return sheet, [other for other in fullness if other != sheet], table


def _fullness(content: bytes, name: str) -> dict[str, int]:
    """Return how many of the first cells are filled on each visible sheet that holds anything."""
    with closing(_open(content, name)) as workbook:
        try:
            cells = {
                sheet.title: sum(
                    bool(cell.strip()) for row in _first(sheet, name, _COUNTED_ROWS) for cell in row
                )
                for sheet in workbook.worksheets
                if sheet.sheet_state == "visible"
            }
        except _DAMAGED as error:
            raise _damaged(name) from error
    return {title: n for title, n in cells.items() if n}


def write_workbook(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "Leads") -> bytes:
    """Return a table as a workbook with one sheet; no cell of it runs as a formula.

    A cell of a workbook holds 32,767 characters; what is longer is cut there.
    """
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(title)
    for row in (columns, *rows):
        sheet.append([_ILLEGAL.sub(" ", defuse(cell)) for cell in row])
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def _open(content: bytes, name: str, *, stored_values: bool = False) -> Any:
    if content.startswith(_OLD_OR_LOCKED):
        raise InvalidInputError(
            f"{name} is protected by a password or saved in the old Excel format. {_SAVE_AGAIN}"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
        if sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise InvalidInputError(
                f"{name} unpacks to more than {MAX_UNPACKED // 2**20} MiB. Split it, or save it as “CSV UTF-8”."
            )
        if "xl/workbook.xml" not in {part.filename for part in parts}:
            raise InvalidInputError(
                f"{name} is a packed file, but no Excel workbook. Unpack it and take what is inside."
            )
        return load_workbook(io.BytesIO(content), read_only=True, data_only=stored_values, keep_links=False)
    except _DAMAGED as error:
        raise _damaged(name) from error


def _first(sheet: Any, name: str, n_rows: int = _FIRST_ROWS) -> list[list[str]]:
    # The size that a sheet claims for itself is often wrong.
    sheet.reset_dimensions()
    rows = enumerate(sheet.iter_rows(max_row=n_rows, values_only=True), start=1)
    return [
        _trimmed([_text(value, number, column, name) for column, value in enumerate(row, start=1)])
        for number, row in rows
    ]


def _damaged(name: str) -> InvalidInputError:
    return InvalidInputError(f"{name} cannot be read: it is damaged or no Excel workbook. {_SAVE_AGAIN}")


def _rows(content: bytes, sheet: Any, name: str) -> Iterator[list[str]]:
    sheet.reset_dimensions()
    stored: Iterator[Any] | None = None
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if len(row) > MAX_SHEET_COLUMNS:
            raise InvalidInputError(
                f"{name}, row {number}: over {MAX_SHEET_COLUMNS} columns. Delete those that are not needed."
            )
        values = [cell.value for cell in row]
        formulas = [index for index, cell in enumerate(row) if cell.data_type == "f"]
        if formulas:
            if stored is None:
                stored = enumerate(_stored_values(content, sheet.title, name), start=1)
            computed = next(cells for at, cells in stored if at == number)
            for index in formulas:
                values[index] = computed[index]
                if values[index] is None:
                    raise InvalidInputError(
                        f"{name}, row {number}, column {index + 1}: the formula has no stored value. {_SAVE_AGAIN}"
                    )
        yield _trimmed([_text(value, number, index, name) for index, value in enumerate(values, start=1)])


def _stored_values(content: bytes, sheet: str, name: str) -> Iterator[Sequence[Any]]:
    with closing(_open(content, name, stored_values=True)) as workbook:
        workbook[sheet].reset_dimensions()
        yield from workbook[sheet].iter_rows(values_only=True)


def _text(value: Any, number: int, column: int, name: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    text = str(value)
    if len(text) > MAX_CELL:
        raise InvalidInputError(
            f"{name}, row {number}, column {column}: the cell has {len(text):,} characters and {MAX_CELL:,} are "
            "allowed. Shorten it."
        )
    return text


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells.pop()
    return cells
