"""Pictures in scikit-learn's manner: ``Display.from_...()`` computes and draws, ``plot()`` draws again elsewhere.

Conventions: time runs to the right in seconds from the beginning of the clip, frequency upwards in Hz. What a loader
added to a short recording is marked as padding. matplotlib is imported when something is drawn.
"""

from audiofeat.plotting.class_scores import ClassScoresDisplay
from audiofeat.plotting.comparison import ComparisonDisplay
from audiofeat.plotting.confusion import ConfusionDisplay
from audiofeat.plotting.embedding import EmbeddingDisplay
from audiofeat.plotting.history import HistoryDisplay
from audiofeat.plotting.occlusion import OcclusionDisplay
from audiofeat.plotting.rows import FeatureRows
from audiofeat.plotting.spectrogram import SpectrogramDisplay
from audiofeat.plotting.waveform import WaveformDisplay

__all__ = [
    "ClassScoresDisplay",
    "ComparisonDisplay",
    "ConfusionDisplay",
    "EmbeddingDisplay",
    "FeatureRows",
    "HistoryDisplay",
    "OcclusionDisplay",
    "SpectrogramDisplay",
    "WaveformDisplay",
]
