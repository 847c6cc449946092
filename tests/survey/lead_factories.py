"""Leads and the personas they are compared with: small, real scoring blocks on an encoder that takes no time."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from sqlalchemy import update
from sqlalchemy.orm import Session, sessionmaker

from analysis.corpus import Corpus, Progress, Response
from analysis.encoder import Vectors
from analysis.scoring_block import for_one, scoring_block
from survey.database import transaction
from survey.domain import jobs, scores
from survey.domain.imports import start_import, upload
from survey.domain.jobs import Lease
from survey.domain.lead_columns import is_header
from survey.enums import JobState, VersionState
from survey.lead_tables import read_upload
from survey.models import Analysis, Job, LeadImport, Persona, PersonaVersion, Questionnaire, Wave

_CALM = {
    "self": "I am careful and calm and I like quiet work where the plan is written before the release starts",
    "skills": "Python and Linux, release plans, rollback procedures, careful testing",
    "stay": "I stay because careful work is noticed here and the evenings are mine",
}
_KEEN = {
    "self": "I talk to people all day and it gives me energy to call customers and win them over",
    "skills": "selling, negotiation, calling customers, closing a deal on the phone",
    "stay": "I stay for the bonus and because the team celebrates every deal that we win together",
}
_VARIED = ("every single week", "with much patience", "and never alone", "as we agreed", "for years by now")

SAMPLE = (
    "id,name,email,headline,summary,skills,experience,interest,location,source\n"
    f"l1,Åsa Öberg,asa@example.org,Calm release engineer,{_CALM['self']} {_VARIED[0]}.,"
    'Python;Linux;Release plans;Rollback procedures;Careful testing,"[{""title"": ""Release engineer"", '
    '""organisation"": ""Sparbanken"", ""years"": ""2014-2020"", ""summary"": ""Careful releases, plan first.""}]",'
    f"{_CALM['stay']} {_VARIED[1]}.,Göteborg,linkedin\n"
    "l2,Bo Ek,bo@example.org,Account manager who loves the phone and the road and long lunches at trade fairs,"
    f"{_KEEN['self']} {_VARIED[2]}.,"
    f"Selling;Negotiation;Calling customers;Closing a deal,,{_KEEN['stay']} {_VARIED[3]}.,Malmö,conferences\n"
    "l3,Cy Dahl,cy@example.org,Busy,,,,,Lund,linkedin\n"
)


class WordEncoder:
    """Vectors from hashed words: texts that share words are near, nothing is loaded."""

    hash = "words-1"
    dim = 64
    languages = frozenset({"en"})

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Return one row of length 1 for each text."""
        return np.array([_vector(text) for text in texts], np.float32).reshape(len(texts), self.dim)


# The codebook's examples come with every analysis: they are worked out once for all tests of a process.
@cache
def _vector(text: str) -> Vectors:
    row = np.zeros(WordEncoder.dim, np.float32)
    row[0] = 0.05
    for word in text.casefold().split():
        row[int(hashlib.sha256(word.encode()).hexdigest(), 16) % WordEncoder.dim] += 1
    return np.asarray(row / np.linalg.norm(row), np.float32)


@cache
def block() -> dict[str, Any]:
    """The scoring block of two personas, "calm" and "keen", with twelve colleagues each."""
    responses = [
        Response(f"{key}{i:02}", {item: f"{text} {_VARIED[i % 5]}." for item, text in answers.items()})
        for key, answers in (("calm", _CALM), ("keen", _KEEN))
        for i in range(12)
    ]
    membership = {response.id: (response.id[:4], 1.0) for response in responses}
    corpus = Corpus(tuple(responses), ("self", "skills", "stay"))
    return scoring_block(corpus, membership, WordEncoder(), seed=0)


def publish(session: Session) -> list[int]:
    """Publish both personas and return their version ids."""
    questionnaire = Questionnaire(name="questionnaire")
    session.add(questionnaire)
    session.flush()
    wave = Wave(name="wave", questionnaire_id=questionnaire.id, attributes=[], coarsening={})
    session.add(wave)
    session.flush()
    analysis = Analysis(wave_id=wave.id)
    session.add(analysis)
    session.flush()
    return [
        publish_one(session, analysis, key, name)
        for key, name in (("calm", "Calm Hands"), ("keen", "Keen Voices"))
    ]


def publish_one(session: Session, analysis: Analysis, key: str, name: str) -> int:
    """Publish one persona of the block."""
    version = PersonaVersion(
        persona=Persona(),
        analysis_id=analysis.id,
        cluster=key,
        name=name,
        summary="",
        card={},
        scoring=for_one(block(), key),
        state=VersionState.PUBLISHED,
    )
    session.add(version)
    session.flush()
    return version.id


def many(n: int, first: int = 1) -> str:
    """A file of so many leads who say much the same."""
    header, sample, *_ = SAMPLE.splitlines()
    rows = [
        sample.replace("l1,Åsa Öberg,asa@", f"n{i},Lead {i:03},n{i}@").replace(
            "Calm release", f"Calm team{i} release"
        )
        for i in range(first, first + n)
    ]
    return "\n".join([header, *rows, ""])


def start(sessions: sessionmaker[Session], content: str = SAMPLE, filename: str = "leads.csv") -> int:
    """Upload a file and start its import; return the import's id."""
    with sessions() as session, transaction(session):
        lead_import = upload(session, read_upload([(filename, content.encode())], is_header))
        start_import(session, lead_import, mapping=lead_import.mapping)
        return lead_import.id


def claim(sessions: sessionmaker[Session], owner: str = "worker") -> Lease:
    """Take the waiting job, or one whose worker fell silent."""
    with sessions() as session, transaction(session):
        lease = jobs.claim(session, owner=owner, length=dt.timedelta(seconds=30))
    assert lease is not None
    return lease


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


def killed_after(n_calls: int, function: Callable[..., Any]) -> Callable[..., None]:
    """Return a function that does the same, and after so many calls the process ends."""
    left = iter(range(n_calls - 1))

    def dying(*arguments: Any, **options: Any) -> None:
        function(*arguments, **options)
        if next(left, None) is None:
            raise Killed

    return dying


def fall_silent(sessions: sessionmaker[Session]) -> None:
    """Let the lease of the running job run out."""
    with sessions() as session, transaction(session):
        session.execute(update(Job).where(Job.state == JobState.RUNNING).values(lease_until=Job.created_at))


def do_import(sessions: sessionmaker[Session], content: str = SAMPLE) -> int:
    """Import a file to its end, with the scores of its leads."""
    import_id = start(sessions, content)
    scores.import_leads(sessions, claim(sessions), encoder=WordEncoder())
    return import_id


def read_import(session: Session, import_id: int) -> LeadImport:
    """Return an import as it is now."""
    session.rollback()
    return session.get_one(LeadImport, import_id, populate_existing=True)
