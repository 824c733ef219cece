"""From what is named on a command line to recordings, and on with those that can be read."""

import glob
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import numpy as np

from audiofeat._errors import AudioInputError

__all__ = ["find_recordings", "labelled", "of_those_that_work"]


def find_recordings(names: Iterable[str]) -> list[str]:
    """List the recordings that files, folders and patterns stand for.

    Parameters
    ----------
    names : iterable of str
        A file stands for itself, also if there is none, so that somebody says so; a folder for the recordings in it, at
        any depth; a pattern for what it matches. Not every shell expands patterns.

    Returns
    -------
    list of str
        Paths, in natural order within a folder or a pattern.

    Raises
    ------
    ClickException
        If a folder or a pattern stands for nothing.
    """
    found: list[str] = []
    for name in names:
        if Path(name).is_dir():
            found += _in_folder(name)
        elif Path(name).exists() or not glob.has_magic(name):
            found.append(name)
        else:
            found += _matching(name)
    return found


def _in_folder(folder: str) -> list[str]:
    from audiofeat.datasets._paths import is_audio

    files = _in_order(path for path in Path(folder).rglob("*") if is_audio(path.name) and path.is_file())
    if not files:
        raise click.ClickException(f"{folder} holds no recordings; expected files such as .wav, .flac, .ogg or .mp3.")
    return files


def _matching(pattern: str) -> list[str]:
    from audiofeat.datasets._paths import is_audio

    # Path.glob wants the folder apart from the pattern, which here are one.
    found = map(Path, glob.glob(pattern, recursive=True))  # noqa: PTH207
    files = [path for path in found if not path.is_dir()]
    if not files:
        raise click.ClickException(f"{pattern} matches no file.")
    # A pattern such as recordings/* matches notes, too; one that matches nothing but them is meant as it stands.
    return _in_order([path for path in files if is_audio(path.name)] or files)


def _in_order(paths: Iterable[Path]) -> list[str]:
    from audiofeat.datasets._paths import natural_key

    return sorted(map(str, paths), key=natural_key)


def labelled(source: str):
    """Read recordings with labels.

    Parameters
    ----------
    source : str
        A folder with a folder per class, or a CSV table with the columns ``path`` and ``label``.

    Returns
    -------
    Bunch
        With ``data``, ``target`` and, if the table has a column ``group``, ``groups``.
    """
    from audiofeat import datasets

    return datasets.load_folder(source) if Path(source).is_dir() else datasets.load_table(source)


def of_those_that_work(clips, compute: Callable) -> tuple[np.ndarray, Any, dict[int, str]]:
    """Compute something of clips, without those that cannot be used.

    Parameters
    ----------
    clips : list or DataFrame of n_clips
        The clips.
    compute : callable
        Takes clips, and raises `AudioInputError` if some are bad.

    Returns
    -------
    good : ndarray of shape (n_good,)
        Which clips were used.
    result : object
        What came of them; None if there were none.
    problems : dict of int to str
        What is wrong with each of the others.
    """
    good = np.arange(len(clips))
    problems: dict[int, str] = {}
    while len(good):
        chosen = clips.iloc[good] if hasattr(clips, "iloc") else [clips[i] for i in good]
        try:
            return good, compute(chosen), problems
        except AudioInputError as exc:
            problems |= {int(good[problem.clip]): problem.reason for problem in exc.problems}
            good = np.delete(good, [problem.clip for problem in exc.problems])
    return good, None, problems
