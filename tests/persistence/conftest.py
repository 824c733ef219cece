"""Small fitted pipelines to save: one classical, one with a network."""

import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from audiofeat import MFCC, AudioLoader, CNNClassifier, FeatureBank, MelSpectrogram, datasets


@pytest.fixture(scope="session")
def calls():
    return datasets.make_animal_calls(16, duration=(0.4, 0.6), random_state=0)


@pytest.fixture(scope="session")
def classical(calls):
    loader = AudioLoader(sample_rate=8000, duration=0.5)
    model = make_pipeline(loader, MFCC(n_mfcc=8, n_fft=512), StandardScaler(), SVC())
    return model.fit(calls.data, calls.target)


@pytest.fixture(scope="session")
def network(calls):
    frames = {"n_fft": 512, "hop_length": 256, "pooling": None}
    bank = FeatureBank([("mel", MelSpectrogram(n_mels=12, **frames)), ("mfcc", MFCC(n_mfcc=4, n_mels=12, **frames))])
    cnn = CNNClassifier(filters=(4,), epochs=3, learning_rate=0.02, random_state=0)
    return make_pipeline(AudioLoader(sample_rate=8000, duration=0.5), bank, cnn).fit(calls.data, calls.target)
