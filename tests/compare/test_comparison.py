"""compare_features: what it compares, what it refuses, what it hands back."""

import io

import joblib
import numpy as np
import pytest
import soundfile
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.validation import check_array

from audiofeat import (
    MFCC,
    AudioInputError,
    AudioLoader,
    Chroma,
    FeatureBank,
    MelSpectrogram,
    compare_features,
    datasets,
)
from audiofeat.compare.candidates import reads_maps
from audiofeat.transformers.shape import framewise, pooled

FRAMES = {"n_fft": 512, "hop_length": 512}
FEATURES = {"mfcc": MFCC(n_mels=32, **FRAMES), "chroma": Chroma(**FRAMES)}
LINEAR = make_pipeline(StandardScaler(), LogisticRegression())


class MapClassifier(DummyClassifier):
    """Stands in for a CNN: insists on maps."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def fit(self, X, y, sample_weight=None):
        check_array(X, allow_nd=True)
        assert X.ndim == 3
        return super().fit(X, y, sample_weight)


@pytest.fixture(scope="module")
def calls():
    return datasets.make_animal_calls(40, duration=(0.25, 0.5), random_state=0)


def test_every_feature_set_meets_every_model(calls):
    models = {"linear": LINEAR, "bayes": (GaussianNB(), {"var_smoothing": [1e-9, 1e-3]})}
    features = {**FEATURES, "mel": (MelSpectrogram(n_mels=16, **FRAMES), {"n_mels": [8, 16]})}
    comparison = compare_features(features, models, calls.data, calls.target, cv=3, random_state=0)
    table = comparison.table
    assert table["kind"].tolist() == ["candidate"] * 12 + ["baseline"] * 2
    table = table[table["kind"] == "candidate"]
    # two plain features with 1 + 2 candidates each, one with two settings
    assert len(table) == 2 * (1 + 2) + 2 * (1 + 2)
    assert set(zip(table["features"], table["model"], strict=True)) == {(f, m) for f in features for m in models}
    assert table["mean"].is_monotonic_decreasing
    folds = table[["fold_0", "fold_1", "fold_2"]].to_numpy()
    np.testing.assert_allclose(table["mean"], folds.mean(axis=1))
    np.testing.assert_allclose(table["std"], folds.std(axis=1, ddof=1))
    settings = table.loc[(table["features"] == "mel") & (table["model"] == "bayes"), "params"].tolist()
    assert {frozenset(s.items()) for s in settings} == {
        frozenset({("features__n_mels", n), ("model__var_smoothing", v)}) for n in (8, 16) for v in (1e-9, 1e-3)
    }
    assert comparison.best_estimator["features"].get_params()["n_fft"] == 512


def test_scores_are_those_of_scikit_learns_own_search(calls):
    loader = AudioLoader(16000)
    cv = StratifiedKFold(3, shuffle=True, random_state=1)
    comparison = compare_features(FEATURES, {"linear": LINEAR}, calls.data, calls.target, loader=loader, cv=cv)
    pipe = Pipeline([("load", loader), ("features", MFCC()), ("model", LINEAR)])
    own = GridSearchCV(pipe, {"features": list(FEATURES.values())}, cv=cv).fit(calls.data, calls.target)
    by_name = comparison.table[:2].set_index("features")["mean"]
    np.testing.assert_array_equal(by_name[list(FEATURES)], own.cv_results_["mean_test_score"])


def test_each_model_gets_the_shape_it_reads(calls):
    features = {"mfcc": MFCC(**FRAMES), "bank": FeatureBank([("a", MFCC(**FRAMES)), ("b", Chroma(**FRAMES))])}
    models = {"maps": MapClassifier(), "rows": GaussianNB()}
    comparison = compare_features(
        features, models, calls.data, calls.target, loader=AudioLoader(16000, duration=0.5), cv=2, random_state=0
    )
    assert len(comparison.table) == 4 + 2


def test_shapes_are_switched_in_copies():
    bank = FeatureBank([("mfcc", MFCC(pooling="max")), ("chroma", Chroma()), ("off", "drop")])
    maps = framewise(bank)
    assert [m.pooling for n, m in maps.transformer_list if m != "drop"] == [None, None]
    assert bank.transformer_list[0][1].pooling == "max"
    assert pooled(bank).transformer_list[0][1].pooling == "max"
    assert pooled(MFCC(pooling=None)).pooling == ("mean", "std")
    other = FunctionTransformer()
    assert framewise(other) is not other


def test_the_first_step_of_a_pipeline_says_what_it_reads():
    assert reads_maps(MapClassifier())
    assert reads_maps(make_pipeline("passthrough", MapClassifier()))
    assert not reads_maps(make_pipeline(StandardScaler(), MapClassifier()))


def test_two_workers_find_what_one_finds(calls, tmp_path):
    runs = [
        compare_features(
            FEATURES, {"linear": LINEAR}, calls.data, calls.target, cv=3, random_state=0, n_jobs=n, memory=memory
        ).table
        for n, memory in ((1, None), (2, tmp_path / "store"), (1, tmp_path / "store"))
    ]
    for other in runs[1:]:
        np.testing.assert_array_equal(runs[0].filter(like="fold_"), other.filter(like="fold_"))


def test_the_winner_is_fitted_on_everything_and_forgets_the_store(calls, tmp_path):
    comparison = compare_features(
        FEATURES, {"linear": LINEAR}, calls.data, calls.target, cv=3, random_state=0, memory=tmp_path / "store"
    )
    winner = comparison.best_estimator
    assert winner["load"].memory is None
    before = sorted(tmp_path.rglob("*"))
    assert winner.score(calls.data, calls.target) > 0.9
    joblib.dump(winner, tmp_path / "model.joblib")
    again = joblib.load(tmp_path / "model.joblib")
    np.testing.assert_array_equal(again.predict(calls.data), winner.predict(calls.data))
    assert set(tmp_path.rglob("*")) == {*before, tmp_path / "model.joblib"}
    assert repr(comparison).startswith(f"FeatureComparison(2 candidates, best: {comparison.best_features} + linear")


def test_nothing_that_was_passed_in_changes(calls):
    loader = AudioLoader(16000)
    features = {"mfcc": (MFCC(**FRAMES), {"n_mfcc": [13, 20]})}
    before = repr((loader.get_params(), features["mfcc"][0].get_params(), LINEAR.get_params()))
    compare_features(features, {"linear": LINEAR}, calls.data, calls.target, loader=loader, cv=2)
    assert repr((loader.get_params(), features["mfcc"][0].get_params(), LINEAR.get_params())) == before
    assert not hasattr(LINEAR[-1], "coef_")


def test_groups_stay_together(calls):
    groups = np.arange(len(calls.data)) // 4
    seen = []

    class Watching(GroupKFold):
        def split(self, X, y=None, groups=None):
            for train, test in super().split(X, y, groups):
                seen.append(set(groups[train]) & set(groups[test]))
                yield train, test

    for cv in (None, Watching(3)):
        comparison = compare_features(
            {"mfcc": MFCC(**FRAMES)}, {"linear": LINEAR}, calls.data, calls.target, groups=groups, cv=cv, random_state=0
        )
        assert comparison.search.n_splits_ == (5 if cv is None else 3)
    assert seen
    assert not any(seen)


def test_as_many_labels_as_clips(calls):
    with pytest.raises(ValueError, match="got 39 labels for 40 clips; expected one label for each clip"):
        compare_features(FEATURES, {"linear": LINEAR}, calls.data, calls.target[:-1])


def test_as_many_groups_as_clips(calls):
    with pytest.raises(ValueError, match="got 3 groups for 40 clips"):
        compare_features(FEATURES, {"linear": LINEAR}, calls.data, calls.target, groups=[1, 2, 3])


def test_one_class_is_refused(calls):
    with pytest.raises(ValueError, match=r"labels of one class only \('cat'\); expected at least two"):
        compare_features(FEATURES, {"linear": LINEAR}, calls.data, np.full(40, "cat"))


def test_rare_classes_are_refused(calls):
    y = np.where(np.arange(40) < 3, "rare", calls.target)
    with pytest.raises(ValueError, match=r"fewer clips than the 5 folds: rare \(3\)"):
        compare_features(FEATURES, {"linear": LINEAR}, calls.data, y)


@pytest.mark.parametrize("memory", [False, True])
def test_every_bad_clip_is_named_before_the_search(calls, memory, tmp_path):
    rate, samples = calls.data[0]
    broken = (rate, np.where(np.arange(len(samples)) == 5, np.nan, samples))
    data = [*calls.data[:10], broken, *calls.data[11:20], broken, *calls.data[21:]]
    with pytest.raises(AudioInputError) as caught:
        compare_features(
            FEATURES, {"linear": LINEAR}, data, calls.target, memory=tmp_path / "store" if memory else None
        )
    assert [problem.clip for problem in caught.value.problems] == [10, 20]
    assert "1 NaN" in str(caught.value)


def test_clips_of_another_length_are_named_by_their_place_in_the_input(calls):
    rate = calls.data[0][0]
    data = [(rate, np.resize(samples, rate if i != 13 else 900)) for i, (_, samples) in enumerate(calls.data)]
    with pytest.raises(AudioInputError) as caught:
        compare_features({"mfcc": MFCC(**FRAMES)}, {"maps": MapClassifier()}, data, calls.target, cv=2)
    assert [problem.clip for problem in caught.value.problems] == [13]
    assert caught.value.n_clips == 40


def test_a_supervised_feature_set_meets_the_store(calls, tmp_path):
    selected = make_pipeline(MFCC(**FRAMES), SelectKBest(k=5))
    comparison = compare_features(
        {"best": selected}, {"linear": LINEAR}, calls.data, calls.target, cv=2, memory=tmp_path / "store"
    )
    assert len(comparison.table) == 1 + 2


def test_open_files_and_generators(calls, tmp_path):
    for i, (rate, samples) in enumerate(calls.data):
        soundfile.write(tmp_path / f"{i}.wav", samples, rate)
    contents = [(tmp_path / f"{i}.wav").read_bytes() for i in range(len(calls.data))]
    arguments = ({"mfcc": MFCC(**FRAMES)}, {"linear": LINEAR})
    expected = compare_features(*arguments, contents, calls.target, cv=2, random_state=0).best_score
    files = [io.BytesIO(content) for content in contents]
    assert compare_features(*arguments, files, calls.target, cv=2, random_state=0, n_jobs=2).best_score == expected
    assert compare_features(*arguments, iter(contents), calls.target, cv=2, random_state=0).best_score == expected


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"X": [], "y": []}, ValueError, "got no clips"),
        ({"X": 3}, TypeError, "has no length; expected a list of clips"),
        ({"y": [None, *["cat"] * 39]}, ValueError, r"got no label for clips \[0\]"),
        ({"y": np.linspace(0, 1, 40)}, ValueError, r"numbers with fractions as labels, such as 0\.02\d+; .*digitize"),
        ({"scoring": 3}, TypeError, "expected a name"),
        ({"scoring": [3]}, TypeError, "expected a name"),
        ({"scoring": ["accuracy"], "refit": "f1"}, ValueError, "expected one of the scores: accuracy"),
        ({"search": "random"}, TypeError, "expected the class of a search"),
        ({"verbose": "loud"}, ValueError, "expected 'auto', True or False"),
    ],
)
def test_what_is_no_input(calls, change, error, says):
    arguments = {"X": calls.data, "y": calls.target, **change}
    with pytest.raises(error, match=says):
        compare_features(FEATURES, {"linear": LINEAR}, **arguments)


def test_maps_of_clips_of_different_length_are_refused_with_the_cure(calls):
    with pytest.raises(AudioInputError, match=r"set AudioLoader\(duration=\.\.\.\)"):
        compare_features({"mfcc": MFCC(**FRAMES)}, {"maps": MapClassifier()}, calls.data, calls.target, cv=2)


@pytest.mark.parametrize("features", [{}, [MFCC()], {"mfcc": "MFCC"}, {"mfcc": MFCC}, {"mfcc": (MFCC(), [13])}])
def test_features_that_are_none(calls, features):
    with pytest.raises(TypeError, match="compare_features got features"):
        compare_features(features, {"linear": LINEAR}, calls.data, calls.target)


def test_progress_is_silent_unless_asked(calls, capfd):
    arguments = ({"mfcc": MFCC(**FRAMES)}, {"linear": clone(LINEAR)}, calls.data, calls.target)
    compare_features(*arguments, cv=2)
    assert capfd.readouterr() == ("", "")
    compare_features(*arguments, cv=2, verbose=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "mfcc + linear: " in err
