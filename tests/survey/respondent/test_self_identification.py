"""The page where leads tell their groups: voluntary, no cookie, never shows what was told, a GET changes nothing."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.keys import KeyStore
from survey.domain.self_identification import link_token
from survey.domain.settings import change_setting
from survey.models import Lead
from survey.models.self_identification import SelfIdentification


@pytest.fixture
def path(sessions: sessionmaker[Session], keys: KeyStore) -> str:
    """A lead's link, with two dimensions asked for."""
    keys.create_lead_key()
    with sessions() as session, transaction(session):
        lead = Lead(external_id="l1")
        session.add(lead)
        value = "sex: female, male; age: under 40, 40 or over"
        change_setting(session, name="SELF_IDENTIFICATION", value=value, account_id=None)
        session.flush()
        return f"/groups/{link_token(keys, lead.id)}"


def kept(sessions: sessionmaker[Session]) -> list[dict[str, str]]:
    with sessions() as session:
        return list(session.scalars(select(SelfIdentification.groups)))


def test_a_lead_tells_and_withdraws_and_the_page_never_shows_what_was_told(
    client: FlaskClient, path: str, sessions: sessionmaker[Session], caplog: pytest.LogCaptureFixture
) -> None:
    before = client.get(path)
    told = client.post(path, data={"group-0": "female", "group-1": "", "go": "tell"})
    after = client.get(path)
    first = kept(sessions)
    withdrawn = client.post(path, data={"group-0": "male", "go": "withdraw"})

    assert "never enters a score" in before.text.replace("It never", "never")
    assert (told.status_code, told.location) == (303, "/groups/thanks")
    assert first == [{"sex": "female"}]
    assert after.text == before.text
    assert (withdrawn.status_code, withdrawn.location, kept(sessions)) == (303, told.location, [])
    assert client.get(told.location).status_code == 200
    for answer in (before, told, after, withdrawn):
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert path.removeprefix("/groups/") not in caplog.text


def test_opening_and_unknown_links_keep_nothing(
    client: FlaskClient, path: str, sessions: sessionmaker[Session]
) -> None:
    client.get(path)

    assert client.get(path + "A").status_code == 404
    assert client.post(path[:-4] + "AAAA", data={"group-0": "female"}).status_code == 404
    assert kept(sessions) == []


def test_when_nobody_is_asked_any_more_it_can_still_be_withdrawn(
    client: FlaskClient, path: str, sessions: sessionmaker[Session]
) -> None:
    client.post(path, data={"group-0": "female", "go": "tell"})
    with sessions() as session, transaction(session):
        change_setting(session, name="SELF_IDENTIFICATION", value="", account_id=None)

    assert "do not ask for this at present" in client.get(path).text
    client.post(path, data={"go": "withdraw"})
    assert kept(sessions) == []
