"""Which dots may stand on a map: none that is alone, none of a small group, and none in the order of the people."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.company import Places, in_company
from analysis.personas import people_map
from analysis.report import Persona

#: Thirty people in a square, all in company.
CROWD = [(i % 6 * 0.2, i // 6 * 0.2) for i in range(30)]
PERSONAS = tuple(Persona(key, key, "", 20, 0.5, 0.9, "stable") for key in ("p1", "p2"))


def beside(dots: list[tuple[float, float]], group: int) -> tuple[Places, np.ndarray]:
    """The crowd, which is group 0, and behind it some dots of a group."""
    return np.array([*CROWD, *dots]), np.array([0] * len(CROWD) + [group] * len(dots))


def n_shown(dots: list[tuple[float, float]], group: int) -> int:
    """Count the dots beside the crowd that may be shown; the crowd may in any case."""
    shown = in_company(*beside(dots, group))
    assert shown[: len(CROWD)].all()
    return int(shown[len(CROWD) :].sum())


@pytest.mark.parametrize(("n", "n_left"), [(1, 0), (4, 0), (5, 5)])
def test_fewer_than_five_dots_together_are_alone(n: int, n_left: int) -> None:
    assert n_shown([(3.0, 3.0)] * n, 0) == n_left


@pytest.mark.parametrize("group", [1, -1])
@pytest.mark.parametrize(("n", "n_left"), [(9, 0), (10, 10)])
def test_a_group_is_shown_from_ten_people_on(group: int, n: int, n_left: int) -> None:
    assert n_shown([(0.5, 0.5)] * n, group) == n_left


def test_who_is_left_out_is_company_for_nobody() -> None:
    """Nine are left of the ten when one of them goes."""
    assert n_shown([(0.5, 0.5)] * 9 + [(30.0, 30.0)], 1) == 0


def test_of_fewer_than_ten_people_nobody_is_shown() -> None:
    assert not in_company(np.zeros((9, 2)), np.zeros(9, dtype=int)).any()


def test_nobody_stands_alone_on_the_map_of_a_report() -> None:
    places, labels = beside([(0.5, 0.5)] * 10 + [(30.0, 30.0)], 1)
    labels[-1] = 0

    points = people_map(places, labels, PERSONAS, seed=0)

    assert [sum(point.persona == key for point in points) for key in ("p1", "p2", None)] == [30, 10, 0]


def test_the_map_tells_no_place_exactly_and_no_order() -> None:
    places, labels = beside([(1 / 3, 1 / 7)] * 10, 1)

    points = people_map(places, labels, PERSONAS, seed=0)

    assert all((point.x, point.y) == (round(point.x, 2), round(point.y, 2)) for point in points)
    keys = [point.persona for point in points]
    assert keys not in (sorted(map(str, keys)), sorted(map(str, keys), reverse=True))
