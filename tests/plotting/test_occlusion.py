"""The map of what a fitted pipeline listens to."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from audiofeat import MFCC, AudioLoader, FeatureCache, MelSpectrogram, OcclusionDisplay

RATE = 8000


def chirps(hz, rng, n=6):
    """Half a second of noise, then a tone: the tone tells the classes apart."""
    times = np.arange(RATE // 2) / RATE
    return [
        np.concatenate([noise, np.sin(2 * np.pi * f * times)]).astype(np.float32)
        for f, noise in zip(
            rng.uniform(0.95 * hz, 1.05 * hz, n), 0.01 * rng.standard_normal((n, RATE // 2)), strict=True
        )
    ]


@pytest.fixture
def clips(rng):
    return [*chirps(500, rng), *chirps(2000, rng)], ["low"] * 6 + ["high"] * 6


@pytest.fixture
def pipeline(clips):
    made = make_pipeline(AudioLoader(sample_rate=RATE), MelSpectrogram(n_mels=20, n_fft=512), LogisticRegression())
    return made.fit(*clips)


def test_the_map_is_hot_where_the_tone_is(pipeline, clips):
    display = OcclusionDisplay.from_estimator(pipeline, clips[0][0], n_bands=4, n_segments=2)
    band, segment = np.unravel_index(np.argmax(display.effects), (4, 2))
    assert display.label == "low"
    assert display.band_edges[band] <= 500 <= display.band_edges[band + 1]
    assert segment == 1
    # Nothing is lost without a part that says nothing.
    assert display.effects[2, 1] < 0.1 * display.effects[band, segment]


def test_another_class_has_the_opposite_map(pipeline, clips):
    settings = {"n_bands": 3, "n_segments": 2}
    low = OcclusionDisplay.from_estimator(pipeline, clips[0][0], label="low", **settings)
    high = OcclusionDisplay.from_estimator(pipeline, clips[0][0], label="high", **settings)
    np.testing.assert_allclose(low.effects, -high.effects, atol=1e-9)
    assert low.score + high.score == pytest.approx(1)


@pytest.mark.parametrize("model", [LinearSVC(), RidgeClassifier()])
def test_models_without_probabilities_show_decision_values(model, clips):
    pipeline = make_pipeline(AudioLoader(sample_rate=RATE), MFCC(n_mfcc=8, n_mels=20, n_fft=512), model).fit(*clips)
    display = OcclusionDisplay.from_estimator(pipeline, clips[0][0], n_bands=2, n_segments=2)
    assert display.score_name == "decision value"
    assert display.label == "low"
    assert display.score > 0


def test_a_model_that_is_sure_still_shows_what_it_heard(clips):
    # A probability of 1 to six digits: without any one tile it hardly falls.
    sure = make_pipeline(
        AudioLoader(sample_rate=RATE), MelSpectrogram(n_mels=20, n_fft=512), LogisticRegression(C=100, max_iter=1000)
    ).fit(*clips)
    display = OcclusionDisplay.from_estimator(sure, clips[0][0], n_bands=4, n_segments=2)
    assert display.score > 0.999
    assert np.max(display.effects) > 0.5


def test_a_search_is_asked_for_its_winner(pipeline, clips):
    search = GridSearchCV(pipeline, {"logisticregression__C": [1.0]}, cv=2).fit(*clips)
    display = OcclusionDisplay.from_estimator(search, clips[0][0], n_bands=2, n_segments=1)
    assert display.label == "low"


def test_a_pipeline_without_a_loader(clips):
    features = MelSpectrogram(n_mels=20, n_fft=512, sample_rate=RATE)
    pipeline = make_pipeline(features, LogisticRegression()).fit(np.stack(clips[0]), clips[1])
    display = OcclusionDisplay.from_estimator(pipeline, (RATE, clips[0][0]), n_bands=2, n_segments=1)
    assert display.label == "low"


def test_only_what_the_loader_takes_is_asked_about(clips, tmp_path):
    loader = AudioLoader(sample_rate=RATE, offset=0.5, duration=0.25, memory=FeatureCache(tmp_path / "store"))
    pipeline = make_pipeline(loader, MelSpectrogram(n_mels=20, n_fft=512), LogisticRegression()).fit(*clips)
    entries = pipeline[0].memory.info().n_values
    display = OcclusionDisplay.from_estimator(pipeline, (RATE, clips[0][0]), n_bands=2, n_segments=2)
    assert display.time_edges[-1] == pytest.approx(0.25)
    assert display.score == pytest.approx(pipeline.predict_proba([clips[0][0]]).max(), abs=1e-6)
    # Clips with holes are nothing to keep.
    assert pipeline[0].memory.info().n_values == entries


def test_the_frequencies_end_where_the_pipeline_stops_hearing(pipeline, rng):
    display = OcclusionDisplay.from_estimator(pipeline, (44100, rng.standard_normal(44100)), n_bands=2, n_segments=1)
    assert display.band_edges[-1] == pytest.approx(RATE / 2)


def test_refusals_say_what_to_give(pipeline, clips):
    clip = clips[0][0]
    with pytest.raises(ValueError, match=r"label='middle'; expected one of the classes \['high', 'low'\]"):
        OcclusionDisplay.from_estimator(pipeline, clip, label="middle")
    with pytest.raises(ValueError, match="n_bands=0"):
        OcclusionDisplay.from_estimator(pipeline, clip, n_bands=0)
    with pytest.raises(TypeError, match="neither predict_proba nor decision_function"):
        OcclusionDisplay.from_estimator(pipeline[:2], clip)


def test_it_draws_over_the_spectrogram(pipeline, clips):
    display = OcclusionDisplay.from_estimator(pipeline, clips[0][0], n_bands=4, n_segments=3)
    assert display.image_.get_array().shape == (4, 3)
    assert display.ax_.get_ylim() == pytest.approx((0, RATE / 2), abs=1)
    assert display.ax_.get_title().startswith("Probability of low: ")
    assert display.colorbar_.ax.get_ylabel() == "Log-odds lost without it"
    assert OcclusionDisplay([[0.0]], [0, 1], [0, 100], label=1, score=0.5).plot(colorbar=False).colorbar_ is None
