"""Personas: an analysis is started, drafts are published to everyone, and withdrawn again.

What the machine does in between is in analyses, how people change drafts in edits; this module loads no analysis
code, so web pages may use it.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.domain import audit, jobs
from survey.domain.leads import start_scoring
from survey.enums import JobKind, VersionState, WaveState
from survey.exceptions import InvalidInputError, NotFoundError, StateError
from survey.models import Analysis, Job, Lead, PersonaVersion, Wave
from survey.models.base import utc_now

#: Fewer than two personas tell nobody apart; more than twelve nobody keeps in mind.
MIN_PERSONAS, MAX_PERSONAS = 2, 12


def start_analysis(
    session: Session,
    wave: Wave,
    *,
    account_id: int | None,
    n_personas: int | None = None,
    seed: int = 0,
    revises: Analysis | None = None,
) -> Job:
    """Add an analysis of a closed wave and the job that runs it; the same one twice is one job.

    The drafts of the analysis that it ``revises`` are retired when it has found some.
    Raises StateError if the wave is not closed, InvalidInputError on a number of personas nobody can use.
    """
    session.refresh(wave, ["state"], with_for_update=True)
    if wave.state != WaveState.CLOSED:
        raise StateError(
            "Only a closed wave can be analysed, so that answers stay anonymous. Close it first."
        )
    if n_personas is not None and not MIN_PERSONAS <= n_personas <= MAX_PERSONAS:
        raise InvalidInputError(
            f"Ask for {MIN_PERSONAS} to {MAX_PERSONAS} personas, or leave the number open."
        )
    running = _unfinished_job(session, wave, n_personas, seed)
    if running is not None:
        return running
    analysis = Analysis(
        wave_id=wave.id,
        seed=seed,
        n_personas=n_personas,
        revises_id=revises.id if revises else None,
        created_by=account_id,
    )
    session.add(analysis)
    session.flush()
    job = jobs.enqueue(session, kind=JobKind.ANALYSE, subject_id=analysis.id, account_id=account_id)
    analysis.job_id = job.id
    audit.record(
        session,
        "started",
        f"analysis {analysis.id}",
        account_id=account_id,
        wave=wave.id,
        n_personas=n_personas,
    )
    return job


def get_version(session: Session, version_id: int) -> PersonaVersion:
    """Return a persona version. Raises NotFoundError."""
    version = session.get(PersonaVersion, version_id)
    if version is None:
        raise NotFoundError("There is no such persona.")
    return version


def publish_analysis(
    session: Session,
    analysis: Analysis,
    *,
    account_id: int | None,
    version_ids: Collection[int] | None = None,
) -> list[PersonaVersion]:
    """Publish all drafts of an analysis, or those chosen; personas of other analyses are retired.

    From then on the versions are frozen, everyone in the organisation sees them and leads are scored with them.
    Raises StateError if there is no draft to publish, NotFoundError if a chosen one is not among them.
    """
    session.refresh(analysis, ["job_id"], with_for_update=True)
    drafts = {
        version.id: version
        for version in session.scalars(
            select(PersonaVersion)
            .where(PersonaVersion.analysis_id == analysis.id, PersonaVersion.state == VersionState.DRAFT)
            .order_by(PersonaVersion.id)
        )
    }
    if not drafts or (version_ids is not None and not version_ids):
        raise StateError("There is no draft to publish. Choose at least one that is not published yet.")
    if not drafts.keys() >= set(version_ids or ()):
        raise NotFoundError(
            "A chosen persona is no longer a draft of this analysis. Look which there are by now."
        )
    chosen = [version for version in drafts.values() if version_ids is None or version.id in version_ids]
    retired = _retire_others(session, analysis)
    for version in chosen:
        version.state = VersionState.PUBLISHED
        version.published_at = utc_now()
        version.published_by = account_id
        audit.record(
            session,
            "published",
            f"persona {version.persona_id}",
            account_id=account_id,
            version=version.number,
        )
    for version in retired:
        audit.record(
            session, "retired", f"persona {version.persona_id}", account_id=account_id, version=version.number
        )
    score_leads_anew(session, account_id)
    return chosen


def withdraw_version(session: Session, version: PersonaVersion, *, account_id: int | None) -> None:
    """Take a published persona away from everyone; it stays for the record. Raises StateError."""
    session.refresh(version, ["state"], with_for_update=True)
    if version.state != VersionState.PUBLISHED:
        raise StateError("Only a published persona can be withdrawn.")
    version.state = VersionState.RETIRED
    audit.record(
        session, "withdrew", f"persona {version.persona_id}", account_id=account_id, version=version.number
    )
    score_leads_anew(session, account_id)


def score_leads_anew(session: Session, account_id: int | None) -> None:
    """Start a scoring, if there are leads: which persona is their best depends on all that are published."""
    if session.scalar(select(Lead.id).limit(1)) is not None:
        start_scoring(session, account_id=account_id)


def _unfinished_job(session: Session, wave: Wave, n_personas: int | None, seed: int) -> Job | None:
    return session.scalar(
        select(Job)
        .join(Analysis, Analysis.job_id == Job.id)
        .where(
            Analysis.wave_id == wave.id,
            Analysis.n_personas.is_not_distinct_from(n_personas),
            Analysis.seed == seed,
            Job.state.in_(jobs.UNFINISHED),
            Job.cancel.is_(False),
        )
    )


def _retire_others(session: Session, analysis: Analysis) -> list[PersonaVersion]:
    others = session.scalars(
        select(PersonaVersion)
        .where(PersonaVersion.analysis_id != analysis.id, PersonaVersion.state == VersionState.PUBLISHED)
        .order_by(PersonaVersion.id)
        .with_for_update()
    ).all()
    for version in others:
        version.state = VersionState.RETIRED
    return list(others)
