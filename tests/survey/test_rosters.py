"""Rosters that HR uploads: CSV and XLSX, groups found, what identifies dropped, bad files refused with the place."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from survey.domain.accounts import normal_email
from survey.domain.invitees import check_roster
from survey.exceptions import InvalidInputError
from survey.rosters import read_upload


def workbook(*rows: tuple[Any, ...], **others: list[tuple[Any, ...]]) -> bytes:
    book = Workbook()
    for sheet, lines in [
        (book.active, rows),
        *((book.create_sheet(title), others[title]) for title in others),
    ]:
        for row in lines:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


HEADER = ("E-Mail", "Name", "Site", "Years")
PEOPLE = [(f"p{n}@example.org", f"Person {n}", ("Oslo", "Lyon")[n % 2], 5 * (n % 3)) for n in range(12)]
PEOPLE_ROWS = [HEADER, *PEOPLE]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_groups_are_found_and_names_are_dropped(kind: str) -> None:
    csv = "\n".join(";".join(map(str, line)) for line in PEOPLE_ROWS).encode()

    roster = read_upload(csv if kind == "csv" else workbook(*PEOPLE_ROWS), name=f"r.{kind}")

    assert roster.groups == {"Site": {"Lyon": 6, "Oslo": 6}, "Years": {"0": 4, "10": 4, "5": 4}}
    assert roster.dropped == ("Name",)
    assert roster.people[1] == {"email": "p1@example.org", "Site": "Lyon", "Years": "5"}
    assert roster.numbers[:2] == (2, 3)


def test_bands_stand_in_the_order_of_their_numbers() -> None:
    bands = ("no idea", ">10y", "3-6y", "<1y", "1-3y", "10-12y")
    lines = ["email,years", *(f"p{n}@example.org,{bands[n % 6]}" for n in range(12))]

    roster = read_upload("\n".join(lines).encode(), name="r.csv")

    assert list(roster.groups["years"]) == ["<1y", "1-3y", "3-6y", "10-12y", ">10y", "no idea"]


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


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_roster_of_more_rows_than_are_read_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey.rosters.MAX_ROWS", 2)
    rows = [("email",), *((f"p{n}@example.org",) for n in range(3))]
    data = workbook(*rows) if kind == "xlsx" else "\n".join(row[0] for row in rows).encode()

    with pytest.raises(InvalidInputError, match=r"^r\.csv has more than 2 rows\. Make two files of it"):
        read_upload(data, name="r.csv")


@pytest.mark.parametrize("kind", ["csv", "xlsx", "utf-16"])
def test_every_kind_of_file_gives_the_same_roster(kind: str) -> None:
    lines = [
        ("email", "Site "),
        ("a@example.org", " Oslo"),
        ("", ""),
        ("", "Oslo\u202e"),
        ("b@example.org", ""),
    ]
    text = "\n".join(",".join(line) for line in lines)
    content = {"csv": text.encode("utf-8-sig"), "utf-16": text.encode("utf-16"), "xlsx": workbook(*lines)}[
        kind
    ]

    roster = read_upload(content, name="r")

    assert roster.people == [
        {"email": "a@example.org", "Site": "Oslo"},
        {"email": "", "Site": "Oslo"},
        {"email": "b@example.org", "Site": ""},
    ]
    assert (roster.numbers, roster.groups) == ((2, 4, 5), {"Site": {"Oslo": 2}})


def test_title_above_a_roster_is_passed_over() -> None:
    content = workbook(("Everybody at Fjordline",), (), *PEOPLE_ROWS)

    assert read_upload(content, name="r.xlsx").numbers[0] == 4


def test_the_sheet_of_addresses_is_read_and_told_even_if_another_holds_more() -> None:
    content = workbook(*PEOPLE_ROWS, Sites=[("Site", "Town", "Street")] * 100)

    roster = read_upload(content, name="r.xlsx")

    assert (len(roster.people), roster.reading) == (12, {"sheet": "Sheet", "others": ["Sites"]})


def test_addresses_on_several_sheets_are_refused() -> None:
    content = workbook(("Staff of 2026",), *PEOPLE_ROWS, Left=PEOPLE_ROWS * 3)

    with pytest.raises(
        InvalidInputError, match=r"^r\.xlsx has e-mail addresses on several sheets: Sheet, Left\. Keep"
    ):
        read_upload(content, name="r.xlsx")


def test_older_encoding_is_told() -> None:
    assert read_upload("email,site\na@b.org,Malmö\n".encode("cp1252"), name="r").reading == {
        "encoding": "Windows-1252"
    }


PLAIN = st.text("ab.-_'+1é", min_size=1, max_size=8)


@given(
    local=PLAIN,
    domain=PLAIN,
    top=st.sampled_from(["org", "local", "test", "INVALID", "c1", "x", "é", "arpa"]),
)
@example(local="a", domain="ab--cd", top="org")
@example(local="a" * 65, domain="b", top="org")
def test_roster_takes_the_addresses_that_accounts_take(local: str, domain: str, top: str) -> None:
    address = f"{local}@{domain}.{top}"

    def takes(check: Callable[[], object]) -> bool:
        try:
            check()
        except InvalidInputError:
            return False
        return True

    assert takes(lambda: check_roster([{"email": address}])) == takes(lambda: normal_email(address))
