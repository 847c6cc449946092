"""The benchmarks' own arithmetic; what they measure is not repeated here."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from analysis import Corpus, Response
from analysis.encoder import CachedEncoder
from analysis.scoring import Scorer
from benchmarks.grounds import NONE, Ground, dealt_anew, held_out, multiplied, practice
from benchmarks.measures import agreement, between, calibration_error, right_or_wrong
from benchmarks.resumes import JUMP, Move, demo_leads, moves, read_resumes
from tests.survey.lead_factories import WordEncoder, block

TRUTH = {"a": "x", "b": "x", "c": "y", "d": "y", "e": NONE}
MODULES = sorted(path.stem for path in (Path(__file__).parents[1] / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_every_benchmark_can_be_imported_without_the_peers(name: str) -> None:
    assert importlib.import_module(f"benchmarks.{name}".removesuffix(".__init__"))


def test_agreement_counts_the_unassigned_as_a_group_and_leaves_out_who_was_planted_in_none() -> None:
    assert agreement(TRUTH, {"a": 1, "b": 1}) == 1.0
    assert agreement(TRUTH, {"a": 1, "b": 1, "c": 2, "d": 2, "e": 1}) == 1.0
    assert agreement(TRUTH, {"a": 1, "b": 1, "c": 2}) == pytest.approx(4 / 7)
    assert agreement(TRUTH, {}) == 0.0


def test_runs_that_differ_in_numbering_alone_agree() -> None:
    assert between([{"a": 0, "b": 0, "c": 1}, {"a": 5, "b": 5, "c": 3}], ["a", "b", "c"]) == 1.0


def test_a_group_stands_for_the_persona_of_most_of_its_people() -> None:
    right = right_or_wrong(TRUTH, {"a": 0, "b": 0, "c": 0, "d": 1, "e": 1})

    assert right == {"a": True, "b": True, "c": False, "d": True, "e": False}


def test_calibration_error_is_the_mean_distance_of_what_was_said_from_what_came_true() -> None:
    # Two bins: .9 was said and one half came true (.4 off), .2 was said and none (.2 off).
    assert calibration_error([0.9, 0.9, 0.2, 0.2], [True, False, False, False]) == pytest.approx(0.3)
    assert calibration_error([1.0, 1.0], [True, True]) == 0.0


def test_the_organisations_are_whole() -> None:
    for ground in (*practice(), *held_out()):
        assert len(ground.corpus) == 160
        assert set(ground.truth) == {response.id for response in ground.corpus.responses}
        assert 1 < ground.k < 10
        assert 100 < len(ground.planted) < 160


def test_dealing_anew_keeps_every_answer_and_moves_them_between_people() -> None:
    corpus = Corpus.of(Response(f"p{n}", {"a": f"a{n}", "b": f"b{n}"}) for n in range(30))

    dealt = dealt_anew(corpus, seed=0)

    pairs = {tuple(response.answers.values()) for response in dealt.responses}
    assert {a for a, _ in pairs} == {f"a{n}" for n in range(30)}
    assert len(pairs & {(f"a{n}", f"b{n}") for n in range(30)}) < 5


def test_multiplied_people_take_their_answers_from_one_persona() -> None:
    corpus = Corpus.of(
        Response(f"p{n}", {"a": f"{'xy'[n % 2]}{n}", "b": f"{'xy'[n % 2]}{n}"}) for n in range(8)
    )
    ground = Ground("g", corpus, {f"p{n}": "xy"[n % 2] for n in range(8)})

    made = multiplied([ground], 20, seed=0)

    assert {one.answers["a"][0] == one.answers["b"][0] for one in made.responses} == {True}
    assert {one.answers["a"][0] for one in made.responses} == {"x", "y"}


def test_without_a_field_every_lead_of_the_demo_is_scored_and_no_jump_lacks_a_reason() -> None:
    scorer = Scorer(block(), CachedEncoder(WordEncoder()))
    found = [move for lead in demo_leads()[::4] for move in moves(scorer, lead)]

    assert {move.field for move in found} == {"headline", "summary", "skills", "experience", "interest"}
    assert any(move.before != move.after for move in found)
    assert [move for move in found if not move.is_explained] == []


@pytest.mark.parametrize(
    ("move", "explained"),
    [
        (Move("summary", 50, 50 - JUMP, 0, ""), True),
        (Move("summary", 50, 30, 0, ""), False),
        (Move("summary", 50, 30, 20, ""), True),
        (Move("summary", 30, 50, 0, ""), False),
        (Move("summary", 30, 50, -15, ""), True),
        (Move("summary", 50, 0, 0, "nothing on a facet any more"), True),
        (Move("summary", 50, None, 0, "too little for a number"), True),
        (Move("summary", None, None, 0, ""), True),
    ],
)
def test_a_jump_is_explained_by_the_points_that_went_or_by_what_the_page_states(
    move: Move, explained: bool
) -> None:
    assert move.is_explained is explained


def test_files_that_are_no_resumes_are_counted_by_the_reason(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/one.json").write_text('{"basics": {"summary": "calm"}}')
    (tmp_path / "two.json").write_text("[]")
    (tmp_path / "three.json").write_text("[1]")

    leads, refused = read_resumes(tmp_path)

    assert [lead["summary"] for lead in leads] == ["calm"]
    assert refused == {"this is not a JSON Resume; it has no basics, work or skills. Take it out.": 2}
