"""The statistics, against examples worked in the literature and cases that can be worked by hand."""

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import make_moons
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
from sklearn.svm import SVC

from audiofeat.compare.statistics import corrected_interval, corrected_t_test, holm, mcnemar, wilson_interval


def test_the_worked_example_of_scikit_learn():
    # "Statistical comparison of models using grid search" in scikit-learn's examples: two SVMs in 10 times 10 folds.
    # It prints, for the one-sided question whether the first is better, t = 0.750 and p = 0.227.
    X, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    folds = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        cross_val_score(SVC(kernel=kernel, random_state=0), X, y, cv=folds, scoring="roc_auc")
        for kernel in ("rbf", "linear")
    )
    test = corrected_t_test(rbf, linear, ratio=10 / 90)
    assert test.t == pytest.approx(0.750, abs=5e-4)
    assert test.p / 2 == pytest.approx(0.227, abs=5e-4)
    # Without the correction, it warns, the same scores look like a difference: t = 2.611, p = 0.005.
    uncorrected = corrected_t_test(rbf, linear, ratio=0.0)
    assert uncorrected.t == pytest.approx(2.611, abs=5e-4)
    assert uncorrected.p / 2 == pytest.approx(0.005, abs=5e-4)


def test_worked_by_hand():
    # Differences 1, 2, 3: mean 2, variance 1. Corrected by 1/3 + 1/2 = 5/6: t = 2 / sqrt(5/6) with 2 degrees of freedom,
    # for which Student's distribution is closed: p = 1 - |t| / sqrt(2 + t²).
    test = corrected_t_test([2, 4, 6], [1, 2, 3], ratio=1 / 2)
    t = 2 / np.sqrt(5 / 6)
    assert test.difference == 2
    assert test.t == pytest.approx(t, rel=1e-12)
    assert test.p == pytest.approx(1 - t / np.sqrt(2 + t**2), rel=1e-12)
    # The 97.5 % point with 2 degrees of freedom is 0.95 * sqrt(2 / (1 - 0.95²)).
    half = 0.95 * np.sqrt(2 / (1 - 0.95**2)) * np.sqrt(5 / 6)
    assert (test.low, test.high) == pytest.approx((2 - half, 2 + half), rel=1e-12)
    assert corrected_interval([1, 2, 3], ratio=1 / 2) == pytest.approx((2 - half, 2 + half), rel=1e-12)


def test_without_overlap_it_is_the_ordinary_paired_test(rng):
    first, second = rng.normal(size=(2, 9))
    test, ordinary = corrected_t_test(first, second, ratio=0.0), stats.ttest_rel(first, second)
    assert (test.t, test.p) == pytest.approx((ordinary.statistic, ordinary.pvalue), rel=1e-12)
    assert (test.low, test.high) == pytest.approx(tuple(ordinary.confidence_interval()), rel=1e-12)


def test_swapping_the_candidates_swaps_the_sign(rng):
    first, second = rng.normal(size=(2, 5))
    one, other = corrected_t_test(first, second, ratio=0.25), corrected_t_test(second, first, ratio=0.25)
    assert (one.t, one.p, one.low) == pytest.approx((-other.t, other.p, -other.high))


def test_the_corrected_test_keeps_its_level_where_the_ordinary_one_does_not(rng):
    # Scores of folds share their training clips: a common part of variance c besides their own 1 - c. With
    # c = ratio / (1 + ratio) the correction is exact, so about one test in twenty errs, and the ordinary test far more.
    n_folds, ratio, n_runs = 10, 1 / 9, 2000
    shared = ratio / (1 + ratio)
    differences = np.sqrt(shared) * rng.normal(size=(n_runs, 1)) + np.sqrt(1 - shared) * rng.normal(
        size=(n_runs, n_folds)
    )
    zeros = np.zeros(n_folds)
    errs = {r: np.mean([corrected_t_test(d, zeros, ratio=r).p < 0.05 for d in differences]) for r in (ratio, 0.0)}
    assert 0.035 < errs[ratio] < 0.065
    assert errs[0.0] > 0.1


@pytest.mark.parametrize(
    ("first", "second", "t", "p"),
    [([0.5, 0.7], [0.5, 0.7], 0.0, 1.0), ([0.6, 0.8], [0.5, 0.7], np.inf, 0.0), ([0.5, 0.7], [0.6, 0.8], -np.inf, 0.0)],
)
def test_folds_without_spread(first, second, t, p):
    test = corrected_t_test(first, second, ratio=1.0)
    assert (test.t, test.p) == (t, p)
    assert test.low == test.high == pytest.approx(test.difference)


def test_one_fold_tells_nothing_of_the_spread():
    assert np.isnan(corrected_interval([0.5], ratio=0.25)).all()
    test = corrected_t_test([0.5], [0.25], ratio=0.25)
    assert test.difference == 0.25
    assert np.isnan(test[1:]).all()


def test_holm_as_worked_by_hand():
    # sorted: 0.005 * 4, 0.01 * 3, 0.03 * 2, 0.04 * 1, none below the one before
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm([0.6, 0.9]), [1.0, 1.0])
    # a test that could not be made leaves the others as they would be without it
    np.testing.assert_allclose(holm([0.01, np.nan, 0.04]), [0.02, np.nan, 0.04])
    assert holm([]).shape == (0,)


def test_mcnemar_on_the_example_of_a_handbook():
    # Raschka (2018), Model evaluation, model selection, and algorithm selection in machine learning,
    # https://doi.org/10.48550/arXiv.1811.12808: of two classifiers, 11 clips only the first gets right, and 1 only the
    # second; the exact p-value is 2 * (1 + 12) / 2**12.
    first, second = np.repeat([[True, False], [False, True]], [11, 1], axis=1)
    assert mcnemar(first, second) == pytest.approx((11, 1, 2 * 13 / 2**12))
    # its other case, 25 against 15, is no difference
    first, second = np.repeat([[True, False], [False, True]], [25, 15], axis=1)
    assert mcnemar(first, second).p == pytest.approx(0.154, abs=5e-4)


def test_clips_that_both_get_right_or_wrong_do_not_count(rng):
    first, second = rng.random((2, 60)) < 0.5
    both = np.repeat([True, False], 20)
    assert mcnemar(np.r_[first, both], np.r_[second, both]) == mcnemar(first, second)
    assert mcnemar(both, both) == (0, 0, 1.0)


def test_wilson_by_its_formula():
    z, n, share = 1.959963984540054, 40, 0.9
    centre, half = share + z**2 / (2 * n), z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    expected = [(centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)]
    np.testing.assert_allclose(wilson_interval(36, 40), expected)
    assert wilson_interval(40, 40)[1] == 1.0
