"""Constant-Q spectra and chroma, computed by librosa one clip at a time.

Conventions: a spectrum is ``(n_bins, n_frames)``, frames are centred on multiples of the hop, and outside of the clip there
is silence. librosa is imported when a clip is first computed, because that takes seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Lock
from typing import Literal
from warnings import catch_warnings, filterwarnings

import numpy as np

from audiofeat.dsp.framing import FrameSpec
from audiofeat.dsp.recipes import ClipProjection
from audiofeat.dsp.scale import amplitude_to_db
from audiofeat.dsp.spectrum import power_spectrum
from audiofeat.dsp.tuning import estimate_tuning

__all__ = ["CENSRecipe", "CQTRecipe", "ConstantQChromaRecipe", "ConstantQ"]

# Three octaves and nine semitones under A4, where the piano's lowest C is [Hz].
_C1 = 440.0 * 2.0 ** (-45 / 12)
# Equivalent noise bandwidth of the Hann window [bins]: 1.5 (Harris, 1978, https://doi.org/10.1109/PROC.1978.10837), and
# what librosa adds to it by sampling the window.
_HANN_BANDWIDTH = 1.5002
_WARNINGS = Lock()


@dataclass(frozen=True)
class ConstantQ(ClipProjection):
    """Magnitudes of filters whose frequencies are spaced evenly in pitch, each as wide as its frequency asks for.

    Parameters
    ----------
    fmin : float or None, default=None
        Frequency of the lowest filter [Hz]. None means C1, 32.7 Hz.
    n_bins : int, default=84
        Number of filters.
    bins_per_octave : int, default=12
        Filters in an octave.
    tuning : float or "estimate", default=0.0
        By how much all filters are shifted [fractions of a filter's distance]; "estimate" takes it from the clip.
    filter_scale : float, default=1.0
        Factor on the length of the filters. A smaller one resolves time better and pitch worse.

    References
    ----------
    C. Schörkhuber and A. Klapuri, "Constant-Q transform toolbox for music processing", Sound and Music Computing, 2010,
    https://doi.org/10.5281/zenodo.849741
    """

    fmin: float | None = None
    n_bins: int = 84
    bins_per_octave: int = 12
    tuning: float | Literal["estimate"] = 0.0
    filter_scale: float = 1.0

    @property
    def lowest(self) -> float:
        """Frequency of the lowest filter [Hz]."""
        return _C1 if self.fmin is None else self.fmin

    @property
    def quality(self) -> float:
        """Centre frequency of each filter over its bandwidth in bins of its own length."""
        ratio = 4.0 ** (1.0 / self.bins_per_octave)
        return self.filter_scale * (ratio + 1) / (ratio - 1)

    @property
    def upper_edge(self) -> float:
        """Where the passband of the highest filter may end, whatever the tuning is [Hz]."""
        shift = 0.5 if self.tuning == "estimate" else self.tuning
        highest = self.lowest * 2.0 ** ((self.n_bins - 1 + shift) / self.bins_per_octave)
        return highest * (1 + _HANN_BANDWIDTH / (2 * self.quality))

    def of_clip(self, audio: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Compute the magnitudes.

        Parameters
        ----------
        audio : ndarray of shape (n_samples,)
            The clip.
        spec : FrameSpec
            The framing, of which the sample rate and the hop count.

        Returns
        -------
        ndarray of shape (n_bins, n_frames)
            The magnitudes, in the type of `audio`.
        """
        from librosa import cqt

        tuning = self.tuning
        if tuning == "estimate":
            # The framing that librosa estimates from, whatever the hop is.
            whole = FrameSpec(spec.sample_rate)
            magnitude = np.sqrt(power_spectrum(audio, whole))
            tuning = estimate_tuning(magnitude, whole.sample_rate, whole.n_fft, bins_per_octave=self.bins_per_octave)
        # librosa refuses clips that vanish on the way down to the octave of the filters.
        period = int(np.ceil(spec.sample_rate / self.lowest))
        padded = np.pad(audio, (0, period - len(audio))) if len(audio) < period else audio
        longest = max(self.quality * spec.sample_rate / self.lowest, 2.0 * spec.hop_length)
        with nullcontext() if len(audio) > 4 * longest else _without_warning():
            spectrum = cqt(
                padded,
                sr=spec.sample_rate,
                hop_length=spec.hop_length,
                fmin=self.lowest,
                n_bins=self.n_bins,
                bins_per_octave=self.bins_per_octave,
                tuning=tuning,
                filter_scale=self.filter_scale,
            )
        return np.abs(spectrum[:, : 1 + len(audio) // spec.hop_length])


@contextmanager
def _without_warning() -> Iterator[None]:
    """Keep librosa from warning of clips shorter than a filter, which are meant: outside of a clip there is silence."""
    # Filters of warnings belong to the process, so that threads may change them only one at a time.
    with _WARNINGS, catch_warnings():
        filterwarnings("ignore", r"n_fft=\d+ is too large", UserWarning)
        yield


@dataclass(frozen=True)
class CQTRecipe:
    """Constant-Q spectrum, as it is or in decibels.

    Parameters
    ----------
    filters : ConstantQ, default=ConstantQ()
        The filters.
    scale : {"db", "linear"}, default="db"
        Decibels, or the magnitude itself.
    top_db : float or None, default=80.0
        Floor under the clip's maximum [dB].
    """

    filters: ConstantQ = ConstantQ()
    scale: str = "db"
    top_db: float | None = 80.0

    @property
    def projection(self) -> ClipProjection:
        """The constant-Q spectrum."""
        return self.filters

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Scale the constant-Q spectrum of a clip.

        Parameters
        ----------
        rows : ndarray of shape (n_bins, n_frames)
            Magnitudes of the clip.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_bins, n_frames)
            The feature.
        """
        return rows.copy() if self.scale == "linear" else amplitude_to_db(rows, top_db=self.top_db)


@dataclass(frozen=True)
class ConstantQChromaRecipe:
    """Magnitude per pitch class, from the constant-Q spectrum.

    Parameters
    ----------
    filters : ConstantQ, default=ConstantQ(n_bins=252, bins_per_octave=36)
        The filters; `bins_per_octave` is a multiple of `n_chroma`.
    n_chroma : int, default=12
        Number of pitch classes.
    chroma_norm : float or None, default=inf
        Order of the norm that every frame is divided by.
    """

    filters: ConstantQ = ConstantQ(n_bins=252, bins_per_octave=36)
    n_chroma: int = 12
    chroma_norm: float | None = np.inf

    @property
    def projection(self) -> ClipProjection:
        """The constant-Q spectrum."""
        return self.filters

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Fold the constant-Q spectrum of a clip into pitch classes.

        Parameters
        ----------
        rows : ndarray of shape (n_bins, n_frames)
            Magnitudes of the clip.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_chroma, n_frames)
            The feature; silent frames stay zero.
        """
        from librosa.feature import chroma_cqt

        return chroma_cqt(
            C=rows,
            fmin=self.filters.lowest,
            n_chroma=self.n_chroma,
            bins_per_octave=self.filters.bins_per_octave,
            norm=self.chroma_norm,
        ).astype(rows.dtype, copy=False)


@dataclass(frozen=True)
class CENSRecipe:
    """Chroma from the constant-Q spectrum, quantised and smoothed.

    Parameters
    ----------
    filters : ConstantQ, default=ConstantQ(n_bins=252, bins_per_octave=36)
        The filters; `bins_per_octave` is a multiple of `n_chroma`.
    n_chroma : int, default=12
        Number of pitch classes.
    chroma_norm : float or None, default=2.0
        Order of the norm that every frame is divided by.
    smoothing_frames : int or None, default=41
        Length of the Hann window it is smoothed with [frames]; None leaves it as it is.
    """

    filters: ConstantQ = ConstantQ(n_bins=252, bins_per_octave=36)
    n_chroma: int = 12
    chroma_norm: float | None = 2.0
    smoothing_frames: int | None = 41

    @property
    def projection(self) -> ClipProjection:
        """The constant-Q spectrum."""
        return self.filters

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Fold the constant-Q spectrum of a clip into pitch classes, quantise and smooth them.

        Parameters
        ----------
        rows : ndarray of shape (n_bins, n_frames)
            Magnitudes of the clip.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_chroma, n_frames)
            The feature; silent frames stay zero.
        """
        from librosa.feature import chroma_cens

        return chroma_cens(
            C=rows,
            fmin=self.filters.lowest,
            n_chroma=self.n_chroma,
            bins_per_octave=self.filters.bins_per_octave,
            norm=self.chroma_norm,
            win_len_smooth=self.smoothing_frames,
        ).astype(rows.dtype, copy=False)
