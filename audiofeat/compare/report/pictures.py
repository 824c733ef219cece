"""The pictures of a report: scores, the confusion matrix, scores of classes, spectrograms."""

from typing import TYPE_CHECKING

import numpy as np

from audiofeat.compare.report.markup import Markup
from audiofeat.compare.report.media import picture
from audiofeat.compare.report.names import names_of

if TYPE_CHECKING:
    from audiofeat.compare.results import FeatureComparison

__all__ = ["confusion_picture", "scores_picture", "spectrogram_picture"]


def scores_picture(comparison: "FeatureComparison", shown, worse: list[bool], alt: str) -> Markup:
    """Draw mean, interval and folds of rows of the table.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.
    shown : DataFrame
        The rows.
    worse : list of bool
        Which of them a test tells from the winner.
    alt : str
        What it shows, for those who cannot see it.

    Returns
    -------
    Markup
        The picture.
    """
    from audiofeat.plotting import ComparisonDisplay

    display = ComparisonDisplay(
        shown.filter(regex=r"^fold_\d+$").to_numpy(float),
        names_of(shown),
        intervals=shown[["low", "high"]].to_numpy(float),
        kinds=shown["kind"].tolist(),
        worse=worse,
        metric=comparison.metric,
    )
    return _closed(display.plot(), alt)


def confusion_picture(labels, predicted, classes, alt: str) -> Markup:
    """Draw how often clips of each class were taken for each.

    Parameters
    ----------
    labels, predicted : ndarray of shape (n_clips,)
        What is true, and what was said.
    classes : ndarray of shape (n_classes,)
        All classes.
    alt : str
        What it shows, for those who cannot see it.

    Returns
    -------
    Markup
        The picture.
    """
    from audiofeat.plotting import ConfusionDisplay

    # Of many classes, the names could not be read in a picture shrunk to a telephone.
    return _closed(ConfusionDisplay.from_predictions(labels, predicted, classes=classes), alt, wide=len(classes) > 8)


def spectrogram_picture(batch, alt: str) -> Markup:
    """Draw the mel spectrogram of a clip.

    Parameters
    ----------
    batch : AudioBatch
        Of one clip.
    alt : str
        What it shows, for those who cannot see it.

    Returns
    -------
    Markup
        The picture.
    """
    from matplotlib.figure import Figure

    from audiofeat.plotting import SpectrogramDisplay
    from audiofeat.transformers import MelSpectrogram

    # Frames of about 50 ms show pitch and rhythm alike, whatever the sample rate.
    n_fft = 2 ** max(5, round(np.log2(0.05 * batch.sample_rate)))
    mel = MelSpectrogram(n_mels=64, n_fft=n_fft, hop_length=n_fft // 4)
    figure = Figure(figsize=(4.2, 2.4), layout="constrained")
    SpectrogramDisplay.from_clip(batch, mel, ax=figure.subplots(), colorbar=False)
    return picture(figure, alt)


def _closed(display, alt: str, *, wide: bool = False) -> Markup:
    import matplotlib.pyplot as plt

    figure = display.figure_
    try:
        return picture(figure, alt, wide=wide)
    finally:
        # A notebook would show it as well.
        plt.close(figure)
