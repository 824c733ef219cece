"""Fit, pickle and predict on every installed backend, each in a process of its own."""

import os
import pickle
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from audiofeat.neural.backend import load_keras

# What each process does; it is given a pickle made under the backend of the tests.
_SMOKE = """
import pickle, random, sys
import numpy as np
with open(sys.argv[1], "rb") as file:
    foreign, X, y, Y, expected, weights = pickle.load(file)
assert "keras" not in sys.modules, "unpickling imported Keras"

# A pickle from another backend.
np.testing.assert_allclose(foreign.predict_proba(X), expected, rtol=0, atol=1e-6)

from sklearn.base import clone
import keras
assert keras.backend.backend() == sys.argv[2]

def states():
    found = [random.getstate(), np.random.get_state()[1].tolist()]
    if sys.argv[2] == "torch":
        import torch
        found += [torch.get_rng_state().tolist(), torch.get_num_threads()]
    return found

before = states()
model = clone(foreign).fit(X, y)
assert states() == before, "a fit has touched the caller's generators or threads"

def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first._network.weights(), second._network.weights(), strict=True))

assert same(model, clone(foreign).fit(X, y)), "another network with the same seed"
if sys.argv[2] == sys.argv[3]:
    assert all(map(np.array_equal, weights, model._network.weights())), "another network than in the process of the tests"
np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))
alone = np.concatenate([model.predict_proba(X[[row]]) for row in range(3)])
np.testing.assert_allclose(alone, model.predict_proba(X)[:3], rtol=0, atol=1e-6)
assert model.score(X, y) > 0.9

tagger = clone(foreign).set_params(warm_start=True, epochs=2).fit(X, Y)
copied = pickle.loads(pickle.dumps(tagger))
assert same(tagger.fit(X, Y), copied.fit(X, Y)), "a pickle goes on in another way"
pieces = clone(foreign)
for part in (slice(0, 20), slice(20, 30)):
    pieces.partial_fit(X[part], y[part], classes=np.unique(y))
tuned = clone(foreign).set_params(pretrained=foreign, filters=None, epochs=1).fit(X, y == "low")
assert tuned.predict(X).dtype == bool
print("all is well")
"""


@pytest.mark.parametrize("name", ["tensorflow", "torch", "jax"])
def test_backend(name, fitted, maps, tmp_path):
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed: the network runs on other backends only")
    X, y = maps
    Y = np.stack([y == "low", y != "high"], axis=1).astype(int)
    given = (fitted, X, y, Y, fitted.predict_proba(X), fitted._network.weights())
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(given))
    here = load_keras(by="test").backend.backend()
    done = subprocess.run(
        [sys.executable, "-c", _SMOKE, str(tmp_path / "model.pickle"), name, here],
        capture_output=True,
        text=True,
        check=False,
        # The worker finds the architectures of the tests as pytest did.
        env={**os.environ, "KERAS_BACKEND": name, "PYTHONPATH": os.pathsep.join(map(str, _paths()))},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "all is well\n"


def _paths():
    return [Path(__file__).parents[2], *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
