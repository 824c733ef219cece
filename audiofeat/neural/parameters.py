"""Parameters of a network classifier that no list of types can judge: what they hold, and how they go together."""

import numpy as np

from audiofeat.neural.augment import SpectrogramAugmenter
from audiofeat.neural.building import check_architecture

__all__ = ["check_parameters", "network_arguments"]

_NOT_PICKLED = (
    "which cannot be pickled, so the fitted network could not be saved. Give it a name with `def` in a module."
)


def check_parameters(estimator):
    """Refuse what cannot be trained with, or not be saved afterwards.

    Parameters
    ----------
    estimator : CNNClassifier
        With parameters of the right types.

    Raises
    ------
    TypeError
        If callbacks are none that Keras can call.
    ValueError
        If a value is out of range, two parameters contradict each other, or one cannot be pickled.
    """
    if isinstance(estimator.augmentation, SpectrogramAugmenter):
        estimator.augmentation.check_parameters()
    resize = estimator.resize
    if resize is not None and not (len(resize) == 2 and all(isinstance(n, int | np.integer) and n > 0 for n in resize)):
        raise ValueError(
            f"CNNClassifier got resize={resize!r}; expected the number of bins and of frames, two positive integers."
        )
    for name in ("architecture", "optimizer"):
        if _is_lambda(getattr(estimator, name)):
            raise ValueError(f"CNNClassifier got a lambda as {name}, {_NOT_PICKLED}")
    for callback in estimator.callbacks or ():
        _check_callback(callback)
    if estimator.pretrained is None:
        check_architecture(estimator.architecture, network_arguments(estimator))
    else:
        _check_beside_pretrained(estimator)


def network_arguments(estimator):
    """Gather the arguments of the architecture, by name.

    Parameters
    ----------
    estimator : CNNClassifier
        The estimator.

    Returns
    -------
    dict
        Those in `architecture_params`, and `filters` and `dropout` if they are given.
    """
    arguments = dict(estimator.architecture_params or {})
    for name in ("filters", "dropout"):
        value = getattr(estimator, name)
        if value is None:
            continue
        if name in arguments:
            raise ValueError(f"CNNClassifier got {name} both as a parameter and in architecture_params; drop one.")
        arguments[name] = value
    return arguments


def _is_lambda(value):
    return getattr(value, "__name__", None) == "<lambda>"


def _check_callback(callback):
    if isinstance(callback, type):
        raise TypeError(
            f"CNNClassifier got the class {callback.__name__} among callbacks; expected an object of it, "
            f"{callback.__name__}()."
        )
    # By what it can do, because Keras is not imported before it is needed.
    if not hasattr(callback, "set_model"):
        raise TypeError(
            f"CNNClassifier got {type(callback).__name__} among callbacks; expected keras.callbacks.Callback objects. "
            "Those of scikit-learn are given with set_callbacks."
        )


def _check_beside_pretrained(estimator):
    names = ("filters", "dropout", "architecture_params")
    idle = [name for name in names if getattr(estimator, name) is not None]
    if estimator.architecture != "small":
        idle.insert(0, f"architecture={estimator.architecture!r}")
    if not estimator.standardize:
        idle.append("standardize=False")
    if idle:
        raise ValueError(
            f"CNNClassifier got {idle[0]} beside pretrained, whose network and standardisation are kept as they are. Drop "
            "one of the two."
        )
