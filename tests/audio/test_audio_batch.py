"""AudioBatch: a lazy sequence that can be indexed like an array of clips."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiofeat import AudioBatch, AudioInputError
from audiofeat._errors import ClipError
from audiofeat.audio import ArraySource, LoadSettings

few = settings(max_examples=40, derandomize=True, deadline=None)


def batch_of(*clips, rate=8000, **options):
    sources = [ArraySource(np.asarray(clip, dtype=np.float32), rate) for clip in clips]
    return AudioBatch(sources, LoadSettings(rate, **options))


def numbers(batch):
    """Which clips a batch holds, if clip i is filled with i."""
    return [int(clip[0]) for clip in batch]


def of_numpy(index):
    """The index as NumPy wants it: an empty list is one of integers, and a tuple is no list of axes."""
    return index if isinstance(index, slice) else np.array(index, dtype=None if len(index) else int)


SEVEN = batch_of(*([i, i] for i in range(7)))

INDICES = [
    slice(None),
    slice(2, 5),
    slice(None, None, -2),
    slice(-3, None),
    slice(5, 2),
    [0, 4, 4],
    [-1, 0],
    [],
    (1, 2),
    range(3),
    np.array([6, 0], dtype=np.int8),
    np.array([], dtype=int),
    [True, False, True, False, False, False, True],
    np.arange(7) % 2 == 0,
    np.zeros(7, dtype=bool),
]


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_several_clips_are_a_batch(index):
    wanted = np.arange(7)[of_numpy(index)]
    for chosen in (SEVEN[index], SEVEN[index, ...]):
        assert isinstance(chosen, AudioBatch)
        assert numbers(chosen) == wanted.tolist()
        assert chosen.shape == (len(chosen),) == (len(wanted),)
        assert chosen.settings == SEVEN.settings


@pytest.mark.parametrize("index", [0, 6, -1, -7, np.int64(3), np.uint8(3), np.array(3)])
def test_one_clip_is_an_array(index):
    for clip in (SEVEN[index], SEVEN[index, ...]):
        assert isinstance(clip, np.ndarray)
        assert clip.tolist() == [np.arange(7)[index]] * 2


@given(st.data())
@few
def test_indices_of_indices(data):
    numbered, batch = np.arange(7), SEVEN
    for _ in range(3):
        n = len(batch)
        index = data.draw(
            st.slices(n)
            | (st.lists(st.integers(-n, n - 1), max_size=8) if n else st.just([]))
            | st.lists(st.booleans(), min_size=n, max_size=n).map(lambda mask: np.array(mask, dtype=bool))
        )
        numbered = numbered[of_numpy(index) if isinstance(index, list) else index]
        batch = batch[index]
    assert numbers(batch) == numbered.tolist()


@pytest.mark.parametrize("index", [7, -8, [0, 7], [True, False], [0.5], [[0, 1]], "a", np.array([["a"]])])
def test_impossible_indices(index):
    with pytest.raises(IndexError):
        SEVEN[index]


def test_a_batch_is_a_sequence_of_clips():
    assert len(SEVEN) == 7
    assert numbers(reversed(SEVEN)) == [6, 5, 4, 3, 2, 1, 0]
    assert SEVEN.paths == [None] * 7
    assert repr(SEVEN) == "AudioBatch(7 clips at 8000 Hz)"
    assert repr(SEVEN[:1]) == "AudioBatch(1 clip at 8000 Hz)"


def test_clips_of_one_length_are_an_array():
    array = np.asarray(SEVEN)
    assert array.dtype == np.float32
    np.testing.assert_array_equal(array, np.repeat(np.arange(7)[:, None], 2, axis=1))
    assert np.asarray(SEVEN, dtype=np.float64).dtype == np.float64
    assert np.array(SEVEN).shape == (7, 2)
    with pytest.raises(ValueError, match="cannot become an array without copying"):
        np.array(SEVEN, copy=False)


def test_clips_of_several_lengths_are_no_array():
    with pytest.raises(ValueError, match=r"AudioBatch holds clips of 1 to 3 samples; an array needs one length\. Set"):
        np.asarray(batch_of([1.0], [1.0, 2.0, 3.0]))


def test_bad_clips_are_named_together():
    with pytest.raises(AudioInputError, match=r"cannot use 2 of 3 clips:\n  clip 0: 1 NaN.*\n  clip 2: 1 infinite"):
        np.asarray(batch_of([np.nan], [0.0], [np.inf]))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("recorded", "wanted"), [(192000, 16000), (96000, 1000), (44100, 22050), (8000, 48000)])
@given(n_samples=st.integers(1, 3000), where=st.floats(0, 1, exclude_max=True))
@few
def test_no_bad_sample_is_lost_in_resampling(value, recorded, wanted, n_samples, where):
    clip = np.full(n_samples, 0.1, dtype=np.float32)
    clip[int(where * n_samples)] = value
    with pytest.raises(ClipError, match=rf"^1 .* of {n_samples} samples"):
        LoadSettings(wanted).resampled(clip, recorded)


@pytest.mark.parametrize("pad_mode", ["constant", "wrap"])
@given(n_valid=st.integers(1, 50), n_samples=st.integers(1, 200))
@few
def test_padding_is_numpys(pad_mode, n_valid, n_samples):
    clip = np.arange(1, n_valid + 1, dtype=np.float32)
    batch = batch_of(clip, rate=1000, duration=n_samples / 1000, pad_mode=pad_mode)
    np.testing.assert_array_equal(batch.valid(0), clip[:n_samples])
    endless = np.tile(clip, n_samples) if pad_mode == "wrap" else np.append(clip, np.zeros(n_samples))
    np.testing.assert_array_equal(batch[0], endless[:n_samples])
    np.testing.assert_array_equal(batch[np.int64(0)], batch[0])


def test_keys_tell_clips_and_settings_apart():
    a, b = np.ones(10), np.zeros(10)
    distinct = [
        batch_of(a),
        batch_of(b),
        batch_of(a, rate=16000),
        batch_of(a, duration=0.5),
        batch_of(a, offset=0.5),
        batch_of(a, duration=0.5, pad_mode="wrap"),
        AudioBatch([ArraySource(a, 8000)], LoadSettings(8000)),  # float64
        AudioBatch([ArraySource(a.astype(np.float32), 16000)], LoadSettings(8000)),
    ]
    assert len({batch.key(0) for batch in distinct}) == len(distinct)


def test_keys_are_those_of_equal_clips():
    a = np.random.default_rng(0).standard_normal(10)
    assert batch_of(a).key(0) == batch_of(np.zeros(3), a.copy()).key(1)
    assert batch_of(a, duration=1).key(0) == batch_of(a, duration=np.float64(1.0)).key(0)
    assert batch_of(a, rate=8000).key(0) == batch_of(a, rate=np.int64(8000)).key(0)
