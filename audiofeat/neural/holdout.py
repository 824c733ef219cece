"""Clips held out of a fit to tell when to stop."""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit

__all__ = ["hold_out"]


def hold_out(y, fraction, *, groups=None, seed):
    """Split row numbers into training and validation, with every class in both where that can be.

    Without groups, exactly stratified. With groups, whole groups are held out: one fold of as many as come closest to
    `fraction`, with classes balanced as well as the groups allow.

    Returns
    -------
    train : ndarray of int
        Row numbers.
    validation : ndarray of int
        The others.
    """
    rows = np.zeros(len(y))
    try:
        if groups is None:
            splitter = StratifiedShuffleSplit(1, test_size=fraction, random_state=seed)
            train, validation = next(splitter.split(rows, y))
        else:
            folds = StratifiedGroupKFold(max(2, round(1 / fraction)), shuffle=True, random_state=seed)
            train, validation = next(folds.split(rows, y, groups))
    except ValueError as exc:
        raise ValueError(
            f"CNNClassifier cannot hold out validation_fraction={fraction!r} of {len(y)} clips"
            f"{'' if groups is None else ' by groups'}: {exc} Use another fraction, or pass X_val and y_val to fit."
        ) from exc
    lost = np.setdiff1d(y, y[train])
    if len(lost):
        raise ValueError(
            f"CNNClassifier would hold out every clip of the classes {lost.tolist()!r}, because their clips share "
            "groups. Use another random_state, or pass X_val and y_val to fit."
        )
    return np.sort(train), np.sort(validation)
