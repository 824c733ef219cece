"""A page that says what a model is, for whoever gets it."""

import numpy as np
from sklearn.base import is_classifier
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    precision_recall_fscore_support,
)

from audiofeat._sklearn import whole_repr
from audiofeat.persistence.anatomy import without_store
from audiofeat.persistence.provenance import Provenance, record

__all__ = ["model_card"]

_NOT_STATED = "Not stated."
# A matrix of more classes is wider than a page.
_MOST_IN_MATRIX = 12


def model_card(
    model,
    *,
    provenance=None,
    title=None,
    description=None,
    intended_use=None,
    limitations=None,
    licence=None,
    X_test=None,
    y_test=None,
    path="model.skops",
):
    """Describe a fitted model in Markdown: what it takes and gives, what it was trained on, and how good it is.

    What can be read off the model is filled in; what only its maker knows says "Not stated." until it is given.

    Parameters
    ----------
    model : estimator
        The fitted pipeline.
    provenance : Provenance or None, default=None
        What `save_model` returned, for the training data and the versions. None looks at the model, which knows nothing of
        its training data.
    title : str or None, default=None
        Heading. None names the classes.
    description : str or None, default=None
        What the recordings are, and how they came about.
    intended_use : str or None, default=None
        What it is for, and what it is not for.
    limitations : str or None, default=None
        Where it fails, and whom that may harm.
    licence : str or None, default=None
        Under which terms it may be used.
    X_test : sequence, 2-D array or DataFrame of n_clips, default=None
        Recordings that it was not trained on, to be scored now.
    y_test : array-like of shape (n_clips,) or None, default=None
        Their labels.
    path : str, default="model.skops"
        Name of the file, for the lines that show how to use it.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    ValueError
        If only one of `X_test` and `y_test` is given, or they are and `model` does not give each clip one label.

    References
    ----------
    Mitchell et al., "Model cards for model reporting", Proceedings of FAT* 2019, https://doi.org/10.1145/3287560.3287596

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from audiofeat import MFCC, AudioLoader, datasets, model_card
    >>> calls = datasets.make_animal_calls(8, random_state=0)
    >>> model = make_pipeline(AudioLoader(sample_rate=16000), MFCC(), GaussianNB()).fit(calls.data, calls.target)
    >>> print(model_card(model).splitlines()[0])
    # Recordings to cat or dog
    """
    if (X_test is None) != (y_test is None):
        raise ValueError("model_card got only one of X_test and y_test; expected both, or neither.")
    if X_test is not None and not is_classifier(model):
        raise ValueError(f"model_card got recordings to score a {type(model).__name__} on, which is no classifier.")
    if np.ndim(y_test) > 1:
        raise ValueError(
            f"model_card got y_test of shape {np.shape(y_test)}; it scores models of one label a clip. Leave X_test and "
            "y_test out, and say in `description` how good the model is."
        )
    facts = record(model) if provenance is None else provenance
    sections = {
        "What it does": _what_it_does(facts, description),
        "How to use it": _how_to_use(facts, path, hasattr(model, "predict_proba")),
        "What it is for": intended_use or _NOT_STATED,
        "Where it fails": limitations or _NOT_STATED,
        "Training data": _training_data(facts),
        "How good it is": _NOT_STATED if X_test is None else _evaluation(model, X_test, y_test),
        "How it was made": _how_made(model, facts, saved=provenance is not None),
        "Licence": licence or _NOT_STATED,
    }
    heading = title or (f"Recordings to {_listed(facts.classes)}" if facts.classes else "A model of recordings")
    return "\n\n".join([f"# {heading}", *(f"## {name}\n\n{text}" for name, text in sections.items())]) + "\n"


def _what_it_does(facts: Provenance, description: str | None) -> str:
    rows = []
    if facts.classes:
        rows.append(("Classes", f"{len(facts.classes)}: {', '.join(map(str, facts.classes))}"))
    if facts.sample_rate:
        rows.append(("Recordings are", f"mixed down to one channel and resampled to {facts.sample_rate:,} Hz"))
        length = "kept" if facts.duration is None else f"{facts.duration:g} s; longer ones are cut, shorter ones padded"
        rows.append(("Length", length))
    rows += [("Features", f"`{feature}`") for feature in facts.features]
    return "\n\n".join([*([description] if description else []), _table(("", ""), rows)])


def _how_to_use(facts: Provenance, path: str, has_probabilities: bool) -> str:
    extras = " with the extra `skops`" if str(path).endswith(".skops") else ""
    warning = "" if extras else "\n\nLoading this file can run any code: load it only if you trust its maker."
    ask = "predict_proba" if has_probabilities else "predict"
    code = f'from audiofeat import load_model\n\nmodel = load_model("{path}")\nmodel.{ask}(["recording.wav"])'
    return (
        f"In Python, with audiofeat {facts.packages.get('audiofeat', '')}{extras}:\n\n```python\n{code}\n```{warning}"
    )


def _training_data(facts: Provenance) -> str:
    if facts.n_clips is None:
        return _NOT_STATED
    text = [f"{facts.n_clips:,} clip{'s' if facts.n_clips != 1 else ''}."]
    if facts.clips_per_class:
        rows = [(name, f"{count:,}") for name, count in facts.clips_per_class.items()]
        text.append(_table(("class", "clips"), rows, numbers=1))
    text.append(f"Digest of clips and labels (`audiofeat.training_digest`): `{facts.training_digest}`")
    return "\n\n".join(text)


def _evaluation(model, X, y) -> str:
    y = np.asarray(y)
    predicted = model.predict(X)
    labels = np.unique(np.concatenate([y, predicted]))
    total = (
        f"On {len(y):,} clips that were given as unseen: accuracy {accuracy_score(y, predicted):.3f}, mean "
        f"recall of the classes {balanced_accuracy_score(y, predicted):.3f}. Always naming the most frequent class would "
        f"give {np.unique(y, return_counts=True)[1].max() / len(y):.3f}."
    )
    scores = precision_recall_fscore_support(y, predicted, labels=labels, zero_division=0.0)
    rows = [
        (label, f"{precision:.3f}", f"{recall:.3f}", f"{f1:.3f}", f"{count}")
        for label, precision, recall, f1, count in zip(labels.tolist(), *scores, strict=True)
    ]
    text = [total, _table(("class", "precision", "recall", "F1", "clips"), rows, numbers=4)]
    if len(labels) <= _MOST_IN_MATRIX:
        matrix = confusion_matrix(y, predicted, labels=labels)
        rows = [(f"**{label}**", *counts) for label, counts in zip(labels.tolist(), matrix.tolist(), strict=True)]
        header = ("is ↓, taken for →", *labels.tolist())
        text.append(_table(header, rows, numbers=len(labels)))
    return "\n\n".join(text)


def _how_made(model, facts: Provenance, *, saved: bool) -> str:
    rows = [("Python", facts.python), *facts.packages.items()]
    if facts.backend:
        rows.append(("Keras backend", facts.backend))
    when = f"Saved {facts.saved} on {facts.platform}.\n\n" if saved else ""
    return f"{when}```python\n{whole_repr(without_store(model))}\n```\n\n{_table(('package', 'version'), rows)}"


def _table(header, rows, *, numbers: int = 0) -> str:
    """A table whose last columns, `numbers` of them, are set to the right."""
    left = len(header) - numbers
    rule = ["---"] * left + ["---:"] * numbers
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in (header, rule, *rows))


def _cell(value) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def _listed(names) -> str:
    shown = [*map(str, names[:4])]
    if len(names) > len(shown):
        return f"one of {len(names)} classes"
    return " or ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]
