"""Maps that a tiny network can tell apart in a second, and one network that has."""

import numpy as np
import pytest

from audiofeat.neural import CNNClassifier


@pytest.fixture(scope="session")
def maps():
    """Thirty noisy maps of three classes: a bright band low, in the middle or high."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 12, 16)).astype(np.float32)
    y = np.tile(["high", "low", "middle"], 10)
    for row, label in enumerate(y):
        start = {"low": 0, "middle": 4, "high": 8}[label]
        X[row, start : start + 4] += 3
    return X, y


@pytest.fixture(scope="session")
def tiny():
    """The default network at a size that trains in half a second."""
    return CNNClassifier(filters=(8,), epochs=8, learning_rate=0.02, random_state=0)


@pytest.fixture(scope="session")
def fitted(tiny, maps):
    from sklearn.base import clone

    return clone(tiny).fit(*maps)
