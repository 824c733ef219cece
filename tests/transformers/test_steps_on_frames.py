"""StatsPooling and Delta on framewise features."""

import pickle

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.pipeline import FeatureUnion, make_pipeline

from audiofeat import (
    MFCC,
    CepstralNormalization,
    Chroma,
    Delta,
    FeatureBank,
    MelSpectrogram,
    RandomConvolutions,
    StatsPooling,
)
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


def test_names_go_from_step_to_step(rng):
    clips = rng.standard_normal((3, 4000))
    mfcc = MFCC(n_mfcc=2, n_mels=20, pooling=None)
    pipe = make_pipeline(mfcc, CepstralNormalization(), Delta(order=2), StatsPooling("max")).fit(clips)
    assert list(pipe[:2].get_feature_names_out()) == ["mfcc_0", "mfcc_1"]
    names = [f"mfcc_{row}{order}" for order in ("", "_delta", "_delta2") for row in (0, 1)]
    assert list(pipe[:3].get_feature_names_out()) == names
    assert list(pipe.get_feature_names_out()) == [f"{name}_max" for name in names]
    by_parameter = MFCC(n_mfcc=2, n_mels=20, deltas=2, pooling="max").fit(clips)
    assert list(by_parameter.get_feature_names_out()) == list(pipe.get_feature_names_out())
    without = make_pipeline(mfcc, Delta(keep_input=False)).fit(clips)
    assert list(without.get_feature_names_out()) == ["mfcc_0_delta", "mfcc_1_delta"]


def test_names_of_derivatives_of_derivatives_are_told_apart(rng):
    pipe = make_pipeline(MFCC(n_mfcc=1, n_mels=20, deltas=1, pooling=None), Delta()).fit(rng.standard_normal((3, 4000)))
    assert list(pipe.get_feature_names_out()) == ["mfcc_0", "mfcc_0_delta", "mfcc_0_delta_2", "mfcc_0_delta_delta"]


def test_framewise_features_beside_pooled_ones_have_names(rng):
    clips = rng.standard_normal((3, 4000))
    bank = FeatureBank([("mel", MelSpectrogram(n_mels=20, pooling=None)), ("chroma", Chroma(pooling=None))])
    convolutions = make_pipeline(bank, RandomConvolutions(4, statistics="max", random_state=0))
    union = FeatureUnion([("random", convolutions), ("mfcc", MFCC(n_mfcc=2, n_mels=20))])
    for output in ("pandas", "default"):
        rows = union.set_output(transform=output).fit_transform(clips)
        names = list(union.get_feature_names_out())
        assert len(names) == len(set(names)) == rows.shape[1]
        assert [names[0], names[-1]] == ["random__kernel_0_max", "mfcc__mfcc_1_std"]
        assert output == "default" or list(rows.columns) == names
    assert list(bank.fit(clips).get_feature_names_out()[[0, -1]]) == ["mel_00", "chroma_B"]


@pytest.mark.parametrize("output", ["pandas", "polars"])
def test_names_in_data_frames_go_from_step_to_step(rng, output, tmp_path):
    pytest.importorskip(output)
    clips = rng.standard_normal((3, 4000))
    bank = FeatureBank([("mfcc", MFCC(n_mfcc=2, n_mels=20, pooling=None)), ("chroma", Chroma(pooling=None))])
    plain = make_pipeline(bank, CepstralNormalization(), Delta(), StatsPooling("max"))
    names = list(plain.fit(clips).get_feature_names_out())
    assert names[0] == "mfcc_0_max"
    pipe = clone(plain).set_params(memory=str(tmp_path)).set_output(transform=output)
    # What comes out of the cache of a Pipeline is a pickle.
    for _ in range(2):
        frame = pipe.fit_transform(clips)
        assert list(frame.columns) == names == list(pipe.get_feature_names_out())
    assert list(pipe.transform(clips).columns) == names
    with config_context(transform_output=output):
        assert list(clone(plain).fit_transform(clips).columns) == names


def test_names_of_rows_are_those_of_the_last_fit():
    step = Delta().set_output(transform="pandas")
    named = MFCC(n_mfcc=3, n_mels=20, pooling=None).set_output(transform="pandas").fit_transform(MAPS[:, 0])
    assert pickle.loads(pickle.dumps(named)).row_names == named.row_names == ["mfcc_0", "mfcc_1", "mfcc_2"]
    assert step.fit_transform(named).row_names[-1] == "mfcc_2_delta"
    assert step.transform(np.asarray(named)).row_names[-1] == "mfcc_2_delta"
    assert step.fit(named + 1).get_feature_names_out()[-1] == "row_2_delta"
    assert type(MFCC(pooling=None).fit_transform(MAPS[:, 0])) is np.ndarray


def test_frames_of_a_table_are_no_rows():
    step = StatsPooling("mean").fit(MAPS[:, 0])
    assert list(step.get_feature_names_out([f"t{i}" for i in range(20)])) == ["row_0_mean"]
    with pytest.raises(ValueError, match="StatsPooling got 2 input_features; expected 3, a name for each row"):
        StatsPooling().fit(MAPS).get_feature_names_out(["a", "b"])


@pytest.mark.parametrize("output", ["pandas", "polars"])
@pytest.mark.parametrize("step", [Delta(), CepstralNormalization(), MFCC(pooling=None, n_mels=20)])
def test_maps_stay_arrays_whatever_is_asked_for(step, output):
    pytest.importorskip(output)
    X = MAPS if not isinstance(step, MFCC) else np.random.default_rng(0).standard_normal((3, 4000))
    with config_context(transform_output=output):
        assert clone(step).fit_transform(X).ndim == 3
    step = clone(step).set_output(transform=output)
    assert step.fit_transform(X).ndim == 3
    if isinstance(step, MFCC):
        assert hasattr(step.set_params(pooling="mean").fit_transform(X), "columns")
