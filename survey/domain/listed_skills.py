"""Skills that the leads of an installation list, those on the cards of its published personas, and how alike they are.

A bridge to the analysis, so only worker and command line load it. Reads what was masked for scoring; what it finds is
proposed to a person and changes no score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from analysis.aliases import MAX_CHARACTERS
from analysis.evidence import EvidenceDocument
from analysis.suggestions import Suggestion, listed_skills, suggest_aliases
from survey.database import transaction
from survey.domain import audit, jobs
from survey.domain.aliases import Named, held_suggestions, pairs_of, read_by_own, table_in_force
from survey.domain.jobs import Lease
from survey.domain.scores import give_way
from survey.enums import VersionState
from survey.models import AliasSuggestion, LeadEvidence, PersonaVersion

_ROWS_AT_ONCE = 1_000
_MASKED_LISTS = (
    select(LeadEvidence.lead_id, LeadEvidence.masked)
    .where(LeadEvidence.field == "skills", LeadEvidence.masked.is_not(None))
    .order_by(LeadEvidence.lead_id)
)


def suggest(sessions: sessionmaker[Session], lease: Lease) -> None:
    """Store which spellings of leads are nearly a known skill; goes on where a killed worker stopped.

    Raises JobCancelledError if the lease is lost, JobPutBackError if it is another job's turn.
    """
    tally: dict[str, Any] = lease.cursor or {"after": 0, "n_lists": 0, "listed": {}}
    while True:
        with sessions() as session:
            read_by_own(session)
            following = _MASKED_LISTS.where(LeadEvidence.lead_id > tally["after"]).limit(_ROWS_AT_ONCE)
            lists = {lead_id: text or "" for lead_id, text in session.execute(following)}
            total = select(func.count()).select_from(_MASKED_LISTS.order_by(None).subquery())
            n_all = session.scalar(total) or 0
        if not lists:
            break
        tally = {
            "after": max(lists),
            "n_lists": tally["n_lists"] + len(lists),
            "listed": Counter(tally["listed"]) + listed_skills(map(_document, lists.values())),
        }
        with sessions() as session, transaction(session):
            jobs.advance(
                session,
                lease,
                n_done=tally["n_lists"],
                n_total=max(n_all, tally["n_lists"]),
                step="Reading what leads list",
                cursor=tally,
            )
        give_way(sessions, lease)
    with sessions() as session:
        found = suggest_aliases(tally["listed"], skills_on_cards(session))
    with sessions() as session, transaction(session):
        # What leads wrote does not stay in the job.
        jobs.advance(session, lease, cursor={})
        jobs.finish(session, lease)
        n_new = _store(session, found)
        audit.record(
            session, "suggested", "aliases", account_id=lease.account_id, suggestions=len(found), new=n_new
        )


def stored_lists(session: Session) -> Iterator[EvidenceDocument]:
    """Yield each lead's list of skills, as it was masked; of a lead who was not scored yet there is none."""
    for _, text in session.execute(_MASKED_LISTS.execution_options(yield_per=_ROWS_AT_ONCE)):
        yield _document(text or "")


def skills_on_cards(session: Session) -> list[str]:
    """Return the skills that the published personas show, from one to the next."""
    cards = select(PersonaVersion.card).where(PersonaVersion.state == VersionState.PUBLISHED)
    return [entry["text"] for card in session.scalars(cards) for entry in card.get("skills", ())]


def _document(skills: str) -> EvidenceDocument:
    return EvidenceDocument((("skills", skills),))


def _store(session: Session, found: list[Suggestion]) -> int:
    """Put what was found in the place of what nobody has judged; return how much of it is new.

    What was judged while somebody looked stays judged.
    """
    before = held_suggestions(session)
    # Only now: whoever accepts one of them has done so, or waits.
    own = {named.alias for named in pairs_of(table_in_force(session))}
    wanted = {
        Named(one.skill, one.alias): one
        for one in found
        if len(one.skill) <= MAX_CHARACTERS and one.alias not in own
    }
    for named, old in before.items():
        if named not in wanted and not old.declined_at:
            session.delete(old)
    for named, one in wanted.items():
        if named not in before:
            session.add(
                AliasSuggestion(skill=one.skill, alias=one.alias, likeness=one.likeness, n_leads=one.n_leads)
            )
        else:
            before[named].likeness, before[named].n_leads = one.likeness, one.n_leads
    return len(wanted.keys() - before.keys())
