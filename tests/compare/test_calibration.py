"""Probabilities that are calibrated by a cross-validation of their own need clips for it in every training part."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from audiofeat import compare_features

# Of the low tones, eleven were cut from one recording and two each from two others.
GROUPS = np.r_[np.repeat([0, 1, 2], 5), np.repeat([3, 4, 5], [11, 2, 2])]
CALIBRATED = CalibratedClassifierCV(GaussianNB(), ensemble=False)


def compared(small, tones, model, **more):
    settings = {"cv": 3, "random_state": 0, "groups": GROUPS, **more}
    return compare_features(small["features"], {"mine": model}, *tones, loader=small["loader"], **settings)


class Unfittable(GaussianNB):
    """Says so if anybody fits it."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("fitted, where the comparison should have been refused")


@pytest.mark.parametrize(
    ("cv", "grid", "nested", "says"),
    [
        (5, {}, False, "cv=5.*, and a training part has 4 clips of 'low'.*cv, such as 4, .*with fewer folds"),
        (StratifiedKFold(6), {}, False, "cv=StratifiedKFold.*4 clips of 'low'"),
        (4, {}, True, "cv=4.*, and an inner training part has 2 clips of 'low'.*cv, such as 2, .*without nesting"),
        (2, {"calibratedclassifiercv__cv": [2, 5]}, False, "cv=5.*4 clips of 'low'"),
        (2, {"calibratedclassifiercv": [clone(CALIBRATED).set_params(cv=7)]}, False, "cv=7.*4 clips of 'low'"),
    ],
)
def test_too_few_clips_to_calibrate_on_are_told_before_anything_is_fitted(small, tones, cv, grid, nested, says):
    calibrated = clone(CALIBRATED).set_params(cv=cv, estimator=Unfittable())
    model = make_pipeline(StandardScaler(), calibrated), grid
    with pytest.raises(ValueError, match=rf"compare_features got model 'mine' with CalibratedClassifierCV\({says}"):
        compared(small, tones, model, nested=nested)


def test_so_are_too_few_for_the_five_folds_of_scikit_learn(small, tones):
    clips, y = tones
    six = [*range(6), *range(15, 21)]
    model = clone(CALIBRATED).set_params(estimator=Unfittable())
    with pytest.raises(ValueError, match=r"cv=None, which means 5\), and an inner training part has 2 clips of"):
        compared(small, ([clips[i] for i in six], y[six]), model, groups=None, nested=2)


@pytest.mark.filterwarnings("ignore:The least populated class in y has only 4 members")
@pytest.mark.parametrize(
    ("cv", "grid", "nested"), [(4, {}, False), (2, {}, True), (5, {"cv": [2, 4]}, False), (None, {}, False)]
)
def test_as_many_as_there_are_clips_for_are_calibrated_on(small, tones, cv, grid, nested):
    comparison = compared(small, tones, (clone(CALIBRATED).set_params(cv=cv), grid), nested=nested)
    assert 0 < comparison.best_score <= 1


def test_a_training_part_that_cannot_be_split_again_is_told_before_anything_is_fitted(small, tones):
    # The first training part could be split again, the last could not.
    groups = np.r_[np.arange(15) // 3, np.repeat([5, 6, 7], 5)]
    folds = [(np.flatnonzero(groups != test), np.flatnonzero(groups == test)) for test in (0, 5)]
    folds.append((np.flatnonzero(groups < 6), np.flatnonzero(groups >= 6)))
    with pytest.raises(ValueError, match="a single clip or group of a class, which cannot be split again"):
        compared(small, tones, Unfittable(), groups=groups, cv=folds, nested=True)
    with pytest.raises(ValueError, match=r"fewer clips than the 6 folds: low \(5\).*pass a smaller nested"):
        compared(small, tones, Unfittable(), groups=groups, cv=folds, nested=6)
