"""Feature sets and models by name, as they stand in options of commands."""

import ast
from collections.abc import Callable, Iterable

import click
import numpy as np

__all__ = ["FEATURES", "MODELS", "chosen", "feature_sets", "least_parts", "models", "one_feature_set", "rate_of"]

MODELS = ("svm", "logistic", "forest", "cnn")
_DEFAULT_RATE = 16000
# At 16 kHz a frame of 64 ms every 32 ms: long enough for the pitch of a call, short enough for its shape.
_FRAMES = {"n_fft": 1024, "hop_length": 512}


def _extractors() -> dict[str, Callable]:
    from audiofeat import transformers as t

    frames = _FRAMES
    return {
        "mel": lambda: t.MelSpectrogram(n_mels=64, **frames),
        "mfcc": lambda: t.MFCC(deltas=2, n_mels=64, **frames),
        "chroma": lambda: t.Chroma(**frames),
        "spectrogram": lambda: t.Spectrogram(**frames),
        "lfcc": lambda: t.LFCC(**frames),
        "gfcc": lambda: t.GFCC(**frames),
        "contrast": lambda: t.SpectralContrast(**frames),
        "shape": lambda: t.SpectralShape(**frames),
        "tonnetz": lambda: t.Tonnetz(**frames),
        "energy": lambda: t.Energy(**frames),
        "cqt": t.CQT,
        "chroma-cqt": t.ChromaCQT,
        "chroma-cens": t.ChromaCENS,
    }


# The names alone, for a --help that should not wait for scikit-learn.
FEATURES = (
    *("mel", "mfcc", "chroma", "bank", "spectrogram", "lfcc", "gfcc", "contrast", "shape", "tonnetz", "energy"),
    *("cqt", "chroma-cqt", "chroma-cens", "speech", "music", "environmental"),
)


def feature_sets(names: Iterable[str]) -> dict:
    """Make extractors by name.

    Parameters
    ----------
    names : iterable of str
        Out of `FEATURES`, or presets with a version such as "speech@1".

    Returns
    -------
    dict of str to estimator
        Not fitted.
    """
    from audiofeat.presets import get_preset
    from audiofeat.transformers import FeatureBank

    known = _extractors()
    made = {}
    for name in names:
        if name in known:
            made[name] = known[name]()
        elif name == "bank":
            made[name] = FeatureBank([(part, known[part]()) for part in ("mel", "mfcc", "chroma")])
        else:
            made[name] = get_preset(name)
    return made


def one_feature_set(names: list[str], settings: Iterable[str]):
    """Make one extractor, a bank of several names, with settings.

    Parameters
    ----------
    names : list of str
        As in `feature_sets`.
    settings : iterable of str
        Parameters as ``name=value``; in a bank, as ``member__name=value``.

    Returns
    -------
    estimator
        Not fitted.
    """
    from audiofeat.transformers import FeatureBank

    made = feature_sets(names)
    extractor = next(iter(made.values())) if len(made) == 1 else FeatureBank(_members(made))
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise click.BadParameter(f"got {setting!r}; expected name=value, as in n_mfcc=13.", param_hint="--set")
        if name not in extractor.get_params():
            own = sorted(key for key in extractor.get_params(deep=len(made) == 1) if "__" not in key)
            members = "" if len(made) == 1 else f" Name the member first, as in {names[0]}__n_fft=512."
            raise click.BadParameter(
                f"{', '.join(names)} has no parameter {name!r}; expected one of {', '.join(own)}.{members}",
                param_hint="--set",
            )
        extractor.set_params(**{name: _value(value)})
    return extractor


def _members(made: dict) -> list[tuple]:
    """Members of a bank, those of banks in it one by one: names of presets are no names of steps."""
    from audiofeat.transformers import FeatureBank

    members = []
    for name, extractor in made.items():
        if isinstance(extractor, FeatureBank):
            members += [(f"{name.partition('@')[0]}_{part}", member) for part, member in extractor.transformer_list]
        else:
            members.append((name.replace("-", "_"), extractor))
    return members


def _value(text: str):
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def rate_of(extractors: Iterable, sample_rate: int | None) -> int:
    """Decide on a sample rate.

    Parameters
    ----------
    extractors : iterable of estimator
        The feature sets, of which presets have a rate of their own.
    sample_rate : int or None
        What the user asks for [Hz].

    Returns
    -------
    int
        That, or the rate of a preset, or 16,000 Hz.
    """
    if sample_rate is not None:
        return sample_rate
    rates = {
        value
        for extractor in extractors
        for name, value in extractor.get_params().items()
        if name.rpartition("__")[2] == "sample_rate" and value is not None
    }
    return rates.pop() if len(rates) == 1 else _DEFAULT_RATE


def models(names: Iterable[str], *, epochs: int | None, seed: int, n_calibration: int) -> dict:
    """Make classifiers by name.

    Parameters
    ----------
    names : iterable of str
        Out of `MODELS`.
    epochs : int or None
        Epochs of the CNN; None for its own.
    seed : int
        Seed of those that draw.
    n_calibration : int
        In how many parts the training clips are cut to calibrate probabilities.

    Returns
    -------
    dict of str to estimator
        Not fitted.
    """
    known = {
        "svm": lambda: _svm(n_calibration),
        "logistic": _logistic,
        "forest": lambda: _forest(seed),
        "cnn": lambda: _cnn(epochs, seed),
    }
    return {name: known[name]() for name in names}


def _svm(n_calibration: int):
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    # A support vector machine has no probabilities of its own; calibration gives them.
    return CalibratedClassifierCV(make_pipeline(StandardScaler(), SVC(C=10.0)), ensemble=False, cv=n_calibration)


def _logistic():
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2000))


def _forest(seed: int):
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(300, random_state=seed)


def _cnn(epochs: int | None, seed: int):
    from audiofeat.neural import CNNClassifier
    from audiofeat.neural.backend import require_backend

    # A backend that is missing should be missed now, not after the first candidates.
    require_backend(by="CNNClassifier")
    cnn = CNNClassifier(random_state=seed)
    return cnn if epochs is None else cnn.set_params(epochs=epochs)


def chosen(text: str, known: Iterable[str], option: str) -> list[str]:
    """Take a list of names apart.

    Parameters
    ----------
    text : str
        Names, with commas.
    known : iterable of str
        Those there are; a version may follow, as in "speech@1".
    option : str
        Where they stand, for messages.

    Returns
    -------
    list of str
        The names, each once.

    Raises
    ------
    BadParameter
        If a name is unknown, or there is none.
    """
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names or any(name.partition("@")[0] not in known for name in names):
        raise click.BadParameter(
            f"got {text!r}; expected names out of {', '.join(known)}, with commas.", param_hint=option
        )
    return names


def least_parts(y, groups, folds: int, *, seed: int, nested: bool = False) -> int:
    """Say in how many parts every training part can be cut with each class in each.

    Parameters
    ----------
    y : array-like of shape (n_clips,)
        Labels.
    groups : array-like of shape (n_clips,) or None
        What each clip was cut from.
    folds : int
        Number of folds; with none, all clips are learned from.
    seed : int
        Seed of the folds.
    nested : bool, default=False
        Whether training parts are split again.

    Returns
    -------
    int
        From 2 to 5.
    """
    from audiofeat.compare.calibration import fewest_clips
    from audiofeat.compare.inputs import draw_splits

    y = np.asarray(y)
    if folds:
        _, fewest = fewest_clips(y, *draw_splits(y, y, groups, folds, nested, seed))
    else:
        fewest = int(np.unique(y, return_counts=True)[1].min())
    return max(2, min(5, fewest))
