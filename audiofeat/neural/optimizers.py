"""Optimizer and learning-rate schedule of one fit, made afresh or going on where the last fit ended."""

from audiofeat.neural.backend import keep_out_of_the_registry, load_keras

__all__ = ["make_optimizer", "ready_optimizer"]

# Where one-cycle starts, as a share of its peak, and how long it rises: the values of Smith's followers in fastai.
_ONE_CYCLE_START = 1 / 25
_ONE_CYCLE_RISE = 0.25


def make_optimizer(optimizer, *, learning_rate, schedule, n_steps, first_step=0):
    """Build the optimizer of one fit.

    A name takes `learning_rate` and `schedule`; a Keras optimizer is copied by its configuration and a function is
    called, and both keep their own learning rate.

    Parameters
    ----------
    optimizer : str, keras.optimizers.Optimizer or callable
        As `CNNClassifier` takes it.
    learning_rate : float
        Step size, its peak if there is a schedule.
    schedule : {"one_cycle", "cosine"} or None
        How the learning rate moves.
    n_steps : int
        Steps over which it moves.
    first_step : int, default=0
        What the optimizer counts when the schedule begins.
    """
    keras = load_keras(by="CNNClassifier")
    if isinstance(optimizer, str):
        rate = _shifted(_rate(learning_rate, schedule, n_steps), first_step)
        try:
            return keras.optimizers.get({"class_name": optimizer, "config": {"learning_rate": rate}})
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


def ready_optimizer(optimizer, model, *, learning_rate, schedule, n_steps, remembered=None):
    """Build an optimizer for a model, with what one of the same kind remembered of the same weights.

    Parameters
    ----------
    optimizer : str, keras.optimizers.Optimizer or callable
        As in `make_optimizer`.
    model : keras.Model
        What it will train.
    learning_rate : float
        As in `make_optimizer`.
    schedule : {"one_cycle", "cosine"} or None
        As in `make_optimizer`.
    n_steps : int
        As in `make_optimizer`.
    remembered : dict or None, default=None
        From `Network.training_state`. Where it does not fit, because the optimizer or the weights to train are others
        now, the optimizer starts anew.
    """
    for known in (remembered, None):
        first_step = int(known["variables"][0]) if known else 0
        made = make_optimizer(
            optimizer, learning_rate=learning_rate, schedule=schedule, n_steps=n_steps, first_step=first_step
        )
        keep_out_of_the_registry(made)
        # A variable that is born inside the first step makes TensorFlow trace that step twice.
        made.build(model.trainable_variables)
        if known is None or _remind(made, known):
            break
    return made


def _remind(optimizer, known):
    """Give an optimizer what another one remembered, and tell whether it could."""
    variables = [variable for variable in optimizer.variables if variable.name != "learning_rate"]
    if known["optimizer"] != type(optimizer).__name__ or len(variables) != len(known["variables"]):
        return False
    if any(tuple(v.shape) != value.shape for v, value in zip(variables, known["variables"], strict=True)):
        return False
    for variable, value in zip(variables, known["variables"], strict=True):
        variable.assign(value)
    return True


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


def _shifted(rate, first_step):
    """Let a schedule begin at a later step of the optimizer."""
    if not first_step or isinstance(rate, float | int):
        return rate
    keras = load_keras(by="CNNClassifier")

    class Shifted(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[name-defined]
        def __call__(self, step):
            return rate(step - first_step)

        def get_config(self):
            return {"rate": rate, "first_step": first_step}

    return Shifted()
