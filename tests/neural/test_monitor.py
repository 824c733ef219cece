"""scikit-learn's own callbacks."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from audiofeat.neural import CNNClassifier

from .architectures_of_users import linear

callback = pytest.importorskip("sklearn.callback", reason="this scikit-learn has no callbacks (1.9 has)")


class Recorder:
    """Notes what it is told, and stops after some epochs."""

    def __init__(self, stop_after=None, keep=False):
        self.stop_after, self.keep = stop_after, keep
        self.heard, self.kept = [], []

    def setup(self, estimator, context):
        self.heard.append("setup")

    def teardown(self, estimator, context):
        self.heard.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.heard.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, fitted_estimator=None):
        self.heard.append(f"end {context.task_name}")
        if self.keep and context.task_name == "epoch":
            self.kept.append((fitted_estimator, fitted_estimator.predict_proba(X)))
        return context.task_name == "epoch" and context.task_id + 1 == self.stop_after


@pytest.fixture
def short():
    return CNNClassifier(linear, epochs=3, learning_rate=0.02, random_state=0)


def test_each_epoch_is_a_task(short, maps):
    recorder = Recorder()
    clone(short).set_callbacks(recorder).fit(*maps)
    epochs = ["begin epoch", "end epoch"] * 3
    assert recorder.heard == ["setup", "begin fit", *epochs, "end fit", "teardown"]


def test_a_callback_may_stop_the_training(short, maps):
    model = clone(short).set_callbacks(Recorder(stop_after=2)).fit(*maps)
    assert len(model.history_) == 2


def test_network_of_each_epoch_can_be_kept(short, maps):
    X, y = maps
    recorder = Recorder(keep=True)
    model = clone(short).set_callbacks(recorder).fit(X, y)
    for epoch, (kept, predicted) in enumerate(recorder.kept, 1):
        assert len(kept.history_) == epoch
        np.testing.assert_array_equal(kept.predict_proba(X), predicted)
    assert not np.array_equal(recorder.kept[0][1], recorder.kept[-1][1])
    np.testing.assert_allclose(recorder.kept[-1][1], model.predict_proba(X), atol=1e-7)


def test_callbacks_end_with_a_fit_that_fails(short, maps):
    recorder = Recorder()
    model = clone(short).set_params(learning_rate=1e38, optimizer="sgd", schedule=None).set_callbacks(recorder)
    with pytest.raises(ValueError, match="loss became"):
        model.fit(*maps)
    assert recorder.heard[-1] == "teardown"


def test_they_change_nothing_in_the_network(short, maps):
    with_callback = clone(short).set_callbacks(Recorder(keep=True)).fit(*maps)
    np.testing.assert_array_equal(with_callback.predict_proba(maps[0]), clone(short).fit(*maps).predict_proba(maps[0]))


def test_scikit_learns_own_monitor(short, maps):
    X, y = maps
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = clone(short).set_callbacks(monitor).fit(X, y)
    scores = [row["accuracy"] for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(scores) == 3
    assert scores[-1] == pytest.approx(model.score(X, y))


def test_a_pipeline_hands_them_on(short, maps):
    class Spreading(Recorder):
        max_propagation_depth = None

    recorder = Spreading()
    make_pipeline(clone(short)).set_callbacks(recorder).fit(*maps)
    assert recorder.heard.count("end epoch") == 3
