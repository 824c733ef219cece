"""The pictures that ``audiofeat compare`` writes."""

from pathlib import Path

import numpy as np

__all__ = ["draw_clips", "draw_confusion"]

# More columns than this are too small to read.
_MOST_CLASSES = 6


def draw_clips(X, y, loader, file: Path) -> None:
    """Draw waveform and log-mel spectrogram of the first clip of each class.

    Parameters
    ----------
    X : sequence of n_clips
        Recordings.
    y : ndarray of shape (n_clips,)
        Their labels.
    loader : AudioLoader
        How they are loaded.
    file : Path
        Where the picture goes.
    """
    from matplotlib.figure import Figure

    from audiofeat.plotting import SpectrogramDisplay, WaveformDisplay

    labels, first = np.unique(y, return_index=True)
    labels, first = labels[:_MOST_CLASSES], first[:_MOST_CLASSES]
    figure = Figure(figsize=(4.5 * len(labels), 6), layout="constrained")
    axes = figure.subplots(2, len(labels), squeeze=False)
    for column, label in enumerate(labels):
        place = int(first[column])
        clip = X.iloc[[place]] if hasattr(X, "iloc") else X[place]
        WaveformDisplay.from_clip(clip, loader=loader, ax=axes[0, column])
        SpectrogramDisplay.from_clip(clip, loader=loader, ax=axes[1, column])
        axes[0, column].set_title(str(label))
    figure.savefig(file, dpi=120)


def draw_confusion(y, predicted, file: Path) -> None:
    """Draw a confusion matrix.

    Parameters
    ----------
    y : ndarray of shape (n_clips,)
        Labels.
    predicted : ndarray of shape (n_clips,)
        What a model says.
    file : Path
        Where the picture goes.
    """
    import matplotlib.pyplot as plt

    from audiofeat.plotting import ConfusionDisplay

    display = ConfusionDisplay.from_predictions(y, predicted)
    display.ax_.set_title("Recordings kept aside")
    display.figure_.savefig(file, dpi=120)
    plt.close(display.figure_)
