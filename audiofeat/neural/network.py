"""A Keras model that travels as plain data: its architecture as JSON and its weights as NumPy arrays."""

import json
from itertools import pairwise

import numpy as np

from audiofeat.neural.backend import load_keras, make_forward, seeded

__all__ = ["Network"]

# Clips that are pushed through the network together; bounds the memory of a prediction.
_CLIPS_AT_ONCE = 32


class Network:
    """A Keras model and its compiled prediction, picklable under any backend.

    The pickle holds neither optimizer nor compiled functions, and Keras is imported when the network is first used,
    not when it is unpickled.

    Parameters
    ----------
    model : keras.Model
        Maps ``(n_clips, n_bins, n_frames, n_channels)`` to logits ``(n_clips, n_outputs)``.
    """

    def __init__(self, model):
        self._model = model
        self._forward = None
        self._state: dict | None = None

    @property
    def model(self):
        """The Keras model, rebuilt if it comes from a pickle."""
        if self._state is not None:
            keras = load_keras(by="CNNClassifier")
            # Initialisers draw random values, which the weights then replace.
            with seeded(0):
                model = keras.models.model_from_json(self._state["architecture"])
            model.set_weights(self._state["weights"])
            self._model, self._state = model, None
        return self._model

    def logits(self, maps):
        """Compute the output of the network for a float32 array of maps."""
        if self._forward is None:
            self._forward = make_forward(self.model)
        starts = list(range(0, len(maps), _CLIPS_AT_ONCE))
        return np.concatenate([self._forward(maps[start:stop]) for start, stop in pairwise([*starts, len(maps)])])

    def __getstate__(self):
        if self._state is not None:
            return self._state
        architecture = json.loads(self._model.to_json())
        # It would tie the network to the backend and the optimizer that trained it.
        architecture.pop("compile_config", None)
        return {"architecture": json.dumps(architecture), "weights": self._model.get_weights()}

    def __setstate__(self, state):
        self._model = self._forward = None
        self._state = state
