"""Derivatives of polynomials, which a polynomial fit must get right."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.polynomial import Polynomial

from audiofeat.dsp import delta

few = settings(max_examples=25, derandomize=True, deadline=None)


@given(
    coefficients=st.lists(st.floats(-2.0, 2.0), min_size=1, max_size=4),
    order=st.integers(1, 3),
    half=st.integers(2, 5),
    n_frames=st.integers(4, 40),
)
@few
def test_polynomials_of_that_order_are_differentiated_exactly(coefficients, order, half, n_frames):
    polynomial = Polynomial(coefficients[: order + 1])
    frames = np.arange(float(n_frames))
    expected = polynomial.deriv(order)(frames)
    result = delta(polynomial(frames)[None], order=order, width=2 * half + 1)[0]
    np.testing.assert_allclose(result, expected, atol=1e-8 * max(1.0, np.abs(polynomial(frames)).max()))


def test_the_middle_is_the_textbook_regression(rng):
    # The first derivative by regression over 2 n + 1 frames: sum of k (x[t + k] - x[t - k]) over 2 sum of k squared.
    x = rng.standard_normal(50)
    expected = [sum(k * (x[t + k] - x[t - k]) for k in range(1, 5)) / 60 for t in range(4, 46)]
    np.testing.assert_allclose(delta(x)[4:46], expected, atol=1e-12)


@pytest.mark.parametrize(("n_frames", "order"), [(1, 1), (2, 2), (1, 3), (3, 3)])
def test_clips_too_short_for_the_order_do_not_change(n_frames, order, rng):
    assert (delta(rng.standard_normal((4, n_frames)), order=order) == 0).all()


@pytest.mark.parametrize("n_frames", [2, 3, 4, 5, 8, 9, 10])
def test_short_clips_are_one_neighbourhood(n_frames):
    np.testing.assert_allclose(delta(3.0 * np.arange(n_frames) + 1.0), 3.0)


def test_all_but_the_last_axis_are_apart(rng):
    x = rng.standard_normal((3, 4, 30))
    result = delta(x, order=2)
    assert result.shape == x.shape
    np.testing.assert_allclose(result[1, 2], delta(x[1, 2], order=2), atol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_delta_keeps_the_type_and_the_input(dtype, rng):
    x = rng.standard_normal((3, 30)).astype(dtype)
    before = x.copy()
    assert delta(x).dtype == dtype
    np.testing.assert_array_equal(x, before)


def test_whole_numbers_have_derivatives():
    np.testing.assert_allclose(delta(np.arange(12) ** 2, order=2), 2.0)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"width": 8}, "width=8; expected an odd number of frames, at least 3"),
        ({"width": 1}, "width=1; expected an odd number"),
        ({"order": 0}, "order=0 with width=9; expected 1 to 8"),
        ({"order": 9}, "order=9 with width=9; expected 1 to 8"),
    ],
)
def test_impossible_neighbourhoods_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        delta(np.zeros((2, 20)), **parameters)
