"""Which features and which model: one grid search over both, and what it found."""

from audiofeat.compare.comparison import FeatureComparison, compare_features

__all__ = ["FeatureComparison", "compare_features"]
