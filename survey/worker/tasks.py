"""What each kind of job and each chore calls. Thin on purpose: the work itself is in the domain."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from analysis.codebook import codes_in
from analysis.redaction import FILLER, mask, without_sensitive
from analysis.text import language_of
from survey.database import transaction
from survey.domain import analyses, fairness, listed_skills, previews, progress, scores, wave_exports
from survey.domain.aliases import forget_listed
from survey.domain.closing import seal_earlier
from survey.domain.jobs import Lease, take_chore
from survey.domain.leads import erase_expired
from survey.domain.responses import release
from survey.domain.self_identification import forget_erased
from survey.domain.settings import editable_values
from survey.domain.wave_imports import forget_uploads
from survey.domain.wave_intake import import_wave
from survey.domain.waves import close_due, close_wave, open_due
from survey.enums import JobKind, WaveState
from survey.exceptions import SurveyError
from survey.models import Wave
from survey.worker import charts, post

if TYPE_CHECKING:
    from survey.worker import Worker

_FILLED = re.compile(f"{FILLER}+")
logger = logging.getLogger(__name__)


def _close_wave(worker: Worker, lease: Lease) -> None:
    close_wave(worker.sessions, worker.keys, lease)


def _analyse(worker: Worker, lease: Lease) -> None:
    analyses.run_analysis(worker.sessions, lease, encoder=worker.encoder, draw=charts.draw, keys=worker.keys)


def _import_leads(worker: Worker, lease: Lease) -> None:
    scores.import_leads(worker.sessions, lease, encoder=worker.encoder, keys=worker.keys)


def _undo_import(worker: Worker, lease: Lease) -> None:
    scores.undo_import(worker.sessions, lease, encoder=worker.encoder)


def _score_leads(worker: Worker, lease: Lease) -> None:
    scores.score_leads(worker.sessions, lease, encoder=worker.encoder)


def _preview_weights(worker: Worker, lease: Lease) -> None:
    previews.run_preview(worker.sessions, lease, encoder=worker.encoder)


def _check_fairness(worker: Worker, lease: Lease) -> None:
    fairness.run_check(worker.sessions, lease, encoder=worker.encoder, keys=worker.keys)


def _import_wave(worker: Worker, lease: Lease) -> None:
    import_wave(worker.sessions, lease)


def _prepare_answers(worker: Worker, lease: Lease) -> None:
    wave_exports.prepare(worker.sessions, lease, protect=protected)


def _suggest_aliases(worker: Worker, lease: Lease) -> None:
    listed_skills.suggest(worker.sessions, lease)


def protected(text: str) -> str:
    """Mask what identifies somebody and leave out sentences on sensitive matters."""
    own_bullets_gone = text.replace(FILLER, "-")
    return _FILLED.sub(wave_exports.MASK, without_sensitive(mask(own_bullets_gone)))


TASKS: dict[JobKind, Callable[[Worker, Lease], None]] = {
    JobKind.CLOSE_WAVE: _close_wave,
    JobKind.ANALYSE: _analyse,
    JobKind.IMPORT_LEADS: _import_leads,
    JobKind.SCORE_LEADS: _score_leads,
    JobKind.PREVIEW_WEIGHTS: _preview_weights,
    JobKind.UNDO_IMPORT: _undo_import,
    JobKind.CHECK_FAIRNESS: _check_fairness,
    JobKind.IMPORT_WAVE: _import_wave,
    JobKind.PREPARE_ANSWERS: _prepare_answers,
    JobKind.SUGGEST_ALIASES: _suggest_aliases,
}


def _open_waves(worker: Worker) -> Sequence[int]:
    with worker.sessions() as session:
        return session.scalars(select(Wave.id).where(Wave.state == WaveState.OPEN)).all()


def release_responses(worker: Worker) -> None:
    """Let the pools of open waves go down to under twenty waiting answers."""
    for wave_id in _open_waves(worker):
        released = True
        while released:
            with worker.sessions() as session, transaction(session):
                wave = session.get(Wave, wave_id)
                released = bool(wave and release(session, worker.keys, wave))


def _open_and_close_waves(worker: Worker) -> None:
    """Act on the times that HR set."""
    with worker.sessions() as session:
        planned = select(Wave.id).where(
            or_(
                Wave.state == WaveState.SCHEDULED,
                and_(Wave.state == WaveState.OPEN, Wave.closes_at.is_not(None)),
            )
        )
        wave_ids = session.scalars(planned).all()
    for wave_id in wave_ids:
        with worker.sessions() as session, transaction(session):
            if wave := session.get(Wave, wave_id):
                open_due(session, wave)
                close_due(session, wave)


def renew_progress(worker: Worker) -> None:
    """Count anew where a crowd has answered since the last look."""
    for wave_id in _open_waves(worker):
        with worker.sessions() as session, transaction(session):
            if wave := session.get(Wave, wave_id):
                progress.renew(session, worker.keys, wave, _themes)


def _themes(text: str) -> frozenset[str]:
    return codes_in(text, language_of(text) or "en")


def _seal_earlier(worker: Worker) -> None:
    seal_earlier(worker.sessions, worker.keys)


def _forget_expired(worker: Worker) -> None:
    with worker.sessions() as session, transaction(session):
        erase_expired(session, retention_days=editable_values(session)["LEAD_RETENTION_DAYS"])
        forget_erased(session, worker.keys)
        forget_uploads(session)
        forget_listed(session)
        wave_exports.forget_prepared(session)


CHORES: dict[str, tuple[dt.timedelta, Callable[[Worker], None]]] = {
    "open and close waves": (dt.timedelta(seconds=15), _open_and_close_waves),
    "send mail": (post.EVERY, post.send_due_mail),
    "renew progress": (dt.timedelta(hours=1), renew_progress),
    "release responses": (dt.timedelta(seconds=30), release_responses),
    "seal earlier attributes": (dt.timedelta(hours=1), _seal_earlier),
    "forget what has expired": (dt.timedelta(hours=1), _forget_expired),
}


def run_chores(worker: Worker) -> None:
    """Do every chore that is due and that no other worker has taken."""
    for name, (every, chore) in CHORES.items():
        with worker.sessions() as session, transaction(session):
            mine = take_chore(session, name=name, every=every)
        if not mine:
            continue
        try:
            chore(worker)
        except SurveyError as error:  # such as a missing key: the other chores and all jobs must go on
            logger.warning("the chore %s was not done: %s", name, error)
