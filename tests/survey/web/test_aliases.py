"""The page of aliases: HR changes the table, recruiters and auditors read it, and pages say which number is older."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from survey.alias_tables import parse_aliases
from survey.database import transaction
from survey.domain import jobs, listed_skills, scores
from survey.enums import JobKind, RoleName
from survey.models import AliasTable, AuditEntry, Job, Lead
from tests.survey.conftest import SignIn
from tests.survey.lead_factories import SAMPLE, WordEncoder, claim, do_import, many, publish, start

LEADS = SAMPLE.replace("Python;", "Kubernets;Javascrpt;").replace("Selling;", "Kubernets;Javascrpt;")


@pytest.fixture
def hr(sign_in: SignIn, sessions: sessionmaker[Session]) -> FlaskClient:
    """HR of a company with two published personas and three scored leads."""
    with sessions() as session, transaction(session):
        publish(session)
    do_import(sessions, LEADS)
    return sign_in(RoleName.HR)


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def judge(hr: FlaskClient, **verdicts: str) -> TestResponse:
    """Answer the proposals, which stand on the page in the order of their letters."""
    shown = {"alias": ["javascrpt", "kubernets"], "skill": ["javascript", "kubernetes"]}
    numbered = {f"verdict.{shown['alias'].index(alias)}": verdict for alias, verdict in verdicts.items()}
    return hr.post("/aliases/suggestions", data={**shown, **numbered}, follow_redirects=True)


def test_hr_judges_spellings_and_every_number_says_by_which_table_it_is(
    hr: FlaskClient, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    started = hr.post("/aliases/suggestions/search")
    listed_skills.suggest(sessions, claim(sessions))
    assert hr.get(started.location).location == "/aliases"
    page = text_of(hr.get("/aliases"))
    assert "“kubernets” and “kubernetes”" in page
    assert "2 leads list it · in the bundled table · 94 % alike" in page

    assert "Choose for at least one spelling" in text_of(judge(hr, javascrpt="later"))
    page = text_of(judge(hr, kubernets="accept", javascrpt="decline"))
    assert "The table is changed." in page
    assert "2 leads still have numbers by an earlier table." in page
    assert "1 that was declined" in page

    recruiter = sign_in(RoleName.RECRUITER)
    with sessions() as session:
        lead_id = session.scalar(select(Lead.id).where(Lead.external_id == "l1"))
    told = [recruiter.get(address).text for address in ("/leads", f"/leads/{lead_id}")]
    assert "number by an earlier table of aliases" in told[0]
    assert "This number was made by an earlier table of what skills are also called." in told[1]

    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())
    later = [recruiter.get(address).text for address in ("/leads", f"/leads/{lead_id}", "/aliases")]
    assert not any("earlier table" in page for page in later)
    assert "Your own table of aliases" in later[1]


def test_hr_adds_and_removes_rows_and_is_told_what_contradicts_the_tables(hr: FlaskClient) -> None:
    refused = hr.post("/aliases", data={"skill": "SQL", "aliases": "js"})
    assert refused.status_code == 422
    assert "“js” means the skill “javascript” already. Take it out." in refused.text
    assert 'value="SQL"' in refused.text
    assert "Fill in both" in hr.post("/aliases", data={"skill": "SQL"}).text

    page = hr.post("/aliases", data={"skill": "SQL", "aliases": "ess queue"}, follow_redirects=True)
    assert "ess queue" in page.text
    gone = {"skill": "sql", "alias": "ess queue"}
    page = hr.post("/aliases/remove", data=gone, follow_redirects=True)
    assert "It is empty" in page.text
    assert "Download" not in page.text
    assert "nothing has changed" in hr.post("/aliases/remove", data=gone, follow_redirects=True).text


def test_a_table_that_counts_is_not_called_empty(hr: FlaskClient, sessions: sessionmaker[Session]) -> None:
    # Tables could once hold skills that are called nothing else, and are kept.
    with sessions() as session, transaction(session):
        session.add(AliasTable(number=1, hash="1f", rows={"harbour control": []}))
    page = hr.get("/aliases").text

    assert "It is empty" not in page
    assert "Download" in page
    assert hr.get("/aliases.csv").text.splitlines()[1] == "harbour control,"


def test_the_table_is_handed_out_and_taken_as_the_file_of_the_commands(hr: FlaskClient) -> None:
    def upload(content: str) -> TestResponse:
        file = (io.BytesIO(content.encode()), "own.csv")
        return hr.post("/aliases/file", data={"file": file}, follow_redirects=True)

    assert "own.csv, row 2, column “aliases”: “js” means" in upload("skill,aliases\nsql,js\n").text
    assert "Choose a file first." in hr.post("/aliases/file").text
    upload("skill,aliases\nsql,ess queue;@sql\nharbour control,hcs\n")

    given = hr.get("/aliases.csv").data
    assert parse_aliases(given, "") == {"harbour control": ("hcs",), "sql": ("ess queue", "@sql")}
    assert "nothing has changed" in upload(given.decode()).text


def test_a_page_leads_to_a_job_only_those_who_may_see_it(
    hr: FlaskClient, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    readers = {"hr": hr, "recruiter": sign_in(RoleName.RECRUITER), "auditor": sign_in(RoleName.AUDITOR)}

    def followed(address: str, sentence: str) -> dict[str, list[int]]:
        """What comes of the page's links to jobs, by who is told the sentence."""
        pages = {role: reader.get(address).text for role, reader in readers.items()}
        return {
            role: [readers[role].get(job).status_code for job in re.findall('href="(/jobs/.+?)"', page)]
            for role, page in pages.items()
            if sentence in page
        }

    hr.post("/aliases", data={"skill": "SQL", "aliases": "ess queue"})
    told = followed("/aliases", "They are being scored again.")
    assert told == {"hr": [200], "recruiter": [200], "auditor": []}

    with sessions() as session, transaction(session):
        jobs.cancel(session, session.scalars(select(Job).where(Job.kind == JobKind.SCORE_LEADS)).one())
    start(sessions, many(1))
    assert followed("/aliases", "They are being scored again.") == {}
    assert followed("/leads", "Leads are being read and scored right now.") == {"hr": [], "recruiter": [200]}


def test_recruiters_and_auditors_read_it_and_the_audit_log_tells_who_changed_it(
    hr: FlaskClient, sign_in: SignIn, session: Session
) -> None:
    hr.post("/aliases", data={"skill": "SQL", "aliases": "ess queue"})

    for role in (RoleName.RECRUITER, RoleName.AUDITOR):
        page = sign_in(role).get("/aliases").text
        assert "ess queue" in page
        assert 'action="/aliases' not in page
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "changed")).one()
    assert (entry.subject, entry.detail["added"]) == ("the table of aliases", 1)
    assert entry.account_id is not None
