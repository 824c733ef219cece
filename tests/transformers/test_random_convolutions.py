"""RandomConvolutions: columns, standardisation, store, padding, and that it tells classes apart."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import RidgeClassifierCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import audiofeat.transformers.random_convolutions as module
from audiofeat import AudioLoader, FeatureCache, MelSpectrogram, RandomConvolutions, datasets
from audiofeat.dsp import response_statistics

MAPS = np.random.default_rng(0).standard_normal((6, 16, 30)).astype(np.float32)


@pytest.fixture
def counted(monkeypatch):
    """How many maps were convolved."""
    calls = []

    def count(values, kernels, **options):
        calls.append(values.shape)
        return response_statistics(values, kernels, **options)

    monkeypatch.setattr(module, "response_statistics", count)
    return calls


def test_columns_and_their_names():
    step = RandomConvolutions(10, statistics=["max", "proportion"], n_segments=2, standardize="clip", random_state=0)
    features = step.fit_transform(MAPS)
    names = list(step.get_feature_names_out())
    assert features.shape == (6, 40)
    assert features.dtype == np.float32
    assert names[0] == "kernel_0_max_segment_0"
    assert names[-1] == "kernel_9_proportion_segment_1"
    standardized = (MAPS[2] - MAPS[2].mean()) / MAPS[2].std()
    told = response_statistics(standardized, step.kernels_, n_segments=2)
    np.testing.assert_allclose(features[2, names.index("kernel_7_max_segment_1")], told[1, 7, 1], rtol=1e-5)
    np.testing.assert_allclose(features[2, names.index("kernel_3_proportion_segment_0")], told[0, 3, 0])


@pytest.mark.parametrize("n_kernels", [1, 2, 7])
def test_kernels_are_shared_out_over_both_standardizations(n_kernels):
    step = RandomConvolutions(n_kernels, random_state=0)
    assert step.fit_transform(MAPS).shape == (6, 4 * n_kernels)
    assert sum(len(group.weights) for group in step.kernels_) == n_kernels
    assert len(set(step.get_feature_names_out())) == 4 * n_kernels


def test_standardization_learned_in_fit():
    step = RandomConvolutions(8, standardize="fit", random_state=0).fit(MAPS)
    np.testing.assert_allclose(step.mean_, MAPS.mean(axis=(0, 2)), atol=1e-6)
    np.testing.assert_allclose(step.scale_, MAPS.std(axis=(0, 2)), rtol=1e-6)
    told = response_statistics((MAPS[1] - step.mean_[:, None]) / step.scale_[:, None], step.kernels_)[0]
    np.testing.assert_allclose(step.transform(MAPS[1:2])[0], told.T.ravel(), atol=1e-6)


@pytest.mark.parametrize("standardize", ["clip", "fit"])
def test_rows_that_never_change(standardize):
    maps = MAPS.copy()
    maps[:, 3] = -80.1
    maps[4] = 7.3
    assert np.isfinite(RandomConvolutions(20, standardize=standardize, random_state=0).fit_transform(maps)).all()


def test_loudness_and_gain_do_not_matter_per_clip():
    step = RandomConvolutions(20, standardize="clip", random_state=0).fit(MAPS)
    np.testing.assert_allclose(step.transform(3 * MAPS - 20), step.transform(MAPS), atol=1e-4)


def test_a_clip_stands_alone_and_threads_change_nothing():
    maps = np.random.default_rng(1).standard_normal((40, 12, 25)).astype(np.float32)
    step = RandomConvolutions(30, random_state=0).fit(maps)
    together = step.transform(maps)
    np.testing.assert_array_equal(np.concatenate([step.transform(maps[i : i + 1]) for i in range(40)]), together)
    np.testing.assert_array_equal(step.set_params(n_jobs=2).transform(maps), together)


def test_the_same_kernels_for_the_same_seed():
    first, second, other = (RandomConvolutions(30, random_state=seed).fit_transform(MAPS) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
    fitted = RandomConvolutions(30, random_state=0).fit(MAPS)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fitted)).transform(MAPS), first)


def test_silence_that_the_loader_adds_is_left_out():
    calls = datasets.make_animal_calls(4, random_state=0).data
    mel = MelSpectrogram(n_mels=24, pooling=None)
    short, long = (AudioLoader(duration=s).fit_transform(calls) for s in (2.0, 6.0))
    step = RandomConvolutions(40, random_state=0).fit(mel.fit_transform(short))
    near, far = step.transform(mel.fit_transform(long)), step.transform(mel.transform(long)[:, :, :-40])
    np.testing.assert_array_equal(near, far)


def test_store_finds_maps_again(tmp_path, counted):
    step = RandomConvolutions(20, memory=tmp_path, random_state=0).fit(MAPS)
    plain = clone(step).set_params(memory=None).fit(MAPS).transform(MAPS)
    counted.clear()
    np.testing.assert_array_equal(step.transform(MAPS), plain)
    assert len(counted) == 2 * len(MAPS)
    # In another order, with other statistics, and by another estimator with the same settings.
    again = clone(step).set_params(statistics="max").fit(MAPS)
    np.testing.assert_array_equal(again.transform(MAPS[::-1]), plain[::-1, 20:40])
    assert len(counted) == 2 * len(MAPS)
    # Other training clips: what is standardised per clip is found, the rest is not.
    clone(step).fit(MAPS[:3]).transform(MAPS)
    assert len(counted) == 3 * len(MAPS)


@pytest.mark.parametrize(
    "change",
    [{"random_state": 1}, {"n_segments": 2}, {"n_bands": 2}, {"dilations": [(1, 1)]}, {"kernel_shapes": [(3, 3)]}],
)
def test_store_tells_settings_apart(tmp_path, change):
    settings = {"n_kernels": 20, "n_bands": 1, "random_state": 0}
    RandomConvolutions(**settings, memory=FeatureCache(tmp_path)).fit_transform(MAPS)
    changed = RandomConvolutions(**{**settings, **change}).fit(MAPS)
    expected = changed.transform(MAPS)
    np.testing.assert_array_equal(changed.set_params(memory=tmp_path).transform(MAPS), expected)


def test_store_tells_maps_of_other_types_and_shapes_apart(tmp_path):
    step = RandomConvolutions(20, memory=tmp_path, random_state=0)
    for maps in (MAPS, MAPS.astype(np.float64), MAPS[:, :, :20], np.asfortranarray(MAPS)):
        plain = clone(step).set_params(memory=None).fit_transform(maps)
        np.testing.assert_array_equal(step.fit_transform(maps), plain)


def test_a_search_convolves_each_map_once_per_clip(tmp_path, counted):
    y = np.arange(6) % 2
    model = make_pipeline(
        RandomConvolutions(20, standardize="clip", memory=tmp_path, random_state=0),
        StandardScaler(),
        RidgeClassifierCV(),
    )
    grid = {"randomconvolutions__statistics": ["max", "std"], "ridgeclassifiercv__alphas": [[1.0], [10.0]]}
    GridSearchCV(model, grid, cv=3).fit(MAPS, y)
    assert len(counted) == len(MAPS)


def test_calls_of_cats_and_dogs_are_told_apart():
    calls, new = datasets.make_animal_calls(40, random_state=0), datasets.make_animal_calls(20, random_state=1)
    model = make_pipeline(
        AudioLoader(sample_rate=16000, duration=2.0),
        MelSpectrogram(n_mels=40, pooling=None),
        RandomConvolutions(200, random_state=0),
        StandardScaler(),
        RidgeClassifierCV(),
    ).fit(calls.data, calls.target)
    assert model.score(new.data, new.target) >= 0.9


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"kernel_shapes": [(3, 3), (1, 1)]}, r"kernel_shapes=\[\(3, 3\), \(1, 1\)\]; expected pairs .* two taps"),
        ({"kernel_shapes": [3, 3]}, "kernel_shapes=.*expected pairs"),
        ({"kernel_shapes": [(3.5, 3)]}, "kernel_shapes=.*expected pairs"),
        ({"dilations": []}, r"dilations=\[\]; expected pairs of positive whole numbers \(rows, frames\)"),
        ({"dilations": [(0, 1)]}, "dilations=.*expected pairs"),
        ({"statistics": "median"}, "statistics='median'; expected different names out of proportion"),
        ({"statistics": ()}, "statistics="),
        ({"standardize": "row"}, "standardize='row'; expected different names out of clip, fit"),
        ({"standardize": None}, "standardize"),
        ({"n_kernels": 0}, "n_kernels"),
        ({"n_bands": 0}, "n_bands"),
    ],
)
def test_refusals(parameters, message):
    with pytest.raises(ValueError, match=message):
        RandomConvolutions(**parameters).fit(MAPS)


def test_another_number_of_rows_is_refused():
    with pytest.raises(
        ValueError, match=r"shape \(6, 9, 30\); expected maps like those in fit, \(n_clips, 16, n_frames\)"
    ):
        RandomConvolutions(8).fit(MAPS).transform(MAPS[:, :9])
    with pytest.raises(ValueError, match="maps of 16 rows; expected 1, as in fit"):
        RandomConvolutions(8).fit(MAPS[:, :, 0]).transform(MAPS)
