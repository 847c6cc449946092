"""The job row: claims, leases, the fence, cancelling, giving up, chores. On both databases."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import audit, jobs
from survey.enums import JobKind, JobState
from survey.exceptions import JobCancelledError, NotFoundError
from survey.models import AuditEntry, Chore, Job
from survey.models.base import utc_now

MINUTE = dt.timedelta(minutes=1)
#: A lease that has already run out: its worker is as good as dead.
LAPSED = dt.timedelta(seconds=-1)


def add_job(session: Session, subject_id: int = 1, kind: JobKind = JobKind.ANALYSE) -> str:
    with transaction(session):
        return jobs.enqueue(session, kind=kind, subject_id=subject_id).id


def claim(session: Session, owner: str = "one", length: dt.timedelta = MINUTE) -> jobs.Lease | None:
    with transaction(session):
        return jobs.claim(session, owner=owner, length=length)


def held(session: Session, owner: str = "one", length: dt.timedelta = MINUTE) -> jobs.Lease:
    lease = claim(session, owner, length)
    assert lease is not None
    return lease


def leave_effect(session: Session, lease: jobs.Lease) -> None:
    """Do a chunk: its effect and its progress in one transaction."""
    with transaction(session):
        audit.record(session, "chunk", "job")
        jobs.advance(session, lease, n_done=1)


def state_of(session: Session, job_id: str) -> JobState:
    session.rollback()
    return jobs.get_job(session, job_id).state


def count_effects(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def test_enqueued_job_waits(session: Session) -> None:
    job_id = add_job(session)

    job = jobs.get_job(session, job_id)

    assert (job.state, job.n_done, job.n_total, job.cursor, job.attempts) == (JobState.QUEUED, 0, 0, {}, 0)
    assert jobs.is_waiting(session)


def test_enqueue_twice_is_one_job(session: Session) -> None:
    first = add_job(session)
    second = add_job(session)

    assert second == first
    assert session.scalar(select(func.count()).select_from(Job)) == 1


def test_enqueue_while_it_runs_is_the_running_job(session: Session) -> None:
    first = add_job(session)
    held(session)

    assert add_job(session) == first


def test_enqueue_for_another_subject_or_kind_is_another_job(session: Session) -> None:
    added = {add_job(session, 1), add_job(session, 2), add_job(session, 1, JobKind.CLOSE_WAVE)}

    assert len(added) == 3


def test_enqueue_after_the_end_is_a_new_job(session: Session) -> None:
    first = add_job(session)
    lease = held(session)
    with transaction(session):
        jobs.finish(session, lease)

    assert add_job(session) != first


def test_enqueue_by_two_sessions_at_once_is_one_job(sessions: sessionmaker[Session]) -> None:
    meeting = threading.Barrier(2)
    added: list[str] = []

    def click() -> None:
        with sessions() as session:
            meeting.wait(timeout=10)
            added.append(add_job(session))

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
        assert set(added) == set(session.scalars(select(Job.id)))


def test_get_job_that_does_not_exist(session: Session) -> None:
    with pytest.raises(NotFoundError):
        jobs.get_job(session, "none")


def test_claim_gives_the_oldest_waiting_job(session: Session) -> None:
    first = add_job(session, 1)
    add_job(session, 2)

    lease = held(session, "one")

    job = jobs.get_job(session, first)
    assert (lease.job_id, lease.kind, lease.subject_id) == (first, JobKind.ANALYSE, 1)
    assert (lease.owner, lease.cursor) == ("one", {})
    assert (job.state, job.owner, job.attempts) == (JobState.RUNNING, "one", 1)


def test_claim_without_work_gives_nothing(session: Session) -> None:
    assert claim(session) is None


def test_claimed_job_is_not_given_to_another_worker(session: Session) -> None:
    add_job(session)
    held(session, "one")

    assert claim(session, "two") is None
    assert not jobs.is_waiting(session)


def test_job_of_a_silent_worker_goes_on_from_its_cursor(session: Session) -> None:
    job_id = add_job(session)
    lapsed = held(session, "one", LAPSED)
    with transaction(session):
        jobs.advance(session, lapsed, n_done=2, n_total=5, step="Reading", cursor={"next": 2})

    assert jobs.is_waiting(session)
    lease = held(session, "two")

    job = jobs.get_job(session, job_id)
    assert (lease.job_id, lease.owner, lease.cursor) == (job_id, "two", {"next": 2})
    assert (job.owner, job.n_done, job.n_total, job.step) == ("two", 2, 5, "Reading")


def test_advance_renews_the_lease_and_forgives_earlier_attempts(session: Session) -> None:
    job_id = add_job(session)
    held(session, "one", LAPSED)
    lease = held(session, "two")
    before = jobs.get_job(session, job_id).lease_until
    assert before is not None

    with transaction(session):
        jobs.advance(session, lease, n_done=1)

    job = jobs.get_job(session, job_id)
    assert job.lease_until is not None
    assert job.lease_until > before
    assert job.attempts == 0


def put_back(session: Session, lease: jobs.Lease, *, held: dt.timedelta) -> bool:
    with transaction(session):
        return jobs.put_back(session, replace(lease, taken_at=utc_now() - held))


def test_job_gives_way_to_one_that_nobody_has_begun_and_then_goes_on(session: Session) -> None:
    long = add_job(session, 1)
    lease = held(session)
    with transaction(session):
        jobs.advance(session, lease, n_done=50, n_total=90, cursor={"after": 50})
    alone = put_back(session, lease, held=2 * jobs.SHORT_TURN)
    short = add_job(session, 2)

    too_soon = put_back(session, lease, held=jobs.SHORT_TURN / 2)
    gave_way = put_back(session, lease, held=2 * jobs.SHORT_TURN)

    assert (alone, too_soon, gave_way) == (False, False, True)
    with pytest.raises(JobCancelledError):
        leave_effect(session, lease)
    assert held(session).job_id == short
    again = held(session)
    assert (again.job_id, again.cursor) == (long, {"after": 50})
    assert not put_back(session, again, held=2 * jobs.SHORT_TURN)


def test_long_jobs_take_turns_and_a_stopped_one_none(session: Session) -> None:
    first, second = add_job(session, 1), add_job(session, 2)
    leases = [held(session), held(session)]

    assert all(put_back(session, lease, held=2 * jobs.TURN) for lease in leases)
    again = held(session)
    assert (again.job_id, jobs.get_job(session, first).attempts) == (first, 2)
    assert put_back(session, again, held=2 * jobs.TURN)
    again = held(session)
    assert again.job_id == second
    with transaction(session):
        jobs.cancel(session, jobs.get_job(session, second))
    assert not put_back(session, again, held=2 * jobs.TURN)


@pytest.mark.parametrize("kind", jobs.ON_LEADS)
def test_fairness_check_waits_until_no_job_changes_leads(session: Session, kind: JobKind) -> None:
    scoring = add_job(session, 0, kind)
    lease = held(session)
    check = add_job(session, 1, JobKind.CHECK_FAIRNESS)

    assert not jobs.is_waiting(session)
    assert not put_back(session, lease, held=2 * jobs.SHORT_TURN)
    assert put_back(session, lease, held=2 * jobs.TURN)
    again = held(session)
    assert again.job_id == scoring
    with transaction(session):
        jobs.finish(session, again)
    begun = held(session)
    assert begun.job_id == check
    # What changes leads while a check is under way goes first, and the check goes on when that has ended.
    later = add_job(session, 2, kind)
    assert put_back(session, begun, held=2 * jobs.SHORT_TURN)
    assert held(session).job_id == later
    assert claim(session) is None


def test_worker_that_lost_its_lease_leaves_no_effect(session: Session) -> None:
    add_job(session)
    lost = held(session, "one", LAPSED)
    held(session, "two")

    with pytest.raises(JobCancelledError):
        leave_effect(session, lost)

    assert count_effects(session) == 0


def test_worker_that_lost_its_lease_can_neither_finish_nor_fail_the_job(session: Session) -> None:
    job_id = add_job(session)
    lost = held(session, "one", LAPSED)
    held(session, "two")

    with pytest.raises(JobCancelledError), transaction(session):
        jobs.finish(session, lost)
    with transaction(session):
        jobs.fail(session, lost, error="Too late.")
        jobs.settle_cancelled(session, lost)

    assert state_of(session, job_id) == JobState.RUNNING


def test_finish_ends_the_job_with_full_progress(session: Session) -> None:
    job_id = add_job(session)
    lease = held(session)
    with transaction(session):
        jobs.advance(session, lease, n_done=3, n_total=5)

    with transaction(session):
        jobs.finish(session, lease)

    job = jobs.get_job(session, job_id)
    assert (job.state, job.n_done, job.error) == (JobState.DONE, 5, "")
    assert job.finished_at is not None


def test_finished_job_takes_no_further_effect(session: Session) -> None:
    add_job(session)
    lease = held(session)
    with transaction(session):
        jobs.finish(session, lease)

    with pytest.raises(JobCancelledError):
        leave_effect(session, lease)

    assert count_effects(session) == 0


def test_fail_keeps_the_sentence(session: Session) -> None:
    job_id = add_job(session)
    lease = held(session)

    with transaction(session):
        jobs.fail(session, lease, error="The file has no rows. " + "x" * 600)

    job = jobs.get_job(session, job_id)
    assert (job.state, job.error[:21], len(job.error)) == (JobState.FAILED, "The file has no rows.", 500)


def test_cancel_ends_a_waiting_job_at_once(session: Session) -> None:
    job_id = add_job(session)

    with transaction(session):
        jobs.cancel(session, jobs.get_job(session, job_id))

    assert state_of(session, job_id) == JobState.CANCELLED
    assert claim(session) is None


def test_cancel_stops_a_running_job_at_its_next_chunk(session: Session) -> None:
    job_id = add_job(session)
    lease = held(session)

    with transaction(session):
        jobs.cancel(session, jobs.get_job(session, job_id))
    assert state_of(session, job_id) == JobState.RUNNING
    with pytest.raises(JobCancelledError):
        leave_effect(session, lease)
    with transaction(session):
        jobs.settle_cancelled(session, lease)

    assert state_of(session, job_id) == JobState.CANCELLED
    assert count_effects(session) == 0


def test_cancel_of_a_job_that_is_being_put_back_is_not_lost(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        job_id = add_job(session)
        lease = held(session)

    def stop() -> None:
        with sessions() as other, transaction(other):
            jobs.cancel(other, jobs.get_job(other, job_id))

    stopping = threading.Thread(target=stop)
    with sessions() as session:
        with transaction(session):
            assert jobs.put_back(session, replace(lease, taken_at=utc_now() - 2 * jobs.TURN))
            stopping.start()
            stopping.join(timeout=0.3)  # it waits for the row, or for the database, that is held here
        stopping.join()

        assert state_of(session, job_id) == JobState.CANCELLED
        assert claim(session) is None


def test_job_that_waits_and_was_told_to_stop_is_never_done(session: Session) -> None:
    job_id = add_job(session)
    with transaction(session):
        jobs.get_job(session, job_id).cancel = True

    assert claim(session) is None

    assert state_of(session, job_id) == JobState.CANCELLED


def test_cancelled_job_of_a_dead_worker_is_settled_by_the_next(session: Session) -> None:
    job_id = add_job(session)
    held(session, "one", LAPSED)
    with transaction(session):
        jobs.cancel(session, jobs.get_job(session, job_id))

    assert claim(session, "two") is None

    assert state_of(session, job_id) == JobState.CANCELLED


def test_cancel_after_the_end_changes_nothing(session: Session) -> None:
    job_id = add_job(session)
    lease = held(session)
    with transaction(session):
        jobs.finish(session, lease)

    with transaction(session):
        jobs.cancel(session, jobs.get_job(session, job_id))

    job = jobs.get_job(session, job_id)
    assert (job.state, job.cancel) == (JobState.DONE, False)


def test_job_that_keeps_stopping_its_worker_is_given_up(session: Session) -> None:
    job_id = add_job(session)
    for _ in range(jobs.MAX_ATTEMPTS):
        held(session, "one", LAPSED)

    assert claim(session, "one") is None

    job = jobs.get_job(session, job_id)
    assert job.state == JobState.FAILED
    assert job.error == "This job stopped its worker several times and was given up."


def test_given_up_job_does_not_hold_up_the_next(session: Session) -> None:
    add_job(session, 1)
    for _ in range(jobs.MAX_ATTEMPTS):
        held(session, "one", LAPSED)
    behind = add_job(session, 2)

    assert held(session).job_id == behind


def test_two_workers_never_claim_the_same_job(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        added = {add_job(session, subject_id) for subject_id in range(10)}
    meeting = threading.Barrier(2)
    claimed: list[str] = []

    def work(owner: str) -> None:
        with sessions() as session:
            meeting.wait(timeout=10)
            while jobs.is_waiting(session):
                if lease := claim(session, owner):
                    claimed.append(lease.job_id)

    workers = [threading.Thread(target=work, args=(owner,)) for owner in ("one", "two")]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()

    assert sorted(claimed) == sorted(added)


def test_chore_is_taken_by_one_of_two_workers(sessions: sessionmaker[Session]) -> None:
    with sessions() as one, transaction(one):
        first = jobs.take_chore(one, name="release", every=MINUTE)
    with sessions() as two, transaction(two):
        second = jobs.take_chore(two, name="release", every=MINUTE)

    assert (first, second) == (True, False)


def test_new_chore_is_taken_by_one_of_two_workers_at_once(sessions: sessionmaker[Session]) -> None:
    meeting = threading.Barrier(2)
    taken: list[bool] = []

    def work() -> None:
        with sessions() as session:
            meeting.wait(timeout=10)
            with transaction(session):
                taken.append(jobs.take_chore(session, name="release", every=MINUTE))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()

    assert sorted(taken) == [False, True]


def test_chore_comes_round_again_when_it_is_due(session: Session) -> None:
    with transaction(session):
        assert jobs.take_chore(session, name="release", every=LAPSED)

    with transaction(session):
        assert jobs.take_chore(session, name="release", every=MINUTE)
    with transaction(session):
        assert not jobs.take_chore(session, name="release", every=MINUTE)

    chore = session.get(Chore, "release")
    assert chore is not None


def set_clock(monkeypatch: pytest.MonkeyPatch, by: dt.timedelta) -> None:
    monkeypatch.setattr(jobs, "utc_now", lambda: utc_now() + by)


@pytest.mark.parametrize("back", [dt.timedelta(hours=3), dt.timedelta(days=400)])
def test_clock_set_back_strands_neither_job_nor_chore(
    session: Session, monkeypatch: pytest.MonkeyPatch, back: dt.timedelta
) -> None:
    job_id = add_job(session)
    dead = held(session, "dead")
    with transaction(session):
        assert jobs.take_chore(session, name="release", every=MINUTE)

    set_clock(monkeypatch, -back)

    assert jobs.is_waiting(session)
    leave_effect(session, held(session, "two"))
    with pytest.raises(JobCancelledError):
        leave_effect(session, dead)
    with transaction(session):
        assert jobs.take_chore(session, name="release", every=MINUTE)
    assert (state_of(session, job_id), count_effects(session)) == (JobState.RUNNING, 1)


def test_worker_that_looked_at_the_clock_first_and_comes_second_takes_no_chore(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(session):
        assert jobs.take_chore(session, name="release", every=MINUTE)

    set_clock(monkeypatch, -dt.timedelta(seconds=1))

    with transaction(session):
        assert not jobs.take_chore(session, name="release", every=MINUTE)


def test_worker_that_lives_keeps_its_job_when_the_clock_is_set_back(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_job(session)
    lease = held(session)

    set_clock(monkeypatch, -dt.timedelta(hours=3))
    leave_effect(session, lease)

    assert not jobs.is_waiting(session)
    assert claim(session, "two") is None
