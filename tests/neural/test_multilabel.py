"""Labels that go together: an indicator matrix in, an indicator matrix out."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import cross_val_predict
from sklearn.utils import get_tags

from audiofeat.neural import CNNClassifier

from .architectures_of_users import linear


@pytest.fixture(scope="module")
def tags():
    """Forty noisy maps, each with any of three bright bands."""
    rng = np.random.default_rng(0)
    Y = rng.integers(0, 2, size=(40, 3))
    X = rng.normal(size=(40, 12, 8)).astype(np.float32)
    X += 3 * np.repeat(Y, 4, axis=1)[:, :, np.newaxis]
    return X, Y


@pytest.fixture(scope="module")
def tagger():
    return CNNClassifier(linear, epochs=12, learning_rate=0.03, augmentation=None, random_state=0)


@pytest.fixture(scope="module")
def fitted_tagger(tagger, tags):
    return clone(tagger).fit(*tags)


def test_learns_each_label(fitted_tagger, tags):
    X, Y = tags
    predicted = fitted_tagger.predict(X)
    assert predicted.shape == Y.shape
    assert predicted.dtype.kind == "i"
    assert f1_score(Y, predicted, average="macro") > 0.95
    assert fitted_tagger.multilabel_
    np.testing.assert_array_equal(fitted_tagger.classes_, [0, 1, 2])


def test_probabilities_are_independent_and_agree_with_predict(fitted_tagger, tags):
    X, _ = tags
    probabilities = fitted_tagger.predict_proba(X)
    assert probabilities.shape == (40, 3)
    np.testing.assert_array_equal(probabilities > 0.5, fitted_tagger.predict(X))
    np.testing.assert_array_equal(fitted_tagger.decision_function(X) > 0, fitted_tagger.predict(X))
    assert np.ptp(probabilities.sum(axis=1)) > 1


def test_score_is_the_share_of_clips_with_every_label_right(tagger, tags):
    X, Y = tags
    short = clone(tagger).set_params(epochs=3).fit(X, Y)
    assert 0 < short.score(X, Y) == accuracy_score(Y, short.predict(X)) < 1
    assert short.score(X, Y) == (short.predict(X) == Y).all(axis=1).mean()


def test_history_tells_the_same_accuracy(tagger, tags):
    X, Y = tags
    model = clone(tagger).set_params(epochs=2).fit(X, Y, X_val=X[:20], y_val=Y[:20])
    kept = model.history_[model.best_epoch_ - 1]
    assert kept["val_accuracy"] == model.score(X[:20], Y[:20])


@pytest.mark.parametrize("convert", [sparse.csr_matrix, lambda Y: Y.astype(bool), lambda Y: Y.tolist()])
def test_forms_of_an_indicator_matrix(fitted_tagger, tagger, tags, convert):
    X, Y = tags
    again = clone(tagger).fit(X, convert(Y))
    np.testing.assert_array_equal(again.predict_proba(X), fitted_tagger.predict_proba(X))


def test_one_column_is_a_binary_problem(tagger, tags):
    from sklearn.exceptions import DataConversionWarning

    X, Y = tags
    with pytest.warns(DataConversionWarning, match="column-vector"):
        model = clone(tagger).set_params(epochs=1).fit(X, Y[:, :1])
    assert not model.multilabel_
    assert model.predict(X).shape == (40,)


def test_held_out_clips_have_the_labels_in_proportion(tagger, tags):
    X, Y = tags
    model = clone(tagger).set_params(validation_fraction=0.25, epochs=2).fit(X, Y)
    assert "val_loss" in model.history_[0]


def test_weights_of_labels_and_of_clips(tagger, tags):
    """A label whose presence weighs more is found more often, and the others stay; weights of clips scale the loss."""
    X, Y = tags
    # A label that cannot be heard.
    Y = np.column_stack([np.arange(40) % 2, Y[:, 1:]])
    plain = clone(tagger).fit(X, Y).predict_proba(X)
    eager = clone(tagger).set_params(class_weight=[{1: 10}, {}, {}]).fit(X, Y).predict_proba(X)
    assert eager[:, 0].mean() > plain[:, 0].mean() + 0.1
    np.testing.assert_allclose(eager[:, 1:], plain[:, 1:], atol=1e-5)
    weights = np.linspace(0.5, 1.5, 40)
    once = clone(tagger).set_params(class_weight="balanced", epochs=2)
    weighed = clone(once).fit(X, Y, sample_weight=weights)
    scaled = clone(once).fit(X, Y, sample_weight=2 * weights)
    assert scaled.history_[0]["loss"] == pytest.approx(2 * weighed.history_[0]["loss"], rel=1e-4)


def test_copies_and_cross_validation(fitted_tagger, tagger, tags):
    X, Y = tags
    copied = pickle.loads(pickle.dumps(fitted_tagger))
    np.testing.assert_array_equal(copied.predict(X), fitted_tagger.predict(X))
    out_of_fold = cross_val_predict(clone(tagger), X, Y, cv=2, method="predict_proba")
    assert out_of_fold.shape == Y.shape


def test_tags(tagger):
    assert get_tags(tagger).classifier_tags.multi_label


def test_labels_of_validation_clips_must_have_the_columns(tagger, tags):
    X, Y = tags
    with pytest.raises(ValueError, match=r"y_val of shape \(5, 2\) for 5 clips"):
        clone(tagger).fit(X, Y, X_val=X[:5], y_val=Y[:5, :2])
