"""Constant-Q spectra and chroma: tones in their bins, clips of any length, and librosa called clip by clip."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("librosa")
import librosa

from audiofeat.dsp import (
    CENSRecipe,
    ConstantQ,
    ConstantQChromaRecipe,
    CQTRecipe,
    FrameSpec,
    MelRecipe,
    amplitude_to_db,
    extract,
)

SPEC = FrameSpec()
FILTERS = ConstantQ(n_bins=108, bins_per_octave=36, fmin=110.0)


def tone(pitch, rate=22050, n_samples=22050):
    return 0.5 * np.sin(2 * np.pi * pitch * np.arange(n_samples) / rate)


@pytest.mark.parametrize("bins_per_octave", [12, 24])
@pytest.mark.parametrize("step", [0, 7, 21, 33])
def test_a_tone_stands_in_its_bin_and_pitch_class(step, bins_per_octave):
    clip = tone(110 * 2 ** (step / 12))
    filters = ConstantQ(fmin=110.0, n_bins=3 * bins_per_octave, bins_per_octave=bins_per_octave)
    recipes = [
        CQTRecipe(filters),
        CQTRecipe(filters, scale="linear"),
        ConstantQChromaRecipe(filters),
        CENSRecipe(filters),
    ]
    db, magnitude, chroma, cens = extract(clip, SPEC, recipes)
    inner = slice(8, -8)
    assert (magnitude[:, inner].argmax(axis=0) == step * bins_per_octave // 12).all()
    np.testing.assert_array_equal(db, amplitude_to_db(magnitude))
    # A is the ninth semitone above C.
    assert (chroma[:, inner].argmax(axis=0) == (9 + step) % 12).all()
    assert (cens[:, inner].argmax(axis=0) == (9 + step) % 12).all()
    np.testing.assert_allclose(chroma[:, inner].max(axis=0), 1.0)
    np.testing.assert_allclose(np.linalg.norm(cens, axis=0), 1.0)


def test_the_magnitude_of_a_tone():
    # Half the amplitude is in the positive frequency; the filter's mean is scaled by the square root of its length.
    filters = ConstantQ(fmin=440.0, n_bins=12)
    (magnitude,) = extract(tone(440.0), SPEC, [CQTRecipe(filters, scale="linear")])
    length = filters.quality * 22050 / 440.0
    np.testing.assert_allclose(magnitude[0, 10:-10], 0.25 * np.sqrt(length), rtol=0.01)


@pytest.mark.parametrize("tuning", [-0.3, 0.2])
def test_an_estimated_tuning_moves_the_filters_to_the_tone(tuning):
    clip = tone(440 * 2 ** (tuning / 12)) + 0.5 * tone(880 * 2 ** (tuning / 12))
    found = []
    for by in (0.0, tuning, "estimate"):
        filters = ConstantQ(fmin=220.0, n_bins=36, tuning=by)
        found.append(extract(clip, SPEC, [CQTRecipe(filters, scale="linear")])[0][12, 10:-10].mean())
    assert found[1] > 1.02 * found[0]
    assert found[2] == pytest.approx(found[1], rel=0.01)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_silence_stays_silent(dtype):
    recipes = [
        CQTRecipe(ConstantQ(tuning="estimate"), scale="linear"),
        ConstantQChromaRecipe(FILTERS),
        CENSRecipe(FILTERS),
    ]
    for feature in extract(np.zeros(9000, dtype), SPEC, recipes):
        assert feature.dtype == dtype
        assert (feature == 0).all()
    np.testing.assert_allclose(extract(np.zeros(9000, dtype), SPEC, [CQTRecipe(FILTERS)])[0], -100.0, rtol=1e-6)


@pytest.mark.parametrize("seed", range(60))
def test_clips_of_any_length_have_their_frames(seed):
    # The filters that are said to fit are those that librosa takes.
    rng = np.random.default_rng(seed)
    rate, hop = int(rng.choice([8000, 16000, 22050, 44100])), int(rng.choice([64, 160, 300, 511, 512, 2048]))
    filters = ConstantQ(
        fmin=float(rng.uniform(20, 300)),
        n_bins=int(rng.integers(1, 100)),
        bins_per_octave=int(rng.choice([1, 5, 12, 24, 36])),
        tuning=float(rng.choice([-0.5, 0.0, 0.5])),
        filter_scale=float(rng.choice([0.5, 1, 2])),
    )
    clip = rng.standard_normal(int(10 ** rng.uniform(0, 4.3))).astype(rng.choice([np.float32, np.float64]))
    spec = FrameSpec(rate, hop_length=hop)
    if filters.upper_edge > rate / 2:
        with pytest.raises(librosa.ParameterError, match="Nyquist"):
            filters.of_clip(clip, spec)
    else:
        found = filters.of_clip(clip, spec)
        assert (found.shape, found.dtype) == ((filters.n_bins, spec.n_frames(len(clip))), clip.dtype)
        assert np.isfinite(found).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(8))
def test_librosa_called_clip_by_clip(seed, dtype):
    rng = np.random.default_rng(seed)
    clip = (tone(rng.uniform(100, 900), n_samples=int(rng.integers(5000, 50000)))).astype(dtype)
    clip += rng.choice([1e-3, 0.1]) * rng.standard_normal(len(clip)).astype(dtype)
    hop, tuning = int(rng.choice([256, 500, 512])), float(rng.uniform(-0.5, 0.5)) if seed % 2 else None
    ours = "estimate" if tuning is None else tuning
    wide = ConstantQ(n_bins=60, tuning=ours, fmin=65.0, filter_scale=0.7)
    fine = ConstantQ(n_bins=216, tuning=ours, bins_per_octave=36)
    recipes = [
        CQTRecipe(wide, scale="linear"),
        ConstantQChromaRecipe(fine, chroma_norm=None),
        ConstantQChromaRecipe(fine, n_chroma=36),
        CENSRecipe(fine),
        CENSRecipe(fine, smoothing_frames=None, chroma_norm=1.0),
    ]
    found = extract(clip, FrameSpec(hop_length=hop), recipes)
    with warnings.catch_warnings():
        # librosa warns of clips shorter than a filter.
        warnings.simplefilter("ignore")
        chroma = {"y": clip, "hop_length": hop, "tuning": tuning, "n_octaves": 6}
        expected = [
            np.abs(librosa.cqt(clip, hop_length=hop, n_bins=60, fmin=65.0, tuning=tuning, filter_scale=0.7)),
            librosa.feature.chroma_cqt(norm=None, **chroma),
            librosa.feature.chroma_cqt(n_chroma=36, **chroma),
            librosa.feature.chroma_cens(**chroma),
            librosa.feature.chroma_cens(win_len_smooth=None, norm=1.0, **chroma),
        ]
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


def test_one_transform_serves_all_that_fold_it(monkeypatch, rng):
    calls = []
    cqt = librosa.cqt
    monkeypatch.setattr(librosa, "cqt", lambda *args, **options: calls.append(1) or cqt(*args, **options))
    clip = rng.standard_normal(8000)
    recipes = [
        ConstantQChromaRecipe(FILTERS),
        CENSRecipe(FILTERS),
        CQTRecipe(FILTERS),
        CQTRecipe(FILTERS, scale="linear"),
    ]
    together = extract(clip, SPEC, [*recipes, MelRecipe()])
    assert len(calls) == 1
    for recipe, feature in zip(recipes, together, strict=False):
        np.testing.assert_array_equal(feature, extract(clip, SPEC, [recipe])[0])
    before = together[3].copy()
    together[2][:] = -1.0
    np.testing.assert_array_equal(together[3], before)


def test_without_a_spectrum_to_take_none_is_computed(monkeypatch, rng):
    monkeypatch.setattr("audiofeat.dsp.recipes.blocks", None)
    assert extract(rng.standard_normal(8000), SPEC, [CQTRecipe(FILTERS)])[0].shape == (108, 16)


def test_short_clips_in_threads_warn_of_nothing(rng):
    clips = [rng.standard_normal(n) for n in range(1, 400, 20)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda clip: FILTERS.of_clip(clip, SPEC), clips))
    for clip, magnitude in zip(clips, found, strict=True):
        np.testing.assert_array_equal(magnitude, FILTERS.of_clip(clip, SPEC))
    with pytest.warns(UserWarning, match="too large"):
        librosa.stft(clips[0])
