import gc
import logging

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
