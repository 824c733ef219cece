"""The extractors: shapes, types, names of columns, rates, and librosa's values from the recording to the feature."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from audiofeat import MFCC, AudioLoader, Chroma, FeatureBank, MelSpectrogram, Spectrogram, Tonnetz
from audiofeat.dsp import FrameSpec

CLIPS = np.random.default_rng(0).standard_normal((3, 4000))
ROWS = [
    (Spectrogram(n_fft=64), 33),
    (MelSpectrogram(n_mels=20), 20),
    (MFCC(n_mfcc=5), 5),
    (MFCC(n_mfcc=5, deltas=2), 15),
    (Chroma(), 12),
    (Chroma(n_chroma=24), 24),
    (FeatureBank([("mfcc", MFCC()), ("gone", "drop"), ("chroma", Chroma())]), 32),
]


@pytest.mark.parametrize(("extractor", "n_rows"), ROWS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shapes_and_types(extractor, n_rows, dtype):
    rows = clone(extractor).fit_transform(CLIPS.astype(dtype))
    assert (rows.shape, rows.dtype) == ((3, 2 * n_rows), dtype)
    framewise = {name: None for name in extractor.get_params() if name.endswith("pooling")}
    maps = clone(extractor).set_params(**framewise).fit_transform(CLIPS.astype(dtype))
    assert (maps.shape, maps.dtype) == ((3, n_rows, FrameSpec().n_frames(4000)), dtype)


@pytest.mark.parametrize(("extractor", "n_rows"), ROWS)
@pytest.mark.parametrize("pooling", ["mean", ("min", "median", "max"), ["std"], np.array(["mean", "std"])])
def test_every_column_has_a_name(extractor, n_rows, pooling):
    pooled = {name: pooling for name in extractor.get_params() if name.endswith("pooling")}
    extractor = clone(extractor).set_params(**pooled).fit(CLIPS)
    names = extractor.get_feature_names_out()
    assert len(names) == extractor.transform(CLIPS).shape[1] == n_rows * np.size(pooling)
    assert len(set(names)) == len(names)
    assert not any("__" in name for name in names)
    assert all(name.rpartition("_")[2] in np.atleast_1d(pooling) for name in names)


@pytest.mark.parametrize(
    ("extractor", "columns"),
    [
        (MFCC(n_mfcc=20), {0: "mfcc_00_mean", 3: "mfcc_03_mean", 39: "mfcc_19_std"}),
        (
            MFCC(n_mfcc=3, deltas=2, pooling="mean"),
            {2: "mfcc_2_mean", 3: "mfcc_0_delta_mean", 8: "mfcc_2_delta2_mean"},
        ),
        (MelSpectrogram(n_mels=128), {7: "mel_007_mean", 255: "mel_127_std"}),
        (Spectrogram(n_fft=32), {16: "spectrogram_16_mean"}),
        (Chroma(), {0: "chroma_C_mean", 1: "chroma_C#_mean", 21: "chroma_A_std"}),
        (Chroma(n_chroma=24), {23: "chroma_23_mean"}),
        (FeatureBank([("a", MFCC()), ("b", Chroma())]), {40: "chroma_C_mean"}),
    ],
)
def test_names(extractor, columns):
    names = clone(extractor).fit(CLIPS).get_feature_names_out()
    assert {i: names[i] for i in columns} == columns


def test_columns_are_what_their_names_say():
    maps = MFCC(n_mfcc=4, pooling=None).fit_transform(CLIPS)
    frame = MFCC(n_mfcc=4, pooling=("max", "mean")).set_output(transform="pandas").fit_transform(CLIPS)
    np.testing.assert_array_equal(frame["mfcc_2_max"], maps[:, 2].max(axis=1))
    np.testing.assert_array_equal(frame["mfcc_3_mean"], maps[:, 3].mean(axis=1))


@pytest.mark.parametrize("extractor", [extractor for extractor, _ in ROWS])
def test_framewise_output_is_no_table_but_has_names(extractor):
    framewise = {name: None for name in extractor.get_params() if name.endswith("pooling")}
    extractor = clone(extractor).set_params(**framewise).set_output(transform="pandas")
    maps = extractor.fit_transform(CLIPS)
    assert isinstance(maps, np.ndarray)
    names = extractor.get_feature_names_out()
    assert maps.shape[1] == len(names) == len(set(names))


def test_unfitted():
    for extractor in (MFCC(), FeatureBank([("mfcc", MFCC())]), AudioLoader()):
        with pytest.raises(NotFittedError):
            extractor.transform(CLIPS)


def test_the_rate_comes_from_the_clips():
    at_16k = AudioLoader(sample_rate=16000).fit_transform(CLIPS)
    assert MFCC().fit(at_16k).sample_rate_ == 16000
    assert MFCC().fit(CLIPS).sample_rate_ == 22050
    assert MFCC(sample_rate=16000).fit(CLIPS).sample_rate_ == 16000
    assert FeatureBank([("mfcc", MFCC())]).fit(at_16k).sample_rate_ == 16000
    same = MFCC(sample_rate=16000).fit_transform(CLIPS.astype(np.float32))
    np.testing.assert_array_equal(MFCC().fit_transform(at_16k), same)
    # Fitted on clips at a rate, arrays without one are taken to be at it.
    np.testing.assert_array_equal(MFCC().fit(at_16k).transform(CLIPS.astype(np.float32)), same)


def test_every_container_of_arrays_gives_the_same():
    expected = MFCC().fit_transform(CLIPS)
    frame = pd.DataFrame(CLIPS, columns=[f"s{i}" for i in range(CLIPS.shape[1])])
    for X in (list(CLIPS), tuple(CLIPS), CLIPS.tolist(), np.asfortranarray(CLIPS), frame, CLIPS.astype(object)):
        np.testing.assert_array_equal(MFCC().fit_transform(X), expected)
    reversed_ = MFCC().fit_transform([clip[::-1] for clip in CLIPS])
    np.testing.assert_array_equal(reversed_, MFCC().fit_transform(CLIPS[:, ::-1]))
    whole = (1000 * CLIPS).astype(np.int16)
    np.testing.assert_array_equal(MFCC().fit_transform(list(whole)), MFCC().fit_transform(whole / np.float32(32768)))


def test_clips_are_left_as_they_were():
    clips = CLIPS.copy()
    clips.flags.writeable = False
    for extractor, _ in ROWS:
        clone(extractor).fit_transform(clips)
        clone(extractor).fit_transform(list(clips))
    np.testing.assert_array_equal(clips, CLIPS)


def test_silence_is_finite():
    silence = np.zeros((2, 3000))
    for extractor, _ in ROWS:
        assert np.isfinite(clone(extractor).fit_transform(silence)).all()


def test_a_norm_of_the_filters_may_be_the_largest_weight():
    wide = MelSpectrogram(mel_norm=np.inf, scale="linear", n_mels=10).fit_transform(CLIPS)
    plain = MelSpectrogram(mel_norm=None, scale="linear", n_mels=10).fit_transform(CLIPS)
    assert (wide >= plain).all()


def test_members_of_a_bank_are_found_by_name():
    bank = FeatureBank([("mfcc", MFCC()), ("chroma", Chroma())])
    bank.set_params(mfcc__n_mfcc=7, chroma="drop", n_jobs=2)
    assert bank.fit_transform(CLIPS).shape == (3, 14)
    assert bank.transformers_[0][1].n_mfcc == 7
    assert not hasattr(bank.transformer_list[0][1], "sample_rate_"), "the parameters are left unfitted"
    bank.set_params(mfcc="drop", chroma=Chroma(pooling="mean"))
    assert list(bank.fit(CLIPS).get_feature_names_out()[:2]) == ["chroma_C_mean", "chroma_C#_mean"]


def test_chroma_and_what_is_made_of_it_take_the_tuning_of_each_clip():
    seconds = np.arange(22050) / 22050
    flat, sharp = (np.sin(2 * np.pi * 440 * 2 ** (tuning / 12) * seconds) for tuning in (-0.4, 0.4))
    for extractor in (Chroma(pooling="mean"), Tonnetz(pooling="mean")):
        tuned, fixed = (clone(extractor).set_params(tuning=t).fit_transform([flat, sharp]) for t in ("estimate", 0.0))
        assert np.abs(tuned[0] - tuned[1]).max() < 0.5 * np.abs(fixed[0] - fixed[1]).max()
        np.testing.assert_array_equal(tuned[1:], clone(extractor).set_params(tuning="estimate").fit_transform([sharp]))


def test_weights_of_a_bank():
    bank = FeatureBank([("mfcc", MFCC()), ("chroma", Chroma())], transformer_weights={"chroma": 3.0})
    rows = bank.fit_transform(CLIPS.astype(np.float32))
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows[:, :40], MFCC().fit_transform(CLIPS.astype(np.float32)))
    np.testing.assert_array_equal(rows[:, 40:], 3 * Chroma().fit_transform(CLIPS.astype(np.float32)))


@pytest.mark.parametrize("file", ["references/librosa/test_audio.ogg", "cats_dogs/wav/dog_barking_4.wav"])
@pytest.mark.parametrize("sample_rate", [22050, 16000])
def test_librosa_from_the_recording_to_the_feature(data_folder, file, sample_rate):
    librosa = pytest.importorskip("librosa")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        clip, _ = librosa.load(data_folder / file, sr=sample_rate, duration=2.0)
    bank = FeatureBank(
        [
            ("spectrogram", Spectrogram(pooling=None)),
            ("mel", MelSpectrogram(pooling=None)),
            ("mfcc", MFCC(pooling=None, deltas=2)),
            ("chroma", Chroma(pooling=None)),
        ]
    )
    (features,) = bank.fit_transform(AudioLoader(sample_rate, duration=2.0).fit_transform([data_folder / file]))
    mfcc = librosa.feature.mfcc(y=clip, sr=sample_rate)
    expected = {
        1e-2: [
            librosa.power_to_db(np.abs(librosa.stft(clip)) ** 2),
            librosa.power_to_db(librosa.feature.melspectrogram(y=clip, sr=sample_rate)),
        ],
        5e-3: [mfcc, librosa.feature.delta(mfcc), librosa.feature.delta(mfcc, order=2)],
        1e-5: [librosa.feature.chroma_stft(y=clip, sr=sample_rate, tuning=0.0)],
    }
    start = 0
    for tolerance, parts in expected.items():
        for part in parts:
            np.testing.assert_allclose(features[start : start + len(part)], part, rtol=0, atol=tolerance)
            start += len(part)
    assert start == len(features)
