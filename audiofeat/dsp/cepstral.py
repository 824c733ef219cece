"""From log spectra in bands to cepstra: the cosine transform, and the derivatives that follow it.

Conventions: bands and coefficients are ``(n_rows, n_frames)``.
"""

import numpy as np

from audiofeat.dsp.delta import delta
from audiofeat.dsp.filterbanks import _lifted_dct

__all__ = ["cepstrum", "with_deltas"]

# Frames that a derivative is fitted over: librosa's, unless the order needs more.
_DELTA_WIDTH = 9


def cepstrum(
    bands: np.ndarray,
    n_coefficients: int,
    *,
    dct_type: int = 2,
    dct_norm: str | None = "ortho",
    lifter: float = 0,
    deltas: int = 0,
) -> np.ndarray:
    """Decorrelate compressed bands by a cosine transform.

    Parameters
    ----------
    bands : ndarray of shape (n_bands, n_frames)
        Spectrum in bands, compressed by a logarithm or a root.
    n_coefficients : int
        Number of coefficients, at most `n_bands`.
    dct_type : {1, 2, 3}, default=2
        Type of the cosine transform.
    dct_norm : {"ortho"} or None, default="ortho"
        Its normalisation.
    lifter : float, default=0
        Sinusoidal liftering; 0 is none.
    deltas : int, default=0
        How many orders of derivatives over time follow the coefficients.

    Returns
    -------
    ndarray of shape (n_coefficients * (1 + deltas), n_frames)
        The coefficients, then their derivatives of each order.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import cepstrum
    >>> cepstrum(np.ones((4, 1)), 2).round(6)
    array([[2.],
           [0.]])
    """
    matrix = _lifted_dct(bands.dtype, n_coefficients, len(bands), dct_type, dct_norm, lifter)
    return with_deltas(matrix @ bands, deltas)


def with_deltas(features: np.ndarray, deltas: int) -> np.ndarray:
    """Put derivatives over time below features.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_frames)
        The features.
    deltas : int
        How many orders of derivatives; 0 gives the features as they are.

    Returns
    -------
    ndarray of shape (n_rows * (1 + deltas), n_frames)
        The features, then their derivatives of each order, over 9 frames as in librosa; from order 9 on over the fewest
        that suffice.
    """
    if not deltas:
        return features
    widths = [max(_DELTA_WIDTH, order + 1 + order % 2) for order in range(1, deltas + 1)]
    return np.concatenate([features, *(delta(features, order=i, width=w) for i, w in enumerate(widths, start=1))])
