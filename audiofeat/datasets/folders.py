"""Recordings sorted into a folder per class."""

import os
import warnings
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from audiofeat._errors import AudioWarning
from audiofeat.datasets._bunches import counted, underlined
from audiofeat.datasets._paths import AUDIO_SUFFIXES, existing_folder, is_audio, natural_key, path_array

__all__ = ["load_folder"]

# What people and systems leave beside recordings; anything else that is no audio may be a recording in a format that
# cannot be read, and is worth a word.
_BESIDE_RECORDINGS = frozenset(
    {".txt", ".md", ".rst", ".html", ".pdf", ".log"}
    | {".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml", ".xml", ".toml", ".cfg", ".ini", ".lab", ".textgrid"}
    | {".png", ".jpg", ".jpeg", ".svg", ".py", ".sh", ".ipynb", ".db", ".lnk"}
)
_PLAIN_NAMES = frozenset({"readme", "license", "licence", "copying", "attribution", "authors", "changelog", "makefile"})
_MOST_NAMED = 5

_DESCR = """\
{heading}
{n_clips} recordings in {n_classes} classes, one folder each: {classes}.
"""


def load_folder(folder, *, return_X_y=False):
    """List the recordings in a folder that has one folder per class.

    The names of the folders inside `folder` are the labels; the audio files inside each of them, at any depth, are its
    clips. Only names are read: a file is opened when a feature is asked of it.

    Parameters
    ----------
    folder : str or path-like
        The folder that holds the class folders.
    return_X_y : bool, default=False
        Whether to return ``(data, target)`` in place of the Bunch.

    Returns
    -------
    sklearn.utils.Bunch or tuple
        With the fields

        data : ndarray of shape (n_clips,)
            Absolute paths of the recordings as strings: class by class, in natural order (``cat_2`` before
            ``cat_10``) on every system.
        target : ndarray of shape (n_clips,)
            The label of each clip, a string.
        target_names : ndarray of shape (n_classes,)
            The labels in sorted order.
        DESCR : str
            What was found where.

        or, with ``return_X_y=True``, the tuple ``(data, target)``.

    Raises
    ------
    FileNotFoundError
        If `folder` does not exist.
    NotADirectoryError
        If `folder` is a file.
    ValueError
        If no folder inside `folder` holds audio files.

    Warns
    -----
    AudioWarning
        If something that may be meant as a recording is left out: audio files beside the class folders, files that are no
        audio by their suffix (texts, tables, pictures and hidden files aside), or folders without a recording.

    See Also
    --------
    load_table : When the labels stand in a table.

    Notes
    -----
    Audio files are those whose suffix names a format that libsndfile reads with a header, among them WAV, FLAC, Ogg,
    Opus, MP3, AIFF, AU and CAF. Hidden files and folders are passed over, and links to folders inside a class folder
    are not followed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> from audiofeat.datasets import load_folder
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("cat/cat_2.wav", "cat/cat_10.wav", "dog/dog_1.wav"):
    ...         (Path(folder) / name).parent.mkdir(exist_ok=True)
    ...         soundfile.write(Path(folder) / name, np.zeros(160), 16000)
    ...     pets = load_folder(folder)
    >>> [Path(path).name for path in pets.data]
    ['cat_2.wav', 'cat_10.wav', 'dog_1.wav']
    >>> pets.target
    array(['cat', 'cat', 'dog'], dtype='<U3')
    """
    root = existing_folder(folder, by="load_folder", name="folder")
    # Sorted as NumPy sorts, so that target_names equals the classes_ of a fitted classifier.
    classes = sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    beside = [
        entry.name
        for entry in root.iterdir()
        if entry.is_file() and is_audio(entry.name) and not entry.name.startswith(".")
    ]
    paths: list[str] = []
    labels: list[str] = []
    others: list[Path] = []
    empty: list[str] = []
    for name in classes:
        recordings, unread = _files_of(root / name)
        paths += map(str, recordings)
        labels += [name] * len(recordings)
        others += unread
        if not recordings:
            empty.append(name)
    if not paths:
        raise ValueError(_nothing_found(root, classes, beside, others))
    _warn_of_what_is_left_out(root, beside, others, empty)
    data, target = path_array(paths), np.array(labels, dtype=np.str_)
    if return_X_y:
        return data, target
    target_names = np.unique(target)
    return Bunch(
        data=data,
        target=target,
        target_names=target_names,
        DESCR=_DESCR.format(
            heading=underlined(f"Recordings of {root}"),
            n_clips=len(data),
            n_classes=len(target_names),
            classes=counted(target),
        ),
    )


def _files_of(folder: Path) -> tuple[list[Path], list[Path]]:
    """Recordings below a class folder in natural order, and the files that may be recordings but cannot be read."""
    recordings: list[Path] = []
    unread: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(parent, name)
            if name.startswith("."):
                continue
            if is_audio(name):
                recordings.append(path)
            elif _looks_like_data(name):
                unread.append(path)
    # Compared part by part: a separator, which differs between systems, must not decide the order.
    recordings.sort(key=lambda path: [natural_key(part) for part in path.relative_to(folder).parts])
    return recordings, unread


def _looks_like_data(name: str) -> bool:
    path = Path(name.lower())
    return path.suffix not in _BESIDE_RECORDINGS and path.name not in _PLAIN_NAMES


def _nothing_found(root, classes, beside, others) -> str:
    found = [f"{len(classes)} folders" if len(classes) != 1 else "1 folder"]
    if beside:
        found.append(f"{len(beside)} audio files that stand in no class folder")
    if others:
        found.append(f"{len(others)} files of other kinds ({_named(others)})")
    return (
        f"load_folder got folder={str(root)!r}, expected a folder per class with audio files in it, and found "
        f"{' and '.join(found)}. Sort the recordings into folders named after their classes, as in 'cat/1.wav' and "
        f"'dog/1.wav', or use load_table. Audio files end in {', '.join(sorted(AUDIO_SUFFIXES))}."
    )


def _warn_of_what_is_left_out(root, beside, others, empty) -> None:
    left_out = []
    if beside:
        left_out.append(f"{len(beside)} audio files beside the class folders ({_named(beside)}); move them into one")
    if others:
        left_out.append(
            f"{len(others)} files whose suffix is not one of audio ({_named(others)}); convert them, for instance to "
            "WAV, or move them away"
        )
    if empty:
        left_out.append(f"{len(empty)} folders without a recording ({_named(empty)}); remove them or fill them")
    if left_out:
        # The caller of load_folder is two frames up.
        warnings.warn(
            f"load_folder left out of {str(root)!r}: {'. Also: '.join(left_out)}.", AudioWarning, stacklevel=3
        )


def _named(paths) -> str:
    names = sorted((Path(path).name for path in paths), key=natural_key)
    return ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")
