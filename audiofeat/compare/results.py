"""What a comparison found: table, tests, words."""

from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.base import clone

from audiofeat._progress import progress
from audiofeat.audio import AudioBatch
from audiofeat.compare import leaks
from audiofeat.compare.candidates import BASELINE, CANDIDATE, SELECTION, Candidate
from audiofeat.compare.evaluation import configured, evaluate
from audiofeat.compare.held_out import HeldOut, evaluate_held_out
from audiofeat.compare.statistics import corrected_interval, corrected_t_test, holm
from audiofeat.compare.words import summarise

__all__ = ["ComparedClips", "FeatureComparison"]


class ComparedClips(NamedTuple):
    """The clips of a comparison.

    Parameters
    ----------
    X : sequence or DataFrame of n_clips
        As the user gave them.
    y : ndarray of shape (n_clips,)
        Their labels.
    groups : ndarray of shape (n_clips,) or None
        What each was cut from.
    loader : AudioLoader
        How they are loaded.
    """

    X: object
    y: np.ndarray
    groups: np.ndarray | None
    loader: object

    def load(self) -> AudioBatch:
        """Load them.

        Returns
        -------
        AudioBatch
            The clips, which are decoded when they are asked for.
        """
        return clone(self.loader).fit_transform(self.X)


class FeatureComparison:
    """What `compare_features` found.

    Parameters
    ----------
    search : search estimator
        The fitted search.
    candidates : list of Candidate
        Everything that was scored: candidates best first, then baselines.
    winner : Candidate
        The best candidate of the search.
    metrics : Metrics
        The scores.
    splits : FixedSplits
        The folds.
    clips : ComparedClips
        The clips.
    guards : list of Guard
        What was looked for that flatters scores.
    suspected_groups : ndarray of shape (n_clips,) or None
        Clips that seem to be cut from one recording, if any lie on both sides of a split.
    pipeline : Pipeline
        What the settings of candidates belong to, with the store of features.
    settings : dict of str to str
        How it was compared, for the report.
    n_jobs : int or None, default=None
        Number of processes.

    Attributes
    ----------
    table : DataFrame
        One row per candidate, best first, then the baselines. See Notes.
    tests : DataFrame
        Pairwise tests of the differences, as of `compare`.
    predictions : DataFrame
        What the winner says of each clip that it has not learned from.
    guards : list of Guard
        What was looked for that flatters scores: each with `name`, `passed`, `text` and `clips`.
    suspected_groups : ndarray of shape (n_clips,) or None
        Clips that seem to be cut from one recording, if any lie on both sides of a split: to pass as ``groups``.
    best_features, best_model : str
        Names of the winner.
    best_score : float
        Its mean score over the folds. It was chosen for it, so that new recordings will score a little lower; in a
        nested cross-validation it is the score of the choice itself, which is not too good.
    best_estimator : Pipeline or None
        The winner, fitted on all clips: it takes recordings, and predicts. None without `refit`.
    held_out : HeldOut or None
        What `evaluate` found.
    classes : ndarray of str or int
        The labels.
    metric : str
        The score that decides.
    nested : bool
        Whether scores are those of a nested cross-validation.
    search : search estimator
        The fitted search.

    Notes
    -----
    The columns of `table` are ``features``, ``model``; ``kind``, "candidate", "baseline", or "selection" for the choice
    among candidates in a nested cross-validation; ``params``, the parameters that were tried, in a nested
    cross-validation those that all clips together choose, and there ``fold_params``, those of each fold;
    ``n_features``, columns, or rows × frames; ``n_clips``, if a search by halving compared on fewer than all; ``mean``,
    ``std``, ``low`` and ``high`` of the 95 % interval with the variance corrected for overlapping folds; ``fold_0``,
    ``fold_1``, ... each fold; ``fit_time`` and ``predict_time`` [s per fold], with a store of features without the time
    to compute them. Of further scores, ``mean_<score>`` and so forth.
    """

    def __init__(
        self,
        search,
        candidates,
        *,
        winner,
        metrics,
        splits,
        clips,
        guards,
        suspected_groups,
        pipeline,
        settings,
        n_jobs=None,
    ):
        self.search = search
        self.candidates = candidates
        self.winner = winner
        self.metrics = metrics
        self.splits = splits
        self.clips = clips
        self.guards = guards
        self.suspected_groups = suspected_groups
        self.pipeline = pipeline
        self.settings = settings
        self.n_jobs = n_jobs
        self.held_out: HeldOut | None = None

    @property
    def table(self):
        """One row per candidate, best first, then the baselines."""
        import pandas as pd

        rows = []
        for candidate in self.candidates:
            row: dict = {
                "features": candidate.features,
                "model": candidate.model,
                "kind": candidate.kind,
                "params": candidate.params,
            }
            if self.nested:
                row["fold_params"] = candidate.fold_params
            row["n_features"] = candidate.n_features
            if candidate.n_clips is not None:
                row["n_clips"] = candidate.n_clips
            for metric in self.metrics.names:
                row |= self._scores(candidate, metric)
            rows.append(row | {"fit_time": candidate.fit_time, "predict_time": candidate.predict_time})
        return pd.DataFrame(rows)

    @property
    def tests(self):
        """Pairwise tests of the differences between pairs of features and model, as of `compare`."""
        return self.compare()

    def compare(self, metric: str | None = None, *, alpha: float = 0.05):
        """Test the difference between each two pairs of features and model.

        Parameters
        ----------
        metric : str or None, default=None
            The score; None for the one that decides.
        alpha : float, default=0.05
            Chance of calling any two different, were none of them.

        Returns
        -------
        DataFrame
            One row for each two pairs, each with its best parameters: ``first`` and ``second``, the ``difference`` of
            their scores, its 95 % interval ``low`` to ``high``, ``t`` and ``p`` of the corrected resampled t-test,
            ``p_holm`` adjusted for the number of tests, and whether they are ``distinguishable``.

        Notes
        -----
        The test of Nadeau and Bengio allows for training parts that overlap [1]_; p-values are adjusted as by Holm [2]_.
        Two that are not distinguishable may yet differ: there were too few recordings to tell.

        References
        ----------
        .. [1] Nadeau, C., Bengio, Y. (2003). Inference for the generalization error. Machine Learning 52, 239-281.
           https://doi.org/10.1023/A:1024068626366
        .. [2] Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of
           Statistics 6, 65-70. https://www.jstor.org/stable/4615733
        """
        import pandas as pd

        metric = self._metric(metric)
        pairs = self._pairs()
        tests = [
            (a.label, b.label, *corrected_t_test(a.scores[metric], b.scores[metric], self.splits.ratio))
            for a, b in combinations(pairs, 2)
        ]
        table = pd.DataFrame(tests, columns=["first", "second", "difference", "low", "high", "t", "p"])
        table["p_holm"] = holm(table["p"])
        table["distinguishable"] = table["p_holm"] < alpha
        return table

    def fold_scores(self, metric: str | None = None):
        """Give the scores of each fold.

        Parameters
        ----------
        metric : str or None, default=None
            The score; None for the one that decides.

        Returns
        -------
        DataFrame
            A row for each row of `table`, named by features and model, and a column for each fold.
        """
        import pandas as pd

        metric = self._metric(metric)
        return pd.DataFrame(
            [candidate.scores[metric] for candidate in self.candidates],
            index=[candidate.label for candidate in self.candidates],
        )

    @property
    def predictions(self):
        """What the winner, fitted on the training part of each fold, says of the clips of its test part.

        A row for each clip that a fold tests: ``clip``, its place in `X`; ``path``; ``fold``; ``label``; ``predicted``;
        ``confidence``, the probability of the prediction, or its decision value from a model without probabilities, or NaN
        from one with neither. Computed when first asked for, in as many fits as there are folds.
        """
        import pandas as pd

        results = self._winner_predictions()
        paths = self.clips.load().paths
        parts = []
        for fold, ((_, test), result) in enumerate(zip(self.splits.splits, results, strict=True)):
            confidence = (
                np.full(len(test), np.nan) if result.probabilities is None else result.probabilities.max(axis=1)
            )
            parts.append(
                pd.DataFrame(
                    {
                        "clip": test,
                        "path": [paths[i] for i in test],
                        "fold": fold,
                        "label": self.clips.y[test],
                        "predicted": result.predicted,
                        "confidence": confidence,
                    }
                )
            )
        return pd.concat(parts, ignore_index=True)

    def evaluate(self, X, y, *, groups=None, rivals: int | None = None, verbose="auto") -> HeldOut:
        """Score the winner once on recordings that were kept aside, and compare it with the others there.

        Parameters
        ----------
        X : sequence, 2-D array or DataFrame of n_test
            Recordings that `compare_features` has not seen.
        y : array-like of shape (n_test,)
            Their labels.
        groups : array-like of shape (n_test,) or None, default=None
            What each was cut from, named as in the groups of the comparison.
        rivals : int or None, default=None
            With how many of the other pairs of features and model the winner is compared, the best first; each is fitted
            on all training clips. None means all of them, 0 only the majority class.
        verbose : {"auto"} or bool, default="auto"
            Whether to show progress, as in `compare_features`.

        Returns
        -------
        HeldOut
            Scores and McNemar's tests, also kept as ``held_out`` for the report.

        Raises
        ------
        ValueError
            If the winner was not refitted, or there are not as many labels as clips.

        Warns
        -----
        AudioWarning
            If test clips are the same as training clips, or seem to be cut from the same recordings.
        """
        pairs = [pair for pair in self._pairs() if (pair.features, pair.model) != (self.best_features, self.best_model)]
        with progress(verbose) as report:
            report.say("Evaluating on recordings kept aside")
            self.held_out = evaluate_held_out(self, X, y, groups, pairs[:rivals])
        return self.held_out

    def to_html(
        self, path, *, title: str | None = None, model_file=None, max_mistakes: int = 12, verbose="auto"
    ) -> Path:
        """Write a report: one HTML file that loads nothing from elsewhere.

        Parameters
        ----------
        path : path-like
            The file; an existing one is replaced.
        title : str or None, default=None
            Its title; None for "Comparison of features and models".
        model_file : str, path-like or None, default=None
            Where the winner was saved, for the lines that tell how to load it.
        max_mistakes : int, default=12
            How many of the mistakes that the winner was surest of are shown, each with a picture and up to five seconds
            of sound.
        verbose : {"auto"} or bool, default="auto"
            Whether to show progress, as in `compare_features`.

        Returns
        -------
        Path
            The file.

        Notes
        -----
        The report holds excerpts of recordings and the names of their files: mind whom they belong to when you pass it on.
        """
        from audiofeat.compare.report import write_report

        title = title or "Comparison of features and models"
        return write_report(self, path, title=title, model_file=model_file, max_mistakes=max_mistakes, verbose=verbose)

    def summary(self) -> str:
        """Say in words what was found.

        Returns
        -------
        str
            The winner, what it is not distinguishable from, how good the estimate is, baselines, and what to beware of.
        """
        return "\n".join(summarise(self))

    @property
    def metric(self) -> str:
        """The score that decides."""
        return self.metrics.main

    @property
    def nested(self) -> bool:
        """Whether scores are those of a nested cross-validation."""
        return any(candidate.kind == SELECTION for candidate in self.candidates)

    @property
    def classes(self) -> np.ndarray:
        """The labels."""
        return np.unique(self.clips.y)

    @property
    def best_features(self) -> str:
        """Name of the winner's feature set."""
        return self.winner.features

    @property
    def best_model(self) -> str:
        """Name of the winner's model."""
        return self.winner.model

    @property
    def best_score(self) -> float:
        """The winner's mean score, or in a nested cross-validation that of the choice."""
        scored = self.candidates[0] if self.nested else self.winner
        return float(scored.scores[self.metric].mean())

    @property
    def best_estimator(self):
        """The winner, fitted on all clips."""
        return getattr(self.search, "best_estimator_", None)

    def __repr__(self) -> str:
        n_candidates = sum(candidate.kind == CANDIDATE for candidate in self.candidates)
        best = f"best: {self.winner.label}, {self.best_score:.3f}"
        return f"FeatureComparison({n_candidates} candidates, {best})"

    def _repr_html_(self) -> str:
        shown = self.table.drop(columns=["fold_params"], errors="ignore").round(3)
        return shown.to_html(index=False, notebook=True)

    def _metric(self, metric: str | None) -> str:
        if metric is None:
            return self.metric
        if metric not in self.metrics.names:
            raise ValueError(f"Got metric={metric!r}; expected one of {', '.join(self.metrics.names)}.")
        return metric

    def _pairs(self) -> list[Candidate]:
        """The best candidate of each pair of features and model, of those compared on all clips."""
        pairs: dict[tuple[str, str], Candidate] = {}
        most = max((c.n_clips or 0) for c in self.candidates)
        for candidate in self.candidates:
            if candidate.kind == CANDIDATE and (candidate.n_clips or 0) == most:
                pairs.setdefault((candidate.features, candidate.model), candidate)
        return list(pairs.values())

    def _scores(self, candidate: Candidate, metric: str) -> dict:
        """Columns of one score."""
        scores = candidate.scores[metric]
        low, high = np.clip(corrected_interval(scores, self.splits.ratio), *self.metrics.bounds(metric))
        # Of the folds as a sample: with few of them, dividing by n would understate the spread.
        std = scores.std(ddof=1) if len(scores) > 1 else np.nan
        columns = {"mean": scores.mean(), "std": std, "low": low, "high": high}
        columns |= {f"fold_{fold}": score for fold, score in enumerate(scores)}
        return columns if metric == self.metric else {f"{name}_{metric}": value for name, value in columns.items()}

    def _winner_predictions(self):
        """What the winner says in each fold; in a nested cross-validation, the winning pair as each fold sets it."""
        if self.winner.predictions is None:
            same = (c for c in self.candidates if (c.features, c.model) == (self.best_features, self.best_model))
            scored = next((c for c in same if c.predictions is not None), None)
            self.winner.predictions = scored.predictions if scored else self._fitted_again()
        return self.winner.predictions

    def _fitted_again(self):
        pipelines = [configured(self.pipeline, self.winner.settings) for _ in self.splits.splits]
        X, y = self.clips.X, self.clips.y
        return evaluate(pipelines, X, y, self.splits.splits, self.metrics, n_jobs=self.n_jobs, predictions=True)

    def _look_at_shuffled_labels(self) -> None:
        """Add the guard that needs the scores."""
        import warnings

        from audiofeat._errors import AudioWarning

        majority, shuffled = (c.scores[self.metric] for c in self.candidates if c.kind == BASELINE)
        groups = self.suspected_groups if self.clips.groups is None else self.clips.groups
        n_units = len(self.clips.y) if groups is None else len(np.unique(groups.astype(str)))
        guard = leaks.check_shuffled(shuffled, majority, self.splits.ratio, n_units, self.metric)
        self.guards.append(guard)
        if not guard.passed:
            # The caller of compare_features is two frames up.
            warnings.warn(guard.text, AudioWarning, stacklevel=3)
