"""Maps as the input of estimators: one check, whose refusals speak of clips and not of samples and features.

Conventions: maps are ``(n_clips, n_rows, n_frames)``, with or without channels as a fourth axis; a 2-D array is what its
estimator takes it for. A row may be called a bin.
"""

import os
from numbers import Real

import numpy as np
from sklearn.utils.validation import validate_data

from audiofeat._errors import AudioInputError, ClipProblem
from audiofeat.audio import AudioBatch

__all__ = ["EQUAL_SHAPES", "holds_recordings", "read_maps"]

EQUAL_SHAPES = "Load them with AudioLoader(duration=...), which cuts and pads, or pad the maps."
_FINITE = "Fix or remove these clips. Where silence became the logarithm of zero, give it a floor first."


def read_maps(estimator, X, *labels, reset, dtype, expected=None):
    """Check maps as `sklearn.utils.validation.validate_data` does, and refuse them in words of our own.

    Parameters
    ----------
    estimator : estimator
        Whose input it is; learns number and names of the features if `reset`.
    X : array-like
        The maps.
    *labels : array-like
        One label a clip, or an indicator matrix; none or one of them.
    reset : bool
        Whether the estimator is fitted anew.
    dtype : dtype or list of dtype
        Types to choose from, as in `validate_data`.
    expected : tuple of (int or None) or None, default=None
        Shape of one map in `fit`, None for an axis of any length. Without it, `n_features_in_` alone decides.

    Returns
    -------
    ndarray, or pair of ndarray
        The maps, and the labels if they were passed.

    Raises
    ------
    TypeError
        If the input holds recordings.
    AudioInputError
        If maps hold NaN or infinity.
    ValueError
        If maps differ in shape among each other, or from those in `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.base import BaseEstimator
    >>> from audiofeat._maps import read_maps
    >>> read_maps(BaseEstimator(), [np.zeros((2, 3)), np.zeros((2, 4))], reset=True, dtype=np.float32)
    Traceback (most recent call last):
        ...
    ValueError: BaseEstimator got clips of unequal shape, (2, 3) and (2, 4); expected equal ones. ...
    """
    settings = {"dtype": dtype, "allow_nd": True, "ensure_all_finite": False, "reset": reset}
    if labels:
        settings["multi_output"] = True
    by = type(estimator).__name__
    if isinstance(X, AudioBatch):
        # It can be an array, but its samples would be taken for one map of one row or of one frame.
        raise TypeError(
            f"{by} got an AudioBatch, which holds samples; expected maps, (n_clips, n_rows, n_frames). Put an extractor "
            f"such as MelSpectrogram(pooling=None) between AudioLoader and {by}."
        )
    try:
        with np.errstate(over="ignore"):
            checked = validate_data(estimator, X, *labels, **settings)
    except (TypeError, ValueError) as exc:
        # Looked into only now: what is right need not be looked at twice.
        why = _kind_problem(X, by)
        if why is not None:
            raise TypeError(why) from exc
        why = _unequal_maps(X, by) or _shape_problem(_shape(X), expected, by) or _unequal_labels(labels, by)
        if why is not None:
            raise ValueError(why) from exc
        raise
    maps = checked[0] if labels else checked
    why = _shape_problem(maps.shape, expected, by)
    if why is not None:
        raise ValueError(why)
    _refuse_non_finite(maps, by)
    return checked


def holds_recordings(X) -> bool:
    """Tell whether an input is for `AudioLoader`: one recording or several, or a table of them.

    Parameters
    ----------
    X : object
        The input of an estimator.

    Returns
    -------
    bool
        Whether it is, or holds, a path, an encoded file, an open one, or a ``(rate, array)`` pair.

    Examples
    --------
    >>> from audiofeat._maps import holds_recordings
    >>> holds_recordings(["a.wav"]), holds_recordings([[0.0, 1.0]])
    (True, False)
    """
    if _is_file(X) or _is_pair(X):
        return True
    if hasattr(X, "__array__"):
        X = np.asarray(X)
        if X.dtype.kind != "O":
            return X.dtype.kind in "UST"
        X = X.ravel()
    return isinstance(X, (list, tuple, np.ndarray)) and any(_is_file(item) or _is_pair(item) for item in X)


def _is_file(item) -> bool:
    return isinstance(item, (str, bytes, os.PathLike)) or hasattr(item, "read")


def _is_pair(item) -> bool:
    return isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], Real) and isinstance(item[1], np.ndarray)


def _kind_problem(X, by):
    if not holds_recordings(X):
        return None
    return (
        f"{by} takes maps, (n_clips, n_rows, n_frames), not files or (rate, array) pairs. Put AudioLoader(...) and an "
        "extractor such as MelSpectrogram(pooling=None) before it in a Pipeline."
    )


def _unequal_maps(X, by):
    shapes = _shapes(X)
    if None in shapes:
        return f"{by} got clips with rows of unequal length; expected equal ones. {EQUAL_SHAPES}"
    if len(shapes) < 2:
        return None
    return f"{by} got clips of unequal shape, {shapes[0]} and {shapes[1]}; expected equal ones. {EQUAL_SHAPES}"


def _unequal_labels(labels, by):
    if not labels or len(_shapes(labels[0])) < 2:
        return None
    return (
        f"{by} got y with entries of unequal length; expected one label a clip, or an indicator matrix. "
        "sklearn.preprocessing.MultiLabelBinarizer makes one from lists of labels."
    )


def _shapes(items):
    """The different shapes among the items of an input, None for one that has none itself."""
    is_array = isinstance(items, np.ndarray) and items.ndim > 0
    if not (is_array or isinstance(items, (list, tuple))):
        return []
    return list(dict.fromkeys(_shape(item) for item in items))


def _shape(item):
    try:
        return np.shape(item)
    except ValueError:
        return None


def _shape_problem(shape, expected, by):
    """What is wrong with an input of another number of axes or rows than in fit; frames are for the estimator to judge."""
    if expected is None or shape is None or (len(shape) > 2 and shape[1] == expected[0]):
        return None
    wanted = ", ".join(["n_clips", *("n_frames" if size is None else str(size) for size in expected)])
    one = len(shape) == len(expected) and all(want in (None, size) for size, want in zip(shape, expected, strict=True))
    cure = "That is one map: pass X[None]." if one else "Use the same extractor, with pooling=None, as in fit."
    return f"{by} got an array of shape {tuple(shape)}; expected maps like those in fit, ({wanted}). {cure}"


def _refuse_non_finite(maps, by):
    with np.errstate(over="ignore", invalid="ignore"):
        # One sum reads the array faster than isfinite; only what it cannot settle is looked at in full.
        settled = np.isfinite(maps.sum())
    if settled:
        return
    axes = tuple(range(1, maps.ndim))
    counts = zip(np.isnan(maps).sum(axis=axes), np.isinf(maps).sum(axis=axes), strict=True)
    problems = []
    for i, (n_nan, n_infinite) in enumerate(counts):
        found = [f"{count} {name}" for count, name in ((n_nan, "NaN"), (n_infinite, "infinite (inf)")) if count]
        if found:
            problems.append(ClipProblem(i, None, f"{' and '.join(found)} of {maps[i].size} values"))
    if problems:
        raise AudioInputError(by, problems, n_clips=len(maps), advice=_FINITE)
