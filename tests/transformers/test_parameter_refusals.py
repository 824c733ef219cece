"""Parameters that are out of range, or contradict each other or the sample rate: refused in `fit`, by name and value."""

import numpy as np
import pytest
from sklearn.base import clone

from audiofeat import (
    MFCC,
    AudioLoader,
    Chroma,
    Delta,
    FeatureBank,
    MelSpectrogram,
    SpectralShape,
    Spectrogram,
    StatsPooling,
    Tonnetz,
)

CLIPS = np.random.default_rng(0).standard_normal((2, 4000)).astype(np.float32)


@pytest.mark.parametrize("extractor", [Spectrogram, MelSpectrogram, MFCC, Chroma])
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"win_length": 513, "n_fft": 512}, r"got win_length=513 with n_fft=512\..*lower win_length or raise n_fft"),
        ({"window": "hat"}, r"got window='hat' .*expected a window of scipy\.signal\.get_window"),
        ({"pooling": "average"}, r"got pooling='average', with unknown 'average'; expected None or different names"),
        ({"pooling": ()}, r"got pooling=\(\), with no statistic"),
        ({"pooling": ("mean", "mean")}, r"with a repetition"),
        ({"n_fft": 0}, r"The 'n_fft' parameter of \w+ must be an int in the range \[[12], inf\)"),
        ({"hop_length": 0.5}, r"'hop_length' parameter"),
        ({"pad_mode": "mirror"}, r"'pad_mode' parameter"),
        ({"center": "yes"}, r"'center' parameter"),
        ({"sample_rate": 22050.0}, r"'sample_rate' parameter"),
        ({"n_jobs": 1.5}, r"'n_jobs' parameter"),
    ],
)
def test_shared_parameters(extractor, parameters, message):
    estimator = extractor(**parameters)
    with pytest.raises(ValueError, match=message) as caught:
        estimator.fit(CLIPS)
    assert extractor.__name__ in str(caught.value)


@pytest.mark.parametrize("extractor", [Chroma, SpectralShape, Tonnetz])
def test_features_of_frequencies_need_more_than_that_of_zero(extractor):
    with pytest.raises(
        ValueError, match=rf"'n_fft' parameter of {extractor.__name__} must be an int in the range \[2, inf\)"
    ):
        extractor(n_fft=1).fit(CLIPS)
    assert np.isfinite(extractor(n_fft=2).fit_transform(CLIPS)).all()


@pytest.mark.parametrize("extractor", [MelSpectrogram, MFCC])
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"fmax": 16000.0},
            r"got fmax=16000\.0 Hz, above half the sample rate \(11025\.0 Hz\)\. Lower fmax, or set sample_rate",
        ),
        ({"fmin": 5000, "fmax": 4000}, r"got fmin=5000 Hz, not below fmax=4000 Hz\. Lower fmin, or raise fmax"),
        ({"fmin": 12000}, r"got fmin=12000 Hz, not below fmax=11025\.0 Hz"),
        ({"fmin": -1}, r"'fmin' parameter"),
        ({"mel_scale": "bark"}, r"'mel_scale' parameter"),
        ({"mel_norm": 0}, r"'mel_norm' parameter"),
        ({"top_db": -1}, r"'top_db' parameter"),
    ],
)
def test_mel_parameters(extractor, parameters, message):
    with pytest.raises(ValueError, match=message):
        extractor(**parameters).fit(CLIPS)


def test_fmax_is_measured_against_the_rate_of_the_clips():
    batch = AudioLoader(sample_rate=8000).fit_transform(CLIPS)
    with pytest.raises(ValueError, match=r"fmax=8000 Hz, above half the sample rate \(4000\.0 Hz\)"):
        MFCC(fmax=8000).fit(batch)
    MFCC(fmax=4000).fit(batch)


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (MFCC(n_mfcc=129), r"MFCC got n_mfcc=129, more than n_mels=128\. Lower n_mfcc, or raise n_mels"),
        (MFCC(dct_type=4), r"'dct_type' parameter"),
        (MFCC(lifter=-1), r"'lifter' parameter"),
        (MFCC(deltas=-1), r"'deltas' parameter"),
        (Chroma(tuning=0.7), r"'tuning' parameter"),
        (Chroma(chroma_norm=0), r"'chroma_norm' parameter"),
        (Chroma(n_chroma=0), r"'n_chroma' parameter"),
        (Spectrogram(power=0), r"'power' parameter"),
        (Spectrogram(scale="bel"), r"'scale' parameter"),
        (AudioLoader(sample_rate=0), r"'sample_rate' parameter"),
        (AudioLoader(duration=0), r"'duration' parameter"),
        (AudioLoader(offset=-1), r"'offset' parameter"),
        (AudioLoader(pad_mode="reflect"), r"'pad_mode' parameter"),
        (AudioLoader(memory=3), r"'memory' parameter"),
    ],
)
def test_own_parameters(estimator, message):
    with pytest.raises(ValueError, match=message):
        estimator.fit(CLIPS)


@pytest.mark.parametrize("parameters", [{"width": 8}, {"order": 9}, {"order": 3, "width": 3}])
def test_delta_needs_an_odd_width_above_its_order(parameters):
    with pytest.raises(
        ValueError, match=r"Delta got order=\d and width=\d; expected an odd width larger than the order"
    ):
        Delta(**parameters).fit(np.zeros((2, 3, 20)))


def test_pooling_step_refuses_unknown_statistics():
    with pytest.raises(ValueError, match=r"StatsPooling got pooling='mode', with unknown 'mode'"):
        StatsPooling(statistics="mode").fit(np.zeros((2, 3, 20)))


@pytest.mark.parametrize("step", [StatsPooling(), Delta()])
def test_steps_on_frames_refuse_a_fourth_axis(step):
    with pytest.raises(
        ValueError, match=r"got an array of shape \(2, 3, 4, 5\); expected \(n_clips, n_rows, n_frames\)"
    ):
        clone(step).fit(np.zeros((2, 3, 4, 5)))


@pytest.mark.parametrize("step", [StatsPooling(), Delta()])
def test_steps_on_frames_refuse_another_number_of_rows_than_at_fit(step):
    step = clone(step).fit(np.zeros((2, 3, 12)))
    with pytest.raises(
        ValueError, match=r"shape \(2, 4, 12\); expected maps like those in fit, \(n_clips, 3, n_frames\)"
    ):
        step.transform(np.zeros((2, 4, 12)))


@pytest.mark.parametrize(
    ("members", "kind", "message"),
    [
        ([], ValueError, r"FeatureBank got no member"),
        ([("mfcc", "drop")], ValueError, r"FeatureBank got no member"),
        (
            [MFCC(), Chroma()],
            TypeError,
            r"FeatureBank got MFCC among its members; expected \(name, transformer\) pairs",
        ),
        (
            [("mfcc",)],
            TypeError,
            r"FeatureBank got \('mfcc',\) among its members; expected \(name, transformer\) pairs",
        ),
        ([(1, MFCC())], TypeError, r"expected \(name, transformer\) pairs"),
        (["ab"], TypeError, r"FeatureBank got 'ab' among its members"),
        ({"mfcc": MFCC()}, TypeError, r"FeatureBank got dict; expected a list of \(name, transformer\) pairs"),
        (
            MFCC(),
            TypeError,
            r"FeatureBank got MFCC; expected a list of \(name, transformer\) pairs, such as \[\('mfcc'",
        ),
        ([("mfcc", MFCC)], TypeError, r"FeatureBank got the class MFCC; expected extractors such as MFCC\(\)"),
        ([("mfcc", None)], TypeError, r"FeatureBank got None; expected extractors"),
        ([("pool", StatsPooling())], TypeError, r"FeatureBank got StatsPooling; expected extractors such as MFCC"),
        ([("mfcc", "passthrough")], TypeError, r"FeatureBank got 'passthrough'; expected extractors such as MFCC"),
        ([("a", MFCC()), ("b", Chroma(pooling=None))], ValueError, r"got pooled and framewise members"),
        ([("a", MFCC(sample_rate=8000)), ("b", Chroma(sample_rate=16000))], ValueError, r"sample_rate \[8000, 16000\]"),
        ([("a", MFCC(n_mfcc=200))], ValueError, r"MFCC got n_mfcc=200"),
    ],
)
def test_banks_that_cannot_be(members, kind, message):
    with pytest.raises(kind, match=message):
        FeatureBank(members).fit(CLIPS)


def test_framewise_members_need_one_number_of_frames():
    bank = FeatureBank([("a", MFCC(pooling=None)), ("b", Chroma(pooling=None, hop_length=256))])
    with pytest.raises(
        ValueError, match=r"different numbers of frames: \{'a': 8, 'b': 16\}.*same hop_length and center"
    ):
        bank.fit_transform(CLIPS)


def test_columns_of_a_bank_need_names_of_their_own():
    bank = FeatureBank([("a", MFCC(n_fft=512)), ("b", MFCC())]).fit(CLIPS)
    with pytest.raises(ValueError, match=r"40 columns whose name stands twice, such as 'mfcc_00_mean'"):
        bank.get_feature_names_out()
    names = bank.set_params(verbose_feature_names_out=True).get_feature_names_out()
    assert len(set(names)) == 80


@pytest.mark.parametrize("fitted_on", ["parameter", "clips"])
def test_a_rate_that_contradicts_the_clips(fitted_on):
    at_8k = AudioLoader(sample_rate=8000).fit_transform(CLIPS)
    at_16k = AudioLoader(sample_rate=16000).fit_transform(CLIPS)
    if fitted_on == "parameter":
        with pytest.raises(
            ValueError,
            match=r"MFCC got clips at 16000 Hz, but its parameter sample_rate says 8000 Hz\. "
            r"Use AudioLoader\(sample_rate=8000\)",
        ):
            MFCC(sample_rate=8000).fit(at_16k)
    else:
        mfcc = MFCC().fit(at_8k)
        with pytest.raises(ValueError, match=r"clips at 16000 Hz, but the clips it was fitted on says 8000 Hz"):
            mfcc.transform(at_16k)
