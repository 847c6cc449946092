"""A lead's receipt: the recruiter's points, no cookie, a look that changes nothing, and the way out."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import aliases, receipts, scores, self_identification
from survey.domain.keys import KeyStore
from survey.domain.leads import start_scoring
from survey.enums import RoleName, VersionState
from survey.models import Analysis, Lead, LeadNote, OptOut, PersonaVersion, ReceiptLink, Score
from survey.models.base import utc_now
from survey.models.self_identification import SelfIdentification
from survey.respondent.guesses import MAX_PER_MINUTE
from tests.survey.conftest import SignIn
from tests.survey.lead_factories import SAMPLE, WordEncoder, claim, do_import, publish, publish_one

MARKUP = "<script>alert(1)</script>"
TRAIT = re.compile(r'<li id="trait-(\d+)".*?<a [^>]*>(.*?)</a>.*?<b>([+−]?\d+)</b>', re.DOTALL)
WORDS = re.compile(r"<mark.*?</mark>|<s .*?</s>")


@pytest.fixture
def lead_id(sessions: sessionmaker[Session]) -> int:
    with sessions() as session, transaction(session):
        publish(session)
    do_import(sessions, SAMPLE.replace("Göteborg", MARKUP).replace("Calm release", f"{MARKUP} Calm release"))
    with sessions() as session:
        return session.scalars(select(Lead.id).where(Lead.external_id == "l1")).one()


@pytest.fixture
def path(sessions: sessionmaker[Session], lead_id: int) -> str:
    with sessions() as session, transaction(session):
        return f"/receipt/{receipts.make_link(session, session.get_one(Lead, lead_id))}"


def points(page: str) -> list[tuple[str, str, int]]:
    return [(number, trait, int(n.replace("−", "-"))) for number, trait, n in TRAIT.findall(page)]


def test_receipt_and_recruiters_page_show_the_same_points_and_words_and_they_sum_to_the_number(
    client: FlaskClient, path: str, lead_id: int, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    recruiter = sign_in(RoleName.RECRUITER)
    with sessions() as session:
        fits = session.execute(
            select(Score.persona_version_id, Score.fit).where(Score.lead_id == lead_id)
        ).all()
    assert len(fits) == 2
    assert any(fit for _, fit in fits)

    for version_id, fit in fits:
        own = client.get(f"{path}?persona={version_id}").text
        theirs = recruiter.get(f"/leads/{lead_id}?persona={version_id}").text

        assert points(own) == points(theirs)
        assert sum(n for *_, n in points(own)) == fit
        assert WORDS.findall(own) == WORDS.findall(theirs)
        assert f'<span class="fit-number">{fit}</span>' in own
    assert '<s class="unread">Sparbanken</s>' in own


def test_receipt_and_recruiters_page_say_in_the_same_words_how_old_a_number_is(
    client: FlaskClient, path: str, lead_id: int, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    recruiter = sign_in(RoleName.RECRUITER)
    by_earlier_table = "This number was made by an earlier table of what skills are also called."
    changed_since = "The groups of colleagues have changed since the last comparison"

    def told() -> list[tuple[bool, bool]]:
        pages = [client.get(path, headers={"Accept-Language": "en"}).text]
        pages.append(recruiter.get(f"/leads/{lead_id}").text)
        return [(by_earlier_table in page, changed_since in page) for page in pages]

    def score_again() -> None:
        scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())

    assert told() == [(False, False)] * 2
    with sessions() as session, transaction(session):
        aliases.name_skill(session, "release plans", "shipping plots", account_id=None)
    assert told() == [(True, False)] * 2

    score_again()
    with sessions() as session, transaction(session):
        for version in session.scalars(select(PersonaVersion)).all():
            version.state = VersionState.RETIRED
        publish_one(session, session.scalars(select(Analysis)).one(), "calm", "Calm Hands")
        start_scoring(session)
    assert told() == [(False, True)] * 2

    score_again()
    assert told() == [(False, False)] * 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_markup_in_every_field_is_text_on_every_page(
    client: FlaskClient, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    header, row, *_ = SAMPLE.splitlines()
    columns = header.split(",")[1:]
    cells = [f"{MARKUP} {column} {row.split(',')[4] * (column == 'summary')}" for column in columns]
    with sessions() as session, transaction(session):
        publish(session)
    do_import(
        sessions, f"{header},phone,profile,employer\n{MARKUP},{','.join(cells)},{MARKUP},{MARKUP},{MARKUP}\n"
    )
    with sessions() as session, transaction(session):
        lead = session.scalars(select(Lead)).one()
        lead_id, token = lead.id, receipts.make_link(session, lead)
    recruiter = sign_in(RoleName.RECRUITER)

    pages = [
        recruiter.get("/leads").text,
        recruiter.get("/leads?sort=name").text,
        recruiter.get(f"/leads/{lead_id}").text,
        recruiter.post(f"/leads/{lead_id}/receipt").text,
        client.get(f"/receipt/{token}").text,
    ]

    for page in pages[:3]:
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt; name" in page
    assert "<script>alert" not in pages[3] + pages[4]


def test_a_receipt_is_private_and_holds_no_markup_of_others(
    client: FlaskClient, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    page = client.get(path, headers={"Accept-Language": "en"})
    data = client.get(f"{path}/data.json")

    for answer in (page, data, client.get(f"{path}/leave")):
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert MARKUP not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "Åsa Öberg" in page.text
    assert (data.json["id"], data.json["identity"]["location"]) == ("l1", MARKUP)
    assert "Sie" in client.get(f"{path}?lang=de").text
    assert path.removeprefix("/receipt/") not in caplog.text


def test_a_lead_without_words_or_personas_sees_no_number(
    client: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    def page(external_id: str) -> str:
        with sessions() as session, transaction(session):
            lead = session.scalars(select(Lead).where(Lead.external_id == external_id)).one()
            token = receipts.make_link(session, lead)
        return client.get(f"/receipt/{token}", headers={"Accept-Language": "en"}).text

    do_import(sessions)
    unscored = page("l1")
    with sessions() as session, transaction(session):
        publish(session)
    do_import(sessions, SAMPLE.replace("Busy", ""))
    silent = page("l3")

    assert "You have not been compared yet" in unscored
    assert "Too little to read for a number" in silent
    assert "We hold no text of yours." in silent
    assert "fit-number" not in unscored + silent


def test_a_look_at_the_way_out_changes_nothing_and_its_button_erases_everything(
    client: FlaskClient, path: str, lead_id: int, sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    keys.create_lead_key()
    with sessions() as session, transaction(session):
        told = self_identification.link_token(keys, lead_id)
        self_identification.tell(
            session, keys, token=told, groups={"sex": "male"}, offered={"sex": ("male", "x")}
        )

    looked = [client.get(f"{path}/leave"), client.head(f"{path}/leave"), client.post(f"{path}/leave")]
    with sessions() as session:
        assert session.get(Lead, lead_id) is not None
    gone = client.post(f"{path}/leave", data={"go": "leave"})

    assert [answer.status_code for answer in looked] == [200, 200, 303]
    assert (gone.status_code, gone.location) == (303, "/receipt/gone")
    assert "We leave you alone." in client.get(gone.location).text
    again = client.get(path)
    assert again.status_code == 404
    assert "nothing is held about you any more" in again.text
    with sessions() as session:
        assert session.get(Lead, lead_id) is None
        assert session.scalars(select(OptOut)).all()
        assert session.scalars(select(SelfIdentification)).all() == []


def test_what_a_lead_says_is_wrong_reaches_the_recruiter(
    client: FlaskClient, path: str, lead_id: int, sign_in: SignIn, sessions: sessionmaker[Session]
) -> None:
    sent = client.post(f"{path}/correction", data={"text": f"I left. {MARKUP}"})
    empty = client.post(f"{path}/correction", data={"text": "  "})
    long = client.post(f"{path}/correction", data={"text": "x" * 2001})
    page = sign_in(RoleName.RECRUITER).get(f"/leads/{lead_id}").text

    assert (sent.status_code, sent.location) == (303, f"{path}?sent=1#correct")
    assert (empty.status_code, long.status_code) == (422, 422)
    assert "at most 2000 characters" in long.text
    assert "x" * 2001 in long.text
    assert "I left. &lt;script&gt;" in page
    assert "written by themselves" in page
    assert "They have written something on their receipt." in page
    with sessions() as session:
        assert len(session.scalars(select(LeadNote)).all()) == 1


def test_a_link_that_ended_says_so_and_unknown_ones_are_slowed_down(
    client: FlaskClient, path: str, sessions: sessionmaker[Session]
) -> None:
    with sessions() as session, transaction(session):
        session.execute(update(ReceiptLink).values(expires_at=utc_now()))

    expired = client.get(path)
    answers = [client.get(f"/receipt/unknown{i}").status_code for i in range(MAX_PER_MINUTE + 1)]

    assert expired.status_code == 410
    assert "Ask the people who sent it for a new one." in expired.text
    assert answers == [404] * MAX_PER_MINUTE + [429]
    assert client.get("/groups/unknown").status_code == 429
