"""Charts: what they show, what a page's security policy allows, and the table that says the same."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from survey.worker.charts import N_REASONS, Drawing, draw
from survey.worker.drawing import CHARS, COLOURS, SHAPES, fit, percent
from tests.survey.persona_factories import entry, report_of

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("Planners", "Sellers & <b>friends</b>", "Teachers")
PAGES = {"light": "#ffffff", "dark": "#1a2224"}


@pytest.fixture(scope="module")
def drawings() -> dict[str, Drawing]:
    return {drawing.name: drawing for drawing in draw(report_of(NAMES))}


def elements(drawing: Drawing) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawing.svg).iter())


def words(drawing: Drawing) -> list[str]:
    return [element.text or "" for element in elements(drawing) if element.tag == f"{SVG}text"]


def marks(drawing: Drawing, *, colour: str) -> list[ElementTree.Element]:
    return [element for element in elements(drawing) if element.get("fill") == colour]


def test_there_is_a_map_a_chart_of_shares_and_one_of_reasons(drawings: dict[str, Drawing]) -> None:
    assert list(drawings) == ["map", "shares", "reasons"]


@pytest.mark.parametrize("name", ["map", "shares", "reasons"])
def test_chart_is_allowed_on_a_page_without_inline_style_or_script(
    drawings: dict[str, Drawing], name: str
) -> None:
    found = elements(drawings[name])

    assert {element.tag.removeprefix(SVG) for element in found} <= {
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "text",
    }
    assert [
        element for element in found if any(a == "style" or a.startswith("on") for a in element.attrib)
    ] == []
    assert re.findall(r"https?://(?!www\.w3\.org/2000/svg)", drawings[name].svg) == []


@pytest.mark.parametrize("name", ["map", "shares", "reasons"])
def test_chart_is_an_image_with_a_title_and_a_description(drawings: dict[str, Drawing], name: str) -> None:
    root, title, description = elements(drawings[name])[:3]

    assert root.get("role") == "img"
    assert (title.tag, title.get("id"), title.text) == (
        f"{SVG}title",
        root.get("aria-labelledby"),
        drawings[name].title,
    )
    assert (description.tag, description.get("id")) == (f"{SVG}desc", root.get("aria-describedby"))
    assert description.text


def test_charts_share_no_id_on_a_page(drawings: dict[str, Drawing]) -> None:
    ids = [element.get("id") for drawing in drawings.values() for element in elements(drawing)]

    named = [one for one in ids if one]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("name", ["map", "shares", "reasons"])
def test_chart_grows_and_shrinks_with_the_page(drawings: dict[str, Drawing], name: str) -> None:
    root = elements(drawings[name])[0]

    assert (root.get("width"), root.get("height")) == (None, None)
    assert root.get("viewBox", "").startswith("0 0 364 ")


def test_text_takes_the_colour_of_the_page(drawings: dict[str, Drawing]) -> None:
    texts = [one for drawing in drawings.values() for one in elements(drawing) if one.tag == f"{SVG}text"]

    assert {text.get("fill") for text in texts} == {"currentColor"}


def test_names_of_personas_are_written_as_they_are(drawings: dict[str, Drawing]) -> None:
    assert "2 · Sellers & <b>friends</b>" in words(drawings["map"])
    assert "<b>" not in drawings["map"].svg


def test_map_has_a_dot_for_each_person_and_one_in_the_legend(drawings: dict[str, Drawing]) -> None:
    assert [len(marks(drawings["map"], colour=colour)) for colour in COLOURS[:4]] == [11, 11, 11, 0]
    assert drawings["map"].rows == [["Planners", 10], ["Sellers & <b>friends</b>", 10], ["Teachers", 10]]


def test_map_tells_personas_apart_by_shape_and_number_too(drawings: dict[str, Drawing]) -> None:
    shapes = [{mark.get("d") for mark in marks(drawings["map"], colour=colour)} for colour in COLOURS[:3]]

    assert [first & second for first, second in ((shapes[0], shapes[1]), (shapes[1], shapes[2]))] == [
        set(),
        set(),
    ]
    assert words(drawings["map"])[:3] == ["1", "2", "3"]


def test_map_shows_nobody_that_the_report_does_not_reveal() -> None:
    report = report_of(NAMES[:2])
    report["map"] = [point for point in report["map"] if point["persona"] == "p0"]
    report["map"].append({"x": 0.0, "y": 0.0, "persona": None})

    drawing = draw(report)[0]

    assert [len(marks(drawing, colour=colour)) for colour in COLOURS[:2]] == [11, 0]
    assert drawing.rows == [["Planners", 10], ["Sellers & <b>friends</b>", "not shown"]]


def test_report_without_a_map_has_the_other_charts() -> None:
    assert [drawing.name for drawing in draw(report_of(NAMES, map=[]))] == ["shares", "reasons"]


def test_report_without_personas_has_no_charts() -> None:
    assert draw(report_of((), refusal="Too few responses.")) == []


def test_personas_come_largest_first_whatever_their_order_in_the_report(drawings: dict[str, Drawing]) -> None:
    report = report_of(NAMES)
    report["personas"].reverse()

    assert [drawing.svg for drawing in draw(report)] == [drawing.svg for drawing in drawings.values()]


def test_table_of_shares_says_what_the_bars_say(drawings: dict[str, Drawing]) -> None:
    assert (drawings["shares"].columns, drawings["shares"].rows) == (
        ["Persona", "People", "Share"],
        [["Planners", 40, "40 %"], ["Sellers & <b>friends</b>", 30, "30 %"], ["Teachers", 20, "20 %"]],
    )


def test_table_of_reasons_says_what_the_bars_say(drawings: dict[str, Drawing]) -> None:
    assert drawings["reasons"].columns == ["Persona", "Reason to stay", "Here", "Elsewhere"]
    assert drawings["reasons"].rows[:2] == [
        ["Planners", "evenings off, say Planners", "40 %", "rare"],
        ["Planners", "good <tools>, say Planners", "40 %", "10 %"],
    ]


def test_reasons_are_few_and_long_ones_are_cut_in_the_chart_alone() -> None:
    report: dict[str, Any] = report_of(NAMES[:1])
    report["personas"][0]["reasons"] = [
        entry("because " * 30 + str(number)) for number in range(N_REASONS + 2)
    ]

    drawing = draw(report)[-1]

    assert len(drawing.rows) == N_REASONS
    assert drawing.rows[0][1].endswith("because 0")
    assert [word for word in words(drawing) if len(word) > CHARS] == []


def test_more_personas_than_colours_can_be_drawn() -> None:
    n_personas = len(COLOURS) + 2
    report = report_of([f"Persona {number}" for number in range(n_personas)])

    assert len(draw(report)[0].rows) == n_personas


@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
@pytest.mark.parametrize("colour", COLOURS)
def test_colours_stand_out_on_light_and_dark(colour: str, page: str) -> None:
    light, dark = sorted((luminance(colour), luminance(page)), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 3


def test_colours_and_shapes_are_distinct() -> None:
    assert (len(set(COLOURS)), len(set(SHAPES))) == (12, 12)


def test_text_is_cut_to_a_line() -> None:
    assert (fit("short", 5), fit("rather long", 8)) == ("short", "rather…")


def test_share_is_written_as_a_percentage() -> None:
    assert [percent(share) for share in (0, 0.054, 1)] == ["0 %", "5 %", "100 %"]


def luminance(colour: str) -> float:
    """Relative luminance as the Web Content Accessibility Guidelines define it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
