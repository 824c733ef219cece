"""The record of how a model came to be, and what in it should worry whoever loads it."""

import hashlib
import json
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, packages_distributions, version

import numpy as np
import xxhash
from sklearn.base import clone

from audiofeat._sklearn import whole_repr
from audiofeat._version import __version__
from audiofeat.persistence.anatomy import anatomy, parts, without_store
from audiofeat.transformers import AudioLoader

__all__ = ["Provenance", "record", "training_digest"]

# How many parts of a version count, and what happens where they differ.
_MATTERS = {
    "audiofeat": (2, "features may be computed in another way"),
    "scikit-learn": (2, "its estimators may keep their state in another way, and predict something else or fail"),
    "keras": (2, "the network may be rebuilt in another way"),
    "librosa": (2, "features that it computes may have other values"),
    "onnxruntime": (1, "features that it computes may have other values"),
    "numpy": (1, "arrays may be read in another way"),
    "scipy": (1, "features may have slightly other values"),
    "soundfile": (1, "recordings may be decoded in another way"),
    "soxr": (1, "recordings may be resampled in another way"),
}
_OF_OTHERS = (2, "its estimators may keep their state in another way")
_ALWAYS = ("numpy", "scipy", "scikit-learn", "joblib", "soundfile", "soxr")
_BACKENDS = {"tensorflow": ("tensorflow-cpu", "tensorflow"), "torch": ("torch",), "jax": ("jax",)}
# What computes the features of a module of ours, where it is a package of others.
_COMPUTED_BY = {"audiofeat.transformers.constantq": "librosa", "audiofeat.transformers._onnx": "onnxruntime"}
# Numbers of a version, without what follows them.
_NUMBERS = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True)
class Provenance:
    """How a model came to be.

    `save_model` writes it into the file, `load_model` checks its versions, and `read_provenance` reads it without loading
    the model.

    Parameters
    ----------
    saved : str
        When the file was written, in UTC, as ISO 8601.
    python : str
        Version of Python.
    platform : str
        Operating system and processor.
    packages : dict of str to str
        Version of each package that the model needs, by name of its distribution.
    backend : str or None, default=None
        What Keras ran on, if there is a network.
    model : str, default=""
        The steps of the model, as code.
    sample_rate : int or None, default=None
        Sample rate of the clips [Hz].
    duration : float or None, default=None
        Length that clips are cut or padded to [s]; None leaves each its length.
    features : sequence of str, default=()
        The feature sets, as code.
    classes : sequence of (str, int, float or bool), default=()
        The labels, in the order of `predict_proba`; empty for what is no classifier.
    n_clips : int or None, default=None
        Number of training clips, if they were given to `save_model`.
    clips_per_class : dict of str to int or None, default=None
        How many of each class, if labels were given.
    training_digest : str or None, default=None
        See `training_digest`.

    Examples
    --------
    >>> from audiofeat.persistence import Provenance
    >>> old = Provenance("2026-01-01T00:00:00Z", "3.11.4", "Linux", {"scikit-learn": "1.2.0", "numpy": "2.0.0"})
    >>> [name for name, *_ in old.differences()]
    ['scikit-learn']
    """

    saved: str
    python: str
    platform: str
    packages: dict[str, str]
    backend: str | None = None
    model: str = ""
    sample_rate: int | None = None
    duration: float | None = None
    features: Sequence[str] = ()
    classes: Sequence = ()
    n_clips: int | None = None
    clips_per_class: dict[str, int] | None = None
    training_digest: str | None = None

    def differences(self) -> list[tuple[str, str, str | None, str]]:
        """Compare the versions that matter with those of this environment.

        Returns
        -------
        list of (str, str, str or None, str)
            Name of the package, version then, version now (None if it is not installed), and what may come of it.
        """
        found = []
        for name, then in self.packages.items():
            n_parts, consequence = _MATTERS.get(name, _OF_OTHERS)
            now = _installed(name)
            if name == "joblib" or name in sum(_BACKENDS.values(), ()):
                # joblib reads old pickles, and a network moves between backends.
                continue
            if now is None or _numbers(now)[:n_parts] != _numbers(then)[:n_parts]:
                found.append((name, then, now, consequence))
        return found

    def to_json(self) -> str:
        """Write it as JSON.

        Returns
        -------
        str
            One object, readable by `from_json`.
        """
        return json.dumps({"format": 1, **asdict(self)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text):
        """Read it from JSON.

        Parameters
        ----------
        text : str or bytes
            What `to_json` wrote, by this version or another.

        Returns
        -------
        Provenance
            The record, without entries that this version does not know.

        Raises
        ------
        ValueError
            If the text is no such record.
        """
        values = json.loads(text)
        known = {entry.name for entry in fields(cls)}
        try:
            return cls(**{name: value for name, value in values.items() if name in known})
        except (AttributeError, TypeError) as exc:
            raise ValueError(f"Provenance got {str(text)[:60]!r}; expected the JSON that `to_json` writes.") from exc


def record(model, X=None, y=None) -> Provenance:
    """Write down how a model came to be.

    Parameters
    ----------
    model : estimator
        The fitted model.
    X : sequence, 2-D array or DataFrame of n_clips, default=None
        What it was fitted on.
    y : array-like of shape (n_clips,) or None, default=None
        The labels.

    Returns
    -------
    Provenance
        The record.
    """
    loader, features, networks = anatomy(model)
    digest = n_clips = counts = None
    if X is not None:
        digest, n_clips = _digest(X, y, loader)
    if y is not None:
        counts = _counts(np.asarray(y))
    packages = {name: found for name in (*_ALWAYS, *_of_others(model)) if (found := _installed(name))}
    backend = None
    if networks:
        backend = sys.modules["keras"].backend.backend() if "keras" in sys.modules else None
        more = ("keras", *_BACKENDS.get(backend or "", ()))
        packages |= {name: found for name in more if (found := _installed(name))}
    return Provenance(
        saved=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
        packages={"audiofeat": __version__, **packages},
        backend=backend,
        model=_as_code(without_store(model)),
        sample_rate=next((part.sample_rate_ for part in (loader, *features) if hasattr(part, "sample_rate_")), None),
        duration=None if loader is None else loader.duration,
        features=list(dict.fromkeys(_as_code(feature) for feature in features)),
        classes=_classes(getattr(model, "classes_", None)),
        n_clips=n_clips,
        clips_per_class=counts,
        training_digest=digest,
    )


def training_digest(X, y=None, *, loader=None) -> str:
    """Digest a set of training clips, so that it can be told later whether a model was trained on them.

    Parameters
    ----------
    X : sequence, 2-D array, DataFrame or AudioBatch of n_clips
        The recordings, in any form that `AudioLoader` takes; or an array of features, clips along its first axis.
    y : array-like of shape (n_clips,) or None, default=None
        Their labels.
    loader : AudioLoader or None, default=None
        How arrays without a rate are read; None takes them to be at 22,050 Hz.

    Returns
    -------
    str
        Hexadecimal. The same for the same recordings and labels, in any order and under any file names; the bytes of a
        file count, so a recording and its decoded samples differ.

    Raises
    ------
    AudioInputError
        If recordings are missing or no audio.
    ValueError
        If there are not as many labels as clips.

    Examples
    --------
    >>> from audiofeat import datasets
    >>> from audiofeat.persistence import training_digest
    >>> calls = datasets.make_animal_calls(4, random_state=0)
    >>> forwards = training_digest(calls.data, calls.target)
    >>> forwards == training_digest(calls.data[::-1], calls.target[::-1])
    True
    """
    return _digest(X, y, loader)[0]


def _digest(X, y, loader) -> tuple[str, int]:
    keys = _keys(X, loader)
    labels = [None] * len(keys) if y is None else np.asarray(y).tolist()
    if len(labels) != len(keys):
        raise ValueError(f"training_digest got {len(labels)} labels for {len(keys)} clips; expected one for each clip.")
    # A label is told from another type's label of the same spelling.
    pairs = sorted(key + repr(label).encode() for key, label in zip(keys, labels, strict=True))
    whole = hashlib.blake2b(digest_size=16)
    for pair in pairs:
        whole.update(len(pair).to_bytes(8, "little") + pair)
    return whole.hexdigest(), len(keys)


def _counts(y: np.ndarray) -> dict[str, int]:
    """How many clips each label has; a matrix has a column for each label, of which several may be right."""
    if y.ndim == 2:
        return {str(label): int(count) for label, count in enumerate(np.count_nonzero(y, axis=0))}
    return {str(label): int(count) for label, count in zip(*np.unique(y, return_counts=True), strict=True)}


def _keys(X, loader) -> list[bytes]:
    if isinstance(X, np.ndarray) and X.dtype.kind in "fiub" and X.ndim >= 2 and (X.ndim > 2 or loader is None):
        return [xxhash.xxh3_128_digest(f"{row.dtype.str} {row.shape}".encode() + row.tobytes()) for row in X]
    if hasattr(loader, "sample_rate_"):
        batch = loader.transform(X)
    else:
        batch = (AudioLoader() if loader is None else clone(loader)).fit_transform(X)
    return [source.key for source in batch.sources]


def _of_others(model) -> list[str]:
    """Distributions of the estimators that come from elsewhere, and of what computes features in our name."""
    homes = set()
    for part in parts(model):
        home = (part if isinstance(part, type) else type(part)).__module__
        if home in _COMPUTED_BY:
            homes.add(_COMPUTED_BY[home])
        elif hasattr(part, "get_params"):
            homes.add(home.partition(".")[0])
    homes -= {"audiofeat", "sklearn", "builtins", "__main__"}
    if not homes:
        return []
    known = packages_distributions()
    return sorted(name for home in homes for name in known.get(home, ()))


def _installed(name: str) -> str | None:
    if name == "audiofeat":
        return __version__
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> list[int]:
    match = _NUMBERS.match(text)
    return [int(part) for part in match[0].split(".")] if match else []


def _as_code(estimator) -> str:
    """What builds it, on one line."""
    return re.sub(r"\s+", " ", whole_repr(estimator))


def _classes(classes) -> list:
    # scikit-learn's forests have a list of them, one for each column of labels.
    if not isinstance(classes, np.ndarray) or classes.ndim != 1:
        return []
    return [label if isinstance(label, (str, int, float, bool)) else str(label) for label in classes.tolist()]
