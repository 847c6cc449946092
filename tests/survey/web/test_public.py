"""The pages for everyone: the published personas, and what is promised about answers and data."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.settings import change_setting
from survey.enums import RoleName, VersionState
from survey.models import Wave
from tests.survey.conftest import SignIn
from tests.survey.persona_factories import add_analysis, make_closed_wave


@pytest.fixture
def employee(sign_in: SignIn) -> FlaskClient:
    return sign_in(RoleName.EMPLOYEE)


@pytest.fixture
def wave_id(sessions: sessionmaker[Session]) -> int:
    """A closed wave of 60, whose responses no page needs."""
    wave_id = make_closed_wave(sessions, n_people=0)
    with sessions() as session, transaction(session):
        session.get_one(Wave, wave_id).n_answered = 60
    return wave_id


def articles(page: str) -> list[str]:
    return re.findall(r'<article class="persona".*?</article>', page, re.DOTALL)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_published_personas_are_articles_with_share_and_words_of_colleagues(
    employee: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    with sessions() as session, transaction(session):
        add_analysis(session, wave_id, "Planners", "Sellers", "Teachers", state=VersionState.PUBLISHED)

    page = employee.get("/personas").text

    assert [re.findall(r"-name\" lang=\"en\">(\w+)</h2>", article) for article in articles(page)] == [
        ["Planners"],
        ["Sellers"],
        ["Teachers"],
    ]
    assert re.findall(r'href="#persona-(\d+)"', page) == re.findall(
        r'<article class="persona" id="persona-(\d+)"', page
    )
    first = text_of(articles(page)[0])
    assert [
        words
        for words in (
            "40 % 40 colleagues",
            "Planners are 40 of 100 people.",
            "I like it here, says one of Planners.",
            "What they are like calm, say Planners 40 % elsewhere 10 %",
            "What keeps them here evenings off, say Planners 40 % rare elsewhere",
            "What they are good at release plans",
            "Where to reach them Newsletters and blogs",
            "What they read, watch and hear post-mortems",
        )
        if words not in first
    ] == []


def test_page_says_what_personas_are_and_are_not(
    employee: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    with sessions() as session, transaction(session):
        add_analysis(session, wave_id, "Planners", state=VersionState.PUBLISHED)

    page = employee.get("/personas").text

    assert "what 60 colleagues wrote in the survey “Autumn”" in page
    assert "They are no filter" in page
    assert 'href="/privacy"' in page


@pytest.mark.parametrize("state", [VersionState.DRAFT, VersionState.RETIRED])
def test_what_is_not_published_is_seen_by_nobody(
    employee: FlaskClient, sessions: sessionmaker[Session], wave_id: int, state: VersionState
) -> None:
    with sessions() as session, transaction(session):
        add_analysis(session, wave_id, "Planners", state=state)

    page = employee.get("/personas").text

    assert "Planners" not in page
    assert "There are no personas yet" in page


def test_page_for_everyone_offers_nothing_to_change(
    employee: FlaskClient, sessions: sessionmaker[Session], wave_id: int
) -> None:
    with sessions() as session, transaction(session):
        add_analysis(session, wave_id, "Planners", state=VersionState.PUBLISHED)

    content = employee.get("/personas").text.partition("<main")[2].partition("</main>")[0]

    assert re.findall(r"<(?:form|button|input)", content) == []


def test_privacy_page_is_for_everybody_and_says_where_the_promise_ends(client: FlaskClient) -> None:
    answer = client.get("/privacy")

    assert answer.status_code == 200
    assert [
        words
        for words in (
            "cannot tell who wrote which answers",
            "never fewer than ten together",
            "After sending, nothing can be withdrawn",
            "A way of writing can be recognised",
            "backups of that time",
            "In a very small company",
            "Ask the people who sent you the link",
        )
        if words not in answer.text
    ] == []


def test_privacy_page_names_who_answers_questions(
    client: FlaskClient, sessions: sessionmaker[Session]
) -> None:
    with sessions() as session, transaction(session):
        change_setting(session, name="CONTACT", value="Works council, room 12", account_id=None)

    assert "Works council, room 12" in client.get("/privacy").text
