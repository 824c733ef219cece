"""Functions that a user might write; importable, so that models built by them can be pickled."""


def linear(input_shape, n_outputs, *, l2=0.0):
    """The smallest network: one dense layer."""
    import keras

    return keras.Sequential(
        [
            keras.layers.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(n_outputs, kernel_regularizer=keras.regularizers.L2(l2)),
        ]
    )


def ending_in_softmax(input_shape, n_outputs):
    import keras

    return keras.Sequential(
        [
            keras.layers.Input(input_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(n_outputs, activation="softmax"),
        ]
    )


def of_one_output(input_shape, n_outputs):
    return linear(input_shape, 1)


def sgd():
    import keras

    return keras.optimizers.SGD(0.1)


def nested(input_shape, n_outputs):
    """A model inside a model, as with a pretrained body."""
    import keras

    inner = keras.Sequential([keras.layers.Input((3,)), keras.layers.Dense(4, name="inner_dense")], name="inner")
    inputs = keras.layers.Input(input_shape)
    hidden = keras.layers.Dense(3)(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, keras.layers.Dense(n_outputs)(inner(hidden)))
