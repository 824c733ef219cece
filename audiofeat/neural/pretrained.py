"""A trained network as the beginning of another one: its body is kept, and gets a new head for other classes."""

import os
from pathlib import Path

import joblib
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from audiofeat.neural.backend import load_keras
from audiofeat.neural.network import Network

__all__ = ["find_pretrained", "freeze", "replace_head"]


def find_pretrained(pretrained):
    """Find the fitted CNNClassifier in what the caller passed.

    Parameters
    ----------
    pretrained : CNNClassifier, Pipeline or search that ends in one, or path-like
        A path names a joblib file with one of these.

    Returns
    -------
    CNNClassifier
        The caller's own, not to be changed.
    """
    source = ""
    model = pretrained
    if isinstance(pretrained, str | os.PathLike):
        model, source = _load(Path(pretrained)), f" from {os.fspath(pretrained)}"
    while not isinstance(getattr(model, "_network", None), Network):
        inner = _inside(model)
        if inner is None:
            break
        model = inner
    if isinstance(getattr(model, "_network", None), Network):
        return model
    if hasattr(model, "architecture"):
        raise NotFittedError(
            f"CNNClassifier got an unfitted {type(model).__name__} as pretrained{source}. Fit it first. A search makes "
            "unfitted clones of its candidates: there, pass the path of a fitted one, or "
            "sklearn.frozen.FrozenEstimator(model)."
        )
    raise TypeError(
        f"CNNClassifier got a {type(model).__name__} as pretrained{source}; expected a fitted CNNClassifier, a pipeline or "
        "search that ends in one, or the path of a joblib file with one of these."
    )


def _load(path):
    if not path.is_file():
        raise FileNotFoundError(f"CNNClassifier got pretrained={os.fspath(path)!r}, which is no file.")
    try:
        return joblib.load(path)
    except Exception as exc:
        raise ValueError(
            f"CNNClassifier got pretrained={os.fspath(path)!r}, which joblib cannot load ({type(exc).__name__}: {exc}). "
            "Expected a file that joblib.dump has written; load any other yourself, and pass the model."
        ) from exc


def _inside(model):
    """What a pipeline, a search or a frozen estimator wraps, or None."""
    if hasattr(model, "steps"):
        return model.steps[-1][1]
    wrapped = getattr(model, "best_estimator_", getattr(model, "estimator", None))
    return wrapped if isinstance(wrapped, BaseEstimator) else None


def replace_head(network, n_outputs):
    """Build a new model from the body of a network, with its weights, and a new last layer.

    Parameters
    ----------
    network : Network
        The trained one, which stays as it is.
    n_outputs : int
        Number of logits.

    Returns
    -------
    keras.Model
        The network, not compiled. All of it is trainable.
    """
    keras = load_keras(by="CNNClassifier")
    old = Network.from_state(network.__getstate__()).model
    head = old.layers[-1]
    if not isinstance(head, keras.layers.Dense) or len(old.layers) < 2:
        raise ValueError(
            f"CNNClassifier got a pretrained network that ends in a layer {type(head).__name__} ({head.name!r}); expected "
            "a Dense layer behind others, which is replaced by one for the new classes."
        )
    for layer in old.layers:
        layer.trainable = True
    outputs = keras.layers.Dense(n_outputs, name=head.name)(head.input)
    # A list of one would be another structure than the array that the network is given.
    return keras.Model(old.inputs[0], outputs, name=old.name)


def freeze(model, trainable):
    """Choose what training changes.

    A block is a layer with a kernel (a convolution, a dense layer) and what follows it up to the next one.

    Parameters
    ----------
    model : keras.Model
        With its new head.
    trainable : {"head", "all"} or int
        The last layer, everything, or the last layer and so many blocks before it.
    """
    known = sum(map(_begins_block, model.layers)) - 1
    if not isinstance(trainable, str) and trainable > known:
        raise ValueError(
            f"CNNClassifier got trainable={trainable!r} for a pretrained network with {known} "
            f"block{'s' * (known != 1)} before its last layer; expected at most {known}, or 'all'."
        )
    n_blocks = {"head": 0, "all": len(model.layers)}.get(trainable, trainable)
    for layer in reversed(model.layers):
        layer.trainable = n_blocks >= 0
        n_blocks -= _begins_block(layer)


def _begins_block(layer):
    """Whether a layer has a kernel, which is what opens a block."""
    return any(len(variable.shape) > 1 for variable in layer.weights)
