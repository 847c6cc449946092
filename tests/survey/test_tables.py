"""Reading and writing delimited text: every bad file is told by file, row and column."""

from __future__ import annotations

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey import tables
from survey.exceptions import InvalidInputError
from survey.tables import (
    MAX_CELL,
    Table,
    TableReader,
    column_index,
    defuse,
    read_table,
    table_line,
    table_lines,
    undefuse,
    unique_ids,
    write_table,
)

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def refusal(data: bytes, **options: int) -> str:
    with pytest.raises(InvalidInputError) as caught:
        read_table(data, name="leads.csv", **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_read_table_keeps_cells_as_written() -> None:
    table = read_table(b"id, self \nr1,  two  blanks \n", name="people.csv")

    assert table == Table("people.csv", ("id", "self"), (("r1", "  two  blanks "),), ",", (2,))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_read_table_recognises_the_separator_beside_quoted_ones(delimiter: str) -> None:
    data = delimiter.join(["id", '"a, b; c\td, e; f\tg"', "stay"]) + "\n"
    data += delimiter.join(["r1", '"x,y;z\tw"', '"1,2"']) + "\n"

    table = read_table(data.encode(), name="people.csv")

    assert table.delimiter == delimiter
    assert table.rows == (("r1", "x,y;z\tw", "1,2"),)


def test_read_table_is_not_misled_by_commas_in_a_header_with_semicolons() -> None:
    data = b"id;What, if anything, do you like, really?\nr1;the people\nr2;quiet, mostly\n"

    assert read_table(data, name="people.csv").delimiter == ";"


def test_read_table_takes_the_separator_that_a_first_line_tells() -> None:
    table = read_table(b'sep=;\r\nid;"self, always"\r\nr1;x\r\n', name="people.csv")

    assert (table.columns, table.rows, table.numbers) == (("id", "self, always"), (("r1", "x"),), (3,))


@pytest.mark.parametrize("line", [b"sep=\r\n", b'sep="\r\n'])
def test_read_table_guesses_where_what_is_told_cannot_separate(line: bytes) -> None:
    table = read_table(line + b"id;x\r\n1;2\r\n", name="people.csv")

    assert (table.delimiter, table.columns) == (";", ("id", "x"))


def test_read_table_takes_one_column() -> None:
    table = read_table(b"id\nr1\nr2", name="people.csv")

    assert table.rows == (("r1",), ("r2",))


def test_read_table_drops_a_byte_order_mark() -> None:
    assert read_table(b"\xef\xbb\xbfid,self\nr1,x\n", name="people.csv").columns == ("id", "self")


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_read_table_takes_any_line_end(line_end: bytes) -> None:
    table = read_table(line_end.join([b"id,self", b"r1,x", b""]), name="people.csv")

    assert table.rows == (("r1", "x"),)


def test_read_table_counts_rows_as_a_spreadsheet_does() -> None:
    data = b'id,self\n"r1","two\nlines"\n\n   \nr2,x\n'

    table = read_table(data, name="people.csv")

    assert table.rows == (("r1", "two\nlines"), ("r2", "x"))
    assert table.numbers == (2, 5)


def test_read_table_takes_a_header_alone_and_a_single_row() -> None:
    assert read_table(b"id,self\n", name="people.csv").rows == ()
    assert read_table(b"id,self\nr1,x", name="people.csv").rows == (("r1", "x"),)


def test_read_table_leaves_a_formula_as_text() -> None:
    assert read_table(b"id,self\nr1,=1+1\n", name="people.csv").rows == (("r1", "=1+1"),)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf", b"   \n"])
def test_read_table_refuses_an_empty_file(data: bytes) -> None:
    assert refusal(data) == "leads.csv is empty: it needs a row of column names and rows below it."


def test_read_table_names_the_cell_that_is_not_utf8() -> None:
    data = "id,self,stay\nr1,x,y\nr2,x,café\n".encode("latin-1")

    assert refusal(data) == (
        "leads.csv, row 3, column “stay”: the cell is not UTF-8. Save the file again as “CSV UTF-8”."
    )


def test_read_table_names_the_header_cell_that_is_not_utf8() -> None:
    assert refusal("id,café\nr1,x\n".encode("latin-1")).startswith(
        "leads.csv, row 1, column 2: the cell is not"
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_read_table_refuses_utf16(encoding: str) -> None:
    message = refusal("id,self\nr1,x\n".encode(encoding))

    assert message.startswith("leads.csv, row 1, column 1: ")
    assert message.endswith("Save the file again as “CSV UTF-8”.")


def test_read_table_names_the_cell_with_a_nul_byte() -> None:
    assert refusal(b"id,self\nr1,a\0b\n") == (
        "leads.csv, row 2, column “self”: the cell holds a NUL byte, which no text has. "
        "Save the file again as “CSV UTF-8”."
    )


def test_read_table_names_a_row_with_too_few_cells() -> None:
    assert refusal(b"id,self,stay\nr1,x,y\nr2,x\n") == (
        "leads.csv, row 3: 3 cells expected, 2 found; column “stay” is missing. "
        "Put cells that hold a separator or a line break in quotation marks."
    )


def test_read_table_names_a_row_with_too_many_cells() -> None:
    assert refusal(b"id,self\nr1,calm, quick\nr2,x\n").startswith(
        "leads.csv, row 2: 2 cells expected, 3 found; nothing belongs after column “self”."
    )


def test_read_table_names_an_empty_header() -> None:
    assert refusal(b"id,,stay\nr1,x,y\n") == (
        "leads.csv, row 1, column 2: the header is empty. Give the column a name or delete it."
    )


def test_read_table_names_both_columns_of_a_repeated_header() -> None:
    assert refusal(b"id,self,stay, self\nr1,x,y,z\n") == (
        "leads.csv, row 1, columns 2 and 4: both are called “self”. Rename one of them."
    )


def test_read_table_takes_repeated_and_empty_headers_where_columns_have_numbers() -> None:
    table = read_table(b"id,self,,self\nr1,x,y,z\n", name="export.csv", named=False)

    assert table.columns == ("id", "self", "", "self")


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (b'id,self,stay\nr1,x,y\nr2,"never closed,y\nr3,x,y\n', "row 3, column “self”"),
        (b'id,self,stay\nr1,"x, ""z"" w",y\nr2,x,"calm" and quick\n', "row 3, column “stay”"),
        (b'id,"self\nr1,x\n', "row 1, column 2"),
    ],
)
def test_read_table_names_the_cell_with_a_stray_quotation_mark(data: bytes, where: str) -> None:
    message = refusal(data)

    assert message.startswith(f"leads.csv, {where}: a quotation mark is not closed")
    assert "calm" not in message


def test_a_mark_that_swallows_the_rest_is_noticed_before_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_BYTES", 100_000)
    source = io.BytesIO(b'id,stay\nr1,"' + b"calm and near\n" * 100_000)

    with pytest.raises(InvalidInputError, match="row 2, column “stay”: a quotation mark is not closed"):
        list(TableReader(source, name="leads.csv"))

    assert source.tell() < 200_000


def test_a_mark_that_swallows_the_rest_takes_no_memory() -> None:
    data = b'id,stay\nr1,"' + b"calm " * 200_000
    tracemalloc.start()

    message = refusal(data)

    assert tracemalloc.get_traced_memory()[1] < 20 * len(data)
    tracemalloc.stop()
    assert message.startswith("leads.csv, row 2, column “stay”: a quotation mark is not closed")


def test_read_table_names_a_cell_of_50_megabytes() -> None:
    data = b"id,self,stay\nr1,x,y\nr2,x," + b"a" * 50_000_000 + b"\n"

    assert refusal(data) == (
        "leads.csv, row 3, column “stay”: the cell has 50,000,000 characters and 100,000 are allowed. "
        "Shorten it, or look for a quotation mark that is not closed."
    )


def test_read_table_takes_a_cell_at_the_limit() -> None:
    cell = "é" * MAX_CELL

    assert read_table(f"id,self\nr1,{cell}\n".encode(), name="people.csv").rows == (("r1", cell),)


def test_read_table_refuses_a_file_over_the_size_limit() -> None:
    assert refusal(b"id,self\nr1,x\n", max_bytes=12) == (
        "leads.csv has 13 bytes and 12 are allowed. Split it into smaller files."
    )


def test_messages_shorten_headers_and_stay_on_one_line() -> None:
    header = "What do you\nlike " + "really " * 20

    message = refusal(f'id,"{header}"\nr1,a\0b\n'.encode())

    assert "column “What do you like really really really really really reall…”" in message


def test_column_index_counts_runs_of_blanks_as_one() -> None:
    assert column_index(("id", "your\u00a0 role "), "your role", name="export.csv") == 1


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("x", "export.csv, row 1: there is no column “x”. Check the spelling."),
        ("a", "export.csv, row 1, columns 1 and 3: both are called “a”. Rename one of them."),
    ],
)
def test_column_index_names_what_is_missing_or_repeated(header: str, message: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        column_index(("a", "b", "a"), header, name="export.csv")

    assert str(caught.value) == message


def test_unique_ids_drops_blanks_around_them() -> None:
    table = read_table(b"id,self\n r1 ,x\nr2,y\n", name="people.csv")

    assert unique_ids(table, "id") == ("r1", "r2")


def test_unique_ids_names_the_row_of_an_empty_id() -> None:
    table = read_table(b"id,self\nr1,x\n  ,y\n", name="people.csv")

    with pytest.raises(InvalidInputError) as caught:
        unique_ids(table, "id")

    assert str(caught.value) == (
        "people.csv, row 3, column “id”: the id is empty. Give the row an id or delete it."
    )


def test_unique_ids_names_both_rows_of_equal_ids_and_not_the_id() -> None:
    table = read_table(b"id,self\nr1,x\nr2,y\nr1 ,z\n", name="people.csv")

    with pytest.raises(InvalidInputError) as caught:
        unique_ids(table, "id")

    assert str(caught.value) == (
        "people.csv, rows 2 and 4, column “id”: both have the same id. Give each row its own."
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "'="])
def test_defuse_puts_an_apostrophe_before_a_formula(start: str) -> None:
    assert defuse(f"{start}cmd") == f"'{start}cmd"


@pytest.mark.parametrize("cell", ["", "plain", "a=b", "'quoted'", " =1"])
def test_defuse_leaves_plain_text(cell: str) -> None:
    assert defuse(cell) == cell


@given(st.lists(st.sampled_from("'=+-@a\t"), max_size=4).map("".join))
def test_undefuse_is_the_inverse_of_defuse(cell: str) -> None:
    assert undefuse(defuse(cell)) == cell


def test_write_table_is_csv_with_line_feeds_and_no_formulas() -> None:
    data = write_table(("id", "self"), [("r1", 'a, "b"'), ("r2", "=1+1"), ("r3", "ü\r\nx")])

    assert data == 'id,self\nr1,"a, ""b"""\nr2,\'=1+1\nr3,"ü\r\nx"\n'.encode()


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5))
def test_write_table_and_read_table_are_inverse(rows: list[tuple[str, str]]) -> None:
    table = read_table(write_table(("id", "self"), rows), name="people.csv")

    assert [tuple(map(undefuse, row)) for row in table.rows] == rows


def test_table_lines_is_write_table_in_pieces() -> None:
    rows = [("r1", "x"), ("r2", "y")]

    assert b"".join(table_lines(("id", "self"), rows)) == write_table(("id", "self"), rows)


def test_table_reader_holds_one_row_at_a_time() -> None:
    row = b"r," + b"a" * 1_000 + b"\n"
    source = io.BytesIO(b"id,self\n" + row * 20_000)
    reader = TableReader(source, name="many.csv")

    tracemalloc.start()
    n = sum(1 for _ in reader)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert n == 20_000
    assert peak_bytes < 1_000_000


def test_other_readers_of_csv_agree() -> None:
    data = b'id,self\nr1,"a ""b"", c"\nr2,"two\nlines"\n'

    table = read_table(data, name="people.csv")

    assert [list(row) for row in (table.columns, *table.rows)] == list(
        csv.reader(io.StringIO(data.decode(), newline=""))
    )


@pytest.mark.parametrize(
    "cells", [("a", "", "1.5"), ("", ""), ("å", "_x"), ("a,b", "c"), ("a", "b c"), ("",), ("-1", "2")]
)
def test_plain_line_is_what_the_csv_module_writes(cells: tuple[str, ...]) -> None:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\n").writerow([defuse(cell) for cell in cells])
    assert table_line(cells).decode() == line.getvalue()


@pytest.mark.parametrize(("n_rows", "places"), [(0, []), (3, [0, 1, 2]), (4, [0, 2]), (7, [0, 3, 6])])
def test_rows_are_spread_over_the_table(n_rows: int, places: list[int]) -> None:
    rows = tuple((str(n),) for n in range(n_rows))
    table = Table("leads.csv", ("id",), rows, ",", tuple(range(2, n_rows + 2)))

    assert table.spread(3) == tuple(rows[place] for place in places)
