import gc
import logging
import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from audiofeat.neural import CNNClassifier
from audiofeat.neural.backend import load_keras

from .architectures_of_users import linear


def test_history_tells_the_loss_of_all_clips(maps, tiny):
    """Without learning, the loss of an epoch is that of the model, filled rows and unequal weights notwithstanding."""
    from scipy.special import log_softmax
    from sklearn.base import clone

    X, y = maps
    weights = np.linspace(0, 2, len(y))
    frozen = clone(tiny).set_params(
        architecture=linear, filters=None, optimizer=_sgd_of_nothing, augmentation=None, epochs=1, batch_size=7
    )
    frozen.fit(X, y, sample_weight=weights)
    losses = -log_softmax(frozen.decision_function(X), axis=1)[np.arange(len(y)), np.searchsorted(frozen.classes_, y)]
    assert frozen.history_[0]["loss"] == pytest.approx((weights * losses).mean(), rel=1e-5)
    accuracy = np.average(frozen.predict(X) == y, weights=weights)
    assert frozen.history_[0]["accuracy"] == pytest.approx(accuracy, rel=1e-5)


def test_memory_of_a_fit_goes_with_its_network(maps):
    if load_keras(by="test").backend.backend() != "tensorflow":
        pytest.skip("looks for TensorFlow's graphs")

    def n_graphs():
        CNNClassifier(linear, epochs=1, random_state=0).fit(*maps)
        gc.collect()
        return sum(type(thing).__name__ == "FuncGraph" for thing in gc.get_objects())

    assert n_graphs() == n_graphs()


# Each of three sizes twice: the first ones also compile small programs that all later ones use.
_COUNT_PROGRAMS = """
import gc
import jax
import numpy as np
from audiofeat.neural import CNNClassifier

X = np.random.default_rng(0).standard_normal((6, 4, 8)).astype(np.float32)
y = np.arange(6) % 2
counts = []
for number in range(6):
    CNNClassifier(filters=(2 + number % 3,), epochs=5, random_state=number).fit(X, y).predict(X)
    gc.collect()
    counts.append(len(jax.devices()[0].client.live_executables()))
print(*counts)
"""


def test_what_jax_compiles_for_a_fit_goes_with_its_network():
    if find_spec("jax") is None:
        pytest.skip("jax is not installed: it keeps nothing of a fit")
    done = subprocess.run(
        [sys.executable, "-c", _COUNT_PROGRAMS],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    assert done.returncode == 0, done.stderr
    counts = done.stdout.split()
    assert len(set(counts[2:])) == 1, counts


def test_many_fits_are_no_reason_to_warn(maps, monkeypatch):
    if load_keras(by="test").backend.backend() != "tensorflow":
        pytest.skip("looks for warnings of TensorFlow")
    said = []
    logger = logging.getLogger("tensorflow")
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: said.append(record.getMessage()))
    logger.addHandler(handler)
    try:
        for _ in range(6):
            CNNClassifier(linear, epochs=1, random_state=0).fit(*maps)
        logger.warning("something else")
    finally:
        logger.removeHandler(handler)
    assert said == ["something else"]
    assert not logger.filters


def _sgd_of_nothing():
    return load_keras(by="test").optimizers.SGD(0.0)
