"""Going on with a network: warm starts, and training clips that come in pieces."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from audiofeat.neural import CNNClassifier
from audiofeat.neural.backend import load_keras

from .architectures_of_users import linear


@pytest.fixture
def short():
    return CNNClassifier(linear, epochs=3, learning_rate=0.02, random_state=0)


TRACED: list[tuple] = []


def counting(input_shape, n_outputs):
    """A network that notes each compilation."""
    import keras

    class Noting(keras.layers.Flatten):
        def call(self, inputs):
            TRACED.append(inputs.shape)
            return super().call(inputs)

    return keras.Sequential([keras.layers.Input(input_shape), Noting(), keras.layers.Dense(n_outputs)])


def weights(model):
    return model._network.weights()


def assert_same_network(first, second):
    for one, other in zip(weights(first), weights(second), strict=True):
        np.testing.assert_array_equal(one, other)


class TestWarmStart:
    def test_fit_goes_on_where_it_ended(self, short, maps):
        X, y = maps
        model = clone(short).set_params(warm_start=True).fit(X, y)
        before = model.history_
        model.fit(X, y)
        assert [entry["epoch"] for entry in model.history_] == [1, 2, 3, 4, 5, 6]
        assert model.history_[:3] == before
        assert model.history_[3]["loss"] < before[0]["loss"]
        # The schedule begins anew.
        assert model.history_[3]["learning_rate"] == before[0]["learning_rate"]

    def test_without_it_fit_begins_anew(self, short, maps):
        model = clone(short).fit(*maps)
        first = weights(model)
        model.fit(*maps)
        for one, other in zip(first, weights(model), strict=True):
            np.testing.assert_array_equal(one, other)
        assert len(model.history_) == 3

    def test_without_a_schedule_two_fits_are_one_long_one(self, short, maps):
        """State of the optimizer, order of the clips and draws of the augmenter go on."""
        settings = {"schedule": None, "warm_start": True}
        twice = clone(short).set_params(**settings).fit(*maps).fit(*maps)
        once = clone(short).set_params(**settings, epochs=6).fit(*maps)
        assert_same_network(once, twice)

    def test_a_pickle_goes_on_as_the_original_does(self, tiny, maps):
        """Dropout draws on, too."""
        model = clone(tiny).set_params(warm_start=True, epochs=2).fit(*maps)
        copied = pickle.loads(pickle.dumps(model))
        assert_same_network(model.fit(*maps), copied.fit(*maps))

    def test_state_of_the_optimizer_is_in_the_pickle_only_then(self, short, maps):
        cold = clone(short).fit(*maps)
        warm = clone(short).set_params(warm_start=True).fit(*maps)
        assert "training" not in cold._network.__getstate__()
        kept = warm._network.__getstate__()["training"]
        # Steps, and two moments of each weight.
        assert len(kept["variables"]) == 1 + 2 * len(weights(warm))

    def test_another_optimizer_begins_anew(self, short, maps):
        model = clone(short).set_params(warm_start=True).fit(*maps)
        model.set_params(optimizer="sgd").fit(*maps)
        assert len(model.history_) == 6

    def test_best_epoch_counts_on(self, short, maps):
        X, y = maps
        model = clone(short).set_params(warm_start=True)
        for _ in range(2):
            model.fit(X, y, X_val=X[:6], y_val=y[:6])
        assert model.best_epoch_ in (4, 5, 6)

    @pytest.mark.parametrize(
        ("parameters", "relabel", "message"),
        [
            ({}, {"low": "deep"}, "warm_start got the classes .* Use partial_fit"),
            ({"architecture_params": {"l2": 1.0}}, {}, "but its network was built with"),
        ],
    )
    def test_other_classes_or_networks_are_refused(self, short, maps, parameters, relabel, message):
        X, y = maps
        model = clone(short).set_params(warm_start=True, epochs=1).fit(X, y)
        model.set_params(**parameters)
        with pytest.raises(ValueError, match=message):
            model.fit(X, [relabel.get(label, label) for label in y])


class TestPieces:
    def test_pieces_teach_what_all_clips_do(self, short, maps):
        X, y = maps
        model = clone(short)
        for _ in range(6):
            for start in (0, 11, 22):
                piece = slice(start, start + 11)
                assert model.partial_fit(X[piece], y[piece], classes=np.unique(y)) is model
        assert model.score(X, y) > 0.9
        assert [entry["epoch"] for entry in model.history_] == list(range(1, 19))
        assert all(entry["learning_rate"] == pytest.approx(0.02) for entry in model.history_)

    def test_standardisation_is_that_of_all_pieces(self, short, maps):
        X, y = maps
        whole = clone(short).set_params(epochs=1).fit(X, y)
        pieces = clone(short).partial_fit(X[:7], y[:7], classes=np.unique(y)).partial_fit(X[7:], y[7:])
        np.testing.assert_allclose(pieces._scaler.mean_, whole._scaler.mean_, rtol=1e-6)
        np.testing.assert_allclose(pieces._scaler.scale_, whole._scaler.scale_, rtol=1e-6)

    def test_same_seed_same_network(self, short, maps):
        X, y = maps
        models = []
        for _ in range(2):
            model = clone(short)
            for start in range(0, 30, 10):
                model.partial_fit(X[start : start + 10], y[start : start + 10], classes=np.unique(y))
            models.append(model)
        assert_same_network(*models)

    def test_a_piece_may_lack_classes(self, short, maps):
        X, y = maps
        model = clone(short).partial_fit(X[y == "low"], y[y == "low"], classes=["low", "middle", "high"])
        np.testing.assert_array_equal(model.classes_, ["high", "low", "middle"])
        assert model.predict_proba(X).shape == (30, 3)

    def test_goes_on_after_fit_and_after_a_pickle(self, short, maps):
        X, y = maps
        model = pickle.loads(pickle.dumps(clone(short).fit(X, y)))
        before = weights(model)
        model.partial_fit(X, y)
        assert len(model.history_) == 4
        assert any((one != other).any() for one, other in zip(before, weights(model), strict=True))

    def test_one_compilation_for_pieces_of_any_size(self, short, maps):
        if load_keras(by="test").backend.backend() == "torch":
            pytest.skip("torch compiles nothing")
        X, y = maps
        model = clone(short).set_params(architecture=counting)
        model.partial_fit(X[:5], y[:5], classes=np.unique(y))
        TRACED.clear()
        for size in (20, 1, 30):
            model.partial_fit(X[:size], y[:size])
        assert not TRACED

    def test_labels_that_go_together_need_no_classes(self, short, rng):
        X, Y = rng.normal(size=(10, 4, 5)), rng.integers(0, 2, size=(10, 2))
        model = clone(short).partial_fit(X, Y).partial_fit(X[:3], Y[:3])
        assert model.predict(X).shape == (10, 2)

    def test_weights(self, short, maps):
        X, y = maps
        classes = np.unique(y)
        weighed = clone(short).set_params(class_weight={"low": 2.0})
        weighed.partial_fit(X[:9], y[:9], classes=classes, sample_weight=np.ones(9)).partial_fit(X[:2], y[:2])
        product = clone(short).partial_fit(X[:9], y[:9], classes=classes, sample_weight=1.0 + (y[:9] == "low"))
        product.partial_fit(X[:2], y[:2], sample_weight=1.0 + (y[:2] == "low"))
        assert_same_network(weighed, product)

    @pytest.mark.parametrize(
        ("parameters", "keywords", "message"),
        [
            ({}, {}, "classes must be passed on the first call to partial_fit"),
            ({}, {"classes": ["low"]}, "got one class only"),
            ({}, {"classes": []}, r"got classes=\[\]\. Pass clips of two or more classes"),
            ({}, {"classes": ["low", "middle"]}, r"among them \['high'\]; expected one of"),
            ({"class_weight": "balanced"}, {"classes": ["high", "low", "middle"]}, "knows one piece of the clips only"),
        ],
    )
    def test_what_cannot_be_learned_is_refused(self, short, maps, parameters, keywords, message):
        with pytest.raises(ValueError, match=message):
            clone(short).set_params(**parameters).partial_fit(*maps, **keywords)

    def test_other_classes_later_are_refused(self, short, maps):
        X, y = maps
        model = clone(short).partial_fit(X, y, classes=np.unique(y))
        with pytest.raises(ValueError, match="is not the same as on last call to partial_fit"):
            model.partial_fit(X, y, classes=["low", "loud"])
        with pytest.raises(ValueError, match=r"among them \['loud'\]"):
            model.partial_fit(X[:1], ["loud"])
