"""From the parameters that name an architecture to a network of the wanted shape."""

import inspect
from collections.abc import Callable

import numpy as np

from audiofeat.neural.architectures import ARCHITECTURES
from audiofeat.neural.backend import load_keras

__all__ = ["build_model", "check_architecture"]


def check_architecture(architecture, params):
    """Refuse arguments that an architecture does not take, and values that its own would not work with.

    Parameters
    ----------
    architecture : str or callable
        As in `build_model`.
    params : dict
        The arguments.
    """
    named = isinstance(architecture, str)
    build: Callable = ARCHITECTURES[architecture] if named else architecture
    who = repr(architecture) if named else getattr(build, "__name__", type(build).__name__)
    unknown = _not_taken(build, params)
    if unknown is not None:
        argument, taken = unknown
        raise ValueError(
            f"CNNClassifier got {argument!r}, which the architecture {who} does not take; it takes "
            f"{', '.join(taken) or 'nothing further'}. Drop it from architecture_params or the parameters."
        )
    if named:
        for name, value in params.items():
            right, expected = _EXPECTED[name]
            if not right(value):
                raise ValueError(f"CNNClassifier got {name}={value!r}; expected {expected}.")


def _not_taken(build, params):
    """The first argument that a function does not take, and the names of those it does, or None."""
    try:
        known = list(inspect.signature(build).parameters.values())
    except (TypeError, ValueError):  # nothing is known of some that are not written in Python
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in known):
        return None
    # The first two are shape and number of outputs.
    taken = [parameter.name for parameter in known[2:] if parameter.kind is not parameter.VAR_POSITIONAL]
    return next(((name, taken) for name in params if name not in taken), None)


def _is_size(value):
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and value > 0


def _are_sizes(values):
    return np.ndim(values) == 1 and len(values) > 0 and all(map(_is_size, values))


def _is_share(value):
    return isinstance(value, float | int | np.number) and 0 <= value < 1


# What the arguments of our own architectures are to be, and how to say so.
_EXPECTED = {
    "filters": (_are_sizes, "positive integers, one a block, such as (16, 32)"),
    "dropout": (_is_share, "a number from 0 to 1, without 1"),
    "blocks": (_is_size, "a positive integer"),
}


def build_model(architecture, input_shape, n_outputs, *, params):
    """Call an architecture and check what it returns.

    Parameters
    ----------
    architecture : str or callable
        Name of an architecture, or a function ``(input_shape, n_outputs, **params)``.
    input_shape : tuple of int
        Bins, frames and channels.
    n_outputs : int
        Number of logits.
    params : dict
        Further arguments.

    Returns
    -------
    keras.Model
        The network, not compiled.
    """
    build: Callable = ARCHITECTURES.get(architecture, architecture)
    model = build(input_shape, n_outputs, **params)
    if not isinstance(model, load_keras(by="CNNClassifier").Model):
        raise TypeError(
            f"CNNClassifier got an architecture that returned a {type(model).__name__}; expected a keras.Model."
        )
    if not model.built:
        model.build((None, *input_shape))
    if tuple(model.output_shape[1:]) != (n_outputs,):
        raise ValueError(
            f"CNNClassifier got a network with outputs of shape {model.output_shape[1:]}; expected ({n_outputs},), one "
            "logit a class."
        )
    if getattr(getattr(model.layers[-1], "activation", None), "__name__", None) in ("softmax", "sigmoid"):
        raise ValueError(
            "CNNClassifier got a network that ends in probabilities; expected logits. Drop the activation of its last "
            "layer."
        )
    return model
