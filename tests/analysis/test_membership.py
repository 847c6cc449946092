"""How surely people belong: calibrated where it was planted, undecided where answers disagree."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.grouping import Grouping
from analysis.membership import shares_of_draws, trusted
from tests.analysis.made_views import planted_views


def test_all_draws_go_to_some_group() -> None:
    views, truth = planted_views(n=60)

    found = Grouping(views, seed=0).shares(truth)

    assert found.sum(axis=1) == pytest.approx(np.ones(60))
    assert (found[np.arange(60), truth] > 0.8).all()


def test_somebody_whose_answers_point_two_ways_belongs_to_neither_for_sure() -> None:
    centres = np.array([[1.0, 0.0], [-1.0, 0.0]])
    labels = np.array([0] * 10 + [1] * 10 + [0])
    contributions = np.stack([centres[labels]] * 4)
    contributions[2:, -1] = centres[1]

    found = shares_of_draws(
        lambda rows: contributions[:, rows],
        contributions.sum(axis=0),
        np.ones((21, 4), dtype=bool),
        labels,
        seed=0,
    )

    assert 0.3 < found[-1, 0] < 0.8
    assert found[0, 0] == pytest.approx(1)


def test_a_missing_answer_is_not_drawn() -> None:
    labels = np.array([0] * 10 + [1] * 10)
    places = np.array([[1.0], [-1.0]])[labels]
    contributions = np.stack([places, np.zeros_like(places)])
    present = np.ones((20, 2), dtype=bool)
    present[:, 1] = False

    found = shares_of_draws(
        lambda rows: contributions[:, rows], contributions.sum(axis=0), present, labels, seed=0
    )

    assert found[np.arange(20), labels] == pytest.approx(np.ones(20))


def test_fewer_belong_to_a_group_that_hardly_comes_back() -> None:
    shares = np.array([[0.5, 0.5], [1.0, 0.0]])

    assert trusted(shares, np.array([1.0, 0.125])) == pytest.approx(np.array([[0.5, 0.25], [1.0, 0.0]]))
