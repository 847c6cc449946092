"""A wave from draft to close as HR makes it: people, groups, times, sign-off, and what cannot be done."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.database import transaction
from survey.domain import invitees, waves
from survey.domain.keys import KeyStore, check_token, token_hash
from survey.domain.links import card_code, make_test_token
from survey.domain.responses import check_open, submit
from survey.enums import JobKind, WaveState
from survey.exceptions import InvalidInputError, NotFoundError, StateError, WaveNotOpenError
from survey.models import AuditEntry, Inbox, Invitee, Job, Mailing, Questionnaire, SpentToken, Wave
from survey.models.base import utc_now
from tests.survey.domain.factories import six_items

#: What no database does differently.
once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NOW = utc_now()
DAY = dt.timedelta(days=1)
PEOPLE = [
    {
        "email": f"p{n}@example.org" if n % 4 else "",
        "site": ("Oslo", "Lyon")[n % 2],
        "role": ("crew", "office")[n < 12],
    }
    for n in range(48)
]
GROUPS = {"site": {"Lyon": 24, "Oslo": 24}, "role": {"crew": 36, "office": 12}}
PLAN: dict[str, Any] = {
    "opens_at": None,
    "closes_at": None,
    "plan": {"invite": True, "reminders": [4]},
    "texts": {},
}


@pytest.fixture
def wave(session: Session) -> Wave:
    """A draft with a roster of 48 in two sites and two roles; every fourth has no address."""
    with transaction(session):
        wave = waves.start_draft(session, name="Autumn", questionnaire=six_items(session))
        waves.change_roster(session, wave, PEOPLE, GROUPS, range(2, 50))
        return wave


def choose(session: Session, wave: Wave, **changes: Any) -> None:
    values = {"audience": {}, "attributes": ["site"], "n_cards": 0, **changes}
    with transaction(session):
        waves.choose_people(session, wave, **values)


def plan(session: Session, wave: Wave, **changes: Any) -> None:
    with transaction(session):
        waves.change_plan(session, wave, now=NOW, **{**PLAN, **changes})


def launch(session: Session, wave: Wave, keys: KeyStore, signed_off_by: str = "A. Berg") -> None:
    with transaction(session):
        waves.launch_wave(session, wave, keys, signed_off_by=signed_off_by, now=NOW)


def test_launch_invites_the_chosen_groups_only_and_forgets_other_columns(
    session: Session, wave: Wave, keys: KeyStore
) -> None:
    choose(session, wave, audience={"role": ["crew"]}, n_cards=5)
    plan(session, wave)

    launch(session, wave, keys)

    people = session.scalars(select(Invitee)).all()
    assert (wave.state, wave.n_invited, len(people)) == (WaveState.OPEN, 41, 41)
    assert {tuple(person.attributes) for person in people} == {("site",), ()}
    assert sum(person.email == "" for person in people) == 9 + 5
    assert sorted(person.card for person in people if person.card) == list(range(1, 15))
    assert wave.groups == {}
    assert sorted(wave.coarsening["kept"]) == ["Lyon", "Oslo"]
    assert wave.questionnaire.frozen_at is not None
    rounds = session.execute(select(Mailing.is_reminder, Mailing.due_at).order_by(Mailing.due_at)).all()
    assert rounds == [(False, NOW), (True, NOW + 4 * DAY)]
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "launched")).one()
    assert entry.detail["signed_off_by"] == "A. Berg"


def test_cards_are_numbered_in_random_order_and_lead_to_their_person(
    session: Session, wave: Wave, keys: KeyStore
) -> None:
    choose(session, wave, n_cards=30)
    launch(session, wave, keys)

    cards = invitees.list_cards(session, wave.id, first=1, last=100)
    tokens = {invitees.token_of_code(session, keys, wave.id, card_code(keys, wave.id, n)) for n in cards}

    assert invitees.count_cards(session, wave.id) == len(cards) == len(tokens) == 42
    for token in tokens:
        check_token(keys, token)
    with pytest.raises(NotFoundError):
        invitees.token_of_code(session, keys, wave.id, card_code(keys, wave.id, 43))
    by_id = session.scalars(select(Invitee.card).where(Invitee.card.is_not(None)).order_by(Invitee.id)).all()
    assert by_id != sorted(by_id)


def test_scheduled_wave_opens_and_closes_when_its_time_has_come(
    session: Session, wave: Wave, keys: KeyStore
) -> None:
    plan(session, wave, opens_at=NOW + DAY, closes_at=NOW + 3 * DAY)
    launch(session, wave, keys)
    assert wave.state is WaveState.SCHEDULED

    def tick(now: dt.datetime) -> tuple[bool, bool]:
        with transaction(session):
            return waves.open_due(session, wave, now=now), waves.close_due(session, wave, now=now)

    assert tick(NOW + DAY / 2) == (False, False)
    assert tick(NOW + DAY) == (True, False)
    assert (wave.state, wave.opened_at) == (WaveState.OPEN, NOW + DAY)
    assert tick(NOW + 2 * DAY) == (False, False)
    assert tick(NOW) == (False, False)  # a clock that was set back opens nothing again
    assert tick(NOW + 3 * DAY) == (False, True)
    assert wave.state is WaveState.CLOSING
    assert session.scalars(select(Job.kind)).all() == [JobKind.CLOSE_WAVE]
    assert tick(NOW + 3 * DAY) == (False, False)


@once
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"opens_at": NOW - DAY}, "The opening time is in the past."),
        ({"closes_at": NOW - DAY}, "The closing time is in the past."),
        ({"opens_at": NOW + 2 * DAY, "closes_at": NOW + DAY}, "The wave would close before it opens."),
        ({"plan": {"reminders": [1, 2, 3]}}, "Remind at most twice"),
        ({"plan": {"reminders": [61]}}, "Remind at most twice"),
        ({"texts": {"en": {"invitation": "Please answer"}}}, "must hold {link}"),
        ({"texts": {"en": {"welcome": "x" * 4001}}}, "4,001 characters and 4,000 are allowed"),
        ({"texts": {"en": {"subject": "Hello\nBcc: all"}}}, "The subject is one line."),
    ],
)
def test_plan_that_cannot_be_kept_is_refused_whole(
    session: Session, wave: Wave, changes: dict[str, Any], sentence: str
) -> None:
    plan(session, wave, closes_at=NOW + 9 * DAY)

    with pytest.raises(InvalidInputError) as raised:
        plan(session, wave, **changes)

    assert sentence in str(raised.value)
    session.refresh(wave)
    assert (wave.opens_at, wave.closes_at, wave.plan["reminders"]) == (None, NOW + 9 * DAY, [4])


@once
def test_launch_looks_at_the_times_once_more(session: Session, wave: Wave, keys: KeyStore) -> None:
    plan(session, wave, opens_at=NOW + DAY)

    with pytest.raises(InvalidInputError, match="opening time is in the past"), transaction(session):
        waves.launch_wave(session, wave, keys, signed_off_by="A. Berg", now=NOW + 2 * DAY)

    assert wave.state is WaveState.DRAFT


@once
def test_launch_needs_somebody_who_signed_off(session: Session, wave: Wave, keys: KeyStore) -> None:
    with pytest.raises(InvalidInputError, match="Name who signed"):
        launch(session, wave, keys, signed_off_by="  ")


@once
def test_launch_needs_items_and_ten_people(session: Session, wave: Wave, keys: KeyStore) -> None:
    with transaction(session):
        session.add(empty := Questionnaire(name="Empty", items=[]))
        waves.choose_questionnaire(session, wave, empty)
    with pytest.raises(InvalidInputError, match="questionnaire is empty"):
        launch(session, wave, keys)
    with transaction(session):
        waves.choose_questionnaire(session, wave, six_items(session))
        waves.change_roster(session, wave, PEOPLE[:9], {}, range(2, 11))
    with pytest.raises(InvalidInputError, match="at least 10 people"):
        launch(session, wave, keys)

    assert (wave.state, invitees.count_invitees(session, wave.id)) == (WaveState.DRAFT, 9)


def test_what_was_launched_is_fixed(session: Session, wave: Wave, keys: KeyStore) -> None:
    launch(session, wave, keys)

    for attempt in (
        lambda: waves.change_roster(session, wave, PEOPLE, GROUPS, range(48)),
        lambda: waves.choose_people(session, wave, audience={}, attributes=[], n_cards=0),
        lambda: waves.choose_questionnaire(session, wave, six_items(session)),
        lambda: waves.launch_wave(session, wave, keys, signed_off_by="A. Berg"),
        lambda: waves.delete_wave(session, wave, keys),
    ):
        with pytest.raises(StateError), transaction(session):
            attempt()
    plan(session, wave, closes_at=NOW + DAY, plan={})  # only the closing time of an open wave can change
    assert (wave.closes_at, wave.plan) == (NOW + DAY, {})


@once
@pytest.mark.parametrize(
    "changes",
    [
        {"attributes": ["salary"]},
        {"audience": {"site": ["Atlantis"]}},
        {"n_cards": -1},
        {"n_cards": 100_001},
    ],
)
def test_choice_of_people_that_makes_no_sense_is_refused(
    session: Session, wave: Wave, changes: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError):
        choose(session, wave, **changes)


@once
def test_roster_of_a_draft_is_replaced_whole_or_not_at_all(session: Session, wave: Wave) -> None:
    choose(session, wave, audience={"site": ["Oslo"]})
    bad = [{"email": "a@example.org"}, {"email": "no address"}, {"email": "ö ö@x"}]

    with (
        pytest.raises(InvalidInputError, match="Rows 3 and 4 of the roster: this is no e-mail address"),
        transaction(session),
    ):
        waves.change_roster(session, wave, bad, {}, [2, 3, 4])
    assert (invitees.count_invitees(session, wave.id), wave.audience) == (48, {"site": ["Oslo"]})

    with transaction(session):
        waves.change_roster(session, wave, PEOPLE[:20], {}, range(2, 22))
    assert (invitees.count_invitees(session, wave.id), wave.audience, wave.attributes) == (20, {}, [])


def test_many_wrong_rows_are_named_by_the_first() -> None:
    with pytest.raises(InvalidInputError, match=r"^Rows 2, 3, 4, 5, 6 and 1,995 more of the roster: this is"):
        invitees.check_roster([{"email": f"x{n}"} for n in range(2000)], numbers=range(2, 2002))


@pytest.mark.parametrize("language", ["Swedish (Finland)", "1", "x"])
def test_language_is_a_code(language: str) -> None:
    with pytest.raises(InvalidInputError, match="Row 1 of the roster: write the language as a code"):
        invitees.check_roster([{"email": "a@example.org", "language": language}])


@pytest.mark.parametrize("email", ["o'hara@example.org", "a.b+c@sub.example.co.uk", "jörg@exämple.org", ""])
def test_real_addresses_are_taken(email: str) -> None:
    invitees.check_roster([{"email": email}])


def test_test_link_shows_a_draft_and_never_counts(session: Session, wave: Wave, keys: KeyStore) -> None:
    token = make_test_token(keys, wave.id)

    for _twice in range(2):
        with transaction(session):
            submit(
                session, keys, token=token, answers={"self": "A try."}, channels=[], attributes={}, quote=True
            )
    check_open(session, keys, token)

    for table in (Inbox, SpentToken):
        assert session.scalar(select(func.count()).select_from(table)) == 0
    with pytest.raises(InvalidInputError), transaction(session):  # it is looked at like any other
        submit(session, keys, token=token, answers={}, channels=[], attributes={}, quote=True)
    launch(session, wave, keys)
    assert session.get(SpentToken, token_hash(token)) is None
    check_open(session, keys, token)


@once
def test_links_of_a_scheduled_wave_wait(session: Session, wave: Wave, keys: KeyStore) -> None:
    plan(session, wave, opens_at=NOW + DAY)
    launch(session, wave, keys)
    token = invitees.token_of_code(session, keys, wave.id, card_code(keys, wave.id, 1))

    with pytest.raises(WaveNotOpenError):
        check_open(session, keys, token)


def test_deleted_draft_leaves_neither_people_nor_keys(session: Session, wave: Wave, keys: KeyStore) -> None:
    make_test_token(keys, wave.id)

    with transaction(session):
        waves.delete_wave(session, wave, keys)

    assert session.scalar(select(func.count()).select_from(Invitee)) == 0
    assert not [path for path in keys.folder.iterdir() if path.name.startswith("wave-")]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_large_roster_is_checked_stored_and_launched_in_seconds(session: Session, keys: KeyStore) -> None:
    people = [{"email": f"person.{n}@example.org", "site": f"S{n % 9}"} for n in range(10_000)]
    start = time.process_time()
    with transaction(session):
        wave = waves.start_draft(session, name="All", questionnaire=six_items(session))
        waves.change_roster(
            session, wave, people, {"site": {f"S{k}": 1111 for k in range(9)}}, range(2, 10_002)
        )
        waves.choose_people(session, wave, audience={}, attributes=["site"], n_cards=0)
        waves.launch_wave(session, wave, keys, signed_off_by="A. Berg")

    assert wave.n_invited == 10_000
    assert time.process_time() - start < 4  # 100,000 in some ten seconds
