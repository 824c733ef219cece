"""Derivatives over time by local polynomial fits.

Conventions: time is the last axis and runs in frames.
"""

import math
from functools import lru_cache

import numpy as np

__all__ = ["delta"]


def delta(features: np.ndarray, *, order: int = 1, width: int = 9) -> np.ndarray:
    """Derivative over time, by fitting a polynomial of degree `order` to each neighbourhood.

    Parameters
    ----------
    features : ndarray of shape (..., n_frames)
        Features over time.
    order : int, default=1
        Order of the derivative, and degree of the polynomial.
    width : int, default=9
        Frames in a neighbourhood, odd. A wider one is smoother.

    Returns
    -------
    ndarray of shape (..., n_frames)
        The derivative per frame, in the type of `features`; float64 for whole numbers.

    Raises
    ------
    ValueError
        If `width` is even or less than 3, or `order` is not between 1 and ``width - 1``.

    Notes
    -----
    A Savitzky-Golay filter. At both ends the polynomial of the outermost full neighbourhood is continued, as in
    ``librosa.feature.delta(mode="interp")``. A clip with fewer than `width` frames is one neighbourhood, and one with
    no more than `order` frames has derivative zero.

    References
    ----------
    A. Savitzky and M. J. E. Golay, "Smoothing and differentiation of data by simplified least squares procedures",
    Analytical Chemistry 36(8), 1964, https://doi.org/10.1021/ac60214a047

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import delta
    >>> delta(np.arange(12.0) ** 2)[3:8].round(6)
    array([ 8.,  8., 10., 12., 14.])
    """
    if width < 3 or width % 2 == 0:
        raise ValueError(f"delta got width={width!r}; expected an odd number of frames, at least 3.")
    if not 1 <= order < width:
        raise ValueError(f"delta got order={order!r} with width={width}; expected 1 to {width - 1}.")
    features = np.asarray(features)
    if features.dtype.kind != "f":
        features = features.astype(np.float64)
    n_frames = features.shape[-1]
    if n_frames <= order:
        return np.zeros_like(features)
    width = min(width, n_frames)
    kernels = _kernels(width, order).astype(features.dtype)
    out = np.empty_like(features)
    half = (width - 1) // 2
    inner = np.lib.stride_tricks.sliding_window_view(features, width, axis=-1)
    out[..., half : half + inner.shape[-2]] = inner @ kernels[half]
    out[..., :half] = features[..., :width] @ kernels[:half].T
    tail = width - 1 - half
    if tail:
        out[..., -tail:] = features[..., -width:] @ kernels[half + 1 :].T
    return out


@lru_cache(maxsize=32)
def _kernels(width: int, order: int) -> np.ndarray:
    """Row ``i``: weights that give the derivative at frame ``i`` of a neighbourhood, ``(width, width)``."""
    kernels = np.empty((width, width))
    for i in range(width):
        # The least-squares polynomial around frame i: its coefficient of x**order is the derivative over order!.
        basis = np.vander(np.arange(width) - i, order + 1, increasing=True).astype(float)
        kernels[i] = np.linalg.pinv(basis)[order] * math.factorial(order)
    return kernels
