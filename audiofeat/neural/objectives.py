"""What a network learns to tell: one class a clip, or any of several labels; and what its logits mean then.

Conventions: an objective has one logit a class or label. Targets are what the loss reads, with the weights of classes in
them where the loss cannot have them elsewhere.
"""

import math

import numpy as np
from scipy.special import expit, log_softmax, softmax
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from audiofeat.neural.backend import load_keras

__all__ = ["AnyLabels", "OneClass", "learn_objective"]


def learn_objective(y, classes=None):
    """Tell from labels, and from all classes to come if they are known, what there is to learn.

    Parameters
    ----------
    y : ndarray of shape (n_clips,) or (n_clips, n_labels)
        Labels, or an indicator matrix.
    classes : array-like or None, default=None
        The classes, where `y` need not hold all of them.
    """
    check_classification_targets(y)
    kind = type_of_target(y)
    if kind == "multilabel-indicator":
        labels = np.arange(y.shape[1])
        if classes is not None and not np.array_equal(np.unique(classes), labels):
            raise ValueError(
                f"CNNClassifier got classes={np.asarray(classes).tolist()!r} for an indicator matrix of {len(labels)} "
                "columns; expected the numbers of the columns, or None."
            )
        return AnyLabels(labels)
    if y.ndim > 1:
        raise ValueError(
            f"CNNClassifier got y of shape {y.shape} ({kind}); expected one label a clip, or an indicator matrix of zeros "
            "and ones with a column a label."
        )
    return OneClass(np.unique(y if classes is None else classes))


def _is_weight(value):
    return isinstance(value, float | int | np.number) and 0 <= value < math.inf


def _weigh_labels(weights, n_labels):
    """Whether there is a dict of weights for the two cases of each label."""
    return len(weights) == n_labels and all(
        isinstance(of_label, dict) and set(of_label) <= {0, 1} and all(map(_is_weight, of_label.values()))
        for of_label in weights
    )


class OneClass:
    """Exactly one of several classes is right for a clip: the softmax of one logit a class.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The classes, sorted.
    """

    def __init__(self, classes):
        self.classes = classes

    def weigh(self, class_weight, y):
        """Weigh each class ``(n_classes,)`` by what the caller said, or by how rare it is in `y`."""
        names = ", ".join(map(repr, self.classes.tolist()))
        if isinstance(class_weight, list):
            raise ValueError(
                f"CNNClassifier got class_weight={class_weight!r} for one label a clip; expected 'balanced', or a dict "
                f"with a weight for each class: {names}."
            )
        if isinstance(class_weight, dict):
            if not all(map(_is_weight, class_weight.values())):
                raise ValueError(
                    f"CNNClassifier got class_weight={class_weight!r}; expected weights of at least 0, one for each class: "
                    f"{names}."
                )
            strange = [name for name in class_weight if name not in self.classes.tolist()]
            if strange and len(class_weight) - len(strange) < len(self.classes):
                raise ValueError(
                    f"CNNClassifier got class_weight={class_weight!r}, which names {', '.join(map(repr, strange))}; the "
                    f"classes are {names}."
                )
        counted = y if isinstance(class_weight, str) else self.classes
        return compute_class_weight(class_weight, classes=self.classes, y=np.asarray(counted))

    def encode(self, y, class_weights):
        """Turn labels into targets ``(n_clips, n_classes)``, and weights of classes into weights of clips."""
        y = np.asarray(y)
        unknown = np.setdiff1d(y, self.classes)
        if y.ndim != 1 or len(unknown):
            raise ValueError(
                f"CNNClassifier got labels of shape {y.shape}, among them {unknown.tolist()!r}; expected one of "
                f"{self.classes.tolist()!r} for each clip."
            )
        targets = (y[:, np.newaxis] == self.classes).astype(np.float32)
        return targets, class_weights[targets.argmax(axis=1)]

    def loss(self):
        """Build what Keras minimises."""
        return load_keras(by="CNNClassifier").losses.CategoricalCrossentropy(from_logits=True)

    def metric(self):
        """Build what Keras reports as accuracy."""
        return load_keras(by="CNNClassifier").metrics.CategoricalAccuracy(name="accuracy")

    def losses(self, logits, targets):
        """Compute the loss of each clip outside Keras."""
        return -(targets * log_softmax(logits, axis=1)).sum(axis=1)

    def right(self, logits, targets):
        """Tell which clips are recognised."""
        return logits.argmax(axis=1) == targets.argmax(axis=1)

    def predict(self, logits):
        """Turn logits into labels."""
        return self.classes[logits.argmax(axis=1)]

    def probabilities(self, logits):
        """Turn logits into probabilities that sum to one."""
        return softmax(logits, axis=1)

    def decision(self, logits):
        """Bring logits into the shape of scikit-learn's decision functions."""
        return logits[:, 1] - logits[:, 0] if len(self.classes) == 2 else logits


class AnyLabels:
    """Any number of labels, or none, is right for a clip: the sigmoid of each logit.

    Targets hold two columns a label, one for its presence and one for its absence, with the weight of what is the case
    and zero for what is not. So each label can have class weights of its own.

    Parameters
    ----------
    classes : ndarray of shape (n_labels,)
        Numbers of the labels.
    """

    def __init__(self, classes):
        self.classes = classes

    def weigh(self, class_weight, y):
        """Weigh absence and presence of each label, ``(n_labels, 2)``."""
        weights = np.ones((len(self.classes), 2))
        if class_weight is None:
            return weights
        if isinstance(class_weight, str):
            counts = np.stack([(y == case).sum(axis=0) for case in (0, 1)], axis=1)
            # As scikit-learn balances two classes; what never occurs needs no weight.
            return np.divide(len(y), 2 * counts, out=weights, where=counts > 0)
        if isinstance(class_weight, dict) or not _weigh_labels(class_weight, len(self.classes)):
            raise ValueError(
                f"CNNClassifier got class_weight={class_weight!r} for {len(self.classes)} labels that can go together; "
                "expected 'balanced', or a list with a dict such as {0: 1, 1: 5} for each label (0: absent, 1: present) of "
                "weights of at least 0."
            )
        return np.array([[of_label.get(case, 1.0) for case in (0, 1)] for of_label in class_weight])

    def encode(self, y, class_weights):
        """Turn an indicator matrix into targets ``(n_clips, 2 * n_labels)`` with the weights, and equal ones of clips."""
        y = np.asarray(y)
        if y.ndim != 2 or y.shape[1] != len(self.classes) or not np.isin(y, (0, 1)).all():
            raise ValueError(
                f"CNNClassifier got labels of shape {y.shape}; expected an indicator matrix of zeros and ones with "
                f"{len(self.classes)} columns."
            )
        present = y.astype(bool)
        absence, presence = class_weights.T
        targets = np.concatenate([presence * present, absence * ~present], axis=1)
        return targets.astype(np.float32), np.ones(len(y))

    def loss(self):
        """Build what Keras minimises: binary cross-entropy, the mean over labels."""
        ops = load_keras(by="CNNClassifier").ops

        def binary_crossentropy(targets, logits):
            present, absent = ops.split(targets, 2, axis=-1)
            return ops.mean(present * ops.softplus(-logits) + absent * ops.softplus(logits), axis=-1)

        return binary_crossentropy

    def metric(self):
        """Build what Keras reports as accuracy: the share of clips with every label right."""
        ops = load_keras(by="CNNClassifier").ops

        def accuracy(targets, logits):
            present, absent = ops.split(targets, 2, axis=-1)
            return ops.cast(ops.all(ops.equal(present > absent, logits > 0), axis=-1), "float32")

        return accuracy

    def losses(self, logits, targets):
        """Compute the loss of each clip outside Keras."""
        present, absent = np.split(targets, 2, axis=1)
        return (present * np.logaddexp(0, -logits) + absent * np.logaddexp(0, logits)).mean(axis=1)

    def right(self, logits, targets):
        """Tell which clips have every label right."""
        present, absent = np.split(targets, 2, axis=1)
        return ((present > absent) == (logits > 0)).all(axis=1)

    def predict(self, logits):
        """Turn logits into an indicator matrix."""
        return (logits > 0).astype(np.int64)

    def probabilities(self, logits):
        """Turn logits into the probability of each label by itself."""
        return expit(logits)

    def decision(self, logits):
        """Bring logits into the shape of scikit-learn's decision functions."""
        return logits
