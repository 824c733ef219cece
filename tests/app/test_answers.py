"""What is said about a recording, without a browser."""

import numpy as np
import pytest
import soundfile
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from audiofeat import MFCC, AudioLoader, Chroma, FeatureBank
from audiofeat.app import Limits, Responder
from audiofeat.app.intake import RefusedError, check_file, check_files
from audiofeat.app.page import Visitors, _as_text
from audiofeat.app.server import is_loopback, sweep


@pytest.fixture
def clip(calls, tmp_path):
    rate, samples = calls.data[0]
    # Half a second, all of which the model below hears.
    soundfile.write(tmp_path / "clip.wav", samples[: rate // 2], rate)
    return tmp_path / "clip.wav"


def test_the_answer_is_the_model_s(small_model, clip):
    answer = Responder(small_model).answer(clip)
    assert answer.label == small_model.predict([clip])[0]
    np.testing.assert_allclose(list(answer.probabilities.values()), small_model.predict_proba([clip])[0])
    assert list(answer.probabilities) == ["cat", "dog"]


def test_the_picture_shows_waveform_and_feature_over_one_time_axis(small_model, clip):
    figure = Responder(small_model).answer(clip).picture
    figure.draw_without_rendering()
    waveform, feature = figure.axes[:2]
    assert waveform.get_title(loc="left") == "What the model hears"
    assert feature.get_title(loc="left") == "What it reads: MelSpectrogram"
    assert waveform.get_xlim() == feature.get_xlim() == (0, 0.5)
    assert waveform.get_position().x0 == pytest.approx(feature.get_position().x0)
    assert waveform.get_position().x1 == pytest.approx(feature.get_position().x1)


def test_it_is_said_when_only_a_part_is_heard(small_model, tmp_path):
    soundfile.write(tmp_path / "long.wav", np.random.default_rng(0).normal(0, 0.1, 16000), 8000)
    figure = Responder(small_model).answer(tmp_path / "long.wav").picture
    assert figure.axes[0].get_title(loc="left") == "What the model hears: 0.5 s of 2 s"


def test_the_map_is_drawn(small_model, clip):
    figure = Responder(small_model).occlude(clip)
    assert figure.axes[0].get_title(loc="left").startswith("What it listens to: probability of ")


def test_no_map_where_it_would_take_too_long_or_has_no_score(calls, clip, tmp_path):
    frames = {"n_fft": 512}
    endless = make_pipeline(AudioLoader(sample_rate=8000), MFCC(**frames), LogisticRegression())
    endless.fit(calls.data, calls.target)
    soundfile.write(tmp_path / "long.wav", np.zeros(31 * 8000), 8000)
    assert Responder(endless).occlude(tmp_path / "long.wav") is None
    assert Responder(endless).occlude(clip) is not None
    assert Responder(endless).occlude(tmp_path / "notes.txt") is None


@pytest.mark.parametrize("model", [RidgeClassifier(), SVC()], ids=lambda model: type(model).__name__)
def test_models_without_probabilities_give_a_label(calls, clip, model):
    pipeline = make_pipeline(AudioLoader(sample_rate=8000), MFCC(n_fft=512), clone(model))
    answer = Responder(pipeline.fit(calls.data, calls.target)).answer(clip)
    assert answer.probabilities is None
    assert answer.label in ("cat", "dog")


def test_banks_and_searches_are_shown_too(calls, clip):
    bank = FeatureBank([("mfcc", MFCC(n_fft=512, deltas=1)), ("chroma", Chroma(n_fft=512))])
    pipeline = make_pipeline(AudioLoader(sample_rate=8000, duration=0.5), bank, LogisticRegression(max_iter=2000))
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1.0]}, cv=2).fit(calls.data, calls.target)
    figure = Responder(search).answer(clip).picture
    figure.draw_without_rendering()
    assert {"MFCC", "MFCC delta", "Pitch class"} <= {axes.get_ylabel() for axes in figure.axes}


def test_a_bad_file_does_not_spoil_the_others(small_model, clip, tmp_path):
    nan = tmp_path / "nan.wav"
    soundfile.write(nan, np.full(4000, np.nan), 8000, subtype="FLOAT")
    (tmp_path / "notes.txt").write_text("no recording")
    rows = Responder(small_model).answer_batch([nan, clip, tmp_path / "notes.txt"])
    assert rows[0] == ("nan.wav", "", None, "It cannot be used: 4000 NaN of 4000 samples.")
    assert rows[1][:2] == ("clip.wav", small_model.predict([clip])[0])
    assert rows[1][2] == pytest.approx(small_model.predict_proba([clip]).max())
    assert rows[2][3] == ".txt is no kind of recording. Send a WAV, FLAC, Ogg or MP3 file."
    with pytest.raises(RefusedError, match="4000 NaN of 4000 samples"):
        Responder(small_model).answer(nan)


def test_limits(clip, tmp_path):
    check_file(clip, Limits())
    with pytest.raises(RefusedError, match=r"It has 0\.0 MB; this page takes up to 0\.001 MB"):
        check_file(clip, Limits(megabytes=0.001))
    with pytest.raises(RefusedError, match=r"It is 0\.\d+ s long; this page takes up to 0\.1 s\. Cut it first"):
        check_file(clip, Limits(seconds=0.1))
    with pytest.raises(RefusedError, match="3 files are too many at once; this page takes up to 2"):
        check_files(["a", "b", "c"], Limits(files=2))
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(RefusedError, match="It cannot be read: "):
        check_file(tmp_path / "empty.wav", Limits())


def test_refuses_models_that_cannot_be_asked(small_model, calls):
    features = small_model[1].fit_transform(small_model[0].transform(calls.data))
    with pytest.raises(TypeError, match="LogisticRegression without an AudioLoader"):
        Responder(LogisticRegression().fit(features, calls.target))
    both = np.column_stack([calls.target == "cat", calls.target == "dog"]).astype(int)
    tree = make_pipeline(AudioLoader(sample_rate=8000), MFCC(n_fft=512), DecisionTreeClassifier())
    with pytest.raises(TypeError, match="of several labels a clip; it shows one"):
        Responder(tree.fit(calls.data, both))
    with pytest.raises(TypeError, match="that has no classes"):
        Responder(small_model[:2])


def test_files_go_when_the_last_who_sent_them_goes(tmp_path):
    visitors = Visitors()
    one, two = tmp_path / "one", tmp_path / "two"
    for path in (one, two):
        path.write_text("x")
    visitors.note("a", one)
    visitors.note("a", one)
    visitors.note("b", one, two)
    visitors.forget("a")
    assert one.exists()
    visitors.forget("b")
    assert not one.exists()
    assert not two.exists()
    visitors.forget("b")


def test_what_is_left_lying_is_swept_up(tmp_path):
    import os

    for name in ("old/a.wav", "new/b.wav", "examples/0/c.wav"):
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text("x")
        if "new" not in name:
            os.utime(path, (0, 0))
    sweep(tmp_path, keep=tmp_path / "examples")
    assert sorted(path.name for path in tmp_path.rglob("*.wav")) == ["b.wav", "c.wav"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("127.8.8.8", True), ("0.0.0.0", False)]
    + [("192.168.1.2", False), ("::", False), ("example.org", False), ("", False)],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected


def test_words_from_elsewhere_are_words():
    assert _as_text("cat_1") == "cat&#95;1"
    assert _as_text("<img src=x>*") == "&#60;img src=x&#62;&#42;"
    assert _as_text("Miau, 3 s.") == "Miau, 3 s."
