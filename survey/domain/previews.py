"""What the worker does with a weighing: every lead is scored as now and as it would be, and who moves is stored.

A bridge to the analysis, so only the worker loads it. A preview holds numbers of leads and no words of theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session, sessionmaker

from analysis.encoder import Encoder
from analysis.evidence import EvidenceDocument
from analysis.exceptions import AnalysisError
from analysis.scoring import Scorer
from analysis.scoring_block import recalibrated, reweighed
from survey.database import transaction
from survey.domain import jobs
from survey.domain.analyses import measure_anew
from survey.domain.jobs import Lease
from survey.domain.scores import Panel, give_way, next_documents, open_panel
from survey.domain.weighings import check_in_force, compared_by, facets_of, get_weighing, reweighed_traits
from survey.exceptions import JobPutBackError, StateError
from survey.models import Lead

#: So many leads are listed: first those that change their band, then those that move farthest.
MAX_LISTED = 200
#: So often the scoring of colleagues is broken off for another job; then it is brought to its end.
MAX_GIVEN_WAY = 3


def run_preview(sessions: sessionmaker[Session], lease: Lease, *, encoder: Encoder) -> None:
    """Store which leads would move, and the block to score with; goes on where a killed worker stopped.

    Raises StateError or ConflictError if the version is no longer in force or cannot be scored with,
    JobCancelledError if the lease is lost, JobPutBackError if it is another job's turn.
    """
    tally: dict[str, Any] = lease.cursor
    finished = False
    while not finished:
        panel = _panel_with(sessions, lease, encoder)
        if not panel.has_state_of(tally):
            tally = _measure(sessions, lease, panel, encoder, n_begun=tally.get("begun", 0) + 1)
        version_id, scorer = _would_be(sessions, lease, panel)
        changed = False
        while not (changed or finished):
            documents = next_documents(sessions, true(), tally["after"])
            tally = _moved(tally, panel, version_id, scorer, documents)
            with sessions() as session, transaction(session):
                changed = not panel.is_in_force(session)
                jobs.advance(
                    session,
                    lease,
                    n_done=tally["n_leads"],
                    n_total=session.scalar(select(func.count()).select_from(Lead)) or 0,
                    step="Scoring every lead as it would be",
                    cursor=tally,
                )
                finished = not documents and not changed
                if finished:
                    # A job that is lost by now raises, and nothing of this stays.
                    jobs.finish(session, lease)
                    get_weighing(session, lease.subject_id).preview = tally
            if not finished:
                # Only after a chunk: what always gives way at once would never come to an end.
                give_way(sessions, lease)


def _panel_with(sessions: sessionmaker[Session], lease: Lease, encoder: Encoder) -> Panel:
    """Return the published personas, among them the one to be replaced: looked at second, as it never comes back."""
    panel = open_panel(sessions, encoder)
    with sessions() as session:
        check_in_force(session, get_weighing(session, lease.subject_id).version)
    return panel


def _measure(
    sessions: sessionmaker[Session], lease: Lease, panel: Panel, encoder: Encoder, *, n_begun: int
) -> dict[str, Any]:
    """Score colleagues by the new weights, if need be, and keep the block for whoever goes on; begin to tally.

    Nothing is kept of colleagues half of whom are scored, so only the first times this is begun it gives way meanwhile.
    """
    with sessions() as session:
        weighing = get_weighing(session, lease.subject_id)
        version, facets = weighing.version, facets_of(weighing.weights)
        try:
            block = reweighed(version.scoring, facets=facets, traits_of=reweighed_traits(weighing.weights))
        except ValueError as error:
            raise StateError(str(error)) from error
        # Traits count once for colleagues: where only these change, they stay as they were scored.
        analysis_id = None if compared_by(version.scoring) == facets else version.analysis_id
    measured = analysis_id and measure_anew(
        sessions,
        lease,
        analysis_id,
        encoder=encoder,
        weights=facets,
        between=_GivingWay(sessions, lease, n_begun) if n_begun <= MAX_GIVEN_WAY else None,
    )
    tally = _nothing_moved(panel)
    with sessions() as session, transaction(session):
        jobs.advance(session, lease, cursor=tally)
        weighing = get_weighing(session, lease.subject_id)
        weighing.scoring = (measured and recalibrated(block, measured)) or block
    return tally


class _GivingWay:
    """Puts the job back for one that nobody has begun, from whichever thread comes first; the others end with it."""

    def __init__(self, sessions: sessionmaker[Session], lease: Lease, n_begun: int) -> None:
        self._sessions = sessions
        self._lease = lease
        self._n_begun = n_begun
        self._lock = Lock()
        self._is_put_back = False

    def __call__(self) -> None:
        with self._lock, self._sessions() as session:
            if not self._is_put_back and jobs.has_unbegun(session):
                with transaction(session):
                    jobs.advance(session, self._lease, cursor={"begun": self._n_begun})
                    self._is_put_back = jobs.put_back(session, self._lease, at_once=True)
        if self._is_put_back:
            raise JobPutBackError


def _would_be(sessions: sessionmaker[Session], lease: Lease, panel: Panel) -> tuple[int, Scorer]:
    """Return the version that would be replaced, and what would score instead of it."""
    with sessions() as session:
        weighing = get_weighing(session, lease.subject_id)
        try:
            return weighing.version_id, Scorer(weighing.scoring or {}, panel.encoder)
        except AnalysisError as error:
            raise StateError(str(error)) from error


def _moved(
    before: Mapping[str, Any],
    panel: Panel,
    version_id: int,
    scorer: Scorer,
    documents: Mapping[int, EvidenceDocument],
) -> dict[str, Any]:
    """Add who of some leads would move. Plain values: they are kept in the job's cursor."""
    bands, best = dict(before["bands"]), dict(before["best"])
    n_moved, leads = before["n_moved"], list(before["leads"])
    now = panel.score(documents, explained=False)
    would_be = scorer.score_all(list(documents.values()), explained=False)
    for (lead_id, scores), (score,) in zip(now.items(), would_be, strict=True):
        old = scores[version_id]
        _count(bands, old.band, score.band)
        _count(best, panel.best(scores), panel.best({**scores, version_id: score}))
        if old.fit != score.fit:
            n_moved += 1
            leads.append([lead_id, old.fit, old.band, score.fit, score.band])
    leads.sort(key=lambda lead: (lead[2] == lead[4], -abs((lead[3] or 0) - (lead[1] or 0)), lead[0]))
    return {
        **panel.state,
        "after": max(documents, default=before["after"]),
        "n_leads": before["n_leads"] + len(documents),
        "bands": bands,
        "best": best,
        "n_moved": n_moved,
        "leads": leads[:MAX_LISTED],
    }


def _nothing_moved(panel: Panel) -> dict[str, Any]:
    return {
        **panel.state,
        "after": 0,
        "n_leads": 0,
        "bands": {},
        "best": {},
        "n_moved": 0,
        "leads": [],
    }


def _count(moves: dict[str, int], old: object, new: object) -> None:
    """Count a move. A key of JSON is a text: “B A” from B to A, a dash where there is none."""
    key = f"{old or '-'} {new or '-'}"
    moves[key] = moves.get(key, 0) + 1
