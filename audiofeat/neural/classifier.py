"""A convolutional network as a scikit-learn classifier."""

from collections.abc import Callable
from numbers import Integral, Real

import numpy as np
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from audiofeat._sklearn import (
    HasMethods,
    Interval,
    StrOptions,
    check_sample_weight,
    validate_parameter_constraints,
)
from audiofeat.neural.architectures import ARCHITECTURES
from audiofeat.neural.augment import SpectrogramAugmenter
from audiofeat.neural.backend import load_keras, seeded
from audiofeat.neural.batches import Batches
from audiofeat.neural.holdout import hold_out
from audiofeat.neural.inputs import InputScaler, as_maps, resize_maps
from audiofeat.neural.network import Network
from audiofeat.neural.training import make_optimizer, train

__all__ = ["CNNClassifier"]


class CNNClassifier(ClassifierMixin, BaseEstimator):
    """Convolutional network over spectrogram-like maps, trained with Keras 3.

    It reads the maps ``(n_clips, n_bins, n_frames)`` that the extractors give with ``pooling=None``, and learns which
    shapes in time and frequency tell the classes apart. Choose it over a classical model when a few hundred clips or
    more are there, and when the order of events in a clip matters.

    Parameters
    ----------
    architecture : {"small", "tutorial"} or callable, default="small"
        The network: blocks of convolution, normalisation and pooling with a summary over time ("small"), the one of
        TensorFlow's audio tutorial ("tutorial"), or a function ``(input_shape, n_outputs, **params)`` that returns a
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
        Name of a Keras optimizer, an optimizer (copied for each fit), or a function that returns one.
    learning_rate : float, default=0.003
        Step size, its peak if there is a schedule. Only for an optimizer by name.
    schedule : {"one_cycle", "cosine"} or None, default="one_cycle"
        How the learning rate moves over the steps of all epochs: up and then down to zero, down to zero, or not at
        all. Only for an optimizer by name.
    class_weight : dict, "balanced" or None, default=None
        Weight of each class in the loss; "balanced" makes up for unequal class sizes. Multiplied with `sample_weight`.
    validation_fraction : float or None, default=None
        Share of the training clips that is held out to tell the best epoch, stratified, and by whole groups when `fit`
        is given `groups`. None trains on all clips for all epochs, the better use of few clips.
    patience : int or None, default=10
        Epochs without a lower validation loss after which training stops; None never stops early. The weights of the
        best epoch are kept either way. Without validation clips it has no effect.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Copied for each fit.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, order, augmentation and held-out clips. An int gives the same network in each fit.
    verbose : int, default=0
        Above 0, print one line an epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of bins.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Column names, if `X` was a DataFrame.
    input_shape_ : tuple of int
        Bins, frames and channels that the network reads, after resizing.
    history_ : list of dict
        For each epoch its number, `loss`, `accuracy`, `learning_rate` and `seconds`, and with validation clips
        `val_loss` and `val_accuracy`.
    best_epoch_ : int or None
        Number of the epoch whose weights were kept, None if there were no validation clips.

    Raises
    ------
    MissingExtraError
        In `fit` or `predict`, if Keras or its backend is not installed.
    ValueError
        In `fit`, if a parameter is out of range, if the clips differ in shape or hold one class only, or if the loss
        diverges; in `predict`, if the maps have another shape than in `fit`.

    See Also
    --------
    SpectrogramAugmenter : What `augmentation` takes.

    Notes
    -----
    The backend of Keras is the user's (``KERAS_BACKEND``, or ``keras.json``), else the first installed of torch,
    TensorFlow and JAX. With an int `random_state`, repeated fits give identical weights on a CPU, in any process; a GPU
    does not promise that. TensorFlow is given one thread, because its sums depend on the number of threads; set
    ``TF_NUM_INTRAOP_THREADS`` for more, or run several fits at once with ``GridSearchCV(n_jobs=...)``.

    A pickle holds the architecture and the weights as plain data, and can be loaded under another backend.

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
        "class_weight": [StrOptions({"balanced"}), dict, None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "patience": [Interval(Integral, 1, None, closed="left"), None],
        "callbacks": [list, tuple, None],
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
        self.random_state = random_state
        self.verbose = verbose

    def fit(self, X, y, sample_weight=None, groups=None, X_val=None, y_val=None):
        """Train a new network.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bins, n_frames), (n_clips, n_bins, n_frames, n_channels) or (n_clips, n_bins)
            The maps; with two axes, maps of one frame.
        y : array-like of shape (n_clips,)
            The labels.
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
        X, y = self._check_maps(X, y, reset=True)
        weights = self._clip_weights(y, sample_weight)
        rng = check_random_state(self.random_state)
        split = self._validation_clips(X, y, weights, groups, X_val, y_val, seed=rng.randint(2**31 - 1))
        return self._train(*split, seed=rng.randint(2**31 - 1))

    def predict(self, X):
        """Predict the label of each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bins, n_frames)
            The maps, with the axes that `fit` was given.

        Returns
        -------
        ndarray of shape (n_clips,)
            The labels.
        """
        logits = self._logits(X)
        return self.classes_[logits.argmax(axis=1)]

    def predict_proba(self, X):
        """Predict the probability of each class.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bins, n_frames)
            The maps, with the axes that `fit` was given.

        Returns
        -------
        ndarray of shape (n_clips, n_classes)
            The softmax of the network's output, with columns in the order of `classes_`.
        """
        return softmax(self._logits(X), axis=1)

    def decision_function(self, X):
        """Compute the network's output before it becomes a probability.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_bins, n_frames)
            The maps, with the axes that `fit` was given.

        Returns
        -------
        ndarray of shape (n_clips,) or (n_clips, n_classes)
            With two classes the log-odds of the second one, else one logit a class.
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if len(self.classes_) == 2 else logits

    @property
    def model_(self):
        """The trained `keras.Model`, from standardised maps to logits."""
        check_is_fitted(self)
        return self._network.model

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_network")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.non_deterministic = self.random_state is None
        return tags

    def _check_parameters(self):
        validate_parameter_constraints(self._parameter_constraints, self.get_params(deep=False), type(self).__name__)
        if isinstance(self.augmentation, SpectrogramAugmenter):
            self.augmentation.check_parameters()
        if self.resize is not None and not (
            len(self.resize) == 2 and all(isinstance(size, int | np.integer) and size > 0 for size in self.resize)
        ):
            raise ValueError(
                f"CNNClassifier got resize={self.resize!r}; expected the number of bins and of frames, two positive "
                "integers."
            )
        if getattr(self.architecture, "__name__", None) == "<lambda>":
            raise ValueError(
                "CNNClassifier got a lambda as architecture, which cannot be pickled, so neither saved nor sent to "
                "worker processes. Give it a name with `def` in a module."
            )

    def _check_maps(self, X, *labels, reset):
        """Check input, and labels where there are some, and give the input the axes of a map."""
        try:
            X = validate_data(self, X, *labels, dtype=np.float32, allow_nd=True, reset=reset)
        except ValueError as exc:
            if "inhomogeneous" not in str(exc) and "setting an array element with a sequence" not in str(exc):
                raise
            raise ValueError(
                "CNNClassifier got clips of unequal shape; a network needs equal ones. Load them with "
                "AudioLoader(duration=...), which cuts and pads, or pad the maps."
            ) from exc
        if labels:
            X, y = X
        if X.ndim > 4:
            raise ValueError(
                f"CNNClassifier got an array of shape {X.shape}; expected (clips, bins, frames), with or without "
                "channels as a fourth axis."
            )
        maps = as_maps(X)
        if reset:
            self._map_shape = maps.shape[1:]
        elif maps.shape[1:] != self._map_shape and not (
            self.resize is not None and maps.shape[3:] == self._map_shape[2:]
        ):
            raise ValueError(
                f"CNNClassifier got maps of shape {maps.shape[1:]} (bins, frames, channels), but was fitted on "
                f"{self._map_shape}. Use the same extractor and clip length as in fit, or set resize."
            )
        if self.resize is not None:
            maps = resize_maps(maps, *self.resize)
        return (maps, y) if labels else maps

    def _encode_labels(self, y):
        """Learn the classes and return the targets, one column a class."""
        check_classification_targets(y)
        if y.ndim > 1:
            raise ValueError(f"CNNClassifier got y of shape {y.shape}; expected one label a clip.")
        self.classes_ = np.unique(y)
        if len(self.classes_) < 2:
            raise ValueError(
                f"CNNClassifier got one class only, {self.classes_.tolist()[0]!r}. Pass clips of two or more classes."
            )
        return self._targets(y)

    def _targets(self, y):
        return (np.asarray(y)[:, np.newaxis] == self.classes_).astype(np.float32)

    def _clip_weights(self, y, sample_weight):
        weights = np.ones(len(y))
        if sample_weight is not None:
            weights = weights * check_sample_weight(sample_weight, y, dtype=np.float64, ensure_non_negative=True)
        if self.class_weight is not None:
            weights = weights * compute_sample_weight(self.class_weight, y)
        if not weights.any():
            raise ValueError("CNNClassifier got weights that are all zero, so no clip would be learned from.")
        return weights

    def _validation_clips(self, maps, y, weights, groups, X_val, y_val, *, seed):
        """Return what to train on and what to validate on, each as maps, targets and weights; the latter may be None."""
        targets = self._encode_labels(y)
        if (X_val is None) != (y_val is None):
            raise ValueError("CNNClassifier got only one of X_val and y_val. Pass both, or neither.")
        if X_val is not None:
            maps_val = self._check_maps(X_val, reset=False)
            y_val = np.asarray(y_val)
            if y_val.shape != (len(maps_val),):
                raise ValueError(
                    f"CNNClassifier got y_val of shape {y_val.shape} for {len(maps_val)} clips in X_val. Pass one label a "
                    "clip."
                )
            unknown = np.setdiff1d(y_val, self.classes_)
            if len(unknown):
                raise ValueError(f"CNNClassifier got labels in y_val that are not in y: {unknown.tolist()!r}.")
            return (maps, targets, weights), (maps_val, self._targets(y_val), self._clip_weights(y_val, None))
        if self.validation_fraction is None:
            return (maps, targets, weights), None
        train_rows, rows = hold_out(y, self.validation_fraction, groups=groups, seed=seed)
        return (maps[train_rows], targets[train_rows], weights[train_rows]), (maps[rows], targets[rows], weights[rows])

    def _train(self, training, validation, *, seed):
        keras = load_keras(by=type(self).__name__, verbose=self.verbose)
        maps, targets, weights = training
        self.input_shape_ = maps.shape[1:]
        self._scaler = InputScaler().fit(maps) if self.standardize else None
        if validation is not None:
            validation = (self._standardized(validation[0]), *validation[1:])
        augmenter = SpectrogramAugmenter() if self.augmentation == "default" else self.augmentation
        batches = Batches(
            maps,
            targets,
            weights,
            scaler=self._scaler,
            augmenter=augmenter,
            batch_size=self.batch_size,
            seed=seed,
        )
        with seeded(seed):
            model = self._build()
            model.compile(
                optimizer=make_optimizer(
                    self.optimizer,
                    learning_rate=self.learning_rate,
                    schedule=self.schedule,
                    n_steps=self.epochs * len(batches),
                ),
                loss=keras.losses.CategoricalCrossentropy(from_logits=True),
                weighted_metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
            )
            network = Network(model)
            self.history_, self.best_epoch_ = train(
                network,
                batches,
                validation=validation,
                epochs=self.epochs,
                patience=self.patience,
                callbacks=self.callbacks or (),
                verbose=self.verbose,
            )
        self._network = network
        return self

    def _standardized(self, maps):
        return maps if self._scaler is None else self._scaler.transform(maps)

    def _build(self):
        build: Callable = ARCHITECTURES.get(self.architecture, self.architecture)
        params = dict(self.architecture_params or {})
        for name in ("filters", "dropout"):
            value = getattr(self, name)
            if value is None:
                continue
            if name in params:
                raise ValueError(f"CNNClassifier got {name} both as a parameter and in architecture_params; drop one.")
            params[name] = value
        model = build(self.input_shape_, len(self.classes_), **params)
        if tuple(model.output_shape[1:]) != (len(self.classes_),):
            raise ValueError(
                f"CNNClassifier got a network with outputs of shape {model.output_shape[1:]}; expected "
                f"({len(self.classes_)},), one logit a class."
            )
        if getattr(getattr(model.layers[-1], "activation", None), "__name__", None) in ("softmax", "sigmoid"):
            raise ValueError(
                "CNNClassifier got a network that ends in probabilities; expected logits. Drop the activation of its "
                "last layer."
            )
        return model

    def _logits(self, X):
        check_is_fitted(self)
        maps = self._standardized(self._check_maps(X, reset=False))
        # In double precision, so that probabilities sum to one to the last digits.
        return self._network.logits(maps).astype(np.float64)
