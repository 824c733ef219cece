"""The training history of a network."""

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from audiofeat.plotting._panels import panels

__all__ = ["HistoryDisplay"]

# What a log of epochs holds beside the quantities to draw.
_NO_QUANTITIES = ("epoch", "learning_rate", "seconds")
# Okabe and Ito's blue and vermilion: told apart by colour-blind readers. The dashes tell them apart in grey.
_STYLES = {
    "training": {"color": "#0072B2", "linestyle": "-"},
    "validation": {"color": "#D55E00", "linestyle": "--"},
}


class HistoryDisplay:
    """Loss and metrics of a network over the epochs of its training.

    Tells whether a network has learned (the loss falls), learned enough (it has levelled off) or too much (the
    validation loss rises again). Use `from_estimator` to make it from a fitted `CNNClassifier`.

    Parameters
    ----------
    history : list of dict
        For each epoch its `loss` and metrics, and those with the prefix `val_` on validation clips, as Keras logs them.
        `epoch` counts from 1 and may be left out.
    best_epoch : int or None, default=None
        The epoch to mark, whose weights were kept. None means the one with the lowest `val_loss`, if there is one.

    Attributes
    ----------
    ax_ : ndarray of matplotlib Axes
        A panel for the loss, and one for each metric.
    figure_ : matplotlib Figure
        The figure that holds them.
    lines_ : dict of str to matplotlib Line2D
        The lines by their name in the history.

    See Also
    --------
    audiofeat.CNNClassifier : What has such a history.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from audiofeat import HistoryDisplay
    >>> history = [{"loss": 1 / n, "accuracy": 1 - 0.5 / n, "val_loss": 1 / n + 0.02 * n} for n in range(1, 11)]
    >>> display = HistoryDisplay(history).plot()
    >>> display.best_epoch
    7
    >>> [ax.get_ylabel() for ax in display.ax_]
    ['Loss', 'Accuracy']
    >>> plt.close(display.figure_)
    """

    def __init__(self, history, *, best_epoch=None):
        self.history = history
        self.best_epoch = _lowest_val_loss(history) if best_epoch is None else best_epoch

    @classmethod
    def from_estimator(cls, estimator):
        """Read the history of a fitted estimator.

        Parameters
        ----------
        estimator : CNNClassifier, or Pipeline or search that ends in one
            The estimator, fitted.

        Returns
        -------
        HistoryDisplay
            Not drawn yet.

        Raises
        ------
        NotFittedError
            If it is not fitted.
        TypeError
            If it keeps no history.
        """
        check_is_fitted(estimator)
        model = getattr(estimator, "best_estimator_", estimator)
        while isinstance(model, Pipeline):
            model = model[-1]
        if not hasattr(model, "history_"):
            raise TypeError(
                f"{cls.__name__} got {type(model).__name__}, which keeps no history of its training; expected an "
                "estimator with the attribute history_, such as CNNClassifier."
            )
        return cls(model.history_, best_epoch=getattr(model, "best_epoch_", None))

    def plot(self, ax=None):
        """Draw loss and metrics.

        Parameters
        ----------
        ax : matplotlib Axes, sequence of Axes or None, default=None
            Where to draw; the panels divide one axes among them, or take one each of a sequence. None makes a new
            figure.

        Returns
        -------
        HistoryDisplay
            Itself, with `ax_`, `figure_` and `lines_`.
        """
        quantities = self._quantities()
        axes = panels(ax, n_columns=len(quantities), figsize=(3.4 * len(quantities), 2.8), by=type(self).__name__)
        self.lines_ = {}
        for quantity, panel in zip(quantities, axes, strict=True):
            for name, (kind, style) in zip((quantity, f"val_{quantity}"), _STYLES.items(), strict=True):
                self._draw(panel, name, kind, style)
            if self.best_epoch is not None:
                panel.axvline(
                    self.best_epoch, color="0.4", linestyle=":", zorder=0, label=f"best epoch ({self.best_epoch})"
                )
            panel.set(xlabel="Epoch", ylabel=quantity.replace("_", " ").capitalize())
            panel.xaxis.get_major_locator().set_params(integer=True)
            panel.grid(axis="y", alpha=0.3)
        axes[0].legend(fontsize="small")
        self.ax_, self.figure_ = axes, axes[0].figure
        return self

    def _quantities(self) -> list[str]:
        names = dict.fromkeys(name.removeprefix("val_") for entry in self.history for name in entry)
        quantities = [name for name in names if name not in _NO_QUANTITIES]
        if not quantities:
            raise ValueError(
                f"{type(self).__name__} got a history of {len(self.history)} epochs without a quantity; expected entries "
                "such as {'loss': 0.3, 'val_loss': 0.4}."
            )
        return quantities

    def _draw(self, ax, name, kind, style):
        epochs = np.array(_epochs(self.history))
        values = np.array([entry.get(name, np.nan) for entry in self.history], dtype=float)
        drawn = np.isfinite(values)
        if not drawn.any():
            return
        # A marker shows a training of one epoch, and which epochs were measured.
        (line,) = ax.plot(epochs[drawn], values[drawn], label=kind, marker="o", markersize=3, **style)
        self.lines_[name] = line


def _epochs(history) -> list[int]:
    return [entry.get("epoch", number) for number, entry in enumerate(history, 1)]


def _lowest_val_loss(history) -> int | None:
    measured = [
        (entry["val_loss"], epoch)
        for epoch, entry in zip(_epochs(history), history, strict=True)
        if "val_loss" in entry
    ]
    return min(measured)[1] if measured else None
