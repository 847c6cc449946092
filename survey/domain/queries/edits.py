"""Reads of edits: those in force on an analysis, and those a new one makes again."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from survey.domain.jobs import UNFINISHED
from survey.enums import EditKind, VersionState
from survey.models import Analysis, Edit, Job, PersonaVersion


@dataclass(frozen=True, slots=True)
class EditRow:
    """One edit as a page tells it; ``reason`` says why it could not be made again, if so.

    ``is_frozen``: a persona that its undoing would change is no draft any more, so it cannot be undone here.
    """

    id: int
    kind: EditKind
    name: str
    other: str
    where: str
    text: str
    is_pending: bool
    is_frozen: bool
    reason: str | None


def edits_of_wave(session: Session, wave_id: int) -> list[Edit]:
    """Return the edits that an analysis of a wave makes again, in their order."""
    return list(
        session.scalars(
            select(Edit)
            .join(Analysis, Analysis.id == Edit.analysis_id)
            .where(Analysis.wave_id == wave_id, Edit.undone_at.is_(None))
            .order_by(Edit.id)
        )
    )


def active_edits(session: Session, analysis: Analysis) -> list[Edit]:
    """Return the edits in force on an analysis, in their order: those it made again and those made on it."""
    return list(
        session.scalars(
            select(Edit)
            .where(
                or_(Edit.analysis_id == analysis.id, Edit.id.in_(analysis.edits)), Edit.undone_at.is_(None)
            )
            .order_by(Edit.id)
        )
    )


def edit_rows(session: Session, analysis: Analysis) -> list[EditRow]:
    """Return the edits in force on an analysis with the names of the personas on which they were made."""
    edits = active_edits(session, analysis)
    names = {
        (analysis_id, cluster): name
        for analysis_id, cluster, name in session.execute(
            select(PersonaVersion.analysis_id, PersonaVersion.cluster, PersonaVersion.name).where(
                PersonaVersion.analysis_id.in_({edit.analysis_id for edit in edits})
            )
        )
    }
    reasons = reasons_against(analysis)
    frozen = set(
        session.scalars(
            select(PersonaVersion.cluster).where(
                PersonaVersion.analysis_id == analysis.id, PersonaVersion.state != VersionState.DRAFT
            )
        )
    )
    return [
        EditRow(
            edit.id,
            edit.kind,
            names.get((edit.analysis_id, edit.cluster), ""),
            names.get((edit.analysis_id, edit.other), ""),
            edit.where,
            _as_on_the_card(edit),
            edit.analysis_id == analysis.id and edit.kind in (EditKind.MERGE, EditKind.SPLIT),
            any(undoing_changes(analysis, edit, cluster) for cluster in frozen),
            reasons.get(edit.id),
        )
        for edit in edits
    ]


def _as_on_the_card(edit: Edit) -> str:
    """Return what an edit was about; a channel, which the analysis knows by its code, as the card called it."""
    channels = edit.before.get("card", {}).get("channels", []) if edit.where == "channels" else []
    return next((str(one["text"]) for one in channels if one.get("option") == edit.text), edit.text)


def undoing_changes(analysis: Analysis, edit: Edit, cluster: str) -> bool:
    """Whether undoing an edit on an analysis changes its persona of this cluster: all, if it was made before."""
    return edit.analysis_id != analysis.id or edit.cluster == cluster


def reasons_against(analysis: Analysis) -> dict[int, str]:
    """Return the edits that an analysis could not make again, by id, with the reason."""
    unreplayed = (analysis.report or {}).get("unreplayed", [])
    return {analysis.edits[one["event"] - 1]: one["reason"] for one in unreplayed}


def n_undone_since(session: Session, analysis: Analysis) -> int:
    """Count the edits that an analysis made again and that were undone on another one since: its drafts have them."""
    made = set(analysis.edits) - reasons_against(analysis).keys()
    undone = select(func.count()).where(Edit.id.in_(made), Edit.undone_at.is_not(None))
    return session.scalar(undone) or 0


def unfinished_analysis(session: Session, wave_id: int) -> Job | None:
    """Return the job of an analysis of a wave that waits or runs, if there is one."""
    return session.scalar(
        select(Job)
        .join(Analysis, Analysis.job_id == Job.id)
        .where(Analysis.wave_id == wave_id, Job.state.in_(UNFINISHED), Job.cancel.is_(False))
        .order_by(Job.created_at.desc())
        .limit(1)
    )
