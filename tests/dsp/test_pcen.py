"""Per-channel energy normalisation: steady bands, silence, its limits, and librosa over a seeded sweep."""

from dataclasses import replace

import numpy as np
import pytest

from audiofeat.dsp import PCEN, FrameSpec, MelRecipe, extract, pcen
from audiofeat.dsp.pcen import _smoothed

SPEC = FrameSpec(sample_rate=8000, n_fft=256, hop_length=100)


@pytest.mark.parametrize("n_frames", [1, 2, 63, 64, 65, 200])
def test_the_smoothing_is_the_recursion(n_frames, rng):
    energy = rng.random((3, n_frames)) * 10 ** rng.uniform(-9, 9, (3, 1))
    expected, last = np.empty_like(energy), np.ones(3)
    for t in range(n_frames):
        last = expected[:, t] = 0.93 * last + 0.07 * energy[:, t]
    np.testing.assert_allclose(_smoothed(energy, 0.07), expected, rtol=1e-13)


@pytest.mark.parametrize("energy", [1.0, 1e6, 1e12])
def test_a_steady_band_has_a_closed_form(energy):
    # Energy of 1 is what the smoothing starts from; anything else is steady once that is forgotten.
    steady = np.full((1, 1 if energy == 1.0 else 3000), energy)
    expected = (energy / (1e-6 + energy) ** 0.98 + 2.0) ** 0.5 - 2.0**0.5
    np.testing.assert_allclose(pcen(steady, 22050, 512)[0, -1], expected, rtol=1e-9)


def test_the_time_constant_is_one():
    # A step from 1 to 2 is smoothed to 2 - 1/e after the time constant, up to the frame.
    n_frames = 400
    step = np.full((1, n_frames), 2.0)
    smoothed = step / pcen(step, 1000, 1, gain=1.0, bias=0.0, power=1.0, eps=1e-12, time_constant=0.2)
    np.testing.assert_allclose(smoothed[0, 199], 2 - np.exp(-1), rtol=2e-3)


def test_with_full_gain_loudness_does_not_matter(rng):
    energy = rng.random((4, 100))
    options = {"gain": 1.0, "eps": 1e-12}
    quiet, loud = (pcen(factor * energy, 8000, 100, **options)[:, 60:] for factor in (1e9, 1e12))
    np.testing.assert_allclose(quiet, loud, rtol=1e-2)


@pytest.mark.parametrize("settings", [PCEN(), PCEN(power=0), PCEN(bias=0), PCEN(gain=0), PCEN(full_scale=1.0)])
def test_silence_is_zero(settings):
    for dtype in (np.float32, np.float64):
        (feature,) = extract(np.zeros(2000, dtype), SPEC, [MelRecipe(n_mels=8, scale=settings)])
        assert feature.dtype == dtype
        assert (feature == 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_small_values_are_not_cancelled(dtype):
    energy = np.full((1, 5), 1e-12, dtype)
    expected = energy * 1.0 / 2 / np.sqrt(2.0)
    np.testing.assert_allclose(pcen(energy, 8000, 100, gain=0.0), expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("power", [1.0, 2.0, 4.0])
def test_of_a_clip(dtype, power, rng):
    clip = rng.uniform(-1, 1, 3000).astype(dtype)
    settings = PCEN(gain=0.8, time_constant=0.1)
    recipe = MelRecipe(n_mels=20, power=power, scale=settings)
    linear, found, plain, defaults = extract(
        clip,
        SPEC,
        [replace(recipe, scale="linear"), recipe, replace(recipe, scale="pcen"), replace(recipe, scale=PCEN())],
    )
    expected = pcen(np.float64(2.0**31) ** power * linear.astype(float), 8000, 100, gain=0.8, time_constant=0.1)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_array_equal(plain, defaults)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", ["gain", "bias", "power", "time_constant", "eps", "full_scale"])
def test_settings_out_of_range_are_refused(name):
    for value in (-1.0, np.inf, np.nan):
        with pytest.raises(ValueError, match=rf"PCEN got {name}={value!r}; expected"):
            PCEN(**{name: value})
    if name in ("time_constant", "eps", "full_scale"):
        with pytest.raises(ValueError, match=rf"PCEN got {name}=0; expected a positive number"):
            PCEN(**{name: 0})


@pytest.mark.parametrize("seed", range(40))
def test_librosa_over_a_sweep(seed):
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng(seed)
    energy = 10 ** rng.uniform(-8, 12) * rng.random((int(rng.integers(1, 60)), int(rng.integers(1, 300)))) ** 3
    options = {
        "gain": float(rng.choice([0, 0.5, 0.98, 1])),
        "bias": float(rng.choice([0, 0.1, 2, 10])),
        "power": float(rng.choice([0, 0.1, 0.5, 1])),
        "time_constant": float(rng.uniform(0.001, 3)),
        "eps": float(rng.choice([1e-9, 1e-6, 0.1])),
    }
    rate, hop = int(rng.choice([8000, 44100])), int(rng.choice([64, 512, 3000]))
    expected = librosa.pcen(energy, sr=rate, hop_length=hop, **options)
    np.testing.assert_allclose(pcen(energy, rate, hop, **options), expected, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_librosa_from_the_samples(dtype, rng):
    librosa = pytest.importorskip("librosa")
    clip = (0.1 * rng.standard_normal(30000)).astype(dtype)
    (found,) = extract(clip, FrameSpec(), [MelRecipe(power=1.0, scale="pcen")])
    mel = librosa.feature.melspectrogram(y=clip, power=1.0)
    np.testing.assert_allclose(found, librosa.pcen(mel * 2.0**31), rtol={np.float32: 1e-4, np.float64: 1e-6}[dtype])
