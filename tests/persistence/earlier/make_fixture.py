"""Save models with the version of audiofeat that is installed, for its successors to load.

Run it once for each release, in an environment with the extras ``cnn`` and ``skops``::

    python tests/persistence/earlier/make_fixture.py

It writes a folder named after the version, of a few dozen kilobytes, beside this file: two pipelines, each as joblib and
as skops, and what they say about clips that `clips` makes. The folder of a release stays as it is; that of a development
version is made anew when its format changes. If a later version cannot load a folder, ``expected.json`` gets an entry
``"refused"``, a part of the message that says why.
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def clips(n_clips=8, sample_rate=8000):
    """Make half a second of tones, low and high in turn, from nothing but a formula."""
    time = np.arange(sample_rate // 2) / sample_rate
    found = []
    for i in range(n_clips):
        pitch = (250 if i % 2 == 0 else 1400) * (1 + 0.02 * i)
        found.append((sample_rate, (0.5 * np.sin(2 * np.pi * pitch * time) * np.exp(-i * time)).astype(np.float32)))
    return found, np.array(["low", "high"] * (n_clips // 2))


def main():
    """Write the folder of this version."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    from audiofeat import MFCC, AudioLoader, Chroma, CNNClassifier, FeatureBank, MelSpectrogram, __version__, save_model

    X, y = clips()
    loader = AudioLoader(sample_rate=8000, duration=0.5)
    frames = {"n_fft": 512, "hop_length": 256}
    bank = FeatureBank([("mfcc", MFCC(n_mfcc=8, n_mels=24, **frames)), ("chroma", Chroma(**frames))])
    maps = MelSpectrogram(n_mels=12, pooling=None, **frames)
    cnn = CNNClassifier(filters=(4,), epochs=10, learning_rate=0.02, random_state=0)
    models = {
        "classical": make_pipeline(loader, bank, StandardScaler(), SVC()),
        "network": make_pipeline(loader, maps, cnn),
    }
    folder = HERE / __version__
    folder.mkdir(exist_ok=True)
    expected = {}
    for name, model in models.items():
        model.fit(X, y)
        for suffix in ("joblib", "skops"):
            save_model(model, folder / f"{name}.{suffix}", X, y)
        expected[name] = {"labels": model.predict(X).tolist(), "scores": model.decision_function(X).tolist()}
    (folder / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
