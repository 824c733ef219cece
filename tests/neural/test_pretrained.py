"""A trained network with new classes."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from audiofeat.neural import CNNClassifier

from .architectures_of_users import linear, nested


@pytest.fixture(scope="module")
def new_clips(maps):
    """Twelve maps of two classes that the network was not trained on."""
    X, y = maps
    return X[:12] * 2 + 1, np.where(y[:12] == "low", "below", "above")


def body(model):
    return model._network.weights()[:-2]


@pytest.fixture
def tuned():
    def make(source, **parameters):
        return CNNClassifier(pretrained=source, epochs=2, augmentation=None, random_state=0, **parameters)

    return make


def test_head_is_new_and_the_body_stays(fitted, tuned, new_clips):
    X, y = new_clips
    model = tuned(fitted).fit(X, y)
    for old, kept in zip(body(fitted), body(model), strict=True):
        np.testing.assert_array_equal(old, kept)
    np.testing.assert_array_equal(model.classes_, ["above", "below"])
    assert model.predict_proba(X).shape == (12, 2)
    assert model._scaler.mean_ is fitted._scaler.mean_


@pytest.mark.parametrize(("trainable", "changed"), [("head", []), (1, ["frequency_weights"]), (2, None), ("all", None)])
def test_how_much_is_trained(fitted, tuned, new_clips, trainable, changed):
    model = tuned(fitted, trainable=trainable).fit(*new_clips)
    names = {layer.name for layer in model.model_.layers if layer.weights}
    moved = set()
    for layer in fitted.model_.layers:
        new = model.model_.get_layer(layer.name)
        if any(
            (a != b).any() for a, b in zip(layer.get_weights(), new.get_weights(), strict=False) if a.shape == b.shape
        ):
            moved.add(layer.name)
    assert moved - {"logits"} == (names - {"logits"} if changed is None else set(changed))
    trained = {row["name"] for row in model._layers if row["trained"]}
    assert trained == (names if changed is None else {"logits", *changed})


def test_a_new_head_tells_what_the_old_body_hears(fitted, maps, tuned):
    X, y = maps
    model = tuned(fitted, learning_rate=0.05).set_params(epochs=30)
    assert model.fit(X, np.where(y == "low", 1, 0)).score(X, y == "low") > 0.9


def test_pretrained_is_never_changed(fitted, tuned, new_clips, maps):
    before = pickle.dumps(fitted)
    model = tuned(fitted, trainable="all").fit(*new_clips)
    model.partial_fit(*new_clips)
    assert pickle.dumps(fitted) == before
    assert model.pretrained is fitted


def test_pretrained_survives_clone_and_searches(fitted, tuned, new_clips):
    model = tuned(fitted)
    assert clone(model).pretrained is fitted
    assert clone(make_pipeline(FunctionTransformer(), model))[-1].pretrained is fitted
    search = GridSearchCV(model, {"trainable": ["head"]}, cv=2, error_score="raise").fit(*new_clips)
    assert search.best_estimator_.pretrained is fitted


def test_candidates_of_a_search_are_frozen(fitted, tuned, new_clips):
    with pytest.raises(NotFittedError, match=r"the path of a fitted one, or sklearn\.frozen\.FrozenEstimator"):
        GridSearchCV(tuned(None), {"pretrained": [fitted]}, cv=2, error_score="raise").fit(*new_clips)
    grid = {"pretrained": [FrozenEstimator(fitted), None]}
    search = GridSearchCV(tuned(None), grid, cv=2, refit=False, error_score="raise").fit(*new_clips)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_file_or_what_wraps_a_network_will_do(fitted, tuned, new_clips, tmp_path):
    X, y = new_clips
    pipe = make_pipeline(FunctionTransformer(), fitted)
    joblib.dump(pipe, tmp_path / "digits.joblib")
    expected = tuned(fitted).fit(X, y).predict_proba(X)
    for source in (pipe, tmp_path / "digits.joblib", str(tmp_path / "digits.joblib")):
        np.testing.assert_array_equal(tuned(source).fit(X, y).predict_proba(X), expected)


def test_a_path_keeps_the_pickle_small(fitted, tuned, new_clips, tmp_path):
    joblib.dump(fitted, tmp_path / "digits.joblib")
    with_object = tuned(fitted).fit(*new_clips)
    with_path = tuned(tmp_path / "digits.joblib").fit(*new_clips)
    assert len(pickle.dumps(with_path)) < 0.7 * len(pickle.dumps(with_object))


def test_training_goes_on_from_what_was_tuned(fitted, tuned, new_clips):
    """First the head, then everything: gradual unfreezing."""
    model = tuned(fitted, warm_start=True).fit(*new_clips)
    head = body(model)
    model.set_params(trainable="all").fit(*new_clips)
    assert len(model.history_) == 4
    assert any((a != b).any() for a, b in zip(head, body(model), strict=True))


def test_pieces_of_new_classes(fitted, tuned, new_clips):
    X, y = new_clips
    model = tuned(fitted).partial_fit(X[:5], y[:5], classes=["above", "below"]).partial_fit(X[5:], y[5:])
    np.testing.assert_array_equal(model._scaler.mean_, fitted._scaler.mean_)


def test_resize_of_the_trained_network_is_kept(tiny, maps, tuned):
    X, y = maps
    source = clone(tiny).set_params(resize=(6, 8), epochs=1).fit(X, y)
    model = tuned(source).fit(np.repeat(X, 2, axis=2), y)
    assert model.resize_ == (6, 8)
    assert model.input_shape_ == (6, 8, 1)


def test_other_lengths_need_resize(fitted, maps, tuned):
    X, y = maps
    longer = np.repeat(X, 2, axis=2)
    with pytest.raises(ValueError, match=r"reads \(12, 16, 1\)\. Use the extractor .* or set resize=\(12, 16\)\.$"):
        tuned(fitted).fit(longer, y)
    assert tuned(fitted, resize=(12, 16)).fit(longer, y).input_shape_ == (12, 16, 1)


def test_other_channels_cannot_be_cured_by_resize(fitted, maps, tuned):
    X, y = maps
    with pytest.raises(ValueError, match=r"shape \(12, 16, 2\).*that it was trained with\.$"):
        tuned(fitted).fit(np.stack([X, X], axis=-1), y)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"filters": (3,)}, "filters"),
        ({"standardize": False}, "standardize=False"),
        ({"dropout": 0.1}, "dropout"),
        ({"architecture": "resnet"}, "architecture='resnet'"),
        ({"architecture": linear}, "architecture=<function linear at .*>"),
    ],
)
def test_parameters_of_the_body_are_refused(fitted, tuned, new_clips, parameters, name):
    with pytest.raises(ValueError, match=f"got {name} beside pretrained"):
        tuned(fitted, **parameters).fit(*new_clips)


def test_more_blocks_than_there_are_are_refused(fitted, tuned, new_clips):
    with pytest.raises(ValueError, match=r"trainable=99 for a pretrained network with 2 blocks .* at most 2, or 'all'"):
        tuned(fitted, trainable=99).fit(*new_clips)


def test_what_is_no_trained_network_is_refused(tiny, tuned, new_clips, maps, tmp_path):
    X, y = maps
    with pytest.raises(NotFittedError, match=r"an unfitted CNNClassifier as pretrained\. Fit it first"):
        tuned(tiny).fit(*new_clips)
    with pytest.raises(TypeError, match="a SVC as pretrained; expected a fitted CNNClassifier"):
        tuned(SVC().fit(X.reshape(30, -1), y)).fit(*new_clips)
    with pytest.raises(FileNotFoundError, match="which is no file"):
        tuned(tmp_path / "nothing.joblib").fit(*new_clips)
    (tmp_path / "text.joblib").write_text("no model")
    with pytest.raises(ValueError, match="which joblib cannot load"):
        tuned(tmp_path / "text.joblib").fit(*new_clips)


def test_network_without_a_dense_end_is_refused(maps, new_clips, tuned):
    source = CNNClassifier(_ending_in_a_reshape, epochs=1, random_state=0).fit(*maps)
    with pytest.raises(ValueError, match=r"ends in a layer Reshape .* expected a Dense layer"):
        tuned(source).fit(*new_clips)


@pytest.mark.parametrize(("architecture", "trainable"), [(linear, "all"), (nested, 1)])
def test_networks_of_users(architecture, trainable, maps, new_clips, tuned):
    source = CNNClassifier(architecture, epochs=1, random_state=0).fit(*maps)
    assert tuned(source, trainable=trainable).fit(*new_clips).predict(new_clips[0]).shape == (12,)


def test_a_fit_and_a_loaded_network_do_not_wait_for_each_other(fitted, maps):
    """Both build networks, and building is for one thread at a time."""
    X, y = maps
    state = pickle.dumps(fitted)
    expected = fitted.predict_proba(X)

    def predict(_):
        return pickle.loads(state).predict_proba(X)

    def tune(_):
        return CNNClassifier(pretrained=pickle.loads(state), epochs=1, random_state=0).fit(X, y)

    with ThreadPoolExecutor(4) as pool:
        tuned, predicted = pool.map(tune, range(2)), pool.map(predict, range(2))
        assert all(len(model.history_) == 1 for model in tuned)
        for probabilities in predicted:
            np.testing.assert_allclose(probabilities, expected, atol=1e-7)


def _ending_in_a_reshape(input_shape, n_outputs):
    import keras

    model = linear(input_shape, n_outputs)
    return keras.Sequential([*model.layers, keras.layers.Reshape((n_outputs,))])
