"""The link to a receipt: made by who is in touch, shown once, with the public address and never the browser's."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.receipts import open_link
from survey.domain.settings import change_setting
from survey.enums import RoleName
from survey.exceptions import NotFoundError
from survey.mail import Letter
from survey.models import AuditEntry, Lead
from survey.web import receipts as web
from survey.web.access import Audience, audience_of
from tests.survey.conftest import SignIn
from tests.survey.lead_factories import do_import

LINK = re.compile(r'value="https://kindred.example.org/a/receipt/([^"]+)"')


@pytest.mark.parametrize("role", [RoleName.RECRUITER, RoleName.HR])
def test_a_link_is_made_shown_once_and_withdrawn(
    role: RoleName, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    do_import(sessions)
    with sessions() as session, transaction(session):
        change_setting(session, name="PUBLIC_ADDRESS", value="https://kindred.example.org/", account_id=None)
        lead_id = session.scalars(select(Lead.id).order_by(Lead.id)).first()
    client = sign_in(role)

    made = client.post(f"/leads/{lead_id}/receipt")
    page = client.get(f"/leads/{lead_id}").text
    found = LINK.search(made.text)

    assert found
    token = found[1]
    assert f"/a/receipt/{token}" in unquote(made.text.split("mailto:asa%40example.org")[1])
    assert token not in page
    assert "works until" in page
    with sessions() as session:
        assert open_link(session, token).id == lead_id

    client.post(f"/leads/{lead_id}/receipt/withdraw")

    assert "works until" not in client.get(f"/leads/{lead_id}").text
    with sessions() as session, pytest.raises(NotFoundError):
        open_link(session, token)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("taken", [True, False])
def test_a_link_can_be_mailed_and_a_refusal_leaves_it_to_be_copied(
    taken: bool, sign_in: SignIn, sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    do_import(sessions)
    letters: list[Letter] = []
    monkeypatch.setattr(web, "send_now", lambda letter: letters.append(letter) or taken)

    page = sign_in(RoleName.RECRUITER).post("/leads/1/receipt", data={"action": "mail"}).text

    (letter,) = letters
    address = re.search(r"http://127.0.0.1:8000/a/receipt/\S+", letter.text)
    assert address
    assert (letter.to, letter.subject) == ("asa@example.org", "What Your organisation holds about you")
    assert f'value="{address[0]}"' in page
    assert ("on its way to asa@example.org" in page, "did not take it" in page) == (taken, not taken)
    with sessions() as session:
        mailed = session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "mailed")).all()
        assert mailed == ["receipt link of lead 1"] * taken


def test_hr_reads_leads_and_works_none(sign_in: SignIn, sessions: sessionmaker[Session], app: Flask) -> None:
    do_import(sessions)
    hr = sign_in(RoleName.HR)
    with sessions() as session:
        lead_id = session.scalars(select(Lead.id).order_by(Lead.id)).first()
    pages = [hr.get("/leads").text, hr.get(f"/leads/{lead_id}").text]

    offered = {address for page in pages for address in re.findall(r'(?:href|action)="(/[^"?#]*)', page)}

    assert all("Åsa Öberg" in page for page in pages)
    with app.app_context():
        adapter = app.url_map.bind("localhost")
        for address in offered:
            methods = set(adapter.allowed_methods(address)) - {"OPTIONS"}
            audiences = [audience_of(adapter.match(address, method)[0]) for method in methods]
            assert any(
                {RoleName.HR, Audience.ANYONE, Audience.STAFF, Audience.ORGANISATION} & audience
                for audience in audiences
            ), address
