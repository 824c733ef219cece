"""Random convolutions of a map, and what is told of their responses.

Conventions: a map is ``(n_rows, n_frames)``, frequency by time. A kernel is ``(height, width)``, rows by frames, and its
dilation the distance between its taps in rows and in frames. A response is the correlation of kernel and map, without
turning the kernel.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from audiofeat.dsp.pooling import segment_bounds

__all__ = ["RESPONSE_STATISTICS", "KernelGroup", "random_kernels", "response_statistics", "sounding_frames"]

RESPONSE_STATISTICS = ("proportion", "max", "mean", "std")

# Responses held at once [bytes]: they stay in a second-level cache of 1 MB until all is told of them.
_BLOCK = 2**19
# Eight counters of one byte lie side by side in a word, and hold 255 at most.
_COUNTED = 8 * 255


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
    n_bands: int = 4,
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
    shapes : sequence of (int, int)
        Height and width [taps].
    dilations : sequence of (int, int)
        Distance between taps, in rows and in frames.
    n_bands : int, default=4
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
    (64, 100)
    >>> groups[-1].rows, groups[-1].span
    ((42, 56), (9, 9))
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
    patches of the map under them, and all four statistics are taken before the next block.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import random_kernels, response_statistics
    >>> rng = np.random.RandomState(0)
    >>> response_statistics(rng.standard_normal((64, 216)), random_kernels(100, 64, rng)).shape
    (1, 100, 4)
    """
    values = np.asarray(values, dtype=np.float32)
    ends = np.cumsum([0, *(len(group.weights) for group in kernels)])
    out = np.empty((n_segments, ends[-1], len(RESPONSE_STATISTICS)), dtype=np.float32)
    for group, start, stop in zip(kernels, ends[:-1], ends[1:], strict=True):
        width = group.span[1]
        first, last = group.rows[0], group.rows[1] - 1 + group.span[0]
        band = values[first:last]
        # Nothing changes for kernels of zero mean, but a band without change now gives exactly 0.
        band = band - band.mean(dtype=np.float64).astype(np.float32)
        missing = width - band.shape[1]
        if missing > 0:
            band = np.pad(band, ((0, 0), (missing // 2, missing - missing // 2)), mode="edge")
        n_positions = band.shape[1] - width + 1
        for segment, (begin, end) in enumerate(segment_bounds(n_positions, n_segments)):
            out[segment, start:stop] = _summarise(band[:, begin : end - 1 + width], group)
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
        Number of frames up to the last one in which any row lies above its own minimum; all of them if fewer than two
        would go, or none would stay.

    Notes
    -----
    Digital silence, which `AudioLoader(duration=...)` pads with, has the lowest value that there is in every row of a
    spectrum, in decibels as well as in power, and after the normalisation of each row.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import sounding_frames
    >>> sounding_frames(np.array([[0.0, -3.0, -80.0, -80.0], [-20.0, -80.0, -80.0, -80.0]]))
    2
    """
    heard = np.flatnonzero((values > values.min(axis=1, keepdims=True)).any(axis=0))
    n_frames = values.shape[1]
    return n_frames if not heard.size or heard[-1] + 2 >= n_frames else int(heard[-1]) + 1


def _summarise(band: np.ndarray, group: KernelGroup) -> np.ndarray:
    """Proportion, maximum, mean and standard deviation of the responses on a part of the map, ``(n_kernels, 4)``."""
    n_kernels, height, width = group.weights.shape
    weights = group.weights.reshape(n_kernels, -1)
    n_rows, n_frames = band.shape[0] - group.span[0] + 1, band.shape[1] - group.span[1] + 1
    rows_at_once = min(n_rows, max(1, _BLOCK // (4 * n_kernels * n_frames)))
    patches = np.empty((height * width, rows_at_once * n_frames), dtype=np.float32)
    responses = np.empty((n_kernels, rows_at_once * n_frames), dtype=np.float32)
    above = np.zeros((n_kernels, -(-rows_at_once * n_frames // _COUNTED), _COUNTED), dtype=bool)
    counts = np.zeros(n_kernels, dtype=np.int64)
    maxima = np.full(n_kernels, -np.inf, dtype=np.float32)
    sums, squares = np.zeros((2, n_kernels))
    for top in range(0, n_rows, rows_at_once):
        n_here = min(rows_at_once, n_rows - top)
        size = n_here * n_frames
        _gather(band[top:], patches[:, :size].reshape(len(patches), n_here, n_frames), (height, width), group.dilation)
        here = np.matmul(weights, patches[:, :size], out=responses[:, :size])
        counts += _count_above(here, group.biases, above)
        np.maximum(maxima, here.max(axis=1), out=maxima)
        # The mean response is the response to the mean patch.
        sums += weights @ patches[:, :size].sum(axis=1)
        squares += np.matmul(here[:, None, :], here[:, :, None])[:, 0, 0]
    total = n_rows * n_frames
    means = sums / total
    deviations = np.sqrt(np.maximum(squares / total - means**2, 0))
    return np.stack([counts / total, maxima, means, deviations], axis=1)


def _gather(band: np.ndarray, patches: np.ndarray, shape: tuple[int, int], dilation: tuple[int, int]) -> None:
    """Put the map under each tap side by side, ``(n_taps, n_rows, n_frames)``."""
    _, n_rows, n_frames = patches.shape
    for tap in range(len(patches)):
        row, frame = tap // shape[1] * dilation[0], tap % shape[1] * dilation[1]
        patches[tap] = band[row : row + n_rows, frame : frame + n_frames]


def _count_above(responses: np.ndarray, biases: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Count for each kernel the responses above its bias; `above` is room for the answers, False beyond them."""
    size = responses.shape[1]
    flat = above.reshape(len(above), -1)
    np.greater(responses, biases[:, None], out=flat[:, :size])
    flat[:, size:] = False
    # Eight counts in one addition, four times as fast as adding booleans; none exceeds the 255 that a byte holds.
    lanes = np.add.reduce(above.view(np.uint64), axis=2)
    return lanes.view(np.uint8).reshape(len(above), -1).sum(axis=1, dtype=np.int64)
