"""Decisions about leads: a person says what, and why. There is no other way to make one, and none hides a lead."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.domain import audit
from survey.enums import DecisionKind
from survey.exceptions import InvalidInputError
from survey.models import Decision, Lead, Score
from survey.models.leads import ORIGIN
from survey.texts import one_line

MAX_REASON_CHARS = 1000


def decide(
    session: Session,
    lead: Lead,
    *,
    kind: DecisionKind,
    reason: str,
    account_id: int,
    version_id: int | None = None,
) -> Decision:
    """Add a person's decision about a lead, with the score they had before them if they looked at one.

    The reason is kept with the decision and reaches no log. Raises InvalidInputError without one.
    """
    words = one_line(reason)
    if not words:
        raise InvalidInputError(
            "Say in a few words why. The next person who meets this lead will want to know."
        )
    if len(words) > MAX_REASON_CHARS:
        raise InvalidInputError(
            f"The reason has {len(words):,} characters and {MAX_REASON_CHARS:,} are allowed. Shorten it."
        )
    score = session.scalar(
        select(Score).where(Score.lead_id == lead.id, Score.persona_version_id == version_id)
    )
    decision = Decision(
        lead_id=lead.id,
        kind=kind,
        reason=words,
        account_id=account_id,
        persona_version_id=score.persona_version_id if score else None,
        fit=score.fit if score else None,
        band=score.band if score else None,
        **{name: getattr(score, name) for name in ORIGIN if score},
    )
    session.add(decision)
    # Undoing an import leaves alone what somebody has worked with since.
    lead.revision += 1
    session.flush()
    audit.record(session, "decided on", f"lead {lead.id}", account_id=account_id, decision=kind.value)
    return decision
