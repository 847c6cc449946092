"""JSON for machines: health and the progress of jobs. The one shape of errors is in survey.web.errors."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from sqlalchemy import text

from survey.database import is_current
from survey.domain.jobs import UNFINISHED
from survey.enums import RoleName
from survey.extensions import db
from survey.web.access import Audience, may_see
from survey.web.jobs import result_url, visible_job

api = Blueprint("api", __name__)


@api.get("/healthz")
@may_see(Audience.ANYONE)
def health() -> tuple[dict[str, Any], int]:
    """Say whether the application can serve: the database answers and has the newest schema."""
    db.session.execute(text("SELECT 1"))
    ready = is_current(db.engine)
    return {"status": "ok" if ready else "migrate"}, 200 if ready else 503


@api.get("/api/jobs/<job_id>")
@may_see(RoleName.HR, RoleName.RECRUITER, RoleName.AUDITOR)
def show_job(job_id: str) -> dict[str, Any]:
    """Return the progress of a job."""
    job = visible_job(job_id)
    return {
        "state": job.state,
        "step": job.step,
        "n_done": job.n_done,
        "n_total": job.n_total,
        "error": job.error,
        "unfinished": job.state in UNFINISHED,
        "result_url": result_url(job),
    }
