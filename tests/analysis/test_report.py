"""The file contract: canonical JSON out, the same report back in, clear errors for anything else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from analysis import Entry, InvalidReportError, Persona, Quote, Report
from analysis.report import (
    Assignment,
    Card,
    Considered,
    Contrast,
    Motive,
    Neighbour,
    Point,
    SetAside,
    Unreplayed,
)

ENTRY = Entry("pension", 6, 0.5, 0.333333, (0.25, 0.75))
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
            0.666667,
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
    unreplayed=(Unreplayed(2, "lock", "Its people are gone."),),
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


def test_reading_and_writing_again_gives_the_same_bytes_and_values() -> None:
    again = Report.from_dict(json.loads(REPORT.to_json()))

    assert again.to_json() == REPORT.to_json()
    assert replace(again, assignments=REPORT.assignments) == REPORT


def test_report_of_earlier_versions_is_read_without_what_they_did_not_say() -> None:
    raw = REPORT.to_dict()
    for name in ("leanings", "concerns"):
        del raw["personas"][0][name]

    assert Report.from_dict(raw) == Report.from_dict(REPORT.to_dict())


def test_persona_without_a_card_or_a_neighbour_is_read() -> None:
    alone = replace(REPORT, personas=(replace(REPORT.personas[0], card=None, neighbour=None),))

    (persona,) = Report.from_dict(alone.to_dict()).personas

    assert (persona.card, persona.neighbour) == (None, None)


def test_numbers_are_rounded_what_is_none_is_null_and_nothing_is_less_than_nothing() -> None:
    odd = [
        told["similarity"]
        for told in replace(
            REPORT, neighbours=tuple(Neighbour("p1", "p2", one) for one in (float("nan"), -1e-9, -2 / 3))
        ).to_dict()["neighbours"]
    ]

    assert repr(odd) == "[None, 0.0, -0.666667]"


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
