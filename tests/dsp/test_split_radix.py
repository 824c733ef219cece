"""Kaldi's transform: right to within single precision, and frame by frame the same."""

import re

import numpy as np
import pytest

from audiofeat.dsp import FrameSpec, power_spectrum
from audiofeat.dsp.split_radix import split_radix_rfft


@pytest.mark.parametrize("n", [8, 16, 32, 64, 256, 512, 2048, 4096])
def test_it_is_a_fourier_transform(n, rng):
    frames = rng.standard_normal((n, 3)).astype(np.float32)
    spectrum = split_radix_rfft(frames)
    expected = np.fft.rfft(frames.astype(np.float64), axis=0)
    assert spectrum.dtype == np.complex64
    # The roots that are multiplied up lose a little with each step.
    np.testing.assert_allclose(spectrum, expected, rtol=0, atol=max(5e-7, 4e-9 * n) * np.abs(expected).max())


def test_roots_are_multiplied_up_in_single_precision():
    """The rounding that sets Kaldi's spectra apart: one impulse shows the roots themselves."""
    impulse = np.zeros((512, 1), dtype=np.float32)
    impulse[1] = 1
    step = np.complex64(np.exp(-2j * np.pi / 512))
    re, im = np.float32(1), np.float32(0)
    for k in range(1, 129):
        re, im = re * step.real - im * step.imag, re * step.imag + im * step.real
        assert split_radix_rfft(impulse)[k, 0] == complex(re, im)
    assert abs(complex(re, im) - np.exp(-2j * np.pi * 128 / 512)) > 1e-6


def test_frames_do_not_touch_each_other(rng):
    frames = rng.standard_normal((64, 1100)).astype(np.float32)
    together = split_radix_rfft(frames)
    for i in (0, 511, 512, 1099):
        np.testing.assert_array_equal(split_radix_rfft(frames[:, i : i + 1])[:, 0], together[:, i])


def test_samples_are_taken_as_float32(rng):
    frames = rng.standard_normal((32, 2))
    np.testing.assert_array_equal(split_radix_rfft(frames), split_radix_rfft(frames.astype(np.float32)))


@pytest.mark.parametrize("n", [0, 4, 12, 400])
def test_other_lengths(n):
    message = f"got frames of {n} samples; expected a power of two from 8. Append zeros."
    with pytest.raises(ValueError, match=re.escape(message)):
        split_radix_rfft(np.zeros((n, 1), dtype=np.float32))


def test_other_lengths_of_kaldi_take_the_ordinary_transform(rng):
    clip = rng.standard_normal(1000)
    spec = FrameSpec(16000, 400, 160, 400, "povey", False, "constant", "kaldi")
    frames = np.lib.stride_tricks.sliding_window_view(2.0**15 * clip, 400)[::160]
    frames = frames - frames.mean(axis=1, keepdims=True)
    frames = frames - 0.97 * np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    frames *= (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 399)) ** 0.85
    np.testing.assert_allclose(power_spectrum(clip, spec), np.abs(np.fft.rfft(frames)).T ** 2, rtol=1e-7)
