import json
import os
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest

from audiofeat import MissingExtraError
from audiofeat.neural import backend


@pytest.fixture
def install(monkeypatch, tmp_path):
    """Pretend that only these modules are installed, and that nothing is configured."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def pretend(*names):
        monkeypatch.setattr(backend, "find_spec", lambda name: object() if name in names else None)

    return pretend


@pytest.mark.parametrize(
    ("installed", "chosen"),
    [
        (("torch", "tensorflow", "jax"), "torch"),
        (("jax", "tensorflow"), "tensorflow"),
        (("jax",), "jax"),
    ],
)
def test_first_installed_backend_serves_when_nobody_chose(install, installed, chosen):
    install(*installed)
    assert backend._choose_backend("CNNClassifier") == chosen


def test_environment_is_left_alone(install, monkeypatch):
    install("torch", "jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert backend._choose_backend("CNNClassifier") is None


def test_environment_that_asks_for_a_missing_backend_is_refused(install, monkeypatch):
    install("torch")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(MissingExtraError, match=r"needs jax, which KERAS_BACKEND='jax' asks for.*\[cnn-jax\]"):
        backend._choose_backend("CNNClassifier")


def test_environment_that_asks_for_no_backend_is_refused(install, monkeypatch):
    install("torch")
    monkeypatch.setenv("KERAS_BACKEND", "foo")
    with pytest.raises(ValueError, match=r"KERAS_BACKEND='foo'.*expected 'torch', 'tensorflow' or 'jax'.*or unset it"):
        backend._choose_backend("CNNClassifier")


@pytest.mark.parametrize(("named", "chosen"), [("jax", "jax"), ("tensorflow", "torch")])
def test_keras_json_counts_if_its_backend_is_installed(install, tmp_path, named, chosen):
    install("torch", "jax")
    (tmp_path / "keras.json").write_text(json.dumps({"backend": named}))
    assert backend._choose_backend("CNNClassifier") == chosen


def test_unreadable_keras_json_is_as_good_as_none(install, tmp_path):
    install("jax")
    (tmp_path / "keras.json").write_text("{")
    assert backend._choose_backend("CNNClassifier") == "jax"


def test_no_backend_at_all_names_the_extras(install):
    install("keras")
    with pytest.raises(MissingExtraError, match=r"needs a backend for Keras.*\[cnn\].*\[cnn-torch\].*\[cnn-jax\]"):
        backend._choose_backend("CNNClassifier")


def test_seeded_gives_the_same_draws_and_the_callers_states_back():
    backend.load_keras(by="test")
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    expected = random.random(), np.random.random()  # noqa: NPY002
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    draws = []
    for _ in range(2):
        with backend.seeded(1):
            draws.append((random.random(), np.random.random()))  # noqa: NPY002
    assert draws[0] == draws[1]
    assert (random.random(), np.random.random()) == expected  # noqa: NPY002


def test_seeded_restores_after_an_error():
    backend.load_keras(by="test")
    before = random.getstate()
    with pytest.raises(ZeroDivisionError), backend.seeded(1):
        1 / 0  # noqa: B018
    assert random.getstate() == before


@pytest.mark.parametrize("level", [None, "2", "3"])
def test_start_up_chatter_is_dropped_and_the_rest_passed_on(monkeypatch, capfd, level):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", level or "")
    if level is None:
        monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL")
    with backend._without_start_up_chatter():
        os.write(2, b"I0000 00:00:1795369396.291590    4031 port.cc:153] custom operations are on.\n")
        os.write(2, b"E0000 00:00:1795369396.291590    4031 driver.cc:1] broken\n")
    assert capfd.readouterr().err == "E0000 00:00:1795369396.291590    4031 driver.cc:1] broken\n"


@pytest.mark.parametrize("level", ["0", "1"])
def test_a_user_who_asks_for_chatter_gets_it(monkeypatch, capfd, level):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", level)
    with backend._without_start_up_chatter():
        os.write(2, b"I0000 00:00:1795369396.291590    4031 port.cc:153] custom operations are on.\n")
    assert "custom operations" in capfd.readouterr().err
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == level


_FRESH = """
import pickle, sys
import numpy as np
with open(sys.argv[1], "rb") as file:
    model, X, expected = pickle.load(file)
assert "keras" not in sys.modules, "unpickling imported Keras"
np.testing.assert_allclose(model.predict_proba(X), expected, rtol=0, atol=1e-6)
assert "keras" in sys.modules
"""


# The level is what a worker process inherits from one that has loaded Keras.
@pytest.mark.parametrize("level", [{}, {"TF_CPP_MIN_LOG_LEVEL": "2"}], ids=["new", "worker"])
def test_fresh_process_predicts_the_same_and_says_nothing(fitted, maps, tmp_path, level):
    X, _ = maps
    (tmp_path / "model.pickle").write_bytes(pickle.dumps((fitted, X, fitted.predict_proba(X))))
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _FRESH, str(tmp_path / "model.pickle")],
        capture_output=True,
        text=True,
        env=environment | level,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""
