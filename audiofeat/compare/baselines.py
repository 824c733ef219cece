"""What a model scores that has learned nothing: the most frequent class, and labels that were shuffled."""

import warnings

import numpy as np
from sklearn.dummy import DummyClassifier

from audiofeat._errors import AudioWarning
from audiofeat.compare.candidates import BASELINE, Candidate
from audiofeat.compare.evaluation import configured, evaluate
from audiofeat.compare.metrics import Metrics

__all__ = ["MAJORITY", "SHUFFLED", "majority", "shuffle_labels", "shuffled"]

MAJORITY, SHUFFLED = "majority class", "shuffled labels"


def majority(X, y, splits, metrics: Metrics) -> Candidate:
    """Score a model that always says the most frequent class.

    Parameters
    ----------
    X : sequence of n_clips
        The clips, which it does not look at.
    y : ndarray of shape (n_clips,)
        Their labels.
    splits : sequence of (ndarray, ndarray)
        The folds.
    metrics : Metrics
        The scores.

    Returns
    -------
    Candidate
        The row of the table; NaN where it cannot be scored.
    """
    # Its probabilities are the shares of the classes, so that it can be scored by them as well.
    dummies = [DummyClassifier(strategy="prior") for _ in splits]
    return _scored("", MAJORITY, dummies, X, y, splits, metrics, n_jobs=None)


def shuffled(best: Candidate, pipeline, X, y, groups, splits, metrics: Metrics, *, random_state, n_jobs) -> Candidate:
    """Score the best candidate where there is nothing to learn.

    Parameters
    ----------
    best : Candidate
        The candidate.
    pipeline : Pipeline
        What its settings belong to.
    X : sequence of n_clips
        The clips.
    y : ndarray of shape (n_clips,)
        Their labels.
    groups : ndarray of shape (n_clips,) or None
        What each clip was cut from, as given or guessed.
    splits : sequence of (ndarray, ndarray)
        The folds.
    metrics : Metrics
        The scores.
    random_state : int, RandomState or None
        Seed of the shuffling.
    n_jobs : int or None
        Number of processes.

    Returns
    -------
    Candidate
        The row of the table; NaN where it cannot be scored.
    """
    drawn = shuffle_labels(y, groups, splits, np.random.default_rng(_seed(random_state)))
    pipelines = [configured(pipeline, best.settings) for _ in splits]
    return _scored(best.features, f"{best.model}, {SHUFFLED}", pipelines, X, drawn, splits, metrics, n_jobs=n_jobs)


def shuffle_labels(y, groups, splits, rng: np.random.Generator) -> np.ndarray:
    """Give clips labels by lot.

    Parameters
    ----------
    y : ndarray of shape (n_clips,)
        The labels.
    groups : array-like of shape (n_clips,) or None
        What each clip was cut from.
    splits : sequence of (ndarray, ndarray)
        The folds.
    rng : Generator
        Draws the lots.

    Returns
    -------
    ndarray of shape (n_clips,)
        Where the clips of a group have one label each, and every training part keeps all classes, groups draw lots: so
        a model that knows a clip by its group shows. Otherwise clips draw them, within each test part where the test
        parts do not overlap, so that every part keeps its share of each class.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.compare.baselines import shuffle_labels
    >>> y, groups = np.repeat(["cat", "dog"], 20), np.arange(40) // 4
    >>> splits = [(np.arange(20, 40), np.arange(20)), (np.arange(20), np.arange(20, 40))]
    >>> drawn = shuffle_labels(y, groups, splits, np.random.default_rng(0))
    >>> [len(set(drawn[groups == group])) for group in range(3)]
    [1, 1, 1]
    """
    y = np.asarray(y)
    if groups is not None:
        _, first, codes = np.unique(np.asarray(groups).astype(str), return_index=True, return_inverse=True)
        if (y[first][codes] == y).all():
            drawn = rng.permutation(y[first])[codes]
            if all(len(np.unique(drawn[part])) == len(np.unique(y)) for split in splits for part in split):
                return drawn
    tests = [test for _, test in splits]
    if len(np.unique(np.concatenate(tests))) < sum(map(len, tests)):
        return rng.permutation(y)
    drawn = y.copy()
    for test in tests:
        drawn[test] = rng.permutation(y[test])
    return drawn


def _scored(features, model, pipelines, X, y, splits, metrics: Metrics, *, n_jobs) -> Candidate:
    try:
        results = evaluate(pipelines, X, y, splits, metrics, n_jobs=n_jobs)
    # A score of the user's own may fail on a model like this in any way, which must not take the comparison with it.
    except Exception as exc:
        # The caller of compare_features is four frames up.
        warnings.warn(f"The baseline {model!r} could not be scored: {exc}", AudioWarning, stacklevel=5)
        nothing = {name: np.full(len(splits), np.nan) for name in metrics.names}
        return Candidate(features, model, nothing, kind=BASELINE)
    return Candidate(
        features,
        model,
        {name: np.array([result.scores[name] for result in results]) for name in metrics.names},
        kind=BASELINE,
        fit_time=float(np.mean([result.fit_time for result in results])),
        predict_time=float(np.mean([result.predict_time for result in results])),
    )


def _seed(random_state):
    if isinstance(random_state, np.random.RandomState):
        return random_state.randint(2**31)
    return random_state
