"""Accounts: invitations, roles, disabling, and that one administrator always remains."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.database import transaction
from survey.domain import accounts
from survey.enums import RoleName
from survey.exceptions import ConflictError, InvalidInputError, NotFoundError, StateError
from survey.models import Account, AuditEntry, Role


def invite(session: Session, email: str, role: RoleName = RoleName.ADMINISTRATOR) -> Account:
    with transaction(session):
        return accounts.invite(session, email=email, role=role)


def entries(session: Session) -> list[tuple[str, str, dict[str, object]]]:
    rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    return [(row.action, row.subject, row.detail) for row in rows]


def test_invited_account_has_a_role_and_no_password(session: Session) -> None:
    account = invite(session, " Ada@Example.ORG ", RoleName.HR)

    assert (account.email, account.password, account.active) == ("Ada@example.org", None, True)
    assert accounts.role_of(account) == RoleName.HR


def test_invitation_is_audited_without_address_or_name(session: Session) -> None:
    with transaction(session):
        account = accounts.invite(session, email="ada@example.org", name="Ada", role=RoleName.HR)

    assert entries(session) == [("invited", f"account {account.id}", {"role": "hr"})]


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@example.org", "a da@example.org", "ada@example.org>"])
def test_invite_refuses_what_is_no_address(email: str, session: Session) -> None:
    with pytest.raises(InvalidInputError), transaction(session):
        accounts.invite(session, email=email, role=RoleName.HR)

    assert session.scalar(select(func.count()).select_from(Account)) == 0


@pytest.mark.parametrize("again", ["ada@example.org", "ADA@example.org", "ada@EXAMPLE.org "])
def test_invite_refuses_an_address_that_has_an_account(again: str, session: Session) -> None:
    invite(session, "ada@example.org")

    with pytest.raises(ConflictError), transaction(session):
        accounts.invite(session, email=again, role=RoleName.EMPLOYEE)

    assert session.scalar(select(func.count()).select_from(Account)) == 1


def test_accounts_of_one_role_share_it(session: Session) -> None:
    invite(session, "ada@example.org", RoleName.HR)
    invite(session, "bo@example.org", RoleName.HR)

    assert session.scalars(select(Role.name)).all() == ["hr"]


def test_get_account_that_does_not_exist(session: Session) -> None:
    with pytest.raises(NotFoundError):
        accounts.get_account(session, 1)


def test_change_role_replaces_the_role(session: Session) -> None:
    chief = invite(session, "ada@example.org")
    account = invite(session, "bo@example.org", RoleName.HR)

    with transaction(session):
        accounts.change_role(session, account, role=RoleName.AUDITOR, account_id=chief.id)

    assert [role.name for role in account.roles] == ["auditor"]
    assert entries(session)[-1] == ("changed role", f"account {account.id}", {"role": "auditor"})


def test_disabling_ends_the_sessions(session: Session) -> None:
    invite(session, "ada@example.org")
    account = invite(session, "bo@example.org", RoleName.HR)
    signed_in_as = account.fs_uniquifier

    with transaction(session):
        accounts.set_active(session, account, active=False, account_id=None)

    assert not account.active
    assert account.fs_uniquifier != signed_in_as
    assert entries(session)[-1] == ("disabled", f"account {account.id}", {})


def test_disabled_account_can_be_enabled_again(session: Session) -> None:
    invite(session, "ada@example.org")
    account = invite(session, "bo@example.org", RoleName.HR)
    with transaction(session):
        accounts.set_active(session, account, active=False, account_id=None)

    with transaction(session):
        accounts.set_active(session, account, active=True, account_id=None)

    assert account.active
    assert entries(session)[-1] == ("enabled", f"account {account.id}", {})


def test_last_administrator_keeps_the_role(session: Session) -> None:
    account = invite(session, "ada@example.org")

    with pytest.raises(StateError), transaction(session):
        accounts.change_role(session, account, role=RoleName.HR, account_id=None)

    assert accounts.role_of(account) == RoleName.ADMINISTRATOR


def test_last_administrator_cannot_be_disabled(session: Session) -> None:
    account = invite(session, "ada@example.org")

    with pytest.raises(StateError), transaction(session):
        accounts.set_active(session, account, active=False, account_id=None)

    assert account.active


def test_disabled_administrators_do_not_count(session: Session) -> None:
    first = invite(session, "ada@example.org")
    second = invite(session, "bo@example.org")
    with transaction(session):
        accounts.set_active(session, second, active=False, account_id=None)

    with pytest.raises(StateError), transaction(session):
        accounts.change_role(session, first, role=RoleName.HR, account_id=None)


def test_one_of_two_administrators_may_go(session: Session) -> None:
    first = invite(session, "ada@example.org")
    invite(session, "bo@example.org")

    with transaction(session):
        accounts.set_active(session, first, active=False, account_id=None)

    assert not first.active


def test_last_administrator_may_be_made_administrator_again(session: Session) -> None:
    account = invite(session, "ada@example.org")

    with transaction(session):
        accounts.change_role(session, account, role=RoleName.ADMINISTRATOR, account_id=None)

    assert accounts.role_of(account) == RoleName.ADMINISTRATOR
