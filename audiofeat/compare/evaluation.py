"""Fit and score pipelines over the folds of a cross-validation, and keep what they predicted."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone

from audiofeat._sklearn import safe_indexing
from audiofeat.compare.metrics import Metrics

__all__ = ["FixedSplits", "FoldResult", "configured", "evaluate", "fit_and_score", "rows_of"]


class FixedSplits:
    """A cross-validation whose splits were drawn once, so that all that use it see the same.

    Parameters
    ----------
    cv : cross-validation splitter or iterable
        What drew them.
    splits : sequence of (ndarray, ndarray)
        Training and test clips of each fold.
    """

    def __init__(self, cv, splits):
        self.cv = cv
        self.splits = tuple(splits)

    def split(self, X=None, y=None, groups=None):
        """Give the splits.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Yields
        ------
        tuple of (ndarray, ndarray)
            Training and test clips.
        """
        yield from self.splits

    def get_n_splits(self, X=None, y=None, groups=None) -> int:
        """Count the splits.

        Parameters
        ----------
        X, y, groups : object
            Ignored.

        Returns
        -------
        int
            How many.
        """
        return len(self.splits)

    @property
    def ratio(self) -> float:
        """Test clips over training clips, on average."""
        return float(np.mean([len(test) / len(train) for train, test in self.splits]))

    def __repr__(self) -> str:
        return f"FixedSplits({self.cv!r}, {len(self.splits)} folds)"


@dataclass(frozen=True, eq=False)
class FoldResult:
    """What a pipeline did on one fold.

    Parameters
    ----------
    scores : dict of str to float
        Its scores on the test part.
    fit_time, predict_time : float
        How long it took to fit it, and to score it on the test part [s].
    predicted : ndarray of shape (n_test,) or None
        Its predictions of the test part, if asked for.
    probabilities : ndarray of shape (n_test, n_classes) or None
        Its probabilities, or decision values from a model without, if it has either.
    classes : ndarray of shape (n_classes,) or None
        The labels its columns belong to.
    """

    scores: dict[str, float]
    fit_time: float
    predict_time: float
    predicted: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    classes: np.ndarray | None = None


def rows_of(X, rows):
    """Take some of the clips, in whatever they come.

    Parameters
    ----------
    X : sequence, array, DataFrame or AudioBatch
        The clips.
    rows : ndarray of int
        Which.

    Returns
    -------
    sequence, array, DataFrame or AudioBatch
        Those.
    """
    return safe_indexing(X, rows)


def configured(pipeline, params: dict):
    """Copy a pipeline with the parameters of a candidate.

    Parameters
    ----------
    pipeline : Pipeline
        The pipeline.
    params : dict
        Its parameters, steps among them.

    Returns
    -------
    Pipeline
        Not fitted; neither `pipeline` nor the steps in `params` are touched.
    """
    return clone(pipeline).set_params(**{name: clone(value, safe=False) for name, value in params.items()})


def fit_and_score(pipeline, X, y, y_scored, train, test, metrics: Metrics, predictions: bool) -> FoldResult:
    """Fit a pipeline on the training part of a fold, and score it on the test part.

    Parameters
    ----------
    pipeline : Pipeline
        Not fitted.
    X : sequence of n_clips
        All clips.
    y, y_scored : ndarray of shape (n_clips,)
        Labels to learn, and labels to score by.
    train, test : ndarray of int
        The fold.
    metrics : Metrics
        The scores.
    predictions : bool
        Whether to keep what it predicts.

    Returns
    -------
    FoldResult
        Scores, times and predictions.
    """
    start = time.perf_counter()
    pipeline.fit(rows_of(X, train), y[train])
    fitted = time.perf_counter()
    X_test = rows_of(X, test)
    scores = metrics.score(pipeline, X_test, y_scored[test])
    times = fitted - start, time.perf_counter() - fitted
    if not predictions:
        return FoldResult(scores, *times)
    return FoldResult(scores, *times, pipeline.predict(X_test), _confidences(pipeline, X_test), pipeline.classes_)


def evaluate(
    pipelines: Sequence, X, y, splits, metrics: Metrics, *, y_scored=None, n_jobs=None, predictions: bool = False
) -> list[FoldResult]:
    """Fit and score a pipeline for each fold.

    Parameters
    ----------
    pipelines : sequence of Pipeline
        One for each fold, not fitted.
    X : sequence of n_clips
        The clips.
    y : ndarray of shape (n_clips,)
        Labels to learn.
    splits : sequence of (ndarray, ndarray)
        The folds.
    metrics : Metrics
        The scores.
    y_scored : ndarray of shape (n_clips,) or None, default=None
        Labels to score by; None for `y`.
    n_jobs : int or None, default=None
        Number of processes.
    predictions : bool, default=False
        Whether to keep what they predict.

    Returns
    -------
    list of FoldResult
        One per fold.
    """
    y_scored = y if y_scored is None else y_scored
    return Parallel(n_jobs=n_jobs)(
        delayed(fit_and_score)(pipeline, X, y, y_scored, train, test, metrics, predictions)
        for pipeline, (train, test) in zip(pipelines, splits, strict=True)
    )


def _confidences(pipeline, X) -> np.ndarray | None:
    for method in ("predict_proba", "decision_function"):
        if hasattr(pipeline, method):
            values = np.asarray(getattr(pipeline, method)(X), dtype=float)
            # Of two classes, a decision function tells how far on the side of the second.
            return np.column_stack([-values, values]) if values.ndim == 1 else values
    return None
