"""The check of a questionnaire: minutes, reading level, runs, crowded pages, missing translations."""

from __future__ import annotations

from typing import Any

import pytest

from survey.domain.instrument import GOOD_MINUTES, Finding, check
from survey.domain.questionnaires import read_default
from survey.enums import ItemType
from survey.models import Item, Questionnaire


def questionnaire(*items: Item) -> Questionnaire:
    for number, item in enumerate(items, start=1):
        item.id, item.position = number, number
    return Questionnaire(name="q", items=list(items))


def item(page: int = 1, *, options: int = 0, **texts: dict[str, Any]) -> Item:
    texts = texts or {"en": {"prompt": "What keeps you here?", "help": ""}}
    if options:
        texts["en"]["options"] = {f"o{n}": f"Option {n}" for n in range(options)}
    kind = ItemType.CHOICES if options else ItemType.OPEN
    return Item(name="x", item_type=kind, page=page, max_chars=2000, texts=texts)


def kinds(*items: Item, languages: tuple[str, ...] = ()) -> list[tuple[str, int | None, str]]:
    return [(f.kind, f.item_id, f.language) for f in check(questionnaire(*items), languages).findings]


def test_default_questionnaire_takes_eight_minutes_and_reads_easily() -> None:
    found = check(read_default(), ["en", "sv", "de", "es", "ar"])

    assert 5 < found.minutes <= GOOD_MINUTES < found.minutes_in_full < 10
    assert found.lix["en"] is not None
    assert found.lix["en"] < 40
    assert found.findings == ()


def test_empty_questionnaire_is_the_first_thing_said() -> None:
    assert check(questionnaire(), ["sv"]).findings == (Finding("empty"),)


def test_fifth_open_item_in_a_row_is_named_and_ticking_ends_the_run() -> None:
    pages = [1, 1, 2, 2, 3]

    assert kinds(*(item(page) for page in pages)) == [("run", 5, "")]
    assert kinds(item(1), item(1), item(2, options=3), item(2), item(3), item(3)) == []


def test_third_open_item_on_a_page_is_named() -> None:
    assert kinds(item(), item(), item()) == [("crowded", 3, "")]


def test_many_items_take_long() -> None:
    items = [item(page, options=4 * (page % 2)) for page in range(1, 25)]

    assert [f.kind for f in check(questionnaire(*items)).findings] == ["long"]


def test_follow_up_of_a_follow_up_is_answered_by_half_of_half() -> None:
    alone, one, two = item(), item(), item()
    alone.name, one.name, two.name = "stay", "stay_more", "stay_why"
    one.rules, two.rules = {"follows": "stay"}, {"follows": "stay_more"}

    first = check(questionnaire(alone)).minutes
    second = check(questionnaire(alone, one)).minutes
    third = check(questionnaire(alone, one, two)).minutes

    assert 0 < third - second < second - first < first


def test_missing_translations_are_named_by_item_and_language() -> None:
    sv = {"prompt": "Varför?", "help": ""}
    translated = item(1, en={"prompt": "Why?", "help": ""}, sv=sv)
    half = item(1, en={"prompt": "How?", "help": "In a word."}, sv={"prompt": "Hur?", "help": ""})
    bare = item(2, en={"prompt": "When?", "help": ""})
    options = item(2, options=3, en={"prompt": "Which?"}, sv={"prompt": "Vilka?", "options": {"o0": "Ett"}})

    assert kinds(translated, half, bare, options, languages=("de", "en", "")) == [
        ("untranslated", 2, "sv"),
        ("untranslated", 3, "sv"),
        ("untranslated", 4, "sv"),
        ("language", None, "de"),
    ]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "The cat sat. It was glad.", 3.0),
        ("sv", "Organisationsförändringarna genomfördes.", 2 + 100.0),
        ("ar", "ما الذي يعجبك في العمل هنا؟", None),
    ],
)
def test_lix_counts_words_a_sentence_and_long_words(language: str, text: str, expected: float | None) -> None:
    assert check(questionnaire(item(1, **{language: {"prompt": text}}))).lix[language] == expected


def test_text_that_is_hard_to_read_is_named() -> None:
    hard = "Characterise organisational circumstances contributing considerably towards retention."

    assert ("hard", None, "en") in kinds(item(1, en={"prompt": hard}))
