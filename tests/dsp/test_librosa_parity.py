"""The numeric core against the installed librosa, over a seeded sweep of everything both can be told."""

import librosa
import numpy as np
import pytest

from audiofeat.dsp import delta, power_to_db

from .against_librosa import (
    PAD_MODES,
    RECORDINGS,
    SEEDS,
    SHORT_LENGTHS,
    SOUNDS,
    TOLERANCES,
    deviations,
    recording_cases,
    short_case,
    sweep_case,
)


def assert_close(case, dtype):
    for name, deviation in deviations(*case).items():
        assert deviation <= TOLERANCES[dtype][name], f"{name} deviates by {deviation:.2e}"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_sweep(seed, sound, dtype):
    assert_close(sweep_case(seed, sound, dtype), dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_samples", SHORT_LENGTHS)
@pytest.mark.parametrize("pad_mode", PAD_MODES)
def test_clips_shorter_than_a_frame(n_samples, pad_mode, dtype):
    case = short_case(n_samples, pad_mode, dtype)
    if case is not None:
        assert_close(case, dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("file", RECORDINGS)
def test_real_recordings(data_folder, file, dtype):
    for case in recording_cases(data_folder / file, dtype):
        assert_close(case, dtype)


@pytest.mark.parametrize("top_db", [None, 40.0, 80.0])
@pytest.mark.parametrize("amin", [1e-10, 1e-4])
def test_decibels(top_db, amin, rng):
    power = 10 ** rng.uniform(-12, 6, (20, 30))
    expected = librosa.power_to_db(power, ref=0.3, amin=amin, top_db=top_db)
    np.testing.assert_allclose(power_to_db(power, ref=0.3, amin=amin, top_db=top_db), expected, atol=1e-10)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("width", [5, 9, 13])
def test_derivatives(order, width, rng):
    features = rng.standard_normal((5, 40))
    expected = librosa.feature.delta(features, order=order, width=width)
    np.testing.assert_allclose(delta(features, order=order, width=width), expected, atol=1e-10)
