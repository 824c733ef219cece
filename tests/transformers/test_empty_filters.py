"""Filters too narrow for the spectrum: one warning in fit, and the values stay."""

import warnings

import pytest
from sklearn.pipeline import make_pipeline

from audiofeat import GFCC, LFCC, MFCC, AudioLoader, EmptyFilterWarning, FeatureBank, MelSpectrogram
from audiofeat.presets import get_preset, preset_names


@pytest.fixture
def clips(rng):
    return rng.standard_normal((5, 4000))


def idle_rows(extractor, clips):
    """How many rows of the mel spectrum stay at zero, whatever is heard."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EmptyFilterWarning)
        maps = extractor.set_params(scale="linear", pooling=None).fit_transform(clips)
    return int((maps == 0).all(axis=(0, 2)).sum())


@pytest.mark.parametrize(
    "extractor",
    [
        MelSpectrogram(n_mels=128, n_fft=256, sample_rate=16000),
        MelSpectrogram(n_mels=64, n_fft=256, mel_scale="htk", mel_norm=None, fmin=50, fmax=4000, sample_rate=16000),
        MelSpectrogram(n_mels=120, n_fft=256, win_length=200, convention="kaldi", sample_rate=8000),
        MelSpectrogram(n_mels=120, n_fft=256, win_length=200, convention="htk", sample_rate=8000),
    ],
)
def test_the_warning_counts_the_rows_that_never_change(extractor, clips):
    with pytest.warns(EmptyFilterWarning) as caught:
        extractor.fit_transform(clips)
    assert len(caught) == 1, "once, not once a clip"
    n_empty = idle_rows(extractor, clips)
    assert n_empty > 1
    n_mels, n_fft, rate = extractor.n_mels, extractor.n_fft, extractor.sample_rate
    assert str(caught[0].message) == (
        f"MelSpectrogram got n_mels={n_mels} with n_fft={n_fft} at {rate} Hz: {n_empty} of the {n_mels} filters lie "
        "between two frequencies of the spectrum and give the same for every sound. Lower n_mels, or raise n_fft."
    )
    extractor.transform(clips)


@pytest.mark.parametrize(
    ("extractor", "expected"),
    [
        (MFCC(n_mels=128, n_fft=256), "MFCC got n_mels=128 .* Lower n_mels"),
        (MFCC(n_mels=80, n_fft=256, win_length=200, convention="kaldi"), "MFCC got n_mels=80"),
        (LFCC(n_filters=128, n_fft=128), "LFCC got n_filters=128 .* Lower n_filters"),
        (FeatureBank([("mel", MelSpectrogram(n_fft=256)), ("gfcc", GFCC(n_fft=256))]), "MelSpectrogram got n_mels=128"),
    ],
)
def test_every_bank_that_can_have_empty_filters_warns(extractor, expected, clips):
    pipe = make_pipeline(AudioLoader(sample_rate=16000), extractor)
    with pytest.warns(EmptyFilterWarning, match=expected) as caught:
        pipe.fit(list(clips))
    assert len(caught) == 1
    pipe.transform(list(clips))


def test_one_empty_filter_is_told_of_as_one(clips):
    with pytest.warns(EmptyFilterWarning, match=r": 1 of the 1 filters lies .* and gives the same"):
        MelSpectrogram(n_mels=1, fmin=1001, fmax=1010, n_fft=64, sample_rate=8000).fit(clips)


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize(
    "extractor", [MelSpectrogram(), MFCC(), LFCC(), MFCC(convention="kaldi"), MFCC(convention="htk")]
)
def test_defaults_have_no_empty_filters(extractor, rate, clips):
    extractor.set_params(sample_rate=rate).fit(clips)


def test_presets_have_no_empty_filters(clips):
    for name in preset_names():
        get_preset(name).fit(clips)
