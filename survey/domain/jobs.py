"""The job row: who may act on long work, how far it is, and how it ends.

A worker claims a row and gets a :class:`Lease`. Each chunk's effect, progress and lease are one transaction,
fenced by owner and cancel in :func:`advance`: a worker that lost its lease or was told to stop cannot leave
another effect behind. Nothing depends on a queue's memory.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Select, and_, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from survey.enums import JobKind, JobState
from survey.exceptions import JobCancelledError, NotFoundError
from survey.models import Chore, Job
from survey.models.base import utc_now

#: A job that stops its worker so often without finishing one chunk is given up.
MAX_ATTEMPTS = 5
UNFINISHED = (JobState.QUEUED, JobState.RUNNING)
#: Kinds that change leads or scores.
ON_LEADS = (JobKind.IMPORT_LEADS, JobKind.SCORE_LEADS, JobKind.UNDO_IMPORT)
#: A job that goes on from its cursor is held for so long, if one waits that nobody has begun, and if none does.
SHORT_TURN, TURN = dt.timedelta(seconds=1), dt.timedelta(seconds=30)
#: No lease is so long; one that ends farther away was given before the clock was set back.
FARTHEST_LEASE = dt.timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to act on one job until it expires. Plain values: survives any rollback."""

    job_id: str
    kind: JobKind
    subject_id: int
    account_id: int | None
    owner: str
    cursor: dict[str, Any]
    length: dt.timedelta
    taken_at: dt.datetime


def enqueue(session: Session, *, kind: JobKind, subject_id: int, account_id: int | None = None) -> Job:
    """Add a job, or return the unfinished one for the same subject, so a double click starts nothing twice."""
    job = Job(kind=kind, subject_id=subject_id, created_by=account_id)
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:  # the index on unfinished jobs: somebody was first
        return session.scalars(unfinished(kind, subject_id)).one()
    return job


def enqueue_anew(session: Session, *, kind: JobKind, subject_id: int, account_id: int | None = None) -> Job:
    """Add a job, or return the unfinished one, which sees at its next look what this transaction changes.

    The job is held until the transaction ends. One that is ending already ends first, and another is added.
    """
    while True:
        job = enqueue(session, kind=kind, subject_id=subject_id, account_id=account_id)
        session.refresh(job, with_for_update=True)
        if job.state in UNFINISHED:
            return job


def unfinished(kind: JobKind, subject_id: int) -> Select[Job]:
    """Select the job of a kind that waits or runs for a subject; there is one at the most."""
    return select(Job).where(Job.kind == kind, Job.subject_id == subject_id, Job.state.in_(UNFINISHED))


def get_job(session: Session, job_id: str) -> Job:
    """Return a job. Raises NotFoundError."""
    job = session.get(Job, job_id)
    if job is None:
        raise NotFoundError("There is no such job.")
    return job


def is_waiting(session: Session) -> bool:
    """Whether a job waits for a worker."""
    return session.scalar(select(Job.id).where(_free(utc_now())).limit(1)) is not None


def has_unbegun(session: Session) -> bool:
    """Whether a job waits that nobody has begun."""
    unbegun = select(Job.id).where(Job.state == JobState.QUEUED, Job.lease_until.is_(None), ~_too_early())
    return session.scalar(unbegun.limit(1)) is not None


def leads_change(session: Session) -> bool:
    """Whether a job that changes leads or scores waits or runs."""
    return bool(session.scalar(select(_leads_change())))


def claim(session: Session, *, owner: str, length: dt.timedelta) -> Lease | None:
    """Take the job that has waited longest, or one whose worker fell silent, and hold it for ``length``."""
    now = utc_now()
    free = _free(now)
    waiting_since = func.coalesce(Job.lease_until, Job.created_at)
    for job_id in session.scalars(select(Job.id).where(free).order_by(waiting_since, Job.id).limit(5)).all():
        taken = _update(
            session,
            and_(Job.id == job_id, free),
            state=JobState.RUNNING,
            owner=owner,
            lease_until=now + length,
            attempts=Job.attempts + 1,
        )
        if taken:
            job = get_job(session, job_id)
            lease = Lease(
                job.id, job.kind, job.subject_id, job.created_by, owner, dict(job.cursor), length, now
            )
            if job.cancel:
                settle_cancelled(session, lease)
            elif job.attempts > MAX_ATTEMPTS:
                fail(session, lease, error="This job stopped its worker several times and was given up.")
            else:
                return lease
    return None


def advance(
    session: Session,
    lease: Lease,
    *,
    n_done: int | None = None,
    n_total: int | None = None,
    step: str | None = None,
    cursor: dict[str, Any] | None = None,
) -> None:
    """Record progress and renew the lease in the transaction that holds the chunk's effect.

    Raises JobCancelledError if the job was cancelled or belongs to another worker by now; the caller's
    transaction then rolls back and the effect never happened.
    """
    given = {"n_done": n_done, "n_total": n_total, "step": step, "cursor": cursor}
    values = {name: value for name, value in given.items() if value is not None}
    if not _update(session, _held(lease), lease_until=utc_now() + lease.length, attempts=0, **values):
        raise JobCancelledError


def put_back(session: Session, lease: Lease, *, at_once: bool = False) -> bool:
    """Let another job and the chores have a turn if this one's is over; say whether it was. It goes on from its cursor.

    Else somebody who adds one lead would wait for a file of thousands. ``at_once``: the turn is over whatever the time.
    """
    now = utc_now()
    held = now - lease.taken_at
    if not at_once and (held < SHORT_TURN or (held < TURN and not has_unbegun(session))):
        return False
    return _update(session, _held(lease), state=JobState.QUEUED, owner="", lease_until=now)


def finish(session: Session, lease: Lease) -> None:
    """Mark the job done in the transaction that holds its last effect. Raises JobCancelledError."""
    if not _update(session, _held(lease), state=JobState.DONE, finished_at=utc_now(), n_done=Job.n_total):
        raise JobCancelledError


def fail(session: Session, lease: Lease, *, error: str) -> None:
    """Mark the job failed, with a sentence for the screen, if it is still ours."""
    _update(session, _held(lease), state=JobState.FAILED, error=error[:500], finished_at=utc_now())


def cancel(session: Session, job: Job) -> None:
    """Ask for a stop: a waiting job ends at once, a running one at its next chunk."""
    job_id = job.id
    # The first change holds the row: whether it waits or runs is looked at when nobody can put it back any more.
    _update(session, and_(Job.id == job_id, Job.state.in_(UNFINISHED)), cancel=True)
    waiting = and_(Job.id == job_id, Job.state == JobState.QUEUED)
    _update(session, waiting, state=JobState.CANCELLED, finished_at=utc_now())


def settle_cancelled(session: Session, lease: Lease) -> None:
    """Mark a job that stopped on request as cancelled."""
    ours = and_(Job.id == lease.job_id, Job.owner == lease.owner, Job.cancel, Job.state == JobState.RUNNING)
    _update(session, ours, state=JobState.CANCELLED, finished_at=utc_now())


def take_chore(session: Session, *, name: str, every: dt.timedelta) -> bool:
    """Whether this worker is the one to do a recurring chore now; moves its next due time."""
    now = utc_now()
    if session.get(Chore, name) is None:
        try:
            with session.begin_nested():
                session.add(Chore(name=name, due_at=now))
        except IntegrityError:  # another worker was first
            return False
    taken = session.execute(
        update(Chore)
        # Farther away than two rounds: the clock has been set back. One would not do, because of two workers the
        # one that looked at the clock first may come second.
        .where(Chore.name == name, or_(Chore.due_at <= now, Chore.due_at > now + 2 * every))
        .values(due_at=now + every)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(taken, CursorResult)  # noqa: S101 - tells the type checker
    return taken.rowcount == 1


def _free(now: dt.datetime) -> ColumnElement[bool]:
    """Jobs that anybody may take: waiting ones, and those whose worker fell silent."""
    silent = or_(Job.lease_until < now, Job.lease_until > now + FARTHEST_LEASE)
    waiting = or_(Job.state == JobState.QUEUED, and_(Job.state == JobState.RUNNING, silent))
    return and_(waiting, ~_too_early())


def _too_early() -> ColumnElement[bool]:
    """Fairness checks, as long as leads or scores change: they would report on leads half of which are scored."""
    return and_(Job.kind == JobKind.CHECK_FAIRNESS, _leads_change())


def _leads_change() -> ColumnElement[bool]:
    other = aliased(Job)
    return exists().where(other.kind.in_(ON_LEADS), other.state.in_(UNFINISHED))


def _held(lease: Lease) -> ColumnElement[bool]:
    """The job while this lease is in force and nobody asked for a stop."""
    return and_(
        Job.id == lease.job_id,
        Job.owner == lease.owner,
        Job.state == JobState.RUNNING,
        Job.cancel.is_(False),
    )


def _update(session: Session, where: ColumnElement[bool], **values: Any) -> bool:
    """Change the one job row that matches; say whether there was one."""
    changed = session.execute(
        update(Job).where(where).values(**values).execution_options(synchronize_session=False)
    )
    session.expire_all()
    assert isinstance(changed, CursorResult)  # noqa: S101 - tells the type checker
    return changed.rowcount == 1
