"""Charts of a report, drawn once by the worker and stored: SVG that needs no script and no style of its own.

Each comes with the table that says the same to those who cannot see it. Text takes the colour of the page around
it, so one drawing does for light, dark and print; what the marks mean never hangs on colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any
from xml.etree import ElementTree

import altair as alt
import vl_convert

SVG = "http://www.w3.org/2000/svg"

#: Width in the drawing's own units. It fits a phone without shrinking the type, and grows with the page.
WIDTH = 400
FONT = "Source Sans 3, Segoe UI, system-ui, sans-serif"
FONT_SIZE = 13
LINE = 19
BAR = 8
#: Room for the shape that stands before a persona's name.
INDENT = 22
#: Reasons per persona that are compared; the card has the rest.
N_REASONS = 3

#: Colour and shape per persona, in their order. Each colour keeps 3:1 against a white and a near-black page.
COLOURS = (
    "#0f8b8d", "#d1662a", "#5b74d6", "#b8569b", "#7f8b2a", "#a5703f",
    "#8a6bc9", "#c94f5d", "#3f8f55", "#4a8fb8", "#9c7a1c", "#7d7f86",
)  # fmt: skip
SHAPES = (
    "circle", "square", "triangle-up", "diamond", "cross", "triangle-down",
    "triangle-right", "triangle-left", "M-1,-1L1,1M-1,1L1,-1Z", "M-1,-.4H1V.4H-1Z", "M-.4,-1H.4V1H-.4Z", "stroke",
)  # fmt: skip

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One chart: its SVG, and the same as a table."""

    name: str
    title: str
    svg: str
    columns: list[str]
    rows: list[list[Any]]


def draw(report: Mapping[str, Any]) -> list[Drawing]:
    """Draw the charts of a report; none if it holds no personas."""
    personas = sorted(report["personas"], key=lambda persona: -persona["size"])
    if not personas:
        return []
    drawings = [_shares(personas), _reasons(personas)]
    points = report.get("map") or []
    return [_map(personas, points), *drawings] if points else drawings


def _map(personas: Sequence[Row], points: Sequence[Row]) -> Drawing:
    number = {persona["key"]: position for position, persona in enumerate(personas, start=1)}
    shown = [
        {"x": p["x"], "y": p["y"], "number": str(number[p["persona"]])}
        for p in points
        if p["persona"] in number
    ]
    present = [str(n) for n in number.values() if any(dot["number"] == str(n) for dot in shown)]
    names = [f"{n} · {persona['name']}" for n, persona in enumerate(personas, start=1) if str(n) in present]
    centres = [
        {
            "number": n,
            "x": median(dot["x"] for dot in shown if dot["number"] == n),
            "y": median(dot["y"] for dot in shown if dot["number"] == n),
        }
        for n in present
    ]
    x = alt.X("x:Q", axis=None, scale=alt.Scale(zero=False, padding=14))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(zero=False, padding=14))
    marks = [int(n) - 1 for n in present]
    dots = (
        alt.Chart(alt.Data(values=shown))
        .mark_point(filled=True, size=62, opacity=0.8)
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "number:N", scale=alt.Scale(domain=present, range=[_colour(i) for i in marks]), legend=None
            ),
            shape=alt.Shape(
                "number:N", scale=alt.Scale(domain=present, range=[_shape(i) for i in marks]), legend=None
            ),
        )
    )
    halo = _text(centres, x=x, y=y, text="number:N", align="center", size=22, weight="bold")
    legend_rows = [
        {"y": i * (LINE + 3) + 12, "name": name, "number": n}
        for i, (n, name) in enumerate(zip(present, names, strict=True))
    ]
    legend = _symbols(legend_rows, present, marks) + _text(
        legend_rows,
        x=alt.value(INDENT),
        y=alt.Y("y:Q", scale=None, axis=None),
        text="name:N",
        limit=WIDTH - INDENT,
    )
    chart = alt.vconcat(
        (dots + halo).properties(width=WIDTH, height=_map_height(shown)),
        legend.properties(width=WIDTH, height=len(present) * (LINE + 3) + 4),
        spacing=10,
    )
    counts = [
        [persona["name"], sum(dot["number"] == str(number[persona["key"]]) for dot in shown)]
        for persona in personas
    ]
    title = "A map of the people"
    description = (
        f"{len(shown)} people as dots, near each other when their answers are alike; shape, colour and number show "
        "the persona. The table below says how many there are of each."
    )
    return Drawing(
        "map", title, _render(chart, "map", title, description), ["Persona", "Dots on the map"],
        [[name, n or "not shown"] for name, n in counts],
    )  # fmt: skip


def _shares(personas: Sequence[Row]) -> Drawing:
    rows = [
        {
            "y": i * 42 + 14,
            "name": f"{i + 1} · {persona['name']}",
            "value": f"{_percent(persona['share'])} · {persona['size']}",
            "share": persona["share"],
            "number": str(i + 1),
        }
        for i, persona in enumerate(personas)
    ]
    chart = _bars(rows, "share", scale_to=max(row["share"] for row in rows)) + _labels(rows)
    title = "How many people each persona stands for"
    sentence = "; ".join(f"{row['name']}: {_percent(row['share'])}" for row in rows)
    return Drawing(
        "shares", title,
        _render(chart.properties(width=WIDTH, height=len(rows) * 42), "shares", title, f"Bars. {sentence}."),
        ["Persona", "People", "Share"],
        [[persona["name"], persona["size"], _percent(persona["share"])] for persona in personas],
    )  # fmt: skip


def _reasons(personas: Sequence[Row]) -> Drawing:
    headings: list[Row] = []
    rows: list[Row] = []
    y = 0
    for i, persona in enumerate(personas):
        reasons = persona["reasons"][:N_REASONS]
        if not reasons:
            continue
        headings.append({"y": y + 14, "name": f"{i + 1} · {persona['name']}", "number": str(i + 1)})
        y += 26
        for reason in reasons:
            rows.append(
                {
                    "y": y + 14,
                    "name": reason["text"],
                    "value": f"{_percent(reason['share_here'])} / {_percent(reason['share_elsewhere'])}",
                    "here": reason["share_here"],
                    "elsewhere": reason["share_elsewhere"],
                    "number": str(i + 1),
                    "persona": persona["name"],
                }
            )
            y += 40
        y += 10
    present = [heading["number"] for heading in headings]
    titles = _symbols(headings, present, [int(n) - 1 for n in present]) + _text(
        headings, x=alt.value(INDENT), y=_PIXELS, text="name:N", weight="bold", limit=WIDTH - INDENT
    )
    elsewhere = (
        alt.Chart(alt.Data(values=rows))
        .mark_rect(color="currentColor", width=3, height=BAR + 8)
        .encode(x=alt.X("elsewhere:Q", axis=None, scale=_UNIT), y=_below())
    )
    chart = titles + _bars(rows, "here", scale_to=1) + elsewhere + _labels(rows)
    title = "What keeps people, persona by persona"
    description = (
        "For the strongest reasons of each persona: a bar for the share of its people who name the reason, and a "
        "line for the share among everybody else. The table below holds the numbers."
    )
    return Drawing(
        "reasons", title,
        _render(chart.properties(width=WIDTH, height=max(y - 10, LINE)), "reasons", title, description),
        ["Persona", "Reason to stay", "Here", "Elsewhere"],
        [[row["persona"], row["name"], _percent(row["here"]), _percent(row["elsewhere"])] for row in rows],
    )  # fmt: skip


_PIXELS = alt.Y("y:Q", scale=None, axis=None)
_UNIT = alt.Scale(domain=[0, 1], range=[0, WIDTH])


def _below() -> alt.Y:
    """Where the bar of a line of text lies: under it."""
    return alt.Y("bar:Q", scale=None, axis=None)


def _bars(rows: Sequence[Row], field: str, *, scale_to: float) -> alt.LayerChart:
    for row in rows:
        row["bar"] = row["y"] + LINE - 2
        row["start"], row["end"], row["full"] = 0, row[field] / scale_to * WIDTH, WIDTH
        row["colour"] = _colour(int(row["number"]) - 1)
    base = alt.Chart(alt.Data(values=rows))
    x = alt.X("start:Q", scale=None, axis=None)
    ground = base.mark_bar(height=BAR, color="currentColor", opacity=0.12).encode(
        x=x, x2="full:Q", y=_below()
    )
    bars = base.mark_bar(height=BAR).encode(
        x=x, x2="end:Q", y=_below(), color=alt.Color("colour:N", scale=None, legend=None)
    )
    return alt.layer(ground, bars)


def _labels(rows: Sequence[Row]) -> alt.LayerChart:
    """A line of text over each bar: what it is at the left, its value at the right."""
    return alt.layer(
        _text(rows, x=alt.value(0), y=_PIXELS, text="name:N", limit=WIDTH - 92),
        _text(rows, x=alt.value(WIDTH), y=_PIXELS, text="value:N", align="right"),
    )


def _symbols(rows: Sequence[Row], present: Sequence[str], marks: Sequence[int]) -> alt.LayerChart:
    return alt.layer(
        alt.Chart(alt.Data(values=list(rows)))
        .mark_point(filled=True, size=80)
        .encode(
            x=alt.value(8),
            y=_PIXELS,
            color=alt.Color(
                "number:N", scale=alt.Scale(domain=present, range=[_colour(i) for i in marks]), legend=None
            ),
            shape=alt.Shape(
                "number:N", scale=alt.Scale(domain=present, range=[_shape(i) for i in marks]), legend=None
            ),
        )
    )


def _text(
    rows: Sequence[Row], *, x: Any, y: Any, text: str, align: Any = "left", size: int = FONT_SIZE,
    weight: Any = "normal", limit: int = 0,
) -> alt.Chart:  # fmt: skip
    mark = {
        "align": align,
        "baseline": "middle",
        "fontSize": size,
        "fontWeight": weight,
        "color": "currentColor",
    }
    return (
        alt.Chart(alt.Data(values=list(rows)))
        .mark_text(**mark, limit=limit)
        .encode(x=x, y=y, text=alt.Text(text))
    )


def _map_height(dots: Sequence[Row]) -> float:
    """Keep distances true in both directions, within what fits a page."""
    width = max(d["x"] for d in dots) - min(d["x"] for d in dots)
    height = max(d["y"] for d in dots) - min(d["y"] for d in dots)
    return min(max(WIDTH * height / width, WIDTH / 2), WIDTH) if width else WIDTH / 2


def _colour(position: int) -> str:
    return COLOURS[position % len(COLOURS)]


def _shape(position: int) -> str:
    return SHAPES[position % len(SHAPES)]


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _render(chart: alt.LayerChart | alt.VConcatChart, name: str, title: str, description: str) -> str:
    """Turn a chart into SVG that may stand in a page: no size, no style, no ids of others, and a description."""
    spec = (
        chart.configure(background="transparent", font=FONT, padding=2).configure_view(stroke=None).to_dict()
    )
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(spec))  # noqa: S314 - made by ourselves one call before
    for node in root.iter():
        for attribute in ("style", "role", "aria-label", "aria-roledescription", "aria-hidden"):
            node.attrib.pop(attribute, None)
        _rename(node, name)
    for attribute in ("width", "height"):
        root.attrib.pop(attribute, None)
    root.attrib |= {
        "role": "img",
        "class": f"chart chart-{name}",
        "aria-labelledby": f"chart-{name}-title",
        "aria-describedby": f"chart-{name}-description",
    }
    for tag, text in (("desc", description), ("title", title)):
        element = ElementTree.Element(
            f"{{{SVG}}}{tag}", {"id": f"chart-{name}-{'title' if tag == 'title' else 'description'}"}
        )
        element.text = text
        root.insert(0, element)
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _rename(node: ElementTree.Element, name: str) -> None:
    """Two charts stand on one page, so an id of one must not be found in the other."""
    for attribute, value in node.attrib.items():
        if attribute == "id":
            node.set(attribute, f"chart-{name}-{value}")
        elif value.startswith("url(#"):
            node.set(attribute, value.replace("url(#", f"url(#chart-{name}-"))
