"""What is compared: feature sets with models and parameters, and what each scored."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from audiofeat.audio import AudioBatch
from audiofeat.compare.metrics import Metrics
from audiofeat.transformers import FeatureBank
from audiofeat.transformers._base import FeatureExtractor
from audiofeat.transformers.shape import framewise, pooled

__all__ = [
    "BASELINE",
    "CANDIDATE",
    "SELECTION",
    "Candidate",
    "Grids",
    "count_features",
    "from_search",
    "make_grids",
    "reads_maps",
]

CANDIDATE, SELECTION, BASELINE = "candidate", "selection", "baseline"


@dataclass(eq=False)
class Candidate:
    """A row of the table.

    Parameters
    ----------
    features, model : str
        Names of its feature set and its model.
    scores : dict of str to ndarray of shape (n_folds,)
        Each score, fold by fold.
    params : dict
        The parameters that were tried with it.
    kind : {"candidate", "selection", "baseline"}, default="candidate"
        Whether it is one of those compared, the choice among them in a nested cross-validation, or a baseline.
    settings : dict
        What to set in the pipeline to get it, features and model among it.
    fit_time, predict_time : float
        Mean over the folds of the time to fit it, and to score the test part [s].
    n_features : str
        How many columns its model gets, or rows times frames.
    n_clips : int or None
        With how many clips it was compared, where a search gives candidates different numbers.
    fold_params : list or None
        In a nested cross-validation, what the inner folds of each outer fold chose.
    predictions : list of FoldResult or None
        What it predicted for the test part of each fold, where that is known.
    """

    features: str
    model: str
    scores: dict[str, np.ndarray]
    params: dict = field(default_factory=dict)
    kind: str = CANDIDATE
    settings: dict = field(default_factory=dict)
    fit_time: float = np.nan
    predict_time: float = np.nan
    n_features: str = ""
    n_clips: int | None = None
    fold_params: list | None = None
    predictions: list | None = None

    @property
    def label(self) -> str:
        """Its name in words."""
        return f"{self.features} + {self.model}" if self.features else self.model


@dataclass(frozen=True, eq=False)
class Grids:
    """Every feature set with every model, as a search takes them.

    Parameters
    ----------
    grids : list of dict
        A grid of parameters for each pair.
    names : list of tuple of (str, str)
        The names of each pair.
    """

    grids: list[dict]
    names: list[tuple[str, str]]

    def name(self, params: Mapping) -> tuple[str, str]:
        """Tell which pair a candidate belongs to; it holds the very objects of its grid.

        Parameters
        ----------
        params : mapping
            The candidate's parameters.

        Returns
        -------
        tuple of (str, str)
            Names of features and model.
        """
        for grid, name in zip(self.grids, self.names, strict=True):
            if grid["features"][0] is params["features"] and grid["model"][0] is params["model"]:
                return name
        raise KeyError(params)


def reads_maps(model) -> bool:
    """Tell whether a model reads framewise maps, by its tags.

    Parameters
    ----------
    model : estimator
        A classifier, or a Pipeline whose first step decides.

    Returns
    -------
    bool
        True for `CNNClassifier` and for whatever else takes 3-D arrays.
    """
    while isinstance(model, Pipeline):
        steps = [step for _, step in model.steps if step is not None and step != "passthrough"]
        model = steps[0]
    return get_tags(model).input_tags.three_d_array


def make_grids(features, models) -> Grids:
    """Pair feature sets and models, each model with features in the shape it reads.

    Parameters
    ----------
    features, models : dict of str to (estimator or (estimator, dict))
        As `compare_features` takes them.

    Returns
    -------
    Grids
        A grid for each pair.

    Raises
    ------
    TypeError
        If `features` or `models` is something else.
    """
    grids, names = [], []
    for feature_name, (extractor, feature_grid) in _with_grids(features, "features").items():
        for model_name, (model, model_grid) in _with_grids(models, "models").items():
            # Copies, so that one estimator under two names stays two.
            shaped = framewise(extractor) if reads_maps(model) else pooled(extractor)
            grids.append(
                {
                    "features": [shaped],
                    "model": [clone(model)],
                    **{f"features__{key}": values for key, values in feature_grid.items()},
                    **{f"model__{key}": values for key, values in model_grid.items()},
                }
            )
            names.append((feature_name, model_name))
    return Grids(grids, names)


def from_search(search, grids: Grids, metrics: Metrics) -> list[Candidate]:
    """Gather what a search found.

    Parameters
    ----------
    search : search estimator
        Fitted.
    grids : Grids
        What it searched.
    metrics : Metrics
        The scores.

    Returns
    -------
    list of Candidate
        Best first; of those that a search by halving dropped on the way, the last round they were in.
    """
    results = search.cv_results_
    rounds = results.get("iter", np.zeros(len(results["params"]), dtype=int))
    last: dict[int, int] = {}
    for i in np.argsort(rounds, kind="stable").tolist():
        # A candidate that goes on to the next round is the same object there.
        last[id(results["params"][i])] = i
    means = np.asarray(results[f"mean_test_{metrics.key(metrics.main)}"])
    # Later rounds first, since they saw more clips; scores that are no number last; and as in the search among equals.
    order = sorted(last.values(), key=lambda i: (-rounds[i], np.isnan(means[i]), -means[i], i))
    halved = "n_resources" in results and getattr(search, "resource", "n_samples") == "n_samples"
    candidates = []
    for i in order:
        params = results["params"][i]
        feature_name, model_name = grids.name(params)
        candidates.append(
            Candidate(
                feature_name,
                model_name,
                {
                    name: np.array(
                        [results[f"split{fold}_test_{metrics.key(name)}"][i] for fold in range(search.n_splits_)]
                    )
                    for name in metrics.names
                },
                {key: value for key, value in params.items() if key not in ("features", "model")},
                settings=dict(params),
                fit_time=float(results["mean_fit_time"][i]),
                predict_time=float(results["mean_score_time"][i]),
                n_clips=int(results["n_resources"][i]) if halved else None,
            )
        )
    return candidates


def count_features(candidates, pipeline, batch: AudioBatch, y) -> None:
    """Find out how many features the model of each candidate gets.

    Parameters
    ----------
    candidates : list of Candidate
        The candidates, whose `n_features` is set.
    pipeline : Pipeline
        What their settings belong to.
    batch : AudioBatch
        The clips.
    y : ndarray of shape (n_clips,)
        Their labels.
    """
    known: dict[tuple, str] = {}
    for candidate in candidates:
        settings = {key: value for key, value in candidate.settings.items() if key.partition("__")[0] == "features"}
        key = tuple((name, id(value) if name == "features" else repr(value)) for name, value in settings.items())
        if key not in known:
            extractor = clone(pipeline).set_params(**{k: clone(v, safe=False) for k, v in settings.items()})["features"]
            # An extractor makes the same of one clip as of all; what learns from the clips has to see them.
            rows = slice(0, 1) if isinstance(extractor, (FeatureExtractor, FeatureBank)) else slice(None)
            shape = extractor.fit_transform(batch[rows], y[rows]).shape[1:]
            known[key] = " × ".join(map(str, shape))
        candidate.n_features = known[key]


def _with_grids(mapping, name) -> dict:
    if not isinstance(mapping, Mapping) or not mapping:
        raise TypeError(
            f"compare_features got {name}={mapping!r}; expected a dict of name to estimator, or of name to "
            "(estimator, grid), with at least one entry."
        )
    pairs = {}
    for key, value in mapping.items():
        pair = value if isinstance(value, tuple) else (value, {})
        right = len(pair) == 2 and hasattr(pair[0], "get_params") and isinstance(pair[1], Mapping)
        if not right or isinstance(pair[0], type):
            raise TypeError(
                f"compare_features got {name}[{key!r}]={value!r}; expected an estimator, or an estimator with a dict of "
                "parameter to values."
            )
        pairs[key] = pair
    return pairs
