"""Tables as the loaders take them: a DataFrame, or a file that holds one."""

import os
import warnings
from pathlib import Path

import numpy as np

from audiofeat.datasets._paths import absolute, existing_folder

__all__ = ["read_table", "resolve"]


def read_table(table, *, folder, by, text_columns=()):
    """Read a table, and tell the folder that its relative paths start from.

    Parameters
    ----------
    table : str, path-like or pandas.DataFrame
        The table; a file is read as UTF-8, tabs between the columns if its name ends in ``.tsv``, else commas.
    folder : str, path-like or None
        Where relative paths start; None for the folder of the table, or the working folder for a DataFrame.
    by : str
        The function that asks, named in errors.
    text_columns : iterable of str or bool, default=()
        Columns whose cells are to stay the text they are (a label ``007`` is no number); True for all of them.

    Returns
    -------
    frame : pandas.DataFrame
        The table.
    folder : pathlib.Path
        Where relative paths start.
    source : str
        The table in words, for messages.
    """
    import pandas as pd

    if isinstance(table, pd.DataFrame):
        frame, own_folder, source = table, Path.cwd(), "the DataFrame"
    elif isinstance(table, (str, os.PathLike)):
        path = Path(absolute(table))
        if not path.is_file():
            raise FileNotFoundError(
                f"{by} got table={str(table)!r}, and there is no such file. Looked for {str(path)!r}."
            )
        frame, own_folder, source = _read_file(path, by=by, text_columns=text_columns), path.parent, repr(str(table))
    else:
        raise TypeError(
            f"{by} got a table of type {type(table).__name__}, expected the path of a CSV file or a pandas DataFrame."
        )
    if not frame.columns.is_unique:
        twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
        raise ValueError(f"{by} got a table with two columns of one name: {twice}. Rename one of each.")
    if frame.empty:
        raise ValueError(f"{by} got a table without rows: {source}.")
    if folder is not None:
        own_folder = existing_folder(folder, by=by, name="folder")
    return frame, own_folder, source


def _read_file(path, *, by, text_columns):
    import pandas as pd

    dtype = str if text_columns is True else dict.fromkeys(text_columns, str)
    try:
        with warnings.catch_warnings():
            # Cells beyond the last column: pandas would drop them and say so in passing.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # Only an empty cell is missing: "NA" and "None" are good labels.
            return pd.read_csv(
                path,
                sep="\t" if path.suffix.lower() == ".tsv" else ",",
                index_col=False,
                dtype=dtype,
                keep_default_na=False,
                na_values=[""],
                skipinitialspace=True,
                encoding="utf-8-sig",
                low_memory=False,
            )
    # Parser errors and wrong encodings are ValueErrors.
    except (ValueError, pd.errors.ParserWarning) as exc:
        raise ValueError(
            f"{by} cannot read {str(path)!r} as a table: {exc}. Save it as CSV in UTF-8, with the names of the columns "
            "in its first row."
        ) from exc


def resolve(names, folder) -> list[str]:
    """Absolute paths of file names that may be relative to a folder; names are stripped of surrounding blanks."""
    return [absolute(folder, os.fspath(name).strip()) for name in np.asarray(names, dtype=object)]
