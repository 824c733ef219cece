"""The report: one page that needs nothing but itself, says what was found, and lets nobody write into it."""

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from audiofeat import AudioLoader, AudioWarning, compare_features
from audiofeat.compare.report.markup import Markup, joined, table_of, tag
from audiofeat.persistence import training_digest

from .conftest import RATE


class Page(HTMLParser):
    """Elements of a page with their attributes, and the text of each section."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.sections, self.section, self.open = [], {}, None, []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        if tag == "section":
            self.section = dict(attrs)["id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            return
        self.sections[self.section] = self.sections.get(self.section, "") + data + " "

    def all(self, name):
        return [attributes for tag, attributes in self.elements if tag == name]


def compared(small, X, y, **kwargs):
    settings = {"loader": small["loader"], "cv": 3, "random_state": 0} | kwargs
    return compare_features(small["features"], small["models"], X, y, **settings)


def test_it_needs_nothing_but_itself(two_features, noisy, tmp_path):
    path = compared(two_features, *noisy).to_html(tmp_path / "report.html")
    page = Page(path)
    assert not page.open
    assert {name for name, _ in page.elements}.isdisjoint({"script", "link", "iframe", "object"})
    for _, attributes in page.elements:
        assert attributes.get("src", "data:").startswith("data:")
        assert attributes.get("href", "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    style = re.search(r"<style>(.*)</style>", path.read_text(), re.DOTALL)[1]
    assert "url(" not in style
    assert "@import" not in style
    assert path.stat().st_size < 2e6
    assert list(tmp_path.iterdir()) == [path]


def test_it_can_be_read_without_seeing_it(two_features, noisy, tmp_path):
    page = Page(compared(two_features, *noisy).to_html(tmp_path / "report.html"))
    assert page.all("html")[0]["lang"] == "en"
    assert all(len(image["alt"]) > 20 for image in page.all("img"))
    assert all(cell["scope"] in ("row", "col") for cell in page.all("th"))
    assert all(player["aria-label"] for player in page.all("audio"))
    assert len(page.all("caption")) == len(page.all("table"))
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(identifiers)) == len(identifiers)
    assert {link["href"][1:] for link in page.all("a")} == set(page.sections) - {None}


def test_what_it_says(two_features, noisy, tmp_path):
    clips, y = noisy
    comparison = compared(two_features, clips, y)
    path = comparison.to_html(tmp_path / "report.html", title="Tones", model_file="tones.joblib")
    sections = Page(path).sections
    for line in comparison.summary().splitlines():
        assert line in sections["summary"]
    assert "30 clips of 2 classes, 3.0 s in all" in sections["data"]
    assert sections["guards"].count(" passed ") == 5
    for row in comparison.table.itertuples():
        assert f"{row.mean:.3f}  {row.low:.3f} to {row.high:.3f}" in re.sub(" +", "  ", sections["scores"]).replace(
            "  to  ", " to "
        )
    assert "not distinguishable" in sections["tests"]
    assert "held-out" not in sections
    right = (comparison.predictions["label"] == comparison.predictions["predicted"]).sum()
    assert f"{right} of 30 are right" in sections["confusion"]
    assert "load_model('tones.joblib')" in sections["model"]
    assert training_digest(clips, y, loader=comparison.best_estimator["load"]) in sections["provenance"]
    assert "scikit-learn" in sections["provenance"]
    assert "Spectrogram(hop_length=64, n_fft=64)" in sections["provenance"]
    assert Page(path).sections[None].split()[0] == "Tones"


def test_the_surest_mistakes_come_first_and_can_be_heard(small, noisy, tmp_path):
    clips, y = noisy
    comparison = compared(small, clips, y)
    page = Page(comparison.to_html(tmp_path / "report.html", max_mistakes=3))
    predictions = comparison.predictions
    wrong = predictions[predictions["label"] != predictions["predicted"]].sort_values("confidence", ascending=False)
    assert len(wrong) > 3
    told = re.findall(
        r"(high|low) taken for (high|low) +probability ([\d.]+), fold \d, 0.1 s +clip (\d+)", page.sections["mistakes"]
    )
    expected = [(r.label, r.predicted, f"{r.confidence:.2f}", str(r.clip)) for r in wrong[:3].itertuples()]
    assert [mistake[:3] for mistake in told] == [mistake[:3] for mistake in expected]
    assert len(page.all("audio")) == 3
    kind, _, content = page.all("audio")[0]["src"].partition(";base64,")
    assert kind == "data:audio/flac"
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(content)))
    assert rate == RATE
    np.testing.assert_allclose(heard, clips[int(told[0][3])][1], atol=2**-15)


def test_long_and_fast_recordings_are_cut_to_what_a_page_can_hold(small, rng, tmp_path):
    clips = [(48000, 0.1 * rng.normal(size=48000 * 7)) for _ in range(6)]
    comparison = compared(small, clips, ["a", "b"] * 3, loader=AudioLoader(48000), cv=2)
    path = comparison.to_html(tmp_path / "report.html", max_mistakes=1)
    page = Page(path)
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(page.all("audio")[0]["src"].partition(",")[2])))
    assert (len(heard), rate) == (5 * 22050, 22050)
    assert "first 5.0 s of 7.0 s" in page.sections["mistakes"]


def test_names_are_text_whatever_they_hold(small, noisy, tmp_path):
    clips, y = noisy
    bad = "<script>alert('x')</script> & \"friends\""
    features = {"<img src=x onerror=alert(1)>": small["features"]["spectrum"]}
    small |= {"features": features, "models": {"</td><b>": GaussianNB()}}
    path = compared(small, clips, np.where(y == "high", bad, y)).to_html(
        tmp_path / "report.html", title="</title><script>"
    )
    page = Page(path)
    assert not page.open
    assert not page.all("script")
    assert not page.all("b")
    assert all(image["src"].startswith("data:image/png") for image in page.all("img"))
    assert bad in page.sections["data"]
    assert "</title><script>" in page.sections[None]


def test_recordings_kept_aside_and_guards_that_did_not_pass(two_features, noisy, tmp_path):
    clips, y = noisy
    comparison = compared(two_features, clips[:24], y[:24])
    with pytest.warns(AudioWarning, match="training clip 2 = test clip 0"):
        comparison.evaluate([clips[2], *clips[24:]], [y[2], *y[24:]])
    text = Page(comparison.to_html(tmp_path / "report.html")).sections["held-out"]
    assert "On 7 recordings kept aside the winner has an accuracy of" in text
    assert "McNemar" in text
    assert "not passed" in text
    assert "training clip 2 = test clip 0 (byte for byte)" in text


def test_nested_estimates_are_called_what_they_are(two_features, noisy, tmp_path):
    two_features["models"] = {"tree": (DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2]})}
    text = Page(compared(two_features, *noisy, nested=2).to_html(tmp_path / "report.html")).sections["scores"]
    assert "not biased by the choice" in text
    assert "Chosen by the inner folds: fold 0: " in text
    assert "chosen anew in each fold" in text


def test_one_candidate_without_mistakes_and_without_a_model(small, tones, tmp_path):
    sections = Page(compared(small, *tones, refit=False).to_html(tmp_path / "report.html")).sections
    assert "nothing to compare it with" in sections["tests"]
    assert "No clip was mistaken" in sections["mistakes"]
    assert "was not fitted on all clips" in sections["model"]
    assert "scikit-learn" in sections["provenance"]


def test_a_large_grid_and_many_folds_are_cut_short(small, noisy, tmp_path, monkeypatch):
    monkeypatch.setattr("audiofeat.compare.report.findings._MOST_ROWS", 2)
    monkeypatch.setattr("audiofeat.compare.report.findings._MOST_FOLDS", 2)
    small["models"] = {"bayes": (GaussianNB(), {"var_smoothing": [1e-9, 1e-3, 1.0]})}
    text = Page(compared(small, *noisy).to_html(tmp_path / "report.html")).sections["scores"]
    assert "The best 2 of 3 rows; comparison.table has all." in text
    assert "of every fold" not in text


def test_fifty_classes_with_long_names(small, rng, tmp_path):
    y = np.repeat([f"species number {i:02d} that has a rather long name" for i in range(50)], 2)
    times = np.arange(RATE // 20) / RATE
    clips = [(RATE, np.sin(2 * np.pi * (200 + 35 * i) * times) + rng.normal(0, 0.3, len(times))) for i in range(100)]
    comparison = compared(small, clips, y, cv=2)
    page = Page(comparison.to_html(tmp_path / "report.html", max_mistakes=1))
    assert "100 clips of 50 classes" in page.sections["data"]
    confusion = next(image for image in page.all("img") if image["alt"].startswith("Confusion"))
    assert confusion["class"] == "large"
    assert int(confusion["width"]) > 1000


def test_markup_escapes_all_that_is_not_markup():
    assert tag("p", "<&>", class_='"') == '<p class="&quot;">&lt;&amp;&gt;</p>'
    assert joined("<", Markup("<br>"), ["a", Markup("b")]) == "&lt;<br>ab"
    assert tag("audio", controls=True, hidden=False, title=None) == "<audio controls></audio>"
    assert tag("img", alt="a") == '<img alt="a">'
    assert "&lt;b&gt;" in table_of("c", ["<b>"], [["x"]])
