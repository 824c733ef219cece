"""A convolutional network as a scikit-learn classifier."""

import os
from numbers import Integral, Real

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from audiofeat._sklearn import HasMethods, Interval, StrOptions, with_callbacks
from audiofeat.neural.architectures import ARCHITECTURES
from audiofeat.neural.augment import SpectrogramAugmenter
from audiofeat.neural.base import NetworkClassifier
from audiofeat.neural.monitor import FitMonitor
from audiofeat.neural.objectives import learn_objective
from audiofeat.neural.summary import network_text

__all__ = ["CNNClassifier"]


class CNNClassifier(NetworkClassifier):
    """Convolutional network over spectrogram-like maps, trained with Keras 3.

    It reads the maps ``(n_clips, n_bins, n_frames)`` that the extractors give with ``pooling=None``, and learns which
    shapes in time and frequency tell the classes apart. Choose it over a classical model when a few hundred clips or
    more are there, and when the order of events in a clip matters.

    Parameters
    ----------
    architecture : {"small", "resnet", "tutorial"} or callable, default="small"
        The network: blocks of convolution, normalisation and pooling with a summary over time ("small"), residual
        blocks of separable convolutions with the same summary ("resnet", deeper, for more than a few hundred clips), the
        one of TensorFlow's audio tutorial ("tutorial"), or a function ``(input_shape, n_outputs, **params)`` that returns a
        `keras.Model` from ``(n_bins, n_frames, n_channels)`` to `n_outputs` logits. The function must be importable
        where the model is unpickled, so not a lambda.
    filters : tuple of int or None, default=None
        Channels of each convolution, one entry a block. More learn more and cost time. None leaves it to the
        architecture.
    dropout : float or None, default=None
        Share of activations dropped in training. Raise it against overfitting. None leaves it to the architecture.
    architecture_params : dict or None, default=None
        Further arguments of the architecture, by name.
    resize : tuple of int or None, default=None
        Height and width ``(n_bins, n_frames)`` to which maps are resized first. Smaller is faster and coarser. With
        it, maps may differ in length between `fit` and `predict`.
    standardize : bool, default=True
        Whether each bin is brought to mean 0 and standard deviation 1, as learned from the training clips.
    augmentation : {"default"}, SpectrogramAugmenter or None, default="default"
        Random changes to training clips; "default" is ``SpectrogramAugmenter()``, None trains on them as they are.
    epochs : int, default=40
        How often the training clips are gone through, at most.
    batch_size : int, default=16
        Most clips for one step of the optimizer.
    optimizer : str, keras.optimizers.Optimizer or callable, default="adam"
        Name of a Keras optimizer, an optimizer (copied for each fit), or a function that returns one, not a lambda.
    learning_rate : float, default=0.003
        Step size, its peak if there is a schedule. Only for an optimizer by name.
    schedule : {"one_cycle", "cosine"} or None, default="one_cycle"
        How the learning rate moves over the steps of all epochs: up and then down to zero, down to zero, or not at
        all. Only for an optimizer by name.
    class_weight : dict, list of dict, "balanced" or None, default=None
        Weight of each class in the loss; "balanced" makes up for unequal class sizes. Multiplied with `sample_weight`.
        For labels that go together a list with a dict ``{0: weight if absent, 1: weight if present}`` for each label.
    validation_fraction : float or None, default=None
        Share of the training clips that is held out to tell the best epoch, stratified, and by whole groups when `fit`
        is given `groups`. None trains on all clips for all epochs, the better use of few clips.
    patience : int or None, default=10
        Epochs without a lower validation loss after which training stops; None never stops early. The weights of the
        best epoch are kept either way. Without validation clips it has no effect.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Copied for each fit, and part of a pickle, which a lambda in one of them forbids. Those of scikit-learn are given
        with `set_callbacks`.
    pretrained : CNNClassifier, Pipeline, path-like or None, default=None
        A fitted network to start from: a CNNClassifier, a pipeline or search that ends in one, or the joblib file of one
        of these (which can run any code when it is loaded: only from people you trust). Its layers but the last are
        kept with their weights, with its `standardize` and, unless `resize` is given, its `resize`; the last layer is made
        anew for the classes in `y`. The maps must have the shape that it was trained on.
    trainable : {"head", "all"} or int, default="head"
        What is trained of a `pretrained` network: its new last layer, all of it, or the last layer and so many blocks
        before it, each of them a convolution or dense layer and what follows it. More needs more clips, and a lower
        `learning_rate`.
    warm_start : bool, default=False
        Whether `fit` goes on with the network of the last `fit`, its standardisation and the state of its optimizer, for
        `epochs` more. The state of the optimizer is then part of a pickle.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, order, augmentation and held-out clips. An int gives the same network in each fit.
    verbose : int, default=0
        Above 0, print one line an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted; for an indicator matrix the numbers of its columns.
    multilabel_ : bool
        Whether labels go together, that is, whether `y` was an indicator matrix.
    n_features_in_ : int
        Number of bins.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, if `X` was a DataFrame.
    resize_ : tuple of int or None
        Size to which maps are brought.
    input_shape_ : tuple of int
        Bins, frames and channels that the network reads, after resizing.
    history_ : list of dict
        For each epoch its number, `loss`, `accuracy`, `learning_rate` and `seconds`, and with validation clips
        `val_loss` and `val_accuracy`. With `warm_start` and in `partial_fit` it goes on where it was.
    best_epoch_ : int or None
        Number of the epoch whose weights were kept, None if there were no validation clips.

    Raises
    ------
    MissingExtraError
        In `fit` or `predict`, if Keras or its backend is not installed.
    TypeError
        If the clips are recordings and not maps, or callbacks none of Keras.
    AudioInputError
        If maps hold NaN or infinity.
    ValueError
        In `fit`, if a parameter is out of range, if the clips differ in shape or hold one class only, if they do not fit
        the pretrained network, or if the loss diverges; in `predict`, if the maps have another shape than in `fit`.

    See Also
    --------
    SpectrogramAugmenter : What `augmentation` takes.

    Notes
    -----
    The backend of Keras is the user's (``KERAS_BACKEND``, or ``keras.json``), else the first installed of torch,
    TensorFlow and JAX. With an int `random_state`, repeated fits give identical weights on a CPU, in any process; a GPU
    does not promise that. A fit is given one thread, because sums depend on the number of threads; set
    ``AUDIOFEAT_NUM_THREADS`` for more, or run several fits at once with ``GridSearchCV(n_jobs=...)``.

    `sklearn.inspection.permutation_importance` refuses maps, as anything with three axes; it takes a pipeline that ends in
    the network and begins with a 2-D array or a table of paths.

    A pickle holds the architecture and the weights as plain data, and can be loaded under another backend.

    An indicator matrix as `y`, with a column of zeros and ones for each label, makes the labels independent of each other:
    probabilities are sigmoids and need not sum to one, `predict` gives an indicator matrix, and `score` and the accuracies
    in `history_` count the clips that have every label right.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.neural import CNNClassifier
    >>> X = np.random.default_rng(0).normal(size=(20, 8, 12))
    >>> y = np.repeat(["low", "high"], 10)
    >>> X[:10, :4] += 4
    >>> cnn = CNNClassifier(filters=(4,), epochs=10, random_state=0).fit(X, y)
    >>> cnn.predict(X[[0, -1]])
    array(['low', 'high'], dtype='<U4')
    """

    _parameter_constraints = {
        "architecture": [StrOptions(set(ARCHITECTURES)), callable],
        "filters": ["array-like", None],
        "dropout": [Interval(Real, 0, 1, closed="left"), None],
        "architecture_params": [dict, None],
        "resize": [tuple, list, None],
        "standardize": ["boolean"],
        "augmentation": [StrOptions({"default"}), SpectrogramAugmenter, None],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [str, callable, HasMethods("get_config")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "schedule": [StrOptions({"one_cycle", "cosine"}), None],
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "callbacks": [list, tuple, None],
        "pretrained": [str, os.PathLike, HasMethods("predict"), None],
        "trainable": [StrOptions({"head", "all"}), Interval(Integral, 0, None, closed="left")],
        "warm_start": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        architecture="small",
        *,
        filters=None,
        dropout=None,
        architecture_params=None,
        resize=None,
        standardize=True,
        augmentation="default",
        epochs=40,
        batch_size=16,
        optimizer="adam",
        learning_rate=0.003,
        schedule="one_cycle",
        class_weight=None,
        validation_fraction=None,
        patience=10,
        callbacks=None,
        pretrained=None,
        trainable="head",
        warm_start=False,
        random_state=None,
        verbose=0,
    ):
        self.architecture = architecture
        self.filters = filters
        self.dropout = dropout
        self.architecture_params = architecture_params
        self.resize = resize
        self.standardize = standardize
        self.augmentation = augmentation
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.class_weight = class_weight
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.callbacks = callbacks
        self.pretrained = pretrained
        self.trainable = trainable
        self.warm_start = warm_start
        self.random_state = random_state
        self.verbose = verbose

    @with_callbacks
    def fit(self, X, y, sample_weight=None, groups=None, X_val=None, y_val=None):
        """Train a new network, or go on with the last one if `warm_start`.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bins, n_frames), (n_clips, n_bins, n_frames, n_channels) or (n_clips, n_bins)
            The maps; with two axes, maps of one frame.
        y : array-like of shape (n_clips,) or (n_clips, n_labels)
            The labels, or an indicator matrix.
        sample_weight : array-like of shape (n_clips,) or None, default=None
            Weight of each clip in the loss.
        groups : array-like of shape (n_clips,) or None, default=None
            Clips of one group are held out together for `validation_fraction`.
        X_val, y_val : array-like or None, default=None
            Clips that tell the best epoch, in place of `validation_fraction`.

        Returns
        -------
        CNNClassifier
            Itself.
        """
        self._check_parameters()
        anew = not (self.warm_start and hasattr(self, "_network"))
        maps, labels, source = self._read(X, y, anew=anew)
        objective = learn_objective(labels)
        if anew:
            self._start(objective)
        else:
            self._check_continuation(objective)
        class_weights = objective.weigh(self.class_weight, labels)
        targets, weights = self._encode(objective, labels, class_weights, sample_weight)
        rng = check_random_state(self.random_state)
        seed = rng.randint(2**31 - 1)
        training, validation = self._validation_clips(
            (maps, targets, weights), labels, groups, X_val, y_val, class_weights, seed=seed
        )
        if anew:
            self._learn_scale(training[0], source)
        monitor = FitMonitor(self, X, y, sample_weight, n_epochs=self.epochs)
        self._train(training, validation, source=source, seed=rng.randint(2**31 - 1), monitor=monitor)
        monitor.fit_ends()
        return self

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Go through one piece of the training clips once, for data that come in pieces or do not fit into memory.

        The first call makes a network, unless `fit` has; the later ones go on with it, at `learning_rate` without a
        schedule and without held-out clips. The standardisation is that of all pieces so far.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bins, n_frames), (n_clips, n_bins, n_frames, n_channels) or (n_clips, n_bins)
            The maps of the piece.
        y : array-like of shape (n_clips,) or (n_clips, n_labels)
            Its labels, or an indicator matrix.
        classes : array-like of shape (n_classes,) or None, default=None
            All classes of all pieces. Needed in the first call, except for an indicator matrix.
        sample_weight : array-like of shape (n_clips,) or None, default=None
            Weight of each clip in the loss.

        Returns
        -------
        CNNClassifier
            Itself.
        """
        self._check_parameters()
        if self.class_weight == "balanced":
            raise ValueError(
                "CNNClassifier got class_weight='balanced' in partial_fit, which knows one piece of the clips only. Pass a "
                "dict, as from sklearn.utils.class_weight.compute_class_weight('balanced', classes=classes, y=y)."
            )
        anew = not hasattr(self, "_network")
        maps, labels, source = self._read(X, y, anew=anew)
        if anew:
            if classes is None and labels.ndim == 1:
                raise ValueError("classes must be passed on the first call to partial_fit.")
            self._start(learn_objective(labels, classes))
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"`classes={np.asarray(classes).tolist()!r}` is not the same as on last call to partial_fit, was: "
                f"{self.classes_.tolist()!r}"
            )
        objective = self._objective
        class_weights = objective.weigh(self.class_weight, labels)
        targets, weights = self._encode(objective, labels, class_weights, sample_weight)
        if anew:
            self._learn_scale(maps, source)
        elif self._scaler is not None and self.pretrained is None:
            self._scaler.partial_fit(maps)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        self._train((maps, targets, weights), None, source=source, seed=seed, in_pieces=True)
        return self

    def predict(self, X):
        """Predict the label of each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bins, n_frames)
            The maps, with the axes that `fit` was given.

        Returns
        -------
        ndarray of shape (n_clips,) or (n_clips, n_labels)
            The labels, or an indicator matrix.
        """
        return self._objective.predict(self._logits(X))

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bins, n_frames)
            The maps, with the axes that `fit` was given.

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
            The softmax of the network's output, with columns in the order of `classes_`; for labels that go together
            the sigmoid, the probability of each by itself.
        """
        return self._objective.probabilities(self._logits(X))

    def decision_function(self, X):
        """Compute the network's output before it becomes a probability.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bins, n_frames)
            The maps, with the axes that `fit` was given.

        Returns
        -------
        ndarray of shape (n_clips,) or (n_clips, n_classes)
            With two classes the log-odds of the second one, else one logit a class or label.
        """
        return self._objective.decision(self._logits(X))

    def summary(self):
        """Describe the fitted network: its layers, their sizes, and which of them were trained.

        Returns
        -------
        str
            A table, a line a layer. Multiply-adds are those of convolutions and dense layers for one clip.
        """
        check_is_fitted(self)
        shape = " × ".join(map(str, self.input_shape_))
        outputs = f"{len(self.classes_)} {'labels that go together' if self.multilabel_ else 'classes'}"
        standard = "as they are" if self._scaler is None else "standardised per bin"
        best = "" if self.best_epoch_ is None else f", the weights are those of epoch {self.best_epoch_}"
        facts = [
            f"Maps of {shape} (bins × frames × channels), {standard}, to {outputs}.",
            f"Trained for {len(self.history_)} epoch{'s' * (len(self.history_) != 1)}{best}.",
        ]
        return network_text(self._layers, facts)

    @property
    def model_(self):
        """The trained `keras.Model`, from standardised maps to logits."""
        check_is_fitted(self)
        return self._network.model

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.classifier_tags.multi_label = True
        tags.non_deterministic = self.random_state is None
        return tags
