"""Recordings listed in a ragged split table: a column per split and class, file names below.

Conventions: a column ``<split>_<class>`` lists the files of one class in one split: what stands before the first
underscore is the split, the rest is the class, so ``train_guinea_pig`` is the class ``guinea_pig``. Columns need not be of
one length; empty cells are nothing.
"""

import re
import warnings

import numpy as np
from sklearn.utils import Bunch

from audiofeat._errors import AudioWarning
from audiofeat.datasets._bunches import counted, cut_by_split, underlined
from audiofeat.datasets._frames import read_table, resolve
from audiofeat.datasets._paths import path_array, require_files

__all__ = ["load_split_table"]

_SPLIT_COLUMN = re.compile(r"([^_]+)_(.+)", re.DOTALL)

_DESCR = """\
{heading}
{n_clips} clips in {n_classes} classes, split as the table says: {parts}.
{ignored}"""


def load_split_table(table, *, folder=None, splits=None, return_X_y=False):
    """List the recordings of a table whose columns are splits and classes.

    Such a table publishes a train-test split: a column ``train_cat`` lists the files of cats to train on, and so forth.
    Choose `load_table` for a table with one row per clip.

    Parameters
    ----------
    table : str, path-like or pandas.DataFrame
        The table, or the path of a CSV file in UTF-8 (with tabs if its name ends in ``.tsv``).
    folder : str, path-like or None, default=None
        The folder that file names start from; None for the folder that the table lies in, or the working folder for a
        DataFrame.
    splits : iterable of str or None, default=None
        The splits to take, such as ``("train", "test")``; None takes every column of the form ``<split>_<class>``.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` of all splits together in place of the Bunch.

    Returns
    -------
    sklearn.utils.Bunch or tuple
        With the fields

        data : ndarray of shape (n_clips,)
            Absolute paths of the recordings as strings, column by column in the order of the table.
        target : ndarray of shape (n_clips,)
            The class of each clip, from the name of its column.
        target_names : ndarray of shape (n_classes,)
            The classes in sorted order.
        split : ndarray of shape (n_clips,)
            The split of each clip, from the name of its column.
        data_train, target_train, data_test, target_test : ndarray
            The part of `data` and `target` in each split; there is a pair of fields for every split of the table,
            named after it.
        frame : pandas.DataFrame
            One row per clip with the columns ``path``, ``label`` and ``split``.
        ignored : dict of str to ndarray
            The columns that are no split, each with what stands in its cells.
        DESCR : str
            What was found where.

        or, with ``return_X_y=True``, the tuple ``(data, target)``.

    Raises
    ------
    AudioInputError
        If recordings are missing; all of them at once.
    FileNotFoundError
        If the table or the folder does not exist.
    ValueError
        If the table has no column of the form ``<split>_<class>``, lacks one of `splits`, has no rows or cannot be read.

    Warns
    -----
    AudioWarning
        If a file stands in more than one place of the split.

    See Also
    --------
    load_table : When a table has one row per clip.
    fetch_cats_dogs : A data set with such a table.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import pandas as pd
    >>> import soundfile
    >>> from audiofeat.datasets import load_split_table
    >>> table = pd.DataFrame({"train_cat": ["a.wav", "b.wav"], "train_dog": ["c.wav", None], "test_cat": ["d.wav", None]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in "abcd":
    ...         soundfile.write(Path(folder) / f"{name}.wav", np.zeros(160), 16000)
    ...     pets = load_split_table(table, folder=folder)
    >>> pets.target_train
    array(['cat', 'cat', 'dog'], dtype='<U3')
    >>> [Path(path).name for path in pets.data_test]
    ['d.wav']
    """
    import pandas as pd

    frame, folder, source = read_table(table, folder=folder, by="load_split_table", text_columns=True)
    taken, ignored = _sort_columns(frame, splits, source)
    names: list[str] = []
    labels: list[str] = []
    parts: list[str] = []
    for column, (split, label) in taken.items():
        cells = _cells(frame[column])
        names += cells.tolist()
        labels += [label] * len(cells)
        parts += [split] * len(cells)
    if not names:
        raise ValueError(f"load_split_table found no file name in the columns {list(taken)} of {source}.")
    paths = resolve(names, folder)
    require_files(
        paths,
        by="load_split_table",
        advice=f"File names were looked for in {str(folder)!r}: give another folder=, correct the table, or name the "
        "splits to take in splits= if a column is none.",
    )
    _warn_of_repeats(names, paths, labels, parts)
    data, target, split_of = path_array(paths), np.array(labels, dtype=np.str_), np.array(parts, dtype=np.str_)
    if return_X_y:
        return data, target
    target_names = np.unique(target)
    ignored_cells = {str(column): _cells(frame[column]) for column in ignored}
    return Bunch(
        data=data,
        target=target,
        target_names=target_names,
        split=split_of,
        frame=pd.DataFrame({"path": data, "label": target, "split": split_of}),
        ignored=ignored_cells,
        DESCR=_DESCR.format(
            heading=underlined(f"Recordings of {source}"),
            n_clips=len(data),
            n_classes=len(target_names),
            parts=counted(split_of),
            ignored=f"Columns left aside: {', '.join(ignored_cells)}.\n" if ignored_cells else "",
        ),
        **cut_by_split(split_of, {"data": data, "target": target}),
    )


def _sort_columns(frame, splits, source):
    """Tell the columns of the form <split>_<class> from the others."""
    if isinstance(splits, str):
        raise TypeError(f"load_split_table got splits={splits!r}, expected several names, such as ('train', 'test').")
    wanted = None if splits is None else list(splits)
    taken, ignored = {}, []
    for column in frame.columns:
        match = _SPLIT_COLUMN.fullmatch(str(column).strip())
        if match and (wanted is None or match[1] in wanted):
            taken[column] = match.groups()
        else:
            ignored.append(column)
    columns = [str(column) for column in frame.columns]
    if not taken:
        raise ValueError(
            f"load_split_table found no column of the form '<split>_<class>'"
            f"{'' if wanted is None else f' with a split in {wanted}'}, such as 'train_cat', in {source}. Its columns are "
            f"{columns}."
        )
    absent = [name for name in wanted or () if name not in {split for split, _ in taken.values()}]
    if absent:
        raise ValueError(f"load_split_table got splits={wanted}, but {source} has no column for {absent}: {columns}.")
    return taken, ignored


def _cells(column) -> np.ndarray:
    """Text of the cells that hold something."""
    texts = (str(value).strip() for value in column.dropna())
    return np.array([text for text in texts if text], dtype=np.str_)


def _warn_of_repeats(names, paths, labels, parts):
    places: dict[str, list[int]] = {}
    for index, path in enumerate(paths):
        places.setdefault(path, []).append(index)
    repeated = [
        f"{names[found[0]]} in {', '.join(f'{parts[i]}_{labels[i]}' for i in found)}"
        for found in places.values()
        if len(found) > 1
    ]
    if repeated:
        shown = "; ".join(repeated[:5]) + ("; ..." if len(repeated) > 5 else "")
        # The caller of load_split_table is two frames up.
        warnings.warn(
            f"load_split_table found {len(repeated)} files in more than one place: {shown}. A score on clips that were "
            "also trained on says nothing: leave each file in one column.",
            AudioWarning,
            stacklevel=3,
        )
