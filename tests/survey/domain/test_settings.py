"""Settings in force: environment, then what is stored, then the default."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey import config
from survey.database import transaction
from survey.domain.queries.settings import list_settings
from survey.domain.settings import change_setting, editable_values
from survey.exceptions import InvalidInputError, StateError
from survey.models import AuditEntry, StoredSetting


def change(session: Session, name: str, value: str) -> None:
    with transaction(session):
        change_setting(session, name=name, value=value, account_id=None)


DEFAULTS = {
    "ORGANISATION": "Your organisation",
    "CONTACT": "",
    "PUBLIC_ADDRESS": "",
    "TIMEZONE": "UTC",
    "SMTP_SERVER": "",
    "SMTP_PORT": 587,
    "SMTP_SECURITY": "STARTTLS",
    "SMTP_USER": "",
    "SMTP_SENDER": "kindred@localhost",
    "MAILS_PER_MINUTE": 60,
    "LEAD_RETENTION_DAYS": 365,
    "SELF_IDENTIFICATION": "",
}


def test_defaults_are_in_force_at_first(session: Session) -> None:
    assert editable_values(session, {}) == DEFAULTS


def test_stored_value_wins_over_the_default(session: Session) -> None:
    change(session, "ORGANISATION", "Fjordline")
    change(session, "LEAD_RETENTION_DAYS", "90")

    assert editable_values(session, {}) == {
        **DEFAULTS,
        "ORGANISATION": "Fjordline",
        "LEAD_RETENTION_DAYS": 90,
    }


def test_environment_wins_over_what_is_stored(session: Session) -> None:
    change(session, "ORGANISATION", "Fjordline")

    assert editable_values(session, {"KINDRED_ORGANISATION": "Nordvik"})["ORGANISATION"] == "Nordvik"


def test_change_replaces_an_earlier_one_and_an_empty_value_is_the_default(session: Session) -> None:
    change(session, "ORGANISATION", "Fjordline")
    change(session, "ORGANISATION", "")

    assert editable_values(session, {})["ORGANISATION"] == "Your organisation"
    assert session.scalars(select(StoredSetting.name)).all() == ["ORGANISATION"]


def test_change_is_audited_without_the_value(session: Session) -> None:
    change(session, "CONTACT", "Ada, room 12")

    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject, entry.detail) == ("changed", "setting CONTACT", {})


def test_setting_that_the_environment_fixes_cannot_be_changed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINDRED_ORGANISATION", "Nordvik")

    with pytest.raises(StateError, match="KINDRED_ORGANISATION"):
        change(session, "ORGANISATION", "Fjordline")

    assert session.scalars(select(StoredSetting)).all() == []


def test_time_zone_that_does_not_exist_is_refused(session: Session) -> None:
    with pytest.raises(InvalidInputError, match="Europe/Oslo"):
        change(session, "TIMEZONE", "Oslo")


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "SMTP_PASSWORD", "DATABASE_URL", "KEY_DIR", "NO_SUCH_SETTING", ""]
)
def test_setting_that_is_not_editable_cannot_be_changed(name: str, session: Session) -> None:
    with pytest.raises(InvalidInputError):
        change(session, name, "x")

    assert session.scalars(select(StoredSetting)).all() == []


@pytest.mark.parametrize("value", ["soon", "0", "", "-1", "1e3"])
def test_value_of_the_wrong_type_is_refused(value: str, session: Session) -> None:
    with pytest.raises(InvalidInputError):
        change(session, "LEAD_RETENTION_DAYS", value)

    assert editable_values(session, {})["LEAD_RETENTION_DAYS"] == 365


def test_list_shows_every_setting_and_no_secret(session: Session) -> None:
    running = config.read(
        {
            "KINDRED_SECRET_KEY": "our-own-secret",
            "KINDRED_DATABASE_URL": "postgresql://kindred:hidden-word@db/kindred",
        }
    )

    rows = list_settings(session, running, {})

    assert [row.setting for row in rows] == list(config.SETTINGS)
    shown = " ".join(row.value for row in rows)
    assert "postgresql://kindred:***@db/kindred" in shown
    assert "our-own-secret" not in shown
    assert "hidden-word" not in shown


def test_list_says_which_settings_are_fixed(session: Session) -> None:
    rows = list_settings(session, config.read({}), {"KINDRED_CONTACT": "Ada"})

    assert [row.setting.name for row in rows if not row.fixed] == sorted(
        DEFAULTS.keys() - {"CONTACT"}, key=list(DEFAULTS).index
    )
