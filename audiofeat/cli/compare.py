"""``audiofeat compare``: from recordings to a table, pictures and a model."""

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

__all__ = ["compare"]

FEATURES = ("mel", "mfcc", "chroma", "bank")
MODELS = ("svm", "forest", "cnn")


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
@click.option("--features", default="mel,mfcc,chroma", show_default=True, help=f"Out of {', '.join(FEATURES)}.")
@click.option("--models", default="svm,cnn", show_default=True, help=f"Out of {', '.join(MODELS)}.")
@click.option("--sample-rate", default=16000, show_default=True, help="Sample rate of the clips [Hz].")
@click.option("--duration", default=4.0, show_default=True, help="Length of the clips [s]; others are cut or padded.")
@click.option("--folds", default=5, show_default=True, help="Folds of the cross-validation.")
@click.option(
    "--test-size", default=0.25, show_default=True, help="Share kept aside, where there is no published split."
)
@click.option("--epochs", default=None, type=int, help="Epochs of the CNN.")
@click.option("--jobs", default=None, type=int, help="Processes. [default: the number of cores]")
@click.option("--seed", default=0, show_default=True, help="Seed of folds, split and models.")
def compare(recordings, output, features, models, sample_rate, duration, folds, test_size, epochs, jobs, seed):
    """Compare feature sets and models on RECORDINGS.

    RECORDINGS is a folder with one folder of recordings for each class. Without it, the cats-and-dogs recordings are
    used where they are found (AUDIOFEAT_DATA, or fetched before), else synthetic animal calls.

    \b
    Example:
      audiofeat compare recordings/ --output results
      audiofeat predict results/model.joblib new.wav
    """
    import joblib

    from audiofeat.compare import compare_features
    from audiofeat.neural.backend import require_backend
    from audiofeat.transformers import AudioLoader

    data = _folder(recordings, folds, test_size, seed) if recordings else _demo_recordings(folds, test_size, seed)
    feature_sets = _chosen(features, _feature_sets(), "--features")
    classifiers = _chosen(models, _models(epochs, seed, n_calibration=_least(data.train[1], folds)), "--models")
    if "cnn" in classifiers:
        # A backend that is missing should be missed now, not after the first candidates.
        require_backend(by="CNNClassifier")
    click.echo(
        f"Recordings: {data.name}; {len(data.train[0])} to compare on, {len(data.test[0])} kept aside for the test"
    )

    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    loader = AudioLoader(sample_rate=sample_rate, duration=duration)
    # Those kept aside too: a bad one should not wait until the search is over.
    loader.fit_transform([*data.train[0], *data.test[0]]).check(by="audiofeat compare")
    comparison = compare_features(
        feature_sets,
        classifiers,
        *data.train,
        loader=loader,
        groups=data.groups_train,
        cv=folds,
        n_jobs=jobs or os.cpu_count(),
        memory=folder / "cache",
        random_state=seed,
        verbose=True,
    )
    _show_table(comparison.table, folds)
    files = _write(comparison, data, loader, feature_sets, folder)
    click.echo(f"\nWinner by cross-validation: {comparison.best_features} + {comparison.best_model}")
    _show_test(comparison.best_estimator, data)
    model_file = folder / "model.joblib"
    joblib.dump(comparison.best_estimator, model_file)
    click.echo("\nWritten:")
    for file, what in {**files, model_file: "the winner, fitted on all training recordings"}.items():
        click.echo(f"  {file}  {what}")
    click.echo("\nPredict a new recording with:")
    click.echo(f"  {shlex.join([_this_command(), 'predict', str(model_file)])} RECORDING")


def _feature_sets() -> dict:
    from audiofeat.transformers import MFCC, Chroma, FeatureBank, MelSpectrogram

    # At 16 kHz a frame of 64 ms every 32 ms: long enough for the pitch of a call, short enough for its shape.
    frames = {"n_fft": 1024, "hop_length": 512}
    mel, mfcc, chroma = MelSpectrogram(n_mels=64, **frames), MFCC(deltas=2, n_mels=64, **frames), Chroma(**frames)
    return {
        "mel": mel,
        "mfcc": mfcc,
        "chroma": chroma,
        "bank": FeatureBank([("mel", mel), ("mfcc", mfcc), ("chroma", chroma)]),
    }


def _models(epochs: int | None, seed: int, n_calibration: int) -> dict:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    from audiofeat.neural import CNNClassifier

    cnn = CNNClassifier(random_state=seed)
    if epochs is not None:
        cnn.set_params(epochs=epochs)
    return {
        # A support vector machine has no probabilities of its own; calibration gives them.
        "svm": CalibratedClassifierCV(make_pipeline(StandardScaler(), SVC(C=10.0)), ensemble=False, cv=n_calibration),
        "forest": ExtraTreesClassifier(300, random_state=seed),
        "cnn": cnn,
    }


def _chosen(text: str, known: dict, option: str) -> dict:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise click.BadParameter(
            f"got {text!r}; expected names out of {', '.join(known)}, with commas.", param_hint=option
        )
    return {name: known[name] for name in names}


def _demo_recordings(folds: int, test_size: float, seed: int) -> Recordings:
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


def _folder(path: str, folds: int, test_size: float, seed: int) -> Recordings:
    from audiofeat import datasets

    bunch = datasets.load_folder(path)
    return _split(str(path), bunch.data, bunch.target, None, folds, test_size, seed)


def _least(y, folds: int) -> int:
    """In how many parts the training part of a fold can be cut with every class in each, five at most."""
    smallest = int(np.unique(y, return_counts=True)[1].min())
    return max(2, min(5, smallest * (folds - 1) // folds))


def _split(name, X, y, groups, folds, test_size, seed) -> Recordings:
    from sklearn.model_selection import StratifiedGroupKFold, train_test_split

    # Enough that each class has one recording to be tested on and, in every fold, two to learn from.
    needed = max(folds, 3) + max(1, round(test_size * max(folds, 3)))
    rare = [f"{v!s} ({c})" for v, c in zip(*np.unique(y, return_counts=True), strict=True) if c < needed]
    if rare:
        raise click.ClickException(
            f"{name} has classes with fewer recordings than {folds} folds and a test need, {needed}: {', '.join(rare)}. "
            "Add recordings, or pass a smaller --folds."
        )

    indices = np.arange(len(y))
    if groups is None:
        train, test = train_test_split(indices, test_size=test_size, stratify=y, random_state=seed)
    else:
        # One fold of as many as make up the share: stratified, and no group on both sides.
        folds = StratifiedGroupKFold(max(2, round(1 / test_size)), shuffle=True, random_state=seed)
        train, test = next(folds.split(indices, y, groups))
    for_training, for_test = (([X[i] for i in part], y[part]) for part in (train, test))
    if groups is None:
        return Recordings(name, for_training, for_test)
    return Recordings(name, for_training, for_test, groups[train], groups[test])


def _show_table(table, folds: int) -> None:
    from rich.console import Console
    from rich.table import Table

    # A terminal has a width; a file or a pipe takes what is written.
    console = Console(width=None if sys.stdout.isatty() else 100, highlight=False)
    shown = Table(title=f"Accuracy in {folds}-fold cross-validation", title_justify="left")
    for name in ("features", "model"):
        shown.add_column(name)
    for name in ("mean ± std", "fit time a fold"):
        shown.add_column(name, justify="right")
    for row in table.itertuples():
        shown.add_row(row.features, row.model, f"{row.mean:.3f} ± {row.std:.3f}", f"{row.fit_time:.1f} s")
    console.print(shown)


def _show_test(winner, data: Recordings) -> None:
    X, y = data.test
    right = winner.predict(X) == y
    click.echo(f"Accuracy on the {len(y)} recordings kept aside: {right.mean():.1%}")
    if data.groups_test is None or data.groups_train is None:
        return
    apart = ~np.isin(data.groups_test, data.groups_train)
    if not apart.all():
        click.echo(
            f"{(~apart).sum()} of them share samples with a training recording; "
            f"on the other {apart.sum()} it is {right[apart].mean():.1%}"
        )


def _write(comparison, data: Recordings, loader, feature_sets: dict, folder: Path) -> dict:
    from audiofeat.cli.pictures import draw_clips, draw_confusion

    table_file, clips_file = folder / "comparison.csv", folder / "clips.png"
    confusion_file = folder / "confusion.png"
    comparison.table.to_csv(table_file, index=False)
    X_train, y_train = data.train
    X_test, y_test = data.test
    draw_clips(X_train, y_train, loader, clips_file)
    draw_confusion(comparison.best_estimator, X_test, y_test, confusion_file)
    return {
        table_file: "the table, with every fold",
        clips_file: "waveform and spectrogram of one clip per class",
        confusion_file: "confusion matrix of the winner on the recordings kept aside",
    }


def _this_command() -> str:
    """How this program was called, so that the line it prints works when pasted."""
    called = Path(sys.argv[0])
    found = shutil.which("audiofeat")
    if called.stem != "audiofeat" or (found and Path(found).resolve() == called.resolve()):
        return "audiofeat"
    here = Path.cwd()
    return str(called.relative_to(here)) if called.is_relative_to(here) else str(called)
