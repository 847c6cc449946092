"""Fairness checks, as the web starts and reads them. What a worker does is in fairness."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.domain import audit, jobs
from survey.enums import JobKind
from survey.exceptions import NotFoundError
from survey.models import FairnessCheck, Job


def start_check(session: Session, *, account_id: int | None = None) -> Job:
    """Have a worker check how fair the scores are, or return the job of a check that is under way."""
    under_way = session.scalar(
        select(Job).where(Job.kind == JobKind.CHECK_FAIRNESS, Job.state.in_(jobs.UNFINISHED))
    )
    if under_way is not None:
        return under_way
    check = FairnessCheck(created_by=account_id)
    session.add(check)
    session.flush()
    job = jobs.enqueue(session, kind=JobKind.CHECK_FAIRNESS, subject_id=check.id, account_id=account_id)
    check.job_id = job.id
    audit.record(session, "started", f"fairness check {check.id}", account_id=account_id)
    return job


def get_check(session: Session, check_id: int) -> FairnessCheck:
    """Return a check. Raises NotFoundError."""
    check = session.get(FairnessCheck, check_id)
    if check is None:
        raise NotFoundError("There is no such fairness check.")
    return check


def list_checks(session: Session, *, n: int = 20) -> list[FairnessCheck]:
    """Return the latest finished checks, newest first."""
    # An empty report is told from none by the column itself.
    finished = FairnessCheck.report.is_not(None)
    return list(
        session.scalars(select(FairnessCheck).where(finished).order_by(FairnessCheck.id.desc()).limit(n))
    )


def report_of(check: FairnessCheck) -> dict[str, Any]:
    """Return what a check found. Raises NotFoundError if it has not ended."""
    if check.report is None:
        raise NotFoundError("This fairness check was stopped before its end. Start another.")
    return check.report
