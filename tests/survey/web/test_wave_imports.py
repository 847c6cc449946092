"""HR imports a closed survey in the browser, and takes answers and archives away."""

from __future__ import annotations

import html
import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from survey.domain.wave_exports import prepare
from survey.domain.wave_intake import import_wave
from survey.enums import RoleName
from survey.spreadsheets import read_sheet
from survey.worker.tasks import protected
from tests.analysis.planted import leaks, plants
from tests.survey.conftest import SignIn
from tests.survey.domain.test_wave_imports import survey_file
from tests.survey.lead_factories import claim

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def hr(sign_in: SignIn) -> FlaskClient:
    return sign_in(RoleName.HR)


def send(hr: FlaskClient, content: bytes, name: str = "pulse.csv") -> str:
    answer = hr.post("/waves/import", data={"file": (io.BytesIO(content), name)}, follow_redirects=True)
    return answer.text


def test_file_is_shown_before_it_is_imported(hr: FlaskClient, sessions: sessionmaker[Session]) -> None:
    page = send(hr, survey_file())
    assert "pulse.csv has 13 rows." in page
    assert "Timestamp · Email Address" in page
    assert '<option value="stay" selected>' in page
    assert not re.search(r"p\d+@example.org", page)
    waves = hr.get("/waves").text
    assert "There is no wave yet" in waves
    assert '<a href="/waves/imports/1">Go on with the import of pulse.csv</a>' in waves

    refused = hr.post("/waves/imports/1", data={"name": "Pulse", "question_2": "channels"})
    done = hr.post(
        "/waves/imports/1",
        data={"name": "Pulse", "question_0": "self", "question_1": "stay"},
        follow_redirects=True,
    )

    assert refused.status_code == 422
    assert "No question holds people&#39;s own words" in refused.text
    assert "Importing a survey" in done.text
    assert hr.get("/waves/imports/1").location.startswith("/jobs/")
    assert hr.post("/waves/imports/1/forget").status_code == 409
    import_wave(sessions, claim(sessions))
    assert "answers, imported" in hr.get("/waves/imports/1", follow_redirects=True).text
    assert "Go on with" not in hr.get("/waves").text


def test_upload_can_be_thrown_away(hr: FlaskClient) -> None:
    send(hr, survey_file())

    thrown = hr.post("/waves/imports/1/forget", follow_redirects=True)

    assert "nothing of it is kept" in thrown.text
    assert hr.get("/waves/imports/1").status_code == 404


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"Timestamp,Email\n1,a@example.org\n", "holds no question"),
        (b"PK\x03\x04 no workbook", "damaged or no Excel workbook"),
        (survey_file(0), "There is 1 answer, and"),
        (b"a,b\n1\n", "2 cells expected, 1 found"),
    ],
)
def test_bad_file_is_refused_with_a_sentence(hr: FlaskClient, content: bytes, message: str) -> None:
    assert message in send(hr, content)


def test_page_says_how_an_unusual_file_was_read(hr: FlaskClient) -> None:
    content = b"Mitarbeiterbefragung 2026\n\n" + survey_file().replace(b"bees", "Bären".encode("cp1252"))

    page = send(hr, content)

    assert "read as Windows-1252" in page
    assert "2 rows above the table are left out" in page
    assert "Letters beyond a to z: ä" in page
    assert "Bären" not in page


def test_page_shows_what_answers_look_like_and_none_of_them(hr: FlaskClient) -> None:
    """HR reads the upload before anything in it is masked: each planted identifier is in the file, none on the page."""
    secrets = list(plants())
    texts = ['"' + plant.text.replace('"', "") + '"' for plant in secrets]
    page = html.unescape(
        send(
            hr,
            "\n".join(["What keeps you here?,Contract", *(f"{text},permanent" for text in texts)]).encode(),
        )
    )

    assert leaks("\n".join(texts), secrets) != []
    assert leaks(page, secrets) == []
    assert "permanent" not in page
    assert "In their own words, about" in page
    assert "The same answer everywhere" in page
    assert "Answered by all" in page


def test_recruiter_may_not_import(sign_in: SignIn) -> None:
    assert sign_in(RoleName.RECRUITER).get("/waves/import").status_code == 403


def test_answers_are_taken_away_as_files(hr: FlaskClient, sessions: sessionmaker[Session]) -> None:
    rows = survey_file(30).replace(b"bees", b"=SUM(A1) bees")
    send(hr, rows)
    hr.post("/waves/imports/1", data={"name": "Pulse", "question_1": "stay", "question_3": "quote"})
    import_wave(sessions, claim(sessions))

    before = hr.post("/waves/1/answers.csv")
    hr.post("/waves/1/answers")
    prepare(sessions, claim(sessions), protect=protected)
    page = hr.get("/waves/1").text
    table = hr.post("/waves/1/answers.csv")
    workbook = hr.post("/waves/1/answers.xlsx")

    lines = table.text.splitlines()
    assert lines[0] == "item,question,answer"
    assert set(lines[1:]) == {"stay,What keeps you here?,'=SUM(A1) bees …"}
    assert len(lines) == 21
    sheet = read_sheet(workbook.data, "Answers", name="answers.xlsx")
    assert len(list(sheet)) == 21
    assert hr.get("/waves/1/answers.csv").status_code == 405
    assert before.status_code == 404
    assert "Prepare them anew" in before.text
    assert "kept for a day" in page


def test_questionnaire_goes_out_and_in_again(hr: FlaskClient) -> None:
    hr.post("/waves/new", data={"name": "Autumn"})
    hr.post("/waves/1/questionnaire", data={"questionnaire": "1", "go": "copy", "name": "Ours"})
    written = hr.get("/questionnaires/2/questionnaire.json").data.replace(b"Ours", b"Theirs")

    read = hr.post("/waves/1/questionnaire/file", data={"file": (io.BytesIO(written), "q.json")})
    bad = hr.post("/waves/1/questionnaire/file", data={"file": (io.BytesIO(b"{"), "q.json")})

    assert read.location == "/questionnaires/3"
    assert hr.get("/questionnaires/3/questionnaire.json").data == written
    assert bad.status_code == 422
    assert "This is no questionnaire in JSON" in bad.text
