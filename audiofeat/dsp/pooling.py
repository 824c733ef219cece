"""Statistics over time.

Conventions: time is the last axis; the result holds all rows of the first statistic, then all rows of the second.
"""

from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["STATISTICS", "pool"]

# Name -> function over the last axis.
STATISTICS: dict[str, Callable[..., np.ndarray]] = {
    "mean": np.mean,
    "std": np.std,
    "min": np.min,
    "max": np.max,
    "median": np.median,
}


def pool(features: np.ndarray, statistics: Sequence[str] = ("mean", "std")) -> np.ndarray:
    """Summarise features over time.

    Parameters
    ----------
    features : ndarray of shape (..., n_rows, n_frames)
        Features over time.
    statistics : sequence of str, default=("mean", "std")
        Names from ``STATISTICS``: "mean", "std", "min", "max", "median".

    Returns
    -------
    ndarray of shape (..., len(statistics) * n_rows)
        The rows' first statistic, then their second, and so on.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import pool
    >>> pool(np.array([[1.0, 3.0], [5.0, 5.0]]))
    array([2., 5., 1., 0.])
    """
    return np.concatenate([STATISTICS[name](features, axis=-1) for name in statistics], axis=-1)
