"""
Cats and dogs: the audio tutorial with three features
=====================================================

TensorFlow's tutorial on `simple audio recognition <https://www.tensorflow.org/tutorials/audio/simple_audio>`_ turns each
recording into a spectrogram, resizes it to 32 x 32 pixels, and trains a small convolutional network on it. Applied to
recordings of cats and dogs it got 60 % of the test recordings right. This example does the same through scikit-learn
pipelines, and then asks what becomes of it with other features.
"""

# %%
# The recordings and their split
# ------------------------------
# The recordings come with a table that says which of them are to train on and which to test on.
# :func:`~audiofeat.datasets.fetch_cats_dogs` reads it (:func:`~audiofeat.datasets.load_split_table` reads such a table of
# your own). Where the recordings are not at hand, synthetic calls take their place.

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit
from sklearn.utils import Bunch

from audiofeat import DatasetNotFoundError, datasets

try:
    pets = datasets.fetch_cats_dogs(download_if_missing=False)
    print("Recordings of cats and dogs, with their published split")
except DatasetNotFoundError:
    print("The recordings are not on this machine: synthetic calls instead, split by animal")
    calls = datasets.make_animal_calls(240, random_state=0)
    splitter = GroupShuffleSplit(1, test_size=0.3, random_state=0)
    train_rows, test_rows = next(splitter.split(calls.data, groups=calls.groups))
    pets = Bunch(target=calls.target, split=np.full(240, "train"))
    pets.split[test_rows] = "test"
    for part, rows in (("train", train_rows), ("test", test_rows)):
        pets[f"data_{part}"] = [calls.data[i] for i in rows]
        pets[f"target_{part}"] = calls.target[rows]
        pets[f"groups_{part}"] = calls.groups[rows]

pd.crosstab(pd.Series(pets.target, name="class"), pd.Series(pets.split, name="split"))

# %%
# Many of the real clips were cut from one recording with an overlap, and the published split does not keep them apart.
# ``groups`` names the clips that share samples, so that accuracy can also be told for the test clips that are really new.

new = ~np.isin(pets.groups_test, pets.groups_train)
print(f"{new.sum()} of {len(new)} test clips share nothing with a training clip")

# %%
# Waveforms
# ---------
# All clips get one sample rate and one length. What a short recording is padded with is hatched.

import matplotlib.pyplot as plt

from audiofeat import AudioLoader, WaveformDisplay

loader = AudioLoader(sample_rate=16000, duration=4.0)
labels = ("cat", "dog")
shown = {label: np.flatnonzero(pets.target_train == label)[:3] for label in labels}

figure, axes = plt.subplots(3, 2, figsize=(9, 6), layout="constrained", sharex=True)
for label, column in zip(labels, axes.T, strict=True):
    column[0].set_title(label)
    for ax, i in zip(column, shown[label], strict=True):
        WaveformDisplay.from_clip(pets.data_train[i], loader=loader, ax=ax)
        ax.label_outer()

# %%
# Spectrograms
# ------------
# A window of 210 samples (13 ms) every 110 samples, and the magnitude of its Fourier transform.

from audiofeat import Spectrogram, SpectrogramDisplay

spectrogram = Spectrogram(
    power=1.0,
    scale="linear",
    n_fft=256,
    win_length=210,
    hop_length=110,
    center=False,
    pooling=None,
)

figure, axes = plt.subplots(3, 2, figsize=(9, 7), layout="constrained", sharex=True)
for label, column in zip(labels, axes.T, strict=True):
    column[0].set_title(label)
    for ax, i in zip(column, shown[label], strict=True):
        SpectrogramDisplay.from_clip(pets.data_train[i], spectrogram, loader=loader, ax=ax)
        ax.label_outer()

# %%
# The network
# -----------
# Resizing and normalisation are inside the classifier, so that mean and variance are learned on the training clips only.
# A fifth of the training clips is held out to tell the best of 20 epochs; ``groups`` keeps clips of one recording together
# in that too. The pipeline takes files and gives labels.

from sklearn.base import clone
from sklearn.pipeline import Pipeline

from audiofeat import CNNClassifier, HistoryDisplay

network = CNNClassifier(
    architecture="tutorial",
    resize=(32, 32),
    augmentation=None,
    epochs=20,
    learning_rate=0.001,
    schedule=None,
    validation_fraction=0.2,
    patience=None,
    random_state=0,
)


def train(features):
    """Fit loader, features and network on the training clips."""
    steps = [("load", loader), ("features", features), ("model", clone(network))]
    pipeline = Pipeline(steps)
    return pipeline.fit(pets.data_train, pets.target_train, model__groups=pets.groups_train)


tutorial = train(spectrogram)
HistoryDisplay.from_estimator(tutorial)
print(f"Test accuracy: {tutorial.score(pets.data_test, pets.target_test):.0%}")

# %%
# The same with MFCC and chroma
# -----------------------------
# Only the features change.

from audiofeat import MFCC, Chroma

trained = {
    "spectrogram": tutorial,
    "MFCC": train(MFCC(pooling=None)),
    "chroma": train(Chroma(pooling=None)),
}
rows, right = {}, {}
for name, pipeline in trained.items():
    right[name] = pipeline.predict(pets.data_test) == pets.target_test
    best = pipeline[-1].best_epoch_
    rows[name] = {
        "best epoch": best,
        "validation accuracy": pipeline[-1].history_[best - 1]["val_accuracy"],
        "test accuracy": right[name].mean(),
        "of new recordings": right[name][new].mean(),
    }
table = pd.DataFrame(rows).T.astype({"best epoch": int}).round(2)
print(table.to_string())

# %%
# So few test clips leave much to chance. The bars are 95 % intervals of a proportion (Wilson's): features whose bars
# overlap widely cannot be told apart here.

from scipy.stats import binomtest

shown = {"all test clips": np.ones_like(new)}
if not new.all():
    shown["of new recordings"] = new
figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
for place, (label, chosen) in enumerate(shown.items()):
    for row, hits in enumerate(right.values()):
        hits = hits[chosen]
        height = row + 0.2 * (place - (len(shown) - 1) / 2)
        interval = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
        ax.plot(interval, [height] * 2, color=f"C{place}", linewidth=2)
        (point,) = ax.plot(hits.mean(), height, "o", color=f"C{place}")
    point.set_label(f"{label} ({chosen.sum()})")
majority = np.unique(pets.target_test, return_counts=True)[1].max() / len(pets.target_test)
ax.axvline(majority, color="0.5", linestyle=":", label="always the larger class")
ax.axvline(0.6, color="0.5", linestyle="--", label="the original tutorial")
ax.set(yticks=range(len(right)), yticklabels=list(right), xlabel="Accuracy", xlim=(0.4, 1.02))
ax.invert_yaxis()
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))

# %%
# Which clips the best of them, by validation, mistakes for which:

from sklearn.metrics import ConfusionMatrixDisplay

best = table["validation accuracy"].idxmax()
predicted = trained[best].predict(pets.data_test)
figure, ax = plt.subplots(figsize=(4, 3), layout="constrained")
ConfusionMatrixDisplay.from_predictions(pets.target_test, predicted, cmap="Blues", ax=ax)
ax.set_title(best)

# %%
# What next?
# ----------
# The network of the tutorial is large for so few clips, and its magnitudes span many decades.
# :func:`~audiofeat.compare_features` asks which features and which model do better, by cross-validation instead of one
# split: see the guide on :doc:`networks and classical models </guide/models>`.
