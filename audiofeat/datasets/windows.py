"""Long recordings as clips: windows of one length, one after the other."""

import os
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from audiofeat._errors import AudioInputError, ClipError, ClipProblem

if TYPE_CHECKING:
    from audiofeat.audio.files import FileFacts

__all__ = ["windows"]

_LAST = ("shift", "short", "drop")


def windows(paths, *, window, hop=None, last="shift"):
    """Cut recordings into windows, as a table that `AudioLoader` takes.

    Choose it to train on parts of long recordings, or to look along one; `predict_recording` does the latter for you. Only
    headers and digests are read here, and later only the part of a file that a window covers.

    Parameters
    ----------
    paths : path-like or sequence of path-like
        The recordings.
    window : float
        Length of a window [s].
    hop : float or None, default=None
        From the start of one window to the start of the next [s]; None means `window`, so that they lie side by side.
        Less makes them overlap, more leaves gaps.
    last : {"shift", "short", "drop"}, default="shift"
        What becomes of the end of a recording, where less than a window remains: "shift" moves the last window back, so
        that it ends with the recording and has the length of the others; "short" takes what remains; "drop" leaves it out.
        A recording shorter than a window is one short window, unless "drop".

    Returns
    -------
    pandas.DataFrame
        One row per window, recording by recording: ``path``, and ``start`` and ``end`` [s].

    Raises
    ------
    AudioInputError
        If recordings are missing or no audio: all of them in one error.
    ValueError
        If `window` or `hop` is no positive number, `last` is something else, or no window is left.

    See Also
    --------
    predict_recording : What a fitted pipeline says along a recording.
    load_table : When you know where in the recordings the clips lie.

    Notes
    -----
    Windows of one recording must stay on one side of every split: ``groups=table["path"]`` says so to scikit-learn.
    Starts and ends are whole samples of the recording, so all windows but a short last one are equally long. The length
    of an MP3 file may only be estimated by its header; that of WAV, FLAC and Ogg is exact.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> from audiofeat.datasets import windows
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "farm.wav"
    ...     soundfile.write(path, np.zeros(56000), 16000)
    ...     table = windows(path, window=2.0, hop=1.0)
    >>> table[["start", "end"]]
       start  end
    0    0.0  2.0
    1    1.0  3.0
    2    1.5  3.5
    """
    import pandas as pd

    hop = window if hop is None else hop
    for name, value in (("window", window), ("hop", hop)):
        if not isinstance(value, Real) or isinstance(value, bool) or not 0 < float(value) < np.inf:
            raise ValueError(f"windows got {name}={value!r}; expected a positive number of seconds.")
    if last not in _LAST:
        raise ValueError(f"windows got last={last!r}; expected one of {', '.join(map(repr, _LAST))}.")
    names = _names(paths)
    tables = []
    for name, facts in zip(names, _facts(names), strict=True):
        starts, ends = _bounds(facts, float(window), float(hop), last)
        tables.append(pd.DataFrame({"path": name, "start": starts, "end": ends}))
    if not sum(map(len, tables)):
        raise ValueError(
            f"windows got {len(names)} recording{'s' if len(names) != 1 else ''} and no window of {window:g} s in any. "
            'Choose a shorter window, or last="short".'
        )
    return pd.concat(tables, ignore_index=True)


def _names(paths) -> list[str]:
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    names = list(paths)
    for name in names:
        if not isinstance(name, (str, os.PathLike)):
            raise TypeError(f"windows got {type(name).__name__} among its paths; expected str or os.PathLike.")
    if not names:
        raise ValueError("windows got no recordings; expected at least one path.")
    return [os.fspath(name) for name in names]


def _facts(names: list[str]) -> list["FileFacts"]:
    # Imported here because decoding libraries come with it.
    from audiofeat.audio.files import file_facts

    facts, problems = [], []
    for i, name in enumerate(names):
        try:
            facts.append(file_facts(name))
        except ClipError as exc:
            problems.append(ClipProblem(i, name, str(exc)))
    if problems:
        raise AudioInputError("windows", problems, n_clips=len(names))
    return facts


def _bounds(facts: "FileFacts", window: float, hop: float, last: str) -> tuple[np.ndarray, np.ndarray]:
    """Starts and ends [s] of the windows of one recording."""
    rate, n_samples = facts.sample_rate, facts.n_samples
    length, step = (max(1, round(seconds * rate)) for seconds in (window, hop))
    starts = np.arange(0, n_samples - length + 1, step)
    following = len(starts) * step
    rest = following < n_samples and (not len(starts) or starts[-1] + length < n_samples)
    if rest and last != "drop":
        starts = np.append(starts, max(0, n_samples - length) if last == "shift" else following)
    ends = np.minimum(starts + length, n_samples)
    return _seconds(starts, rate), _seconds(ends, rate)


def _seconds(samples: np.ndarray, rate: int) -> np.ndarray:
    """Times that come back as these very samples when they are multiplied by the rate and cut to whole numbers."""
    seconds = samples / rate
    return np.where((seconds * rate).astype(int) < samples, np.nextafter(seconds, np.inf), seconds)
