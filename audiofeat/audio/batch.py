"""Clips that are decoded when they are asked for.

Conventions: a clip is mono float32, ``(n_samples,)``, at the batch's one sample rate. Its *valid* part is what came from
the recording, without the padding that `AudioLoader(duration=...)` adds.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import xxhash

from audiofeat._errors import AudioInputError, ClipError, ClipProblem
from audiofeat.audio.cache import CacheCounts, CacheInfo, FeatureCache, fingerprint
from audiofeat.audio.checks import check_samples
from audiofeat.audio.files import decode, file_facts, resample
from audiofeat.audio.opened import OpenFiles

__all__ = ["ArraySource", "AudioBatch", "BatchSource", "FileSource", "LoadSettings", "Source"]


class Source(Protocol):
    """Where a clip comes from: what it is called by, and its samples."""

    @property
    def path(self) -> str | None: ...

    @property
    def key(self) -> bytes: ...

    def read(self, offset: float, duration: float | None, files: OpenFiles | None = None) -> tuple[np.ndarray, int]: ...


# The part of most clips, spelled out once.
_WHOLE = fingerprint((0.0, None)).encode()
# Below this, a filter may leave nothing of the samples at one end; looking through them takes no time.
_FEW = 1000


@dataclass(frozen=True)
class FileSource:
    """A recording on disk or in encoded form, or the part of it between two times.

    Parameters
    ----------
    content : str or bytes
        Path of the file, or its content.
    digest : bytes
        Digest of the file's bytes.
    start : float, default=0.0
        Where the clip begins [s].
    stop : float or None, default=None
        Where it ends [s]; None means the end of the recording.
    """

    content: str | bytes
    digest: bytes
    start: float = 0.0
    stop: float | None = None

    @property
    def path(self) -> str | None:
        """Path of the file, or None for content in memory."""
        return self.content if isinstance(self.content, str) else None

    @property
    def key(self) -> bytes:
        """Digest of the file's bytes, and the part of it."""
        whole = self.stop is None and not self.start
        return self.digest + (_WHOLE if whole else fingerprint((self.start, self.stop)).encode())

    def read(self, offset: float, duration: float | None, files: OpenFiles | None = None) -> tuple[np.ndarray, int]:
        """Decode the clip.

        Parameters
        ----------
        offset : float
            Seconds to skip at its beginning.
        duration : float or None
            Seconds to read at most.
        files : OpenFiles or None, default=None
            Where the recording may be open already.

        Returns
        -------
        samples : ndarray of shape (n_samples,)
            Mono, float32.
        sample_rate : int
            The recording's own sample rate [Hz].
        """
        start = self.start + offset
        if self.stop is not None and start >= self.stop:
            raise _begins_too_late(offset, self.stop - self.start)
        # A whole recording is opened once in any case.
        files = files if self.start or self.stop is not None else None
        samples = decode(self.content, start=start, stop=self.stop, duration=duration, files=files)
        # Looked at after decoding: what was read must not be stored under the name of what had been there.
        if isinstance(self.content, str) and file_facts(self.content).digest != self.digest:
            raise ClipError("it has changed since it was loaded; load it again")
        return samples


@dataclass(frozen=True, eq=False)
class ArraySource:
    """A clip in memory.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        Mono, floating point.
    sample_rate : int
        Its sample rate [Hz].
    """

    samples: np.ndarray
    sample_rate: int
    path = None

    @property
    def key(self) -> bytes:
        """Digest of samples, type and rate."""
        hasher = xxhash.xxh3_128(f"{self.samples.dtype.str} {self.sample_rate}".encode())
        hasher.update(np.ascontiguousarray(self.samples).data)
        return hasher.digest()

    def read(self, offset: float, duration: float | None, files: OpenFiles | None = None) -> tuple[np.ndarray, int]:
        """Cut the clip.

        Parameters
        ----------
        offset : float
            Seconds to skip at its beginning.
        duration : float or None
            Seconds to take at most.
        files : OpenFiles or None, default=None
            Ignored.

        Returns
        -------
        samples : ndarray of shape (n_samples,)
            Mono, float32.
        sample_rate : int
            Its sample rate [Hz].
        """
        first = int(offset * self.sample_rate)
        if first and first >= len(self.samples):
            raise _begins_too_late(offset, len(self.samples) / self.sample_rate)
        last = None if duration is None else first + int(duration * self.sample_rate)
        return self.samples[first:last].astype(np.float32, copy=False), self.sample_rate


@dataclass(frozen=True)
class LoadSettings:
    """What is done to every clip on its way in.

    Parameters
    ----------
    sample_rate : int
        Sample rate of the clips handed on [Hz].
    duration : float or None, default=None
        Their length [s]; longer clips are cut and shorter ones padded. None leaves the lengths as they are.
    offset : float, default=0.0
        Seconds skipped at the beginning.
    pad_mode : {"constant", "wrap"}, default="constant"
        Whether padding is silence or the clip again.
    """

    sample_rate: int
    duration: float | None = None
    offset: float = 0.0
    pad_mode: str = "constant"

    @property
    def n_samples(self) -> int | None:
        """Length of the clips handed on [samples], or None if it is theirs."""
        return None if self.duration is None else max(1, round(self.duration * self.sample_rate))

    @cached_property
    def key(self) -> bytes:
        """What distinguishes these settings from others."""
        return fingerprint(self).encode()

    def valid(self, source: "Source", files: OpenFiles | None = None) -> np.ndarray:
        """Read a clip without padding.

        Parameters
        ----------
        source : FileSource, ArraySource or BatchSource
            Where it comes from.
        files : OpenFiles or None, default=None
            Where its recording may be open already.

        Returns
        -------
        ndarray of shape (n_samples,)
            The clip at `sample_rate`, float32, at most `duration` long.
        """
        return self.resampled(*source.read(self.offset, self.duration, files))

    def resampled(self, samples: np.ndarray, rate: int) -> np.ndarray:
        """Bring what was read of a clip to the rate of all.

        Parameters
        ----------
        samples : ndarray of shape (n_read,)
            Mono, float32.
        rate : int
            The recording's own sample rate [Hz].

        Returns
        -------
        ndarray of shape (n_samples,)
            The clip at `sample_rate`, float32, at most `duration` long.

        Raises
        ------
        ClipError
            If it is empty, or holds NaN or infinite samples.
        """
        clip = resample(samples, rate, self.sample_rate) if len(samples) else samples
        try:
            # What is wrong with a sample is wrong with all that are made of it, and the shorter is looked through sooner.
            check_samples(samples if len(samples) < _FEW else min(samples, clip, key=len))
        except ClipError:
            check_samples(samples)
            raise
        return clip[: self.n_samples]

    def padded(self, valid: np.ndarray) -> np.ndarray:
        """Pad a clip to `duration`.

        Parameters
        ----------
        valid : ndarray of shape (n_valid,)
            The clip.

        Returns
        -------
        ndarray of shape (n_samples,)
            The clip, then silence or itself again.
        """
        missing = (self.n_samples or 0) - len(valid)
        return np.pad(valid, (0, missing), mode=self.pad_mode) if missing > 0 else valid  # type: ignore[call-overload]


@dataclass(frozen=True, eq=False)
class BatchSource:
    """A clip of another batch.

    Parameters
    ----------
    source : FileSource, ArraySource or BatchSource
        Where that batch has it from.
    settings : LoadSettings
        What that batch does to it.
    """

    source: "Source"
    settings: LoadSettings

    @property
    def path(self) -> str | None:
        """Path of the file, or None for content in memory."""
        return self.source.path

    @property
    def key(self) -> bytes:
        """The clip's key in that batch."""
        return self.source.key + self.settings.key

    def read(self, offset: float, duration: float | None, files: OpenFiles | None = None) -> tuple[np.ndarray, int]:
        """Read the clip as that batch gives it, without its padding, and cut it.

        Parameters
        ----------
        offset : float
            Seconds to skip at its beginning.
        duration : float or None
            Seconds to take at most.
        files : OpenFiles or None, default=None
            Where the recording may be open already.

        Returns
        -------
        samples : ndarray of shape (n_samples,)
            Mono, float32.
        sample_rate : int
            That batch's sample rate [Hz].
        """
        rate = self.settings.sample_rate
        return ArraySource(self.settings.valid(self.source, files), rate).read(offset, duration)


def _begins_too_late(offset: float, length: float) -> ClipError:
    return ClipError(f"its start at {offset:g} s lies at or beyond its end ({length:g} s)")


class AudioBatch(Sequence):
    """A lazy, indexable sequence of clips at one sample rate.

    `AudioLoader` makes it and the feature extractors take it. Nothing is decoded until a clip is asked for, so a batch
    of ten thousand recordings costs no more memory than a list of their paths.

    Parameters
    ----------
    sources : sequence of FileSource, ArraySource or BatchSource
        Where the clips come from.
    settings : LoadSettings
        What is done to each on its way in.
    cache : FeatureCache or None, default=None
        Where extractors keep what they computed of each clip.
    counts : CacheCounts or None, default=None
        What `cache_info` tells; None begins at 0.
    row_labels : pandas.Index or None, default=None
        Labels of the clips, if they came as rows of a DataFrame or a Series; features as data frames get them back.
    files : OpenFiles or None, default=None
        What keeps long recordings open from one clip to the next; None begins with none open.

    Attributes
    ----------
    sample_rate : int
        Sample rate of every clip [Hz].
    paths : list of (str or None)
        File of each clip; None for clips from memory.
    shape : tuple of int
        ``(n_clips,)``.

    Notes
    -----
    ``batch[3]`` decodes a clip; ``batch[2:5]``, ``batch[[0, 4]]`` and ``batch[mask]`` are batches again;
    ``np.asarray(batch)`` decodes all, ``(n_clips, n_samples)``, and needs clips of one length.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import AudioLoader
    >>> batch = AudioLoader(sample_rate=8000, duration=0.5).fit_transform([(16000, np.zeros(16000))] * 3)
    >>> batch
    AudioBatch(3 clips at 8000 Hz, 0.5 s each)
    >>> np.asarray(batch).shape
    (3, 4000)
    """

    def __init__(
        self,
        sources: Sequence[Source],
        settings: LoadSettings,
        cache: FeatureCache | None = None,
        counts: CacheCounts | None = None,
        row_labels=None,
        files: OpenFiles | None = None,
    ):
        self.sources = list(sources)
        self.settings = settings
        self.cache = cache
        self.counts = CacheCounts() if counts is None else counts
        self.row_labels = row_labels
        self.files = OpenFiles() if files is None else files

    @property
    def sample_rate(self) -> int:
        """Sample rate of every clip [Hz]."""
        return self.settings.sample_rate

    @property
    def shape(self) -> tuple[int]:
        """Number of clips, as the one axis that can be indexed without decoding."""
        return (len(self.sources),)

    @property
    def paths(self) -> list[str | None]:
        """File of each clip; None for clips from memory."""
        return [source.path for source in self.sources]

    def cache_info(self) -> CacheInfo:
        """Tell how often features were found in the cache, and how often not.

        Returns
        -------
        CacheInfo
            ``hits`` and ``misses``, features of clips, and ``decoded``, clips: of this batch, of the one it was cut from
            and of all others cut from that one, in this process.
        """
        return self.counts.info()

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, index):
        if isinstance(index, tuple) and len(index) == 2 and index[1] is Ellipsis:
            # scikit-learn takes rows of whatever has a shape by array[rows, ...].
            index = index[0]
        if isinstance(index, np.ndarray) and index.ndim == 0:
            index = index[()]
        if isinstance(index, (int, np.integer)):
            return self.settings.padded(self.valid(int(index)))
        if isinstance(index, slice):
            rows = np.arange(len(self))[index]
        else:
            indices = np.asarray(index)
            if indices.dtype == bool:
                if indices.shape != self.shape:
                    raise IndexError(f"AudioBatch got a mask of shape {indices.shape}; expected {self.shape}.")
                indices = np.flatnonzero(indices)
            elif indices.ndim != 1 or (indices.size and indices.dtype.kind not in "iu"):
                raise IndexError(f"AudioBatch got {index!r}; expected an integer, a slice, a mask or several integers.")
            rows = indices.astype(int)
        chosen = [self.sources[i] for i in rows]
        labels = None if self.row_labels is None else self.row_labels[rows]
        return AudioBatch(chosen, self.settings, self.cache, self.counts, labels, self.files)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[i] for i in range(len(self)))

    def valid(self, index: int) -> np.ndarray:
        """Decode a clip without the padding the loader would add.

        Parameters
        ----------
        index : int
            Which clip.

        Returns
        -------
        ndarray of shape (n_valid,)
            Mono, float32.

        Raises
        ------
        ClipError
            If it cannot be decoded, is empty, or holds NaN or infinite samples.
        """
        return self.settings.resampled(*self.decoded(index))

    def decoded(self, index: int) -> tuple[np.ndarray, int]:
        """Decode a clip, and leave it at its own rate.

        Parameters
        ----------
        index : int
            Which clip.

        Returns
        -------
        samples : ndarray of shape (n_read,)
            Mono, float32.
        sample_rate : int
            The recording's own sample rate [Hz].

        Raises
        ------
        ClipError
            If it cannot be decoded.
        """
        self.counts.add(decoded=1)
        return self.sources[index].read(self.settings.offset, self.settings.duration, self.files)

    def check(self, *, by: str = "AudioBatch", equal_length: bool = False) -> None:
        """Decode every clip once, to meet all bad ones before a long computation does.

        Parameters
        ----------
        by : str, default="AudioBatch"
            Who asks, for messages.
        equal_length : bool, default=False
            Whether clips that differ in length from most are bad.

        Raises
        ------
        AudioInputError
            If clips cannot be used: all of them in one error.
        """
        problems, lengths = [], {}
        for i in range(len(self)):
            try:
                lengths[i] = len(self[i])
            except ClipError as exc:
                problems.append(self.problem(i, str(exc)))
        advice = {}
        if equal_length and len(set(lengths.values())) > 1:
            usual, n_usual = Counter(lengths.values()).most_common(1)[0]
            problems += [
                self.problem(i, f"{length} samples, not {usual} as {n_usual} of {len(self)} clips")
                for i, length in lengths.items()
                if length != usual
            ]
            advice = {"advice": "Framewise features need clips of equal length: set AudioLoader(duration=...)."}
        if problems:
            raise AudioInputError(by, sorted(problems), n_clips=len(self), **advice)

    def key(self, index: int) -> bytes:
        """Name a clip by its content and how it is loaded.

        Parameters
        ----------
        index : int
            Which clip.

        Returns
        -------
        bytes
            The same for the same samples, whatever file or batch they come from.
        """
        return self.sources[index].key + self.settings.key

    def problem(self, index: int, reason: str) -> ClipProblem:
        """Describe what is wrong with a clip.

        Parameters
        ----------
        index : int
            Which clip.
        reason : str
            What is wrong.

        Returns
        -------
        ClipProblem
            Index, path and reason.
        """
        return ClipProblem(index, self.sources[index].path, reason)

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError("An AudioBatch is decoded on demand, so it cannot become an array without copying.")
        clips, problems = [], []
        for i in range(len(self)):
            try:
                clips.append(self[i])
            except ClipError as exc:
                problems.append(self.problem(i, str(exc)))
        if problems:
            raise AudioInputError("AudioBatch", problems, n_clips=len(self))
        lengths = {len(clip) for clip in clips}
        if len(lengths) > 1:
            raise ValueError(
                f"AudioBatch holds clips of {min(lengths)} to {max(lengths)} samples; an array needs one length. "
                "Set AudioLoader(duration=...)."
            )
        return np.array(clips, dtype=dtype or np.float32)

    def __repr__(self) -> str:
        duration = "" if self.settings.duration is None else f", {self.settings.duration:g} s each"
        return f"AudioBatch({len(self)} clip{'s' if len(self) != 1 else ''} at {self.sample_rate} Hz{duration})"
