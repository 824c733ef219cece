"""CNNClassifier where scikit-learn expects a classifier."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_predict, learning_curve
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from audiofeat.neural import CNNClassifier

from .architectures_of_users import linear


@pytest.fixture
def quick():
    return CNNClassifier(linear, epochs=20, learning_rate=0.03, augmentation=None, random_state=0)


def test_calibration(quick, maps):
    X, y = maps
    calibrated = CalibratedClassifierCV(quick, cv=2).fit(X, y)
    probabilities = calibrated.predict_proba(X)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert calibrated.score(X, y) > 0.9


def test_voting(quick, maps):
    X, y = maps
    models = [("network", quick), ("prior", DummyClassifier(strategy="prior"))]
    assert VotingClassifier(models, voting="soft").fit(X, y).score(X, y) > 0.9


def test_permutation_importance(quick, rng):
    X = rng.normal(size=(80, 4))
    y = X[:, 2] > 0
    model = quick.set_params(learning_rate=0.3).fit(X, y)
    found = permutation_importance(model, X, y, n_repeats=2, random_state=0)
    assert found.importances_mean.argmax() == 2


def test_learning_curve(quick, maps):
    sizes, _, scores = learning_curve(
        quick, *maps, train_sizes=[0.5, 1.0], cv=2, shuffle=True, random_state=0, error_score="raise"
    )
    assert scores.shape == (2, 2)
    assert sizes[1] == 15
    assert scores[1].mean() > 0.9


def test_cross_val_predict(quick, maps):
    X, y = maps
    probabilities = cross_val_predict(quick, X, y, cv=3, method="predict_proba")
    assert (np.unique(y)[probabilities.argmax(axis=1)] == y).mean() > 0.9


def test_search_over_the_network_in_a_pipeline(maps):
    model = CNNClassifier(epochs=1, augmentation=None, random_state=0)
    pipe = Pipeline([("double", FunctionTransformer()), ("model", model)])
    search = GridSearchCV(pipe, {"model__filters": [(2,), (3,)]}, cv=2, error_score="raise").fit(*maps)
    assert search.best_estimator_[-1].model_.get_layer("conv_1").filters == search.best_params_["model__filters"][0]


@pytest.mark.parametrize(
    "names", [[False, True], [7, 3], ["dog", "cat"], np.array(["b", "a"], dtype=object), np.array([1, 0], dtype="i1")]
)
def test_kinds_of_labels(quick, maps, names):
    X, y = maps
    labels = np.asarray(names)[(y == "low").astype(int)]
    model = clone(quick).fit(X, labels)
    assert model.score(X, labels) > 0.9
    np.testing.assert_array_equal(model.classes_, np.unique(labels))
    assert model.classes_.dtype == labels.dtype
    assert model.predict(X).dtype == labels.dtype


def test_pandas_input_and_labels(quick, rng):
    pandas = pytest.importorskip("pandas")
    X = pandas.DataFrame(rng.normal(size=(30, 3)), columns=["a", "b", "c"])
    y = pandas.Series(np.where(X["b"] > 0, "up", "down"))
    quick.set_params(learning_rate=0.3)
    model = clone(quick).fit(X, y)
    assert model.feature_names_in_.tolist() == ["a", "b", "c"]
    assert model.score(X, y) > 0.9
    categories = y.astype("category")
    assert clone(quick).fit(X, categories).score(X, categories) > 0.9


@pytest.mark.parametrize("kind", ["list", "array", "tensors"])
def test_unequal_clips_are_refused_with_the_cure(quick, kind):
    clips = [np.zeros((4, 5), np.float32), np.zeros((4, 6), np.float32)]
    if kind == "tensors":
        from audiofeat.neural.backend import load_keras

        clips = [load_keras(by="test").ops.convert_to_tensor(clip) for clip in clips]
    elif kind == "array":
        ragged = np.empty(2, dtype=object)
        ragged[:] = clips
        clips = ragged
    with pytest.raises(ValueError, match=r"clips of unequal shape.*AudioLoader\(duration=\.\.\.\)"):
        quick.fit(clips, ["a", "b"])


def test_list_of_equal_tensors(quick, maps):
    from audiofeat.neural.backend import load_keras

    X, y = maps
    tensors = [load_keras(by="test").ops.convert_to_tensor(clip) for clip in X]
    np.testing.assert_array_equal(clone(quick).fit(tensors, y).predict(tensors), clone(quick).fit(X, y).predict(X))
