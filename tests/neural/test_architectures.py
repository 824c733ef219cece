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
