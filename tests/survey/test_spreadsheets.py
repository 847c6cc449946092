"""Workbooks: read as text, refused with what to do, written so that nothing in them runs."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from survey import spreadsheets
from survey.exceptions import InvalidInputError
from survey.spreadsheets import first_rows, read_fullest_sheet, read_sheet, write_workbook


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> bytes:
    """A workbook with these sheets."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        sheet.sheet_state = "hidden" if title in hidden else "visible"
        for row in rows:
            sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def repacked(content: bytes, old: str, new: str) -> bytes:
    """The workbook with something else in the first sheet's XML."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(target, "w") as after:
        for part in before.infolist():
            data = before.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode())
            after.writestr(part, data)
    return target.getvalue()


def test_cells_become_text_as_a_person_would_write_it() -> None:
    content = workbook(
        {
            "Leads": [
                ["id", "n", "day", "yes", "note"],
                [1, 2.0, dt.date(2026, 3, 1), True, " =1 "],
                [],
                [2.5, None, "", False, None],
            ]
        }
    )

    assert list(read_sheet(content, "Leads", name="a.xlsx")) == [
        ["id", "n", "day", "yes", "note"],
        ["1", "2", "2026-03-01", "yes", " =1 "],
        [],
        ["2.5", "", "", "no"],
    ]


def test_only_visible_sheets_that_hold_anything_are_offered() -> None:
    content = workbook({"Empty": [], "People": [["id"]], "Lists": [["x"]]}, hidden=["Lists"])

    assert first_rows(content, name="a.xlsx") == {"People": [["id"]]}


def test_fullest_sheet_is_the_one_with_most_cells_that_say_something() -> None:
    content = workbook({"Plan": [["", "", " ", "", "", "end"]] * 3, "People": [["id", "site"]] * 3})

    assert read_fullest_sheet(content, name="a.xlsx", max_rows=9)[:2] == ("People", ["Plan"])


def test_rows_are_counted_below_the_titles() -> None:
    rows = [
        ["Staff"],
        [],
        ["as of March"],
        ["id", "site", "role"],
        *([str(n), "Oslo", "guide"] for n in range(4)),
    ]
    content = workbook({"People": rows})

    assert len(read_fullest_sheet(content, name="a.xlsx", max_rows=4)[2]) == 5
    with pytest.raises(InvalidInputError, match="more than 3 rows"):
        read_fullest_sheet(content, name="a.xlsx", max_rows=3)


def test_a_formula_counts_as_the_value_that_was_stored_with_it() -> None:
    content = repacked(
        workbook({"Leads": [["id", "sum"], ["a", "=1+1"]]}), "<f>1+1</f><v />", "<f>1+1</f><v>2</v>"
    )

    assert list(read_sheet(content, "Leads", name="a.xlsx")) == [["id", "sum"], ["a", "2"]]


_GOOD = workbook({"Leads": [["id", "skills"], ["1", "x"]]})
BAD_WORKBOOKS = {
    "formula without a value": (
        workbook({"Leads": [["id"], ["=1+1"]]}),
        "row 2, column 1: the formula has no stored",
    ),
    "old format or password": (
        b"\xd0\xcf\x11\xe0" + b"\0" * 600,
        "protected by a password or saved in the old Excel",
    ),
    "cut off": (_GOOD[:-200], "is damaged or no Excel workbook"),
    "no archive at all": (b"PK\x03\x04" + b"nothing", "is damaged or no Excel workbook"),
    "broken XML": (repacked(_GOOD, "</sheetData>", "<oops"), "is damaged or no Excel workbook"),
    "a cell too long": (
        workbook({"Leads": [["id"], ["x" * 30_000]]}),
        "row 2, column 1: the cell has 30,000",
    ),
    "too many columns": (workbook({"Leads": [["x"] * 501]}), "row 1: over 500 columns"),
}


@pytest.mark.parametrize(("content", "message"), BAD_WORKBOOKS.values(), ids=BAD_WORKBOOKS)
def test_a_bad_workbook_is_refused_with_what_to_do(
    content: bytes, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_CELL", 20_000)

    with pytest.raises(InvalidInputError, match=r"^a\.xlsx") as raised:
        list(read_sheet(content, "Leads", name="a.xlsx"))

    assert message in str(raised.value)


def test_another_kind_of_packed_file_is_no_workbook() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")

    with pytest.raises(InvalidInputError, match="no Excel workbook"):
        first_rows(target.getvalue(), name="a.docx")


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MAX_UNPACKED", 1000)
    monkeypatch.setattr(spreadsheets, "load_workbook", pytest.fail)

    with pytest.raises(InvalidInputError, match="unpacks to more than"):
        first_rows(_GOOD, name="a.xlsx")


def test_what_is_written_runs_no_formula_and_is_read_back() -> None:
    content = write_workbook(["id", "note"], [["1", "=HYPERLINK(1)"], ["2", "a\x07b"], ["3", "'=x"]])

    cells = [cell for row in load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert list(read_sheet(content, "Leads", name="a.xlsx")) == [
        ["id", "note"],
        ["1", "'=HYPERLINK(1)"],
        ["2", "a b"],
        ["3", "''=x"],
    ]
