"""Compare feature sets and models by one cross-validated search, and hand back what it found.

Conventions: a feature set is an extractor; each model gets it in the shape it needs: maps ``(n_clips, n_rows, n_frames)``
for a model that reads them, as its tags say, and one row of columns per clip for any other.
"""

import warnings
from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from audiofeat._errors import AudioWarning
from audiofeat._progress import Progress, progress
from audiofeat._sklearn import whole_repr
from audiofeat.audio import AudioBatch
from audiofeat.compare import leaks
from audiofeat.compare.baselines import majority, shuffled
from audiofeat.compare.calibration import check_calibration
from audiofeat.compare.candidates import Candidate, Grids, count_features, from_search, make_grids, reads_maps
from audiofeat.compare.evaluation import FixedSplits
from audiofeat.compare.inputs import check_labels, draw_splits, portable
from audiofeat.compare.metrics import Metrics, as_metrics
from audiofeat.compare.nested import evaluate_nested
from audiofeat.compare.results import ComparedClips, FeatureComparison
from audiofeat.compare.scorable import check_scorable
from audiofeat.compare.search import ReportingGridSearch
from audiofeat.transformers import AudioLoader

__all__ = ["compare_features"]


def compare_features(
    features,
    models,
    X,
    y,
    *,
    loader=None,
    groups=None,
    cv=None,
    scoring=None,
    search=None,
    nested=False,
    refit=True,
    n_jobs=None,
    memory=None,
    random_state=None,
    verbose="auto",
):
    """Find out which features and which model serve the problem, and whether the answer can be trusted.

    Every feature set meets every model in one cross-validated search over identical splits, in a pipeline of loader,
    features and model. What makes scores too good is looked for before, and told in warnings.

    Parameters
    ----------
    features : dict of str to estimator, or of str to (estimator, dict)
        Feature sets by name: extractors such as ``MFCC()``; with a grid of their parameters where several values are to
        be tried.
    models : dict of str to estimator, or of str to (estimator, dict)
        Classifiers by name, with a grid of their parameters where several values are to be tried.
    X : sequence, 2-D array or DataFrame of n_clips
        Recordings, in any form that `AudioLoader` takes. A column ``source`` of a DataFrame tells what each clip was cut
        from, for the guards; to keep such clips together, pass it as `groups`.
    y : array-like of shape (n_clips,)
        Their labels.
    loader : AudioLoader or None, default=None
        How they are loaded. None means ``AudioLoader()``. Models that read maps need its `duration`.
    groups : array-like of shape (n_clips,) or None, default=None
        What each clip was cut from: clips of one group stay on one side of every split.
    cv : int, cross-validation splitter, iterable of splits or None, default=None
        How the clips are split. None or a number mean stratified folds in random order, five by default, that keep
        groups together if there are any.
    scoring : str, callable, list of str, dict, or None, default=None
        What is compared, as in scikit-learn. Of several scores the first decides. None means accuracy.
    search : callable or None, default=None
        What searches the grids: None for `GridSearchCV`; or ``RandomizedSearchCV``, ``HalvingGridSearchCV`` or one like
        them, as the class or with its own settings, ``partial(RandomizedSearchCV, n_iter=30, random_state=0)``. A
        search by halving takes one score only.
    nested : bool, int or cross-validation splitter, default=False
        Whether the choice of features, model and parameters is made anew by inner folds in each training part, so that
        the scores are those of clips that had no part in it. A number or a splitter say how the inner folds are cut;
        True means five, stratified and grouped as the outer ones are by default. It takes as many searches more as
        there are folds.
    refit : bool or str, default=True
        Whether the winner is fitted on all clips at the end. The name of one of several scores also makes it the one
        that decides.
    n_jobs : int or None, default=None
        Number of processes, as in joblib.
    memory : path-like or None, default=None
        Folder of a store of features, so that each is computed once over all folds and models. None computes them anew
        for each fit.
    random_state : int, RandomState or None, default=None
        Seed of the folds, where `cv` is None or a number, and of the shuffled labels.
    verbose : {"auto"} or bool, default="auto"
        "auto" shows a bar on a terminal if it takes longer than two seconds; True also leaves a line for each pair;
        False shows nothing.

    Returns
    -------
    FeatureComparison
        Table, tests of the differences, guards, winner and search.

    Raises
    ------
    ValueError
        If there are not as many labels as clips, or fewer than two classes, or a class has fewer clips than folds, or
        than a model needs to calibrate its probabilities; if a score is not for these labels, or reads probabilities that
        a model does not have.
    AudioInputError
        If clips cannot be used: all of them in one error, before the search begins.

    Warns
    -----
    AudioWarning
        If scores may be too good: clips of one recording, or the same clip twice, on both sides of a split, classes that
        are missing in a fold, or shuffled labels that are recognised.

    Notes
    -----
    Without `nested`, the score of the winner is the best of several, and so a little too good. Keep some recordings
    aside, and end with ``comparison.evaluate(X_test, y_test)``.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from audiofeat import MFCC, Chroma, compare_features, datasets
    >>> calls = datasets.make_animal_calls(24, duration=(0.2, 0.4), random_state=0)
    >>> comparison = compare_features(
    ...     {"mfcc": MFCC(), "chroma": Chroma()},
    ...     {"bayes": (GaussianNB(), {"var_smoothing": [1e-9, 1e-2]})},
    ...     calls.data,
    ...     calls.target,
    ...     groups=calls.groups,
    ...     cv=3,
    ...     random_state=0,
    ... )
    >>> comparison.table["model"].tolist()
    ['bayes', 'bayes', 'bayes', 'bayes', 'majority class', 'bayes, shuffled labels']
    >>> comparison.best_estimator.predict(calls.data[:1]).shape
    (1,)
    """
    loader = AudioLoader() if loader is None else loader
    grids = make_grids(features, models)
    X = portable(X)
    y, groups = check_labels(X, y, groups)
    metrics = as_metrics(scoring, refit)
    check_scorable(grids, metrics, y)
    splits, inner = draw_splits(X, y, groups, cv, nested, random_state)
    check_calibration(grids, y, splits, inner)
    # The grid replaces features and model; the search asks the pipeline for `score` before it does.
    steps = {"features": grids.grids[0]["features"][0], "model": grids.grids[0]["model"][0]}
    pipeline = Pipeline([("load", clone(loader).set_params(memory=memory)), *steps.items()])

    with progress(verbose) as report:
        report.say("Reading the recordings")
        batch = clone(loader).set_params(memory=memory).fit_transform(X)
        _prepare(batch, y, grids, memory, n_jobs)
        guards, suspected = _guards(X, batch, y, groups, splits, n_jobs)

        make = partial(
            _make_search, search, pipeline, grids, metrics, n_jobs=n_jobs, report=_Report(report, grids, metrics)
        )
        candidates = []
        if inner:
            candidates = evaluate_nested(
                partial(make, refit=False),
                *(pipeline, grids, X, y, groups, splits, inner, metrics),
                n_jobs=n_jobs,
                report=report,
            )
        # Other searches do not tell how far they are.
        report.say("Comparing features and models", total=len(grids.names) if search is None else None)
        searched = make(splits, refit=refit and (metrics.main if metrics.several else True))
        searched.fit(X, y, groups=groups)
        found = from_search(searched, grids, metrics)
        _warn_of_pairs_left_out(found, grids)
        count_features(found, pipeline, batch, y)
        if candidates:
            _complete(candidates, found)
        report.say("Scoring the baselines")
        baselines = [
            majority(X, y, splits.splits, metrics),
            shuffled(
                *(found[0], pipeline, X, y, suspected if groups is None else groups, splits.splits, metrics),
                random_state=random_state,
                n_jobs=n_jobs,
            ),
        ]
    if hasattr(searched, "report"):
        searched.report = None
    if refit:
        # The store belongs to this comparison; the winner goes on with the loader it was asked to use.
        searched.best_estimator_.set_params(load__memory=loader.memory)
    comparison = FeatureComparison(
        searched,
        [*(candidates or found), *baselines],
        winner=found[0],
        metrics=metrics,
        splits=splits,
        clips=ComparedClips(X, y, groups, loader),
        guards=guards,
        suspected_groups=suspected,
        pipeline=pipeline,
        settings=_settings(features, models, loader, splits.cv, groups, metrics, search, nested, random_state),
        n_jobs=n_jobs,
    )
    comparison._look_at_shuffled_labels()
    return comparison


def _make_search(kind, pipeline, grids: Grids, metrics: Metrics, cv, *, refit, n_jobs, report):
    """A search over all pairs, not fitted."""
    settings = {"scoring": metrics.scoring, "n_jobs": n_jobs, "refit": refit, "cv": cv, "error_score": "raise"}
    if kind is None:
        return ReportingGridSearch(pipeline, grids.grids, report=report, **settings)
    if not callable(kind):
        raise TypeError(
            f"compare_features got search={kind!r}; expected the class of a search, such as RandomizedSearchCV, or "
            "functools.partial of it with settings."
        )
    try:
        return kind(pipeline, grids.grids, **settings)
    except TypeError as exc:
        raise TypeError(
            f"compare_features got search={kind!r}, which does not take estimator, grids, scoring, n_jobs, refit, cv and "
            f"error_score as the searches of scikit-learn do ({exc})."
        ) from exc


def _prepare(batch: AudioBatch, y, grids: Grids, memory, n_jobs) -> None:
    """Meet every bad clip before the search does, and fill the store."""
    if memory is None:
        batch.check(by="compare_features", equal_length=any(reads_maps(grid["model"][0]) for grid in grids.grids))
        return
    for extractor in (grid["features"][0] for grid in grids.grids):
        # What is in the store already costs a look, so feature sets that stand here twice need no list of their own.
        if "n_jobs" in extractor.get_params():
            extractor = clone(extractor).set_params(n_jobs=n_jobs)
        clone(extractor).fit_transform(batch, y)


def _guards(X, batch: AudioBatch, y, groups, splits: FixedSplits, n_jobs):
    """Look for what flatters, and warn of it before hours are spent on it."""
    names = leaks.short_names(batch.paths)
    recordings, suspected = leaks.check_recordings(X, batch, y, groups, splits.splits, names)
    guards = [
        leaks.check_groups(groups, splits.splits, names),
        recordings,
        leaks.check_identical(batch, leaks.digests(batch, n_jobs), y, splits.splits, names),
        leaks.check_classes(y, splits.splits),
    ]
    for guard in guards:
        if not guard.passed:
            # The caller of compare_features is two frames up.
            warnings.warn(guard.text, AudioWarning, stacklevel=3)
    return guards, suspected


def _settings(features, models, loader, cv, groups, metrics: Metrics, search, nested, random_state) -> dict[str, str]:
    """How it was compared, as text."""

    def as_text(value) -> str:
        return " ".join(whole_repr(value).split())

    told = {f"features {name!r}": as_text(value) for name, value in features.items()}
    told |= {f"model {name!r}": as_text(value) for name, value in models.items()}
    return told | {
        "loader": as_text(loader),
        "cv": as_text(cv),
        "groups": "none" if groups is None else "given",
        "scoring": ", ".join(metrics.names),
        "search": "GridSearchCV" if search is None else getattr(search, "__name__", as_text(search)),
        "nested": as_text(nested),
        "random_state": as_text(random_state),
    }


def _complete(nested: list[Candidate], found: list[Candidate]) -> None:
    """Give the pairs of a nested cross-validation the parameters that a search over all clips chooses for them."""
    best: dict = {}
    for candidate in found:
        best.setdefault((candidate.features, candidate.model), candidate)
    for pair in nested:
        if (chosen := best.get((pair.features, pair.model))) is not None:
            pair.params, pair.settings, pair.n_features = chosen.params, chosen.settings, chosen.n_features


def _warn_of_pairs_left_out(found: list[Candidate], grids: Grids) -> None:
    tried = {(candidate.features, candidate.model) for candidate in found}
    left_out = [f"{features} + {model}" for features, model in grids.names if (features, model) not in tried]
    if left_out:
        # The caller of compare_features is two frames up.
        warnings.warn(
            f"The search did not try {', '.join(left_out)}: it draws from all pairs together. Give it more iterations.",
            AudioWarning,
            stacklevel=3,
        )


class _Report:
    """Tells of each pair that a grid search has done."""

    def __init__(self, report: Progress, grids: Grids, metrics: Metrics):
        self.report = report
        self.grids = grids
        self.metrics = metrics

    def __call__(self, index: int, results, first: int, seconds: float) -> None:
        scores = results[f"mean_test_{self.metrics.key(self.metrics.main)}"][first:]
        features, model = self.grids.names[index]
        self.report.line(f"{features} + {model}: {np.max(scores):.3f} ({seconds:.1f} s)")
        self.report.advance()
