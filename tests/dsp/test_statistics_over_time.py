"""Pooling over time in closed form."""

import numpy as np
import pytest

from audiofeat.dsp import STATISTICS, pool


def test_statistics_stand_one_after_the_other():
    features = np.array([[1.0, 2.0, 3.0, 6.0], [5.0, 5.0, 5.0, 5.0]])
    pooled = pool(features, ("mean", "std", "min", "max", "median"))
    np.testing.assert_allclose(pooled, [3.0, 5.0, np.sqrt(3.5), 0.0, 1.0, 5.0, 6.0, 5.0, 2.5, 5.0])


@pytest.mark.parametrize("name", STATISTICS)
def test_one_frame_is_its_own_summary(name):
    expected = [0.0, 0.0] if name == "std" else [2.0, 7.0]
    assert pool(np.array([[2.0], [7.0]]), (name,)).tolist() == expected


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", STATISTICS)
def test_the_type_stays(name, dtype):
    assert pool(np.ones((3, 4), dtype=dtype), (name,)).dtype == dtype


def test_a_stack_of_clips_is_pooled_clip_by_clip(rng):
    maps = rng.standard_normal((4, 5, 60)).astype(np.float32)
    np.testing.assert_array_equal(pool(maps), np.stack([pool(clip) for clip in maps]))
