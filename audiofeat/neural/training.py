"""The epochs of one fit."""

import copy
import math
import time

import numpy as np

from audiofeat.neural.backend import compiling_anew, current_rate, load_keras, threads_capped

__all__ = ["train"]


def train(
    network,
    batches,
    *,
    objective,
    validation=None,
    epochs,
    first_epoch=0,
    patience=None,
    callbacks=(),
    monitor=None,
    verbose=0,
):
    """Run the epochs; with validation clips, stop early and keep the weights of the best epoch.

    The loop is ours and not `keras.Model.fit`, which starts the threads of a data pipeline for every epoch: on few clips
    that takes as long as the training. Each step is Keras' own.

    Parameters
    ----------
    network : Network
        Around a compiled model.
    batches : Batches
        The training clips.
    objective : OneClass or AnyLabels
        What is learned.
    validation : tuple of ndarray or None, default=None
        Standardised maps, targets and weights.
    epochs : int
        Most epochs.
    first_epoch : int, default=0
        How many went before.
    patience : int or None, default=None
        Epochs without a lower validation loss before the end; None goes on.
    callbacks : sequence of keras.callbacks.Callback, default=()
        The caller's, copied first.
    monitor : FitMonitor or None, default=None
        Told of each epoch; may end the training.
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
        epochs=first_epoch + epochs,
        steps=len(batches),
        model=model,
    )
    history = []
    model.stop_training = False
    with threads_capped(), compiling_anew():
        called.on_train_begin()
        for number in range(first_epoch, first_epoch + epochs):
            started = time.perf_counter()
            if monitor is not None:
                monitor.epoch_begins()
            called.on_epoch_begin(number)
            logs = _run_epoch(model, batches, number, called)
            if validation is not None:
                logs |= _validate(network, objective, *validation)
            _refuse_divergence(logs["loss"], number)
            called.on_epoch_end(number, dict(logs))
            rate = current_rate(model.optimizer)
            seconds = time.perf_counter() - started
            history.append({"epoch": number + 1, **logs, "learning_rate": rate, "seconds": seconds})
            stop = monitor is not None and monitor.epoch_ends(network, history)
            if stop or model.stop_training:
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


def _validate(network, objective, maps, targets, weights):
    """Measure loss and accuracy on clips that are not trained on."""
    logits = network.logits(maps).astype(np.float64)
    return {
        "val_loss": float(np.average(objective.losses(logits, targets), weights=weights)),
        "val_accuracy": float(np.average(objective.right(logits, targets), weights=weights)),
    }


def _refuse_divergence(loss, number):
    if not math.isfinite(loss):
        raise ValueError(
            f"CNNClassifier's loss became {loss} in epoch {number + 1}. Lower learning_rate, and look for values of very "
            "different size in X."
        )
