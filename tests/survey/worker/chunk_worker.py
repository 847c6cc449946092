"""Worker processes to be killed: their one task leaves an audit entry per chunk. Run as a module.

Each line read, ``DATABASE_URL KEY_DIR``, is answered by the process id of a new worker. The workers are forked
from one process that has imported everything, because importing takes longer than the work they do.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from types import ModuleType
from typing import Any

from survey import config, worker
from survey.database import transaction
from survey.domain import audit, jobs
from survey.enums import JobKind

N_CHUNKS = 20
LEASE_SECONDS = 1
#: Long enough that most kills hit an open transaction or the gap before the next.
PAUSE_SECONDS = 0.008


def write_chunks(busy: worker.Worker, lease: jobs.Lease) -> None:
    """Leave one entry per chunk, each with its progress in one transaction."""
    for number in range(lease.cursor.get("next", 0), N_CHUNKS):
        with busy.sessions() as session, transaction(session):
            audit.record(session, "chunk", lease.job_id, number=number)
            time.sleep(PAUSE_SECONDS)
            jobs.advance(session, lease, n_done=number + 1, n_total=N_CHUNKS, cursor={"next": number + 1})
        time.sleep(PAUSE_SECONDS)
    with busy.sessions() as session, transaction(session):
        jobs.finish(session, lease)


def work(database_url: str, key_dir: str) -> None:
    """Work until killed."""
    # The real tasks import the whole analysis and have nothing to do here.
    tasks: Any = ModuleType("survey.worker.tasks")
    tasks.TASKS = {JobKind.ANALYSE: write_chunks}
    tasks.run_chores = lambda busy: None
    sys.modules[tasks.__name__] = tasks
    environ = {"DATABASE_URL": database_url, "KEY_DIR": key_dir, "LEASE_SECONDS": str(LEASE_SECONDS)}
    busy = worker.Worker(config.read({f"KINDRED_{name}": value for name, value in environ.items()}))
    busy.run(supervised=True)  # should the test run itself be killed, nobody is left behind


def main() -> None:
    """Fork a worker for each line of the standard input."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the killed
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            work(*line.split())
            os._exit(0)
        print(process, flush=True)


if __name__ == "__main__":
    main()
