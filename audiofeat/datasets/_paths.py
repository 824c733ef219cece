"""What every loader needs to know of files: which are audio, in which order they come, and which of them are missing."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

import numpy as np

from audiofeat._errors import AudioInputError, ClipProblem

__all__ = ["AUDIO_SUFFIXES", "absolute", "existing_folder", "is_audio", "natural_key", "path_array", "require_files"]

# What libsndfile decodes from a header; headerless formats (.raw, .htk, .vox) need parameters a file name cannot give.
AUDIO_SUFFIXES = frozenset(
    {".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".aifc", ".au", ".snd", ".caf", ".w64"}
    | {".rf64", ".voc", ".sph", ".nist", ".sf"}
)


def natural_key(name: str) -> tuple:
    """Sort key under which ``cat_2`` stands before ``cat_10``, the same on every system."""
    # re.split leaves text at even places and digits at odd ones, so the parts of two keys compare kind with kind;
    # the name itself decides between "a01" and "a1".
    return tuple(int(part) if i % 2 else part for i, part in enumerate(re.split(r"([0-9]+)", name))), name


def is_audio(name: str) -> bool:
    """Whether a file name ends like audio, in capitals or not."""
    return PurePath(name).suffix.lower() in AUDIO_SUFFIXES


def absolute(folder, name: str = "") -> str:
    """Join and make absolute, without following links: a path that a later change of folder leaves valid."""
    return str(Path(folder).expanduser().absolute() / name)


def existing_folder(folder, *, by: str, name: str) -> Path:
    """Return the folder as an absolute path, or say what stands there instead."""
    if not isinstance(folder, (str, os.PathLike)):
        raise TypeError(f"{by} got {name}={folder!r}, expected a path as str or os.PathLike.")
    path = Path(absolute(folder))
    if not path.exists():
        raise FileNotFoundError(f"{by} got {name}={str(folder)!r}, which does not exist. Looked for {str(path)!r}.")
    if not path.is_dir():
        raise NotADirectoryError(f"{by} got {name}={str(folder)!r}, which is a file. Give the folder that holds it.")
    return path


def path_array(paths: Iterable[str]) -> np.ndarray:
    """Array of path strings, of a string dtype even when empty."""
    return np.array(list(paths), dtype=np.str_)


def require_files(paths: Sequence[str], *, by: str, advice: str) -> None:
    """Raise one error that names every path behind which there is no file."""
    problems = [
        ClipProblem(index, path, "is a folder" if Path(path).is_dir() else "no such file")
        for index, path in enumerate(paths)
        if not Path(path).is_file()
    ]
    if problems:
        raise AudioInputError(by, problems, n_clips=len(paths), advice=advice)
