"""Leads: how they are looked after, and how they go."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.leads import erase, erase_expired, start_scoring
from survey.models import AuditEntry, Lead, LeadEvidence, LeadIdentity, LeadImport, Score
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
