"""The progress of long work: one page for every kind of job, with and without JavaScript."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask_security import current_user
from werkzeug.wrappers import Response

from survey.database import transaction
from survey.domain.accounts import role_of
from survey.domain.jobs import cancel, get_job
from survey.enums import JobKind, JobState, RoleName
from survey.exceptions import PermissionDeniedError
from survey.extensions import db
from survey.models import Job
from survey.web.access import may_see

jobs = Blueprint("jobs", __name__)

#: Who may see the jobs of a kind, and the page that shows its result: endpoint and argument.
RESULT: dict[JobKind, tuple[frozenset[RoleName], str, str | None]] = {
    JobKind.CLOSE_WAVE: (frozenset({RoleName.HR}), "review.show_wave", "wave_id"),
    JobKind.ANALYSE: (frozenset({RoleName.HR}), "review.show_analysis", "analysis_id"),
    JobKind.PREPARE_ANSWERS: (frozenset({RoleName.HR}), "review.show_wave", "wave_id"),
    JobKind.IMPORT_WAVE: (frozenset({RoleName.HR}), "wave_imports.show_import", "import_id"),
    JobKind.IMPORT_LEADS: (frozenset({RoleName.RECRUITER}), "imports.show_import", "import_id"),
    JobKind.UNDO_IMPORT: (frozenset({RoleName.RECRUITER}), "imports.show_import", "import_id"),
    JobKind.SCORE_LEADS: (frozenset({RoleName.RECRUITER, RoleName.HR}), "leads.list_leads", None),
    JobKind.SUGGEST_ALIASES: (frozenset({RoleName.HR}), "aliases.show_table", None),
    JobKind.PREVIEW_WEIGHTS: (frozenset({RoleName.HR}), "weighings.show_weighing", "weighing_id"),
    JobKind.CHECK_FAIRNESS: (
        frozenset({RoleName.RECRUITER, RoleName.HR, RoleName.AUDITOR}),
        "checks.show_check",
        "check_id",
    ),
}


@jobs.get("/jobs/<job_id>")
@may_see(RoleName.HR, RoleName.RECRUITER, RoleName.AUDITOR)
def show_job(job_id: str) -> Response | str:
    """Show how far a job is; lead on to its result when it is done."""
    job = visible_job(job_id)
    if job.state == JobState.DONE:
        return redirect(result_url(job), 303)
    return render_template("jobs/job_detail.html", job=job, result_url=result_url(job))


@jobs.post("/jobs/<job_id>/cancel")
@may_see(RoleName.HR, RoleName.RECRUITER, RoleName.AUDITOR)
def cancel_job(job_id: str) -> Response:
    """Ask a job to stop."""
    with transaction(db.session):
        cancel(db.session, visible_job(job_id))
    return redirect(url_for("jobs.show_job", job_id=job_id), 303)


def visible_job(job_id: str) -> Job:
    """Return a job that this person's role may see. Raises NotFoundError, PermissionDeniedError."""
    job = get_job(db.session, job_id)
    if not _is_visible(job):
        raise PermissionDeniedError
    return job


def job_url(job: Job | None) -> str:
    """Return the address of a job; empty without one and for a role that may not see it."""
    return url_for("jobs.show_job", job_id=job.id) if job and _is_visible(job) else ""


def _is_visible(job: Job) -> bool:
    return role_of(current_user) in RESULT[job.kind][0]


def result_url(job: Job) -> str:
    """Return the address of what a job makes."""
    _roles, endpoint, argument = RESULT[job.kind]
    if job.kind == JobKind.SCORE_LEADS and role_of(current_user) == RoleName.HR:
        return url_for("review.list_personas")
    values: dict[str, Any] = {argument: job.subject_id} if argument else {}
    return url_for(endpoint, **values)
