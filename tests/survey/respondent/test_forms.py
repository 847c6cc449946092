"""Pages are made from whatever a questionnaire asks, not from the default one alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import Babel
from werkzeug.datastructures import MultiDict

from survey.domain.questionnaires import read_default
from survey.enums import ItemType
from survey.models import Item, Questionnaire, Wave
from survey.respondent.forms import Field, Screen, SurveyForm


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


# --- boxes, sets and follow-ups of the default questionnaire ------------------------------------------------


def default_form(*given: tuple[str, str], language: str = "en", draw: str = "1") -> SurveyForm:
    """The default questionnaire with what was filled in; draw 1 is asked follow-ups."""
    wave = Wave(questionnaire=read_default(), attributes=[])
    return SurveyForm(wave, MultiDict([("draw", draw), *given]), language)


def field_of(form: SurveyForm, name: str) -> Field:
    return next(field for screen in form.screens for field in form.fields(screen) if field.name == name)


STAY = ("answer-stay", "my team")


def test_boxes_are_one_answer_by_lines_and_each_keeps_its_place_on_its_page() -> None:
    form = default_form(("answer-self", ""), ("answer-self", " calm\r\nand dry "), ("answer-self", "kind"))

    assert field_of(form, "answer-self").values == ("", "calm and dry", "kind", "", "")
    assert form.submission()["answers"]["self"] == "calm and dry\nkind"
    assert [pair for pair in form.hidden(Screen(2)) if pair[0] == "answer-self"] == [
        ("answer-self", ""),
        ("answer-self", "calm and dry"),
        ("answer-self", "kind"),
    ]


def test_boxes_that_were_not_offered_are_left_out() -> None:
    form = default_form(*[("answer-stay", f"reason {number}") for number in range(9)])

    assert form.submission()["answers"]["stay"] == "reason 0\nreason 1\nreason 2"


def test_limit_of_boxes_is_that_of_the_whole_answer() -> None:
    form = default_form(*[("answer-self", "x" * 200)] * 5)

    assert form.problems == {"answer-self": "1,004 characters, and 800 are allowed. Shorten it."}
    assert form.first_with_problem() == Screen(1)


def test_follow_up_has_a_screen_of_its_own_after_its_page() -> None:
    plain, asked = default_form(), default_form(STAY)

    assert [screen.id for screen in plain.screens] == ["1", "2", "3", "4", "5", "6", "7"]
    assert [screen.id for screen in asked.screens] == ["1", "2", "3", "4", "4.stay_more", "5", "6", "7"]
    assert asked.after(Screen(4)) == Screen(4, "stay_more") == asked.before(Screen(5))
    (field,) = asked.fields(Screen(4, "stay_more"))
    assert (field.label, field.quoted) == ("What is an example of that?", "my team")
    assert asked.heading(Screen(4, "stay_more")) == "One question more"


def test_follow_up_speaks_the_language_of_the_page() -> None:
    form = default_form(
        ("answer-stay", "Die Leute in unserer Abteilung sind wirklich sehr nett"), language="de"
    )

    assert field_of(form, "answer-stay_more").label == "Was genau macht dabei den Unterschied?"


def test_answer_to_a_follow_up_that_no_longer_follows_is_not_sent() -> None:
    more = ("answer-stay_more", "they stayed late")

    assert default_form(STAY, more).submission()["answers"]["stay_more"] == "they stayed late"
    assert "stay_more" not in default_form(more).submission()["answers"]
    assert default_form(more).screen("4.stay_more") == Screen(4)


def test_there_are_ten_screens_at_most_with_the_introduction() -> None:
    form = default_form(STAY, ("answer-stay_more", "they stayed late"), ("answer-stay_why", "trust"))

    assert 1 + len(form.screens) == 10


def test_one_in_ten_is_asked_nothing_and_the_answer_says_so() -> None:
    forms = [default_form(STAY, draw=str(number)) for number in range(40)]

    held_out = [form for form in forms if form.held_out]
    assert len(held_out) == 4
    assert all(len(form.screens) == 7 and form.submission()["held_out"] for form in held_out)


def test_nobody_is_held_out_where_nothing_would_be_asked() -> None:
    form = SurveyForm(make_wave(item("pride", 1)), MultiDict({"draw": "0"}))

    assert form.held_out is False


@pytest.mark.parametrize("draw", ["", "-1", "x", "10000", "9" * 5000, "٣"])
def test_number_that_cannot_have_been_drawn_is_drawn_anew(draw: str) -> None:
    drawn = {default_form(draw=draw).draw for _ in range(20)}

    assert len(drawn) > 10
    assert drawn <= set(range(10_000))


def test_sets_are_dealt_by_the_draw_and_hold_every_reason_once() -> None:
    dealt = [
        [list(one.options) for one in field_of(default_form(draw=d), "answer-importance").sets] for d in "125"
    ]

    assert [[len(codes) for codes in sets] for sets in dealt] == [[4, 4, 4]] * 3
    assert len({code for codes in dealt[0] for code in codes}) == 12
    assert dealt[0] != dealt[1] != dealt[2]
    again = field_of(default_form(draw="1", language="ar"), "answer-importance").sets
    assert [list(one.options) for one in again] == dealt[0]


def test_most_and_least_travel_and_are_sent_as_signed_codes() -> None:
    first, second, _third = field_of(default_form(), "answer-importance").sets
    best, worst, *_rest = first.options
    only = next(iter(second.options))
    chosen = [(f"{first.name}-most", best), (f"{first.name}-least", worst), (f"{second.name}-most", only)]

    form = default_form(*chosen)

    assert sorted(form.submission()["answers"]["importance"].split(";")) == sorted(
        [f"+{best}", f"+{only}", f"-{worst}"]
    )
    assert [pair for pair in form.hidden(Screen(1)) if "importance" in pair[0]] == chosen


def test_reason_of_another_set_is_not_taken() -> None:
    first, second, _third = field_of(default_form(), "answer-importance").sets
    foreign = next(iter(second.options))

    form = default_form((f"{first.name}-most", foreign), (f"{first.name}-least", "gold"))

    assert form.submission()["answers"]["importance"] == ""


def test_same_reason_as_most_and_least_is_asked_about() -> None:
    first = field_of(default_form(), "answer-importance").sets[0]
    code = next(iter(first.options))

    form = default_form((f"{first.name}-most", code), (f"{first.name}-least", code))

    assert form.has_problem_on(Screen(5))
    assert field_of(form, "answer-importance").problem.startswith("Nothing can be both most and least.")
    assert field_of(form, "answer-importance").first == first.name
