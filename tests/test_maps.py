"""Maps that an estimator cannot take: refused in words about clips, whoever takes them."""

import io
import re
from pathlib import Path

import numpy as np
import pytest

from audiofeat import (
    AudioInputError,
    AudioLoader,
    CepstralNormalization,
    CNNClassifier,
    Delta,
    RandomConvolutions,
    StatsPooling,
)

MAPS = np.random.default_rng(0).standard_normal((8, 12, 20)).astype(np.float32)
LABELS = ["cat", "dog"] * 4
STEPS = [Delta(), StatsPooling(), CepstralNormalization(), RandomConvolutions(20, random_state=0)]
ALL = [*STEPS, CNNClassifier(filters=(4,), epochs=1, random_state=0)]

each = pytest.mark.parametrize("estimator", ALL, ids=lambda estimator: type(estimator).__name__)


@pytest.fixture(scope="module")
def fitted():
    """Each of them after a fit; the tests do not change them."""
    pytest.importorskip("keras")
    return {type(estimator).__name__: estimator.fit(MAPS, LABELS) for estimator in ALL}


def ask(fitted, estimator, X):
    model = fitted[type(estimator).__name__]
    return model.predict(X) if hasattr(model, "predict") else model.transform(X)


@each
@pytest.mark.parametrize("nested", [False, True])
def test_unequal_shapes(estimator, nested):
    X = [MAPS[0], MAPS[1][:, :19]] * 4
    if nested:
        X = [clip.tolist() for clip in X]
    name = type(estimator).__name__
    message = rf"{name} got clips of unequal shape, \(12, 20\) and \(12, 19\); .*AudioLoader\(duration=\.\.\.\)"
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, LABELS)


@each
@pytest.mark.parametrize("others", [[[[0.0], [1.0]]], [[[0.0, 1.0], [2.0]]]], ids=["one", "each"])
def test_rows_of_unequal_length(estimator, others):
    with pytest.raises(ValueError, match=r"got clips with rows of unequal length; .*AudioLoader\(duration=\.\.\.\)"):
        estimator.fit([[[0.0, 1.0], [2.0]], *others], LABELS[:2])


@each
def test_values_that_are_no_numbers(estimator):
    X = MAPS.copy()
    X[2, 3, 4:6] = np.nan
    X[5, 0, 0] = -np.inf
    with pytest.raises(AudioInputError) as caught:
        estimator.fit(X, LABELS)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{type(estimator).__name__} cannot use 2 of 8 clips:"
    assert lines[1:3] == ["  clip 2: 2 NaN of 240 values", "  clip 5: 1 infinite (inf) of 240 values"]
    assert lines[3].startswith("Fix or remove these clips.")


def test_a_sum_that_overflows_is_not_held_against_its_values():
    X = np.full((2, 12, 20), np.finfo(np.float32).max, dtype=np.float32)
    assert Delta().fit_transform(X).shape == (2, 24, 20)


@each
@pytest.mark.parametrize(
    "X",
    [["a.wav"] * 8, np.array(["a.wav"] * 8), [Path("a.wav")] * 8, [io.BytesIO()] * 8, [(8000, np.zeros(9))] * 8],
    ids=["str", "array", "path", "file", "pair"],
)
def test_recordings(estimator, X):
    message = r"takes maps, \(n_clips, n_rows, n_frames\), not files .*AudioLoader\(\.\.\.\).*pooling=None"
    with pytest.raises(TypeError, match=message):
        estimator.fit(X, LABELS)


@each
def test_clips_without_features(estimator, fitted):
    batch = AudioLoader(8000).fit_transform([(8000, np.zeros(20))] * 8)
    message = (
        r"got an AudioBatch, which holds samples; expected maps, .*MelSpectrogram\(pooling=None\) between AudioLoader"
    )
    with pytest.raises(TypeError, match=message):
        estimator.fit(batch, LABELS)
    with pytest.raises(TypeError, match=message):
        ask(fitted, estimator, batch)


@each
def test_one_map(estimator, fitted):
    wanted = "20" if isinstance(estimator, CNNClassifier) else "n_frames"
    message = re.escape(f"got an array of shape (12, 20); expected maps like those in fit, (n_clips, 12, {wanted}). ")
    with pytest.raises(ValueError, match=f"{message}.*pass X\\[None\\]"):
        ask(fitted, estimator, MAPS[0])


@each
@pytest.mark.parametrize("shape", [(8, 13, 20), (8, 12), (8, 13)])
def test_other_rows_or_axes_than_in_fit(estimator, fitted, shape):
    message = re.escape(f"got an array of shape {shape}; expected maps like those in fit, (n_clips, 12, ")
    with pytest.raises(ValueError, match=f"{message}.*Use the same extractor"):
        ask(fitted, estimator, np.zeros(shape))


def test_one_map_with_channels():
    pytest.importorskip("keras")
    stereo = np.stack([MAPS, -MAPS], axis=-1)
    model = CNNClassifier(filters=(4,), epochs=1, random_state=0, resize=(6, 10)).fit(stereo, LABELS)
    with pytest.raises(ValueError, match=r"shape \(12, 20, 2\); .*\(n_clips, 12, 20, 2\)\. That is one map"):
        model.predict(stereo[0])


def test_labels_of_unequal_length():
    message = r"CNNClassifier got y with entries of unequal length; .*MultiLabelBinarizer"
    with pytest.raises(ValueError, match=message):
        CNNClassifier().fit(MAPS, [["cat"], ["dog", "bird"]] * 4)
