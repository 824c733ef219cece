import numpy as np
import pytest

from audiofeat.neural.inputs import InputScaler, as_maps, resize_maps


@pytest.mark.parametrize(
    ("shape", "expected"), [((3, 4), (3, 4, 1, 1)), ((3, 4, 5), (3, 4, 5, 1)), ((3, 4, 5, 2), (3, 4, 5, 2))]
)
def test_axes_of_a_map(shape, expected):
    assert as_maps(np.zeros(shape)).shape == expected


def test_resize_to_the_same_size_changes_nothing(rng):
    maps = rng.normal(size=(2, 5, 7, 1)).astype(np.float32)
    np.testing.assert_array_equal(resize_maps(maps, 5, 7), maps)


def test_resize_of_a_ramp_keeps_the_ramp():
    ramp = np.arange(12, dtype=np.float32).reshape(1, 12, 1, 1)
    # Every new centre lies in the middle of two old ones.
    np.testing.assert_allclose(resize_maps(ramp, 6, 1)[0, :, 0, 0], np.arange(6) * 2 + 0.5, rtol=1e-6)


@pytest.mark.parametrize("size", [(32, 32), (5, 60), (40, 3), (1, 1)])
def test_resize_equals_keras(rng, size):
    keras = pytest.importorskip("keras")
    maps = rng.normal(size=(3, 20, 30, 2)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(keras.ops.image.resize(maps, size, data_format="channels_last"))
    resized = resize_maps(maps, *size)
    assert resized.dtype == np.float32
    np.testing.assert_allclose(resized, expected, atol=1e-5)


def test_resize_of_a_clip_does_not_depend_on_its_neighbours(rng):
    maps = rng.normal(size=(4, 20, 30, 1)).astype(np.float32)
    np.testing.assert_array_equal(resize_maps(maps, 8, 9)[2:3], resize_maps(maps[2:3], 8, 9))


def test_scaler_is_exact_over_blocks_and_far_from_zero(rng):
    maps = (rng.normal(size=(150, 3, 5, 2)) + np.array([0.0, 1e3, -1e4])[:, None, None]).astype(np.float32)
    scaler = InputScaler().fit(maps)
    exact = maps.astype(np.float64)
    np.testing.assert_allclose(scaler.mean_, exact.mean(axis=(0, 2)), rtol=1e-6)
    np.testing.assert_allclose(scaler.scale_, exact.std(axis=(0, 2)), rtol=1e-6)


def test_standardised_bins_have_mean_zero_and_deviation_one(rng):
    maps = (rng.normal(size=(40, 3, 6, 1)) * np.array([1.0, 5.0, 0.1])[:, None, None]).astype(np.float32)
    standard = InputScaler().fit(maps).transform(maps)
    assert standard.dtype == np.float32
    np.testing.assert_allclose(standard.mean(axis=(0, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(standard.std(axis=(0, 2)), 1, atol=1e-5)


@pytest.mark.parametrize("value", [0.0, -80.0, 0.1])
def test_constant_bins_become_zero(value):
    maps = np.full((10, 2, 3, 1), value, dtype=np.float32)
    np.testing.assert_array_equal(InputScaler().fit(maps).transform(maps), 0)
