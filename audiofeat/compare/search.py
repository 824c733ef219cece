"""A grid search that reports while it runs."""

import time

from sklearn.model_selection import GridSearchCV, ParameterGrid

__all__ = ["ReportingGridSearch"]


class ReportingGridSearch(GridSearchCV):
    """`GridSearchCV` that evaluates one grid after the other and reports each.

    Splits, scores and results are those of `GridSearchCV`: only the order of work differs, so that a long search shows
    where it is.

    Parameters
    ----------
    estimator : estimator
        As in `GridSearchCV`.
    param_grid : list of dict
        As in `GridSearchCV`.
    report : callable or None, default=None
        Called as ``report(index, results, first, seconds)`` after each grid: its place in `param_grid`, the results of
        all candidates so far, the first of this grid, and how long it took.
    scoring : str, callable, dict or None, default=None
        As in `GridSearchCV`, and so are the rest.
    n_jobs : int or None, default=None
        Number of processes.
    refit : bool, default=True
        Whether the best candidate is fitted on everything at the end.
    cv : int, cross-validation splitter or None, default=None
        How the data are split.
    error_score : "raise" or float, default="raise"
        What happens if a fit fails; unlike `GridSearchCV`, the error is shown.
    """

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        report=None,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        error_score="raise",
    ):
        super().__init__(
            estimator, param_grid, scoring=scoring, n_jobs=n_jobs, refit=refit, cv=cv, error_score=error_score
        )
        self.report = report

    def _run_search(self, evaluate_candidates):
        # The hook that scikit-learn documents for searches of one's own.
        done = 0
        for index, grid in enumerate(self.param_grid):
            start = time.perf_counter()
            candidates = list(ParameterGrid(grid))
            results = evaluate_candidates(candidates)
            if self.report is not None:
                self.report(index, results, done, time.perf_counter() - start)
            done += len(candidates)

    def __getstate__(self):
        # The search travels to worker processes with each fit; a bar on this terminal does not.
        return {**super().__getstate__(), "report": None}
