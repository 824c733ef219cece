import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from audiofeat import HistoryDisplay

HISTORY = [
    {
        "epoch": 1,
        "loss": 0.7,
        "accuracy": 0.5,
        "val_loss": 0.8,
        "val_accuracy": 0.4,
        "learning_rate": 0.1,
        "seconds": 2,
    },
    {
        "epoch": 2,
        "loss": 0.5,
        "accuracy": 0.7,
        "val_loss": 0.6,
        "val_accuracy": 0.6,
        "learning_rate": 0.1,
        "seconds": 1,
    },
    {
        "epoch": 3,
        "loss": 0.3,
        "accuracy": 0.9,
        "val_loss": 0.7,
        "val_accuracy": 0.5,
        "learning_rate": 0.1,
        "seconds": 1,
    },
]


class Learner(ClassifierMixin, BaseEstimator):
    """A classifier that keeps a history, as a network does."""

    def __init__(self, best_epoch=2):
        self.best_epoch = best_epoch

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.history_ = HISTORY
        self.best_epoch_ = self.best_epoch
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_loss_and_metric_of_training_and_validation(draw):
    display = draw(HistoryDisplay(HISTORY).plot())
    assert [ax.get_ylabel() for ax in display.ax_] == ["Loss", "Accuracy"]
    assert list(display.lines_) == ["loss", "val_loss", "accuracy", "val_accuracy"]
    for name, line in display.lines_.items():
        np.testing.assert_array_equal(line.get_xydata(), [(e["epoch"], e[name]) for e in HISTORY])
    legend = [text.get_text() for text in display.ax_[0].get_legend().get_texts()]
    assert legend == ["training", "validation", "best epoch (2)"]


def test_the_best_epoch_has_the_lowest_validation_loss(draw):
    display = draw(HistoryDisplay(HISTORY).plot())
    assert display.best_epoch == 2
    for ax in display.ax_:
        (marked,) = (line for line in ax.lines if line.get_linestyle() == ":")
        assert marked.get_xdata()[0] == 2
    assert HistoryDisplay(HISTORY, best_epoch=3).best_epoch == 3


def test_without_validation_no_epoch_is_best(draw):
    display = draw(HistoryDisplay([{"loss": 1.0}, {"loss": 0.5}]).plot())
    assert display.best_epoch is None
    assert len(display.ax_) == 1
    np.testing.assert_array_equal(display.lines_["loss"].get_xdata(), [1, 2])


def test_one_epoch_can_be_seen(draw):
    display = draw(HistoryDisplay(HISTORY[:1]).plot())
    assert display.lines_["loss"].get_marker() == "o"


def test_a_metric_measured_in_some_epochs_only(draw):
    display = draw(HistoryDisplay([{"loss": 1.0}, {"loss": 0.5, "val_loss": 0.6, "top_5_accuracy": 0.9}]).plot())
    np.testing.assert_array_equal(display.lines_["val_loss"].get_xydata(), [(2, 0.6)])
    assert display.ax_[1].get_ylabel() == "Top 5 accuracy"


def test_it_is_read_from_estimators(rng):
    X, y = rng.standard_normal((6, 2)), [0, 1] * 3
    for estimator in (
        Learner(),
        make_pipeline(StandardScaler(), Learner()),
        GridSearchCV(make_pipeline(StandardScaler(), Learner()), {"learner__best_epoch": [2]}, cv=2),
    ):
        display = HistoryDisplay.from_estimator(estimator.fit(X, y))
        assert display.history == HISTORY
        assert display.best_epoch == 2


def test_estimators_without_a_history_are_refused(rng):
    with pytest.raises(NotFittedError):
        HistoryDisplay.from_estimator(Learner())
    scaler = StandardScaler().fit(rng.standard_normal((3, 2)))
    with pytest.raises(TypeError, match="got StandardScaler, which keeps no history of its training"):
        HistoryDisplay.from_estimator(scaler)


@pytest.mark.parametrize("history", [[], [{"epoch": 1, "seconds": 3.0}]])
def test_a_history_of_nothing_is_refused(history):
    with pytest.raises(ValueError, match="epochs without a quantity"):
        HistoryDisplay(history).plot()


def test_it_draws_on_given_axes(draw):
    axes = plt.subplots(1, 2)[1]
    assert list(draw(HistoryDisplay(HISTORY).plot(axes)).ax_) == list(axes)
    figure, ax = plt.subplots(layout="constrained")
    display = draw(HistoryDisplay(HISTORY).plot(ax))
    assert len(display.ax_) == 2
    assert display.figure_ is figure


def test_the_history_that_keras_keeps(draw):
    columns = {name: [entry[name] for entry in HISTORY] for name in ("loss", "val_loss", "accuracy")}
    display = draw(HistoryDisplay(columns).plot())
    assert display.best_epoch == 2
    np.testing.assert_array_equal(display.lines_["val_loss"].get_xydata(), [(1, 0.8), (2, 0.6), (3, 0.7)])
    assert display.history[0] == {"loss": 0.7, "val_loss": 0.8, "accuracy": 0.5}


@pytest.mark.parametrize(
    ("history", "message"),
    [
        ({"loss": [1.0, 0.5], "val_loss": [1.0]}, r"a history with 2 epochs of 'loss' and 1 of 'val_loss'"),
        ({"loss": 0.3}, r"float as 'loss' of its history; expected a list with a value an epoch"),
        (3, r"HistoryDisplay got int as history; expected a list of dict"),
        ([0.3, 0.2], r"HistoryDisplay got float among the entries of its history; expected a list of dict"),
    ],
)
def test_what_is_no_history_is_refused(history, message):
    with pytest.raises((TypeError, ValueError), match=message):
        HistoryDisplay(history)


@pytest.mark.parametrize("n_epochs", [1, 2, 3])
def test_epochs_are_whole_numbers(draw, n_epochs):
    display = draw(HistoryDisplay(HISTORY[:n_epochs]).plot())
    for ax in display.ax_:
        low, high = ax.get_xlim()
        shown = [tick for tick in ax.get_xticks() if low <= tick <= high]
        assert shown == list(range(1, n_epochs + 1))


def test_a_best_epoch_that_was_not_trained_is_refused():
    with pytest.raises(ValueError, match=r"best_epoch=99; expected an epoch of its history, from 1 to 3"):
        HistoryDisplay(HISTORY, best_epoch=99)
