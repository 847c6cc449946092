"""What charts are made of: lines of text with bars, shapes, and SVG that needs no script and no style of its own.

Text takes the colour of the page around it, so one drawing does for light, dark and print. Which charts there are
and what they say is in :mod:`survey.worker.charts`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal
from xml.etree import ElementTree

import altair as alt
import vl_convert

#: Width in the drawing's own units. It fits a phone without shrinking the type, and grows with the page.
WIDTH = 360
FONT_SIZE = 14
BAR = 8
#: From the middle of a line of text down to the middle of its bar, and to the middle of the next line of its text.
BAR_BELOW, TEXT_LINE = 17, 18
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

#: The sign after a number, never torn from it at the end of a line.
PERCENT = "\N{NO-BREAK SPACE}%"

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
    return _chart(
        rows,
        alt.MarkDef(type="point", filled=True, size=size, opacity=opacity),
        x=x,
        y=y,
        color=alt.Color("number:N", scale=_scale(rows, COLOURS), legend=None),
        shape=alt.Shape("number:N", scale=_scale(rows, SHAPES), legend=None),
    )


def specks(rows: Sequence[Row], *, x: Any, y: Any = _PIXELS) -> alt.Chart:
    """Draw a small dot of no persona for each row."""
    mark = alt.MarkDef(type="point", shape="circle", filled=True, size=14, color="currentColor", opacity=0.5)
    return _chart(rows, mark, x=x, y=y)


def labels(rows: Sequence[Row]) -> alt.Chart:
    """Write the ``lines`` of each row, the last of them at its ``y``."""
    written = [
        {"y": row["y"] - TEXT_LINE * above, "line": line}
        for row in rows
        for above, line in enumerate(reversed(row["lines"]))
    ]
    return text(written, field="line", x=alt.value(0))


def headings(rows: Sequence[Row], *, bold: bool = False) -> list[alt.Chart]:
    """Write the ``lines`` of each row, the first of them at its ``y`` after the shape of its ``number``."""
    written = [
        {"y": row["y"] + TEXT_LINE * below, "line": line}
        for row in rows
        for below, line in enumerate(row["lines"])
    ]
    return [dots(rows, x=alt.value(8)), text(written, field="line", x=alt.value(INDENT), bold=bold)]


def outlines(rows: Sequence[Row], *, x: Any, y: Any) -> alt.Chart:
    """Draw a translucent area round the corners of each ``number``; ``corner`` gives their order."""
    return _chart(
        rows,
        alt.MarkDef(type="line", interpolate="linear-closed", filled=True, opacity=0.16),
        x=x,
        y=y,
        order=alt.Order("corner:Q"),
        fill=alt.Fill("number:N", scale=_scale(rows, COLOURS), legend=None),
        stroke=alt.value(None),
        detail=alt.Detail("number:N"),
    )


def bars(rows: Sequence[Row], *, beside: str = "") -> list[alt.Chart]:
    """Draw each row as ``lines`` and ``value`` over a bar of its ``share`` across the page; see :func:`tracks`."""
    return [
        labels(rows),
        text(rows, field="value", x=alt.value(WIDTH), align="right"),
        *tracks(rows, beside=beside),
    ]


def tracks(rows: Sequence[Row], *, beside: str = "") -> list[alt.Chart]:
    """Draw a bar of the ``share`` of each row under its line, from ``left`` and as wide as ``width`` if it says so.

    ``beside`` names a second share that becomes a line across the bar, unless it is 0. ``interval``, a pair of
    shares, becomes a rule along it.
    """
    values = [_track(row, beside) for row in rows]
    start = alt.X("start:Q", scale=None, axis=None)
    bar = alt.MarkDef(type="bar", height=BAR)
    ground = alt.MarkDef(type="bar", height=BAR, color="currentColor", opacity=0.12)
    charts = [
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
    if crossed := [value for value in values if value["line"] is not None]:
        line = alt.MarkDef(type="rect", width=3, height=BAR + 8, color="currentColor")
        charts.append(_chart(crossed, line, x=alt.X("line:Q", scale=None, axis=None), y=_PIXELS))
    if ruled := [value for value in values if value["low"] is not None]:
        rule = alt.MarkDef(type="bar", height=2, color="currentColor")
        low = alt.X("low:Q", scale=None, axis=None)
        charts.append(_chart(ruled, rule, x=low, x2="high:Q", y=_PIXELS))
    return charts


def _track(row: Row, beside: str) -> Row:
    left, width = row.get("left", 0), row.get("width", WIDTH)
    second = row[beside] if beside else 0
    low, high = row.get("interval", (None, None))
    return {
        "y": row["y"] + BAR_BELOW,
        "start": left,
        "end": left + row["share"] * width,
        "full": left + width,
        "line": left + second * width if second else None,
        "low": None if low is None else left + low * width,
        "high": None if high is None else left + high * width,
        "colour": _nth(COLOURS, row["number"]),
    }


def layers(charts: Iterable[alt.Chart], *, height: float) -> alt.LayerChart:
    """Lay charts on top of each other."""
    return alt.LayerChart(layer=list(charts), width=WIDTH, height=height)


def wrap(words: str, n_chars: int = CHARS) -> list[str]:
    """Cut a text into lines that fit, three at most.

    By characters: the machine that draws may not have the reader's font.
    """
    return textwrap.wrap(words, n_chars, max_lines=3, placeholder="…") or [""]


def percent(share: float) -> str:
    """Write a share, 0 to 1, for people."""
    return f"{share * 100:.0f}{PERCENT}"


def between(interval: tuple[float, float]) -> str:
    """Write an interval of shares for people."""
    low, high = interval
    return f"{low * 100:.0f}–{high * 100:.0f}{PERCENT}"


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


def _scale(rows: Sequence[Row], values: Sequence[str]) -> alt.Scale:
    """Give each ``number`` its own of some values."""
    numbers = sorted({row["number"] for row in rows}, key=int)
    return alt.Scale(domain=numbers, range=[_nth(values, number) for number in numbers])


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
