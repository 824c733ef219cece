"""From whatever a user has to sources of clips: paths, bytes, open files, arrays, pairs, data frames."""

import io
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from numbers import Real

import numpy as np

from audiofeat._errors import AudioInputError, AudioWarning, ClipError, ClipProblem
from audiofeat.audio.batch import ArraySource, AudioBatch, BatchSource, FileSource, Source
from audiofeat.audio.checks import check_samples
from audiofeat.audio.files import file_facts, mix_down

__all__ = ["as_sources", "read_content", "warn_of_ends_unread"]

_KINDS = (
    "paths, bytes, binary file objects, 1-D arrays or (rate, array) pairs, a 2-D array, an AudioBatch, or a DataFrame "
    "with a column 'path' and optional columns 'start' and 'end' in seconds"
)
# More channels than any recording has, fewer samples than any clip: tells (channels, samples) from (samples, channels).
_MOST_CHANNELS = 64
_FILES = (str, bytes, os.PathLike)
# Tables round their times, and the header of an MP3 may only estimate its length.
_END_TOLERANCE = 0.05


def as_sources(X, *, array_rate: int, by: str, read: Callable[[Source], object]) -> tuple[list[Source], list[int]]:
    """Turn an input into sources of clips.

    Parameters
    ----------
    X : sequence, array, DataFrame or AudioBatch
        The clips.
    array_rate : int
        Sample rate of arrays that carry none [Hz].
    by : str
        Who asks, for messages.
    read : callable
        Decodes a source. Called only when some clip is bad, so that those whose header hides it are named too.

    Returns
    -------
    sources : list of FileSource, ArraySource or BatchSource
        One per clip.
    rates : list of int
        Their own sample rates [Hz].

    Raises
    ------
    TypeError
        If `X` or one of its items is of a kind that is no audio.
    AudioInputError
        If clips cannot be used: all of them in one error.
    """
    items = _items(X, by)
    sources: list[Source] = []
    rates: list[int] = []
    problems: list[ClipProblem] = []
    strange = False
    for i, item in enumerate(items):
        try:
            source, rate = _source(item, array_rate)
        except ClipError as exc:
            problems.append(ClipProblem(i, _path(item), str(exc)))
            strange |= isinstance(exc, _KindError)
            continue
        sources.append(source)
        rates.append(rate)
    if problems:
        problems += _hidden_problems(items, array_rate, read, known={problem.clip for problem in problems})
        problems.sort()
    if strange:
        raise TypeError(str(AudioInputError(by, problems, n_clips=len(items), advice=f"Expected {_KINDS}.")))
    if problems:
        raise AudioInputError(by, problems, n_clips=len(items))
    return sources, rates


def _hidden_problems(items: Sequence, array_rate: int, read: Callable, known: set[int]) -> list[ClipProblem]:
    """What shows only on decoding, in the items that seemed good."""
    problems = []
    for i, item in enumerate(items):
        if i not in known and not hasattr(item, "read"):
            try:
                read(_source(item, array_rate)[0])
            except ClipError as exc:
                problems.append(ClipProblem(i, _path(item), str(exc)))
    return problems


class _KindError(ClipError):
    """An item that is no clip, whatever it holds."""


class _Window(tuple):
    """A row of a data frame: path, start [s], end [s] or NaN."""


def _path(item) -> str | None:
    """What to call an item by, if it has a file."""
    if isinstance(item, _Window):
        item = item[0]
    if hasattr(item, "read"):
        item = getattr(item, "name", None)
    return os.fspath(item) if isinstance(item, (str, os.PathLike)) else None


def _items(X, by: str) -> Sequence:
    if isinstance(X, _FILES) or hasattr(X, "read"):
        raise TypeError(f"{by} got one {type(X).__name__}; expected a sequence of clips. Wrap it in a list.")
    if isinstance(X, AudioBatch):
        return [BatchSource(source, X.settings) for source in X.sources]
    if hasattr(X, "columns"):
        return _rows(X, by)
    if hasattr(X, "__array__"):
        array = np.asarray(X)
        if array.dtype.kind == "S":
            raise TypeError(
                f"{by} got an array of {array.dtype}, which drops zeros at the end of each item. "
                "Give paths as str, and encoded files as a list of bytes."
            )
        if array.dtype.kind in "OUT":
            if array.ndim == 2 and array.shape[1] == 1:
                array = array[:, 0]
            if array.ndim != 1:
                example = next((repr(item) for item in array.ravel().tolist() if isinstance(item, _FILES)), array.dtype)
                raise ValueError(
                    f"{by} got {example} in an array of shape {array.shape}; expected one recording an item, in one axis. "
                    "Pass one of its columns, or a DataFrame with the columns 'path', 'start' and 'end'."
                )
            return array.tolist()
        if array.ndim != 2:
            raise ValueError(
                f"{by} got an array of shape {array.shape}; expected 2-D (n_clips, n_samples). "
                "Reshape your data: one clip is X[None, :], and clips of different lengths are a list of 1-D arrays."
            )
        return list(array)
    if isinstance(X, Iterable):
        return list(X)
    raise TypeError(f"{by} got {type(X).__name__}; expected {_KINDS}.")


def _rows(frame, by: str) -> Sequence:
    columns = list(frame.columns)
    if "path" not in columns:
        if len(columns) == 1:
            return _items(frame[columns[0]].to_numpy(), by)
        raise ValueError(
            f"{by} got a DataFrame with columns {columns!r}; expected one called 'path', and optionally 'start' and 'end' "
            "in seconds. Rename the column that holds the files."
        )
    warn_of_ends_unread(columns, by)
    missing = [np.nan] * len(frame)
    starts, ends = (_seconds(frame[name], name, by) if name in columns else missing for name in ("start", "end"))
    return [_Window(row) for row in zip(frame["path"].to_list(), starts, ends, strict=True)]


def _seconds(column, name: str, by: str) -> list[float]:
    """Read times from a column of pandas or polars, NaN for those that are not given."""
    # pandas' nullable numbers tell their kind themselves, and are objects as an array.
    kind = getattr(column.dtype, "kind", None) or column.to_numpy().dtype.kind
    if kind not in "fiu":
        raise TypeError(f"{by} got a DataFrame whose column {name!r} is no number; expected seconds.")
    # Asked for numbers, pandas gives NaN for what is missing; polars does so unasked, and cannot be asked.
    times = column.to_numpy(float) if hasattr(column, "iloc") else column.to_numpy().astype(float)
    return times.tolist()


def warn_of_ends_unread(columns: Sequence, by: str) -> None:
    """Warn of a table that seems to say in words of its own where clips end: they would go on to the end of the file.

    Parameters
    ----------
    columns : sequence of str
        Its columns.
    by : str
        Who asks, for messages.

    Warns
    -----
    AudioWarning
        If there is a column ``start``, and ``duration`` or ``stop`` in place of ``end``.
    """
    if "start" not in columns or "end" in columns:
        return
    cures = {
        "duration": "table.assign(end=table.start + table.duration)",
        "stop": "table.rename(columns={'stop': 'end'})",
    }
    for name, cure in cures.items():
        if name in columns:
            warnings.warn(
                f"{by} got a table with the columns 'start' and {name!r} but no 'end', so each clip goes on to the end of "
                f"its recording. Pass {cure}; if that is meant, drop the column {name!r}.",
                AudioWarning,
                stacklevel=3,
            )


def _source(item, array_rate: int) -> tuple[Source, int]:
    if isinstance(item, (str, bytes)):
        # What most items are, and a search asks for each of them in every fold.
        facts = file_facts(item)
        return FileSource(item, facts.digest), facts.sample_rate
    if isinstance(item, _Window):
        return _window_source(*item)
    if isinstance(item, BatchSource):
        return item, item.settings.sample_rate
    if isinstance(item, os.PathLike):
        return _source(os.fspath(item), array_rate)
    if isinstance(item, (bytearray, memoryview)):
        return _source(bytes(item), array_rate)
    if hasattr(item, "read"):
        return _source(read_content(item), array_rate)
    if isinstance(item, tuple) and len(item) == 2:
        rate, samples = item
        if isinstance(rate, np.ndarray) and rate.ndim == 0:
            rate = rate[()]
        if not isinstance(rate, Real):
            raise _KindError(f"a pair of {type(rate).__name__} and {type(samples).__name__}; expected (rate, array)")
        rate = float(rate)
        if not rate.is_integer() or rate < 1:
            raise ClipError(f"a (rate, array) pair with rate {rate:g}; expected a positive whole number of Hz")
        return ArraySource(_samples(samples), int(rate)), int(rate)
    return ArraySource(_samples(item, n_axes=(1,)), array_rate), array_rate


def _window_source(path, start: float, end: float) -> tuple[FileSource, int]:
    if not isinstance(path, (str, os.PathLike)):
        raise ClipError(f"its path is {path!r}; expected the path of a file")
    facts = file_facts(os.fspath(path))
    start = 0.0 if np.isnan(start) else start
    stop = None if np.isnan(end) else end
    length = facts.n_samples / facts.sample_rate
    if start < 0 or (stop is not None and stop <= start):
        raise ClipError(f"start={start:g} s and end={end:g} s; expected 0 <= start < end")
    if start >= length:
        raise ClipError(f"its start at {start:g} s lies at or beyond its end ({length:g} s)")
    if stop is not None and stop > length + _END_TOLERANCE:
        raise ClipError(f"its end at {stop:g} s lies beyond the end of the recording ({length:g} s)")
    return FileSource(os.fspath(path), facts.digest, start, stop), facts.sample_rate


def read_content(file) -> bytes:
    """Read an open file from its beginning.

    Parameters
    ----------
    file : binary file object
        The file; a stream that cannot be rewound is read from where it stands.

    Returns
    -------
    bytes
        Its content.

    Raises
    ------
    ClipError
        If it cannot be read, or is in text mode.
    """
    content = None
    if not isinstance(file, io.TextIOBase):
        try:
            # A stream is read from where it begins, so that a second pass over the same object sees the same clip.
            if getattr(file, "seekable", lambda: False)():
                file.seek(0)
            content = file.read()
        except (OSError, ValueError) as exc:
            raise ClipError(f"a file object that cannot be read ({exc})") from exc
    if not isinstance(content, bytes):
        raise _KindError("a file object in text mode; open it with mode 'rb'")
    return content


def _samples(samples, n_axes: tuple[int, ...] = (1, 2)) -> np.ndarray:
    try:
        array = np.asarray(samples)
    except ValueError as exc:
        raise _KindError(f"a {type(samples).__name__} that is no array ({exc})") from exc
    if array.dtype.kind not in "fiu":
        what = f"an array of {array.dtype}" if isinstance(samples, np.ndarray) else f"a {type(samples).__name__}"
        raise _KindError(f"{what}, which holds no samples")
    if array.ndim == 0:
        raise _KindError(f"{samples}, a single number")
    if array.ndim not in n_axes:
        expected = "1-D" if n_axes == (1,) else "1-D, or (n_samples, n_channels) with a rate"
        raise ClipError(f"an array of shape {array.shape}; expected {expected}")
    array = as_unit_float(array)
    if array.ndim == 2:
        if not 1 <= array.shape[1] <= _MOST_CHANNELS:
            transpose = ", so transpose it" if array.shape[1] else ""
            raise ClipError(f"an array of shape {array.shape}; expected (n_samples, n_channels){transpose}")
        array = mix_down(array)
    return check_samples(array)


def as_unit_float(array: np.ndarray) -> np.ndarray:
    """Take floats and 64-bit integers as numbers; divide shorter integers, as PCM, by their full scale.

    Parameters
    ----------
    array : ndarray
        Samples, of any shape.

    Returns
    -------
    ndarray
        The samples, in float32 or float64.

    Raises
    ------
    ClipError
        For unsigned integers other than 8-bit PCM.
    """
    if array.dtype.kind == "f":
        # Half precision is for storage: sums over a clip overflow it.
        return array.astype(np.float32) if array.dtype == np.float16 else array
    if array.dtype == np.int64:
        # No audio format has 64-bit samples: these are ordinary Python numbers.
        return array.astype(np.float64)
    if array.dtype == np.uint8:
        # 8-bit PCM is unsigned with silence at 128.
        return (array.astype(np.float32) - 128) / 128
    if array.dtype.kind == "u":
        raise ClipError(f"samples of type {array.dtype}; expected floats, signed integers or 8-bit PCM")
    return array.astype(np.float32) / -float(np.iinfo(array.dtype).min)
