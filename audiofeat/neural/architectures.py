"""Networks for maps: each a function ``(input_shape, n_outputs, **params)`` that returns an unfitted Keras model.

Conventions: `input_shape` is ``(n_bins, n_frames, n_channels)``; the output is logits, without softmax or sigmoid.
"""

from audiofeat.neural.backend import load_keras

__all__ = ["ARCHITECTURES", "resnet", "small", "tutorial"]

# Of the running statistics: the default of 0.99 would need more steps than a small data set gives.
_MOMENTUM = 0.9


def tutorial(input_shape, n_outputs, *, filters=(32, 64), dropout=0.5):
    """Build the network of TensorFlow's tutorial on simple audio recognition.

    Two convolutions, one pooling, two dense layers. The tutorial resizes its spectrograms to 32 × 32 and normalises
    them first: give `CNNClassifier` ``resize=(32, 32)`` for that. On larger maps the first dense layer grows with their
    area.

    Parameters
    ----------
    input_shape : tuple of int
        Bins, frames and channels.
    n_outputs : int
        Number of logits.
    filters : tuple of int, default=(32, 64)
        Channels of each convolution.
    dropout : float, default=0.5
        Share of activations dropped before the last layer; half of it before the first dense one.

    Returns
    -------
    keras.Model
        The network, not compiled.

    Notes
    -----
    With two outputs:

    ========  ==========  =============
    input     parameters  multiply-adds
    ========  ==========  =============
    32 × 32   1.6 M       16 M
    64 × 216  26 M        264 M
    ========  ==========  =============

    References
    ----------
    TensorFlow, "Simple audio recognition: Recognizing keywords", https://www.tensorflow.org/tutorials/audio/simple_audio
    """
    keras = load_keras(by="CNNClassifier")
    layers = keras.layers
    inputs = hidden = layers.Input(input_shape, name="maps")
    for number, n_filters in enumerate(filters, 1):
        # Maps smaller than the kernel keep their size instead of vanishing.
        padding = "valid" if min(hidden.shape[1:3]) > 2 else "same"
        hidden = layers.Conv2D(n_filters, 3, padding=padding, activation="relu", name=f"conv_{number}")(hidden)
    hidden = _pool(layers, hidden, "pool")
    hidden = layers.Dropout(dropout / 2, name="dropout_1")(hidden)
    hidden = layers.Flatten(name="flatten")(hidden)
    hidden = layers.Dense(128, activation="relu", name="dense")(hidden)
    hidden = layers.Dropout(dropout, name="dropout_2")(hidden)
    return keras.Model(inputs, layers.Dense(n_outputs, name="logits")(hidden), name="tutorial")


def small(input_shape, n_outputs, *, filters=(16, 32, 64), dropout=0.3):
    """Build the default network: convolution, normalisation and pooling, repeated, then a summary over time.

    A weighted mean over frequency, then mean and maximum over time, make the output independent of where in the clip a
    sound stands and leave few weights to learn, so that a few hundred clips suffice.

    Parameters
    ----------
    input_shape : tuple of int
        Bins, frames and channels.
    n_outputs : int
        Number of logits.
    filters : tuple of int, default=(16, 32, 64)
        Channels of each block, one entry a block. The first block has stride 2 instead of pooling.
    dropout : float, default=0.3
        Share of the summary that is dropped in training.

    Returns
    -------
    keras.Model
        The network, not compiled.

    Notes
    -----
    With two outputs and the default filters:

    ========  ==========  =============
    input     parameters  multiply-adds
    ========  ==========  =============
    64 × 126  25 k        19 M
    64 × 216  25 k        33 M
    ========  ==========  =============
    """
    keras = load_keras(by="CNNClassifier")
    layers = keras.layers
    inputs = hidden = layers.Input(input_shape, name="maps")
    for number, n_filters in enumerate(filters, 1):
        first = number == 1
        hidden = layers.Conv2D(
            n_filters,
            5 if first else 3,
            strides=2 if first else 1,
            padding="same",
            use_bias=False,
            name=f"conv_{number}",
        )(hidden)
        hidden = layers.BatchNormalization(momentum=_MOMENTUM, name=f"norm_{number}")(hidden)
        hidden = layers.Activation("relu", name=f"relu_{number}")(hidden)
        if not first:
            hidden = _pool(layers, hidden, f"pool_{number}")
    return keras.Model(inputs, _summarise(keras, hidden, n_outputs, dropout), name="small")


def resnet(input_shape, n_outputs, *, filters=(32, 64, 128), dropout=0.3, blocks=1):
    """Build a residual network of depthwise-separable convolutions.

    Each block adds what two separable convolutions find to what came in, so that more blocks can be trained; a separable
    convolution has a fraction of the weights of a full one. Deeper than `small` at about the same cost: choose it when
    there are more than a few hundred clips.

    Parameters
    ----------
    input_shape : tuple of int
        Bins, frames and channels.
    n_outputs : int
        Number of logits.
    filters : tuple of int, default=(32, 64, 128)
        Channels of each stage, one entry a stage. Behind the first stage, each begins by pooling.
    dropout : float, default=0.3
        Share of the summary that is dropped in training.
    blocks : int, default=1
        Residual blocks in each stage.

    Returns
    -------
    keras.Model
        The network, not compiled.

    Notes
    -----
    With two outputs and the default filters:

    ========  ==========  =============
    input     parameters  multiply-adds
    ========  ==========  =============
    64 × 126  50 k        16 M
    64 × 216  50 k        27 M
    ========  ==========  =============

    References
    ----------
    He, K., Zhang, X., Ren, S., & Sun, J. (2016). Deep residual learning for image recognition. IEEE Conference on
    Computer Vision and Pattern Recognition, 770-778. https://doi.org/10.1109/CVPR.2016.90

    Chollet, F. (2017). Xception: Deep learning with depthwise separable convolutions. IEEE Conference on Computer
    Vision and Pattern Recognition, 1800-1807. https://doi.org/10.1109/CVPR.2017.195
    """
    keras = load_keras(by="CNNClassifier")
    layers = keras.layers
    inputs = layers.Input(input_shape, name="maps")
    hidden = layers.Conv2D(filters[0], 5, strides=2, padding="same", use_bias=False, name="stem_conv")(inputs)
    hidden = layers.BatchNormalization(momentum=_MOMENTUM, name="stem_norm")(hidden)
    hidden = layers.Activation("relu", name="stem_relu")(hidden)
    for stage, n_filters in enumerate(filters, 1):
        if stage > 1:
            hidden = _pool(layers, hidden, f"pool_{stage}")
        for block in range(1, blocks + 1):
            hidden = _residual(layers, hidden, n_filters, f"{stage}_{block}")
    return keras.Model(inputs, _summarise(keras, hidden, n_outputs, dropout), name="resnet")


ARCHITECTURES = {"resnet": resnet, "small": small, "tutorial": tutorial}


def _residual(layers, hidden, n_filters, name):
    """Add two separable convolutions to what comes in, which a linear map widens if need be."""
    shortcut = hidden
    if hidden.shape[-1] != n_filters:
        shortcut = layers.Conv2D(n_filters, 1, use_bias=False, name=f"widen_{name}")(hidden)
    for half in ("a", "b"):
        conv = layers.SeparableConv2D(n_filters, 3, padding="same", use_bias=False, name=f"conv_{name}{half}")
        hidden = layers.BatchNormalization(momentum=_MOMENTUM, name=f"norm_{name}{half}")(conv(hidden))
        if half == "a":
            hidden = layers.Activation("relu", name=f"relu_{name}a")(hidden)
    hidden = layers.Add(name=f"add_{name}")([hidden, shortcut])
    return layers.Activation("relu", name=f"relu_{name}b")(hidden)


def _summarise(keras, hidden, n_outputs, dropout):
    """From a map of activations to logits: a weighted mean over frequency, then mean and maximum over time."""
    layers = keras.layers
    hidden = _weigh_frequencies(keras, hidden)
    hidden = layers.Concatenate(name="summary")(
        [layers.GlobalAveragePooling1D(name="mean")(hidden), layers.GlobalMaxPooling1D(name="maximum")(hidden)]
    )
    hidden = layers.Dropout(dropout, name="dropout")(hidden)
    return layers.Dense(n_outputs, name="logits")(hidden)


def _pool(layers, hidden, name):
    """Halve both axes, or leave an axis of one place alone."""
    return layers.MaxPooling2D(tuple(min(2, size) for size in hidden.shape[1:3]), name=name)(hidden)


def _weigh_frequencies(keras, hidden):
    """Replace the frequency axis by one weighted sum for each filter.

    The weights start as a plain mean and are learned, because a plain mean cannot tell a low sound from a high one.
    """
    n_bins, n_frames, n_filters = hidden.shape[1:]
    hidden = keras.layers.DepthwiseConv2D(
        (n_bins, 1),
        use_bias=False,
        depthwise_initializer=keras.initializers.Constant(1 / n_bins),
        name="frequency_weights",
    )(hidden)
    return keras.layers.Reshape((n_frames, n_filters), name="frames")(hidden)
