"""Tables as other programs leave them: older encodings, titles above the header, several sheets."""

from __future__ import annotations

import io

import pytest
from openpyxl import Workbook

from survey.encodings import as_utf8
from survey.exceptions import InvalidInputError
from survey.foreign_tables import read_foreign
from survey.tables import Table

HEADER = ["when", "self", "stay"]
ROWS = [HEADER, *([f"2026-03-0{n}", "calm, exact", "the bees"] for n in range(1, 5))]
BELOW = "\r\n".join(";".join(row) for row in ROWS)


def read(data: bytes, name: str = "e.csv") -> Table:
    return read_foreign(data, name=name, max_rows=100)


def workbook(**sheets: list[list[str]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


SAVED = {
    "cp1252": "Ich mag die Kollegen – größte Freude, „süß“",
    "cp1250": "spokojny, lubię porządek i ciszę; zespół, żadnych nadgodzin, cała łódź",
    "cp1256": "هادئ ومنظم؛ الفريق والراتب، وأصدقاء في المدينة",
    "mac_roman": "lugn på jobbet, älskar ordning och kör på; känner mig behövd",
    "cp850": "Größe, Straße, Kollegen und Möglichkeiten für alle",
}


@pytest.mark.parametrize("encoding", SAVED)
def test_older_encoding_is_told_by_the_letters_of_a_language(encoding: str) -> None:
    utf8, told = as_utf8(SAVED[encoding].encode(encoding))

    assert utf8.decode() == SAVED[encoding]
    assert told not in ("UTF-8", "UTF-16")


def test_encoding_is_told_where_the_first_letter_comes_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey.encodings._SAMPLED", 64)
    text = "name,site\n" + "Ann,Oslo\n" * 10 + "Jürgen,Köln\n"

    assert as_utf8(text.encode("cp1252")) == (text.encode(), "Windows-1252")


@pytest.mark.parametrize(
    "data",
    [
        "Tidsstämpel på".encode() + "\nlugn på jobbet".encode("cp1252"),  # two encodings in one file
        "спокойный, люблю порядок".encode("cp1251"),
        "静かな人".encode("shift_jis"),
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x81\x8d\x9d",
    ],
)
def test_what_could_be_anything_is_left_to_its_reader(data: bytes) -> None:
    assert as_utf8(data) == (data, "UTF-8")
    with pytest.raises(InvalidInputError, match="CSV UTF-8"):
        read(b"a,b\n1," + data)


@pytest.mark.parametrize(
    ("above", "n_rows"),
    [
        ("Employee survey 2026\r\n", 1),
        ("Employee survey, autumn, 2026\r\nExported: 1 March, by HR\r\n\r\n", 3),
        ("Employee survey;;\r\n;;\r\n", 2),
        ("\r\n", 1),
        ("", 0),
    ],
)
def test_title_above_the_header_is_left_out_and_rows_keep_their_numbers(above: str, n_rows: int) -> None:
    table = read((above + BELOW).encode("cp1252"))

    assert list(table.columns) == HEADER
    assert [list(row) for row in table.rows] == ROWS[1:]
    assert table.numbers[0] == n_rows + 2
    assert table.reading.get("above", 0) == n_rows


@pytest.mark.parametrize(
    "text",
    [
        "self,stay\ncalm,\n,bees\nexact,\n",
        "Where?,\nx,y\nx,\n",  # a header above two columns
        "Why?,Where?,,,,\n,Fairs,Radio,Press,Web,Other\nbees,x,,x,,\nscrews,,x,,,x\n",
    ],
)
def test_header_is_not_taken_for_a_title(text: str) -> None:
    assert "".join(read(text.encode()).columns) == text.partition("\n")[0].replace(",", "")


def test_single_column_whose_cells_hold_a_separator_is_no_table_with_a_title() -> None:
    table = read(b"answer\ncalm, exact\nquick, loud\nslow, kind\n")

    assert (table.columns, table.rows[0]) == (("answer",), ("calm, exact",))


@pytest.mark.parametrize("at", [1, 2, 5])
def test_row_that_is_too_wide_makes_no_title_of_the_header(at: int) -> None:
    lines = ["id,self", *["1,calm"] * 5]
    lines[at] = "1,calm,quick,loud,kind"

    with pytest.raises(InvalidInputError, match=f"row {at + 1}: 2 cells expected, 5 found"):
        read("\n".join(lines).encode())


def test_separators_behind_the_last_cell_are_no_column() -> None:
    assert read(b"a,b\n1,2,,\n3,4\n").rows == (("1", "2"), ("3", "4"))


def test_sheet_that_holds_most_is_read_and_the_others_are_named() -> None:
    table = read(
        workbook(Notes=[["Read me"], ["first"]], Answers=[["Survey"], [], *ROWS], Codes=[["a", "1"]])
    )

    assert list(table.columns) == HEADER
    assert table.reading == {"above": 2, "sheet": "Answers", "others": ["Notes", "Codes"]}
    assert read(workbook(Answers=ROWS)).reading == {}
