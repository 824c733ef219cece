"""Clips as points: how features lay classes apart."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.validation import check_is_fitted

from audiofeat.plotting._classes import class_color, class_marker, class_names
from audiofeat.plotting._panels import panels

__all__ = ["EmbeddingDisplay"]

# More classes make another column.
_LEGEND_ROWS = 20


class EmbeddingDisplay:
    """Clips as points in the plane that shows most of how their features vary.

    Clips of one class that lie together, apart from the others, are easy for any model; classes that overlap here may
    still differ in directions that the plane does not show. Use `from_features` or `from_estimator` to make it.

    Parameters
    ----------
    points : array-like of shape (n_clips, 2)
        Where the clips lie.
    y : array-like of shape (n_clips,) or None, default=None
        Their classes; None draws them all alike.
    explained : tuple of float or None, default=None
        Share of the variance along each axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What it is drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    Notes
    -----
    Features are standardised, and projected on their first two principal components. Features over time are laid out in
    one row a clip.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from audiofeat import MFCC, AudioLoader, EmbeddingDisplay, datasets
    >>> calls = datasets.make_animal_calls(20, random_state=0)
    >>> features = MFCC().fit_transform(AudioLoader().fit_transform(calls.data))
    >>> display = EmbeddingDisplay.from_features(features, calls.target)
    >>> display.points.shape
    (20, 2)
    >>> plt.close(display.figure_)
    """

    def __init__(self, points, y=None, *, explained=None):
        self.points = points
        self.y = y
        self.explained = explained

    @classmethod
    def from_features(cls, X, y=None, *, ax=None):
        """Project features, and draw them.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_columns) or (n_clips, n_rows, n_frames)
            The features.
        y : array-like of shape (n_clips,) or None, default=None
            Classes.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        EmbeddingDisplay
            Drawn.
        """
        X = check_array(X, allow_nd=True, ensure_min_samples=2, dtype=np.float64, estimator=cls.__name__)
        if y is not None:
            check_consistent_length(X, y)
        scaled = StandardScaler().fit_transform(X.reshape(len(X), -1))
        pca = PCA(n_components=min(2, *scaled.shape), svd_solver="full").fit(scaled)
        points = np.zeros((len(X), 2))
        points[:, : pca.n_components_] = pca.transform(scaled)
        explained = np.zeros(2)
        explained[: pca.n_components_] = np.nan_to_num(pca.explained_variance_ratio_)
        return cls(points, y, explained=tuple(explained.tolist())).plot(ax)

    @classmethod
    def from_estimator(cls, estimator, X, y=None, *, ax=None):
        """Project what the last step of a fitted pipeline is given, and draw it.

        Parameters
        ----------
        estimator : Pipeline, or search over one
            Fitted.
        X : sequence of n_clips
            Recordings, as the pipeline takes them.
        y : array-like of shape (n_clips,) or None, default=None
            Classes.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        EmbeddingDisplay
            Drawn.

        Raises
        ------
        TypeError
            If it is no pipeline of at least two steps.
        """
        check_is_fitted(estimator)
        pipeline = getattr(estimator, "best_estimator_", estimator)
        if not isinstance(pipeline, Pipeline) or len(pipeline) < 2:
            raise TypeError(
                f"{cls.__name__} got {type(pipeline).__name__}; expected a fitted Pipeline whose steps before the last "
                "make features. Give features to from_features otherwise."
            )
        return cls.from_features(pipeline[:-1].transform(X), y, ax=ax)

    def plot(self, ax=None):
        """Draw the points.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        EmbeddingDisplay
            Itself, with `ax_` and `figure_`.
        """
        points = np.asarray(self.points)
        labels = np.zeros(len(points), dtype=int) if self.y is None else np.asarray(self.y)
        classes = np.unique(labels)
        columns = -(-len(classes) // _LEGEND_ROWS)
        (ax,) = panels(ax, figsize=(5.2 + 1.7 * columns, 4.8), by=type(self).__name__)
        for number, (label, name) in enumerate(zip(classes, class_names(classes), strict=True)):
            members = points[labels == label]
            ax.plot(
                *members.T,
                class_marker(number),
                color=class_color(number),
                label=name,
                markersize=5,
                alpha=0.7,
                markeredgewidth=0,
            )
        if self.y is not None:
            size = "small" if columns == 1 else "x-small"
            ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=size, ncols=columns)
        shares = [""] * 2 if self.explained is None else [f" ({share:.0%} of the variance)" for share in self.explained]
        ax.set(xlabel=f"First component{shares[0]}", ylabel=f"Second component{shares[1]}")
        self.ax_, self.figure_ = ax, ax.figure
        return self
