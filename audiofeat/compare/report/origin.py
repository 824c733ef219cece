"""Sections on where a report comes from, and how to go on with the model."""

import os
from typing import TYPE_CHECKING

from audiofeat.compare.evaluation import configured
from audiofeat.compare.report.markup import Markup, joined, table_of, tag
from audiofeat.persistence.provenance import Provenance, record

if TYPE_CHECKING:
    from audiofeat.compare.results import FeatureComparison

__all__ = ["loading", "provenance", "recorded"]

_LOADING = """\
from audiofeat import load_model

model = load_model({file!r})
model.predict(["new.wav"])"""
_SAVING = """\
from audiofeat import save_model

save_model(comparison.best_estimator, {file!r}, X, y)"""


def recorded(comparison: "FeatureComparison") -> Provenance:
    """Write down versions and digests.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.

    Returns
    -------
    Provenance
        That of the winner, fitted or not.
    """
    model = comparison.best_estimator
    if model is None:
        model = configured(comparison.pipeline, comparison.winner.settings)
    return record(model, comparison.clips.X, comparison.clips.y)


def loading(comparison: "FeatureComparison", model_file) -> Markup:
    """Tell how to use the model.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.
    model_file : str, path-like or None
        Where the model was saved, if it was.

    Returns
    -------
    Markup
        Sentences and code.
    """
    if comparison.best_estimator is None:
        return tag("p", "The winner was not fitted on all clips: compare with refit=True to get a model.")
    file = "model.joblib" if model_file is None else os.fspath(model_file)
    parts: list[Markup] = []
    if model_file is None:
        parts += [tag("p", "Save the winner, which was fitted on all clips:"), _code(_SAVING.format(file=file))]
    parts += [
        tag("p", "Load it, and predict new recordings in any form that AudioLoader takes:"),
        _code(_LOADING.format(file=file)),
        tag("p", "Or from the command line:"),
        _code(f"audiofeat predict {file} new.wav"),
        tag(
            "p",
            "A joblib file can run any code when it is loaded: load only files that you trust. A file whose name ends in "
            ".skops holds data only.",
            class_="note",
        ),
    ]
    return joined(parts)


def provenance(comparison: "FeatureComparison", record: Provenance) -> Markup:
    """Tell versions, settings and digests.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.
    record : Provenance
        What was written down.

    Returns
    -------
    Markup
        Tables.
    """
    versions = [("Python", record.python), *record.packages.items()]
    if record.backend:
        versions.append(("backend of Keras", record.backend))
    settings = [(name, tag("code", value)) for name, value in comparison.settings.items()]
    digests = [
        ("Clips and labels", tag("code", record.training_digest or "")),
        ("Number of clips", str(record.n_clips)),
        ("Written", record.saved),
        ("Platform", record.platform),
    ]
    return joined(
        table_of("Versions", ("Package", "Version"), versions),
        table_of("Settings", ("Setting", "Value"), settings),
        table_of("Data", ("What", "Value"), digests),
    )


def _code(text: str) -> Markup:
    return tag("pre", tag("code", text), tabindex=0)
