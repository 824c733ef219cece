"""Recordings that cost next to nothing: tenths of a second, of two classes that differ in pitch."""

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from audiofeat import MFCC, AudioLoader, Spectrogram

RATE = 8000


@pytest.fixture
def tones(rng):
    """Thirty noisy tones, fifteen low and fifteen high, as (clips, labels)."""
    y = np.repeat(["high", "low"], 15)
    times = np.arange(RATE // 10) / RATE
    clips = []
    for label in y:
        pitch = rng.normal(2000 if label == "high" else 500, 300)
        clips.append((RATE, np.sin(2 * np.pi * pitch * times) * 0.25 + rng.normal(0, 0.1, len(times))))
    return clips, y


@pytest.fixture
def noisy(tones, rng):
    """The same, of which a fifth have the wrong label, so that there are mistakes to show."""
    clips, y = tones
    wrong = rng.permutation(30)[:6]
    y[wrong] = np.where(y[wrong] == "high", "low", "high")
    return clips, y


@pytest.fixture
def small():
    """A feature set, a model and a loader that take no time."""
    return {
        "features": {"spectrum": Spectrogram(n_fft=64, hop_length=64)},
        "models": {"bayes": GaussianNB()},
        "loader": AudioLoader(RATE),
    }


@pytest.fixture
def two_features(small):
    """The same, with a second feature set."""
    return small | {"features": {**small["features"], "mfcc": MFCC(n_mfcc=4, n_mels=8, n_fft=64, hop_length=64)}}
