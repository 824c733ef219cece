"""From the parameters that name an architecture to a network of the wanted shape."""

from collections.abc import Callable

from audiofeat.neural.architectures import ARCHITECTURES
from audiofeat.neural.backend import load_keras

__all__ = ["build_model"]


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
