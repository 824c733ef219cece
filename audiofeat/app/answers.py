"""What a model says about a recording, and the pictures beside it; no Gradio in here."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure
from sklearn.pipeline import Pipeline

from audiofeat._errors import AudioInputError
from audiofeat.app.intake import Limits, RefusedError, check_file, check_files
from audiofeat.audio.files import file_facts
from audiofeat.persistence.anatomy import anatomy
from audiofeat.plotting import OcclusionDisplay, SpectrogramDisplay, WaveformDisplay
from audiofeat.timeline import predict_clips

__all__ = ["BATCH_COLUMNS", "Answer", "Responder"]

# Tiles of the occlusion map: one prediction each.
_TILES = {"n_bands": 8, "n_segments": 12}
# Beyond this a map would keep other visitors waiting for minutes [s].
_MOST_OCCLUDED = 30.0
BATCH_COLUMNS = ("file", "label", "probability", "problem")


class Answer(NamedTuple):
    """What the page shows about one recording.

    Parameters
    ----------
    label : str
        What the model predicts.
    probabilities : dict of str to float or None
        Probability of each class; None from a model without probabilities.
    picture : matplotlib Figure
        The recording as the model's loader hands it on, and the feature that the model reads, over one time axis.
    """

    label: str
    probabilities: dict[str, float] | None
    picture: Figure


class Responder:
    """A model that answers visitors.

    Parameters
    ----------
    model : estimator
        A fitted pipeline that begins with an `AudioLoader` and classifies.
    limits : Limits or None, default=None
        What visitors may send. None means the defaults.

    Attributes
    ----------
    classes : list of str
        The labels.

    Raises
    ------
    TypeError
        If the model takes no recordings, or does not classify.
    """

    def __init__(self, model, limits: Limits | None = None):
        self.model = getattr(model, "best_estimator_", model)
        self.limits = limits or Limits()
        loader, features, _ = anatomy(self.model)
        if loader is None:
            raise TypeError(
                f"The page got a {type(model).__name__} without an AudioLoader, which cannot take a recording; expected a "
                "fitted pipeline that begins with AudioLoader."
            )
        if not hasattr(self.model, "classes_"):
            raise TypeError(f"The page got a {type(model).__name__} that has no classes; expected a fitted classifier.")
        classifier = self.model[-1] if isinstance(self.model, Pipeline) else self.model
        if getattr(classifier, "multilabel_", False) or not isinstance(self.model.classes_, np.ndarray):
            raise TypeError(
                f"The page got a {type(model).__name__} of several labels a clip; it shows one label a clip."
            )
        self.loader = loader
        self.feature = features[0] if features else None
        self.classes = [str(label) for label in self.model.classes_]

    def answer(self, path) -> Answer:
        """Predict one recording and draw it.

        Parameters
        ----------
        path : path-like
            Its file.

        Returns
        -------
        Answer
            Label, probabilities and pictures.

        Raises
        ------
        RefusedError
            If the file is none that the page takes.
        """
        check_file(path, self.limits)
        try:
            predictions = predict_clips(self.model, [str(path)])
            picture = self._draw(str(path))
        except AudioInputError as exc:
            raise _readable(exc) from exc
        probabilities = None
        if predictions.probabilities is not None:
            probabilities = dict(zip(self.classes, predictions.probabilities[0].tolist(), strict=True))
        return Answer(str(predictions.labels[0]), probabilities, picture)

    def answer_batch(self, paths) -> list[tuple[str, str, float | None, str]]:
        """Predict several recordings; a bad one is told of in its row and does not spoil the others.

        Parameters
        ----------
        paths : sequence of path-like
            Their files.

        Returns
        -------
        list of tuple
            A row for each file: its name, label, probability (None without) and what is wrong with it ("" if nothing).

        Raises
        ------
        RefusedError
            If there are more files than the page takes.
        """
        check_files(paths, self.limits)
        rows: list[tuple[str, str, float | None, str]] = []
        for path in paths:
            name = Path(path).name
            try:
                check_file(path, self.limits)
                predictions = predict_clips(self.model, [str(path)])
            except RefusedError as exc:
                rows.append((name, "", None, str(exc)))
            except AudioInputError as exc:
                rows.append((name, "", None, str(_readable(exc))))
            else:
                found = predictions.of_labels()
                rows.append((name, str(predictions.labels[0]), None if found is None else float(found[0]), ""))
        return rows

    def occlude(self, path) -> Figure | None:
        """Draw what in a recording the model listens to.

        Parameters
        ----------
        path : path-like
            Its file.

        Returns
        -------
        matplotlib Figure or None
            None where there is no answer: the page does not take the file, the model hears too much of it for the many
            predictions that this takes, or it gives labels only.
        """
        if not (hasattr(self.model, "predict_proba") or hasattr(self.model, "decision_function")):
            return None
        try:
            check_file(path, self.limits)
            if min(_seconds(path), self.loader.duration or self.limits.seconds) > _MOST_OCCLUDED:
                return None
            figure = Figure(figsize=(8, 3.2), layout="constrained")
            ax = figure.subplots()
            title = OcclusionDisplay.from_estimator(self.model, str(path), ax=ax, **_TILES).ax_.get_title()
        except (RefusedError, AudioInputError):
            # Already told, by `answer`.
            return None
        ax.set_title(f"What it listens to: {title[:1].lower()}{title[1:]}", loc="left")
        ax.set_title("", loc="center")
        return figure

    def _draw(self, path: str) -> Figure:
        figure = Figure(figsize=(8, 6), layout="constrained")
        above, below = figure.subplots(2, height_ratios=(2, 3))
        waveform = WaveformDisplay.from_clip(path, loader=self.loader, ax=above)
        above.set_title(_heard(len(waveform.samples) / waveform.sample_rate, path), loc="left")
        SpectrogramDisplay.from_clip(path, self.feature, loader=self.loader, ax=below)
        name = "A mel spectrogram" if self.feature is None else f"What it reads: {type(self.feature).__name__}"
        below.set_title(name, loc="left")
        return figure


def _heard(seconds: float, path: str) -> str:
    """Say so where the model hears only part of a recording."""
    whole = _seconds(path)
    if whole > seconds + 0.05:
        return f"What the model hears: {seconds:.3g} s of {whole:.3g} s"
    return "What the model hears"


def _seconds(path) -> float:
    facts = file_facts(str(path))
    return facts.n_samples / facts.sample_rate


def _readable(exc: AudioInputError) -> RefusedError:
    """The reasons alone, without the folder in which the file happens to lie."""
    reasons = "; ".join(problem.reason for problem in exc.problems)
    return RefusedError(f"It cannot be used: {reasons}.")
