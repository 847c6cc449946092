"""The file contract: canonical JSON out, the same report back in, clear errors for anything else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from analysis import Entry, InvalidReportError, Persona, Quote, Report
from analysis.report import Assignment, Card, Considered, Contrast, Motive, Neighbour, Point, SetAside

ENTRY = Entry("pension", 6, 0.5, 1 / 3, (0.25, 0.75))
REPORT = Report(
    seed=3,
    n_responses=30,
    n_used=24,
    refusal=None,
    language="en",
    exploratory=True,
    items=("self", "stay"),
    notes=("A note.",),
    personas=(
        Persona(
            "p1",
            "Calm Owners",
            "They stay.",
            12,
            0.5,
            2 / 3,
            "a pattern, but membership is doubtful",
            traits=(ENTRY,),
            quotes=(Quote("I own it.", "stay", 6, 0.5, 0.0),),
            who=("Site: found in all 3 groups (A, B and C).",),
            card=Card(("pension", "rota", "leave"), (9, 7, None), "7 of 12 say two."),
            neighbour=Contrast("p2", -0.25, "They differ.", more=(ENTRY,)),
        ),
    ),
    n_personas_considered=(Considered(2, 1.25, 0.8),),
    themes=(ENTRY,),
    map=(Point(0.1, -0.2, "p1"), Point(0.0, 0.3, None)),
    neighbours=(Neighbour("p1", "p2", -0.25),),
    motives=(Motive("a job that is safe", {"p1": 0.5, "p2": None}),),
    set_aside=(SetAside("no answer", None),),
    scoring={"personas": [{"key": "p1", "vectors": [0.25, 0.5]}]},
    assignments=(Assignment("r1", "p1", 0.75, None),),
)


def test_the_file_holds_what_the_contract_names() -> None:
    raw = json.loads(REPORT.to_json())

    assert set(raw) == {
        "schema_version", "seed", "n_responses", "n_used", "refusal", "language", "exploratory", "items", "notes",
        "personas", "n_personas_considered", "themes", "map", "neighbours", "motives", "set_aside", "scoring",
        "scoring_static", "unreplayed",
    }  # fmt: skip
    assert set(raw["personas"][0]) == {
        "key", "name", "summary", "size", "share", "stability", "stability_band", "traits", "reasons", "skills",
        "channels", "content", "quotes", "who", "card", "neighbour", "locked", "leanings", "concerns",
    }  # fmt: skip
    assert raw["personas"][0]["traits"][0] == {
        "text": "pension", "n": 6, "share_here": 0.5, "share_elsewhere": 0.333333, "interval": [0.25, 0.75],
        "kind": "words", "estimated": False,
    }  # fmt: skip


def test_reading_and_writing_again_gives_the_same_bytes() -> None:
    assert Report.from_dict(json.loads(REPORT.to_json())).to_json() == REPORT.to_json()


def test_what_is_no_number_is_none_and_nothing_is_less_than_none() -> None:
    odd = replace(REPORT, neighbours=(Neighbour("p1", "p2", float("nan")), Neighbour("p2", "p3", -1e-9)))

    assert '"similarity": null' in odd.to_json()
    assert '"similarity": 0.0' in odd.to_json()


def test_the_order_of_what_is_kept_by_name_changes_no_byte() -> None:
    here, there = (
        replace(REPORT, motives=(Motive("pay", shares),), scoring=shares)
        for shares in ({"p1": 0.5, "p2": 0.25}, {"p2": 0.25, "p1": 0.5})
    )

    assert here.to_json() == there.to_json()


def test_assignments_are_not_in_the_file() -> None:
    assert "r1" not in REPORT.to_json()


def without(name: str) -> dict[str, Any]:
    raw = REPORT.to_dict()
    del raw[name]
    return raw


@pytest.mark.parametrize(
    "raw",
    [
        [],
        {},
        {**REPORT.to_dict(), "schema_version": 2},
        {**REPORT.to_dict(), "surprise": 1},
        {**REPORT.to_dict(), "personas": [{}]},
        {**REPORT.to_dict(), "map": 5},
        without("seed"),
    ],
)
def test_anything_else_is_refused_with_what_to_do(raw: Any) -> None:
    with pytest.raises(InvalidReportError, match="Run the discovery again"):
        Report.from_dict(raw)
