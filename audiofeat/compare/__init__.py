"""Which features and which model: one search over both, what it found, and whether it can be trusted."""

from audiofeat.compare.comparison import compare_features
from audiofeat.compare.results import FeatureComparison

__all__ = ["FeatureComparison", "compare_features"]
