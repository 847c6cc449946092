"""Delimited text that people hand us (CSV): read with errors a person can act on, written without surprises.

A leaf: no Flask, no SQL, no analysis, and no meaning of any column. A message names the file, the row as a
spreadsheet counts it (the header is row 1) and the column; it never repeats what a cell says.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import PurePath
from typing import Any, BinaryIO

from survey.exceptions import InvalidInputError
from survey.texts import one_line

#: Characters in one cell: a long answer has 5,000, the longest CV we saw 14,000.
MAX_CELL = 100_000
#: Columns of a delimited file: the widest survey we saw has some 600.
MAX_COLUMNS = 5_000
#: Bytes of a file that is read as a whole, as uploads are.
MAX_BYTES = 64 * 1024 * 1024

DELIMITERS = (",", ";", "\t", "|")
#: What programs write above the header to tell Excel the separator.
_TOLD = re.compile(r'sep=([^"\r\n]?)["\s]*', re.IGNORECASE)
_SAMPLED_LINES = 50
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SAVE_AS_UTF8 = "Save the file again as “CSV UTF-8”."

_QUOTED = re.compile(r'"[^"]*"')

# What a spreadsheet runs as a formula. Leading apostrophes count, so that defusing can be undone exactly.
#: Cells that are neither quoted nor defused.
_PLAIN_LINE = re.compile(r"[\w.,]*")
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")

# The csv module's own limit is one number for the whole process and its error names no column: ours does.
csv.field_size_limit(2**31 - 1)


def file_name(name: str, *, otherwise: str) -> str:
    """Return the name of an uploaded file as it may be kept: no folder of whatever system, not too long."""
    return one_line(PurePath(name.replace("\\", "/")).name)[-200:] or otherwise


@dataclass(frozen=True, slots=True)
class Table:
    """A table in memory; ``numbers`` holds each row's number as a spreadsheet shows it.

    ``reading`` says how it was found where that was not plain: ``above`` rows before the header, the ``encoding``, the
    ``sheet`` of several and the ``others``.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    delimiter: str
    numbers: tuple[int, ...]
    reading: Mapping[str, Any] = field(default_factory=dict)

    def column(self, header: str) -> tuple[str, ...]:
        """Return the cells under a header.

        Raises InvalidInputError if no column or more than one bears it.
        """
        index = column_index(self.columns, header, name=self.name)
        return tuple(row[index] for row in self.rows)

    def spread(self, n: int) -> tuple[tuple[str, ...], ...]:
        """Return at most ``n`` rows, evenly spaced from the first on."""
        return self.rows[:: max(1, math.ceil(len(self.rows) / n))]

    def place(self, position: int, index: int) -> str:
        """Say where a cell is, for a message: file, row and column."""
        return f"{self.name}, row {self.numbers[position]}, column {_label(self.columns[index])}"


class TableReader:
    """Rows of a delimited file as ``(number, cells)``, one at a time: memory does not grow with the file.

    ``named`` asks for a header without empty or repeated names, ``even`` for rows as wide as the header. ``quiet`` says
    of a column its number and not what stands above it, which may be no header. Raises InvalidInputError, at once for
    the header and during iteration for a row.
    """

    def __init__(
        self,
        source: BinaryIO,
        *,
        name: str,
        named: bool = True,
        even: bool = True,
        quiet: bool = False,
        max_cell: int = MAX_CELL,
        first_row: int = 1,
    ) -> None:
        self._even = even
        self._quiet = quiet
        self.name = one_line(name)
        self._max_cell = max_cell
        self._number = first_row - 1
        self._record: list[str] = []
        lines = _lines(source, self.name)
        sample = list(islice(lines, _SAMPLED_LINES))
        told = _TOLD.fullmatch(sample[0]) if sample else None
        if told:
            del sample[0]
            self._number += 1
        self.delimiter = (told and told[1]) or _delimiter(sample)
        self._records = self._parse(chain(sample, lines))
        self.columns: tuple[str, ...] = ()
        header = next(self._records, None)
        if header is None:
            raise InvalidInputError(
                f"{self.name} is empty: it needs a row of column names and rows below it."
            )
        self.columns = tuple(cell.strip() for cell in header[1])
        if len(self.columns) > MAX_COLUMNS:
            raise InvalidInputError(
                f"{self.name}, row {header[0]}: {len(self.columns):,} columns, and {MAX_COLUMNS:,} are allowed. Keep "
                "the columns that are needed, and put cells that hold a separator in quotation marks."
            )
        if named:
            check_names(self.columns, name=self.name)

    def __iter__(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        width = len(self.columns)
        for number, cells in self._records:
            if self._even and len(cells) > width and not any(cells[width:]):
                del cells[width:]  # separators at the end of a row, without a cell behind them
            if self._even and len(cells) != len(self.columns):
                told = [str(n) for n in range(1, width + 1)] if self._quiet else self.columns
                raise ragged(told, cells, name=self.name, number=number)
            yield number, tuple(cells)

    def _parse(self, lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
        records = csv.reader(self._remembered(lines), delimiter=self.delimiter, strict=True)
        while True:
            self._record.clear()
            self._number += 1
            try:
                cells = next(records)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._misquoted() from error
            if len(cells) > 1 or (cells and (cells[0].strip() or len(self.columns) == 1)):
                self._check_cells(cells)
                yield self._number, cells

    def _remembered(self, lines: Iterable[str]) -> Iterator[str]:
        size = 0
        for line in lines:
            size = size + len(line) if self._record else len(line)
            self._record.append(line)
            # An opening quote without its partner would otherwise swallow the rest of a huge file.
            if size > MAX_BYTES:
                raise self._misquoted()
            yield line

    def _check_cells(self, cells: Sequence[str]) -> None:
        for index, cell in enumerate(cells):
            if len(cell) > self._max_cell:
                raise self._error(
                    index,
                    f"the cell has {len(cell):,} characters and {self._max_cell:,} are allowed. Shorten it, "
                    "or look for a quotation mark that is not closed.",
                )
            if "\0" in cell:
                raise self._error(index, f"the cell holds a NUL byte, which no text has. {_SAVE_AS_UTF8}")
            if not cell.isascii() and _has_undecoded(cell):
                raise self._error(index, f"the cell is not UTF-8. {_SAVE_AS_UTF8}")

    def _misquoted(self) -> InvalidInputError:
        index = _misquoted_cell("".join(self._record), self.delimiter)
        return self._error(
            index,
            "a quotation mark is not closed, or text follows the closing one. Close it, and write a mark "
            "inside a quoted cell twice.",
        )

    def _error(self, index: int, problem: str) -> InvalidInputError:
        column = self.columns[index] if index < len(self.columns) and not self._quiet else ""
        where = f"column {_label(column)}" if column else f"column {index + 1}"
        return InvalidInputError(f"{self.name}, row {self._number}, {where}: {problem}")


def read_table(
    data: bytes,
    *,
    name: str,
    named: bool = True,
    quiet: bool = False,
    max_cell: int = MAX_CELL,
    max_bytes: int = MAX_BYTES,
    max_rows: int | None = None,
    first_row: int = 1,
) -> Table:
    """Read a whole delimited file; separator and byte order mark are recognised.

    ``first_row`` is the number of the header in the file that somebody sees, if rows above it were left out; ``named``
    and ``quiet`` are those of :class:`TableReader`.

    Raises InvalidInputError naming file, row and column.
    """
    if len(data) > max_bytes:
        raise InvalidInputError(
            f"{one_line(name)} has {len(data):,} bytes and {max_bytes:,} are allowed. "
            "Split it into smaller files."
        )
    reader = TableReader(
        io.BytesIO(data), name=name, named=named, quiet=quiet, max_cell=max_cell, first_row=first_row
    )
    # One row too many is enough to know: a huge file is refused in the time that the allowed rows take.
    numbered = list(reader if max_rows is None else islice(reader, max_rows + 1))
    if max_rows is not None and len(numbered) > max_rows:
        raise too_many_rows(reader.name, max_rows)
    return Table(
        name=reader.name,
        columns=reader.columns,
        rows=tuple(cells for _, cells in numbered),
        delimiter=reader.delimiter,
        numbers=tuple(number for number, _ in numbered),
    )


def n_titles(rows: Sequence[Sequence[str]]) -> int:
    """Return how many rows stand above a table, such as its name, judged by its first rows.

    A title fills a cell or, with what it says, two; a table that is no wider cannot be told from one. Questions above
    their options may be as few, but there something is blank below them.
    """
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    widest = max(filled, default=0)
    most = 2 if widest > 4 else int(widest > 2)
    start = next((n for n, width in enumerate(filled) if width > most), 0)
    n_below, n_wide = len(filled) - start, sum(width > most for width in filled[start:])
    if n_below <= start or 2 * n_wide < n_below:  # rows that are too wide, and no table below a title
        return 0
    if start and any(above and not below for above, below in zip(rows[start - 1], rows[start], strict=False)):
        return start - 1
    return start


def check_names(columns: Sequence[str], *, name: str, number: int = 1) -> None:
    """Refuse a header with empty or repeated names. Raises InvalidInputError naming the column."""
    first: dict[str, int] = {}
    for index, column in enumerate(columns):
        if not column:
            raise InvalidInputError(
                f"{name}, row {number}, column {index + 1}: the header is empty. Give the column a name "
                "or delete it."
            )
        if column in first:
            raise InvalidInputError(
                f"{name}, row {number}, columns {first[column] + 1} and {index + 1}: both are called "
                f"{_label(column)}. Rename one of them."
            )
        first[column] = index


def ragged(columns: Sequence[str], cells: Sequence[str], *, name: str, number: int) -> InvalidInputError:
    """Return what to say of a row that is not as wide as the header."""
    width = len(columns)
    if len(cells) < width:
        where = f"column {_label(columns[len(cells)])} is missing"
    else:
        where = f"nothing belongs after column {_label(columns[-1])}"
    return InvalidInputError(
        f"{name}, row {number}: {width} cells expected, {len(cells)} found; {where}. Put cells that "
        "hold a separator or a line break in quotation marks."
    )


def too_many_rows(name: str, max_rows: int) -> InvalidInputError:
    """Return what to say of a table that is too long."""
    return InvalidInputError(
        f"{name} has more than {max_rows:,} rows. Make two files of it, or keep as many, drawn at random."
    )


def write_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table as UTF-8 CSV with commas and line feeds; no cell of it runs as a formula."""
    return b"".join(table_lines(columns, rows))


def table_lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield a table row by row, header first, as :func:`write_table` writes it."""
    yield table_line(columns)
    for row in rows:
        yield table_line(row)


def table_line(cells: Sequence[str]) -> bytes:
    """Return one row as :func:`write_table` writes it."""
    joined = ",".join(cells)
    if len(cells) > 1 and _PLAIN_LINE.fullmatch(joined) and joined.count(",") == len(cells) - 1:
        # What the csv module writes, in a fifth of the time.
        return joined.encode() + b"\n"
    line = io.StringIO(newline="")
    # With any other line end the csv module leaves a carriage return inside a cell unquoted.
    csv.writer(line, lineterminator="\r\n").writerow([defuse(cell) for cell in cells])
    return line.getvalue().removesuffix("\r\n").encode() + b"\n"


def defuse(cell: str) -> str:
    """Return the cell so that a spreadsheet shows it and does not run it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def undefuse(cell: str) -> str:
    """Return the cell as it was before :func:`defuse`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def column_index(columns: Sequence[str], header: str, *, name: str) -> int:
    """Return the position of a header; runs of blanks in it count as one.

    Raises InvalidInputError if no column or more than one bears it.
    """
    wanted = one_line(header)
    found = [index for index, column in enumerate(columns) if one_line(column) == wanted]
    if not found:
        raise InvalidInputError(f"{name}, row 1: there is no column {_label(header)}. Check the spelling.")
    if len(found) > 1:
        raise InvalidInputError(
            f"{name}, row 1, columns {found[0] + 1} and {found[1] + 1}: both are called {_label(header)}. "
            "Rename one of them."
        )
    return found[0]


def unique_ids(table: Table, column: str | int) -> tuple[str, ...]:
    """Return the ids in a column (its header or position), without blanks around them.

    Raises InvalidInputError naming the row of an empty id, or both rows of two equal ones.
    """
    index = column if isinstance(column, int) else column_index(table.columns, column, name=table.name)
    header = table.columns[index] or f"#{index}"
    first: dict[str, int] = {}
    for number, row in zip(table.numbers, table.rows, strict=True):
        key = row[index].strip()
        check_id(key, first.get(key), number, name=table.name, column=header)
        first[key] = number
    return tuple(first)


def check_id(key: str, earlier: int | None, number: int, *, name: str, column: str) -> None:
    """Refuse an id that is empty or was seen in an earlier row.

    Raises InvalidInputError.
    """
    if not key:
        raise InvalidInputError(
            f"{name}, row {number}, column {_label(column)}: the id is empty. "
            "Give the row an id or delete it."
        )
    if earlier is not None:
        raise InvalidInputError(
            f"{name}, rows {earlier} and {number}, column {_label(column)}: both have the same id. "
            "Give each row its own."
        )


def _lines(source: BinaryIO, name: str) -> Iterator[str]:
    buffered = io.BufferedReader(_Borrowed(source))
    if buffered.peek(2)[:2] in _UTF_16:
        raise InvalidInputError(f"{name}, row 1, column 1: the file is saved as UTF-16. {_SAVE_AS_UTF8}")
    # Bytes that are not UTF-8 become lone surrogates: so the cell that holds them can be named.
    return iter(io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="surrogateescape", newline=""))


class _Borrowed(io.RawIOBase):
    """A stream that is read here and closed by whoever opened it."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _delimiter(sample: Sequence[str]) -> str:
    """Choose the separator that cuts the header into several cells and most rows into as many."""
    rows = [line for line in _QUOTED.sub("", "".join(sample)).splitlines() if line.strip()]

    def evidence(delimiter: str) -> tuple[bool, float, int]:
        width, *others = [row.count(delimiter) for row in rows] or [0]
        agreeing = sum(other == width for other in others) / len(others) if others else 1.0
        return width > 0, agreeing, width

    return max(DELIMITERS, key=evidence)


def _misquoted_cell(record: str, delimiter: str) -> int:
    separator = re.escape(delimiter)
    # Possessive: what a quotation mark swallowed may be as long as the file, and no step in it is taken back.
    cell = re.compile(
        rf'(?:"(?:[^"]++|"")*+"|[^"{separator}\r\n][^{separator}\r\n]*)?(?={separator}|[\r\n]|\Z)'
    )
    index = position = 0
    while (found := cell.match(record, position)) and record[found.end() : found.end() + 1] == delimiter:
        index += 1
        position = found.end() + 1
    return index


def _has_undecoded(cell: str) -> bool:
    try:
        cell.encode()
    except UnicodeEncodeError:
        return True
    return False


def _label(column: str) -> str:
    short = one_line(column)
    return f"“{short[:57]}…”" if len(short) > 60 else f"“{short}”"
