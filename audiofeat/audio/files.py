"""Decoding and resampling: encoded audio in, mono float32 out.

Conventions: ``start`` and ``stop`` are in seconds from the beginning of the recording; decoded samples lie in [-1, 1].
"""

import io
import math
import os
import stat
import time
from collections import OrderedDict
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import numpy as np
import soundfile
import soxr
import xxhash

from audiofeat._errors import ClipError
from audiofeat.audio.opened import OpenFiles
from audiofeat.audio.vorbis import vorbis_facts

__all__ = [
    "CUT_TOLERANCE",
    "FileFacts",
    "clip_error",
    "decode",
    "file_facts",
    "mix_down",
    "resample",
    "resampled_length",
]


# Decoders of compressed audio may hold back a frame or two at the end [s].
CUT_TOLERANCE = 0.1
_PCM_16 = np.float32(2**-15)


class FileFacts(NamedTuple):
    """What is known of an encoded recording without decoding it."""

    sample_rate: int
    n_samples: int
    digest: bytes


def decode(
    source: str | bytes,
    *,
    start: float = 0.0,
    stop: float | None = None,
    duration: float | None = None,
    files: OpenFiles | None = None,
) -> tuple[np.ndarray, int]:
    """Decode a recording, or the part of it between two times.

    Parameters
    ----------
    source : str or bytes
        Path of the file, or its content.
    start : float, default=0.0
        Where to begin [s].
    stop : float or None, default=None
        Where to end [s]; None means the end of the recording.
    duration : float or None, default=None
        How much to read at most [s].
    files : OpenFiles or None, default=None
        Where to take the file from if it may be open already.

    Returns
    -------
    samples : ndarray of shape (n_samples,)
        Mono, float32, the mean of the channels.
    sample_rate : int
        The recording's own sample rate [Hz].

    Raises
    ------
    ClipError
        If there is no such file, it is no audio that soundfile reads, or it is cut off, or `start` lies at or
        beyond its end.
    """
    try:
        with _opened(source) if files is None or isinstance(source, bytes) else files.lend(source, start) as file:
            rate = file.samplerate
            first = int(start * rate)
            if first:
                if first >= file.frames:
                    raise ClipError(f"its start at {start:g} s lies at or beyond its end ({file.frames / rate:g} s)")
                file.seek(first)
            limits = [] if stop is None else [max(0, int(stop * rate) - first)]
            if duration is not None:
                # Rounded down by itself, as librosa does: start + duration may round to another sample.
                limits.append(int(duration * rate))
            # libsndfile turns integers into floats five times as slowly as NumPy; the quotients are exact in both.
            as_integers = file.subtype == "PCM_16"
            samples = file.read(min(limits, default=-1), dtype="int16" if as_integers else "float32", always_2d=True)
            expected = min([file.frames - first, *limits])
            if len(samples) < expected - CUT_TOLERANCE * rate:
                raise ClipError(
                    f"it is cut off: its header says {expected / rate:g} s, and {len(samples) / rate:g} s can be decoded"
                )
    except (OSError, RuntimeError, ValueError, MemoryError) as exc:
        raise clip_error(source, exc) from exc
    if as_integers:
        samples = np.multiply(samples, _PCM_16, dtype=np.float32)
    return mix_down(samples), rate


def mix_down(samples: np.ndarray) -> np.ndarray:
    """Average the channels.

    Parameters
    ----------
    samples : ndarray of shape (n_samples, n_channels)
        Interleaved channels.

    Returns
    -------
    ndarray of shape (n_samples,)
        Their mean, in the type of `samples`.
    """
    n_channels = samples.shape[1]
    if n_channels == 1:
        return samples[:, 0]
    # A product with a vector runs through interleaved memory once; mean(axis=1) takes several times as long.
    return samples @ np.full(n_channels, 1.0 / n_channels, dtype=samples.dtype)


def resample(samples: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Change the sample rate with soxr's high quality filter, as `librosa.load` does.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        The clip.
    rate, new_rate : int
        Its sample rate and the one wanted [Hz].

    Returns
    -------
    ndarray of shape (ceil(n_samples * new_rate / rate),)
        The clip at `new_rate`.
    """
    if rate == new_rate:
        return samples
    n_samples = resampled_length(len(samples), rate, new_rate)
    out = soxr.resample(samples, rate, new_rate, quality="HQ")
    if len(out) < n_samples:
        # np.pad takes as long as decoding a word.
        whole = np.zeros(n_samples, dtype=out.dtype)
        whole[: len(out)] = out
        return whole
    return out[:n_samples]


def resampled_length(n_samples: int, rate: int, new_rate: int) -> int:
    """Length of a clip after `resample`.

    Parameters
    ----------
    n_samples : int
        Its length before.
    rate, new_rate : int
        Its sample rate and the one wanted [Hz].

    Returns
    -------
    int
        Rounded up.
    """
    return n_samples if rate == new_rate else math.ceil(n_samples * (new_rate / rate))


def file_facts(source: str | bytes) -> FileFacts:
    """Sample rate, length and content digest of a recording, from its header and its bytes.

    Parameters
    ----------
    source : str or bytes
        Path of the file, or its content.

    Returns
    -------
    FileFacts
        The length is the header's, which for MP3 may be an estimate.

    Raises
    ------
    ClipError
        If there is no such file, it is no audio that soundfile reads, or it holds no samples.

    Notes
    -----
    Facts of a file are remembered for the life of the process under its path, size, inode, and times of change of content
    and entry; programs can set back the first of these times, but not the second. A file changed within the last two
    seconds is read again: its next change might leave the times as they are.
    """
    if isinstance(source, bytes):
        return _facts_of(source, source)
    try:
        status = os.stat(source)  # noqa: PTH116 (asked for every clip of every fold; Path.stat takes three times as long)
    except OSError as exc:
        raise clip_error(source, exc) from exc
    signature = (status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
    known = _facts.get(source)
    if known is not None and known[0] == signature:
        return known[1]
    # What is no regular file may have no end.
    at_once = stat.S_ISREG(status.st_mode) and status.st_size <= _LONG
    facts = _facts_of(source, _content(source) if at_once else None)
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) > _SETTLED_NS:
        with _facts_lock:
            _facts[source] = (signature, facts)
            while len(_facts) > _MOST_FACTS:
                _facts.popitem(last=False)
    return facts


_facts: OrderedDict[str, tuple[tuple, FileFacts]] = OrderedDict()
_facts_lock = Lock()
_MOST_FACTS = 200_000
_SETTLED_NS = 2_000_000_000
# Files beyond this are hashed piece by piece [bytes]: an hour of music should not be in memory for the sake of its name.
_LONG = 16 * 2**20
_PIECE = 2**20


def _content(source: str) -> bytes:
    try:
        # Without a buffer, which would be filled only to be copied.
        with Path(source).open("rb", buffering=0) as file:
            return file.readall()
    except OSError as exc:
        raise clip_error(source, exc) from exc


def _digest_by_pieces(source: str) -> bytes:
    hasher = xxhash.xxh3_128()
    try:
        with Path(source).open("rb", buffering=0) as file:
            while piece := file.read(_PIECE):
                hasher.update(piece)
    except OSError as exc:
        raise clip_error(source, exc) from exc
    return hasher.digest()


def _facts_of(source: str | bytes, content: bytes | None) -> FileFacts:
    """Facts of a recording, whose content may be known."""
    rate, n_samples = (None if content is None else vorbis_facts(content)) or _header(source)
    if not n_samples:
        raise ClipError("it holds no samples")
    if content is not None:
        return FileFacts(rate, n_samples, xxhash.xxh3_128_digest(content))
    assert isinstance(source, str)
    return FileFacts(rate, n_samples, _digest_by_pieces(source))


def _header(source: str | bytes) -> tuple[int, int]:
    try:
        with _opened(source) as file:
            return file.samplerate, file.frames
    except (OSError, RuntimeError, ValueError) as exc:
        raise clip_error(source, exc) from exc


def _opened(source: str | bytes) -> soundfile.SoundFile:
    return soundfile.SoundFile(io.BytesIO(source) if isinstance(source, bytes) else source)


def clip_error(source: str | bytes, exc: BaseException) -> ClipError:
    """Say in words why a recording cannot be decoded.

    Parameters
    ----------
    source : str or bytes
        Path of the file, or its content.
    exc : BaseException
        What the decoder raised.

    Returns
    -------
    ClipError
        To be raised in its place.
    """
    if isinstance(exc, ClipError):
        return exc
    if isinstance(exc, FileNotFoundError) or (isinstance(source, str) and not Path(source).exists()):
        return ClipError("no such file")
    if isinstance(source, str) and Path(source).is_dir():
        return ClipError("a folder, not a file")
    if isinstance(exc, PermissionError):
        return ClipError("no permission to read it")
    if (isinstance(source, str) and Path(source).stat().st_size == 0) or source == b"":
        return ClipError("an empty file (0 bytes)")
    # libsndfile names the whole source again; what follows the last colon is its reason.
    reason = str(exc).rpartition(": ")[2].rstrip(". ") or type(exc).__name__
    return ClipError(f"not audio that soundfile can read ({reason})")
