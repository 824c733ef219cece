"""Features of one clip, alone and side by side."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiofeat.dsp import (
    CepstrumRecipe,
    ChromaRecipe,
    FrameSpec,
    MelRecipe,
    SpectrumRecipe,
    dct_matrix,
    delta,
    extract,
    mel_filterbank,
    power_spectrum,
    power_to_db,
)

few = settings(max_examples=25, derandomize=True, deadline=None)

SPEC = FrameSpec(sample_rate=8000, n_fft=256, hop_length=100)
MEL = MelRecipe(n_mels=20)
RECIPES = [
    SpectrumRecipe(),
    SpectrumRecipe(power=1.0),
    SpectrumRecipe(power=0.5, scale="linear"),
    MEL,
    MelRecipe(n_mels=20, scale="linear"),
    MelRecipe(n_mels=20, top_db=None, power=1.0),
    CepstrumRecipe(n_mfcc=13, mel=MEL),
    CepstrumRecipe(n_mfcc=13, mel=MEL, lifter=22, deltas=2),
    ChromaRecipe(),
    ChromaRecipe(chroma_norm=None, tuning=0.2),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_samples", [100, 4001])
def test_side_by_side_as_alone(dtype, n_samples, rng):
    clip = rng.standard_normal(n_samples).astype(dtype)
    together = extract(clip, SPEC, RECIPES)
    for recipe, feature in zip(RECIPES, together, strict=True):
        assert feature.dtype == dtype
        np.testing.assert_array_equal(feature, extract(clip, SPEC, [recipe])[0])
    for feature, reverse in zip(together, extract(clip, SPEC, RECIPES[::-1])[::-1], strict=True):
        np.testing.assert_array_equal(feature, reverse)


def test_features_do_not_share_memory(rng):
    a, b = extract(rng.standard_normal(2000), SPEC, [MelRecipe(scale="linear"), MelRecipe(scale="linear")])
    before = b.copy()
    a[:] = -1.0
    np.testing.assert_array_equal(b, before)


def test_recipes_by_their_formulas(rng):
    clip = rng.standard_normal(3000)
    power = power_spectrum(clip, SPEC)
    mel = mel_filterbank(8000, 256, n_mels=20) @ power
    log_mel = power_to_db(mel)
    cepstrum = dct_matrix(13, 20) @ log_mel
    expected = {
        SpectrumRecipe(scale="linear"): power,
        SpectrumRecipe(power=1.0, scale="linear"): np.sqrt(power),
        SpectrumRecipe(power=3.0, scale="linear"): power**1.5,
        SpectrumRecipe(): power_to_db(power),
        SpectrumRecipe(power=1.0): power_to_db(power),
        MelRecipe(n_mels=20, scale="linear"): mel,
        MEL: log_mel,
        MelRecipe(n_mels=20, power=1.0): power_to_db((mel_filterbank(8000, 256, n_mels=20) @ np.sqrt(power)) ** 2),
        CepstrumRecipe(n_mfcc=13, mel=MEL): cepstrum,
        CepstrumRecipe(n_mfcc=13, mel=MEL, deltas=2): np.concatenate(
            [cepstrum, delta(cepstrum), delta(cepstrum, order=2)]
        ),
        CepstrumRecipe(n_mfcc=13, mel=MEL, lifter=22): cepstrum
        * (1 + 11 * np.sin(np.pi * np.arange(1, 14) / 22))[:, None],
    }
    for recipe, value in expected.items():
        np.testing.assert_allclose(extract(clip, SPEC, [recipe])[0], value, rtol=1e-9, atol=1e-9, err_msg=str(recipe))


@given(gain=st.floats(-30.0, 30.0), seed=st.integers(0, 99), recipe=st.sampled_from([SpectrumRecipe, MelRecipe]))
@few
def test_gain_shifts_decibels_and_nothing_else(gain, seed, recipe):
    clip = np.random.default_rng(seed).standard_normal(2000)
    spec = FrameSpec(sample_rate=8000, n_fft=64, hop_length=50)
    recipes = [recipe(top_db=None), CepstrumRecipe(n_mfcc=5, mel=MelRecipe(n_mels=8, top_db=None)), ChromaRecipe()]
    if recipe is MelRecipe:
        recipes[0] = MelRecipe(n_mels=8, top_db=None)
    log, cepstrum, chroma = extract(clip, spec, recipes)
    louder_log, louder_cepstrum, louder_chroma = extract(clip * 10 ** (gain / 20), spec, recipes)
    np.testing.assert_allclose(louder_log, log + gain, atol=1e-8)
    # An orthonormal transform of 8 bands moves the constant into the first coefficient, times the square root of 8.
    np.testing.assert_allclose(louder_cepstrum[0], cepstrum[0] + gain * np.sqrt(8), atol=1e-8)
    np.testing.assert_allclose(louder_cepstrum[1:], cepstrum[1:], atol=1e-8)
    np.testing.assert_allclose(louder_chroma, chroma, atol=1e-8)


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, np.inf])
@pytest.mark.parametrize("gain", [1.0, 1e-6, 1e-12])
def test_every_frame_of_chroma_has_unit_norm_however_quiet(order, gain, rng):
    clip = (gain * rng.standard_normal(2000)).astype(np.float32)
    chroma = extract(clip, SPEC, [ChromaRecipe(chroma_norm=order)])[0]
    np.testing.assert_allclose(np.linalg.norm(chroma, ord=order, axis=0), 1.0, rtol=1e-5)


def test_silence_is_finite_everywhere():
    silence = np.zeros(1000, dtype=np.float32)
    db, mel, cepstrum, chroma = extract(
        silence, SPEC, [SpectrumRecipe(), MEL, CepstrumRecipe(n_mfcc=4, mel=MEL, deltas=1), ChromaRecipe()]
    )
    np.testing.assert_allclose(db, -100.0, rtol=1e-6)
    np.testing.assert_allclose(mel, -100.0, rtol=1e-6)
    np.testing.assert_allclose(cepstrum[0], -100.0 * np.sqrt(20), rtol=1e-6)
    np.testing.assert_allclose(cepstrum[1:], 0.0, atol=1e-4)
    assert (chroma == 0).all()


def test_a_tone_stands_in_its_band_and_class():
    clip = np.sin(2 * np.pi * 880.0 * np.arange(16000) / 8000)
    spec = FrameSpec(sample_rate=8000, n_fft=2048, hop_length=512)
    mel, chroma = extract(clip, spec, [MelRecipe(n_mels=20, scale="linear", mel_norm=None), ChromaRecipe()])
    filters = mel_filterbank(8000, 2048, n_mels=20, mel_norm=None)
    band = filters[:, round(880 * 2048 / 8000)].argmax()
    assert (mel[:, 2:-2].argmax(axis=0) == band).all()
    assert (chroma.argmax(axis=0) == 9).all()


def test_a_clip_without_a_frame_is_refused():
    with pytest.raises(ValueError, match=r"255 samples holds no frame of n_fft=256 with center=False.*Lower n_fft"):
        extract(np.ones(255), FrameSpec(n_fft=256, center=False), [MelRecipe()])
