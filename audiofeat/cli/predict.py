"""``audiofeat predict``: labels for new recordings."""

import csv
import json
import sys
from pathlib import Path

import click
import numpy as np

from audiofeat._errors import MissingExtraError

__all__ = ["predict"]


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False))
@click.argument("recordings", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
def predict(model, recordings, as_json):
    """Print the label of each of the RECORDINGS, and how probable the MODEL finds it.

    Only load a MODEL that you trust: a joblib file can run any code.

    \b
    Example:
      audiofeat predict results/model.joblib new.wav more/*.wav
    """
    pipeline = _load(model)
    # A folder stands for the recordings in it.
    paths = [str(p) for name in recordings for p in (_files_in(Path(name)) if Path(name).is_dir() else [name])]
    labels = pipeline.predict(paths)
    probabilities = np.max(pipeline.predict_proba(paths), axis=1) if hasattr(pipeline, "predict_proba") else None
    writer = csv.writer(sys.stdout, delimiter="\t", lineterminator="\n")
    for i, (path, label) in enumerate(zip(paths, labels.tolist(), strict=True)):
        probability = None if probabilities is None else round(float(probabilities[i]), 4)
        if as_json:
            click.echo(json.dumps({"path": path, "label": label, "probability": probability}))
        else:
            writer.writerow([path, label, *([] if probability is None else [f"{probability:.3f}"])])


def _load(model: str):
    import joblib

    try:
        pipeline = joblib.load(model)
    except MissingExtraError:
        raise
    except Exception as exc:
        # What a file that is no pickle makes of the unpickler is anything at all.
        raise click.ClickException(f"{model} is no model that joblib can load ({type(exc).__name__}: {exc}).") from exc
    if not hasattr(pipeline, "predict"):
        raise click.ClickException(f"{model} holds a {type(pipeline).__name__}; expected a fitted pipeline.")
    return pipeline


def _files_in(folder: Path) -> list[Path]:
    from audiofeat.datasets._paths import is_audio, natural_key

    files = [path for path in folder.rglob("*") if is_audio(path.name) and path.is_file()]
    files.sort(key=lambda path: natural_key(str(path)))
    if not files:
        raise click.ClickException(f"{folder} holds no recordings; expected files such as .wav, .flac, .ogg or .mp3.")
    return files
