"""From clips to features: decode, compute in one pass per framing, pool, cache; thread by thread.

Conventions: framewise features are ``(n_clips, n_rows, n_frames)``, pooled ones ``(n_clips, n_columns)``.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from threading import Lock
from typing import NamedTuple, Protocol

import numpy as np
import xxhash

from audiofeat._errors import AudioInputError, ClipError, ClipProblem
from audiofeat.audio import CacheCounts, FeatureCache, LoadSettings, fingerprint, resampled_length
from audiofeat.dsp import FrameSpec, extract, pool
from audiofeat.dsp.recipes import ClipProjection, Recipe
from audiofeat.transformers._threads import one_blas_thread, share_out
from audiofeat.transformers._turns import Turns

__all__ = ["ArrayClips", "Plan", "extract_features"]

# Part of every cache key: raise it when the values of a feature change.
_ALGORITHM = 3
# Clips looked up at once: few enough that their values wait in memory, on their way into the result, for next to nothing.
_LOOK = 64
# Samples read before features of them are computed. Decoder and features drive each other's code and tables out of the
# cache of a core: taking turns clip by clip made features of five seconds take a third longer.
_AT_HAND = 1 << 21


class Clips(Protocol):
    """What extraction needs of its input; `AudioBatch` has it, and `ArrayClips` gives it to plain arrays."""

    @property
    def cache(self) -> FeatureCache | None: ...

    @property
    def counts(self) -> CacheCounts: ...

    @property
    def settings(self) -> LoadSettings | None: ...

    def __len__(self) -> int: ...

    def decoded(self, index: int) -> tuple[np.ndarray, int]: ...

    def key(self, index: int) -> bytes: ...

    def problem(self, index: int, reason: str) -> ClipProblem: ...


class ArrayClips:
    """Clips that are plain arrays, without rate, padding or cache.

    Parameters
    ----------
    arrays : sequence of ndarray of shape (n_samples,)
        The clips, checked.

    Attributes
    ----------
    counts : CacheCounts
        How many features were computed.
    dtype : dtype
        Type that holds the features of all of them.
    """

    cache: FeatureCache | None = None
    settings: LoadSettings | None = None

    def __init__(self, arrays: Sequence[np.ndarray]):
        self.arrays = arrays
        self.counts = CacheCounts()
        self.dtype = np.result_type(*{array.dtype for array in arrays})

    def __len__(self) -> int:
        return len(self.arrays)

    def decoded(self, index: int) -> tuple[np.ndarray, int]:
        """Give a clip.

        Parameters
        ----------
        index : int
            Which.

        Returns
        -------
        samples : ndarray of shape (n_samples,)
            The clip.
        sample_rate : int
            0, since it is not known.
        """
        return self.arrays[index], 0

    def key(self, index: int) -> bytes:
        """Refuse: plain arrays are not cached."""
        raise TypeError(f"Clip {index} is a plain array, which has no key.")

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
            Index and reason.
        """
        return ClipProblem(index, None, reason)


@dataclass(frozen=True)
class Plan:
    """One feature as it is wanted.

    Parameters
    ----------
    spec : FrameSpec
        The framing.
    recipe : Recipe
        The feature.
    statistics : tuple of str or None
        How it is pooled over time; None leaves it framewise.
    n_segments : int, default=1
        Over how many segments of the clip, one by one.
    """

    spec: FrameSpec
    recipe: Recipe
    statistics: tuple[str, ...] | None
    n_segments: int = 1

    def key(self, clip: bytes) -> bytes:
        """Name the feature of a clip.

        Parameters
        ----------
        clip : bytes
            The clip's own key.

        Returns
        -------
        bytes
            16 bytes that differ when the clip, the settings or the algorithm differ.
        """
        return xxhash.xxh3_128_digest(clip + self._fingerprint)

    @cached_property
    def _fingerprint(self) -> bytes:
        return fingerprint((_ALGORITHM, self)).encode()


def extract_features(clips: Clips, plans: Sequence[Plan], *, n_jobs: int | None, by: str) -> list[np.ndarray]:
    """Compute features of all clips.

    Parameters
    ----------
    clips : AudioBatch or ArrayClips
        The clips.
    plans : sequence of Plan
        The features.
    n_jobs : int or None
        Threads, as in joblib.
    by : str
        Who asks, for messages.

    Returns
    -------
    list of ndarray
        One array per plan, first axis over clips.

    Raises
    ------
    AudioInputError
        If clips cannot be used, or differ in length where framewise features need one length.
    """
    # Clips from files are float32; among arrays, no clip may round its neighbour.
    results = _Results(len(clips), len(plans), getattr(clips, "dtype", np.float32))
    tasks = _look_up(clips, plans, results)
    if tasks:
        # BLAS threads inside our own would fight over the cores.
        with one_blas_thread():
            lock = Lock()
            turns = _Turns(Turns(lock), Turns(lock))
            work = partial(_extract_some, clips, plans, results, turns)
            # Those that work on the same clips share what is in the store, and not what one of them has taken.
            share_out(tasks, work, n_jobs=n_jobs, alone=clips.cache is None)
    problems = [clips.problem(i, reason) for i, reason in results.problems.items()]
    unequal = results.unequal_lengths(clips)
    if unequal:
        raise AudioInputError(by, sorted([*problems, *unequal]), n_clips=len(clips), advice=_EQUAL_LENGTHS)
    if problems:
        raise AudioInputError(by, sorted(problems), n_clips=len(clips))
    return results.arrays


_EQUAL_LENGTHS = (
    "Framewise features (pooling=None) need clips of equal length: set AudioLoader(duration=...), "
    "or pool over time with pooling=('mean', 'std')."
)


class _Results:
    """Arrays that are made when the first clip shows their shape, and what went wrong on the way."""

    def __init__(self, n_clips: int, n_plans: int, dtype: np.typing.DTypeLike):
        self.n_clips = n_clips
        self.dtype = dtype
        self.arrays: list = [None] * n_plans
        self.shapes: list[dict[int, tuple]] = [{} for _ in range(n_plans)]
        self.problems: dict[int, str] = {}
        self._lock = Lock()

    def put(self, index: int, number: int, value: np.ndarray) -> None:
        with self._lock:
            if self.arrays[number] is None:
                self.arrays[number] = np.empty((self.n_clips, *value.shape), dtype=self.dtype)
        array = self.arrays[number]
        if array.shape[1:] == value.shape:
            array[index] = value
        self.shapes[number][index] = value.shape

    def put_all(self, task: "_Task", values: Sequence[np.ndarray]) -> None:
        for i in task.indices:
            for n, value in enumerate(values):
                self.put(i, n, value)

    def unequal_lengths(self, clips: Clips) -> list[ClipProblem]:
        """Clips whose number of frames is not that of most, with the first feature that shows it."""
        for shapes in self.shapes:
            counts = Counter(shapes.values())
            if len(counts) < 2:
                continue
            usual, n_usual = counts.most_common(1)[0]
            return [
                clips.problem(i, f"{shape[-1]} frames, not {usual[-1]} as in {n_usual} of {len(clips)} clips")
                for i, shape in shapes.items()
                if shape != usual
            ]
        return []


class _Task(NamedTuple):
    """Clips of one content, and the keys of their features; one clip and no keys where nothing is cached."""

    indices: list[int]
    keys: tuple[bytes, ...] = ()


def _look_up(clips: Clips, plans: Sequence[Plan], results: _Results) -> list[_Task]:
    """Put what is cached into the results, and say what remains to be computed."""
    if clips.cache is None:
        return [_Task([i]) for i in range(len(clips))]
    tasks: dict[tuple[bytes, ...], _Task] = {}
    n_found = 0
    for start in range(0, len(clips), _LOOK):
        names = [(i, clips.key(i)) for i in range(start, min(start + _LOOK, len(clips)))]
        wanted = [(i, tuple(plan.key(name) for plan in plans)) for i, name in names]
        known = clips.cache.get({key for _, keys in wanted for key in keys})
        for i, keys in wanted:
            if all(key in known for key in keys):
                n_found += 1
                results.put_all(_Task([i]), [known[key] for key in keys])
            else:
                tasks.setdefault(keys, _Task([], keys)).indices.append(i)
    clips.counts.add(hits=n_found * len(plans))
    return list(tasks.values())


@dataclass
class _Work:
    """A task of which something is missing: what is known of its features, which are not, and the clip as it is read."""

    task: _Task
    values: list
    missing: list[int]
    clip: tuple[np.ndarray, int] | None
    valid: np.ndarray | None = None


class _Turns(NamedTuple):
    """Turns that the threads of one extraction take at reading clips, and at computing features."""

    reading: Turns
    computing: Turns


def _extract_some(
    clips: Clips, plans: Sequence[Plan], results: _Results, turns: _Turns, tasks: Sequence[_Task]
) -> None:
    # One look for all of them, and one transaction for as many as are read at once.
    known = {} if clips.cache is None else clips.cache.get({key for task in tasks for key in task.keys})
    waiting = deque(tasks)
    while waiting:
        fresh: dict[bytes, np.ndarray] = {}
        with turns.reading.turn() as turn:
            works = _read(clips, len(plans), results, waiting, known)
            turn.n_steps = len(works)
        if not works:
            continue
        for work in works:
            with _noting_bad(results, work.task):
                _resample(work, clips.settings)
        try:
            with turns.computing.turn() as turn:
                turn.n_steps = len(works)
                # Nothing of a clip is kept longer than it is needed: it may be an hour of music.
                while works:
                    work = works.popleft()
                    if work.valid is not None:
                        with _noting_bad(results, work.task):
                            _finish(work, clips, plans, results, fresh)
                    del work
        finally:
            # Where this was interrupted, what is done is done.
            if clips.cache is not None and fresh:
                clips.cache.put(fresh)


def _read(
    clips: Clips, n_plans: int, results: _Results, waiting: deque[_Task], known: dict[bytes, np.ndarray]
) -> deque[_Work]:
    """Read clips of which something is missing, as many as should be at hand at once."""
    works: deque[_Work] = deque()
    n_samples = 0
    while waiting:
        task = waiting.popleft()
        values: list = [known.get(key) for key in task.keys] if task.keys else [None] * n_plans
        missing = [n for n, value in enumerate(values) if value is None]
        if not missing:
            results.put_all(task, values)
            clips.counts.add(hits=len(task.indices) * n_plans)
            continue
        clip = _decoded(clips, results, task)
        if clip is not None:
            works.append(_Work(task, values, missing, clip))
            n_samples += _most_samples(*clip, clips.settings)
        if n_samples >= _AT_HAND:
            break
    return works


def _decoded(clips: Clips, results: _Results, task: _Task) -> tuple[np.ndarray, int] | None:
    """Decode one of the clips that have the same content: where a file is gone, its copy may be there."""
    reasons = {}
    for i in task.indices:
        try:
            return clips.decoded(i)
        except ClipError as exc:
            reasons[i] = str(exc)
    results.problems.update(reasons)
    return None


def _most_samples(samples: np.ndarray, rate: int, settings: LoadSettings | None) -> int:
    """How many samples a clip has, as it was read or at the rate of all."""
    n_samples = len(samples)
    return n_samples if settings is None else max(n_samples, resampled_length(n_samples, rate, settings.sample_rate))


@contextmanager
def _noting_bad(results: _Results, task: _Task) -> Iterator[None]:
    """Note that a clip is bad, where a step shows it, for all that have the same content."""
    try:
        yield
    except ClipError as exc:
        results.problems.update((i, str(exc)) for i in task.indices)


def _resample(work: _Work, settings: LoadSettings | None) -> None:
    assert work.clip is not None
    (samples, rate), work.clip = work.clip, None
    work.valid = samples if settings is None else settings.resampled(samples, rate)


def _finish(
    work: _Work, clips: Clips, plans: Sequence[Plan], results: _Results, fresh: dict[bytes, np.ndarray]
) -> None:
    """Compute what is missing, and put all into the results."""
    assert work.valid is not None
    computed = _extract_clip(clips.settings, work.valid, [plans[n] for n in work.missing])
    for n, value in zip(work.missing, computed, strict=True):
        work.values[n] = value
        if work.task.keys:
            fresh[work.task.keys[n]] = value
    results.put_all(work.task, work.values)
    clips.counts.add(hits=len(work.task.indices) * len(plans) - len(work.missing), misses=len(work.missing))


def _frame_words(spec: FrameSpec, recipe: Recipe) -> str:
    """What a frame is called among the parameters that give it."""
    if isinstance(getattr(recipe, "projection", None), ClipProjection):
        # A network's window is its own, and no parameter.
        return f"window of {spec.frame_length} (center={spec.center})"
    # In Kaldi's and HTK's conventions a frame takes a window of the clip, and zeros.
    length = "n_fft" if spec.convention == "librosa" else "win_length"
    return f"frame ({length}={spec.frame_length}, center={spec.center})"


def _extract_clip(settings: LoadSettings | None, valid: np.ndarray, plans: Sequence[Plan]) -> list[np.ndarray]:
    padded = valid if settings is None else settings.padded(valid)
    groups: dict[tuple[FrameSpec, bool], list[int]] = {}
    for number, plan in enumerate(plans):
        # Statistics are taken over what was recorded; padding would change them.
        whole = plan.statistics is None or len(padded) == len(valid)
        groups.setdefault((plan.spec, whole), []).append(number)
    values: list = [None] * len(plans)
    for (spec, whole), numbers in groups.items():
        audio = padded if whole else valid
        if not spec.n_frames(len(audio)):
            # Without centring, a recording shorter than a frame borrows padding for one frame, if there is any.
            audio = padded[: spec.frame_length]
        if not spec.n_frames(len(audio)):
            raise ClipError(
                f"its {len(audio)} samples are fewer than one {_frame_words(spec, plans[numbers[0]].recipe)}"
            )
        for number, feature in zip(numbers, extract(audio, spec, [plans[n].recipe for n in numbers]), strict=True):
            statistics = plans[number].statistics
            values[number] = (
                feature if statistics is None else pool(feature, statistics, n_segments=plans[number].n_segments)
            )
    return values
