"""Sections on what was found: scores, tests, baselines, recordings kept aside."""

from typing import TYPE_CHECKING

import numpy as np

from audiofeat.compare.report.markup import Markup, joined, table_of, tag
from audiofeat.compare.report.names import names_of, parameters_in_words
from audiofeat.compare.report.pictures import scores_picture
from audiofeat.compare.words import (
    about_the_estimate,
    about_the_folds,
    about_the_rivals,
    about_the_test,
    in_words,
    p_value,
)

if TYPE_CHECKING:
    from audiofeat.compare.results import FeatureComparison

__all__ = ["guards", "held_out", "scores", "tests"]

# A search over a large grid has more rows than anyone reads; the table of the comparison has all of them.
_MOST_ROWS = 40
_MOST_DRAWN = 20
_MOST_FOLDS = 12


def guards(found) -> Markup:
    """Tell what was looked for that flatters scores.

    Parameters
    ----------
    found : list of Guard
        What was looked for.

    Returns
    -------
    Markup
        A table.
    """
    rows = [
        (
            guard.name,
            tag("span", "passed" if guard.passed else "not passed", class_="passed" if guard.passed else "failed"),
            guard.text,
        )
        for guard in found
    ]
    return table_of("What would make scores too good, and whether it was found", ("Guard", "Result", "Found"), rows)


def scores(comparison: "FeatureComparison") -> Markup:
    """Tell what each candidate and each baseline scored.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.

    Returns
    -------
    Markup
        Tables and a picture.
    """
    table = comparison.table
    best = comparison.candidates.index(next(c for c in comparison.candidates if _is_winner(comparison, c)))
    candidates = table.index[table["kind"] != "baseline"]
    kept = table.loc[[*candidates[:_MOST_ROWS], *table.index[table["kind"] == "baseline"]]]
    names = names_of(kept)
    classes = ["winner" if i == best else row.kind for i, row in zip(kept.index, kept.itertuples(), strict=True)]
    parts = [tag("p", about_the_estimate(comparison)), _main_table(comparison, kept, classes)]
    if len(candidates) > _MOST_ROWS:
        parts.append(
            tag("p", f"The best {_MOST_ROWS} of {len(candidates)} rows; comparison.table has all.", class_="note")
        )
    n_learned = int((kept["kind"] != "baseline").sum())
    drawn = kept.iloc[[*range(min(n_learned, _MOST_DRAWN)), *range(n_learned, len(kept))]]
    alt = "Mean score with 95 % interval, and the score of each fold, of " + "; ".join(
        f"{name}: {row.mean:.3f}" for name, row in zip(names_of(drawn), drawn.itertuples(), strict=True)
    )
    parts.append(scores_picture(comparison, drawn, _told_from_the_winner(comparison, drawn), alt))
    n_folds = len(comparison.splits.splits)
    if n_folds <= _MOST_FOLDS:
        head = ("Candidate", *(f"Fold {fold}" for fold in range(n_folds)))
        rows = [
            (name, *(_number(score) for score in row))
            for name, row in zip(names, kept.filter(regex=r"^fold_\d+$").to_numpy(float), strict=True)
        ]
        caption = f"{in_words(comparison.metric).capitalize()} of every fold"
        parts.append(table_of(caption, head, rows, numbers=range(1, n_folds + 1), row_classes=classes))
    if comparison.nested:
        chosen = comparison.candidates[0].fold_params or []
        told = "; ".join(f"fold {fold}: {name}" for fold, name in enumerate(chosen))
        parts.append(tag("p", f"Chosen by the inner folds: {told}.", class_="note"))
    return joined(parts)


def _main_table(comparison: "FeatureComparison", kept, classes) -> Markup:
    further = [name for name in comparison.metrics.names if name != comparison.metric]
    head = [
        *("Candidate", in_words(comparison.metric), "95 % interval", "Std", *map(in_words, further)),
        *("Features", "Fit [s]", "Predict [s]", "Parameters"),
    ]
    rows = []
    for row in kept.to_dict("records"):
        rows.append(
            (
                f"{row['features']} + {row['model']}" if row["features"] else row["model"],
                _number(row["mean"]),
                _interval(row["low"], row["high"]),
                _number(row["std"]),
                *(_number(row[f"mean_{metric}"]) for metric in further),
                row["n_features"],
                _number(row["fit_time"], 2),
                _number(row["predict_time"], 2),
                parameters_in_words(row["params"]),
            )
        )
    caption = (
        f"Mean over {about_the_folds(comparison)}, best first; the interval allows for training parts that overlap. "
        "Times are for one fold."
    )
    return table_of(caption, head, rows, numbers=range(1, 7 + len(further)), row_classes=classes)


def tests(comparison: "FeatureComparison") -> Markup:
    """Tell which candidates can be told apart.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison.

    Returns
    -------
    Markup
        Sentences and a table.
    """
    table = comparison.tests
    if table.empty:
        return tag("p", "There is one pair of features and model, so nothing to compare it with.")
    label = comparison.winner.label
    note = None
    if len(table) > _MOST_ROWS:
        table = table[(table["first"] == label) | (table["second"] == label)]
        note = tag("p", f"Those with the winner, of {len(comparison.tests)}; comparison.tests has all.", class_="note")
    rows = [
        (
            f"{row['first']} − {row['second']}",
            f"{row['difference']:+.3f}",
            _interval(row["low"], row["high"]),
            _number(row["t"], 2),
            p_value(row["p"]).removeprefix("p = ").removeprefix("p "),
            p_value(row["p_holm"]).removeprefix("p = ").removeprefix("p "),
            "distinguishable" if row["distinguishable"] else "not distinguishable",
        )
        for row in table.to_dict("records")
    ]
    head = ("Difference", in_words(comparison.metric), "95 % interval", "t", "p", "p (Holm)", "Verdict")
    return joined(
        (tag("p", line) for line in about_the_rivals(comparison)),
        table_of("Each two pairs of features and model, with their best parameters", head, rows, numbers=range(1, 6)),
        note or "",
    )


def held_out(comparison: "FeatureComparison") -> Markup:
    """Tell what the winner does on recordings that were kept aside.

    Parameters
    ----------
    comparison : FeatureComparison
        The comparison, evaluated.

    Returns
    -------
    Markup
        Sentences and tables.
    """
    found = comparison.held_out
    if found is None:
        return Markup()
    rows = [
        (
            str(row["rival"]),
            _number(row["accuracy"]),
            str(row["only_winner"]),
            str(row["only_rival"]),
            p_value(row["p"]).removeprefix("p = ").removeprefix("p "),
            p_value(row["p_holm"]).removeprefix("p = ").removeprefix("p "),
            "distinguishable" if row["distinguishable"] else "not distinguishable",
        )
        for row in found.tests.to_dict("records")
    ]
    head = ("Rival", "Accuracy", "Only winner right", "Only rival right", "p", "p (Holm)", "Verdict")
    others = ", ".join(f"{in_words(name)} {value:.3f}" for name, value in found.scores.items())
    return joined(
        tag("p", about_the_test(found)),
        tag("p", f"Scores: {others}."),
        table_of(
            "The winner and each rival on the same recordings: McNemar's exact test", head, rows, numbers=range(1, 6)
        ),
        guards(found.guards),
    )


def _told_from_the_winner(comparison: "FeatureComparison", drawn) -> list[bool]:
    """Which rows a test tells from the winner; pairs are tested with their best parameters only."""
    winner, tests = comparison.winner.label, comparison.tests
    told = {
        row.second if row.first == winner else row.first
        for row in tests[tests["distinguishable"]].itertuples()
        if winner in (row.first, row.second)
    }
    best = ~drawn.duplicated(["features", "model"]) & (drawn["kind"] == "candidate")
    labels = drawn["features"] + " + " + drawn["model"]
    return [bool(first) and label in told for first, label in zip(best, labels, strict=True)]


def _is_winner(comparison: "FeatureComparison", candidate) -> bool:
    winner = comparison.winner
    if comparison.nested:
        return (candidate.features, candidate.model) == (winner.features, winner.model)
    return candidate is winner


def _number(value: float, digits: int = 3) -> str:
    return "–" if value is None or np.isnan(value) else f"{value:.{digits}f}"


def _interval(low: float, high: float) -> str:
    return "–" if np.isnan(low) else f"{low:.3f} to {high:.3f}"
