"""The scores of a comparison, fold by fold."""

import numpy as np

from audiofeat.plotting._classes import class_names
from audiofeat.plotting._panels import panels

__all__ = ["ComparisonDisplay"]

_BEST, _OTHER, _BASELINE = "#0072B2", "#D55E00", "0.55"
_LONGEST_LABEL = 48


class ComparisonDisplay:
    """Scores of features and models as points, one a fold, with their means and intervals.

    Shows at one look which pairs of features and model are worth having, how far their folds spread, and how far the
    baselines lie below. Use `from_comparison` to make it.

    Parameters
    ----------
    scores : array-like of shape (n_candidates, n_folds)
        The scores, best candidate first.
    labels : sequence of str
        Names of the candidates.
    intervals : array-like of shape (n_candidates, 2) or None, default=None
        Ends of the interval around each mean.
    kinds : sequence of str or None, default=None
        "baseline" for those that are drawn in grey; None means that there are none.
    worse : sequence of bool or None, default=None
        Which candidates a test tells from the best one; these get an empty marker.
    metric : str, default="score"
        What the scores are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What it is drawn on.
    figure_ : matplotlib Figure
        The figure that holds it.

    See Also
    --------
    audiofeat.compare_features : What makes a comparison.

    Notes
    -----
    Do not read the difference of two candidates from the overlap of their intervals: folds that are hard for one are hard
    for the other. `FeatureComparison.tests` compares them fold by fold.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from audiofeat import ComparisonDisplay
    >>> display = ComparisonDisplay([[0.9, 0.8, 0.85], [0.5, 0.6, 0.55]], ["mfcc + svc", "majority class"])
    >>> [label.get_text() for label in display.plot().ax_.get_yticklabels()]
    ['mfcc + svc', 'majority class']
    >>> plt.close(display.figure_)
    """

    def __init__(self, scores, labels, *, intervals=None, kinds=None, worse=None, metric="score"):
        self.scores = scores
        self.labels = labels
        self.intervals = intervals
        self.kinds = kinds
        self.worse = worse
        self.metric = metric

    @classmethod
    def from_comparison(cls, comparison, *, metric=None, max_candidates=20, ax=None):
        """Take the scores of a comparison, and draw them.

        Parameters
        ----------
        comparison : FeatureComparison
            What `compare_features` returned.
        metric : str or None, default=None
            Which score; None for the one that decides.
        max_candidates : int, default=20
            How many candidates are shown, the best first; baselines are shown besides.
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure.

        Returns
        -------
        ComparisonDisplay
            Drawn.
        """
        prefix = "" if metric in (None, comparison.metric) else f"_{metric}"
        table, scores = comparison.table, comparison.fold_scores(metric)
        baseline = table["kind"].to_numpy() == "baseline"
        order = np.argsort(-table[f"mean{prefix}"].to_numpy(), kind="stable")
        chosen = [*order[~baseline[order]][:max_candidates], *order[baseline[order]]]
        tests = comparison.compare(metric)
        told = {row.second: row.distinguishable for row in tests.itertuples() if row.first == scores.index[chosen[0]]}
        told |= {row.first: row.distinguishable for row in tests.itertuples() if row.second == scores.index[chosen[0]]}
        labels = [
            _label(table.iloc[i], scores.index[i], repeated=list(scores.index).count(scores.index[i]) > 1)
            for i in chosen
        ]
        display = cls(
            scores.to_numpy()[chosen],
            labels,
            intervals=table[[f"low{prefix}", f"high{prefix}"]].to_numpy()[chosen],
            kinds=table["kind"].to_numpy()[chosen].tolist(),
            worse=[bool(told.get(scores.index[i], False)) for i in chosen],
            metric=metric or comparison.metric,
        )
        return display.plot(ax)

    def plot(self, ax=None):
        """Draw points, means and intervals.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw. None makes a new figure, as high as there are candidates.

        Returns
        -------
        ComparisonDisplay
            Itself, with `ax_` and `figure_`.
        """
        scores = np.asarray(self.scores, dtype=float)
        n = len(scores)
        if len(self.labels) != n:
            raise ValueError(f"{type(self).__name__} got {n} rows of scores, but {len(self.labels)} labels.")
        (ax,) = panels(ax, figsize=(7.2, 1.1 + 0.34 * n), by=type(self).__name__)
        for row, folds in enumerate(scores):
            baseline = self.kinds is not None and self.kinds[row] == "baseline"
            worse = self.worse is not None and self.worse[row]
            color = _BASELINE if baseline else _BEST if row == 0 else _OTHER
            # Folds of equal score lie side by side rather than on each other.
            ax.plot(
                folds, row + _spread(folds), "o", color=color, alpha=0.45, markersize=4.5, markeredgewidth=0, zorder=2
            )
            if self.intervals is not None and np.isfinite(self.intervals[row]).all():
                ax.plot(self.intervals[row], [row, row], color=color, linewidth=1.6, zorder=3)
            ax.plot(folds.mean(), row, "D", color=color, markersize=6, fillstyle="none" if worse else "full", zorder=4)
        ax.set_yticks(range(n), class_names(self.labels, _LONGEST_LABEL))
        ax.set(ylim=(n - 0.5, -0.5), xlabel=self._axis_label())
        ax.grid(axis="x", alpha=0.3)
        ax.set_axisbelow(True)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _axis_label(self) -> str:
        parts = [f"{self.metric.replace('_', ' ').capitalize()}: folds, mean"]
        parts += ["95 % interval"] * (self.intervals is not None)
        text = ", ".join(parts)
        return text + "\n(empty: distinguishable from the best)" if self.worse is not None and any(self.worse) else text


def _label(row, label: str, repeated: bool) -> str:
    """Name a candidate, with its parameters where the name alone does not tell it from another."""
    if not repeated or not isinstance(row["params"], dict) or not row["params"]:
        return label
    return f"{label} ({', '.join(f'{name}={value}' for name, value in row['params'].items())})"


def _spread(values) -> np.ndarray:
    """Heights that part points of equal value."""
    heights = np.zeros(len(values))
    for value in np.unique(values.round(6)):
        equal = np.flatnonzero(values.round(6) == value)
        heights[equal] = 0.11 * (np.arange(len(equal)) - (len(equal) - 1) / 2)
    return np.clip(heights, -0.4, 0.4)
