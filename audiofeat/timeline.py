"""What a fitted pipeline says along a recording, window by window."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline

from audiofeat._progress import progress
from audiofeat.datasets import windows
from audiofeat.neural import CNNClassifier
from audiofeat.transformers import AudioLoader

__all__ = ["Predictions", "predict_clips", "predict_recording"]


class Predictions(NamedTuple):
    """Labels of clips, and how probable the model finds each class.

    Parameters
    ----------
    labels : ndarray of shape (n_clips,)
        What the model predicts.
    probabilities : ndarray of shape (n_clips, n_classes) or None
        Probability of each class; None from a model without probabilities.
    classes : ndarray of shape (n_classes,) or None
        The classes, in the order of the probabilities.
    """

    labels: np.ndarray
    probabilities: np.ndarray | None
    classes: np.ndarray | None

    def of_labels(self) -> np.ndarray | None:
        """Probability of what is predicted.

        Returns
        -------
        ndarray of shape (n_clips,) or None
            One a clip; None from a model without probabilities.
        """
        if self.probabilities is None or self.classes is None:
            return None
        # Not always the highest one: a support vector machine predicts by its margin.
        return self.probabilities[self.labels[:, None] == self.classes[None, :]]

    def rows(self, rows: slice) -> "Predictions":
        """Take the predictions of some clips.

        Parameters
        ----------
        rows : slice
            Which.

        Returns
        -------
        Predictions
            Theirs.
        """
        probabilities = None if self.probabilities is None else self.probabilities[rows]
        return Predictions(self.labels[rows], probabilities, self.classes)


def predict_clips(model, X) -> Predictions:
    """Predict labels and probabilities, with features computed once for both.

    Parameters
    ----------
    model : estimator
        A fitted pipeline, or a search around one.
    X : sequence, 2-D array or DataFrame of n_clips
        The recordings.

    Returns
    -------
    Predictions
        Labels, probabilities and classes.
    """
    model = getattr(model, "best_estimator_", model)
    if isinstance(model, Pipeline) and len(model.steps) > 1:
        X = model[:-1].transform(X)
        model = model[-1]
    if isinstance(model, CNNClassifier):
        # It predicts the most probable class: once through the network is enough.
        probabilities = model.predict_proba(X)
        return Predictions(model.classes_[probabilities.argmax(axis=1)], probabilities, model.classes_)
    labels = np.asarray(model.predict(X))
    if not hasattr(model, "predict_proba"):
        return Predictions(labels, None, None)
    return Predictions(labels, np.asarray(model.predict_proba(X)), np.asarray(model.classes_))


def predict_recording(pipeline, path, *, window=None, hop=None, last="shift", batch_size=64, verbose="auto"):
    """Predict along a recording, window by window.

    Choose it for recordings longer than the clips that the pipeline was trained on. Memory does not grow with the length
    of the recording: each window is read from its place in the file.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted, from recordings to labels: its first step is an `AudioLoader`, or it takes a DataFrame with the columns
        ``path``, ``start`` and ``end``.
    path : path-like
        The recording.
    window : float or None, default=None
        Length of a window [s], best that of the clips the pipeline was trained on. None takes the `duration` of its loader.
    hop : float or None, default=None
        From the start of one window to the start of the next [s]; None means `window`.
    last : {"shift", "short", "drop"}, default="shift"
        What becomes of the end of the recording, as in `datasets.windows`.
    batch_size : int, default=64
        Windows predicted at once.
    verbose : {"auto"} or bool, default="auto"
        Whether to show progress; "auto" does on a terminal, after two seconds.

    Returns
    -------
    pandas.DataFrame
        One row per window: ``start`` and ``end`` [s], ``label``, and, from a model with probabilities, a column
        ``probability_<class>`` for each class.

    Raises
    ------
    AudioInputError
        If the recording is missing, no audio, or cut off.
    ValueError
        If `window` is None and no loader says how long clips are.

    See Also
    --------
    audiofeat.datasets.windows : The table of windows, to train on.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from audiofeat import MFCC, AudioLoader, datasets, predict_recording
    >>> calls = datasets.make_animal_calls(40, duration=1.0, random_state=0)
    >>> loader = AudioLoader(sample_rate=16000, duration=1.0)
    >>> model = make_pipeline(loader, MFCC(), GaussianNB()).fit(calls.data, calls.target)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "three_calls.wav"
    ...     soundfile.write(path, np.concatenate([samples for _, samples in calls.data[:3]]), 16000)
    ...     timeline = predict_recording(model, path)
    >>> timeline[["start", "end", "label"]]
       start  end label
    0    0.0  1.0   dog
    1    1.0  2.0   dog
    2    2.0  3.0   cat
    """
    import pandas as pd

    model = getattr(pipeline, "best_estimator_", pipeline)
    if window is None:
        window = loader_duration(model)
        if window is None:
            raise ValueError(
                "predict_recording got window=None, and the pipeline has no loader with a duration to take it from. "
                "Give a window in seconds, best the length of the clips it was trained on."
            )
    table = windows([path], window=window, hop=hop, last=last)
    parts = []
    with progress(verbose) as report:
        report.say("Predicting", total=len(table))
        for part in _batches(model, table, batch_size):
            parts.append(predict_clips(*part))
            report.advance(len(parts[-1].labels))
    timeline = table[["start", "end"]].copy()
    timeline["label"] = np.concatenate([part.labels for part in parts])
    first = parts[0]
    if first.probabilities is None or first.classes is None:
        return timeline
    probabilities = np.concatenate([part.probabilities for part in parts])
    columns = [f"probability_{name}" for name in first.classes]
    return pd.concat([timeline, pd.DataFrame(probabilities, columns=columns)], axis=1)


def loader_duration(pipeline) -> float | None:
    """Length of the clips that a pipeline was trained on, as its loader says.

    Parameters
    ----------
    pipeline : estimator
        A pipeline, or a search around one.

    Returns
    -------
    float or None
        Seconds; None where there is no loader, or it leaves clips their length.
    """
    pipeline = getattr(pipeline, "best_estimator_", pipeline)
    if not isinstance(pipeline, Pipeline) or not isinstance(pipeline.steps[0][1], AudioLoader):
        return None
    return pipeline.steps[0][1].duration


def _batches(model, table, batch_size: int) -> Iterator[tuple]:
    """Pairs of a model and what it takes, a few windows at a time."""
    if isinstance(model, Pipeline) and len(model.steps) > 1 and isinstance(model.steps[0][1], AudioLoader):
        # Loaded as one batch, so that the recording stays open from one part of it to the next.
        model, clips = model[1:], model.steps[0][1].transform(table)
        for start in range(0, len(table), batch_size):
            yield model, clips[start : start + batch_size]
        return
    for start in range(0, len(table), batch_size):
        yield model, table.iloc[start : start + batch_size]
