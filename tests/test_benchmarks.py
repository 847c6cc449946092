"""The benchmarks' own arithmetic; what they measure is not repeated here."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from analysis import Corpus, Response
from analysis.encoder import CachedEncoder
from analysis.scoring import Scorer
from benchmarks.grounds import NONE, Ground, dealt_anew, held_out, multiplied, practice, recombined
from benchmarks.measures import agreement, between, calibration_error, right_or_wrong
from benchmarks.prevalence import JUDGED
from benchmarks.resumes import JUMP, Move, demo_leads, moves, read_resumes
from benchmarks.seconds import Seconds, mean
from benchmarks.tables import BENCHMARKS, Tables, decimal, in_place
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


def test_recombined_people_prefer_the_labels_of_their_persona_and_no_seldom_label_is_used(
    tmp_path: Path,
) -> None:
    file = tmp_path / "sentences.csv"
    labels = [label for label in "abcdefgh" for _ in range(30)] + ["seldom"] * 5
    file.write_text(
        "label,text\n" + "".join(f"{label},{label}{n}\n" for n, label in enumerate(labels)), "utf-8"
    )

    ground = recombined(file, seed=0, n=400)

    assert ground.name == "sentences, draw 0"
    assert ground.k == 5
    said = {text.rstrip("0123456789") for one in ground.corpus.responses for text in one.answers.values()}
    assert said == set("abcdefgh")
    for persona in range(5):
        answers = [
            one.answers["item 0"][0]
            for one in ground.corpus.responses
            if ground.truth[one.id] == str(persona) and "item 0" in one.answers
        ]
        # Seven in ten, and an eighth of the others by chance.
        assert max(map(answers.count, said)) / len(answers) == pytest.approx(0.74, abs=0.15)


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


PAGE = "Before.\n\n<!-- table: a -->\n| old |\n| --- |\n| 1 |\n\nBetween.\n\n<!-- table: b -->\n\nAfter.\n"


def test_a_table_takes_the_place_of_its_name_and_nothing_else_moves() -> None:
    assert in_place(PAGE, "a", "| new |") == PAGE.replace("| old |\n| --- |\n| 1 |", "| new |")
    assert in_place(PAGE, "b", "| new |") == PAGE.replace("table: b -->\n", "table: b -->\n| new |\n")
    # What stands in a table is no pattern.
    assert r"| \1 \g<0> |" in in_place(PAGE, "a", r"| \1 \g<0> |")
    with pytest.raises(LookupError, match="table: c"):
        in_place(PAGE, "c", "| new |")


def test_tables_are_printed_and_written_only_where_a_page_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, "utf-8")
    table = "| x | y |\n| --- | --- |\n| 1 | .5 |\n"

    Tables().show("a", ("x", "y"), [(1, ".5")])
    assert table in capsys.readouterr().out
    assert page.read_text("utf-8") == PAGE

    Tables(page).show("a", ("x", "y"), [(1, ".5")])
    assert table in capsys.readouterr().out
    assert f"<!-- table: a -->\n{table}\nBetween." in page.read_text("utf-8")


def test_each_table_of_a_benchmark_has_a_place_in_the_documentation() -> None:
    code = "".join(path.read_text("utf-8") for path in BENCHMARKS.parents[1].glob("benchmarks/*.py"))
    shown = re.findall(r"tables\.show\(\s*\"([\w ]+)\"", code)
    of_both = [f"{of}{what}" for of in JUDGED for what in ("", " on cards")]

    assert len(shown) + len(of_both) / len(JUDGED) == code.count("tables.show(") >= 8
    assert sorted(shown + of_both) == sorted(
        re.findall(r"<!-- table: ([\w ]+) -->", BENCHMARKS.read_text("utf-8"))
    )


def test_figures_are_written_without_the_naught_before_the_point() -> None:
    assert [decimal(one) for one in (0.7234, -0.0011, 1.0, 0.0)] == [".723", "-.001", "1.000", ".000"]
    assert decimal(12.5, 1) == "12.5"
    assert decimal(float("nan")) == ""


def test_seconds_add_up() -> None:
    assert mean([Seconds(1, 2), Seconds(3, 4)]) == Seconds(2, 3)
    assert str(Seconds(3, 4) - Seconds(1, 2) + Seconds(7, 8)) == "9.0 (10.0)"
