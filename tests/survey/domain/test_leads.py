"""Leads: how they are looked after, and how they go."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.accounts import invite
from survey.domain.leads import (
    ROWS_KEPT,
    add_note,
    erase,
    erase_expired,
    list_owners,
    remove_note,
    set_owner,
    start_scoring,
)
from survey.enums import RoleName
from survey.exceptions import InvalidInputError, NotFoundError
from survey.models import AuditEntry, ImportRow, Lead, LeadEvidence, LeadIdentity, LeadImport, Score
from survey.models.base import utc_now
from tests.survey.lead_factories import do_import, publish


def test_scoring_is_asked_for_once(session: Session) -> None:
    with transaction(session):
        assert start_scoring(session) is start_scoring(session)


def test_erasing_removes_everything_about_a_lead_and_is_audited(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, transaction(session):
        publish(session)
    do_import(sessions)

    with sessions() as session, transaction(session):
        lead = session.scalars(select(Lead).where(Lead.external_id == "l1")).one()
        lead_id = lead.id
        erase(session, lead)

    with sessions() as session:
        for table in (LeadIdentity, LeadEvidence, Score):
            left = set(session.scalars(select(table.lead_id)))
            assert lead_id not in left, table
            assert left, table
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "erased")).one()
        assert (entry.subject, entry.detail) == (f"lead {lead_id}", {})


def test_leads_expire_by_their_latest_import(sessions: sessionmaker[Session]) -> None:
    old = utc_now() - dt.timedelta(days=400)
    do_import(sessions)
    with sessions() as session, transaction(session):
        session.scalars(select(LeadImport)).one().created_at = old
        for lead in session.scalars(select(Lead)):
            lead.created_at = old
    do_import(sessions, "id,skills\nl2,Selling\n")

    with sessions() as session, transaction(session):
        n_erased = erase_expired(session, retention_days=365)

    with sessions() as session:
        assert n_erased == 2
        assert session.scalars(select(Lead.external_id)).all() == ["l2"]
        assert len(session.scalars(select(LeadIdentity)).all()) == 1


def test_notes_and_owner_are_audited_without_a_word_of_them(sessions: sessionmaker[Session]) -> None:
    do_import(sessions)
    with sessions() as session, transaction(session):
        recruiter = invite(session, email="r@example.org", role=RoleName.RECRUITER)
        reader = invite(session, email="a@example.org", role=RoleName.AUDITOR)
        lead, other = session.scalars(select(Lead).order_by(Lead.id).limit(2))
        lead_id, owner_id = lead.id, recruiter.id
        note = add_note(session, lead, "  Met at the fair. ", account_id=recruiter.id)
        set_owner(session, lead, recruiter.id, account_id=recruiter.id)
        session.flush()
        assert (note.text, lead.owner, list_owners(session)) == ("Met at the fair.", recruiter, [recruiter])
        for text in ("", " \0", "x" * 2001):
            with pytest.raises(InvalidInputError, match="A note has"):
                add_note(session, lead, text)
        with pytest.raises(InvalidInputError, match="active recruiter"):
            set_owner(session, lead, reader.id)
        with pytest.raises(NotFoundError, match="no such note"):
            remove_note(session, other, note.id)
        remove_note(session, lead, note.id, account_id=recruiter.id)

    with sessions() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"lead {lead_id}")).all()
        assert [(entry.action, entry.detail) for entry in entries] == [
            ("wrote a note about", {}),
            ("changed the owner of", {"owner": owner_id}),
            ("removed a note about", {}),
        ]


def test_what_is_kept_for_an_undo_goes_after_some_time(sessions: sessionmaker[Session]) -> None:
    do_import(sessions, "id,skills\n1,Python\n2,\n")
    with sessions() as session, transaction(session):
        session.scalars(select(LeadImport)).one().created_at = utc_now() - 2 * ROWS_KEPT
        erase_expired(session, retention_days=365)

    with sessions() as session:
        rows = session.scalars(select(ImportRow)).all()
        assert [(row.number, row.cells, row.reason != "") for row in rows] == [(3, None, True)]
        assert len(session.scalars(select(Lead)).all()) == 1
