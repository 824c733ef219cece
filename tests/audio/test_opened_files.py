"""Clips cut from long recordings: the right samples, without decoding what lies before them again and again."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from audiofeat import AudioLoader
from audiofeat._errors import AudioInputError
from audiofeat.audio import files as audio_files
from audiofeat.audio import opened
from audiofeat.audio.files import decode, file_facts
from audiofeat.audio.opened import OpenFiles

RATE, SECONDS = 16000, 90


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """An MP3 whose frames lean on those before them, as loud noise makes them do, and all of its samples."""
    path = tmp_path_factory.mktemp("recordings") / "music.mp3"
    rng = np.random.default_rng(0)
    envelope = np.repeat(rng.uniform(0.01, 0.6, SECONDS * 4), RATE // 4)
    soundfile.write(path, envelope * rng.standard_normal(SECONDS * RATE).clip(-1, 1), RATE)
    return str(path), decode(str(path))[0]


def cut(samples, start, stop):
    return samples[int(start * RATE) : int(stop * RATE)]


@pytest.fixture
def decoded(monkeypatch):
    """How many samples soundfile has decoded, and how often it sought."""
    counts = {"samples": 0, "seeks": 0, "opened": 0}

    class Counting(soundfile.SoundFile):
        def read(self, *args, **kwargs):
            samples = super().read(*args, **kwargs)
            counts["samples"] += len(samples)
            return samples

        def seek(self, *args, **kwargs):
            counts["seeks"] += 1
            return super().seek(*args, **kwargs)

    class CountingStream(Counting, opened.Stream):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            counts["opened"] += 1

    monkeypatch.setattr(opened, "Stream", CountingStream)
    monkeypatch.setattr(opened.soundfile, "SoundFile", Counting)
    return counts


@pytest.mark.parametrize("hop", [0.5, 2.0, 3.0], ids=["overlapping", "side by side", "with gaps"])
def test_windows_in_order_decode_a_recording_once(music, decoded, hop):
    path, whole = music
    files = OpenFiles()
    starts = np.arange(0, SECONDS - 2, hop)
    for start in starts.tolist():
        samples, rate = decode(path, start=start, stop=start + 2, files=files)
        assert rate == RATE
        np.testing.assert_allclose(samples, cut(whole, start, start + 2), atol=1e-6)
    assert decoded == {"samples": int((starts[-1] + 2) * RATE), "seeks": 0, "opened": 1}


def test_windows_anywhere(music, rng):
    path, whole = music
    files = OpenFiles()
    for start in rng.uniform(0, SECONDS - 2, 60).tolist():
        samples, _ = decode(path, start=start, duration=1.5, files=files)
        np.testing.assert_allclose(samples, whole[int(start * RATE) :][: int(1.5 * RATE)], atol=1e-6)
    samples, _ = decode(path, start=80.0, files=files)
    np.testing.assert_allclose(samples, whole[80 * RATE :], atol=1e-6)


def test_a_window_far_away_is_sought(music, decoded, monkeypatch):
    path, whole = music
    monkeypatch.setattr(opened, "_SKIP", 10.0)
    files = OpenFiles()
    for start in (0.0, 60.0, 5.0):
        samples, _ = decode(path, start=start, duration=1.0, files=files)
        np.testing.assert_allclose(samples, cut(whole, start, start + 1), atol=1e-6)
    assert decoded["opened"] == 1
    assert decoded["seeks"] == 2
    assert decoded["samples"] == (1 + 1.5 + 1.5) * RATE


def test_what_is_written_into_a_clip_stays_there(music):
    path, whole = music
    files = OpenFiles()
    for start in (1.0, 1.5, 1.5):
        samples, _ = decode(path, start=start, duration=1.0, files=files)
        np.testing.assert_allclose(samples, cut(whole, start, start + 1), atol=1e-6)
        samples[:] = 0


def test_threads_have_a_file_each(music, decoded):
    path, whole = music
    files = OpenFiles()
    starts = np.arange(0, SECONDS - 2, 1.0).tolist()
    with ThreadPoolExecutor(4) as pool:
        clips = list(pool.map(lambda start: decode(path, start=start, stop=start + 2, files=files)[0], starts))
    for start, clip in zip(starts, clips, strict=True):
        np.testing.assert_allclose(clip, cut(whole, start, start + 2), atol=1e-6)
    assert decoded["opened"] <= 4


def test_few_files_are_open_at_once(music, tmp_path, monkeypatch):
    path, _ = music
    closed = []
    monkeypatch.setattr(opened, "_MOST_OPEN", 2)
    monkeypatch.setattr(opened._Forward, "close", lambda self: closed.append(self))
    files = OpenFiles()
    content = Path(path).read_bytes()
    for name in "abcd":
        (tmp_path / f"{name}.mp3").write_bytes(content)
        decode(str(tmp_path / f"{name}.mp3"), start=1.0, duration=1.0, files=files)
    assert len(closed) == 2


@pytest.mark.parametrize(
    ("suffix", "subtype"), [("wav", "PCM_16"), ("flac", "PCM_16"), ("ogg", "VORBIS")], ids=["wav", "flac", "ogg"]
)
def test_other_formats_read_only_the_part(tmp_path, rng, decoded, suffix, subtype):
    path = str(tmp_path / f"long.{suffix}")
    soundfile.write(path, 0.1 * rng.standard_normal((60 * RATE, 2)), RATE, subtype=subtype)
    whole = decode(path)[0]
    files = OpenFiles()
    decoded["samples"] = 0
    for start in (50.0, 10.0, 11.0):
        samples, _ = decode(path, start=start, duration=2.0, files=files)
        np.testing.assert_array_equal(samples, cut(whole, start, start + 2))
    assert decoded["samples"] == 6 * RATE


def test_a_batch_keeps_its_recording_open(music, decoded):
    path, whole = music
    frame = pd.DataFrame({"path": [path] * 20, "start": np.arange(20.0), "end": np.arange(20.0) + 2})
    batch = AudioLoader(sample_rate=RATE).fit_transform(frame)
    decoded.update(opened=0, samples=0)
    for part in (batch[:10], batch[10:]):
        for i, clip in enumerate(part):
            start = i + 10 * (part.sources[0].start == 10)
            np.testing.assert_allclose(clip, cut(whole, start, start + 2), atol=1e-6)
    assert decoded == {"opened": 1, "samples": 21 * RATE, "seeks": 0}
    copy = pickle.loads(pickle.dumps(batch))
    np.testing.assert_allclose(copy[3], cut(whole, 3, 5), atol=1e-6)


def test_a_recording_that_changes_meanwhile_is_refused(music, tmp_path, rng):
    path = tmp_path / "live.mp3"
    path.write_bytes(Path(music[0]).read_bytes())
    frame = pd.DataFrame({"path": [path] * 2, "start": [0.0, 2.0], "end": [2.0, 4.0]})
    batch = AudioLoader(sample_rate=RATE).fit_transform(frame)
    assert len(batch[0]) == 2 * RATE
    soundfile.write(path, 0.1 * rng.standard_normal(20 * RATE), RATE)
    with pytest.raises(AudioInputError, match="it has changed since it was loaded"):
        batch.check()


def test_long_files_are_hashed_in_pieces(tmp_path, rng, monkeypatch):
    path = tmp_path / "long.wav"
    soundfile.write(path, 0.1 * rng.standard_normal(5000), RATE)
    expected = file_facts(path.read_bytes())
    monkeypatch.setattr(audio_files, "_LONG", 1000)
    monkeypatch.setattr(audio_files, "_PIECE", 999)
    monkeypatch.setattr(audio_files.xxhash, "xxh3_128_digest", lambda _: pytest.fail("read as a whole"))
    assert file_facts(str(path)) == expected
    (tmp_path / "text.wav").write_text("no audio" * 1000)
    with pytest.raises(ValueError, match="not audio that soundfile can read"):
        file_facts(str(tmp_path / "text.wav"))
