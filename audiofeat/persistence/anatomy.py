"""What a fitted model is made of: its loader, its features, its networks."""

import copy
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

from audiofeat.neural import CNNClassifier
from audiofeat.neural.network import Network
from audiofeat.transformers import AudioLoader, FeatureBank
from audiofeat.transformers._base import FeatureExtractor

__all__ = ["Anatomy", "anatomy", "parts", "without_store"]

_CONTAINERS = (list, tuple, set, frozenset)
_PLAIN = (str, bytes, int, float, complex, bool, type(None), type, np.dtype, np.generic)


class Anatomy(NamedTuple):
    """The parts of a model that others ask about.

    Parameters
    ----------
    loader : AudioLoader or None
        What loads the recordings.
    features : tuple of FeatureExtractor or FeatureBank
        The fitted feature sets, without the members of a bank.
    networks : tuple of CNNClassifier
        The fitted networks.
    """

    loader: AudioLoader | None
    features: tuple
    networks: tuple


def parts(model) -> Iterator:
    """Go through a model and everything of interest that it holds.

    Parameters
    ----------
    model : estimator
        The model.

    Yields
    ------
    object
        Each object once; those of other packages that are no estimators are not gone into.
    """
    seen: set[int] = set()
    waiting = [model]
    while waiting:
        part = waiting.pop()
        if isinstance(part, _PLAIN) or id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            inside = [*part.values()]
        elif isinstance(part, _CONTAINERS):
            inside = [*part]
        elif isinstance(part, np.ndarray):
            inside = [*part.flat] if part.dtype == object else []
        else:
            yield part
            inside = [*vars(part).values()] if _is_open(part) else []
        # The stack gives back last what was put on it first.
        waiting.extend(reversed(inside))


def _is_open(part) -> bool:
    """Whether to look at the attributes of an object."""
    if isinstance(part, Network) or callable(part) or not hasattr(part, "__dict__"):
        # A network holds a whole framework.
        return False
    home = type(part).__module__.partition(".")[0]
    return isinstance(part, BaseEstimator) or hasattr(part, "get_params") or home in ("sklearn", "audiofeat")


def anatomy(model) -> Anatomy:
    """Find loader, features and networks of a fitted model.

    Parameters
    ----------
    model : estimator
        A pipeline, a search around one, or anything else.

    Returns
    -------
    Anatomy
        Its parts, in the order in which they stand in it.
    """
    # A search holds many candidates, and one that it uses.
    model = getattr(model, "best_estimator_", model)
    loader, features, networks = None, [], []
    in_banks: set[int] = set()
    sources: set[int] = set()
    for part in parts(model):
        if isinstance(part, AudioLoader):
            loader = loader or part
        elif isinstance(part, FeatureBank):
            in_banks.update(id(member) for _, member in part.transformer_list)
            in_banks.update(id(member) for _, member in getattr(part, "transformers_", ()))
            features.append(part)
        elif isinstance(part, FeatureExtractor):
            features.append(part)
        elif isinstance(part, CNNClassifier) and hasattr(part, "_network"):
            networks.append(part)
            # What a network started from is no part of what it became.
            sources.add(id(part.pretrained))
    fitted = [feature for feature in features if hasattr(feature, "sample_rate_") and id(feature) not in in_banks]
    return Anatomy(loader, tuple(fitted), tuple(part for part in networks if id(part) not in sources))


def without_store(model):
    """Leave the store of features behind: it belongs to the machine, not to the model.

    Parameters
    ----------
    model : estimator
        The model, which stays as it is.

    Returns
    -------
    estimator
        The same object if no loader in it has a store, else a copy whose loaders have none.
    """
    loaders = [part for part in parts(model) if isinstance(part, AudioLoader) and part.memory is not None]
    if not loaders:
        return model
    memo = {}
    for loader in loaders:
        memo[id(loader)] = copy.copy(loader).set_params(memory=None)
    return copy.deepcopy(model, memo)
