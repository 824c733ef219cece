"""What goes into a comparison: clips that can be split, labels, and how they are split."""

import os
from collections.abc import Iterable

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold, check_cv

from audiofeat.audio import read_content

__all__ = ["check_labels", "inner_splitter", "portable", "splitter"]

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
        If labels or groups are missing, or there are too few classes.
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
    classes = np.unique(y)
    if len(classes) < n_classes:
        raise ValueError(
            f"{by} got labels of one class only ({classes[0].item()!r}); expected at least two. "
            "Add recordings of another class."
        )
    return y, None if groups is None else np.asarray(groups)


def splitter(cv, y, groups, random_state):
    """Choose how clips are split.

    Parameters
    ----------
    cv : int, cross-validation splitter, iterable or None
        As the user gave it.
    y : ndarray of shape (n_clips,)
        Labels.
    groups : ndarray of shape (n_clips,) or None
        What each was cut from.
    random_state : int, RandomState or None
        Seed of the folds.

    Returns
    -------
    cross-validation splitter
        Stratified folds, that keep groups together if there are any, for None or a number.

    Raises
    ------
    ValueError
        If a class has fewer clips than there are to be folds.
    """
    if cv is not None and not isinstance(cv, (int, np.integer)):
        return check_cv(cv, y, classifier=True)
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


def inner_splitter(nested, y, groups, *, random_state):
    """Choose how a training part is split again.

    Parameters
    ----------
    nested : True, int, or cross-validation splitter
        As the user gave it.
    y : ndarray of shape (n_train,)
        Labels of the training part.
    groups : ndarray of shape (n_train,) or None
        What each clip was cut from.
    random_state : int, RandomState or None
        Seed of the folds.

    Returns
    -------
    cross-validation splitter
        For True, as many folds as the rarest class has clips or groups for, five at most.

    Raises
    ------
    ValueError
        If some class has one only, or too few for the number asked for.
    """
    if nested is True:
        units = np.arange(len(y)) if groups is None else groups
        fewest = min(len(np.unique(units[y == label])) for label in np.unique(y))
        if fewest < 2:
            raise ValueError(
                "compare_features got nested=True, but some training part has a single clip or group of a class, which "
                "cannot be split again. Add recordings, or compare without nesting."
            )
        nested = min(_N_SPLITS, fewest)
    return splitter(nested, y, groups, random_state)
