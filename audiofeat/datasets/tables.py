"""Recordings listed in a table: one row per clip, which may be a part of a recording."""

import os

import numpy as np
from sklearn.utils import Bunch

from audiofeat._errors import AudioInputError, ClipProblem
from audiofeat.datasets._bunches import counted, underlined
from audiofeat.datasets._frames import read_table, resolve
from audiofeat.datasets._paths import path_array, require_files

__all__ = ["load_table"]

_DESCR = """\
{heading}
{n_clips} clips in {n_classes} classes: {classes}.
"""


def load_table(
    table,
    *,
    path_column="path",
    label_column="label",
    group_column="auto",
    start_column="auto",
    end_column="auto",
    folder=None,
    return_X_y=False,
):
    """List the recordings of a table with one row per clip.

    Choose it when labels stand in a CSV file or a DataFrame, when clips are parts of longer recordings, or when clips
    belong together (one speaker, one animal, one recording) and a split must keep them so.

    Parameters
    ----------
    table : str, path-like or pandas.DataFrame
        The table, or the path of a CSV file in UTF-8 (with tabs if its name ends in ``.tsv``).
    path_column : str, default="path"
        The column with the path of the recording behind each clip.
    label_column : str, default="label"
        The column with the label of each clip; labels are returned as strings.
    group_column : str or None, default="auto"
        The column that says which clips belong together; ``"auto"`` takes the column ``group`` if there is one, None
        takes none.
    start_column : str or None, default="auto"
        The column that says where in the recording the clip starts [s]; an empty cell means at its start. ``"auto"``
        takes the column ``start`` if there is one.
    end_column : str or None, default="auto"
        The column that says where in the recording the clip ends [s]; an empty cell means at its end. ``"auto"`` takes
        the column ``end`` if there is one.
    folder : str, path-like or None, default=None
        The folder that relative paths start from; None for the folder that the table lies in, or the working folder
        for a DataFrame.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` in place of the Bunch.

    Returns
    -------
    sklearn.utils.Bunch or tuple
        With the fields

        data : ndarray of shape (n_clips,) or pandas.DataFrame
            Absolute paths of the recordings as strings, in the order of the table; a DataFrame with the columns
            ``path``, ``start`` and ``end`` if the clips are parts of recordings. `AudioLoader` takes both.
        target : ndarray of shape (n_clips,)
            The label of each clip, a string.
        target_names : ndarray of shape (n_classes,)
            The labels in sorted order.
        groups : ndarray of shape (n_clips,)
            The group of each clip, a string; only if the table says.
        frame : pandas.DataFrame
            The table as it was read, all columns, for what else it says.
        DESCR : str
            What was found where.

        or, with ``return_X_y=True``, the tuple ``(data, target)``.

    Raises
    ------
    AudioInputError
        If recordings are missing, labels or groups are empty, or times are no times; all clips at once.
    FileNotFoundError
        If the table or the folder does not exist.
    ValueError
        If the table has no such column, has no rows or cannot be read.

    Warns
    -----
    AudioWarning
        If it has a column ``start`` and, in place of ``end``, one called ``duration`` or ``stop``, which is not read.

    See Also
    --------
    load_folder : When the labels are the names of folders.
    load_split_table : When the columns of a table are the splits.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import pandas as pd
    >>> import soundfile
    >>> from audiofeat.datasets import load_table
    >>> table = pd.DataFrame({"path": ["farm.wav"] * 2, "label": ["cow", "hen"], "start": [0.0, 2.5], "end": [2.5, 4.0]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(Path(folder) / "farm.wav", np.zeros(64000), 16000)
    ...     farm = load_table(table, folder=folder)
    >>> farm.data[["start", "end"]]
       start  end
    0    0.0  2.5
    1    2.5  4.0
    >>> farm.target
    array(['cow', 'hen'], dtype='<U3')
    """
    import pandas as pd

    wanted = {"path_column": path_column, "label_column": label_column, "group_column": group_column}
    wanted |= {"start_column": start_column, "end_column": end_column}
    text = {
        name if name != "auto" else "group" for name in (path_column, label_column, group_column) if name is not None
    }
    frame, folder, source = read_table(table, folder=folder, by="load_table", text_columns=text)
    column = {parameter: _find_column(frame, parameter, name, source) for parameter, name in wanted.items()}
    if end_column == "auto" and column["start_column"] == "start":
        from audiofeat.audio.inputs import warn_of_ends_unread

        warn_of_ends_unread(frame.columns, "load_table")

    names = frame[column["path_column"]]
    _refuse_missing(names, names, "no path", column["path_column"])
    if not all(isinstance(name, (str, os.PathLike)) for name in names):
        raise TypeError(
            f"load_table got path_column={path_column!r}, whose cells are no paths (dtype {names.dtype}). Name the column "
            "that holds them."
        )
    paths = resolve(names, folder)
    require_files(
        paths,
        by="load_table",
        advice=f"Relative paths were looked for in {str(folder)!r}: give another folder=, or correct the table.",
    )
    target = _text(frame[column["label_column"]], names, "no label", column["label_column"])
    target_names = np.unique(target)
    times = {
        name: _seconds(frame[column[f"{name}_column"]], names, column[f"{name}_column"])
        for name in ("start", "end")
        if column[f"{name}_column"] is not None
    }
    _refuse_impossible_times(times, names)
    data = pd.DataFrame({"path": paths, **times}) if times else path_array(paths)
    if return_X_y:
        return data, target
    bunch = Bunch(
        data=data,
        target=target,
        target_names=target_names,
        frame=frame.copy(),
        DESCR=_DESCR.format(
            heading=underlined(f"Recordings of {source}"),
            n_clips=len(target),
            n_classes=len(target_names),
            classes=counted(target),
        ),
    )
    if column["group_column"] is not None:
        bunch["groups"] = _text(frame[column["group_column"]], names, "no group", column["group_column"])
    return bunch


def _find_column(frame, parameter, name, source):
    """Return the column a parameter means, None for none."""
    if name is None and parameter not in ("path_column", "label_column"):
        return None
    if name == "auto" and parameter not in ("path_column", "label_column"):
        usual = parameter.removesuffix("_column")
        return usual if usual in frame.columns else None
    if name not in frame.columns:
        columns = [str(column) for column in frame.columns]
        mark = next((mark for mark in (";", "\t") if len(columns) == 1 and mark in columns[0]), None)
        # What spreadsheets write where the comma is a decimal sign.
        cure = f" Read it with pandas.read_csv({source}, sep={mark!r}), and pass the DataFrame." if mark else ""
        raise ValueError(
            f"load_table got {parameter}={name!r}, which is no column of {source}. Its columns are {columns}.{cure}"
        )
    return name


def _refuse_missing(values, names, reason, column):
    missing = np.flatnonzero(values.isna())
    if len(missing):
        raise AudioInputError(
            "load_table",
            [ClipProblem(int(i), _shown(names.iloc[i]), reason) for i in missing],
            n_clips=len(values),
            advice=f"Fill the empty cells of column {column!r}, or remove these rows.",
        )


def _text(values, names, reason, column) -> np.ndarray:
    """Values as strings, none of them missing or blank."""
    stripped = [value.strip() if isinstance(value, str) else value for value in values]
    values = values.where(np.array([value != "" for value in stripped], dtype=bool))
    _refuse_missing(values, names, reason, column)
    return np.array([str(value) for value in stripped], dtype=np.str_)


def _seconds(values, names, column) -> np.ndarray:
    """Values as seconds, NaN where a cell is empty."""
    import pandas as pd

    seconds = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = np.flatnonzero((np.isnan(seconds) & values.notna().to_numpy()) | np.isinf(seconds))
    if len(wrong):
        raise AudioInputError(
            "load_table",
            [ClipProblem(int(i), _shown(names.iloc[i]), f"{column} is {values.iloc[i]!r}") for i in wrong],
            n_clips=len(values),
            advice=f"Column {column!r} should hold seconds as numbers, or nothing.",
        )
    return seconds


def _refuse_impossible_times(times, names):
    start = np.nan_to_num(times.get("start", np.zeros(len(names))), nan=0.0)
    end = np.nan_to_num(times.get("end", np.full(len(names), np.inf)), nan=np.inf)
    problems = [
        ClipProblem(i, _shown(names.iloc[i]), f"starts at {start[i]:g} s and ends at {end[i]:g} s")
        for i in np.flatnonzero((start < 0) | (end <= start)).tolist()
    ]
    if problems:
        raise AudioInputError(
            "load_table", problems, n_clips=len(names), advice="Clips should start at 0 s or later and end after that."
        )


def _shown(name):
    return str(name) if isinstance(name, (str, os.PathLike)) else None
