"""What runs long: a loop that claims jobs, does the chores that come round, and never loses either."""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from analysis.encoder import Encoder, bundled_encoder
from analysis.local_encoder import LocalEncoder
from analysis.text import forget
from survey.database import open_sessions, transaction
from survey.domain import jobs
from survey.domain.keys import KeyStore
from survey.exceptions import JobCancelledError, JobPutBackError, SurveyError
from survey.logs import place_of

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.4
CHORE_SECONDS = 5.0


class Worker:
    """One process that does jobs for as long as it lives.

    A worker may be killed at any moment: its lease runs out and another goes on from the last chunk.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = settings
        self.sessions: sessionmaker[Session] = open_sessions(settings["DATABASE_URL"])
        self.keys = KeyStore.from_settings(settings)
        # Host and process alone are not unique: every container's first process is number 1.
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.lease_length = dt.timedelta(seconds=settings["LEASE_SECONDS"])
        self._stop = threading.Event()
        self._next_chores = 0.0

    @cached_property
    def encoder(self) -> Encoder:
        """The sentence encoder, loaded when the first job needs it."""
        folder, threads = self.settings["ENCODER"], self.settings["ENCODER_THREADS"]
        return LocalEncoder(Path(folder), threads) if folder else bundled_encoder(threads)

    def run(self, *, supervised: bool = False) -> None:
        """Work until told to stop by SIGTERM or SIGINT; a supervised worker also when its parent is gone."""
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: self.stop())
        parent = os.getppid()
        while not self._stop.is_set() and not (supervised and os.getppid() != parent):
            try:
                worked = self.work_once()
            except SQLAlchemyError as error:
                logger.warning("database error %s; trying again", type(error).__name__)
                worked = False
            if not worked:
                self._stop.wait(POLL_SECONDS)

    def stop(self) -> None:
        """End :meth:`run` after the job at hand."""
        self._stop.set()

    def work_once(self) -> bool:
        """Do the due chores and one job, if there is one; say whether there was."""
        self._do_chores()
        with self.sessions() as session:
            if not jobs.is_waiting(session):  # a look takes no lock; a claim would
                return False
        with self.sessions() as session, transaction(session):
            lease = jobs.claim(session, owner=self.owner, length=self.lease_length)
        if lease is None:
            return False
        self._do(lease)
        return True

    def _do_chores(self) -> None:
        if time.monotonic() < self._next_chores:
            return
        from survey.worker.tasks import run_chores

        run_chores(self)
        forget()
        self._next_chores = time.monotonic() + CHORE_SECONDS

    def _do(self, lease: jobs.Lease) -> None:
        """Run one job to its end, whatever that is. The one place that catches everything."""
        from survey.worker.tasks import TASKS

        logger.info("job %s %s started", lease.kind, lease.job_id)
        error: str | None = None
        try:
            TASKS[lease.kind](self, lease)
        except JobPutBackError:
            logger.info("job %s %s put back", lease.kind, lease.job_id)
            return
        except JobCancelledError:
            self._settle(jobs.settle_cancelled, lease)
            logger.info("job %s %s stopped", lease.kind, lease.job_id)
            return
        except SurveyError as known:
            error = str(known)
        except SQLAlchemyError:
            raise  # the lease runs out and the job is tried again
        except Exception as unknown:  # noqa: BLE001 - a job must not take the worker with it
            logger.error("job %s %s failed: %s", lease.kind, lease.job_id, place_of(unknown))
            error = "That was our fault. The log of the worker says where it went wrong."
        finally:
            forget()
        if error is not None:
            self._settle(jobs.fail, lease, error=error)
        else:
            logger.info("job %s %s done", lease.kind, lease.job_id)

    def _settle(self, verb: Callable[..., None], lease: jobs.Lease, **values: Any) -> None:
        with self.sessions() as session, transaction(session):
            verb(session, lease, **values)
