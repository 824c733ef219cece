"""Recordings kept open between the clips that are cut from them.

Conventions: positions are samples from the beginning of the recording, at its own rate.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import numpy as np
import soundfile

__all__ = ["OpenFiles", "Stream"]

# Formats in which libsndfile finds a place by going through all that lies before it: 0.13 s at the end of an hour of MP3,
# where WAV, FLAC and Ogg Vorbis take a millisecond anywhere.
_SLOW_TO_SEEK = ("MP3",)
# An MP3 frame may use bits of up to 511 bytes before it, and overlaps with its predecessor. Decoded from where a seek
# ended, samples were wrong by up to 0.05; from this much before, they are those of the whole recording to 3e-7 [s].
_PREROLL = 0.5
# Up to here, going on decoding takes less than a seek [s].
_SKIP = 60.0
_SKIP_AT_ONCE = 10.0
_MOST_OPEN = 8


class OpenFiles:
    """Lends open recordings, and keeps those that are slow to seek in for the next clip.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> from audiofeat.audio.opened import OpenFiles
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = str(Path(folder) / "farm.wav")
    ...     soundfile.write(path, np.zeros(8000), 16000)
    ...     with OpenFiles().lend(path, start=0.25) as file:
    ...         file.frames
    8000
    """

    def __init__(self) -> None:
        self._idle: OrderedDict[_Forward, str] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def lend(self, path: str, start: float) -> Iterator["soundfile.SoundFile | _Forward"]:
        """Open a recording, or take one that is open.

        Parameters
        ----------
        path : str
            The file.
        start : float
            Where will be read first [s].

        Yields
        ------
        SoundFile or the like
            With ``samplerate``, ``frames``, ``seek`` and ``read``, for one thread.
        """
        forward = self._take(path, start)
        if forward is None:
            file = soundfile.SoundFile(path)
            if file.format not in _SLOW_TO_SEEK:
                with file:
                    yield file
                return
            file.close()
            forward = _Forward(Stream(path))
        try:
            yield forward
        except BaseException:
            forward.close()
            raise
        self._keep(forward, path)

    def _take(self, path: str, start: float) -> "_Forward | None":
        """The one that has least to skip, if any is idle."""
        with self._lock:
            idle = [forward for forward, own in self._idle.items() if own == path]
            best = min(idle, key=lambda forward: forward.way_to(int(start * forward.samplerate)), default=None)
            if best is not None:
                del self._idle[best]
                best.seek(0)
            return best

    def _keep(self, forward: "_Forward", path: str) -> None:
        with self._lock:
            self._idle[forward] = path
            while len(self._idle) > _MOST_OPEN:
                self._idle.popitem(last=False)[0].close()

    def __reduce__(self):
        # A process opens files for itself.
        return OpenFiles, ()


class Stream(soundfile.SoundFile):
    """Reads on from where it stands; else soundfile seeks after each read, and an MP3 decoder forgets what it needs."""

    def seekable(self) -> bool:
        """Say no, so that reading is all that happens; `seek` works nevertheless."""
        return False


class _Forward:
    """A recording that is decoded forward wherever possible, and remembers the part it gave last."""

    def __init__(self, file: Stream):
        self.samplerate: int = file.samplerate
        self.frames: int = file.frames
        self.subtype: str = file.subtype
        self._file = file
        # Decoded and still at hand: what lies between these two.
        self._part_start = self._decoded = 0
        self._part = np.empty((0, file.channels), dtype=np.float32)
        self._next = 0

    def way_to(self, first: int) -> int:
        """Samples to decode, or to go through again, before a sample comes."""
        return max(0, first - self._decoded) if first >= self._part_start else self.frames + first

    def seek(self, first: int) -> None:
        """Say where to read next."""
        self._next = first

    def read(self, frames: int, dtype: str = "float32", always_2d: bool = True) -> np.ndarray:
        """Read samples, (n_samples, n_channels), all that remain with ``frames=-1``."""
        self._go_to(self._next)
        known = self._part[self._next - self._part_start :]
        if 0 <= frames <= len(known):
            samples = known[:frames].copy()
        else:
            samples = self._decode(frames if frames < 0 else frames - len(known), kept=known)
        self._next += len(samples)
        return samples

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _decode(self, n_samples: int, kept: np.ndarray | None = None) -> np.ndarray:
        """Decode on, and remember it together with what is kept of what came before."""
        n_samples = self.frames - self._decoded if n_samples < 0 else min(n_samples, self.frames - self._decoded)
        fresh = self._file.read(n_samples, dtype="float32", always_2d=True)
        self._decoded += len(fresh)
        if kept is not None and len(kept):
            fresh = np.concatenate([kept, fresh])
        self._part_start = self._decoded - len(fresh)
        self._part = fresh
        # Whoever gets the samples may write into them.
        return fresh.copy()

    def _go_to(self, first: int) -> None:
        if not self._part_start <= first <= self._decoded + _SKIP * self.samplerate:
            begin = max(0, first - int(_PREROLL * self.samplerate))
            self._file.seek(begin)
            self._part_start = self._decoded = begin
            self._part = self._part[:0]
        while first > self._decoded:
            # The file may end before its header says; what is missing shows in what is read.
            if not len(self._decode(min(first - self._decoded, int(_SKIP_AT_ONCE * self.samplerate)))):
                break
