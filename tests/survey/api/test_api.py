"""JSON: health, the progress of a job, and the one shape of an error."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.app import create_app
from survey.database import transaction
from survey.domain import jobs
from survey.enums import JobKind, RoleName
from survey.extensions import db
from tests.survey.conftest import SignIn


@pytest.fixture
def job_id(app: Flask) -> str:
    """A waiting analysis."""
    with app.app_context(), transaction(db.session):
        return jobs.enqueue(db.session, kind=JobKind.ANALYSE, subject_id=7).id


def claimed(app: Flask) -> jobs.Lease:
    with app.app_context(), transaction(db.session):
        lease = jobs.claim(db.session, owner="worker", length=dt.timedelta(minutes=1))
    assert lease is not None
    return lease


def test_health_of_a_migrated_application(client: FlaskClient) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


@pytest.mark.parametrize("database_url", ["sqlite"])
def test_health_before_the_migration(database_url: str, settings: dict[str, Any], tmp_path: Path) -> None:
    settings["DATABASE_URL"] = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    app = create_app(settings)

    answer = app.test_client().get("/healthz")

    assert (answer.status_code, answer.json) == (503, {"status": "migrate"})
    with app.app_context():
        db.engine.dispose()


def test_waiting_job(job_id: str, sign_in: SignIn) -> None:
    assert sign_in(RoleName.HR).get(f"/api/jobs/{job_id}").json == {
        "state": "queued",
        "step": "",
        "n_done": 0,
        "n_total": 0,
        "error": "",
        "unfinished": True,
        "result_url": "/analyses/7",
    }


def test_running_job(app: Flask, job_id: str, sign_in: SignIn) -> None:
    hr = sign_in(RoleName.HR)
    lease = claimed(app)
    with app.app_context(), transaction(db.session):
        jobs.advance(db.session, lease, n_done=3, n_total=5, step="Reading answers")

    job = hr.get(f"/api/jobs/{job_id}").json

    assert job is not None
    assert (job["state"], job["step"], job["n_done"], job["n_total"]) == ("running", "Reading answers", 3, 5)
    assert job["unfinished"]


def test_failed_job_gives_its_sentence(app: Flask, job_id: str, sign_in: SignIn) -> None:
    hr = sign_in(RoleName.HR)
    lease = claimed(app)
    with app.app_context(), transaction(db.session):
        jobs.fail(db.session, lease, error="This wave has only 7 answers.")

    job = hr.get(f"/api/jobs/{job_id}").json

    assert job is not None
    assert (job["state"], job["error"]) == ("failed", "This wave has only 7 answers.")
    assert not job["unfinished"]


def test_job_that_does_not_exist(sign_in: SignIn) -> None:
    answer = sign_in(RoleName.HR).get("/api/jobs/none")

    assert answer.status_code == 404
    assert answer.json == {"error": {"status": 404, "message": "There is no such job."}}


def test_job_of_another_role(job_id: str, sign_in: SignIn) -> None:
    answer = sign_in(RoleName.RECRUITER).get(f"/api/jobs/{job_id}")

    assert answer.status_code == 403
    message = "Your role does not allow this. If it should, ask your administrator for another role."
    assert answer.json == {"error": {"status": 403, "message": message}}


def test_role_that_has_no_jobs(job_id: str, sign_in: SignIn) -> None:
    answer = sign_in(RoleName.EMPLOYEE).get(f"/api/jobs/{job_id}")

    assert answer.status_code == 403
    message = "Your role does not allow this. If it should, ask your administrator for another role."
    assert answer.json == {"error": {"status": 403, "message": message}}


def test_nobody_is_asked_to_sign_in_without_being_sent_to_a_page(job_id: str, client: FlaskClient) -> None:
    answer = client.get(f"/api/jobs/{job_id}")

    assert answer.status_code == 401
    assert answer.json == {"error": {"status": 401, "message": "Sign in first."}}


def test_unknown_address_has_the_same_shape(client: FlaskClient) -> None:
    answer = client.get("/api/no/such/thing")

    assert answer.status_code == 404
    assert answer.json == {"error": {"status": 404, "message": "There is no page at this address."}}
