"""The fairness page for each role, the links for leads, the decision on a lead's page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import fairness
from survey.domain.fairness import run_check
from survey.domain.keys import KeyStore
from survey.domain.self_identification import groups_of, link_token, tell
from survey.domain.settings import change_setting
from survey.enums import RoleName
from survey.models import AuditEntry, Decision, FairnessCheck, Lead
from survey.tables import read_table
from tests.survey.conftest import SignIn
from tests.survey.lead_factories import WordEncoder, claim, do_import, many, publish

pytestmark = pytest.mark.usefixtures("lead_key")

OFFERED = {"sex": ("female", "male")}


@pytest.fixture(autouse=True)
def _few_swaps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fairness, "MAX_LEADS", 1)


@pytest.fixture
def leads(sessions: sessionmaker[Session], keys: KeyStore) -> list[int]:
    """Twelve scored leads, of whom all but one have told."""
    with sessions() as session, transaction(session):
        publish(session)
        change_setting(session, name="SELF_IDENTIFICATION", value="sex: female, male", account_id=None)
    do_import(sessions)
    do_import(sessions, many(9))
    with sessions() as session, transaction(session):
        lead_ids = list(session.scalars(select(Lead.id).order_by(Lead.id)))
        for i, lead_id in enumerate(lead_ids[1:]):
            groups = {"sex": "female" if i < 5 else "male"}
            tell(session, keys, token=link_token(keys, lead_id), groups=groups, offered=OFFERED)
        return lead_ids


def test_the_auditor_starts_a_check_and_reads_both_parts_the_recruiter_reads_the_first(
    sign_in: SignIn, leads: list[int], sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    auditor = sign_in(RoleName.AUDITOR)
    started = auditor.post("/fairness")
    progress = auditor.get(started.location)
    run_check(sessions, claim(sessions), encoder=WordEncoder(), keys=keys)
    page = auditor.get(started.location, follow_redirects=True)
    for_recruiter = sign_in(RoleName.RECRUITER).get("/fairness")

    assert (started.status_code, progress.status_code, page.status_code) == (303, 200, 200)
    assert "Checking fairness" in progress.text
    for text in (page.text, for_recruiter.text):
        assert "not the independent bias audit" in text
        assert "The numbers of 1 lead stayed as they were" in text
    assert "Do scores fall equally on groups?" in page.text
    assert "11 of 12 leads have told something." in page.text
    assert "female" not in for_recruiter.text


def test_what_the_verdict_speaks_of_lies_open_and_an_interval_without_width_is_not_shown(
    sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    def comparison(persona: str, p: float, low: float) -> dict[str, Any]:
        names = ("name", "n", "rate", "ratio", "low", "high", "p", "gap")
        rows = (("female", 40, 0.5, 1.0, 0.7, 1.0, None, ""), ("male", 40, 0.0, 0.0, low, 0.31, p, ""))
        groups = [dict(zip(names, row, strict=True)) for row in rows]
        return {
            "persona": persona,
            "gate": "band A",
            "dimension": "sex",
            "n": 80,
            "n_unknown": 0,
            "groups": groups,
        }

    rules = {"four_fifths": 0.8, "min_people": 5, "min_share": 0.02}
    results = [comparison("", 0.2, 0.1), comparison("Chance", 0.2, 0.1), comparison("Marked", 0.01, 0.31)]
    report = {
        "hash": "",
        "encoder": "",
        "versions": [],
        "swaps": {"moved": [], "kinds": [], "n_leads": 1},
        "impact": {"rules": rules, "n_people": 80, "n_told": 80, "results": results},
    }
    with sessions() as session, transaction(session):
        session.add(FairnessCheck(report=report))

    page = sign_in(RoleName.AUDITOR).get("/fairness").text

    parts = re.findall(r'<details class="persona-comparisons"( open)?>\s*<summary><h3>([^<]*)', page)
    assert {name for is_open, name in parts if is_open} == {"By each lead's best persona", "Marked"}
    assert len(parts) == 3
    assert page.count('class="is-low"') == 1
    assert page.count("(0.10–0.31)") == 2
    assert "(0.31–0.31)" not in page


def test_a_page_without_a_check_offers_one(sign_in: SignIn) -> None:
    hr = sign_in(RoleName.HR)

    assert "Nobody has checked yet." in hr.get("/fairness").text
    assert hr.get("/fairness/7").status_code == 404


def test_links_for_everybody_are_the_recruiters_and_are_logged(
    sign_in: SignIn, leads: list[int], sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    address = "https://kindred.example.org"
    with sessions() as session, transaction(session):
        change_setting(session, name="PUBLIC_ADDRESS", value=address, account_id=None)

    answer = sign_in(RoleName.RECRUITER).get("/fairness/links.csv")

    table = read_table(answer.data, name="links.csv")
    assert table.column("link") == tuple(f"{address}/a/groups/{link_token(keys, i)}" for i in leads)
    with sessions() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "exported")).one()
        assert (entry.subject, entry.detail) == ("self-identification links", {"rows": 12})


def test_a_decision_is_made_on_the_leads_page_and_shown_there_but_its_reason_nowhere_else(
    sign_in: SignIn, leads: list[int], sessions: sessionmaker[Session], caplog: pytest.LogCaptureFixture
) -> None:
    recruiter = sign_in(RoleName.RECRUITER)
    with sessions() as session:
        version_id = session.get_one(Lead, leads[0]).scores[0].persona_version_id
    address = f"/leads/{leads[0]}/decisions?persona={version_id}"

    kept = recruiter.post(address, data={"kind": "not_now", "reason": "Knits <b>only</b> in May"})
    changed = recruiter.post(address, data={"kind": "contact", "reason": "Knits in June, too"})
    in_list = recruiter.get("/leads").text
    refused = recruiter.post(address, data={"kind": "not_now", "reason": "  "})
    unknown = recruiter.post(address, data={"kind": "reject", "reason": "no"})
    page = recruiter.get(f"/leads/{leads[0]}?persona={version_id}")

    assert [answer.status_code for answer in (kept, changed, refused, unknown)] == [303] * 4
    assert kept.location.endswith(f"/leads/{leads[0]}?persona={version_id}#decisions")
    assert "Knits &lt;b&gt;only&lt;/b&gt; in May" in page.text
    assert "Not now" in page.text
    assert in_list.count("Decided:") == in_list.count("Contact them") == 1
    with sessions() as session:
        assert len(session.scalars(select(Decision)).all()) == 2
    audit_log = sign_in(RoleName.AUDITOR).get("/audit").text
    assert "decided on" in audit_log
    for place in (
        audit_log,
        caplog.text,
        recruiter.get("/leads").text,
        recruiter.get("/leads/export.csv").text,
    ):
        assert "Knits" not in place


def test_erasing_a_lead_erases_what_they_told_and_needs_no_key_to_erase_the_rest(
    sign_in: SignIn,
    leads: list[int],
    sessions: sessionmaker[Session],
    keys: KeyStore,
    app: Flask,
    tmp_path: Path,
) -> None:
    recruiter = sign_in(RoleName.RECRUITER)
    recruiter.post(f"/leads/{leads[1]}/erase")
    app.config["KEY_DIR"] = str(tmp_path / "elsewhere")
    recruiter.post(f"/leads/{leads[2]}/erase")

    assert recruiter.get(f"/leads/{leads[2]}").status_code == 404
    with sessions() as session:
        assert sorted(groups_of(session, keys, leads)) == leads[2:]
