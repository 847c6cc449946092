"""What the worker does with leads: rows become leads, leads are scored with every published persona.

A bridge to the analysis, so only worker and command line load it. A lead is encoded outside any transaction; what
came of it is stored only if the lead still says the same, so a slow chunk blocks nobody and nothing stale is kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, true
from sqlalchemy.orm import Session, selectinload, sessionmaker

from analysis.encoder import CachedEncoder, Encoder
from analysis.evidence import FIELDS, EvidenceDocument, evidence_document
from analysis.exceptions import AnalysisError
from analysis.scoring import LeadScore, Scorer, best_of
from survey.database import transaction
from survey.domain import jobs
from survey.domain.jobs import Lease
from survey.domain.leads import EVIDENCE_FIELDS, IDENTITY_FIELDS, get_import, read_rows
from survey.enums import Band, ImportState, VersionState
from survey.exceptions import StateError
from survey.models import Lead, LeadEvidence, LeadIdentity, LeadImport, PersonaVersion, Score
from survey.tables import undefuse

Sessions = sessionmaker[Session]
#: By lead: what was scored, its score by persona version, and the version it fits best.
Results = dict[int, tuple[EvidenceDocument, dict[int, LeadScore], int | None]]

LEADS_PER_CHUNK = 50
#: A chunk must end well within the lease, also when fifty people sent their whole life.
CHARS_PER_CHUNK = 100_000
#: Longest value of what identifies a lead, as the columns hold it.
MAX_CHARS = {"id": 120, "name": 200, "email": 255, "location": 200, "source": 120}


@dataclass(frozen=True, slots=True)
class Panel:
    """The published persona versions, in order, with the scorer of each and the encoder they share."""

    scorers: Mapping[int, Scorer]
    encoder: CachedEncoder

    @property
    def version_ids(self) -> list[int]:
        """The versions, in the order in which they were made."""
        return list(self.scorers)


def import_leads(sessions: Sessions, lease: Lease, *, encoder: Encoder) -> None:
    """Store the rows of an import as leads, then score these leads; goes on where a killed worker stopped.

    Raises StateError if a persona cannot be scored with, JobCancelledError if the lease is lost.
    """
    n_rows = _store_rows(sessions, lease)
    _score(
        sessions, lease, encoder, Lead.import_id == lease.subject_id, n_before=n_rows, kept={"rows": n_rows}
    )


def score_leads(sessions: Sessions, lease: Lease, *, encoder: Encoder) -> None:
    """Score every lead with every published persona; goes on where a killed worker stopped.

    Raises StateError if a persona cannot be scored with, JobCancelledError if the lease is lost.
    """
    _score(sessions, lease, encoder, true(), n_before=0, kept={})


def evidence_hash(document: EvidenceDocument) -> str:
    """Name what was scored by its content."""
    return hashlib.sha256(json.dumps(document.fields).encode()).hexdigest()


def _store_rows(sessions: Sessions, lease: Lease) -> int:
    """Store the rows that are not stored yet and drop the file; return how many rows it has."""
    with sessions() as session:
        lead_import = get_import(session, lease.subject_id)
        n_rows = lead_import.n_rows
        rows = read_rows(
            lead_import.content or b"",
            lead_import.filename,
            lead_import.mapping,
            start=lease.cursor.get("rows", 0),
        )
    n_done = lease.cursor.get("rows", 0)
    while n_done < n_rows:
        chunk = list(islice(rows, LEADS_PER_CHUNK))
        n_done += len(chunk)
        with sessions() as session, transaction(session):
            jobs.advance(
                session,
                lease,
                n_done=n_done,
                n_total=2 * n_rows,
                step="Reading the file",
                cursor={"rows": n_done},
            )
            lead_import = get_import(session, lease.subject_id)
            _store_chunk(session, lead_import, chunk)
            if n_done == n_rows:
                lead_import.content = None
    return n_rows


def _store_chunk(
    session: Session, lead_import: LeadImport, chunk: Sequence[tuple[int, Mapping[str, str]]]
) -> None:
    rows = {number: {field: _cell(field, cell) for field, cell in row.items()} for number, row in chunk}
    known = {
        lead.external_id: lead
        for lead in session.scalars(
            select(Lead)
            .where(Lead.external_id.in_([row["id"] for row in rows.values()]))
            .options(selectinload(Lead.identity), selectinload(Lead.evidence))
            .order_by(Lead.id)
            .with_for_update()
        )
    }
    rejected = []
    for number, row in rows.items():
        problem = _problem(row)
        if problem:
            rejected.append([number, problem])
            continue
        lead = known.get(row["id"])
        if lead is None:
            lead = Lead(external_id=row["id"], identity=LeadIdentity(name="", email="", location=""))
            session.add(lead)
            lead_import.n_created += 1
        else:
            lead_import.n_updated += 1
        lead.import_id = lead_import.id
        _take_over(session, lead, row)
    lead_import.rejected = [*lead_import.rejected, *rejected]


def _cell(field: str, cell: str) -> str:
    """Undo what our own export did against formulas; blanks around identity mean nothing."""
    text = undefuse(cell)
    return text if field in EVIDENCE_FIELDS else text.strip()


def _problem(row: Mapping[str, str]) -> str:
    """Say why a row cannot become a lead, without repeating what it says; empty if it can."""
    for field, limit in MAX_CHARS.items():
        if len(row.get(field, "")) > limit:
            return (
                f"{field.capitalize()} has {len(row[field]):,} characters; {limit} are allowed. Shorten it."
            )
    if not any(cell.strip() for field, cell in row.items() if field != "id"):
        return "There is nothing in this row but the id. Fill it in or delete it."
    return ""


def _take_over(session: Session, lead: Lead, row: Mapping[str, str]) -> None:
    """Let a lead say what the row says; columns that are not in the file stay as they are."""
    for field in IDENTITY_FIELDS:
        if field in row:
            setattr(lead.identity, field, row[field])
    lead.source = row.get("source", lead.source)
    before = _document(lead)
    texts = {evidence.field: evidence.text for evidence in lead.evidence}
    texts |= {field: row[field] for field in EVIDENCE_FIELDS if field in row}
    document = evidence_document(texts, identity=(lead.identity.name, lead.identity.email))
    held = {evidence.field: evidence for evidence in lead.evidence}
    for field, masked in document.fields:
        evidence = held.pop(field, None)
        if evidence is None:
            lead.evidence.append(LeadEvidence(field=field, text=texts[field], masked=masked))
        else:
            evidence.text, evidence.masked = texts[field], masked
    for evidence in held.values():
        lead.evidence.remove(evidence)
    if lead.id is not None and document != before:
        # Their points lie on words that are gone; the lead is scored anew in a moment.
        session.execute(delete(Score).where(Score.lead_id == lead.id))


def _score(
    sessions: Sessions,
    lease: Lease,
    encoder: Encoder,
    chosen: ColumnElement[bool],
    *,
    n_before: int,
    kept: Mapping[str, Any],
) -> None:
    panel = open_panel(sessions, encoder)
    same_panel = lease.cursor.get("versions") == panel.version_ids
    after = lease.cursor.get("after", 0) if same_panel else 0
    finished = False
    while not finished:
        documents = _documents(sessions, chosen, after)
        results = _results(panel, documents)
        with sessions() as session, transaction(session):
            changed = _published(session) != panel.version_ids
            if changed:
                after = 0
            else:
                after = max(documents, default=after)
                _store_scores(session, results, encoder.hash)
            n_leads, n_done = _counts(session, chosen, after)
            jobs.advance(
                session,
                lease,
                n_done=n_before + n_done,
                n_total=n_before + n_leads,
                step="Scoring the leads",
                cursor={**kept, "after": after, "versions": panel.version_ids},
            )
            finished = not documents and not changed
            if finished:
                _finish(session, lease)
        if changed:
            panel = open_panel(sessions, encoder)


def _finish(session: Session, lease: Lease) -> None:
    jobs.finish(session, lease)
    lead_import = session.scalar(select(LeadImport).where(LeadImport.job_id == lease.job_id))
    if lead_import is not None:
        lead_import.state = ImportState.DONE


def _published(session: Session) -> list[int]:
    return list(
        session.scalars(
            select(PersonaVersion.id)
            .where(PersonaVersion.state == VersionState.PUBLISHED)
            .order_by(PersonaVersion.id)
        )
    )


def open_panel(sessions: Sessions, encoder: Encoder) -> Panel:
    """Return the published personas ready to score with. Raises StateError if one cannot be scored with."""
    with sessions() as session:
        versions = session.execute(
            select(PersonaVersion.id, PersonaVersion.name, PersonaVersion.scoring)
            .where(PersonaVersion.state == VersionState.PUBLISHED)
            .order_by(PersonaVersion.id)
        ).all()
    # A sentence is encoded once for all personas.
    cached = CachedEncoder(encoder)
    scorers = {}
    for version_id, name, block in versions:
        try:
            scorers[version_id] = Scorer(block, cached)
        except AnalysisError as error:
            raise StateError(
                f"Leads cannot be scored with “{name}”: {error} Ask HR to analyse the wave again."
            ) from error
    return Panel(scorers, cached)


def _documents(sessions: Sessions, chosen: ColumnElement[bool], after: int) -> dict[int, EvidenceDocument]:
    """Return the next leads and what of them may be scored."""
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
            document = _document(lead)
            n_chars += sum(len(text) for _, text in document.fields)
            if documents and n_chars > CHARS_PER_CHUNK:
                break
            documents[lead.id] = document
    return documents


def _document(lead: Lead) -> EvidenceDocument:
    return _ordered((evidence.field, evidence.masked) for evidence in lead.evidence)


def _ordered(fields: Iterable[tuple[str, str]]) -> EvidenceDocument:
    held = dict(fields)
    return EvidenceDocument(tuple((field, held[field]) for field in FIELDS if field in held))


def _results(panel: Panel, documents: Mapping[int, EvidenceDocument]) -> Results:
    panel.encoder.vectors.clear()
    results: Results = {}
    for lead_id, document in documents.items():
        scores = {version_id: scorer.score(document)[0] for version_id, scorer in panel.scorers.items()}
        results[lead_id] = (document, scores, _best(panel, scores))
    return results


def _best(panel: Panel, scores: Mapping[int, LeadScore]) -> int | None:
    """Return the version a lead fits best, by the rule of the file command."""
    ranking = [version_id for version_id, scorer in panel.scorers.items() if scorer.ranking]
    return best_of({version_id: score.fit for version_id, score in scores.items()}, ranking)


def _store_scores(session: Session, results: Results, encoder_hash: str) -> None:
    """Replace the scores of the leads that still say what was scored."""
    # The lock keeps a second job on the same leads from adding its scores beside ours.
    locked = session.scalars(
        select(Lead.id).where(Lead.id.in_(results)).order_by(Lead.id).with_for_update()
    ).all()
    fields: dict[int, list[tuple[str, str]]] = {lead_id: [] for lead_id in locked}
    for lead_id, field, masked in session.execute(
        select(LeadEvidence.lead_id, LeadEvidence.field, LeadEvidence.masked).where(
            LeadEvidence.lead_id.in_(locked)
        )
    ):
        fields[lead_id].append((field, masked))
    current = [lead_id for lead_id in locked if _ordered(fields[lead_id]) == results[lead_id][0]]
    session.execute(delete(Score).where(Score.lead_id.in_(current)))
    rows = [row for lead_id in current for row in _score_rows(lead_id, *results[lead_id], encoder_hash)]
    if rows:
        session.execute(insert(Score), rows)


def _score_rows(
    lead_id: int,
    document: EvidenceDocument,
    scores: Mapping[int, LeadScore],
    best: int | None,
    encoder_hash: str,
) -> list[dict[str, Any]]:
    return [
        {
            "lead_id": lead_id,
            "persona_version_id": version_id,
            "fit": score.fit,
            "band": Band(score.band) if score.band else None,
            "evidence": score.evidence,
            "who": score.facets.get("who"),
            "skills": score.facets.get("skills"),
            "why": score.facets.get("why"),
            "best": version_id == best,
            "contributions": [
                {
                    "facet": part.facet,
                    "trait": part.trait,
                    "points": part.points,
                    "field": part.field,
                    "start": part.start,
                    "end": part.end,
                }
                for part in score.contributions
            ],
            "evidence_hash": evidence_hash(document),
            "encoder_hash": encoder_hash,
        }
        for version_id, score in scores.items()
    ]


def _counts(session: Session, chosen: ColumnElement[bool], after: int) -> tuple[int, int]:
    """Return how many leads are to be scored and how many of them are."""
    n_leads = session.scalar(select(func.count()).select_from(Lead).where(chosen)) or 0
    n_done = session.scalar(select(func.count()).select_from(Lead).where(chosen, Lead.id <= after)) or 0
    return n_leads, n_done
