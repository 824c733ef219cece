"""``audiofeat extract``: a table of features, one row a clip."""

import json
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import click
import numpy as np

from audiofeat.cli.choices import FEATURES, chosen
from audiofeat.cli.unfinished import Part, Unfinished, Unit, forget, signature

__all__ = ["extract"]

# Clips between two transactions: little is lost when the process is stopped, and threads have work.
_AT_ONCE = 64
# Of long ones fewer, as soon as each thread has had this much [s].
_SECONDS_AT_ONCE = 600.0
_ROWS_AT_ONCE = 2048
_NONE = "none"


@click.command()
@click.argument("recordings", nargs=-1, required=True)
@click.option("--output", "-o", required=True, type=click.Path(dir_okay=False), help="Table: .parquet or .csv.")
@click.option("--features", default="mfcc", show_default=True, help=f"Out of {', '.join(FEATURES)}; with commas.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="Parameter of the features; may be repeated."
)
@click.option("--sample-rate", type=click.IntRange(1), help="Sample rate [Hz].  [default: that of a preset, or 16000]")
@click.option(
    "--duration",
    type=click.FloatRange(min=0, min_open=True),
    help="Length that clips are cut to [s].  [default: theirs]",
)
@click.option("--window", type=click.FloatRange(min=0, min_open=True), help="One row per window of this length [s].")
@click.option(
    "--hop", type=click.FloatRange(min=0, min_open=True), help="From window to window [s].  [default: --window]"
)
@click.option("--labels", is_flag=True, help="Add the column 'label': the folder that a recording lies in.")
@click.option("--jobs", type=int, help="Threads.  [default: the number of cores]")
@click.option("--restart", is_flag=True, help="Begin anew where a run was stopped.")
@click.option("--overwrite", is_flag=True, help="Replace a finished table.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def extract(recordings, output, window, hop, labels, jobs, restart, overwrite, as_json, **chosen_features):
    """Write the features of RECORDINGS to a table, one row a clip.

    RECORDINGS are files, folders, patterns such as 'field/**/*.wav', or one CSV table with the column path, and start
    and end [s] where clips are parts of recordings; its other columns are carried over. Those that cannot be read are
    listed in a side table (.failed.csv), and the exit code is 1.

    What has been done is kept in a file .unfinished beside the output. If a run is stopped, run the same command again.

    The table says how it came about: in the Parquet metadata under "audiofeat", or in a JSON file beside the CSV file.

    \b
    Example:
      audiofeat extract recordings/ -o features.parquet --features speech
      audiofeat extract clips.csv -o mfcc.csv --set n_mfcc=13 --set n_fft=512
    """
    from audiofeat.cli.tables import check_output, write_problems

    file = Path(output)
    check_output(file)
    work = file.with_name(file.name + ".unfinished")
    if restart:
        forget(work)
    if file.exists() and not (overwrite or work.exists()):
        raise click.UsageError(f"{file} is there already. Pass --overwrite to replace it, or choose another --output.")
    if hop is not None and window is None:
        raise click.UsageError("--hop needs --window.")
    cut = {"window": window, "hop": hop}
    units, extra = _units(recordings, labels, windowed=window is not None)
    pipeline = _pipeline(**chosen_features)
    settings = _settings(pipeline, cut)
    unfinished = Unfinished(work, settings)
    try:
        _extract(pipeline, units, unfinished, cut, jobs or os.cpu_count() or 1)
        problems = _problems(units, unfinished)
        beside = write_problems(file, problems)
        if len(problems) < len(units):
            n_rows = _write(file, pipeline, units, extra, unfinished, settings)
        unfinished.remove()
    except KeyboardInterrupt:
        n_done = len(unfinished.done())
        click.echo(f"{n_done:,} of {len(set(units)):,} done. Run the same command again to go on.", err=True)
        raise
    finally:
        unfinished.close()
    if len(problems) == len(units):
        raise click.ClickException(_nothing_read(file, problems, beside))
    values = {
        "output": str(file),
        "n_clips": len(units) - len(problems),
        "n_rows": n_rows,
        "n_failed": len(problems),
        "n_features": len(pipeline[-1].get_feature_names_out()),
        "failed": None if beside is None else str(beside),
    }
    _report(values, as_json, windowed=window is not None)
    if problems:
        click.get_current_context().exit(1)


def _units(recordings, labels: bool, *, windowed: bool) -> tuple[list[Unit], dict[str, list[str | None]]]:
    """What is asked for, and the columns that come with it."""
    from audiofeat.cli.recordings import find_recordings

    if len(recordings) == 1 and Path(recordings[0]).suffix.lower() in (".csv", ".tsv"):
        if labels:
            raise click.UsageError("--labels is for folders; a table brings its own columns.")
        return _units_of_table(recordings[0], windowed=windowed)
    paths = list(dict.fromkeys(find_recordings(recordings)))
    extra: dict[str, list[str | None]] = (
        {"label": [Path(path).absolute().parent.name for path in paths]} if labels else {}
    )
    return [Unit(path) for path in paths], extra


def _units_of_table(table: str, *, windowed: bool) -> tuple[list[Unit], dict[str, list[str | None]]]:
    import pandas as pd

    from audiofeat.datasets._frames import read_table, resolve

    frame, folder, _ = read_table(table, folder=None, by="audiofeat extract", text_columns=True)
    if "path" not in frame.columns:
        raise click.ClickException(f"{table} has columns {', '.join(frame.columns)}; expected one called path.")
    if missing := [str(i + 2) for i in np.flatnonzero(frame["path"].isna())[:10]]:
        raise click.ClickException(f"{table} has no path in line {', '.join(missing)}.")
    times = {}
    for name in ("start", "end"):
        text = frame.get(name, pd.Series(None, index=frame.index, dtype=object))
        numbers = pd.to_numeric(text, errors="coerce")
        if wrong := [str(i + 2) for i in np.flatnonzero(numbers.isna() & text.notna())[:10]]:
            raise click.ClickException(f"{table}: {name} in line {', '.join(wrong)} is no number of seconds.")
        times[name] = [None if np.isnan(value) else value for value in numbers.astype(float).tolist()]
    if windowed and any(value is not None for values in times.values() for value in values):
        raise click.UsageError("--window cuts whole recordings, and the table has start or end.")
    units = [Unit(*unit) for unit in zip(resolve(frame["path"], folder), times["start"], times["end"], strict=True)]
    carried = frame.drop(columns=["path", "start", "end"], errors="ignore")
    return units, {str(name): [None if value != value else value for value in carried[name]] for name in carried}


def _pipeline(features: str, settings, sample_rate: int | None, duration: float | None):
    """Loader and features, fitted: all they learn from clips is their rate."""
    from sklearn.pipeline import make_pipeline

    from audiofeat.cli.choices import one_feature_set, rate_of
    from audiofeat.transformers import AudioLoader

    extractor = one_feature_set(chosen(features, FEATURES, "--features"), settings)
    rate = rate_of([extractor], sample_rate)
    silence = np.zeros(rate, dtype=np.float32)
    pipeline = make_pipeline(AudioLoader(sample_rate=rate, duration=duration), extractor).fit([(rate, silence)])
    if not extractor._gives_table():
        raise click.UsageError("A table has one row a clip, and pooling=None gives a row a frame. Choose statistics.")
    return pipeline


def _settings(pipeline, cut: dict) -> dict[str, str]:
    """What rows depend on, to be the same when a run goes on."""
    from audiofeat._sklearn import whole_repr
    from audiofeat._version import __version__

    loader, features = (" ".join(whole_repr(step).split()) for _, step in pipeline.steps)
    windows = {name: _NONE if value is None else f"{value:g} s" for name, value in cut.items()}
    return {"audiofeat": __version__, "loader": loader, "features": features, **windows}


def _extract(pipeline, units: list[Unit], unfinished: Unfinished, cut: dict, jobs: int) -> None:
    from audiofeat._progress import progress

    done = unfinished.done()
    signatures = {path: signature(path) for path in {unit.path for unit in units}}
    # What could not be read is tried again: somebody may have mended it. So is what has changed.
    missing = [unit for unit in dict.fromkeys(units) if done.get(unit.name) != (signatures[unit.path], None)]
    n_done = len(set(units)) - len(missing)
    if n_done:
        click.echo(f"Going on where the last run was stopped: {n_done:,} of {len(set(units)):,} done.", err=True)
    for name in pipeline[-1].get_params():
        if name.rpartition("__")[2] == "n_jobs":
            pipeline[-1].set_params(**{name: jobs})
    with progress() as report:
        report.say("Extracting", total=len(missing))
        if cut["window"] is None:
            for block in _blocks_of_sound(missing, pipeline[0].duration, jobs):
                results = _rows(pipeline, block)
                unfinished.add([(u, signatures[u.path], result) for u, result in zip(block, results, strict=True)])
                report.advance(len(block))
            return
        for unit in missing:
            unfinished.add([(unit, signatures[unit.path], _windows(pipeline, unit.path, cut))])
            report.advance()


def _rows(pipeline, block: list[Unit]) -> list[list[Part] | str]:
    """The row of each unit, or what is wrong with it."""
    import pandas as pd

    from audiofeat.cli.recordings import of_those_that_work

    clips = pd.DataFrame(block, columns=["path", "start", "end"]).astype({"start": float, "end": float})
    good, features, problems = of_those_that_work(clips, pipeline.transform)
    results: list = [problems.get(i, "") for i in range(len(block))]
    for row, i in enumerate(good.tolist()):
        results[i] = [Part(block[i].start, block[i].end, features[row])]
    return results


def _windows(pipeline, path: str, cut: dict) -> list[Part] | str:
    """A row for each window of a recording, or what is wrong with it."""
    from audiofeat import datasets
    from audiofeat._errors import AudioInputError

    loader, extractor = pipeline[0], pipeline[-1]
    try:
        table = datasets.windows([path], **cut)
        clips = loader.transform(table)
        blocks = [extractor.transform(clips[start : start + _AT_ONCE]) for start in range(0, len(clips), _AT_ONCE)]
    except AudioInputError as exc:
        return exc.problems[0].reason
    times = zip(table["start"].tolist(), table["end"].tolist(), strict=True)
    return [Part(*bounds, row) for bounds, row in zip(times, np.concatenate(blocks), strict=True)]


def _problems(units: list[Unit], unfinished: Unfinished) -> list[tuple]:
    """What could not be read, with the reason."""
    done = unfinished.done()
    return [(*unit, done[unit.name][1]) for unit in units if done[unit.name][1] is not None]


def _write(file: Path, pipeline, units, extra, unfinished: Unfinished, settings: dict[str, str]) -> int:
    """Write the table, and say how many rows it has."""
    from audiofeat._progress import progress
    from audiofeat.cli.tables import write_table
    from audiofeat.persistence.provenance import record

    n_failed = len(_problems(units, unfinished))
    timed = settings["window"] != _NONE or any(unit.start is not None or unit.end is not None for unit in units)
    columns = ["path", *(["start", "end"] if timed else []), *extra]
    names = pipeline[-1].get_feature_names_out().tolist()
    if twice := [name for name in extra if name in ("path", "start", "end", *names)]:
        raise click.ClickException(f"The table has a column {twice[0]!r}, as the features do. Rename it.")
    facts = record(pipeline)
    provenance = {
        "made": facts.saved,
        "python": facts.python,
        "platform": facts.platform,
        "packages": facts.packages,
        "sample_rate": facts.sample_rate,
        **{name: value for name, value in settings.items() if value != _NONE and name not in facts.packages},
        "n_clips": len(units) - n_failed,
        "n_failed": n_failed,
    }
    n_rows = 0

    def counted(blocks):
        nonlocal n_rows
        for left, right in blocks:
            n_rows += len(right)
            yield left, right

    with progress() as report:
        report.say("Writing", total=len(units))
        write_table(file, columns, names, counted(_batches(units, extra, unfinished, timed, report)), provenance)
    return n_rows


def _batches(units, extra, unfinished: Unfinished, timed: bool, report) -> Iterator[tuple[list, np.ndarray]]:
    def rows():
        for i, unit in enumerate(units):
            for part in unfinished.parts(unit):
                yield i, part
            report.advance()

    for block in _blocks(rows(), _ROWS_AT_ONCE):
        places, parts = zip(*block, strict=True)
        left = [[units[i].path for i in places]]
        if timed:
            left += [[part.start for part in parts], [part.end for part in parts]]
        left += [[values[i] for i in places] for values in extra.values()]
        yield left, np.stack([part.features for part in parts])


def _blocks(items: Iterable, size: int) -> Iterator[list]:
    iterator = iter(items)
    while block := list(islice(iterator, size)):
        yield block


def _blocks_of_sound(units: list[Unit], duration: float | None, jobs: int) -> Iterator[list[Unit]]:
    """Units to extract before the next transaction."""
    from joblib import effective_n_jobs

    n_threads = effective_n_jobs(jobs)
    block: list[Unit] = []
    seconds = 0.0
    for unit in units:
        block.append(unit)
        seconds += _seconds(unit, duration)
        enough = len(block) >= n_threads and seconds >= n_threads * _SECONDS_AT_ONCE
        if enough or len(block) == _AT_ONCE:
            yield block
            block, seconds = [], 0.0
    if block:
        yield block


def _seconds(unit: Unit, duration: float | None) -> float:
    """How much of a recording is read [s]."""
    from audiofeat._errors import ClipError
    from audiofeat.audio.files import file_facts

    try:
        # The loader asks for the same, which are remembered.
        facts = file_facts(unit.path)
    except ClipError:
        return 0.0
    end = facts.n_samples / facts.sample_rate if unit.end is None else unit.end
    seconds = max(0.0, end - (unit.start or 0.0))
    return seconds if duration is None else min(seconds, duration)


def _nothing_read(file: Path, problems: list[tuple], beside: Path | None) -> str:
    if len(problems) == 1:
        path, *_, reason = problems[0]
        return f"{path}: {reason}. So {file} was not written."
    return f"None of the {len(problems):,} recordings could be read; {beside} says why. So {file} was not written."


def _report(values: dict, as_json: bool, *, windowed: bool) -> None:
    if as_json:
        click.echo(json.dumps(values))
        return
    n_rows, n_clips = values["n_rows"], values["n_clips"]
    clips = f"{n_clips:,} {'clip' if n_clips == 1 else 'clips'}"
    if windowed:
        clips = f"{n_rows:,} {'window' if n_rows == 1 else 'windows'} of {clips.replace('clip', 'recording')}"
    click.echo(f"{values['output']}: {clips}, {values['n_features']:,} features each")
    if values["failed"] is not None:
        click.echo(f"{values['failed']}: {values['n_failed']:,} that could not be read", err=True)
