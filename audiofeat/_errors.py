"""Exceptions and warnings: each says what is wrong with which value, what was expected, and what to do."""

from collections.abc import Sequence
from typing import NamedTuple

__all__ = [
    "AudioInputError",
    "AudioWarning",
    "CacheWarning",
    "ClipError",
    "ClipProblem",
    "DatasetNotFoundError",
    "EmptyFilterWarning",
    "MissingExtraError",
    "ModelLoadError",
    "ModelVersionWarning",
]

# Beyond this the message would hide its own advice; `AudioInputError.problems` always holds all of them.
_MOST_SHOWN = 100


class MissingExtraError(ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""


class AudioWarning(UserWarning):
    """Something about the recordings deserves a look, though the result is well defined."""


class CacheWarning(RuntimeWarning):
    """A store of features cannot be used; what it would hold is computed again."""


class EmptyFilterWarning(UserWarning):
    """Filters of a bank lie between two frequencies of the spectrum, so what they give is the same for every sound."""


class ClipError(ValueError):
    """One clip cannot be used; raised where clips are read one by one and gathered into an `AudioInputError`."""


class DatasetNotFoundError(FileNotFoundError):
    """A data set is neither on disk nor reachable; the message says where to put its files."""


class ModelLoadError(ValueError):
    """A file holds no model, or one that cannot or should not be loaded; the message says why, and what to do."""


class ModelVersionWarning(UserWarning):
    """A model was saved with other versions of packages than those that are to run it."""


class ClipProblem(NamedTuple):
    """What is wrong with one clip of an input."""

    clip: int
    path: str | None
    reason: str

    def __str__(self) -> str:
        return f"clip {self.clip}{f' ({self.path})' if self.path else ''}: {self.reason}"


class AudioInputError(ValueError):
    """Clips of one input that cannot be used, all of them at once.

    Parameters
    ----------
    by : str
        The class or function that refuses them.
    problems : sequence of ClipProblem
        One entry per bad clip.
    n_clips : int
        How many clips the input holds.
    advice : str, default="Fix or remove these clips."
        What to do about it.

    Attributes
    ----------
    problems : tuple of ClipProblem
        All of them, also those beyond the hundred that the message shows.

    Examples
    --------
    >>> from audiofeat._errors import AudioInputError, ClipProblem
    >>> raise AudioInputError("AudioLoader", [ClipProblem(1, "a.wav", "no such file")], n_clips=3)
    Traceback (most recent call last):
        ...
    audiofeat._errors.AudioInputError: AudioLoader cannot use 1 of 3 clips:
      clip 1 (a.wav): no such file
    Fix or remove these clips.
    """

    def __init__(
        self, by: str, problems: Sequence[ClipProblem], *, n_clips: int, advice: str = "Fix or remove these clips."
    ):
        self.by = by
        self.problems = tuple(problems)
        self.n_clips = n_clips
        self.advice = advice
        lines = [f"{by} cannot use {len(self.problems)} of {n_clips} clip{'s' if n_clips != 1 else ''}:"]
        lines += [f"  {problem}" for problem in self.problems[:_MOST_SHOWN]]
        if len(self.problems) > _MOST_SHOWN:
            lines.append(f"  and {len(self.problems) - _MOST_SHOWN} more, in the attribute `problems`")
        super().__init__("\n".join([*lines, advice]))

    def __reduce__(self):
        # Exceptions pickle by their message; ours is made from parts, and must come back from a worker process whole.
        return (_rebuild, (self.by, self.problems, self.n_clips, self.advice))


def _rebuild(by, problems, n_clips, advice):
    return AudioInputError(by, problems, n_clips=n_clips, advice=advice)
