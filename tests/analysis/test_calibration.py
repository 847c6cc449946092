from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from analysis import calibration

numbers = st.lists(st.integers(0, 20).map(float), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("characters", "size"), [(0, 150), (200, 150), (300, 400), (700, 1000), (2000, 1000), (9000, 4000)]
)
def test_evidence_is_compared_at_the_nearest_size(characters, size):
    assert calibration.SIZES[calibration.sizes_for(np.array(characters))] == size


@pytest.mark.parametrize(
    ("characters", "n_skills", "level"),
    [(0, 0, "E0"), (149, 2, "E0"), (20, 3, "E1"), (150, 0, "E1"), (400, 0, "E2"), (1000, 0, "E3")],
)
def test_evidence_levels_rise_with_text_and_skills(characters, n_skills, level):
    assert calibration.evidence_level(characters, n_skills) == level


@pytest.mark.parametrize(
    ("fit", "band"), [(100, "A"), (50, "A"), (49, "B"), (20, "B"), (19, "C"), (5, "C"), (4, "D"), (0, "D")]
)
def test_bands_begin_where_they_should(fit, band):
    assert calibration.band_of(fit) == band


def test_shares_below_counts_the_lead_as_one_of_n_plus_one():
    reference = [1.0, 2.0, 3.0]

    found = calibration.shares_below(np.array([0.0, 0.5, 1.0, 2.0, 3.0, 3.5, 4.1]), reference, 9)

    assert found == pytest.approx([0.0, 0.05, 0.1, 0.5, 0.9, 0.95, 1.0])


def test_shares_below_is_strict_where_colleagues_are_equal():
    found = calibration.shares_below(np.array([2.0]), [1.0, 2.0, 2.0, 2.0, 3.0], 9)

    assert found == pytest.approx([0.3])


@given(numbers, st.floats(0, 25), st.floats(0, 25))
def test_shares_below_never_falls_as_the_value_rises(values, one, other):
    reference = calibration.quantiles(np.array(values))
    low, high = sorted((one, other))

    shares = calibration.shares_below(np.array([low, high]), reference, len(values))

    assert 0 <= shares[0] <= shares[1] <= 1


def test_quantiles_leave_out_who_said_nothing():
    assert calibration.quantiles(np.array([np.nan, 4.0, np.nan])) == [4.0] * (calibration.N_QUANTILES + 1)
    assert calibration.quantiles(np.array([np.nan])) == []


@given(numbers, numbers)
def test_area_under_curve_equals_scikit_learn(inside, outside):
    truth = [1] * len(inside) + [0] * len(outside)

    found = calibration.area_under_curve(np.array([*inside, np.nan]), np.array(outside))

    assert found == pytest.approx(roc_auc_score(truth, inside + outside), abs=1e-4)


@given(
    st.lists(st.integers(1, 90), min_size=1, max_size=30),
    st.sampled_from(calibration.SIZES),
    st.floats(0, 0.999),
)
def test_a_stretch_is_long_enough_and_not_much_longer(lengths, characters, start):
    part = calibration.stretch(list(accumulate(lengths)), characters, start)

    total = sum(lengths[part])
    assert total >= min(characters, sum(lengths)) - max(lengths)
    assert total <= characters + 2 * max(lengths)
    assert lengths[part]


@pytest.mark.parametrize("position", range(len(calibration.SIZES)))
def test_stretches_of_a_size_are_those_to_which_it_is_nearest(position):
    lengths = [calibration.characters_near(position, share) for share in (0.01, 0.5, 0.99)]

    assert calibration.sizes_for(np.array(lengths)).tolist() == [position] * 3
    assert lengths == sorted(lengths)
