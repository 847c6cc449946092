"""Closed waves and analyses for tests: sixty colleagues of three kinds, and reports without a computation."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import jobs
from survey.domain.jobs import Lease
from survey.domain.personas import start_analysis
from survey.domain.questionnaires import default_questionnaire
from survey.enums import VersionState, WaveState
from survey.models import Analysis, Answer, Chart, Persona, PersonaVersion, Response, Wave
from survey.models.base import utc_now

#: What colleagues of three kinds write, item by item; each person writes half of it, in an order of their own.
KINDS: tuple[dict[str, tuple[str, ...]], ...] = (
    {
        "self": (
            "I am calm and careful",
            "I plan quiet releases",
            "I check everything twice",
            "Patience is my tool",
        ),
        "skills": ("release plans", "rollback procedures", "careful testing", "quiet planning"),
        "good_day": (
            "The release went out quietly",
            "My plan held all day",
            "Careful testing paid off",
            "No alarm at all",
        ),
        "stay": (
            "Careful work is noticed",
            "Evenings are mine",
            "The plan is written first",
            "Nobody hurries a release",
        ),
        "channels": ("newsletters;github",),
    },
    {
        "self": (
            "I love talking to customers",
            "I win people over",
            "Selling gives me energy",
            "I am loud and quick",
        ),
        "skills": ("selling", "negotiation", "calling customers", "closing deals"),
        "good_day": (
            "We won the big deal",
            "A customer called to thank me",
            "I closed the deal by phone",
            "The bell rang twice",
        ),
        "stay": (
            "The bonus for a won deal",
            "The team celebrates deals",
            "Customers know my name",
            "Winning together",
        ),
        "channels": ("linkedin;conferences",),
    },
    {
        "self": (
            "I like to teach apprentices",
            "I explain until it clicks",
            "I listen to beginners",
            "I am a patient teacher",
        ),
        "skills": ("teaching", "explaining", "writing guides", "mentoring apprentices"),
        "good_day": (
            "An apprentice taught me something",
            "My guide helped beginners",
            "The class applauded",
            "It clicked for them",
        ),
        "stay": (
            "I may teach every week",
            "Beginners become masters here",
            "Mentoring counts as work",
            "My guides are used",
        ),
        "channels": ("meetups;university",),
    },
)
OPEN_ITEMS = ("self", "skills", "good_day", "stay")


def answers_of(person: int) -> dict[str, str]:
    """What one colleague answers; person n is of kind n mod 3."""
    rng = random.Random(person)
    kind = KINDS[person % len(KINDS)]
    texts = {item: ". ".join(rng.sample(kind[item], 3)) + f". That is {person}." for item in OPEN_ITEMS}
    return {**texts, "channels": kind["channels"][0]}


def make_closed_wave(
    sessions: sessionmaker[Session],
    *,
    n_people: int = 60,
    name: str = "Autumn",
    state: WaveState = WaveState.CLOSED,
    attributes: Sequence[dict[str, Any]] = (),
) -> int:
    """Add a wave with its responses; return its id."""
    with sessions() as session, transaction(session):
        wave = Wave(
            name=name,
            questionnaire=default_questionnaire(session),
            attributes=[*attributes],
            coarsening={},
            n_invited=2 * n_people,
            n_answered=n_people,
            state=state,
            opened_at=utc_now(),
            closed_at=utc_now() if state is WaveState.CLOSED else None,
        )
        session.add(wave)
        session.flush()
        for person in range(n_people):
            answers = [Answer(item=item, text=text) for item, text in answers_of(person).items()]
            # Known ids, so that the same answers make the same report in every database.
            key = f"{wave.id:016x}{person:016x}"
            session.add(Response(id=key, wave_id=wave.id, attributes={}, quote=True, answers=answers))
        return wave.id


def add_responses(
    sessions: sessionmaker[Session],
    wave_id: int,
    n_people: int,
    texts: dict[str, str],
    *,
    held_out: bool = False,
) -> None:
    """Add responses of these texts to a wave; every other one has a word more in its first answer."""
    with sessions() as session, transaction(session):
        wave = session.get_one(Wave, wave_id)
        wave.n_answered = (wave.n_answered or 0) + n_people
        for person in range(n_people):
            answers = [Answer(item=item, text=text) for item, text in texts.items()]
            answers[0].text += " too" * (person % 2)
            row = Response(wave_id=wave_id, attributes={}, quote=False, held_out=held_out, answers=answers)
            session.add(row)


def start(sessions: sessionmaker[Session], wave_id: int, *, owner: str = "worker", **asked: Any) -> Lease:
    """Start an analysis and claim its job."""
    with sessions() as session, transaction(session):
        start_analysis(session, session.get_one(Wave, wave_id), account_id=None, **asked)
    with sessions() as session, transaction(session):
        lease = jobs.claim(session, owner=owner, length=dt.timedelta(minutes=1))
    assert lease is not None
    return lease


def entry(
    text: str, n: int = 12, here: float = 0.4, elsewhere: float = 0.1, kind: str = "words"
) -> dict[str, Any]:
    """Something people of a persona say."""
    return {
        "text": text,
        "n": n,
        "share_here": here,
        "share_elsewhere": elsewhere,
        "interval": [0.2, 0.6],
        "kind": kind,
    }


def persona_entry(key: str, name: str, *, size: int = 30, share: float = 0.3) -> dict[str, Any]:
    """A persona as a report holds it."""
    return {
        "key": key,
        "name": name,
        "summary": f"{name} are {size} of 100 people.",
        "size": size,
        "share": share,
        "stability": 0.8,
        "stability_band": "stable",
        "traits": [entry(f"calm, say {name}")],
        "reasons": [entry(f"evenings off, say {name}", elsewhere=0.0), entry(f"good <tools>, say {name}")],
        "skills": [entry("release plans")],
        "channels": [entry("Newsletters and blogs")],
        "content": [entry("post-mortems")],
        "concerns": [entry(f"quiet evenings in whatever form, say {name}", kind="family")],
        "leanings": [entry(f"fewer alarms, near to {name}", kind="leaning")],
        "quotes": [
            {
                "text": f"I like it here, says one of {name}.",
                "item": "stay",
                "n": 12,
                "share_here": 0.4,
                "share_elsewhere": 0.1,
            }
        ],
        "who": [],
        "card": None,
        "neighbour": None,
    }


def _contrast(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What tells a persona from another: the first reason of either."""
    more, less = one["reasons"][0], other["reasons"][0]
    return {
        "key": other["key"],
        "similarity": 0.4,
        "text": f"Near: {other['name']}. Here: {more['text']}. There: {less['text']}.",
        "more": [more],
        "less": [less],
        "sentences": {"nearest": "Near: {name}.", "more": "Here: {told}.", "less": "There: {told}."},
        "phrases": {each["text"]: f"{each['text']} (60 %)" for each in (more, less)},
    }


def report_of(names: Sequence[str], **changes: Any) -> dict[str, Any]:
    """A report with one persona per name, each smaller than the one before, and ten dots of each on the map."""
    personas = [
        persona_entry(f"p{i}", name, size=40 - 10 * i, share=0.4 - 0.1 * i) for i, name in enumerate(names)
    ]
    for one, other in zip(personas, [*personas[1:], *personas[:1]], strict=True):
        one["neighbour"] = _contrast(one, other) if one is not other else None
    return {
        "schema_version": 1,
        "seed": 0,
        "n_responses": 100,
        "n_used": 98,
        "refusal": None,
        "exploratory": False,
        "language": "en",
        "items": ["self", "stay"],
        "notes": [],
        "personas": personas,
        "n_personas_considered": [{"k": k, "support": 1.0, "stability": 0.7} for k in (2, 3)],
        "themes": [],
        "map": [
            {"x": 10.0 * i + dot % 3, "y": dot / 3.0, "persona": persona["key"]}
            for i, persona in enumerate(personas)
            for dot in range(10)
        ],
        "neighbours": [],
        "motives": [],
        "set_aside": [{"reason": "other language", "n": None}],
        "scoring": {},
        **changes,
    }


def add_analysis(
    session: Session,
    wave_id: int,
    *names: str,
    state: VersionState = VersionState.DRAFT,
    **changes: Any,
) -> Analysis:
    """Add a finished analysis with one persona version per name."""
    report = report_of(names, **changes)
    analysis = Analysis(wave_id=wave_id, report=report)
    analysis.charts = [
        Chart(
            name="map",
            title="A map of the people",
            svg='<svg xmlns="http://www.w3.org/2000/svg"><title>Dots</title></svg>',
            columns=["Persona", "Dots"],
            rows=[[name, 10] for name in names],
        )
    ]
    session.add(analysis)
    session.flush()
    for card in report["personas"]:
        analysis.versions.append(
            PersonaVersion(
                persona=Persona(),
                cluster=card["key"],
                state=state,
                name=card["name"],
                summary=card["summary"],
                card=card,
                scoring={},
                published_at=utc_now() if state is VersionState.PUBLISHED else None,
            )
        )
    session.flush()
    return analysis


def drafts(session: Session, wave: Wave, *names: str) -> list[PersonaVersion]:
    """Add an analysis with a draft of each name."""
    with transaction(session):
        return list(add_analysis(session, wave.id, *names).versions)
