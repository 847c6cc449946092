"""Pages are made from whatever a questionnaire asks, not from the default one alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from survey.enums import ItemType
from survey.models import Item, Questionnaire, Wave
from survey.respondent.forms import Screen, SurveyForm


@pytest.fixture(autouse=True)
def _translations() -> Iterator[None]:
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def hidden(form: SurveyForm, page: int) -> list[tuple[str, str]]:
    """What travels hidden on a page, without the number that was drawn."""
    return [(name, value) for name, value in form.hidden(Screen(page)) if name != "draw"]


def make_wave(*items: Item, attributes: list[dict[str, object]] | None = None) -> Wave:
    return Wave(questionnaire=Questionnaire(name="Own", items=list(items)), attributes=attributes or [])


def item(name: str, page: int, **options: str) -> Item:
    kind = ItemType.CHOICES if options else ItemType.OPEN
    texts = {"nb": {"prompt": f"{name}?", **({"options": options} if options else {})}}
    return Item(name=name, page=page, position=page, item_type=kind, max_chars=10, rules={}, texts=texts)


def test_questionnaire_without_choices_or_attributes_has_its_pages_and_the_last() -> None:
    form = SurveyForm(make_wave(item("pride", 1), item("doubt", 2)), MultiDict({"answer-pride": " much "}))

    assert form.n_pages == 3
    assert [[field.name for field in form.fields(screen)] for screen in form.screens] == [
        ["answer-pride"],
        ["answer-doubt"],
        ["quote"],
    ]
    assert hidden(form, 2) == [("answer-pride", "much")]
    assert form.heading(Screen(1)) == "Your answers"
    assert form.submission() == {
        "answers": {"pride": "much", "doubt": ""},
        "channels": [""],
        "attributes": {},
        "quote": False,
        "held_out": False,
    }


def test_own_choices_travel_with_the_answers() -> None:
    given = MultiDict([("answer-tools", "saw"), ("answer-tools", "axe"), ("answer-tools", "gun")])

    form = SurveyForm(make_wave(item("tools", 1, axe="Axe", saw="Saw")), given)

    assert [(field.kind, field.values, dict(field.options)) for field in form.fields(Screen(1))] == [
        ("choices", ("axe", "saw"), {"axe": "Axe", "saw": "Saw"})
    ]
    assert hidden(form, 2) == [("answer-tools", "axe"), ("answer-tools", "saw")]
    assert form.submission()["answers"] == {"tools": "axe;saw"}


def test_band_that_is_not_offered_is_not_carried_on() -> None:
    site = {"name": "site", "label": "Site", "bands": ["Oslo"]}
    form = SurveyForm(make_wave(item("pride", 1), attributes=[site]), MultiDict({"about-site": "Atlantis"}))

    assert hidden(form, 1) == []
    band = form.fields(Screen(2))[0]
    assert (band.label, band.value) == ("Site", "")
    assert band.options == {"": "I would rather not say", "Oslo": "Oslo"}


def test_limit_counts_characters_after_tidying() -> None:
    wave = make_wave(item("pride", 1), item("doubt", 2))

    fits = SurveyForm(wave, MultiDict({"answer-pride": "  1234\r\n5678  "}))
    exceeds = SurveyForm(wave, MultiDict({"answer-doubt": "12345678901"}))

    assert fits.problems == {}
    assert fits.first_with_problem() is None
    assert exceeds.problems == {"answer-doubt": "11 characters, and 10 are allowed. Shorten it."}
    assert exceeds.first_with_problem() == Screen(2)
    assert [exceeds.has_problem_on(Screen(page)) for page in (1, 2)] == [False, True]
