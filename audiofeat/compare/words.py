"""What a comparison found, in sentences for the summary and the report."""

from typing import TYPE_CHECKING

import numpy as np

from audiofeat.compare.candidates import BASELINE, CANDIDATE
from audiofeat.compare.statistics import corrected_t_test

if TYPE_CHECKING:
    from audiofeat.compare.held_out import HeldOut
    from audiofeat.compare.results import FeatureComparison

__all__ = [
    "about_the_estimate",
    "about_the_folds",
    "about_the_rivals",
    "about_the_test",
    "in_words",
    "p_value",
    "spoken",
    "summarise",
]


def summarise(comparison: "FeatureComparison") -> list[str]:
    """Say what was found.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.

    Returns
    -------
    list of str
        A sentence or two each.
    """
    lines = [about_the_winner(comparison), *about_the_rivals(comparison)]
    lines += [about_the_estimate(comparison), *about_the_baselines(comparison)]
    if comparison.held_out is not None:
        lines.append(about_the_test(comparison.held_out))
    lines += [f"Beware: {guard.text}" for guard in comparison.guards if not guard.passed]
    return lines


def about_the_winner(comparison: "FeatureComparison") -> str:
    """Name the winner.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.

    Returns
    -------
    str
        Its name and score.
    """
    n_candidates = sum(candidate.kind == CANDIDATE for candidate in comparison.candidates)
    row = _row(comparison)
    what = "; chosen anew in each fold, such a winner has a" if comparison.nested else ", with a"
    metric = in_words(comparison.metric)
    return (
        f"The best of {n_candidates} candidates is {comparison.winner.label}{what} mean {metric} of {row['mean']:.3f} "
        f"(95 % interval {row['low']:.3f} to {row['high']:.3f}) over {about_the_folds(comparison)}."
    )


def about_the_folds(comparison: "FeatureComparison") -> str:
    """Say on what candidates were scored.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.

    Returns
    -------
    str
        Number of folds and clips; a search by halving may have compared on a part of them.
    """
    n_clips, n_used = len(comparison.clips.y), comparison.winner.n_clips
    part = "" if n_used in (None, n_clips) else f"{n_used} of the "
    return f"{len(comparison.splits.splits)} folds of {part}{n_clips} clips"


def about_the_rivals(comparison: "FeatureComparison") -> list[str]:
    """Say which of the others the winner can be told from.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.

    Returns
    -------
    list of str
        A sentence about those it cannot, and one about those it can; none without others.
    """
    winner = comparison.winner.label
    tests = comparison.tests
    tests = tests[(tests["first"] == winner) | (tests["second"] == winner)]
    told = []
    for distinguishable in (False, True):
        others = [
            f"{row.second if row.first == winner else row.first} "
            f"(difference {row.difference if row.first == winner else -row.difference:+.3f}, {p_value(row.p_holm)})"
            for row in tests[tests["distinguishable"] == distinguishable].itertuples()
        ]
        if others and distinguishable:
            told.append(f"It is distinguishable from {spoken(others)}.")
        elif others:
            told.append(f"It is not distinguishable from {spoken(others)}: these folds cannot tell which is better.")
    if told:
        told.append(
            "Differences are tested by the corrected resampled t-test of Nadeau and Bengio, p-values adjusted by Holm's "
            "method for the number of tests."
        )
    return told


def about_the_estimate(comparison: "FeatureComparison") -> str:
    """Say how far the winner's score can be trusted.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.

    Returns
    -------
    str
        Whether it is unbiased.
    """
    n_candidates = sum(candidate.kind == CANDIDATE for candidate in comparison.candidates)
    if comparison.nested:
        return (
            "The estimate is not biased by the choice: the cross-validation is nested, so that the clips that give a score "
            "had no part in choosing features, model and parameters."
        )
    if n_candidates == 1:
        return "The estimate is unbiased by choice: there was one candidate to choose from."
    return (
        f"The estimate is a little too good: the winner is the best of {n_candidates} on the very folds it is scored by. "
        "nested=True, or recordings kept aside and comparison.evaluate, give one without this bias."
    )


def about_the_baselines(comparison: "FeatureComparison") -> list[str]:
    """Say whether the winner is better than a model that has learned nothing.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.

    Returns
    -------
    list of str
        A sentence for each baseline.
    """
    metric = comparison.metric
    scored = comparison.candidates[0] if comparison.nested else comparison.winner
    told = []
    for baseline in (candidate for candidate in comparison.candidates if candidate.kind == BASELINE):
        scores = baseline.scores[metric]
        if np.isnan(scores).any():
            continue
        test = corrected_t_test(scored.scores[metric], scores, comparison.splits.ratio)
        verdict = "distinguishable from the winner" if test.p < 0.05 else "not distinguishable from the winner"
        told.append(f"Baseline {baseline.label}: {scores.mean():.3f}, {verdict} ({p_value(test.p)}).")
    return told


def about_the_test(held_out: "HeldOut") -> str:
    """Say what the winner does on recordings that were kept aside.

    Parameters
    ----------
    held_out : HeldOut
        What `FeatureComparison.evaluate` found.

    Returns
    -------
    str
        Its accuracy, and whom it can be told from there.
    """
    low, high = held_out.interval
    text = (
        f"On {held_out.n_clips} recordings kept aside the winner has an accuracy of {held_out.accuracy:.3f} (95 % interval "
        f"{low:.3f} to {high:.3f})."
    )
    same = held_out.tests[~held_out.tests["distinguishable"]]
    if len(same):
        names = spoken([f"{rival} ({p_value(p)})" for rival, p in zip(same["rival"], same["p_holm"], strict=True)])
        text += f" By McNemar's test it is not distinguishable there from {names}."
    return text


def in_words(metric: str) -> str:
    """Write the name of a score.

    Parameters
    ----------
    metric : str
        As scikit-learn calls it.

    Returns
    -------
    str
        With spaces.

    Examples
    --------
    >>> from audiofeat.compare.words import in_words
    >>> in_words("balanced_accuracy")
    'balanced accuracy'
    """
    return metric.replace("_", " ")


def p_value(p: float) -> str:
    """Write a p-value.

    Parameters
    ----------
    p : float
        The p-value.

    Returns
    -------
    str
        With two digits, and not smaller than anyone should believe.

    Examples
    --------
    >>> from audiofeat.compare.words import p_value
    >>> p_value(0.0423), p_value(1e-9)
    ('p = 0.042', 'p < 0.001')
    """
    if np.isnan(p):
        return "p unknown"
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"


def spoken(items: list[str]) -> str:
    """Join items as in speech.

    Parameters
    ----------
    items : list of str
        The items.

    Returns
    -------
    str
        With commas, and an "and" before the last.

    Examples
    --------
    >>> from audiofeat.compare.words import spoken
    >>> spoken(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))


def _row(comparison: "FeatureComparison"):
    """The row of the table that tells how good the winner is."""
    table = comparison.table
    if comparison.nested:
        return table.iloc[0]
    return table.iloc[comparison.candidates.index(comparison.winner)]
