"""Skills that the leads of an installation list, and those on the cards of its published personas.

A bridge to the analysis, so only the command line loads it. Reads what was masked for scoring; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.evidence import EvidenceDocument
from survey.enums import VersionState
from survey.models import LeadEvidence, PersonaVersion

_ROWS_AT_ONCE = 1_000


def stored_lists(session: Session) -> Iterator[EvidenceDocument]:
    """Yield each lead's list of skills, as it was masked; of a lead who was not scored yet there is none."""
    masked = select(LeadEvidence.masked).where(
        LeadEvidence.field == "skills", LeadEvidence.masked.is_not(None)
    )
    for text in session.scalars(masked.execution_options(yield_per=_ROWS_AT_ONCE)):
        yield EvidenceDocument((("skills", text or ""),))


def skills_on_cards(session: Session) -> list[str]:
    """Return the skills that the published personas show, from one to the next."""
    cards = select(PersonaVersion.card).where(PersonaVersion.state == VersionState.PUBLISHED)
    return [entry["text"] for card in session.scalars(cards) for entry in card.get("skills", ())]
