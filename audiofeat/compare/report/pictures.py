"""The pictures of a report: intervals over the folds, the confusion matrix, spectrograms."""

from typing import TYPE_CHECKING

import numpy as np

from audiofeat.compare.report.names import names_of, shorter

if TYPE_CHECKING:
    from audiofeat.compare.results import FeatureComparison

__all__ = ["draw_confusion", "draw_scores", "draw_spectrogram"]

_LONGEST_NAME = 28
# Numbers in the cells of more classes than this could not be read.
_MOST_NUMBERED = 30


def draw_scores(comparison: "FeatureComparison", shown):
    """Draw mean, interval and folds of each row of the table.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.
    shown : DataFrame
        The rows to draw.

    Returns
    -------
    matplotlib Figure
        The picture.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 1.1 + 0.32 * len(shown)), layout="constrained")
    ax = figure.subplots()
    rows = np.arange(len(shown))
    folds = shown.filter(regex=r"^fold_\d+$").to_numpy(float)
    for fold in folds.T:
        ax.plot(fold, rows, "o", color="0.6", markersize=4, zorder=1)
    learned = shown["kind"].to_numpy() != "baseline"
    for part, colour in ((learned, "#0b57a4"), (~learned, "0.35")):
        means = shown["mean"].to_numpy()[part]
        reach = np.abs(np.stack([shown["low"].to_numpy()[part], shown["high"].to_numpy()[part]]) - means)
        ax.errorbar(means, rows[part], xerr=np.nan_to_num(reach), fmt="D", color=colour, markersize=6, capsize=3)
    names = [shorter(name, 2 * _LONGEST_NAME) for name in names_of(shown)]
    ax.set(xlabel=f"{comparison.metric} (bars: 95 % interval of the mean; grey: each fold)", yticks=rows)
    ax.set_yticklabels(names)
    ax.invert_yaxis()
    ax.grid(axis="x", alpha=0.3)
    return figure


def draw_confusion(labels, predicted, classes):
    """Draw how often clips of each class were taken for each.

    Parameters
    ----------
    labels, predicted : ndarray of shape (n_clips,)
        What is true, and what was said.
    classes : ndarray of shape (n_classes,)
        All classes.

    Returns
    -------
    matplotlib Figure
        The picture.
    """
    from matplotlib.figure import Figure
    from sklearn.metrics import confusion_matrix

    counts = confusion_matrix(labels, predicted, labels=classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = [shorter(str(name), _LONGEST_NAME) for name in classes]
    side = max(3.0, 0.34 * len(classes))
    margin = 0.09 * max(map(len, names)) + 0.6
    figure = Figure(figsize=(side + margin + 0.9, side + margin), layout="constrained")
    ax = figure.subplots()
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    numbered = len(classes) <= _MOST_NUMBERED
    for i, j in zip(*np.nonzero(counts), strict=True):
        size = None if len(classes) <= 12 else 7
        if numbered or i != j:
            colour = "white" if shares[i, j] > 0.5 else "black"
            ax.text(j, i, str(counts[i, j]), ha="center", va="center", color=colour, fontsize=size or 10)
    few = len(classes) <= 4 and max(map(len, names)) <= 10
    ax.set_xticks(range(len(classes)), names, rotation=0 if few else 90)
    ax.set_yticks(range(len(classes)), names)
    ax.set(xlabel="Predicted", ylabel="True")
    figure.colorbar(image, ax=ax, label="Share of the true class", shrink=min(1.0, 4 / side))
    return figure


def draw_spectrogram(batch):
    """Draw the mel spectrogram of a clip.

    Parameters
    ----------
    batch : AudioBatch
        Of one clip.

    Returns
    -------
    matplotlib Figure
        The picture.
    """
    from matplotlib.figure import Figure

    from audiofeat.plotting import SpectrogramDisplay
    from audiofeat.transformers import MelSpectrogram

    # Frames of about 50 ms show pitch and rhythm alike, whatever the sample rate.
    n_fft = 2 ** max(5, round(np.log2(0.05 * batch.sample_rate)))
    mel = MelSpectrogram(n_mels=64, n_fft=n_fft, hop_length=n_fft // 4)
    figure = Figure(figsize=(4.2, 2.4), layout="constrained")
    SpectrogramDisplay.from_clip(batch, mel).plot(ax=figure.subplots(), colorbar=False)
    return figure
