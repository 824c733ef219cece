"""Whether labels and models can be scored as asked, before anything is fitted."""

import warnings
from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import ParameterGrid
from sklearn.pipeline import Pipeline

from audiofeat._sklearn import response_methods
from audiofeat.compare.candidates import Grids
from audiofeat.compare.metrics import Metrics

__all__ = ["check_scorable"]


def check_scorable(grids: Grids, metrics: Metrics, y) -> None:
    """Refuse scores that these labels or some model cannot be given.

    Parameters
    ----------
    grids : Grids
        What is compared.
    metrics : Metrics
        The scores.
    y : ndarray of shape (n_clips,)
        Labels.

    Raises
    ------
    ValueError
        If a score of scikit-learn is not for labels like these, or reads probabilities of a model that has none.
    """
    for name, scorer in metrics.scorers().items():
        if isinstance(scorer, str):
            _check_labels(scorer, y)
        methods = response_methods(get_scorer(scorer) if isinstance(scorer, str) else scorer)
        for grid, (_, model) in zip(grids.grids, grids.names, strict=True):
            for last in _last_steps(grid):
                if not _may_answer(last, methods):
                    raise ValueError(_no_answer(name, methods, model, last))


def _check_labels(scorer: str, y) -> None:
    """Score what says the most frequent class, which has all that a scorer may ask for."""
    nothing = np.zeros((len(y), 1))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            get_scorer(scorer)(DummyClassifier(strategy="prior").fit(nothing, y), nothing, y)
    except (TypeError, ValueError) as exc:
        raise ValueError(
            f"compare_features got scoring={scorer!r}, which cannot score these {len(np.unique(y))} classes ({exc}). "
            "Choose a score for any labels, such as 'accuracy', 'f1_macro' or 'roc_auc_ovr'."
        ) from exc


def _last_steps(grid: dict) -> Iterator:
    """The classifier at the end of each model that a grid makes; values that are numbers make no other one."""
    varied = {
        name.removeprefix("model__"): values
        for name, values in grid.items()
        # Distributions to draw from are no lists; nobody knows what they give.
        if name.startswith("model__") and isinstance(values, Sequence) and not all(map(_is_number, values))
    }
    for params in ParameterGrid(varied):
        model = clone(grid["model"][0]).set_params(**params)
        while isinstance(model, Pipeline):
            model = model.steps[-1][1]
        yield model


def _is_number(value) -> bool:
    return isinstance(value, float | int | np.number) and not isinstance(value, bool)


def _may_answer(model, methods: Sequence[str]) -> bool:
    """Whether a model has one of the methods; what wraps other models may know only when it is fitted."""
    wraps_others = any("__" in name for name in model.get_params(deep=True))
    return wraps_others or any(hasattr(model, method) for method in methods)


def _no_answer(score: str, methods: Sequence[str], model: str, last) -> str:
    kind = type(last).__name__
    return (
        f"compare_features got scoring={score!r}, which reads {' or '.join(methods)}, and model {model!r}, whose {kind} "
        f"has none. Wrap it, CalibratedClassifierCV({kind}(), ensemble=False), or choose a score of labels, such as "
        "'accuracy'."
    )
