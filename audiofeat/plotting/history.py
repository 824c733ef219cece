"""The training history of a network."""

from collections.abc import Mapping, Sequence

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


_EXPECTED = "expected a list of dict, an entry an epoch, such as the attribute history_ of a CNNClassifier."


class HistoryDisplay:
    """Loss and metrics of a network over the epochs of its training.

    Tells whether a network has learned (the loss falls), learned enough (it has levelled off) or too much (the
    validation loss rises again). Use `from_estimator` to make it from a fitted `CNNClassifier`.

    Parameters
    ----------
    history : list of dict, or dict of list
        For each epoch its `loss` and metrics, and those with the prefix `val_` on validation clips, as Keras logs them.
        `epoch` counts from 1 and may be left out. Or for each of these its values over the epochs, as in the attribute
        `history` of what `keras.Model.fit` returns.
    best_epoch : int or None, default=None
        The epoch to mark, whose weights were kept. None means the one with the lowest `val_loss`, if there is one.

    Attributes
    ----------
    history : list of dict
        The history, epoch by epoch.
    best_epoch : int or None
        The epoch to mark.
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
        self.history = _by_epoch(history, by=type(self).__name__)
        self.best_epoch = _lowest_val_loss(self.history) if best_epoch is None else best_epoch
        epochs = _epochs(self.history)
        if best_epoch is not None and best_epoch not in epochs:
            known = (
                f"an epoch of its history, from {min(epochs)} to {max(epochs)}" if epochs else "None, without a history"
            )
            raise ValueError(f"{type(self).__name__} got best_epoch={best_epoch!r}; expected {known}.")

    @classmethod
    def from_estimator(cls, estimator, *, ax=None):
        """Read the history of a fitted estimator, and draw it.

        Parameters
        ----------
        estimator : CNNClassifier, or Pipeline or search that ends in one
            The estimator, fitted.
        ax : matplotlib Axes, sequence of Axes or None, default=None
            Where to draw, as in `plot`. None makes a new figure.

        Returns
        -------
        HistoryDisplay
            Drawn.

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
        return cls(model.history_, best_epoch=getattr(model, "best_epoch_", None)).plot(ax)

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
            panel.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
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


def _by_epoch(history, *, by) -> list[dict]:
    """Check a history, and turn one of columns into one of rows."""
    if isinstance(history, Mapping):
        return _rows(history, by=by)
    if not isinstance(history, Sequence) or isinstance(history, str):
        raise TypeError(f"{by} got {type(history).__name__} as history; {_EXPECTED}")
    for entry in history:
        if not isinstance(entry, Mapping):
            raise TypeError(f"{by} got {type(entry).__name__} among the entries of its history; {_EXPECTED}")
    return list(history)


def _rows(columns, *, by) -> list[dict]:
    for name, values in columns.items():
        if np.ndim(values) != 1:
            raise TypeError(
                f"{by} got {type(values).__name__} as {name!r} of its history; expected a list with a value an epoch."
            )
    lengths = {len(values): name for name, values in columns.items()}
    if len(lengths) > 1:
        (first, of_first), (other, of_other) = list(lengths.items())[:2]
        raise ValueError(
            f"{by} got a history with {first} epochs of {of_first!r} and {other} of {of_other!r}; expected as many of "
            "each. Give quantities that are not measured in each epoch as a list of dict, an entry an epoch."
        )
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _epochs(history) -> list[int]:
    return [entry.get("epoch", number) for number, entry in enumerate(history, 1)]


def _lowest_val_loss(history) -> int | None:
    measured = [
        (entry["val_loss"], epoch)
        for epoch, entry in zip(_epochs(history), history, strict=True)
        if "val_loss" in entry
    ]
    return min(measured)[1] if measured else None
