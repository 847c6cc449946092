"""Uploads: whatever a recruiter has becomes one table, with the rows where a spreadsheet shows them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pytest

from survey.domain.lead_columns import is_header
from survey.exceptions import InvalidInputError
from survey.lead_tables import Upload, read_upload, read_workbook
from survey.tables import TableReader
from tests.survey.test_spreadsheets import workbook

NOTES = '"When exporting your connection data, you may notice that some\naddresses are missing, with reason."'
CONNECTIONS = f"""Notes:
{NOTES}

First Name,Last Name,URL,Email Address,Company,Position,Connected On
Ada,Lovelace,https://www.linkedin.com/in/ada/,,Cambridge,Professor,01 Jan 2024
"""
RESUME = {
    "basics": {
        "name": "Jane Doe",
        "email": "jane@example.org",
        "phone": "+46 8 123 45 67",
        "profiles": [{"network": "LinkedIn", "url": "https://linkedin.com/in/jane"}],
    },
    "work": [{"name": "Acme", "position": "Engineer", "startDate": 2019, "endDate": "2021-03"}],
    "skills": [{"name": "Web", "keywords": ["HTML", "CSS"]}],
}


def rows_of(upload: Upload) -> list[tuple[int, tuple[str, ...]]]:
    return list(TableReader(io.BytesIO(upload.content), name=upload.name, named=False, even=False))


def read(*files: tuple[str, bytes | str]) -> Upload:
    return read_upload(
        [(name, text if isinstance(text, bytes) else text.encode()) for name, text in files], is_header
    )


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (CONNECTIONS, 5),
        ("\ufeff" + CONNECTIONS, 5),
        (CONNECTIONS.replace("\n", "\r\n"), 5),
        (CONNECTIONS.split("\n\n")[1], 2),
    ],
    ids=["preamble", "byte order mark", "Windows", "no preamble"],
)
def test_connections_are_read_from_their_header_on(content: str, number: int) -> None:
    upload = read(("Connections.csv", content))

    assert upload.columns[:4] == ("First Name", "Last Name", "URL", "Email Address")
    assert [(at, cells[:2]) for at, cells in rows_of(upload)] == [(number, ("Ada", "Lovelace"))]


def test_a_tab_separated_file_may_be_called_csv() -> None:
    upload = read(("leads.csv", "id\tname\tskills\n1\tAda, Countess\tPython;C\n"))

    assert rows_of(upload) == [(2, ("1", "Ada, Countess", "Python;C"))]


def test_one_sheet_is_read_and_of_several_the_likely_one_is_offered_first() -> None:
    people = [["Leads of May"], [], ["id", "name", "skills"], ["1", "Ada"], [], ["2", "Bo", "C"]]

    one = read(("a.xlsx", workbook({"People": people})))
    several = read(("a.xlsx", workbook({"Read me": [["hello"]], "People": people})))

    assert one.columns == ("id", "name", "skills")
    assert rows_of(one) == [(4, ("1", "Ada", "")), (6, ("2", "Bo", "C"))]
    assert (several.sheets, several.columns) == (("People", "Read me"), ())
    assert read_workbook("a.xlsx", several.content, "People", is_header).content == one.content


def test_resumes_become_the_columns_of_a_lead() -> None:
    upload = read(("jane.json", json.dumps(RESUME)))

    (row,) = [dict(zip(upload.columns, cells, strict=True)) for _, cells in rows_of(upload)]
    assert row == {
        "name": "Jane Doe",
        "email": "jane@example.org",
        "phone": "'+46 8 123 45 67",
        "profile": "https://linkedin.com/in/jane",
        "employer": "Acme",
        "headline": "",
        "summary": "",
        "skills": "Web;HTML;CSS",
        "experience": '[{"title": "Engineer", "organisation": "Acme", "years": "2019-2021", "summary": ""}]',
        "interest": "",
        "location": "",
    }


def test_resumes_that_cannot_be_read_are_named_and_the_others_taken() -> None:
    upload = read(
        ("list.json", json.dumps([RESUME, {"colour": "red"}, RESUME])),
        ("b.json", "{"),
        ("c.json", json.dumps(RESUME)),
    )

    assert [number for number, _ in rows_of(upload)] == [2, 4, 6]
    assert [(number, reason.split(":")[0]) for number, reason in upload.refused] == [
        (3, "list.json"),
        (5, "b.json, row 1, column 2"),
    ]
    assert upload.name == "3 résumés"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([("a.csv", b"id,skills\n1,x\n"), ("b.csv", b"id,skills\n1,x\n")], "Upload one table at a time"),
        ([("a.json", b"[]")], "is an empty list"),
        ([("a.json", b"[1, 2]")], "this is not a JSON Resume"),
        ([("a.json", b"\xff{}")], "the file is not UTF-8"),
        ([("a.xlsx", workbook({"Empty": []}))], "holds nothing on any visible sheet"),
        ([("a.csv", b"PK\x03\x04 but no archive")], "is damaged or no Excel workbook"),
    ],
)
def test_uploads_that_cannot_be_read_are_refused(files: Sequence[tuple[str, bytes]], message: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        read(*files)

    assert message in str(raised.value)


@pytest.mark.parametrize("wrapped", [{"resumes": [RESUME, RESUME]}, {"n": 2, "data": [RESUME, RESUME]}])
def test_resumes_may_be_wrapped(wrapped: object) -> None:
    assert (
        read(("all.json", json.dumps(wrapped))).content
        == read(("a.json", json.dumps([RESUME, RESUME]))).content
    )
