"""A clip's values depend on nothing but the clip.

Not on its neighbours, its place, the bank, the threads, the blocks it is computed in, or the padding.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from audiofeat import (
    GFCC,
    LFCC,
    MFCC,
    AudioLoader,
    Chroma,
    Energy,
    FeatureBank,
    MelSpectrogram,
    SpectralContrast,
    SpectralShape,
    Spectrogram,
    StatsPooling,
    Tonnetz,
)
from audiofeat.dsp import spectrum

few = settings(max_examples=12, derandomize=True, deadline=None)

RATE = 8000
FRAMING = {"n_fft": 256, "hop_length": 100}
EXTRACTORS = [
    Spectrogram(**FRAMING),
    Spectrogram(power=1.0, scale="linear", pooling=("median", "max"), **FRAMING),
    MelSpectrogram(n_mels=20, **FRAMING),
    MelSpectrogram(n_mels=20, center=False, pooling="min", **FRAMING),
    MFCC(n_mels=20, n_mfcc=13, deltas=2, **FRAMING),
    MFCC(n_mels=20, n_mfcc=13, lifter=22, pad_mode="reflect", n_fft=300, hop_length=77),
    Chroma(**FRAMING),
    Chroma(chroma_norm=2, tuning=0.3, **FRAMING),
    Chroma(tuning="estimate", **FRAMING),
    MelSpectrogram(n_mels=20, scale="pcen", **FRAMING),
    MelSpectrogram(convention="kaldi", win_length=200, use_energy=True, **FRAMING),
    MFCC(convention="kaldi", win_length=200, center=True, **FRAMING),
    MFCC(convention="htk", win_length=200, **FRAMING),
    LFCC(n_filters=30, **FRAMING),
    GFCC(n_filters=30, deltas=1, **FRAMING),
    SpectralShape(**FRAMING),
    SpectralContrast(n_bands=4, fmin=100.0, **FRAMING),
    Energy(**FRAMING),
    Tonnetz(**FRAMING),
]
POOLED = FeatureBank([(f"m{i}", extractor) for i, extractor in enumerate(EXTRACTORS)])
FRAMEWISE = FeatureBank(
    [
        (f"m{i}", clone(e).set_params(pooling=None))
        for i, e in enumerate(EXTRACTORS)
        if e.hop_length == 100 and e.center is not False and getattr(e, "convention", "librosa") == "librosa"
    ]
)


def clip(seed, n_samples, dtype=np.float32):
    """Noise, louder and quieter from clip to clip, so that a shared maximum would show."""
    rng = np.random.default_rng(seed)
    return (10 ** rng.uniform(-4, 0) * rng.standard_normal(n_samples)).astype(dtype)


lengths = st.lists(st.integers(256, 3000), min_size=1, max_size=40)
dtypes = st.sampled_from([np.float32, np.float64])
threads = st.sampled_from([None, 1, 2, 3, 8])
# In windowed samples, as the module counts them: from one frame at a time to all frames of the longest clip.
block_sizes = st.integers(1, 1 << 14)


def alone(bank, clips, block_size):
    """Each clip in a batch of its own, in one thread."""
    bank = clone(bank)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spectrum, "_BLOCK_SAMPLES", block_size)
        return [bank.fit_transform([clip])[0] for clip in clips]


def together(bank, clips, block_size, n_jobs):
    """All clips in one batch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spectrum, "_BLOCK_SAMPLES", block_size)
        return clone(bank).set_params(n_jobs=n_jobs).fit_transform(clips)


@given(lengths=lengths, n_jobs=threads, block_size=block_sizes, data=st.data())
@few
def test_neighbours_order_type_and_threads(lengths, n_jobs, block_size, data):
    # More clips than a thread takes at once, in any order, of mixed types: each row is the clip's own.
    clips = [clip(i, n, data.draw(dtypes)) for i, n in enumerate(lengths)]
    order = data.draw(st.permutations(range(len(clips))))
    rows = together(POOLED, [clips[i] for i in order], block_size, n_jobs)
    expected = alone(POOLED, clips, block_size)
    for row, i in zip(rows, order, strict=True):
        np.testing.assert_array_equal(row, expected[i])


@given(
    n_clips=st.integers(1, 40), n_samples=st.integers(256, 2000), dtype=dtypes, n_jobs=threads, block_size=block_sizes
)
@few
def test_framewise_neighbours_and_threads(n_clips, n_samples, dtype, n_jobs, block_size):
    clips = np.stack([clip(i, n_samples, dtype) for i in range(n_clips)])
    maps = together(FRAMEWISE, clips, block_size, n_jobs)
    assert maps.dtype == dtype
    some = sorted({0, n_clips // 2, n_clips - 1})
    np.testing.assert_array_equal(maps[some], alone(FRAMEWISE, clips[some], block_size))


@given(n_samples=st.integers(256, 3000), dtype=dtypes, block_size=block_sizes, pooled=st.booleans())
@few
def test_blocks(n_samples, dtype, block_size, pooled):
    samples = [clip(0, n_samples, dtype)]
    for extractor in EXTRACTORS:
        extractor = extractor if pooled else clone(extractor).set_params(pooling=None)
        expected = alone(extractor, samples, spectrum._BLOCK_SAMPLES)[0]
        # Matrix products round a column by where it stands; all else is the same to the last bit.
        tolerance = 16 * np.finfo(dtype).eps * np.abs(expected).max()
        np.testing.assert_allclose(alone(extractor, samples, block_size)[0], expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("bank", [POOLED, FRAMEWISE])
@pytest.mark.parametrize("n_jobs", [2, 5, -1])
def test_threads(bank, n_jobs):
    clips = [clip(i, 2000) for i in range(70)]
    for X in (clips, AudioLoader(sample_rate=RATE).fit_transform(clips)):
        threaded = clone(bank).set_params(n_jobs=n_jobs).fit_transform(X)
        np.testing.assert_array_equal(threaded, clone(bank).fit_transform(X))


@pytest.mark.parametrize("bank", [POOLED, FRAMEWISE])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_member_is_itself_in_the_bank(bank, dtype):
    clips = np.stack([clip(i, 2345, dtype) for i in range(3)])
    together = clone(bank).fit_transform(clips)
    alone = [clone(member).fit_transform(clips) for _, member in bank.transformer_list]
    np.testing.assert_array_equal(together, np.concatenate(alone, axis=1))


@pytest.mark.parametrize("extractor", EXTRACTORS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pooled_is_the_pooled_framewise(extractor, dtype):
    clips = np.stack([clip(i, 1777, dtype) for i in range(3)])
    maps = clone(extractor).set_params(pooling=None).fit_transform(clips)
    expected = StatsPooling(extractor.pooling).fit_transform(maps)
    np.testing.assert_array_equal(clone(extractor).fit_transform(clips), expected)


@pytest.mark.parametrize("pad_mode", ["constant", "wrap"])
@given(lengths=st.lists(st.integers(256, 3000), min_size=1, max_size=6), duration=st.floats(0.4, 0.6))
@few
def test_padding_never_enters_the_statistics(pad_mode, lengths, duration):
    clips = [clip(i, n) for i, n in enumerate(lengths)]
    bare = AudioLoader(sample_rate=RATE).fit_transform(clips)
    padded = AudioLoader(sample_rate=RATE, duration=duration, pad_mode=pad_mode).fit_transform(clips)
    assert {len(samples) for samples in padded} == {round(duration * RATE)}
    np.testing.assert_array_equal(clone(POOLED).fit_transform(padded), clone(POOLED).fit_transform(bare))


def test_padding_is_part_of_the_frames():
    short = AudioLoader(sample_rate=RATE, duration=0.5).fit_transform([clip(0, 1000)])
    maps = clone(FRAMEWISE).fit_transform(short)
    np.testing.assert_array_equal(maps, clone(FRAMEWISE).fit(short).transform(np.asarray(short)))
    assert maps.shape[2] == 41


def test_pooled_and_framewise_of_one_padded_batch():
    # The same spectrum must not be shared where one wants the padding and the other does not.
    batch = AudioLoader(sample_rate=RATE, duration=0.5).fit_transform([clip(0, 1000), clip(1, 4000)])
    pooled, framewise = clone(EXTRACTORS[4]), clone(EXTRACTORS[4]).set_params(pooling=None)
    rows = pooled.fit_transform(batch)
    maps = framewise.fit_transform(batch)
    np.testing.assert_array_equal(rows[1], StatsPooling().fit_transform(maps)[1])
    assert (np.abs(rows[0] - StatsPooling().fit_transform(maps)[0]) > 1.0).any()


def test_without_centring_a_short_recording_borrows_padding_for_one_frame():
    samples = clip(0, 200)
    batch = AudioLoader(sample_rate=RATE, duration=0.5).fit_transform([samples])
    mfcc = MFCC(n_mels=20, center=False, **FRAMING).fit(batch)
    np.testing.assert_array_equal(mfcc.transform(batch), mfcc.transform([np.pad(samples, (0, 56))]))


@given(gain=st.floats(-40.0, 40.0), seed=st.integers(0, 99))
@few
def test_gain_moves_decibels_and_the_first_coefficient_only(gain, seed):
    samples = np.random.default_rng(seed).standard_normal(2000)
    clips = [samples, samples * 10 ** (gain / 20)]
    mel = MelSpectrogram(n_mels=20, top_db=None, **FRAMING).fit_transform(clips)
    np.testing.assert_allclose(mel[1, :20], mel[0, :20] + gain, atol=1e-6)
    np.testing.assert_allclose(mel[1, 20:], mel[0, 20:], atol=1e-6)
    mfcc = MFCC(n_mels=20, n_mfcc=13, **FRAMING).fit_transform(clips)
    moved = np.zeros(26)
    moved[0] = gain * np.sqrt(20)
    np.testing.assert_allclose(mfcc[1] - mfcc[0], moved, atol=1e-6)
    chroma = Chroma(**FRAMING).fit_transform(clips)
    np.testing.assert_allclose(chroma[1], chroma[0], atol=1e-9)
