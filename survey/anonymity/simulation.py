"""A wave played with invented people in a throw-away database, through the real pages, and then attacked.

Here it is known who wrote what, so right guesses can be counted.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import random
import secrets
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from nacl.public import SealedBox
from sqlalchemy import Engine, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import sessionmaker

from survey import config
from survey.anonymity.attacks import ATTACKS
from survey.anonymity.findings import Finding, try_attack
from survey.anonymity.loot import Loot, Person, Release, ResponseKey
from survey.database import open_engine, transaction, upgrade
from survey.domain import jobs
from survey.domain.closing import close_wave
from survey.domain.keys import KeyStore, survey_token, token_hash
from survey.domain.queries.waves import get_wave_row
from survey.domain.questionnaires import default_questionnaire
from survey.domain.responses import RELEASE_POOL, RELEASE_SIZE, release
from survey.domain.waves import create_wave, open_wave, start_closing
from survey.enums import ItemType
from survey.exceptions import InvalidInputError
from survey.logs import JsonFormatter
from survey.models import Answer, Inbox, Invitee, Wave
from survey.respondent import create_respondent_app

N_WRITERS = 8
#: Fewer people leave nothing to be opened in crowds.
MIN_PEOPLE = 4 * RELEASE_SIZE
#: Every so many-th of the invited does not answer, leaves an attribute out, or changes words before sending.
_SILENT, _RESERVED, _DRAFTING = 6, 4, 5
_BANDS = {
    "job": ("engineering", "operations", "sales", "support", "finance", "people", "legal"),
    "tenure": ("under 1 year", "1 to 3 years", "4 to 9 years", "10 years or more"),
    "site": ("Oslo", "Lyon", "Leeds", "Riga"),
}
_LANGUAGES = ("en", "sv", "de")


def simulate(n_people: int, *, database_url: str) -> list[Finding]:
    """Let so many people answer, attack while the wave is open, close it, attack again.

    Raises InvalidInputError if they are too few.
    """
    if n_people < MIN_PEOPLE:
        raise InvalidInputError(f"Simulate at least {MIN_PEOPLE} people: fewer are never opened in crowds.")
    with throw_away_database(database_url) as (url, folder):
        return _Simulation(url, folder, n_people).run()


@contextmanager
def throw_away_database(database_url: str) -> Iterator[tuple[str, Path]]:
    """Give an empty database of the same kind and a folder; both are gone afterwards.

    On PostgreSQL it is a schema of its own in the configured database. Raises InvalidInputError if there may be none.
    """
    with tempfile.TemporaryDirectory(prefix="kindred-check-") as name:
        folder = Path(name)
        url = make_url(database_url)
        if url.get_backend_name() == "sqlite":
            yield f"sqlite:///{folder / 'instance' / 'kindred.sqlite'}", folder
            return
        schema = f"kindred_check_{secrets.token_hex(6)}"
        engine = open_engine(database_url)
        try:
            try:
                with engine.begin() as connection:
                    connection.execute(text(f"CREATE SCHEMA {schema}"))
            except DBAPIError as error:
                raise InvalidInputError(
                    "The database cannot be reached, or its account may not create a schema. Grant it CREATE on "
                    "the database, or set KINDRED_DATABASE_URL to another one for the simulation."
                ) from error
            inside = url.update_query_dict({"options": f"-csearch_path={schema}"})
            try:
                yield inside.render_as_string(hide_password=False), folder
            finally:
                with engine.begin() as connection:
                    connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        finally:
            engine.dispose()


class _Simulation:
    """The invented people, what they do, and what somebody who watches collects."""

    def __init__(self, url: str, folder: Path, n_people: int) -> None:
        self.folder = folder
        self.settings = config.read(
            {
                "KINDRED_DATABASE_URL": url,
                "KINDRED_INSTANCE_DIR": str(folder / "instance"),
                "KINDRED_KEY_DIR": str(folder / "keys"),
            }
        )
        self.keys = KeyStore.from_settings(self.settings)
        self.engine: Engine = open_engine(url)
        self.sessions = sessionmaker(self.engine)
        self.roster = _roster(n_people + n_people // (_SILENT - 1))
        self.n_people = n_people
        self.loot = Loot(self.engine, folders=[folder])
        self.wave_id = 0
        #: The open-ended item that everybody answers, and their answers.
        self.item = ""
        self.words: dict[Person, str] = {}
        self._watching = threading.Lock()

    def run(self) -> list[Finding]:
        """Play the wave; return what each attack found."""
        try:
            upgrade(self.engine)
            with _captured_log() as lines:
                self.loot.log = lines
                people = self._open()
                self._answer(people)
                findings = self._attack("open")
                self._close()
                findings += self._attack("closed")
            return findings
        finally:
            self.engine.dispose()

    def _open(self) -> dict[str, Mapping[str, str]]:
        """Open the wave; return the tokens of those who will answer, with what they are."""
        with self.sessions() as session, transaction(session):
            wave = create_wave(
                session,
                name="Simulated",
                questionnaire=default_questionnaire(session),
                roster=self.roster,
                attributes=[{"name": n, "label": n, "bands": list(bands)} for n, bands in _BANDS.items()],
            )
            open_wave(session, wave, self.keys)
            self.wave_id = self.loot.wave_id = wave.id
            self.item = next(i.name for i in wave.questionnaire.items if i.item_type is ItemType.OPEN)
        with self.sessions() as session:
            invitees = session.scalars(select(Invitee).order_by(Invitee.id)).all()[: self.n_people]
            people: dict[str, Mapping[str, str]] = {
                survey_token(self.keys, self.wave_id, i.id): dict(i.attributes) | {"language": i.language}
                for i in invitees
            }
        known = {token_hash(token): person for token, person in people.items()}
        self.loot.secrets = {
            token_hash(token): (token, invitee.email) for token, invitee in zip(people, invitees, strict=True)
        }
        self.loot.roster = {
            key: {n: v for n, v in person.items() if n in _BANDS} for key, person in known.items()
        }
        self.loot.languages = {key: person["language"] for key, person in known.items()}
        self.words = {key: f"{secrets.token_hex(8)} keeps me here" for key in known}
        self.loot.drafts = {
            key: f"{self.words[key]}, unless my manager reads this"
            for number, key in enumerate(known)
            if number % _DRAFTING == 0
        }
        return people

    def _answer(self, people: Mapping[str, Mapping[str, str]]) -> None:
        """Let everybody answer through the pages, several at once, while a worker releases."""
        app = create_respondent_app(self.settings)
        self.loot.counts.append(self._count())
        done = threading.Event()
        releasing = threading.Thread(target=self._release_until, args=(done,))
        releasing.start()
        cookies: list[str] = []
        try:
            with ThreadPoolExecutor(N_WRITERS) as writers:
                waiting = [
                    writers.submit(self._answer_one, app, number, token, person, cookies)
                    for number, (token, person) in enumerate(people.items())
                ]
                for answer in waiting:
                    answer.result()
        finally:
            done.set()
            releasing.join()
            app.extensions["respondent"].sessions.kw["bind"].dispose()
        self._release()
        self.loot.cookies = cookies

    def _answer_one(
        self, app: Flask, number: int, token: str, person: Mapping[str, str], cookies: list[str]
    ) -> None:
        client, path, key = app.test_client(), f"/{self.wave_id}/{token}", token_hash(token)
        given = {f"answer-{self.item}": self.words[key], "quote": "yes"}
        left_out = list(_BANDS)[number % len(_BANDS)] if number % _RESERVED == 0 else ""
        given |= {f"about-{n}": v for n, v in person.items() if n in _BANDS and n != left_out}
        headers = {"Accept-Language": person["language"]}
        answers = []
        if key in self.loot.drafts:
            draft = {f"answer-{self.item}": self.loot.drafts[key], "page": "1"}
            answers = [client.get(path, headers=headers), client.post(path, data=draft, headers=headers)]
        last = {**given, "page": "99", "go": "blurred"}
        answers.append(client.post(path, data=last, headers=headers))
        assert answers[-1].status_code == 303, answers[-1].status  # noqa: S101 - else there is nothing to attack
        cookies += [line for answer in answers for line in answer.headers.getlist("Set-Cookie")]
        with self._watching:
            self.loot.arrivals.append(key)
            self.loot.counts.append(self._count())

    def _count(self) -> int:
        with self.sessions() as session:
            return get_wave_row(session, self.wave_id).n_answered

    def _release_until(self, done: threading.Event) -> None:
        while not done.wait(0.05):
            self._release()

    def _release(self) -> None:
        """Do the worker's chore, watched."""
        while self._waiting() >= RELEASE_POOL:
            with self._watched(), self.sessions() as session, transaction(session):
                release(session, self.keys, session.get_one(Wave, self.wave_id))

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Note who left the inbox and what appeared, as two copies of the database show it.

        Whose sealed row is whose we know from the key; an attacker knows it from their shared transaction.
        """
        sealed, known = self._inbox(), set(self.loot.responses())
        box = SealedBox(self.keys.seal_key(self.wave_id))
        yield
        left = self._inbox()
        written = [json.loads(box.decrypt(row)) for key, row in sealed.items() if key not in left]
        by_words = {words: person for person, words in self.words.items()}
        vanished = frozenset(by_words[content["answers"][self.item]] for content in written)
        self.loot.releases.append(Release(vanished, frozenset(self.loot.responses()) - known))

    def _waiting(self) -> int:
        with self.sessions() as session:
            return session.scalar(select(func.count()).select_from(Inbox)) or 0

    def _inbox(self) -> dict[str, bytes]:
        with self.sessions() as session:
            return {row.id: row.sealed for row in session.scalars(select(Inbox))}

    def _close(self) -> None:
        with self.sessions() as session, transaction(session):
            start_closing(session, session.get_one(Wave, self.wave_id), None)
        with self.sessions() as session, transaction(session):
            lease = jobs.claim(session, owner="simulation", length=dt.timedelta(hours=1))
        assert lease is not None  # noqa: S101 - just enqueued, and nobody else is here
        close_wave(self.sessions, self.keys, lease)

    def _attack(self, state: str) -> list[Finding]:
        """Try everything; last what needs the database to tidy up, because that may also wipe traces."""
        attacks = [attack for attack in ATTACKS if state in attack.states]
        findings = [
            try_attack(attack, self.loot, self._truth(), state=state)
            for attack in attacks
            if not attack.after_vacuum
        ]
        self.loot.vacuum()
        return findings + [
            try_attack(attack, self.loot, self._truth(), state=state)
            for attack in attacks
            if attack.after_vacuum
        ]

    def _truth(self) -> dict[Person, ResponseKey]:
        """Return who wrote which response, as only the invented people know."""
        with self.sessions() as session:
            written = select(Answer.text, Answer.response_id).where(Answer.item == self.item)
            responses = dict(session.execute(written).all())
        return {person: responses[words] for person, words in self.words.items() if words in responses}


def _roster(n_people: int) -> list[dict[str, str]]:
    """Invent people; some bands are rare, as they are everywhere."""
    draw = random.Random(n_people)

    def skewed(bands: Sequence[str]) -> str:
        return draw.choices(bands, weights=[1 / (rank + 1) for rank in range(len(bands))])[0]

    return [
        {"email": f"person{number}@example.org", "language": skewed(_LANGUAGES)}
        | {name: skewed(bands) for name, bands in _BANDS.items()}
        for number in range(n_people)
    ]


class _Lines(logging.Handler):
    """Keeps every line as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def _captured_log() -> Iterator[list[str]]:
    """Collect what is logged by anything, and by us at the finest level."""
    handler, root, ours = _Lines(), logging.getLogger(), logging.getLogger("survey")
    level = ours.level
    root.addHandler(handler)
    ours.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        ours.setLevel(level)
        root.removeHandler(handler)
