"""Scores that labels or models cannot be given are refused before anything is fitted."""

from functools import partial

import pytest
from scipy.stats import loguniform
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from audiofeat import compare_features


class Unfittable(SVC):
    """Says so if anybody fits it."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("fitted, where the comparison should have been refused")


class UnfittableBayes(GaussianNB):
    """The same with probabilities."""

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("fitted, where the comparison should have been refused")


class UnfittableSGD(SGDClassifier):
    """The same with probabilities for some losses."""

    def fit(self, X, y, coef_init=None, intercept_init=None, sample_weight=None):
        raise AssertionError("fitted, where the comparison should have been refused")


SGD = make_pipeline(StandardScaler(), SGDClassifier(random_state=0))
LOG_LOSS = {"sgdclassifier__loss": ["log_loss"]}


def compared(small, tones, model, scoring, **more):
    settings = {"loader": small["loader"], "cv": 3, "random_state": 0, **more}
    return compare_features(small["features"], {"mine": model}, *tones, scoring=scoring, **settings)


@pytest.mark.parametrize(
    ("model", "scoring", "says"),
    [
        (Unfittable(), "neg_log_loss", "'neg_log_loss', which reads predict_proba, and model 'mine', whose Unfit"),
        (make_pipeline(StandardScaler(), Unfittable()), ["accuracy", "roc_auc_ovr"], "scoring='roc_auc_ovr'"),
        (Unfittable(), {"loss": get_scorer("neg_brier_score")}, "scoring='loss', which reads predict_proba"),
        ((UnfittableSGD("log_loss"), {"loss": ["log_loss", "hinge"]}), "neg_log_loss", "whose UnfittableSGD has none"),
    ],
)
def test_models_without_probabilities(small, tones, model, scoring, says):
    with pytest.raises(
        ValueError, match=rf"compare_features got .*{says}.*CalibratedClassifierCV\(.*, ensemble=False\)"
    ):
        compared(small, tones, model, scoring)


@pytest.mark.parametrize(
    ("scoring", "says"),
    [("f1", r"scoring='f1', which cannot score these 2 classes \(pos_label=1.*'f1_macro'"), ("r2", "scoring='r2'")],
)
def test_labels_that_a_score_is_not_for(small, tones, scoring, says):
    with pytest.raises(ValueError, match=says):
        compared(small, tones, UnfittableBayes(), scoring)


def test_three_classes_have_no_plain_area_under_the_curve(small, tones):
    clips, y = tones
    y[::3] = "none"
    with pytest.raises(ValueError, match=r"cannot score these 3 classes .*'roc_auc_ovr'"):
        compared(small, (clips, y), UnfittableBayes(), "roc_auc")


@pytest.mark.parametrize(
    ("model", "scoring"),
    [
        (SVC(), "roc_auc"),
        (CalibratedClassifierCV(SVC(), cv=2, ensemble=False), "neg_log_loss"),
        # What a search chooses shows when it is fitted.
        (GridSearchCV(SGD, LOG_LOSS, cv=2), "neg_log_loss"),
        ((SGD, LOG_LOSS | {"sgdclassifier__alpha": [1e-3, 1e-2]}), "neg_log_loss"),
        (SVC(), lambda estimator, X, y: estimator.score(X, y)),
    ],
)
def test_what_can_be_scored_is(small, tones, model, scoring):
    comparison = compared(small, tones, model, scoring)
    assert comparison.best_score == comparison.best_score


def test_parameters_drawn_from_a_distribution_are_no_reason_to_refuse(small, tones):
    model = GaussianNB(), {"var_smoothing": loguniform(1e-9, 1e-2)}
    search = partial(RandomizedSearchCV, n_iter=2, random_state=0)
    assert compared(small, tones, model, "neg_log_loss", search=search).best_score <= 0
