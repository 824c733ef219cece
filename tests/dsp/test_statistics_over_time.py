"""Pooling over time in closed form."""

import numpy as np
import pytest
from scipy import stats

from audiofeat.dsp import STATISTICS, is_statistic, pool, segment_bounds


def test_statistics_stand_one_after_the_other():
    features = np.array([[1.0, 2.0, 3.0, 6.0], [5.0, 5.0, 5.0, 5.0]])
    pooled = pool(features, ("mean", "std", "min", "max", "median"))
    np.testing.assert_allclose(pooled, [3.0, 5.0, np.sqrt(3.5), 0.0, 1.0, 5.0, 6.0, 5.0, 2.5, 5.0])


@pytest.mark.parametrize("name", STATISTICS)
def test_one_frame_is_its_own_summary(name):
    spread = ("std", "skewness", "kurtosis", "mean_abs_delta")
    expected = [0.0, 0.0] if name in spread else [2.0, 7.0]
    assert pool(np.array([[2.0], [7.0]]), (name,)).tolist() == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", STATISTICS)
def test_the_type_stays(name, dtype):
    assert pool(np.ones((3, 4), dtype=dtype), (name,)).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
def test_mean_and_deviation_together_are_numpys(rng, dtype):
    features = (100 * rng.standard_normal((2, 5, 40))).astype(dtype)
    mean, std = features.mean(axis=-1), features.std(axis=-1)
    np.testing.assert_array_equal(pool(features, ["std", "mean"]), np.concatenate([std, mean], axis=-1))
    np.testing.assert_array_equal(pool(features, ["std"]), std)


def test_a_stack_of_clips_is_pooled_clip_by_clip(rng):
    maps = rng.standard_normal((4, 5, 60)).astype(np.float32)
    np.testing.assert_array_equal(pool(maps), np.stack([pool(clip) for clip in maps]))


def test_the_moments_are_scipys(rng):
    features = rng.gamma(2.0, size=(5, 200))
    pooled = pool(features, ("skewness", "kurtosis"))
    np.testing.assert_allclose(pooled[:5], stats.skew(features, axis=1), rtol=1e-10)
    np.testing.assert_allclose(pooled[5:], stats.kurtosis(features, axis=1, fisher=False), rtol=1e-10)


@pytest.mark.parametrize("scale", [1e-38, 1e-12, 1e12, 1e37])
def test_moments_do_not_leave_the_range_of_float32(scale, rng):
    features = rng.gamma(2.0, size=(5, 200)).astype(np.float32)
    pooled = pool(np.float32(scale) * features, ("skewness", "kurtosis"))
    np.testing.assert_allclose(pooled, pool(features, ("skewness", "kurtosis")), rtol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e-30, 1e30])
def test_what_does_not_vary_has_no_shape(value, dtype):
    assert pool(np.full((2, 50), value, dtype=dtype), ("skewness", "kurtosis")).tolist() == [0.0] * 4


def test_percentiles_and_mean_absolute_delta():
    ramp = np.arange(101.0)[None]
    assert pool(ramp, ("percentile_0", "percentile_25", "percentile_90", "percentile_100")).tolist() == [0, 25, 90, 100]
    assert pool(np.array([[0.0, 2.0, -1.0]]), ("mean_abs_delta",)).tolist() == [2.5]
    assert not any(
        is_statistic(name) for name in ("percentile_101", "percentile_", "percentile_2.", "percentile_100.5", "mode", 3)
    )


def test_percentiles_between_whole_numbers():
    ramp = np.arange(1001.0)[None]
    assert pool(ramp, ("percentile_2.5", "percentile_97.5", "percentile_0.1")).tolist() == [25, 975, 1]
    assert is_statistic("percentile_99.95")


@pytest.mark.parametrize(("n_frames", "n_segments"), [(10, 3), (6, 6), (100, 7), (2, 5), (1, 4)])
def test_segments_cover_the_clip_evenly(n_frames, n_segments):
    bounds = segment_bounds(n_frames, n_segments)
    assert len(bounds) == n_segments
    assert {i for start, stop in bounds for i in range(start, stop)} == set(range(n_frames))
    lengths = [stop - start for start, stop in bounds]
    assert min(lengths) >= 1
    assert max(lengths) - min(lengths) <= 1


def test_segments_are_pooled_one_by_one(rng):
    features = rng.standard_normal((4, 60))
    pooled = pool(features, ("mean", "max"), n_segments=3)
    np.testing.assert_array_equal(
        pooled, np.concatenate([pool(features[:, k : k + 20], ("mean", "max")) for k in (0, 20, 40)])
    )
