"""What a classifier does with a network, whatever its parameters are: read maps, train, go on, be cloned and shown."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from audiofeat._sklearn import (
    CallbackSupportMixin,
    check_sample_weight,
    clone_parametrized,
    validate_parameter_constraints,
)
from audiofeat.neural.augment import SpectrogramAugmenter
from audiofeat.neural.backend import load_keras, seeded
from audiofeat.neural.batches import Batches
from audiofeat.neural.building import build_model
from audiofeat.neural.holdout import hold_out
from audiofeat.neural.inputs import InputScaler, check_maps, resize_maps
from audiofeat.neural.network import Network
from audiofeat.neural.objectives import AnyLabels, OneClass
from audiofeat.neural.optimizers import ready_optimizer
from audiofeat.neural.parameters import check_parameters, network_arguments
from audiofeat.neural.pretrained import find_pretrained, freeze, replace_head
from audiofeat.neural.summary import describe_layers, network_html
from audiofeat.neural.training import train

__all__ = ["NetworkClassifier"]


class NetworkClassifier(CallbackSupportMixin, ClassifierMixin, BaseEstimator):
    """The part of `CNNClassifier` that its users do not see."""

    _network: Network
    _scaler: InputScaler | None

    @property
    def _repr_html_(self):
        of_estimator = super()._repr_html_
        return lambda: of_estimator() + self._html_of_network()

    def _repr_mimebundle_(self, **kwargs):
        bundle = super()._repr_mimebundle_(**kwargs)
        if "text/html" in bundle:
            bundle["text/html"] += self._html_of_network()
        return bundle

    def _html_of_network(self):
        if not hasattr(self, "_network"):
            return ""
        return network_html(self.summary(), sum(layer["parameters"] for layer in self._layers))

    def __sklearn_clone__(self):
        fresh = clone_parametrized(self)
        # scikit-learn would clone this too, and a clone is not fitted.
        fresh.pretrained = self.pretrained
        return fresh

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_network")

    @property
    def _objective(self):
        check_is_fitted(self, "classes_")
        return (AnyLabels if self.multilabel_ else OneClass)(self.classes_)

    def _check_parameters(self):
        validate_parameter_constraints(self._parameter_constraints, self.get_params(deep=False), type(self).__name__)
        check_parameters(self)

    def _read(self, X, y, *, anew):
        """Check training clips, and find the network to start from, if there is one."""
        maps, labels = check_maps(self, X, y, reset=anew)
        source = find_pretrained(self.pretrained) if anew and self.pretrained is not None else None
        if anew:
            self._map_shape = maps.shape[1:]
            resize = self.resize if source is None or self.resize is not None else source.resize_
            self.resize_ = None if resize is None else tuple(int(size) for size in resize)
        maps = self._shape(maps)
        if source is not None and maps.shape[1:] != source.input_shape_:
            cure = "Use the extractor and the clip length that it was trained with"
            if maps.shape[3] == source.input_shape_[2]:
                cure += f", or set resize={source.input_shape_[:2]}"
            raise ValueError(
                f"CNNClassifier got maps of shape {maps.shape[1:]} (bins, frames, channels) for a pretrained network that "
                f"reads {source.input_shape_}. {cure}."
            )
        return maps, labels, source

    def _shape(self, maps):
        """Refuse maps of another shape than in `fit`, and resize them if that was asked for."""
        fitting = maps.shape[1:] == self._map_shape or (
            self.resize_ is not None and maps.shape[3:] == self._map_shape[2:]
        )
        if not fitting:
            raise ValueError(
                f"CNNClassifier got maps of shape {maps.shape[1:]} (bins, frames, channels), but was fitted on "
                f"{self._map_shape}. Use the same extractor and clip length as in fit, or set resize."
            )
        return maps if self.resize_ is None else resize_maps(maps, *self.resize_)

    def _start(self, objective):
        """Forget what was learned before."""
        if isinstance(objective, OneClass) and len(objective.classes) < 2:
            found = f"one class only, {objective.classes.tolist()[0]!r}" if len(objective.classes) else "classes=[]"
            raise ValueError(f"CNNClassifier got {found}. Pass clips of two or more classes.")
        if hasattr(self, "_network"):
            del self._network
        self.classes_ = objective.classes
        self.multilabel_ = isinstance(objective, AnyLabels)
        self.history_ = []
        self._built_with = self._building_plan()

    def _check_continuation(self, objective):
        """Refuse to go on with a network for other classes or of another architecture."""
        if type(objective) is not type(self._objective) or not np.array_equal(objective.classes, self.classes_):
            raise ValueError(
                f"CNNClassifier with warm_start got the classes {objective.classes.tolist()!r}, but its network tells "
                f"{self.classes_.tolist()!r}. Use partial_fit, which may see some of them only, or warm_start=False."
            )
        if self._built_with != self._building_plan():
            raise ValueError(
                f"CNNClassifier with warm_start got {self._building_plan()!r}, but its network was built with "
                f"{self._built_with!r}. Keep these, or set warm_start=False."
            )

    def _building_plan(self):
        names = ("architecture", "filters", "dropout", "architecture_params", "resize", "standardize")
        return {name: getattr(self, name) for name in names}

    def _encode(self, objective, labels, class_weights, sample_weight):
        """Turn labels into targets and weights of clips."""
        targets, weights = objective.encode(labels, class_weights)
        if sample_weight is not None:
            weights = weights * check_sample_weight(sample_weight, labels, dtype=np.float64, ensure_non_negative=True)
        if not weights.any() or not targets.any():
            raise ValueError("CNNClassifier got weights that are all zero, so no clip would be learned from.")
        return targets, weights

    def _validation_clips(self, clips, labels, groups, X_val, y_val, class_weights, *, seed):
        """Return what to train on and what to validate on, each as maps, targets and weights; the latter may be None."""
        if (X_val is None) != (y_val is None):
            raise ValueError("CNNClassifier got only one of X_val and y_val. Pass both, or neither.")
        if X_val is not None:
            maps = self._shape(check_maps(self, X_val, reset=False))
            y_val = np.asarray(y_val)
            if y_val.shape != (len(maps), *labels.shape[1:]):
                raise ValueError(
                    f"CNNClassifier got y_val of shape {y_val.shape} for {len(maps)} clips in X_val. Pass labels for each "
                    "clip, as in y."
                )
            unknown = np.setdiff1d(y_val, labels)
            if len(unknown):
                raise ValueError(f"CNNClassifier got labels in y_val that are not in y: {unknown.tolist()!r}.")
            return clips, (maps, *self._objective.encode(y_val, class_weights))
        if self.validation_fraction is None:
            return clips, None
        return [
            tuple(part[rows] for part in clips)
            for rows in hold_out(labels, self.validation_fraction, groups=groups, seed=seed)
        ]

    def _learn_scale(self, maps, source):
        self.input_shape_ = maps.shape[1:]
        if source is not None:
            self._scaler = source._scaler
        else:
            self._scaler = InputScaler().fit(maps) if self.standardize else None

    def _train(self, training, validation, *, source, seed, monitor=None, in_pieces=False):
        """Run the epochs of `fit`, or the one of a piece."""
        load_keras(by=type(self).__name__, verbose=self.verbose)
        done = len(self.history_)
        batches = Batches(
            *training,
            scaler=self._scaler,
            augmenter=SpectrogramAugmenter() if self.augmentation == "default" else self.augmentation,
            batch_size=self.batch_size,
            seed=seed,
            full=in_pieces,
        )
        if validation is not None:
            validation = (self._standardized(validation[0]), *validation[1:])
        epochs = 1 if in_pieces else self.epochs
        # Going on with the same draws would show the network the same changes of its clips again.
        with seeded(seed if done == 0 else int(np.random.SeedSequence([seed, done]).generate_state(1)[0])):
            network = getattr(self, "_network", None) or Network(self._build(source))
            network.keeps_training_state = self.warm_start
            self._compile(network, n_steps=epochs * len(batches), in_pieces=in_pieces)
            history, self.best_epoch_ = train(
                network,
                batches,
                objective=self._objective,
                validation=validation,
                epochs=epochs,
                first_epoch=done,
                patience=self.patience,
                callbacks=self.callbacks or (),
                monitor=monitor,
                verbose=self.verbose,
            )
        self.history_ = [*self.history_, *history]
        self._network, self._layers = network, describe_layers(network.model)

    def _build(self, source):
        n_outputs = len(self.classes_)
        if source is not None:
            return replace_head(source._network, n_outputs)
        return build_model(self.architecture, self.input_shape_, n_outputs, params=network_arguments(self))

    def _compile(self, network, *, n_steps, in_pieces):
        """Give a network its optimizer and loss, unless it learns in pieces and has them from the piece before."""
        if in_pieces and network.learns_in_pieces:
            return
        if self.pretrained is not None:
            freeze(network.model, self.trainable)
        optimizer = ready_optimizer(
            self.optimizer,
            network.model,
            learning_rate=self.learning_rate,
            schedule=None if in_pieces else self.schedule,
            n_steps=n_steps,
            remembered=network.training_state(),
        )
        objective = self._objective
        network.model.compile(optimizer=optimizer, loss=objective.loss(), weighted_metrics=[objective.metric()])
        network.learns_in_pieces = in_pieces

    def _standardized(self, maps):
        return maps if self._scaler is None else self._scaler.transform(maps)

    def _logits(self, X):
        check_is_fitted(self)
        maps = self._standardized(self._shape(check_maps(self, X, reset=False)))
        # In double precision, so that probabilities sum to one to the last digits.
        return self._network.logits(maps).astype(np.float64)
