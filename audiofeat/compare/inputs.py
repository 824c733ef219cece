"""What goes into a comparison: clips that can be split, labels, and how they are split."""

import os
import warnings
from collections.abc import Iterable

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv

from audiofeat.audio import read_content
from audiofeat.compare.evaluation import FixedSplits, rows_of

__all__ = ["check_labels", "draw_splits", "portable"]

_N_SPLITS = 5


def portable(X):
    """Make clips such that they can be counted, split, and sent to worker processes.

    Parameters
    ----------
    X : object
        As the user gave them.

    Returns
    -------
    object
        The same; but streams are read, and generators gone through.
    """
    if isinstance(X, (str, bytes, os.PathLike)) or hasattr(X, "shape") or not isinstance(X, Iterable):
        return X
    return [read_content(item) if hasattr(item, "read") else item for item in X]


def check_labels(X, y, groups, *, by: str = "compare_features", n_classes: int = 2):
    """Check that there are labels and groups for all clips.

    Parameters
    ----------
    X : sequence, array or DataFrame of n_clips
        The clips.
    y : array-like of shape (n_clips,)
        Their labels.
    groups : array-like of shape (n_clips,) or None
        What each was cut from.
    by : str, default="compare_features"
        Who asks, for messages.
    n_classes : int, default=2
        How many classes there must be.

    Returns
    -------
    tuple of (ndarray, ndarray or None)
        Labels and groups as arrays.

    Raises
    ------
    TypeError
        If the clips cannot be counted.
    ValueError
        If labels or groups are missing, labels are no classes, or there are too few of them.
    """
    if not hasattr(X, "__len__"):
        raise TypeError(f"{by} got {type(X).__name__}, which has no length; expected a list of clips.")
    y = np.asarray(y)
    n_clips = X.shape[0] if hasattr(X, "shape") else len(X)
    if not n_clips:
        raise ValueError(f"{by} got no clips; expected at least two of each class.")
    for name, values in (("label", y), ("group", groups)):
        if values is not None and len(values) != n_clips:
            raise ValueError(
                f"{by} got {len(values)} {name}s for {n_clips} clips; expected one {name} for each clip, "
                "in the same order."
            )
    if y.dtype.kind in "Of":
        missing = [i for i, label in enumerate(y.tolist()) if label is None or label != label]
        if missing:
            raise ValueError(f"{by} got no label for clips {missing}. Label them, or leave them out.")
    if y.dtype.kind == "f" and (y != np.floor(y)).any():
        part = next(label for label in y.ravel().tolist() if not label.is_integer())
        raise ValueError(
            f"{by} got numbers with fractions as labels, such as {part!r}; expected classes. Cut them into some, as "
            "numpy.digitize does."
        )
    classes = np.unique(y)
    if len(classes) < n_classes:
        raise ValueError(
            f"{by} got labels of one class only ({classes[0].item()!r}); expected at least two. "
            "Add recordings of another class."
        )
    return y, None if groups is None else np.asarray(groups)


def draw_splits(X, y, groups, cv, nested, random_state) -> tuple[FixedSplits, list[FixedSplits]]:
    """Draw the folds, and for a nested cross-validation those of each training part.

    Parameters
    ----------
    X : sequence, array or DataFrame of n_clips
        The clips.
    y : ndarray of shape (n_clips,)
        Their labels.
    groups : ndarray of shape (n_clips,) or None
        What each was cut from.
    cv : int, cross-validation splitter, iterable or None
        How they are split: None or a number mean stratified folds, that keep groups together if there are any.
    nested : bool, int or cross-validation splitter
        How training parts are split again. True means as many folds as the rarest class has clips or groups for, five at
        most.
    random_state : int, RandomState or None
        Seed of the folds.

    Returns
    -------
    splits : FixedSplits
        The folds.
    inner : list of FixedSplits
        Those of each training part; none if `nested` is False.

    Raises
    ------
    ValueError
        If a class has fewer clips than there are to be folds, or some training part cannot be split again.
    """
    splits = _drawn(_splitter(cv, y, groups, random_state), X, y, groups)
    inner: list[FixedSplits] = []
    if nested is not False:
        for train, _ in splits.splits:
            y_train, groups_train = y[train], None if groups is None else groups[train]
            again = _inner_splitter(nested, y_train, groups_train, random_state)
            inner.append(_drawn(again, rows_of(X, train), y_train, groups_train))
    return splits, inner


def _drawn(cv, X, y, groups) -> FixedSplits:
    with warnings.catch_warnings():
        # Whether it matters is looked at by our own guard.
        warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
        return FixedSplits(cv, [tuple(map(np.asarray, split)) for split in cv.split(X, y, groups)])


def _splitter(cv, y, groups, random_state, *, name: str = "cv"):
    if cv is not None and not isinstance(cv, (int, np.integer)):
        return check_cv(cv, y, classifier=True)
    n_splits = _N_SPLITS if cv is None else int(cv)
    values, counts = np.unique(y, return_counts=True)
    if counts.min() < n_splits:
        rare = ", ".join(f"{v!s} ({c})" for v, c in zip(values, counts, strict=True) if c < n_splits)
        raise ValueError(
            f"compare_features got classes with fewer clips than the {n_splits} folds: {rare}. "
            f"Add recordings, leave these classes out, or pass a smaller {name}."
        )
    kind = StratifiedKFold if groups is None else StratifiedGroupKFold
    return kind(n_splits, shuffle=True, random_state=random_state)


def _inner_splitter(nested, y, groups, random_state):
    if nested is True:
        units = np.arange(len(y)) if groups is None else groups
        fewest = min(len(np.unique(units[y == label])) for label in np.unique(y))
        if fewest < 2:
            raise ValueError(
                "compare_features got nested=True, but some training part has a single clip or group of a class, which "
                "cannot be split again. Add recordings, or compare without nesting."
            )
        nested = min(_N_SPLITS, fewest)
    return _splitter(nested, y, groups, random_state, name="nested")
