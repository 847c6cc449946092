"""``kindred demo`` as a process of its own, for browser tests and for the screenshots of the docs."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Playwright
from sqlalchemy import func, select

from survey import config
from survey.database import open_engine
from survey.enums import JobState
from survey.models import Job, Model
from tests import shared_results
from tools.ensure_chromium import system_chromium

START_SECONDS, JOB_SECONDS = 600, 300


@dataclass
class Demo:
    """A running demo: what it printed, and how to start it again."""

    environ: dict[str, str]
    base: str
    folder: Path
    lines: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    def start(self) -> float:
        """Start it and wait until it answers; return the seconds that took."""
        begin = time.monotonic()
        with (self.folder / "stdout").open("w") as out, (self.folder / "stderr").open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "survey.cli", "demo"],
                cwd=self.folder, env=self.environ, stdout=out, stderr=errors, text=True,
            )  # fmt: skip
        while time.monotonic() - begin < START_SECONDS:
            if self.process.poll() is not None:
                raise RuntimeError(f"the demo ended: {(self.folder / 'stderr').read_text()}")
            if self._answers():
                self.lines = (self.folder / "stdout").read_text().splitlines()
                return time.monotonic() - begin
            time.sleep(0.2)
        raise RuntimeError("the demo did not come up")

    def stop(self) -> None:
        """End it and its workers."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=20)

    def print_again(self) -> None:
        """Read the addresses anew: a survey link that was used gives way to the next."""
        printed = subprocess.run(
            [sys.executable, "-m", "survey.cli", "demo", "--addresses"],
            cwd=self.folder, env=self.environ, capture_output=True, text=True, check=True,
        )  # fmt: skip
        self.lines = printed.stdout.splitlines()

    def fingerprint(self) -> dict[str, int]:
        """Count the rows of every table, once no job is under way that would change them."""
        engine = open_engine(config.read(self.environ)["DATABASE_URL"])
        under_way = select(Job.id).where(Job.state.in_([JobState.QUEUED, JobState.RUNNING]))
        deadline = time.monotonic() + JOB_SECONDS
        while True:
            with engine.connect() as connection:
                busy = connection.scalar(under_way) is not None
                tables = Model.metadata.sorted_tables
                counts = {t.name: connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables}
            if not busy:
                engine.dispose()
                return counts
            assert time.monotonic() < deadline, "jobs of the demo do not end"
            time.sleep(0.2)

    def address(self, word: str) -> str:
        """Return the address on the printed line that starts with ``word``."""
        line = next(line for line in self.lines if line.startswith(word))
        return re.search(r"http://\S+", line).group()  # type: ignore[union-attr]

    def account(self, word: str) -> tuple[str, str]:
        """Return the address and the password printed for a role."""
        line = next(line for line in self.lines if line.startswith(word))
        email, password = line.split()[-2:]
        return email, password

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.base}/healthz", timeout=2) as answer:
                return answer.status == 200 and bool((self.folder / "stdout").read_text())
        except (urllib.error.URLError, OSError):
            return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def demo_in(folder: Path, **environ: str) -> Demo:
    """Prepare a demo whose files all lie in ``folder``; it is not started yet."""
    port = free_port()
    clean = {
        name: value
        for name, value in os.environ.items()
        if name == shared_results.FOLDER or not name.startswith("KINDRED_")
    }
    own = {
        "PORT": str(port),
        "KINDRED_INSTANCE_DIR": str(folder / "instance"),
        "KINDRED_KEY_DIR": str(folder / "keys"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    return Demo(clean | own | environ, f"http://127.0.0.1:{port}", folder)


def launch_browser(playwright: Playwright) -> Browser:
    """Start the system's Chromium, or else Playwright's own; tools/ensure_chromium.py sees to it that one exists.

    Pages are drawn by the processor alone where these tests run; a graphics process that does it takes more of it.
    """
    return playwright.chromium.launch(executable_path=system_chromium(), args=["--disable-gpu"])
