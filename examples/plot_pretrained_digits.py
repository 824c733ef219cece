"""
New words for a trained network
===============================

Ten recordings of each word are few for a network that begins with random weights. One that has learned other words before
already hears what tells words apart: it keeps its layers, and gets a new last one. Here a network learns the spoken digits
0 to 4 from several hundred recordings, and then 5 to 9 from ten each.
"""

# %%
# The recordings
# --------------
# Where the Free Spoken Digit Dataset is not at hand, made-up words take its place.

import numpy as np

from audiofeat import DatasetNotFoundError, datasets


def made_up_words(n_each, random_state):
    """Ten words of three syllables, each with two formants, by voices of any pitch and size, in noise."""
    rng = np.random.default_rng(random_state)
    formants = [(300, 2200), (400, 900), (500, 1700), (600, 1100), (700, 2500), (800, 1500), (350, 1400)]
    recipes = [rng.permutation(len(formants))[:3] for _ in range(10)]
    words, labels = [], []
    for word in np.repeat(range(10), n_each):
        pitch, size = rng.uniform(90, 260), rng.uniform(0.85, 1.18)
        harmonics = pitch * np.arange(1, 3500 // pitch)[:, np.newaxis]
        syllables = []
        for syllable in recipes[word]:
            strengths = sum(np.exp(-(((harmonics - size * formant) / 200) ** 2)) for formant in formants[syllable])
            times = np.arange(rng.integers(800, 1800)) / 8000
            syllables.append((strengths * np.sin(2 * np.pi * harmonics * times)).sum(axis=0))
        sound = np.concatenate(syllables)
        words.append((8000, 0.1 * sound + 0.1 * rng.standard_normal(len(sound))))
        labels.append(str(word))
    return words, np.array(labels)


try:
    digits = datasets.fetch_fsdd(download_if_missing=False)
    data, target = digits.data, digits.target
    print("Spoken digits of", len(np.unique(digits.groups)), "speakers")
except DatasetNotFoundError:
    data, target = made_up_words(80, random_state=0)
    print("The recordings are not on this machine: made-up words instead")

# %%
# Features of all recordings, once. A feature depends on its own recording only, so nothing leaks by this.

from sklearn.pipeline import make_pipeline

from audiofeat import AudioLoader, MelSpectrogram

features = make_pipeline(
    AudioLoader(sample_rate=8000, duration=0.7),
    MelSpectrogram(n_mels=40, n_fft=256, hop_length=160, pooling=None),
)
maps = features.fit_transform(data)
print(f"{maps.shape[0]} maps of {maps.shape[1]} bands and {maps.shape[2]} frames")

# %%
# The network that knows other words
# ----------------------------------

from audiofeat import CNNClassifier

rng = np.random.default_rng(0)
old, new = np.flatnonzero(target < "5"), np.flatnonzero(target >= "5")
known = rng.permutation(old)[: min(500, len(old) * 4 // 5)]
trained = CNNClassifier(epochs=20, random_state=0).fit(maps[known], target[known])
rest = np.setdiff1d(old, known)
print(f"Of the other recordings of 0 to 4 it recognises {trained.score(maps[rest], target[rest]):.0%}")

# %%
# Ten recordings of each new word
# -------------------------------
# ``pretrained`` takes the fitted classifier (or the path of its joblib file) and leaves it as it is. ``trainable`` says how
# much is trained: only the new last layer, so many blocks before it too, or everything. A network from scratch gets twice
# as many epochs, because it has more to learn. All is repeated with other recordings and other random weights, and tested
# on all recordings of the new words that were not learned from.

import pandas as pd

ways = {
    "from scratch": CNNClassifier(epochs=80),
    "new last layer": CNNClassifier(pretrained=trained, trainable="head", learning_rate=0.01),
    "and two blocks": CNNClassifier(pretrained=trained, trainable=2),
}
rows = []
for seed in range(5):
    rng = np.random.default_rng(seed)
    few = np.concatenate([rng.permutation(np.flatnonzero(target == word))[:10] for word in np.unique(target[new])])
    test = np.setdiff1d(new, few)
    for way, network in ways.items():
        network.set_params(random_state=seed).fit(maps[few], target[few])
        rows.append({"seed": seed, "way": way, "accuracy": network.score(maps[test], target[test])})
table = pd.DataFrame(rows).pivot(index="seed", columns="way", values="accuracy")[list(ways)]
print(table.round(3).to_string())

# %%
# By how much each way is better than from scratch, with a 95 % interval of the mean over the seeds (Student's, of the
# paired differences):

import matplotlib.pyplot as plt
from scipy.stats import ttest_1samp

figure, ax = plt.subplots(figsize=(7, 1.9), layout="constrained")
for row, way in enumerate(list(ways)[1:]):
    gains = table[way] - table["from scratch"]
    low, high = ttest_1samp(gains, 0).confidence_interval(0.95)
    print(f"{way:15} {gains.mean():+.3f} ({low:+.3f} to {high:+.3f})")
    ax.plot([low, high], [row, row], color="#0072B2", linewidth=2)
    ax.plot(gains, np.full(len(gains), row), "o", color="0.6", markersize=4)
    ax.plot(gains.mean(), row, "D", color="#0072B2", markersize=7)
ax.axvline(0, color="0.5", linestyle=":")
ax.set(
    yticks=range(len(ways) - 1),
    yticklabels=list(ways)[1:],
    xlabel="Accuracy gained over a network from scratch (grey: each seed)",
    ylim=(len(ways) - 1.5, -0.5),
)

# %%
# A new last layer alone can only weigh what told the old words apart, which need not be enough for the new ones. The layers
# before it adapt with little.
#
# What of the network was trained shows in its summary:

print(ways["and two blocks"].summary())
