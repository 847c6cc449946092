"""Charts of a report, drawn once by the worker and stored, each with the table that says the same.

What a chart means never hangs on colour alone: personas have a number and a shape too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from analysis.company import Places, in_company, middle
from analysis.describe import MIN_PEOPLE, wilson
from survey.worker.drawing import (
    CHARS,
    CHARS_BESIDE_VALUE,
    INDENT,
    PERCENT,
    TEXT_LINE,
    WIDTH,
    Row,
    bars,
    between,
    dots,
    headings,
    labels,
    layers,
    outlines,
    percent,
    render,
    specks,
    text,
    tracks,
    wrap,
)
from survey.worker.geometry import apart, outline
from survey.worker.wording import Wording

#: Reasons per persona that are compared; the card has the rest.
N_REASONS = 3
#: Heights of a line in the drawing's units: in the legend, of a bar with its text, of a persona's heading, of a
#: motive with its bars.
LEGEND_LINE, BAR_LINE, HEADING_LINE, MOTIVE_LINE = 24, 42, 28, 62
#: The room between two columns, and the most columns that leave room for the sign of a share.
GAP, ROOMY = 8, 6
#: More dots than these are a cloud, and megabytes; the report has people in no order, so any of them will do.
MAX_DOTS = 2000
#: In place of a number that would be about fewer than five people.
NOT_SHOWN = "–"
#: How far an outline keeps from its dots, and a persona's number from another's, as shares of the map.
MARGIN, NUMBERS_APART = 0.025, 0.07
#: Motives that one drawing compares; of more it has two, side by side where the page has room: one would be too tall
#: for a sheet of paper.
N_MOTIVES = 12
#: Fits at which people count as found, in the bands that reach them.
FOUND = ((50, ("A",)), (20, ("A", "B")))
#: The middle of the first line.
TOP = 14


#: Says a sentence in the language of the report.
Say = Callable[..., str]


@dataclass(frozen=True, slots=True)
class Drawing:
    """One chart: its SVG, and the same as a table."""

    name: str
    title: str
    svg: str
    columns: list[str]
    rows: list[list[Any]]


def draw(report: Mapping[str, Any]) -> list[Drawing]:
    """Draw the charts of a report, in its language; none if it holds no personas."""
    say = Wording(report["language"]).say
    personas = sorted(report["personas"], key=lambda persona: -persona["size"])
    people = _people(report.get("map") or (), personas)
    drawings = []
    if any(point["number"] for point in people):
        drawings.append(_map(personas, people, report.get("neighbours") or (), say))
    if personas:
        drawings.append(_shares(personas, report["n_used"], say))
    if any(persona["reasons"] for persona in personas):
        drawings.append(_reasons(personas, say))
    if report.get("motives"):
        drawings.append(_motives(personas, report["motives"], say))
    scored = {entry["key"]: entry for entry in (report.get("scoring") or {}).get("personas", ())}
    if any(_is_tried(entry) for entry in scored.values()):
        drawings.append(_found(personas, scored, say))
    return drawings


def _people(points: Sequence[Row], personas: Sequence[Row]) -> list[Row]:
    """Return the dots that say nothing about the one person each stands for; ``number`` is the persona's, or empty.

    A report has no others today; earlier ones had, and of too many to be drawn those that are left may stand alone.
    """
    numbers = {persona["key"]: number for number, persona in enumerate(personas, start=1)}
    drawn = points[:MAX_DOTS]
    groups = np.array([numbers.get(point["persona"], 0) - 1 for point in drawn], dtype=np.int64)
    return [
        {"x": point["x"], "y": point["y"], "number": str(group + 1) if group >= 0 else ""}
        for point, group, shown in zip(
            drawn, groups.tolist(), in_company(_places(drawn), groups), strict=True
        )
        if shown
    ]


def _map(personas: Sequence[Row], people: Sequence[Row], neighbours: Sequence[Row], say: Say) -> Drawing:
    strays = [point for point in people if not point["number"]]
    points = [point for point in people if point["number"]]
    counts = Counter(point["number"] for point in points)
    shown = [str(n) for n in range(1, len(personas) + 1) if counts[str(n)]]
    groups = {number: [point for point in points if point["number"] == number] for number in shown}
    extent = float(np.ptp(_places(people), axis=0).max())
    margin = extent * MARGIN or 1.0
    middles = apart(np.array([middle(_places(group)) for group in groups.values()]), extent * NUMBERS_APART)
    corners = [
        {"x": x, "y": y, "corner": i, "number": number}
        for number, group in groups.items()
        for i, (x, y) in enumerate(outline(_places(group), margin))
    ]
    legend, below = _legend(shown, personas)
    scale = alt.Scale(zero=False, nice=False, padding=4)
    x, y = alt.X("x:Q", axis=None, scale=scale), alt.Y("y:Q", axis=None, scale=scale)
    # The name becomes a class, with which the page keeps the numbers readable on top of the dots.
    numbers = text(
        [{"x": float(x), "y": float(y), "number": number} for number, (x, y) in zip(groups, middles, strict=True)],
        field="number", x=x, y=y, align="center", size=22, bold=True,
    ).properties(name="numbers")  # fmt: skip
    names = headings(legend)
    if strays:
        last = [{"y": below, "name": say("in none of them")}]
        names += [specks(last, x=alt.value(8)), text(last, field="name", x=alt.value(INDENT))]
    marks = [
        outlines(corners, x=x, y=y),
        specks(strays, x=x, y=y),
        dots(points, x=x, y=y, size=46, opacity=0.85),
        numbers,
    ]
    chart = alt.vconcat(
        layers(marks, height=_height([*corners, *people])),
        layers(names, height=below - TOP + bool(strays) * LEGEND_LINE),
        spacing=10,
    )
    title = say("A map of the people")
    description = say(
        "%(num)d people as dots, near each other when their answers are alike. Shape, colour and number show "
        "the persona, a soft area goes round most of its people. The table names the persona that is nearest to each.",
        num=len(people),
    )
    return Drawing(
        "map",
        title,
        render(chart, "map", title=title, description=description),
        [say("Persona"), say("People"), say("Nearest persona")],
        [
            [persona["name"], persona["size"], _nearest(persona["key"], personas, neighbours)]
            for persona in personas
        ],
    )


def _nearest(key: str, personas: Sequence[Row], neighbours: Sequence[Row]) -> str:
    names = {persona["key"]: persona["name"] for persona in personas}
    pairs = [pair for pair in neighbours if key in (pair["a"], pair["b"])]
    if not pairs:
        return ""
    nearest = max(pairs, key=lambda pair: pair["similarity"])
    return str(names[nearest["b"] if nearest["a"] == key else nearest["a"]])


def _shares(personas: Sequence[Row], n_used: int, say: Say) -> Drawing:
    intervals = [wilson(persona["size"], n_used) for persona in personas]
    rows: list[Row] = []
    y = TOP - BAR_LINE
    for number, (persona, interval) in enumerate(zip(personas, intervals, strict=True), start=1):
        lines = _numbered(number, personas, CHARS_BESIDE_VALUE)
        y += BAR_LINE + TEXT_LINE * (len(lines) - 1)
        rows.append(
            {
                "y": y,
                "lines": lines,
                "value": f"{percent(persona['share'])} · {persona['size']}",
                "share": persona["share"],
                "interval": interval,
                "number": str(number),
            }
        )
    title = say("How many people each persona stands for")
    said = "; ".join(f"{persona['name']}: {percent(persona['share'])}" for persona in personas)
    chart = layers(bars(rows), height=y + BAR_LINE - TOP)
    return Drawing(
        "shares",
        title,
        render(
            chart,
            "shares",
            title=title,
            description=say(
                "A bar for each persona, with a thin line for its 95 %% interval. %(shares)s.", shares=said
            ),
        ),
        [say("Persona"), say("People"), say("Share"), say("95 %% interval")],
        [
            [persona["name"], persona["size"], percent(persona["share"]), between(interval)]
            for persona, interval in zip(personas, intervals, strict=True)
        ],
    )


def _motives(personas: Sequence[Row], motives: Sequence[Row], say: Say) -> Drawing:
    title = say("What keeps people, reason by reason")
    description = say(
        "For each reason to stay one bar per persona, in the order of their numbers: the share of its people who "
        "name the reason, counted or estimated as on the cards; a dash where a number would be about fewer than "
        "five people. The table holds the same."
    )
    half = (len(motives) + 1) // 2
    parts = [motives[:half], motives[half:]] if len(motives) > N_MOTIVES else [motives]
    of = [f" ({n}/{len(parts)})" if len(parts) > 1 else "" for n in range(1, len(parts) + 1)]
    svg = "".join(
        render(
            _compared(personas, part, with_legend=not number),
            f"motives-{number + 1}" if number else "motives",
            title=title + of[number],
            description=description,
        )
        for number, part in enumerate(parts)
    )
    return Drawing(
        "motives",
        title,
        svg,
        [say("Reason to stay"), *(persona["name"] for persona in personas)],
        [
            [
                motive["text"],
                *(
                    NOT_SHOWN if share is None else percent(share)
                    for share in (motive["shares"].get(persona["key"]) for persona in personas)
                ),
            ]
            for motive in motives
        ],
    )


def _compared(personas: Sequence[Row], motives: Sequence[Row], *, with_legend: bool) -> alt.LayerChart:
    """Draw for each motive a bar per persona, below their names or without them."""
    column = WIDTH / len(personas)
    roomy = len(personas) <= ROOMY
    legend, below = _legend([str(n) for n in range(1, len(personas) + 1)] if with_legend else [], personas)
    names: list[Row] = []
    cells: list[Row] = []
    y = (below + 8 if with_legend else TOP) - MOTIVE_LINE
    for motive in motives:
        lines = wrap(motive["text"])
        y += MOTIVE_LINE + TEXT_LINE * (len(lines) - 1)
        names.append({"y": y, "lines": lines})
        for n, persona in enumerate(personas):
            share = motive["shares"].get(persona["key"])
            said = NOT_SHOWN if share is None else percent(share)
            cells.append(
                {
                    "y": y + LEGEND_LINE - 3,
                    "value": said if roomy else said.removesuffix(PERCENT),
                    "share": share or 0,
                    "number": str(n + 1),
                    "left": n * column,
                    "width": column - GAP,
                    "mark": n * column + 5,
                    "words": n * column + 14,
                }
            )
    at = {name: alt.X(f"{name}:Q", scale=None, axis=None) for name in ("mark", "words")}
    marks = [
        *(headings(legend) if legend else ()),
        labels(names),
        text(cells, field="value", x=at["words"], size=12 if roomy else 10),
        dots(cells, x=at["mark"], size=40),
        *tracks(cells),
    ]
    return layers(marks, height=y + MOTIVE_LINE - LEGEND_LINE)


def _reasons(personas: Sequence[Row], say: Say) -> Drawing:
    groups = [persona["reasons"][:N_REASONS] for persona in personas]
    chart = _paired(
        personas,
        [
            [
                _pair(
                    one["text"],
                    one["share_here"],
                    f"{percent(one['share_here'])} / {_elsewhere(one, say)}",
                    one["share_elsewhere"],
                )
                for one in group
            ]
            for group in groups
        ],
    )
    title = say("What keeps people, persona by persona")
    description = say(
        "For the strongest reasons of each persona: a bar for the share of its people who name the reason, and a "
        "line for the share among everybody else. The table below holds the numbers."
    )
    return Drawing(
        "reasons",
        title,
        render(chart, "reasons", title=title, description=description),
        [say("Persona"), say("Reason to stay"), say("Here"), say("Elsewhere")],
        [
            [persona["name"], one["text"], percent(one["share_here"]), _elsewhere(one, say)]
            for persona, group in zip(personas, groups, strict=True)
            for one in group
        ],
    )


def _is_tried(scored: Row | None) -> bool:
    """Whether enough colleagues and others were scored as strangers; earlier reports do not say it."""
    return bool(scored and scored.get("found") and all(scored["found"].values()))


def _found(personas: Sequence[Row], scored: Mapping[str, Row], say: Say) -> Drawing:
    groups: list[list[Row]] = []
    table: list[list[Any]] = []
    # People in no persona were scored too, so that the share of fewer than five others is never of five of these.
    n_scored = sum(entry["n"] for entry in scored.values())
    for persona in personas:
        groups.append([])
        entry = scored.get(persona["key"])
        if entry is None or not _is_tried(entry):
            continue
        for least, bands in FOUND:
            label = say("a fit of %(least)s or more", least=least)
            here, elsewhere = (
                sum(entry["found"][side][band] for band in bands) for side in ("here", "elsewhere")
            )
            here, elsewhere = _in_fives(here, entry["n"]), _in_fives(elsewhere, n_scored - entry["n"])
            shown = [percent(share) if share else say("rare") for share in (here, elsewhere)]
            groups[-1].append(_pair(label, here, " / ".join(shown), elsewhere))
            table.append([persona["name"], least, *shown, _remark(entry, say)])
    title = say("Would our own people have been found?")
    description = say(
        "For each persona a bar for the share of its own people who reach a fit of 50 or more, and of 20 or more, when "
        "they are scored as strangers, and a line for the share of everybody else, both rounded down to whole fives of "
        "people. The table holds the numbers."
    )
    return Drawing(
        "found",
        title,
        render(_paired(personas, groups), "found", title=title, description=description),
        [say("Persona"), say("Fit of at least"), say("Its own people"), say("Everybody else"), say("Remark")],
        table,
    )


def _in_fives(share: float, n_people: int) -> float:
    """Round a share down to whole fives of some people, so that no two shares are fewer than five apart."""
    return MIN_PEOPLE * (round(share * n_people) // MIN_PEOPLE) / max(n_people, 1)


def _paired(personas: Sequence[Row], groups: Sequence[Sequence[Row]]) -> alt.LayerChart:
    """A heading for each persona that has pairs, and below it a bar and a line beside it for each of them."""
    names: list[Row] = []
    rows: list[Row] = []
    y = TOP
    for number, group in enumerate(groups, start=1):
        if not group:
            continue
        lines = _numbered(number, personas)
        names.append({"y": y, "lines": lines, "number": str(number)})
        y += HEADING_LINE + TEXT_LINE * (len(lines) - 1)
        for pair in group:
            y += TEXT_LINE * (len(pair["lines"]) - 1)
            rows.append({**pair, "y": y, "number": str(number)})
            y += BAR_LINE
        y += BAR_LINE - HEADING_LINE
    return layers([*headings(names, bold=True), *bars(rows, beside="elsewhere")], height=y - HEADING_LINE)


def _pair(name: str, here: float, text: str, elsewhere: float) -> Row:
    return {
        "lines": wrap(name, CHARS_BESIDE_VALUE),
        "value": text,
        "share": here,
        "elsewhere": elsewhere,
    }


def _remark(scored: Row, say: Say) -> str:
    if not scored["ranks"]:
        return say(
            "Cannot tell people apart yet: leads are not ranked by it. Ask more people, or ask them more."
        )
    return say("Provisional: fewer than 20 people.") if scored["provisional"] else ""


def _elsewhere(reason: Row, say: Say) -> str:
    """The share among others; a report says 0 when fewer than five of them named the reason."""
    return percent(reason["share_elsewhere"]) if reason["share_elsewhere"] else say("rare")


def _legend(numbers: Iterable[str], personas: Sequence[Row]) -> tuple[list[Row], float]:
    """The names of personas one below the other, and where the next line would be."""
    rows: list[Row] = []
    y: float = TOP
    for number in numbers:
        lines = _numbered(int(number), personas)
        rows.append({"y": y, "lines": lines, "number": number})
        y += LEGEND_LINE + TEXT_LINE * (len(lines) - 1)
    return rows, y


def _numbered(number: int, personas: Sequence[Row], n_chars: int = CHARS) -> list[str]:
    return wrap(f"{number} · {personas[number - 1]['name']}", n_chars)


def _places(points: Sequence[Row]) -> Places:
    """Where points are, shape (n, 2)."""
    return np.array([(point["x"], point["y"]) for point in points], dtype=float).reshape(-1, 2)


def _height(points: Sequence[Row]) -> float:
    """Keep distances true in both directions, within what fits a page."""
    width, height = np.ptp(_places(points), axis=0)
    return float(min(max(WIDTH * height / width, WIDTH / 2), WIDTH)) if width else WIDTH / 2
