"""Counting frames and placing them: closed forms, and windows against SciPy's."""

import numpy as np
import pytest
from scipy.signal import get_window

from audiofeat.dsp import FrameSpec, power_spectrum


@pytest.mark.parametrize("n_fft", [1, 2, 7, 8, 255, 256])
@pytest.mark.parametrize("hop_length", [1, 3, 64, 300])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("n_samples", [1, 2, 7, 255, 256, 257, 1000, 1023])
def test_frames_are_the_starts_that_fit(n_fft, hop_length, center, n_samples):
    spec = FrameSpec(n_fft=n_fft, hop_length=hop_length, center=center)
    length = n_samples + (2 * (n_fft // 2) if center else 0)
    starts = [start for start in range(0, length, hop_length) if start + n_fft <= length]
    assert spec.n_frames(n_samples) == len(starts)
    assert power_spectrum(np.ones(n_samples), spec).shape == (n_fft // 2 + 1, len(starts))


@pytest.mark.parametrize("n_fft", [256, 257])
def test_a_centred_frame_of_an_even_transform_stands_on_every_hop(n_fft):
    # A clip of k hops: k + 1 frames for an even n_fft; an odd one has a sample less of padding than of frame.
    spec = FrameSpec(n_fft=n_fft, hop_length=100)
    assert spec.n_frames(1000) == (11 if n_fft % 2 == 0 else 10)


def test_frame_times_locate_an_impulse():
    spec = FrameSpec(sample_rate=8000, n_fft=256, hop_length=80)
    clip = np.zeros(8000)
    clip[4000] = 1.0
    energy = power_spectrum(clip, spec).sum(axis=0)
    assert spec.frame_times(len(energy))[energy.argmax()] == 0.5


def test_frame_times_of_uncentred_frames_are_their_starts():
    spec = FrameSpec(sample_rate=1000, n_fft=100, hop_length=10, center=False)
    assert spec.frame_times(4).tolist() == [0.0, 0.01, 0.02, 0.03]


@pytest.mark.parametrize("n_fft", [8, 9])
def test_bin_frequencies_run_to_half_the_rate(n_fft):
    spec = FrameSpec(sample_rate=8000, n_fft=n_fft)
    frequencies = spec.bin_frequencies()
    assert len(frequencies) == spec.n_bins == 5
    assert frequencies[0] == 0.0
    np.testing.assert_allclose(np.diff(frequencies), 8000 / n_fft)


@pytest.mark.parametrize("window", ["hann", "hamming", "blackman", "boxcar", "nuttall", ("kaiser", 8.0), 4.0])
@pytest.mark.parametrize("win_length", [1, 2, 3, 16, 33, 63, 64])
def test_windows_are_scipys_in_the_middle_of_the_frame(window, win_length):
    values = FrameSpec(n_fft=64, win_length=win_length, window=window).window_values()
    start = (64 - win_length) // 2
    expected = np.zeros(64)
    expected[start : start + win_length] = get_window(window, win_length, fftbins=True)
    np.testing.assert_allclose(values, expected, atol=1e-15)


def test_windows_follow_the_type_and_cannot_be_changed():
    spec = FrameSpec(n_fft=64)
    values = spec.window_values(np.float32)
    assert values.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        values[0] = 1.0


def test_a_spec_is_a_value():
    assert FrameSpec(n_fft=512) == FrameSpec(n_fft=512)
    assert len({FrameSpec(n_fft=512), FrameSpec(n_fft=512), FrameSpec(n_fft=512, window=("kaiser", 8.0))}) == 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sample_rate": 0}, r"sample_rate=0; expected a positive number"),
        ({"n_fft": 0}, r"n_fft=0; expected a positive number"),
        ({"hop_length": -1}, r"hop_length=-1; expected a positive number"),
        ({"n_fft": 512, "win_length": 513}, r"win_length=513 with n_fft=512.*lower win_length or raise n_fft"),
        ({"win_length": 0}, r"win_length=0"),
        ({"pad_mode": "mirror"}, r"pad_mode='mirror'; expected one of constant, edge"),
        ({"window": "hat"}, r"window='hat'.*expected a window of scipy\.signal\.get_window"),
        ({"window": ("kaiser",)}, r"window=\('kaiser',\).*expected a window of scipy\.signal\.get_window"),
    ],
)
def test_impossible_framings_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        FrameSpec(**parameters)
