"""A network in ONNX, for programs without Python or Keras."""

import json
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from sklearn.exceptions import NotFittedError

from audiofeat._optional import need
from audiofeat._sklearn import whole_repr
from audiofeat._version import __version__
from audiofeat.neural.backend import load_keras
from audiofeat.persistence.anatomy import anatomy
from audiofeat.persistence.files import writing

__all__ = ["export_onnx"]

# How far logits may be apart, relative to the largest of them or to 1.
_TOLERANCE = 1e-4
_N_CHECKED = 7


def export_onnx(model, path, *, opset=None):
    """Write the network of a fitted model as an ONNX file, compared with the network before it is handed over.

    For phones, browsers and programs in other languages. Only the network goes into the graph: loading, features, resizing
    and standardising are the caller's, and what they need is in the file's metadata.

    Parameters
    ----------
    model : CNNClassifier or Pipeline
        A fitted network, or a pipeline with one.
    path : path-like
        The file. An existing one is replaced, whole or not at all.
    opset : int or None, default=None
        Version of the ONNX operators. None leaves it to Keras' exporter.

    Returns
    -------
    float
        Largest difference found between the logits of onnxruntime and those of Keras.

    Raises
    ------
    TypeError
        If there is not exactly one network in the model.
    NotFittedError
        If the network is not fitted.
    RuntimeError
        If the backend cannot export the network, or the exported graph gives other logits, by more than 1e-4 of the
        largest; then no file is written.
    MissingExtraError
        Without the extra ``onnx``.

    Notes
    -----
    The graph takes ``maps``, float32 ``(n_clips, n_bins, n_frames, n_channels)``, and gives ``logits``,
    ``(n_clips, n_classes)``. The metadata entry ``audiofeat`` is JSON: ``classes``; ``probabilities``, how logits become
    them, "softmax", or "sigmoid" where several labels may be right; ``mean`` and ``scale``, which standardise each bin as
    ``(maps - mean) / scale``, ``(n_bins, n_channels)``, or null; ``resize``, the size ``(n_bins, n_frames)`` that maps are
    brought to first, bilinearly between pixel centres, or null; ``features`` and ``loader`` as code; and ``sample_rate``
    [Hz].

    Under TensorFlow, Keras exports through tf2onnx, under torch through torch's own exporter.

    Examples
    --------
    >>> from audiofeat import export_onnx, load_model
    >>> export_onnx(load_model("calls.skops"), "calls.onnx")  # doctest: +SKIP
    2.4e-07
    """
    onnx = need("onnx", extra="onnx", by="export_onnx")
    runtime = need("onnxruntime", extra="onnx", by="export_onnx")
    network = _the_network(model)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "network.onnx"
        _export(network, draft, opset)
        graph = onnx.load(draft)
    _rename(graph)
    _describe(graph, model, network)
    content = graph.SerializeToString()
    difference = _compare(runtime, content, network)
    with writing(path) as file:
        file.write(content)
    return difference


def _the_network(model):
    networks = anatomy(model).networks
    if len(networks) == 1:
        return networks[0]
    if hasattr(model, "get_params") and not networks and any("CNN" in repr(type(v)) for v in [model, *_steps(model)]):
        raise NotFittedError(f"export_onnx got a {type(model).__name__} that is not fitted. Call fit first.")
    raise TypeError(
        f"export_onnx got a {type(model).__name__} with {len(networks)} networks; expected a CNNClassifier, or a pipeline "
        "with one."
    )


def _steps(model):
    return model.get_params(deep=True).values()


def _export(network, draft: Path, opset) -> None:
    keras = load_keras(by="export_onnx")
    backend = keras.backend.backend()
    if backend == "tensorflow":
        need("tf2onnx", extra="onnx", by="export_onnx under TensorFlow")
    elif backend == "torch":
        need("onnxscript", extra="onnx", by="export_onnx under torch")
    elif find_spec("jax2onnx") is None:
        raise RuntimeError(
            f"export_onnx exports under TensorFlow and torch, and here Keras runs on {backend}. Save the model, and export "
            "it in a process with KERAS_BACKEND=tensorflow or torch in the environment: it is the same network there."
        )
    try:
        with warnings.catch_warnings():
            # Deprecations inside the exporters are for their maintainers.
            warnings.simplefilter("ignore")
            # Keras exports what has been called once, which a network from a file has not.
            network.model_(np.zeros((1, *network.input_shape_), dtype=np.float32), training=False)
            network.model_.export(str(draft), format="onnx", verbose=False, opset_version=opset)
    except Exception as exc:
        raise RuntimeError(
            f"export_onnx cannot export this network under {backend} ({type(exc).__name__}: {exc}). Load the model under "
            "another backend, with KERAS_BACKEND=tensorflow or torch in the environment: a saved model works on each."
        ) from exc


def _rename(graph) -> None:
    """Give input, output and the axis of clips the names that are promised."""
    old_input, old_output = graph.graph.input[0].name, graph.graph.output[0].name
    new = {old_input: "maps", old_output: "logits"}
    for node in graph.graph.node:
        for names in (node.input, node.output):
            for i, name in enumerate(names):
                names[i] = new.get(name, name)
    for value in (*graph.graph.input, *graph.graph.output, *graph.graph.value_info):
        value.name = new.get(value.name, value.name)
    for value in (graph.graph.input[0], graph.graph.output[0]):
        value.type.tensor_type.shape.dim[0].dim_param = "n_clips"


def _describe(graph, model, network) -> None:
    """Write down what has to happen around the graph."""
    loader, features, _ = anatomy(model)
    scaler = network._scaler
    sample_rate = next((part.sample_rate_ for part in (loader, *features) if part is not None), None)
    note = {
        "classes": network.classes_.tolist(),
        "mean": None if scaler is None else scaler.mean_.tolist(),
        "scale": None if scaler is None else scaler.scale_.tolist(),
        "resize": None if network.resize_ is None else list(network.resize_),
        "probabilities": "sigmoid" if network.multilabel_ else "softmax",
        "features": [whole_repr(feature) for feature in features],
        "loader": None if loader is None else whole_repr(loader),
        "sample_rate": sample_rate,
    }
    graph.producer_name, graph.producer_version = "audiofeat", __version__
    entry = graph.metadata_props.add()
    entry.key, entry.value = "audiofeat", json.dumps(note)


def _compare(runtime, content: bytes, network) -> float:
    """Run both on random maps, several at once and one alone; refuse a graph that gives other logits."""
    maps = np.random.default_rng(0).normal(size=(_N_CHECKED, *network.input_shape_)).astype(np.float32)
    expected = network._network.logits(maps)
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    together = session.run(["logits"], {"maps": maps})[0]
    alone = session.run(["logits"], {"maps": maps[:1]})[0]
    difference = max(float(np.abs(together - expected).max()), float(np.abs(alone - expected[:1]).max()))
    if not difference <= _TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise RuntimeError(
            f"export_onnx got a graph whose logits differ from those of Keras by {difference:g}, so nothing was written. "
            "Export under another backend: KERAS_BACKEND=tensorflow or torch in the environment."
        )
    return difference
