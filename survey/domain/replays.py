"""Replays: stored scores are computed again from what is stored, to see that they come to the same numbers.

A bridge to the analysis, so only the command line loads it. Reads the scores in force and those that people had before
them when they decided, also of persona versions that were retired, and by tables of aliases that were changed since;
changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, sessionmaker

from analysis.aliases import use
from analysis.encoder import CachedEncoder, Encoder
from analysis.evidence import EvidenceDocument
from analysis.exceptions import AnalysisError
from analysis.provenance import code_hash
from analysis.scoring import LeadScore, Scorer
from survey.domain.aliases import table_named
from survey.domain.scores import (
    LEADS_PER_CHUNK,
    evidence_hash,
    fingerprint,
    numbers,
    stored_document,
    version_name,
)
from survey.models import Decision, Lead, PersonaVersion, Score

#: A number that was shown to people: one in force, or one that somebody had before them when they decided.
Event = Score | Decision

#: Machines may differ in the last digits of an exact fit.
EXACT_TOLERANCE = 0.001

UNNOTED = "scored before Kindred noted from what; score the leads anew"
CHANGED_LEAD = "the lead says something else by now"
CHANGED_BLOCK = "the persona version is not what it was when it scored"
OTHER_ENCODER = "scored with another sentence encoder than the one in use"
OTHER_ALIASES = (
    "scored with a table of aliases that is not kept here, and the number without it is another one"
)
UNREADABLE = "this version of Kindred cannot score with that persona version"
OTHER_CODE = "the scoring was changed by an update since, and the number with it"


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of it: how many came to the same number, which did not, and why others could not be tried."""

    n_same: int
    differing: tuple[str, ...]
    impossible: Mapping[str, int]

    def to_text(self) -> str:
        """Return it in words."""
        n = self.n_same + len(self.differing) + sum(self.impossible.values())
        lines = [f"{n} scores are stored; {self.n_same} come to the same number again."]
        lines += [f"{count} cannot be computed again: {reason}." for reason, count in self.impossible.items()]
        lines += self.differing
        return "\n".join([*lines, "Scores of leads that were erased went with them."])


@dataclass(frozen=True, slots=True)
class _Version:
    """A persona version as it is now; without a scorer if this program cannot score with it."""

    name: str
    block_hash: str
    scorer: Scorer | None
    knows_aliases: bool


class _Versions(dict[tuple[int, str], _Version]):
    """Persona versions by id and by the aliases to read with, made ready when the first event asks for them."""

    def __init__(self, sessions: sessionmaker[Session], encoder: CachedEncoder) -> None:
        super().__init__()
        self._sessions, self._encoder = sessions, encoder

    def of(self, event: Event) -> _Version:
        """Return what an event was scored with."""
        return self[event.persona_version_id or 0, event.aliases_hash]

    def __missing__(self, key: tuple[int, str]) -> _Version:
        version_id, aliases = key
        with self._sessions() as session:
            version = session.get_one(PersonaVersion, version_id)
            table = table_named(session, aliases)
        # A scorer keeps the table that is in force when it is made.
        use({} if table is None else table)
        try:
            scorer = Scorer(version.scoring, self._encoder)
        except AnalysisError:
            scorer = None
        name = version_name(version.persona_id, version.number)
        self[key] = _Version(name, fingerprint(version.scoring), scorer, knows_aliases=table is not None)
        return self[key]


def replay_scores(sessions: sessionmaker[Session], *, encoder: Encoder) -> Replay:
    """Compute every stored score again, lead by lead."""
    cached = CachedEncoder(encoder)
    versions = _Versions(sessions, cached)
    n_same, differing, impossible = 0, list[str](), Counter[str]()
    documents, events = _following(sessions, 0)
    while documents:
        cached.vectors.clear()
        possible = []
        for event in events:
            reason = _reason(event, documents[event.lead_id], versions, encoder.hash)
            if reason:
                impossible[reason] += 1
            else:
                possible.append(event)
        for event, now in _again(possible, documents, versions):
            if _is_same(event, now):
                n_same += 1
            elif not versions.of(event).knows_aliases:
                impossible[OTHER_ALIASES] += 1
            elif event.code_hash != code_hash():
                impossible[OTHER_CODE] += 1
            else:
                name = versions.of(event).name
                differing.append(
                    f"Lead {event.lead_id}, {name}: {event.fit} is stored, {now.fit} comes out, or other points."
                )
        documents, events = _following(sessions, max(documents))
    return Replay(n_same, tuple(differing), impossible)


def _following(
    sessions: sessionmaker[Session], after: int
) -> tuple[dict[int, EvidenceDocument], list[Event]]:
    """Return what the next leads say, as it may be scored, and the scores they have or had."""
    with sessions() as session:
        leads = session.scalars(
            select(Lead)
            .where(Lead.id > after)
            .order_by(Lead.id)
            .limit(LEADS_PER_CHUNK)
            .options(selectinload(Lead.evidence))
        )
        documents = {lead.id: stored_document(lead) for lead in leads}
        scores = session.scalars(select(Score).where(Score.lead_id.in_(documents)).order_by(Score.id))
        decisions = session.scalars(
            select(Decision)
            .where(Decision.lead_id.in_(documents), Decision.persona_version_id.is_not(None))
            .order_by(Decision.id)
        )
        return documents, [*scores, *decisions]


def _reason(event: Event, document: EvidenceDocument, versions: _Versions, encoder_hash: str) -> str:
    """Say why a score cannot be computed again, if it cannot."""
    if not event.code_hash:
        return UNNOTED
    if event.evidence_hash != evidence_hash(document):
        return CHANGED_LEAD
    if event.encoder_hash != encoder_hash:
        return OTHER_ENCODER
    version = versions.of(event)
    if event.block_hash != version.block_hash:
        return CHANGED_BLOCK
    return "" if version.scorer else UNREADABLE


def _is_same(event: Event, now: LeadScore) -> bool:
    """Say whether what is stored comes out again."""
    again = numbers(now)
    exact, stored = again.pop("exact"), getattr(event, "exact", None)
    # Of the score that somebody decided with, the number and the band are kept, and no points.
    shown = {name: value for name, value in again.items() if hasattr(event, name)}
    return all(getattr(event, name) == value for name, value in shown.items()) and (
        # Neither a decision nor a score from before it was kept has one.
        stored is None or (exact is not None and abs(stored - exact) <= EXACT_TOLERANCE)
    )


def _again(
    events: Sequence[Event], documents: Mapping[int, EvidenceDocument], versions: _Versions
) -> Iterator[tuple[Event, LeadScore]]:
    """Yield events with what comes out now; those of a version together, as the worker scores them."""
    for version in dict.fromkeys(map(versions.of, events)):
        some = [event for event in events if versions.of(event) is version]
        if (scorer := version.scorer) is not None:
            # What a document is cut into depends on the table of aliases by which it was first read.
            found = scorer.score_all([replace(documents[event.lead_id]) for event in some])
            yield from zip(some, (score for (score,) in found), strict=True)
