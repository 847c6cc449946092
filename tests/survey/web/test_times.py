"""Times on pages are those of the organisation's time zone, whatever the page."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import audit
from survey.domain.settings import change_setting
from survey.enums import RoleName
from survey.models import AuditEntry
from survey.web.times import show_day, show_time
from tests.survey.conftest import SignIn

TEMPLATES = Path(__file__).parents[3] / "templates"
LATE = dt.datetime(2026, 3, 1, 22, 30, tzinfo=dt.UTC)


def test_no_template_writes_a_time_by_itself() -> None:
    assert [path.name for path in TEMPLATES.rglob("*.html") if "strftime" in path.read_text("utf-8")] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_moment_is_shown_in_the_zone_that_is_set(
    sign_in: SignIn, sessions: sessionmaker[Session], app: Flask
) -> None:
    with sessions() as session, transaction(session):
        change_setting(session, name="TIMEZONE", value="Asia/Tokyo", account_id=None)
        audit.record(session, "closed", "wave 3")
        session.execute(update(AuditEntry).values(at=LATE))

    assert "2026-03-02 07:30" in sign_in(RoleName.AUDITOR).get("/audit").text
    with app.test_request_context():
        assert (show_time(LATE), show_day(LATE), show_day(None)) == ("2026-03-02 07:30", "2026-03-02", "")
