"""The last step: the winner on recordings that were kept aside."""

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from joblib import Parallel, delayed
from sklearn.dummy import DummyClassifier

from audiofeat._errors import AudioWarning
from audiofeat.compare import leaks
from audiofeat.compare.baselines import MAJORITY
from audiofeat.compare.evaluation import configured
from audiofeat.compare.inputs import check_labels, portable
from audiofeat.compare.statistics import holm, mcnemar, wilson_interval

if TYPE_CHECKING:
    import pandas as pd

    from audiofeat.compare.results import FeatureComparison

__all__ = ["HeldOut", "evaluate_held_out"]

_LEAVE_OUT = "Leave the clips of such recordings out of the test."


@dataclass(eq=False)
class HeldOut:
    """What the winner does on recordings that were kept aside.

    Parameters
    ----------
    scores : dict of str to float
        Its scores.
    n_clips : int
        On how many clips.
    accuracy : float
        Share of clips that it gets right.
    interval : tuple of (float, float)
        95 % interval of the accuracy, as by Wilson.
    tests : DataFrame
        McNemar's exact test of the winner with each rival: ``rival``, its ``accuracy``, ``only_winner`` and ``only_rival``,
        clips that only one of them gets right, ``p``, ``p_holm`` adjusted for the number of tests, and whether they are
        ``distinguishable``.
    predicted : ndarray of shape (n_clips,)
        What it says.
    label : ndarray of shape (n_clips,)
        What is true.
    guards : list of Guard
        What test and training clips have in common.
    """

    scores: dict[str, float]
    n_clips: int
    accuracy: float
    interval: tuple[float, float]
    tests: "pd.DataFrame"
    predicted: np.ndarray
    label: np.ndarray
    guards: list

    def __repr__(self) -> str:
        low, high = self.interval
        return f"HeldOut({self.n_clips} clips, accuracy {self.accuracy:.3f}, 95 % interval {low:.3f} to {high:.3f})"


def evaluate_held_out(comparison: "FeatureComparison", X, y, groups, rivals) -> HeldOut:
    """Score the winner on recordings that were kept aside, and compare it with rivals there.

    Parameters
    ----------
    comparison : FeatureComparison
        What was found on the others.
    X : sequence of n_test
        The recordings.
    y : array-like of shape (n_test,)
        Their labels.
    groups : array-like of shape (n_test,) or None
        What each was cut from.
    rivals : list of Candidate
        Whom to compare the winner with.

    Returns
    -------
    HeldOut
        Scores and tests.
    """
    import pandas as pd

    winner = comparison.best_estimator
    if winner is None:
        raise ValueError("evaluate needs the winner fitted on all clips: call compare_features with refit=True.")
    X = portable(X)
    y, groups = check_labels(X, y, groups, by="evaluate", n_classes=1)
    guards = _guards(comparison, X, y, groups)
    for guard in guards:
        if not guard.passed:
            # The caller of FeatureComparison.evaluate is three frames up.
            warnings.warn(guard.text, AudioWarning, stacklevel=3)

    clips = comparison.clips
    predicted = winner.predict(X)
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((len(clips.y), 1)), clips.y)
    said = {MAJORITY: dummy.predict(np.zeros((len(y), 1)))}
    if rivals:
        fits = (delayed(_predictions)(configured(comparison.pipeline, r.settings), clips.X, clips.y, X) for r in rivals)
        said = dict(zip([r.label for r in rivals], Parallel(n_jobs=comparison.n_jobs)(fits), strict=True)) | said
    tests = pd.DataFrame(
        [
            {"rival": name, "accuracy": (p == y).mean()}
            | dict(zip(("only_winner", "only_rival", "p"), mcnemar(predicted == y, p == y), strict=True))
            for name, p in said.items()
        ]
    )
    tests["p_holm"] = holm(tests["p"])
    tests["distinguishable"] = tests["p_holm"] < 0.05
    right = int((predicted == y).sum())
    scores = comparison.metrics.score(winner, X, y)
    return HeldOut(scores, len(y), right / len(y), wilson_interval(right, len(y)), tests, predicted, y, guards)


def _predictions(pipeline, X, y, X_test):
    return pipeline.fit(X, y).predict(X_test)


def _guards(comparison: "FeatureComparison", X, y, groups) -> list[leaks.Guard]:
    """What test and training clips have in common, as of one split."""
    clips = comparison.clips
    training, test = clips.load(), comparison.best_estimator["load"].transform(X)
    n_training = len(training)
    both = type(training)([*training.sources, *test.sources], training.settings)
    split = [(np.arange(n_training), np.arange(n_training, len(both)))]
    names = [
        (f"training clip {i}" if i < n_training else f"test clip {i - n_training}") if path is None else name
        for i, (path, name) in enumerate(zip(both.paths, leaks.short_names(both.paths), strict=True))
    ]
    labels = np.concatenate([clips.y, y])
    together = None
    if clips.groups is not None and groups is not None:
        together = np.concatenate([clips.groups, groups])
    content = [*leaks.digests(comparison.pipeline["load"].fit_transform(clips.X)), *leaks.digests(test)]
    tables = _joined(clips.X, X)
    return [
        leaks.check_groups(together, split, names, _LEAVE_OUT),
        leaks.check_recordings(tables, both, labels, together, split, names, _LEAVE_OUT)[0],
        leaks.check_identical(both, content, labels, split, names),
    ]


def _joined(X, X_test):
    """Both tables in one, so that a column that says the source of a clip can be looked at."""
    if hasattr(X, "columns") and hasattr(X_test, "columns"):
        import pandas as pd

        shared = [column for column in X.columns if column in X_test.columns]
        return pd.concat([X[shared], X_test[shared]], ignore_index=True)
    return None
