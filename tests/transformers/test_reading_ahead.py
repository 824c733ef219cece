"""Several clips are read before features are computed of them: it changes no value, and long ones do not pile up."""

import re
import tracemalloc

import numpy as np
import pytest
import soundfile

from audiofeat import MFCC, AudioInputError, AudioLoader
from audiofeat.transformers import _extraction


@pytest.fixture
def paths(tmp_path):
    rng = np.random.default_rng(0)
    names = []
    for i in range(40):
        names.append(str(tmp_path / f"{i:02d}.wav"))
        soundfile.write(names[-1], 0.1 * rng.standard_normal(2000 + 100 * i), 16000)
    return names


@pytest.mark.parametrize("at_hand", [0, 1, 5000, 1 << 30])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_no_value_depends_on_how_much_is_read_ahead(paths, at_hand, n_jobs, monkeypatch):
    batch = AudioLoader(22050).fit_transform(paths)
    expected = np.concatenate([MFCC().fit_transform(batch[[i]]) for i in range(len(batch))])
    monkeypatch.setattr(_extraction, "_AT_HAND", at_hand)
    np.testing.assert_array_equal(MFCC(n_jobs=n_jobs).fit_transform(batch), expected)


@pytest.mark.parametrize("rate", [16000, 22050])
def test_each_bad_clip_is_named(paths, rate):
    soundfile.write(paths[5], np.full(3000, np.nan), 16000, subtype="FLOAT")
    soundfile.write(paths[7], np.zeros(9), 16000)
    batch = AudioLoader(rate).fit_transform(paths)
    soundfile.write(paths[3], np.zeros(100), 16000)
    with pytest.raises(AudioInputError) as refused:
        MFCC(n_fft=512, hop_length=128, center=False).fit_transform(batch)
    lines = str(refused.value).splitlines()[1:4]
    # One shows on reading, one on resampling, one when its frames are counted.
    for line, reason in zip(
        lines,
        ["clip 3 .*: it has changed", "clip 5 .*: 3000 NaN of 3000", "clip 7 .*: its .* samples are fewer"],
        strict=True,
    ):
        assert re.search(reason, line)


def test_long_clips_do_not_pile_up(tmp_path, monkeypatch):
    monkeypatch.setattr(_extraction, "_AT_HAND", 1_000_000)
    rng = np.random.default_rng(0)
    noise = (0.1 * rng.standard_normal(1_500_000)).astype(np.float32)
    names = [str(tmp_path / f"{i}.wav") for i in range(4)]
    for i, name in enumerate(names):
        soundfile.write(name, np.roll(noise, i), 44100)
    peaks = []
    for some in (names[:1], names[:1], names):
        batch = AudioLoader(22050).fit_transform(some)
        tracemalloc.start()
        MFCC(n_jobs=1).fit_transform(batch)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The first one also pays for tables.
    assert peaks[2] < 1.1 * peaks[1]
