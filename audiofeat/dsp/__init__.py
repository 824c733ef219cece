"""The numeric core: pure functions over arrays, usable without scikit-learn.

Conventions: a clip is a 1-D array ``(n_samples,)``; a feature of a clip is ``(n_rows, n_frames)``. Frequencies are in Hz,
lengths in samples, times in seconds. Nothing here reads files or depends on more than one clip.
"""

from audiofeat.dsp.band_cepstra import (
    GammatoneCepstrumRecipe,
    LinearCepstrumRecipe,
    erb_frequencies,
    gammatone_filterbank,
    linear_filterbank,
)
from audiofeat.dsp.cepstral import cepstrum
from audiofeat.dsp.constantq import CENSRecipe, ConstantQ, ConstantQChromaRecipe, CQTRecipe
from audiofeat.dsp.delta import delta
from audiofeat.dsp.filterbanks import chroma_filterbank, dct_matrix, mel_filterbank
from audiofeat.dsp.framing import FrameSpec
from audiofeat.dsp.occlusion import mel_band_edges, occluded_tiles
from audiofeat.dsp.pcen import PCEN, pcen
from audiofeat.dsp.pooling import STATISTICS, is_statistic, pool, segment_bounds
from audiofeat.dsp.random_convolution import (
    RESPONSE_STATISTICS,
    KernelGroup,
    random_kernels,
    response_statistics,
    sounding_frames,
)
from audiofeat.dsp.recipes import CepstrumRecipe, ChromaRecipe, MelRecipe, SpectrumRecipe, extract
from audiofeat.dsp.scale import amplitude_to_db, hz_to_mel, mel_frequencies, mel_to_hz, power_to_db
from audiofeat.dsp.shape_recipes import (
    SPECTRAL_DESCRIPTORS,
    ContrastRecipe,
    EnergyRecipe,
    SpectralShapeRecipe,
    TonnetzRecipe,
)
from audiofeat.dsp.spectral import (
    spectral_bandwidth,
    spectral_contrast_bands,
    spectral_entropy,
    spectral_flatness,
    spectral_flux,
    spectral_moments,
    spectral_rolloff,
    tonnetz_matrix,
)
from audiofeat.dsp.spectrum import power_spectrum
from audiofeat.dsp.speech_recipes import SpeechCepstrumRecipe, SpeechMelRecipe, speech_mel_filterbank
from audiofeat.dsp.temporal import root_mean_square, zero_crossing_rate
from audiofeat.dsp.tuning import estimate_tuning

__all__ = [
    "PCEN",
    "RESPONSE_STATISTICS",
    "SPECTRAL_DESCRIPTORS",
    "STATISTICS",
    "CENSRecipe",
    "CQTRecipe",
    "CepstrumRecipe",
    "ChromaRecipe",
    "ConstantQ",
    "ConstantQChromaRecipe",
    "ContrastRecipe",
    "EnergyRecipe",
    "FrameSpec",
    "GammatoneCepstrumRecipe",
    "KernelGroup",
    "LinearCepstrumRecipe",
    "MelRecipe",
    "SpectralShapeRecipe",
    "SpectrumRecipe",
    "SpeechCepstrumRecipe",
    "SpeechMelRecipe",
    "TonnetzRecipe",
    "amplitude_to_db",
    "cepstrum",
    "chroma_filterbank",
    "dct_matrix",
    "delta",
    "erb_frequencies",
    "estimate_tuning",
    "extract",
    "gammatone_filterbank",
    "hz_to_mel",
    "is_statistic",
    "linear_filterbank",
    "mel_band_edges",
    "mel_filterbank",
    "mel_frequencies",
    "mel_to_hz",
    "occluded_tiles",
    "pcen",
    "pool",
    "power_spectrum",
    "power_to_db",
    "random_kernels",
    "response_statistics",
    "root_mean_square",
    "segment_bounds",
    "sounding_frames",
    "spectral_bandwidth",
    "spectral_contrast_bands",
    "spectral_entropy",
    "spectral_flatness",
    "spectral_flux",
    "spectral_moments",
    "spectral_rolloff",
    "speech_mel_filterbank",
    "tonnetz_matrix",
    "zero_crossing_rate",
]
