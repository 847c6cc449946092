"""A fairness check finds what moves a score, compares groups without showing anybody, and survives its worker; and
what computes a score reads neither decisions nor groups nor identities."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session, sessionmaker

from analysis import counterfactuals
from analysis.counterfactuals import KINDS
from survey.database import transaction
from survey.domain import fairness, jobs, scores
from survey.domain.accounts import invite
from survey.domain.aliases import name_skill
from survey.domain.checks import get_check, list_checks, report_of, start_check
from survey.domain.decisions import decide
from survey.domain.fairness import run_check
from survey.domain.keys import KeyStore
from survey.domain.leads import erase, get_lead, start_scoring
from survey.domain.scores import fingerprint
from survey.domain.self_identification import link_token, tell
from survey.enums import DecisionKind, JobState, RoleName
from survey.exceptions import JobPutBackError, NotFoundError
from survey.models import FairnessCheck, Job, Lead, PersonaVersion, Score
from tests.survey.lead_factories import WordEncoder, claim, do_import, fall_silent, many, publish, start

pytestmark = pytest.mark.usefixtures("lead_key")

OFFERED = {"sex": ("female", "male"), "age": ("under 40", "40 or over")}
#: Tables that may be read or written while leads are scored. Identities are not among them.
SCORING_READS = {
    "alias_table",
    "audit_entry",
    "lead",
    "lead_evidence",
    "persona_version",
    "score",
    "job",
    "lead_import",
}


@pytest.fixture(autouse=True)
def _fewer_swaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two values of each kind and a few leads: that no swap moves anything is tested with the analysis."""
    values = {kind: some[:2] for kind, some in counterfactuals._values().items()}
    monkeypatch.setattr(counterfactuals, "_values", lambda: values)
    monkeypatch.setattr(fairness, "MAX_LEADS", 4)
    monkeypatch.setattr(fairness, "LEADS_PER_CHUNK", 1)


@pytest.fixture
def leads(sessions: sessionmaker[Session], keys: KeyStore) -> list[int]:
    """Sixteen scored leads; the first four are women, six men, one has told nothing but an age."""
    with sessions() as session, transaction(session):
        publish(session)
    do_import(sessions)
    do_import(sessions, many(13))
    with sessions() as session, transaction(session):
        lead_ids = list(session.scalars(select(Lead.id).order_by(Lead.id)))
        for i, lead_id in enumerate(lead_ids[:11]):
            groups = {"sex": "female" if i < 4 else "male"} if i < 10 else {"age": "under 40"}
            tell(session, keys, token=link_token(keys, lead_id), groups=groups, offered=OFFERED)
        return lead_ids


def check(sessions: sessionmaker[Session], keys: KeyStore) -> dict[str, Any]:
    with sessions() as session, transaction(session):
        start_check(session)
    lease = claim(sessions)
    run_check(sessions, lease, encoder=WordEncoder(), keys=keys)
    with sessions() as session:
        assert session.get_one(Job, lease.job_id).state is JobState.DONE
        return report_of(get_check(session, lease.subject_id))


def test_a_check_names_what_it_checked_and_holds_no_name_no_text_and_no_link(
    sessions: sessionmaker[Session], leads: list[int], keys: KeyStore
) -> None:
    report = check(sessions, keys)

    swaps = report["swaps"]
    assert (swaps["n_leads"], swaps["n_all"], swaps["moved"]) == (4, 16, [])
    assert [(row["kind"], row["largest"], row["n_moved"]) for row in swaps["kinds"]] == [
        (kind, 0, 0) for kind in KINDS
    ]
    assert all(row["n_versions"] >= 2 * 4 for row in swaps["kinds"])
    with sessions() as session:
        versions = session.scalars(select(PersonaVersion).order_by(PersonaVersion.id)).all()
        assert report["versions"] == [
            {"id": v.id, "name": v.name, "hash": fingerprint(v.scoring)} for v in versions
        ]
    assert (report["encoder"], report["aliases"]) == (WordEncoder.hash, "")
    assert report["hash"] == fingerprint({key: value for key, value in report.items() if key != "hash"})
    written = json.dumps(report, ensure_ascii=False)
    for planted in (
        "Öberg",
        "asa@",
        "Göteborg",
        "rollback",
        "Rollback",
        *(link_token(keys, i) for i in leads),
    ):
        assert planted not in written


def test_a_scorer_that_reads_names_is_found_out(
    sessions: sessionmaker[Session], leads: list[int], keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from analysis.evidence import evidence_document

    def with_name(lead, *, identity):
        name = next(iter(identity))
        return evidence_document({**lead, "skills": f"{lead.get('skills', '')};{name}"}, identity=())

    monkeypatch.setattr(fairness, "evidence_document", with_name)
    report = check(sessions, keys)

    by_kind = {row["kind"]: row["n_moved"] for row in report["swaps"]["kinds"]}
    assert by_kind["name"] > 0
    assert by_kind["photo"] == 0
    assert len(report["swaps"]["moved"]) == by_kind["name"]


def test_groups_are_compared_at_every_gate_and_small_ones_stay_hidden(
    sessions: sessionmaker[Session], leads: list[int], keys: KeyStore
) -> None:
    with sessions() as session, transaction(session):
        account_id = invite(session, email="rec@example.org", role=RoleName.RECRUITER).id
        decide(
            session,
            session.get_one(Lead, leads[5]),
            kind=DecisionKind.CONTACT,
            reason="Yes.",
            account_id=account_id,
        )

    impact = check(sessions, keys)["impact"]

    # Eleven have told: less the six men that would be the four women and the one person with an age.
    assert (impact["n_people"], impact["n_told"]) == (16, None)
    gates = {(one["persona"], one["gate"]) for one in impact["results"]}
    of_scores = ("scored", "above median", "band A", "band A or B")
    assert gates == {
        *((persona, gate) for persona in ("", "Calm Hands", "Keen Voices") for gate in of_scores),
        ("", "contacted"),
    }
    figures = ("n", "rate", "ratio", "low", "high", "p")
    for one in impact["results"]:
        told = {group["name"]: [group[figure] for figure in figures] for group in one["groups"]}
        shown = {"male": told["male"]} if one["dimension"] == "sex" else {}
        names = {"sex": {"female", "male"}, "age": {"under 40"}}.get(one["dimension"], set())
        assert told == {**dict.fromkeys(names, [None] * len(figures)), **shown}
        assert not shown or shown["male"][0] in (6, None)
    contacted = next(
        one for one in impact["results"] if one["gate"] == "contacted" and one["dimension"] == "sex"
    )
    assert contacted["n_unknown"] == 10
    assert [(g["name"], g["n"], g["rate"]) for g in contacted["groups"] if g["n"]] == [
        ("male", 6, pytest.approx(1 / 6))
    ]


def test_a_check_goes_on_where_a_killed_worker_stopped(
    sessions: sessionmaker[Session], leads: list[int], keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = check(sessions, keys)
    with sessions() as session, transaction(session):
        start_check(session)
    taken = iter(range(2))
    lost = fairness._leads

    def dying(sessions, some):
        if next(taken, None) is None:
            raise KeyboardInterrupt
        return lost(sessions, some)

    monkeypatch.setattr(fairness, "_leads", dying)
    with pytest.raises(KeyboardInterrupt):
        run_check(sessions, claim(sessions), encoder=WordEncoder(), keys=keys)
    monkeypatch.setattr(fairness, "_leads", lost)
    fall_silent(sessions)
    with sessions() as session:
        assert session.scalars(select(Job.n_done).order_by(Job.created_at.desc())).first() == 2
    run_check(sessions, claim(sessions), encoder=WordEncoder(), keys=keys)

    with sessions() as session:
        assert [report_of(one) for one in list_checks(session)] == [whole, whole]


def test_leads_that_come_while_a_check_is_put_back_change_nothing_of_its_sample(
    sessions: sessionmaker[Session], leads: list[int], keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []
    look = fairness._leads

    def noting(sessions: sessionmaker[Session], some: Sequence[int]) -> dict[int, dict[str, str]]:
        looked_at.extend(some)
        return look(sessions, some)

    monkeypatch.setattr(fairness, "_leads", noting)
    monkeypatch.setattr(jobs, "SHORT_TURN", dt.timedelta(0))
    with sessions() as session, transaction(session):
        start_check(session)
    begun = claim(sessions)
    importing = start(sessions, many(4, first=50))
    with pytest.raises(JobPutBackError):
        run_check(sessions, begun, encoder=WordEncoder(), keys=keys)
    lease = claim(sessions)
    assert lease.subject_id == importing
    scores.import_leads(sessions, lease, encoder=WordEncoder())

    lease = claim(sessions)
    run_check(sessions, lease, encoder=WordEncoder(), keys=keys)

    assert looked_at == leads[::4]
    with sessions() as session:
        swaps = report_of(get_check(session, lease.subject_id))["swaps"]
    assert (lease.job_id, swaps["n_leads"], swaps["n_all"]) == (begun.job_id, 4, 16)


def test_a_lead_that_is_erased_before_its_turn_is_not_counted(
    sessions: sessionmaker[Session], leads: list[int], keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = fairness._leads

    def erasing(sessions: sessionmaker[Session], some: Sequence[int]) -> dict[int, dict[str, str]]:
        if some == leads[:1]:
            with sessions() as session, transaction(session):
                erase(session, get_lead(session, leads[8]))
        return look(sessions, some)

    monkeypatch.setattr(fairness, "_leads", erasing)
    report = check(sessions, keys)

    assert (report["swaps"]["n_leads"], report["swaps"]["n_all"], report["impact"]["n_people"]) == (3, 15, 15)


def test_a_check_ends_on_no_leads_that_another_worker_is_scoring(
    sessions: sessionmaker[Session], leads: list[int], keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, told = fairness._leads, fairness._impact

    def importing(sessions: sessionmaker[Session], some: Sequence[int]) -> dict[int, dict[str, str]]:
        if some == leads[12:13]:
            start(sessions, many(4, first=50))
        return look(sessions, some)

    def import_behind_its_back(*arguments: Any) -> dict[str, Any]:
        do_import(sessions, many(4, first=80))
        return told(*arguments)

    with sessions() as session, transaction(session):
        start_check(session)
    begun = claim(sessions)
    monkeypatch.setattr(fairness, "_leads", importing)
    with pytest.raises(JobPutBackError):
        run_check(sessions, begun, encoder=WordEncoder(), keys=keys)
    scores.import_leads(sessions, claim(sessions, "another"), encoder=WordEncoder())

    monkeypatch.setattr(fairness, "_impact", import_behind_its_back)
    run_check(sessions, claim(sessions), encoder=WordEncoder(), keys=keys)

    with sessions() as session:
        report = report_of(get_check(session, begun.subject_id))
        assert session.scalar(select(func.count()).select_from(Lead)) == 24
    assert (report["swaps"]["n_leads"], report["impact"]["n_people"]) == (4, 20)


def test_a_check_names_the_aliases_by_which_its_scores_are(
    sessions: sessionmaker[Session], leads: list[int], keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = fairness._leads

    def change_the_table(sessions: sessionmaker[Session], some: Sequence[int]) -> dict[int, dict[str, str]]:
        if some == leads[12:13]:
            with sessions() as session, transaction(session):
                name_skill(session, "release plans", "shipping plots", account_id=None)
            scores.score_leads(sessions, claim(sessions, "another"), encoder=WordEncoder())
        return look(sessions, some)

    with sessions() as session, transaction(session):
        start_check(session)
    begun = claim(sessions)
    with monkeypatch.context() as patched:
        patched.setattr(fairness, "_leads", change_the_table)
        with pytest.raises(JobPutBackError):
            run_check(sessions, begun, encoder=WordEncoder(), keys=keys)
    run_check(sessions, claim(sessions), encoder=WordEncoder(), keys=keys)

    with sessions() as session:
        report = report_of(get_check(session, begun.subject_id))
        assert report["swaps"]["n_leads"] == 4
        assert {report["aliases"]} == set(session.scalars(select(Score.aliases_hash)))


def test_a_check_that_has_to_wait_at_its_end_is_not_given_up(
    sessions: sessionmaker[Session], keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 1)
    with sessions() as session, transaction(session):
        start_check(session)
    with monkeypatch.context() as patched:
        # Another worker takes up a scoring just before each end.
        patched.setattr(jobs, "leads_change", lambda _session: True)
        for _turn in range(2):
            with pytest.raises(JobPutBackError):
                run_check(sessions, claim(sessions), encoder=WordEncoder(), keys=keys)

    run_check(sessions, claim(sessions), encoder=WordEncoder(), keys=keys)
    with sessions() as session:
        assert len(list_checks(session)) == 1


def test_many_leads_are_taken_evenly(
    sessions: sessionmaker[Session], leads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for most, expected in ((16, range(16)), (15, range(0, 16, 2)), (4, range(0, 16, 4))):
        monkeypatch.setattr(fairness, "MAX_LEADS", most)

        assert fairness._chosen_leads(sessions) == ([leads[i] for i in expected], 16)


def test_without_leads_or_personas_a_check_ends_with_nothing_found(
    sessions: sessionmaker[Session], keys: KeyStore
) -> None:
    report = check(sessions, keys)

    assert (report["versions"], report["swaps"]["n_leads"], report["impact"]["results"]) == ([], 0, [])


def test_a_check_under_way_is_not_started_twice_and_an_unfinished_one_has_no_report(session: Session) -> None:
    with transaction(session):
        first, second = start_check(session), start_check(session)

    assert first.id == second.id
    assert list_checks(session) == []
    with pytest.raises(NotFoundError, match="stopped before its end"):
        report_of(session.scalars(select(FairnessCheck)).one())


def test_scoring_reads_no_identity_no_group_and_no_decision_and_they_change_nothing(
    sessions: sessionmaker[Session], leads: list[int], keys: KeyStore
) -> None:
    def all_scores() -> list[tuple[Any, ...]]:
        with sessions() as session:
            rows = session.scalars(select(Score).order_by(Score.lead_id, Score.persona_version_id))
            return [(s.lead_id, s.fit, s.band, s.who, s.skills, s.why, s.contributions) for s in rows]

    before = all_scores()
    with sessions() as session, transaction(session):
        account_id = invite(session, email="rec@example.org", role=RoleName.RECRUITER).id
        for lead_id in leads:
            lead = session.get_one(Lead, lead_id)
            decide(session, lead, kind=DecisionKind.NOT_SUITED, reason="No.", account_id=account_id)
            lead.identity.name, lead.identity.location = "Somebody Else", "Elsewhere"
        start_scoring(session)
    lease = claim(sessions)
    read: set[str] = set()

    def listen(_connection, _cursor, statement, *_):
        read.update(re.findall(r'\b(?:FROM|JOIN|INTO|UPDATE)\s+"?(\w+)', statement))

    with sessions() as session:
        engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", listen)
    scores.score_leads(sessions, lease, encoder=WordEncoder())
    event.remove(engine, "before_cursor_execute", listen)

    assert all_scores() == before
    assert {"lead_evidence", "persona_version"} <= read <= SCORING_READS
