import numpy as np
import pytest

from audiofeat.neural.backend import load_keras
from audiofeat.neural.optimizers import make_optimizer

from .architectures_of_users import sgd


def _rates(schedule, n_steps=100, peak=1.0):
    optimizer = make_optimizer("adam", learning_rate=peak, schedule=schedule, n_steps=n_steps)
    keras = load_keras(by="test")
    variable = keras.Variable(0.0)
    rates = []
    for _ in range(n_steps):
        rates.append(float(keras.ops.convert_to_tensor(optimizer.learning_rate)))
        optimizer.apply([keras.ops.convert_to_tensor(0.0)], [variable])
    return np.array(rates)


def test_one_cycle_rises_to_the_peak_and_falls_to_zero():
    rates = _rates("one_cycle")
    peak = rates.argmax()
    assert rates[0] == pytest.approx(0.04)
    assert rates.max() == pytest.approx(1.0, abs=0.01)
    assert peak == pytest.approx(25, abs=1)
    assert (np.diff(rates[: peak + 1]) > 0).all()
    assert (np.diff(rates[peak:]) <= 0).all()
    assert rates[-1] < 0.01


def test_cosine_falls_from_the_start():
    np.testing.assert_allclose(_rates("cosine", 20), (1 + np.cos(np.pi * np.arange(20) / 20)) / 2, atol=1e-6)


def test_without_schedule_the_rate_stands():
    assert (_rates(None, 5, peak=0.5) == 0.5).all()


def test_optimizer_is_copied_with_its_settings():
    keras = load_keras(by="test")
    mine = keras.optimizers.SGD(0.25, momentum=0.5)
    copied = make_optimizer(mine, learning_rate=1.0, schedule="one_cycle", n_steps=1)
    assert copied is not mine
    assert (copied.get_config()["learning_rate"], copied.momentum) == (0.25, 0.5)


def test_optimizer_function_is_called():
    made = make_optimizer(sgd, learning_rate=1.0, schedule=None, n_steps=1)
    assert type(made).__name__ == "SGD"


def test_unknown_optimizer_is_refused():
    with pytest.raises(ValueError, match="got optimizer='adamm', which Keras does not know"):
        make_optimizer("adamm", learning_rate=1.0, schedule=None, n_steps=1)


def test_function_that_returns_no_optimizer_is_refused():
    with pytest.raises(TypeError, match="Return a Keras optimizer"):
        make_optimizer(dict, learning_rate=1.0, schedule=None, n_steps=1)
