"""How well each class is recognised."""

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from audiofeat.plotting._classes import class_names
from audiofeat.plotting._panels import panels

__all__ = ["ClassScoresDisplay"]

_PRECISION, _RECALL = "#0072B2", "#D55E00"


class ClassScoresDisplay:
    """Precision and recall of each class, the best recognised class on top.

    Recall is the share of a class that is found, precision the share of what is called by its name that belongs to it. The
    accuracy alone hides a class that is never found. Use `from_estimator` or `from_predictions`, or `from_comparison` for
    the winner of a comparison.

    Parameters
    ----------
    classes : sequence of n_classes
        The classes.
    precision, recall, f1 : array-like of shape (n_classes,)
        The scores; `f1` is the harmonic mean of the other two, by which classes are sorted.
    support : array-like of shape (n_classes,)
        Number of clips of each class.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What it is drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    See Also
    --------
    ConfusionDisplay : Which classes are taken for which.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from audiofeat import ClassScoresDisplay
    >>> display = ClassScoresDisplay.from_predictions(["cat", "cat", "dog"], ["cat", "dog", "dog"])
    >>> display.recall
    array([0.5, 1. ])
    >>> plt.close(display.figure_)
    """

    def __init__(self, classes, precision, recall, f1, support):
        self.classes = classes
        self.precision = precision
        self.recall = recall
        self.f1 = f1
        self.support = support

    @classmethod
    def from_predictions(cls, y_true, y_pred, *, classes=None, ax=None):
        """Score predictions, and draw the scores.

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

        Returns
        -------
        ClassScoresDisplay
            Drawn. A class that is never predicted has the precision 0.
        """
        classes = np.unique(np.concatenate([np.ravel(y_true), np.ravel(y_pred)])) if classes is None else classes
        scores = precision_recall_fscore_support(y_true, y_pred, labels=classes, zero_division=0.0)
        return cls(np.asarray(classes).tolist(), *scores).plot(ax)

    @classmethod
    def from_estimator(cls, estimator, X, y, *, ax=None):
        """Score what a fitted classifier says of clips, and draw the scores.

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

        Returns
        -------
        ClassScoresDisplay
            Drawn.
        """
        return cls.from_predictions(y, estimator.predict(X), ax=ax)

    @classmethod
    def from_comparison(cls, comparison, *, ax=None):
        """Draw the scores of what the winner of a comparison says of clips that it has not learned from.

        Parameters
        ----------
        comparison : FeatureComparison
            What `compare_features` returned.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        ClassScoresDisplay
            Drawn.
        """
        predictions = comparison.predictions
        labels, predicted = predictions["label"], predictions["predicted"]
        return cls.from_predictions(labels, predicted, classes=comparison.classes, ax=ax)

    def plot(self, ax=None):
        """Draw the scores.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure, as high as there are classes.

        Returns
        -------
        ClassScoresDisplay
            Itself, with `ax_` and `figure_`.
        """
        order = np.argsort(-np.asarray(self.f1), kind="stable")
        n = len(order)
        (ax,) = panels(ax, figsize=(6.4, 1.3 + 0.26 * n), by=type(self).__name__)
        precision, recall = np.asarray(self.precision)[order], np.asarray(self.recall)[order]
        rows = np.arange(n)
        ax.hlines(rows, np.minimum(precision, recall), np.maximum(precision, recall), color="0.75", zorder=1)
        ax.plot(precision, rows, "o", color=_PRECISION, label="precision", zorder=2)
        # Drawn smaller and later: equal scores show both.
        ax.plot(recall, rows, "D", color=_RECALL, label="recall", markersize=4, zorder=3)
        names = class_names([self.classes[i] for i in order])
        labels = [f"{name} ({self.support[i]:g})" for name, i in zip(names, order, strict=True)]
        ax.set_yticks(rows, labels, fontsize="medium" if n <= 25 else "small")
        ax.set(xlim=(-0.02, 1.02), ylim=(n - 0.5, -0.5), xlabel="Score")
        ax.set_ylabel("Class (clips)")
        ax.grid(axis="x", alpha=0.3)
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)
        self.ax_, self.figure_ = ax, ax.figure
        return self
