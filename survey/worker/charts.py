"""Charts of a report, drawn once by the worker and stored, each with the table that says the same.

What a chart means never hangs on colour alone: personas have a number and a shape too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import altair as alt

from survey.worker.drawing import (
    CHARS_BESIDE_VALUE,
    WIDTH,
    Row,
    bars,
    dots,
    fit,
    headings,
    layers,
    percent,
    render,
    text,
)

#: Reasons per persona that are compared; the card has the rest.
N_REASONS = 3
#: Heights of a line in the drawing's units: in the legend, of a bar with its text, of a persona's heading.
LEGEND_LINE, BAR_LINE, HEADING_LINE = 24, 42, 28
#: The middle of the first line.
TOP = 14


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
    numbers = {persona["key"]: str(number) for number, persona in enumerate(personas, start=1)}
    points = [
        {"x": point["x"], "y": point["y"], "number": numbers[point["persona"]]}
        for point in report.get("map") or ()
        if point["persona"] in numbers
    ]
    drawings = [_map(personas, points)] if points else []
    if personas:
        drawings.append(_shares(personas))
    if any(persona["reasons"] for persona in personas):
        drawings.append(_reasons(personas))
    return drawings


def _map(personas: Sequence[Row], points: Sequence[Row]) -> Drawing:
    counts = Counter(point["number"] for point in points)
    shown = [str(n) for n in range(1, len(personas) + 1) if counts[str(n)]]
    centres = [_centre([point for point in points if point["number"] == number]) for number in shown]
    legend = [
        {"y": TOP + i * LEGEND_LINE, "name": _numbered(int(number), personas), "number": number}
        for i, number in enumerate(shown)
    ]
    scale = alt.Scale(zero=False, padding=14)
    x, y = alt.X("x:Q", axis=None, scale=scale), alt.Y("y:Q", axis=None, scale=scale)
    people = dots(points, x=x, y=y, size=62, opacity=0.8)
    # The name becomes a class, with which the page keeps the numbers readable on top of the dots.
    numbers = text(centres, field="number", x=x, y=y, align="center", size=22, bold=True).properties(
        name="numbers"
    )
    chart = alt.vconcat(
        layers([people, numbers], height=_height(points)),
        layers(headings(legend), height=len(legend) * LEGEND_LINE),
        spacing=10,
    )
    title = "A map of the people"
    description = (
        f"{len(points)} people as dots, near each other when their answers are alike; shape, colour and number "
        "show the persona. The table below says how many there are of each."
    )
    return Drawing(
        "map",
        title,
        render(chart, "map", title=title, description=description),
        ["Persona", "Dots on the map"],
        [[persona["name"], counts[str(n)] or "not shown"] for n, persona in enumerate(personas, start=1)],
    )


def _shares(personas: Sequence[Row]) -> Drawing:
    rows = [
        {
            "y": TOP + i * BAR_LINE,
            "name": fit(_numbered(i + 1, personas), CHARS_BESIDE_VALUE),
            "value": f"{percent(persona['share'])} · {persona['size']}",
            "share": persona["share"],
            "number": str(i + 1),
        }
        for i, persona in enumerate(personas)
    ]
    title = "How many people each persona stands for"
    said = "; ".join(f"{persona['name']}: {percent(persona['share'])}" for persona in personas)
    chart = layers(bars(rows), height=len(rows) * BAR_LINE)
    return Drawing(
        "shares",
        title,
        render(chart, "shares", title=title, description=f"A bar for each persona. {said}."),
        ["Persona", "People", "Share"],
        [[persona["name"], persona["size"], percent(persona["share"])] for persona in personas],
    )


def _reasons(personas: Sequence[Row]) -> Drawing:
    names: list[Row] = []
    rows: list[Row] = []
    table: list[list[Any]] = []
    y = TOP
    for number, persona in enumerate(personas, start=1):
        reasons = persona["reasons"][:N_REASONS]
        if not reasons:
            continue
        names.append({"y": y, "name": _numbered(number, personas), "number": str(number)})
        y += HEADING_LINE
        for reason in reasons:
            rows.append(_reason(reason, y, str(number)))
            table.append(
                [
                    persona["name"],
                    reason["text"],
                    percent(reason["share_here"]),
                    _elsewhere(reason),
                ]
            )
            y += BAR_LINE
        y += BAR_LINE - HEADING_LINE
    chart = layers([*headings(names, bold=True), *bars(rows, beside="elsewhere")], height=y - HEADING_LINE)
    title = "What keeps people, persona by persona"
    description = (
        "For the strongest reasons of each persona: a bar for the share of its people who name the reason, and a "
        "line for the share among everybody else. The table below holds the numbers."
    )
    return Drawing(
        "reasons",
        title,
        render(chart, "reasons", title=title, description=description),
        ["Persona", "Reason to stay", "Here", "Elsewhere"],
        table,
    )


def _reason(reason: Row, y: int, number: str) -> Row:
    here, elsewhere = reason["share_here"], reason["share_elsewhere"]
    return {
        "y": y,
        "name": fit(reason["text"], CHARS_BESIDE_VALUE),
        "value": f"{percent(here)} / {_elsewhere(reason)}",
        "share": here,
        "elsewhere": elsewhere,
        "number": number,
    }


def _elsewhere(reason: Row) -> str:
    """The share among others; a report says 0 when fewer than five of them named the reason."""
    return percent(reason["share_elsewhere"]) if reason["share_elsewhere"] else "rare"


def _numbered(number: int, personas: Sequence[Row]) -> str:
    return fit(f"{number} · {personas[number - 1]['name']}")


def _centre(points: Sequence[Row]) -> Row:
    """Where the number of a persona stands: amid its dots, wherever a few strays are."""
    return {
        "x": median(point["x"] for point in points),
        "y": median(point["y"] for point in points),
        "number": points[0]["number"],
    }


def _height(points: Sequence[Row]) -> float:
    """Keep distances true in both directions, within what fits a page."""
    width = max(point["x"] for point in points) - min(point["x"] for point in points)
    height = max(point["y"] for point in points) - min(point["y"] for point in points)
    return float(min(max(WIDTH * height / width, WIDTH / 2), WIDTH)) if width else WIDTH / 2
