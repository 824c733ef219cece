"""Random convolutions of a map, and what is told of their responses.

Conventions: a map is ``(n_rows, n_frames)``, frequency by time. A kernel is ``(height, width)``, rows by frames, and its
dilation the distance between its taps in rows and in frames. A response is the correlation of kernel and map, without
turning the kernel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

import numpy as np

from audiofeat.dsp.pooling import segment_bounds

__all__ = ["RESPONSE_STATISTICS", "KernelGroup", "random_kernels", "response_statistics", "sounding_frames"]

RESPONSE_STATISTICS = ("proportion", "max", "mean", "std")

# Responses held at once [bytes]: they stay in a second-level cache of 1 MB until all is told of them.
_BLOCK = 2**19
# Patches of the map held at once [bytes], for all bands: less than a third-level cache.
_PATCHES = 2**21
# Eight counters of one byte lie side by side in a word, and hold 255 at most.
_COUNTED = 8 * 255
# Equal frames of cepstra differ by less than this times the precision times the range of the map (measured: 9).
_ROUNDING = 32


@dataclass(frozen=True, eq=False)
class KernelGroup:
    """Kernels of one shape, dilation and band, which run over the map as one matrix product.

    Parameters
    ----------
    weights : ndarray of shape (n_kernels, height, width)
        The kernels.
    biases : ndarray of shape (n_kernels,)
        For each kernel the value that responses are counted above.
    dilation : tuple of int
        Distance between taps, in rows and in frames.
    rows : tuple of int
        The first row that the kernels' upper edge is put on, and the one after the last.
    """

    weights: np.ndarray
    biases: np.ndarray
    dilation: tuple[int, int]
    rows: tuple[int, int]

    @property
    def span(self) -> tuple[int, int]:
        """Rows and frames from the first tap to the last, with both."""
        height, width = self.weights.shape[1:]
        return (height - 1) * self.dilation[0] + 1, (width - 1) * self.dilation[1] + 1


def random_kernels(
    n_kernels: int,
    n_rows: int,
    rng: np.random.RandomState,
    *,
    shapes: Sequence[tuple[int, int]] = ((3, 3), (3, 7), (7, 3), (5, 5)),
    dilations: Sequence[tuple[int, int]] = ((1, 1), (1, 2), (2, 1), (2, 2)),
    n_bands: int = 8,
) -> list[KernelGroup]:
    """Draw kernels of normal weights, zero mean and unit norm.

    Parameters
    ----------
    n_kernels : int
        How many; they are shared out evenly over shapes, dilations and bands.
    n_rows : int
        Number of rows of the maps.
    rng : RandomState
        Where they are drawn from.
    shapes : sequence of (int, int), default=((3, 3), (3, 7), (7, 3), (5, 5))
        Height and width [taps].
    dilations : sequence of (int, int), default=((1, 1), (1, 2), (2, 1), (2, 2))
        Distance between taps, in rows and in frames.
    n_bands : int, default=8
        Number of bands that the positions in frequency are cut into; each kernel runs in one of them.

    Returns
    -------
    list of KernelGroup
        Together `n_kernels` kernels. A kernel that is higher than the maps is cut to the taps that fit on them.

    Notes
    -----
    Biases are uniform between -1 and 1, which suits maps of unit variance: a response of a kernel of unit norm then has
    the order of 1. As in ROCKET, the mean of the weights is taken away, so that the level of a map is not seen, only what
    changes within the reach of a kernel.

    References
    ----------
    A. Dempster, F. Petitjean and G. I. Webb, "ROCKET: exceptionally fast and accurate time series classification using
    random convolutional kernels", Data Mining and Knowledge Discovery 34, 2020,
    https://doi.org/10.1007/s10618-020-00701-z

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import random_kernels
    >>> groups = random_kernels(100, 64, np.random.RandomState(0))
    >>> len(groups), sum(len(group.weights) for group in groups)
    (100, 100)
    >>> groups[-1].rows, groups[-1].span
    ((49, 56), (9, 9))
    """
    places = []
    for dilation in dilations:
        for height, width in shapes:
            fitting = min(height, (n_rows - 1) // dilation[0] + 1)
            n_positions = n_rows - (fitting - 1) * dilation[0]
            # A map of few rows has few bands.
            for rows in segment_bounds(n_positions, min(n_bands, n_positions)):
                places.append(((fitting, width), dilation, rows))
    groups = []
    for number, (shape, dilation, rows) in enumerate(places):
        count = (number + 1) * n_kernels // len(places) - number * n_kernels // len(places)
        if count:
            weights = rng.standard_normal((count, *shape))
            weights -= weights.mean(axis=(1, 2), keepdims=True)
            norms = np.sqrt(np.square(weights).sum(axis=(1, 2), keepdims=True))
            # A kernel of one tap has no shape once its mean is gone.
            weights /= np.where(norms > 0, norms, 1)
            biases = rng.uniform(-1, 1, count)
            groups.append(KernelGroup(weights.astype(np.float32), biases.astype(np.float32), dilation, rows))
    return groups


def response_statistics(values: np.ndarray, kernels: Sequence[KernelGroup], *, n_segments: int = 1) -> np.ndarray:
    """Convolve a map with kernels and summarise each response.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_frames)
        The map, best of mean 0 and variance 1.
    kernels : sequence of KernelGroup
        The kernels.
    n_segments : int, default=1
        Number of equal parts in time that are summarised one by one.

    Returns
    -------
    ndarray of shape (n_segments, n_kernels, 4)
        For each segment and kernel the proportion of responses above the kernel's bias, their maximum, mean and standard
        deviation, float32.

    Notes
    -----
    Kernels lie wholly on the map. One that is wider than the map finds its first and last frame repeated at both ends.

    Responses are computed in blocks that fit the processor's cache, as the product of all kernels of a group with the
    patches of the map under them, and all four statistics are taken before the next block. Groups of one shape and
    dilation that follow each other share the patches.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import random_kernels, response_statistics
    >>> rng = np.random.RandomState(0)
    >>> response_statistics(rng.standard_normal((64, 216)), random_kernels(100, 64, rng)).shape
    (1, 100, 4)
    """
    values = np.asarray(values, dtype=np.float32)
    # Nothing changes for kernels of zero mean, but a map without change now gives exactly 0.
    values = values - values.mean(dtype=np.float64).astype(np.float32)
    n_kernels = sum(len(group.weights) for group in kernels)
    out = np.empty((n_segments, n_kernels, len(RESPONSE_STATISTICS)), dtype=np.float32)
    start = 0
    for _, family in groupby(kernels, key=_reach):
        groups = list(family)
        stop = start + sum(len(group.weights) for group in groups)
        missing = groups[0].span[1] - values.shape[1]
        padded = values
        if missing > 0:
            padded = np.pad(values, ((0, 0), (missing // 2, missing - missing // 2)), mode="edge")
        n_positions = padded.shape[1] - groups[0].span[1] + 1
        for segment, bounds in enumerate(segment_bounds(n_positions, n_segments)):
            out[segment, start:stop] = _summarise(padded, groups, bounds)
        start = stop
    return out


def sounding_frames(values: np.ndarray) -> int:
    """Count the frames before the silence that a map ends with.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_frames)
        The map.

    Returns
    -------
    int
        Number of frames up to the last one that differs from the end of the map by more than rounding; all of them if fewer
        than two would go, or none would stay.

    Notes
    -----
    Frames of digital silence, which `AudioLoader(duration=...)` pads with, are all alike: in a spectrum, in decibels as in
    power, in cepstra and their derivatives, and after the normalisation of each row. Frames in which the recording and
    the silence after it meet sound.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import sounding_frames
    >>> sounding_frames(np.array([[0.0, -3.0, -80.0, -80.0], [-20.0, -80.0, -80.0, -80.0]]))
    2
    """
    n_frames = values.shape[1]
    # A matrix product rounds the same column differently in another place.
    tolerance = _ROUNDING * np.finfo(values.dtype).eps * np.ptp(values)
    heard = np.flatnonzero((np.abs(values - values[:, -1:]) > tolerance).any(axis=0))
    return n_frames if not heard.size or heard[-1] + 2 >= n_frames else int(heard[-1]) + 1


def _reach(group: KernelGroup) -> tuple[tuple[int, int], tuple[int, int]]:
    """What groups must share to be put on the same patches."""
    _, height, width = group.weights.shape
    return (height, width), group.dilation


def _summarise(values: np.ndarray, groups: Sequence[KernelGroup], bounds: tuple[int, int]) -> np.ndarray:
    """Summarise the responses of groups of one shape and dilation between two frames, ``(n_kernels, 4)``."""
    shape, dilation = _reach(groups[0])
    first, last = min(group.rows[0] for group in groups), max(group.rows[1] for group in groups)
    at_once = max(1, _PATCHES // (4 * shape[0] * shape[1] * (last - first)))
    tallies = [_Tally(group) for group in groups]
    for begin in range(*bounds, at_once):
        end = min(begin + at_once, bounds[1])
        patches = _patches(values, shape, dilation, (first, last), (begin, end))
        for tally in tallies:
            rows = [(row - first) * (end - begin) for row in tally.group.rows]
            tally.add(patches[:, slice(*rows)])
    return np.concatenate([tally.statistics() for tally in tallies])


def _patches(
    values: np.ndarray,
    shape: tuple[int, int],
    dilation: tuple[int, int],
    rows: tuple[int, int],
    frames: tuple[int, int],
) -> np.ndarray:
    """Put the map under each tap side by side, ``(n_taps, n_rows * n_frames)``."""
    n_rows, n_frames = rows[1] - rows[0], frames[1] - frames[0]
    patches = np.empty((*shape, n_rows, n_frames), dtype=np.float32)
    for i in range(shape[0]):
        top = rows[0] + i * dilation[0]
        for j in range(shape[1]):
            left = frames[0] + j * dilation[1]
            patches[i, j] = values[top : top + n_rows, left : left + n_frames]
    return patches.reshape(shape[0] * shape[1], n_rows * n_frames)


class _Tally:
    """What is known of the responses of a group so far."""

    def __init__(self, group: KernelGroup):
        n_kernels = len(group.weights)
        self.group = group
        self.weights = group.weights.reshape(n_kernels, -1)
        self.total = 0
        self.counts = np.zeros(n_kernels, dtype=np.int64)
        self.maxima = np.full(n_kernels, -np.inf, dtype=np.float32)
        self.sums, self.squares = np.zeros((2, n_kernels))

    def add(self, patches: np.ndarray) -> None:
        """Compute responses, in blocks, and forget them."""
        at_once = max(1, _BLOCK // (4 * len(self.weights)))
        for start in range(0, patches.shape[1], at_once):
            responses = self.weights @ patches[:, start : start + at_once]
            self.total += responses.shape[1]
            self.counts += _count_above(responses, self.group.biases)
            np.maximum(self.maxima, np.maximum.reduce(responses, axis=1), out=self.maxima)
            # As products, which BLAS takes at the speed of memory; NumPy's own sum takes twice as long.
            self.sums += responses @ _ones(responses.shape[1])
            self.squares += np.matmul(responses[:, None, :], responses[:, :, None])[:, 0, 0]

    def statistics(self) -> np.ndarray:
        means = self.sums / self.total
        deviations = np.sqrt(np.maximum(self.squares / self.total - means**2, 0))
        return np.stack([self.counts / self.total, self.maxima, means, deviations], axis=1)


def _count_above(responses: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """Count for each kernel the responses above its bias, ``(n_kernels,)``."""
    n_kernels, size = responses.shape
    width = -(-size // _COUNTED) * _COUNTED if size > _COUNTED else -(-size // 8) * 8
    above = np.empty((n_kernels, width), dtype=bool)
    np.greater(responses, biases[:, None], out=above[:, :size])
    above[:, size:] = False
    # Eight counts in one addition, several times as fast as adding booleans; none exceeds the 255 that a byte holds.
    words = above.view(np.uint64).reshape(n_kernels, -1, min(width // 8, 255))
    lanes = np.add.reduce(words, axis=2)
    return lanes.view(np.uint8).reshape(n_kernels, -1).sum(axis=1, dtype=np.int64)


@lru_cache(maxsize=4)
def _ones(size: int) -> np.ndarray:
    return np.ones(size, dtype=np.float32)
