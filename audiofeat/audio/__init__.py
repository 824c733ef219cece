"""Clips and the only door to the disk: decoding, lazy batches, and the store of features per clip."""

from audiofeat.audio.batch import ArraySource, AudioBatch, FileSource, LoadSettings
from audiofeat.audio.cache import FeatureCache
from audiofeat.audio.inputs import as_sources

__all__ = ["ArraySource", "AudioBatch", "FeatureCache", "FileSource", "LoadSettings", "as_sources"]
