"""What people type or upload holds characters that no database takes, and some that turn a page round: none is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.database import transaction
from survey.domain import accounts, items, waves
from survey.domain.edits import edit_version
from survey.domain.items import Wording
from survey.domain.questionnaire_files import dump
from survey.domain.settings import change_setting
from survey.enums import ItemType, RoleName
from survey.exceptions import InvalidInputError
from survey.models import Account, Invitee, StoredSetting, Wave
from survey.rosters import read_upload
from survey.texts import one_line
from tests.survey.domain.factories import six_items
from tests.survey.persona_factories import add_analysis

BAD = "\ufeff Au\x00tu\x07m\u200bn\u202e \ud800\r\n \u200d2026\x1f\u200f "
GOOD = "Autumn 2026"


def wave_name(session: Session) -> str:
    return waves.start_draft(session, name=BAD, questionnaire=six_items(session)).name


def questionnaire_name(session: Session) -> str:
    return items.copy_questionnaire(session, six_items(session), name=BAD).name


def questionnaire_of_a_file(session: Session) -> str:
    content = {**dump(six_items(session)), "name": BAD}
    content["items"][0]["texts"]["en"]["prompt"] = BAD.replace("\r\n", "")
    read = items.add_questionnaire(session, content)
    assert one_line(read.items[0].texts["en"]["prompt"]) == GOOD
    return read.name


def heading(session: Session) -> str:
    questionnaire = items.copy_questionnaire(session, six_items(session), name="Ours")
    wording = Wording(f"a{BAD}", heading=BAD, options=(BAD, "b"))
    item = items.add_item(session, questionnaire, item_type=ItemType.CHOICES, wording=wording, page=1)
    assert GOOD in item.texts["en"]["options"].values()
    return str(item.texts["en"]["heading"])


def welcome(session: Session) -> str:
    wave = waves.start_draft(session, name="W", questionnaire=six_items(session))
    texts = {"en": {"welcome": BAD.replace("\r\n", "")}}
    waves.change_plan(session, wave, opens_at=None, closes_at=None, plan={}, texts=texts)
    return one_line(wave.texts["en"]["welcome"])


def roster_cell(session: Session) -> str:
    wave = waves.start_draft(session, name="W", questionnaire=six_items(session))
    lines = [f"p{n}@example.org,{GOOD[:3]}\u202e\x07{GOOD[3:]}\x1f" for n in range(4)]
    roster = read_upload("\n".join(["email,si\x0bte", *lines]).encode(), name="r.csv")
    waves.change_roster(session, wave, roster.people, roster.groups, roster.numbers)
    session.flush()
    return str(session.scalars(select(Invitee)).first().attributes["site"])


def setting(session: Session) -> str:
    change_setting(session, name="ORGANISATION", value=BAD, account_id=None)
    return session.get_one(StoredSetting, "ORGANISATION").value


def account_name(session: Session) -> str:
    return accounts.invite(session, email="a@example.org", role=RoleName.HR, name=BAD).name


def persona_name(session: Session) -> str:
    wave = waves.start_draft(session, name="W", questionnaire=six_items(session))
    (version,) = add_analysis(session, wave.id, "Planners").versions
    edit_version(session, version, name=BAD, summary="Text.", account_id=None)
    return version.name


KEPT: list[Callable[[Session], str]] = [
    wave_name,
    questionnaire_name,
    questionnaire_of_a_file,
    heading,
    welcome,
    roster_cell,
    setting,
    account_name,
    persona_name,
]


@pytest.mark.parametrize("keep", KEPT, ids=lambda keep: keep.__name__)
def test_name_is_kept_without_what_no_text_has(session: Session, keep: Callable[[Session], str]) -> None:
    with transaction(session):
        assert keep(session) == GOOD
    session.expire_all()
    for kind in (Wave, Account):
        session.scalars(select(kind)).all()


@pytest.mark.parametrize("name", ["\x00\x07", "\u200b", "\u200b\u200d\u3164 \u2060"])
def test_name_of_nothing_else_is_no_name(session: Session, name: str) -> None:
    with pytest.raises(InvalidInputError, match="Give the wave a name"), transaction(session):
        waves.start_draft(session, name=name, questionnaire=six_items(session))


@pytest.mark.parametrize("name", ["می\u200cخواهم", "\U0001f468\u200d\U0001f52c \u2764\ufe0f", "Łódź – Ω"])
def test_joiners_that_a_script_or_picture_needs_stay(name: str) -> None:
    assert one_line(f" {name}\u200b") == name
