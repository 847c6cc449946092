"""Decisions have a person and a reason, change no score and no ranking, and their words reach no log."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.accounts import invite
from survey.domain.decisions import MAX_REASON_CHARS, decide
from survey.domain.duplicates import merge
from survey.domain.leads import erase
from survey.domain.queries.decisions import list_decisions
from survey.domain.queries.leads import Wish, rank
from survey.enums import DecisionKind, RoleName
from survey.exceptions import InvalidInputError
from survey.models import AuditEntry, Decision, Lead, Score
from tests.survey.lead_factories import do_import, publish


@pytest.fixture
def recruiter(sessions: sessionmaker[Session]) -> int:
    """A recruiter's account, with scored leads of two personas; no score has decided anything."""
    with sessions() as session, transaction(session):
        publish(session)
        account_id = invite(session, email="rec@example.org", name="Rea", role=RoleName.RECRUITER).id
    do_import(sessions)
    with sessions() as session:
        assert session.scalars(select(Decision)).all() == []
    return account_id


def lead_of(session: Session, external_id: str) -> Lead:
    return session.scalars(select(Lead).where(Lead.external_id == external_id)).one()


def test_a_decision_keeps_person_reason_and_the_score_they_had_before_them(
    session: Session, recruiter: int
) -> None:
    lead = lead_of(session, "l1")
    score = session.scalars(select(Score).where(Score.lead_id == lead.id, Score.best)).one()

    with transaction(session):
        decide(session, lead, kind=DecisionKind.NOT_NOW, reason="Just moved.", account_id=recruiter)
        decide(
            session,
            lead,
            kind=DecisionKind.CONTACT,
            reason=" Asked us \n to call ",
            account_id=recruiter,
            version_id=score.persona_version_id,
        )

    rows = list_decisions(session, lead.id)
    assert [(row.kind, row.reason, row.who, row.persona, row.fit, row.band) for row in rows] == [
        (DecisionKind.CONTACT, "Asked us to call", "Rea", "Calm Hands", score.fit, score.band),
        (DecisionKind.NOT_NOW, "Just moved.", "Rea", "", None, None),
    ]
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "decided on")).all()
    assert [(entry.subject, entry.account_id, entry.detail) for entry in entries] == [
        (f"lead {lead.id}", recruiter, {"decision": kind}) for kind in ("not_now", "contact")
    ]


def test_a_decision_without_a_reason_or_with_an_endless_one_is_refused(
    session: Session, recruiter: int
) -> None:
    for reason in ("", " \n ", "x" * (MAX_REASON_CHARS + 1)):
        with pytest.raises(InvalidInputError), transaction(session):
            decide(
                session,
                lead_of(session, "l1"),
                kind=DecisionKind.CONTACT,
                reason=reason,
                account_id=recruiter,
            )

    assert session.scalars(select(Decision)).all() == []


def test_no_decision_without_a_person(session: Session, recruiter: int) -> None:
    lead_id = lead_of(session, "l1").id

    with pytest.raises(IntegrityError), transaction(session):
        session.add(Decision(lead_id=lead_id, kind=DecisionKind.NOT_SUITED, reason="score under 20"))


def test_neither_a_low_score_nor_a_decision_hides_a_lead(session: Session, recruiter: int) -> None:
    before = rank(session, Wish())

    with transaction(session):
        for lead in session.scalars(select(Lead)):
            decide(session, lead, kind=DecisionKind.NOT_SUITED, reason="No.", account_id=recruiter)

    after = rank(session, Wish())
    assert after == before
    assert sorted(row.external_id for row in after.rows) == ["l1", "l2", "l3"]
    assert {row.fit for row in after.rows if row.external_id == "l3"} == {None}


def test_decisions_go_with_their_lead(session: Session, recruiter: int) -> None:
    with transaction(session):
        lead = lead_of(session, "l1")
        decide(session, lead, kind=DecisionKind.CONTACT, reason="Yes.", account_id=recruiter)
        erase(session, lead)

    assert session.scalars(select(Decision)).all() == []


def test_a_decision_outlives_the_merge_of_its_lead(sessions: sessionmaker[Session], recruiter: int) -> None:
    do_import(sessions, "id,name,email,summary\nm1,Ada,ada@x.org,Counts.\nm2,Ada,ada@x.org,Counts well.\n")
    with sessions() as session, transaction(session):
        decide(
            session,
            lead_of(session, "m2"),
            kind=DecisionKind.CONTACT,
            reason="Call\0 her.",
            account_id=recruiter,
        )
    with sessions() as session, transaction(session):
        merge(session, lead_of(session, "m1").id, account_id=recruiter)
    with sessions() as session:
        assert [row.reason for row in list_decisions(session, lead_of(session, "m1").id)] == ["Call her."]


def test_a_decision_counts_as_work_so_that_an_undone_import_leaves_the_lead(
    session: Session, recruiter: int
) -> None:
    lead = lead_of(session, "l1")
    before = lead.revision

    with transaction(session):
        decide(session, lead, kind=DecisionKind.CONTACT, reason="Yes.", account_id=recruiter)

    assert lead.revision == before + 1
