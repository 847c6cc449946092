"""Reads of a lead's receipt: everything that is held about them, for the page and as data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from survey.domain.leads import IDENTITY_FIELDS, kept_until
from survey.domain.queries.decisions import DecisionRow, list_decisions
from survey.domain.queries.leads import FACETS, Care, LeadPage, care, hashes_of, lead_page
from survey.models import Account, Duplicate, ImportRow, Lead, LeadImport, LeadKey, ReceiptLink, Score

DATA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a lead sees: the page of the recruiter, and all that stands around it."""

    page: LeadPage
    identity: Mapping[str, str]
    imported_at: dt.datetime
    is_from_file: bool
    kept_until: dt.datetime
    owner: str
    care: Care
    decisions: Sequence[DecisionRow]


def read_receipt(
    session: Session, lead: Lead, *, retention_days: int, version_id: int | None = None
) -> Receipt:
    """Return a lead's receipt with the points for a persona (default: their best)."""
    page = lead_page(session, lead.id, version_id=version_id)
    lead_import = session.get(LeadImport, lead.import_id) if lead.import_id else None
    return Receipt(
        page=page,
        identity={name: value for name in IDENTITY_FIELDS if (value := getattr(lead.identity, name))},
        imported_at=lead_import.created_at if lead_import else lead.created_at,
        is_from_file=bool(lead_import and lead_import.filename),
        kept_until=kept_until(session, lead, retention_days=retention_days),
        owner=_name(lead.owner),
        care=care(session, lead),
        decisions=list_decisions(session, lead.id),
    )


def receipt_data(session: Session, lead: Lead, *, retention_days: int) -> dict[str, Any]:
    """Return everything that is held about a lead as plain values.

    What a lead told about their groups is missing: no query ties it to a lead.
    """
    link = session.get(ReceiptLink, lead.id)
    known = care(session, lead)
    return {
        "schema_version": DATA_VERSION,
        "id": lead.external_id,
        "source": lead.source,
        "first_held": _moment(lead.created_at),
        "kept_until": _moment(kept_until(session, lead, retention_days=retention_days)),
        "identity": {name: getattr(lead.identity, name) for name in IDENTITY_FIELDS},
        "recognised_by": [
            {"kind": kind, "value": value}
            for kind, value in session.execute(
                select(LeadKey.kind, LeadKey.value).where(LeadKey.lead_id == lead.id).order_by(LeadKey.kind)
            )
        ],
        "evidence": {
            evidence.field: {"text": evidence.text, "read_as": evidence.masked} for evidence in lead.evidence
        },
        "scores": [_score(lead, score) for score in _scores(session, lead.id)],
        "decisions": [
            {**asdict(row), "at": _moment(row.at)} for row in reversed(list_decisions(session, lead.id))
        ],
        "in_touch": _name(lead.owner),
        "notes": [
            {"at": _moment(note.created_at), "by": _name(note.author) or "the lead", "text": note.text}
            for note in reversed(known.notes)
        ],
        "merged_entries": [
            {"at": _moment(merge.merged_at), "id": merge.external_id, "said": merge.before}
            for merge in known.merges
        ],
        "before_an_import": list(
            session.scalars(
                select(ImportRow.before)
                .where(ImportRow.lead_id == lead.id, ImportRow.before.is_not(None))
                .order_by(ImportRow.import_id, ImportRow.number)
            )
        ),
        "n_similar_entries": session.scalar(
            select(func.count()).where(or_(Duplicate.first_id == lead.id, Duplicate.second_id == lead.id))
        ),
        "link": link and {"made_at": _moment(link.made_at), "expires_at": _moment(link.expires_at)},
    }


def _scores(session: Session, lead_id: int) -> Sequence[Score]:
    return session.scalars(
        select(Score)
        .where(Score.lead_id == lead_id)
        .options(joinedload(Score.version))
        .order_by(Score.persona_version_id)
    ).all()


def _score(lead: Lead, score: Score) -> dict[str, Any]:
    texts = {evidence.field: evidence.text for evidence in lead.evidence}
    return {
        "persona": score.version.name,
        "version": score.version.number,
        "state": score.version.state,
        "fit": score.fit,
        "exact": score.exact,
        "band": score.band,
        "evidence": score.evidence,
        "facets": {facet: getattr(score, facet) for facet in FACETS},
        "best": score.best,
        "scored_at": _moment(score.scored_at),
        "made_from": hashes_of(score),
        "weights": score.version.weights,
        "contributions": [
            {**part, "text": texts.get(part["field"], "")[part["start"] : part["end"]]}
            for part in score.contributions
        ],
    }


def _name(account: Account | None) -> str:
    return (account.name or account.email) if account else ""


def _moment(moment: dt.datetime) -> str:
    return moment.isoformat()
