"""What is asked: the default questionnaire whole in five languages, its JSON form, and what the analysis gets."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from survey.database import transaction
from survey.domain.analyses import _corpus_response
from survey.domain.questionnaire_files import dump, load
from survey.domain.questionnaires import (
    default_questionnaire,
    is_follow_up,
    languages_of,
    options,
    read_default,
    texts_of,
    view_of,
)
from survey.enums import ItemType
from survey.models import Answer, Item, Questionnaire, Response
from tests.survey.domain.factories import SIX_ITEMS, six_items

#: The keys that the analysis knows; an item's answer feeds one of them.
ANALYSED = {"self", "skills", "good_day", "stay", "content"}


@pytest.fixture(scope="module")
def default() -> Questionnaire:
    """The default questionnaire, in no database."""

    return read_default()


def words_in(texts: object) -> Iterator[str]:
    """Every text below a value."""
    if isinstance(texts, dict):
        for value in texts.values():
            yield from words_in(value)
    elif isinstance(texts, list):
        for value in texts:
            yield from words_in(value)
    else:
        yield str(texts)


def test_default_questionnaire_is_added_once_beside_an_earlier_version(
    sessions: sessionmaker[Session],
) -> None:
    with sessions() as session, transaction(session):
        six_items(session)
    for _attempt in range(2):
        with sessions() as session, transaction(session):
            assert default_questionnaire(session).version == 2

    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Questionnaire)) == 2


def test_default_questionnaire_is_read_back_equal_through_a_database(sessions: sessionmaker[Session]) -> None:
    with sessions() as session, transaction(session):
        key = default_questionnaire(session).id

    with sessions() as session:
        content = dump(session.get_one(Questionnaire, key))

    assert dump(load(json.loads(json.dumps(content)))) == content == dump(read_default())
    assert [item["rules"]["boxes"] for item in content["items"] if "boxes" in item["rules"]] == [5, 6, 3]


def test_file_of_before_has_no_rules_and_is_still_read() -> None:
    without = [{key: value for key, value in item.items() if key != "rules"} for item in SIX_ITEMS["items"]]
    questionnaire = load({**SIX_ITEMS, "items": without})

    assert dump(questionnaire) == SIX_ITEMS
    assert {view_of(item) for item in questionnaire.items} == {*ANALYSED, "channels"}


def test_default_questionnaire_has_few_screens_and_feeds_the_items_of_the_analysis(
    default: Questionnaire,
) -> None:
    pages = {item.page for item in default.items}
    n_follow_ups = sum(map(is_follow_up, default.items))
    open_items = [item for item in default.items if item.item_type is ItemType.OPEN]

    assert pages == set(range(1, max(pages) + 1))
    # Introduction and last page come to these.
    assert 1 + len(pages) + n_follow_ups + 1 <= 10
    assert {view_of(item) for item in open_items} == ANALYSED
    assert {view_of(item) for item in open_items if view_of(item) != item.name} == {"stay"}


def test_every_language_says_everything_with_the_same_codes(default: Questionnaire) -> None:
    assert languages_of(default.items) == ["en", "sv", "de", "es", "ar"]
    for item in default.items:
        english = item.texts["en"]
        for language, texts in item.texts.items():
            assert texts.keys() == english.keys(), (item.name, language)
            for key in ("options", "probes"):
                assert list(texts.get(key, {})) == list(english.get(key, {}))
            assert all(text.strip() for text in words_in(texts))
            labels = list(texts.get("options", {}).values())
            assert len(set(labels)) == len(labels)
            suggestions = texts.get("suggestions", [])
            assert len(set(suggestions)) == len(suggestions)
            assert len(suggestions) >= 40 or not suggestions


def test_no_language_was_left_in_english(default: Questionnaire) -> None:
    proper = {"LinkedIn", "YouTube", "Instagram", "Facebook", "TikTok", "Reddit", "Podcasts", "Newsletter"}
    proper |= {"Excel", "Python", "SQL", "Marketing"}
    for item in default.items:
        english = set(words_in(item.texts["en"])) - proper
        for language in item.texts.keys() - {"en"}:
            assert english.isdisjoint(words_in(item.texts[language])), (item.name, language)


def test_texts_fall_back_to_english_and_then_to_the_first_language() -> None:
    both = Item(name="pride", texts={"nb": {"prompt": "Stolt?"}, "en": {"prompt": "Proud?"}})
    one = Item(name="pride", texts={"nb": {"prompt": "Stolt?", "options": {"a": "A"}}})

    assert texts_of(both, "nb")["prompt"] == "Stolt?"
    assert texts_of(both, "de")["prompt"] == "Proud?"
    assert texts_of(one, "de")["prompt"] == "Stolt?"
    assert options(one, "de") == {"a": "A"}


def test_answers_that_feed_one_item_reach_the_analysis_as_one_text() -> None:
    told = {"stay": "my team\nthe hours", "stay_more": "they stayed late", "miss": "lunch", "self": "calm"}
    row = Response(
        id="a",
        attributes={},
        quote=False,
        answers=[Answer(item=item, text=text) for item, text in {**told, "channels": "podcasts"}.items()],
    )

    read = _corpus_response(row, {"self": "self", "stay": "stay", "stay_more": "stay", "miss": "stay"}, {})

    assert read.answers == {"self": "calm", "stay": "my team\nthe hours\nthey stayed late\nlunch"}
    assert read.channels == ("podcasts",)
