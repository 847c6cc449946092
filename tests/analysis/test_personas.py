"""What is told of personas beside one another."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.personas import neighbours
from analysis.views import Views


def drawn_views(means: np.ndarray, sizes: tuple[int, ...], seed: int) -> tuple[Views, np.ndarray]:
    """People scattered widely round the given means, in two items and with a few who are in no group."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(-1, len(sizes)), (7, *sizes))
    points = np.vstack([means, np.zeros(means.shape[1])])[labels]
    points = points + 3 * random.normal(size=points.shape) / means.shape[1] ** 0.5
    points = (points - points.mean(axis=0)).astype(np.float32)
    there = np.ones(len(labels), dtype=bool)
    blocks = {"self": points[:, ::2], "stay": points[:, 1::2]}
    return Views(blocks, dict.fromkeys(blocks, there), np.zeros((len(labels), 0), np.float32)), labels


def table(views: Views, labels: np.ndarray) -> dict[tuple[str, str], float]:
    return {(pair.a, pair.b): pair.similarity for pair in neighbours(views, labels)}


def test_how_alike_personas_are_does_not_hang_on_how_many_people_they_have() -> None:
    drawn = [drawn_views(np.eye(4, 600), (90, 40, 14, 11), seed) for seed in range(40)]

    found = [table(*one) for one in drawn]

    # Four that have nothing in common lie in the corners of a tetrahedron.
    on_average = [float(np.mean([one[pair] for one in found])) for pair in sorted(found[0])]
    assert on_average == pytest.approx([-1 / 3] * 6, abs=0.06)


def test_the_most_alike_come_first() -> None:
    means = np.eye(3, 600)
    means[2] = means[1] + means[2] / 2

    views, labels = drawn_views(means, (90, 40, 30), 0)

    assert next(iter(table(views, labels))) == ("p2", "p3")


def test_of_two_personas_each_is_opposite_to_the_other() -> None:
    assert table(*drawn_views(np.eye(2, 600), (60, 20), 0)) == {("p1", "p2"): -1.0}


def test_one_persona_has_no_neighbour() -> None:
    assert neighbours(*drawn_views(np.eye(1, 600), (60,), 0)) == ()
