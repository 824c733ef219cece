"""Clips held out of a fit to tell when to stop."""

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedShuffleSplit

__all__ = ["hold_out"]


def hold_out(y, fraction, *, groups=None, seed):
    """Split row numbers into training and validation, with every class in both where that can be.

    Without groups, exactly stratified. With groups, whole groups are held out: one fold of as many as come closest to
    `fraction`, with classes balanced as well as the groups allow. Labels that go together are balanced one by one, the
    rarest first.

    Parameters
    ----------
    y : ndarray of shape (n_clips,) or (n_clips, n_labels)
        Labels, or an indicator matrix.
    fraction : float
        Share of the clips to hold out.
    groups : array-like of shape (n_clips,) or None, default=None
        Clips of one group stay together.
    seed : int
        Determines which clips.

    Returns
    -------
    train : ndarray of int
        Row numbers.
    validation : ndarray of int
        The others.
    """
    try:
        if y.ndim > 1:
            held = _held_by_label(y, fraction, groups, np.random.default_rng(seed))
            train, validation = np.flatnonzero(~held), np.flatnonzero(held)
        elif groups is None:
            splitter = StratifiedShuffleSplit(1, test_size=fraction, random_state=seed)
            train, validation = next(splitter.split(np.zeros(len(y)), y))
        else:
            folds = StratifiedGroupKFold(max(2, round(1 / fraction)), shuffle=True, random_state=seed)
            train, validation = next(folds.split(np.zeros(len(y)), y, groups))
    except ValueError as exc:
        raise ValueError(
            f"CNNClassifier cannot hold out validation_fraction={fraction!r} of {len(y)} clips"
            f"{'' if groups is None else ' by groups'}: {exc} Use another fraction, or pass X_val and y_val to fit."
        ) from exc
    lost = _lost(y, train)
    if len(lost):
        raise ValueError(
            f"CNNClassifier would hold out every clip of the classes {lost.tolist()!r}, because their clips share "
            "groups. Use another random_state, or pass X_val and y_val to fit."
        )
    return np.sort(train), np.sort(validation)


def _lost(y, train):
    """Classes, or numbers of labels, that no training clip has."""
    if y.ndim > 1:
        return np.flatnonzero(y.any(axis=0) & ~y[train].any(axis=0))
    return np.setdiff1d(y, y[train])


def _held_by_label(y, fraction, groups, rng):
    """Mark the clips to hold out, by iterative stratification.

    Sechidis, Tsoumakas & Vlahavas (2011), https://doi.org/10.1007/978-3-642-23808-6_10, here with two parts and with
    groups in the place of clips: the label that fewest open groups have is dealt out first, to the part that lacks most
    of it.
    """
    groups = np.arange(len(y)) if groups is None else groups
    names, group_of_clip = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        raise ValueError("there is one group only.")
    sizes = np.bincount(group_of_clip)
    counts = np.zeros((len(names), y.shape[1]))
    np.add.at(counts, group_of_clip, y)
    shares = np.array([1 - fraction, fraction])
    wanted = shares[:, np.newaxis] * counts.sum(axis=0)
    wanted_clips = shares * len(y)
    part = np.full(len(names), -1)
    order = rng.permutation(len(names))
    while (open_ := order[part[order] < 0]).size:
        groups_with = (counts[open_] > 0).sum(axis=0)
        label = np.where(groups_with > 0, groups_with, len(names) + 1).argmin()
        dealt = open_[counts[open_, label] > 0] if groups_with[label] else open_
        for group in dealt:
            lack = wanted[:, label] if groups_with[label] else wanted_clips
            # Of equal lacks, that of clips decides.
            part[group] = max((0, 1), key=lambda i: (lack[i], wanted_clips[i]))
            wanted[part[group]] -= counts[group]
            wanted_clips[part[group]] -= sizes[group]
    if (part == part[0]).all():
        raise ValueError("all clips would be on one side.")
    return part[group_of_clip] == 1
