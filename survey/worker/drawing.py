"""What charts are made of: lines of text with bars, shapes, and SVG that needs no script and no style of its own.

Text takes the colour of the page around it, so one drawing does for light, dark and print. Which charts there are
and what they say is in :mod:`survey.worker.charts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal
from xml.etree import ElementTree

import altair as alt
import vl_convert

#: Width in the drawing's own units. It fits a phone without shrinking the type, and grows with the page.
WIDTH = 360
FONT_SIZE = 14
BAR = 8
#: From the middle of a line of text down to the middle of its bar.
BAR_BELOW = 17
#: Room for the shape that stands before a persona's name.
INDENT = 22
#: What a line holds of an average sans serif: alone, and with a value at its end.
CHARS, CHARS_BESIDE_VALUE = 44, 34

#: Colour and shape of a persona, by its number. Each colour keeps 3:1 against the light and the dark panel.
COLOURS = (
    "#0f8b8d", "#d1662a", "#5b74d6", "#b8569b", "#7f8b2a", "#a5703f",
    "#8a6bc9", "#c94f5d", "#3f8f55", "#4186b0", "#9c7a1c", "#7d7f86",
)  # fmt: skip
SHAPES = (
    "circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left",
    "M-1,-.4H1V.4H-1Z", "M-.4,-1H.4V1H-.4Z", "M-1,-1L1,1V-1L-1,1Z", "M-1,1H1L.5,-1H-.5Z",
)  # fmt: skip

Row = Mapping[str, Any]
#: A layer, or layers on top of each other.
Marks = alt.Chart | alt.LayerChart

_SVG = "http://www.w3.org/2000/svg"
_PIXELS = alt.Y("y:Q", scale=None, axis=None)


def text(
    rows: Sequence[Row],
    *,
    field: str,
    x: Any,
    y: Any = _PIXELS,
    align: Literal["left", "center", "right"] = "left",
    size: int = FONT_SIZE,
    bold: bool = False,
) -> alt.Chart:
    """Write ``field`` of each row."""
    mark = alt.MarkDef(
        type="text",
        align=align,
        baseline="middle",
        fontSize=size,
        fontWeight="bold" if bold else "normal",
        color="currentColor",
    )
    return _chart(rows, mark, x=x, y=y, text=alt.Text(f"{field}:N"))


def dots(rows: Sequence[Row], *, x: Any, y: Any = _PIXELS, size: int = 80, opacity: float = 1) -> alt.Chart:
    """Draw a shape for each row in the colour and shape of its ``number``."""
    numbers = sorted({row["number"] for row in rows}, key=int)
    colours = alt.Scale(domain=numbers, range=[_nth(COLOURS, number) for number in numbers])
    shapes = alt.Scale(domain=numbers, range=[_nth(SHAPES, number) for number in numbers])
    return _chart(
        rows,
        alt.MarkDef(type="point", filled=True, size=size, opacity=opacity),
        x=x,
        y=y,
        color=alt.Color("number:N", scale=colours, legend=None),
        shape=alt.Shape("number:N", scale=shapes, legend=None),
    )


def headings(rows: Sequence[Row], *, bold: bool = False) -> list[alt.Chart]:
    """Write ``name`` of each row after the shape of its ``number``."""
    return [dots(rows, x=alt.value(8)), text(rows, field="name", x=alt.value(INDENT), bold=bold)]


def bars(rows: Sequence[Row], *, beside: str = "") -> list[alt.Chart]:
    """Draw each row as ``name`` and ``value`` over a bar of its ``share``.

    ``beside`` names a second share that becomes a line across the bar, unless it is 0.
    """
    values = [
        {
            "y": row["y"] + BAR_BELOW,
            "start": 0,
            "end": row["share"] * WIDTH,
            "full": WIDTH,
            "line": row[beside] * WIDTH if beside else 0,
            "colour": _nth(COLOURS, row["number"]),
        }
        for row in rows
    ]
    start = alt.X("start:Q", scale=None, axis=None)
    bar = alt.MarkDef(type="bar", height=BAR)
    ground = alt.MarkDef(type="bar", height=BAR, color="currentColor", opacity=0.12)
    layers = [
        text(rows, field="name", x=alt.value(0)),
        text(rows, field="value", x=alt.value(WIDTH), align="right"),
        _chart(values, ground, x=start, x2="full:Q", y=_PIXELS),
        _chart(
            values,
            bar,
            x=start,
            x2="end:Q",
            y=_PIXELS,
            color=alt.Color("colour:N", scale=None, legend=None),
        ),
    ]
    if beside:
        line = alt.MarkDef(type="rect", width=3, height=BAR + 8, color="currentColor")
        crossed = [value for value in values if value["line"]]
        layers.append(_chart(crossed, line, x=alt.X("line:Q", scale=None, axis=None), y=_PIXELS))
    return layers


def layers(charts: Iterable[alt.Chart], *, height: float) -> alt.LayerChart:
    """Lay charts on top of each other."""
    return alt.LayerChart(layer=list(charts), width=WIDTH, height=height)


def fit(words: str, n_chars: int = CHARS) -> str:
    """Cut a text to what a line holds. By characters: the machine that draws may not have the reader's font."""
    return words if len(words) <= n_chars else f"{words[: n_chars - 1].rstrip()}…"


def percent(share: float) -> str:
    """Write a share, 0 to 1, for people."""
    return f"{share * 100:.0f} %"


def render(chart: alt.LayerChart | alt.VConcatChart, name: str, *, title: str, description: str) -> str:
    """Turn a chart into SVG that may stand in a page: no size, no style, no id of another chart, described."""
    spec = {
        **chart.to_dict(),
        "background": "transparent",
        "padding": 2,
        "config": {"view": {"stroke": None}, "font": "sans-serif"},
    }
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(spec))  # noqa: S314 - our own chart of one line before
    for node in root.iter():
        _clean(node, name)
    for attribute in ("width", "height"):
        root.attrib.pop(attribute, None)
    labels = {"title": f"chart-{name}-title", "desc": f"chart-{name}-description"}
    root.attrib |= {
        "role": "img",
        "class": f"chart chart-{name}",
        "aria-labelledby": labels["title"],
        "aria-describedby": labels["desc"],
    }
    for position, (tag, words) in enumerate({"title": title, "desc": description}.items()):
        element = ElementTree.Element(f"{{{_SVG}}}{tag}", {"id": labels[tag]})
        element.text = words
        root.insert(position, element)
    ElementTree.register_namespace("", _SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _chart(rows: Sequence[Row], mark: alt.MarkDef, **encoding: Any) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=[dict(row) for row in rows]), mark=mark).encode(**encoding)


def _nth(values: Sequence[str], number: str) -> str:
    return values[(int(number) - 1) % len(values)]


def _clean(node: ElementTree.Element, name: str) -> None:
    """Take away inline style and what describes single marks; give ids a name of their own on the page."""
    for attribute in ("style", "role", "aria-label", "aria-roledescription", "aria-hidden", "font-family"):
        node.attrib.pop(attribute, None)
    for attribute, value in node.attrib.items():
        if attribute == "id":
            node.set(attribute, f"chart-{name}-{value}")
        elif value.startswith("url(#"):
            node.set(attribute, value.replace("url(#", f"url(#chart-{name}-"))
