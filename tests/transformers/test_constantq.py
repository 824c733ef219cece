"""The extractors of the constant-Q transform: names, banks, threads, refusals, and what importing them costs."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import clone

from audiofeat import CQT, MFCC, AudioLoader, Chroma, ChromaCENS, ChromaCQT, FeatureBank

RATE = 8000
SMALL = {"fmin": 110.0, "hop_length": 100}
EXTRACTORS = [
    CQT(n_bins=24, **SMALL),
    CQT(n_bins=24, scale="linear", tuning="estimate", **SMALL),
    ChromaCQT(n_octaves=2, **SMALL),
    ChromaCQT(n_octaves=2, n_chroma=36, chroma_norm=None, tuning=0.2, **SMALL),
    ChromaCENS(n_octaves=2, **SMALL),
    ChromaCENS(n_octaves=2, smoothing_frames=None, tuning="estimate", **SMALL),
]


def clips(n_clips, dtype=np.float32, length=None):
    rng = np.random.default_rng(0)
    lengths = [length or int(rng.integers(300, 4000)) for _ in range(n_clips)]
    return [(10 ** rng.uniform(-3, 0) * rng.standard_normal(n)).astype(dtype) for n in lengths]


def test_columns_are_named_by_bin_and_pitch_class():
    bank = FeatureBank([("cqt", CQT(n_bins=24)), ("a", Chroma()), ("b", ChromaCQT()), ("c", ChromaCENS(n_chroma=36))])
    names = list(bank.fit([np.zeros(22050)]).get_feature_names_out())
    assert len(set(names)) == len(names) == 2 * (24 + 12 + 12 + 36)
    assert [names[i] for i in (0, 23, 72, 73, 96)] == [
        "cqt_00_mean",
        "cqt_23_mean",
        "chroma_cqt_C_mean",
        "chroma_cqt_C#_mean",
        "chroma_cens_00_mean",
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_jobs", [1, 3])
def test_a_clip_stands_alone(dtype, n_jobs):
    recordings = clips(20, dtype)
    bank = FeatureBank([(str(i), clone(e)) for i, e in enumerate(EXTRACTORS)], n_jobs=n_jobs).fit(recordings)
    together = bank.set_params(n_jobs=n_jobs).transform(recordings)
    assert together.dtype == dtype
    for i in (0, 7, 19):
        np.testing.assert_array_equal(together[i], bank.transform([recordings[i]])[0])
    alone = [clone(extractor).fit_transform(recordings[:3]) for extractor in EXTRACTORS]
    np.testing.assert_array_equal(together[:3], np.concatenate(alone, axis=1))


def test_frames_fit_those_of_the_spectrum():
    batch = AudioLoader(RATE, duration=0.5).fit_transform(clips(3))
    bank = FeatureBank(
        [("mfcc", MFCC(n_mels=20, n_fft=512, hop_length=100)), *((str(i), clone(e)) for i, e in enumerate(EXTRACTORS))]
    )
    bank.set_params(**{name: None for name in bank.get_params() if name.endswith("pooling")})
    maps = bank.fit_transform(batch)
    assert maps.shape == (3, 20 + 24 + 24 + 12 + 36 + 12 + 12, 41)
    assert np.isfinite(maps).all()


def test_padding_never_enters_the_statistics():
    recordings = clips(4, length=2500)
    for extractor in EXTRACTORS:
        bare = clone(extractor).fit_transform(AudioLoader(RATE).fit_transform(recordings))
        padded = clone(extractor).fit_transform(AudioLoader(RATE, duration=0.5).fit_transform(recordings))
        np.testing.assert_array_equal(bare, padded)


def test_features_are_kept_in_the_store(tmp_path):
    recordings = clips(3)
    first = AudioLoader(RATE, memory=tmp_path / "store").fit_transform(recordings)
    rows = clone(EXTRACTORS[5]).fit_transform(first)
    again = AudioLoader(RATE, memory=tmp_path / "store").fit_transform(recordings)
    np.testing.assert_array_equal(clone(EXTRACTORS[5]).fit_transform(again), rows)
    assert (clone(EXTRACTORS[4]).fit_transform(again) != rows).any()


def test_librosa_from_the_clip_to_the_feature():
    librosa = pytest.importorskip("librosa")
    rng = np.random.default_rng(1)
    seconds = np.arange(30000) / 22050
    clip = sum(
        0.2 * np.sin(2 * np.pi * pitch * seconds) for pitch in (225.0, 283.5, 337.0)
    ) + 1e-3 * rng.standard_normal(30000)
    cqt, chroma, cens = (
        clone(e).fit_transform([clip])[0]
        for e in (
            CQT(tuning="estimate", pooling=None),
            ChromaCQT(tuning="estimate", pooling=None),
            ChromaCENS(tuning="estimate", pooling=None),
        )
    )
    with warnings.catch_warnings():
        # librosa warns of clips shorter than a filter.
        warnings.simplefilter("ignore")
        expected = librosa.amplitude_to_db(np.abs(librosa.cqt(clip, tuning=None)), ref=1.0)
        np.testing.assert_allclose(cqt, expected, atol=1e-6)
        np.testing.assert_allclose(chroma, librosa.feature.chroma_cqt(y=clip), atol=1e-9)
        np.testing.assert_allclose(cens, librosa.feature.chroma_cens(y=clip), atol=1e-9)


@pytest.mark.parametrize(
    ("extractor", "message"),
    [
        (
            CQT(sample_rate=8000),
            r"CQT got n_bins=84 with fmin=None, whose filters reach up to 4\d{3} Hz, above half the sample rate "
            r"\(4000\.0 Hz\)\. Lower n_bins or fmin",
        ),
        (ChromaCQT(sample_rate=8000), r"ChromaCQT got n_octaves=7 with fmin=None.*Lower n_octaves or fmin"),
        (ChromaCENS(fmin=300, n_octaves=6), r"ChromaCENS got n_octaves=6 with fmin=300,.*\(11025\.0 Hz\)"),
        (
            ChromaCQT(n_chroma=24),
            r"ChromaCQT got bins_per_octave=36 with n_chroma=24; expected a multiple of it, such as 72",
        ),
        (CQT(fmin=0), r"'fmin' parameter"),
        (CQT(n_bins=0), r"'n_bins' parameter"),
        (CQT(tuning=0.7), r"'tuning' parameter"),
        (CQT(tuning="guess"), r"'tuning' parameter"),
        (CQT(filter_scale=0), r"'filter_scale' parameter"),
        (CQT(scale="bel"), r"'scale' parameter"),
        (CQT(hop_length=0), r"'hop_length' parameter"),
        (ChromaCQT(chroma_norm=0), r"'chroma_norm' parameter"),
        (ChromaCQT(n_octaves=0), r"'n_octaves' parameter"),
        (ChromaCENS(smoothing_frames=0), r"'smoothing_frames' parameter"),
        (ChromaCENS(pooling="average"), r"ChromaCENS got pooling='average', with unknown 'average'"),
    ],
)
def test_parameters_are_refused_in_fit(extractor, message):
    with pytest.raises(ValueError, match=message):
        extractor.fit(np.zeros((2, 4000)))


def test_what_fits_at_eight_kilohertz():
    noise = np.random.default_rng(0).standard_normal((1, 8000))
    for extractor in (CQT(n_bins=83, sample_rate=8000), ChromaCQT(n_octaves=6, sample_rate=8000)):
        assert np.isfinite(extractor.fit_transform(noise)).all()


def test_librosa_is_imported_by_the_first_clip_and_may_be_in_two_threads():
    code = (
        "import sys, numpy as np\n"
        "from audiofeat import CQT, Chroma, ChromaCENS, FeatureBank, MelSpectrogram\n"
        "clips = np.random.default_rng(0).standard_normal((40, 4000))\n"
        "quick = [('mel', MelSpectrogram(scale='pcen')), ('chroma', Chroma(tuning='estimate'))]\n"
        "FeatureBank(quick).fit_transform(clips)\n"
        "bank = FeatureBank([('cqt', CQT(n_bins=24)), ('cens', ChromaCENS())], n_jobs=2).fit(clips)\n"
        "assert not {'librosa', 'numba', 'scipy.signal'} & set(sys.modules)\n"
        "bank.transform(clips)\n"
        "assert 'librosa' in sys.modules\n"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
