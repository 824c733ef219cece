"""Which features and which model: one search over both, what it found, and whether it can be trusted."""

from audiofeat.compare.comparison import compare_features
from audiofeat.compare.held_out import HeldOut
from audiofeat.compare.leaks import Guard
from audiofeat.compare.results import FeatureComparison

__all__ = ["FeatureComparison", "Guard", "HeldOut", "compare_features"]
