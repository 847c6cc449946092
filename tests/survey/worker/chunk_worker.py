"""A worker process to be killed: its one task leaves an audit entry per chunk. Run as a module.

    python -m tests.survey.worker.chunk_worker DATABASE_URL KEY_DIR
"""

from __future__ import annotations

import sys
import time
from types import ModuleType
from typing import Any

from survey import config, worker
from survey.database import transaction
from survey.domain import audit, jobs
from survey.enums import JobKind

N_CHUNKS = 25
LEASE_SECONDS = 1
#: Long enough that most kills hit an open transaction or the gap before the next.
PAUSE_SECONDS = 0.008


def write_chunks(busy: worker.Worker, lease: jobs.Lease) -> None:
    """Leave one entry per chunk, each with its progress in one transaction."""
    for number in range(lease.cursor.get("next", 0), N_CHUNKS):
        with busy.sessions() as session, transaction(session):
            audit.record(session, "chunk", lease.job_id, number=number)
            time.sleep(PAUSE_SECONDS)
            jobs.advance(
                session, lease, n_done=number + 1, n_total=N_CHUNKS, cursor={"next": number + 1}
            )
        time.sleep(PAUSE_SECONDS)
    with busy.sessions() as session, transaction(session):
        jobs.finish(session, lease)


def main(database_url: str, key_dir: str) -> None:
    """Work until killed."""
    # The real tasks import the analysis, which would make each of many starts a second longer.
    tasks: Any = ModuleType("survey.worker.tasks")
    tasks.TASKS = {JobKind.ANALYSE: write_chunks}
    tasks.run_chores = lambda busy: None
    sys.modules[tasks.__name__] = tasks
    busy = worker.Worker(
        config.read(
            {
                "KINDRED_DATABASE_URL": database_url,
                "KINDRED_KEY_DIR": key_dir,
                "KINDRED_LEASE_SECONDS": str(LEASE_SECONDS),
            }
        )
    )
    print("ready", flush=True)
    busy.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
