"""A Keras model that travels as plain data: its architecture as JSON and its weights as NumPy arrays."""

import json
from itertools import pairwise

import numpy as np

from audiofeat.neural.backend import SEEDING, load_keras, make_forward, seeded, to_numpy

__all__ = ["Network"]

# Clips that are pushed through the network together; bounds the memory of a prediction.
_CLIPS_AT_ONCE = 32


class Network:
    """A Keras model and its compiled prediction, picklable under any backend.

    The pickle holds no compiled functions, and the state of the optimizer only if `keeps_training_state`. Keras is
    imported when the network is first used, not when it is unpickled.

    Parameters
    ----------
    model : keras.Model
        Maps ``(n_clips, n_bins, n_frames, n_channels)`` to logits ``(n_clips, n_outputs)``.
    keeps_training_state : bool, default=False
        Whether a pickle holds what is needed to go on with the training as if it had not been interrupted.
    """

    def __init__(self, model, *, keeps_training_state=False):
        self.keeps_training_state = keeps_training_state
        self.learns_in_pieces = False
        self._model = model
        self._forward = None
        self._state: dict | None = None
        self._training: dict | None = None

    @classmethod
    def from_state(cls, state):
        """Make a network from what a pickle holds of one."""
        network = cls(None)
        network.__setstate__(state)
        return network

    @property
    def model(self):
        """The Keras model, rebuilt if it comes from a pickle."""
        if self._state is not None:
            # A server may ask a loaded network from several threads before it is rebuilt. With the lock that building
            # takes anyway, because a second one could wait for it crosswise.
            with SEEDING:
                if self._state is not None:
                    self._rebuild(self._state)
        return self._model

    def _rebuild(self, state):
        keras = load_keras(by="CNNClassifier")
        # Initialisers draw random values, which the weights then replace.
        with seeded(0):
            model = keras.models.model_from_json(state["architecture"])
        model.set_weights(state["weights"])
        if self._training is not None:
            for variable, value in zip(_seeds(model), self._training["seeds"], strict=True):
                variable.assign(value)
        self._model, self._state = model, None

    def logits(self, maps):
        """Compute the output of the network for a float32 array of maps."""
        if self._forward is None:
            with SEEDING:
                if self._forward is None:
                    self._forward = make_forward(self.model, n_clips=_CLIPS_AT_ONCE)
        starts = list(range(0, len(maps), _CLIPS_AT_ONCE))
        return np.concatenate([self._forward(maps[start:stop]) for start, stop in pairwise([*starts, len(maps)])])

    def weights(self):
        """Copy the weights, in the order of Keras."""
        return [to_numpy(variable) for variable in self.model.weights]

    def training_state(self):
        """Copy what the optimizer and the dropout layers remember, or None if the network was not trained here.

        Returns
        -------
        dict or None
            `optimizer`, the name of its class; `variables`, its step number and whatever else it keeps, without its
            learning rate; `seeds`, the states of the layers that draw.
        """
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer is None:
            return self._training
        kept = [to_numpy(variable) for variable in optimizer.variables if variable.name != "learning_rate"]
        seeds = [to_numpy(variable) for variable in _seeds(self.model)]
        return {"optimizer": type(optimizer).__name__, "variables": kept, "seeds": seeds}

    def __getstate__(self):
        if self._state is not None:
            return self._state
        architecture = json.loads(self._model.to_json())
        # It would tie the network to the backend and the optimizer that trained it.
        architecture.pop("compile_config", None)
        state = {"architecture": json.dumps(architecture), "weights": self.weights()}
        if self.keeps_training_state:
            state["training"] = self.training_state()
        return state

    def __setstate__(self, state):
        self._model = self._forward = None
        self.learns_in_pieces = False
        self._state = state
        self._training = state.get("training")
        self.keeps_training_state = "training" in state


def _seeds(model):
    """Variables of a model that are no weights: the states of its random generators."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]
