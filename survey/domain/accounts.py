"""Accounts: invite, change role, disable. Passwords arrive hashed; nobody ever gets a default one."""

from __future__ import annotations

import secrets

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.domain import audit
from survey.enums import RoleName
from survey.exceptions import ConflictError, InvalidInputError, NotFoundError, StateError
from survey.models import Account, Role
from survey.texts import one_line


def normal_email(text: str) -> str:
    """Return the address in its normal form. Raises InvalidInputError if it is none."""
    try:
        return validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise InvalidInputError("That is not an e-mail address. Check it for typing errors.") from None


def get_account(session: Session, account_id: int) -> Account:
    """Return an account. Raises NotFoundError."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFoundError("There is no such account.")
    return account


def invite(
    session: Session,
    *,
    email: str,
    role: RoleName,
    name: str = "",
    password_hash: str | None = None,
    account_id: int | None = None,
) -> Account:
    """Add an account; without a password it waits for its owner to choose one by the invitation link.

    Raises InvalidInputError on a bad address, ConflictError if the address has an account.
    """
    email = normal_email(email)
    if session.scalar(select(Account).where(func.lower(Account.email) == email.lower())):
        raise ConflictError("That address already has an account.")
    account = Account(
        email=email,
        name=one_line(name),
        password=password_hash,
        fs_uniquifier=secrets.token_hex(32),
        roles=[_role(session, role)],
    )
    session.add(account)
    session.flush()
    audit.record(session, "invited", f"account {account.id}", account_id=account_id, role=role)
    return account


def invite_again(session: Session, account: Account, *, account_id: int | None) -> None:
    """Record that an account's owner gets a new link to choose a password. Raises StateError if it is disabled."""
    if not account.active:
        raise StateError("This account is disabled. Enable it first.")
    audit.record(session, "invited again", f"account {account.id}", account_id=account_id)


def change_role(session: Session, account: Account, *, role: RoleName, account_id: int | None) -> None:
    """Give an account another role. Raises StateError for the last active administrator."""
    if role != RoleName.ADMINISTRATOR:
        _keep_one_administrator(session, account)
    account.roles = [_role(session, role)]
    audit.record(session, "changed role", f"account {account.id}", account_id=account_id, role=role)


def set_active(session: Session, account: Account, *, active: bool, account_id: int | None) -> None:
    """Disable or enable an account; disabling ends its sessions. Raises StateError for the last administrator."""
    if not active:
        _keep_one_administrator(session, account)
        account.fs_uniquifier = secrets.token_hex(32)
    account.active = active
    verb = "enabled" if active else "disabled"
    audit.record(session, verb, f"account {account.id}", account_id=account_id)


def role_of(account: Account) -> RoleName:
    """Return the account's role."""
    return RoleName(account.roles[0].name)


def _role(session: Session, name: RoleName) -> Role:
    role = session.scalar(select(Role).where(Role.name == name))
    if role is None:
        role = Role(name=name)
        session.add(role)
    return role


def _keep_one_administrator(session: Session, account: Account) -> None:
    others = session.scalars(
        select(Account)
        .join(Account.roles)
        .where(Role.name == RoleName.ADMINISTRATOR, Account.active, Account.id != account.id)
    ).first()
    if role_of(account) == RoleName.ADMINISTRATOR and account.active and others is None:
        raise StateError("This is the last active administrator. Make somebody else administrator first.")
