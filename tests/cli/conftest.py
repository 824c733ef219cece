"""What several tests of the command line need."""

import numpy as np
import pytest
import soundfile
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from audiofeat import MFCC, AudioLoader, save_model

RATE = 8000


def tone(frequency, seconds):
    return 0.3 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


@pytest.fixture(scope="session")
def tones(tmp_path_factory):
    """A folder per class: five low and five high tones of half a second."""
    folder = tmp_path_factory.mktemp("tones")
    rng = np.random.default_rng(0)
    for label, frequency in (("high", 2000), ("low", 300)):
        (folder / label).mkdir()
        for i in range(5):
            samples = tone(frequency, 0.5) + 0.01 * rng.standard_normal(RATE // 2)
            soundfile.write(folder / label / f"{label}_{i}.wav", samples, RATE)
    return folder


@pytest.fixture(scope="session")
def model_file(tones, tmp_path_factory):
    """A model of low and high tones."""
    files = sorted(map(str, tones.rglob("*.wav")))
    labels = ["low" if "low" in file else "high" for file in files]
    model = make_pipeline(AudioLoader(sample_rate=RATE, duration=0.5), MFCC(n_mels=40, n_fft=512), GaussianNB())
    file = tmp_path_factory.mktemp("model") / "model.joblib"
    save_model(model.fit(files, labels), file, files, labels)
    return file


@pytest.fixture(scope="session")
def long_recording(tmp_path_factory):
    """Three seconds: low, high from 1 s, low from 2 s."""
    file = tmp_path_factory.mktemp("long") / "night.flac"
    rng = np.random.default_rng(0)
    samples = np.concatenate([tone(300, 1), tone(2000, 1), tone(300, 1)])
    soundfile.write(file, samples + 0.01 * rng.standard_normal(len(samples)), RATE)
    return file
