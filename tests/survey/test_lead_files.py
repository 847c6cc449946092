"""Leads from CSV, JSON résumés and Parquet: the same columns, and every bad file told by name and place."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from survey.exceptions import InvalidInputError
from survey.lead_files import LEAD_COLUMNS, LeadRecord, check_leads, read_leads

RESUME = {
    "basics": {
        "name": "Ada Example",
        "label": "Planner",
        "email": "ada@example.org",
        "summary": "I plan ferries.",
        "location": {"city": "Leeds", "address": "1 Quay"},
    },
    "work": [
        {
            "name": "Harbour",
            "position": "Clerk",
            "startDate": "2019-01-01",
            "endDate": "2021",
            "summary": "Kept slots.",
            "highlights": ["Fewer queues", "Calmer calls"],
        }
    ],
    "volunteer": [{"organization": "Choir", "position": "Treasurer"}],
    "education": [{"institution": "Somewhere"}],
    "skills": [{"name": "Planning", "level": "high", "keywords": ["rail; road", "Planning"]}],
    "interests": [{"name": "Tides", "keywords": ["moon"]}],
}


def record(key: str, number: int, **fields: str) -> LeadRecord:
    return LeadRecord(key, number, {column: fields.get(column, "") for column in LEAD_COLUMNS[1:]})


def refusal(path: Path) -> str:
    with pytest.raises(InvalidInputError) as caught:
        check_leads(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def write_resume(path: Path, resume: object) -> Path:
    path.write_text(json.dumps(resume), encoding="utf-8")
    return path


def write_csv(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "leads.csv"
    path.write_text(text, encoding="utf-8")
    return path


def write_parquet(tmp_path: Path, columns: dict[str, list[object]]) -> Path:
    path = tmp_path / "leads.parquet"
    pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=2)
    return path


def test_csv_columns_are_read_and_others_left(tmp_path: Path) -> None:
    path = write_csv(tmp_path, "skills;id;salary;name\ntea, cake; l1 ;9;Ada\n;l2;;\n")

    leads = list(read_leads(path))

    assert leads == [record("l1", 2, skills="tea, cake", name="Ada"), record("l2", 3)]
    assert check_leads(path) == 2


def test_a_resume_becomes_the_columns_of_a_lead(tmp_path: Path) -> None:
    path = write_resume(tmp_path / "ada.json", RESUME)

    (lead,) = read_leads(path)

    assert lead == record(
        "ada",
        1,
        name="Ada Example",
        email="ada@example.org",
        headline="Planner",
        summary="I plan ferries.",
        skills="Planning;rail, road",
        experience=json.dumps(
            [
                {
                    "title": "Clerk",
                    "organisation": "Harbour",
                    "years": "2019-2021",
                    "summary": "Kept slots.\nFewer queues\nCalmer calls",
                },
                {"title": "Treasurer", "organisation": "Choir", "years": "", "summary": ""},
            ]
        ),
        interest="Tides\nmoon",
        location="Leeds",
    )


def test_the_fresh_dialect_is_read_too(tmp_path: Path) -> None:
    resume = {
        "name": "Ada",
        "meta": {"format": "FRESH@0.6.0"},
        "info": {"label": "Planner", "brief": "I plan."},
        "contact": {"email": "ada@example.org"},
        "location": {"city": "Leeds"},
        "employment": {"history": [{"employer": "Harbour", "position": "Clerk", "start": "2019-01"}]},
        "skills": {"sets": [{"name": "Plans", "skills": ["rail"]}], "list": [{"name": "road"}]},
    }

    (lead,) = read_leads(write_resume(tmp_path / "ada.json", resume))

    assert lead == record(
        "ada",
        1,
        name="Ada",
        email="ada@example.org",
        headline="Planner",
        summary="I plan.",
        skills="Plans;rail;road",
        experience='[{"title": "Clerk", "organisation": "Harbour", "years": "2019-", "summary": ""}]',
        location="Leeds",
    )


@pytest.mark.parametrize(
    "resume",
    [
        {"basics": None, "work": None, "skills": "many"},
        {"basics": [], "work": {"name": 3}, "skills": [1, None, {"name": 2, "keywords": [{}]}]},
        {"work": [{"position": "", "highlights": [""]}], "interests": [[]]},
    ],
)
def test_a_resume_of_the_wrong_types_is_a_lead_without_words(tmp_path: Path, resume: object) -> None:
    (lead,) = read_leads(write_resume(tmp_path / "ada.json", resume))

    assert lead == record("ada", 1)


def test_half_a_surrogate_pair_in_a_resume_is_replaced(tmp_path: Path) -> None:
    (lead,) = read_leads(write_resume(tmp_path / "ada.json", {"basics": {"summary": "a\ud800b"}}))

    assert lead.fields["summary"] == "a\ufffdb"


def test_a_folder_is_read_in_the_order_of_its_file_names(tmp_path: Path) -> None:
    for name in ("b.json", "a.json", "notes.txt"):
        write_resume(tmp_path / name, RESUME)

    assert [(lead.id, lead.number) for lead in read_leads(tmp_path)] == [("a", 1), ("b", 2)]


def test_parquet_is_read_row_group_by_row_group(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path,
        {
            "id": [1, 2, 3],
            "summary": ["calm", None, "quick"],
            "experience": [[{"title": "Clerk"}], [], None],
            "salary": [1.0, 2.0, 3.0],
        },
    )

    leads = list(read_leads(path))

    assert leads == [
        record("1", 1, summary="calm", experience='[{"title": "Clerk"}]'),
        record("2", 2, experience="[]"),
        record("3", 3, summary="quick"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,summary\n", "leads.csv has a header and no rows: there is no lead in it."),
        ("name,summary\nx,y\n", "leads.csv, row 1: there is no column “id”. Every lead needs one."),
        (
            "id,name,text\nl1,x,y\n",
            (
                "leads.csv, row 1: none of the columns headline, summary, skills, experience, interest is "
                "there, so nothing can be scored. Name at least one column so."
            ),
        ),
        (
            "id,summary\nl1,x\n,y\n",
            "leads.csv, row 3, column “id”: the id is empty. Give the row an id or delete it.",
        ),
        (
            "id,summary\nl1,x\nl2,y\nl2,z\nl1,w\n",
            "leads.csv, rows 3 and 4, column “id”: both have the same id. Give each row its own.",
        ),
        (
            "id,skills,summary,skills\nl1,x,y,z\n",
            "leads.csv, row 1, columns 2 and 4: both are called “skills”. Rename one of them.",
        ),
        (
            "id,summary\nl1,x\nl2\n",
            (
                "leads.csv, row 3: 2 cells expected, 1 found; column “summary” is missing. "
                "Put cells that hold a separator or a line break in quotation marks."
            ),
        ),
    ],
)
def test_bad_csv_is_named(tmp_path: Path, text: str, message: str) -> None:
    assert refusal(write_csv(tmp_path, text)) == message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            b'{"basics": {},\n "work": [}',
            "cv.json, row 2, column 11: this is not JSON from here on. Correct the file or take it out.",
        ),
        (
            '{"basics":\n {"name": "Zoë"}}'.encode("latin-1"),
            "cv.json, row 2, column 14: the file is not UTF-8. Save it again as UTF-8.",
        ),
        (b"[1]", "cv.json: this is not a JSON Resume; it has no basics, work or skills. Take it out."),
        (b'{"a": 1}', "cv.json: this is not a JSON Resume; it has no basics, work or skills. Take it out."),
        (b"[" * 200_000, "cv.json: nested too deeply to be a résumé. Take it out."),
    ],
)
def test_a_bad_resume_in_a_folder_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    write_resume(tmp_path / "ada.json", RESUME)
    (tmp_path / "cv.json").write_bytes(data)

    assert refusal(tmp_path) == message


def test_a_resume_with_an_endless_text_is_named(tmp_path: Path) -> None:
    path = write_resume(tmp_path / "cv.json", {"basics": {"summary": "a" * 100_001}})

    assert refusal(path) == (
        "cv.json, row 1, column “summary”: the text has 100,001 characters and 100,000 are allowed. "
        "Shorten it."
    )


def test_a_folder_without_resumes_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path) == (
        f"{tmp_path.name} holds no file that ends in .json: there is no résumé in it."
    )


def test_bad_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    path.write_bytes(b"PAR1 and then nothing")

    assert refusal(path) == "leads.parquet: this is not a Parquet file that can be read. Write it again."


def test_parquet_that_is_not_there_is_told_as_every_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        next(read_leads(tmp_path / "leads.parquet"))

    assert caught.value.filename == str(tmp_path / "leads.parquet")


def test_equal_ids_in_parquet_are_named(tmp_path: Path) -> None:
    path = write_parquet(tmp_path, {"id": ["a", "b", "a"], "summary": ["x", "y", "z"]})

    assert refusal(path) == (
        "leads.parquet, rows 1 and 3, column “id”: both have the same id. Give each row its own."
    )


def test_parquet_without_pyarrow_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_parquet(tmp_path, {"id": ["a"], "summary": ["x"]})
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)

    assert refusal(path) == (
        "leads.parquet: Parquet needs pyarrow. Install it with: pip install 'kindred-personas[cluster]'"
    )


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("summary", [1.5, 2.5], "double"),
        ("headline", [1, 2], "int64"),
        ("interest", [["a"], ["b"]], "list<element: string>"),
        ("skills", [[1], [2]], "list<element: int64>"),
        ("name", [b"a", b"b"], "binary"),
        ("id", [True, False], "bool"),
    ],
)
def test_a_parquet_column_of_a_wrong_type_is_named(
    tmp_path: Path, column: str, values: list[object], kind: str
) -> None:
    path = write_parquet(tmp_path, {"id": ["a", "b"], "summary": ["x", "y"], column: values})

    assert refusal(path) == (
        f"leads.parquet, column “{column}”: it holds {kind} and text is needed. Write the column as text."
    )


def test_a_list_of_skills_in_parquet_is_read_as_csv_has_it(tmp_path: Path) -> None:
    path = write_parquet(tmp_path, {"id": ["a", "b"], "skills": [["SQL", None, "C; C++"], None]})

    assert list(read_leads(path)) == [record("a", 1, skills="SQL;C, C++"), record("b", 2)]
