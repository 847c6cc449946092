"""Imports: what is refused and why, how columns are read, what is remembered, and how an import is undone."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import jobs
from survey.domain.imports import preview, set_mapping, start_import, upload
from survey.domain.lead_columns import is_header, suggest_mapping
from survey.domain.leads import erase_expired
from survey.enums import ImportState, JobKind
from survey.exceptions import InvalidInputError, StateError
from survey.lead_tables import read_upload
from survey.models import Job, LeadImport
from survey.models.base import utc_now
from tests.survey.lead_factories import SAMPLE, claim, do_import, read_import

BAD_FILES = {
    "partly UTF-8": (b"id,name\n1,\xc5sa\n2,\xc3\x85sa\n", "row 2, column “name”: the cell is not UTF-8"),
    "no known column": (b"colour\nred\n", "no column has a name we know"),
    "no rows": (b"id,skills\n", "has a header and no rows"),
    "empty file": (b"", "is empty"),
    "huge cell": (b"id,skills\n1," + b"x" * 50_000_000 + b"\n", "the cell has 50,000,000 characters"),
    "open quotation mark": (b'id,skills\n1,"x\n', "a quotation mark is not closed"),
}


@pytest.mark.parametrize(("content", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_upload_refuses_a_bad_file_and_keeps_nothing(session: Session, content: bytes, message: str) -> None:
    with pytest.raises(InvalidInputError, match=r"^leads\.csv") as raised, transaction(session):
        upload(session, read_upload([("leads.csv", content)], is_header))

    assert message in str(raised.value)
    assert session.scalar(select(func.count()).select_from(LeadImport)) == 0


@pytest.mark.parametrize(
    ("content", "rows"),
    {
        "one row": (b"id,skills\n1,x\n", [("1", "x")]),
        "byte order mark": ("\ufeffid,skills\n1,x\n".encode(), [("1", "x")]),
        "semicolons": (b"id;skills\n1;x\n2;y\n", [("1", "x"), ("2", "y")]),
        "tabs": (b"id\tskills\n1\tx\n2\ty\n", [("1", "x"), ("2", "y")]),
        "formula cells": (b"id,skills\n1,=1+1\n", [("1", "=1+1")]),
        "UTF-16": ("id\tskills\n1\tåä\n".encode("utf-16"), [("1", "åä")]),
        "Windows-1252": ("id;skills\n1;å “ä”\n".encode("cp1252"), [("1", "å “ä”")]),
        "a title above": (b"Candidates,,\nas of May,,\nid,skills\n1,x\n", [("1", "x")]),
        "a told separator": (b"sep=;\r\nid;skills\r\n1;x\r\n", [("1", "x")]),
        "line break in a cell": (b'id,skills\n1,"x\ny"\n', [("1", "x\ny")]),
    }.values(),
)
def test_upload_reads_what_spreadsheets_write(
    session: Session, content: bytes, rows: list[tuple[str, ...]]
) -> None:
    with transaction(session):
        lead_import = upload(session, read_upload([("leads.csv", content)], is_header))

    assert (lead_import.columns, lead_import.mapping) == (["id", "skills"], {"0": "id", "1": "skills"})
    assert (preview(lead_import), lead_import.n_rows) == (rows, len(rows))


def test_upload_keeps_the_name_of_the_file_without_its_folders(session: Session) -> None:
    with transaction(session):
        lead_import = upload(session, read_upload([(r"C:\people\may.csv", SAMPLE.encode())], is_header))

    assert lead_import.filename == "may.csv"


def test_columns_are_recognised_by_other_names_and_each_field_once() -> None:
    columns = ["Candidate ID", "E-mail", "Full name", "Skills", "skills", "Shoe size"]

    assert suggest_mapping(columns, {}) == {"0": "id", "1": "email", "2": "name", "3": "skills"}


@pytest.mark.parametrize(
    ("header", "mapping"),
    [
        (
            "Candidate ID;First Name;Email Address(es);Social Media Address(es);Website(s);Job(s)",
            "id first_name email profile",
        ),
        ("Record ID,Company / Account,Lead Source,Cover letter,Company URL", "id employer source interest"),
        ("linkedinProfileUrl,fullName,linkedinHeadline,titleDescription", "profile name headline experience"),
        (
            "Most Recent Title,Work Email,Skill Set,Resume Text,Years of Experience",
            "headline email skills experience",
        ),
        ("Website,Person Linkedin Url", " profile"),
        ("Förnamn;Efternamn;E-postadress;Företag;Befattning", "first_name last_name email employer headline"),
        ("Prénom,Nom,Adresse e-mail,Entreprise,Poste", "first_name last_name email employer headline"),
        (
            "Vorname,Nachname,E-Mail-Adresse,Unternehmen,Position",
            "first_name last_name email employer headline",
        ),
        ("Imię,Nazwisko,Adres e-mail,Firma,Stanowisko", "first_name last_name email employer headline"),
        ("Contact owner,Job,Lead Status,Interest level,Company size", ""),
    ],
)
def test_headers_of_recruiters_tools_in_several_languages_are_known(header: str, mapping: str) -> None:
    columns = re.split("[,;]", header)
    expected = dict(enumerate(mapping.split(" ")))

    assert suggest_mapping(columns, {}) == {str(at): field for at, field in expected.items() if field}


def test_a_mapping_is_remembered_for_files_with_the_same_headers(session: Session) -> None:
    mapping = {"0": "id", "1": "summary"}
    with transaction(session):
        first = upload(session, read_upload([("a.csv", b"id,Om mig\n1,x\n")], is_header))
        start_import(session, first, mapping=mapping)

    with transaction(session):
        second = upload(session, read_upload([("b.csv", b"Om mig,id\ny,2\n")], is_header))

    assert second.mapping == {"0": "summary", "1": "id"}


@pytest.mark.parametrize("n_returns", [1, 2])
def test_rows_sent_back_are_read_by_the_columns_of_the_file_and_not_by_ours(
    session: Session, n_returns: int
) -> None:
    """The file has columns of its own that are called like those in which we say which row it was, and why not."""
    with transaction(session):
        first = upload(session, read_upload([("a.csv", b"row,name,reason\n1,Al,x\n")], is_header))
        start_import(session, first, mapping={"0": "id", "1": "name", "2": "interest"})
    ours = 2 * n_returns
    header, cells = b"row,reason," * n_returns, b"7,No words.," * n_returns

    for _ in range(2):  # what is sent back is remembered in its turn
        with transaction(session):
            content = header + b"row,name,reason\n" + cells + b"1,Al,x\n"
            back = upload(session, read_upload([("b.csv", content)], is_header))
            expected = {str(ours): "id", str(ours + 1): "name", str(ours + 2): "interest"}
            assert back.mapping == expected
            start_import(session, back, mapping={**expected, "0": "source"})


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"1": "skills"}, "No column tells your leads apart"),
        ({"0": "id", "1": "name"}, "No column holds the leads' own words"),
        ({"0": "id", "1": "skills", "2": "skills"}, "Two columns are assigned to “skills”"),
        ({"0": "id", "7": "skills"}, "The columns do not belong to this file"),
        ({"0": "id", "1": "salary"}, "The columns do not belong to this file"),
    ],
)
def test_a_mapping_that_cannot_be_used_starts_nothing(
    session: Session, mapping: dict[str, str], message: str
) -> None:
    with transaction(session):
        lead_import = upload(
            session, read_upload([("a.csv", b"id,skills,town\n1,x,Lund\n2,y,Lund\n")], is_header)
        )

    with pytest.raises(InvalidInputError) as raised, transaction(session):
        start_import(session, lead_import, mapping=mapping)

    assert message in str(raised.value)
    assert read_import(session, lead_import.id).state == ImportState.UPLOADED
    assert session.scalars(select(Job)).all() == []


def test_starting_twice_is_one_job_and_freezes_the_columns(session: Session) -> None:
    with transaction(session):
        lead_import = upload(session, read_upload([("a.csv", SAMPLE.encode())], is_header))
        first = start_import(session, lead_import, mapping=lead_import.mapping)
        second = start_import(session, lead_import, mapping=lead_import.mapping)

    assert (first, first.kind, first.subject_id) == (second, JobKind.IMPORT_LEADS, lead_import.id)
    with pytest.raises(StateError, match="Upload the file again"):
        set_mapping(lead_import, {"0": "id"})


def test_a_stopped_import_goes_on_where_it_stopped(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, transaction(session):
        lead_import = upload(session, read_upload([("a.csv", SAMPLE.encode())], is_header))
        job = start_import(session, lead_import, mapping=lead_import.mapping)
        job.cursor = {"rows": 2}
        stopped = job.id
        jobs.cancel(session, job)

    with sessions() as session, transaction(session):
        lead_import = session.scalars(select(LeadImport)).one()
        start_import(session, lead_import, mapping={})

    lease = claim(sessions)
    assert lease.job_id != stopped
    assert lease.cursor == {"rows": 2}


def test_an_import_that_is_done_cannot_be_started_again(sessions: sessionmaker[Session]) -> None:
    import_id = do_import(sessions)

    with sessions() as session:
        lead_import = session.get_one(LeadImport, import_id)
        with pytest.raises(StateError, match="Upload it again"):
            start_import(session, lead_import, mapping=lead_import.mapping)


def test_an_upload_that_nobody_starts_goes_after_a_day(session: Session) -> None:
    with transaction(session):
        forgotten = upload(session, read_upload([("forgotten.csv", SAMPLE.encode())], is_header))
        forgotten.created_at = utc_now() - dt.timedelta(days=2)
        upload(session, read_upload([("fresh.csv", SAMPLE.encode())], is_header))

    with transaction(session):
        erase_expired(session, retention_days=365)

    assert session.scalars(select(LeadImport.filename)).all() == ["fresh.csv"]
