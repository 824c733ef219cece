"""The numeric core: pure functions over arrays, usable without scikit-learn.

Conventions: a clip is a 1-D array ``(n_samples,)``; a feature of a clip is ``(n_rows, n_frames)``. Frequencies are in Hz,
lengths in samples, times in seconds. Nothing here reads files or depends on more than one clip.
"""

from audiofeat.dsp.delta import delta
from audiofeat.dsp.filterbanks import chroma_filterbank, dct_matrix, mel_filterbank
from audiofeat.dsp.framing import FrameSpec
from audiofeat.dsp.pooling import STATISTICS, pool
from audiofeat.dsp.recipes import CepstrumRecipe, ChromaRecipe, MelRecipe, SpectrumRecipe, extract
from audiofeat.dsp.scale import amplitude_to_db, hz_to_mel, mel_frequencies, mel_to_hz, power_to_db
from audiofeat.dsp.spectrum import power_spectrum

__all__ = [
    "STATISTICS",
    "CepstrumRecipe",
    "ChromaRecipe",
    "FrameSpec",
    "MelRecipe",
    "SpectrumRecipe",
    "amplitude_to_db",
    "chroma_filterbank",
    "dct_matrix",
    "delta",
    "extract",
    "hz_to_mel",
    "mel_filterbank",
    "mel_frequencies",
    "mel_to_hz",
    "pool",
    "power_spectrum",
    "power_to_db",
]
