"""Reads of decisions for screens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.domain.queries.leads import hashes_of
from survey.enums import Band, DecisionKind
from survey.models import Account, Decision, PersonaVersion


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision: what, why, by whom, and the score they had before them, if any: by which version, from what."""

    at: dt.datetime
    who: str
    kind: DecisionKind
    reason: str
    persona: str
    fit: int | None
    band: Band | None
    number: int | None
    hashes: Mapping[str, str]


def decisions_in_force(session: Session, lead_ids: Iterable[int]) -> dict[int, DecisionKind]:
    """Return the latest decision about each of some leads; those about whom nobody has decided are left out."""
    latest = (
        select(func.max(Decision.id)).where(Decision.lead_id.in_(list(lead_ids))).group_by(Decision.lead_id)
    )
    rows = session.execute(select(Decision.lead_id, Decision.kind).where(Decision.id.in_(latest)))
    return {row.lead_id: row.kind for row in rows}


def list_decisions(session: Session, lead_id: int) -> list[DecisionRow]:
    """Return the decisions about a lead, the latest first."""
    rows = session.execute(
        select(Decision, Account.name, Account.email, PersonaVersion.name, PersonaVersion.number)
        .join(Account, Account.id == Decision.account_id)
        .outerjoin(PersonaVersion, PersonaVersion.id == Decision.persona_version_id)
        .where(Decision.lead_id == lead_id)
        .order_by(Decision.id.desc())
    )
    return [
        DecisionRow(
            decision.created_at,
            name or email,
            decision.kind,
            decision.reason,
            persona or "",
            decision.fit,
            decision.band,
            number,
            hashes_of(decision),
        )
        for decision, name, email, persona, number in rows
    ]
