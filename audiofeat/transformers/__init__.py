"""scikit-learn transformers: the loader, the feature extractors, and steps on framewise features."""

from audiofeat.transformers.bank import FeatureBank
from audiofeat.transformers.cepstrum import MFCC
from audiofeat.transformers.chroma import Chroma
from audiofeat.transformers.loading import AudioLoader
from audiofeat.transformers.maps import Delta, StatsPooling
from audiofeat.transformers.spectrogram import MelSpectrogram, Spectrogram

__all__ = ["MFCC", "AudioLoader", "Chroma", "Delta", "FeatureBank", "MelSpectrogram", "Spectrogram", "StatsPooling"]
