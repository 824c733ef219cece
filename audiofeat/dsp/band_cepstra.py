"""Cepstra of other bands than mel: evenly spaced triangles, and gammatone filters spaced like the ear's.

Conventions: banks are ``(n_filters, n_bins)`` and multiply a power spectrum; rows and features are ``(n_rows, n_frames)``.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from audiofeat.dsp.banded import BandedFilterbank, FullFilterbank
from audiofeat.dsp.cepstral import cepstrum
from audiofeat.dsp.framing import FrameSpec
from audiofeat.dsp.recipes import FilterbankProjection
from audiofeat.dsp.scale import power_to_db

__all__ = [
    "GammatoneCepstrumRecipe",
    "LinearCepstrumRecipe",
    "erb_frequencies",
    "gammatone_filterbank",
    "linear_filterbank",
]

# Glasberg and Moore (1990): the equivalent rectangular bandwidth of hearing at f is 24.7 (4.37 f / 1000 + 1) Hz.
_ERB_AT_ZERO = 24.7
_ERB_SLOPE = 4.37e-3
# Patterson et al. (1987): a gammatone of order 4 has that bandwidth if its own is 1.019 times as large.
_ORDER = 4
_BANDWIDTH = 1.019


def linear_filterbank(
    sample_rate: int, n_fft: int, *, n_filters: int = 128, fmin: float = 0.0, fmax: float | None = None
) -> np.ndarray:
    """Triangular filters spaced evenly in Hz.

    Parameters
    ----------
    sample_rate : int
        Sample rate [Hz].
    n_fft : int
        Length of the Fourier transform [samples].
    n_filters : int, default=128
        Number of filters.
    fmin : float, default=0.0
        Lower edge of the first filter [Hz].
    fmax : float or None, default=None
        Upper edge of the last filter [Hz]. None means half the sample rate.

    Returns
    -------
    ndarray of shape (n_filters, n_fft // 2 + 1)
        Weights, float64, with peaks of 1.

    Examples
    --------
    >>> from audiofeat.dsp import linear_filterbank
    >>> linear_filterbank(8, 8, n_filters=1)
    array([[0. , 0.5, 1. , 0.5, 0. ]])
    """
    fmax = sample_rate / 2 if fmax is None else fmax
    edges, width = np.linspace(fmin, fmax, n_filters + 2, retstep=True)
    return np.maximum(0.0, 1 - np.abs(np.fft.rfftfreq(n_fft, 1.0 / sample_rate) - edges[1:-1, None]) / width)


def erb_frequencies(n_filters: int, fmin: float, fmax: float) -> np.ndarray:
    """Frequencies spaced evenly on the scale of the ear's bandwidths.

    Parameters
    ----------
    n_filters : int
        How many.
    fmin, fmax : float
        The first and the last [Hz].

    Returns
    -------
    ndarray of shape (n_filters,)
        Frequencies [Hz].

    Notes
    -----
    The number of equivalent rectangular bandwidths below a frequency is ``21.3 log10(1 + 0.00437 f)``.

    References
    ----------
    B. R. Glasberg and B. C. J. Moore, "Derivation of auditory filter shapes from notched-noise data", Hearing Research
    47(1-2), 1990, https://doi.org/10.1016/0378-5955(90)90170-T

    Examples
    --------
    >>> from audiofeat.dsp import erb_frequencies
    >>> erb_frequencies(3, 100.0, 4000.0).round()
    array([ 100.,  950., 4000.])
    """
    # The factor before the logarithm would only stretch the scale.
    low, high = np.log1p(_ERB_SLOPE * np.array([fmin, fmax]))
    return np.expm1(np.linspace(low, high, n_filters)) / _ERB_SLOPE


def gammatone_filterbank(
    sample_rate: int, n_fft: int, *, n_filters: int = 64, fmin: float = 50.0, fmax: float | None = None
) -> np.ndarray:
    """Power responses of gammatone filters, a model of the filters of the inner ear.

    Parameters
    ----------
    sample_rate : int
        Sample rate [Hz].
    n_fft : int
        Length of the Fourier transform [samples].
    n_filters : int, default=64
        Number of filters.
    fmin : float, default=50.0
        Centre of the first filter [Hz].
    fmax : float or None, default=None
        Centre of the last filter [Hz]. None means half the sample rate.

    Returns
    -------
    ndarray of shape (n_filters, n_fft // 2 + 1)
        Squared magnitudes of the responses, float64, 1 at the centres.

    Notes
    -----
    ``(1 + ((f - centre) / b) ** 2) ** -4`` with ``b = 1.019 * 24.7 * (0.00437 * centre + 1)``: the transform of
    ``t ** 3 exp(-2 pi b t) cos(2 pi centre t)`` without the image at the negative frequency.

    References
    ----------
    R. D. Patterson, I. Nimmo-Smith, J. Holdsworth and P. Rice, "An efficient auditory filterbank based on the gammatone
    function", Applied Psychology Unit report 2341, Cambridge, 1987.

    Examples
    --------
    >>> from audiofeat.dsp import gammatone_filterbank
    >>> gammatone_filterbank(16000, 512).shape
    (64, 257)
    """
    fmax = sample_rate / 2 if fmax is None else fmax
    centres = erb_frequencies(n_filters, fmin, fmax)[:, None]
    bandwidths = _BANDWIDTH * _ERB_AT_ZERO * (_ERB_SLOPE * centres + 1)
    return (1 + ((np.fft.rfftfreq(n_fft, 1.0 / sample_rate) - centres) / bandwidths) ** 2) ** -_ORDER


@lru_cache(maxsize=32)
def _banded_linear(
    dtype: np.dtype, sample_rate: int, n_fft: int, n_filters: int, fmin: float, fmax: float | None
) -> BandedFilterbank:
    return BandedFilterbank(linear_filterbank(sample_rate, n_fft, n_filters=n_filters, fmin=fmin, fmax=fmax), dtype)


@lru_cache(maxsize=32)
def _full_gammatone(
    dtype: np.dtype, sample_rate: int, n_fft: int, n_filters: int, fmin: float, fmax: float | None
) -> FullFilterbank:
    return FullFilterbank(gammatone_filterbank(sample_rate, n_fft, n_filters=n_filters, fmin=fmin, fmax=fmax), dtype)


@dataclass(frozen=True)
class _Linear(FilterbankProjection):
    n_filters: int
    fmin: float
    fmax: float | None

    def bank(self, dtype: np.dtype, spec: FrameSpec) -> BandedFilterbank:
        return _banded_linear(dtype, spec.sample_rate, spec.n_fft, self.n_filters, self.fmin, self.fmax)


@dataclass(frozen=True)
class _Gammatone(FilterbankProjection):
    n_filters: int
    fmin: float
    fmax: float | None

    def bank(self, dtype: np.dtype, spec: FrameSpec) -> FullFilterbank:
        return _full_gammatone(dtype, spec.sample_rate, spec.n_fft, self.n_filters, self.fmin, self.fmax)


@dataclass(frozen=True)
class LinearCepstrumRecipe:
    """Cepstral coefficients of evenly spaced bands, with their derivatives.

    Parameters
    ----------
    n_lfcc : int, default=20
        Number of coefficients.
    n_filters : int, default=128
        Number of filters; this and the following two as in `linear_filterbank`.
    fmin : float, default=0.0
        Lower edge of the first filter [Hz].
    fmax : float or None, default=None
        Upper edge of the last filter [Hz]. None means half the sample rate.
    dct_type : {1, 2, 3}, default=2
        Type of the cosine transform.
    dct_norm : {"ortho"} or None, default="ortho"
        Its normalisation.
    lifter : float, default=0
        Sinusoidal liftering; 0 is none.
    deltas : int, default=0
        How many orders of derivatives over time follow the coefficients.
    top_db : float or None, default=80.0
        Floor of the bands under the clip's maximum [dB].
    """

    n_lfcc: int = 20
    n_filters: int = 128
    fmin: float = 0.0
    fmax: float | None = None
    dct_type: int = 2
    dct_norm: str | None = "ortho"
    lifter: float = 0
    deltas: int = 0
    top_db: float | None = 80.0

    @property
    def projection(self) -> FilterbankProjection:
        """The power in the bands."""
        return _Linear(self.n_filters, self.fmin, self.fmax)

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Turn the bands of a clip into its cepstrum.

        Parameters
        ----------
        rows : ndarray of shape (n_filters, n_frames)
            Power in the bands.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_lfcc * (1 + deltas), n_frames)
            The coefficients, then their derivatives of each order.
        """
        return cepstrum(
            power_to_db(rows, top_db=self.top_db),
            self.n_lfcc,
            dct_type=self.dct_type,
            dct_norm=self.dct_norm,
            lifter=self.lifter,
            deltas=self.deltas,
        )


@dataclass(frozen=True)
class GammatoneCepstrumRecipe:
    """Cepstral coefficients of gammatone bands, with their derivatives.

    Parameters
    ----------
    n_gfcc : int, default=20
        Number of coefficients.
    n_filters : int, default=64
        Number of filters; this and the following two as in `gammatone_filterbank`.
    fmin : float, default=50.0
        Centre of the first filter [Hz].
    fmax : float or None, default=None
        Centre of the last filter [Hz]. None means half the sample rate.
    compression : {"cubic_root", "log"}, default="cubic_root"
        Cubic root of the bands' amplitude, or decibels.
    dct_type : {1, 2, 3}, default=2
        Type of the cosine transform.
    dct_norm : {"ortho"} or None, default="ortho"
        Its normalisation.
    lifter : float, default=0
        Sinusoidal liftering; 0 is none.
    deltas : int, default=0
        How many orders of derivatives over time follow the coefficients.
    top_db : float or None, default=80.0
        Floor of the decibels under the clip's maximum.
    """

    n_gfcc: int = 20
    n_filters: int = 64
    fmin: float = 50.0
    fmax: float | None = None
    compression: str = "cubic_root"
    dct_type: int = 2
    dct_norm: str | None = "ortho"
    lifter: float = 0
    deltas: int = 0
    top_db: float | None = 80.0

    @property
    def projection(self) -> FilterbankProjection:
        """The power in the bands."""
        return _Gammatone(self.n_filters, self.fmin, self.fmax)

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Turn the bands of a clip into its cepstrum.

        Parameters
        ----------
        rows : ndarray of shape (n_filters, n_frames)
            Power in the bands.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_gfcc * (1 + deltas), n_frames)
            The coefficients, then their derivatives of each order.
        """
        bands = power_to_db(rows, top_db=self.top_db) if self.compression == "log" else np.cbrt(np.sqrt(rows))
        return cepstrum(
            bands,
            self.n_gfcc,
            dct_type=self.dct_type,
            dct_norm=self.dct_norm,
            lifter=self.lifter,
            deltas=self.deltas,
        )
