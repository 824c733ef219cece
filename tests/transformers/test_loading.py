"""AudioLoader: every kind of input, lengths, rates and laziness."""

import io
import pickle

import numpy as np
import pandas as pd
import pytest
import soundfile

from audiofeat import MFCC, AudioBatch, AudioLoader, AudioWarning

RATE = 8000


def samples_of(path):
    # soundfile.read would seek first, and an MP3 decoded after a seek differs in its last bit.
    with soundfile.SoundFile(path) as file:
        return file.read(dtype="float32")


def test_paths_as_strings_and_as_paths(write_clip):
    paths = [write_clip("a.wav"), write_clip("bb.wav")]
    loader = AudioLoader(sample_rate=RATE)
    for X in (
        paths,
        tuple(paths),
        [str(path) for path in paths],
        np.array([str(path) for path in paths]),
        np.array(paths, dtype=object),
        np.array([[str(path)] for path in paths]),
        pd.Series([str(path) for path in paths]),
        pd.Series(paths, index=[7, 3]),
        (path for path in paths),
    ):
        batch = loader.fit_transform(X)
        assert isinstance(batch, AudioBatch)
        assert batch.paths == [str(path) for path in paths]
        for clip, path in zip(batch, paths, strict=True):
            assert clip.dtype == np.float32
            np.testing.assert_array_equal(clip, samples_of(path))


def test_data_frames(write_clip):
    paths = [str(write_clip(f"{name}.wav", rate=RATE)) for name in "abc"]
    whole = [samples_of(path) for path in paths]
    loader = AudioLoader(sample_rate=RATE)
    index = [5, 5, 1]

    batch = loader.fit_transform(pd.DataFrame({"path": paths, "label": 1}, index=index))
    assert batch.paths == paths
    np.testing.assert_array_equal(batch[2], whole[2])

    one_column = loader.fit_transform(pd.DataFrame({"whatever": paths}))
    np.testing.assert_array_equal(one_column[1], whole[1])

    starts, ends = [0.0, 0.1, np.nan], [0.25, np.nan, 0.2]
    windows = loader.fit_transform(pd.DataFrame({"end": ends, "path": paths, "start": starts}, index=index))
    np.testing.assert_array_equal(windows[0], whole[0][:2000])
    np.testing.assert_array_equal(windows[1], whole[1][800:])
    np.testing.assert_array_equal(windows[2], whole[2][:1600])

    nullable = pd.DataFrame({"path": paths, "start": pd.array([0.1, None, 0], dtype="Float64")})
    np.testing.assert_array_equal(loader.fit_transform(nullable)[0], whole[0][800:])


def test_data_frames_of_polars(write_clip):
    polars = pytest.importorskip("polars")
    paths = [str(write_clip(f"{name}.wav", rate=RATE)) for name in "ab"]
    whole = [samples_of(path) for path in paths]
    loader = AudioLoader(sample_rate=RATE)
    batch = loader.fit_transform(
        polars.DataFrame({"path": paths, "start": [0.1, None], "end": [None, 0.2], "label": "x"})
    )
    np.testing.assert_array_equal(batch[0], whole[0][800:])
    np.testing.assert_array_equal(batch[1], whole[1][:1600])
    with pytest.raises(TypeError, match="column 'start' is no number"):
        loader.fit(polars.DataFrame({"path": paths, "start": "0.1"}))


@pytest.mark.parametrize(("name", "cure"), [("duration", r"assign\(end=table.start"), ("stop", r"rename\(columns=")])
def test_ends_in_a_column_of_another_name(write_clip, name, cure):
    frame = pd.DataFrame({"path": [str(write_clip("a.wav", rate=RATE))], "start": [0.1], name: [0.2]})
    loader = AudioLoader(sample_rate=RATE)
    with pytest.warns(AudioWarning, match=rf"'start' and '{name}' but no 'end', so .*{cure}.*drop the column '{name}'"):
        loader.fit_transform(frame)
    # With an end, or where whole recordings are meant, it is a column like any other.
    loader.fit_transform(frame.assign(end=0.2))
    loader.fit_transform(frame.drop(columns="start"))


def test_windows_of_one_recording_neither_overlap_nor_leave_gaps(write_clip):
    path = write_clip("long.wav", rate=11025)
    edges = np.arange(0, 0.5, 0.07)
    frame = pd.DataFrame({"path": str(path), "start": edges[:-1], "end": edges[1:]})
    pieces = list(AudioLoader(sample_rate=11025).fit_transform(frame))
    np.testing.assert_array_equal(np.concatenate(pieces), samples_of(path)[: sum(map(len, pieces))])


def test_bytes(write_clip):
    content = write_clip("a.wav").read_bytes()
    expected = samples_of(io.BytesIO(content))
    loader = AudioLoader(sample_rate=RATE)
    for X in ([content], [bytearray(content)], [memoryview(content)], np.array([content], dtype=object)):
        batch = loader.fit_transform(X)
        assert batch.paths == [None]
        np.testing.assert_array_equal(batch[0], expected)


def test_open_files_can_be_read_twice(write_clip, tmp_path):
    path = write_clip("a.wav")
    with path.open("rb") as file, io.BytesIO(path.read_bytes()) as memory, path.open("rb", buffering=0) as raw:
        X = [file, memory, raw]
        loader = AudioLoader(sample_rate=RATE).fit(X)
        for _ in range(2):
            for clip in loader.transform(X):
                np.testing.assert_array_equal(clip, samples_of(path))
    # What has been loaded does not need the files again.
    batch = loader.transform([io.BytesIO(path.read_bytes())])
    path.unlink()
    assert len(batch[0]) == 4000


def test_arrays_in_memory(rng):
    clips = [rng.standard_normal(n) for n in (500, 800)]
    loader = AudioLoader(sample_rate=RATE)
    for clip, original in zip(loader.fit_transform(clips), clips, strict=True):
        assert clip.dtype == np.float32
        np.testing.assert_array_equal(clip, original.astype(np.float32))
    equal = np.stack([clip[:500] for clip in clips])
    for X in (equal, equal.astype(np.float32), equal.tolist(), pd.DataFrame(equal).to_numpy()):
        np.testing.assert_array_equal(np.asarray(loader.fit_transform(X)), equal.astype(np.float32))


def test_arrays_without_a_rate_have_the_loaders(rng):
    clip = rng.standard_normal(1000)
    assert len(AudioLoader(sample_rate=16000).fit_transform([clip])[0]) == 1000
    batch = AudioLoader(sample_rate=None).fit_transform([clip])
    assert batch.sample_rate == 22050


def test_pairs_bring_their_rate(rng):
    clip = rng.standard_normal(16000).astype(np.float32)
    loader = AudioLoader(sample_rate=8000)
    for rate in (16000, 16000.0, np.int32(16000), np.array(16000)):
        assert loader.fit_transform([(rate, clip)])[0].shape == (8000,)
    own_rate = AudioLoader(sample_rate=None).fit([(16000, clip)])
    assert own_rate.sample_rate_ == 16000
    np.testing.assert_array_equal(own_rate.transform([(16000, clip)])[0], clip)


@pytest.mark.parametrize(
    ("dtype", "full_scale", "middle"),
    [(np.uint8, 128, 128), (np.int8, 128, 0), (np.int16, 32768, 0), (np.int32, 2147483648, 0), (">i2", 32768, 0)],
)
def test_whole_numbers_are_pcm(dtype, full_scale, middle):
    info = np.iinfo(dtype)
    stereo = np.array([[info.min, info.min], [info.max, info.max], [middle, middle], [middle, info.max]], dtype=dtype)
    clip = AudioLoader(sample_rate=RATE).fit_transform([(RATE, stereo)])[0]
    top = (int(info.max) - middle) / full_scale
    np.testing.assert_allclose(clip, [-1.0, top, 0.0, top / 2], rtol=1e-6)


def test_pcm_arrays_equal_the_file_they_came_from(write_clip, rng):
    stereo = rng.integers(-32768, 32767, (4000, 2), dtype=np.int16)
    path = write_clip("stereo.wav", stereo, subtype="PCM_16")
    from_file, from_array = AudioLoader(sample_rate=16000).fit_transform([path, (RATE, stereo)])
    np.testing.assert_array_equal(from_file, from_array)


def test_ordinary_python_numbers_are_no_pcm():
    clip = AudioLoader(sample_rate=RATE).fit_transform([[0, 1, -1, 0]])[0]
    assert clip.tolist() == [0.0, 1.0, -1.0, 0.0]


def test_half_precision_is_storage_only(rng):
    clip = np.ones(70_000, dtype=np.float16)
    assert (AudioLoader(sample_rate=RATE).fit_transform([(RATE, clip)])[0] == 1.0).all()


def test_channels_are_averaged(write_clip, rng):
    channels = rng.uniform(-0.5, 0.5, (3000, 5))
    path = write_clip("five.wav", channels, subtype="FLOAT")
    clip = AudioLoader(sample_rate=RATE).fit_transform([path])[0]
    np.testing.assert_allclose(clip, channels.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize(
    ("name", "options", "tolerance"),
    [
        ("pcm16.wav", {"subtype": "PCM_16"}, 1e-4),
        ("pcm24.wav", {"subtype": "PCM_24"}, 1e-6),
        ("pcm8.wav", {"subtype": "PCM_U8"}, 1e-2),
        ("pcm32.wav", {"subtype": "PCM_32"}, 1e-7),
        ("float.wav", {"subtype": "FLOAT"}, 1e-7),
        ("double.wav", {"subtype": "DOUBLE"}, 1e-7),
        ("law.wav", {"subtype": "ULAW"}, 2e-2),
        ("clip.aiff", {}, 1e-4),
        ("clip24.aiff", {"subtype": "PCM_24"}, 1e-6),
        ("clip.flac", {}, 1e-4),
        ("clip24.flac", {"subtype": "PCM_24"}, 1e-6),
        ("clip.ogg", {"subtype": "VORBIS"}, 0.2),
        ("clip.mp3", {}, 0.2),
        ("clip.au", {}, 1e-4),
        ("clip.w64", {}, 1e-4),
        ("clip.caf", {}, 1e-4),
    ],
)
def test_formats(write_clip, name, options, tolerance):
    sine = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)
    path = write_clip(name, sine, rate=16000, **options)
    from_path, from_bytes = AudioLoader(sample_rate=16000).fit_transform([path, path.read_bytes()])
    np.testing.assert_array_equal(from_path, from_bytes)
    np.testing.assert_array_equal(from_path, samples_of(path))
    np.testing.assert_allclose(from_path[: len(sine)], sine, atol=tolerance)


def test_batches_are_clips_too(write_clip, decoded):
    paths = [write_clip("a.wav", rate=16000), write_clip("bb.wav", rate=16000)]
    batch = AudioLoader(sample_rate=16000).fit_transform(paths)
    again = AudioLoader(sample_rate=8000, duration=0.25, offset=0.1).fit_transform(batch)
    assert again.paths == batch.paths
    assert not decoded
    direct = AudioLoader(sample_rate=8000, duration=0.25, offset=0.1).fit_transform(paths)
    np.testing.assert_array_equal(np.asarray(again), np.asarray(direct))
    assert len({*(again.key(i) for i in range(2)), *(direct.key(i) for i in range(2))}) == 4
    own_rate = AudioLoader(sample_rate=None).fit(batch)
    assert own_rate.sample_rate_ == 16000


def test_kinds_can_be_mixed(write_clip, rng):
    path = write_clip("a.wav")
    X = [path, str(path), path.read_bytes(), samples_of(path), (RATE, samples_of(path))]
    batch = AudioLoader(sample_rate=RATE).fit_transform(X)
    for clip in batch:
        np.testing.assert_array_equal(clip, samples_of(path))


@pytest.mark.parametrize("pad_mode", ["constant", "wrap"])
def test_duration_cuts_and_pads(pad_mode, rng):
    long, short = rng.standard_normal(1000).astype(np.float32), rng.standard_normal(300).astype(np.float32)
    batch = AudioLoader(sample_rate=1000, duration=0.8, pad_mode=pad_mode).fit_transform([long, short])
    np.testing.assert_array_equal(batch[0], long[:800])
    np.testing.assert_array_equal(batch[1], np.pad(short, (0, 500), mode=pad_mode))
    np.testing.assert_array_equal(batch.valid(1), short)
    assert np.asarray(batch).shape == (2, 800)


def test_offset_skips(write_clip):
    path = write_clip("a.wav")
    clip = samples_of(path)
    loader = AudioLoader(sample_rate=RATE, offset=0.1, duration=0.2)
    for loaded in loader.fit_transform([path, clip]):
        np.testing.assert_array_equal(loaded, clip[800:2400])
    window = pd.DataFrame({"path": [str(path)], "start": [0.05], "end": [0.35]})
    np.testing.assert_array_equal(loader.fit_transform(window)[0], clip[1200:2800])
    late = AudioLoader(sample_rate=RATE, offset=0.2, duration=0.2).fit_transform(window)
    np.testing.assert_array_equal(late.valid(0), clip[2000:2800])
    assert len(late[0]) == 1600


def test_resampling_keeps_a_tone(write_clip):
    seconds = np.arange(44100) / 44100
    path = write_clip("tone.wav", 0.5 * np.sin(2 * np.pi * 440 * seconds), rate=44100, subtype="FLOAT")
    clip = AudioLoader(sample_rate=16000).fit_transform([path])[0]
    assert clip.shape == (16000,)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    np.testing.assert_allclose(clip[500:-500], expected[500:-500], atol=1e-3)


def test_the_rate_is_learned_if_not_given(write_clip):
    paths = [write_clip("a.wav", rate=11025), write_clip("bb.wav", rate=11025)]
    loader = AudioLoader(sample_rate=None).fit(paths)
    assert loader.sample_rate_ == 11025
    assert loader.transform(paths).sample_rate == 11025


def test_nothing_is_decoded_until_a_clip_is_asked_for(write_clip, decoded):
    paths = [write_clip(f"{'x' * n}.flac") for n in range(1, 5)]
    frame = pd.DataFrame({"path": [str(path) for path in paths], "start": 0.1})
    files = [path.read_bytes() for path in paths]
    for X in (paths, frame, files, np.array([str(path) for path in paths])):
        loader = AudioLoader(sample_rate=16000, duration=1.0, memory="not-made")
        batch = loader.fit(X).transform(X)
        batch = loader.fit_transform(X)
        assert len(batch[1:][[0, 2]]) == 2
        extractor = MFCC(n_mels=20).fit(batch)
        extractor.get_feature_names_out()
        assert repr(batch)
    assert decoded == []
    batch[0]
    assert len(decoded) == 1
    list(batch)
    assert len(decoded) == 5


def test_fitting_writes_no_folder(tmp_path, write_clip):
    AudioLoader(memory=tmp_path / "store").fit_transform([write_clip("a.wav")])
    assert not (tmp_path / "store").exists()


def test_loader_and_batch_survive_a_pickle(write_clip, tmp_path):
    path = write_clip("a.wav")
    loader = AudioLoader(sample_rate=16000, duration=1.0, pad_mode="wrap", memory=tmp_path / "store").fit([path])
    batch = loader.transform([path, path.read_bytes(), (RATE, samples_of(path))])
    copied_loader, copied = pickle.loads(pickle.dumps((loader, batch)))
    assert repr(copied_loader) == repr(loader)
    assert copied.paths == batch.paths
    assert copied.cache.folder == tmp_path / "store"
    for i in range(3):
        np.testing.assert_array_equal(copied[i], batch[i])
        assert copied.key(i) == batch.key(i)
    np.testing.assert_array_equal(copied_loader.transform([path])[0], batch[0])


def test_a_pickled_file_batch_holds_no_samples(write_clip):
    path = write_clip("a.wav", np.zeros(80_000))
    assert len(pickle.dumps(AudioLoader().fit_transform([path] * 10))) < 5000
