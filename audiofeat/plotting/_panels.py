"""Axes to draw on: those the caller gives, or new ones that leave room for every label."""

import numpy as np

__all__ = ["TIME_LABEL", "mark_padding", "panels"]

TIME_LABEL = "Time [s]"
# Shares of the time axis that the word "padding" needs, lying and standing.
_LABEL_FLAT = 0.2
_LABEL_UPRIGHT = 0.04


def panels(ax, *, n_rows: int = 1, n_columns: int = 1, figsize: tuple[float, float], by: str) -> np.ndarray:
    """Get axes for several panels, in a new figure or in place of one axes.

    Parameters
    ----------
    ax : matplotlib Axes, sequence of Axes or None
        None makes a new figure; one axes is divided among the panels; a sequence gives one axes to each.
    n_rows, n_columns : int, default=1
        How the panels stand; those below each other share their time axis.
    figsize : tuple of float
        Width and height of a new figure [inches].
    by : str
        Who asks, for messages.

    Returns
    -------
    ndarray of Axes, of shape (n_rows * n_columns,)
        From top left to bottom right.
    """
    import matplotlib.pyplot as plt
    from matplotlib.axes import Axes

    n_panels = n_rows * n_columns
    if ax is None:
        figure = plt.figure(figsize=figsize, layout="constrained")
        return figure.subplots(n_rows, n_columns, sharex="col", squeeze=False).ravel()
    if not isinstance(ax, Axes):
        axes = np.asarray(ax, dtype=object).ravel()
        if len(axes) != n_panels:
            raise ValueError(f"{by} has {n_panels} panels, but got {len(axes)} axes. Give one axes, or one a panel.")
        return axes
    if n_panels == 1:
        return np.array([ax])
    if (place := ax.get_subplotspec()) is None:
        raise ValueError(
            f"{by} has {n_panels} panels and cannot divide an axes that stands in no grid. Make it with plt.subplots, or "
            "give one axes a panel."
        )
    ax.set_axis_off()
    grid = place.subgridspec(n_rows, n_columns)
    return grid.subplots(sharex="col", squeeze=False).ravel()


def mark_padding(ax, start: float, stop: float, *, color: str, label: bool) -> None:
    """Hatch the part of a time axis that the loader added.

    Parameters
    ----------
    ax : matplotlib Axes
        Where.
    start, stop : float
        Beginning and end of the padding [s].
    color : str
        Of the hatching.
    label : bool
        Whether to write what it is.
    """
    ax.axvspan(start, stop, facecolor="none", edgecolor=color, hatch="//", linewidth=0, alpha=0.35)
    ax.axvline(start, color=color, linewidth=1, linestyle="--")
    share = (stop - start) / np.ptp(ax.get_xlim())
    if label and share >= _LABEL_UPRIGHT:
        ax.annotate(
            "padding",
            ((start + stop) / 2, 0.96),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="top",
            rotation="horizontal" if share >= _LABEL_FLAT else "vertical",
            color=color,
            size="small",
        )
