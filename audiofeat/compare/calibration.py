"""Whether there are clips enough for models that calibrate their probabilities by a cross-validation of their own."""

from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.calibration import CalibratedClassifierCV

from audiofeat.compare.candidates import Grids
from audiofeat.compare.evaluation import FixedSplits

__all__ = ["check_calibration", "fewest_clips"]

_FOLDS_OF_NONE = 5


def fewest_clips(y, splits: FixedSplits, inner: Sequence[FixedSplits]) -> tuple[object, int]:
    """Count the clips of the rarest class in the training part that has the fewest of it.

    Parameters
    ----------
    y : ndarray of shape (n_clips,)
        Labels.
    splits : FixedSplits
        The folds.
    inner : sequence of FixedSplits
        Those of each training part, in a nested cross-validation; else none.

    Returns
    -------
    label : object
        The class.
    count : int
        How many clips of it.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.compare.calibration import fewest_clips
    >>> from audiofeat.compare.inputs import draw_splits
    >>> y = np.repeat(["cat", "dog"], [9, 6])
    >>> fewest_clips(y, *draw_splits(y, y, None, cv=3, nested=False, random_state=0))
    ('dog', 4)
    >>> fewest_clips(y, *draw_splits(y, y, None, cv=3, nested=2, random_state=0))
    ('dog', 2)
    """
    counts = _counts(y, splits, inner)
    rarest = int(counts.min(axis=0).argmin())
    return np.unique(y).tolist()[rarest], int(counts[:, rarest].min())


def check_calibration(grids: Grids, y, splits: FixedSplits, inner: Sequence[FixedSplits]) -> None:
    """Refuse models that could not be calibrated on some training part.

    Parameters
    ----------
    grids : Grids
        What is compared.
    y : ndarray of shape (n_clips,)
        Labels.
    splits : FixedSplits
        The folds.
    inner : sequence of FixedSplits
        Those of each training part, in a nested cross-validation; else none.

    Raises
    ------
    ValueError
        If a `CalibratedClassifierCV` asks for more folds than there are clips of a class.
    """
    label, fewest = fewest_clips(y, splits, inner)
    # Without a number of folds, scikit-learn puts up with classes that are not in each of its five, but not with all.
    enough_for_none = _counts(y, splits, inner).max(axis=1).min() >= _FOLDS_OF_NONE
    for grid, (_, model) in zip(grids.grids, grids.names, strict=True):
        for cv in _cross_validations(grid):
            if enough_for_none if cv is None else _n_folds(cv) <= fewest:
                continue
            raise ValueError(_too_few(model, cv, label, fewest, nested=bool(inner)))


def _too_few(model: str, cv, label, fewest: int, *, nested: bool) -> str:
    asked = f"{cv!r}, which means {_FOLDS_OF_NONE}" if cv is None else repr(cv)
    where, cure = ("an inner", "without nesting") if nested else ("a", "with fewer folds")
    less = f", such as {fewest}" if fewest > 1 else ""
    return (
        f"compare_features got model {model!r} with CalibratedClassifierCV(cv={asked}), and {where} training part has "
        f"{fewest} clip{'s' if fewest != 1 else ''} of {label!r} to calibrate on. Pass it a smaller cv{less}, add "
        f"recordings or groups of that class, or compare {cure}."
    )


def _n_folds(cv) -> int:
    # What draws its splits in a way of its own is not asked, as by scikit-learn.
    return cv if isinstance(cv, int) else getattr(cv, "n_splits", 0)


def _counts(y, splits: FixedSplits, inner: Sequence[FixedSplits]) -> np.ndarray:
    """Clips of each class in each training part, ``(n_parts, n_classes)``."""
    labels = np.unique(y)
    return np.array([[np.count_nonzero(part == label) for label in labels] for part in _learned(y, splits, inner)])


def _learned(y, splits: FixedSplits, inner: Sequence[FixedSplits]) -> Iterator[np.ndarray]:
    """Labels of each training part; inner ones are parts of the outer."""
    if not inner:
        yield from (y[train] for train, _ in splits.splits)
    for (outer, _), parts in zip(splits.splits, inner, strict=False):
        yield from (y[outer][train] for train, _ in parts.splits)


def _cross_validations(grid: dict) -> Iterator:
    """What is given as cv to those in a grid, and each value of it that is tried."""
    model = grid["model"][0]
    parts = {"model": model, **{f"model__{name}": part for name, part in model.get_params(deep=True).items()}}
    for name, values in grid.items():
        # Distributions to draw from are no lists; nobody knows what they give.
        if name == "model" or not isinstance(values, Sequence | np.ndarray):
            continue
        owner, _, own = name.rpartition("__")
        if own == "cv" and isinstance(parts.get(owner), CalibratedClassifierCV):
            del parts[owner]
            yield from values
        parts |= {f"{name} {i}": value for i, value in enumerate(values)}
    yield from (part.cv for part in parts.values() if isinstance(part, CalibratedClassifierCV))
