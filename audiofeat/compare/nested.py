"""Nested cross-validation: the choice among candidates is made anew in each outer training part.

A score that chose the winner is too good for it. Here the winner of each outer fold is chosen by inner folds, which have
not seen the outer test part, so the outer scores of what was chosen are those of the whole procedure on new recordings
[1]_.

References
----------
.. [1] Cawley, G. C., Talbot, N. L. C. (2010). On over-fitting in model selection and subsequent selection bias in
   performance evaluation. Journal of Machine Learning Research 11, 2079-2107. https://jmlr.org/papers/v11/cawley10a.html
"""

from collections.abc import Callable, Sequence

import numpy as np
from joblib import Parallel, delayed

from audiofeat.compare.candidates import SELECTION, Candidate, Grids, from_search
from audiofeat.compare.evaluation import FixedSplits, FoldResult, configured, fit_and_score, rows_of
from audiofeat.compare.metrics import Metrics

__all__ = ["SELECTED", "evaluate_nested"]

SELECTED = "chosen anew in each fold"


def evaluate_nested(
    search: Callable,
    pipeline,
    grids: Grids,
    X,
    y,
    groups,
    splits: FixedSplits,
    inner: Sequence[FixedSplits],
    metrics: Metrics,
    *,
    n_jobs,
    report,
) -> list[Candidate]:
    """Score every pair of features and model, with parameters from inner folds, and the choice among the pairs.

    Parameters
    ----------
    search : callable
        Makes a search over the grids, not fitted, of a cross-validation.
    pipeline : Pipeline
        What the grids belong to.
    grids : Grids
        The candidates.
    X : sequence of n_clips
        The clips.
    y : ndarray of shape (n_clips,)
        Their labels.
    groups : ndarray of shape (n_clips,) or None
        What each clip was cut from.
    splits : FixedSplits
        The outer folds.
    inner : sequence of FixedSplits
        The inner folds of each outer training part.
    metrics : Metrics
        The scores.
    n_jobs : int or None
        Number of processes.
    report : Progress
        Whom to tell.

    Returns
    -------
    list of Candidate
        The choice among the pairs, then the pairs, best first, with `fold_params` and `predictions`.
    """
    outer: list[dict[tuple[str, str], tuple[Candidate, FoldResult]]] = []
    chosen = []
    for fold, (train, test) in enumerate(splits.splits):
        report.say(f"Outer fold {fold + 1} of {len(inner)}")
        groups_train = None if groups is None else np.asarray(groups)[train]
        searched = search(inner[fold]).fit(rows_of(X, train), y[train], groups=groups_train)
        best: dict[tuple[str, str], Candidate] = {}
        for candidate in from_search(searched, grids, metrics):
            best.setdefault((candidate.features, candidate.model), candidate)
        results = Parallel(n_jobs=n_jobs)(
            delayed(fit_and_score)(configured(pipeline, candidate.settings), X, y, y, train, test, metrics, True)
            for candidate in best.values()
        )
        outer.append({name: (best[name], result) for name, result in zip(best, results, strict=True)})
        # from_search gives the best first.
        chosen.append(next(iter(best)))
    names = [name for name in grids.names if all(name in fold for fold in outer)]
    pairs = [_gathered(*name, [fold[name] for fold in outer], metrics) for name in names]
    pairs.sort(key=lambda pair: -np.nan_to_num(pair.scores[metrics.main].mean(), nan=-np.inf))
    choice = _gathered("", SELECTED, [fold[name] for name, fold in zip(chosen, outer, strict=True)], metrics)
    choice.kind = SELECTION
    choice.fold_params = [f"{features} + {model}" for features, model in chosen]
    return [choice, *pairs]


def _gathered(features: str, model: str, folds: Sequence[tuple[Candidate, FoldResult]], metrics: Metrics) -> Candidate:
    results = [result for _, result in folds]
    return Candidate(
        features,
        model,
        {name: np.array([result.scores[name] for result in results]) for name in metrics.names},
        fold_params=[candidate.params for candidate, _ in folds],
        fit_time=float(np.mean([result.fit_time for result in results])),
        predict_time=float(np.mean([result.predict_time for result in results])),
        predictions=results,
    )
