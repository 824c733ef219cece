"""
A classifier of sounds without training: random convolutions
============================================================

The first layer of a convolutional network looks for small patterns in a spectrogram, and training finds out for which.
:class:`~audiofeat.RandomConvolutions` takes a thousand patterns at random instead, and leaves it to a linear model to find
out which of them tell the classes apart. That takes seconds.
"""

# %%
# Cats and dogs
# -------------
# Real recordings with their published split where they are at hand, synthetic calls otherwise.

import numpy as np

from audiofeat import DatasetNotFoundError, datasets

try:
    pets = datasets.fetch_cats_dogs(download_if_missing=False)
    X_train, y_train, X_test, y_test = pets.data_train, pets.target_train, pets.data_test, pets.target_test
except DatasetNotFoundError:
    train, test = datasets.make_animal_calls(160, random_state=0), datasets.make_animal_calls(80, random_state=1)
    X_train, y_train, X_test, y_test = train.data, train.target, test.data, test.target

# %%
# Log-mel maps, their random convolutions, and a ridge classifier that chooses its own regularisation. ``random_state``
# makes the kernels the same each time. Beside it the usual first thing to try, pooled MFCC and a support vector machine.

import time

from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from audiofeat import MFCC, AudioLoader, MelSpectrogram, RandomConvolutions

models = {
    "MFCC and SVC": make_pipeline(AudioLoader(sample_rate=16000), MFCC(deltas=2), StandardScaler(), SVC(C=10)),
    "random convolutions": make_pipeline(
        AudioLoader(sample_rate=16000, duration=5.0),
        MelSpectrogram(n_mels=64, n_fft=1024, hop_length=256, pooling=None),
        RandomConvolutions(random_state=0),
        StandardScaler(),
        RidgeClassifierCV(alphas=np.logspace(1, 5, 9)),
    ),
}
for name, model in models.items():
    started = time.perf_counter()
    model.fit(X_train, y_train)
    seconds = time.perf_counter() - started
    print(f"{name}: {model.score(X_test, y_test):.1%} of the test clips right, fitted in {seconds:.1f} s")

# %%
# One kernel at work
# ------------------
# A kernel is a small map of random numbers. It is laid on every place of its band, and four numbers are kept of all its
# responses: how many lie above its bias, their maximum, mean and standard deviation. Silence that the loader padded a clip
# with does not count.

import matplotlib.pyplot as plt

from audiofeat.dsp import response_statistics, sounding_frames

load, mel, convolutions, _, ridge = (step for _, step in models["random convolutions"].steps)
group = next(group for group in convolutions.kernels_ if group.weights.shape[1:] == (7, 3) and group.rows[0] > 10)
number = np.abs(group.biases).argmin()
kernel = group.weights[number]
figure, axes = plt.subplots(2, 2, figsize=(9, 5.2), width_ratios=(3, 1), layout="constrained")
for row, label in zip(axes, ("cat", "dog"), strict=True):
    clip = X_test[int(np.flatnonzero(y_test == label)[0])]
    values = mel.transform(load.transform([clip]))[0]
    values = values[:, : sounding_frames(values)]
    values = (values - values.mean()) / values.std()
    told = response_statistics(values, [group])[0, number]
    row[0].imshow(values, origin="lower", aspect="auto", cmap="magma")
    first, last = group.rows[0], group.rows[1] - 1 + group.span[0]
    row[0].axhspan(first - 0.5, last - 0.5, fill=False, edgecolor="white", linewidth=1.5)
    row[0].set(title=f"A {label}, and the band that the kernel runs in", xlabel="Frame", ylabel="Mel band")
    row[1].axis("off")
    names = ("above bias", "maximum", "mean", "std")
    numbers = "\n".join(f"{name:<11}{number:6.2f}" for name, number in zip(names, told, strict=True))
    row[1].text(0, 0.5, numbers, family="monospace", va="center", fontsize=11)

figure, ax = plt.subplots(figsize=(2.2, 3.2), layout="constrained")
ax.imshow(kernel, origin="lower", cmap="RdBu_r", vmin=-abs(kernel).max(), vmax=abs(kernel).max())
ax.set(title="The kernel", xlabel="Frame", ylabel="Mel band", xticks=range(3))
plt.show()

# %%
# Where the difference lies
# -------------------------
# Each kernel runs in one of eight bands, so the weights that the linear model gives to kernels say where it listens.

per_kernel = np.square(ridge.coef_.reshape(4, -1)).sum(axis=0)
middles = [(group.rows[0] + group.rows[1] + group.span[0] - 2) / 2 for group in convolutions.kernels_]
middle_of_kernel = np.repeat(middles, [len(group.weights) for group in convolutions.kernels_])
edges = np.arange(0, 65, 8)
weights = np.histogram(middle_of_kernel, edges, weights=per_kernel)[0] / np.histogram(middle_of_kernel, edges)[0]
figure, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
ax.bar(edges[:-1] + 4, weights / weights.mean(), width=7, color="#0072B2")
ax.axhline(1, color="0.5", linewidth=1)
ax.set(xlabel="Mel band in the middle of the kernel's place", ylabel="Squared weight\n(1 is the average)", xticks=edges)
plt.show()

# %%
# Features are computed once per clip and kept where ``RandomConvolutions(memory="folder")`` says. When to prefer a network
# is told in the guide to :doc:`models </guide/models>`.
