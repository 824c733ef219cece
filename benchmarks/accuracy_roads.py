"""The roads from recordings to labels that `accuracy.py` compares: one entry of `ROADS` each.

A road is a function ``(sound, seed, store) -> (pipeline, grid)``: the pipeline from paths to labels, and the settings
among which cross-validation on the training clips chooses, as `GridSearchCV` takes them. An empty grid leaves nothing to
choose. `sound` says what the training recordings are like, `store` is the folder of features for `AudioLoader`.
"""

from collections.abc import Callable

import numpy as np
from accuracy_problems import Sound
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from audiofeat import (
    MFCC,
    AudioLoader,
    CepstralNormalization,
    CNNClassifier,
    MelSpectrogram,
    SpectrogramAugmenter,
    SpeechEmbedding,
)

__all__ = ["ROADS", "Road"]

Road = Callable[[Sound, int, str], tuple[Pipeline, dict | list[dict]]]

# Longer clips are cut: the first seconds say what a clip is, and what follows costs time.
_LONGEST = 5.0
# How many clips a network sees in training, all epochs together, and within which limits the number of epochs follows.
_CLIPS_SEEN = 35_000
_EPOCHS = (12, 60)


def loader(sound: Sound, store: str, *, sample_rate: int = 16000, pad_mode: str = "wrap") -> AudioLoader:
    """Load clips of one length, at the recordings' own rate if it is below `sample_rate`."""
    rate, duration = min(sample_rate, sound.sample_rate), min(_LONGEST, sound.seconds)
    return AudioLoader(sample_rate=rate, duration=duration, pad_mode=pad_mode, memory=store)


def mfcc_svc(sound, seed, store):
    """Pooled MFCC with derivatives and a support vector machine: what there was before."""
    model = make_pipeline(StandardScaler(), SVC())
    steps = [("load", loader(sound, store)), ("features", MFCC(n_mfcc=20, deltas=2)), ("model", model)]
    return Pipeline(steps), {"model__svc__C": [1.0, 10.0, 100.0]}


def cnn(sound, seed, store):
    """Log-mel maps and a network that is trained from nothing.

    The maps are either those of the extractor, or levelled: what lies more than 40 dB under the peak of a clip is cut off,
    and the mean over time of each band is taken out, so that noise floor, microphone and room of the training recordings
    are not learned. The first keeps what tells sounds apart by their spectrum alone.
    """
    short = sound.seconds < 1.0
    mel = MelSpectrogram(
        pooling=None, n_mels=40 if short else 64, n_fft=256 if short else 1024, hop_length=128 if short else 512
    )
    # Small maps are cheap, and many of them feed a wider network.
    filters = (32, 64, 96) if short else None
    epochs = int(np.clip(_CLIPS_SEEN / sound.n_clips, *_EPOCHS))
    augmentation = SpectrogramAugmenter(freq_shift=0.05, crop=0.2, mixup=0.2)
    model = CNNClassifier(filters=filters, epochs=epochs, augmentation=augmentation, random_state=seed)
    steps = [("load", loader(sound, store)), ("features", mel), ("level", "passthrough"), ("model", model)]
    plain = {"features__top_db": [80.0], "level": ["passthrough"]}
    levelled = {"features__top_db": [40.0], "level": [CepstralNormalization("mean")]}
    return Pipeline(steps), [plain, levelled]


def speech_embedding(sound, seed, store):
    """Pooled embeddings of a network that others trained on spoken words, and a classical model. Needs `embedding`."""
    load = AudioLoader(sample_rate=16000, duration=min(_LONGEST, sound.seconds), memory=store)
    linear, svc = (make_pipeline(StandardScaler(), model) for model in (LogisticRegression(max_iter=2000), SVC()))
    pooling = {"features__n_segments": [1, 2, 3]}
    grid = [
        {**pooling, "model": [linear], "model__logisticregression__C": [0.01, 0.1, 1.0]},
        {**pooling, "model": [svc], "model__svc__C": [1.0, 10.0, 100.0]},
    ]
    return Pipeline([("load", load), ("features", SpeechEmbedding()), ("model", linear)]), grid


ROADS: dict[str, Road] = {
    "MFCC, SVC": mfcc_svc,
    "CNN": cnn,
    "SpeechEmbedding (outside weights)": speech_embedding,
}
