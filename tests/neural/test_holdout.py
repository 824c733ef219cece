import numpy as np
import pytest

from audiofeat.neural.holdout import hold_out


def test_without_groups_stratified_and_complete():
    y = np.repeat(["a", "b"], [40, 20])
    train, validation = hold_out(y, 0.25, seed=0)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(60))
    assert np.unique(y[validation], return_counts=True)[1].tolist() == [10, 5]


def test_groups_stay_whole_and_classes_balanced():
    y = np.tile(["a", "b"], 30)
    groups = np.repeat(np.arange(15), 4)
    train, validation = hold_out(y, 0.2, groups=groups, seed=0)
    assert not set(groups[train]) & set(groups[validation])
    assert np.unique(y[validation], return_counts=True)[1].tolist() == [6, 6]


def test_seed_decides():
    y = np.tile(["a", "b"], 30)
    first, again, other = (hold_out(y, 0.2, seed=seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_class_of_one_clip_is_refused():
    with pytest.raises(ValueError, match=r"cannot hold out validation_fraction=0\.2 of 5 clips.*pass X_val and y_val"):
        hold_out(np.array(list("aaaab")), 0.2, seed=0)


def test_class_of_one_group_is_not_lost():
    y = np.repeat(["a", "b"], 10)
    groups = np.repeat([0, 1, 2, 3, 4, 5], [4, 2, 2, 1, 1, 10])
    lost = 0
    for seed in range(10):
        try:
            train, _ = hold_out(y, 0.5, groups=groups, seed=seed)
        except ValueError as exc:
            assert "every clip of the classes ['b']" in str(exc)  # noqa: PT017
            lost += 1
        else:
            assert set(y[train]) == {"a", "b"}
    assert lost
