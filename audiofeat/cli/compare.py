"""``audiofeat compare``: from recordings to a table, pictures and a model."""

import json
import os
import sys
import textwrap
import warnings
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

from audiofeat.cli import choices
from audiofeat.cli.choices import FEATURES, MODELS
from audiofeat.cli.output import predict_line

__all__ = ["compare"]


class Recordings(NamedTuple):
    """What is compared, and what is kept aside for the final test."""

    name: str
    train: tuple
    test: tuple
    # What each clip was cut from, where that is known: clips of one group belong on one side of a split.
    groups_train: np.ndarray | None = None
    groups_test: np.ndarray | None = None


@click.command()
@click.argument("recordings", required=False, type=click.Path(exists=True))
@click.option("--output", "-o", default="audiofeat-output", show_default=True, help="Folder for the results.")
@click.option(
    "--features", default="mel,mfcc,chroma", show_default=True, help=f"Out of {', '.join(FEATURES)}; with commas."
)
@click.option("--models", default="svm,cnn", show_default=True, help=f"Out of {', '.join(MODELS)}; with commas.")
@click.option("--sample-rate", type=click.IntRange(1), help="Sample rate [Hz].  [default: that of a preset, or 16000]")
@click.option(
    "--duration",
    type=click.FloatRange(min=0, min_open=True),
    default=4.0,
    show_default=True,
    help="Length of the clips [s]; others are cut or padded.",
)
@click.option("--folds", type=click.IntRange(2), default=5, show_default=True, help="Folds of the cross-validation.")
@click.option(
    "--test-size",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.25,
    show_default=True,
    help="Share kept aside for a test at the end, where there is no published split; 0 for none.",
)
@click.option("--scoring", default="accuracy", show_default=True, help="What decides, by scikit-learn's names.")
@click.option("--nested", is_flag=True, help="Choose anew in each fold: takes longer, and the score is not too good.")
@click.option("--epochs", type=click.IntRange(1), help="Epochs of the CNN.")
@click.option("--jobs", type=int, help="Processes.  [default: the number of cores]")
@click.option("--seed", default=0, show_default=True, help="Seed of folds, split and models.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def compare(recordings, output, features, models, sample_rate, duration, folds, test_size, seed, as_json, **more):
    """Compare feature sets and models on RECORDINGS.

    RECORDINGS is a folder with one folder of recordings for each class, or a CSV table with the columns path and label;
    and, if you have them, group (clips of one group stay on one side of a split) and start and end [s]. Without it, the
    cats-and-dogs recordings are used where they are found (AUDIOFEAT_DATA, or fetched before), else synthetic animal
    calls.

    \b
    Example:
      audiofeat compare recordings/ --output results
      audiofeat compare clips.csv --features mfcc,speech --models svm,forest
      audiofeat predict results/model.joblib new.wav
    """
    from audiofeat.transformers import AudioLoader

    _check_scoring(more["scoring"])
    feature_sets = choices.feature_sets(choices.chosen(features, FEATURES, "--features"))
    names = choices.chosen(models, MODELS, "--models")
    data = (_own if recordings else _demo_recordings)(recordings, folds, test_size, seed)
    y, groups = data.train[1], data.groups_train
    n_calibration = choices.least_parts(y, groups, folds, seed=seed, nested=more["nested"])
    classifiers = choices.models(names, epochs=more["epochs"], seed=seed, n_calibration=n_calibration)
    aside = f"{len(data.test[0])} kept aside for the test" if len(data.test[0]) else "none kept aside"
    click.echo(f"Recordings: {data.name}; {len(data.train[0])} to compare on, {aside}", err=as_json)
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    rate = choices.rate_of(feature_sets.values(), sample_rate)
    loader = AudioLoader(sample_rate=rate, duration=duration)
    if len(data.test[0]):
        # A bad one should not wait until the search is over; those to compare on, compare_features looks at.
        loader.fit_transform(data.test[0]).check(by="audiofeat compare")
    comparison = _compare(data, loader, feature_sets, classifiers, folder, folds, seed, more)
    files = _write(comparison, data, loader, folder)
    if as_json:
        click.echo(json.dumps(_as_values(comparison, files), ensure_ascii=False))
        return
    _show_table(comparison, folds)
    _show_words(comparison, data)
    click.echo("\nWritten:")
    width = max(len(str(file)) for file in files)
    for file, what in files.items():
        click.echo(f"  {str(file).ljust(width)}  {what}")
    click.echo("\nPredict a new recording with:")
    click.echo(f"  {predict_line(folder / 'model.joblib')}")


def _check_scoring(name: str) -> None:
    from sklearn.metrics import get_scorer_names

    if name not in get_scorer_names():
        raise click.BadParameter(
            f"got {name!r}; expected a name that scikit-learn knows, such as accuracy or f1_macro.",
            param_hint="--scoring",
        )


def _compare(data: Recordings, loader, feature_sets, classifiers, folder: Path, folds: int, seed: int, more: dict):
    from audiofeat._errors import AudioWarning
    from audiofeat.cli.workers import started
    from audiofeat.compare import compare_features

    jobs = more["jobs"] or os.cpu_count() or 1
    with started(jobs), warnings.catch_warnings():
        # What to beware of is said below the table, and in the report.
        warnings.simplefilter("ignore", AudioWarning)
        comparison = compare_features(
            feature_sets,
            classifiers,
            *data.train,
            loader=loader,
            groups=data.groups_train,
            cv=folds,
            scoring=more["scoring"],
            nested=more["nested"],
            n_jobs=jobs,
            memory=folder / "cache",
            random_state=seed,
            verbose=True if sys.stderr.isatty() else "auto",
        )
        if len(data.test[0]):
            # With the second best: whether the winner is better is what a reader asks first.
            comparison.evaluate(*data.test, groups=data.groups_test, rivals=1)
    return comparison


def _demo_recordings(_, folds: int, test_size: float, seed: int) -> Recordings:
    from audiofeat import datasets
    from audiofeat._errors import DatasetNotFoundError

    try:
        bunch = datasets.fetch_cats_dogs(download_if_missing=False)
    except DatasetNotFoundError as exc:
        if os.environ.get("AUDIOFEAT_DATA"):
            # Somebody said where they are, and should hear what is wrong there.
            click.echo("\n".join(str(exc).splitlines()[:2]), err=True)
        calls = datasets.make_animal_calls(200, random_state=seed)
        name = "synthetic animal calls, made here (the cats-and-dogs recordings are not on this machine)"
        return _split(name, calls.data, calls.target, calls.groups, folds, test_size, seed)
    name = "cats and dogs (Kaggle, mmoreaux), with their published split"
    return Recordings(
        name,
        (bunch.data_train, bunch.target_train),
        (bunch.data_test, bunch.target_test),
        bunch.groups_train,
        bunch.groups_test,
    )


def _own(path: str, folds: int, test_size: float, seed: int) -> Recordings:
    from audiofeat.cli.recordings import labelled

    bunch = labelled(path)
    return _split(str(path), bunch.data, bunch.target, bunch.get("groups"), folds, test_size, seed)


def _split(name, X, y, groups, folds, test_size, seed) -> Recordings:
    from sklearn.model_selection import StratifiedGroupKFold, train_test_split

    if not test_size:
        return Recordings(name, (X, y), (X[:0], y[:0]), groups)
    # Enough that each class has one recording to be tested on and, in every fold, two to learn from.
    needed = max(folds, 3) + max(1, round(test_size * max(folds, 3)))
    rare = [f"{v!s} ({c})" for v, c in zip(*np.unique(y, return_counts=True), strict=True) if c < needed]
    if rare:
        raise click.ClickException(
            f"{name} has classes with fewer recordings than {folds} folds and a test need, {needed}: {', '.join(rare)}. "
            "Add recordings, or pass a smaller --folds, or --test-size 0."
        )

    indices = np.arange(len(y))
    if groups is None:
        train, test = train_test_split(indices, test_size=test_size, stratify=y, random_state=seed)
    else:
        # One fold of as many as make up the share: stratified, and no group on both sides.
        splitter = StratifiedGroupKFold(max(2, round(1 / test_size)), shuffle=True, random_state=seed)
        train, test = next(splitter.split(indices, y, groups))
    # A class of an odd number is not cut at the share, and groups are not cut at all.
    aside = [(v, np.count_nonzero(y == v), np.count_nonzero(y[test] == v)) for v in np.unique(y)]
    rare = [
        f"{v!s} ({count}, of which {kept} for the test)" for v, count, kept in aside if count - kept < max(folds, 3)
    ]
    if rare:
        raise click.ClickException(
            f"{name} has classes with fewer recordings than {folds} folds need beside a test: {', '.join(rare)}. "
            "Add recordings, or pass a smaller --folds, or --test-size 0."
        )
    for_training, for_test = ((_rows(X, part), y[part]) for part in (train, test))
    if groups is None:
        return Recordings(name, for_training, for_test)
    return Recordings(name, for_training, for_test, groups[train], groups[test])


def _rows(X, rows: np.ndarray):
    return X.iloc[rows].reset_index(drop=True) if hasattr(X, "iloc") else [X[i] for i in rows]


def _console():
    from rich.console import Console

    # A terminal has a width; a file or a pipe takes what is written.
    return Console(width=None if sys.stdout.isatty() else 100, highlight=False)


def _show_table(comparison, folds: int) -> None:
    from rich.table import Table

    nested = " (nested)" if comparison.nested else ""
    metric = comparison.metric.replace("_", " ")
    title = f"{metric.capitalize()} in {folds}-fold cross-validation{nested}"
    shown = Table(title=title, title_justify="left")
    for name in ("features", "model"):
        shown.add_column(name)
    for name in ("mean ± std", "95 % interval", "fit time"):
        shown.add_column(name, justify="right", no_wrap=True)
    for row in comparison.table.itertuples():
        style = None if row.kind == "candidate" else "dim"
        interval = "" if row.low != row.low else f"{row.low:.3f} to {row.high:.3f}"
        shown.add_row(
            row.features, row.model, f"{row.mean:.3f} ± {row.std:.3f}", interval, f"{row.fit_time:.1f} s", style=style
        )
    _console().print(shown)


def _show_words(comparison, data: Recordings) -> None:
    # The library speaks of its own parameters; here they are options.
    words = comparison.summary().replace("nested=True", "--nested").replace(" and comparison.evaluate", "")
    sentences = words.splitlines()
    held_out = comparison.held_out
    if held_out is not None and data.groups_test is not None and data.groups_train is not None:
        apart = ~np.isin(data.groups_test, data.groups_train)
        right = held_out.predicted == held_out.label
        if not apart.all():
            sentences.append(
                f"{(~apart).sum()} of the recordings kept aside share samples with a training recording; on the other "
                f"{apart.sum()} the accuracy is {right[apart].mean():.3f}."
            )
    click.echo()
    for sentence in sentences:
        click.echo(textwrap.fill(sentence, _console().width, initial_indent="  ", subsequent_indent="    "))


def _write(comparison, data: Recordings, loader, folder: Path) -> dict:
    from audiofeat.cli.pictures import draw_clips, draw_confusion
    from audiofeat.persistence import save_model

    model_file = folder / "model.joblib"
    save_model(comparison.best_estimator, model_file, *data.train)
    report, table, clips = folder / "report.html", folder / "comparison.csv", folder / "clips.png"
    comparison.to_html(report, model_file=model_file)
    comparison.table.to_csv(table, index=False)
    X, y = data.train
    draw_clips(X, y, loader, clips)
    files = {report: "the report: tests, guards, mistakes to listen to", table: "the table, with every fold"}
    files[clips] = "waveform and spectrogram of one clip per class"
    if comparison.held_out is not None:
        files[folder / "confusion.png"] = "confusion matrix of the winner on the recordings kept aside"
        draw_confusion(comparison.held_out.label, comparison.held_out.predicted, folder / "confusion.png")
    return {**files, model_file: "the winner, fitted on all training recordings"}


def _as_values(comparison, files: dict) -> dict:
    """The result for programs."""
    return {
        "features": comparison.best_features,
        "model": comparison.best_model,
        "metric": comparison.metric,
        "score": comparison.best_score,
        "table": _records(comparison.table.drop(columns=["params", "fold_params"], errors="ignore")),
        "differences": _records(comparison.tests),
        "beware": [guard.text for guard in comparison.guards if not guard.passed],
        "test": None if comparison.held_out is None else _tested(comparison.held_out),
        "files": [str(file) for file in files],
    }


def _tested(held_out) -> dict:
    low, high = held_out.interval
    accuracy = {"accuracy": held_out.accuracy, "low": low, "high": high}
    return {"n_clips": held_out.n_clips, **accuracy, "rivals": _records(held_out.tests)}


def _records(table) -> list[dict]:
    # By way of JSON, in which what is missing is null; pandas would round small p-values to ten places.
    return json.loads(table.to_json(orient="records", double_precision=15))
