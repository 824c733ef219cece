"""Several clips are read before features are computed of them: it changes no value, and long ones do not pile up."""

import re
import shutil
import weakref
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiofeat import MFCC, AudioInputError, AudioLoader
from audiofeat.audio import AudioBatch
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


@pytest.mark.parametrize(("rate", "expected"), [(16000, list(range(16, 0, -1))), (22050, [0] * 16)])
def test_a_clip_is_let_go_when_its_features_are_there(paths, rate, expected, monkeypatch):
    read, left = [], []
    decode = AudioBatch.decoded

    def decoded(batch, index):
        samples, rate = decode(batch, index)
        # What owns the memory, of which the rest are views.
        read.append(weakref.ref(samples if samples.base is None else samples.base))
        return samples, rate

    def extract_clip(*args):
        left.append(sum(ref() is not None for ref in read))
        return compute(*args)

    compute = _extraction._extract_clip
    monkeypatch.setattr(AudioBatch, "decoded", decoded)
    monkeypatch.setattr(_extraction, "_extract_clip", extract_clip)
    MFCC(n_jobs=1).fit_transform(AudioLoader(rate).fit_transform(paths[:16]))
    # What was read of those that were resampled is let go then.
    assert left == expected


@pytest.mark.parametrize(
    ("recorded", "wanted", "sizes"), [(1000, 48000, [3, 3, 2]), (48000, 1000, [3, 3, 2]), (8000, 8000, [8])]
)
def test_what_is_at_hand_is_counted_before_and_after_resampling(tmp_path, recorded, wanted, sizes, monkeypatch):
    monkeypatch.setattr(_extraction, "_AT_HAND", 100_000)
    rng = np.random.default_rng(0)
    names = [str(tmp_path / f"{i}.wav") for i in range(8)]
    for name in names:
        soundfile.write(name, 0.1 * rng.standard_normal(recorded), recorded)
    read, seen = _extraction._read, []

    def watched(*args):
        works = read(*args)
        seen.append(len(works))
        return works

    monkeypatch.setattr(_extraction, "_read", watched)
    MFCC(n_fft=256, hop_length=128, n_mels=20, n_mfcc=13, n_jobs=1).fit_transform(
        AudioLoader(wanted).fit_transform(names)
    )
    assert seen == sizes


@pytest.mark.parametrize("at_hand", [1, 1 << 21])
def test_what_an_interrupted_run_computed_is_kept(paths, tmp_path, at_hand, monkeypatch):
    monkeypatch.setattr(_extraction, "_AT_HAND", at_hand)
    compute, n_computed = _extraction._extract_clip, iter(range(1, 100))

    def interrupted(*args):
        if next(n_computed) == 30:
            raise KeyboardInterrupt
        return compute(*args)

    monkeypatch.setattr(_extraction, "_extract_clip", interrupted)
    batch = AudioLoader(16000, memory=tmp_path / "store").fit_transform(paths)
    with pytest.raises(KeyboardInterrupt):
        MFCC().fit_transform(batch)
    monkeypatch.setattr(_extraction, "_extract_clip", compute)
    batch = AudioLoader(16000, memory=tmp_path / "store").fit_transform(paths)
    MFCC().fit_transform(batch)
    assert batch.cache_info().hits == 29
    assert batch.cache_info().misses == 11


@pytest.mark.parametrize("gone", [[0], [1], [0, 1], [0, 2]])
def test_a_file_that_is_gone_is_read_from_its_copy(paths, tmp_path, gone):
    expected = MFCC().fit_transform(AudioLoader(16000).fit_transform(paths[:1] * 3 + paths[3:4]))
    for copy in paths[1:3]:
        shutil.copyfile(paths[0], copy)
    batch = AudioLoader(16000, memory=tmp_path / "store").fit_transform(paths[:4])
    for number in gone:
        Path(paths[number]).unlink()
    np.testing.assert_array_equal(MFCC().fit_transform(batch), expected)


def test_each_file_that_is_gone_is_named(paths, tmp_path):
    shutil.copyfile(paths[0], paths[1])
    batch = AudioLoader(16000, memory=tmp_path / "store").fit_transform(paths[:3])
    for path in paths[:2]:
        Path(path).unlink()
    with pytest.raises(AudioInputError, match=r"2 of 3 clips:\n  clip 0 .*: no such file\n  clip 1 .*: no such file"):
        MFCC().fit_transform(batch)
