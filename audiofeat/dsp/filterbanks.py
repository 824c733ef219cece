"""Mel and chroma filter banks, and the DCT as a matrix.

Conventions: a bank is ``(n_filters, n_bins)`` and multiplies a power spectrum ``(n_bins, n_frames)`` from the left. Banks
are computed in float64, cached, read-only, and those of narrow filters are stored without their zeros.
"""

from functools import lru_cache

import numpy as np
import scipy.fft

from audiofeat.dsp.banded import BandedFilterbank, FullFilterbank
from audiofeat.dsp.scale import mel_frequencies

__all__ = ["chroma_filterbank", "dct_matrix", "mel_filterbank"]


def mel_filterbank(
    sample_rate: int,
    n_fft: int,
    *,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    mel_scale: str = "slaney",
    mel_norm: str | float | None = "slaney",
) -> np.ndarray:
    """Triangular filters spaced evenly in mels.

    Parameters
    ----------
    sample_rate : int
        Sample rate [Hz].
    n_fft : int
        Length of the Fourier transform [samples].
    n_mels : int, default=128
        Number of filters.
    fmin : float, default=0.0
        Lower edge of the first filter [Hz].
    fmax : float or None, default=None
        Upper edge of the last filter [Hz]. None means half the sample rate.
    mel_scale : {"slaney", "htk"}, default="slaney"
        As in `hz_to_mel`.
    mel_norm : {"slaney"}, float or None, default="slaney"
        "slaney" gives every triangle unit area in Hz; a number divides each by its norm of that order; None leaves peaks
        of 1.

    Returns
    -------
    ndarray of shape (n_mels, n_fft // 2 + 1)
        Weights, float64.

    Notes
    -----
    Equal to ``librosa.filters.mel`` 0.11 within float32 rounding.

    Examples
    --------
    >>> from audiofeat.dsp import mel_filterbank
    >>> mel_filterbank(16000, 512, n_mels=40).shape
    (40, 257)
    """
    if fmax is None:
        fmax = sample_rate / 2
    edges = mel_frequencies(n_mels + 2, fmin, fmax, mel_scale)
    widths = np.diff(edges)
    # Distance of every bin to every edge; a triangle is the lower of its rising and its falling side.
    distance = np.fft.rfftfreq(n_fft, 1.0 / sample_rate) - edges[:, None]
    rising = distance[:-2] / widths[:-1, None]
    falling = -distance[2:] / widths[1:, None]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    if mel_norm == "slaney":
        weights *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    elif mel_norm is not None:
        norm = np.linalg.norm(weights, ord=float(mel_norm), axis=1, keepdims=True)
        weights /= np.where(norm > 0, norm, 1.0)
    return weights


def chroma_filterbank(
    sample_rate: int,
    n_fft: int,
    *,
    n_chroma: int = 12,
    tuning: float = 0.0,
    center_octave: float = 5.0,
    octave_width: float | None = 2.0,
    base_c: bool = True,
) -> np.ndarray:
    """Gaussian filters that fold a spectrum into pitch classes.

    Parameters
    ----------
    sample_rate : int
        Sample rate [Hz].
    n_fft : int
        Length of the Fourier transform [samples].
    n_chroma : int, default=12
        Number of pitch classes in an octave.
    tuning : float, default=0.0
        Deviation of A4 from 440 Hz [fractions of a pitch class].
    center_octave : float, default=5.0
        Centre of the weighting over octaves [octaves above A0].
    octave_width : float or None, default=2.0
        Half-width of that weighting [octaves]. None weights all octaves alike.
    base_c : bool, default=True
        Whether the first row is C; otherwise it is A.

    Returns
    -------
    ndarray of shape (n_chroma, n_fft // 2 + 1)
        Weights, float64; every column has unit Euclidean norm before the weighting over octaves.

    Notes
    -----
    Ellis' chroma matrix; equal to ``librosa.filters.chroma`` 0.11 within float32 rounding.

    References
    ----------
    D. P. W. Ellis, "Chroma feature analysis and synthesis", 2007,
    https://www.ee.columbia.edu/~dpwe/resources/matlab/chroma-ansyn/

    Examples
    --------
    >>> from audiofeat.dsp import chroma_filterbank
    >>> int(chroma_filterbank(22050, 4096)[:, round(440 * 4096 / 22050)].argmax())  # A is nine semitones above C
    9
    """
    a440 = 440.0 * 2.0 ** (tuning / n_chroma)
    frequencies = np.linspace(0, sample_rate, n_fft, endpoint=False)[1:]
    chroma = n_chroma * np.log2(frequencies / (a440 / 16))
    # 0 Hz has no pitch class; one and a half octaves below the first bin keeps its filter broad.
    chroma = np.concatenate(([chroma[0] - 1.5 * n_chroma], chroma))
    widths = np.concatenate((np.maximum(np.diff(chroma), 1.0), [1.0]))
    distance = chroma - np.arange(n_chroma)[:, None]
    # Fold to the nearest octave: -n/2 to n/2.
    half = np.round(n_chroma / 2)
    distance = np.remainder(distance + half + 10 * n_chroma, n_chroma) - half
    weights = np.exp(-0.5 * (2 * distance / widths) ** 2)
    weights /= np.sqrt((weights**2).sum(axis=0))
    if octave_width is not None:
        weights *= np.exp(-0.5 * ((chroma / n_chroma - center_octave) / octave_width) ** 2)
    if base_c:
        weights = np.roll(weights, -3 * (n_chroma // 12), axis=0)
    return np.ascontiguousarray(weights[:, : n_fft // 2 + 1])


def dct_matrix(n_out: int, n_in: int, *, dct_type: int = 2, dct_norm: str | None = "ortho") -> np.ndarray:
    """Discrete cosine transform as a matrix, first rows only.

    Parameters
    ----------
    n_out : int
        Number of rows kept.
    n_in : int
        Length of the transform.
    dct_type : {1, 2, 3}, default=2
        As in `scipy.fft.dct`.
    dct_norm : {"ortho"} or None, default="ortho"
        As in `scipy.fft.dct`.

    Returns
    -------
    ndarray of shape (n_out, n_in)
        Rows of the transform, float64.
    """
    # A constant, which SciPy computes whatever library stands behind scipy.fft: many have no cosine transform.
    with scipy.fft.set_backend("scipy"):
        return scipy.fft.dct(np.eye(n_in), type=dct_type, norm=dct_norm, axis=0)[:n_out]  # type: ignore[call-overload]


@lru_cache(maxsize=32)
def _banded_mel(
    dtype: np.dtype,
    sample_rate: int,
    n_fft: int,
    n_mels: int,
    fmin: float,
    fmax: float | None,
    mel_scale: str,
    mel_norm: str | float | None,
) -> BandedFilterbank:
    weights = mel_filterbank(
        sample_rate, n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, mel_scale=mel_scale, mel_norm=mel_norm
    )
    return BandedFilterbank(weights, dtype)


# Estimated tunings have a hundred values.
@lru_cache(maxsize=128)
def _full_chroma(dtype: np.dtype, sample_rate: int, n_fft: int, n_chroma: int, tuning: float) -> FullFilterbank:
    return FullFilterbank(chroma_filterbank(sample_rate, n_fft, n_chroma=n_chroma, tuning=tuning), dtype)


@lru_cache(maxsize=32)
def _lifted_dct(
    dtype: np.dtype, n_out: int, n_in: int, dct_type: int, dct_norm: str | None, lifter: float
) -> np.ndarray:
    matrix = dct_matrix(n_out, n_in, dct_type=dct_type, dct_norm=dct_norm)
    if lifter > 0:
        # Sinusoidal liftering is a weight per coefficient, so it belongs into the matrix (HTK book, eq. 5.12).
        matrix = matrix * (1 + (lifter / 2) * np.sin(np.pi * np.arange(1, n_out + 1) / lifter))[:, None]
    return _frozen(np.ascontiguousarray(matrix, dtype=dtype))


def _frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array
