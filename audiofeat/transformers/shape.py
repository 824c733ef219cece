"""Switching a feature set between one row per clip and framewise maps."""

from sklearn.base import clone

from audiofeat.transformers._base import FeatureExtractor
from audiofeat.transformers.bank import FeatureBank

__all__ = ["framewise", "pooled"]


def framewise(features):
    """Copy a feature set so that it gives maps, ``(n_clips, n_rows, n_frames)``.

    Parameters
    ----------
    features : estimator
        An extractor or a `FeatureBank`; anything else is copied as it is.

    Returns
    -------
    estimator
        An unfitted copy.
    """
    return _with_pooling(features, lambda pooling: None)


def pooled(features):
    """Copy a feature set so that it gives one row of columns per clip.

    Parameters
    ----------
    features : estimator
        An extractor or a `FeatureBank`; anything else is copied as it is.

    Returns
    -------
    estimator
        An unfitted copy, with mean and standard deviation where it was framewise.
    """
    return _with_pooling(features, lambda pooling: ("mean", "std") if pooling is None else pooling)


def _with_pooling(features, change):
    copy = clone(features)
    if isinstance(copy, FeatureExtractor):
        copy.set_params(pooling=change(copy.pooling))
    elif isinstance(copy, FeatureBank):
        for name, member in copy.transformer_list:
            if isinstance(member, FeatureExtractor):
                copy.set_params(**{f"{name}__pooling": change(member.pooling)})
    return copy
