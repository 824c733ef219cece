"""Random kernels, and the statistics of their responses, against plain correlation."""

import numpy as np
import pytest
from scipy.signal import correlate2d

from audiofeat.dsp import KernelGroup, random_kernels, response_statistics, sounding_frames


def plain(values, groups, n_segments=1):
    """The definition: one correlation per kernel, in float64."""
    rows = []
    for group in groups:
        band = values[group.rows[0] : group.rows[1] - 1 + group.span[0]].astype(np.float64)
        for weights, bias in zip(group.weights, group.biases, strict=True):
            dilated = np.zeros(group.span)
            dilated[:: group.dilation[0], :: group.dilation[1]] = weights
            parts = np.array_split(correlate2d(band, dilated, mode="valid"), n_segments, axis=1)
            rows.append([[(part > bias).mean(), part.max(), part.mean(), part.std()] for part in parts])
    return np.swapaxes(rows, 0, 1)


@pytest.mark.parametrize("n_bands", [1, 3])
@pytest.mark.parametrize("n_segments", [1, 2])
def test_equals_plain_correlation(n_bands, n_segments):
    rng = np.random.RandomState(0)
    values = rng.standard_normal((20, 48))
    groups = random_kernels(40, 20, rng, shapes=[(3, 3), (2, 5)], dilations=[(1, 1), (2, 3)], n_bands=n_bands)
    expected = plain(values, groups, n_segments)
    np.testing.assert_allclose(response_statistics(values, groups, n_segments=n_segments), expected, atol=2e-5)


def test_large_maps_in_blocks():
    # Many kernels of one group on many positions: several blocks, and counts beyond what one byte holds.
    rng = np.random.RandomState(0)
    values = rng.standard_normal((40, 700))
    groups = random_kernels(60, 40, rng, shapes=[(3, 3)], dilations=[(1, 1)], n_bands=1)
    np.testing.assert_allclose(response_statistics(values, groups), plain(values, groups), atol=2e-5)


@pytest.mark.parametrize("bias", [-1.0, 1.0])
@pytest.mark.parametrize("n_frames", [1, 7, 8, 9, 2040, 2041, 5000])
def test_all_or_nothing_is_above_the_bias(bias, n_frames):
    group = KernelGroup(np.zeros((2, 1, 1), np.float32), np.full(2, bias, np.float32), (1, 1), (0, 3))
    proportion = response_statistics(np.ones((3, n_frames)), [group])[0, :, 0]
    np.testing.assert_array_equal(proportion, 0.0 if bias > 0 else 1.0)


def test_kernels_have_zero_mean_and_unit_norm_and_are_shared_out():
    groups = random_kernels(203, 64, np.random.RandomState(0))
    assert sum(len(group.weights) for group in groups) == 203
    assert {len(group.weights) for group in groups} == {1, 2}
    for group in groups:
        np.testing.assert_allclose(group.weights.mean(axis=(1, 2)), 0, atol=1e-6)
        np.testing.assert_allclose(np.square(group.weights).sum(axis=(1, 2)), 1, rtol=1e-5)
        assert np.abs(group.biases).max() <= 1


def test_bands_cover_every_position_once():
    groups = random_kernels(100, 64, np.random.RandomState(0), shapes=[(5, 5)], dilations=[(2, 1)], n_bands=4)
    positions = [row for group in groups for row in range(*group.rows)]
    assert positions == list(range(64 - 8))


def test_level_does_not_matter():
    rng = np.random.RandomState(0)
    values, groups = rng.standard_normal((16, 30)), random_kernels(20, 16, rng)
    np.testing.assert_allclose(
        response_statistics(values + 100, groups), response_statistics(values, groups), atol=2e-4
    )


def test_a_constant_map_has_no_response():
    groups = random_kernels(20, 16, np.random.RandomState(0))
    told = response_statistics(np.full((16, 30), -80.3), groups)[0]
    np.testing.assert_array_equal(told[:, 1:], 0)
    np.testing.assert_array_equal(told[:, 0], [bias < 0 for group in groups for bias in group.biases])


def test_a_pattern_is_found_where_it_is():
    pattern = np.array([[1.0, -1.0], [-1.0, 1.0]]) / 2
    values = np.zeros((8, 20))
    values[5:7, 11:13] = pattern
    groups = [
        KernelGroup(pattern[None].astype(np.float32), np.zeros(1, np.float32), (1, 1), rows)
        for rows in [(0, 4), (4, 7)]
    ]
    maxima = response_statistics(values, groups)[0, :, 1]
    assert maxima[1] == pytest.approx(1.0)
    assert maxima[0] == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (2, 3), (40, 1), (5, 5)])
def test_small_maps(shape):
    rng = np.random.RandomState(0)
    groups = random_kernels(50, shape[0], rng)
    told = response_statistics(rng.standard_normal(shape), groups, n_segments=2)
    assert told.shape == (2, 50, 4)
    assert np.isfinite(told).all()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[3, 1, 0, 0], [2, 5, 0, 0]], 2),
        ([[3, 1, 0, 0], [2, 5, 0, 1]], 4),
        ([[0, 1, 0, 1], [2, 5, 3, 0]], 4),  # a single frame may be low by chance
        ([[3, 1, 2, 0], [2, 5, 1, 0]], 4),
        ([[0, 0, 0], [0, 0, 0]], 3),
        ([[0, 7, 0, 0, 0]], 2),
        ([[0, 1, 4, 4, 4], [9, 5, -2, -2, -2 + 1e-15]], 2),  # cepstra: alike, and not the lowest
        ([[0, 1, 4, 4, 4], [9, 5, -2, -2, -2.001]], 5),
        ([[5.0]], 1),
    ],
)
def test_silence_at_the_end(values, expected):
    assert sounding_frames(np.array(values, dtype=float)) == expected
