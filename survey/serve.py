"""``kindred serve``: the built-in web server with the workers it supervises."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

from waitress.server import create_server

from survey.exceptions import InvalidInputError
from survey.wsgi import make_application

RESTART_SECONDS = 1.0
#: All workers together have so long to end; who starts and stops servers often waits ten seconds before it kills.
END_SECONDS = 5.0


class Supervisor:
    """Keeps worker processes alive beside the web server."""

    def __init__(self, n_workers: int) -> None:
        self._command = [sys.executable, "-m", "survey.cli", "worker", "--supervised"]
        self._workers = [subprocess.Popen(self._command) for _ in range(n_workers)]  # noqa: S603 - our own
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the workers; what they were doing is taken up again at the next start."""
        self._stop.set()
        self._thread.join()
        for worker in self._workers:
            worker.terminate()
        end = time.monotonic() + END_SECONDS
        for worker in self._workers:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(timeout=max(end - time.monotonic(), 0))
            worker.kill()

    def _watch(self) -> None:
        while not self._stop.wait(RESTART_SECONDS):
            for position, worker in enumerate(self._workers):
                if worker.poll() is not None:
                    self._workers[position] = subprocess.Popen(self._command)  # noqa: S603 - our own


def serve(settings: Mapping[str, Any], *, announce: Callable[[], None]) -> None:
    """Serve until told to stop. ``announce`` is called when the address answers.

    Raises InvalidInputError if the port is taken.
    """
    try:
        server = create_server(
            make_application(dict(settings)),
            host=settings["HOST"],
            port=settings["PORT"],
            threads=settings["THREADS"],
            ident="",
            max_request_body_size=(settings["UPLOAD_MEGABYTES"] + 1) * 1024 * 1024,
        )
    except OSError as error:
        raise InvalidInputError(
            f"Port {settings['PORT']} on {settings['HOST']} cannot be used ({error.strerror}). "
            "Set PORT to another number."
        ) from None

    def stop(_signum: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    supervisor = Supervisor(settings["WORKERS"])
    announce()
    try:
        server.run()
    finally:
        supervisor.stop()
        server.close()
