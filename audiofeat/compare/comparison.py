"""Compare feature sets and models by one cross-validated grid search.

Conventions: a feature set is an extractor; each model gets it in the shape it needs: maps ``(n_clips, n_rows, n_frames)``
for a model that reads them, as its tags say, and one row of columns per clip for any other.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import contextmanager

import numpy as np
from sklearn.base import clone
from sklearn.metrics import get_scorer
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from audiofeat.audio import read_content
from audiofeat.compare.search import ReportingGridSearch
from audiofeat.transformers import AudioLoader
from audiofeat.transformers.shape import framewise, pooled

__all__ = ["FeatureComparison", "compare_features"]

_N_SPLITS = 5


class FeatureComparison:
    """What `compare_features` found.

    Parameters
    ----------
    search : GridSearchCV
        The fitted search.
    rows : list of dict
        Names of features and model of each candidate, in the order of the search.

    Attributes
    ----------
    table : DataFrame
        One row per candidate, best first: ``features``, ``model``, ``params``, ``mean``, ``std``, ``fit_time`` [s per
        fold], and ``fold_0``, ``fold_1``, ... with the score of each fold.
    best_features, best_model : str
        Names of the winner.
    best_score : float
        Its mean score over the folds. It was chosen for it, so that new recordings will score a little lower.
    best_estimator : Pipeline or None
        The winner, fitted on all clips: it takes recordings, and predicts. None without `refit`.
    classes : ndarray of str or int
        The labels.
    """

    def __init__(self, search, rows):
        self.search = search
        self.rows = rows

    @property
    def table(self):
        """One row per candidate, best first."""
        import pandas as pd

        results = self.search.cv_results_
        n_folds = self.search.n_splits_
        scores = np.column_stack([results[f"split{fold}_test_score"] for fold in range(n_folds)])
        table = pd.DataFrame(self.rows)
        table["mean"] = scores.mean(axis=1)
        # Of the folds as a sample: with few of them, dividing by n would understate the spread.
        table["std"] = scores.std(axis=1, ddof=1)
        table["fit_time"] = results["mean_fit_time"]
        for fold in range(n_folds):
            table[f"fold_{fold}"] = scores[:, fold]
        return table.sort_values("mean", ascending=False, kind="stable").reset_index(drop=True)

    @property
    def best_features(self) -> str:
        """Name of the winner's feature set."""
        return self.table["features"][0]

    @property
    def best_model(self) -> str:
        """Name of the winner's model."""
        return self.table["model"][0]

    @property
    def best_score(self) -> float:
        """The winner's mean score."""
        return float(self.table["mean"][0])

    @property
    def best_estimator(self):
        """The winner, fitted on all clips."""
        return getattr(self.search, "best_estimator_", None)

    def __repr__(self) -> str:
        best = f"best: {self.best_features} + {self.best_model}, {self.best_score:.3f}"
        return f"FeatureComparison({len(self.rows)} candidates, {best})"

    def _repr_html_(self) -> str:
        return self.table.round(3).to_html()


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
    refit=True,
    n_jobs=None,
    memory=None,
    random_state=None,
    verbose=False,
):
    """Find out which features and which model serve the problem.

    Every feature set meets every model in one cross-validated grid search over identical splits, in a pipeline of
    loader, features and model.

    Parameters
    ----------
    features : dict of str to estimator, or of str to (estimator, dict)
        Feature sets by name: extractors such as ``MFCC()``; with a grid of their parameters where several values are to
        be tried.
    models : dict of str to estimator, or of str to (estimator, dict)
        Classifiers by name, with a grid of their parameters where several values are to be tried.
    X : sequence, 2-D array or DataFrame of n_clips
        Recordings, in any form that `AudioLoader` takes.
    y : array-like of shape (n_clips,)
        Their labels.
    loader : AudioLoader or None, default=None
        How they are loaded. None means ``AudioLoader()``. Models that read maps need its `duration`.
    groups : array-like of shape (n_clips,) or None, default=None
        What each clip was cut from: clips of one group stay on one side of every split.
    cv : int, cross-validation splitter or None, default=None
        How the clips are split. None or a number mean stratified folds in random order, five by default, that keep
        groups together if there are any.
    scoring : str, callable or None, default=None
        What is compared, as in scikit-learn. None means accuracy.
    refit : bool, default=True
        Whether the winner is fitted on all clips at the end.
    n_jobs : int or None, default=None
        Number of processes, as in joblib.
    memory : path-like or None, default=None
        Folder of a store of features, so that each is computed once over all folds and models. None computes them anew
        for each fit.
    random_state : int, RandomState or None, default=None
        Seed of the folds, where `cv` is None or a number.
    verbose : bool, default=False
        Whether to show progress, on a terminal as a bar.

    Returns
    -------
    FeatureComparison
        Table, winner and search.

    Raises
    ------
    ValueError
        If there are not as many labels as clips, or fewer than two classes, or a class has fewer clips than folds.
    AudioInputError
        If clips cannot be used: all of them in one error, before the search begins.

    Notes
    -----
    The score of the winner is the best of several, and so a little too good: keep some recordings aside, and score
    ``comparison.best_estimator`` on them once at the end.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from audiofeat import MFCC, Chroma, compare_features, datasets
    >>> calls = datasets.make_animal_calls(40, random_state=0)
    >>> comparison = compare_features(
    ...     {"mfcc": MFCC(), "chroma": Chroma()},
    ...     {"bayes": (GaussianNB(), {"var_smoothing": [1e-9, 1e-2]})},
    ...     calls.data,
    ...     calls.target,
    ...     random_state=0,
    ... )
    >>> comparison.table[["features", "model", "params"]].shape
    (4, 3)
    >>> comparison.best_estimator.predict(calls.data[:1]).shape
    (1,)
    """
    loader = AudioLoader() if loader is None else loader
    features = _with_grids(features, "features")
    models = _with_grids(models, "models")
    X = _portable(X)
    y = _check_labels(X, y, groups)
    cv = _splitter(cv, y, groups, random_state)
    _check_scoring(scoring)
    batch = clone(loader).set_params(memory=memory).fit_transform(X)

    grids, names = [], []
    for feature_name, (extractor, feature_grid) in features.items():
        for model_name, (model, model_grid) in models.items():
            shaped = framewise(extractor) if reads_maps(model) else pooled(extractor)
            grids.append(
                {
                    "features": [shaped],
                    "model": [model],
                    **{f"features__{key}": values for key, values in feature_grid.items()},
                    **{f"model__{key}": values for key, values in model_grid.items()},
                }
            )
            names.append((feature_name, model_name))

    with _progress(names, verbose) as report:
        report.say("Reading the recordings")
        _prepare(batch, y, grids, memory, n_jobs)
        # The grid replaces features and model; the search asks the pipeline for `score` before it does.
        steps = {"features": grids[0]["features"][0], "model": grids[0]["model"][0]}
        pipeline = Pipeline([("load", clone(loader).set_params(memory=memory)), *steps.items()])
        search = ReportingGridSearch(
            pipeline, grids, report=report, scoring=scoring, n_jobs=n_jobs, refit=refit, cv=cv, error_score="raise"
        )
        report.say(f"Comparing {len(features)} feature sets with {len(models)} models")
        search.fit(X, y, groups=groups)
    search.report = None
    if refit:
        # The store belongs to this comparison; the winner goes on with the loader it was asked to use.
        search.best_estimator_.set_params(load__memory=loader.memory)
    return FeatureComparison(search, _rows(search, names, grids))


def reads_maps(model) -> bool:
    """Tell whether a model reads framewise maps, by its tags.

    Parameters
    ----------
    model : estimator
        A classifier, or a Pipeline whose first step decides.

    Returns
    -------
    bool
        True for `CNNClassifier` and for whatever else takes 3-D arrays.
    """
    while isinstance(model, Pipeline):
        steps = [step for _, step in model.steps if step is not None and step != "passthrough"]
        model = steps[0]
    return get_tags(model).input_tags.three_d_array


def _with_grids(mapping, name) -> dict:
    if not isinstance(mapping, Mapping) or not mapping:
        raise TypeError(
            f"compare_features got {name}={mapping!r}; expected a dict of name to estimator, or of name to "
            "(estimator, grid), with at least one entry."
        )
    pairs = {}
    for key, value in mapping.items():
        pair = value if isinstance(value, tuple) else (value, {})
        if len(pair) != 2 or not hasattr(pair[0], "get_params") or not isinstance(pair[1], Mapping):
            raise TypeError(
                f"compare_features got {name}[{key!r}]={value!r}; expected an estimator, or an estimator with a dict of "
                "parameter to values."
            )
        pairs[key] = pair
    return pairs


def _portable(X):
    """Clips that can be counted, split, and sent to worker processes: streams are read, generators gone through."""
    if isinstance(X, (str, bytes, os.PathLike)) or hasattr(X, "shape") or not isinstance(X, Iterable):
        return X
    return [read_content(item) if hasattr(item, "read") else item for item in X]


def _check_labels(X, y, groups) -> np.ndarray:
    if not hasattr(X, "__len__"):
        raise TypeError(f"compare_features got {type(X).__name__}, which has no length; expected a list of clips.")
    y = np.asarray(y)
    n_clips = X.shape[0] if hasattr(X, "shape") else len(X)
    if not n_clips:
        raise ValueError("compare_features got no clips; expected at least two of each class.")
    for name, values in (("label", y), ("group", groups)):
        if values is not None and len(values) != n_clips:
            raise ValueError(
                f"compare_features got {len(values)} {name}s for {n_clips} clips; expected one {name} for each clip, "
                "in the same order."
            )
    if y.dtype.kind in "Of":
        missing = [i for i, label in enumerate(y.tolist()) if label is None or label != label]
        if missing:
            raise ValueError(f"compare_features got no label for clips {missing}. Label them, or leave them out.")
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(
            f"compare_features got labels of one class only ({classes[0].item()!r}); expected at least two. "
            "Add recordings of another class."
        )
    return y


def _splitter(cv, y, groups, random_state):
    if cv is not None and not isinstance(cv, (int, np.integer)):
        return cv
    n_splits = _N_SPLITS if cv is None else int(cv)
    values, counts = np.unique(y, return_counts=True)
    if counts.min() < n_splits:
        rare = ", ".join(f"{v!s} ({c})" for v, c in zip(values, counts, strict=True) if c < n_splits)
        raise ValueError(
            f"compare_features got classes with fewer clips than the {n_splits} folds: {rare}. "
            "Add recordings, leave these classes out, or pass a smaller cv."
        )
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    return kind(n_splits, shuffle=True, random_state=random_state)


def _check_scoring(scoring) -> None:
    if not (scoring is None or isinstance(scoring, str) or callable(scoring)):
        raise TypeError(
            f"compare_features got scoring={scoring!r}; expected one name, such as 'balanced_accuracy', or a function. "
            "Compare once for each of several scores."
        )
    if isinstance(scoring, str):
        get_scorer(scoring)


def _prepare(batch, y, grids, memory, n_jobs) -> None:
    """Meet every bad clip before the search does, and fill the store."""
    if memory is None:
        batch.check(by="compare_features", equal_length=any(reads_maps(grid["model"][0]) for grid in grids))
        return
    for extractor in (grid["features"][0] for grid in grids):
        # What is in the store already costs a look, so feature sets that stand here twice need no list of their own.
        if "n_jobs" in extractor.get_params():
            extractor = clone(extractor).set_params(n_jobs=n_jobs)
        clone(extractor).fit_transform(batch, y)


def _rows(search, names, grids) -> list[dict]:
    """Names and parameters of each candidate; a candidate holds the very objects of its grid."""
    by_objects = {(id(g["features"][0]), id(g["model"][0])): name for g, name in zip(grids, names, strict=True)}
    rows = []
    for params in search.cv_results_["params"]:
        feature_name, model_name = by_objects[id(params["features"]), id(params["model"])]
        chosen = {key: value for key, value in params.items() if key not in ("features", "model")}
        rows.append({"features": feature_name, "model": model_name, "params": chosen})
    return rows


class _Silence:
    """A report that nobody asked for."""

    def say(self, text: str) -> None:
        pass

    def __call__(self, index: int, scores, seconds: float) -> None:
        pass


class _Bar(_Silence):
    """A bar over the pairs of features and model, and a line for each that is done."""

    def __init__(self, names, bar):
        self.names = names
        self.bar = bar
        self.task = bar.add_task("", total=len(names))

    def say(self, text: str) -> None:
        self.bar.update(self.task, description=text)

    def __call__(self, index: int, scores, seconds: float) -> None:
        feature_name, model_name = self.names[index]
        self.bar.console.print(f"  {feature_name} + {model_name}: {np.max(scores):.3f} ({seconds:.1f} s)")
        self.bar.advance(self.task)


@contextmanager
def _progress(names, verbose):
    if not verbose:
        yield _Silence()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Progress belongs on stderr, so that a table on stdout can be piped.
    with Progress(*columns, console=Console(stderr=True, highlight=False), transient=True) as bar:
        yield _Bar(names, bar)
