"""Recipes of mel spectra and cepstra in the conventions of Kaldi and HTK.

Conventions: rows and features are ``(n_rows, n_frames)``; which toolkit is followed stands in the framing, whose
`convention` begins with the samples.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from audiofeat.dsp.banded import BandedFilterbank
from audiofeat.dsp.cepstral import with_deltas
from audiofeat.dsp.conventions import CONVENTIONS, Convention
from audiofeat.dsp.filterbanks import _frozen, dct_matrix
from audiofeat.dsp.framing import FrameSpec
from audiofeat.dsp.recipes import Projection
from audiofeat.dsp.scale import hz_to_mel
from audiofeat.dsp.spectrum import Block, ConventionBlock

__all__ = ["SpeechCepstrumRecipe", "SpeechMelRecipe", "speech_mel_filterbank"]


def speech_mel_filterbank(
    sample_rate: int,
    n_fft: int,
    *,
    n_mels: int = 23,
    fmin: float = 20.0,
    fmax: float | None = None,
    drops_edge_bins: bool = False,
) -> np.ndarray:
    """Filters that are triangles in mels, not in Hz, as speech recognisers have them.

    Parameters
    ----------
    sample_rate : int
        Sample rate [Hz].
    n_fft : int
        Length of the Fourier transform [samples].
    n_mels : int, default=23
        Number of filters.
    fmin : float, default=20.0
        Lower edge of the first filter [Hz].
    fmax : float or None, default=None
        Upper edge of the last filter [Hz]. None means half the sample rate.
    drops_edge_bins : bool, default=False
        Whether the bins nearest to `fmin` and `fmax` have no weight, as in HTK.

    Returns
    -------
    ndarray of shape (n_mels, n_fft // 2 + 1)
        Weights, float64, with peaks of 1.

    Notes
    -----
    The weight of a bin falls linearly with its distance in mels, ``1127 ln(1 + f / 700)``, from the filter's centre to
    those of its neighbours. `mel_filterbank` has the same edges with ``mel_scale="htk"``, but sides that are straight in
    Hz.

    Examples
    --------
    >>> from audiofeat.dsp import speech_mel_filterbank
    >>> bank = speech_mel_filterbank(16000, 512)
    >>> bank.shape, round(float(bank[:, 100].sum()), 6)  # neighbours share every bin
    ((23, 257), 1.0)
    """
    fmax = sample_rate / 2 if fmax is None else fmax
    mels = hz_to_mel(np.fft.rfftfreq(n_fft, 1.0 / sample_rate), "htk")
    low, high = hz_to_mel([fmin, fmax], "htk")
    edges = np.linspace(low, high, n_mels + 2)
    width = edges[1] - edges[0]
    weights = np.maximum(0.0, 1 - np.abs(mels - edges[1:-1, None]) / width)
    if drops_edge_bins:
        first, last = (int(np.floor(edge * n_fft / sample_rate + 0.5)) for edge in (fmin, fmax))
        weights[:, : first + 1] = 0
        weights[:, last:] = 0
    return weights


@lru_cache(maxsize=32)
def _banded_speech_mel(
    dtype: np.dtype,
    sample_rate: int,
    n_fft: int,
    n_mels: int,
    fmin: float,
    fmax: float | None,
    drops_edge_bins: bool,
) -> BandedFilterbank:
    weights = speech_mel_filterbank(
        sample_rate, n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax, drops_edge_bins=drops_edge_bins
    )
    return BandedFilterbank(weights, dtype)


@lru_cache(maxsize=32)
def _speech_dct(dtype: np.dtype, n_out: int, n_in: int, lifter: float, scales_c0: bool) -> np.ndarray:
    matrix = dct_matrix(n_out, n_in)
    if scales_c0:
        matrix[0] *= np.sqrt(2)
    if lifter > 0:
        # Counted from 0, where librosa counts from 1: C0 stays as it is (HTK book, eq. 5.14).
        matrix *= (1 + (lifter / 2) * np.sin(np.pi * np.arange(n_out) / lifter))[:, None]
    return _frozen(np.ascontiguousarray(matrix, dtype=dtype))


def _convention(spec: FrameSpec) -> Convention:
    if spec.convention not in CONVENTIONS:
        raise ValueError(
            f"SpeechMelRecipe got a framing with convention={spec.convention!r}; expected one of "
            f"{', '.join(map(repr, CONVENTIONS))}. Use FrameSpec(convention=...), or MelRecipe."
        )
    return CONVENTIONS[spec.convention]


@dataclass(frozen=True)
class _SpeechMel:
    """Mel spectrum, and the frames' energy below it."""

    n_mels: int
    fmin: float
    fmax: float | None
    power: float

    def __call__(self, block: Block, spec: FrameSpec) -> np.ndarray:
        convention = _convention(spec)
        assert isinstance(block, ConventionBlock)  # for mypy: a convention's blocks are of that kind
        bank = _banded_speech_mel(
            block.dtype,
            spec.sample_rate,
            spec.n_fft,
            self.n_mels,
            self.fmin,
            self.fmax,
            convention.drops_edge_bins,
        )
        return np.concatenate([block.project(bank, power=self.power), block.energy[None]])


@dataclass(frozen=True)
class SpeechMelRecipe:
    """Log-mel spectrogram as Kaldi and HTK have it.

    Parameters
    ----------
    n_mels : int, default=23
        Number of filters; this and the following two as in `speech_mel_filterbank`.
    fmin : float, default=20.0
        Lower edge of the first filter [Hz].
    fmax : float or None, default=None
        Upper edge of the last filter [Hz]. None means half the sample rate.
    power : float, default=2.0
        Exponent of the magnitude.
    scale : {"log", "linear"}, default="log"
        Natural logarithm, or the mel spectrum itself.
    use_energy : bool, default=False
        Whether a row with the logarithm of the frames' energy follows.
    """

    n_mels: int = 23
    fmin: float = 20.0
    fmax: float | None = None
    power: float = 2.0
    scale: str = "log"
    use_energy: bool = False

    @property
    def projection(self) -> Projection:
        """The mel spectrum, and the energy."""
        return _SpeechMel(self.n_mels, self.fmin, self.fmax, self.power)

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Take the logarithm.

        Parameters
        ----------
        rows : ndarray of shape (n_mels + 1, n_frames)
            Mel spectrum and energy of the clip.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_mels, n_frames), or (n_mels + 1, n_frames) with the energy
            The feature.
        """
        floor = rows.dtype.type(_convention(spec).log_floor)
        mel = rows[:-1].copy() if self.scale == "linear" else np.log(np.maximum(rows[:-1], floor))
        return np.concatenate([mel, np.log(np.maximum(rows[-1:], floor))]) if self.use_energy else mel


@dataclass(frozen=True)
class SpeechCepstrumRecipe:
    """Mel-frequency cepstral coefficients as Kaldi and HTK have them.

    Parameters
    ----------
    n_mfcc : int, default=13
        Number of coefficients.
    lifter : float, default=22
        Sinusoidal liftering; 0 is none.
    deltas : int, default=0
        How many orders of derivatives over time follow the coefficients.
    use_energy : bool, default=True
        Whether the logarithm of the frames' energy takes the place of the first coefficient.
    mel : SpeechMelRecipe, default=SpeechMelRecipe()
        The log-mel spectrum they are made of, without its energy.
    """

    n_mfcc: int = 13
    lifter: float = 22
    deltas: int = 0
    use_energy: bool = True
    mel: SpeechMelRecipe = SpeechMelRecipe()

    @property
    def projection(self) -> Projection:
        """The mel spectrum, and the energy."""
        return self.mel.projection

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Turn the mel spectrum of a clip into its cepstrum.

        Parameters
        ----------
        rows : ndarray of shape (n_mels + 1, n_frames)
            Mel spectrum and energy of the clip.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_mfcc * (1 + deltas), n_frames)
            The coefficients, then their derivatives of each order.
        """
        convention = _convention(spec)
        log_mel = self.mel.finish(rows, spec)[: len(rows) - 1]
        matrix = _speech_dct(log_mel.dtype, self.n_mfcc, len(log_mel), self.lifter, convention.scales_c0)
        coefficients = matrix @ log_mel
        if self.use_energy:
            coefficients[0] = np.log(np.maximum(rows[-1], rows.dtype.type(convention.log_floor)))
        return with_deltas(coefficients, self.deltas)
