"""Statistics of scores over the folds of a cross-validation, and of predictions on one test set.

Conventions: scores of several folds of one candidate are ``(n_folds,)``; `ratio` is the number of test clips over the
number of training clips of a fold, 1 / (k - 1) for k folds. All tests are two-sided.

The training parts of folds overlap, so their scores are not independent and the ordinary t-test finds differences where
there are none. Nadeau and Bengio [1]_ replace the factor 1 / n of the variance of a mean by 1 / n + `ratio`; for repeated
cross-validation, Bouckaert and Frank [2]_ find that the corrected test keeps its level.

References
----------
.. [1] Nadeau, C., Bengio, Y. (2003). Inference for the generalization error. Machine Learning 52, 239-281.
   https://doi.org/10.1023/A:1024068626366
.. [2] Bouckaert, R. R., Frank, E. (2004). Evaluating the replicability of significance tests for comparing learning
   algorithms. PAKDD 2004, 3-12. https://doi.org/10.1007/978-3-540-24775-3_3
"""

from typing import NamedTuple

import numpy as np
from scipy import stats

__all__ = ["McNemar", "TTest", "corrected_interval", "corrected_t_test", "holm", "mcnemar", "wilson_interval"]


class TTest(NamedTuple):
    """A corrected resampled t-test.

    Parameters
    ----------
    difference : float
        Mean difference.
    low, high : float
        Its confidence interval.
    t : float
        The statistic, with n_folds - 1 degrees of freedom.
    p : float
        Probability of a difference as large or larger, were there none.
    """

    difference: float
    low: float
    high: float
    t: float
    p: float


class McNemar(NamedTuple):
    """McNemar's test of two classifiers on the same clips.

    Parameters
    ----------
    only_first, only_second : int
        Clips that only the one, or only the other, got right.
    p : float
        Probability of counts as different or more, were both as good.
    """

    only_first: int
    only_second: int
    p: float


def corrected_interval(scores, ratio: float, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of the mean score over folds, with the corrected variance of Nadeau and Bengio.

    Parameters
    ----------
    scores : array-like of shape (n_folds,)
        The scores.
    ratio : float
        Test clips over training clips of a fold.
    confidence : float, default=0.95
        How often such intervals hold the true value.

    Returns
    -------
    tuple of (float, float)
        The interval; NaN for a single fold, which tells nothing of the spread.

    Examples
    --------
    >>> from audiofeat.compare.statistics import corrected_interval
    >>> low, high = corrected_interval([0.8, 0.9, 0.85, 0.95, 0.75], ratio=1 / 4)
    >>> round(low, 3), round(high, 3)
    (0.703, 0.997)
    """
    scores = np.asarray(scores, dtype=float)
    if len(scores) < 2:
        return np.nan, np.nan
    half = stats.t.ppf(0.5 + confidence / 2, len(scores) - 1) * _standard_error(scores, ratio)
    return float(scores.mean() - half), float(scores.mean() + half)


def corrected_t_test(first, second, ratio: float, confidence: float = 0.95) -> TTest:
    """Corrected resampled t-test of two candidates on the same folds.

    Parameters
    ----------
    first, second : array-like of shape (n_folds,)
        Their scores, fold by fold.
    ratio : float
        Test clips over training clips of a fold.
    confidence : float, default=0.95
        Of the interval of the difference.

    Returns
    -------
    TTest
        Of ``first - second``. With a single fold all but the difference are NaN. Folds that all differ by the same have
        no spread to measure the difference by: ``t`` is infinite then, or, if they do not differ, 0 with ``p = 1``.

    Notes
    -----
    With the mean d and the sample variance s² of the n differences, ``t = d / sqrt((1 / n + ratio) s²)``, compared with
    Student's distribution of n - 1 degrees of freedom.

    Examples
    --------
    >>> from audiofeat.compare.statistics import corrected_t_test
    >>> test = corrected_t_test([0.9, 0.8, 0.9, 0.8, 0.9], [0.8, 0.8, 0.8, 0.9, 0.7], ratio=1 / 4)
    >>> round(test.difference, 2), round(test.p, 2)
    (0.06, 0.48)
    """
    differences = np.asarray(first, dtype=float) - np.asarray(second, dtype=float)
    mean = float(differences.mean())
    if len(differences) < 2 or not np.isfinite(mean):
        return TTest(mean, np.nan, np.nan, np.nan, np.nan)
    # Folds of equal scores differ by rounding only, which must not count as a spread.
    if np.ptp(differences) < 1e-12:
        same = abs(mean) < 1e-12
        return TTest(mean, mean, mean, 0.0 if same else np.inf * np.sign(mean), 1.0 if same else 0.0)
    error = _standard_error(differences, ratio)
    half = stats.t.ppf(0.5 + confidence / 2, len(differences) - 1) * error
    t = mean / error
    return TTest(mean, mean - half, mean + half, t, float(2 * stats.t.sf(abs(t), len(differences) - 1)))


def holm(p_values) -> np.ndarray:
    """Adjust p-values of several tests so that the chance of any false difference stays below the level.

    Parameters
    ----------
    p_values : array-like of shape (n_tests,)
        The p-values; NaN stands for a test that could not be made, and counts for none.

    Returns
    -------
    ndarray of shape (n_tests,)
        Adjusted p-values in the order given.

    References
    ----------
    .. [1] Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics
       6, 65-70. https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> from audiofeat.compare.statistics import holm
    >>> holm([0.01, 0.04, 0.03, 0.005])
    array([0.03, 0.06, 0.06, 0.02])
    """
    p_values = np.asarray(p_values, dtype=float)
    adjusted = np.full(p_values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def mcnemar(first_right, second_right) -> McNemar:
    """Test whether two classifiers differ in how many clips of one test set they get right, by McNemar's exact test.

    Parameters
    ----------
    first_right, second_right : array-like of bool of shape (n_clips,)
        Whether each was right about each clip.

    Returns
    -------
    McNemar
        Only the clips that they differ on count; their split is compared with tossing a coin for each.

    References
    ----------
    .. [1] McNemar, Q. (1947). Note on the sampling error of the difference between correlated proportions or percentages.
       Psychometrika 12, 153-157. https://doi.org/10.1007/BF02295996
    .. [2] Dietterich, T. G. (1998). Approximate statistical tests for comparing supervised classification learning
       algorithms. Neural Computation 10, 1895-1923. https://doi.org/10.1162/089976698300017197

    Examples
    --------
    >>> from audiofeat.compare.statistics import mcnemar
    >>> mcnemar([True, True, True, False], [True, False, False, True])
    McNemar(only_first=2, only_second=1, p=1.0)
    """
    first, second = np.asarray(first_right, dtype=bool), np.asarray(second_right, dtype=bool)
    only_first, only_second = int((first & ~second).sum()), int((~first & second).sum())
    differing = only_first + only_second
    p = float(stats.binomtest(only_first, differing, 0.5).pvalue) if differing else 1.0
    return McNemar(only_first, only_second, p)


def wilson_interval(n_right: int, n_clips: int, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of an accuracy on one test set.

    Parameters
    ----------
    n_right, n_clips : int
        Clips that were right, and all.
    confidence : float, default=0.95
        How often such intervals hold the true value.

    Returns
    -------
    tuple of (float, float)
        Wilson's score interval, which stays within 0 and 1 and is of use for small test sets.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the
       American Statistical Association 22, 209-212. https://doi.org/10.1080/01621459.1927.10502953

    Examples
    --------
    >>> from audiofeat.compare.statistics import wilson_interval
    >>> low, high = wilson_interval(9, 10)
    >>> round(low, 3), round(high, 3)
    (0.596, 0.982)
    """
    interval = stats.binomtest(n_right, n_clips).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def _standard_error(values: np.ndarray, ratio: float) -> float:
    return float(np.sqrt((1 / len(values) + ratio) * values.var(ddof=1)))
