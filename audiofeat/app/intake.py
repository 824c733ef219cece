"""What may be sent to the page, and what is said of the rest."""

from pathlib import Path
from typing import NamedTuple

from audiofeat._errors import ClipError
from audiofeat.audio.files import file_facts
from audiofeat.datasets._paths import AUDIO_SUFFIXES, is_audio

__all__ = ["Limits", "RefusedError", "accepted_suffixes", "check_file", "check_files"]

# What people have; libsndfile decodes more.
_USUAL = "WAV, FLAC, Ogg or MP3"


class RefusedError(ValueError):
    """A visitor sent something that the page does not take; the message is for the visitor."""


class Limits(NamedTuple):
    """How much the page takes.

    Parameters
    ----------
    megabytes : float, default=20.0
        Largest file [MB].
    seconds : float, default=120.0
        Longest recording [s].
    files : int, default=100
        Most files at once.
    """

    megabytes: float = 20.0
    seconds: float = 120.0
    files: int = 100


def check_file(path, limits: Limits) -> None:
    """Refuse a file that is no recording, or too large or too long; its header is read and nothing decoded.

    Parameters
    ----------
    path : path-like
        The file.
    limits : Limits
        What is taken.

    Raises
    ------
    RefusedError
        Saying what is wrong with it.

    Examples
    --------
    >>> from audiofeat.app.intake import Limits, check_file
    >>> check_file("notes.txt", Limits())
    Traceback (most recent call last):
        ...
    audiofeat.app.intake.RefusedError: .txt is no kind of recording. Send a WAV, FLAC, Ogg or MP3 file.
    """
    path = Path(path)
    if not is_audio(path.name):
        raise RefusedError(
            f"{path.suffix or 'A name without an ending'} is no kind of recording. Send a {_USUAL} file."
        )
    size = path.stat().st_size / 1e6
    if size > limits.megabytes:
        raise RefusedError(
            f"It has {size:.1f} MB; this page takes up to {limits.megabytes:g} MB. Send a shorter recording."
        )
    try:
        facts = file_facts(str(path))
    except ClipError as exc:
        raise RefusedError(f"It cannot be read: {exc}. Send a {_USUAL} file.") from exc
    seconds = facts.n_samples / facts.sample_rate
    if seconds > limits.seconds:
        raise RefusedError(
            f"It is {_spoken(seconds)} long; this page takes up to {_spoken(limits.seconds)}. Cut it first."
        )


def check_files(paths, limits: Limits) -> None:
    """Refuse more files than the page takes at once.

    Parameters
    ----------
    paths : sequence of path-like
        The files.
    limits : Limits
        What is taken.

    Raises
    ------
    RefusedError
        If there are too many of them.
    """
    if len(paths) > limits.files:
        raise RefusedError(f"{len(paths)} files are too many at once; this page takes up to {limits.files}.")


def accepted_suffixes() -> list[str]:
    """Name the endings of files that a file dialogue should offer.

    Returns
    -------
    list of str
        With their dots, sorted.
    """
    return sorted(AUDIO_SUFFIXES)


def _spoken(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds < 100 else f"{seconds / 60:.3g} min"
