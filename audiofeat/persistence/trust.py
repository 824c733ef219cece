"""What a skops file may hold: the types that are trusted, and the layers that a network may have.

Conventions: a type is named by its module and its name. A trusted type is one that can be built from any state, or with
any arguments, without running code, reading a file or reaching for the network.
"""

import json
from collections.abc import Iterable, Iterator

from audiofeat._errors import ModelLoadError

__all__ = ["check_architecture", "trusted_types"]

# What fitted extractors keep.
_KEPT = (
    "audiofeat.dsp.random_convolution.KernelGroup",
    "audiofeat.transformers._onnx.OnnxModel",
    "audiofeat.transformers.embedding.WaveformNetwork",
    "audiofeat.transformers.speech_embedding.SpeechNetwork",
)
# Internals of scikit-learn that skops does not list: they hold numbers and other estimators, and nothing that is called.
_SKLEARN = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.model_selection._split.GroupKFold",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedGroupKFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.utils._bunch.Bunch",
)

# Layers that compute and nothing else. Not among them: what holds code (Lambda, TorchModuleWrapper, JaxLayer, FlaxLayer,
# TFSMLayer) and what may name a file to be read (TextVectorization, StringLookup, IntegerLookup).
_LAYERS = frozenset(
    """
    Activation ActivityRegularization Add AdditiveAttention AlphaDropout Attention Average AveragePooling1D
    AveragePooling2D AveragePooling3D BatchNormalization Bidirectional Concatenate Conv1D Conv1DTranspose Conv2D
    Conv2DTranspose Conv3D Conv3DTranspose Cropping1D Cropping2D Cropping3D Dense DepthwiseConv1D DepthwiseConv2D Dot
    Dropout ELU EinsumDense Embedding Flatten GRU GaussianDropout GaussianNoise GlobalAveragePooling1D
    GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    GroupNormalization GroupQueryAttention Identity InputLayer LSTM LayerNormalization LeakyReLU Masking MaxPooling1D
    MaxPooling2D MaxPooling3D Maximum Minimum MultiHeadAttention Multiply Normalization PReLU Permute RMSNormalization
    RandomErasing RandomTranslation ReLU RepeatVector Rescaling Reshape Resizing SeparableConv1D SeparableConv2D
    SimpleRNN Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization Subtract TimeDistributed
    UnitNormalization UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """.split()  # noqa: SIM905 - eighty quoted names are no list to read
)
# What stands in the configuration of layers, and what arithmetic between layers becomes.
_HARMLESS = (
    "keras.initializers",
    "keras.regularizers",
    "keras.constraints",
    "keras.activations",
    "keras.src.ops.numpy",
    "keras.src.ops.nn",
)
_MODELS = frozenset({"Functional", "Sequential", "Model", "DTypePolicy", "KerasTensor"})


def trusted_types() -> list[str]:
    """Name the types that `load_model` trusts in a skops file beyond those that skops itself trusts.

    Returns
    -------
    list of str
        The estimators and settings of this project, and internals of scikit-learn that hold only numbers and estimators.

    See Also
    --------
    load_model : Takes further types that you trust.

    Examples
    --------
    >>> from audiofeat.persistence import trusted_types
    >>> "audiofeat.transformers.cepstrum.MFCC" in trusted_types()
    True
    """
    from audiofeat import neural, transformers
    from audiofeat.dsp import PCEN
    from audiofeat.neural.inputs import InputScaler
    from audiofeat.neural.network import Network

    exported = [getattr(module, name) for module in (transformers, neural) for name in module.__all__]
    ours = {value for value in exported if isinstance(value, type)} | {PCEN, InputScaler, Network}
    return sorted([*(f"{kind.__module__}.{kind.__qualname__}" for kind in ours), *_KEPT, *_SKLEARN])


def check_architecture(architecture: str, trusted: Iterable[str] = (), *, source: str) -> None:
    """Refuse a network with layers that might run code when it is rebuilt.

    Parameters
    ----------
    architecture : str
        A Keras model as JSON.
    trusted : iterable of str, default=()
        Layers beyond the ordinary ones, by the name under which they are registered with Keras.
    source : str
        Where it comes from, for the message.

    Raises
    ------
    ModelLoadError
        Naming the layers.
    """
    try:
        found = set(_classes(json.loads(architecture)))
    except (TypeError, ValueError) as exc:
        raise ModelLoadError(f"{source} holds a network whose architecture is no JSON. Get the file anew.") from exc
    strange = sorted(found - set(trusted))
    if strange:
        raise ModelLoadError(
            f"{source} holds a network with {', '.join(strange)}, which load_model does not trust: rebuilding it may run "
            f"code. If you know it and where the file comes from, pass trusted={strange!r}."
        )


def _classes(config) -> Iterator[str]:
    """Name what Keras would build that is not known to be harmless."""
    if isinstance(config, list):
        for entry in config:
            yield from _classes(entry)
    elif isinstance(config, dict):
        if "class_name" in config:
            name, module = str(config["class_name"]), str(config.get("module"))
            registered = config.get("registered_name")
            if not _is_harmless(name, module, registered):
                yield str(registered) if registered not in (None, name) else f"{module}.{name}"
        for value in config.values():
            yield from _classes(value)


def _is_harmless(name: str, module: str, registered) -> bool:
    # A registered name comes before the class's own when Keras looks a class up. Keras repeats the own one for some.
    if registered not in (None, name):
        return False
    if name == "__keras_tensor__":
        # Where a layer takes its input from.
        return True
    if module == "keras.layers":
        return name in _LAYERS
    if module in ("keras", "keras.models", "keras.src.models.functional"):
        return name in _MODELS
    return module in _HARMLESS
