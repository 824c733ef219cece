"""scikit-learn transformers: the loader, the feature extractors, and steps on framewise features."""

from audiofeat.transformers.augmentation import WaveformAugmenter
from audiofeat.transformers.band_cepstra import GFCC, LFCC
from audiofeat.transformers.bank import FeatureBank
from audiofeat.transformers.cepstrum import MFCC
from audiofeat.transformers.chroma import Chroma
from audiofeat.transformers.constantq import CQT, ChromaCENS, ChromaCQT
from audiofeat.transformers.embedding import OnnxEmbedding
from audiofeat.transformers.energy import Energy
from audiofeat.transformers.loading import AudioLoader
from audiofeat.transformers.maps import Delta, StatsPooling
from audiofeat.transformers.normalization import CepstralNormalization
from audiofeat.transformers.random_convolutions import RandomConvolutions
from audiofeat.transformers.shape_descriptors import SpectralContrast, SpectralShape
from audiofeat.transformers.spectrogram import MelSpectrogram, Spectrogram
from audiofeat.transformers.speech_embedding import SpeechEmbedding
from audiofeat.transformers.tonnetz import Tonnetz

__all__ = [
    "CQT",
    "GFCC",
    "LFCC",
    "MFCC",
    "AudioLoader",
    "CepstralNormalization",
    "Chroma",
    "ChromaCENS",
    "ChromaCQT",
    "Delta",
    "Energy",
    "FeatureBank",
    "MelSpectrogram",
    "OnnxEmbedding",
    "RandomConvolutions",
    "SpectralContrast",
    "SpectralShape",
    "Spectrogram",
    "SpeechEmbedding",
    "StatsPooling",
    "Tonnetz",
    "WaveformAugmenter",
]
