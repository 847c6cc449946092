"""The worker around a job: how it ends, what is said about it, chores, stopping. Killing: test_kills.py."""

from __future__ import annotations

import datetime as dt
import logging
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from analysis.encoder import MiniLMEncoder
from analysis.exceptions import EncoderError
from analysis.text import normalise
from survey.database import transaction
from survey.domain import audit, jobs
from survey.domain.kept_attributes import read_attributes
from survey.domain.questionnaires import default_questionnaire
from survey.domain.scores import give_way
from survey.domain.waves import change_plan, choose_people, launch_wave, start_draft
from survey.enums import JobKind, JobState, WaveState
from survey.exceptions import StateError
from survey.models import (
    AuditEntry,
    Chore,
    Job,
    Lead,
    PreparedAnswers,
    Response,
    Wave,
    WaveImport,
)
from survey.models.base import utc_now
from survey.models.self_identification import SelfIdentification
from survey.worker import Worker
from survey.worker.tasks import CHORES, TASKS
from tests.survey.domain.factories import SITE

#: Somebody's answer, as the text of a library's exception may quote it.
ANSWER = "I would rather work for my sister's bakery"

Task = Callable[[Worker, jobs.Lease], None]
Run = Callable[[Task], Job]


@pytest.fixture
def worker(settings: dict[str, Any]) -> Iterator[Worker]:
    worker = Worker(settings)
    yield worker
    worker.sessions.kw["bind"].dispose()


@pytest.fixture
def kept_signals() -> Iterator[None]:
    """Give the test run its own signal handlers back."""
    kept = {signum: signal.getsignal(signum) for signum in (signal.SIGTERM, signal.SIGINT)}
    yield
    for signum, handler in kept.items():
        signal.signal(signum, handler)


@pytest.fixture
def run(worker: Worker, session: Session, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Let the worker do one job with the given task and return the job as it is then."""

    def run(task: Task) -> Job:
        monkeypatch.setitem(TASKS, JobKind.ANALYSE, task)
        with transaction(session):
            job_id = jobs.enqueue(session, kind=JobKind.ANALYSE, subject_id=1).id
        assert worker.work_once()
        session.rollback()
        return jobs.get_job(session, job_id)

    return run


def leave_effect(worker: Worker, lease: jobs.Lease) -> None:
    with worker.sessions() as session, transaction(session):
        audit.record(session, "chunk", lease.job_id)
        jobs.advance(session, lease, n_done=1, n_total=2, cursor={"next": 1})


def count_effects(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_every_kind_of_job_has_a_task() -> None:
    assert set(TASKS) == set(JobKind)


def test_worker_without_work_says_so(worker: Worker) -> None:
    assert not worker.work_once()


def test_job_is_done_when_its_task_finishes_it(run: Run, session: Session) -> None:
    def task(worker: Worker, lease: jobs.Lease) -> None:
        leave_effect(worker, lease)
        with worker.sessions() as session, transaction(session):
            jobs.finish(session, lease)

    job = run(task)

    assert (job.state, job.n_done, job.error) == (JobState.DONE, 2, "")
    assert count_effects(session) == 1


@pytest.mark.parametrize("ending", [None, ValueError("our fault")])
def test_what_people_wrote_is_forgotten_when_a_job_ends(run: Run, ending: Exception | None) -> None:
    def task(_worker: Worker, _lease: jobs.Lease) -> None:
        assert normalise(ANSWER) == ANSWER
        if ending is not None:
            raise ending

    run(task)

    assert normalise.cache_info().currsize == 0


def test_what_people_wrote_is_forgotten_after_the_chores(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey.worker.tasks.run_chores", lambda _worker: normalise(ANSWER))

    assert not worker.work_once()

    assert normalise.cache_info().currsize == 0


def test_job_that_was_put_back_waits_with_what_it_has_done(run: Run) -> None:
    def task(worker: Worker, lease: jobs.Lease) -> None:
        leave_effect(worker, lease)
        give_way(worker.sessions, replace(lease, taken_at=lease.taken_at - jobs.TURN))
        raise AssertionError("went on after its turn")

    job = run(task)

    assert (job.state, job.n_done, job.cursor, job.error) == (JobState.QUEUED, 1, {"next": 1}, "")


def test_cancel_of_a_running_job_leaves_no_further_effect(run: Run, session: Session) -> None:
    def task(worker: Worker, lease: jobs.Lease) -> None:
        leave_effect(worker, lease)
        with worker.sessions() as other, transaction(other):
            jobs.cancel(other, jobs.get_job(other, lease.job_id))
        leave_effect(worker, lease)
        raise AssertionError("went on after the stop")

    job = run(task)

    assert (job.state, job.error) == (JobState.CANCELLED, "")
    assert count_effects(session) == 1


def test_job_taken_over_by_another_worker_is_left_to_it(run: Run, session: Session) -> None:
    def task(worker: Worker, lease: jobs.Lease) -> None:
        with worker.sessions() as other, transaction(other):
            other.get_one(Job, lease.job_id).owner = "another"
        leave_effect(worker, lease)

    job = run(task)

    assert (job.state, job.owner) == (JobState.RUNNING, "another")
    assert count_effects(session) == 0


def test_input_that_cannot_be_used_fails_the_job_with_its_sentence(run: Run) -> None:
    def task(worker: Worker, lease: jobs.Lease) -> None:
        raise StateError("This wave has only 7 answers; an analysis needs 30.")

    job = run(task)

    assert (job.state, job.error) == (JobState.FAILED, "This wave has only 7 answers; an analysis needs 30.")


def test_unexpected_exception_reaches_neither_log_nor_job(
    run: Run, session: Session, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)

    def task(worker: Worker, lease: jobs.Lease) -> None:
        try:
            raise ValueError(ANSWER)
        except ValueError as error:
            raise RuntimeError(f"cannot read {ANSWER!r}") from error

    job = run(task)

    assert job.state == JobState.FAILED
    assert job.error == "That was our fault. The log of the worker says where it went wrong."
    written = caplog.text + "".join(capfd.readouterr())
    assert "RuntimeError at" in written
    assert "test_worker.py:" in written
    assert "bakery" not in written
    columns = {name: getattr(job, name) for name in Job.__mapper__.columns.keys()}  # noqa: SIM118 - not a dict
    assert "bakery" not in str(columns)


def test_database_error_leaves_the_job_to_be_tried_again(worker: Worker, run: Run, session: Session) -> None:
    def task(worker: Worker, lease: jobs.Lease) -> None:
        raise OperationalError("INSERT", {"text": ANSWER}, Exception(ANSWER))

    with pytest.raises(OperationalError):
        run(task)

    session.rollback()
    job = session.scalars(select(Job)).one()
    assert (job.state, job.error) == (JobState.RUNNING, "")


@pytest.mark.usefixtures("kept_signals")
def test_worker_survives_a_database_error_and_does_not_quote_it(
    worker: Worker, session: Session, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    worker.lease_length = dt.timedelta(0)  # what failed may be tried again at once
    attempts: list[str] = []

    def task(busy: Worker, lease: jobs.Lease) -> None:
        attempts.append(lease.job_id)
        if len(attempts) == 1:
            raise OperationalError("INSERT", {"text": ANSWER}, Exception(ANSWER))
        with busy.sessions() as session, transaction(session):
            jobs.finish(session, lease)
        busy.stop()

    monkeypatch.setitem(TASKS, JobKind.ANALYSE, task)
    with transaction(session):
        job_id = jobs.enqueue(session, kind=JobKind.ANALYSE, subject_id=1).id

    worker.run()

    session.rollback()
    assert attempts == [job_id, job_id]
    assert jobs.get_job(session, job_id).state == JobState.DONE
    assert "OperationalError" in caplog.text
    assert "bakery" not in caplog.text


@pytest.mark.usefixtures("kept_signals")
def test_supervised_worker_ends_with_its_parent(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []

    def work() -> bool:
        rounds.append(os.getppid())
        if len(rounds) == 4:
            worker.stop()
        return True

    monkeypatch.setattr(worker, "work_once", work)
    monkeypatch.setattr(os, "getppid", lambda: 7 if len(rounds) < 2 else 1)

    worker.run(supervised=True)
    supervised = len(rounds)
    rounds.clear()
    worker.run()

    assert (supervised, len(rounds)) == (2, 4)


def test_job_that_another_worker_was_faster_to_take_is_left_to_it(
    worker: Worker, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(session):
        jobs.enqueue(session, kind=JobKind.ANALYSE, subject_id=1)
    monkeypatch.setattr(jobs, "claim", lambda *_args, **_asked: None)

    assert not worker.work_once()


def test_worker_encodes_with_the_model_that_is_set(settings: dict[str, Any], worker: Worker) -> None:
    other = Worker({**settings, "ENCODER": "no-model"})

    assert type(worker.encoder) is MiniLMEncoder
    with pytest.raises(EncoderError, match="no-model"):
        _ = other.encoder
    other.sessions.kw["bind"].dispose()


def test_due_chores_are_done_and_come_round_again(worker: Worker, session: Session) -> None:
    worker.work_once()

    assert set(session.scalars(select(Chore.name))) == set(CHORES)


def test_worker_seals_what_an_earlier_version_left_readable(worker: Worker, session: Session) -> None:
    with transaction(session):
        wave = Wave(
            name="Of old",
            questionnaire=default_questionnaire(session),
            attributes=[SITE],
            coarsening={},
            state=WaveState.CLOSED,
        )
        session.add(wave)
        session.flush()
        session.add_all(
            Response(id=f"{n:032x}", wave_id=wave.id, attributes={"site": "Oslo"}, quote=False)
            for n in range(10)
        )

    worker.work_once()

    session.rollback()
    assert [*session.scalars(select(Response.attributes))] == [{}] * 10
    assert [*read_attributes(session, worker.keys, wave).values()] == [{"site": "Oslo"}] * 10


def test_worker_forgets_what_has_expired(worker: Worker, session: Session) -> None:
    long_ago = utc_now() - dt.timedelta(days=4000)
    worker.keys.create_lead_key()
    with transaction(session):
        wave = Wave(
            name="Of old",
            questionnaire=default_questionnaire(session),
            attributes=[],
            coarsening={},
            state=WaveState.CLOSED,
        )
        session.add(wave)
        session.flush()
        upload = {
            "filename": "u.csv",
            "system": "",
            "header": "",
            "questions": [],
            "dropped": [],
            "mapping": {},
            "n_rows": 1,
        }
        listed = {"cursor": {"listed": {"pumps": 3}}, "state": JobState.CANCELLED}
        session.add_all(
            [
                Lead(external_id="l1", created_at=long_ago),
                SelfIdentification(token_hash="of a lead who is gone", groups={"sex": "male"}),
                WaveImport(**upload, created_at=long_ago),
                PreparedAnswers(wave_id=wave.id, rows=[["stay", "Why?", ANSWER]], prepared_at=long_ago),
                Job(kind=JobKind.SUGGEST_ALIASES, subject_id=0, **listed),
            ]
        )

    worker.work_once()

    session.rollback()
    for table in (Lead, SelfIdentification, WaveImport, PreparedAnswers):
        assert session.scalars(select(table)).all() == [], table
    assert session.scalars(select(Job.cursor)).all() == [{}]


def test_two_workers_of_one_machine_have_different_names(settings: dict[str, Any], worker: Worker) -> None:
    other = Worker(settings)

    assert other.owner != worker.owner

    other.sessions.kw["bind"].dispose()


def test_waves_open_and_close_at_their_time(worker: Worker, session: Session) -> None:
    now = utc_now()
    with transaction(session):
        wave = start_draft(session, name="Night shift", questionnaire=default_questionnaire(session))
        choose_people(session, wave, audience={}, attributes=[], n_cards=12)
        times = {"opens_at": now + dt.timedelta(days=1), "closes_at": now + dt.timedelta(days=2)}
        change_plan(session, wave, **times, plan={"invite": True}, texts={})
        launch_wave(session, wave, worker.keys, signed_off_by="A. Berg")
    _every, chore = CHORES["open and close waves"]
    states = []

    for column in (None, Wave.opens_at, Wave.closes_at):
        if column is not None:
            with transaction(session):
                session.execute(update(Wave).values({column: now - dt.timedelta(hours=1)}))
        chore(worker)
        session.rollback()
        states.append(session.scalar(select(Wave.state)))

    assert states == [WaveState.SCHEDULED, WaveState.OPEN, WaveState.CLOSING]
    assert session.scalars(select(Job.kind)).all() == [JobKind.CLOSE_WAVE]


def test_chore_that_cannot_be_done_stops_nothing_else(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done = []

    def fail(_worker: Worker) -> None:
        raise StateError("The key of this wave is missing.")

    for name in list(CHORES):
        monkeypatch.delitem(CHORES, name)
    monkeypatch.setitem(CHORES, "first", (dt.timedelta(hours=1), fail))
    monkeypatch.setitem(CHORES, "second", (dt.timedelta(hours=1), done.append))

    assert not worker.work_once()

    assert done == [worker]
    assert "the chore first was not done: The key of this wave is missing." in caplog.text


def test_chore_that_another_worker_has_done_waits_until_it_is_due_again(
    worker: Worker, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Worker] = []
    for name in list(CHORES):
        monkeypatch.delitem(CHORES, name)
    monkeypatch.setitem(CHORES, "first", (dt.timedelta(hours=1), done.append))
    other = Worker(settings)

    worker.work_once()
    other.work_once()

    assert done == [worker]
    other.sessions.kw["bind"].dispose()
