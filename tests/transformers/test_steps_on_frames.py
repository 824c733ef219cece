"""StatsPooling and Delta on framewise features."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from audiofeat import MFCC, Delta, StatsPooling
from audiofeat.dsp import delta

MAPS = np.random.default_rng(0).standard_normal((4, 3, 20))


def test_statistics_in_closed_form():
    rows = StatsPooling(("mean", "std", "min", "max", "median")).fit_transform(MAPS)
    expected = [f(MAPS, axis=2) for f in (np.mean, np.std, np.min, np.max, np.median)]
    np.testing.assert_allclose(rows, np.concatenate(expected, axis=1))


@pytest.mark.parametrize("statistics", ["mean", ["mean", "std"], ("max",)])
def test_names_of_pooled_rows(statistics):
    step = StatsPooling(statistics).fit(MAPS)
    names = step.get_feature_names_out()
    assert len(names) == step.transform(MAPS).shape[1]
    assert names[1] == f"row_1_{np.atleast_1d(statistics)[0]}"
    frame = step.set_output(transform="pandas").transform(MAPS)
    assert list(frame.columns) == list(names)


@pytest.mark.parametrize("keep_input", [True, False])
def test_derivatives_follow_the_features(keep_input):
    out = Delta(order=2, width=5, keep_input=keep_input).fit_transform(MAPS)
    parts = [MAPS, delta(MAPS, width=5), delta(MAPS, order=2, width=5)]
    np.testing.assert_array_equal(out, np.concatenate(parts if keep_input else parts[1:], axis=1))


def test_a_matrix_is_one_row_per_clip():
    matrix = MAPS[:, 0]
    np.testing.assert_array_equal(Delta().fit_transform(matrix), Delta().fit_transform(matrix[:, None]))
    np.testing.assert_array_equal(StatsPooling().fit_transform(matrix), StatsPooling().fit_transform(matrix[:, None]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("step", [Delta(), StatsPooling()])
def test_types_stay(step, dtype):
    assert step.fit_transform(MAPS.astype(dtype)).dtype == dtype


def test_number_of_frames_may_change():
    assert Delta().fit(MAPS).transform(MAPS[:, :, :7]).shape == (4, 6, 7)
    assert StatsPooling().fit(MAPS).transform(MAPS[:, :, :1]).shape == (4, 6)


def test_deltas_of_mfcc_are_the_step_after_it(rng):
    clips = rng.standard_normal((3, 4000))
    by_parameter = MFCC(deltas=2).fit_transform(clips)
    by_steps = make_pipeline(MFCC(pooling=None), Delta(order=2), StatsPooling()).fit_transform(clips)
    np.testing.assert_array_equal(by_parameter, by_steps)


def test_set_output_can_always_be_called():
    assert isinstance(Delta().set_output(transform="pandas").fit_transform(MAPS), np.ndarray)
