"""Weighings: HR tries other weights for a published persona, sees who would move, and publishes a new version.

What the worker does in between is in previews; this module loads no analysis code, so web pages may use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.domain import audit, jobs
from survey.domain.personas import score_leads_anew
from survey.enums import JobKind, VersionState
from survey.exceptions import ConflictError, InvalidInputError, NotFoundError, StateError
from survey.models import Job, PersonaVersion, Weighing
from survey.models.base import utc_now

#: Facets as they count unless HR says otherwise; those of :data:`analysis.facets.FACET_WEIGHTS`.
USUAL = {"who": 20, "skills": 50, "why": 30}
#: What pages call the parts.
_CALLED = {"who": "Who they are", "skills": "What they can do", "why": "Why they would come"}
#: What all facets come to.
WHOLE = 100
#: How a trait may count; 1 is as the answers have it.
STEPS = (0.0, 0.5, 1.0, 1.5, 2.0)
_KINDS = ("themes", "words")


def traits_of(scoring: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return what is looked for under each facet of a version's block, and how it counts; the rest comes last."""
    (persona,) = scoring["personas"]
    found: dict[str, dict[str, float]] = {}
    for facet in USUAL:
        of_facet = persona["facets"][facet]
        rest = of_facet.get("rest", {"text": "", "weight": 1.0})
        named = {entry["text"]: entry["weight"] for kind in _KINDS for entry in of_facet[kind]}
        found[facet] = {text: weight for text, weight in sorted(named.items()) if text != rest["text"]}
        if rest["text"]:
            found[facet][rest["text"]] = rest["weight"]
    return found


def facets_of(weights: Mapping[str, Any]) -> dict[str, int]:
    """Return how the facets count by the weights of a version or a weighing."""
    return {**USUAL, **weights.get("facets", {})}


def compared_by(scoring: Mapping[str, Any]) -> dict[str, int]:
    """Return the facet weights by which the colleagues were scored to whom a block compares."""
    return {**USUAL, **scoring.get("compared", {})}


def reweighed_traits(weights: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Return how the traits count that do not count once, by facet and text."""
    return {(trait["facet"], trait["text"]): trait["weight"] for trait in weights.get("traits", [])}


def report_of(version: PersonaVersion) -> dict[str, Any]:
    """Return a report of this persona alone, by which files are scored to the numbers of the pages."""
    report = version.analysis.report or {}
    kept = {key: report.get(key) for key in ("schema_version", "seed", "n_responses", "n_used", "refusal")}
    persona = {**version.card, "name": version.name, "summary": version.summary}
    return {**kept, "personas": [persona], "scoring": version.scoring}


def propose(
    session: Session,
    version: PersonaVersion,
    *,
    facets: Mapping[str, int],
    traits: Mapping[str, Mapping[str, float]],
    account_id: int | None,
) -> Job:
    """Add a wish for other weights and the job that finds out which leads would move; the same one twice is one job.

    Traits that are not named count once.

    Raises InvalidInputError for weights by which nothing could be scored or nothing would change, ConflictError or
    StateError if the version is not in force.
    """
    check_in_force(session, version)
    known = traits_of(version.scoring)
    _check_facets(facets)
    counting = {
        facet: {text: traits.get(facet, {}).get(text, 1.0) for text in known[facet]} for facet in USUAL
    }
    for facet, weights in traits.items():
        if not weights.keys() <= known.get(facet, {}).keys() or not set(weights.values()) <= set(STEPS):
            raise InvalidInputError(
                "We could not read how a trait is to count. Reload the page and try again."
            )
    for facet, weight in facets.items():
        if weight and not any(counting[facet].values()):
            raise InvalidInputError(
                f"All traits under “{_CALLED[facet]}” are at 0. Let one count, or give the part itself a 0."
            )
    (persona,) = version.scoring["personas"]
    if not any(facets[facet] and persona["facets"][facet]["themes"] for facet in facets):
        raise InvalidInputError(
            "Too few colleagues of this persona spoke of what is left to count, so no lead could be scored. "
            "Give another part a weight."
        )
    weights = _weights(facets, counting)
    if weights == version.weights:
        raise InvalidInputError("These are the weights in force. Change one to see who would move.")
    running = _unfinished_job(session, version, weights)
    if running is not None:
        return running
    weighing = Weighing(version_id=version.id, weights=weights, created_by=account_id)
    session.add(weighing)
    session.flush()
    job = jobs.enqueue(session, kind=JobKind.PREVIEW_WEIGHTS, subject_id=weighing.id, account_id=account_id)
    weighing.job_id = job.id
    return job


def get_weighing(session: Session, weighing_id: int) -> Weighing:
    """Return a weighing. Raises NotFoundError."""
    weighing = session.get(Weighing, weighing_id)
    if weighing is None:
        raise NotFoundError("There is no such preview.")
    return weighing


def publish_weighing(session: Session, weighing: Weighing, *, account_id: int | None) -> PersonaVersion:
    """Put a new version of the persona in force that counts as was tried, and start scoring every lead with it.

    The old version is retired and stays for the record. Raises ConflictError if somebody was first, StateError if the
    persona was withdrawn or the preview has not ended.
    """
    old = weighing.version
    session.refresh(old, ["state"], with_for_update=True)
    check_in_force(session, old)
    if weighing.scoring is None or weighing.preview is None:
        raise StateError("The preview has not ended. Wait for it, or start it again.")
    latest = session.scalar(
        select(func.max(PersonaVersion.number)).where(PersonaVersion.persona_id == old.persona_id)
    )
    version = PersonaVersion(
        persona_id=old.persona_id,
        number=(latest or old.number) + 1,
        state=VersionState.PUBLISHED,
        analysis_id=old.analysis_id,
        cluster=old.cluster,
        name=old.name,
        summary=old.summary,
        card=old.card,
        scoring=weighing.scoring,
        weights=weighing.weights,
        published_at=utc_now(),
        published_by=account_id,
    )
    old.state = VersionState.RETIRED
    weighing.scoring = None
    session.add(version)
    session.flush()
    audit.record(
        session,
        "weighed anew",
        f"persona {version.persona_id}",
        account_id=account_id,
        version=version.number,
        instead_of=old.number,
        **facets_of(version.weights),
        traits=len(version.weights.get("traits", [])),
    )
    score_leads_anew(session, account_id)
    return version


def check_in_force(session: Session, version: PersonaVersion) -> None:
    """Raise ConflictError if a later version of the persona is in force, StateError if none is."""
    if version.state == VersionState.PUBLISHED:
        return
    later = session.scalar(
        select(PersonaVersion.number).where(
            PersonaVersion.persona_id == version.persona_id, PersonaVersion.state == VersionState.PUBLISHED
        )
    )
    if later is not None:
        raise ConflictError(
            f"Somebody has changed the weights of “{version.name}” in the meantime: version {later} is in force. "
            "Start from its weights."
        )
    raise StateError(
        f"“{version.name}” is not published, so it scores nobody and its weights change nothing."
    )


def _unfinished_job(session: Session, version: PersonaVersion, weights: Mapping[str, Any]) -> Job | None:
    unfinished = session.execute(
        select(Weighing.weights, Job)
        .join(Job, Job.id == Weighing.job_id)
        .where(Weighing.version_id == version.id, Job.state.in_(jobs.UNFINISHED), Job.cancel.is_(False))
    )
    return next((job for wanted, job in unfinished if wanted == weights), None)


def _check_facets(facets: Mapping[str, int]) -> None:
    if facets.keys() != USUAL.keys() or min(facets.values()) < 0:
        raise InvalidInputError("Each of the three parts needs a weight of 0 or more.")
    total = sum(facets.values())
    if not total:
        raise InvalidInputError(
            f"If all weights are 0, nothing counts and no lead gets a number. Share out {WHOLE} among the three."
        )
    if total != WHOLE:
        mend = f"Take {total - WHOLE} away." if total > WHOLE else f"Add {WHOLE - total}."
        raise InvalidInputError(f"The three weights come to {total}; they must come to {WHOLE}. {mend}")


def _weights(facets: Mapping[str, int], counting: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Return weights as a version holds them: nothing if they are the usual ones."""
    traits = [
        {"facet": facet, "text": text, "weight": weight}
        for facet, weights in counting.items()
        for text, weight in weights.items()
        if weight != 1
    ]
    return {"facets": dict(facets), "traits": traits} if traits or facets != USUAL else {}
