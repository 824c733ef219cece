"""Pictures of classes and candidates: confusion, scores of classes, embedding, comparison."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from audiofeat import (
    MFCC,
    ClassScoresDisplay,
    ComparisonDisplay,
    ConfusionDisplay,
    EmbeddingDisplay,
    compare_features,
    datasets,
)
from audiofeat.plotting._classes import class_color, class_marker, class_names

FIFTY = [f"a class with a very long name of its own, number {k:02d}" for k in range(50)]


@pytest.fixture(scope="module")
def comparison():
    calls = datasets.make_animal_calls(40, random_state=0)
    models = {"bayes": (GaussianNB(), {"var_smoothing": [1e-9, 1e-2]}), "logistic": LogisticRegression(max_iter=1000)}
    return compare_features(
        {"mfcc": MFCC(n_mfcc=5, n_mels=20)}, models, calls.data, calls.target, groups=calls.groups, cv=3, random_state=0
    )


def drawn_inside(figure):
    """Whether everything that is drawn lies within the figure."""
    figure.canvas.draw()
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    return box.x0 > -0.02 and box.y0 > -0.02 and box.x1 < width + 0.02 and box.y1 < height + 0.02


def test_names_are_short_and_stay_different():
    names = class_names([*FIFTY, "dog", 3, ""])
    assert max(map(len, names)) <= 24
    assert len(set(names)) == len(names)
    assert names[50:] == ["dog", "3", "''"]


def test_fifty_classes_look_different():
    assert len({(class_color(k), class_marker(k)) for k in range(50)}) == 50


@pytest.mark.parametrize("classes", [["cat", "dog"], FIFTY], ids=["2", "50"])
def test_all_labels_lie_within_the_pictures(classes, rng):
    y_true = np.repeat(classes, 4)
    y_pred = np.where(rng.random(len(y_true)) < 0.7, y_true, rng.choice(classes, len(y_true)))
    features = rng.standard_normal((len(y_true), 5))
    for display in (
        ConfusionDisplay.from_predictions(y_true, y_pred),
        ClassScoresDisplay.from_predictions(y_true, y_pred),
        EmbeddingDisplay.from_features(features, y_true),
    ):
        assert drawn_inside(display.figure_), type(display).__name__


def test_cells_are_coloured_by_share_and_numbered_by_clips():
    display = ConfusionDisplay.from_predictions(["a"] * 9 + ["b"], ["a"] * 9 + ["a"], classes=["a", "b"])
    np.testing.assert_array_equal(display.image_.get_array(), [[1, 0], [1, 0]])
    assert [text.get_text() for text in display.ax_.texts] == ["9", "1"]


def test_fifty_classes_have_no_numbers(rng):
    labels = np.repeat(FIFTY, 3)
    assert not ConfusionDisplay.from_predictions(labels, rng.permutation(labels)).ax_.texts


def test_a_class_that_is_never_found_is_at_the_bottom():
    display = ClassScoresDisplay.from_predictions(["a", "a", "b", "c"], ["a", "a", "b", "a"])
    assert [label.get_text() for label in display.ax_.get_yticklabels()] == ["b (1)", "a (2)", "c (1)"]


def test_the_embedding_shows_what_varies(rng):
    features = rng.standard_normal((30, 6))
    features[:, 1] = features[:, 0]
    features[:, 2] = -features[:, 0]
    display = EmbeddingDisplay.from_features(features)
    assert abs(np.corrcoef(display.points[:, 0], features[:, 0])[0, 1]) > 0.9
    assert 0.4 < display.explained[0] < 0.7
    assert display.ax_.get_legend() is None


def test_the_embedding_of_features_over_time_or_of_one_column(rng):
    assert EmbeddingDisplay.from_features(rng.standard_normal((5, 3, 7))).points.shape == (5, 2)
    assert EmbeddingDisplay.from_features(rng.standard_normal((5, 1))).points[:, 1].tolist() == [0] * 5


def test_the_embedding_of_a_pipeline(rng):
    clips, y = rng.standard_normal((8, 4000)), ["a", "b"] * 4
    pipeline = make_pipeline(MFCC(n_mfcc=4, n_mels=20, n_fft=512), LogisticRegression()).fit(clips, y)
    assert EmbeddingDisplay.from_estimator(pipeline, clips, y).points.shape == (8, 2)
    with pytest.raises(TypeError, match="LogisticRegression; expected a fitted Pipeline"):
        EmbeddingDisplay.from_estimator(pipeline[-1], clips)


def test_the_comparison_is_drawn_best_first(comparison):
    display = ComparisonDisplay.from_comparison(comparison)
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert len(labels) == len(comparison.table)
    assert labels[-1] == "majority class" or "shuffled" in labels[-1]
    means = np.asarray(display.scores)[[kind == "candidate" for kind in display.kinds]].mean(axis=1)
    assert np.all(np.diff(means) <= 1e-12)
    # Two settings of one model are told apart by them.
    assert sum("var_smoothing" in label for label in labels) == 2
    assert drawn_inside(display.figure_)


def test_the_best_few_of_a_comparison(comparison):
    display = ComparisonDisplay.from_comparison(comparison, max_candidates=1)
    assert display.kinds.count("candidate") == 1
    assert "baseline" in display.kinds


def test_pictures_of_the_winner_count_each_clip_once(comparison):
    assert ConfusionDisplay.from_comparison(comparison).matrix.sum() == 40
    assert sum(ClassScoresDisplay.from_comparison(comparison).support) == 40


def test_pictures_of_an_estimator_are_those_of_its_predictions(comparison):
    X, y = comparison.clips.X[:12], comparison.clips.y[:12]
    pipeline = comparison.best_estimator
    for display in (ConfusionDisplay, ClassScoresDisplay):
        made, expected = display.from_estimator(pipeline, X, y), display.from_predictions(y, pipeline.predict(X))
        for name, value in vars(expected).items():
            if name.endswith("_"):
                # What it was drawn on.
                continue
            np.testing.assert_array_equal(getattr(made, name), value)


def test_rows_and_labels_must_agree():
    with pytest.raises(ValueError, match="2 rows of scores, but 1 labels"):
        ComparisonDisplay([[1.0], [0.5]], ["only"]).plot()
