"""Power spectra in closed form."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiofeat.dsp import FrameSpec, power_spectrum

few = settings(max_examples=25, derandomize=True, deadline=None)


@pytest.mark.parametrize("bin_", [1, 5, 60, 127])
@pytest.mark.parametrize("window", ["boxcar", "hann", "hamming"])
def test_a_sine_on_a_bin_has_its_power_there(bin_, window):
    # |X_k| of a sine with amplitude A is A / 2 times the sum of the window.
    spec = FrameSpec(sample_rate=8000, n_fft=256, hop_length=64, window=window, center=False)
    tone = 0.5 * np.sin(2 * np.pi * bin_ / 256 * np.arange(4000) + 0.3)
    power = power_spectrum(tone, spec)
    assert (power.argmax(axis=0) == bin_).all()
    # Hann and Hamming reach one bin to each side, where the mirrored sine's share falls on bins 0 and 128.
    if 2 < bin_ < 126:
        np.testing.assert_allclose(power[bin_], (0.25 * spec.window_values().sum()) ** 2, rtol=1e-9)


def test_a_constant_has_its_power_at_0_hz():
    spec = FrameSpec(n_fft=128, hop_length=32, window="boxcar", center=False)
    power = power_spectrum(np.full(1000, 0.25), spec)
    np.testing.assert_allclose(power[0], (128 * 0.25) ** 2)
    np.testing.assert_allclose(power[1:], 0.0, atol=1e-20)


@given(n_fft=st.integers(1, 80), win_length=st.integers(1, 80), seed=st.integers(0, 99))
@few
def test_parseval(n_fft, win_length, seed):
    win_length = min(win_length, n_fft)
    spec = FrameSpec(n_fft=n_fft, hop_length=7, win_length=win_length, center=False)
    clip = np.random.default_rng(seed).standard_normal(n_fft + 50)
    power = power_spectrum(clip, spec)
    # Bins between the ends stand for two; an odd transform has no bin at half the rate.
    weights = np.full(spec.n_bins, 2.0)
    weights[0] = 1.0
    if n_fft % 2 == 0:
        weights[-1] = 1.0
    frames = np.lib.stride_tricks.sliding_window_view(clip, n_fft)[::7]
    energy = ((frames * spec.window_values()) ** 2).sum(axis=1)
    np.testing.assert_allclose((weights @ power) / n_fft, energy, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("center", [True, False])
def test_silence_has_no_power(center):
    power = power_spectrum(np.zeros(3000), FrameSpec(n_fft=512, hop_length=100, center=center))
    assert power.size
    assert (power == 0).all()


def test_an_impulse_is_white_under_the_window():
    spec = FrameSpec(n_fft=256, hop_length=64)
    clip = np.zeros(2048)
    clip[1000] = 1.0
    power = power_spectrum(clip, spec)
    starts = np.arange(power.shape[1]) * 64 - 128
    inside = (starts <= 1000) & (starts + 256 > 1000)
    expected = np.where(inside, spec.window_values()[(1000 - starts) % 256] ** 2, 0.0)
    np.testing.assert_allclose(power, np.broadcast_to(expected, power.shape), atol=1e-15)


@pytest.mark.parametrize("pad_mode", ["constant", "edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("n_fft", [64, 65])
@pytest.mark.parametrize("n_samples", [5, 40, 300])
def test_centring_is_padding_by_half_a_frame(pad_mode, n_fft, n_samples, rng):
    clip = rng.standard_normal(n_samples)
    centred = power_spectrum(clip, FrameSpec(n_fft=n_fft, hop_length=20, pad_mode=pad_mode))
    padded = np.pad(clip, n_fft // 2, mode=pad_mode)
    plain = power_spectrum(padded, FrameSpec(n_fft=n_fft, hop_length=20, center=False))
    np.testing.assert_array_equal(centred, plain)


@given(n_fft=st.integers(2, 300), hop_length=st.integers(1, 200), n_samples=st.integers(1, 3000))
@few
def test_blocks_leave_no_trace(n_fft, hop_length, n_samples):
    # Every frame equals the transform of that frame alone, wherever the borders of the blocks fall.
    spec = FrameSpec(n_fft=n_fft, hop_length=hop_length, window="hamming", center=False)
    clip = np.random.default_rng(n_samples).standard_normal(n_samples)
    power = power_spectrum(clip, spec)
    for frame in {0, power.shape[1] // 2, power.shape[1] - 1} & set(range(power.shape[1])):
        part = clip[frame * hop_length : frame * hop_length + n_fft]
        expected = np.abs(np.fft.rfft(part * spec.window_values())) ** 2
        np.testing.assert_allclose(power[:, frame], expected, rtol=1e-8, atol=1e-10)


def test_long_clips_span_many_blocks(rng, monkeypatch):
    spec = FrameSpec(n_fft=256, hop_length=64)
    clip = rng.standard_normal(30_000).astype(np.float32)
    whole = power_spectrum(clip, spec)
    for samples in (256, 1000, 5000):
        monkeypatch.setattr("audiofeat.dsp.spectrum._BLOCK_SAMPLES", samples)
        np.testing.assert_array_equal(power_spectrum(clip, spec), whole)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(np.float32, np.float32), (np.float64, np.float64), (np.int16, np.float64), (np.float16, np.float64)],
)
def test_arithmetic_follows_the_input(dtype, expected):
    assert power_spectrum(np.ones(600, dtype=dtype), FrameSpec(n_fft=64)).dtype == expected


def test_the_clip_is_left_as_it_was(rng):
    clip = rng.standard_normal(1000)
    clip.flags.writeable = False
    power_spectrum(clip, FrameSpec(n_fft=64, hop_length=16))
    reversed_ = power_spectrum(clip[::-1], FrameSpec(n_fft=64, hop_length=16))
    np.testing.assert_array_equal(reversed_, power_spectrum(clip[::-1].copy(), FrameSpec(n_fft=64, hop_length=16)))
