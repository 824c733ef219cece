"""Optimizer, schedule and callbacks of one fit, all made afresh so that nothing leaks from one fit into the next."""

import copy
import math
import time

import numpy as np
from scipy.special import log_softmax

from audiofeat.neural.backend import keep_out_of_the_registry, load_keras

__all__ = ["make_optimizer", "train"]

# Where one-cycle starts, as a share of its peak, and how long it rises: the values of Smith's followers in fastai.
_ONE_CYCLE_START = 1 / 25
_ONE_CYCLE_RISE = 0.25


def make_optimizer(optimizer, *, learning_rate, schedule, n_steps):
    """Build the optimizer of one fit.

    A name takes `learning_rate` and `schedule`; a Keras optimizer is copied by its configuration and a function is
    called, and both keep their own learning rate.
    """
    keras = load_keras(by="CNNClassifier")
    if isinstance(optimizer, str):
        try:
            return keras.optimizers.get(
                {"class_name": optimizer, "config": {"learning_rate": _rate(learning_rate, schedule, n_steps)}}
            )
        except ValueError as exc:
            raise ValueError(
                f"CNNClassifier got optimizer={optimizer!r}, which Keras does not know. "
                "Use a name such as 'adam', 'adamw' or 'sgd', a Keras optimizer, or a function that returns one."
            ) from exc
    if isinstance(optimizer, keras.optimizers.Optimizer):
        return type(optimizer).from_config(optimizer.get_config())
    made = optimizer()
    if not isinstance(made, keras.optimizers.Optimizer):
        raise TypeError(
            f"CNNClassifier got an optimizer function that returned {made!r}. Return a Keras optimizer from it."
        )
    return made


def _rate(peak, schedule, n_steps):
    cosine = load_keras(by="CNNClassifier").optimizers.schedules.CosineDecay
    if schedule == "cosine":
        return cosine(peak, decay_steps=n_steps)
    if schedule == "one_cycle":
        rise = max(1, round(_ONE_CYCLE_RISE * n_steps))
        return cosine(
            peak * _ONE_CYCLE_START, decay_steps=max(1, n_steps - rise), warmup_target=peak, warmup_steps=rise
        )
    return peak


def train(network, batches, *, validation=None, epochs, patience=None, callbacks=(), verbose=0):
    """Run the epochs; with validation clips, stop early and keep the weights of the best epoch.

    The loop is ours and not `keras.Model.fit`, which starts the threads of a data pipeline for every epoch: on few clips
    that takes as long as the training. Each step is Keras' own.

    Parameters
    ----------
    network : Network
        Around a compiled model.
    batches : Batches
        The training clips.
    validation : tuple of ndarray or None, default=None
        Standardised maps, targets and weights.
    epochs : int
        Most epochs.
    patience : int or None, default=None
        Epochs without a lower validation loss before the end; None goes on.
    callbacks : sequence of keras.callbacks.Callback, default=()
        The caller's, copied first.
    verbose : int, default=0
        Above 0, one line an epoch.

    Returns
    -------
    history : list of dict
        One entry an epoch, with plain numbers.
    best_epoch : int or None
        Number of the epoch whose weights were kept, None without validation.
    """
    keras = load_keras(by="CNNClassifier")
    model = network.model
    # A callback belongs to the model it has seen, so each fit gets its own copies.
    called = copy.deepcopy(list(callbacks))
    stopper = None
    if validation is not None:
        stopper = keras.callbacks.EarlyStopping(
            monitor="val_loss", patience=patience or epochs, restore_best_weights=True
        )
        called.append(stopper)
    called = keras.callbacks.CallbackList(
        # Two is one line an epoch; a progress bar would redraw a terminal that may not be one.
        called,
        add_progbar=verbose > 0,
        verbose=2,
        epochs=epochs,
        steps=len(batches),
        model=model,
    )
    keep_out_of_the_registry(model.optimizer)
    # A variable that is born inside the first step makes TensorFlow trace that step twice.
    model.optimizer.build(model.trainable_variables)
    history = []
    model.stop_training = False
    called.on_train_begin()
    for number in range(epochs):
        started = time.perf_counter()
        called.on_epoch_begin(number)
        logs = _run_epoch(model, batches, number, called)
        if validation is not None:
            logs |= _validate(network, *validation)
        called.on_epoch_end(number, dict(logs))
        rate = float(keras.ops.convert_to_tensor(model.optimizer.learning_rate))
        seconds = time.perf_counter() - started
        history.append({"epoch": number + 1, **logs, "learning_rate": rate, "seconds": seconds})
        if not math.isfinite(logs["loss"]):
            raise ValueError(
                f"CNNClassifier's loss became {logs['loss']} in epoch {number + 1}. Lower learning_rate, and look for "
                "values of very different size in X."
            )
        if model.stop_training:
            break
    model.optimizer.finalize_variable_values(model.trainable_weights)
    called.on_train_end(dict(logs))
    return history, None if stopper is None else stopper.best_epoch + 1


def _run_epoch(model, batches, number, called):
    """Take one step a batch, and return loss and accuracy over all of them."""
    steps = []
    for step, batch in enumerate(batches.epoch(number)):
        called.on_train_batch_begin(step)
        logs = model.train_on_batch(batch.maps, batch.targets, batch.weights, return_dict=True)
        called.on_train_batch_end(step, logs)
        steps.append((float(logs["loss"]), float(logs["accuracy"]), float(batch.weights.sum())))
    loss, accuracy, weight = np.array(steps).T
    # The accuracy of a batch is a weighted mean over its clips, its loss a sum over its rows; see `Batches`.
    return {"loss": float(loss.mean()), "accuracy": float(np.average(accuracy, weights=weight))}


def _validate(network, maps, targets, weights):
    """Measure loss and accuracy on clips that are not trained on."""
    logits = network.logits(maps).astype(np.float64)
    losses = -(targets * log_softmax(logits, axis=1)).sum(axis=1)
    right = logits.argmax(axis=1) == targets.argmax(axis=1)
    return {
        "val_loss": float(np.average(losses, weights=weights)),
        "val_accuracy": float(np.average(right, weights=weights)),
    }
