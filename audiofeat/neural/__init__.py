"""Neural networks behind the scikit-learn API; importing this package does not import Keras."""

from audiofeat.neural.augment import SpectrogramAugmenter
from audiofeat.neural.classifier import CNNClassifier

__all__ = ["CNNClassifier", "SpectrogramAugmenter"]
