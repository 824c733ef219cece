"""Statistics over time.

Conventions: time is the last axis. Columns come segment by segment; within a segment all rows of the first statistic,
then all rows of the second.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

__all__ = ["STATISTICS", "is_statistic", "pool", "segment_bounds"]


def _standardized_moment(features: np.ndarray, order: int) -> np.ndarray:
    """Central moment over the power of the standard deviation; 0 where nothing varies."""
    # Moments do not depend on the scale of a row; at 1, fourth powers stay within float32, as those of quiet clips do not.
    largest = np.abs(features).max(axis=-1, keepdims=True)
    scaled = features / np.where(largest > 0, largest, 1)
    centred = scaled - scaled.mean(axis=-1, keepdims=True)
    spread = np.abs(centred).max(axis=-1, keepdims=True)
    # Rounding leaves a row that does not vary about as much as its precision.
    constant = spread[..., 0] <= 10 * np.finfo(features.dtype).eps
    centred /= np.where(spread > 0, spread, 1)
    variance = np.where(constant, 1, np.square(centred).mean(axis=-1))
    return np.where(constant, 0, (centred**order).mean(axis=-1) / variance ** (order / 2)).astype(features.dtype)


def _skewness(features: np.ndarray, axis: int) -> np.ndarray:
    return _standardized_moment(features, 3)


def _kurtosis(features: np.ndarray, axis: int) -> np.ndarray:
    return _standardized_moment(features, 4)


def _mean_abs_delta(features: np.ndarray, axis: int) -> np.ndarray:
    if features.shape[-1] < 2:
        return np.zeros(features.shape[:-1], dtype=features.dtype)
    return np.abs(np.diff(features, axis=-1)).mean(axis=-1)


# Name -> function over the last axis; percentiles come beside them, as "percentile_25".
STATISTICS: dict[str, Callable[..., np.ndarray]] = {
    "mean": np.mean,
    "std": np.std,
    "min": np.min,
    "max": np.max,
    "median": np.median,
    "skewness": _skewness,
    "kurtosis": _kurtosis,
    "mean_abs_delta": _mean_abs_delta,
}
_PERCENTILE = re.compile(r"percentile_(\d{1,2}(\.\d+)?|100)")


def is_statistic(name: str) -> bool:
    """Tell whether a name is that of a statistic.

    Parameters
    ----------
    name : str
        A key of `STATISTICS`, or ``percentile_`` with a number from 0 to 100, such as 2.5.

    Returns
    -------
    bool
        Whether `pool` knows it.

    Examples
    --------
    >>> from audiofeat.dsp import is_statistic
    >>> is_statistic("percentile_90"), is_statistic("percentile_101")
    (True, False)
    """
    return isinstance(name, str) and (name in STATISTICS or _PERCENTILE.fullmatch(name) is not None)


def segment_bounds(n_frames: int, n_segments: int) -> list[tuple[int, int]]:
    """Cut a clip into segments of equal length, as far as frames allow.

    Parameters
    ----------
    n_frames : int
        Number of frames of the clip.
    n_segments : int
        Number of segments.

    Returns
    -------
    list of (int, int)
        First frame of each, and the one after its last; a clip with fewer frames than segments repeats frames.

    Examples
    --------
    >>> from audiofeat.dsp import segment_bounds
    >>> segment_bounds(10, 3), segment_bounds(1, 2)
    ([(0, 3), (3, 6), (6, 10)], [(0, 1), (0, 1)])
    """
    starts = [k * n_frames // n_segments for k in range(n_segments + 1)]
    return [(start, max(stop, start + 1)) for start, stop in pairwise(starts)]


def pool(features: np.ndarray, statistics: Sequence[str] = ("mean", "std"), *, n_segments: int = 1) -> np.ndarray:
    """Summarise features over time.

    Parameters
    ----------
    features : ndarray of shape (..., n_rows, n_frames)
        Features over time.
    statistics : sequence of str, default=("mean", "std")
        "mean", "std", "min", "max", "median", "skewness" and "kurtosis" (of the population; 0 where nothing varies, and
        3 for a normal distribution), "mean_abs_delta" (mean absolute difference between neighbouring frames), and
        percentiles such as "percentile_90" and "percentile_2.5".
    n_segments : int, default=1
        Number of equal segments that are summarised one by one, so that the order in time survives.

    Returns
    -------
    ndarray of shape (..., n_segments * len(statistics) * n_rows)
        For each segment the rows' first statistic, then their second, and so on.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import pool
    >>> pool(np.array([[1.0, 3.0], [5.0, 5.0]]))
    array([2., 5., 1., 0.])
    >>> pool(np.array([[1.0, 3.0], [5.0, 5.0]]), ["max"], n_segments=2)
    array([1., 5., 3., 5.])
    """
    parts = []
    for start, stop in segment_bounds(features.shape[-1], n_segments):
        segment = features[..., start:stop]
        known = _mean_and_std(segment) if "mean" in statistics and "std" in statistics else {}
        parts += [known[name] if name in known else _statistic(name, segment) for name in statistics]
    return np.concatenate(parts, axis=-1)


def _mean_and_std(features: np.ndarray) -> dict[str, np.ndarray]:
    """Mean and standard deviation, whose mean NumPy would take anew; the values are those of NumPy."""
    if features.dtype not in (np.float32, np.float64):  # NumPy sums in others than theirs
        return {}
    n_frames = features.shape[-1]
    mean = np.add.reduce(features, axis=-1, keepdims=True)
    mean /= n_frames
    squares = features - mean
    np.multiply(squares, squares, out=squares)
    std = np.add.reduce(squares, axis=-1)
    std /= n_frames
    return {"mean": mean[..., 0], "std": np.sqrt(std, out=std)}


def _statistic(name: str, features: np.ndarray) -> np.ndarray:
    if name in STATISTICS:
        return STATISTICS[name](features, axis=-1)
    return np.percentile(features, float(name.rpartition("_")[2]), axis=-1).astype(features.dtype, copy=False)
