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


def test_labels_that_go_together_are_held_out_in_proportion(rng):
    # Three labels, the last one rare.
    y = (rng.random((200, 3)) < [0.5, 0.3, 0.05]).astype(int)
    train, validation = hold_out(y, 0.2, seed=0)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, validation])), np.arange(200))
    assert abs(len(validation) - 40) <= 2
    np.testing.assert_allclose(y[validation].sum(axis=0), 0.2 * y.sum(axis=0), atol=1.01)


def test_groups_of_clips_with_labels_that_go_together_stay_whole(rng):
    y = (rng.random((120, 2)) < 0.4).astype(int)
    groups = np.repeat(np.arange(30), 4)
    train, validation = hold_out(y, 0.25, groups=groups, seed=1)
    assert not set(groups[train]) & set(groups[validation])
    np.testing.assert_allclose(y[validation].mean(axis=0), y.mean(axis=0), atol=0.1)


def test_one_group_cannot_be_split():
    with pytest.raises(ValueError, match="by groups: there is one group only"):
        hold_out(np.eye(3, dtype=int), 0.3, groups=[1, 1, 1], seed=0)


def test_label_of_one_clip_stays_in_training():
    y = np.zeros((20, 2), dtype=int)
    y[:10, 0] = y[3, 1] = 1
    for seed in range(5):
        train, _ = hold_out(y, 0.3, seed=seed)
        assert 3 in train
