"""Workers killed at random moments, again and again: nothing is lost and nothing doubled."""

from __future__ import annotations

import os
import random
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
from tests.survey.worker.chunk_worker import N_CHUNKS

N_KILLS = 20 if os.environ.get("KINDRED_TEST_FULL") else 5
ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 60


class Workers:
    """Two worker processes, each replaced when it is killed."""

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-m", "tests.survey.worker.chunk_worker", *arguments]
        self.processes = [self._start(), self._start()]
        for process in self.processes:
            self._wait_until_ready(process)

    def kill(self, position: int) -> str:
        """Kill one without warning, start its successor, and return the end of the dead one's name."""
        process = self.processes[position]
        self._end(process)
        self.processes[position] = self._start()
        self._wait_until_ready(self.processes[position])
        return f":{process.pid}"

    def stop(self) -> None:
        for process in self.processes:
            self._end(process)

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    @staticmethod
    def _end(process: subprocess.Popen[str]) -> None:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()

    @staticmethod
    def _wait_until_ready(process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"


@pytest.fixture
def workers(database_url: str, key_dir: Path) -> Iterator[Workers]:
    workers = Workers(database_url, str(key_dir))
    yield workers
    workers.stop()


def count_unfinished(sessions: sessionmaker[Session]) -> int:
    with sessions() as session:
        return (
            session.scalar(
                select(func.count()).select_from(Job).where(Job.state.in_(jobs.UNFINISHED))
            )
            or 0
        )


def wait_until_done(sessions: sessionmaker[Session]) -> None:
    patience = time.monotonic() + PATIENCE_SECONDS
    while count_unfinished(sessions):
        assert time.monotonic() < patience, "the jobs do not come to an end"
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
        time.sleep(moments.uniform(0.3, 0.9))
        with sessions() as session:
            owners = session.scalars(select(Job.owner).where(Job.state == JobState.RUNNING)).all()
        killed = workers.kill(moments.randrange(2))
        n_interrupted += sum(killed in owner for owner in owners)

    wait_until_done(sessions)

    with sessions() as session:
        assert set(session.execute(select(Job.state, Job.n_done)).tuples()) == {(JobState.DONE, N_CHUNKS)}
        effects = Counter(
            (entry.subject, entry.detail["number"]) for entry in session.scalars(select(AuditEntry))
        )
    assert effects == {(job_id, number): 1 for job_id in added for number in range(N_CHUNKS)}
    assert n_interrupted > 0
