"""How predictions are written: text, CSV, JSON lines, label tracks for Audacity."""

import csv
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from audiofeat.timeline import Predictions

__all__ = ["Writer", "make_writer", "regions"]

_PREFIX = "probability_"


class Writer:
    """Writes what is predicted, one recording at a time; this one as text.

    Parameters
    ----------
    file : text file
        Where to.
    width : int, default=0
        How wide the column of names is; 0 puts a tab behind each.
    """

    def __init__(self, file: TextIO, width: int = 0):
        self.file = file
        self.width = width

    def write(self, name: str, found) -> None:
        """Write predictions.

        Parameters
        ----------
        name : str
            The recording.
        found : Predictions of one clip, or DataFrame
            Its label, or its timeline.
        """
        for start, end, label, probabilities in _rows(found):
            parts = [name.ljust(self.width)]
            if start is not None:
                parts += [f"{start:.2f}", f"{end:.2f}"]
            parts.append(str(label))
            if probabilities:
                parts.append(f"{probabilities[label]:.3f}")
            self.file.write(("  " if self.width else "\t").join(parts) + "\n")

    def problem(self, name: str, reason: str) -> None:
        """Write that a recording could not be read.

        Parameters
        ----------
        name : str
            The recording.
        reason : str
            What is wrong with it.
        """


class _Json(Writer):
    """An object a line."""

    def write(self, name: str, found) -> None:
        for start, end, label, probabilities in _rows(found):
            times = {} if start is None else {"start": start, "end": end}
            probability = round(probabilities[label], 6) if probabilities else None
            each = {str(key): round(value, 6) for key, value in probabilities.items()}
            line = {"path": name, **times, "label": label, "probability": probability, "probabilities": each or None}
            self.file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def problem(self, name: str, reason: str) -> None:
        self.file.write(json.dumps({"path": name, "error": reason}, ensure_ascii=False) + "\n")


class _Csv(Writer):
    """A table with a header."""

    def __init__(self, file: TextIO):
        super().__init__(file)
        self._writer = csv.writer(file, lineterminator="\n")
        self._begun = False

    def write(self, name: str, found) -> None:
        for start, end, label, probabilities in _rows(found):
            times = {} if start is None else {"start": f"{start:.6g}", "end": f"{end:.6g}"}
            row = {"path": name, **times, "label": label}
            if probabilities:
                row["probability"] = f"{probabilities[label]:.6g}"
                row |= {f"{_PREFIX}{key}": f"{value:.6g}" for key, value in probabilities.items()}
            if not self._begun:
                self._writer.writerow(row)
                self._begun = True
            self._writer.writerow(row.values())


class _Audacity(Writer):
    """A label track: start, end and label of each region, with tabs."""

    def write(self, name: str, found) -> None:
        for start, end, label, probability in regions(found):
            shown = "" if probability is None else f" {probability:.2f}"
            # A tab or a line break in a label would end it.
            self.file.write(f"{start:.6f}\t{end:.6f}\t{' '.join(str(label).split())}{shown}\n")


class _Tracks(Writer):
    """A label track for each of several recordings."""

    def __init__(self, folder: Path, names: list[str]):
        self._files = _track_files(folder, names)

    def write(self, name: str, found) -> None:
        file = self._files[name]
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", encoding="utf-8", newline="\n") as track:
            _Audacity(track).write(name, found)


@contextmanager
def make_writer(form: str, output: str | None, names: list[str], *, timeline: bool) -> Iterator[Writer]:
    """Open what predictions are written to.

    Parameters
    ----------
    form : {"text", "csv", "json", "audacity"}
        The format.
    output : str or None
        File or, for several label tracks, folder; None means standard output.
    names : list of str
        The recordings to come.
    timeline : bool
        Whether each is predicted in windows.

    Yields
    ------
    Writer
        What writes them.
    """
    several = len(names) > 1
    if form == "audacity" and output is not None and (several or Path(output).is_dir()):
        yield _Tracks(Path(output), names)
        return
    with _opened(output) as file:
        if form == "text":
            # In columns for people, with tabs for programs.
            width = max(map(len, names), default=0) if file.isatty() else 0
            yield Writer(file, width)
        else:
            yield {"csv": _Csv, "json": _Json, "audacity": _Audacity}[form](file)


@contextmanager
def _opened(output: str | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    if not Path(output).absolute().parent.is_dir():
        raise click.ClickException(f"There is no folder {Path(output).parent} to write to. Make it first.")
    with Path(output).open("w", encoding="utf-8", newline="") as file:
        yield file


def regions(timeline) -> list[tuple]:
    """Join neighbouring windows of one label.

    Parameters
    ----------
    timeline : DataFrame
        As `predict_recording` returns it.

    Returns
    -------
    list of (float, float, label, float or None)
        Start and end [s], label and mean probability. Where windows of two labels overlap, the border lies halfway.
    """
    joined: list[list] = []
    for start, end, label, probabilities in _rows(timeline):
        probability = [probabilities[label]] if probabilities else []
        if joined and joined[-1][2] == label and start <= joined[-1][1]:
            joined[-1][1] = end
            joined[-1][3] += probability
            continue
        if joined and start < joined[-1][1]:
            start = joined[-1][1] = (start + joined[-1][1]) / 2
        joined.append([start, end, label, probability])
    return [(start, end, label, sum(p) / len(p) if p else None) for start, end, label, p in joined]


def _rows(found) -> Iterator[tuple]:
    """Start, end, label, and probability of each class by label; no times of a single clip."""
    if isinstance(found, Predictions):
        for i, label in enumerate(found.labels.tolist()):
            classes = [] if found.classes is None or found.probabilities is None else found.classes.tolist()
            values = [] if found.probabilities is None else found.probabilities[i].tolist()
            yield None, None, label, dict(zip(classes, values, strict=True))
        return
    columns = [name for name in found.columns if name.startswith(_PREFIX)]
    # Labels may be numbers; the names of columns are text.
    by_name = {f"{_PREFIX}{label}": label for label in found["label"].unique().tolist()}
    classes = [by_name.get(name, name.removeprefix(_PREFIX)) for name in columns]
    times = zip(found["start"].tolist(), found["end"].tolist(), found["label"].tolist(), strict=True)
    for (start, end, label), values in zip(times, found[columns].to_numpy().tolist(), strict=True):
        yield start, end, label, dict(zip(classes, values, strict=True))


def _track_files(folder: Path, names: list[str]) -> dict[str, Path]:
    """A file for each recording, called like it; those of one name are told apart by their folders."""
    paths = {name: Path("standard-input" if name == "-" else name).absolute() for name in names}
    stems = {path.stem for path in paths.values()}
    if len(stems) == len(paths):
        return {name: folder / f"{path.stem}.txt" for name, path in paths.items()}
    common = os.path.commonpath([path.parent for path in paths.values()])
    return {name: folder / f"{'_'.join(path.relative_to(common).parts)}.txt" for name, path in paths.items()}
