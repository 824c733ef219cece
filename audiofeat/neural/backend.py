"""Keras and its backend: chosen before Keras is imported, quiet, on one thread, and seeded without side effects."""

import json
import logging
import os
import random
import re
import sys
import tempfile
import threading
import warnings
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from audiofeat._errors import MissingExtraError
from audiofeat._optional import need

__all__ = [
    "SEEDING",
    "compiling_anew",
    "current_rate",
    "keep_out_of_the_registry",
    "load_keras",
    "make_forward",
    "require_backend",
    "seeded",
    "threads_capped",
    "to_numpy",
]

# Which backend serves when nobody chose one, and the extra that installs it.
_EXTRAS = {"torch": "cnn-torch", "tensorflow": "cnn", "jax": "cnn-jax"}
# Backends that cannot train, but can use what others have trained.
_PREDICTING = ("numpy", "openvino")

# What C++ libraries log at the levels of information and warning, and the line that follows one of them.
_CHATTER = re.compile(
    rb"[IW]\d{4} |\d{4}-\d\d-\d\d [\d:.]+ ?: [IW] |WARNING: All log messages before|To enable the following"
)

# Seeding goes through generators that all threads of a process share.
SEEDING = threading.RLock()


def load_keras(*, by, verbose=0):
    """Import Keras on the backend that the user configured, else on the first installed of torch, TensorFlow and JAX.

    An already imported Keras stays as it is. `KERAS_BACKEND` comes next, then the backend of the user's ``keras.json``
    if that is installed (Keras writes this file by itself, so it may name a backend that was removed since).
    """
    if "keras" in sys.modules:
        keras = sys.modules["keras"]
    else:
        chosen = _choose_backend(by)
        if chosen is not None:
            # The environment, so that worker processes choose the same.
            os.environ["KERAS_BACKEND"] = chosen
        with warnings.catch_warnings(), _without_start_up_chatter():
            # Deprecations inside the backends are for their maintainers.
            warnings.simplefilter("ignore")
            keras = need("keras", extra="cnn", by=by)
        if verbose:
            print(f"{by} uses Keras {keras.__version__} on {keras.backend.backend()}.")  # noqa: T201
    _settle_threads(keras.backend.backend())
    return keras


def require_backend(*, by):
    """Refuse at once if Keras or its backend is missing, without the seconds that importing them takes."""
    if "keras" not in sys.modules:
        if find_spec("keras") is None:
            need("keras", extra="cnn", by=by)
        _choose_backend(by)


def _choose_backend(by):
    """Name the backend to set in the environment, or None if the environment already does."""
    configured = os.environ.get("KERAS_BACKEND")
    if configured:
        if configured in _EXTRAS and find_spec(configured) is None:
            raise MissingExtraError(
                f"{by} needs {configured}, which KERAS_BACKEND={configured!r} asks for and which is not installed. "
                f"Install it with `pip install '.[{_EXTRAS[configured]}]'` in a clone, or unset KERAS_BACKEND."
            )
        if configured not in (*_EXTRAS, *_PREDICTING):
            raise ValueError(
                f"{by} found KERAS_BACKEND={configured!r} in the environment; expected 'torch', 'tensorflow' or 'jax'. Set "
                "it to one that is installed, or unset it."
            )
        return None
    installed = [name for name in _EXTRAS if find_spec(name) is not None]
    if not installed:
        raise MissingExtraError(
            f"{by} needs a backend for Keras: TensorFlow, torch or JAX, and none is installed. "
            "Install one with `pip install '.[cnn]'` (TensorFlow), `'.[cnn-torch]'` or `'.[cnn-jax]'` in a clone."
        )
    preferred = _backend_of_keras_json()
    return preferred if preferred in installed else installed[0]


def _backend_of_keras_json():
    home = Path(os.environ.get("KERAS_HOME") or Path("~/.keras").expanduser())
    try:
        return json.loads((home / "keras.json").read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):
        return None


@contextmanager
def _without_start_up_chatter():
    """Drop what TensorFlow's C++ libraries say about themselves while they are loaded, unless the user asks for it.

    Some of it is written before the libraries read their log level, so the level alone does not silence it: not in a
    worker process either, which inherits the one that is set here. Lines that are neither information nor warnings in the
    libraries' format are passed on.
    """
    # 0 shows information, 1 shows warnings.
    if os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2") in ("0", "1"):
        yield
        return
    try:
        terminal = os.dup(2)
    except OSError:
        # A process without standard error has nobody to spare.
        yield
        return
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
            held_back.seek(0)
            said = b"".join(line for line in held_back if not _CHATTER.match(line))
            if said:
                os.write(2, said)


def _n_threads(*names):
    """How many threads a fit may use: what one of these environment variables says, else one.

    Sums depend on how many threads share them, so only a fixed number gives the same network in a worker process and in
    the main one; and networks of this size gain little from more, while a grid search gains a worker a core.
    """
    for name in ("AUDIOFEAT_NUM_THREADS", *names):
        value = os.environ.get(name)
        if value:
            if not value.isdecimal() or int(value) == 0:
                raise ValueError(
                    f"The environment variable {name} is {value!r}; expected a number of threads, 1 or more."
                )
            return int(value)
    return 1


def _settle_threads(backend):
    """Give TensorFlow and JAX their number of threads, which they take once a process, before they compute anything."""
    if backend == "tensorflow":
        import tensorflow as tf

        if tf.config.threading.get_intra_op_parallelism_threads() == 0:
            try:
                tf.config.threading.set_intra_op_parallelism_threads(_n_threads("TF_NUM_INTRAOP_THREADS"))
            except RuntimeError:
                # The caller has computed something before: the number of threads is settled.
                return
    elif backend == "jax" and "NPROC" not in os.environ:
        import jax

        # XLA has no other way to be told, and reads this when the first device is asked for.
        os.environ["NPROC"] = str(_n_threads())
        try:
            jax.devices()
        finally:
            del os.environ["NPROC"]


@contextmanager
def threads_capped():
    """Let torch compute with its number of threads, and give the caller's number back."""
    if sys.modules["keras"].backend.backend() != "torch":
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(_n_threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def compiling_anew():
    """Keep TensorFlow from warning that the training step of each new network is compiled.

    It takes several fits in one process, such as those of a search, for a loop that compiles by mistake.
    """
    # The record is made by this logger itself, so that a filter on it is enough.
    logger = logging.getLogger("tensorflow")

    def is_other(record):
        return "triggered tf.function retracing" not in record.getMessage()

    logger.addFilter(is_other)
    try:
        yield
    finally:
        logger.removeFilter(is_other)


@contextmanager
def seeded(seed):
    """Seed what Keras draws from, and give the caller's generators their states back.

    Keras draws the seeds of its initialisers and dropout layers from Python's generator; under torch, dropout draws
    from torch's. TensorFlow's and JAX's own generators are not used. NumPy's is seeded for user-made architectures.
    """
    with SEEDING, ExitStack() as stack:
        stack.callback(random.setstate, random.getstate())
        stack.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        if sys.modules["keras"].backend.backend() == "torch":
            import torch

            stack.enter_context(torch.random.fork_rng())
            torch.manual_seed(seed)
        yield


def keep_out_of_the_registry(optimizer):
    """Let the memory of a training step go when its model goes.

    Under TensorFlow, Keras sums the gradients over replicas with a custom gradient, and TensorFlow keeps every custom
    gradient, with the graph around it, for as long as the process lives: some 5 MB a fit. On one device the sum is over
    one, so it is left out.
    """
    if sys.modules["keras"].backend.backend() != "tensorflow":
        return
    import tensorflow as tf

    if not tf.distribute.has_strategy():
        optimizer._all_reduce_sum_gradients = list


def to_numpy(value):
    """Copy a tensor or variable of any backend; Keras' own conversion makes NumPy 2.4 warn under torch and JAX."""
    value = getattr(value, "value", value)
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy().copy()
    return np.array(value.numpy() if hasattr(value, "numpy") else value)


def current_rate(optimizer):
    """Read the learning rate at the step that an optimizer has come to.

    Keras' schedules branch, and JAX compiles each branch that it meets outside a compiled function: anew whenever it is
    read, and for as long as the process lives.
    """
    with ExitStack() as stack:
        if sys.modules["keras"].backend.backend() == "jax":
            import jax

            stack.enter_context(jax.disable_jit())
        return float(to_numpy(optimizer.learning_rate))


def make_forward(model, *, n_clips):
    """Compile a model for prediction: a function from maps to logits, both NumPy arrays.

    It takes at most `n_clips` clips, and is compiled once for any number of them under TensorFlow. JAX compiles for each
    number anew, so there all but a single clip are filled up to `n_clips`.
    """
    backend = sys.modules["keras"].backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
        # The concrete function, because TensorFlow would warn of the new function that each new network brings.
        compiled = tf.function(
            lambda maps: model(maps, training=False), input_signature=signature, autograph=False
        ).get_concrete_function()
        return lambda maps: compiled(tf.constant(maps)).numpy()
    if backend == "torch":
        import torch

        def forward(maps):
            with torch.no_grad(), threads_capped():
                return to_numpy(model(maps, training=False))

        return forward

    import jax

    compiled = jax.jit(lambda trained, fixed, maps: model.stateless_call(trained, fixed, maps, training=False)[0])

    def forward_of_jax(maps):
        # Read anew each time, because training on replaces them.
        trained, fixed = (
            [variable.value for variable in part] for part in (model.trainable_variables, model.non_trainable_variables)
        )
        filled = maps
        if 1 < len(maps) < n_clips:
            filled = np.concatenate([maps, np.zeros((n_clips - len(maps), *maps.shape[1:]), maps.dtype)])
        return np.array(compiled(trained, fixed, filled))[: len(maps)]

    return forward_of_jax
