"""Which classes are taken for which."""

import numpy as np
from sklearn.metrics import confusion_matrix

from audiofeat.plotting._classes import class_names
from audiofeat.plotting._panels import panels

__all__ = ["ConfusionDisplay"]

# Beyond these numbers would not be read, and names would run into each other.
_MOST_NUMBERED = 20
_MOST_NAMED = 60
# Above this share of a row the cell is dark.
_DARK = 0.55


class ConfusionDisplay:
    """Confusion matrix: clips of each class, and what they were taken for.

    Colours are shares of a class, so that small classes are seen; numbers are clips. Use `from_estimator`
    or `from_predictions`, or `from_comparison` for the winner of a comparison.

    Parameters
    ----------
    matrix : array-like of shape (n_classes, n_classes)
        Numbers of clips; row for the class, column for the prediction.
    classes : sequence of n_classes
        The classes.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What it is drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.
    image_ : matplotlib AxesImage
        The matrix.

    See Also
    --------
    ClassScoresDisplay : Precision and recall of each class.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from audiofeat import ConfusionDisplay
    >>> display = ConfusionDisplay.from_predictions(["cat", "cat", "dog"], ["cat", "dog", "dog"])
    >>> display.matrix
    array([[1, 1],
           [0, 1]])
    >>> plt.close(display.figure_)
    """

    def __init__(self, matrix, classes):
        self.matrix = matrix
        self.classes = classes

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, classes=None, ax=None, cmap="Blues"):
        """Count predictions, and draw the matrix.

        Parameters
        ----------
        y_true : array-like of shape (n_clips,)
            The classes.
        y_pred : array-like of shape (n_clips,)
            The predictions.
        classes : sequence or None, default=None
            The classes, in order. None takes all that occur, sorted.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.
        cmap : str or Colormap, default="Blues"
            The colours, from light to dark.

        Returns
        -------
        ConfusionDisplay
            Drawn.
        """
        classes = np.unique(np.concatenate([np.ravel(y_true), np.ravel(y_pred)])) if classes is None else classes
        matrix = confusion_matrix(y_true, y_pred, labels=classes)
        return cls(matrix, np.asarray(classes).tolist()).plot(ax, cmap=cmap)

    @classmethod
    def from_estimator(cls, estimator, X, y, *, ax=None, cmap="Blues"):
        """Count what a fitted classifier says of clips, and draw the matrix.

        Parameters
        ----------
        estimator : fitted classifier or Pipeline
            Anything with `predict`.
        X : sequence, array or DataFrame of n_clips
            Clips that it has not learned from, as it takes them.
        y : array-like of shape (n_clips,)
            Their classes.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.
        cmap : str or Colormap, default="Blues"
            The colours, from light to dark.

        Returns
        -------
        ConfusionDisplay
            Drawn.
        """
        return cls.from_predictions(y, estimator.predict(X), ax=ax, cmap=cmap)

    @classmethod
    def from_comparison(cls, comparison, *, ax=None, cmap="Blues"):
        """Draw the matrix of what the winner of a comparison says of clips that it has not learned from.

        Parameters
        ----------
        comparison : FeatureComparison
            What `compare_features` returned.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.
        cmap : str or Colormap, default="Blues"
            The colours, from light to dark.

        Returns
        -------
        ConfusionDisplay
            Drawn.
        """
        predictions = comparison.predictions
        labels, predicted = predictions["label"], predictions["predicted"]
        return cls.from_predictions(labels, predicted, classes=comparison.classes, ax=ax, cmap=cmap)

    def plot(self, ax=None, *, cmap="Blues"):
        """Draw the matrix.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure that grows with the number of classes.
        cmap : str or Colormap, default="Blues"
            The colours, from light to dark.

        Returns
        -------
        ConfusionDisplay
            Itself, with `ax_`, `figure_` and `image_`.
        """
        matrix = np.asarray(self.matrix)
        n = len(matrix)
        names = class_names(self.classes)
        side = min(2.4 + 0.34 * n, 12)
        letters = 0.07 * max(len(name) for name in names)
        (ax,) = panels(ax, figsize=(side + letters + 1.4, side + letters), by=type(self).__name__)
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
        self.image_ = ax.imshow(shares, cmap=cmap, vmin=0, vmax=1)
        if n <= _MOST_NUMBERED:
            for i, j in np.argwhere(matrix):
                color = "white" if shares[i, j] > _DARK else "black"
                ax.text(j, i, f"{matrix[i, j]:g}", ha="center", va="center", color=color, fontsize=9 if n <= 12 else 7)
        step = -(-n // _MOST_NAMED)
        size = "medium" if n <= 12 else "small" if n <= 25 else "x-small"
        upright = sum(len(name) for name in names) > 7 * side
        ax.set_xticks(range(0, n, step), names[::step], rotation=90 if upright else 0, fontsize=size)
        ax.set_yticks(range(0, n, step), names[::step], fontsize=size)
        ax.set(xlabel="Predicted", ylabel="Class")
        ax.figure.colorbar(self.image_, ax=ax, label="Share of the class")
        self.ax_, self.figure_ = ax, ax.figure
        return self
