"""What a comparison hands back: table, tests, nested estimates, held-out recordings, words."""

import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import make_scorer, recall_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    PredefinedSplit,
    RandomizedSearchCV,
    RepeatedStratifiedKFold,
    StratifiedKFold,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from audiofeat import AudioWarning, compare_features
from audiofeat.compare.statistics import corrected_interval, corrected_t_test, mcnemar


def compared(small, X, y, **kwargs):
    settings = {"cv": 3, "random_state": 0} | kwargs
    return compare_features(small["features"], small["models"], X, y, loader=small["loader"], **settings)


def test_the_columns_of_the_table(two_features, noisy):
    comparison = compared(two_features, *noisy)
    table = comparison.table
    assert list(table.columns) == [
        *("features", "model", "kind", "params", "n_features", "mean", "std", "low", "high"),
        *("fold_0", "fold_1", "fold_2", "fit_time", "predict_time"),
    ]
    assert table["kind"].tolist() == ["candidate", "candidate", "baseline", "baseline"]
    by_features = table[:2].set_index("features")
    assert by_features["n_features"].to_dict() == {"spectrum": "66", "mfcc": "8"}
    for row in table.itertuples():
        folds = np.array([row.fold_0, row.fold_1, row.fold_2])
        assert (row.mean, row.std) == pytest.approx((folds.mean(), folds.std(ddof=1)))
        low, high = corrected_interval(folds, ratio=10 / 20)
        assert (row.low, row.high) == pytest.approx((max(low, 0), min(high, 1)))
        assert row.fit_time > 0
        assert row.predict_time > 0
    assert comparison.best_score == table["mean"][0]
    # the most frequent class of each training part
    y, dummies = noisy[1], []
    for train, test in comparison.splits.splits:
        labels, counts = np.unique(y[train], return_counts=True)
        dummies.append((y[test] == labels[counts.argmax()]).mean())
    np.testing.assert_allclose(table.loc[2, ["fold_0", "fold_1", "fold_2"]].to_numpy(float), dummies)


def test_several_scores(two_features, noisy):
    scoring = {"accuracy": "accuracy", "recall": make_scorer(recall_score, pos_label="low"), "loss": "neg_log_loss"}
    comparison = compared(two_features, *noisy, scoring=scoring, refit="recall")
    table = comparison.table
    assert comparison.metric == "recall"
    assert table["mean"][0] == table["mean"][:2].max() == comparison.best_score
    for name in ("mean_accuracy", "std_accuracy", "low_accuracy", "high_accuracy", "fold_2_accuracy", "mean_loss"):
        assert np.isfinite(table[name]).all(), name
    assert (table["low_loss"] < 0).all()
    np.testing.assert_array_equal(comparison.fold_scores("accuracy")[0], table["fold_0_accuracy"])
    np.testing.assert_array_equal(comparison.fold_scores()[0], table["fold_0"])
    assert comparison.compare("accuracy").shape == comparison.tests.shape
    with pytest.raises(ValueError, match="metric='f1'; expected one of recall, accuracy, loss"):
        comparison.compare("f1")


def test_each_pair_is_tested_with_its_best_parameters(two_features, noisy):
    two_features["models"]["tree"] = (DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3]})
    comparison = compared(two_features, *noisy)
    tests, scores = comparison.tests, comparison.table[comparison.table["kind"] == "candidate"]
    assert len(scores) == 2 * (1 + 3)
    assert len(tests) == 4 * 3 / 2
    best = scores.groupby(["features", "model"]).first().filter(like="fold_")
    for row in tests.itertuples():
        first, second = (best.loc[tuple(label.split(" + "))].to_numpy(float) for label in (row.first, row.second))
        expected = corrected_t_test(first, second, ratio=1 / 2)
        assert (row.difference, row.low, row.high, row.t, row.p) == pytest.approx(tuple(expected))
    assert (tests["p_holm"] >= tests["p"]).all()
    assert set(tests["distinguishable"]) <= {True, False}


def test_repeated_folds(small, noisy):
    comparison = compared(small, *noisy, cv=RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0))
    assert comparison.splits.ratio == 0.5
    assert len(comparison.predictions) == 60
    assert comparison.table.filter(regex=r"^fold_\d$").shape[1] == 6


@pytest.mark.parametrize(
    "search",
    [RandomizedSearchCV, partial(RandomizedSearchCV, n_iter=4, random_state=0), partial(GridSearchCV, verbose=0)],
)
def test_other_searches(small, noisy, search):
    small["models"] = {"tree": (DecisionTreeClassifier(random_state=0), {"max_depth": list(range(1, 21))})}
    comparison = compared(small, *noisy, search=search, scoring=["accuracy", "f1_macro"])
    n_candidates = {RandomizedSearchCV: 10, GridSearchCV: 20}.get(getattr(search, "func", search), 4)
    if getattr(search, "keywords", {}).get("n_iter"):
        n_candidates = 4
    assert (comparison.table["kind"] == "candidate").sum() == n_candidates
    assert isinstance(comparison.search, getattr(search, "func", search))
    assert comparison.best_estimator.predict(noisy[0][:2]).shape == (2,)


def test_a_random_search_that_leaves_a_pair_out(two_features, noisy):
    with pytest.warns(AudioWarning, match=r"did not try (spectrum|mfcc) \+ bayes") as caught:
        compared(two_features, *noisy, search=partial(RandomizedSearchCV, n_iter=1, random_state=0))
    assert caught[0].filename == __file__


def test_search_by_halving(small, noisy):
    small["models"] = {"tree": (DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2, 3, 4]})}
    search = partial(HalvingGridSearchCV, factor=2, min_resources=14, random_state=0)
    comparison = compared(small, *noisy, search=search)
    table = comparison.table
    assert (table["kind"] == "candidate").sum() == 4
    n_clips = len(noisy[1])
    said = f"over {comparison.search.n_splits_} folds of " + (
        f"28 of the {n_clips} clips" if n_clips > 28 else "28 clips"
    )
    assert said in comparison.summary()
    # those of the last round come first, and the winner is the search's own
    assert table["n_clips"][0] == table["n_clips"].max() == 28
    assert comparison.winner.params == {"model__max_depth": comparison.search.best_params_["model__max_depth"]}
    with pytest.raises((TypeError, ValueError), match=r"scoring|multimetric"):
        compared(small, *noisy, search=search, scoring=["accuracy", "f1_macro"])


def test_what_is_no_search(small, noisy):
    def search(estimator):
        return estimator

    with pytest.raises(TypeError, match="does not take estimator, grids, scoring"):
        compared(small, *noisy, search=search)


def nested_by_hand(pipe, grid, X, y, outer, inner):
    """Nested cross-validation with scikit-learn's own search."""
    scores = []
    for train, test in outer.split(X, y):
        found = GridSearchCV(pipe, grid, cv=inner, error_score="raise").fit([X[i] for i in train], y[train])
        scores.append(found.score([X[i] for i in test], y[test]))
    return scores


def test_nested_scores_are_those_of_the_choice(two_features, noisy):
    two_features["models"] = {"bayes": (GaussianNB(), {"var_smoothing": [1e-9, 1.0]})}
    outer, inner = StratifiedKFold(3), StratifiedKFold(2)
    comparison = compared(two_features, *noisy, cv=outer, nested=inner)
    assert comparison.nested
    table = comparison.table
    assert table["kind"].tolist() == ["selection", "candidate", "candidate", "baseline", "baseline"]
    shaped = [grid["features"] for grid in comparison.search.param_grid]
    grid = [{"features": f, "model": [GaussianNB()], "model__var_smoothing": [1e-9, 1.0]} for f in shaped]
    pipe = Pipeline([("load", two_features["loader"]), ("features", shaped[0][0]), ("model", GaussianNB())])
    np.testing.assert_allclose(
        table.filter(regex=r"^fold_\d$").to_numpy()[0], nested_by_hand(clone(pipe), grid, *noisy, outer, inner)
    )
    assert comparison.best_score == table["mean"][0]
    for row in table[1:3].itertuples():
        assert len(row.fold_params) == 3
        own = next(g for g, f in zip(grid, two_features["features"], strict=True) if f == row.features)
        expected = nested_by_hand(clone(pipe), own, *noisy, outer, inner)
        np.testing.assert_allclose([row.fold_0, row.fold_1, row.fold_2], expected)
    # the winner is that of a search over all clips, with parameters of its own
    assert comparison.winner.label == f"{comparison.best_features} + {comparison.best_model}"
    assert "not biased by the choice" in comparison.summary()
    # predictions are those of the outer folds
    assert len(comparison.predictions) == 30


def test_nested_folds_by_default(small, noisy):
    groups = np.arange(30) // 2
    comparison = compared(small, *noisy, nested=True, groups=groups)
    assert comparison.table["kind"][0] == "selection"
    with pytest.raises(ValueError, match="a single clip or group of a class, which cannot be split again"):
        compared(small, *noisy, nested=True, groups=np.arange(30) % 2, cv=PredefinedSplit(np.arange(30) % 2))


def test_predictions_are_of_clips_that_were_not_learned(small, noisy):
    small["models"] = {"tree": DecisionTreeClassifier(random_state=0)}
    clips, y = noisy
    comparison = compared(small, clips, y)
    predictions = comparison.predictions
    assert sorted(predictions["clip"]) == list(range(30))
    np.testing.assert_array_equal(predictions["label"], y[predictions["clip"]])
    by_fold = (predictions["label"] == predictions["predicted"]).groupby(predictions["fold"]).mean()
    np.testing.assert_allclose(by_fold, comparison.table.loc[0, ["fold_0", "fold_1", "fold_2"]].to_numpy(float))
    assert (predictions["confidence"] == 1).all()


def test_models_without_probabilities(small, noisy):
    small["models"] = {"svm": LinearSVC(random_state=0, max_iter=100_000)}
    assert (compared(small, *noisy).predictions["confidence"] >= 0).all()


def test_recordings_that_were_kept_aside(two_features, noisy, rng):
    clips, y = noisy
    order = rng.permutation(30)
    train, test = order[:20], order[20:]
    comparison = compared(two_features, [clips[i] for i in train], y[train])
    X_test = [clips[i] for i in test]
    held_out = comparison.evaluate(X_test, y[test])
    predicted = comparison.best_estimator.predict(X_test)
    assert held_out.accuracy == held_out.scores["accuracy"] == (predicted == y[test]).mean()
    assert held_out.interval[0] < held_out.accuracy < held_out.interval[1]
    rival, majority = held_out.tests.itertuples()
    assert majority.rival == "majority class"
    assert {rival.rival, comparison.winner.label} == {"spectrum + bayes", "mfcc + bayes"}
    other = clone(comparison.best_estimator).set_params(features=comparison.candidates[1].settings["features"])
    other.fit([clips[i] for i in train], y[train])
    expected = mcnemar(predicted == y[test], other.predict(X_test) == y[test])
    assert (rival.only_winner, rival.only_rival, rival.p) == expected
    assert comparison.held_out is held_out
    assert "On 10 recordings kept aside the winner has an accuracy of" in comparison.summary()
    assert repr(held_out).startswith("HeldOut(10 clips, accuracy 0.")
    assert len(comparison.evaluate(X_test, y[test], rivals=0).tests) == 1


def test_test_clips_that_were_trained_on(small, noisy):
    clips, y = noisy
    comparison = compared(small, clips[:25], y[:25], groups=range(25))
    with pytest.warns(
        AudioWarning, match=r"1 clip stands on both sides of a split: training clip 3 = test clip 0"
    ) as caught:
        held_out = comparison.evaluate([clips[3], *clips[25:]], [y[3], *y[25:]], groups=range(100, 106))
    assert caught[0].filename == __file__
    assert [guard.passed for guard in held_out.guards] == [True, True, False]
    with pytest.warns(AudioWarning, match="1 of the 29 groups has clips on both sides"):
        comparison.evaluate(clips[25:], y[25:], groups=[7, *range(100, 104)])


def test_without_a_refit(small, noisy):
    comparison = compared(small, *noisy, refit=False)
    assert comparison.best_estimator is None
    assert comparison.best_features == "spectrum"
    with pytest.raises(ValueError, match="call compare_features with refit=True"):
        comparison.evaluate(*noisy)


def test_words(two_features, tones):
    comparison = compared(two_features, *tones)
    summary = comparison.summary()
    assert summary.startswith(f"The best of 2 candidates is {comparison.winner.label}, with a mean accuracy of ")
    assert "not distinguishable from" in summary
    assert "Nadeau and Bengio" in summary
    assert "a little too good: the winner is the best of 2" in summary
    assert "Baseline majority class: 0.500, distinguishable from the winner (p < 0.001)" in summary
    assert "<table" in comparison._repr_html_()
    assert "majority class" in comparison._repr_html_()


def test_it_travels(two_features, noisy):
    comparison = compared(two_features, *noisy)
    again = pickle.loads(pickle.dumps(comparison))
    assert again.table.equals(comparison.table)
    assert again.summary() == comparison.summary()
    assert len(again.predictions) == 30
