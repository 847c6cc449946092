"""What holds for the numeric core whatever people answer: it refuses or groups consistently, and never breaks.

Warnings are errors here, so a division by zero anywhere fails these tests too.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from analysis import Corpus, Response, discover
from analysis.grouping import MIN_SHARE, Grouping
from analysis.groups import MIN_PERSONA, Groups, NoGroupsError
from analysis.membership import trusted
from analysis.shared import SharedComponents
from analysis.views import Views
from tests.analysis.corpora import KINDS, planted
from tests.analysis.made_views import planted_views
from tests.conftest import FULL
from tests.fakes import FakeEncoder

pytestmark = pytest.mark.usefixtures("reduced_analysis")

FEW = settings(max_examples=100 if FULL else 8, deadline=None)


@st.composite
def views(draw: st.DrawFn) -> Views:
    """Views of a few people with few distinct answers, some of them missing, perhaps none that differ."""
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    n, n_answers = draw(st.integers(20, 60)), draw(st.integers(1, 6))
    blocks, present = {}, {}
    for item in ("a", "b", "c")[: draw(st.integers(2, 3))]:
        answered = random.random(n) < draw(st.sampled_from((0.1, 0.6, 1.0)))
        block = random.normal(size=(n_answers, 8))[random.integers(0, n_answers, n)] * answered[:, None]
        lengths = np.maximum(np.linalg.norm(block, axis=1, keepdims=True), 1e-9)
        blocks[item], present[item] = (block / lengths).astype(np.float32), answered
    return Views(blocks, present, np.zeros((n, draw(st.integers(0, 3))), dtype=np.float32))


def grouped(these: Views, n_groups: int | None) -> Groups | None:
    try:
        return Grouping(these, seed=0).groups(n_groups, lambda _done, _label: None)
    except NoGroupsError:
        return None


@FEW
@given(views(), st.sampled_from((None, 2, 5)))
def test_any_views_are_refused_or_grouped_consistently(these: Views, n_groups: int | None) -> None:
    found = grouped(these, n_groups)

    if found is None:
        return
    k = int(found.labels.max()) + 1
    sizes = np.bincount(found.labels[found.labels >= 0], minlength=k)
    assert sizes.tolist() == sorted(sizes, reverse=True)
    assert sizes.min() >= MIN_PERSONA
    assert found.membership.shape == (len(these), k)
    assert found.membership.min() >= 0
    assert found.membership.sum(axis=1).max() <= 1 + 1e-9
    placed = found.labels >= 0
    least = trusted(np.full((1, k), MIN_SHARE), found.stability)[0]
    assert (found.membership[placed, found.labels[placed]] >= least[found.labels[placed]] - 1e-9).all()
    assert found.stability.shape == (k,)
    assert ((found.stability >= 0) & (found.stability <= 1 + 1e-9)).all()


@pytest.mark.parametrize("n_channels", [0, 2])
def test_views_without_any_variance_are_refused(n_channels: int) -> None:
    nothing = np.zeros((40, 6), dtype=np.float32)
    everybody = np.ones(40, dtype=bool)
    channels = np.zeros((40, n_channels), dtype=np.float32)

    assert (
        grouped(Views({"a": nothing, "b": nothing}, {"a": everybody, "b": everybody}, channels), None) is None
    )


@pytest.mark.parametrize("widths", [None, (3, 3)])
def test_equal_rows_have_one_place(widths: tuple[int, ...] | None) -> None:
    places = SharedComponents(widths=widths).fit_transform(np.ones((5, 6)))

    assert places == pytest.approx(np.zeros_like(places))
    assert places.shape[1] >= 1


def attributes_of(levels: NDArray[np.str_]) -> list[dict[str, str]]:
    return [{"site": level} for level in levels.tolist()]


@pytest.mark.parametrize("levels", [np.full(30, "Leeds"), np.arange(30).astype(str), np.full(30, "")])
def test_attributes_that_tell_nothing_change_nothing(levels: NDArray[np.str_]) -> None:
    before, _ = planted_views(n=30)

    after = before.adjusted(attributes_of(levels))

    assert after.stacked == pytest.approx(before.stacked, abs=1e-6)


@st.composite
def corpora(draw: st.DrawFn) -> Corpus:
    """Up to 45 people with some answers missing, emptied or replaced by what says nothing."""
    people = planted(draw(st.integers(0, 45)), draw(st.integers(0, 50))).responses
    dice = np.random.default_rng(draw(st.integers(0, 2**16)))
    left_out, odd = (
        draw(st.sampled_from((0.0, 0.3, 0.9))),
        draw(st.sampled_from(("", "n/a", "😀", "同事很好"))),
    )
    told = tuple(
        replace(
            one,
            answers={
                item: odd if dice.random() < left_out else text
                for item, text in one.answers.items()
                if dice.random() > left_out / 2
            },
        )
        for one in people
    )
    return Corpus(told, ("self", "stay", "skills"))


@FEW
@given(corpora(), st.randoms(use_true_random=False))
def test_any_corpus_gives_the_same_report_in_any_order_or_a_refusal(corpus: Corpus, random: Random) -> None:
    report = discover(corpus, encoder=FakeEncoder(16))
    shuffled = list(corpus.responses)
    random.shuffle(shuffled)

    again = discover(replace(corpus, responses=tuple(shuffled)), encoder=FakeEncoder(16))

    assert again.to_json() == report.to_json()
    assert (report.refusal is None) == bool(report.personas)
    counted = [one.persona for one in report.assignments if one.persona is not None]
    assert {one.key: one.size for one in report.personas} == {key: counted.count(key) for key in set(counted)}
    assert all((one.persona is None) != (one.reason is None) for one in report.assignments)


def test_an_empty_response_changes_nobodys_group() -> None:
    corpus = planted(60)
    silent = (Response("silent", {}), Response("blank", dict.fromkeys(("self", "stay"), " ")))

    before = discover(corpus, encoder=FakeEncoder())
    after = discover(
        replace(corpus, responses=(silent[0], *corpus.responses, silent[1])), encoder=FakeEncoder()
    )

    assert before.personas
    assert len(KINDS) == len(before.personas)
    assert after.personas == before.personas
    assert after.assignments[1:-1] == before.assignments
    assert {one.reason for one in (after.assignments[0], after.assignments[-1])} == {"no answers"}


def test_how_many_rows_are_computed_at_a_time_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = planted(60)
    before = discover(corpus, encoder=FakeEncoder())
    for step in ("analysis.shared.ROWS_PER_STEP", "analysis.clustering.ROWS_PER_STEP"):
        monkeypatch.setattr(step, 7)
    monkeypatch.setattr("analysis.membership.ROWS_PER_STEP", 5)

    assert discover(corpus, encoder=FakeEncoder()).to_json() == before.to_json()
