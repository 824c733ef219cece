"""What accuracy is measured on: recordings, labels, what belongs together, and which clips are held out in turn.

A problem is one of the published data sets by name (``cats_dogs``, ``esc10``, ``fsdd``), or

- a folder with a folder per class;
- a folder of files named ``<label>_<group>_<anything>``, as the spoken digits are;
- a folder that holds ``index.csv`` or ``train_test_split.csv``, or such a file;
- a CSV file with a column for the path and one for the label, and perhaps for the fold, the group, and where in the
  recording the clip starts and ends;
- a CSV file with the columns ``train_<class>`` and ``test_<class>``.

Held out are, in this order of preference: the published test part, each published fold, each group if they are ten or
fewer, a fifth of the groups, a fifth of the clips.
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import LeaveOneGroupOut, PredefinedSplit, StratifiedGroupKFold, StratifiedKFold

from audiofeat import datasets

__all__ = ["Problem", "Sound", "inner_folds", "open_problem"]

# Where the recordings lie if not beside their table, and what its columns may be called.
_BESIDE = ("", "audio", "wav", "recordings")
_COLUMNS = {
    "path": ("path", "filename", "file", "slice_file_name"),
    "label": ("label", "category", "class", "target"),
    "group": ("group", "source", "speaker", "recording"),
    "fold": ("fold", "split"),
}
_TABLES = ("index.csv", "train_test_split.csv")
_MOST_LEFT_OUT_ONE_BY_ONE = 10
_INNER_FOLDS = 3


class Sound(NamedTuple):
    """What the training recordings are like: rate of most [Hz], length that nine in ten do not exceed [s], number."""

    sample_rate: int
    seconds: float
    n_clips: int


@dataclass
class Problem:
    """Recordings and labels, and the rows to train and to test on, one pair for each part that is held out."""

    name: str
    data: np.ndarray | pd.DataFrame
    target: np.ndarray
    groups: np.ndarray | None
    splits: list[tuple[np.ndarray, np.ndarray]]
    held_out: str

    def clips(self, rows):
        """Some of the recordings, as `AudioLoader` takes them."""
        return self.data[rows] if isinstance(self.data, np.ndarray) else self.data.iloc[rows]

    def sound(self, rows) -> Sound:
        """Look at the headers of some recordings."""
        import soundfile

        clips = self.clips(rows)
        table = not isinstance(clips, np.ndarray)
        heads = [soundfile.info(path) for path in (clips["path"] if table else clips)]
        rates, counts = np.unique([head.samplerate for head in heads], return_counts=True)
        seconds = np.array([head.duration for head in heads])
        if table:
            # Parts of recordings: an empty cell is the beginning or the end.
            start, end = (clips.get(name, np.nan) for name in ("start", "end"))
            seconds = np.where(np.isnan(end), seconds, end) - np.nan_to_num(start)
        return Sound(int(rates[counts.argmax()]), float(np.quantile(seconds, 0.9)), len(heads))

    def smaller(self, n_clips: int) -> "Problem":
        """Keep the first split, and about `n_clips` clips of it, evenly of each class and side."""
        rng = np.random.default_rng(0)
        share = n_clips / len(self.target)
        rows = [some_of_each(side, self.target, max(20, round(share * len(side))), rng) for side in self.splits[0]]
        return replace(self, splits=[tuple(rows)])


def some_of_each(rows, target, n_clips, rng):
    """Draw about `n_clips` of the rows, as many of each class as its share."""
    if n_clips >= len(rows):
        return rows
    drawn = []
    for label in np.unique(target[rows]):
        of_class = rows[target[rows] == label]
        drawn.append(rng.permutation(of_class)[: max(3, round(n_clips * len(of_class) / len(rows)))])
    return np.sort(np.concatenate(drawn))


def inner_folds(problem: Problem, train, most_clips: int | None):
    """Split the training clips again, to choose settings: pairs of positions within `train`.

    Groups stay together. With `most_clips`, only some of them are used.
    """
    rows = np.arange(len(train))
    if most_clips is not None:
        rows = some_of_each(rows, problem.target[train], most_clips, np.random.default_rng(0))
    y = problem.target[train][rows]
    if problem.groups is None:
        folds = StratifiedKFold(_INNER_FOLDS, shuffle=True, random_state=0).split(rows, y)
    else:
        groups = problem.groups[train][rows]
        folds = StratifiedGroupKFold(_INNER_FOLDS, shuffle=True, random_state=0).split(rows, y, groups)
    return [(rows[fit], rows[check]) for fit, check in folds]


def open_problem(where: str) -> Problem:
    """List the recordings of a data set, a folder or a table."""
    if where == "cats_dogs":
        pets = datasets.fetch_cats_dogs()
        return _problem(where, pets.data, pets.target, pets.groups, test=pets.split == "test")
    if where == "esc10":
        sounds = datasets.fetch_esc10()
        return _problem(where, sounds.data, sounds.target, sounds.groups, fold=sounds.fold)
    if where == "fsdd":
        digits = datasets.fetch_fsdd()
        return _problem(where, digits.data, digits.target, digits.groups)
    path = Path(where)
    for name in _TABLES:
        if (path / name).is_file():
            return _from_table(path / name)
    if path.is_file():
        return _from_table(path)
    if any(entry.is_dir() for entry in path.iterdir()):
        pets = datasets.load_folder(path)
        return _problem(path.name, pets.data, pets.target)
    files = sorted(file for file in path.iterdir() if file.stem.count("_") >= 2)
    if not files:
        raise SystemExit(f"{where} has neither class folders nor a table nor files named <label>_<group>_<anything>.")
    labels, groups = zip(*(file.stem.split("_")[:2] for file in files), strict=True)
    return _problem(path.name, np.array([str(file) for file in files]), np.array(labels), np.array(groups))


def _from_table(table: Path) -> Problem:
    with table.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header, first = next(reader), next(reader)
    name = table.parent.name if table.name in _TABLES else table.stem
    if any(column.startswith("train_") for column in header):
        column = next(i for i, column in enumerate(header) if column.startswith("train_"))
        split = datasets.load_split_table(table, folder=_folder(table, first[column]), splits=("train", "test"))
        return _problem(name, split.data, split.target, test=split.split == "test")
    found = {what: next((c for c in names if c in header), None) for what, names in _COLUMNS.items()}
    if found["path"] is None or found["label"] is None:
        raise SystemExit(f"{table} has the columns {header}; expected some of {_COLUMNS}.")
    bunch = datasets.load_table(
        table,
        path_column=found["path"],
        label_column=found["label"],
        group_column=found["group"],
        folder=_folder(table, first[header.index(found["path"])]),
    )
    fold = None if found["fold"] is None else bunch.frame[found["fold"]].to_numpy()
    if fold is not None and set(fold) == {"train", "test"}:
        return _problem(name, bunch.data, bunch.target, bunch.get("groups"), test=fold == "test")
    return _problem(name, bunch.data, bunch.target, bunch.get("groups"), fold=fold)


def _folder(table: Path, first: str) -> Path:
    return next((table.parent / name for name in _BESIDE if (table.parent / name / first).is_file()), table.parent)


def _problem(name, data, target, groups=None, *, test=None, fold=None) -> Problem:
    rows = np.zeros(len(target))
    if test is not None:
        return Problem(name, data, target, groups, [(np.flatnonzero(~test), np.flatnonzero(test))], "the test part")
    if fold is not None:
        numbers = np.unique(fold, return_inverse=True)[1]
        return Problem(name, data, target, groups, list(PredefinedSplit(numbers).split()), "each published fold")
    if groups is None:
        splits = StratifiedKFold(5, shuffle=True, random_state=0).split(rows, target)
        return Problem(name, data, target, None, list(splits), "a fifth of the clips")
    if len(np.unique(groups)) <= _MOST_LEFT_OUT_ONE_BY_ONE:
        return Problem(name, data, target, groups, list(LeaveOneGroupOut().split(rows, target, groups)), "each group")
    splits = StratifiedGroupKFold(5, shuffle=True, random_state=0).split(rows, target, groups)
    return Problem(name, data, target, groups, list(splits), "a fifth of the groups")
