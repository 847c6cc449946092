"""HR's pages for what counts: the form keeps what was typed, the preview is read before it is published, and every
page that shows a persona or a number says which weights made it."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from werkzeug.test import TestResponse

from survey.database import transaction
from survey.domain import scores
from survey.domain.personas import withdraw_version
from survey.domain.previews import run_preview
from survey.domain.weighings import USUAL
from survey.enums import RoleName, VersionState
from survey.models import Job, Lead, PersonaVersion, Score, Weighing
from tests.survey.conftest import SignIn
from tests.survey.lead_factories import WordEncoder, claim, do_import, publish
from tests.survey.persona_factories import persona_entry, report_of

OTHER = {"who": "0", "skills": "0", "why": "100"}


@pytest.fixture
def versions(sessions: sessionmaker[Session]) -> list[int]:
    """Two published personas with cards, and three scored leads."""
    with sessions() as session, transaction(session):
        versions = publish(session)
        for version in session.scalars(select(PersonaVersion)):
            version.card = persona_entry(version.cluster, version.name)
            version.analysis.report = report_of([])
    do_import(sessions)
    return versions


@pytest.fixture
def hr(sign_in: SignIn) -> FlaskClient:
    return sign_in(RoleName.HR)


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def try_out(hr: FlaskClient, sessions: sessionmaker[Session], version_id: int, data: dict[str, str]) -> str:
    """Send the form and do the worker's part; return the address of the preview."""
    answer = hr.post(f"/persona-versions/{version_id}/weights", data=data)
    assert answer.status_code == 303, text_of(answer)
    run_preview(sessions, claim(sessions), encoder=WordEncoder())
    return hr.get(answer.location).location


def test_hr_tries_weights_sees_who_would_move_and_publishes(
    hr: FlaskClient, sign_in: SignIn, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    form = hr.get(f"/persona-versions/{versions[0]}/weights").text
    assert f"/persona-versions/{versions[0]}/weights" in hr.get("/review/personas").text
    assert [re.search(rf'name="{facet}"[^>]*value="(\d+)"', form)[1] for facet in USUAL] == ["20", "50", "30"]
    first = re.search(r'<label for="why.0">([^<]+)</label>', form)[1]

    address = try_out(hr, sessions, versions[0], {**OTHER, "why.0": "0.5"})
    preview = hr.get(address)

    assert "1 lead would get another number (of 3)" in text_of(preview)
    assert f"{first}: counts half (now counts as usual)" in text_of(preview)
    assert "Why they would come : 100 (now 30)" in text_of(preview)
    # Nothing is held of who was in which group.
    assert "Colleagues could not be scored anew" in text_of(preview)
    # Whom it would help is not shown, what they do is.
    assert "Calm release engineer" in preview.text
    assert not any(word in preview.text for word in ("Åsa", "Öberg", "asa@example.org", "Göteborg"))

    published = hr.post(f"{address}/publish", follow_redirects=True)
    assert "Version 2 of “Calm Hands” is published" in text_of(published)
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())
    recruiter = sign_in(RoleName.RECRUITER)
    personas = text_of(recruiter.get("/personas"))
    assert "Version 2: HR has changed what counts." in personas
    assert "Why they would come 100 (usually 30)." in personas
    assert f"Counts half: {first}." in personas
    assert "HR has changed what counts" not in text_of(sign_in(RoleName.EMPLOYEE).get("/personas"))
    with sessions() as session:
        lead_id = session.scalars(select(Lead.id).where(Lead.external_id == "l1")).one()
        score = session.scalars(select(Score).where(Score.lead_id == lead_id).order_by(Score.id)).all()[-1]
    assert (
        "table of aliases" not in recruiter.get(f"/leads/{lead_id}?persona={score.persona_version_id}").text
    )
    with sessions() as session, transaction(session):
        session.get_one(Score, score.id).aliases_hash = "a1" * 32
    page = recruiter.get(f"/leads/{lead_id}?persona={score.persona_version_id}")
    assert "HR has changed what counts for this persona." in text_of(page)
    assert all(
        name in page.text for name in (score.block_hash, score.evidence_hash, score.code_hash, "a1" * 32)
    )
    assert "Version 2 of the persona" in text_of(page)
    assert score.block_hash in sign_in(RoleName.AUDITOR).get("/audit").text


def test_the_form_keeps_what_was_typed_and_says_what_is_wrong(
    hr: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    address = f"/persona-versions/{versions[0]}/weights"

    for data, message in (
        ({"who": "0", "skills": "0", "why": "0"}, "nothing counts and no lead gets a number"),
        ({"who": "30", "skills": "50", "why": "30"}, "come to 110; they must come to 100. Take 10 away."),
        ({"who": "much", "skills": "50", "why": "30"}, "Write a whole number from 0 to 100."),
        ({"who": "", "skills": "50", "why": "30"}, "Write a whole number from 0 to 100."),
        ({**OTHER, "why.0": "nan"}, "could not read how a trait is to count"),
    ):
        answer = hr.post(address, data={**data, "skills.1": "2.0"})
        assert answer.status_code == 200
        assert message in text_of(answer)
        assert re.search(r'<li class="is-changed">\s*<label for="skills.1">', answer.text)

    with sessions() as session:
        assert session.scalars(select(Weighing)).all() == []
        assert session.scalars(select(Job.kind)).all() == ["import_leads"]


def test_weights_that_were_tried_can_be_changed_again(
    hr: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    address = try_out(hr, sessions, versions[0], {**OTHER, "skills.1": "0"})
    with sessions() as session, transaction(session):
        weighing = session.scalars(select(Weighing)).one()
        weighing.scoring = {**(weighing.scoring or {}), "compared": {"who": 0, "skills": 0, "why": 100}}
    preview = hr.get(address)
    assert "could not be scored anew" not in text_of(preview)

    again = hr.get(re.search(r'href="([^"]+tried=\d+)"', preview.text)[1])

    assert re.search(r'name="why"[^>]*value="100"', again.text)
    assert re.search(r'<li class="is-changed">\s*<label for="skills.1">', again.text)


def test_the_second_of_two_people_is_told_and_sees_no_button(
    hr: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    mine = try_out(hr, sessions, versions[0], OTHER)
    theirs = try_out(hr, sessions, versions[0], {"who": "100", "skills": "0", "why": "0"})
    hr.post(f"{theirs}/publish")

    late = hr.post(f"{mine}/publish", follow_redirects=True)

    assert (
        "Somebody has changed the weights of “Calm Hands” in the meantime: version 2 is in force"
        in text_of(late)
    )
    assert f"{mine}/publish" not in late.text
    assert hr.get(f"/persona-versions/{versions[0]}/weights").status_code == 409


def test_a_persona_withdrawn_in_the_middle_is_told(
    hr: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    address = try_out(hr, sessions, versions[0], OTHER)
    with sessions() as session, transaction(session):
        withdraw_version(session, session.get_one(PersonaVersion, versions[0]), account_id=None)

    late = hr.post(f"{address}/publish", follow_redirects=True)

    assert "“Calm Hands” is not published" in text_of(late)
    assert "This persona was withdrawn" in text_of(late)
    with sessions() as session:
        states = session.scalars(select(PersonaVersion.state).order_by(PersonaVersion.id)).all()
    assert states == [VersionState.RETIRED, VersionState.PUBLISHED]


def test_a_published_persona_is_taken_away_as_a_report_with_its_weights(
    hr: FlaskClient, sessions: sessionmaker[Session], versions: list[int]
) -> None:
    hr.post(f"{try_out(hr, sessions, versions[0], OTHER)}/publish")
    with sessions() as session:
        version = session.scalars(select(PersonaVersion).order_by(PersonaVersion.id.desc())).first()

    report = json.loads(hr.get(f"/persona-versions/{version.id}/report.json").text)

    assert report["schema_version"] == 1
    assert report["scoring"] == version.scoring
    assert [report["scoring"]["facets"][facet]["weight"] for facet in USUAL] == [0, 0, 100]
    assert [persona["name"] for persona in report["personas"]] == ["Calm Hands"]
