"""Clips and the only door to the disk: decoding, lazy batches, and the store of features per clip."""

from audiofeat.audio.batch import ArraySource, AudioBatch, BatchSource, FileSource, LoadSettings
from audiofeat.audio.cache import CacheCounts, CacheInfo, FeatureCache, fingerprint
from audiofeat.audio.inputs import as_sources, read_content

__all__ = [
    "ArraySource",
    "AudioBatch",
    "BatchSource",
    "CacheCounts",
    "CacheInfo",
    "FeatureCache",
    "FileSource",
    "LoadSettings",
    "as_sources",
    "read_content",
    "fingerprint",
]
