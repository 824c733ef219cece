"""What candidates are compared by: one score or several, of which the first decides."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import check_scoring, get_scorer

__all__ = ["Metrics", "as_metrics"]

# Scores of scikit-learn that lie within 0 and 1; an interval is not drawn beyond.
_SHARES = (
    "accuracy",
    "balanced_accuracy",
    "f1",
    "precision",
    "recall",
    "jaccard",
    "roc_auc",
    "average_precision",
    "top_k",
)


@dataclass(frozen=True)
class Metrics:
    """Scores by name.

    Parameters
    ----------
    names : tuple of str
        Their names, the deciding one first.
    scoring : str, callable, dict or None
        As a search takes them.
    """

    names: tuple[str, ...]
    scoring: object

    @property
    def main(self) -> str:
        """The one that decides."""
        return self.names[0]

    @property
    def several(self) -> bool:
        """Whether a search keeps them apart by name."""
        return isinstance(self.scoring, dict)

    def key(self, name: str) -> str:
        """Name of a score in the results of a search.

        Parameters
        ----------
        name : str
            Its name here.

        Returns
        -------
        str
            As in ``mean_test_<key>``.
        """
        return name if self.several else "score"

    def scorers(self) -> dict[str, object]:
        """What computes each score.

        Returns
        -------
        dict of str to (str, callable or None)
            As the caller gave them, by name.
        """
        return self.scoring if isinstance(self.scoring, dict) else {self.main: self.scoring}

    def score(self, estimator, X, y) -> dict[str, float]:
        """Score a fitted estimator.

        Parameters
        ----------
        estimator : classifier
            The estimator.
        X : sequence of n_clips
            Clips.
        y : ndarray of shape (n_clips,)
            Their labels.

        Returns
        -------
        dict of str to float
            Its scores by name.
        """
        scores = check_scoring(estimator, scoring=self.scoring)(estimator, X, y)
        return {name: float(scores[name]) for name in self.names} if self.several else {self.main: float(scores)}

    def bounds(self, name: str) -> tuple[float, float]:
        """Least and largest value of a score.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        tuple of (float, float)
            Infinite if they are not known.
        """
        scorer = self.scorers()[name]
        known = scorer is None or (isinstance(scorer, str) and scorer.startswith(_SHARES))
        return (0.0, 1.0) if known else (-np.inf, np.inf)


def as_metrics(scoring, refit) -> Metrics:
    """Check what is to be scored, and tell which score decides.

    Parameters
    ----------
    scoring : str, callable, list of str, dict of str to (str or callable), or None
        As in scikit-learn.
    refit : bool or str
        The name of the score that decides; otherwise it is the first.

    Returns
    -------
    Metrics
        The scores, the deciding one first.

    Raises
    ------
    TypeError
        If `scoring` is something else.
    ValueError
        If a score has a name that scikit-learn does not know, or `refit` names none of them.

    Examples
    --------
    >>> from audiofeat.compare.metrics import as_metrics
    >>> as_metrics(["accuracy", "f1_macro"], refit="f1_macro").names
    ('f1_macro', 'accuracy')
    """
    if isinstance(scoring, Mapping):
        scorers = dict(scoring)
    elif isinstance(scoring, (list, tuple, set)):
        scorers = {name: name for name in scoring}
    elif scoring is None or isinstance(scoring, str) or callable(scoring):
        name = "accuracy" if scoring is None else scoring if isinstance(scoring, str) else None
        scorers = {name or getattr(scoring, "__name__", "score"): scoring}
    else:
        scorers = {}
    for name, scorer in scorers.items():
        if not isinstance(name, str) or not (scorer is None or isinstance(scorer, str) or callable(scorer)):
            scorers = {}
            break
        if isinstance(scorer, str):
            get_scorer(scorer)
    if not scorers:
        raise TypeError(
            f"compare_features got scoring={scoring!r}; expected a name, such as 'balanced_accuracy', a function, or for "
            "several scores a list of names or a dict of name to either."
        )
    names = tuple(scorers)
    if isinstance(refit, str):
        if refit not in names:
            raise ValueError(f"compare_features got refit={refit!r}; expected one of the scores: {', '.join(names)}.")
        names = (refit, *(name for name in names if name != refit))
    if isinstance(scoring, (Mapping, list, tuple, set)):
        return Metrics(names, {name: scorers[name] for name in names})
    return Metrics(names, scoring)
