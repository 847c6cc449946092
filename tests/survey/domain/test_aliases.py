"""HR's own table of aliases: changed by hand alone, kept version by version, and leads are scored again by it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from analysis.aliases import Row as Written
from analysis.aliases import own_hash, own_table, use
from analysis.segments import plain
from survey.database import transaction
from survey.domain import aliases, jobs, listed_skills, scores
from survey.domain.aliases import Named
from survey.domain.queries.aliases import AliasPage, alias_page, count_outdated
from survey.domain.replays import replay_scores
from survey.enums import JobKind, JobState
from survey.exceptions import ConflictError, InvalidInputError, JobCancelledError, JobPutBackError
from survey.models import AliasSuggestion, AliasTable, AuditEntry, Job, PersonaVersion, Score
from tests.survey.lead_factories import SAMPLE, WordEncoder, claim, do_import, many, publish, start

LEADS = SAMPLE.replace("Release plans;", "Shipping plots;")


@pytest.fixture
def leads(sessions: sessionmaker[Session]) -> None:
    """Two published personas and three leads, one of whom calls release plans otherwise."""
    with sessions() as session, transaction(session):
        publish(session)
    do_import(sessions, LEADS)


def name(sessions: sessionmaker[Session], skill: str, also: str) -> None:
    with sessions() as session, transaction(session):
        aliases.name_skill(session, skill, also, account_id=None)


def remove(sessions: sessionmaker[Session], skill: str, alias: str) -> None:
    with sessions() as session, transaction(session):
        aliases.unname_skill(session, Named(skill, alias), account_id=None)


def score_again(sessions: sessionmaker[Session]) -> None:
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())


def page_of(sessions: sessionmaker[Session]) -> AliasPage:
    with sessions() as session:
        return alias_page(session)


def stored(sessions: sessionmaker[Session]) -> list[tuple[int | None, str]]:
    with sessions() as session:
        return [(one.fit, one.aliases_hash) for one in session.scalars(select(Score).order_by(Score.id))]


# --- the own table ----------------------------------------------------------------------------------------


def test_rows_are_added_and_removed_and_each_change_is_a_version_and_in_the_audit_log(
    sessions: sessionmaker[Session],
) -> None:
    name(sessions, "Harbour  Control", "HCS; port control")
    name(sessions, "k8s", "kubectl stack")
    remove(sessions, "harbour control", "hcs")

    found = page_of(sessions)
    assert found.own == (Named("harbour control", "port control"), Named("kubernetes", "kubectl stack"))
    last, second, first = found.changes
    assert (last.removed, last.added) == ((Named("harbour control", "hcs"),), ())
    assert [len(change.added) for change in (first, second)] == [2, 1]
    table = own_table(
        [Written(1, "harbour control", "port control"), Written(2, "kubernetes", "kubectl stack")]
    )
    use(table)
    assert found.hash == last.hash == own_hash()
    with sessions() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.detail["version"], entry.detail["hash"]) for entry in entries] == [
        (change.number, change.hash) for change in (first, second, last)
    ]

    remove(sessions, "kubernetes", "kubectl stack")
    remove(sessions, "harbour control", "port control")
    assert page_of(sessions).own == ()
    assert page_of(sessions).hash == ""


@pytest.mark.parametrize(
    ("skill", "also", "message"),
    [
        ("sql", "js", "“js” means the skill “javascript” already. Take it out."),
        ("other", "hcs", "“hcs” stands for the skill “harbour control” in another row. Choose one."),
        ("hcs", "port", "“hcs” is a skill in another row."),
        ("harbour control", "HCS", "The table says just that, so nothing has changed."),
        ("sql", "--", "A name has letters or digits"),
        ("SQL", " ; ", "“sql” is called nothing else here. Say what, or take the row out."),
    ],
)
def test_a_row_that_contradicts_a_table_or_changes_nothing_is_refused(
    sessions: sessionmaker[Session], skill: str, also: str, message: str
) -> None:
    name(sessions, "harbour control", "hcs")

    with pytest.raises(InvalidInputError) as refused:
        name(sessions, skill, also)

    assert str(refused.value).startswith(message)
    with sessions() as session:
        assert session.scalars(select(AliasTable.number)).all() == [1]


@pytest.mark.parametrize(
    "change",
    [
        lambda session: aliases.name_skill(session, "sql", "ess queue ell", account_id=None),
        lambda session: aliases.unname_skill(session, Named("harbour control", "hcs"), account_id=None),
        lambda session: aliases.judge_suggestions(
            session, accepted=[Named("sql", "sqll")], declined=[], account_id=None
        ),
        lambda session: aliases.replace_table(session, {}, account_id=None),
    ],
    ids=["name", "remove", "accept", "replace"],
)
def test_of_two_changes_at_the_same_moment_the_second_is_told(
    sessions: sessionmaker[Session], monkeypatch: pytest.MonkeyPatch, change: Callable[[Session], object]
) -> None:
    name(sessions, "harbour control", "hcs")
    with sessions() as session, transaction(session):
        session.add(AliasSuggestion(skill="sql", alias="sqll", likeness=92, n_leads=2))
    with sessions() as session:
        before = session.scalars(select(AliasTable)).one()
    name(sessions, "harbour control", "port control")
    # What was read before somebody else's change; whoever looks again would see that.
    reads = iter([before])
    look_again = aliases.latest_table
    monkeypatch.setattr(aliases, "latest_table", lambda session: next(reads, None) or look_again(session))

    with sessions() as session, pytest.raises(ConflictError, match="Somebody else has changed the table"):
        change(session)

    monkeypatch.undo()
    assert page_of(sessions).own[1:] == (Named("harbour control", "port control"),)


def test_a_table_of_many_aliases_is_kept_and_shown_in_part_and_one_of_too_many_is_refused(
    sessions: sessionmaker[Session], spelled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # More than a statement can name one by one, on either database.
    monkeypatch.setattr("analysis.aliases.MAX_ALIASES", 70_000)
    many_names = tuple(f"port {i}" for i in range(69_999))
    with sessions() as session, transaction(session):
        table = {"harbour": many_names, CUSTOMERS.skill: (CUSTOMERS.alias,)}
        aliases.replace_table(session, table, account_id=None)

    found = page_of(sessions)
    assert (len(found.own), found.n_own) == (200, 70_000)
    assert [one.alias for one in found.proposals] == [KUBERNETES.alias]
    with pytest.raises(InvalidInputError, match="A table has at most 70,000 aliases"):
        name(sessions, "harbour", "haven")


# --- scores -----------------------------------------------------------------------------------------------


def test_a_changed_table_has_all_leads_scored_again_and_until_then_tells_whose_number_is_older(
    sessions: sessionmaker[Session], leads: None
) -> None:
    by_bundled = stored(sessions)
    with sessions() as session:
        assert count_outdated(session) == 0

    name(sessions, "release plans", "shipping plots")
    with sessions() as session:
        assert count_outdated(session) == 2  # the third has no number
        assert session.scalars(select(Job.kind).where(Job.state == JobState.QUEUED)).all() == [
            JobKind.SCORE_LEADS
        ]
    assert stored(sessions) == by_bundled

    score_again(sessions)
    by_own = stored(sessions)
    with sessions() as session:
        assert count_outdated(session) == 0
    assert {aliases_hash for _, aliases_hash in by_own} == {page_of(sessions).hash}
    assert [fit for fit, _ in by_own] != [fit for fit, _ in by_bundled]

    # Taken back, every number is what it was.
    remove(sessions, "release plans", "shipping plots")
    score_again(sessions)
    assert stored(sessions) == by_bundled


def test_a_table_that_is_changed_while_leads_are_scored_counts_for_all_of_them(
    sessions: sessionmaker[Session], leads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "LEADS_PER_CHUNK", 1)
    name(sessions, "release plans", "old plots")
    calls = iter(range(2))

    def change_once(_sessions: object, _lease: object) -> None:
        if next(calls, None) == 0:
            name(sessions, "release plans", "shipping plots")

    monkeypatch.setattr(scores, "give_way", change_once)
    score_again(sessions)

    assert {aliases_hash for _, aliases_hash in stored(sessions)} == {page_of(sessions).hash}
    with sessions() as session:
        assert session.scalars(select(Job).where(Job.state == JobState.QUEUED)).all() == []


def test_a_table_that_is_changed_as_a_scoring_ends_starts_another(
    sessions: sessionmaker[Session], leads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    name(sessions, "release plans", "old plots")
    count, looks = scores._counts, iter(range(2))
    change = Thread(target=name, args=(sessions, "release plans", "shipping plots"))

    def change_after_the_last_look(*arguments: Any) -> Any:
        if next(looks, None) == 1:
            change.start()
            change.join(0.3)
        return count(*arguments)

    monkeypatch.setattr(scores, "_counts", change_after_the_last_look)
    score_again(sessions)
    change.join()

    monkeypatch.undo()
    assert {aliases_hash for _, aliases_hash in stored(sessions)} != {page_of(sessions).hash}
    score_again(sessions)
    assert {aliases_hash for _, aliases_hash in stored(sessions)} == {page_of(sessions).hash}


def test_a_scoring_does_not_end_before_a_change_that_counts_on_it(
    sessions: sessionmaker[Session], leads: None
) -> None:
    name(sessions, "release plans", "old plots")
    lease = claim(sessions)
    scoring = Thread(target=scores.score_leads, args=(sessions, lease), kwargs={"encoder": WordEncoder()})

    with sessions() as session, transaction(session):
        aliases.name_skill(session, "release plans", "shipping plots", account_id=None)
        scoring.start()
        scoring.join(0.5)
    scoring.join()

    assert {aliases_hash for _, aliases_hash in stored(sessions)} == {page_of(sessions).hash}


def test_a_score_by_an_earlier_table_comes_to_the_same_number_again(
    sessions: sessionmaker[Session], leads: None
) -> None:
    name(sessions, "release plans", "shipping plots")
    score_again(sessions)
    # Nobody scores by this one.
    name(sessions, "careful testing", "closing a deal")

    found = replay_scores(sessions, encoder=WordEncoder())

    assert (found.n_same, found.differing, found.impossible) == (6, (), {})


# --- suggestions ------------------------------------------------------------------------------------------


@pytest.fixture
def spelled(sessions: sessionmaker[Session]) -> None:
    """Leads who spell skills of a card and of the bundled table in their own way, looked through."""
    with sessions() as session, transaction(session):
        first, _ = publish(session)
        session.get_one(PersonaVersion, first).card = {"skills": [{"text": "Calling customers"}]}
    other = "Calling-customers;Kubernets;"
    do_import(sessions, SAMPLE.replace("Python;", other).replace("Selling;", other.lower()))
    look(sessions)


def look(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, transaction(session):
        aliases.start_suggesting(session, account_id=None)
    listed_skills.suggest(sessions, claim(sessions))


CUSTOMERS, KUBERNETES = Named("calling customers", "calling-customers"), Named("kubernetes", "kubernets")


def test_spellings_are_proposed_with_their_leads_and_where_the_skill_is_known_from(
    sessions: sessionmaker[Session], spelled: None
) -> None:
    proposals = page_of(sessions).proposals

    assert [(one.skill, one.alias, one.n_leads, one.known_from) for one in proposals] == [
        (*CUSTOMERS, 2, "colleagues"),
        (*KUBERNETES, 2, "bundled"),
    ]
    # Nothing is applied, and what leads wrote does not stay in the job.
    assert page_of(sessions).own == ()
    with sessions() as session:
        job = session.scalars(select(Job).where(Job.kind == JobKind.SUGGEST_ALIASES)).one()
        assert (job.state, job.cursor, job.n_done) == (JobState.DONE, {}, 2)


def test_what_is_accepted_counts_and_what_is_declined_is_never_proposed_again(
    sessions: sessionmaker[Session], spelled: None
) -> None:
    with sessions() as session, transaction(session):
        aliases.judge_suggestions(session, accepted=[CUSTOMERS], declined=[KUBERNETES], account_id=None)

    found = page_of(sessions)
    assert (found.own, found.proposals, found.declined) == ((CUSTOMERS,), (), (KUBERNETES,))
    score_again(sessions)
    with sessions() as session:
        aliases.read_by_own(session)
    assert plain("Calling-customers") == "calling customers"

    look(sessions)
    assert page_of(sessions).proposals == ()
    with sessions() as session:
        looked = select(AuditEntry.detail).where(AuditEntry.action == "suggested").order_by(AuditEntry.id)
        assert session.scalars(looked).all() == [{"suggestions": 2, "new": 2}, {"suggestions": 0, "new": 0}]
    with sessions() as session, transaction(session):
        aliases.propose_again(session, KUBERNETES, account_id=None)
    assert [one.alias for one in page_of(sessions).proposals] == ["kubernets"]


def test_what_is_accepted_while_somebody_looks_is_not_proposed_again(
    sessions: sessionmaker[Session], spelled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_by = listed_skills.suggest_aliases

    def accept_meanwhile(*arguments: Any) -> Any:
        found = found_by(*arguments)
        with sessions() as session, transaction(session):
            aliases.judge_suggestions(session, accepted=[CUSTOMERS], declined=[], account_id=None)
        return found

    monkeypatch.setattr(listed_skills, "suggest_aliases", accept_meanwhile)
    look(sessions)

    assert [one.alias for one in page_of(sessions).proposals] == [KUBERNETES.alias]


def test_what_is_named_by_hand_while_a_look_is_stored_is_not_proposed(
    sessions: sessionmaker[Session], spelled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sessions() as session, transaction(session):
        session.query(AliasSuggestion).delete()
    naming = Thread(target=name, args=(sessions, *CUSTOMERS))

    def name_meanwhile(table: Any) -> list[Named]:
        before = aliases.pairs_of(table)
        naming.start()
        naming.join(0.5)
        return before

    monkeypatch.setattr(listed_skills, "pairs_of", name_meanwhile)
    look(sessions)
    naming.join()

    assert page_of(sessions).own == (CUSTOMERS,)
    assert [one.alias for one in page_of(sessions).proposals] == [KUBERNETES.alias]


def test_who_declines_what_is_thrown_away_at_that_moment_is_told(
    sessions: sessionmaker[Session], spelled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def decline() -> None:
        with sessions() as session:
            try:
                with transaction(session):
                    aliases.judge_suggestions(session, accepted=[], declined=[KUBERNETES], account_id=None)
            except ConflictError as error:
                told.append(str(error))

    declining = Thread(target=decline)

    def decline_meanwhile(table: Any) -> list[Named]:
        declining.start()
        declining.join(0.3)
        return aliases.pairs_of(table)

    monkeypatch.setattr(listed_skills, "suggest_aliases", lambda *_: [])
    monkeypatch.setattr(listed_skills, "pairs_of", decline_meanwhile)
    look(sessions)
    declining.join()

    assert told == ["What is proposed has changed just now. Look at it, then choose again."]
    assert page_of(sessions).declined == ()


def test_who_judges_what_waits_for_no_answer_is_told_and_nothing_is_in_the_audit_log(
    sessions: sessionmaker[Session], spelled: None
) -> None:
    def judge(accepted: list[Named], declined: list[Named]) -> None:
        with sessions() as session, transaction(session):
            aliases.judge_suggestions(session, accepted=accepted, declined=declined, account_id=None)

    judge([], [KUBERNETES])
    for accepted, declined in (([KUBERNETES], []), ([], [KUBERNETES]), ([], [CUSTOMERS, Named("a", "b")])):
        with pytest.raises(ConflictError, match="has changed just now"):
            judge(accepted, declined)
    with sessions() as session, pytest.raises(ConflictError, match="not declined any more"):
        aliases.propose_again(session, CUSTOMERS, account_id=None)

    found = page_of(sessions)
    assert (found.own, found.declined) == ((), (KUBERNETES,))
    with sessions() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert (actions.count("declined"), actions.count("took back declining")) == (1, 0)


def test_what_leads_list_stays_in_no_look_that_was_stopped(
    sessions: sessionmaker[Session], leads: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(sessions: sessionmaker[Session], lease: jobs.Lease) -> None:
        with sessions() as session, transaction(session):
            jobs.cancel(session, jobs.get_job(session, lease.job_id))
        raise JobCancelledError

    with sessions() as session, transaction(session):
        aliases.start_suggesting(session, account_id=None)
    lease = claim(sessions)
    monkeypatch.setattr(listed_skills, "give_way", stop)
    with pytest.raises(JobCancelledError):
        listed_skills.suggest(sessions, lease)
    with sessions() as session, transaction(session):
        aliases.forget_listed(session)
        assert jobs.get_job(session, lease.job_id).cursor["listed"]
        jobs.settle_cancelled(session, lease)
        aliases.forget_listed(session)

    with sessions() as session:
        assert jobs.get_job(session, lease.job_id).cursor == {}


def test_looking_gives_way_to_a_lead_and_goes_on_where_it_was(
    sessions: sessionmaker[Session], spelled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed_skills, "_ROWS_AT_ONCE", 1)
    with sessions() as session, transaction(session):
        session.query(AliasSuggestion).delete()
        aliases.start_suggesting(session, account_id=None)
    lease = claim(sessions)
    import_id = start(sessions, many(1))
    monkeypatch.setattr("survey.domain.jobs.SHORT_TURN", -lease.length)

    with pytest.raises(JobPutBackError):
        listed_skills.suggest(sessions, lease)
    scores.import_leads(sessions, claim(sessions), encoder=WordEncoder())
    again = claim(sessions)

    assert (again.subject_id, again.cursor["n_lists"], import_id) == (aliases.ALL_SKILLS, 1, 2)
    listed_skills.suggest(sessions, again)
    assert len(page_of(sessions).proposals) == 2
