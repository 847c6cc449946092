"""What a recruiter uploads, made one kind of thing: a CSV table with its header in the first row that is not empty.

A table of people keeps its own columns, whatever sheet or preamble it came with; résumés become the columns of a lead.
Row numbers stay those that a spreadsheet shows. No meaning of a column is decided here, except where the header is.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from survey.encodings import as_utf8
from survey.exceptions import InvalidInputError
from survey.lead_files import parse_resume, resume_columns
from survey.spreadsheets import first_rows, is_workbook, read_sheet
from survey.tables import MAX_BYTES, TableReader, file_name, table_line

RESUME_COLUMNS = (
    *("name", "email", "phone", "profile", "employer"),
    *("headline", "summary", "skills", "experience", "interest", "location"),
)
#: So many rows may stand above a header.
_PREAMBLE_ROWS = 20

#: Whether a row of cells names columns that are known.
IsHeader = Callable[[Sequence[str]], bool]


@dataclass(frozen=True, slots=True)
class Upload:
    """A table as it is kept. ``sheets`` has names if one must be chosen first; then there are no columns yet.

    ``encoding`` names the one that text was saved in; ``refused`` holds the number and the problem of each résumé that
    cannot be read.
    """

    name: str
    content: bytes
    columns: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    encoding: str = ""
    refused: tuple[tuple[int, str], ...] = ()


def read_upload(files: Sequence[tuple[str, bytes]], is_header: IsHeader) -> Upload:
    """Read the files of one upload: a table (CSV, TSV, XLSX), or one or several JSON files with résumés.

    Raises InvalidInputError naming file, row and column.
    """
    named = [(file_name(name, otherwise="leads.csv"), content) for name, content in files]
    for name, content in named:
        if len(content) > MAX_BYTES:
            raise InvalidInputError(f"{name} has over {MAX_BYTES // 2**20} MiB. Split it into smaller files.")
    if all(_is_json(name, content) for name, content in named):
        return _resumes(named)
    if len(named) > 1:
        raise InvalidInputError("Upload one table at a time. Several files at once may only be JSON résumés.")
    name, content = named[0]
    if not is_workbook(content):
        # Names of many languages tell no encoding for sure.
        text, encoding = as_utf8(content, otherwise="cp1252")
        return replace(_table(name, _without_preamble(text, is_header)), encoding=encoding)
    rows = first_rows(content, name=name)
    # The sheet that looks most like leads is offered first.
    sheets = sorted(rows, key=lambda sheet: not any(map(is_header, rows[sheet])))
    if not sheets:
        raise InvalidInputError(f"{name} holds nothing on any visible sheet. Choose another file.")
    if len(sheets) > 1:
        return Upload(name, content, sheets=tuple(sheets))
    return read_workbook(name, content, sheets[0], is_header)


def read_workbook(name: str, content: bytes, sheet: str, is_header: IsHeader) -> Upload:
    """Read one sheet of a workbook.

    Raises InvalidInputError naming file, row and column, also if the sheet holds no table.
    """
    rows = list(read_sheet(content, sheet, name=name))
    start = _header_row(rows[:_PREAMBLE_ROWS], is_header)
    width = len(rows[start]) if rows else 0
    lines = io.StringIO(newline="")
    writer = csv.writer(lines)
    for position, row in enumerate(rows):
        # An empty row is skipped when it is read, and counted.
        writer.writerow([] if position < start or not row else [*row, *[""] * (width - len(row))])
    return _table(name, lines.getvalue().encode())


def _table(name: str, content: bytes) -> Upload:
    return Upload(name, content, columns=TableReader(io.BytesIO(content), name=name, named=False).columns)


def _without_preamble(content: bytes, is_header: IsHeader) -> bytes:
    """Blank what stands above the header, as the notes in LinkedIn's file do; numbers of rows stay as they are."""
    start = 0
    lines = content[: 64 * 1024].splitlines(keepends=True)
    for n_lines, line in enumerate(islice(lines, 2 * _PREAMBLE_ROWS)):
        cells = [cell.strip(' "') for cell in re.split("[,;\t]", line.decode("utf-8-sig", "replace").strip())]
        if is_header(cells):
            if not n_lines:
                return content
            above = content[:start].decode("utf-8-sig", "replace")
            n_rows = sum(1 for _ in csv.reader(io.StringIO(above, newline="")))
            return b"\n" * n_rows + content[start:]
        start += len(line)
    return content


def _header_row(rows: Sequence[Sequence[str]], is_header: IsHeader) -> int:
    first = next((position for position, row in enumerate(rows) if row), 0)
    return next((position for position, row in enumerate(rows) if is_header(row)), first)


def _is_json(name: str, content: bytes) -> bool:
    return name.lower().endswith(".json") or content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()[:2] in (
        b"[{", b"{}", b'{"', b"{\n", b"{\r", b"{ ",
    )  # fmt: skip


def _resumes(files: Sequence[tuple[str, bytes]]) -> Upload:
    lines = [table_line(RESUME_COLUMNS)]
    refused: list[tuple[int, str]] = []
    for name, content in files:
        try:
            parsed = parse_resume(content, name)
        except InvalidInputError as error:
            if len(files) == 1:
                raise
            lines.append(b"\n")
            refused.append((len(lines), str(error)))
            continue
        for resume in parsed if isinstance(parsed, list) else [parsed]:
            try:
                fields = resume_columns(resume, name, number=len(lines) + 1)
            except InvalidInputError as error:
                lines.append(b"\n")
                refused.append((len(lines), str(error)))
            else:
                lines.append(table_line([fields.get(column, "") for column in RESUME_COLUMNS]))
    if len(refused) == len(lines) - 1:
        raise InvalidInputError(refused[0][1] if refused else f"{files[0][0]} is an empty list.")
    name = files[0][0] if len(files) == 1 else f"{len(files)} résumés"
    return Upload(name, b"".join(lines), columns=RESUME_COLUMNS, refused=tuple(refused))
