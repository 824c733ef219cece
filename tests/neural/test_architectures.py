import math
import re

import numpy as np
import pytest

from audiofeat.neural import architectures


@pytest.mark.parametrize("shape", [(1, 1, 1), (4, 1, 1), (1, 9, 1), (12, 17, 2)])
@pytest.mark.parametrize("name", sorted(architectures.ARCHITECTURES))
def test_any_map_becomes_logits(name, shape):
    model = architectures.ARCHITECTURES[name](shape, 3, filters=(4, 5))
    assert model.input_shape == (None, *shape)
    assert model.output_shape == (None, 3)


def test_tutorial_network_has_the_layers_of_the_tutorial():
    model = architectures.tutorial((32, 32, 1), 8)
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == [
        "InputLayer", "Conv2D", "Conv2D", "MaxPooling2D", "Dropout", "Flatten", "Dense", "Dropout", "Dense"
    ]  # fmt: skip
    # 3·3·32 + 32, 3·3·32·64 + 64, 14·14·64·128 + 128 and 128·8 + 8.
    assert model.count_params() == 320 + 18_496 + 1_605_760 + 1_032


def test_small_network_hears_a_sound_wherever_it_stands():
    keras = pytest.importorskip("keras")
    model = architectures.small((8, 64, 1), 2, filters=(4, 4))
    clip = np.zeros((1, 8, 64, 1), dtype=np.float32)
    clip[0, 3, 20] = 1
    # By a multiple of the stride and the poolings, far from the edges.
    outputs = keras.ops.convert_to_numpy(model(np.concatenate([clip, np.roll(clip, 8, axis=2)]), training=False))
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-6)


@pytest.mark.parametrize("name", sorted(architectures.ARCHITECTURES))
def test_documented_sizes_are_the_real_ones(name):
    build = architectures.ARCHITECTURES[name]
    rows = re.findall(r"^ *(\d+) × (\d+) +(\S+ [kM]) +(\S+ [kM])$", build.__doc__, flags=re.MULTILINE)
    assert ("64", "216") in {row[:2] for row in rows}
    for bins, frames, parameters, multiply_adds in rows:
        model = build((int(bins), int(frames), 1), 2)
        assert parameters == _rounded(model.count_params())
        assert multiply_adds == _rounded(_multiply_adds(model))


def _multiply_adds(model):
    """Count the products of convolutions and dense layers; each weight is used once for each place of the output."""
    total = 0
    for layer in model.layers:
        kernels = [math.prod(weight.shape) for weight in layer.weights if len(weight.shape) in (2, 4)]
        total += sum(kernels) * math.prod(layer.output.shape[1:3] if len(layer.output.shape) == 4 else [1])
    return total


def _rounded(number):
    unit, letter = (1e6, "M") if number >= 1e6 else (1e3, "k")
    return f"{float(f'{number / unit:.2g}' if number < 100 * unit else f'{number / unit:.3g}'):g} {letter}"


def test_more_blocks_learn_the_difference_to_what_comes_in():
    keras = pytest.importorskip("keras")
    model = architectures.resnet((8, 16, 1), 2, filters=(4, 6), blocks=2)
    sums = [layer for layer in model.layers if isinstance(layer, keras.layers.Add)]
    assert len(sums) == 4
    widened = [layer.name for layer in model.layers if layer.name.startswith("widen")]
    # Elsewhere the shortcut is the input itself.
    assert widened == ["widen_2_1"]
