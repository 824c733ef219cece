"""WaveformAugmenter: changed clips in fit, and only there; each by itself, the same in every fold."""

import pickle

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.model_selection import GridSearchCV, KFold, cross_validate
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from audiofeat import MFCC, AudioLoader, Energy, WaveformAugmenter

RATE = 8000


@pytest.fixture
def clips(rng):
    return 0.1 * rng.standard_normal((8, 4000))


@pytest.fixture
def paths(write_clip, rng):
    return [str(write_clip(f"{i}.wav", 0.1 * rng.standard_normal(3000 + 100 * i))) for i in range(8)]


class Recorder(ClassifierMixin, TransformerMixin, BaseEstimator):
    """Keeps what it is fitted on and what it is asked about."""

    def fit(self, X, y):
        self.fitted_on_, self.labels_, self.classes_ = np.array(X), np.array(y), np.unique(y)
        return self

    def predict(self, X):
        self.asked_ = np.array(X)
        return np.repeat(self.classes_[:1], len(X))


def always(**settings):
    return WaveformAugmenter(**({"probability": 1, "random_state": 0, "time_shift": 0.2} | settings))


def test_a_pipeline_is_fitted_on_changed_clips_and_asked_about_the_clips_themselves(clips):
    labels = np.arange(8)
    pipe = make_pipeline(always(), Recorder()).fit(clips, labels)
    assert not (pipe[-1].fitted_on_ == clips).all(axis=1).any()
    np.testing.assert_array_equal(pipe[-1].labels_, labels)
    for ask in (pipe.predict, lambda X: pipe.score(X, labels)):
        ask(clips)
        np.testing.assert_array_equal(pipe[-1].asked_, clips)
    # Nor does a pickled one.
    again = pickle.loads(pickle.dumps(pipe))
    again.predict(clips)
    np.testing.assert_array_equal(again[-1].asked_, clips)


def test_clips_and_labels_stay_side_by_side(rng):
    # Each clip is a constant that its label tells, changed by gain alone within the distance of two labels.
    labels = rng.permutation(8)
    clips = 4.0 ** labels[:, None] * np.ones((8, 100))
    pipe = make_pipeline(always(gain=3.0, noise=None, speed=0), Recorder()).fit(clips, labels)
    np.testing.assert_array_equal(np.round(np.log(pipe[-1].fitted_on_[:, 0]) / np.log(4)), labels)


def test_held_out_clips_are_never_changed(clips):
    found = cross_validate(
        make_pipeline(always(), Recorder()),
        clips,
        np.arange(8) % 2,
        cv=KFold(4),
        return_estimator=True,
        return_indices=True,
    )
    for pipe, train, test in zip(found["estimator"], found["indices"]["train"], found["indices"]["test"], strict=True):
        np.testing.assert_array_equal(pipe[-1].asked_, clips[test])
        assert not (pipe[-1].fitted_on_ == clips[train]).all(axis=1).any()


def test_within_a_union_and_a_nested_pipeline(clips):
    union = FeatureUnion([("a", make_pipeline(always(), Energy(n_fft=256))), ("b", Energy(n_fft=256))])
    pipe = make_pipeline(union, Recorder()).fit(clips, np.arange(8))
    changed, plain = np.split(pipe[-1].fitted_on_, 2, axis=1)
    assert not (changed == plain).all(axis=1).any()
    pipe.predict(clips)
    np.testing.assert_array_equal(*np.split(pipe[-1].asked_, 2, axis=1))


def test_fit_then_transform_gives_the_clips_themselves(clips, paths):
    np.testing.assert_array_equal(always().fit(clips).transform(clips), clips)
    batch = AudioLoader(RATE).fit_transform(paths)
    assert always().fit(batch).transform(batch) is batch
    ragged = [clips[0, :500], clips[1]]
    assert [np.array_equal(a, b) for a, b in zip(always().fit(ragged).transform(ragged), ragged, strict=True)] == [
        True
    ] * 2


def test_searches_and_clones(clips):
    pipe = Pipeline([("augment", always()), ("features", MFCC(n_mels=20, n_fft=256)), ("model", Recorder())])
    search = GridSearchCV(
        pipe, [{"augment": [always(), "passthrough"]}, {"augment__gain": [3.0]}], cv=2, error_score="raise"
    )
    search.fit(clips, np.arange(8) % 2)
    assert len(search.cv_results_["params"]) == 3
    assert clone(always(gain=1.5)).get_params() == always(gain=1.5).get_params()


def test_a_clip_is_changed_by_itself(clips):
    together = always().fit_transform(clips)
    backwards = always().fit_transform(clips[::-1])[::-1]
    alone = np.concatenate([always().fit_transform(clips[[i]]) for i in range(8)])
    np.testing.assert_array_equal(together, backwards)
    np.testing.assert_array_equal(together, alone)
    twins = always().fit_transform(clips[[0, 1, 0]])
    np.testing.assert_array_equal(twins[0], twins[2])


def test_seeds(clips):
    np.testing.assert_array_equal(always().fit_transform(clips), always().fit_transform(clips))
    assert not (always(random_state=1).fit_transform(clips) == always().fit_transform(clips)).all(axis=1).any()
    fresh = always(random_state=None)
    assert not (fresh.fit_transform(clips) == fresh.fit_transform(clips)).all(axis=1).any()
    np.random.seed(0)  # noqa: NPY002
    state = np.random.get_state()[2]  # noqa: NPY002
    always().fit_transform(clips)
    assert np.random.get_state()[2] == state  # noqa: NPY002


@pytest.mark.parametrize("probability", [0, 0.3, 1])
def test_share_of_changed_clips(rng, probability):
    clips = rng.standard_normal((400, 50))
    changed = (always(probability=probability, speed=0).fit_transform(clips) != clips).any(axis=1)
    assert abs(changed.mean() - probability) < 0.08
    more = (always(probability=min(1, probability + 0.2), speed=0).fit_transform(clips) != clips).any(axis=1)
    assert not (changed & ~more).any()


def test_what_is_changed_does_not_depend_on_how_many_are(clips):
    everything = always().fit_transform(clips)
    some = always(probability=0.5).fit_transform(clips)
    changed = (some != clips).any(axis=1)
    assert 0 < changed.sum() < 8
    np.testing.assert_array_equal(some[changed], everything[changed])


def test_gain_is_a_factor_within_its_limit(clips):
    changed = always(gain=6.0, noise=None, time_shift=0, speed=0).fit_transform(clips)
    decibels = 20 * np.log10((changed / clips).mean(axis=1))
    np.testing.assert_allclose(changed, clips * 10 ** (decibels[:, None] / 20), rtol=1e-9)
    assert np.abs(decibels).max() <= 6
    assert np.ptp(decibels) > 3


def test_noise_has_the_ratio_it_is_asked_for(clips):
    added = always(gain=0, noise=(20, 30), time_shift=0, speed=0).fit_transform(clips) - clips
    ratios = 10 * np.log10((clips**2).mean(axis=1) / (added**2).mean(axis=1))
    assert ratios.min() > 19.5
    assert ratios.max() < 30.5
    assert np.ptp(ratios) > 2
    silent = always(gain=0, speed=0).fit_transform(np.zeros((1, 100)))
    assert not silent.any()


def test_shift_rolls(clips):
    changed = always(gain=0, noise=None, speed=0, time_shift=0.01).fit_transform(clips)
    steps = [
        [s for s in range(-40, 41) if np.array_equal(np.roll(a, s), b)] for a, b in zip(clips, changed, strict=True)
    ]
    assert all(len(step) == 1 for step in steps)
    assert len({step[0] for step in steps}) > 3


def test_speed_changes_pitch_and_length(rng):
    times = np.arange(8000) / RATE
    tone = np.sin(2 * np.pi * 440 * times)[None] * np.linspace(0.5, 1, 30)[:, None]
    batch = AudioLoader(RATE).fit_transform(list(tone.astype(np.float32)))
    changed = always(gain=0, noise=None, time_shift=0, speed=0.1).fit_transform(batch)
    lengths = np.array([len(clip) for clip in changed])
    assert 8000 / 1.1 <= lengths.min() < 7600
    assert 8500 < lengths.max() <= 8000 / 0.9 + 1
    for clip in changed:
        peak = np.abs(np.fft.rfft(clip * np.hanning(len(clip)), 2**16)).argmax() * RATE / 2**16
        assert peak * len(clip) / 8000 == pytest.approx(440, abs=1)
    # Arrays keep their length.
    assert always(speed=0.1).fit_transform(tone).shape == tone.shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_types_and_lengths_of_lists(rng, dtype):
    ragged = [rng.standard_normal(n).astype(dtype) for n in (1, 7, 900)]
    before = [clip.copy() for clip in ragged]
    changed = always(speed=0.2).fit_transform(ragged)
    assert isinstance(changed, list)
    assert [(len(clip), clip.dtype) for clip in changed] == [(len(clip), dtype) for clip in ragged]
    assert all(np.array_equal(a, b) for a, b in zip(ragged, before, strict=True))


def test_a_batch_is_changed_lazily_and_keeps_what_it_knows(paths, decoded, tmp_path):
    import pandas as pd

    table = pd.DataFrame({"path": paths}, index=range(100, 108))
    batch = AudioLoader(RATE, duration=0.4, offset=0.1, pad_mode="wrap", memory=tmp_path / "store").fit_transform(table)
    changed = always(probability=0.5, speed=0.1).fit_transform(batch)
    assert not decoded
    assert (changed.paths, changed.settings, changed.cache) == (batch.paths, batch.settings, batch.cache)
    assert changed.row_labels.tolist() == list(range(100, 108))
    same = [np.array_equal(a, b) for a, b in zip(changed, batch, strict=True)]
    assert 0 < sum(same) < 8
    assert {len(clip) for clip in changed} == {3200}
    # Rows of a changed batch, and a second loader behind it, see the changed clips.
    np.testing.assert_array_equal(changed[[3]][0], changed[3])
    np.testing.assert_array_equal(AudioLoader(RATE).fit_transform(changed)[3], changed.valid(3))
    assert len(pickle.loads(pickle.dumps(changed))[0]) == 3200


def test_keys_tell_changed_clips_from_others(paths):
    batch = AudioLoader(RATE).fit_transform(paths)
    keys = [batch.key(0)]
    for settings in ({}, {"random_state": 1}, {"gain": 3.0}, {"noise": None}, {"time_shift": 0.1}, {"speed": 0.02}):
        keys.append(always(**settings).fit_transform(batch).key(0))
    assert len(set(keys)) == len(keys)
    assert always().fit_transform(batch).key(0) == keys[1]
    # Clips that are left alone keep their names, and so their features in a store.
    some = always(probability=0.5).fit_transform(batch)
    for i in range(8):
        assert (some.key(i) == batch.key(i)) == np.array_equal(some[i], batch[i])
    # A change of a changed clip is neither of the two.
    twice = always().fit_transform(always().fit_transform(batch))
    assert twice.key(0) not in keys


def test_features_of_changed_clips_are_stored_beside_the_others(paths, tmp_path, decoded):
    labels = np.arange(8) % 2

    def search():
        pipe = make_pipeline(
            AudioLoader(RATE, memory=tmp_path / "store"), always(probability=1), MFCC(n_mels=20), Recorder()
        )
        return cross_validate(pipe, paths, labels, cv=4, return_estimator=True)

    found = search()
    # Each clip once as it is and once changed, over all folds.
    assert len(decoded) == 16
    again = search()
    assert len(decoded) == 16
    for first, second in zip(found["estimator"], again["estimator"], strict=True):
        np.testing.assert_array_equal(first[-1].fitted_on_, second[-1].fitted_on_)
    plain = make_pipeline(AudioLoader(RATE), always(), MFCC(n_mels=20), Recorder()).fit(paths, labels)
    stored = make_pipeline(AudioLoader(RATE, memory=tmp_path / "store"), *clone(plain)[1:].named_steps.values()).fit(
        paths, labels
    )
    np.testing.assert_array_equal(plain[-1].fitted_on_, stored[-1].fitted_on_)
    plain.predict(paths)
    stored.predict(paths)
    np.testing.assert_array_equal(plain[-1].asked_, stored[-1].asked_)


@pytest.mark.parametrize("noise", [(40, 15), (10,), ("a", "b"), (1, 2, 3)])
def test_bad_ratios_are_refused(clips, noise):
    with pytest.raises(ValueError, match="expected the lowest and the highest ratio"):
        always(noise=noise).fit(clips)


@pytest.mark.parametrize(("name", "value"), [("gain", -1), ("speed", 0.6), ("probability", 1.1), ("time_shift", 2)])
def test_values_out_of_range_are_refused(clips, name, value):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of WaveformAugmenter"):
        always(**{name: value}).fit_transform(clips)


def test_recordings_are_refused(paths):
    with pytest.raises(TypeError, match="Put AudioLoader"):
        always().fit(paths)


def test_names_pass_through(clips):
    pipe = make_pipeline(AudioLoader(RATE), always(), MFCC(n_mels=20, n_mfcc=4)).set_output(transform="pandas")
    frame = pipe.fit_transform(clips)
    assert list(frame.columns) == list(pipe.get_feature_names_out())


# That fit_transform is another thing than fit and transform is what this step is for; test_sklearn_checks.py has it where
# no clip is drawn, without an expected failure.
DIFFERENT_IN_FIT = dict.fromkeys(
    ("check_transformer_general", "check_transformer_data_not_an_array"),
    "fit_transform changes clips, transform does not",
)


@parametrize_with_checks([always()], expected_failed_checks=lambda estimator: DIFFERENT_IN_FIT)
def test_scikit_learn_checks(estimator, check):
    check(estimator)
