"""Possible duplicates: found by what they share, merged or told apart by a person, remembered."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain import scores
from survey.domain.accounts import invite
from survey.domain.decisions import decide
from survey.domain.duplicates import merge, set_apart
from survey.domain.leads import add_note, read_said
from survey.domain.queries.duplicates import SHOWN, list_groups, show_group
from survey.enums import DecisionKind, DuplicateState, RoleName
from survey.exceptions import InvalidInputError, NotFoundError
from survey.models import AuditEntry, Decision, Duplicate, Job, Lead, LeadKey, LeadMerge, LeadNote, Score
from tests.conftest import FULL
from tests.survey.lead_factories import WordEncoder, claim, do_import, publish

HEADER = "id,name,email,phone,employer,location,skills,summary\n"
THREE = HEADER + (
    "1,Ada Byron,ada@x.org,,Acme,Lund,Maths,Counts.\n"
    "2,Ada B.,ADA@x.org,+46701234567,,Malmö,,Counts well.\n"
    "3,A. Byron,,+46 70 123 45 67,,,Poems,\n"
)
N_ENTRIES = 500 if FULL else 60


def pairs(sessions: sessionmaker[Session]) -> list[tuple[str, str, str, str]]:
    with sessions() as session:
        ids = dict(session.execute(select(Lead.id, Lead.external_id)).all())
        return [
            (ids[pair.first_id], ids[pair.second_id], pair.reason, pair.state.value)
            for pair in session.scalars(select(Duplicate).order_by(Duplicate.first_id, Duplicate.second_id))
        ]


def ids_of(session: Session) -> dict[str, int]:
    return dict(session.execute(select(Lead.external_id, Lead.id)).all())


def test_shared_contacts_and_similar_people_are_paired_and_nothing_is_merged(
    sessions: sessionmaker[Session],
) -> None:
    do_import(sessions, THREE)
    do_import(
        sessions,
        HEADER + "4,Byron Ada,,,ACME AB,,,x\n5,Ida Byron,,,Acme,Lund,Maths,x\n6,Bo,bo@x.org,,,,C,x\n",
    )

    assert pairs(sessions) == [
        ("1", "2", "email", "open"),
        ("1", "4", "name", "open"),
        ("2", "3", "phone", "open"),
    ]


def test_a_lead_that_changes_is_compared_anew(sessions: sessionmaker[Session]) -> None:
    do_import(sessions, THREE)
    do_import(sessions, HEADER + "9,Cy Dahl,cy@x.org,,,,C,x\n")
    do_import(sessions, "id,email,skills\n1,cy@x.org,Maths\n")

    assert ("1", "9", "email", "open") in pairs(sessions)


def test_a_merge_takes_what_was_chosen_and_leaves_a_trail(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, transaction(session):
        publish(session)
    do_import(sessions, THREE)
    with sessions() as session, transaction(session):
        ids = ids_of(session)
        second_lead = session.get_one(Lead, ids["2"])
        add_note(session, second_lead, "Rang twice.")
        account_id = invite(session, email="r@example.org", role=RoleName.RECRUITER).id
        kind = next(iter(DecisionKind))
        decide(session, second_lead, kind=kind, reason="They asked.", account_id=account_id)
        first, second, third = ids["1"], ids["2"], ids["3"]
        n = merge(session, first, choices={"summary": second, "name": first})
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())

    with sessions() as session, transaction(session):
        said = read_said(session, [first])[first]
        assert n == 1
        assert (said.identity["name"], said.identity["location"], said.identity["phone"]) == (
            "Ada Byron",
            "Lund",
            "+46701234567",
        )
        assert said.texts == {"skills": "Maths", "summary": "Counts well."}
        assert session.scalars(select(LeadNote.lead_id)).all() == [first]
        assert session.scalars(select(Decision.lead_id)).all() == [first]
        trail = session.scalars(select(LeadMerge)).one()
        assert (trail.external_id, trail.lead_id, trail.before["texts"]) == (
            "2",
            first,
            {"summary": "Counts well."},
        )
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "merged")).one()
        assert (entry.subject, entry.detail) == (f"lead {first}", {"entries": [second], "n": 1})
        assert session.scalar(select(func.count()).select_from(Score).where(Score.lead_id == first)) == 2
        assert {
            value for kind, value in session.execute(select(LeadKey.kind, LeadKey.value)) if kind == "email"
        } == {"ada@x.org"}
        # What the entry that went shared with a third one is now shared by the one that stayed.
        assert (session.scalars(select(Duplicate)).one().first_id, third) == (first, third)


def test_an_import_of_a_merged_entry_updates_the_one_that_stayed(sessions: sessionmaker[Session]) -> None:
    do_import(sessions, THREE)
    with sessions() as session, transaction(session):
        first = ids_of(session)["1"]
        merge(session, first)
    scores.score_leads(sessions, claim(sessions), encoder=WordEncoder())

    do_import(sessions, "id,summary\n2,Counts better.\n")

    with sessions() as session:
        assert set(ids_of(session)) == {"1", "3"}
        assert read_said(session, [first])[first].texts["summary"] == "Counts better."


def test_entries_that_are_told_apart_are_not_asked_about_again(sessions: sessionmaker[Session]) -> None:
    shared = HEADER + "".join(f"{n},Person {n},office@x.org,,,,C,x\n" for n in (1, 2, 3))
    do_import(sessions, shared)
    with sessions() as session, transaction(session):
        assert set_apart(session, ids_of(session)["1"]) == 2

    do_import(sessions, shared)

    assert pairs(sessions) == [("1", "2", "email", "apart"), ("1", "3", "email", "apart")]


def test_somebody_else_may_still_be_the_next_one(sessions: sessionmaker[Session]) -> None:
    do_import(sessions, HEADER + "".join(f"{n},Person {n},office@x.org,,,,C,x\n" for n in (1, 2, 3, 4)))
    with sessions() as session, transaction(session):
        ids = ids_of(session)
        merge(session, ids["1"], apart=[ids["3"], ids["4"]])

    assert pairs(sessions) == [
        ("1", "3", "email", "apart"),
        ("1", "4", "email", "apart"),
        ("3", "4", "email", "open"),
    ]


def test_many_entries_of_one_person_are_one_group_and_one_decision(sessions: sessionmaker[Session]) -> None:
    do_import(sessions, HEADER + "".join(f"{n},Ada,ada@x.org,,,,C,x{n % 3}\n" for n in range(N_ENTRIES)))
    with sessions() as session:
        queue = list_groups(session)
        (row,) = queue.groups
        group = show_group(session, row.lead_id)
    assert (row.n_others, group.n_entries, len(group.entries)) == (N_ENTRIES - 1, N_ENTRIES, SHOWN)
    assert [choice.shown for choice in group.choices["summary"]] == ["x0", "x1", "x2"]

    with sessions() as session, transaction(session):
        assert merge(session, row.lead_id) == N_ENTRIES - 1
        assert merge_is_over(session, row.lead_id)

    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 1
        assert list_groups(session).groups == ()
        assert len(session.scalars(select(Job)).all()) == 2


def merge_is_over(session: Session, lead_id: int) -> bool:
    with pytest.raises(NotFoundError, match="nothing to merge"):
        merge(session, lead_id)
    return True


def test_a_value_can_only_be_taken_from_the_entries_at_hand(sessions: sessionmaker[Session]) -> None:
    do_import(sessions, THREE)
    with sessions() as session, transaction(session):
        ids = ids_of(session)
        for choices in ({"name": ids["3"]}, {"scores": ids["1"]}):
            with pytest.raises(InvalidInputError, match="Reload the page"):
                merge(session, ids["1"], choices=choices)
        assert session.scalars(select(Duplicate.state)).all() == [DuplicateState.OPEN] * 2
