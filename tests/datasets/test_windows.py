"""Windows over long recordings."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from audiofeat import AudioInputError, AudioLoader
from audiofeat.audio.files import FileFacts
from audiofeat.datasets import windows
from audiofeat.datasets.windows import _bounds, _seconds


@pytest.fixture
def ramp(tmp_path):
    """Five seconds at 1,000 Hz whose samples say where they stand."""
    path = tmp_path / "ramp.wav"
    soundfile.write(path, np.arange(5000) / 5000, 1000, subtype="FLOAT")
    return path


@pytest.mark.parametrize(
    ("arguments", "starts", "ends"),
    [
        ({"window": 1}, [0, 1, 2, 3, 4], [1, 2, 3, 4, 5]),
        ({"window": 2}, [0, 2, 3], [2, 4, 5]),
        ({"window": 2, "last": "short"}, [0, 2, 4], [2, 4, 5]),
        ({"window": 2, "last": "drop"}, [0, 2], [2, 4]),
        ({"window": 3, "hop": 1}, [0, 1, 2], [3, 4, 5]),
        ({"window": 1, "hop": 2.25}, [0, 2.25, 4], [1, 3.25, 5]),
        ({"window": 1, "hop": 4.5, "last": "short"}, [0, 4.5], [1, 5]),
        ({"window": 1, "hop": 7}, [0], [1]),
        ({"window": 5}, [0], [5]),
        ({"window": 8}, [0], [5]),
        ({"window": 8, "last": "short"}, [0], [5]),
    ],
)
def test_starts_and_ends(ramp, arguments, starts, ends):
    table = windows(ramp, **arguments)
    assert table.columns.tolist() == ["path", "start", "end"]
    assert set(table["path"]) == {str(ramp)}
    np.testing.assert_allclose(table["start"], starts)
    np.testing.assert_allclose(table["end"], ends)


def test_the_loader_takes_the_table(ramp):
    clips = AudioLoader(sample_rate=None).fit_transform(windows([ramp, str(ramp)], window=2, hop=1.5))
    assert len(clips) == 6
    for clip, start in zip(clips, [0, 1500, 3000] * 2, strict=True):
        np.testing.assert_allclose(clip * 5000, np.arange(start, start + 2000), atol=0.01)


@given(
    n_samples=st.integers(1, 3_000_000),
    rate=st.sampled_from([8000, 11025, 22050, 44100, 48000]),
    window=st.floats(0.01, 20),
    overlap=st.floats(0.1, 2),
    last=st.sampled_from(["shift", "short"]),
)
@settings(max_examples=100, derandomize=True, deadline=None)
def test_every_sample_is_in_a_window_and_windows_are_equal(n_samples, rate, window, overlap, last):
    hop = max(window * min(overlap, 1), 0.01)
    starts, ends = _bounds(FileFacts(rate, n_samples, b""), window, hop, last)
    # As the loader cuts them.
    first, stop = (starts * rate).astype(int), (ends * rate).astype(int)
    assert first[0] == 0
    assert stop[-1] == n_samples
    assert (np.diff(first) > 0).all()
    assert (first[1:] <= stop[:-1] + 1).all()
    lengths = stop - first
    expected = min(n_samples, max(1, round(window * rate)))
    assert (lengths[: None if last == "shift" else -1] == expected).all()


@given(rate=st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000, 96000]), samples=st.integers(0, 10**10))
@settings(max_examples=300, derandomize=True, deadline=None)
def test_seconds_come_back_as_samples(rate, samples):
    assert int(_seconds(np.array([samples]), rate)[0].item() * rate) == samples


def test_bad_recordings_are_named_at_once(ramp, tmp_path):
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.raises(AudioInputError) as caught:
        windows([ramp, tmp_path / "text.wav", "missing.wav"], window=1)
    assert [problem.clip for problem in caught.value.problems] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"window": 0}, "got window=0; expected a positive"),
        ({"window": float("inf")}, "got window=inf"),
        ({"window": 1, "hop": -1}, "got hop=-1"),
        ({"window": 1, "hop": True}, "got hop=True"),
        ({"window": 1, "last": "pad"}, "got last='pad'; expected one of 'shift', 'short', 'drop'"),
        ({"window": 6, "last": "drop"}, "got 1 recording and no window of 6 s in any"),
    ],
)
def test_refusals(ramp, arguments, says):
    with pytest.raises(ValueError, match=says):
        windows(ramp, **arguments)


def test_no_paths():
    with pytest.raises(ValueError, match="got no recordings"):
        windows([], window=1)
    with pytest.raises(TypeError, match="got ndarray among its paths"):
        windows([np.zeros(3)], window=1)


def test_a_frame_of_windows_and_groups(ramp, tmp_path):
    other = tmp_path / "other.wav"
    other.write_bytes(Path(ramp).read_bytes())
    table = windows(pd.Series([ramp, other]), window=1)
    assert table["path"].nunique() == 2
    assert table.index.tolist() == list(range(10))
