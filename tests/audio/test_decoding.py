"""Decoding, mixing and resampling of one recording."""

import io
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from audiofeat._errors import ClipError
from audiofeat.audio import files
from audiofeat.audio.files import decode, file_facts, mix_down, resample, resampled_length

few = settings(max_examples=25, derandomize=True, deadline=None)


@pytest.fixture
def ramp(tmp_path):
    """A file of 1,000 samples at 1,000 Hz whose value says where they stand."""
    path = tmp_path / "ramp.wav"
    soundfile.write(path, np.arange(1000) / 1000, 1000, subtype="FLOAT")
    return str(path)


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        ({}, 0, 1000),
        ({"start": 0.25}, 250, 1000),
        ({"stop": 0.25}, 0, 250),
        ({"start": 0.25, "stop": 0.75}, 250, 750),
        ({"start": 0.25, "duration": 0.25}, 250, 500),
        ({"start": 0.25, "stop": 0.3, "duration": 0.25}, 250, 300),
        ({"start": 0.25, "stop": 0.9, "duration": 0.25}, 250, 500),
        ({"start": 0.9, "stop": 5.0}, 900, 1000),
        ({"duration": 5.0}, 0, 1000),
        ({"start": 0.0009}, 0, 1000),
    ],
)
def test_windows_in_seconds(ramp, window, first, last):
    samples, rate = decode(ramp, **window)
    assert rate == 1000
    np.testing.assert_allclose(samples * 1000, np.arange(first, last), atol=1e-3)


@pytest.mark.parametrize("start", [1.0, 2.0])
def test_windows_beyond_the_end(ramp, start):
    with pytest.raises(ClipError, match=f"its start at {start:g} s lies at or beyond its end \\(1 s\\)"):
        decode(ramp, start=start)


@pytest.mark.parametrize("kind", ["WAV", "WAVEX", "AIFF", "FLAC", "AU", "CAF", "W64", "RF64", "NIST"])
@pytest.mark.parametrize("n_channels", [1, 2, 5])
def test_integers_become_the_floats_that_soundfile_makes(kind, n_channels, tmp_path):
    path = str(tmp_path / "all values")
    values = np.resize(np.arange(-32768, 32768).astype(np.int16), (20000, n_channels))
    soundfile.write(path, values, 8000, subtype="PCM_16", format=kind)
    samples, _ = decode(path)
    assert samples.dtype == np.float32
    np.testing.assert_array_equal(samples, mix_down(soundfile.read(path, dtype="float32", always_2d=True)[0]))


def test_facts(ramp):
    facts = file_facts(ramp)
    assert (facts.sample_rate, facts.n_samples) == (1000, 1000)
    assert file_facts(Path(ramp).read_bytes()) == facts


def test_facts_follow_the_content(ramp, tmp_path):
    # A change just now leaves length and time as they are: only the content tells.
    now = time.time_ns() + 3600 * 10**9
    os.utime(ramp, ns=(now, now))
    before = file_facts(ramp)
    soundfile.write(ramp, np.arange(1000)[::-1] / 1000, 1000, subtype="FLOAT")
    os.utime(ramp, ns=(now, now))
    assert file_facts(ramp).digest != before.digest


@pytest.fixture
def an_hour_later(monkeypatch):
    """The clock that the facts of files are held against."""
    later = time.time_ns() + 3600 * 10**9
    monkeypatch.setattr(files.time, "time_ns", lambda: later)


@pytest.mark.skipif(os.name == "nt", reason="Windows notes no time of change beside that of the content")
def test_facts_follow_a_content_whose_time_is_set_back(ramp, an_hour_later):
    before, status = file_facts(ramp), Path(ramp).stat()
    # The clock of the file system ticks every few milliseconds.
    while Path(ramp).stat().st_ctime_ns == status.st_ctime_ns:
        soundfile.write(ramp, np.arange(1000)[::-1] / 1000, 1000, subtype="FLOAT")
        os.utime(ramp, ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert Path(ramp).stat()[:7] == status[:7]
    assert file_facts(ramp).digest != before.digest


def test_facts_of_settled_files_are_remembered(ramp, monkeypatch, an_hour_later):
    hour_ago = time.time_ns() - 3600 * 10**9
    os.utime(ramp, ns=(hour_ago, hour_ago))
    facts = file_facts(ramp)
    with monkeypatch.context() as patch:
        patch.setattr(files, "_facts_of", lambda *_: pytest.fail("read again"))
        assert file_facts(ramp) is facts
    os.utime(ramp, ns=(hour_ago, hour_ago - 10**9))
    assert file_facts(ramp) is not facts


def test_the_store_of_facts_is_bounded(tmp_path, monkeypatch, an_hour_later):
    monkeypatch.setattr(files, "_MOST_FACTS", 3)
    monkeypatch.setattr(files, "_facts", type(files._facts)())
    for i in range(5):
        path = tmp_path / f"{i}.wav"
        soundfile.write(path, np.full(10, i / 10), 1000)
        os.utime(path, ns=(0, 0))
        file_facts(str(path))
    assert len(files._facts) == 3


def test_a_header_without_samples_is_refused():
    content = io.BytesIO()
    soundfile.write(content, np.zeros(0), 8000, format="WAV")
    with pytest.raises(ClipError, match="it holds no samples"):
        file_facts(content.getvalue())


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "an empty file"), (b"RIFF", "not audio"), (b"x" * 99, "not audio")]
)
def test_bytes_that_are_no_audio(content, reason):
    with pytest.raises(ClipError, match=reason):
        file_facts(content)
    with pytest.raises(ClipError, match=reason):
        decode(content)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a file without an end")
def test_what_has_no_end_is_not_read_to_it(monkeypatch):
    monkeypatch.setattr(files, "_content", lambda source: pytest.fail(f"read {source}"))
    with pytest.raises(ClipError, match="an empty file"):
        file_facts("/dev/zero")


@given(n_samples=st.integers(0, 20), n_channels=st.integers(1, 6), seed=st.integers(0, 99))
@few
def test_mixing_is_the_mean(n_samples, n_channels, seed):
    samples = np.random.default_rng(seed).standard_normal((n_samples, n_channels)).astype(np.float32)
    mixed = mix_down(samples)
    assert mixed.dtype == np.float32
    np.testing.assert_allclose(mixed, samples.mean(axis=1), atol=1e-6)


@given(
    n_samples=st.integers(1, 500), rates=st.tuples(*[st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000])] * 2)
)
@few
def test_resampled_lengths(n_samples, rates):
    rate, new_rate = rates
    out = resample(np.ones(n_samples, dtype=np.float32), rate, new_rate)
    assert out.dtype == np.float32
    assert len(out) == resampled_length(n_samples, rate, new_rate) == -(-n_samples * new_rate // rate)


def test_the_same_rate_changes_nothing(rng):
    samples = rng.standard_normal(100).astype(np.float32)
    assert resample(samples, 8000, 8000) is samples


def test_resampling_removes_what_the_new_rate_cannot_hold():
    seconds = np.arange(48000) / 48000
    low, high = np.sin(2 * np.pi * 1000 * seconds), np.sin(2 * np.pi * 9000 * seconds)
    out = resample((low + high).astype(np.float32), 48000, 16000)
    np.testing.assert_allclose(out[200:-200], low[::3][200:-200], atol=1e-3)
