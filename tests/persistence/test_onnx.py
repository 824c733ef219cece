"""The exported graph computes what the network does, or is not handed over."""

import json
import os
import pickle
import subprocess
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from audiofeat import CNNClassifier, export_onnx, load_model, save_model
from audiofeat.neural.inputs import resize_maps

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: no graph to run")
onnx = pytest.importorskip("onnx", reason="onnx is not installed: no graph to write")


@pytest.fixture(autouse=True)
def exporter():
    from audiofeat.neural.backend import load_keras

    backend = load_keras(by="test").backend.backend()
    needed = {"tensorflow": "tf2onnx", "torch": "onnxscript"}.get(backend)
    if needed is None:
        pytest.skip(f"Keras runs on {backend}, from which networks are not exported")
    pytest.importorskip(needed, reason=f"{needed} is not installed: nothing exports networks from {backend}")


def run(path, maps):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    note = json.loads(session.get_modelmeta().custom_metadata_map["audiofeat"])
    return note, session.run(["logits"], {"maps": maps.astype(np.float32)})[0]


def test_a_program_without_keras_gets_the_same_probabilities(network, calls, tmp_path):
    difference = export_onnx(network, tmp_path / "net.onnx")
    assert difference < 1e-5
    features = network[:-1].transform(calls.data)
    maps = np.asarray(features)[..., np.newaxis]
    note, _ = run(tmp_path / "net.onnx", np.zeros((1, *network[-1].input_shape_)))
    _, logits = run(
        tmp_path / "net.onnx", (maps - np.array(note["mean"])[:, np.newaxis]) / np.array(note["scale"])[:, np.newaxis]
    )
    np.testing.assert_allclose(softmax(logits, axis=1), network.predict_proba(calls.data), atol=1e-5)
    assert note["classes"] == ["cat", "dog"]
    assert note["sample_rate"] == 8000
    assert note["loader"] == repr(network[0])
    assert note["resize"] is None
    onnx.checker.check_model(onnx.load(tmp_path / "net.onnx"), full_check=True)


def test_a_loaded_network_is_exported(network, tmp_path):
    save_model(network, tmp_path / "model.joblib")
    assert export_onnx(load_model(tmp_path / "model.joblib"), tmp_path / "net.onnx") < 1e-5


def test_a_network_for_several_labels(rng, tmp_path):
    X, y = rng.standard_normal((12, 8, 9)), np.tile([[0, 1], [1, 1], [1, 0]], (4, 1))
    cnn = CNNClassifier(filters=(2,), epochs=1, standardize=False, random_state=0).fit(X, y)
    export_onnx(cnn, tmp_path / "net.onnx")
    note, logits = run(tmp_path / "net.onnx", X[..., np.newaxis])
    assert note["probabilities"] == "sigmoid"
    np.testing.assert_allclose(expit(logits), cnn.predict_proba(X), atol=1e-5)


def test_a_network_that_began_as_another_is_one_network(network, calls, tmp_path):
    second = clone(network).set_params(cnnclassifier__filters=None, cnnclassifier__pretrained=network[-1])
    second.set_params(cnnclassifier__epochs=1).fit(calls.data, calls.target)
    assert export_onnx(second, tmp_path / "net.onnx") < 1e-5


def test_resizing_is_left_to_the_caller(rng, tmp_path):
    X, y = rng.standard_normal((12, 10, 14)), np.tile([0, 1, 2], 4)
    cnn = CNNClassifier("tutorial", filters=(2, 2), resize=(8, 8), standardize=False, epochs=1, random_state=0).fit(
        X, y
    )
    export_onnx(cnn, tmp_path / "net.onnx")
    maps = resize_maps(X[..., np.newaxis].astype(np.float32), 8, 8)
    note, logits = run(tmp_path / "net.onnx", maps)
    np.testing.assert_allclose(softmax(logits, axis=1), cnn.predict_proba(X), atol=1e-5)
    assert note == {
        "classes": [0, 1, 2],
        "mean": None,
        "scale": None,
        "resize": [8, 8],
        "probabilities": "softmax",
        "features": [],
        "loader": None,
        "sample_rate": None,
    }


def test_a_graph_that_computes_something_else_is_not_handed_over(network, tmp_path, monkeypatch):
    import audiofeat.persistence.onnx as module

    def spoil(graph):
        weights = graph.graph.initializer[0]
        weights.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(weights) * 1.01, weights.name))

    rename = module._rename
    monkeypatch.setattr(module, "_rename", lambda graph: (spoil(graph), rename(graph)))
    with pytest.raises(RuntimeError, match=r"logits differ from those of Keras by .* nothing was written"):
        export_onnx(network, tmp_path / "net.onnx")
    assert not any(tmp_path.iterdir())


def test_under_jax_the_way_out_is_told(network, tmp_path, monkeypatch):
    import audiofeat.persistence.onnx as module

    keras = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "jax"))
    monkeypatch.setattr(module, "load_keras", lambda by: keras)
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(RuntimeError, match=r"Keras runs on jax\. Save the model.*KERAS_BACKEND=tensorflow or torch"):
        export_onnx(network, tmp_path / "net.onnx")
    assert not any(tmp_path.iterdir())


def test_a_network_trained_under_jax_is_exported_here(calls, network, tmp_path):
    if find_spec("jax") is None:
        pytest.skip("jax is not installed: there is no network trained under it")
    (tmp_path / "model.pickle").write_bytes(pickle.dumps((clone(network), calls.data, calls.target)))
    code = (
        "import pickle, sys; from audiofeat import save_model; import keras\n"
        "model, X, y = pickle.load(open(sys.argv[1], 'rb'))\n"
        "save_model(model.fit(X, y), sys.argv[2])\n"
        "assert keras.backend.backend() == 'jax'"
    )
    files = [str(tmp_path / name) for name in ("model.pickle", "model.joblib")]
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, "-c", code, *files], capture_output=True, check=True, env=environment)
    assert export_onnx(load_model(files[1]), tmp_path / "net.onnx") < 1e-5


def test_refuses_what_has_no_network(classical, network, tmp_path):
    with pytest.raises(TypeError, match="a Pipeline with 0 networks; expected a CNNClassifier"):
        export_onnx(classical, tmp_path / "net.onnx")
    for model in (clone(network), CNNClassifier()):
        with pytest.raises(NotFittedError, match=r"that is not fitted\. Call fit first"):
            export_onnx(model, tmp_path / "net.onnx")
