"""Clips and the only door to the disk: decoding, lazy batches, and the store of features per clip."""

from audiofeat.audio.batch import ArraySource, AudioBatch, BatchSource, FileSource, LoadSettings
from audiofeat.audio.cache import CacheCounts, CacheInfo, FeatureCache, fingerprint
from audiofeat.audio.changes import ChangedSource, WaveformChanges, generator_of
from audiofeat.audio.files import resampled_length
from audiofeat.audio.inputs import as_sources, as_unit_float, read_content
from audiofeat.audio.memory import cache_of

__all__ = [
    "ArraySource",
    "AudioBatch",
    "BatchSource",
    "CacheCounts",
    "CacheInfo",
    "ChangedSource",
    "FeatureCache",
    "FileSource",
    "LoadSettings",
    "WaveformChanges",
    "as_sources",
    "as_unit_float",
    "cache_of",
    "read_content",
    "fingerprint",
    "generator_of",
    "resampled_length",
]
