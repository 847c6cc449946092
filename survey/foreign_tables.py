"""Tables as other programs leave them: in whatever encoding, with titles above the header, on one of several sheets.

A leaf, as :mod:`survey.tables` is, which is strict about a header where this is lenient. How a table was found is told
with it, for a person who sees it before anything is made of it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from survey.encodings import OLDER, UTF_8, as_utf8
from survey.exceptions import InvalidInputError
from survey.spreadsheets import is_workbook, read_fullest_sheet
from survey.tables import DELIMITERS, MAX_BYTES, Table, n_titles, read_table
from survey.texts import one_line

#: How files begin that say what was asked, or hold answers in another shape than rows.
_NO_TABLE = (b"<?", b"<!", b"<html", b"<table", b'{"', b"[{")
#: Rows among which the header is looked for, and rows by which it is known.
_FIRST_ROWS, _SAMPLED = 20, 256 * 1024
#: So many of the rows below a header are as wide as it.
_LEAST_EVEN = 0.8


def read_foreign(
    data: bytes, *, name: str, max_bytes: int = MAX_BYTES, max_rows: int, only_utf8: bool = False
) -> Table:
    """Read a CSV file or the fullest sheet of a workbook; what stands above its header is left out.

    ``only_utf8``, for a file of one's own, refuses text in another encoding, where nobody would look at what became of
    it. Else nothing of the file is repeated before it is known that its first row is a header.

    Raises InvalidInputError naming file, row and column.
    """
    if is_workbook(data):
        return _of_workbook(data, name=name, max_rows=max_rows)
    data, encoding = (data, UTF_8) if only_utf8 else as_utf8(data)
    table = _of_text(data, name=name, quiet=not only_utf8, max_bytes=max_bytes, max_rows=max_rows)
    return replace(table, reading={**table.reading, "encoding": encoding}) if encoding in OLDER else table


def _of_workbook(data: bytes, *, name: str, max_rows: int) -> Table:
    sheet, others, ((first, header), *rows) = read_fullest_sheet(data, name=name, max_rows=max_rows)
    width = max(len(header), *(len(row) for _, row in rows)) if rows else len(header)
    padded = [tuple((*row, *[""] * width)[:width]) for _, row in rows]
    columns = tuple(cell.strip() for cell in (*header, *[""] * (width - len(header))))
    reading: dict[str, Any] = {"above": first - 1} if first > 1 else {}
    reading |= {"sheet": sheet, "others": others} if others else {}
    return Table(name, columns, tuple(padded), ",", tuple(number for number, _ in rows), reading)


def _of_text(data: bytes, *, name: str, quiet: bool, max_bytes: int, max_rows: int) -> Table:
    if data.lstrip(b"\xef\xbb\xbf \r\n").startswith(_NO_TABLE):
        raise InvalidInputError(
            f"{one_line(name)} is no table; perhaps it holds what was asked. Export the answers as CSV or Excel."
        )
    n_lines, n_rows = _above(data)
    below = data if not n_lines else b"".join(data.splitlines(keepends=True)[n_lines:])
    table = read_table(
        below,
        name=name,
        named=False,
        quiet=quiet,
        max_bytes=max_bytes,
        max_rows=max_rows,
        first_row=n_rows + 1,
    )
    return replace(table, reading={"above": n_rows}) if n_rows else table


def _above(data: bytes) -> tuple[int, int]:
    """Return how many lines, and how many rows, stand above the header: a title, a date, blank rows."""
    lines = list(io.StringIO(data[:_SAMPLED].decode("utf-8-sig", "replace"), newline=""))
    is_cut = len(data) > _SAMPLED
    found = [place for delimiter in DELIMITERS if (place := _start(lines, delimiter, is_cut)) is not None]
    if not found or not all(n_rows for *_, n_rows in found):  # by some separator the first row is the header
        return 0, 0
    return max(found)[2:]


def _start(lines: Sequence[str], delimiter: str, is_cut: bool) -> tuple[float, int, int, int] | None:
    """Return how even the rows below the header are, its width, and the lines and rows above it."""
    reader = csv.reader(lines, delimiter=delimiter)
    rows, ends = [], [0]
    try:
        for row in islice(reader, 10 * _FIRST_ROWS):
            rows.append(row)
            ends.append(reader.line_num)
    except csv.Error:
        return None
    if is_cut and 1 < len(rows) < 10 * _FIRST_ROWS:
        del rows[-1], ends[-1]  # of a very long row the end is missing
    alone = next((n for n, row in enumerate(rows[:_FIRST_ROWS]) if len(row) > 1), None)
    if alone is None:
        return None
    start = alone + n_titles(rows[alone : alone + _FIRST_ROWS])
    below = [len(row) for row in rows[start + 1 :] if row]
    even = sum(width == len(rows[start]) for width in below) / len(below) if below else 1.0
    # A lone cell above may as well be the header of a single column, whose cells hold a separator.
    is_title = len(rows[start]) > 2 or not any(map(len, rows[max(0, alone - 1) : alone]))
    if even < _LEAST_EVEN or (alone and not is_title):
        return None
    return even, len(rows[start]), ends[start], start
