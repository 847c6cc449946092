"""What the worker does for a fairness check: it swaps what may not count, and compares the groups that leads told.

A bridge to the analysis, so only the worker loads it. Reads identities, decisions and groups, which nothing that
computes a score does; writes nothing but its report, which holds no name, no text and nothing about a group under five.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload, sessionmaker

from analysis.counterfactuals import KINDS, counterfactuals, reading
from analysis.encoder import Encoder
from analysis.evidence import evidence_document
from analysis.fairness import FOUR_FIFTHS, MIN_PEOPLE, MIN_SHARE, NOTE, Gate, gates_of, self_check
from survey.database import snapshot, transaction
from survey.domain import audit, jobs
from survey.domain.checks import get_check
from survey.domain.jobs import Lease
from survey.domain.keys import KeyStore
from survey.domain.scores import Panel, fingerprint, give_way, open_panel
from survey.domain.self_identification import groups_of
from survey.enums import DecisionKind, VersionState
from survey.models import Decision, Lead, PersonaVersion, Score

Sessions = sessionmaker[Session]

#: Of more leads so many are taken, evenly over all: a swap that moves numbers does not hide in the rest.
MAX_LEADS = 200
LEADS_PER_CHUNK = 5
SEED = 0


def run_check(sessions: Sessions, lease: Lease, *, encoder: Encoder, keys: KeyStore) -> None:
    """Check and store the report; goes on where a killed worker stopped.

    Raises StateError if a persona cannot be scored with, JobCancelledError if the lease is lost, JobPutBackError if it
    is another job's turn.
    """
    panel = open_panel(sessions, encoder)
    swapped: dict[str, Any] = (
        lease.cursor
        if panel.has_state_of(lease.cursor)
        else _nothing_swapped(panel, *_chosen_leads(sessions))
    )
    lead_ids = swapped["chosen"]
    for start in range(0, len(lead_ids), LEADS_PER_CHUNK):
        some = [
            lead_id for lead_id in lead_ids[start : start + LEADS_PER_CHUNK] if lead_id > swapped["after"]
        ]
        if not some:
            continue
        swapped = _swapped(swapped, panel, some, _leads(sessions, some))
        with sessions() as session, transaction(session):
            jobs.advance(
                session,
                lease,
                n_done=start + len(some),
                n_total=len(lead_ids) + 1,
                step="Swapping names, pronouns, years and places",
                cursor=swapped,
            )
        give_way(sessions, lease)
    with sessions() as session, snapshot(session):
        # Another worker may have begun to score: what it does is in this picture whole, or the check waits for it. It
        # begins anew if other personas or aliases count by now.
        is_settled = panel.is_in_force(session) and not jobs.leads_change(session)
        report = _report(session, panel, swapped, keys=keys) if is_settled else None
    if report is None:
        with sessions() as session, transaction(session):
            # It waits for others, and has not stopped its worker.
            jobs.advance(session, lease)
        give_way(sessions, lease, at_once=True)
    with sessions() as session, transaction(session):
        check = get_check(session, lease.subject_id)
        check.report = report
        moved = len(swapped["moved"])
        audit.record(
            session,
            "finished",
            f"fairness check {check.id}",
            account_id=lease.account_id,
            leads=swapped["n_leads"],
            moved=moved,
        )
        jobs.finish(session, lease)


def _chosen_leads(sessions: Sessions) -> tuple[list[int], int]:
    with sessions() as session:
        everybody = list(session.scalars(select(Lead.id).order_by(Lead.id)))
    step = max(1, -(-len(everybody) // MAX_LEADS))
    return everybody[::step], len(everybody)


def _leads(sessions: Sessions, lead_ids: Sequence[int]) -> dict[int, dict[str, str]]:
    """Return the columns of some leads as they were imported."""
    with sessions() as session:
        rows = session.scalars(
            select(Lead)
            .where(Lead.id.in_(lead_ids))
            .order_by(Lead.id)
            .options(selectinload(Lead.identity), selectinload(Lead.evidence))
        )
        return {
            lead.id: {
                "name": lead.identity.name,
                "email": lead.identity.email,
                "location": lead.identity.location,
                **{evidence.field: evidence.text for evidence in lead.evidence},
            }
            for lead in rows
        }


def _nothing_swapped(panel: Panel, chosen: Sequence[int], n_all: int) -> dict[str, Any]:
    kinds = {kind: {"n_versions": 0, "largest": 0, "n_moved": 0} for kind in KINDS}
    return {
        "after": 0,
        **panel.state,
        # Leads that come while the check is put back would move every step of the sample.
        "chosen": list(chosen),
        "n_leads": 0,
        "n_all": n_all,
        "kinds": kinds,
        "moved": [],
    }


def _swapped(
    before: Mapping[str, Any], panel: Panel, chosen: Sequence[int], leads: Mapping[int, Mapping[str, str]]
) -> dict[str, Any]:
    """Add what the swaps did to those of some leads who are still there. Plain values: the job's cursor keeps them."""
    panel.encoder.vectors.clear()

    # Most versions leave the same to be read, and the same is scored the same: so it is scored once.
    known: dict[object, tuple[int | None, ...]] = {}

    def numbers(version: Mapping[str, str]) -> tuple[int | None, ...]:
        document = evidence_document(version, identity=(version["name"], version["email"]))
        read = reading(document)
        if read not in known:
            scores = [score for scorer in panel.scorers.values() for score in scorer.score(document)]
            known[read] = tuple(number for score in scores for number in (score.fit, *score.facets.values()))
        return known[read]

    kinds = {kind: dict(tally) for kind, tally in before["kinds"].items()}
    moved = list(before["moved"])
    for lead_id, lead in leads.items():
        found = counterfactuals(lead, numbers)
        for difference in found:
            tally = kinds[difference.kind]
            tally["n_versions"] += difference.n_versions
            tally["largest"] = max(tally["largest"], difference.largest)
            tally["n_moved"] += difference.largest > 0
        if any(difference.largest for difference in found):
            moved.append(lead_id)
    return {
        **before,
        "after": chosen[-1],
        "n_leads": before["n_leads"] + len(leads),
        # Who was erased before their turn came is no part of it.
        "n_all": before["n_all"] - len(chosen) + len(leads),
        "kinds": kinds,
        "moved": moved,
    }


def _report(session: Session, panel: Panel, swapped: Mapping[str, Any], *, keys: KeyStore) -> dict[str, Any]:
    versions = session.execute(
        select(PersonaVersion.id, PersonaVersion.name)
        .where(PersonaVersion.id.in_(panel.version_ids))
        .order_by(PersonaVersion.id)
    ).all()
    report = {
        "schema_version": 1,
        "note": NOTE,
        "seed": SEED,
        "encoder": panel.encoder.hash,
        "aliases": panel.aliases,
        "versions": [
            {"id": version_id, "name": name, "hash": panel.hashes[version_id]}
            for version_id, name in versions
        ],
        "swaps": {
            "n_leads": swapped["n_leads"],
            "n_all": swapped["n_all"],
            "kinds": [{"kind": kind, **tally} for kind, tally in swapped["kinds"].items()],
            "moved": swapped["moved"],
        },
        "impact": _impact(session, keys),
    }
    return {**report, "hash": fingerprint(report)}


def _impact(session: Session, keys: KeyStore) -> dict[str, Any]:
    """Compare the groups that leads told at every gate: by their best persona and by each published one."""
    lead_ids = list(session.scalars(select(Lead.id).order_by(Lead.id)))
    told = groups_of(session, keys, lead_ids)
    dimensions = {
        name: [told.get(lead_id, {}).get(name, "") for lead_id in lead_ids]
        for name in dict.fromkeys(name for groups in told.values() for name in groups)
    }
    results = [
        {"persona": persona, **asdict(impact)}
        for persona, gates in _gates(session, lead_ids)
        for impact in self_check(gates, dimensions, seed=SEED)
    ]
    # How many have told, less the groups that are shown where all are assessed, is the size of those that are hidden.
    is_open = len(told) >= MIN_PEOPLE and not any(
        group["gap"] == "hidden"
        for result in results
        if result["n"] == len(lead_ids)
        for group in result["groups"]
    )
    return {
        "n_people": len(lead_ids),
        "n_told": len(told) if is_open else None,
        "rules": {"min_people": MIN_PEOPLE, "min_share": MIN_SHARE, "four_fifths": FOUR_FIFTHS},
        "results": results,
    }


def _gates(session: Session, lead_ids: Sequence[int]) -> list[tuple[str, list[Gate]]]:
    """Return the gates by persona; first, without a name, those of each lead's best one, and being contacted."""
    rows = session.execute(
        select(Score.lead_id, Score.fit, Score.band, Score.best, PersonaVersion.id, PersonaVersion.name)
        .join(PersonaVersion, PersonaVersion.id == Score.persona_version_id)
        .where(PersonaVersion.state == VersionState.PUBLISHED)
        .order_by(PersonaVersion.id)
    ).all()
    names = {0: "", **{row.id: row.name for row in rows}}
    scores: dict[int, dict[int, Any]] = {version_id: {} for version_id in names}
    for row in rows:
        for version_id in (0, row.id) if row.best else (row.id,):
            scores[version_id][row.lead_id] = row
    gates = {
        version_id: list(
            gates_of(
                [of_version[lead_id].fit if lead_id in of_version else None for lead_id in lead_ids],
                [of_version[lead_id].band if lead_id in of_version else None for lead_id in lead_ids],
            )
        )
        for version_id, of_version in scores.items()
    }
    decided = session.execute(select(Decision.lead_id, Decision.kind)).all()
    contacted = {lead_id for lead_id, kind in decided if kind is DecisionKind.CONTACT}
    if decided:
        gates[0].append(Gate("contacted", tuple(lead_id in contacted for lead_id in lead_ids)))
    return [(names[version_id], of_version) for version_id, of_version in gates.items()]
