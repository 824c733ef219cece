import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from audiofeat.neural.backend import load_keras, to_numpy
from audiofeat.neural.objectives import AnyLabels, OneClass, learn_objective

Y = np.array([[1, 0, 1], [0, 0, 1], [1, 0, 0], [0, 0, 1]])


@pytest.mark.parametrize(
    ("y", "kind"),
    [
        (["b", "a", "b"], OneClass),
        ([True, False, True], OneClass),
        ([3, 1, 1], OneClass),
        (Y, AnyLabels),
        (Y.astype(bool), AnyLabels),
    ],
)
def test_kind_of_labels(y, kind):
    objective = learn_objective(np.asarray(y))
    assert type(objective) is kind
    np.testing.assert_array_equal(objective.classes, np.arange(3) if kind is AnyLabels else np.unique(y))


def test_classes_to_come_are_known():
    np.testing.assert_array_equal(learn_objective(np.array(["b", "b"]), classes=["b", "a"]).classes, ["a", "b"])


@pytest.mark.parametrize(
    ("y", "classes", "message"),
    [
        (np.array([[1, 2], [3, 1]]), None, r"y of shape \(2, 2\) \(multiclass-multioutput\)"),
        (np.array([0.5, 1.5]), None, "Unknown label type"),
        (Y, [0, 1], "expected the numbers of the columns, or None"),
    ],
)
def test_other_targets_are_refused(y, classes, message):
    with pytest.raises(ValueError, match=message):
        learn_objective(y, classes)


def test_weights_of_classes_become_weights_of_clips():
    y = np.array(["b", "a", "b", "b"])
    objective = learn_objective(y)
    targets, weights = objective.encode(y, objective.weigh("balanced", y))
    np.testing.assert_array_equal(targets, [[0, 1], [1, 0], [0, 1], [0, 1]])
    np.testing.assert_allclose(weights, [2 / 3, 2, 2 / 3, 2 / 3])


def test_each_label_is_balanced_by_itself():
    balanced = AnyLabels(np.arange(3)).weigh("balanced", Y)
    for column in (0, 2):
        expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=Y[:, column])
        np.testing.assert_allclose(balanced[column], expected)
    assert np.isfinite(balanced).all()


def test_weights_of_a_label_are_those_of_its_two_cases():
    objective = AnyLabels(np.arange(3))
    weights = objective.weigh([{1: 5}, {0: 0.5, 1: 2}, {}], Y)
    targets, of_clips = objective.encode(Y[:1], weights)
    np.testing.assert_array_equal(targets, [[5, 0, 1, 0, 0.5, 0]])
    np.testing.assert_array_equal(of_clips, [1])


@pytest.mark.parametrize("class_weight", [{0: 1, 1: 5}, [{1: 5}]])
def test_weights_that_do_not_name_each_label_are_refused(class_weight):
    with pytest.raises(ValueError, match="for 3 labels that can go together; expected 'balanced', or a list"):
        AnyLabels(np.arange(3)).weigh(class_weight, Y)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({"a": -1}, r"class_weight=\{'a': -1\}; expected weights of at least 0"),
        ({"a": np.nan}, r"class_weight=\{'a': nan\}; expected weights of at least 0"),
        ({"a": "much"}, r"class_weight=\{'a': 'much'\}; expected weights of at least 0"),
        ([{"a": 1}], r"class_weight=\[\{'a': 1\}\] for one label a clip; expected 'balanced', or a dict"),
        ({"c": 1}, r"class_weight=\{'c': 1\}, which names 'c'; the classes are 'a', 'b'"),
    ],
)
def test_weights_that_cannot_weigh_classes_are_refused(class_weight, message):
    with pytest.raises(ValueError, match=message):
        OneClass(np.array(["a", "b"])).weigh(class_weight, ["a", "b"])


def test_weights_of_classes_that_are_not_there_do_no_harm():
    objective = OneClass(np.array(["a", "b"]))
    np.testing.assert_array_equal(objective.weigh({"a": 2, "b": 1, "c": 5}, None), [2, 1])
    np.testing.assert_array_equal(objective.weigh({"a": 0}, None), [0, 1])


@pytest.mark.parametrize("of_label", [{0: -1}, {1: "much"}, {2: 1}, 3])
def test_weights_that_cannot_weigh_labels_are_refused(of_label):
    with pytest.raises(ValueError, match=r"for 3 labels that can go together; expected .* of weights of at least 0"):
        AnyLabels(np.arange(3)).weigh([{}, of_label, {}], Y)


@pytest.mark.parametrize(
    ("objective", "y"),
    [
        (OneClass(np.array(["a", "b"])), ["c"]),
        (OneClass(np.array([0, 1])), Y),
        (AnyLabels(np.arange(2)), Y),
        (AnyLabels(np.arange(3)), Y + 1),
        (AnyLabels(np.arange(3)), [0, 1, 1]),
    ],
)
def test_labels_that_were_not_learned_are_refused(objective, y):
    with pytest.raises(ValueError, match="got labels of shape"):
        objective.encode(y, objective.weigh(None, Y))


@pytest.mark.parametrize(
    ("objective", "y"), [(OneClass(np.arange(3)), np.array([0, 2, 1, 1])), (AnyLabels(np.arange(3)), Y)]
)
def test_keras_and_numpy_agree(objective, y, rng):
    keras = load_keras(by="test")
    logits = rng.normal(size=(4, 3)).astype(np.float32)
    targets, _ = objective.encode(y, objective.weigh(None, y))
    loss = keras.losses.get(objective.loss())
    value = loss(targets, logits) if isinstance(loss, keras.losses.Loss) else np.mean(to_numpy(loss(targets, logits)))
    assert float(value) == pytest.approx(objective.losses(logits, targets).mean(), rel=1e-5)
    metric = objective.metric()
    metric = metric if isinstance(metric, keras.metrics.Metric) else keras.metrics.MeanMetricWrapper(metric)
    metric.update_state(targets, logits)
    assert float(metric.result()) == pytest.approx(objective.right(logits, targets).mean())


def test_logits_of_labels_that_go_together(rng):
    logits = rng.normal(size=(5, 3)) * 50
    objective = AnyLabels(np.arange(3))
    probabilities = objective.probabilities(logits)
    np.testing.assert_array_equal(objective.predict(logits), probabilities.round())
    np.testing.assert_array_equal(objective.decision(logits), logits)
