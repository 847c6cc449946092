"""The server is killed again and again while people send: what was acknowledged is there, and once."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from nacl.public import SealedBox
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from survey.domain.keys import KeyStore, token_hash
from survey.models import Inbox, SpentToken
from tests.conftest import FULL
from tests.e2e.running import free_port
from tests.survey.domain.factories import make_wave

N_PEOPLE, N_KILLS = (2000, 40) if FULL else (80, 3)
N_CLIENTS = 8
ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def nursery() -> Iterator[subprocess.Popen[str]]:
    """The process that forks servers."""
    command = [sys.executable, "-m", "tests.survey.respondent.mortal_server"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def start(nursery: subprocess.Popen[str], settings: dict[str, Any], port: int) -> Iterator[Callable[[], int]]:
    """Start a server on the port; return its process. The last one is killed at the end."""
    started: list[int] = []

    def start() -> int:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        places = (settings[name] for name in ("DATABASE_URL", "KEY_DIR", "INSTANCE_DIR"))
        print(*places, port, file=nursery.stdin, flush=True)
        started.append(int(nursery.stdout.readline()))
        return started[-1]

    yield start
    os.kill(started[-1], signal.SIGKILL)


def send_until_answered(port: int, path: str, words: str) -> list[int]:
    """Send as somebody does who presses the button again when the page does not come; return what was answered."""
    form = urlencode({"answer-self": words, "page": "99", "go": "blurred"})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answers: list[int] = []
    patience = time.monotonic() + PATIENCE_SECONDS
    while not answers or answers[-1] not in (303, 409):
        assert time.monotonic() < patience, answers
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("POST", path, form, headers)
            answers.append(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            answers.append(0)
            time.sleep(0.02)
        finally:
            connection.close()
    return answers


def test_killed_server_loses_nothing_that_it_acknowledged(
    sessions: sessionmaker[Session], key_dir: Path, start: Callable[[], int], port: int
) -> None:
    keys = KeyStore(key_dir)
    wave_id, tokens = make_wave(sessions, keys, n_people=N_PEOPLE)
    moments = random.Random(7)
    process = start()
    sent = threading.Event()

    def kill_again_and_again() -> None:
        nonlocal process
        for _ in range(N_KILLS):
            time.sleep(moments.uniform(0.05, 0.35))
            if sent.is_set():
                return
            os.kill(process, signal.SIGKILL)
            process = start()

    killer = threading.Thread(target=kill_again_and_again)
    killer.start()
    with ThreadPoolExecutor(N_CLIENTS) as clients:
        answers = list(
            clients.map(
                lambda number: send_until_answered(
                    port, f"/{wave_id}/{tokens[number]}", f"Words of {number}"
                ),
                range(N_PEOPLE),
            )
        )
    sent.set()
    killer.join()

    box = SealedBox(keys.seal_key(wave_id))
    with sessions() as session:
        stored = Counter(
            json.loads(box.decrypt(sealed))["answers"]["self"]
            for sealed in session.scalars(select(Inbox.sealed))
        )
        spent = set(session.scalars(select(SpentToken.token_hash)))
    assert stored == {f"Words of {number}": 1 for number in range(N_PEOPLE)}
    assert spent == {token_hash(token) for token in tokens}
    # "Used already" is told only to those who had pressed the button before and got no answer.
    assert {tuple(given) for given in answers if given[-1] == 409 and 0 not in given} == set()
    assert any(0 in given for given in answers), "no kill hit anybody"
