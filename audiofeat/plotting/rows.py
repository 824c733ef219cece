"""What the rows of a feature are: frequencies, pitch classes, coefficients, and the unit of their values.

Conventions: rows are counted from 0, which is drawn at the bottom; frequencies are in Hz.
"""

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from audiofeat.dsp import PCEN, FrameSpec, mel_frequencies
from audiofeat.transformers import (
    CQT,
    GFCC,
    LFCC,
    MFCC,
    Chroma,
    ChromaCENS,
    ChromaCQT,
    Energy,
    FeatureBank,
    MelSpectrogram,
    SpectralShape,
    Spectrogram,
)

__all__ = ["FeatureRows", "describe_rows", "framing"]


@dataclass(frozen=True, eq=False)
class FeatureRows:
    """Rows of a feature that share an axis and a unit.

    Parameters
    ----------
    n_rows : int
        How many.
    label : str, default="Row"
        What they are, with their unit: the label of the axis.
    value_label : str, default="Value"
        What their values are, with their unit: the label of the colour bar.
    value_scale : {"linear", "log", "signed", "rowwise"}, default="linear"
        How colours follow values: evenly; by ratios, for powers and magnitudes; in two hues that meet at zero; or evenly
        from the lowest to the highest value of each row, for rows in different units.
    decades : float, default=8.0
        With ``value_scale="log"``, how many powers of ten below the maximum are told apart.
    names : tuple of str or None, default=None
        A name for each row; None counts them.
    frequencies : ndarray of shape (n_rows,) or None, default=None
        Centre of each row [Hz], evenly spaced on `frequency_scale`; None for rows that are no frequencies.
    frequency_scale : {"linear", "slaney", "htk", "notes"}, default="linear"
        The axis of the frequencies: Hz, one of the two mel scales, or octaves that are marked by the names of notes.

    Examples
    --------
    >>> from audiofeat.plotting import FeatureRows
    >>> FeatureRows(3, label="Formant", value_label="Frequency [Hz]", names=("F1", "F2", "F3")).names
    ('F1', 'F2', 'F3')
    """

    n_rows: int
    label: str = "Row"
    value_label: str = "Value"
    value_scale: str = "linear"
    decades: float = 8.0
    names: tuple[str, ...] | None = None
    frequencies: np.ndarray | None = None
    frequency_scale: str = "linear"


def framing(extractor) -> FrameSpec:
    """Ask a fitted extractor for its framing.

    Parameters
    ----------
    extractor : FeatureExtractor or FeatureBank
        The extractor; framewise members of a bank share their frames.

    Returns
    -------
    FrameSpec
        Which knows the times of frames and the frequencies of bins.
    """
    if isinstance(extractor, FeatureBank):
        return framing(extractor.transformers_[0][1])
    return extractor._spec(extractor.sample_rate_)


@singledispatch
def describe_rows(extractor) -> list[FeatureRows]:
    """Tell what the rows of a fitted framewise extractor are.

    Parameters
    ----------
    extractor : FeatureExtractor or FeatureBank
        The extractor.

    Returns
    -------
    list of FeatureRows
        One entry for each group of rows with an axis of its own, in the order of the rows.
    """
    names = tuple(extractor._row_names())
    return [FeatureRows(len(names), label=type(extractor).__name__, names=names)]


@describe_rows.register
def _(extractor: Spectrogram) -> list[FeatureRows]:
    spec = framing(extractor)
    return [
        FeatureRows(spec.n_bins, "Frequency [Hz]", *_spectral_values(extractor), frequencies=spec.bin_frequencies())
    ]


@describe_rows.register
def _(extractor: MelSpectrogram) -> list[FeatureRows]:
    fmax = extractor.sample_rate_ / 2 if extractor.fmax is None else extractor.fmax
    # A filter peaks where its neighbours begin and end, so the outermost two frequencies are edges only.
    n_mels = extractor._value("n_mels")
    # Speech recognisers have no other scale than HTK's.
    mel_scale = extractor.mel_scale if extractor.convention == "librosa" else "htk"
    centres = mel_frequencies(n_mels + 2, extractor._value("fmin"), fmax, mel_scale)[1:-1]
    values = _spectral_values(extractor)
    rows = [FeatureRows(n_mels, "Frequency [Hz]", *values, frequencies=centres, frequency_scale=mel_scale)]
    return rows + [FeatureRows(1, "Log energy", "Log energy")] * bool(extractor.use_energy)


@describe_rows.register
def _(extractor: MFCC) -> list[FeatureRows]:
    return _coefficients("MFCC", extractor._value("n_mfcc"), extractor.deltas)


@describe_rows.register
def _(extractor: LFCC) -> list[FeatureRows]:
    return _coefficients("LFCC", extractor.n_lfcc, extractor.deltas)


@describe_rows.register
def _(extractor: GFCC) -> list[FeatureRows]:
    return _coefficients("GFCC", extractor.n_gfcc, extractor.deltas)


@describe_rows.register(Chroma)
@describe_rows.register(ChromaCQT)
@describe_rows.register(ChromaCENS)
def _(extractor) -> list[FeatureRows]:
    names = None
    if extractor.n_chroma == 12:
        names = tuple(name.rpartition("_")[2] for name in extractor._row_names())
    value = "Energy" if extractor.chroma_norm is None else "Relative energy"
    return [FeatureRows(extractor.n_chroma, "Pitch class", value, names=names)]


@describe_rows.register
def _(extractor: CQT) -> list[FeatureRows]:
    filters = extractor._filters()
    # An estimated tuning is that of each clip, and less than half a row.
    steps = np.arange(filters.n_bins) + (0.0 if filters.tuning == "estimate" else filters.tuning)
    centres = filters.lowest * 2.0 ** (steps / filters.bins_per_octave)
    value, scale = ("Level [dB]", "linear") if extractor.scale == "db" else ("Magnitude", "log")
    # Four decades of a magnitude are 80 dB.
    return [FeatureRows(filters.n_bins, "Note", value, scale, 4.0, frequencies=centres, frequency_scale="notes")]


@describe_rows.register(Energy)
@describe_rows.register(SpectralShape)
def _(extractor) -> list[FeatureRows]:
    names = tuple(name.removeprefix("spectral_") for name in extractor._row_names())
    # Hz, dimensionless numbers and amplitudes would have one colour scale, on which Hz alone are seen.
    return [FeatureRows(len(names), type(extractor).__name__, "From lowest to highest", "rowwise", names=names)]


@describe_rows.register
def _(extractor: FeatureBank) -> list[FeatureRows]:
    return [rows for _, member in extractor.transformers_ for rows in describe_rows(member)]


def _coefficients(name: str, number: int, deltas: int) -> list[FeatureRows]:
    """Coefficients, and their derivatives on panels of their own."""
    orders = [name, *(f"{name} delta" if order == 1 else f"{name} delta {order}" for order in range(1, deltas + 1))]
    return [FeatureRows(number, label, "Coefficient", "signed") for label in orders]


def _spectral_values(extractor) -> tuple[str, str, float]:
    """Label, scale and decades of a power of the magnitude."""
    power = extractor._value("power") if isinstance(extractor, MelSpectrogram) else extractor.power
    # 80 dB, what top_db keeps by default, are four powers of ten in magnitude.
    decades = 4.0 * power
    if extractor.scale == "db" and getattr(extractor, "convention", "librosa") != "librosa":
        return "Log energy", "linear", decades
    if isinstance(extractor.scale, PCEN) or extractor.scale == "pcen":
        return "Normalised energy", "linear", decades
    if extractor.scale == "db":
        return "Level [dB]", "linear", decades
    return {1: "Magnitude", 2: "Power"}.get(power, f"Magnitude^{power:g}"), "log", decades
