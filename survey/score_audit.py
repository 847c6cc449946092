"""A self-check of scores on files: who scored how, who belongs to which group, and the figures as JSON, CSV and text.

Reads what ``kindred score`` writes; the figures come from :mod:`analysis.fairness`. No database.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis.fairness import (
    FOUR_FIFTHS,
    MIN_PEOPLE,
    MIN_SHARE,
    NOTE,
    Gate,
    Group,
    Impact,
    gates_of,
    self_check,
)
from survey.exceptions import InvalidInputError
from survey.tables import Table, column_index, read_table, undefuse, unique_ids, write_table
from survey.texts import one_line

AUDIT_COLUMNS = (
    *("persona", "gate", "dimension", "group", "n", "rate", "ratio", "low", "high", "p"),
    *("under_four_fifths", "note"),
)
#: A column with more groups than this holds names or texts, not groups.
MAX_GROUPS = 20
#: Cells that say that nothing was said.
UNKNOWN = frozenset(("", "unknown", "n/a", "prefer not to say", "not said"))
_YES_NO = {"yes": True, "no": False, "": None}
#: Stands for everybody's best persona.
BEST = ""
#: Fits and bands by person.
Results = tuple[list[int | None], list[str | None]]

_REASONS: Mapping[str, str] = {
    "": "",
    "hidden": f"not shown: fewer than {MIN_PEOPLE} people, or so few could be worked out from it",
    "left out": f"under {MIN_SHARE:.0%} of the people: no ratio",
    "no comparison": "nothing to compare with",
}


@dataclass(frozen=True, slots=True)
class Audit:
    """All figures about the people of a file of scores; ``impacts`` by persona, for the best one first."""

    seed: int
    n_people: int
    impacts: Mapping[str, tuple[Impact, ...]]

    def to_json(self) -> bytes:
        """Return the figures with the rules that they follow."""
        content = {
            "schema_version": 1,
            "note": NOTE,
            "seed": self.seed,
            "n_people": self.n_people,
            "rules": {"min_people": MIN_PEOPLE, "min_share": MIN_SHARE, "four_fifths": FOUR_FIFTHS},
            "impacts": [
                {"persona": persona or None, **asdict(impact)} for persona, impact in self._each_impact()
            ],
        }
        return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"

    def to_csv(self) -> bytes:
        """Return one row per group, and one for those who have not said."""
        return write_table(AUDIT_COLUMNS, self._rows())

    def to_text(self) -> str:
        """Return the figures for people to read: scoring rates first, then what lies under four fifths elsewhere."""
        lines = [NOTE, f"{self.n_people} people. Impact ratio: rate divided by the highest group's."]
        for persona, impact in self._each_impact():
            if persona == BEST or any(group.is_low for group in impact.groups):
                lines += ["", *_paragraph(persona, impact)]
        return "\n".join(lines)

    def _each_impact(self) -> Iterator[tuple[str, Impact]]:
        for persona, impacts in self.impacts.items():
            for impact in impacts:
                yield persona, impact

    def _rows(self) -> Iterator[list[str]]:
        for persona, impact in self._each_impact():
            head = [persona, impact.gate, impact.dimension]
            for group in impact.groups:
                yield [*head, *_cells(group)]
            yield [*head, "", str(impact.n_unknown), *[""] * 6, "not said, or not shown"]


def audit(scores: Path, groups: Path, *, outcomes: Sequence[str] = (), seed: int = 0) -> Audit:
    """Compare the groups of a file at every gate of a file of scores, and at the outcomes it names.

    Raises InvalidInputError naming file, row and column.
    """
    people, results = _read_scores(scores)
    table = read_table(groups.read_bytes(), name=groups.name)
    if not table.rows:
        raise InvalidInputError(f"{table.name} has a header and no rows: nobody has told a group in it.")
    rows: list[int | None] = [None] * len(people)
    for row, key in enumerate(unique_ids(table, "id")):
        if undefuse(key) not in people:
            raise InvalidInputError(
                f"{table.place(row, column_index(table.columns, 'id', name=table.name))}: {scores.name} has nobody "
                "of this id. Take the row out, or score the lead."
            )
        rows[people[undefuse(key)]] = row
    decided = [Gate(column, tuple(_outcomes(table, column, rows))) for column in outcomes]
    dimensions = {
        column: _groups(table, column, rows) for column in table.columns if column not in ("id", *outcomes)
    }
    if not dimensions:
        raise InvalidInputError(
            f"{table.name}, row 1: there is no column with groups, such as “sex”. Add one."
        )
    return Audit(
        seed,
        len(people),
        {
            persona: self_check(
                [*gates_of(fits, bands), *(decided if persona == BEST else ())], dimensions, seed=seed
            )
            for persona, (fits, bands) in results.items()
        },
    )


def _read_scores(path: Path) -> tuple[dict[str, int], dict[str, Results]]:
    """Return the position of each id, and fits and bands by persona and position; under BEST those of the best."""
    table = read_table(path.read_bytes(), name=path.name)
    index = {
        column: column_index(table.columns, column, name=table.name)
        for column in ("id", "persona", "fit", "band", "best")
    }
    people = {
        undefuse(key): i for i, key in enumerate(dict.fromkeys(cell.strip() for cell in table.column("id")))
    }
    personas = [BEST, *dict.fromkeys(table.column("persona"))]
    results: dict[str, Results] = {
        persona: ([None] * len(people), [None] * len(people)) for persona in personas
    }
    seen = set()
    for position, row in enumerate(table.rows):
        key, persona, fit, band, best = (row[index[column]].strip() for column in index)
        if not (
            fit == band == "" or (fit.isdecimal() and int(fit) <= 100 and band in tuple("ABCD") and band)
        ):
            raise InvalidInputError(
                f"{table.place(position, index['fit'])}: a fit is a whole number from 0 to 100 with a band from A to "
                "D, or both are empty. Write the scores anew with kindred score."
            )
        person = people[undefuse(key)]
        if (person, persona) in seen:
            raise InvalidInputError(
                f"{table.place(position, index['persona'])}: this lead has a score for this persona already. "
                "Keep one of the rows."
            )
        seen.add((person, persona))
        for one in (persona, BEST) if best == "1" else (persona,):
            results[one][0][person] = int(fit) if fit else None
            results[one][1][person] = band or None
    return people, results


def _groups(table: Table, column: str, rows: Sequence[int | None]) -> list[str]:
    cells = table.column(column)
    said = ["" if row is None else one_line(cells[row]) for row in rows]
    groups = ["" if cell.casefold() in UNKNOWN else cell for cell in said]
    if len(set(groups)) > MAX_GROUPS:
        raise InvalidInputError(
            f"{table.name}, row 1, column “{column}”: it holds more than {MAX_GROUPS} different groups. Take the "
            "column out, or make the groups broader."
        )
    return groups


def _outcomes(table: Table, column: str, rows: Sequence[int | None]) -> Iterator[bool | None]:
    index, cells = column_index(table.columns, column, name=table.name), table.column(column)
    for row in rows:
        cell = "" if row is None else cells[row].strip().casefold()
        if row is not None and cell not in _YES_NO:
            raise InvalidInputError(
                f"{table.place(row, index)}: an outcome is yes or no, or empty for somebody it was not decided for."
            )
        yield _YES_NO[cell]


def _cells(group: Group) -> list[str]:
    numbers = [group.rate, group.ratio, group.low, group.high, group.p]
    return [
        group.name,
        "" if group.n is None else str(group.n),
        *("" if number is None else f"{number:.6g}" for number in numbers),
        "" if group.ratio is None else "yes" if group.is_low else "no",
        _REASONS[group.gap],
    ]


def _paragraph(persona: str, impact: Impact) -> Iterator[str]:
    unknown = (
        f", {impact.n_unknown} of whom have not said or are in a group that is not shown"
        if impact.n_unknown
        else ""
    )
    yield f"{impact.dimension} – {impact.gate}, {persona or 'best persona'}: {impact.n} people{unknown}"
    width = max((len(group.name) for group in impact.groups), default=0)
    for group in impact.groups:
        yield f"  {group.name:<{width}}  {_figures(group)}"


def _figures(group: Group) -> str:
    if group.n is None or group.rate is None:
        return _REASONS[group.gap]
    head = f"{group.n:>6}  {group.rate:6.1%}"
    if group.ratio is None:
        return f"{head}  {_REASONS[group.gap]}"
    test = "" if group.p is None else f"  p {group.p:.3f}"
    verdict = "  under four fifths" if group.is_low else ""
    # Where all or none of a group passed, resampling has nothing to vary.
    interval = f" ({group.low:.2f}–{group.high:.2f})" if group.low != group.high else ""
    return f"{head}  {group.ratio:.2f}{interval}{test}{verdict}"
