"""From clips to features: decode, compute in one pass per framing, pool, cache; thread by thread.

Conventions: framewise features are ``(n_clips, n_rows, n_frames)``, pooled ones ``(n_clips, n_columns)``.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Protocol

import numpy as np
import xxhash
from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from audiofeat._errors import AudioInputError, ClipError, ClipProblem
from audiofeat.audio import FeatureCache, LoadSettings, fingerprint
from audiofeat.dsp import FrameSpec, extract, pool
from audiofeat.dsp.recipes import Recipe

__all__ = ["ArrayClips", "Plan", "extract_features"]

# Part of every cache key: raise it when the values of a feature change.
_ALGORITHM = 1
# Clips between two looks at the cache: one transaction for many small values, and no thread long without work.
_CHUNK = 16


class Clips(Protocol):
    """What extraction needs of its input; `AudioBatch` has it, and `ArrayClips` gives it to plain arrays."""

    @property
    def cache(self) -> FeatureCache | None: ...

    @property
    def settings(self) -> LoadSettings | None: ...

    def __len__(self) -> int: ...

    def valid(self, index: int) -> np.ndarray: ...

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
    dtype : dtype
        Type that holds the features of all of them.
    """

    cache: FeatureCache | None = None
    settings: LoadSettings | None = None

    def __init__(self, arrays: Sequence[np.ndarray]):
        self.arrays = arrays
        self.dtype = np.result_type(*{array.dtype for array in arrays})

    def __len__(self) -> int:
        return len(self.arrays)

    def valid(self, index: int) -> np.ndarray:
        """Give a clip.

        Parameters
        ----------
        index : int
            Which.

        Returns
        -------
        ndarray of shape (n_samples,)
            The clip.
        """
        return self.arrays[index]

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
    chunks = [range(i, min(i + _CHUNK, len(clips))) for i in range(0, len(clips), _CHUNK)]
    # BLAS threads inside our own would fight over the cores.
    with threadpool_limits(limits=1, user_api="blas"):
        Parallel(n_jobs=n_jobs, require="sharedmem")(delayed(_extract_chunk)(clips, plans, c, results) for c in chunks)
    if results.problems:
        problems = [clips.problem(i, reason) for i, reason in sorted(results.problems.items())]
        raise AudioInputError(by, problems, n_clips=len(clips))
    results.check_lengths(clips, by)
    return results.arrays


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

    def check_lengths(self, clips: Clips, by: str) -> None:
        for shapes in self.shapes:
            counts = Counter(shapes.values())
            if len(counts) < 2:
                continue
            usual, n_usual = counts.most_common(1)[0]
            problems = [
                clips.problem(i, f"{shape[-1]} frames, not {usual[-1]} as in {n_usual} of {len(clips)} clips")
                for i, shape in sorted(shapes.items())
                if shape != usual
            ]
            advice = (
                "Framewise features (pooling=None) need clips of equal length: set AudioLoader(duration=...), "
                "or pool over time with pooling=('mean', 'std')."
            )
            raise AudioInputError(by, problems, n_clips=len(clips), advice=advice)


def _extract_chunk(clips: Clips, plans: Sequence[Plan], indices: range, results: _Results) -> None:
    keys = {(i, n): plan.key(clips.key(i)) for i in indices for n, plan in enumerate(plans)} if clips.cache else {}
    known = clips.cache.get(keys.values()) if clips.cache else {}
    fresh: dict[bytes, np.ndarray] = {}
    for i in indices:
        missing = [n for n in range(len(plans)) if keys.get((i, n)) not in known]
        try:
            values = _extract_clip(clips, i, [plans[n] for n in missing]) if missing else []
        except ClipError as exc:
            results.problems[i] = str(exc)
            continue
        computed = dict(zip(missing, values, strict=True))
        for n in range(len(plans)):
            results.put(i, n, computed[n] if n in computed else known[keys[i, n]])
        if clips.cache:
            fresh.update((keys[i, n], value) for n, value in computed.items())
            # The same clip may come again.
            known.update(fresh)
    if clips.cache and fresh:
        clips.cache.put(fresh)


def _extract_clip(clips: Clips, index: int, plans: Sequence[Plan]) -> list[np.ndarray]:
    valid = clips.valid(index)
    padded = valid if clips.settings is None else clips.settings.padded(valid)
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
            audio = padded[: spec.n_fft]
        if not spec.n_frames(len(audio)):
            raise ClipError(
                f"its {len(audio)} samples are fewer than one frame (n_fft={spec.n_fft}, center={spec.center})"
            )
        for number, feature in zip(numbers, extract(audio, spec, [plans[n].recipe for n in numbers]), strict=True):
            statistics = plans[number].statistics
            values[number] = (
                feature if statistics is None else pool(feature, statistics, n_segments=plans[number].n_segments)
            )
    return values
