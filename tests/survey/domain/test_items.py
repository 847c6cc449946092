"""Editing a questionnaire: copies, wording, order, two people at once, and what was launched never changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey.database import transaction
from survey.domain import items
from survey.domain.items import ItemConflictError, Wording
from survey.domain.questionnaire_files import dump, load
from survey.domain.questionnaires import default_questionnaire, read_default
from survey.enums import ItemType
from survey.exceptions import ConflictError, InvalidInputError, StateError
from survey.models import AuditEntry, Item, Questionnaire
from survey.models.base import utc_now
from tests.survey.domain.factories import CHANNELS, SIX_ITEMS, six_items


@pytest.fixture
def copy(session: Session) -> Questionnaire:
    with transaction(session):
        return items.copy_questionnaire(session, six_items(session), name="Ours")


#: What no database does differently.
once = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def names(questionnaire: Questionnaire) -> list[tuple[str, int]]:
    return [(item.name, item.page) for item in questionnaire.items]


TWO = ("one", "two")


def change(session: Session, item: Item, **changes: Any) -> None:
    values = {"revision": item.revision, "wording": Wording("Why?"), "language": "en", **changes}
    with transaction(session):
        items.change_item(session, item, **values)


def test_copy_is_equal_and_a_version_of_its_own(session: Session, copy: Questionnaire) -> None:
    with transaction(session):
        second = items.copy_questionnaire(session, copy)

    assert (copy.name, copy.version, second.version) == ("Ours", 1, 2)
    original = six_items(session)
    assert dump(second)["items"] == dump(copy)["items"] == dump(original)["items"]
    assert {item.id for item in copy.items}.isdisjoint(item.id for item in original.items)


@once
def test_json_reads_back_equal(copy: Questionnaire) -> None:
    content = json.loads(json.dumps(dump(copy)))

    assert dump(load(content)) == content
    for broken in (
        {},
        {**content, "items": [{"name": "x"}]},
        {**content, "items": [{"item_type": "matrix"}]},
    ):
        with pytest.raises(InvalidInputError):
            load(broken)


@once
def test_default_questionnaire_is_there_to_be_copied(session: Session) -> None:
    with transaction(session):
        original = six_items(session)

    with pytest.raises(StateError, match="Edit a copy"):
        change(session, original.items[0])
    for name in ("", " ", original.name):
        with pytest.raises(InvalidInputError, match="name of its own"), transaction(session):
            items.copy_questionnaire(session, original, name=name)


def test_item_is_reworded_and_translated_and_keeps_its_codes(session: Session, copy: Questionnaire) -> None:
    channels = copy.items[4]
    labels = [*CHANNELS.values()]
    reworded = ["LinkedIn and Xing", *labels[2:], "Smoke signals"]

    change(session, channels, wording=Wording("Where?", options=tuple(labels)), language="en")
    change(
        session, channels, wording=Wording("Var?", options=tuple(f"{x} sv" for x in labels)), language="sv"
    )
    change(session, channels, wording=Wording("Where?", options=tuple(reworded)), language="en")

    en, sv = channels.texts["en"]["options"], channels.texts["sv"]["options"]
    assert (en["linkedin"], en["smoke_signals"]) == ("LinkedIn and Xing", "Smoke signals")
    assert "friends" not in en
    assert list(sv) == [code for code in en if code != "smoke_signals"]
    assert channels.revision == 4


@once
@pytest.mark.parametrize(
    ("wording", "sentence"),
    [
        (Wording(" ", options=TWO), "Write what you ask."),
        (Wording("x" * 301, options=TWO), "What you ask has 301 characters and 300 are allowed."),
        (Wording("x", help="x" * 601, options=TWO), "The help has 601 characters"),
        (Wording("x", heading="x" * 121, options=TWO), "The heading has 121"),
        (Wording("x", options=TWO, probes={"ladder": "x" * 301}), "What you ask has 301 characters"),
        (Wording("x", options=TWO, suggestions=("x" * 121,)), "300 suggestions at most, of 120 characters"),
        (Wording("x", options=("one",)), "Give from 2 to 40 options"),
        (Wording("x", options=("one", " One ")), "Two options are the same"),
        (Wording("x", options=("x" * 121, "y")), "An option has 120 characters at most"),
    ],
)
def test_item_over_its_length_is_refused_and_unchanged(
    session: Session, copy: Questionnaire, wording: Wording, sentence: str
) -> None:
    channels = copy.items[4]
    before = channels.texts

    with pytest.raises(InvalidInputError) as raised:
        change(session, channels, wording=wording)

    assert sentence in str(raised.value)
    assert (channels.texts, channels.revision) == (before, 1)


@once
@pytest.mark.parametrize("limits", [{"page": 0}, {"page": 21}, {"max_chars": 49}, {"max_chars": 5001}])
def test_page_and_limit_have_a_range(session: Session, copy: Questionnaire, limits: dict[str, int]) -> None:
    values = {"page": 1, "max_chars": 100, **limits}
    with pytest.raises(InvalidInputError), transaction(session):
        items.add_item(session, copy, item_type=ItemType.OPEN, wording=Wording("x"), **values)


@once
def test_translation_needs_a_line_for_each_option(session: Session, copy: Questionnaire) -> None:
    with pytest.raises(InvalidInputError, match="20 options and 2 lines"):
        change(session, copy.items[4], wording=Wording("Var?", options=("ett", "två")), language="sv")


@once
def test_follow_up_and_suggestions_are_reworded_and_translated(session: Session) -> None:
    with transaction(session):
        copy = items.copy_questionnaire(session, default_questionnaire(session), name="Ours")
    more = next(item for item in copy.items if item.name == "stay_more")
    skills = next(item for item in copy.items if item.name == "skills")
    probes = {"example": " Such as? ", "precision": "Which?", "ladder": ""}

    change(session, more, wording=Wording("More?", probes=probes), language="fr")
    change(session, skills, wording=Wording("Good at?", suggestions=("Welding", " ", "Welding", "Knots")))

    assert more.texts["fr"]["probes"] == {"example": "Such as?", "precision": "Which?"}
    assert skills.texts["en"]["suggestions"] == ["Welding", "Knots"]
    change(session, skills)  # a caller that does not speak of them leaves them
    assert skills.texts["en"]["suggestions"] == ["Welding", "Knots"]
    change(session, skills, wording=Wording("Good at?", suggestions=()))
    assert "suggestions" not in skills.texts["en"]


def test_added_moved_and_dropped_items_leave_no_gap(session: Session, copy: Questionnaire) -> None:
    with transaction(session):
        items.add_item(session, copy, item_type=ItemType.OPEN, wording=Wording("Who, and why?"), page=9)
    assert names(copy)[-1] == ("who_and_why", 4)

    with transaction(session):
        items.move_item(session, copy.items[6], revision=copy.revision, up=True)
    assert names(copy)[4:] == [("channels", 3), ("content", 3), ("who_and_why", 3)]
    with transaction(session):
        items.move_item(session, copy.items[6], revision=copy.revision, up=True)
    assert names(copy)[4:] == [("channels", 3), ("who_and_why", 3), ("content", 3)]

    for _each in range(2):
        with transaction(session):
            items.drop_item(
                session, copy.items[0], revision=copy.revision, item_revision=copy.items[0].revision
            )
    assert names(copy) == [("good_day", 1), ("stay", 1), ("channels", 2), ("who_and_why", 2), ("content", 2)]
    assert [item.position for item in copy.items] == [1, 2, 3, 4, 5]


@once
def test_name_of_an_item_is_free_and_no_column_of_a_file(session: Session, copy: Questionnaire) -> None:
    for prompt in ("Quote?", "Stay!", "Stay!", "؟"):
        with transaction(session):
            items.add_item(session, copy, item_type=ItemType.OPEN, wording=Wording(prompt), page=4)

    assert [item.name for item in copy.items[6:]] == ["quote_2", "stay_2", "stay_3", "item"]


def test_second_of_two_people_is_told_and_nothing_is_overwritten(
    session: Session, copy: Questionnaire
) -> None:
    first, second = copy.items[0], copy.items[1]

    change(session, first, wording=Wording("Mine"), revision=1)
    with pytest.raises(ItemConflictError):
        change(session, first, wording=Wording("Theirs"), revision=1)
    change(session, second, wording=Wording("Another item"), revision=1)  # no conflict: not the same item

    assert first.texts["en"]["prompt"] == "Mine"
    change(session, first, wording=Wording("Theirs"), revision=2)  # after seeing both
    assert first.texts["en"]["prompt"] == "Theirs"


def test_order_of_two_people_is_not_mixed(session: Session, copy: Questionnaire) -> None:
    item = copy.items[1]
    with transaction(session):
        items.move_item(session, item, revision=1, up=True)

    for attempt in (
        lambda: items.move_item(session, item, revision=1, up=False),
        lambda: items.drop_item(session, item, revision=1, item_revision=1),
    ):
        with pytest.raises(ConflictError), transaction(session):
            attempt()
    change(session, item)
    with pytest.raises(ItemConflictError), transaction(session):
        items.drop_item(session, item, revision=2, item_revision=1)
    assert names(copy)[0] == ("skills", 1)


ATTACKS: dict[str, Callable[[Session], object]] = {
    "change an item": lambda s: s.execute(text("UPDATE item SET texts = '{}'")),
    "add an item": lambda s: s.execute(
        text(
            "INSERT INTO item (questionnaire_id, name, item_type, page, position, max_chars, texts, revision) "
            "SELECT id, 'new', 'open', 1, 99, 10, '{}', 1 FROM questionnaire"
        )
    ),
    "drop an item": lambda s: s.execute(text("DELETE FROM item")),
    "thaw": lambda s: s.execute(text("UPDATE questionnaire SET frozen_at = NULL")),
    "drop it": lambda s: s.execute(text("DELETE FROM questionnaire")),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_database_itself_refuses_to_change_what_was_launched(session: Session, attack: str) -> None:
    with transaction(session):
        questionnaire = six_items(session)
        items.freeze(session, questionnaire)
        before = dump(questionnaire)

    with pytest.raises(IntegrityError, match="frozen"), transaction(session):
        ATTACKS[attack](session)

    session.expire_all()
    assert dump(session.scalars(select(Questionnaire)).one()) == before


def test_launched_copy_is_not_edited_any_more(session: Session, copy: Questionnaire) -> None:
    with transaction(session):
        copy.frozen_at = utc_now()

    with pytest.raises(StateError):
        change(session, copy.items[0])


def test_empty_questionnaire_is_not_frozen(session: Session) -> None:
    with transaction(session):
        session.add(empty := Questionnaire(name="Empty", items=[]))

    with pytest.raises(InvalidInputError, match="Add at least one question"), transaction(session):
        items.freeze(session, empty)


@once
def test_edits_are_in_the_audit_log_without_words(session: Session, copy: Questionnaire) -> None:
    change(session, copy.items[0], wording=Wording("Secret plans"))

    entries = session.scalars(select(AuditEntry)).all()
    assert [entry.action for entry in entries] == ["copied", "changed an item of"]
    assert "Secret" not in str([entry.detail for entry in entries])


def with_rules(item: str = "self", **changes: Any) -> dict[str, Any]:
    """Return a questionnaire in which something of an item is changed."""
    content = json.loads(json.dumps({**SIX_ITEMS, "name": "Theirs"}))
    for one in content["items"]:
        if one["name"] == item:
            one.update(changes)
    return content


@once
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (with_rules(rules=[]), "The rules of the item self: there can be boxes, follows, sets, view"),
        (with_rules(rules={"colour": 1}), "and nothing else"),
        (with_rules(rules={"boxes": "3"}), "“boxes” is a number from 1 to 10"),
        (with_rules(rules={"boxes": True}), "“boxes” is a number"),
        (with_rules(rules={"boxes": 10**9}), "“boxes” is a number"),
        (with_rules("channels", rules={"boxes": 2}), "belongs to an open item"),
        (with_rules(rules={"sets": 2}), "“sets” belongs to choices"),
        (with_rules("channels", rules={"sets": 2}), "other than channels"),
        (with_rules("channels", name="where", rules={"sets": 0}), "“sets” belongs to choices"),
        (with_rules("channels", name="where", rules={"sets": 11}), "two options or more to a set"),
        (with_rules(rules={"follows": "stay"}), "names an open item that stands before it"),
        (with_rules("stay", rules={"follows": ["self"]}), "names an open item"),
        (with_rules("content", rules={"follows": "channels"}), "names an open item"),
        (with_rules(rules={"view": 7}), "“view” is the name of an item"),
        (with_rules(page=1.5), "lacks its page"),
        (with_rules(page="1"), "lacks its page"),
        (with_rules(max_chars=None), "lacks its page, its limit"),
        (with_rules("channels", texts={"en": {"prompt": "Where?"}}), "offers no options"),
        (
            with_rules("channels", texts={"en": {"prompt": "Where?", "options": {"a": ["x"]}}}),
            "a text that is none",
        ),
        (with_rules(texts={"en": {"prompt": "Who?", "suggestions": [1]}}), "a text that is none"),
        (
            with_rules(texts={"en": {"prompt": "Who?", "probes": ["why"]}}),
            "lacks its page, its limit or its texts",
        ),
        (with_rules(texts={"English!": {"prompt": "Who?"}}), "as a code such as en or sv"),
    ],
)
def test_questionnaire_that_would_break_the_pages_is_refused_with_the_reason(
    session: Session, content: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidInputError) as raised, transaction(session):
        items.add_questionnaire(session, content)

    assert sentence in str(raised.value)
    assert session.scalars(select(Questionnaire)).all() == []


@once
def test_default_questionnaire_may_be_read_back_under_another_name(session: Session) -> None:
    content = {**dump(read_default()), "name": "Ours"}

    with transaction(session):
        assert dump(items.add_questionnaire(session, content)) == content


@once
def test_follow_ups_go_with_what_they_follow(session: Session) -> None:
    with transaction(session):
        copy = items.copy_questionnaire(session, default_questionnaire(session), name="Ours")
        stay = next(item for item in copy.items if item.name == "stay")
        items.drop_item(session, stay, revision=copy.revision, item_revision=stay.revision)

    assert {"stay", "stay_more", "stay_why"}.isdisjoint(item.name for item in copy.items)
    assert not [item for item in copy.items if "follows" in item.rules]
