"""``audiofeat train``: one pipeline of your choice, scored and saved."""

import json
import os
import tempfile

import click

from audiofeat.cli.choices import FEATURES, MODELS, chosen

__all__ = ["train"]


@click.command(short_help="Train one model on RECORDINGS, score it, and save it.")
@click.argument("recordings", type=click.Path(exists=True))
@click.option(
    "--output",
    "-o",
    default="model.joblib",
    show_default=True,
    help="Model file: .joblib, or .skops, which runs no code.",
)
@click.option("--features", default="mfcc", show_default=True, help=f"Out of {', '.join(FEATURES)}; with commas.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Parameter of the features; may be repeated."
)
@click.option("--model", default="svm", show_default=True, help=f"One of {', '.join(MODELS)}.")
@click.option("--sample-rate", type=click.IntRange(1), help="Sample rate [Hz].  [default: that of a preset, or 16000]")
@click.option(
    "--duration",
    type=click.FloatRange(min=0),
    default=4.0,
    show_default=True,
    help="Length of the clips [s]; others are cut or padded. 0 leaves each its length.",
)
@click.option(
    "--folds", type=int, default=5, show_default=True, help="Folds of the cross-validation; 0 goes without one."
)
@click.option("--epochs", type=click.IntRange(1), help="Epochs of the CNN.")
@click.option("--jobs", type=int, help="Processes.  [default: the number of cores]")
@click.option("--seed", default=0, show_default=True, help="Seed of folds and model.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def train(recordings, output, features, settings, model, sample_rate, duration, folds, epochs, jobs, seed, as_json):
    """Train one model on RECORDINGS, score it by cross-validation, and save it.

    RECORDINGS is a folder with one folder of recordings for each class, or a CSV table with the columns path and label;
    and, if you have them, group (clips of one group stay on one side of a split) and start and end [s].

    To find out which features and which model to choose, use audiofeat compare.

    \b
    Example:
      audiofeat train recordings/ -o model.joblib --features mfcc --model svm
      audiofeat train clips.csv -o model.skops --features speech --model svm
      audiofeat predict model.joblib new.wav
    """
    from audiofeat.cli.choices import least_parts, models, one_feature_set, rate_of
    from audiofeat.cli.output import predict_line
    from audiofeat.cli.recordings import labelled
    from audiofeat.transformers import AudioLoader

    _check(output, folds)
    extractor = one_feature_set(chosen(features, FEATURES, "--features"), settings)
    names = chosen(model, MODELS, "--model")
    if len(names) != 1:
        raise click.BadParameter(
            f"got {model!r}; expected one. Use audiofeat compare for several.", param_hint="--model"
        )
    data = labelled(recordings)
    n_calibration = least_parts(data.target, data.get("groups"), folds, seed=seed)
    classifier = models(names, epochs=epochs, seed=seed, n_calibration=n_calibration)[names[0]]
    loader = AudioLoader(sample_rate=rate_of([extractor], sample_rate), duration=duration or None)
    if not as_json:
        click.echo(f"Recordings: {len(data.target):,}; {_counted(data.target)}")
    # Processes start on the first search or not at all; a single fit runs here.
    n_jobs = jobs or os.cpu_count() or 1
    if folds:
        fitted, scores = _compared(extractor, (names[0], classifier), data, loader, folds, n_jobs, seed)
    else:
        fitted, scores = _fitted(extractor, classifier, data, loader), None
    _save(fitted, output, data)
    if as_json:
        facts = {"output": output, "n_clips": len(data.target), "classes": fitted.classes_.tolist()}
        click.echo(json.dumps({**facts, "accuracy": scores}))
        return
    if scores is not None:
        _show(scores, folds)
    click.echo(f"\n{output}  trained on all recordings. Predict a new one with:")
    click.echo(f"  {predict_line(output)}")


def _check(output: str, folds: int) -> None:
    from audiofeat.cli.output import check_model_file

    check_model_file(output)
    if folds < 0 or folds == 1:
        raise click.BadParameter(f"got {folds}; expected 2 or more, or 0.", param_hint="--folds")


def _compared(extractor, model: tuple, data, loader, folds: int, jobs: int, seed: int):
    """The pipeline fitted on all clips, and its scores."""
    from audiofeat.cli.workers import started
    from audiofeat.compare import compare_features

    with tempfile.TemporaryDirectory(prefix="audiofeat-", ignore_cleanup_errors=True) as store, started(jobs):
        comparison = compare_features(
            {"features": extractor},
            dict([model]),
            data.data,
            data.target,
            loader=loader,
            groups=data.get("groups"),
            cv=folds,
            n_jobs=jobs,
            memory=store,
            random_state=seed,
        )
    table = comparison.table
    row, majority = table.iloc[0], table[(table["kind"] == "baseline") & (table["model"] == "majority class")]
    scores = {
        "mean": float(row["mean"]),
        "std": float(row["std"]),
        "low": float(row["low"]),
        "high": float(row["high"]),
        "folds": [float(row[f"fold_{fold}"]) for fold in range(folds)],
        "majority_class": float(majority["mean"].iloc[0]) if len(majority) else None,
    }
    return comparison.best_estimator, scores


def _fitted(extractor, classifier, data, loader):
    from sklearn.pipeline import Pipeline

    from audiofeat.compare.candidates import reads_maps
    from audiofeat.transformers.shape import framewise, pooled

    shaped = framewise(extractor) if reads_maps(classifier) else pooled(extractor)
    return Pipeline([("load", loader), ("features", shaped), ("model", classifier)]).fit(data.data, data.target)


def _save(fitted, output: str, data) -> None:
    from audiofeat.persistence import save_model
    from audiofeat.persistence.trust import trusted_types

    if output.endswith(".skops"):
        import skops.io

        # Asked now: a file that load_model refuses would be of no use to anybody.
        strange = set(skops.io.get_untrusted_types(data=skops.io.dumps(fitted))) - set(trusted_types())
        if strange:
            raise click.ClickException(
                f"{output} would not load, for it would hold types that are not trusted: {', '.join(sorted(strange))}. "
                "Save it as .joblib, or choose another --model."
            )
    save_model(fitted, output, data.data, data.target)


def _counted(target) -> str:
    from audiofeat.datasets._bunches import counted

    return counted(target)


def _show(scores: dict, folds: int) -> None:
    click.echo(
        f"Accuracy in {folds}-fold cross-validation: {scores['mean']:.3f}, 95 % interval "
        f"{scores['low']:.3f} to {scores['high']:.3f}"
    )
    click.echo(f"  folds           {'  '.join(f'{score:.3f}' for score in scores['folds'])}")
    if scores["majority_class"] is not None:
        click.echo(f"  majority class  {scores['majority_class']:.3f}")
