"""The roads from recordings to labels that `accuracy.py` compares: one entry of `ROADS` each.

A road is a function ``(sound, seed, store) -> (pipeline, grid)``: the pipeline from paths to labels, and the settings
among which cross-validation on the training clips chooses, as `GridSearchCV` takes them. An empty grid leaves nothing to
choose. `sound` says what the training recordings are like, `store` is the folder of features for `AudioLoader`.
"""

from collections.abc import Callable

import numpy as np
from accuracy_problems import Sound
from scipy.special import softmax
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from audiofeat import (
    MFCC,
    AudioLoader,
    CepstralNormalization,
    CNNClassifier,
    Energy,
    FeatureBank,
    MelSpectrogram,
    RandomConvolutions,
    SpectralShape,
    SpectrogramAugmenter,
    SpeechEmbedding,
    WaveformAugmenter,
)

__all__ = ["ROADS", "Road"]

Road = Callable[[Sound, int, str], tuple[Pipeline, dict | list[dict]]]

# Longer clips are cut: the first seconds say what a clip is, and what follows costs time.
_LONGEST = 5.0
# The vote has time for more: on training clips of cats and dogs each view, and all together, gained by it.
_LONGEST_VOTED = 10.0
# How many clips a network sees in training, all epochs together, and within which limits the number of epochs follows.
_CLIPS_SEEN = 35_000
_EPOCHS = (12, 60)
# Networks that vote are trained for longer where clips are few, which in cross-validation lowered the log loss.
_MOST_EPOCHS_VOTED = 120
# Shorter recordings are taken for words [s]: cut into so many segments, of which those at both ends that stay so far under
# the loudest [dB] are cut off, and the rest brought to so many frames.
_WORD = 1.0
_SEGMENTS = 96
_QUIET = 30.0
_FRAMES = 24


def loader(sound: Sound, store: str, *, longest: float = _LONGEST, pad_mode: str = "wrap") -> AudioLoader:
    """Load clips of one length, at the recordings' own rate if it is below 16 kHz."""
    rate, duration = min(16000, sound.sample_rate), min(longest, sound.seconds)
    return AudioLoader(sample_rate=rate, duration=duration, pad_mode=pad_mode, memory=store)


def mfcc_svc(sound, seed, store):
    """Pooled MFCC with derivatives and a support vector machine: what there was before."""
    model = make_pipeline(StandardScaler(), SVC())
    steps = [("load", loader(sound, store)), ("features", MFCC(n_mfcc=20, deltas=2)), ("model", model)]
    return Pipeline(steps), {"model__svc__C": [1.0, 10.0, 100.0]}


def cnn(sound, seed, store):
    """Log-mel maps and a network that is trained from nothing.

    Recordings of words are cut to the word and stretched to one length, others repeated to it. The maps are either those
    of the extractor, or levelled: what lies more than 40 dB under the peak of a clip is cut off, and the mean over time
    of each band is taken out, so that noise floor, microphone and room of the training recordings are not learned.
    """
    epochs = epochs_for(sound, *_EPOCHS)
    plain = {"features__mel__top_db": [80.0], "level": ["passthrough"]}
    levelled = {"features__mel__top_db": [40.0], "level": [CepstralNormalization("mean")]}
    if sound.seconds < _WORD:
        # Words are spoken at different speeds, and all of a clip is the word. Bands so wide do not show the pitch, which
        # tells speakers apart and not words.
        load = AudioLoader(sample_rate=min(16000, sound.sample_rate), memory=store)
        mel = MelSpectrogram(pooling="mean", n_segments=_SEGMENTS, n_mels=16, n_fft=256, hop_length=40)
        features = Pipeline([("mel", mel), ("map", FunctionTransformer(spoken_part))])
        voices = WaveformAugmenter(gain=0.0, noise=(5.0, 35.0), speed=0.2, probability=0.8, random_state=seed)
        augmentation = SpectrogramAugmenter(time_shift=0.05, crop=0.15)
        model = CNNClassifier(filters=(32, 64, 96), batch_size=32, learning_rate=0.005, augmentation=augmentation)
        plain["augment"], levelled["augment"] = ["passthrough"], [voices]
    else:
        load = loader(sound, store)
        features = Pipeline([("mel", MelSpectrogram(pooling=None, n_mels=64, n_fft=1024, hop_length=512))])
        model = CNNClassifier(augmentation=SpectrogramAugmenter(freq_shift=0.05, crop=0.2, mixup=0.2))
    model.set_params(epochs=epochs, random_state=seed)
    steps = [("load", load), ("augment", "passthrough"), ("features", features), ("level", "passthrough")]
    return Pipeline([*steps, ("model", model)]), [plain, levelled]


def epochs_for(sound, fewest, most):
    return int(np.clip(_CLIPS_SEEN / sound.n_clips, fewest, most))


def voting_cnn(sound, seed, store):
    """Three networks that differ in what they read and in their random state, and the mean of their probabilities.

    They are those of the road before: two on maps as they are and one on levelled maps, or for words three on levelled maps
    of recordings that were changed in another way for each of them. So there is nothing left to choose.
    """
    pipeline, (plain, levelled) = cnn(sound, seed, store)
    pipeline.set_params(model__epochs=epochs_for(sound, _EPOCHS[0], _MOST_EPOCHS_VOTED))
    if sound.seconds < _WORD:
        ways = [levelled | {"augment__random_state": [3 * seed + number]} for number in range(3)]
    else:
        ways = [plain, levelled, plain]
    voters = []
    for number, way in enumerate(ways):
        voter = Pipeline(clone(pipeline).steps[1:]).set_params(model__random_state=3 * seed + number)
        for name, (value,) in way.items():
            voter.set_params(**{name: clone(value, safe=False)})
        voters.append((f"cnn_{number}", voter))
    return Pipeline([("load", pipeline["load"]), ("model", VotingClassifier(voters, voting="soft"))]), {}


def spoken_part(features):
    """Cut the quiet ends off maps of many segments, and bring what is left to a few frames of equal length."""
    maps = features.reshape(len(features), _SEGMENTS, -1).transpose(0, 2, 1)
    level = np.log10((10 ** (maps / 10)).sum(axis=1)) * 10
    loud = level > level.max(axis=1, keepdims=True) - _QUIET
    first, last = loud.argmax(axis=1), _SEGMENTS - loud[:, ::-1].argmax(axis=1)
    edges = first[:, None] + (last - first)[:, None] * np.linspace(0, 1, _FRAMES + 1)
    # The mean between two edges that lie within segments, from sums up to each of them.
    sums = np.pad(np.cumsum(maps, axis=2, dtype=np.float64), ((0, 0), (0, 0), (1, 0)))
    whole = np.minimum(edges.astype(int), _SEGMENTS - 1)
    below, above = (np.take_along_axis(sums, (whole + i)[:, None], axis=2) for i in (0, 1))
    upto = below + (edges - whole)[:, None] * (above - below)
    return (np.diff(upto, axis=2) / np.diff(edges, axis=1)[:, None]).astype(np.float32)


class VotingRidge(RidgeClassifierCV):
    """Ridge regression whose values become shares of a vote."""

    def predict_proba(self, X):
        values = self.decision_function(X)
        # Targets are -1 and 1: two values that are that far apart become 0.99 and 0.01.
        return softmax(2.5 * (np.stack([-values, values], axis=1) if values.ndim == 1 else values), axis=1)


def ridge():
    return make_pipeline(StandardScaler(), VotingRidge(alphas=np.logspace(1, 5, 9)))


def convolutions(seed, store, standardize=("clip", "fit")):
    """Random convolutions without the mean response, which on training clips added nothing to the others."""
    told = ("proportion", "max", "std")
    return RandomConvolutions(standardize=standardize, statistics=told, memory=store, random_state=seed)


def map_frames(sound):
    """Framing of the maps that random convolutions read."""
    return {"n_fft": 256, "hop_length": 128} if sound.seconds < 1.0 else {"n_fft": 1024, "hop_length": 256}


def random_convolutions_ridge(sound, seed, store):
    """Log-mel maps, random convolutions and a linear model; the maps plain or levelled, as for the network."""
    mel = MelSpectrogram(pooling=None, n_mels=40 if sound.seconds < 1.0 else 64, **map_frames(sound))
    steps = [("load", loader(sound, store, pad_mode="constant")), ("features", mel), ("level", "passthrough")]
    steps += [("convolutions", convolutions(seed, store)), ("model", ridge())]
    grid = {"features__top_db": [80.0, 40.0], "level": ["passthrough", CepstralNormalization("mean")]}
    return Pipeline(steps), grid


def vote_without_network(sound, seed, store):
    """Views of random convolutions, each with a linear model of its own, and for other sounds than words trees, vote."""
    views, grid = views_of_words(seed, store) if sound.seconds < _WORD else views_of_sounds(sound, seed, store)
    grid = [{f"model__{name}": [value] for name, value in settings.items()} for settings in grid]
    load = loader(sound, store, longest=_LONGEST_VOTED, pad_mode="constant")
    return Pipeline([("load", load), ("model", VotingClassifier(views, voting="soft"))]), grid


def views_of_sounds(sound, seed, store):
    """Six views of the whole clip by random convolutions, and trees on pooled features.

    Two of them see the clip with and without what lies more than 40 dB under its peak: that both vote is better than to
    choose one of the two, and leaves nothing to choose.
    """
    frames = map_frames(sound)

    def view(*steps, standardize="clip", **parameters):
        mel = MelSpectrogram(pooling=None, n_mels=64, **parameters, **frames)
        return Pipeline([("mel", mel), *steps, ("conv", convolutions(seed, store, standardize)), ("model", ridge())])

    levelled = ("level", CepstralNormalization("mean"))
    pooled = {"pooling": ("mean", "std", "percentile_10", "percentile_90", "mean_abs_delta"), **frames}
    bank = FeatureBank(
        [
            ("mfcc", MFCC(n_mfcc=20, deltas=1, **pooled)),
            ("mel", MelSpectrogram(n_mels=40, **pooled)),
            ("shape", SpectralShape(**pooled)),
            ("energy", Energy(**pooled)),
        ]
    )
    views = [
        ("clip", view()),
        ("clip_40", view(top_db=40.0)),
        ("fit", view(standardize="fit")),
        ("level", view(levelled)),
        ("level_40", view(levelled, top_db=40.0)),
        ("pcen", view(scale="pcen")),
        ("trees", make_pipeline(bank, ExtraTreesClassifier(500, random_state=seed))),
    ]
    return views, [{}]


def views_of_words(seed, store):
    """Two views of the word as it was spoken, and two of its loud part brought to one length, all of them levelled.

    The views of a pair differ in how finely they see frequency and time. All are standardised clip by clip, so that the
    store has them for every speaker that is held out.
    """
    fine, coarse = {"n_fft": 256, "hop_length": 128}, {"n_fft": 200, "hop_length": 80}
    short, shorter = ({"n_fft": n_fft, "hop_length": 40, "n_segments": _SEGMENTS} for n_fft in (256, 160))

    def view(framing, pooling=None):
        cut = [("cut", FunctionTransformer(spoken_part))] if pooling else []
        mel = MelSpectrogram(pooling=pooling, n_mels=40, **framing)
        steps = [("mel", mel), *cut, ("level", CepstralNormalization("mean"))]
        return Pipeline([*steps, ("conv", convolutions(seed, store, "clip")), ("model", ridge())])

    views = [
        ("fine", view(fine)),
        ("coarse", view(coarse)),
        ("short", view(short, "mean")),
        ("shorter", view(shorter, "mean")),
    ]
    plain, cut_off = (80.0, 80.0, 80.0, 80.0), (40.0, 45.0, 45.0, 45.0)
    names = [f"{name}__mel__top_db" for name, _ in views]
    return views, [dict(zip(names, levels, strict=True)) for levels in (plain, cut_off)]


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
    "random convolutions, ridge": random_convolutions_ridge,
    "vote without network": vote_without_network,
    "CNN": cnn,
    "CNN, 3 voting": voting_cnn,
    "SpeechEmbedding (outside weights)": speech_embedding,
}
