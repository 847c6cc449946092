"""The administrator's pages: invitations, roles, disabling, settings; and the auditor's log of it."""

from __future__ import annotations

import html
import re
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_security import changeable, hash_password, recoverable
from sqlalchemy import insert, select
from sqlalchemy.exc import OperationalError

from survey.database import open_engine, transaction
from survey.domain import audit
from survey.enums import RoleName
from survey.extensions import db
from survey.mail import Letter
from survey.models import Account, AuditEntry
from tests.survey.conftest import PASSWORD, SignIn

EMAIL = "ada@example.org"


def invite(administrator: FlaskClient, email: str = EMAIL, role: RoleName = RoleName.HR) -> str:
    """Invite somebody and return the path of the invitation link."""
    page = administrator.post("/accounts", data={"email": email, "name": "Ada", "role": role}).text
    found = re.search(r'value="http://localhost(/invitation/[^"]+)"', html.unescape(page))
    assert found is not None
    return found[1]


def choose_password(client: FlaskClient, link: str, password: str, again: str | None = None) -> str:
    answer = client.post(
        link, data={"password": password, "password_confirm": password if again is None else again}
    )
    return answer.location if answer.status_code == 302 else answer.text


def sign_in_with(client: FlaskClient, email: str, password: str) -> bool:
    client.post("/sign-in", data={"email": email, "password": password})
    return bool(client.get("/password").status_code == 200)


def account_id(app: Flask, email: str) -> int:
    with app.app_context():
        return db.session.scalars(select(Account.id).where(Account.email == email)).one()


def test_invited_person_chooses_a_password_and_signs_in(app: Flask, sign_in: SignIn) -> None:
    link = invite(sign_in(RoleName.ADMINISTRATOR))
    person = app.test_client()

    assert person.get(link).status_code == 200
    assert choose_password(person, link, "a long enough one") == "/sign-in"

    assert sign_in_with(person, EMAIL, "a long enough one")
    assert person.get("/").location == "/waves"


def test_new_invitation_replaces_a_forgotten_password_and_is_in_the_log(app: Flask, sign_in: SignIn) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)
    choose_password(app.test_client(), invite(administrator), PASSWORD)

    page = administrator.post(f"/accounts/{account_id(app, EMAIL)}/invitation").text

    found = re.search(r'value="http://localhost(/invitation/[^"]+)"', html.unescape(page))
    assert found is not None
    choose_password(app.test_client(), found[1], "another good one")
    assert sign_in_with(app.test_client(), EMAIL, "another good one")
    assert "invited again account" in sign_in(RoleName.AUDITOR).get("/audit").text


def test_disabled_account_gets_no_new_invitation(app: Flask, sign_in: SignIn) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)
    invite(administrator)
    invited = account_id(app, EMAIL)
    administrator.post(f"/accounts/{invited}/active", data={"active": "no"})

    answer = administrator.post(f"/accounts/{invited}/invitation")

    assert answer.status_code == 409
    assert "Enable it first." in answer.text


def test_invited_person_cannot_sign_in_without_having_chosen(app: Flask, sign_in: SignIn) -> None:
    invite(sign_in(RoleName.ADMINISTRATOR))

    assert not sign_in_with(app.test_client(), EMAIL, "")
    assert not sign_in_with(app.test_client(), EMAIL, "password")


def test_invitation_works_once(app: Flask, sign_in: SignIn) -> None:
    link = invite(sign_in(RoleName.ADMINISTRATOR))
    choose_password(app.test_client(), link, "a long enough one")

    choose_password(app.test_client(), link, "the one of a thief")

    assert not sign_in_with(app.test_client(), EMAIL, "the one of a thief")
    assert sign_in_with(app.test_client(), EMAIL, "a long enough one")


@pytest.mark.parametrize("page", ["invitation", "password"])
def test_password_is_kept_though_somebody_else_writes_meanwhile(
    page: str, app: Flask, settings: dict[str, Any], sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hash takes its time on purpose: what was read before it is old when another process wrote meanwhile."""
    person, administrator = sign_in(RoleName.HR), sign_in(RoleName.ADMINISTRATOR)
    email, address, module, names = {
        "invitation": (EMAIL, invite(administrator), recoverable, ("password", "password_confirm")),
        "password": ("hr@example.org", "/password", changeable, ("new_password", "new_password_confirm")),
    }[page]
    worker = open_engine(settings["DATABASE_URL"])

    def hash_while_a_worker_writes(password: str) -> str:
        with suppress(OperationalError), worker.connect() as connection:
            if worker.name == "sqlite":
                connection.exec_driver_sql("PRAGMA busy_timeout=0")  # it would wait for us, and we for it
            connection.execute(insert(AuditEntry).values(action="wrote", subject="something else"))
            connection.commit()
        return hash_password(password)

    monkeypatch.setattr(module, "hash_password", hash_while_a_worker_writes)

    answer = person.post(address, data={"password": PASSWORD} | dict.fromkeys(names, "a long enough one"))

    worker.dispose()
    assert answer.status_code == 302
    assert sign_in_with(app.test_client(), email, "a long enough one")


def test_invitation_that_was_changed_opens_nothing(app: Flask, sign_in: SignIn) -> None:
    link = invite(sign_in(RoleName.ADMINISTRATOR))

    thief = app.test_client()
    choose_password(thief, f"{link}x", "the one of a thief")

    assert "This invitation does not work" in thief.get("/invitation").text
    assert not sign_in_with(app.test_client(), EMAIL, "the one of a thief")


def test_forgotten_password_brings_a_letter_in_our_words(
    app: Flask, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(RoleName.HR)
    letters: list[Letter] = []
    monkeypatch.setattr("survey.web.security.send_now", letters.append)

    page = app.test_client().post("/invitation", data={"email": "hr@example.org"}).text

    assert [letter.subject for letter in letters] == ["A new password at Kindred"]
    assert re.search(
        r"within seven days:\nhttp://localhost/invitation/\S+\n\nIf it was not you", letters[0].text
    )
    assert "a link is on its way" in page


def test_who_is_asked_for_the_password_again_reads_our_words(sign_in: SignIn) -> None:
    page = sign_in(RoleName.HR).get("/verify").text

    assert "Your password once more" in page
    assert "eauthenticate" not in page


def test_short_or_mistyped_password_is_refused_with_a_reason(app: Flask, sign_in: SignIn) -> None:
    link = invite(sign_in(RoleName.ADMINISTRATOR))

    short = choose_password(app.test_client(), link, "too short")
    mistyped = choose_password(app.test_client(), link, "a long enough one", "a long enough two")

    assert "at least 10 characters" in short
    assert "do not match" in mistyped
    assert not sign_in_with(app.test_client(), EMAIL, "a long enough one")


def test_wrong_address_is_named_at_its_field_and_nobody_is_invited(app: Flask, sign_in: SignIn) -> None:
    page = sign_in(RoleName.ADMINISTRATOR).post("/accounts", data={"email": "ada@", "role": "hr"}).text

    assert "That is not an e-mail address. Check it for typing errors." in page
    with app.app_context():
        assert db.session.scalars(select(Account.email)).all() == ["administrator@example.org"]


def test_address_that_has_an_account_is_a_conflict(sign_in: SignIn) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)
    invite(administrator)

    answer = administrator.post("/accounts", data={"email": EMAIL.upper(), "role": "hr"})

    assert answer.status_code == 409
    assert "That address already has an account." in answer.text


def test_role_that_does_not_exist_changes_nothing(app: Flask, sign_in: SignIn) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)

    administrator.post(
        f"/accounts/{account_id(app, 'administrator@example.org')}/role", data={"role": "root"}
    )

    assert administrator.get("/accounts").status_code == 200


def test_changed_role_is_in_force_at_once(app: Flask, sign_in: SignIn) -> None:
    administrator, person = sign_in(RoleName.ADMINISTRATOR), sign_in(RoleName.HR)
    assert person.get("/waves").status_code == 200

    administrator.post(f"/accounts/{account_id(app, 'hr@example.org')}/role", data={"role": "auditor"})

    assert person.get("/waves").status_code == 403
    assert person.get("/audit").status_code == 200


def test_disabling_ends_the_session_and_the_sign_in(app: Flask, sign_in: SignIn) -> None:
    administrator, person = sign_in(RoleName.ADMINISTRATOR), sign_in(RoleName.HR)
    address = f"/accounts/{account_id(app, 'hr@example.org')}/active"

    administrator.post(address, data={"active": "no"})

    assert person.get("/waves").location == "/sign-in?next=/waves"
    assert not sign_in_with(app.test_client(), "hr@example.org", PASSWORD)

    administrator.post(address, data={"active": "yes"})

    assert person.get("/waves").status_code == 303  # the old session stays ended
    assert sign_in_with(app.test_client(), "hr@example.org", PASSWORD)


def test_disabled_person_cannot_come_back_by_an_old_invitation(app: Flask, sign_in: SignIn) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)
    link = invite(administrator)
    administrator.post(f"/accounts/{account_id(app, EMAIL)}/active", data={"active": "no"})

    choose_password(app.test_client(), link, "a long enough one")

    assert not sign_in_with(app.test_client(), EMAIL, "a long enough one")


def test_last_administrator_is_kept_and_told_why(app: Flask, sign_in: SignIn) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)
    address = f"/accounts/{account_id(app, 'administrator@example.org')}"

    answers = [
        administrator.post(f"{address}/role", data={"role": "hr"}),
        administrator.post(f"{address}/active", data={"active": "no"}),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert all("Make somebody else administrator first." in answer.text for answer in answers)
    assert administrator.get("/accounts").status_code == 200


def test_setting_that_was_changed_is_shown(sign_in: SignIn) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)

    answer = administrator.post("/settings", data={"name": "ORGANISATION", "value": " Nordvik "})

    assert answer.status_code == 303
    page = administrator.get("/settings").text
    assert 'value="Nordvik"' in page
    assert "Organisation is changed." in page


def test_setting_that_cannot_be_used_says_so_and_is_not_changed(sign_in: SignIn) -> None:
    administrator = sign_in(RoleName.ADMINISTRATOR)

    answer = administrator.post("/settings", data={"name": "LEAD_RETENTION_DAYS", "value": "for ever"})

    assert answer.status_code == 422
    assert "LEAD_RETENTION_DAYS must be a whole number from 1 to 1000000." in answer.text
    assert 'name="value" value="for ever"' in answer.text
    assert 'value="365"' in administrator.get("/settings").text


def test_secrets_are_not_on_the_settings_page(app: Flask, sign_in: SignIn) -> None:
    page = sign_in(RoleName.AUDITOR).get("/settings").text

    assert "SECRET_KEY" in page
    assert app.config["SECRET_KEY"] not in page


def test_auditor_reads_who_did_what_and_changes_nothing(app: Flask, sign_in: SignIn) -> None:
    administrator, auditor = sign_in(RoleName.ADMINISTRATOR), sign_in(RoleName.AUDITOR)
    invite(administrator)
    administrator.post("/settings", data={"name": "CONTACT", "value": "Ann"})
    owner = account_id(app, "administrator@example.org")
    with app.app_context(), transaction(db.session):
        audit.record(db.session, "merged", "lead 1", entries=[*range(11, 18)])
        audit.record(db.session, "changed the owner of", "lead 1", owner=owner)
        audit.record(db.session, "changed the owner of", "lead 2", owner=None)

    page = auditor.get("/audit").text

    assert "administrator@example.org" in page
    assert f"invited account {EMAIL}" in page
    assert "changed the setting “Contact for questions”" in page
    assert "entries: 11, 12, 13, 14, 15 …<" in re.sub(r"\s+<", "<", page)
    assert "owner: administrator@example.org" in page
    assert "owner: nobody" in page
    assert "<form" not in page.partition("<main")[2]
    assert "<form" not in auditor.get("/settings").text.partition("<main")[2]


def test_audit_log_is_turned_page_by_page(app: Flask, sign_in: SignIn) -> None:
    auditor = sign_in(RoleName.AUDITOR)
    with app.app_context(), transaction(db.session):
        for number in range(55):
            audit.record(db.session, "closed", f"wave {number}")

    newest, oldest = auditor.get("/audit").text, auditor.get("/audit?page=2").text

    assert (newest.count("<time"), oldest.count("<time")) == (50, 6)
    assert "closed wave 54" in newest
    assert "invited account auditor@example.org" in oldest
