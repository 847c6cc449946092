"""Charts: what they show, what a page's security policy allows, and the table that says the same."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from survey.worker.charts import N_MOTIVES, N_REASONS, Drawing, draw
from survey.worker.drawing import CHARS, CHARS_BESIDE_VALUE, COLOURS, SHAPES, between, percent, wrap
from survey.worker.geometry import apart
from tests.survey.persona_factories import entry, report_of

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("Planners", "Sellers & <b>friends</b>", "Teachers")
PAGES = {"light": "#ffffff", "dark": "#1a2224"}


CHARTS = ("map", "shares", "reasons", "motives", "found")
MOTIVES = [
    {"text": "time for life <outside> work", "shares": {"p0": 0.5, "p1": None, "p2": 0.25}},
    {"text": "a job that is safe", "shares": {"p0": 1.0, "p1": 0.125, "p2": None}},
]
NEIGHBOURS = [
    {"a": "p0", "b": "p1", "similarity": 0.5},
    {"a": "p1", "b": "p2", "similarity": 0.1},
    {"a": "p0", "b": "p2", "similarity": -0.5},
]


@pytest.fixture(scope="module")
def drawings() -> dict[str, Drawing]:
    return {drawing.name: drawing for drawing in draw(whole_report())}


def scored(
    key: str, *, n: int = 80, ranks: bool = True, provisional: bool = False, tried: bool = True
) -> dict[str, Any]:
    here = {"A": 0.5, "B": 0.25, "C": 0.125, "D": 0.125} if tried else None
    found = {"here": here, "elsewhere": {"A": 0.125, "B": 0.125, "C": 0.25, "D": 0.5}}
    return {"key": key, "n": n, "ranks": ranks, "provisional": provisional, "found": found}


def whole_report() -> dict[str, Any]:
    entries = [scored("p0"), scored("p1", ranks=False, provisional=True), scored("p2", tried=False)]
    return report_of(NAMES, motives=MOTIVES, neighbours=NEIGHBOURS, scoring={"personas": entries})


def map_of(*dots: tuple[float, float, str | None]) -> Drawing:
    """The map of dots, beside thirty of a persona in a square, which are drawn in any case."""
    crowd = [(i % 6 * 0.2, i // 6 * 0.2, "p0") for i in range(30)]
    points = [{"x": x, "y": y, "persona": persona} for x, y, persona in [*dots, *crowd]]
    report = report_of(NAMES[:2], map=points)
    for persona in report["personas"]:
        persona["reasons"] = []
    return draw(report)[0]


def elements(drawing: Drawing) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawing.svg).iter())


def words(drawing: Drawing) -> list[str]:
    return [element.text or "" for element in elements(drawing) if element.tag == f"{SVG}text"]


def marks(drawing: Drawing, *, colour: str) -> list[ElementTree.Element]:
    return [element for element in elements(drawing) if element.get("fill") == colour]


def test_there_is_a_map_a_chart_of_shares_two_of_reasons_and_one_of_fits(
    drawings: dict[str, Drawing],
) -> None:
    assert tuple(drawings) == CHARTS


@pytest.mark.parametrize("name", CHARTS)
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


@pytest.mark.parametrize("name", CHARTS)
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


@pytest.mark.parametrize("name", CHARTS)
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


def test_map_has_a_dot_for_each_person_one_in_the_legend_and_an_outline(drawings: dict[str, Drawing]) -> None:
    assert [len(marks(drawings["map"], colour=colour)) for colour in COLOURS[:4]] == [12, 12, 12, 0]


def test_table_of_the_map_says_who_is_near_whom(drawings: dict[str, Drawing]) -> None:
    assert (drawings["map"].columns, drawings["map"].rows) == (
        ["Persona", "People", "Nearest persona"],
        [
            ["Planners", 40, "Sellers & <b>friends</b>"],
            ["Sellers & <b>friends</b>", 30, "Planners"],
            ["Teachers", 20, "Sellers & <b>friends</b>"],
        ],
    )


def test_map_tells_personas_apart_by_shape_and_number_too(drawings: dict[str, Drawing]) -> None:
    shapes = [{mark.get("d") for mark in marks(drawings["map"], colour=colour)} for colour in COLOURS[:3]]

    assert [first & second for first, second in ((shapes[0], shapes[1]), (shapes[1], shapes[2]))] == [
        set(),
        set(),
    ]
    assert words(drawings["map"])[:3] == ["1", "2", "3"]


def test_map_shows_a_group_from_ten_people_on() -> None:
    nine = [(1 + i / 10, 0.0, "p1") for i in range(9)]

    assert len(marks(map_of(*nine), colour=COLOURS[1])) == 0
    assert len(marks(map_of(*nine, (2.0, 0.0, "p1")), colour=COLOURS[1])) == 12


def test_people_in_no_persona_are_specks_from_ten_on() -> None:
    nine = [(1 + i / 10, 0.0, None) for i in range(9)]

    assert words(map_of(*nine))[-1] == "1 · Planners"
    assert words(map_of(*nine, (2.0, 0.0, None)))[-1] == "in none of them"


def test_dot_that_would_stand_alone_is_left_out() -> None:
    alone = (30.0, 30.0, "p0")
    with_four_others = [(3.0, 3.0, "p0")] * 5

    assert len(marks(map_of(alone), colour=COLOURS[0])) == len(marks(map_of(), colour=COLOURS[0])) == 32
    assert len(marks(map_of(*with_four_others), colour=COLOURS[0])) == 37


def test_map_of_very_many_people_has_some_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey.worker.charts.MAX_DOTS", 15)

    assert len(marks(map_of(*[(0.1, 0.1, "p0")] * 20), colour=COLOURS[0])) == 17


def test_map_with_everybody_in_one_place_can_be_drawn() -> None:
    report = report_of(NAMES[:1])
    report["map"] = [{"x": 0.5, "y": 0.5, "persona": "p0"}] * 10

    assert len(marks(draw(report)[0], colour=COLOURS[0])) == 12


def test_report_without_a_map_has_the_other_charts() -> None:
    assert [drawing.name for drawing in draw(report_of(NAMES, map=[]))] == ["shares", "reasons"]


def test_report_without_personas_has_no_charts() -> None:
    assert draw(report_of((), refusal="Too few responses.")) == []


def test_personas_come_largest_first_whatever_their_order_in_the_report(drawings: dict[str, Drawing]) -> None:
    report = whole_report()
    report["personas"].reverse()

    assert [drawing.svg for drawing in draw(report)] == [drawing.svg for drawing in drawings.values()]


def test_table_of_shares_says_what_the_bars_say(drawings: dict[str, Drawing]) -> None:
    assert drawings["shares"].columns == ["Persona", "People", "Share", "95 % interval"]
    assert plain(drawings["shares"].rows) == [
        ["Planners", 40, "40 %", "32–51 %"],
        ["Sellers & <b>friends</b>", 30, "30 %", "22–40 %"],
        ["Teachers", 20, "20 %", "14–29 %"],
    ]


def test_table_of_motives_has_every_persona_and_no_small_count(drawings: dict[str, Drawing]) -> None:
    assert drawings["motives"].columns == ["Reason to stay", *NAMES]
    assert plain(drawings["motives"].rows) == [
        ["time for life <outside> work", "50 %", "–", "25 %"],
        ["a job that is safe", "100 %", "12 %", "–"],
    ]


def test_motives_have_a_number_a_shape_and_a_bar_for_every_persona(drawings: dict[str, Drawing]) -> None:
    said = words(drawings["motives"])

    assert [word for word in said if word.endswith("%") or word == "–"] == [
        cell for row in drawings["motives"].rows for cell in row[1:]
    ]
    # A shape and a bar for each motive, and the shape before the name.
    assert [len(marks(drawings["motives"], colour=colour)) for colour in COLOURS[:3]] == [5, 5, 5]


def test_table_of_reasons_says_what_the_bars_say(drawings: dict[str, Drawing]) -> None:
    assert drawings["reasons"].columns == ["Persona", "Reason to stay", "Here", "Elsewhere"]
    assert plain(drawings["reasons"].rows[:2]) == [
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
    report["personas"] = [{**persona, "size": 10, "share": 0.1} for persona in report["personas"]]
    report["motives"] = [{"text": "pay", "shares": {persona["key"]: 0.5 for persona in report["personas"]}}]

    drawings = {drawing.name: drawing for drawing in draw(report)}

    assert [len(drawings[name].rows) for name in ("map", "shares")] == [n_personas, n_personas]
    assert words(drawings["motives"]).count("50") == n_personas


@pytest.mark.parametrize("page", PAGES.values(), ids=list(PAGES))
@pytest.mark.parametrize("colour", COLOURS)
def test_colours_stand_out_on_light_and_dark(colour: str, page: str) -> None:
    light, dark = sorted((luminance(colour), luminance(page)), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 3


def test_colours_and_shapes_are_distinct() -> None:
    assert (len(set(COLOURS)), len(set(SHAPES))) == (12, 12)


def test_text_is_cut_to_lines() -> None:
    assert wrap("a permanent contract and a job that is safe", 22) == [
        "a permanent contract",
        "and a job that is safe",
    ]
    assert (wrap("so " * 9, 5), wrap("", 5)) == (["so so", "so so", "so…"], [""])


def test_a_long_reason_is_told_whole_on_lines_of_its_own() -> None:
    reason = "a permanent contract and a job that is safe whatever may come of the market and the house"
    report = report_of(["Planners"], motives=[{"text": reason, "shares": {"p0": 0.5}}])
    report["personas"][0]["reasons"] = [
        {"text": reason, "n": 9, "share_here": 0.5, "share_elsewhere": 0.1},
        {"text": "pay", "n": 9, "share_here": 0.5, "share_elsewhere": 0.1},
    ]
    by_name = {drawing.name: drawing for drawing in draw(report)}

    for name, limit in (("motives", CHARS), ("reasons", CHARS_BESIDE_VALUE)):
        lines = wrap(reason, limit)
        assert len(lines) > 1
        assert " ".join(lines) == reason
        assert set(lines) <= set(words(by_name[name]))


def test_a_long_name_is_told_whole_in_every_chart_and_moves_what_is_below() -> None:
    long = "Those who would rather take a broken winch apart on their own than ask the yard for a new one"
    report = whole_report()
    report["personas"][0]["name"] = long

    for drawing in draw(report):
        said = words(drawing)
        ends = [line for line in said if line == "new one" or line.endswith(" new one")]
        assert (len(ends), "2 · Sellers & <b>friends</b>" in said) == (1, True)
        assert "…" not in drawing.svg
        assert len(set(baselines(drawing))) == len(baselines(drawing))


def baselines(drawing: Drawing) -> list[str]:
    """Where the lines of the names of personas stand."""
    named = [one for one in elements(drawing) if one.tag == f"{SVG}text" and len(one.text or "") > 20]
    return [one.get("transform", "") for one in named]


def test_many_motives_are_in_two_drawings_that_fit_a_sheet_of_paper() -> None:
    many = [{"text": f"motive {n}", "shares": {"p0": 0.5}} for n in range(N_MOTIVES + 1)]
    few, all_of_them = (
        next(one for one in draw(report_of(NAMES, motives=motives)) if one.name == "motives")
        for motives in (many[:-1], many)
    )

    left, right = ElementTree.fromstring(f"<both>{all_of_them.svg}</both>")
    told = [[one.text or "" for one in half.iter(f"{SVG}text")] for half in (left, right)]
    assert few.svg.count("<svg") == 1
    assert [[word for word in half if word.startswith("motive")] for half in told] == [
        [f"motive {n}" for n in range(7)],
        [f"motive {n}" for n in range(7, 13)],
    ]
    assert [f"1 · {NAMES[0]}" in half for half in told] == [True, False]
    assert [half.findtext(f"{SVG}title") for half in (left, right)] == [
        f"{all_of_them.title} (1/2)",
        f"{all_of_them.title} (2/2)",
    ]
    ids = re.findall(r' id="([^"]+)"', all_of_them.svg)
    assert len(ids) == len(set(ids))
    assert len(all_of_them.rows) == N_MOTIVES + 1


def test_numbers_on_the_map_stand_apart() -> None:
    places = np.array([[0.0, 0.0], [0.0, 0.0], [0.1, 0.0], [9.0, 9.0]])

    moved = apart(places, 1.0)

    assert pdist(moved).min() >= 0.98
    assert moved[3].tolist() == [9.0, 9.0]
    assert apart(moved, 0.5).tolist() == moved.tolist()


def test_share_is_written_as_a_percentage() -> None:
    assert plain([percent(share) for share in (0, 0.054, 1)]) == ["0 %", "5 %", "100 %"]
    assert plain(between((0.051, 0.25))) == "5–25 %"


def plain(value: Any) -> Any:
    """The same with spaces that may break."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.replace("\N{NO-BREAK SPACE}", " ") if isinstance(value, str) else value


def luminance(colour: str) -> float:
    """Relative luminance as the Web Content Accessibility Guidelines define it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_chart_of_fits_says_who_would_have_been_found_and_what_does_not_rank(
    drawings: dict[str, Drawing],
) -> None:
    sentence = "Cannot tell people apart yet: leads are not ranked by it. Ask more people, or ask them more."

    assert drawings["found"].rows == [
        ["Planners", 50, percent(0.5), percent(0.125), ""],
        ["Planners", 20, percent(0.75), percent(0.25), ""],
        [NAMES[1], 50, percent(0.5), percent(0.125), sentence],
        [NAMES[1], 20, percent(0.75), percent(0.25), sentence],
    ]


def test_chart_of_fits_tells_shares_in_whole_fives_of_all_people_who_were_scored() -> None:
    entries = [scored("p0", n=12), scored("p1", n=30), scored("p2", n=8, tried=False)]

    rows = {drawing.name: drawing for drawing in draw(report_of(NAMES, scoring={"personas": entries}))}[
        "found"
    ].rows

    assert [row[2:4] for row in rows] == [
        [percent(5 / 12), percent(5 / 38)],  # 6 of 12, 4.75 of 38
        [percent(5 / 12), percent(10 / 38)],  # 9 of 12: 6 and 3 are left; 9.5 of 38
        [percent(15 / 30), "rare"],  # 2.5 of 20
        [percent(20 / 30), percent(5 / 20)],  # 22.5 of 30
    ]


@pytest.mark.parametrize(
    "scoring", [{}, {"personas": [{"key": "p0"}]}, {"personas": [scored("p0", tried=False)]}]
)
def test_no_chart_of_fits_where_too_few_were_tried(scoring: dict[str, Any]) -> None:
    assert "found" not in [drawing.name for drawing in draw(report_of(NAMES[:1], scoring=scoring))]
