"""A pipeline along a recording."""

import numpy as np
import pandas as pd
import pytest
import soundfile
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from audiofeat import MFCC, AudioInputError, AudioLoader, datasets, predict_recording
from audiofeat.timeline import predict_clips

RATE = 8000


def tone(frequency, seconds):
    return 0.3 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


@pytest.fixture(scope="module")
def clips():
    rng = np.random.default_rng(0)
    labels = ["low", "high"] * 20
    made = [tone({"low": 300, "high": 2000}[label], 1) + 0.01 * rng.standard_normal(RATE) for label in labels]
    return [(RATE, clip) for clip in made], np.array(labels)


@pytest.fixture(scope="module")
def model(clips):
    return make_pipeline(AudioLoader(sample_rate=RATE, duration=1.0), MFCC(n_mels=40), GaussianNB()).fit(*clips)


@pytest.fixture
def recording(tmp_path, rng):
    """Ten seconds: low, high from 4 s, low from 7 s."""
    path = tmp_path / "recording.flac"
    samples = np.concatenate([tone(300, 4), tone(2000, 3), tone(300, 3.4)])
    soundfile.write(path, samples + 0.01 * rng.standard_normal(len(samples)), RATE)
    return path


def test_the_timeline_says_what_is_where(model, recording):
    timeline = predict_recording(model, recording)
    assert timeline.columns.tolist() == ["start", "end", "label", "probability_high", "probability_low"]
    assert timeline["label"].tolist() == ["low"] * 4 + ["high"] * 3 + ["low"] * 4
    assert timeline["start"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9.4]
    np.testing.assert_allclose(timeline.filter(like="probability_").sum(axis=1), 1)


@pytest.mark.parametrize("batch_size", [1, 3, 100])
def test_windows_are_predicted_one_as_all(model, recording, batch_size):
    timeline = predict_recording(model, recording, window=1.0, hop=0.5, batch_size=batch_size)
    table = datasets.windows(recording, window=1.0, hop=0.5)
    pd.testing.assert_frame_equal(timeline[["start", "end"]], table[["start", "end"]])
    np.testing.assert_array_equal(timeline["label"], model.predict(table))
    np.testing.assert_allclose(timeline[["probability_high", "probability_low"]], model.predict_proba(table), rtol=1e-9)


def test_models_without_probabilities(clips, recording):
    model = make_pipeline(AudioLoader(sample_rate=RATE), MFCC(n_mels=40), StandardScaler(), LinearSVC()).fit(*clips)
    timeline = predict_recording(model, recording, window=2.0, last="drop")
    assert timeline.columns.tolist() == ["start", "end", "label"]
    assert timeline["label"].tolist()[:3] == ["low", "low", "high"]
    with pytest.raises(ValueError, match="got window=None, and the pipeline has no loader with a duration"):
        predict_recording(model, recording)


def test_a_regressor(clips, recording):
    samples, labels = clips
    model = make_pipeline(AudioLoader(sample_rate=RATE), MFCC(n_mels=40), Ridge())
    timeline = predict_recording(model.fit(samples, labels == "high"), recording, window=1.0)
    assert timeline["label"].between(0.5, 1.5).tolist() == [False] * 4 + [True] * 3 + [False] * 4


def test_a_search_and_a_pipeline_of_another_shape(model, clips, recording):
    expected = predict_recording(model, recording)
    search = GridSearchCV(model, {"gaussiannb__var_smoothing": [1e-9]}, cv=2).fit(*clips)
    pd.testing.assert_frame_equal(predict_recording(search, recording), expected)
    nested = make_pipeline(model[:2], model[2])
    pd.testing.assert_frame_equal(predict_recording(nested, recording, window=1.0), expected)


class ByMargin(ClassifierMixin, BaseEstimator):
    """Predicts against its own probabilities, as SVC(probability=True) may."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[1], len(X))

    def predict_proba(self, X):
        return np.tile([0.6, 0.4], (len(X), 1))


def test_the_probability_is_that_of_the_label(clips):
    X, y = clips
    found = predict_clips(make_pipeline(AudioLoader(sample_rate=RATE), MFCC(n_mels=40), ByMargin()).fit(X, y), X[:3])
    assert found.labels.tolist() == ["low"] * 3
    np.testing.assert_array_equal(found.of_labels(), [0.4] * 3)


def test_features_are_computed_once_for_labels_and_probabilities(model, clips, monkeypatch):
    calls = []
    transform = MFCC.transform
    monkeypatch.setattr(MFCC, "transform", lambda self, X: calls.append(len(X)) or transform(self, X))
    predict_clips(model, clips[0])
    assert calls == [40]


def test_bad_recordings(model, tmp_path):
    with pytest.raises(AudioInputError, match="no such file"):
        predict_recording(model, tmp_path / "missing.wav")


def test_a_real_recording(data_folder):
    path = data_folder / "references/librosa/test_audio.ogg"
    frame = datasets.windows(path, window=0.5)
    labels = np.arange(len(frame)) % 2
    model = make_pipeline(AudioLoader(duration=0.5), MFCC(), GaussianNB()).fit(frame, labels)
    timeline = predict_recording(model, path)
    np.testing.assert_array_equal(timeline["label"], model.predict(frame))
