import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from analysis.crosscheck import _Answers, _Groups, _left_out, foretold, improved, joined


def planted(
    n: int = 60, k: int = 3, noise: float = 0.5, seed: int = 0
) -> tuple[list[np.ndarray], np.ndarray]:
    """Three views in which the same groups differ, rows of about unit length."""
    random = np.random.default_rng(seed)
    truth = np.arange(n) % k
    views = [random.normal(size=(k, 40))[truth] + noise * random.normal(size=(n, 40)) for _ in range(3)]
    return [view / np.linalg.norm(view, axis=1, keepdims=True) for view in views], truth


def test_each_person_is_left_out_of_their_own_group() -> None:
    view = np.random.default_rng(0).normal(size=(7, 4))
    labels = np.array([[0, 0, 0, 1, 1, 1, 1]])

    groups = _Groups.of(labels, 2)
    compared = _left_out(groups, _Answers.of(view))
    near = compared.near(groups)

    for person in range(7):
        for group in range(2):
            others = [row for row in range(7) if labels[0, row] == group and row != person]
            pairs = [view[a] @ view[b] for a in others for b in others if a != b]
            along, squares = view[person] @ view[others].mean(axis=0), max(np.mean(pairs), 1e-6)
            asked = compared.squares_of(np.full((7, 1), group), groups)
            assert compared.along[person, 0, group] == pytest.approx(along, abs=1e-5)
            assert asked[person, 0] == pytest.approx(squares, abs=1e-5)
            assert near[person, 0, group] == pytest.approx(along - squares / 2, abs=1e-5)


def test_groups_with_mistakes_are_mended() -> None:
    views, truth = planted()
    wrong = truth.copy()
    wrong[:18] = np.roll(truth[:18], 1)

    assert adjusted_rand_score(truth, improved(np.array([wrong]), views, 3)[0]) == 1.0


def test_nobody_is_held_in_a_group_by_themselves() -> None:
    # Two thousand columns of noise: beside a centre that holds their own row, everybody would stay where they are.
    noise = np.random.default_rng(1).normal(size=(60, 2000)) / np.sqrt(2000)
    labels = np.arange(60)[None, :] % 3

    assert (improved(labels, [noise], 3) != labels).mean() > 0.3


def test_groups_that_one_view_alone_knows_foretell_less_however_loud() -> None:
    views, truth = planted(noise=1.0)
    alone = np.random.default_rng(2).permutation(truth)
    views[0] = views[0] + 3 * np.eye(3, 40)[alone]
    both = np.array([truth, alone])
    along = _left_out(_Groups.of(both, 3), _Answers.of(np.hstack(views))).along
    likeness = np.take_along_axis(along, both.T[:, :, None], axis=2).sum(axis=(0, 2))
    assert likeness[1] > 2 * likeness[0]

    of_people, of_one_view = foretold(both, views, 3)

    assert of_people > 1.5 * of_one_view


def test_a_person_set_apart_adds_nothing() -> None:
    views, truth = planted()
    alone = truth.copy()
    alone[0] = 3

    without, with_one = foretold(np.array([truth, alone]), views, 4)

    assert with_one < 1.02 * without


def test_a_step_is_as_good_as_another(monkeypatch: pytest.MonkeyPatch) -> None:
    views, truth = planted(noise=2.0)
    labels = np.array([np.random.default_rng(seed).permutation(truth) for seed in range(8)])
    at_once = improved(labels, views, 3), foretold(labels, views, 3)
    monkeypatch.setattr("analysis.crosscheck.INDICATORS_PER_STEP", 60 * 3 * 3)

    assert np.array_equal(improved(labels, views, 3), at_once[0])
    assert foretold(labels, views, 3) == pytest.approx(at_once[1], rel=1e-5)


def test_a_small_group_of_its_own_stays_when_groups_are_joined() -> None:
    views, truth = planted(n=300, k=3)
    kept = np.flatnonzero((truth < 2) | (np.arange(300) < 45))
    truth, views = truth[kept], [view[kept] for view in views]
    assert np.bincount(truth).tolist() == [100, 100, 15]
    # Each large group is parted in two, at random.
    parted = np.where(truth < 2, truth + 3 * (np.random.default_rng(0).random(len(truth)) < 0.5), truth)

    whole = joined(np.array([np.unique(parted, return_inverse=True)[1]]), views, 3)[0]

    assert adjusted_rand_score(truth, whole) == 1.0
    assert whole.max() == 2


def test_as_many_groups_as_are_asked_for_are_left_as_they_are() -> None:
    views, truth = planted()

    assert (joined(truth[None], views, 3)[0] == truth).all()


def test_a_grouping_is_joined_to_as_many_groups_whatever_stands_beside_it() -> None:
    random = np.random.default_rng(2)
    views = [random.standard_normal((60, 6)) for _ in range(3)]
    few, many, gap = random.integers(0, 5, 60), random.integers(0, 9, 60), random.integers(0, 8, 60)
    gap[gap == 3] = 7

    beside = joined(np.array([few, many, gap]), views, 4)

    assert [len(set(one.tolist())) for one in beside] == [4, 4, 4]
    for row, alone in enumerate((few, many, gap)):
        assert joined(alone[None], views, 4)[0].tolist() == beside[row].tolist()
