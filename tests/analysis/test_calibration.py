import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from analysis import calibration

numbers = st.lists(st.integers(0, 20).map(float), min_size=1, max_size=30)


@pytest.mark.parametrize(("n_words", "place"), [(0, 0), (4, 0), (8, 1), (64, 4), (900, 4)])
def test_evidence_lies_at_a_size_or_between_two(n_words, place):
    assert calibration.places_for(np.array(float(n_words))) == pytest.approx(place)
    assert calibration.places_for(np.sqrt(8.0 * 16.0)) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("characters", "n_skills", "level"),
    [(0, 0, "E0"), (79, 2, "E0"), (20, 3, "E1"), (80, 0, "E1"), (400, 0, "E2"), (1000, 0, "E3")],
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


def test_between_two_sizes_the_share_goes_evenly_from_one_to_the_other():
    low, high = [1.0, 2.0, 3.0], [3.0, 4.0, 5.0]
    values, places = np.array([2.0, 2.0, 2.0, 4.0]), np.array([0.0, 0.5, 1.0, 1.0])

    shares = calibration.shares_around(values, [low, high], places, 9)

    assert shares[[0, 2]] == pytest.approx([0.5, calibration.shares_below(values[:1], high, 9)[0]])
    assert shares[1] == pytest.approx(shares[[0, 2]].mean())
    assert shares[3] == pytest.approx(0.5)


def test_who_says_more_than_colleagues_did_is_compared_with_the_most_they_said():
    values = np.array([2.0, 2.0])

    shares = calibration.shares_around(values, [[0.5, 1.0], [1.0, 2.0, 3.0], []], np.array([1.0, 4.0]), 9)

    assert shares[0] == shares[1] == pytest.approx(0.5)
    assert np.isnan(calibration.shares_around(values, [[], []], np.zeros(2), 9)).all()


def test_tenths_say_how_even_a_scale_is():
    assert calibration.tenths(np.array([0.0, 0.05, 0.95, 1.0, np.nan])) == [0.5, *[0.0] * 8, 0.5]
    assert calibration.tenths(np.array([np.nan])) == [0.0] * 10
