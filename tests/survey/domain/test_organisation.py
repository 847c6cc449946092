"""The organisation link: opens until it is rotated, and cannot be made from the database alone."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.database import transaction
from survey.domain.organisation import link_key, opens, rotate_link
from survey.models import AuditEntry, OrganisationLink

SECRET = "the server's secret"


def rotate(session: Session) -> str:
    with transaction(session):
        rotate_link(session, account_id=None)
    key = link_key(session, SECRET)
    assert key is not None
    return key


def test_at_first_there_is_no_link_and_nothing_opens(session: Session) -> None:
    assert link_key(session, SECRET) is None
    assert not opens(session, SECRET, "")
    assert not opens(session, SECRET, "None")


def test_link_opens(session: Session) -> None:
    key = rotate(session)

    assert opens(session, SECRET, key)
    assert link_key(session, SECRET) == key


@pytest.mark.parametrize("wrong", ["", "x", "ü", "0" * 32])
def test_wrong_key_opens_nothing(wrong: str, session: Session) -> None:
    rotate(session)

    assert not opens(session, SECRET, wrong)


def test_rotating_ends_the_old_link(session: Session) -> None:
    old = rotate(session)

    new = rotate(session)

    assert opens(session, SECRET, new)
    assert not opens(session, SECRET, old)
    assert session.scalar(select(func.count()).select_from(OrganisationLink)) == 1


def test_link_needs_the_secret_and_not_only_the_database(session: Session) -> None:
    key = rotate(session)
    nonce = session.scalars(select(OrganisationLink.nonce)).one()

    assert nonce != key
    assert not opens(session, SECRET, nonce)
    assert not opens(session, "another server's secret", key)


def test_rotating_is_audited_without_the_link(session: Session) -> None:
    rotate(session)

    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject, entry.detail) == ("rotated", "organisation link", {})
