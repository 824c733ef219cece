"""``from_...`` draws once, like scikit-learn's, on the axes it is given; ``plot`` draws again on others."""

import inspect

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import audiofeat
from audiofeat import (
    MFCC,
    AudioLoader,
    ClassScoresDisplay,
    ComparisonDisplay,
    ConfusionDisplay,
    EmbeddingDisplay,
    HistoryDisplay,
    MelSpectrogram,
    OcclusionDisplay,
    SpectrogramDisplay,
    WaveformDisplay,
    compare_features,
)

RATE = 8000
DISPLAYS = [getattr(audiofeat, name) for name in audiofeat.__all__ if name.endswith("Display")]
WAYS = [(kind, name) for kind in DISPLAYS for name in vars(kind) if name.startswith("from_")]


class Trained(BaseEstimator):
    """What `HistoryDisplay` looks at."""

    history_ = [{"loss": 1.0, "accuracy": 0.5}, {"loss": 0.5, "accuracy": 0.9}]
    best_epoch_ = None

    def fit(self, X, y=None):
        """Have a history already."""
        return self

    def __sklearn_is_fitted__(self):
        return True


@pytest.fixture(scope="module")
def arguments():
    """What each ``from_...`` is given."""
    times = np.arange(RATE // 4) / RATE
    clips = [np.sin(2 * np.pi * hz * times) for hz in (500, 520, 540, 560, 2000, 2100, 2200, 2300)]
    y = np.repeat(["low", "high"], 4)
    pipeline = make_pipeline(AudioLoader(RATE), MelSpectrogram(n_mels=20, n_fft=512), LogisticRegression()).fit(
        clips, y
    )
    comparison = compare_features(
        {"mfcc": MFCC(n_mels=20, n_fft=512)}, {"linear": LogisticRegression()}, clips, y, cv=2, loader=AudioLoader(RATE)
    )
    return {
        (ClassScoresDisplay, "from_predictions"): (y, y),
        (ClassScoresDisplay, "from_estimator"): (pipeline, clips, y),
        (ClassScoresDisplay, "from_comparison"): (comparison,),
        (ComparisonDisplay, "from_comparison"): (comparison,),
        (ConfusionDisplay, "from_predictions"): (y, y),
        (ConfusionDisplay, "from_estimator"): (pipeline, clips, y),
        (ConfusionDisplay, "from_comparison"): (comparison,),
        (EmbeddingDisplay, "from_features"): (np.array(clips), y),
        (EmbeddingDisplay, "from_estimator"): (pipeline, clips, y),
        (HistoryDisplay, "from_estimator"): (Trained(),),
        (OcclusionDisplay, "from_estimator"): (pipeline, clips[0]),
        (SpectrogramDisplay, "from_clip"): ((RATE, clips[0]),),
        (WaveformDisplay, "from_clip"): ((RATE, clips[0]),),
    }


@pytest.mark.parametrize(("kind", "name"), WAYS, ids=lambda value: getattr(value, "__name__", value))
def test_from_draws(kind, name, arguments):
    make, given = getattr(kind, name), arguments[kind, name]
    display = make(*given)
    assert plt.get_fignums() == [display.figure_.number], "one figure, for plt.show"
    assert all(ax.has_data() for ax in np.ravel(display.ax_))

    figure, ax = plt.subplots()
    assert make(*given, ax=ax).figure_ is figure
    assert len(plt.get_fignums()) == 2, "none beside the axes that were given"
    again = display.plot(plt.figure().subplots())
    assert again is display
    assert len(plt.get_fignums()) == 3


@pytest.mark.parametrize(("kind", "name"), WAYS, ids=lambda value: getattr(value, "__name__", value))
def test_from_takes_what_plot_takes(kind, name):
    drawing = inspect.signature(kind.plot).parameters
    making = inspect.signature(getattr(kind, name)).parameters
    for parameter in list(drawing.values())[1:]:
        assert making[parameter.name].kind is inspect.Parameter.KEYWORD_ONLY
        assert making[parameter.name].default == parameter.default


def test_what_is_drawn_can_be_chosen():
    display = ConfusionDisplay.from_predictions(["a", "b"], ["a", "b"], cmap="Greens")
    assert display.image_.get_cmap().name == "Greens"
    assert SpectrogramDisplay.from_clip(np.ones(4000), colorbar=False, cmap="viridis").colorbar_ is None
