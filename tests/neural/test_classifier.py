import copy
import json
import pickle
import random

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from audiofeat.neural import CNNClassifier, SpectrogramAugmenter
from audiofeat.neural.backend import load_keras

from .architectures_of_users import ending_in_softmax, linear, of_one_output


def _weights(model):
    return model.model_.get_weights()


class TestLearning:
    def test_learns_bands(self, fitted, maps):
        X, y = maps
        assert fitted.score(X, y) == 1.0

    def test_probabilities_sum_to_one_and_agree_with_predict(self, fitted, maps):
        X, _ = maps
        probabilities = fitted.predict_proba(X)
        assert probabilities.shape == (30, 3)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-12)
        np.testing.assert_array_equal(fitted.classes_[probabilities.argmax(axis=1)], fitted.predict(X))

    def test_decision_function_is_the_logarithm_of_the_odds(self, fitted, maps):
        X, _ = maps
        probabilities, logits = fitted.predict_proba(X), fitted.decision_function(X)
        np.testing.assert_allclose(
            np.diff(logits, axis=1), np.diff(np.log(probabilities), axis=1), rtol=1e-6, atol=1e-6
        )

    def test_a_clip_stands_alone(self, fitted, maps):
        X, _ = maps
        alone = np.concatenate([fitted.predict_proba(X[[row]]) for row in range(len(X))])
        np.testing.assert_allclose(alone, fitted.predict_proba(X), atol=1e-6)

    def test_channels(self, tiny, maps):
        X, y = maps
        stereo = np.stack([X, np.zeros_like(X)], axis=-1)
        model = clone(tiny).fit(stereo, y)
        assert model.input_shape_ == (12, 16, 2)
        assert model.score(stereo, y) > 0.9

    def test_resize_takes_clips_of_another_length(self, tiny, maps):
        X, y = maps
        model = clone(tiny).set_params(resize=(6, 8)).fit(X, y)
        assert model.model_.input_shape == (None, 6, 8, 1)
        assert model.score(np.repeat(X, 2, axis=2), y) > 0.9

    def test_other_offsets_and_units_of_the_input_make_no_difference(self, fitted, tiny, maps):
        X, y = maps
        # A power of two scales exactly.
        scaled = clone(tiny).fit(X * 4, y)
        np.testing.assert_allclose(scaled.predict_proba(X * 4), fitted.predict_proba(X), atol=1e-4)

    def test_history_is_plain_data(self, fitted):
        assert json.loads(json.dumps(fitted.history_)) == fitted.history_
        assert [entry["epoch"] for entry in fitted.history_] == list(range(1, 9))
        assert set(fitted.history_[0]) == {"epoch", "loss", "accuracy", "learning_rate", "seconds"}
        assert fitted.history_[-1]["loss"] < fitted.history_[0]["loss"]
        assert fitted.best_epoch_ is None

    def test_progress_is_one_line_an_epoch(self, tiny, maps, capsys):
        clone(tiny).set_params(epochs=2, verbose=1).fit(*maps)
        said = capsys.readouterr().out
        assert "Epoch 1/2" in said
        assert "\b" not in said

    def test_tags(self, tiny):
        tags = get_tags(tiny)
        assert tags.input_tags.three_d_array
        assert not tags.non_deterministic
        assert get_tags(CNNClassifier()).non_deterministic


class TestRandomness:
    def test_same_seed_same_network(self, fitted, tiny, maps):
        again = clone(tiny).fit(*maps)
        for first, second in zip(_weights(fitted), _weights(again), strict=True):
            np.testing.assert_array_equal(first, second)

    def test_worker_process_trains_the_same_network(self, fitted, tiny, maps):
        from joblib import Parallel, delayed

        X, y = maps
        (elsewhere,) = Parallel(n_jobs=2)([delayed(clone(tiny).fit)(X, y)])
        np.testing.assert_array_equal(elsewhere.predict_proba(X), fitted.predict_proba(X))

    def test_other_seed_other_network(self, fitted, tiny, maps):
        other = clone(tiny).set_params(random_state=1, epochs=1).fit(*maps)
        assert not np.array_equal(_weights(fitted)[0], _weights(other)[0])

    def test_generators_of_the_caller_are_left_alone(self, tiny, maps):
        keras = load_keras(by="test")
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.random.set_seed(3)
            expected = float(tf.random.uniform(()))
            tf.random.set_seed(3)
        before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
        clone(tiny).set_params(epochs=1).fit(*maps).predict(maps[0])
        assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
        if keras.backend.backend() == "tensorflow":
            assert float(tf.random.uniform(())) == expected


class TestWeights:
    def test_class_weight_and_sample_weight_multiply(self, tiny, maps):
        X, y = maps
        short = clone(tiny).set_params(epochs=2)
        sample_weight = np.linspace(0.5, 1.5, len(y))
        both = clone(short).set_params(class_weight={"high": 3.0}).fit(X, y, sample_weight=sample_weight)
        product = clone(short).fit(X, y, sample_weight=sample_weight * np.where(y == "high", 3.0, 1.0))
        np.testing.assert_array_equal(both.predict_proba(X), product.predict_proba(X))

    def test_weights_that_are_all_zero_are_refused(self, tiny, maps):
        X, y = maps
        with pytest.raises(ValueError, match="weights that are all zero"):
            clone(tiny).set_params(class_weight=dict.fromkeys(y, 0)).fit(X, y)


class TestValidation:
    def test_best_epoch_is_kept(self, tiny, maps):
        X, y = maps
        X_val, y_val = X[::2], y[::2]
        # A step so long that the loss jumps about.
        model = clone(tiny).set_params(learning_rate=0.5, schedule=None, epochs=6)
        model.fit(X, y, X_val=X_val, y_val=y_val)
        losses = [entry["val_loss"] for entry in model.history_]
        assert model.best_epoch_ == np.argmin(losses) + 1
        kept = -np.log(model.predict_proba(X_val)[np.arange(15), np.searchsorted(model.classes_, y_val)]).mean()
        assert kept == pytest.approx(min(losses), rel=1e-4, abs=1e-6)

    def test_patience_ends_training(self, tiny, maps):
        X, y = maps
        model = clone(tiny).set_params(validation_fraction=0.3, patience=2, epochs=12, optimizer=_standing_still)
        # Nothing is learned, so every later epoch is as bad as the first.
        assert len(model.fit(X, y).history_) <= 4

    def test_held_out_groups_are_not_trained_on(self, tiny, maps):
        X, y = maps
        groups = np.repeat(np.arange(10), 3)
        model = clone(tiny).set_params(validation_fraction=0.2, epochs=1).fit(X, y, groups=groups)
        assert "val_accuracy" in model.history_[0]

    def test_validation_clips_through_a_pipeline(self, tiny, maps):
        X, y = maps
        shift = FunctionTransformer(np.negative)
        with sklearn.config_context(enable_metadata_routing=True):
            model = clone(tiny).set_params(epochs=1).set_fit_request(X_val=True, y_val=True)
            pipe = Pipeline([("shift", shift), ("model", model)], transform_input=["X_val"])
            pipe.fit(X, y, X_val=X, y_val=y)
            direct = clone(tiny).set_params(epochs=1).fit(-X, y, X_val=-X, y_val=y)
        assert pipe[-1].history_[0]["val_loss"] == direct.history_[0]["val_loss"]

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"y_val": None}, "only one of X_val and y_val"),
            ({"y_val": ["low", "middle"]}, r"y_val of shape \(2,\) for 3 clips"),
            ({"y_val": ["low", "bass", "low"]}, r"labels in y_val that are not in y: \['bass'\]"),
        ],
    )
    def test_validation_clips_that_do_not_fit_are_refused(self, tiny, maps, changes, message):
        X, y = maps
        with pytest.raises(ValueError, match=message):
            clone(tiny).fit(X, y, **{"X_val": X[:3], "y_val": y[:3], **changes})


class TestParameters:
    def test_architecture_parameters_can_be_searched(self, tiny, maps):
        search = GridSearchCV(clone(tiny).set_params(epochs=1), {"filters": [(2,), (3,)]}, cv=2).fit(*maps)
        assert search.best_estimator_.model_.get_layer("conv_1").filters == search.best_params_["filters"][0]

    def test_function_of_the_user_with_its_parameters(self, maps):
        X, y = maps
        model = CNNClassifier(linear, architecture_params={"l2": 0.01}, epochs=20, learning_rate=0.05, random_state=0)
        assert model.fit(X, y).score(X, y) > 0.9

    def test_callbacks_are_copied_for_each_fit(self, tiny, maps):
        keras = load_keras(by="test")
        stop = keras.callbacks.EarlyStopping(monitor="loss", patience=1, min_delta=1e3)
        model = clone(tiny).set_params(callbacks=[stop])
        # Nothing improves by a thousand, so training ends after the first epoch that did not.
        assert [len(model.fit(*maps).history_) for _ in range(2)] == [2, 2]
        assert model.callbacks[0] is stop
        assert stop.model is None

    def test_optimizer_is_not_touched(self, tiny, maps):
        keras = load_keras(by="test")
        optimizer = keras.optimizers.SGD(0.05)
        clone(tiny).set_params(optimizer=optimizer, epochs=1).fit(*maps)
        assert not optimizer.built

    def test_parameters_are_as_given_after_fit(self, tiny, maps):
        model = clone(tiny).set_params(augmentation=SpectrogramAugmenter(), epochs=1)
        before = model.get_params()
        assert model.fit(*maps).get_params() == before

    @pytest.mark.parametrize(
        ("parameters", "message"),
        [
            ({"architecture": "large"}, "The 'architecture' parameter of CNNClassifier"),
            ({"epochs": 0}, "The 'epochs' parameter of CNNClassifier"),
            ({"resize": (32,)}, r"resize=\(32,\); expected the number of bins and of frames"),
            ({"architecture": lambda shape, n: None}, "got a lambda as architecture, which cannot be pickled"),
            ({"architecture": of_one_output, "filters": None}, r"outputs of shape \(1,\); expected \(3,\)"),
            ({"architecture": ending_in_softmax, "filters": None}, "ends in probabilities; expected logits"),
            ({"architecture_params": {"filters": (3,)}}, "filters both as a parameter and in architecture_params"),
            ({"augmentation": SpectrogramAugmenter(freq_mask=2)}, "The 'freq_mask' parameter"),
            ({"optimizer": lambda: None}, "got a lambda as optimizer, which cannot be pickled"),
            ({"filters": (4, -1)}, r"filters=\(4, -1\); expected positive integers, one a block, such as \(16, 32\)"),
            ({"filters": (4.5,)}, r"filters=\(4\.5,\); expected positive integers"),
            ({"filters": ("a",)}, r"filters=\('a',\); expected positive integers"),
            ({"filters": ()}, r"filters=\(\); expected positive integers"),
            ({"filters": (True,)}, r"filters=\(True,\); expected positive integers"),
            (
                {"filters": None, "architecture_params": {"filters": (0,)}},
                r"filters=\(0,\); expected positive integers",
            ),
            ({"architecture_params": {"dropout": 3}}, r"dropout=3; expected a number from 0 to 1"),
            (
                {"architecture": "resnet", "architecture_params": {"blocks": 0}},
                r"blocks=0; expected a positive integer",
            ),
            (
                {"architecture_params": {"foo": 1}},
                r"'foo', which the architecture 'small' does not take; it takes filters, dropout\.",
            ),
            (
                {"architecture": linear},
                r"'filters', which the architecture linear does not take; it takes l2\.",
            ),
            (
                {"architecture": of_one_output, "filters": None, "architecture_params": {1: 2}},
                r"1, which the architecture of_one_output does not take; it takes nothing further\.",
            ),
        ],
    )
    def test_bad_parameters_are_refused(self, tiny, maps, parameters, message):
        with pytest.raises(ValueError, match=message):
            clone(tiny).set_params(**parameters).fit(*maps)

    def test_callbacks_are_objects_that_keras_can_call(self, tiny, maps):
        callbacks = load_keras(by="test").callbacks
        for callback, message in (
            (callbacks.TerminateOnNaN, r"the class TerminateOnNaN among callbacks; .*TerminateOnNaN\(\)"),
            (3, r"int among callbacks; expected keras\.callbacks\.Callback objects.*set_callbacks"),
        ):
            with pytest.raises(TypeError, match=message):
                clone(tiny).set_params(callbacks=[callback]).fit(*maps)

    def test_lambdas_in_callbacks_are_called(self, tiny, maps):
        heard = []
        callback = load_keras(by="test").callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: heard.append(epoch))
        clone(tiny).set_params(callbacks=[callback], epochs=2).fit(*maps)
        assert heard == [0, 1]

    def test_functions_with_a_name_may_be_callbacks(self, tiny, maps):
        callback = load_keras(by="test").callbacks.LambdaCallback(on_epoch_end=_heard)
        model = clone(tiny).set_params(callbacks=[callback], epochs=1).fit(*maps)
        assert pickle.loads(pickle.dumps(model)).history_ == model.history_


class TestBadInput:
    def test_clips_of_unequal_length(self, tiny):
        with pytest.raises(ValueError, match=r"clips of unequal shape.*AudioLoader\(duration=\.\.\.\)"):
            clone(tiny).fit([np.zeros((4, 5)), np.zeros((4, 6))], ["a", "b"])

    def test_one_class(self, tiny, maps):
        with pytest.raises(ValueError, match="got one class only, 'low'"):
            clone(tiny).fit(maps[0], ["low"] * 30)

    def test_other_length_than_in_fit(self, fitted, maps):
        with pytest.raises(ValueError, match=r"maps of shape \(12, 15, 1\).*was fitted on \(12, 16, 1\)"):
            fitted.predict(maps[0][:, :, 1:])

    def test_five_axes(self, tiny):
        with pytest.raises(ValueError, match=r"array of shape \(2, 3, 4, 5, 6\)"):
            clone(tiny).fit(np.zeros((2, 3, 4, 5, 6)), ["a", "b"])

    def test_loss_that_is_not_finite(self, tiny, maps):
        with pytest.raises(ValueError, match=r"loss became (nan|inf) in epoch \d+\. Lower learning_rate"):
            clone(tiny).set_params(learning_rate=1e38, optimizer="sgd", schedule=None).fit(*maps)

    def test_before_fit(self, tiny, maps):
        model = clone(tiny)
        for use in (model.predict, model.predict_proba, model.decision_function):
            with pytest.raises(NotFittedError):
                use(maps[0])
        with pytest.raises(NotFittedError):
            _ = model.model_


class TestTravelling:
    @pytest.mark.parametrize("travel", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
    def test_copies_predict_the_same(self, fitted, maps, travel):
        X, _ = maps
        np.testing.assert_array_equal(travel(fitted).predict_proba(X), fitted.predict_proba(X))

    def test_a_copy_of_an_unused_copy(self, fitted, maps):
        X, _ = maps
        twice = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(fitted))))
        np.testing.assert_array_equal(twice.predict_proba(X), fitted.predict_proba(X))

    def test_memory_mapped_loading(self, fitted, maps, tmp_path):
        import joblib

        X, _ = maps
        joblib.dump(fitted, tmp_path / "model.joblib")
        loaded = joblib.load(tmp_path / "model.joblib", mmap_mode="r")
        np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))

    def test_size_is_that_of_the_weights(self, tiny, maps):
        model = clone(tiny).set_params(filters=(64, 128), epochs=1).fit(*maps)
        assert len(pickle.dumps(model)) <= 1.3 * sum(array.nbytes for array in _weights(model))

    def test_pickle_knows_nothing_of_the_optimizer(self, fitted):
        state = fitted._network.__getstate__()
        assert set(state) == {"architecture", "weights"}
        assert "compile_config" not in json.loads(state["architecture"])


def _heard(epoch, logs):
    pass


def _standing_still():
    return load_keras(by="test").optimizers.SGD(0.0)
