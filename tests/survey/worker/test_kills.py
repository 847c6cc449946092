"""Workers killed at random moments, again and again: nothing is lost and nothing doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import jobs
from survey.enums import JobKind, JobState
from survey.models import AuditEntry, Job
from tests.conftest import FULL
from tests.survey.worker.chunk_worker import N_CHUNKS

N_KILLS = 20 if FULL else 5
ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def nursery() -> Iterator[subprocess.Popen[str]]:
    """The process that forks workers."""
    command = [sys.executable, "-m", "tests.survey.worker.chunk_worker"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


class Workers:
    """The living worker processes on one database."""

    def __init__(self, nursery: subprocess.Popen[str], *arguments: str) -> None:
        self._nursery = nursery
        self._arguments = arguments
        self.alive: list[int] = []

    def start(self) -> None:
        assert self._nursery.stdin is not None
        assert self._nursery.stdout is not None
        print(*self._arguments, file=self._nursery.stdin, flush=True)
        self.alive.append(int(self._nursery.stdout.readline()))

    def kill(self, process: int) -> None:
        self.alive.remove(process)
        os.kill(process, signal.SIGKILL)


@pytest.fixture
def workers(nursery: subprocess.Popen[str], database_url: str, key_dir: Path) -> Iterator[Workers]:
    """Two workers on the test's database; whatever still lives at the end is killed."""
    workers = Workers(nursery, database_url, str(key_dir))
    workers.start()
    workers.start()
    yield workers
    while workers.alive:
        workers.kill(workers.alive[0])


def at_work(sessions: sessionmaker[Session]) -> set[int]:
    """Return the processes that hold a job, the killed among them."""
    with sessions() as session:
        owners = session.scalars(select(Job.owner).where(Job.state == JobState.RUNNING)).all()
    return {int(owner.split(":")[1]) for owner in owners}


def wait_until_at_work(sessions: sessionmaker[Session], workers: Workers) -> None:
    """Wait for the workers to begin, however long a busy machine lets them wait."""
    patience = time.monotonic() + PATIENCE_SECONDS
    while at_work(sessions).isdisjoint(workers.alive):
        assert time.monotonic() < patience, "no worker takes a job"
        time.sleep(0.01)


def wait_until_done(sessions: sessionmaker[Session]) -> None:
    """Wait as long as the jobs get on, however slowly."""
    unfinished = select(func.count()).select_from(Job).where(Job.state.in_(jobs.UNFINISHED))
    n_done, patience = -1, 0.0
    with sessions() as session:
        while session.scalar(unfinished):
            if (now_done := session.scalar(select(func.sum(Job.n_done)))) != n_done:
                n_done, patience = now_done, time.monotonic() + PATIENCE_SECONDS
            assert time.monotonic() < patience, "the jobs do not come to an end"
            session.rollback()
            time.sleep(0.05)


def test_killed_workers_lose_nothing_and_double_nothing(
    sessions: sessionmaker[Session], workers: Workers
) -> None:
    moments = random.Random(20)
    added: list[str] = []
    n_interrupted = 0

    for number in range(N_KILLS):
        with sessions() as session, transaction(session):
            # Two at a time, so that both workers have something to be interrupted at.
            for subject_id in (2 * number, 2 * number + 1):
                added.append(jobs.enqueue(session, kind=JobKind.ANALYSE, subject_id=subject_id).id)
        wait_until_at_work(sessions, workers)
        time.sleep(moments.uniform(0.0, 0.3))
        victim = moments.choice(workers.alive)
        n_interrupted += victim in at_work(sessions)
        workers.kill(victim)
        workers.start()
    wait_until_done(sessions)

    with sessions() as session:
        ends = Counter((job.state, job.n_done) for job in session.scalars(select(Job)))
        effects = Counter(
            (entry.subject, entry.detail["number"]) for entry in session.scalars(select(AuditEntry))
        )
    assert ends == {(JobState.DONE, N_CHUNKS): 2 * N_KILLS}
    assert effects == {(job_id, number): 1 for job_id in added for number in range(N_CHUNKS)}
    assert n_interrupted > N_KILLS // 3
