"""Clips that cannot be used: one error that names every one of them, by index and path, and says why."""

import io
import math
import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from audiofeat import (
    MFCC,
    AudioInputError,
    AudioLoader,
    Chroma,
    FeatureBank,
    MelSpectrogram,
    Spectrogram,
)

few = settings(max_examples=25, derandomize=True, deadline=None)

RATE = 8000
NOISE = 0.1 * np.random.default_rng(0).standard_normal(4000).astype(np.float32)
LOADER = AudioLoader(sample_rate=RATE)


def refusal(call, kind=AudioInputError):
    """The lines of the message that `call` is refused with."""
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value).splitlines()


def test_every_bad_file_in_one_error(write_clip, tmp_path):
    good = write_clip("good.wav")
    files = {name: tmp_path / name for name in ("missing.wav", "folder", "empty.wav", "text.wav", "silent.wav")}
    files["folder"].mkdir()
    files["empty.wav"].touch()
    files["text.wav"].write_text("this is a letter, not a recording\n" * 20)
    soundfile.write(files["silent.wav"], np.zeros(0), RATE)
    X = [good, *files.values(), good]
    lines = refusal(lambda: LOADER.fit(X))
    assert lines[0] == "AudioLoader cannot use 5 of 7 clips:"
    reasons = [
        "no such file",
        "a folder, not a file",
        "an empty file (0 bytes)",
        "not audio that soundfile can read (Format not recognised)",
        "it holds no samples",
    ]
    assert lines[1:-1] == [
        f"  clip {i} ({path}): {reason}"
        for i, (path, reason) in enumerate(zip(files.values(), reasons, strict=True), 1)
    ]
    assert lines[-1] == "Fix or remove these clips."


def test_the_error_carries_its_problems(write_clip, tmp_path):
    with pytest.raises(AudioInputError) as caught:
        LOADER.fit([write_clip("good.wav"), tmp_path / "missing.wav"])
    (problem,) = caught.value.problems
    assert (problem.clip, problem.path, problem.reason) == (1, str(tmp_path / "missing.wav"), "no such file")
    assert caught.value.n_clips == 2
    assert isinstance(caught.value, ValueError)


def test_transform_refuses_as_fit_does(write_clip, tmp_path):
    loader = AudioLoader(sample_rate=RATE).fit([write_clip("good.wav")])
    assert "clip 0" in refusal(lambda: loader.transform([tmp_path / "missing.wav"]))[1]


def test_more_than_a_hundred_are_counted(tmp_path):
    lines = refusal(lambda: LOADER.fit([tmp_path / f"{i}.wav" for i in range(150)]))
    assert lines[0] == "AudioLoader cannot use 150 of 150 clips:"
    assert lines[-2] == "  and 50 more, in the attribute `problems`"


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
@given(keep=st.floats(0.0, 1.0))
@few
def test_truncated_files_load_or_are_refused(name, keep):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        soundfile.write(path, NOISE, RATE)
        content = path.read_bytes()
        path.write_bytes(content[: int(keep * len(content))])
        try:
            (clip,) = np.asarray(LOADER.fit_transform([path]))
        except AudioInputError as exc:
            (problem,) = exc.problems
            fine = problem.reason.startswith(
                ("an empty file", "not audio that", "it holds no samples", "it is cut off")
            )
        else:
            # An MP3 is padded to whole frames.
            fine = np.isfinite(clip).all() and len(clip) <= len(NOISE) + 2400
        assert fine


# A damaged header may tell of a sample rate of a megahertz.
@pytest.mark.filterwarnings("ignore::audiofeat.EmptyFilterWarning")
@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
@given(data=st.data())
@few
def test_damaged_files_load_or_are_refused(name, data):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        soundfile.write(path, NOISE, RATE)
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 6))):
            # Mostly in the header, where it hurts.
            where = data.draw(st.integers(0, min(60, len(content) - 1)) | st.integers(0, len(content) - 1))
            content[where] = data.draw(st.integers(0, 255))
        path.write_bytes(content)
        try:
            features = MFCC(n_mels=20).fit_transform(AudioLoader(sample_rate=None).fit_transform([path]))
        except AudioInputError:
            return
        assert np.isfinite(features).all()


def test_samples_that_are_no_numbers_in_arrays():
    nan, infinite = NOISE.copy(), NOISE.copy()
    nan[[1, 7]] = np.nan
    infinite[3] = -np.inf
    both = np.array([np.nan, np.inf, 0.0])
    X = [nan, NOISE, infinite, both, np.zeros(0)]
    expected = [
        "  clip 0: 2 NaN of 4000 samples",
        "  clip 2: 1 infinite (inf) of 4000 samples",
        "  clip 3: 1 NaN and 1 infinite (inf) of 3 samples",
        "  clip 4: it holds no samples",
    ]
    for by, call in (
        ("AudioLoader", lambda: LOADER.fit(X)),
        ("MFCC", lambda: MFCC().fit(X)),
        ("MFCC", lambda: MFCC().fit([NOISE]).transform(X)),
        ("FeatureBank", lambda: FeatureBank([("mfcc", MFCC())]).fit([NOISE]).transform(X)),
    ):
        lines = refusal(call)
        assert lines[0] == f"{by} cannot use 4 of 5 clips:"
        assert lines[1:-1] == expected


@pytest.mark.parametrize(
    "kind", [np.asarray, list, np.ndarray.tolist, pd.Series], ids=["array", "list", "floats", "series"]
)
@pytest.mark.parametrize(
    "step", [MFCC(), FeatureBank([("mfcc", MFCC())]), AudioLoader()], ids=lambda s: type(s).__name__
)
def test_one_clip_is_to_be_wrapped(step, kind):
    message = r"got one 1-D array of 4000 samples\. .*Reshape your data: wrap it in a list\."
    with pytest.raises(ValueError, match=message):
        step.fit(kind(NOISE))


def test_clips_with_channels():
    stereo = np.stack([NOISE, -NOISE])
    for clips, numbers in ([[stereo, stereo[:, :100]], (0, 1)], [[stereo], (0,)], [[NOISE, stereo.T], (1,)]):
        lines = refusal(lambda clips=clips: MFCC().fit(clips))
        assert lines[0].startswith(f"MFCC cannot use {len(numbers)} of {len(clips)} clip")
        assert [int(re.match(r"  clip (\d)", line)[1]) for line in lines[1:-1]] == list(numbers)
        assert "expected one axis, (n_samples,)" in lines[1]
        assert "AudioLoader" in lines[-1]
        assert "(rate, array)" in lines[-1]
    lines = refusal(lambda: MFCC().fit([NOISE]).transform([stereo]))
    assert "  clip 0: an array of shape (2, 4000); expected one axis, (n_samples,)" in lines
    with pytest.raises(
        ValueError, match=r"MFCC got an array of shape \(3, 2, 4000\); expected mono clips, \(n_clips, n_sam"
    ):
        MFCC().fit(np.zeros((3, 2, 4000)))


def test_lists_of_numbers_of_unequal_length():
    clips = [[0.0] * 100, [1.0] * 50]
    message = r"MFCC got clips of 100 and 50 samples that are no arrays; .*\[np\.asarray\(clip\) for clip in X\]"
    with pytest.raises(ValueError, match=message):
        MFCC().fit(clips)


def test_samples_that_are_no_numbers_in_files(write_clip):
    nan = NOISE.copy()
    nan[5] = np.nan
    paths = [write_clip("good.wav"), write_clip("nan.wav", nan, subtype="FLOAT"), write_clip("good2.wav")]
    batch = LOADER.fit_transform(paths)
    for call in (
        lambda: MFCC().fit(batch).transform(batch),
        lambda: np.asarray(batch),
        lambda: FeatureBank([("m", MelSpectrogram()), ("c", Chroma())]).fit_transform(batch),
    ):
        assert f"  clip 1 ({paths[1]}): 1 NaN of 4000 samples" in refusal(call)


def test_files_that_vanish_are_named_when_they_are_read(write_clip):
    paths = [write_clip("a.wav"), write_clip("bb.wav"), write_clip("ccc.wav")]
    batch = LOADER.fit_transform(paths)
    paths[0].unlink()
    paths[2].write_bytes(b"no longer audio")
    lines = refusal(lambda: MFCC().fit_transform(batch))
    assert lines[0] == "MFCC cannot use 2 of 3 clips:"
    assert lines[1] == f"  clip 0 ({paths[0]}): no such file"
    assert lines[2].startswith(f"  clip 2 ({paths[2]}): not audio that soundfile can read")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_samples_too_large_to_square(dtype):
    loud = np.full(1000, np.sqrt(np.finfo(dtype).max), dtype=dtype)
    lines = refusal(lambda: MFCC().fit([NOISE.astype(dtype), loud]))
    assert re.search(rf"clip 1: samples of up to \d.*, whose squares exceed {np.dtype(dtype).name}", lines[1])
    MFCC().fit([NOISE.astype(dtype) * dtype(2**31)])


def test_times_out_of_range(write_clip):
    path = str(write_clip("half_a_second.wav"))
    frame = pd.DataFrame(
        {
            "path": pd.Series([path, path, path, path, path, path, None], dtype=object),
            "start": [0.5, 0.3, -0.1, 0.0, 0.2, np.nan, 0.0],
            "end": [np.nan, 0.2, 0.3, 0.6, 0.2, 0.52, np.nan],
        }
    )
    lines = refusal(lambda: LOADER.fit(frame))
    assert lines[1:-1] == [
        f"  clip 0 ({path}): its start at 0.5 s lies at or beyond its end (0.5 s)",
        f"  clip 1 ({path}): start=0.3 s and end=0.2 s; expected 0 <= start < end",
        f"  clip 2 ({path}): start=-0.1 s and end=0.3 s; expected 0 <= start < end",
        f"  clip 3 ({path}): its end at 0.6 s lies beyond the end of the recording (0.5 s)",
        f"  clip 4 ({path}): start=0.2 s and end=0.2 s; expected 0 <= start < end",
        "  clip 6: its path is None; expected the path of a file",
    ]


def test_offsets_beyond_the_end(write_clip):
    path = write_clip("half_a_second.wav")
    frame = pd.DataFrame({"path": [str(path)] * 2, "start": [0.1, 0.1], "end": [0.2, 0.4]})
    loader = AudioLoader(sample_rate=RATE, offset=0.2)
    lines = refusal(lambda: MFCC().fit_transform(loader.fit_transform(frame)))
    assert lines[1:-1] == [f"  clip 0 ({path}): its start at 0.2 s lies at or beyond its end (0.1 s)"]
    late = AudioLoader(sample_rate=RATE, offset=3.0)
    lines = refusal(lambda: np.asarray(late.fit_transform([path, NOISE, late.fit_transform([path]).sources[0].path])))
    assert [line.partition(": ")[2] for line in lines[1:-1]] == [
        "its start at 3 s lies at or beyond its end (0.5 s)"
    ] * 3


@pytest.mark.parametrize("column", ["start", "end"])
def test_times_that_are_no_numbers(write_clip, column):
    frame = pd.DataFrame({"path": [str(write_clip("a.wav"))], column: ["0:30"]})
    with pytest.raises(TypeError, match=f"AudioLoader got a DataFrame whose column '{column}' is no number"):
        LOADER.fit(frame)


def test_frames_without_a_path_column(write_clip):
    frame = pd.DataFrame({"file": [str(write_clip("a.wav"))], "label": ["cat"]})
    with pytest.raises(ValueError, match=r"columns \['file', 'label'\]; expected one called 'path'.*Rename the column"):
        LOADER.fit(frame)


def test_items_of_a_kind_that_is_no_clip(write_clip, tmp_path):
    path = write_clip("a.wav")
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir or Madam")
    with path.open() as wav_as_text, letter.open() as text, io.StringIO("abc") as string:
        X = [
            path,
            None,
            math.nan,
            wav_as_text,
            text,
            string,
            (str(path), "cat"),
            (NOISE, RATE),
            {"path": path},
            NOISE.astype(complex),
            np.array(["a", "b"]),
            [[1.0, 2.0], [3.0]],
            NOISE > 0,
            tmp_path / "missing.wav",
        ]
        lines = refusal(lambda: LOADER.fit(X), TypeError)
    assert lines[0] == "AudioLoader cannot use 13 of 14 clips:"
    text_mode = "a file object in text mode; open it with mode 'rb'"
    assert lines[1:12] == [
        "  clip 1: a NoneType, which holds no samples",
        "  clip 2: nan, a single number",
        f"  clip 3 ({path}): {text_mode}",
        f"  clip 4 ({letter}): {text_mode}",
        f"  clip 5: {text_mode}",
        "  clip 6: a pair of str and str; expected (rate, array)",
        "  clip 7: a pair of ndarray and int; expected (rate, array)",
        "  clip 8: a dict, which holds no samples",
        "  clip 9: an array of complex128, which holds no samples",
        "  clip 10: an array of <U1, which holds no samples",
        lines[11],
    ]
    assert lines[11].startswith("  clip 11: a list that is no array (")
    assert lines[12] == "  clip 12: an array of bool, which holds no samples"
    assert lines[13] == f"  clip 13 ({tmp_path / 'missing.wav'}): no such file"
    assert lines[-1].startswith("Expected paths, bytes, binary file objects, 1-D arrays or (rate, array) pairs")


def test_file_objects_that_cannot_be_read(write_clip):
    path = write_clip("a.wav")
    with path.open("rb") as closed:
        pass
    lines = refusal(lambda: LOADER.fit([path, closed]))
    assert lines[1] == f"  clip 1 ({path}): a file object that cannot be read (I/O operation on closed file)"


@pytest.mark.parametrize(
    ("clip", "reason"),
    [
        ((8000.5, NOISE), "a (rate, array) pair with rate 8000.5; expected a positive whole number of Hz"),
        ((0, NOISE), "a (rate, array) pair with rate 0; expected a positive whole number of Hz"),
        ((math.nan, NOISE), "a (rate, array) pair with rate nan; expected a positive whole number of Hz"),
        ((RATE, np.zeros((2, 4000))), "an array of shape (2, 4000); expected (n_samples, n_channels), so transpose it"),
        ((RATE, np.zeros((4000, 0))), "an array of shape (4000, 0); expected (n_samples, n_channels)"),
        (
            (RATE, np.zeros((4, 4, 4))),
            "an array of shape (4, 4, 4); expected 1-D, or (n_samples, n_channels) with a rate",
        ),
        (np.zeros((4000, 2)), "an array of shape (4000, 2); expected 1-D"),
        ((RATE, np.zeros(0)), "it holds no samples"),
        ((RATE, np.zeros((0, 2))), "it holds no samples"),
        (np.zeros(40, dtype=np.uint16), "samples of type uint16; expected floats, signed integers or 8-bit PCM"),
    ],
)
def test_arrays_that_are_no_clips(clip, reason):
    assert refusal(lambda: LOADER.fit([NOISE, clip]))[1] == f"  clip 1: {reason}"


@pytest.mark.parametrize("one", [str, Path, Path.read_bytes, Path.open])
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_one_recording_is_no_sequence(write_clip, one):
    X = one(write_clip("a.wav"))
    with pytest.raises(TypeError, match=r"AudioLoader got one \w+; expected a sequence of clips\. Wrap it in a list\."):
        LOADER.fit(X)


@pytest.mark.parametrize(
    ("X", "kind", "message"),
    [
        ([], ValueError, r"AudioLoader got no clips"),
        (np.zeros((0, 100)), ValueError, r"0 sample\(s\)"),
        (None, TypeError, r"AudioLoader got NoneType; expected paths, bytes"),
        (3, TypeError, r"AudioLoader got int; expected paths, bytes"),
        (NOISE, ValueError, r"Expected 2D array, got 1D array"),
        (np.zeros((2, 2, 100)), ValueError, r"shape \(2, 2, 100\); expected mono clips, \(n_clips, n_samples\)"),
        (
            np.array([["a.wav", "b.wav"]]),
            ValueError,
            r"'a\.wav' in an array of shape \(1, 2\); expected one recording a",
        ),
        (np.array([["a.wav", 3.0]], object), ValueError, r"'a\.wav' in an array of shape \(1, 2\); expected one recor"),
        (np.array([[1.0, b"x"]], object), ValueError, r"b'x' in an array of shape \(1, 2\); expected one recording a"),
        (np.array([[["a.wav"]]]), ValueError, r"'a\.wav' in an array of shape \(1, 1, 1\); expected one recording a"),
        (np.array([b"RIFF\0\0"]), TypeError, r"\|S\d, which drops zeros at the end.*a list of bytes"),
        (np.array([[1j, 2j]]), ValueError, r"Complex data not supported"),
    ],
)
def test_inputs_that_are_no_clips(X, kind, message):
    with pytest.raises(kind, match=message):
        LOADER.fit(X)


def test_mixed_rates_need_one_to_be_named(write_clip):
    paths = [write_clip("a.wav", rate=8000), write_clip("b.wav", rate=16000), write_clip("c.wav", rate=8000)]
    loader = AudioLoader(sample_rate=None)
    expected = [
        "AudioLoader cannot use 1 of 3 clips:",
        f"  clip 1 ({paths[1]}): at 16000 Hz, not 8000 Hz",
        "Set sample_rate=8000 to resample them.",
    ]
    assert refusal(lambda: loader.fit(paths)) == expected
    loader.fit(paths[:1])
    assert refusal(lambda: loader.transform(paths)) == expected
    assert refusal(lambda: loader.transform([(44100, NOISE)]))[1] == "  clip 0: at 44100 Hz, not 8000 Hz"


@pytest.mark.parametrize("extractor", [MFCC, MelSpectrogram, Chroma, Spectrogram])
def test_framewise_features_need_clips_of_one_length(write_clip, extractor):
    paths = [write_clip("a.wav"), write_clip("bb.wav", NOISE[:3000]), write_clip("ccc.wav")]
    batch = LOADER.fit_transform(paths)
    step = extractor(pooling=None)
    lines = refusal(lambda: step.fit_transform(batch))
    assert lines == [
        f"{extractor.__name__} cannot use 1 of 3 clips:",
        f"  clip 1 ({paths[1]}): 6 frames, not 8 as in 2 of 3 clips",
        "Framewise features (pooling=None) need clips of equal length: set AudioLoader(duration=...), "
        "or pool over time with pooling=('mean', 'std').",
    ]
    assert (
        refusal(lambda: step.fit_transform([NOISE, NOISE, NOISE[:3000]]))[1]
        == "  clip 2: 6 frames, not 8 as in 2 of 3 clips"
    )
    with pytest.raises(ValueError, match=r"clips of 3000 to 4000 samples; an array needs one length.*duration"):
        np.asarray(batch)


@pytest.mark.parametrize("pooling", [None, "mean"])
def test_clips_shorter_than_a_frame_without_centring(pooling):
    bank = FeatureBank([("mfcc", MFCC(n_fft=512, center=False, pooling=pooling))])
    for step in (bank, MFCC(n_fft=512, center=False, pooling=pooling)):
        lines = refusal(lambda step=step: step.fit_transform([NOISE, NOISE[:511], NOISE[:512], NOISE[:1]]))
        short = [line for line in lines[1:-1] if "fewer than" in line]
        # Framewise, what cannot be used and what differs in length are told at once.
        assert len(lines) - 2 - len(short) == (1 if pooling is None else 0)
        assert short == [
            "  clip 1: its 511 samples are fewer than one frame (n_fft=512, center=False)",
            "  clip 3: its 1 samples are fewer than one frame (n_fft=512, center=False)",
        ]


def test_a_frame_in_kaldis_convention_is_a_window():
    mfcc = MFCC(convention="kaldi", sample_rate=8000)
    lines = refusal(lambda: mfcc.fit_transform([NOISE, NOISE[:199], NOISE[:200]]))
    assert lines[1:-1] == ["  clip 1: its 199 samples are fewer than one frame (win_length=200, center=False)"]


def file_inputs(path):
    return {
        "list of str": [str(path)],
        "list of Path": [path],
        "list of bytes": [path.read_bytes()],
        "list of files": [io.BytesIO(path.read_bytes())],
        "str array": np.array([str(path)]),
        "object array": np.array([str(path)], dtype=object),
        "column": np.array([[path]], dtype=object),
        "Series": pd.Series([str(path)]),
        "DataFrame": pd.DataFrame({"path": [str(path)], "start": [0.0]}),
        "str": str(path),
        "Path": path,
        "bytes": path.read_bytes(),
        "file": io.BytesIO(path.read_bytes()),
        "pairs": [(RATE, NOISE)],
        "pair": (RATE, NOISE),
        "path among arrays": [NOISE, path],
    }


@pytest.mark.parametrize("kind", file_inputs(Path(__file__)))
def test_extractors_want_samples(write_clip, kind):
    X = file_inputs(write_clip("a.wav"))[kind]
    for step in (MFCC(), FeatureBank([("chroma", Chroma())])):
        for call in (step.fit, step.fit([NOISE]).transform):
            with pytest.raises(
                TypeError,
                match=r"^(MFCC|Chroma|FeatureBank) takes samples, not files or \(rate, array\) pairs\. "
                r"Put AudioLoader\(\.\.\.\) before it in a Pipeline\.$",
            ):
                call(X)


@pytest.mark.parametrize(
    ("X", "kind", "message"),
    [
        ([NOISE.astype(np.complex64)], TypeError, r"MFCC got clip 0 as an array of complex64; expected real numbers"),
        ([NOISE, np.array(["a"])], TypeError, r"MFCC got clip 1 as an array of <U1; expected real numbers"),
        ([], ValueError, r"Expected 2D array|no clips"),
        (NOISE, ValueError, r"Expected 2D array, got 1D array"),
        (np.zeros((2, 2, 100)), ValueError, r"shape \(2, 2, 100\); expected mono clips, \(n_clips, n_samples\)"),
        (AudioLoader().fit_transform([NOISE])[:0], ValueError, r"MFCC got an AudioBatch without clips"),
    ],
)
def test_arrays_that_extractors_refuse(X, kind, message):
    with pytest.raises(kind, match=message):
        MFCC().fit(X)


def test_problems_of_every_kind_come_at_once(tmp_path):
    paths = [tmp_path / f"{name}.wav" for name in ("gone", "nan", "fine")]
    soundfile.write(paths[1], np.where(np.arange(len(NOISE)) == 7, np.nan, NOISE), RATE, subtype="FLOAT")
    soundfile.write(paths[2], NOISE, RATE)
    lines = refusal(lambda: LOADER.fit_transform(paths))
    assert len(lines) == 4
    assert "gone.wav): no such file" in lines[1]
    assert "nan.wav): 1 NaN" in lines[2]
    # Framewise, a clip of another length beside one that holds NaN.
    lines = refusal(
        lambda: MFCC(pooling=None).fit_transform(
            AudioLoader(RATE).fit_transform([paths[1], paths[2], paths[2], NOISE[:900]])
        )
    )
    assert len(lines) == 4
    assert "nan.wav): 1 NaN" in lines[1]
    assert "clip 3: " in lines[2]
    assert "AudioLoader(duration=...)" in lines[3]


def test_a_cut_off_mp3_is_refused(tmp_path):
    path = tmp_path / "a.mp3"
    soundfile.write(path, np.tile(NOISE, 5), RATE)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    lines = refusal(lambda: np.asarray(LOADER.fit_transform([path])))
    assert "a.mp3): it is cut off: its header says" in lines[1]


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.int64])
@pytest.mark.parametrize("pack", [list, np.array])
def test_integers_mean_what_they_mean_to_the_loader(kind, pack):
    clips = pack([(100 * np.sin(np.arange(4000) * step) + 128).astype(kind) for step in (0.1, 0.3)])
    mfcc = MFCC(sample_rate=8000, n_mels=20, n_fft=256)
    loaded = AudioLoader(8000).fit_transform([(8000, clip) for clip in clips])
    # The loader hands on float32, which 64-bit numbers are not.
    np.testing.assert_allclose(mfcc.fit_transform(clips), mfcc.fit_transform(loaded), atol=5e-4)


@pytest.mark.parametrize("pack", [list, np.array])
def test_unsigned_integers_are_no_samples(pack):
    clips = pack([np.ones(4000, np.uint16)])
    with pytest.raises(AudioInputError, match=r"samples of type uint16; expected floats, signed integers or 8-bit PCM"):
        MFCC().fit(clips)
