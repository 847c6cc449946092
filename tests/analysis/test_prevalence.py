"""How many of a group say a theme: as many as their chances add up to, and nearer to a reader's count than before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.codebook import codebook
from analysis.encoder import bundled_encoder
from analysis.families import families
from analysis.meaning import Reading, Sentence, read
from analysis.prevalence import (
    LEAST_SHARE,
    Estimated,
    counted,
    interval_of,
    prevalence_weights,
    signs_of_people,
    with_context,
)
from benchmarks.grounds import HELD_OUT, PRACTICE, held_out
from benchmarks.prevalence import ASIDE, judged_in, judged_rows, people_of, shares
from tests.analysis.test_meaning import people_writing
from tests.fakes import FakeEncoder

ESTIMATED: tuple[Estimated, ...] = ("themes", "families")
CODES = tuple(code for code in codebook() if code.kind == "motive")[:2]
HERE = np.arange(60) < 20
LABELS = np.where(HERE, 0, 1)


def reading_of(
    evidence: Sequence[float], nearness: Sequence[float], said: Sequence[bool] | None = None
) -> Reading:
    """Sixty people with one sentence each, as near as given to the first of two codes and never near to the second."""
    n = len(evidence)
    spoken = np.zeros((n, 2), dtype=bool)
    spoken[:, 0] = False if said is None else said
    none = np.full(n, -3.0)
    return Reading(
        codes=CODES,
        sentences=tuple(Sentence(row, "stay", 0, 1, "x") for row in range(n)),
        spoken=spoken,
        seeded=spoken,
        nearly=spoken,
        nearness=np.column_stack([nearness, none]).astype(np.float32),
        vectors=np.ones((n, 2), np.float32),
        centres=np.ones((2, 2)),
        rows=np.arange(n),
        evidence=np.column_stack([evidence, np.zeros(n)]).astype(np.float32),
    )


def n_counted(reading: Reading, members: NDArray[np.bool_]) -> int:
    found = counted(reading, LABELS)
    assert found is not None
    return int(found[members, 0].sum())


def test_a_group_that_comes_near_as_a_whole_counts_more_than_the_same_people_spread() -> None:
    near, evidence = np.where(HERE, 1.5, -1.0), np.where(HERE, 1.0, -7.0)
    one_of_each = np.isin(np.arange(60), (0, 30))
    spread = np.random.default_rng(0).permutation(60)
    together = reading_of(evidence, near, one_of_each)
    apart = reading_of(evidence[spread], near[spread], one_of_each)

    assert n_counted(together, HERE) > 10 > 5 > n_counted(together, ~HERE)
    assert n_counted(together, HERE) > n_counted(apart, HERE) + n_counted(apart, ~HERE)


def test_the_likeliest_of_a_group_count_and_whoever_is_read_as_saying_it() -> None:
    nearness = np.where(HERE, np.linspace(2.0, -6.0, 60), -2.0)
    said = np.arange(60) == 19
    found = counted(reading_of(np.where(HERE, 0.5, -7.0), nearness, said), LABELS)
    assert found is not None

    rows = np.flatnonzero(found[:, 0])
    assert 19 in rows
    likeliest = [row for row in rows.tolist() if row != 19]
    assert likeliest == list(range(len(likeliest)))


def test_never_fewer_count_than_are_read_as_saying_it() -> None:
    said = np.arange(60) < 7
    found = counted(reading_of(np.full(60, -7.0), np.full(60, -2.0), said), LABELS)
    assert found is not None

    assert found[:, 0].tolist() == said.tolist()


def test_nobody_counts_where_nobody_is_read_as_saying_it() -> None:
    """Chances are never quite 0: in a large group they would add up to people."""
    found = counted(reading_of(np.where(HERE, 1.0, -7.0), np.where(HERE, 1.5, -1.0), ~HERE), LABELS)
    assert found is not None

    assert not found[HERE, 0].any()
    assert found[~HERE, 0].all()


def test_what_an_item_cannot_show_tells_nothing_of_it() -> None:
    """Who says much in an item where a theme has no place is no more distinct in it than who said nothing."""
    reading = reading_of([-3.0] * 60, [-3.0] * 60)
    assert reading.evidence is not None
    reading.evidence[:, 1] = -3.0

    assert np.allclose(signs_of_people(reading)["distinctness"], np.log(LEAST_SHARE))


def test_somebody_in_no_group_stands_among_all_and_nobody_among_themselves() -> None:
    sign = np.arange(6, dtype=np.float32)[:, None]
    told = with_context({"x": sign}, np.array([0, 0, 0, 1, 1, -1]))

    assert told["x here"][5, 0] == told["x elsewhere"][5, 0] == pytest.approx(2.5)
    # The mean of 1 and 2, as if eight more were like the mean of 3, 4 and 5.
    assert told["x here"][0, 0] == pytest.approx((1 + 2 + 8 * 4) / 10)
    assert told["x elsewhere"][0, 0] == pytest.approx(4)
    everybody = with_context({"x": sign}, np.zeros(6, dtype=np.int64))
    assert everybody["x elsewhere"][0, 0] == pytest.approx(2.5)


def test_what_says_one_theme_among_many_is_more_distinct() -> None:
    alone = reading_of([2.0] * 60, [1.0] * 60)
    beside = reading_of([2.0] * 60, [1.0] * 60)
    assert beside.evidence is not None
    beside.evidence[:, 1] = 2.0

    distinct = [float(signs_of_people(one)["distinctness"][0, 0]) for one in (alone, beside)]
    assert distinct[0] > distinct[1] == pytest.approx(np.log(0.5), abs=0.01)


def test_codes_that_are_read_together_share_what_a_sentence_says() -> None:
    """Where two forms of one thing lie side by side, each alone is half as distinct."""
    reading = reading_of([2.0] * 60, [1.0] * 60)
    assert reading.evidence is not None
    reading.evidence[:, 1] = 2.0
    together = np.array([[True], [True]])

    alone, both = (signs_of_people(reading, held) for held in (None, together))

    assert both["distinctness"].shape == (60, 1)
    assert both["distinctness"][0, 0] - alone["distinctness"][0, 0] == pytest.approx(np.log(2), abs=0.01)
    assert both["nearness"][0, 0] == alone["nearness"].max()


def test_who_said_nothing_says_nothing_distinct() -> None:
    reading = reading_of([2.0] * 60, [1.0] * 60)
    silent = replace(reading, sentences=reading.sentences[:-1], nearness=reading.nearness[:-1])
    assert reading.evidence is not None
    signs = signs_of_people(replace(silent, evidence=reading.evidence[:-1]))

    for sign in signs.values():
        assert sign[-1, 0] == sign.min() < sign[0, 0]


def test_skills_and_things_to_read_are_counted_as_they_are_read() -> None:
    people = people_writing(["Python, Excel and German"] * 6 + ["cooking"] * 6, item="skills")
    reading = read(people, bundled_encoder())
    found = counted(reading, np.repeat([0, 1], 6))
    assert found is not None

    skills = np.array([code.kind in ("skill", "content") for code in reading.codes])
    assert reading.said[:, skills].any()
    assert (found[:, skills] == reading.said[:, skills]).all()


def test_without_a_second_opinion_nothing_is_estimated() -> None:
    reading = read(people_writing(["I have a permanent contract."] * 8), FakeEncoder())

    assert counted(reading, np.zeros(8, dtype=np.int64)) is None
    with pytest.raises(ValueError, match="second opinion"):
        signs_of_people(reading)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.5, 0.97, 1.0])
def test_an_estimate_lies_in_its_interval(share: float) -> None:
    low, high = interval_of(share)

    assert 0 <= low <= share <= high <= 1
    assert high - low > 0.05
    assert interval_of(0.5) == pytest.approx((1 - interval_of(0.5)[1], interval_of(0.5)[1]))


@pytest.mark.parametrize("of", ESTIMATED)
def test_weights_are_those_of_the_signs_that_are_fitted(of: Estimated) -> None:
    stored = json.loads(files("analysis").joinpath("prevalence.json").read_text(encoding="utf-8"))
    signs = with_context(signs_of_people(reading_of([0.0] * 60, [0.0] * 60)), LABELS)

    assert tuple(stored) == ESTIMATED
    of_a_kind = ("style",) if of == "families" else ()
    assert tuple(stored[of]) == (*signs, *of_a_kind, "intercept", "spread")
    assert prevalence_weights(of) == stored[of]
    assert all(stored[of][name] > 0 for name in signs if not name.endswith("elsewhere"))


@pytest.mark.parametrize("of", ESTIMATED)
def test_judged_people_are_of_all_organisations_and_six_are_aside(of: Estimated) -> None:
    rows = judged_rows(of)
    # Themes were judged before these were written.
    later = {"publisher", "airport"} if of == "themes" else set()

    assert {"demo", *PRACTICE, *HELD_OUT} > {*ASIDE} > later
    assert {row["organisation"] for row in rows} == {"demo", *PRACTICE, *HELD_OUT} - later
    known = {code.code for code in codebook()} if of == "themes" else {one.code for one in families()}
    assert {row["code"] for row in rows} <= known
    assert all(not set(row["yes"].split()) & set(row["partly"].split()) for row in rows)


@pytest.mark.parametrize("of", ESTIMATED)
def test_shares_are_nearer_to_a_readers_count_than_those_that_are_read(of: Estimated) -> None:
    """Of the harbour, to which nothing is fitted, in its planted groups; and less to one side."""
    ground = next(ground for ground in held_out() if ground.name == "harbour")
    people = people_of(ground)
    planted = [ground.truth[person.response.id] for person in people]
    kinds = sorted({*planted} - {"none"})
    labels = np.array([kinds.index(one) if one != "none" else -1 for one in planted])
    names, judged = judged_in(of, ground, people, labels, bundled_encoder())
    weights = np.array([prevalence_weights(of)[name] for name in (*names, "intercept")])

    found = [one for one in shares(judged, weights) if one.n_read >= 5]
    told = np.array([one.told - one.by_hand for one in found])
    read_off = np.array([one.by_reading - one.by_hand for one in found])
    assert len(found) >= 5
    assert np.abs(told).mean() < 0.5 * np.abs(read_off).mean()
    assert abs(told.mean()) < 0.5 * -read_off.mean()
