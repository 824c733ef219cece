"""Inputs that are no clips, told in words about clips where scikit-learn's are about samples and features."""

from collections.abc import Sequence
from numbers import Real

import numpy as np

from audiofeat._errors import AudioInputError, ClipProblem
from audiofeat.audio import AudioBatch

__all__ = ["explain_clips", "refuse_one_clip"]

_MONO = (
    "Average over the channels; or give AudioLoader (rate, array) pairs with arrays of shape (n_samples, n_channels), "
    "which it mixes down."
)


def refuse_one_clip(X, *, by: str) -> None:
    """Refuse the samples of one clip, where a sequence of clips is expected.

    Parameters
    ----------
    X : object
        The input.
    by : str
        Who asks, for messages.

    Raises
    ------
    ValueError
        If the input is one axis of numbers.
    """
    if isinstance(X, AudioBatch):
        return
    if isinstance(X, (list, tuple)):
        one = bool(X) and isinstance(X[0], Real)
    else:
        one = getattr(X, "ndim", None) == 1 and np.asarray(X).dtype.kind in "fiu"
    if one:
        # scikit-learn would advise to reshape it, and so make every sample a clip.
        raise ValueError(
            f"{by} got one 1-D array of {len(X)} samples. Expected 2D array, got 1D array instead. "
            "Reshape your data: wrap it in a list."
        )


def explain_clips(X, *, by: str) -> ValueError | None:
    """Say what is wrong with an input that scikit-learn has refused, if it is something about clips.

    Parameters
    ----------
    X : object
        The input.
    by : str
        Who asks, for messages.

    Returns
    -------
    AudioInputError, ValueError or None
        The error to raise: clips have more than one axis, all of them are one array of several, or they are lists of
        unequal length.
    """
    if isinstance(X, np.ndarray) and X.ndim > 2:
        return ValueError(f"{by} got an array of shape {X.shape}; expected mono clips, (n_clips, n_samples). {_MONO}")
    if not isinstance(X, (list, tuple)):
        return None
    shapes = [_shape(item) for item in X]
    problems = [
        ClipProblem(i, None, f"an array of shape {shape}; expected one axis, (n_samples,)")
        for i, shape in enumerate(shapes)
        if shape is not None and len(shape) > 1
    ]
    if problems:
        return AudioInputError(by, problems, n_clips=len(shapes), advice=_MONO)
    lengths = list(dict.fromkeys(shape[0] for shape in shapes if shape))
    if len(lengths) > 1:
        return ValueError(
            f"{by} got clips of {lengths[0]} and {lengths[1]} samples that are no arrays; expected 1-D arrays where "
            "lengths differ. Make them arrays: [np.asarray(clip) for clip in X]."
        )
    return None


def _shape(item: Sequence) -> tuple[int, ...] | None:
    try:
        return np.shape(item)
    except ValueError:  # lists of unequal length in it
        return None
