"""The web server's workers end together."""

from __future__ import annotations

import subprocess
from unittest.mock import Mock, patch

from survey.serve import END_SECONDS, Supervisor


def test_workers_that_do_not_end_are_killed_when_one_time_for_all_is_over() -> None:
    waited: list[float] = []

    def wait(timeout: float) -> None:
        waited.append(timeout)
        raise subprocess.TimeoutExpired("worker", timeout)

    workers = [Mock(wait=wait), Mock(wait=wait), Mock(wait=wait)]
    for worker in workers:
        worker.poll.return_value = None
    with (
        patch("survey.serve.subprocess.Popen", side_effect=workers),
        patch("survey.serve.time.monotonic", side_effect=lambda: sum(waited)),
    ):
        supervisor = Supervisor(len(workers))
        supervisor.stop()

    assert waited == [END_SECONDS, 0, 0]
    for worker in workers:
        assert [call[0] for call in worker.method_calls if call[0] != "poll"] == ["terminate", "kill"]
