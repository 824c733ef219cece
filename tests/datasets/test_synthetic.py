"""Synthetic animal calls: what they are, that they repeat, and that they are neither trivial nor hopeless."""

import numpy as np
import pytest
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from audiofeat import MFCC, AudioLoader
from audiofeat.datasets import make_animal_calls


@pytest.fixture(scope="module")
def two_hundred():
    """The default size."""
    return make_animal_calls(random_state=0)


def test_what_comes_back():
    calls = make_animal_calls(21, random_state=0)
    assert len(calls.data) == len(calls.target) == len(calls.groups) == 21
    assert calls.sample_rate == 16000
    for rate, clip in calls.data:
        assert rate == 16000
        assert clip.dtype == np.float32
        assert clip.ndim == 1
        assert 0.8 * 16000 <= len(clip) <= 3.0 * 16000
        assert np.isfinite(clip).all()
        assert 0.03 < np.abs(clip).max() < 1
    assert sorted(calls.target) == ["cat"] * 10 + ["dog"] * 11
    # The classes are mixed, as a split without shuffling expects.
    assert set(calls.target[:10]) == set(calls.target_names) == {"cat", "dog"}
    assert all(group.startswith(label) for group, label in zip(calls.groups, calls.target, strict=True))
    assert max(np.unique(calls.groups, return_counts=True)[1]) <= 4
    assert "21 clips of 6 animals, 10 of cats and 11 of dogs" in calls.DESCR


def test_one_seed_one_result():
    first, second = (make_animal_calls(6, duration=0.5, random_state=3) for _ in range(2))
    for (_, a), (_, b) in zip(first.data, second.data, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(first.groups, second.groups)
    other = make_animal_calls(6, duration=0.5, random_state=4)
    assert not any(np.array_equal(a, b) for (_, a), (_, b) in zip(first.data, other.data, strict=True))


def test_random_state_kinds():
    shared = np.random.RandomState(3)
    first = make_animal_calls(4, duration=0.5, random_state=shared)
    again = make_animal_calls(4, duration=0.5, random_state=3)
    np.testing.assert_array_equal(first.data[0][1], again.data[0][1])
    later = make_animal_calls(4, duration=0.5, random_state=shared)
    assert not np.array_equal(first.data[0][1], later.data[0][1])


@pytest.mark.parametrize("sample_rate", [4000, 22050, 48000])
def test_other_rates_and_one_length(sample_rate):
    data, target = make_animal_calls(6, sample_rate=sample_rate, duration=0.7, random_state=0, return_X_y=True)
    assert [len(clip) for _, clip in data] == [round(0.7 * sample_rate)] * 6
    assert {rate for rate, _ in data} == {sample_rate}
    assert sorted(target) == ["cat"] * 3 + ["dog"] * 3


def test_one_clip():
    assert make_animal_calls(1, duration=0.1, random_state=0).target.tolist() == ["dog"]


def test_features_tell_the_classes_apart_but_not_all_clips(two_hundred):
    calls = two_hundred
    features = make_pipeline(AudioLoader(sample_rate=16000), MFCC()).fit_transform(calls.data)
    cv = StratifiedGroupKFold(5, shuffle=True, random_state=0)
    model = make_pipeline(StandardScaler(), SVC())
    accuracy = cross_val_score(model, features, calls.target, groups=calls.groups, cv=cv).mean()
    assert 0.87 < accuracy < 0.99


def test_length_and_level_do_not_tell_the_classes_apart(two_hundred):
    calls = two_hundred
    facts = np.array([[len(clip), np.log(np.abs(clip).max())] for _, clip in calls.data])
    accuracy = cross_val_score(make_pipeline(StandardScaler(), SVC()), facts, calls.target, cv=5).mean()
    assert accuracy < 0.65


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({"n_clips": 0}, ValueError, "n_clips=0, expected at least 1"),
        ({"n_clips": 2.0}, TypeError, "n_clips=2.0, expected an int"),
        ({"n_clips": True}, TypeError, "n_clips=True, expected an int"),
        ({"sample_rate": 1000}, ValueError, "sample_rate=1000, expected at least 4000"),
        ({"duration": 0.01}, ValueError, "duration=0.01, expected seconds of at least 0.1"),
        ({"duration": (2, 1)}, ValueError, r"duration=\(2, 1\)"),
        ({"duration": (1, 2, 3)}, TypeError, "a pair"),
        ({"duration": "long"}, TypeError, "duration='long', expected seconds as a number or as a pair"),
    ],
)
def test_parameters_out_of_range(parameters, error, message):
    with pytest.raises(error, match=message):
        make_animal_calls(**parameters)
