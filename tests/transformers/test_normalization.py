"""CepstralNormalization: the statistics it takes out, per clip and learned."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from audiofeat import (
    GFCC,
    LFCC,
    MFCC,
    AudioLoader,
    CepstralNormalization,
    Delta,
    MelSpectrogram,
    SpectralContrast,
    Spectrogram,
    StatsPooling,
)

MAPS = 3 + np.random.default_rng(0).standard_normal((4, 3, 20)) * np.array([1.0, 10.0, 0.1])[:, None]


@pytest.mark.parametrize("norm", ["mean", "mean_variance"])
def test_per_clip(norm):
    out = CepstralNormalization(norm).fit_transform(MAPS)
    np.testing.assert_allclose(out.mean(axis=2), 0, atol=1e-13)
    np.testing.assert_allclose(out.std(axis=2), 1 if norm == "mean_variance" else MAPS.std(axis=2))


@pytest.mark.parametrize("norm", ["mean", "mean_variance"])
def test_learned(norm):
    step = CepstralNormalization(norm, per="fit").fit(MAPS)
    frames = np.concatenate(list(MAPS), axis=1)
    scale = frames.std(axis=1) if norm == "mean_variance" else np.ones(3)
    np.testing.assert_allclose(step.mean_, frames.mean(axis=1))
    np.testing.assert_allclose(step.scale_, scale)
    other = np.random.default_rng(1).standard_normal((2, 3, 7))
    expected = (other - frames.mean(axis=1)[:, None]) / scale[:, None]
    np.testing.assert_allclose(step.transform(other), expected)


def test_a_clip_stands_alone():
    step = CepstralNormalization().fit(MAPS)
    for i in range(4):
        np.testing.assert_array_equal(step.transform(MAPS)[i], step.transform(MAPS[i : i + 1])[0])
    assert not hasattr(step, "mean_")


def test_a_filter_of_the_channel_disappears(rng):
    clips = rng.standard_normal((2, 4000))
    steps = make_pipeline(MFCC(top_db=None, pooling=None), CepstralNormalization("mean"))
    np.testing.assert_allclose(steps.fit_transform(clips), steps.fit_transform(0.01 * clips), atol=1e-9)


@pytest.fixture(scope="module")
def noises():
    """Clips of many lengths at 8 kHz, all shorter than two seconds."""
    rng = np.random.default_rng(0)
    return [(8000, 0.1 * rng.standard_normal(n).astype(np.float32)) for n in (16000, 8000, 12345, 2000, 801)]


@pytest.mark.parametrize("norm", ["mean", "mean_variance"])
@pytest.mark.parametrize("per", ["clip", "fit"])
@pytest.mark.parametrize(
    "extractor",
    [
        MFCC(),
        MFCC(n_fft=512, hop_length=100, lifter=22, deltas=1),
        MFCC(convention="kaldi", n_fft=256),
        LFCC(),
        GFCC(),
        MelSpectrogram(),
        MelSpectrogram(scale="linear"),
        MelSpectrogram(scale="pcen"),
        Spectrogram(n_fft=256),
        SpectralContrast(fmin=100),
    ],
    ids=repr,
)
def test_padding_never_enters_the_statistics(extractor, per, norm, noises):
    step = make_pipeline(clone(extractor).set_params(pooling=None), CepstralNormalization(norm, per=per))
    short, long = (step.fit_transform(AudioLoader(8000, duration=d).fit_transform(noises)) for d in (2.5, 5.0))
    # Up to where the longer padding begins; the last frames of the shorter maps reach beyond their end.
    n_frames = short.shape[2] - 8
    np.testing.assert_allclose(long[:, :, :n_frames], short[:, :, :n_frames], atol=2e-4)


def test_silence_within_a_clip_counts():
    maps = MAPS.copy()
    maps[:, :, 5:15] = maps[:, :, :1]
    np.testing.assert_allclose(CepstralNormalization().fit_transform(maps).mean(axis=2), 0, atol=1e-12)


@pytest.mark.parametrize("per", ["clip", "fit"])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e6, 1e-30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_that_do_not_vary_become_zero(per, value, dtype):
    maps = MAPS.astype(dtype)
    maps[:, 1] = value
    out = CepstralNormalization(per=per).fit_transform(maps)
    assert out.dtype == dtype
    np.testing.assert_allclose(out[:, 1], 0, atol=1e-9)
    assert CepstralNormalization(per=per).fit_transform(maps[:, :, :1]).shape == (4, 3, 1)


def test_large_offsets_lose_nothing():
    # 1e6 with steps of 1/16, exact in float32.
    steps = np.arange(64).reshape(1, 1, 64) / 16
    out = CepstralNormalization().fit_transform((1e6 + steps).astype(np.float32))
    np.testing.assert_allclose(out, (steps - steps.mean()) / steps.std(), rtol=1e-6)


def test_a_matrix_is_one_row_per_clip():
    np.testing.assert_array_equal(
        CepstralNormalization().fit_transform(MAPS[:, 0]), CepstralNormalization().fit_transform(MAPS[:, :1])
    )


def test_between_other_steps():
    out = make_pipeline(CepstralNormalization(per="fit"), Delta(), StatsPooling()).fit_transform(MAPS)
    assert out.shape == (4, 12)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"norm": "variance"}, r"'norm' parameter of CepstralNormalization"), ({"per": "batch"}, r"'per' parameter")],
)
def test_refusals(parameters, message):
    with pytest.raises(ValueError, match=message):
        clone(CepstralNormalization(**parameters)).fit(MAPS)


def test_another_number_of_rows_than_in_fit():
    with pytest.raises(
        ValueError, match=r"got an array of shape \(.*\); expected maps like those in fit, \(n_clips, 3, n_frames\)"
    ):
        CepstralNormalization(per="fit").fit(MAPS).transform(MAPS[:, :2])
