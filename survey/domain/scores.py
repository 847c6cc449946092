"""What the worker does with leads: those of an import and all others are scored with every published persona.

A bridge to the analysis, so only worker and command line load it. A lead is encoded outside any transaction; what
came of it is stored only if the lead still says the same, so a slow chunk blocks nobody and nothing stale is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, true
from sqlalchemy.orm import Session, selectinload, sessionmaker

from analysis.aliases import own_hash
from analysis.encoder import CachedEncoder, Encoder
from analysis.evidence import FIELDS, EvidenceDocument, evidence_document
from analysis.exceptions import AnalysisError
from analysis.provenance import code_hash
from analysis.scoring import LeadScore, Scorer, best_of
from survey.database import transaction
from survey.domain import audit, jobs
from survey.domain.aliases import hash_in_force, read_by_own
from survey.domain.intake import store_rows, undo_rows
from survey.domain.jobs import Lease
from survey.domain.keys import KeyStore
from survey.enums import Band, ImportState, RowOutcome, VersionState
from survey.exceptions import JobPutBackError, StateError
from survey.models import ImportRow, Lead, LeadEvidence, LeadImport, PersonaVersion, Score

Sessions = sessionmaker[Session]
#: By lead: what was scored, its score by persona version, and the version it fits best.
Results = dict[int, tuple[EvidenceDocument, dict[int, LeadScore], int | None]]

#: Some half a second of two cores, for which somebody who adds a lead may have to wait; fewer at once take longer each.
LEADS_PER_CHUNK = 25
#: A chunk must end well within the lease, also when everybody sent their whole life.
CHARS_PER_CHUNK = 100_000


@dataclass(frozen=True, slots=True)
class Panel:
    """The published persona versions, in order, each with scorer, name and block's hash.

    They share an encoder and the own table of aliases in force when the panel was opened, of which this is the hash.
    """

    scorers: Mapping[int, Scorer]
    names: Mapping[int, str]
    hashes: Mapping[int, str]
    encoder: CachedEncoder
    aliases: str

    @property
    def version_ids(self) -> list[int]:
        """The versions, in the order in which they were made."""
        return list(self.scorers)

    @property
    def state(self) -> dict[str, Any]:
        """What decides which numbers come out, for the cursor of a job: with another one it begins anew."""
        return {"versions": self.version_ids, "aliases": self.aliases}

    def has_state_of(self, cursor: Mapping[str, Any]) -> bool:
        """Whether what a cursor tells of was done with the same personas and aliases."""
        return all(cursor.get(name) == value for name, value in self.state.items())

    def is_in_force(self, session: Session) -> bool:
        """Whether the same personas are published and the same aliases in force as when it was opened."""
        return published_ids(session) == self.version_ids and hash_in_force(session) == self.aliases

    def score(
        self, documents: Mapping[int, EvidenceDocument], *, explained: bool = True
    ) -> dict[int, dict[int, LeadScore]]:
        """Return the score of each lead by version. A sentence is encoded once for all of them."""
        self.encoder.vectors.clear()
        leads = list(documents.values())
        # All leads at once: their sentences are encoded together. A version holds one persona.
        of_version = {
            version_id: [score for (score,) in scorer.score_all(leads, explained=explained)]
            for version_id, scorer in self.scorers.items()
        }
        return {
            lead_id: {version_id: found[row] for version_id, found in of_version.items()}
            for row, lead_id in enumerate(documents)
        }

    def best(self, scores: Mapping[int, LeadScore]) -> int | None:
        """Return the version a lead fits best, by the rule of the file command."""
        ranking = [version_id for version_id, scorer in self.scorers.items() if scorer.ranking]
        return best_of({version_id: score.exact for version_id, score in scores.items()}, ranking)


def import_leads(sessions: Sessions, lease: Lease, *, encoder: Encoder, keys: KeyStore | None = None) -> None:
    """Store the rows of an import as leads, then score these leads; goes on where a killed worker stopped.

    ``keys`` tell who opted out; without them an import is refused as soon as somebody has. Raises StateError for that
    and if a persona cannot be scored with, JobCancelledError if the lease is lost, JobPutBackError if it is another
    job's turn.
    """
    store_rows(sessions, lease, keys=keys)
    _score(sessions, lease, encoder, Lead.import_id == lease.subject_id)


def undo_import(sessions: Sessions, lease: Lease, *, encoder: Encoder) -> None:
    """Take an import back, then score the leads that got back what they said; goes on where a killed worker stopped.

    Raises StateError if a persona cannot be scored with, JobCancelledError if the lease is lost, JobPutBackError if it
    is another job's turn.
    """
    undo_rows(sessions, lease)
    restored = select(ImportRow.lead_id).where(
        ImportRow.import_id == lease.subject_id, ImportRow.outcome == RowOutcome.RESTORED
    )
    _score(sessions, lease, encoder, Lead.id.in_(restored))


def score_leads(sessions: Sessions, lease: Lease, *, encoder: Encoder) -> None:
    """Score every lead, or the one that the job names, with every published persona.

    Goes on where a killed worker stopped. Raises StateError if a persona cannot be scored with, JobCancelledError if
    the lease is lost, JobPutBackError if it is another job's turn.
    """
    chosen = Lead.id == lease.subject_id if lease.subject_id else true()
    _score(sessions, lease, encoder, chosen)


def evidence_hash(document: EvidenceDocument) -> str:
    """Name what was scored by its content."""
    return hashlib.sha256(json.dumps(document.fields).encode()).hexdigest()


def fingerprint(content: Mapping[str, Any]) -> str:
    """Name a persona's scoring block, or a report, by what it holds."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _score(sessions: Sessions, lease: Lease, encoder: Encoder, chosen: ColumnElement[bool]) -> None:
    panel = open_panel(sessions, encoder)
    after = lease.cursor.get("after", 0) if panel.has_state_of(lease.cursor) else 0
    wanted = chosen
    finished = False
    while not finished:
        documents = next_documents(sessions, wanted, after)
        results = _results(panel, documents)
        left = None
        with sessions() as session, transaction(session):
            if not documents:
                # Held before the last look: whoever changes what counts has done so, or waits and starts another job.
                jobs.advance(session, lease)
            changed = not panel.is_in_force(session)
            if changed:
                after, wanted = 0, chosen
            elif documents:
                after = max(documents)
                _store_scores(session, results, panel)
            else:
                left = _first_unscored(session, chosen, panel)
                if left is not None:
                    # Most of those behind the first one have scores already.
                    after, wanted = left - 1, and_(chosen, _is_unscored(panel))
            finished = not documents and not changed and left is None
            n_leads, n_done = _counts(session, chosen, after)
            jobs.advance(
                session,
                lease,
                n_done=n_leads if finished else n_done,
                n_total=n_leads,
                step="Scoring the leads",
                cursor={"after": after, **panel.state},
            )
            if finished:
                _finish(session, lease, panel, n_leads)
        if changed:
            panel = open_panel(sessions, encoder)
        if not finished:
            give_way(sessions, lease)


def give_way(sessions: Sessions, lease: Lease, *, at_once: bool = False) -> None:
    """Let others have a turn between two chunks. Raises JobPutBackError if it is theirs."""
    with sessions() as session, transaction(session):
        is_put_back = jobs.put_back(session, lease, at_once=at_once)
    if is_put_back:
        raise JobPutBackError


def _first_unscored(session: Session, chosen: ColumnElement[bool], panel: Panel) -> int | None:
    """Return the first lead that has no scores: somebody changed what they say after they were read."""
    left = select(func.min(Lead.id)).where(chosen, _is_unscored(panel))
    return session.scalar(left) if panel.scorers else None


def _is_unscored(panel: Panel) -> ColumnElement[bool]:
    scores = select(Score.lead_id).where(
        Score.persona_version_id.in_(panel.version_ids), Score.lead_id == Lead.id
    )
    return ~scores.exists()


def _finish(session: Session, lease: Lease, panel: Panel, n_leads: int) -> None:
    jobs.finish(session, lease)
    if panel.scorers and n_leads:
        audit.record(
            session,
            "scored",
            "leads",
            account_id=lease.account_id,
            leads=n_leads,
            hashes={
                **{panel.names[version_id]: block_hash for version_id, block_hash in panel.hashes.items()},
                "encoder": panel.encoder.hash,
                "analysis": code_hash(),
                **({"aliases": panel.aliases} if panel.aliases else {}),
            },
        )
    lead_import = session.scalar(select(LeadImport).where(LeadImport.job_id == lease.job_id))
    if lead_import is not None:
        undone = lead_import.state == ImportState.UNDOING
        lead_import.state = ImportState.UNDONE if undone else ImportState.DONE


def published_ids(session: Session) -> list[int]:
    """Return the published persona versions in the order in which they were made."""
    return list(
        session.scalars(
            select(PersonaVersion.id)
            .where(PersonaVersion.state == VersionState.PUBLISHED)
            .order_by(PersonaVersion.id)
        )
    )


def open_panel(sessions: Sessions, encoder: Encoder) -> Panel:
    """Return the published personas ready to score with, by the aliases in force.

    Raises StateError if one cannot be scored with.
    """
    with sessions() as session:
        read_by_own(session)
        versions = session.execute(
            select(
                PersonaVersion.id,
                PersonaVersion.persona_id,
                PersonaVersion.number,
                PersonaVersion.name,
                PersonaVersion.scoring,
            )
            .where(PersonaVersion.state == VersionState.PUBLISHED)
            .order_by(PersonaVersion.id)
        ).all()
    # A sentence is encoded once for all personas.
    cached = CachedEncoder(encoder)
    scorers = {}
    for version in versions:
        try:
            scorers[version.id] = Scorer(version.scoring, cached)
        except AnalysisError as error:
            raise StateError(
                f"Leads cannot be scored with “{version.name}”: {error} Ask HR to analyse the wave again."
            ) from error
    names = {version.id: version_name(version.persona_id, version.number) for version in versions}
    hashes = {version.id: fingerprint(version.scoring) for version in versions}
    return Panel(scorers, names, hashes, cached, own_hash())


def version_name(persona_id: int, number: int) -> str:
    """Name a persona version as the audit log names personas."""
    return f"persona {persona_id}, version {number}"


def next_documents(
    sessions: Sessions, chosen: ColumnElement[bool], after: int
) -> dict[int, EvidenceDocument]:
    """Return the next leads and what of them may be scored, masking it first if nobody has."""
    _mask(sessions, chosen, after)
    documents: dict[int, EvidenceDocument] = {}
    n_chars = 0
    with sessions() as session:
        for lead in session.scalars(
            select(Lead)
            .where(chosen, Lead.id > after)
            .order_by(Lead.id)
            .limit(LEADS_PER_CHUNK)
            .options(selectinload(Lead.evidence))
        ):
            document = stored_document(lead)
            n_chars += sum(len(text) for _, text in document.fields)
            if documents and n_chars > CHARS_PER_CHUNK:
                break
            documents[lead.id] = document
    return documents


def _mask(sessions: Sessions, chosen: ColumnElement[bool], after: int) -> None:
    """Take identity out of the texts of the next leads that were not read yet."""
    following = select(Lead.id).where(chosen, Lead.id > after).order_by(Lead.id).limit(LEADS_PER_CHUNK)
    fresh = LeadEvidence.masked.is_(None)
    with sessions() as session:
        ids = session.scalars(following).all()
        if not session.scalar(
            select(LeadEvidence.lead_id).where(LeadEvidence.lead_id.in_(ids), fresh).limit(1)
        ):
            return
        with transaction(session):
            for lead in session.scalars(
                select(Lead)
                .where(Lead.id.in_(ids), Lead.evidence.any(fresh))
                .order_by(Lead.id)
                .options(selectinload(Lead.evidence), selectinload(Lead.identity))
                .with_for_update()
            ):
                texts = {evidence.field: evidence.text for evidence in lead.evidence}
                identity = (lead.identity.name, lead.identity.email)
                masked = dict(evidence_document(texts, identity=identity).fields)
                for evidence in lead.evidence:
                    evidence.masked = masked[evidence.field]


def stored_document(lead: Lead) -> EvidenceDocument:
    """Return what of a lead may be scored; what was not masked yet is not in it."""
    return _ordered((evidence.field, evidence.masked) for evidence in lead.evidence)


def _ordered(fields: Iterable[tuple[str, str | None]]) -> EvidenceDocument:
    held = {field: masked for field, masked in fields if masked is not None}
    return EvidenceDocument(tuple((field, held[field]) for field in FIELDS if field in held))


def _says(fields: Collection[tuple[str, str | None]], document: EvidenceDocument) -> bool:
    """Whether a lead says what was scored, and nothing that nobody has read."""
    return all(masked is not None for _, masked in fields) and _ordered(fields) == document


def _results(panel: Panel, documents: Mapping[int, EvidenceDocument]) -> Results:
    return {
        lead_id: (documents[lead_id], scores, panel.best(scores))
        for lead_id, scores in panel.score(documents).items()
    }


def _store_scores(session: Session, results: Results, panel: Panel) -> None:
    """Replace the scores of the leads that still say what was scored."""
    # The lock keeps a second job on the same leads from adding its scores beside ours.
    locked = session.scalars(
        select(Lead.id).where(Lead.id.in_(results)).order_by(Lead.id).with_for_update()
    ).all()
    fields: dict[int, list[tuple[str, str | None]]] = {lead_id: [] for lead_id in locked}
    for lead_id, field, masked in session.execute(
        select(LeadEvidence.lead_id, LeadEvidence.field, LeadEvidence.masked).where(
            LeadEvidence.lead_id.in_(locked)
        )
    ):
        fields[lead_id].append((field, masked))
    current = [lead_id for lead_id in locked if _says(fields[lead_id], results[lead_id][0])]
    session.execute(delete(Score).where(Score.lead_id.in_(current)))
    rows = [row for lead_id in current for row in _score_rows(lead_id, *results[lead_id], panel)]
    if rows:
        session.execute(insert(Score), rows)


def _score_rows(
    lead_id: int,
    document: EvidenceDocument,
    scores: Mapping[int, LeadScore],
    best: int | None,
    panel: Panel,
) -> list[dict[str, Any]]:
    evidence = evidence_hash(document)
    return [
        {
            "lead_id": lead_id,
            "persona_version_id": version_id,
            "best": version_id == best,
            **numbers(score),
            "evidence_hash": evidence,
            "block_hash": panel.hashes[version_id],
            "encoder_hash": panel.encoder.hash,
            "code_hash": code_hash(),
            "aliases_hash": panel.aliases,
        }
        for version_id, score in scores.items()
    ]


def numbers(score: LeadScore) -> dict[str, Any]:
    """Return what a score says, as the columns of the table hold it."""
    return {
        "fit": score.fit,
        "exact": score.exact,
        "band": Band(score.band) if score.band else None,
        "evidence": score.evidence,
        "who": score.facets.get("who"),
        "skills": score.facets.get("skills"),
        "why": score.facets.get("why"),
        "contributions": [part.to_dict() for part in score.contributions],
    }


def _counts(session: Session, chosen: ColumnElement[bool], after: int) -> tuple[int, int]:
    """Return how many leads are to be scored and how many of them are."""
    n_leads = session.scalar(select(func.count()).select_from(Lead).where(chosen)) or 0
    n_done = session.scalar(select(func.count()).select_from(Lead).where(chosen, Lead.id <= after)) or 0
    return n_leads, n_done
