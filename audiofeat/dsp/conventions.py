"""What speech recognisers do differently between the samples and the logarithm: the conventions of Kaldi and HTK.

Conventions: samples come between -1 and 1, as everywhere here; both toolkits compute on 16-bit integers, so the scale is
part of the convention. A frame takes `win_length` samples and is followed by zeros up to `n_fft`.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

__all__ = ["CONVENTIONS", "Convention"]


@dataclass(frozen=True)
class Convention:
    """One toolkit's way from samples to mel spectra.

    Parameters
    ----------
    sample_scale : float
        What samples are multiplied with.
    remove_dc : bool
        Whether each frame's mean is subtracted from it.
    pre_emphasis : float
        How much of the sample before is subtracted from each; the first sample of a frame counts as its own predecessor.
    log_floor : float
        What energies are raised to before the logarithm.
    may_center : bool
        Whether there are frames that reach beyond the clip.
    drops_edge_bins : bool
        Whether the bins nearest to the edges of the filter bank are left out of it.
    scales_c0 : bool
        Whether the first cepstral coefficient is scaled like the others, which makes it sqrt(2) times that of the
        orthonormal cosine transform.
    split_radix : bool
        Whether spectra are computed in float32 by the toolkit's own transform, whatever the type of the clip, so that its
        rounding is part of the result.

    References
    ----------
    D. Povey et al., "The Kaldi speech recognition toolkit", IEEE ASRU, 2011.
    S. Young et al., "The HTK book", version 3.4, sections 5.2 to 5.6, Cambridge University, 2006.
    """

    sample_scale: float
    remove_dc: bool
    pre_emphasis: float
    log_floor: float
    may_center: bool
    drops_edge_bins: bool
    scales_c0: bool
    split_radix: bool


CONVENTIONS = {
    "kaldi": Convention(
        sample_scale=2.0**15,
        remove_dc=True,
        pre_emphasis=0.97,
        # Kaldi floors at the precision of float32, whatever it computes in.
        log_floor=float(np.finfo(np.float32).eps),
        may_center=True,
        drops_edge_bins=False,
        scales_c0=False,
        split_radix=True,
    ),
    "htk": Convention(
        sample_scale=2.0**15,
        remove_dc=False,
        pre_emphasis=0.97,
        log_floor=1.0,
        may_center=False,
        drops_edge_bins=True,
        scales_c0=True,
        split_radix=False,
    ),
}


def prepared(frames: np.ndarray, convention: Convention) -> np.ndarray:
    """Scale frames and remove their mean.

    Parameters
    ----------
    frames : ndarray of shape (n_frames, win_length)
        Frames of a clip.
    convention : Convention
        The convention.

    Returns
    -------
    ndarray of shape (n_frames, win_length)
        New frames, of which the convention takes the energy.
    """
    scaled = frames * frames.dtype.type(convention.sample_scale)
    if convention.remove_dc:
        scaled -= scaled.mean(axis=1, keepdims=True)
    return scaled


def emphasised(frames: np.ndarray, convention: Convention) -> np.ndarray:
    """Raise high frequencies by subtracting from each sample a part of the one before.

    Parameters
    ----------
    frames : ndarray of shape (n_frames, win_length)
        Prepared frames.
    convention : Convention
        The convention.

    Returns
    -------
    ndarray of shape (n_frames, win_length)
        New frames.
    """
    factor = frames.dtype.type(convention.pre_emphasis)
    out = np.empty_like(frames)
    np.multiply(frames[:, :-1], -factor, out=out[:, 1:])
    out[:, 1:] += frames[:, 1:]
    out[:, 0] = frames[:, 0] * (1 - factor)
    return out


@lru_cache(maxsize=32)
def symmetric_window(window: str | tuple | float, win_length: int, n_fft: int, dtype: np.dtype) -> np.ndarray:
    """Sample a window that ends as it begins, followed by zeros.

    Parameters
    ----------
    window : str, tuple or float
        "povey", or as in `scipy.signal.get_window`.
    win_length : int
        Its length [samples].
    n_fft : int
        Length with the zeros [samples].
    dtype : dtype
        Type of the result.

    Returns
    -------
    ndarray of shape (n_fft,)
        Read-only.

    Notes
    -----
    Povey's window is ``(0.5 - 0.5 cos(2 pi n / (win_length - 1))) ** 0.85``: nearly Hamming's, but zero at its ends.
    """
    from scipy.signal import get_window

    values = get_window("hann" if window == "povey" else window, win_length, fftbins=False)
    padded = np.zeros(n_fft, dtype=dtype)
    padded[:win_length] = values**0.85 if window == "povey" else values
    padded.flags.writeable = False
    return padded
