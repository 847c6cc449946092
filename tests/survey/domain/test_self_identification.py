"""What leads tell about their groups: by their link alone, apart from all else, to be withdrawn, gone with the lead."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session, sessionmaker

from survey import config
from survey.database import transaction
from survey.domain.keys import KeyStore
from survey.domain.leads import erase
from survey.domain.self_identification import (
    forget,
    forget_erased,
    groups_of,
    link_token,
    offered_groups,
    tell,
    withdraw,
)
from survey.domain.settings import change_setting
from survey.exceptions import InvalidInputError, NotFoundError
from survey.models import Lead, Model
from survey.models.self_identification import SelfIdentification

pytestmark = pytest.mark.usefixtures("lead_key")

OFFERED = {"sex": ("female", "male"), "age": ("under 40", "40 or over")}


@pytest.fixture
def lead_ids(sessions: sessionmaker[Session]) -> list[int]:
    with sessions() as session, transaction(session):
        leads = [Lead(external_id=f"l{i}") for i in range(3)]
        session.add_all(leads)
        session.flush()
        return [lead.id for lead in leads]


def told(session: Session, keys: KeyStore, lead_id: int, **groups: str) -> None:
    with transaction(session):
        tell(session, keys, token=link_token(keys, lead_id), groups=groups, offered=OFFERED)


def test_what_is_told_is_found_by_the_key_and_replaced_by_what_is_told_next(
    session: Session, keys: KeyStore, lead_ids: list[int]
) -> None:
    told(session, keys, lead_ids[0], sex="female", age="under 40")
    told(session, keys, lead_ids[1], sex="male")
    told(session, keys, lead_ids[0], age="40 or over")

    assert groups_of(session, keys, lead_ids) == {
        lead_ids[0]: {"age": "40 or over"},
        lead_ids[1]: {"sex": "male"},
    }


def test_without_the_key_nothing_leads_from_a_group_to_a_lead(
    session: Session, keys: KeyStore, lead_ids: list[int], tmp_path
) -> None:
    told(session, keys, lead_ids[1], sex="male")
    stranger = KeyStore(tmp_path / "other")
    stranger.create_lead_key()

    assert groups_of(session, stranger, lead_ids) == {}
    assert groups_of(session, KeyStore(tmp_path / "none"), lead_ids) == {}
    # No time, no number, no lead: the table holds what was told and nothing else, and no other table points to it.
    table = Model.metadata.tables["self_identification"]
    assert {column.name for column in table.columns} == {"token_hash", "groups"}
    assert list(table.foreign_keys) == []
    assert not [
        key
        for other in Model.metadata.tables.values()
        for key in other.foreign_keys
        if key.column.table is table
    ]
    stored = session.scalars(select(SelfIdentification)).one()
    assert link_token(keys, lead_ids[1]) not in (stored.token_hash, str(stored.groups))
    assert "self_identification" in inspect(session.connection()).get_table_names()


def test_withdrawn_or_left_open_is_not_kept(session: Session, keys: KeyStore, lead_ids: list[int]) -> None:
    told(session, keys, lead_ids[0], sex="female")
    told(session, keys, lead_ids[1], sex="female")

    told(session, keys, lead_ids[0])
    with transaction(session):
        withdraw(session, keys, token=link_token(keys, lead_ids[1]))
        withdraw(session, keys, token=link_token(keys, lead_ids[2]))

    assert session.scalars(select(SelfIdentification)).all() == []


def test_what_is_not_offered_is_left_out(session: Session, keys: KeyStore, lead_ids: list[int]) -> None:
    told(session, keys, lead_ids[0], sex="hidden message", politics="any", age="under 40")

    assert groups_of(session, keys, lead_ids) == {lead_ids[0]: {"age": "under 40"}}


def test_another_link_tells_nothing(session: Session, keys: KeyStore, lead_ids: list[int]) -> None:
    token = link_token(keys, lead_ids[0])

    for wrong in ("", "x", token[:-1], "B" + token[1:], token[:-1] + "é", token + "="):
        with pytest.raises(NotFoundError), transaction(session):
            tell(session, keys, token=wrong, groups={"sex": "male"}, offered=OFFERED)


def test_a_link_of_an_erased_lead_or_without_the_key_is_unknown(
    session: Session, keys: KeyStore, lead_ids: list[int], tmp_path
) -> None:
    token = link_token(keys, lead_ids[0])
    with transaction(session):
        erase(session, session.get_one(Lead, lead_ids[0]))

    for store in (keys, KeyStore(tmp_path / "none")):
        with pytest.raises(NotFoundError):
            withdraw(session, store, token=token)


def test_it_goes_with_the_lead_at_once_or_with_the_next_chore(
    session: Session, keys: KeyStore, lead_ids: list[int], tmp_path
) -> None:
    for lead_id in lead_ids:
        told(session, keys, lead_id, sex="male")
    with transaction(session):
        erase(session, session.get_one(Lead, lead_ids[0]))
        forget(session, keys, lead_ids[0])
        erase(session, session.get_one(Lead, lead_ids[1]))

    assert len(session.scalars(select(SelfIdentification)).all()) == 2
    with transaction(session):
        # A worker that was started with another, empty key folder must not take all for gone.
        assert forget_erased(session, KeyStore(tmp_path / "none")) == 0
        assert forget_erased(session, keys) == 1
    assert list(groups_of(session, keys, lead_ids)) == [lead_ids[2]]


def test_nobody_is_asked_unless_groups_are_set(session: Session) -> None:
    assert offered_groups(session) == {}

    with transaction(session):
        change_setting(
            session,
            name="SELF_IDENTIFICATION",
            value=" sex: female, male ;age:under 40,40 or over;",
            account_id=None,
        )

    assert offered_groups(session) == OFFERED
    assert offered_groups(session, {"SELF_IDENTIFICATION": "sex: a, b"}) == {"sex": ("a", "b")}


@pytest.mark.parametrize(
    "value", ["sex", "sex: female", "sex: a, b; sex: c, d", ": a, b", "sex & age: a, b", "sex: a, a"]
)
def test_groups_that_cannot_be_asked_for_are_refused(value: str) -> None:
    with pytest.raises(InvalidInputError, match="Groups are written like this"):
        config.parse(config.BY_NAME["SELF_IDENTIFICATION"], value)
