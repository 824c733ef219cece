"""The report as somebody reads it, in a real browser: on a desk and on a telephone."""

import numpy as np
import pytest
import soundfile
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from audiofeat import MFCC, AudioLoader, Spectrogram, compare_features

from .conftest import RATE


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Of two features and two models, long names, mistakes to listen to, and recordings kept aside."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("report")
    paths, labels = [], np.repeat(["a high tone, or so", "low"], 20)
    for i, label in enumerate(labels):
        pitch = rng.normal(500 if label == "low" else 2000, 900)
        paths.append(str(folder / f"{label.split(',')[0].replace(' ', '-')}-with-a-rather-long-name-{i:02d}.wav"))
        soundfile.write(paths[-1], 0.2 * np.sin(np.arange(RATE // 10) * 2 * np.pi * pitch / RATE), RATE)
    frames = {"n_fft": 64, "hop_length": 64}
    comparison = compare_features(
        {"spectrum": Spectrogram(**frames), "mel-frequency cepstrum": MFCC(n_mfcc=4, n_mels=8, **frames)},
        {"bayes": (GaussianNB(), {"var_smoothing": [1e-9, 1e-2]}), "tree": DecisionTreeClassifier(random_state=0)},
        [path for i, path in enumerate(paths) if i % 4],
        labels[np.arange(40) % 4 > 0],
        loader=AudioLoader(RATE),
        groups=np.arange(30),
        cv=3,
        random_state=0,
    )
    comparison.evaluate(paths[::4], labels[::4], groups=np.arange(30, 40))
    return comparison.to_html(folder / "report.html", max_mistakes=3)


@pytest.mark.parametrize("width", [1280, 390])
def test_it_opens_whole(browser, report, width):
    context = browser.new_context(viewport={"width": width, "height": 840})
    page = context.new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.goto(report.as_uri(), wait_until="load")
    pictures = page.evaluate(
        "Promise.all([...document.images].map(i => i.decode().then(() => [i.naturalWidth, i.alt, i.clientWidth])))"
    )
    assert len(pictures) == 5
    for natural, alt, shown in pictures:
        assert natural > 100
        assert len(alt) > 20
        assert 100 < shown <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("audio").count() == 3
    assert not complaints
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    context.close()
