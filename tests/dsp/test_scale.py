"""Decibels, and the mel and Hz scales, in closed form."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiofeat.dsp import amplitude_to_db, hz_to_mel, mel_frequencies, mel_to_hz, power_to_db

few = settings(max_examples=25, derandomize=True, deadline=None)


def test_slaneys_scale_is_linear_to_1_khz_and_27_steps_to_6400_hz():
    np.testing.assert_allclose(hz_to_mel([0.0, 200.0, 1000.0, 6400.0]), [0.0, 3.0, 15.0, 42.0], rtol=1e-14)


def test_htks_scale_is_logarithmic():
    np.testing.assert_allclose(hz_to_mel([0.0, 700.0, 6300.0], "htk"), [0.0, 2595 * np.log10(2), 2595], rtol=1e-14)


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
@given(hz=st.floats(0.0, 100_000.0))
@few
def test_mels_and_back(hz, mel_scale):
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz, mel_scale), mel_scale), hz, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
def test_scales_keep_order_and_shape(mel_scale):
    hz = np.linspace(0, 22050, 400).reshape(20, 20)
    mels = hz_to_mel(hz, mel_scale)
    assert mels.shape == hz.shape
    assert (np.diff(mels.ravel()) > 0).all()
    assert hz_to_mel(440, mel_scale).shape == ()


@pytest.mark.parametrize("mel_scale", ["slaney", "htk"])
def test_mel_frequencies_run_from_end_to_end_in_equal_mels(mel_scale):
    hz = mel_frequencies(30, 50.0, 8000.0, mel_scale)
    np.testing.assert_allclose(hz[[0, -1]], [50.0, 8000.0])
    steps = np.diff(hz_to_mel(hz, mel_scale))
    np.testing.assert_allclose(steps, steps[0])


@pytest.mark.parametrize("convert", [hz_to_mel, mel_to_hz])
def test_unknown_scales_are_refused(convert):
    with pytest.raises(ValueError, match=r"mel_scale='bark'; expected 'slaney' or 'htk'"):
        convert(440.0, "bark")


def test_decibels_of_powers_of_ten():
    power = np.array([[1e-3, 1.0], [10.0, 1e5]])
    np.testing.assert_allclose(power_to_db(power, top_db=None), [[-30.0, 0.0], [10.0, 50.0]], atol=1e-12)
    np.testing.assert_allclose(power_to_db(power, ref=10.0, top_db=None), [[-40.0, -10.0], [0.0, 40.0]], atol=1e-12)


def test_silence_is_at_the_smallest_power():
    np.testing.assert_allclose(power_to_db(np.zeros((3, 4))), -100.0)
    np.testing.assert_allclose(power_to_db(np.zeros((3, 4)), amin=1e-5), -50.0)


def test_the_floor_stands_under_the_maximum():
    db = power_to_db(np.array([1e4, 1.0, 1e-9]), top_db=60.0)
    np.testing.assert_allclose(db, [40.0, 0.0, -20.0], atol=1e-12)


@pytest.mark.parametrize("power", [0.1, np.float32(0.1), np.array(0.1), 1])
def test_a_single_power_has_decibels_too(power):
    np.testing.assert_allclose(power_to_db(power), 10 * np.log10(power), rtol=1e-6)
    np.testing.assert_allclose(amplitude_to_db(power), 20 * np.log10(power), rtol=1e-6)


def test_whole_numbers_have_decibels():
    np.testing.assert_allclose(power_to_db(np.array([1, 10, 100])), [0.0, 10.0, 20.0], atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_decibels_keep_the_type_and_the_input(dtype):
    power = np.array([1.0, 0.5], dtype=dtype)
    assert power_to_db(power, ref=0.1).dtype == dtype
    assert amplitude_to_db(power).dtype == dtype
    np.testing.assert_array_equal(power, [1.0, 0.5])
    assert power_to_db(power, copy=False) is power


@given(
    gain=st.floats(-40.0, 40.0),
    power=st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=20),
)
@few
def test_gain_shifts_decibels(gain, power):
    power = np.array(power)
    shifted = power_to_db(power * 10 ** (gain / 10), top_db=None, amin=1e-30)
    np.testing.assert_allclose(shifted, power_to_db(power, top_db=None, amin=1e-30) + gain, atol=1e-9)


@given(st.lists(st.floats(-10.0, 10.0), min_size=1, max_size=20), st.sampled_from([None, 20.0, 80.0]))
@few
def test_amplitudes_are_powers_of_their_squares(amplitude, top_db):
    amplitude = np.array(amplitude)
    np.testing.assert_allclose(
        amplitude_to_db(amplitude, ref=2.0, top_db=top_db),
        power_to_db(amplitude**2, ref=4.0, amin=1e-10, top_db=top_db),
        atol=1e-9,
    )
