"""Recipes of the shape of spectrum and samples: descriptors, octave contrast, tonal centroids, energy.

Conventions: as in `audiofeat.dsp.recipes`; each row of a descriptor is one number per frame.
"""

from dataclasses import dataclass

import numpy as np

from audiofeat.dsp.framing import FrameSpec
from audiofeat.dsp.recipes import ChromaRecipe, FilterbankProjection, Projection
from audiofeat.dsp.scale import power_to_db
from audiofeat.dsp.spectral import (
    spectral_contrast_bands,
    spectral_entropy,
    spectral_flatness,
    spectral_flux,
    spectral_moments,
    spectral_rolloff,
    tonnetz_matrix,
)
from audiofeat.dsp.spectrum import Block
from audiofeat.dsp.temporal import root_mean_square, zero_crossing_rate

__all__ = ["SPECTRAL_DESCRIPTORS", "ContrastRecipe", "EnergyRecipe", "SpectralShapeRecipe", "TonnetzRecipe"]

_MOMENTS = ("centroid", "bandwidth", "skewness", "kurtosis", "slope")
SPECTRAL_DESCRIPTORS = (
    "centroid",
    "bandwidth",
    "rolloff",
    "flatness",
    "flux",
    "entropy",
    "slope",
    "skewness",
    "kurtosis",
)


@dataclass(frozen=True)
class _Shape:
    descriptors: tuple[str, ...]
    roll_percent: float

    def __call__(self, block: Block, spec: FrameSpec) -> np.ndarray:
        frequencies = spec.bin_frequencies()
        rows: dict[str, np.ndarray] = {}
        if any(name in _MOMENTS for name in self.descriptors):
            rows.update(spectral_moments(block.magnitude, frequencies))
        if "rolloff" in self.descriptors:
            rows["rolloff"] = spectral_rolloff(block.magnitude, frequencies, self.roll_percent)
        if "flatness" in self.descriptors:
            rows["flatness"] = spectral_flatness(block.power)
        if "entropy" in self.descriptors:
            rows["entropy"] = spectral_entropy(block.power)
        if "flux" in self.descriptors:
            rows["flux"] = spectral_flux(block.magnitude, block.magnitude_before())
        return np.stack([rows[name] for name in self.descriptors])


@dataclass(frozen=True)
class SpectralShapeRecipe:
    """Descriptors of the spectrum, one row each.

    Parameters
    ----------
    descriptors : tuple of str, default=SPECTRAL_DESCRIPTORS
        Which, in the order of the rows.
    roll_percent : float, default=0.85
        Share of the spectrum under the rolloff.
    """

    descriptors: tuple[str, ...] = SPECTRAL_DESCRIPTORS
    roll_percent: float = 0.85

    @property
    def projection(self) -> Projection:
        """The descriptors of a block."""
        return _Shape(self.descriptors, self.roll_percent)

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Hand on the descriptors of a clip.

        Parameters
        ----------
        rows : ndarray of shape (n_descriptors, n_frames)
            Descriptors of the clip.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_descriptors, n_frames)
            A copy.
        """
        return rows.copy()


@dataclass(frozen=True)
class _ContrastBands:
    fmin: float
    n_bands: int
    quantile: float

    def __call__(self, block: Block, spec: FrameSpec) -> np.ndarray:
        return spectral_contrast_bands(
            block.magnitude, spec.bin_frequencies(), fmin=self.fmin, n_bands=self.n_bands, quantile=self.quantile
        )


@dataclass(frozen=True)
class ContrastRecipe:
    """Peak over valley in octave bands.

    Parameters
    ----------
    fmin : float, default=200.0
        Upper edge of the lowest band [Hz].
    n_bands : int, default=6
        Number of octaves above it.
    quantile : float, default=0.02
        Share of a band's bins that are its peak, and its valley.
    scale : {"db", "linear"}, default="db"
        Whether levels or magnitudes are subtracted.
    """

    fmin: float = 200.0
    n_bands: int = 6
    quantile: float = 0.02
    scale: str = "db"

    @property
    def projection(self) -> Projection:
        """Valleys and peaks of a block."""
        return _ContrastBands(self.fmin, self.n_bands, self.quantile)

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Subtract the valleys of a clip from its peaks.

        Parameters
        ----------
        rows : ndarray of shape (2 * (n_bands + 1), n_frames)
            Valleys, then peaks.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_bands + 1, n_frames)
            The contrast.
        """
        valleys, peaks = np.split(rows, 2)
        if self.scale == "linear":
            return peaks - valleys
        # Magnitudes are taken for powers here, and each side has its own floor, as in librosa.
        return power_to_db(peaks) - power_to_db(valleys)


@dataclass(frozen=True)
class TonnetzRecipe:
    """Tonal centroids: chroma on the circles of fifths and thirds.

    Parameters
    ----------
    chroma : ChromaRecipe, default=ChromaRecipe()
        The chroma; its norm does not matter, as each frame is divided by its sum.
    """

    chroma: ChromaRecipe = ChromaRecipe()

    @property
    def projection(self) -> Projection | FilterbankProjection:
        """That of the chroma."""
        return self.chroma.projection

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Project the chroma of a clip.

        Parameters
        ----------
        rows : ndarray
            What the chroma's projection gives.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (6, n_frames)
            Fifth x and y, minor third x and y, major third x and y; silent frames are zero.
        """
        chroma = self.chroma.finish(rows, spec)
        total = np.abs(chroma).sum(axis=0)
        share = chroma / np.where(total < np.finfo(chroma.dtype).tiny, 1, total)
        return tonnetz_matrix(len(chroma)).astype(chroma.dtype) @ share


@dataclass(frozen=True)
class _Energy:
    measures: tuple[str, ...]

    def __call__(self, block: Block, spec: FrameSpec) -> np.ndarray:
        functions = {"rms": root_mean_square, "zcr": zero_crossing_rate}
        return np.stack([functions[name](block.frames) for name in self.measures])


@dataclass(frozen=True)
class EnergyRecipe:
    """Loudness and roughness of the samples: root mean square and zero-crossing rate.

    Parameters
    ----------
    measures : tuple of {"rms", "zcr"}, default=("rms", "zcr")
        Which, in the order of the rows.
    """

    measures: tuple[str, ...] = ("rms", "zcr")

    @property
    def projection(self) -> Projection:
        """The measures of a block; no spectrum is computed for them."""
        return _Energy(self.measures)

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Hand on the measures of a clip.

        Parameters
        ----------
        rows : ndarray of shape (n_measures, n_frames)
            Measures of the clip.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_measures, n_frames)
            A copy.
        """
        return rows.copy()
