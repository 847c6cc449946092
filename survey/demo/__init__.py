"""The Fjordline demo: loaded once through the same doors that real people and workers use.

Two waves (one closed, one open), published personas, scored leads and an account of every role.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask_security import hash_password
from sqlalchemy import Engine, func, inspect, select
from sqlalchemy.orm import Session, sessionmaker

from survey.app import create_app, secret_key
from survey.database import open_engine, single_session, transaction, upgrade
from survey.domain import audit
from survey.domain.accounts import invite
from survey.domain.keys import KeyStore, survey_token
from survey.domain.organisation import link_key, rotate_link
from survey.domain.questionnaires import default_questionnaire
from survey.domain.responses import is_spent, submit
from survey.domain.self_identification import link_token, offered_groups, tell
from survey.domain.settings import change_setting
from survey.domain.waves import create_wave, open_wave, start_closing
from survey.enums import JobState, RoleName, WaveState
from survey.exceptions import StateError
from survey.models import Account, AuditEntry, Invitee, Job, Lead, Wave
from survey.texts import band_order

if TYPE_CHECKING:
    from survey.worker import Worker

Say = Callable[[str], None]
Rows = Sequence[Mapping[str, str]]

ATTRIBUTES = {"job_family": "Job family", "tenure": "Years with us", "site": "Site"}
OPEN_ITEMS = ("self", "skills", "good_day", "stay", "content")
GROUPS = "sex: female, male, another; age: under 40, 40 or over"
#: Colleagues of the demo who have not answered yet: their links are there to be tried.
GUESTS = 20
FIRST_WAVE, SECOND_WAVE = "Spring 2026", "Autumn 2026"


def ensure_loaded(settings: Mapping[str, Any], *, say: Say) -> bool:
    """Load the demo unless it is there and say whether it was loaded now; an interrupted load starts afresh.

    Raises StateError if the database holds something that is not the demo.
    """
    Path(settings["INSTANCE_DIR"]).mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings["DATABASE_URL"])
    try:
        state = _state(engine)
        if state == "loaded":
            return False
        if state == "foreign":
            raise StateError(
                "The database holds other data. Start it with `kindred serve`, or set KINDRED_DATABASE_URL."
            )
        if state == "unfinished":
            say("The demo was not loaded to its end; starting afresh.")
            _empty(engine)
        upgrade(engine)
        _load(settings, sessionmaker(engine), say)
        return True
    finally:
        engine.dispose()


def addresses(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the demo prints, one a line: addresses and accounts."""
    keys = KeyStore.from_settings(settings)
    base = f"http://{settings['HOST']}:{settings['PORT']}"
    with single_session(settings["DATABASE_URL"]) as session:
        yield f"Personas, for everyone:  {base}/personas?key={link_key(session, secret_key(settings))}"
        link = _unused_link(session, keys)
        yield (
            f"Survey, for an employee: {base}/a/{link}"
            if link
            else "Survey: closed, or all demo links are used."
        )
        password = demo_password(settings)
        for account in session.scalars(select(Account).where(Account.email.like("%@fjordline.example"))):
            yield f"{account.name + ':':<24} {base}/sign-in  {account.email}  {password}"


def demo_password(settings: Mapping[str, Any]) -> str:
    """Return the password of the demo accounts: another on every installation."""
    return hmac.new(secret_key(settings).encode(), b"demo accounts", hashlib.sha256).hexdigest()[:12]


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one of the demo's files."""
    return list(csv.DictReader(io.StringIO((files("survey.demo") / name).read_text("utf-8"))))


def count_accounts(session: Session) -> int:
    """Count the accounts of any role."""
    return session.scalar(select(func.count()).select_from(Account)) or 0


def _state(engine: Engine) -> str:
    """Say what the database holds: nothing, the demo, half of it, or something else."""
    if not inspect(engine).has_table("audit_entry"):
        return "empty"
    with sessionmaker(engine)() as session:
        deeds = set(session.scalars(select(AuditEntry.action).where(AuditEntry.subject == "demo")))
        if "loaded" in deeds:
            return "loaded"
        if "started loading" in deeds:
            return "unfinished"
        return "foreign" if count_accounts(session) or session.scalar(select(Wave.id).limit(1)) else "empty"


def _empty(engine: Engine) -> None:
    """Drop everything: the unfinished demo is all there is."""
    if engine.dialect.name == "sqlite":
        engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{engine.url.database}{suffix}").unlink(missing_ok=True)
        return
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")


def _load(settings: Mapping[str, Any], sessions: sessionmaker[Session], say: Say) -> None:
    from survey.worker import Worker  # the analysis is needed for loading only, not at every start

    worker = Worker(settings)
    with sessions() as session, transaction(session):
        audit.record(session, "started loading", "demo")
    say("1/6 accounts")
    _make_accounts(settings, sessions)
    say("2/6 first wave: 160 employees answer")
    first = _run_wave(sessions, worker.keys, name=FIRST_WAVE, rows=read_rows("responses.csv"), n_silent=54)
    with sessions() as session, transaction(session):
        start_closing(session, session.get_one(Wave, first), None)
    _finish_jobs(worker)
    say("3/6 personas: encoding the answers and looking for groups")
    analysis_id = _analyse(sessions, first)
    _finish_jobs(worker)
    say("4/6 publishing")
    _publish(sessions, analysis_id)
    say("5/6 leads: importing and scoring 100")
    _import_leads(sessions)
    _finish_jobs(worker)
    _tell_groups(sessions, worker.keys)
    say("6/6 second wave: open, 104 employees have answered")
    _run_wave(sessions, worker.keys, name=SECOND_WAVE, rows=read_rows("wave_two.csv")[:104], n_silent=96)
    _count(worker)
    with sessions() as session, transaction(session):
        rotate_link(session, account_id=None)
        audit.record(session, "loaded", "demo")
    _finish_jobs(worker)


def _make_accounts(settings: Mapping[str, Any], sessions: sessionmaker[Session]) -> None:
    with create_app(settings).app_context():
        password = hash_password(demo_password(settings))
    with sessions() as session, transaction(session):
        for role in RoleName:
            name = "HR" if role == RoleName.HR else role.value.capitalize()
            invite(session, email=f"{role}@fjordline.example", role=role, name=name, password_hash=password)
        change_setting(session, name="ORGANISATION", value="Fjordline", account_id=None)
        change_setting(session, name="CONTACT", value="people@fjordline.example", account_id=None)


def _run_wave(
    sessions: sessionmaker[Session], keys: KeyStore, *, name: str, rows: Rows, n_silent: int
) -> int:
    """Open a wave for the people of ``rows`` and ``n_silent`` others, and let the former answer by their links."""
    bands = {attribute: sorted({row[attribute] for row in rows}, key=band_order) for attribute in ATTRIBUTES}
    with sessions() as session, transaction(session):
        wave = create_wave(
            session,
            name=name,
            questionnaire=default_questionnaire(session),
            roster=list(_roster(name, rows, n_silent)),
            attributes=[
                {"name": attribute, "label": label, "bands": bands[attribute]}
                for attribute, label in ATTRIBUTES.items()
            ],
        )
        open_wave(session, wave, keys)
        wave_id = wave.id
    with sessions() as session:
        chosen = select(Invitee.id).where(Invitee.wave_id == wave_id, ~Invitee.email.like("guest%"))
        invitees = session.scalars(chosen.order_by(Invitee.email)).all()
    for invitee_id, row in zip(invitees, rows, strict=False):
        with sessions() as session, transaction(session):
            _answer(session, keys, survey_token(keys, wave_id, invitee_id), row)
    return wave_id


def _roster(name: str, rows: Rows, n_silent: int) -> Iterator[dict[str, str]]:
    """The people of ``rows``, and others with the same mix of attributes who do not answer."""
    shuffled = random.Random(name)
    silent = [shuffled.choice(rows) for _ in range(n_silent)]
    for number, row in enumerate([*rows, *silent]):
        kind = "guest" if number >= len(rows) + n_silent - GUESTS else "employee"
        attributes = {attribute: row[attribute] for attribute in ATTRIBUTES}
        yield {"email": f"{kind}{number + 1:04}@fjordline.example", "language": "en", **attributes}


def _answer(session: Session, keys: KeyStore, token: str, row: Mapping[str, str]) -> None:
    submit(
        session,
        keys,
        token=token,
        answers={item: row[item] for item in OPEN_ITEMS},
        channels=[channel for channel in row["channels"].split(";") if channel],
        attributes={attribute: row[attribute] for attribute in ATTRIBUTES},
        quote=row["quote"] == "yes",
    )


def _analyse(sessions: sessionmaker[Session], wave_id: int) -> int:
    from survey.domain.personas import start_analysis

    with sessions() as session, transaction(session):
        return start_analysis(session, session.get_one(Wave, wave_id), account_id=None).subject_id


def _publish(sessions: sessionmaker[Session], analysis_id: int) -> None:
    from survey.domain.personas import publish_analysis
    from survey.models import Analysis

    with sessions() as session, transaction(session):
        publish_analysis(session, session.get_one(Analysis, analysis_id), account_id=None)


def _import_leads(sessions: sessionmaker[Session]) -> None:
    from survey.domain.imports import start_import, upload
    from survey.domain.lead_columns import is_header
    from survey.lead_tables import read_upload

    content = (files("survey.demo") / "leads.csv").read_bytes()
    with sessions() as session, transaction(session):
        lead_import = upload(session, read_upload([("leads.csv", content)], is_header))
        start_import(session, lead_import, mapping=lead_import.mapping)


def _tell_groups(sessions: sessionmaker[Session], keys: KeyStore) -> None:
    """Let most leads say by their links to which groups they belong: drawn, so they have nothing to do with scores."""
    drawn = random.Random("groups")
    keys.create_lead_key()
    with sessions() as session, transaction(session):
        change_setting(session, name="SELF_IDENTIFICATION", value=GROUPS, account_id=None)
        offered = offered_groups(session)
        for lead_id in session.scalars(select(Lead.id).order_by(Lead.id)).all():
            groups = {dimension: drawn.choice((*names, "")) for dimension, names in offered.items()}
            tell(session, keys, token=link_token(keys, lead_id), groups=groups, offered=offered)


def _count(worker: Worker) -> None:
    """Open what a crowd has sent and count it now, as happens by the hour: a demo is looked at when it is new."""
    from survey.worker import tasks

    tasks.release_responses(worker)
    tasks.renew_progress(worker)


def _finish_jobs(worker: Worker) -> None:
    """Do the jobs that wait. Raises StateError if one failed."""
    while worker.work_once():
        pass
    with worker.sessions() as session:
        failed = session.scalar(select(Job).where(Job.state == JobState.FAILED))
        if failed is not None:
            raise StateError(f"The demo cannot be loaded: {failed.error}")


def _unused_link(session: Session, keys: KeyStore) -> str | None:
    """Return the survey link of a demo colleague who has not answered; only the demo may look."""
    guests = (
        select(Invitee.wave_id, Invitee.id)
        .join(Wave, Wave.id == Invitee.wave_id)
        .where(Wave.state == WaveState.OPEN, Invitee.email.like("guest%@fjordline.example"))
        .order_by(Invitee.email)
    )
    for wave_id, invitee_id in session.execute(guests):
        token = survey_token(keys, wave_id, invitee_id)
        if not is_spent(session, token):
            return f"{wave_id}/{token}"
    return None
