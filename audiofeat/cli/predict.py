"""``audiofeat predict``: labels for new recordings, and timelines of long ones."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

__all__ = ["predict"]

# Recordings predicted at once: their features wait in memory, and a result should not be long in coming.
_AT_ONCE = 32
_STDIN = "-"
FORMATS = ("text", "csv", "json", "audacity")


@click.command(short_help="Print labels of RECORDINGS, or timelines of long ones.")
@click.argument("model", type=click.Path(exists=True, dir_okay=False))
@click.argument("recordings", nargs=-1, required=True)
@click.option(
    "--window",
    type=click.FloatRange(min=0, min_open=True),
    help="Predict a timeline, in windows of this length [s], best that of the clips the model was trained on.",
)
@click.option(
    "--hop",
    type=click.FloatRange(min=0, min_open=True),
    help="From the start of one window to the start of the next [s].  [default: --window]",
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="See below.  [default: by --output, else text]")
@click.option("--json", "form", flag_value="json", help="Short for --format json.")
@click.option(
    "--output", "-o", type=click.Path(), help="Write to this file; label tracks of several recordings to this folder."
)
def predict(model, recordings, window, hop, form, output):
    """Print the label of each of the RECORDINGS, and how probable the MODEL finds it.

    RECORDINGS are files, folders, patterns such as 'field/**/*.wav', or - for one recording on standard input. With
    --window, what the model says along each recording. Of those that cannot be read, stderr tells, and the exit code
    is 1.

    Only load a MODEL that you trust: a .joblib file can run any code when it is loaded; a .skops file cannot.

    \b
    Example:
      audiofeat predict model.joblib new.wav more/
      audiofeat predict model.joblib night.flac --window 3 --hop 1 -o night.csv
      audiofeat predict model.joblib night.flac --window 3 -o night.txt
      ffmpeg -i film.mkv -f wav - | audiofeat predict model.joblib -

    \b
    Formats:
      text      path, label, probability, with tabs; with --window also start, end
      csv       the same with a header, and the probability of each class
      json      an object a line; has "error" where a recording cannot be read
      audacity  a label track, windows of one label as one region; needs --window
    """
    from audiofeat.cli.formats import make_writer
    from audiofeat.cli.recordings import find_recordings
    from audiofeat.persistence import load_model

    if hop is not None and window is None:
        raise click.UsageError("--hop needs --window.")
    form = form or _form_of(output, timeline=window is not None)
    if form == "audacity" and window is None:
        raise click.UsageError("--format audacity needs --window: a label track says what is where.")
    if recordings.count(_STDIN) > 1:
        raise click.UsageError("- can stand for standard input once only.")
    names = [path for name in recordings for path in ([name] if name == _STDIN else find_recordings([name]))]
    if form == "audacity" and len(names) > 1 and output is None:
        raise click.UsageError(
            f"A label track is of one recording, and there are {len(names)}: name a folder, -o FOLDER."
        )
    fitted = load_model(model)
    if not hasattr(fitted, "predict"):
        raise click.ClickException(f"{model} holds a {type(fitted).__name__}; expected a fitted pipeline.")
    n_bad = 0
    with _files(names) as files, make_writer(form, output, names, timeline=window is not None) as writer:
        # Lines that come one after the other on a terminal show progress enough, and a bar would stand in their way.
        bar = "auto" if output is not None or not sys.stdout.isatty() else False
        results = _labels(fitted, files, bar) if window is None else _timelines(fitted, files, window, hop)
        for name, found in results:
            if isinstance(found, str):
                n_bad += 1
                writer.problem(name, found)
                click.echo(f"{name}: {found}", err=True)
            else:
                writer.write(name, found)
    if n_bad:
        if len(names) > 1:
            click.echo(f"{n_bad} of {len(names)} recordings could not be read.", err=True)
        click.get_current_context().exit(1)


def _form_of(output: str | None, *, timeline: bool) -> str:
    suffix = "" if output is None else Path(output).suffix.lower()
    by_suffix = {".csv": "csv", ".json": "json", ".jsonl": "json", ".txt": "audacity" if timeline else "text"}
    return by_suffix.get(suffix, "text")


@contextmanager
def _files(names: list[str]) -> Iterator[list[tuple[str, str]]]:
    """Pairs of name and file; what comes on standard input gets a file, in which one can go to and fro."""
    if _STDIN not in names:
        yield [(name, name) for name in names]
        return
    with tempfile.TemporaryDirectory(prefix="audiofeat-") as folder:
        spool = Path(folder) / "standard-input"
        with spool.open("wb") as file:
            while piece := sys.stdin.buffer.read(2**20):
                file.write(piece)
        yield [(name, str(spool) if name == _STDIN else name) for name in names]


def _labels(model, files: list[tuple[str, str]], bar: bool | str) -> Iterator[tuple]:
    """Pairs of name, and predictions for it or what is wrong with it, in order."""
    from audiofeat._progress import progress
    from audiofeat.cli.recordings import of_those_that_work
    from audiofeat.timeline import predict_clips

    with progress(bar) as report:
        report.say("Predicting", total=len(files))
        for start in range(0, len(files), _AT_ONCE):
            part = files[start : start + _AT_ONCE]
            good, found, problems = of_those_that_work(
                [file for _, file in part], lambda clips: predict_clips(model, clips)
            )
            place = {index: row for row, index in enumerate(good.tolist())}
            for i, (name, _) in enumerate(part):
                yield name, problems[i] if i in problems else found.rows(slice(place[i], place[i] + 1))
            report.advance(len(part))


def _timelines(model, files: list[tuple[str, str]], window: float, hop: float | None) -> Iterator[tuple]:
    from audiofeat import predict_recording
    from audiofeat._errors import AudioInputError

    for name, file in files:
        try:
            yield name, predict_recording(model, file, window=window, hop=hop)
        except AudioInputError as exc:
            # Of one recording, one problem is enough.
            yield name, exc.problems[0].reason
