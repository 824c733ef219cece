"""Recipes: what to take from each block of a spectrum, and what to make of the whole clip.

A recipe is a frozen, hashable description. Its `projection` turns a block of frames into rows, or the samples of the whole
clip where the spectrum does not serve; recipes whose projections are equal share the rows. Its `finish` sees the rows of
the whole clip, and is where the clip's own maximum matters.

Conventions: rows and features are ``(n_rows, n_frames)``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from audiofeat.dsp.banded import Filterbank
from audiofeat.dsp.cepstral import cepstrum
from audiofeat.dsp.filterbanks import _banded_mel, _full_chroma
from audiofeat.dsp.framing import FrameSpec
from audiofeat.dsp.pcen import PCEN
from audiofeat.dsp.scale import power_to_db
from audiofeat.dsp.spectrum import Block, as_float, blocks
from audiofeat.dsp.tuning import estimate_tuning

__all__ = [
    "CepstrumRecipe",
    "ChromaRecipe",
    "ClipProjection",
    "DerivedRecipe",
    "FilterbankProjection",
    "MelRecipe",
    "Projection",
    "Recipe",
    "SpectrumRecipe",
    "extract",
]


class Projection(Protocol):
    """Turns a block of frames into rows; equal projections of one framing give equal rows."""

    def __call__(self, block: Block, spec: FrameSpec) -> np.ndarray: ...

    def __hash__(self) -> int: ...


class ClipProjection:
    """Turns the samples of a whole clip into rows, one column per frame, without the spectrum.

    A base class, not a protocol like `Projection`: to ask an object for its protocol takes longer than a short clip's FFT.
    """

    def of_clip(self, audio: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Compute the rows.

        Parameters
        ----------
        audio : ndarray of shape (n_samples,)
            The clip, float32 or float64.
        spec : FrameSpec
            The framing, of which the sample rate and the number of frames count.

        Returns
        -------
        ndarray of shape (n_rows, n_frames)
            The rows.
        """
        raise NotImplementedError


class FilterbankProjection:
    """Multiplies a filter bank with the spectrum; all that a clip has are multiplied in one pass over its frames.

    A base class for the reason that `ClipProjection` is one.

    Attributes
    ----------
    power : float
        Exponent of the magnitude spectrum.
    """

    power: float = 2.0

    def bank(self, dtype: np.dtype, spec: FrameSpec) -> Filterbank:
        """Make or find the filter bank.

        Parameters
        ----------
        dtype : dtype
            Type of the spectrum.
        spec : FrameSpec
            The framing.

        Returns
        -------
        Filterbank
            The filter bank.
        """
        raise NotImplementedError


class Recipe(Protocol):
    """A feature of one clip: a projection of each block or of the clip, and a finish over the whole clip."""

    @property
    def projection(self) -> Projection | FilterbankProjection | ClipProjection: ...

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray: ...


class DerivedRecipe:
    """A recipe that is made of another one's feature, which is computed once when both are wanted.

    A base class for the reason that `ClipProjection` is one.
    """

    @property
    def base(self) -> Recipe:
        """The recipe that it is made of."""
        raise NotImplementedError

    @property
    def projection(self) -> Projection | FilterbankProjection | ClipProjection:
        """That of `base`."""
        return self.base.projection

    def derive(self, feature: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Make the feature of the other one.

        Parameters
        ----------
        feature : ndarray of shape (n_rows, n_frames)
            The feature of `base`; not to be written to.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_rows, n_frames)
            The feature.
        """
        raise NotImplementedError

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Make the feature of the rows of a clip.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_frames)
            Rows of `base`.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_rows, n_frames)
            The feature.
        """
        return self.derive(self.base.finish(rows, spec), spec)


def extract(audio: np.ndarray, spec: FrameSpec, recipes: Sequence[Recipe]) -> list[np.ndarray]:
    """Compute several features of one clip in one pass over its spectrum.

    Parameters
    ----------
    audio : ndarray of shape (n_samples,)
        The clip; float32 is computed in float32, everything else in float64.
    spec : FrameSpec
        The framing they share.
    recipes : sequence of Recipe
        The features.

    Returns
    -------
    list of ndarray of shape (n_rows, n_frames)
        One array per recipe; the values are those of the recipe alone.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import CepstrumRecipe, FrameSpec, MelRecipe, extract
    >>> clip = np.random.default_rng(0).standard_normal(22050)
    >>> [feature.shape for feature in extract(clip, FrameSpec(), [MelRecipe(), CepstrumRecipe()])]
    [(128, 44), (20, 44)]
    """
    audio = as_float(audio)
    n_frames = spec.n_frames(len(audio))
    if not n_frames:
        raise ValueError(
            f"A clip of {len(audio)} samples holds no frame of n_fft={spec.n_fft} with center={spec.center}. "
            "Lower n_fft, use center=True, or give longer clips."
        )
    # They are numbered: to hash them at every step took a thirtieth of the time of a clip of three seconds.
    numbers: dict[Projection | FilterbankProjection | ClipProjection, int] = {}
    places = [numbers.setdefault(recipe.projection, len(numbers)) for recipe in recipes]
    projections = list(numbers)
    rows: list = [None] * len(projections)
    of_blocks: list[tuple[int, Projection | FilterbankProjection]] = []
    # Looked up once: the block knows them by identity, and a cache that others use too may make another one.
    banks: dict[int, Filterbank] = {}
    of_power: list[Filterbank] = []
    for number, projection in enumerate(projections):
        if isinstance(projection, ClipProjection):
            rows[number] = projection.of_clip(audio, spec)
            continue
        of_blocks.append((number, projection))
        if isinstance(projection, FilterbankProjection):
            banks[number] = projection.bank(audio.dtype, spec)
            if projection.power == 2.0:
                of_power.append(banks[number])
    # What needs no spectrum does not pay for one.
    for block in blocks(audio, spec, of_power, only_banks=len(of_power) == len(of_blocks)) if of_blocks else ():
        for number, projection in of_blocks:
            if isinstance(projection, FilterbankProjection):
                part = block.project(banks[number], power=projection.power)
            else:
                part = projection(block, spec)
            if block.n_frames == n_frames:
                rows[number] = part
                continue
            if rows[number] is None:
                rows[number] = np.empty((len(part), n_frames), dtype=part.dtype)
            rows[number][:, block.start : block.stop] = part
    shared = {recipe.base for recipe in recipes if isinstance(recipe, DerivedRecipe)} if len(recipes) > 1 else ()
    bases = {base: base.finish(rows[numbers[base.projection]], spec) for base in shared}
    features = []
    for recipe, place in zip(recipes, places, strict=True):
        if isinstance(recipe, DerivedRecipe) and recipe.base in bases:
            features.append(recipe.derive(bases[recipe.base], spec))
        else:
            features.append(bases[recipe] if recipe in bases else recipe.finish(rows[place], spec))
    return features


@dataclass(frozen=True)
class _Magnitude:
    power: float

    def __call__(self, block: Block, spec: FrameSpec) -> np.ndarray:
        return block.raised(self.power)


@dataclass(frozen=True)
class _Mel(FilterbankProjection):
    n_mels: int
    fmin: float
    fmax: float | None
    mel_scale: str
    mel_norm: str | float | None
    power: float

    def bank(self, dtype: np.dtype, spec: FrameSpec) -> Filterbank:
        return _banded_mel(
            dtype,
            spec.sample_rate,
            spec.n_fft,
            self.n_mels,
            self.fmin,
            self.fmax,
            self.mel_scale,
            self.mel_norm,
        )


@dataclass(frozen=True)
class _Chroma(FilterbankProjection):
    n_chroma: int
    tuning: float

    def bank(self, dtype: np.dtype, spec: FrameSpec) -> Filterbank:
        return _full_chroma(dtype, spec.sample_rate, spec.n_fft, self.n_chroma, self.tuning)


def _scaled(rows: np.ndarray, scale: str, power: float, top_db: float | None) -> np.ndarray:
    """Rows on the scale asked for, never written over the rows, which other recipes may share."""
    if scale == "linear":
        return rows.copy()
    # Decibels of a magnitude raised to `power` are those of its square times power / 2. Some Fourier transforms leave
    # spectra with the bins side by side, where features have the frames.
    return power_to_db(np.ascontiguousarray(rows if power == 2.0 else rows ** (2.0 / power)), top_db=top_db)


@dataclass(frozen=True)
class SpectrumRecipe:
    """Magnitude spectrum raised to a power, as it is or in decibels.

    Parameters
    ----------
    power : float, default=2.0
        Exponent of the magnitude.
    scale : {"db", "linear"}, default="db"
        Decibels, or the spectrum itself.
    top_db : float or None, default=80.0
        Floor under the clip's maximum [dB].
    """

    power: float = 2.0
    scale: str = "db"
    top_db: float | None = 80.0

    @property
    def projection(self) -> Projection:
        """The spectrum itself."""
        return _Magnitude(self.power)

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Scale the spectrum of a clip.

        Parameters
        ----------
        rows : ndarray of shape (n_bins, n_frames)
            Spectrum of the clip.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_bins, n_frames)
            The feature.
        """
        return _scaled(rows, self.scale, self.power, self.top_db)


@dataclass(frozen=True)
class MelRecipe:
    """Mel spectrogram, as it is, in decibels, or with its energy normalised.

    Parameters
    ----------
    n_mels : int, default=128
        Number of filters; this and the following four as in `mel_filterbank`.
    fmin : float, default=0.0
        Lower edge of the first filter [Hz].
    fmax : float or None, default=None
        Upper edge of the last filter [Hz]. None means half the sample rate.
    mel_scale : {"slaney", "htk"}, default="slaney"
        The mel scale.
    mel_norm : {"slaney"}, float or None, default="slaney"
        Normalisation of the filters.
    power : float, default=2.0
        Exponent of the magnitude.
    scale : {"db", "linear", "pcen"} or PCEN, default="db"
        Decibels, the mel spectrum itself, or per-channel energy normalisation, with the defaults of `PCEN` or others.
    top_db : float or None, default=80.0
        Floor under the clip's maximum [dB].
    """

    n_mels: int = 128
    fmin: float = 0.0
    fmax: float | None = None
    mel_scale: str = "slaney"
    mel_norm: str | float | None = "slaney"
    power: float = 2.0
    scale: str | PCEN = "db"
    top_db: float | None = 80.0

    @property
    def projection(self) -> FilterbankProjection:
        """The mel spectrum."""
        return _Mel(self.n_mels, self.fmin, self.fmax, self.mel_scale, self.mel_norm, self.power)

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Scale the mel spectrum of a clip.

        Parameters
        ----------
        rows : ndarray of shape (n_mels, n_frames)
            Mel spectrum of the clip.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_mels, n_frames)
            The feature.
        """
        scale = PCEN() if self.scale == "pcen" else self.scale
        if isinstance(scale, PCEN):
            return scale.apply(rows, spec, self.power)
        return _scaled(rows, scale, self.power, self.top_db)


@dataclass(frozen=True)
class CepstrumRecipe(DerivedRecipe):
    """Mel-frequency cepstral coefficients, with their derivatives.

    Parameters
    ----------
    n_mfcc : int, default=20
        Number of coefficients.
    dct_type : {1, 2, 3}, default=2
        Type of the cosine transform.
    dct_norm : {"ortho"} or None, default="ortho"
        Its normalisation.
    lifter : float, default=0
        Sinusoidal liftering; 0 is none.
    deltas : int, default=0
        How many orders of derivatives over time follow the coefficients.
    mel : MelRecipe, default=MelRecipe()
        The log-mel spectrum they are made of.
    """

    n_mfcc: int = 20
    dct_type: int = 2
    dct_norm: str | None = "ortho"
    lifter: float = 0
    deltas: int = 0
    mel: MelRecipe = MelRecipe()

    @property
    def base(self) -> MelRecipe:
        """The log-mel spectrum."""
        return self.mel

    def derive(self, feature: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Turn the log-mel spectrum of a clip into its cepstrum.

        Parameters
        ----------
        feature : ndarray of shape (n_mels, n_frames)
            Log-mel spectrum of the clip.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_mfcc * (1 + deltas), n_frames)
            The coefficients, then their derivatives of each order.
        """
        return cepstrum(
            feature,
            self.n_mfcc,
            dct_type=self.dct_type,
            dct_norm=self.dct_norm,
            lifter=self.lifter,
            deltas=self.deltas,
        )


@dataclass(frozen=True)
class ChromaRecipe:
    """Energy per pitch class.

    Parameters
    ----------
    n_chroma : int, default=12
        Number of pitch classes.
    tuning : float or "estimate", default=0.0
        Deviation of A4 from 440 Hz [fractions of a pitch class]; "estimate" takes it from the clip, as `estimate_tuning`
        does.
    chroma_norm : float or None, default=inf
        Order of the norm that every frame is divided by.
    """

    n_chroma: int = 12
    tuning: float | Literal["estimate"] = 0.0
    chroma_norm: float | None = np.inf

    @property
    def projection(self) -> Projection | FilterbankProjection:
        """The spectrum folded into pitch classes; the power spectrum where only the whole clip tells the tuning."""
        return _Magnitude(2.0) if self.tuning == "estimate" else _Chroma(self.n_chroma, self.tuning)

    def finish(self, rows: np.ndarray, spec: FrameSpec) -> np.ndarray:
        """Normalise the frames of a clip, after folding them if the tuning is estimated.

        Parameters
        ----------
        rows : ndarray of shape (n_chroma, n_frames) or (n_bins, n_frames)
            Energy per pitch class, or the power spectrum if the tuning is estimated.
        spec : FrameSpec
            The framing.

        Returns
        -------
        ndarray of shape (n_chroma, n_frames)
            The feature; silent frames stay zero.
        """
        if self.tuning == "estimate":
            tuning = estimate_tuning(rows, spec.sample_rate, spec.n_fft, bins_per_octave=self.n_chroma)
            rows = _full_chroma(rows.dtype, spec.sample_rate, spec.n_fft, self.n_chroma, tuning) @ rows
        if self.chroma_norm is None:
            return rows.copy()
        if self.chroma_norm == np.inf:
            norm = rows.max(axis=0)  # energies are not negative
        else:
            # In float64, because the squares of a quiet frame's energies vanish in float32.
            norm = np.linalg.norm(rows.astype(np.float64), ord=self.chroma_norm, axis=0)
        # Below the smallest normal number a quotient would be noise.
        return rows / np.where(norm < np.finfo(rows.dtype).tiny, 1, norm).astype(rows.dtype, copy=False)
