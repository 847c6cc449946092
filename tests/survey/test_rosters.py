"""Rosters that HR uploads: CSV and XLSX, groups found, what identifies dropped, bad files refused with the place."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import Workbook

from survey.exceptions import InvalidInputError
from survey.rosters import read_upload


def workbook(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


HEADER = ("E-Mail", "Name", "Site", "Years")
PEOPLE = [(f"p{n}@example.org", f"Person {n}", ("Oslo", "Lyon")[n % 2], 5 * (n % 3)) for n in range(12)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_groups_are_found_and_names_are_dropped(kind: str) -> None:
    lines = [HEADER, *PEOPLE]
    csv = "\n".join(";".join(map(str, line)) for line in lines).encode()

    roster = read_upload(csv if kind == "csv" else workbook(*lines), name=f"r.{kind}")

    assert roster.groups == {"Site": {"Lyon": 6, "Oslo": 6}, "Years": {"0": 4, "10": 4, "5": 4}}
    assert roster.dropped == ("Name",)
    assert roster.people[1] == {"email": "p1@example.org", "Site": "Lyon", "Years": "5"}
    assert roster.numbers[:2] == (2, 3)


def test_empty_rows_and_cells_of_a_workbook_are_passed_over() -> None:
    roster = read_upload(
        workbook(("email", "site", None), (), ("a@example.org", None, None), (None, "Oslo", None)),
        name="r.xlsx",
    )

    assert roster.people == [{"email": "a@example.org", "site": ""}, {"email": "", "site": "Oslo"}]
    assert roster.numbers == (3, 4)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"site\nOslo\n", "r.csv, row 1: there is no column for e-mail addresses. Call it email"),
        (b"email\n", "r.csv names nobody. Add a row"),
        (b"email,e-mail\na,b\n", "r.csv, row 1: two columns are called email. Rename one"),
        (b"PK\x03\x04 nonsense", "r.csv cannot be read: it is damaged or no Excel workbook."),
        (workbook(), "r.csv is empty"),
        (b"email,site\na,b,c\n", "r.csv, row 2: 2 cells expected, 3 found; nothing belongs after column"),
        (
            workbook(("email", "site"), ("a", "b", "c")),
            "r.csv, row 2: 2 cells expected, 3 found; nothing belongs",
        ),
        (workbook(("email", None, "site"), ("a", "b", "c")), "r.csv, row 1, column 2: the header is empty."),
        (b"\xff\xfe", "r.csv is empty"),
    ],
)
def test_file_that_cannot_be_used_says_what_to_do(content: bytes, sentence: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        read_upload(content, name="r.csv")

    assert sentence in str(raised.value)
