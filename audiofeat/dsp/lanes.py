"""Power spectra of many frames at once, and decibels, by the part of the package that is compiled (the folder `c`).

It takes transforms whose length is eight times a product of 2, 3 and 5, and windows, transforms, squares and multiplies
with filter banks while the numbers are in the cache of a core, in a third of the time that the same takes step by step with
SciPy. Where it could not be compiled, or does not serve a length, `audiofeat.dsp.spectrum` takes those steps.

Conventions: what is computed has the type of the samples, float32 or float64; decibels are for float32 alone.
"""

import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from audiofeat.dsp.banded import Filterbank

try:
    from audiofeat.dsp import _lanes
except ImportError:  # it could not be compiled where the package was installed
    _lanes = None  # type: ignore[assignment]

# What was compiled of an earlier source, and lies there still, is not called.
if _lanes is not None and getattr(_lanes, "interface", None) != 1:
    _lanes = None  # type: ignore[assignment]

__all__ = ["decibels", "instructions", "serves", "spectra"]

# Longer ones leave the cache anyway.
_LONGEST = 1 << 16

_kept = threading.local()


class _Plan(NamedTuple):
    order: np.ndarray
    factors: np.ndarray
    twiddles: np.ndarray


def instructions() -> str | None:
    """Name the processor's instructions that serve.

    Returns
    -------
    {"avx512", "avx2", "baseline"} or None
        None if it could not be compiled where the package was installed.
    """
    return None if _lanes is None else _lanes.ways()[0]


def serves(n_fft: int) -> bool:
    """Whether spectra of this length are taken here.

    Parameters
    ----------
    n_fft : int
        Length of the transform [samples].

    Returns
    -------
    bool
        False wherever `spectra` would refuse.
    """
    return _lanes is not None and _factors(n_fft) is not None


def spectra(
    samples: np.ndarray,
    start: int,
    hop_length: int,
    n_frames: int,
    window: np.ndarray,
    *,
    power: bool,
    banks: Sequence[Filterbank] = (),
) -> tuple[np.ndarray | None, list[np.ndarray]]:
    """Compute power spectra, and products of filter banks with them.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        The clip, float32 or float64, contiguous; zeros stand before and after it.
    start : int
        Where the first frame begins [samples]; negative before the clip.
    hop_length : int
        Distance between frames [samples].
    n_frames : int
        How many frames.
    window : ndarray of shape (n_fft,)
        The window, in the type of the samples.
    power : bool
        Whether the spectra are wanted themselves.
    banks : sequence of Filterbank, default=()
        Filter banks, in the type of the samples.

    Returns
    -------
    power : ndarray of shape (n_fft // 2 + 1, n_frames) or None
        The power spectra.
    products : list of ndarray of shape (n_filters, n_frames)
        One for each bank.

    Raises
    ------
    ValueError
        If the arrays do not fit each other: another type than that of the samples, or other numbers of bins.
    """
    n_fft, dtype = len(window), samples.dtype
    if n_frames < 2:
        hop_length = min(hop_length, n_fft)  # a distance to nowhere, which may be any number
    is_double = dtype == np.float64
    spectrum = np.empty((n_fft // 2 + 1, n_frames), dtype=dtype) if power else None
    products = [np.empty((bank.shape[0], n_frames), dtype=dtype) for bank in banks]
    filters = tuple((*bank.bands, product) for bank, product in zip(banks, products, strict=True))
    scratch = _scratch(_lanes.scratch_size(is_double, n_fft, hop_length) * dtype.itemsize)
    plan = _plan(n_fft, is_double)
    _lanes.spectra(is_double, samples, start, hop_length, n_frames, window, *plan, scratch, spectrum, filters)
    return spectrum, products


def decibels(power: np.ndarray, out: np.ndarray, floor: float, share: float) -> bool:
    """Decibels of powers.

    Parameters
    ----------
    power : ndarray
        The powers.
    out : ndarray
        Where the decibels go, which may be `power` itself, but no other view of its memory.
    floor : float
        Powers below it count as it.
    share : float
        So do powers below this share of the largest.

    Returns
    -------
    bool
        False if it was not done: not compiled, another type than float32, not contiguous or aligned, not to be written to,
        not finite, or a floor among the subnormal numbers.
    """
    if _lanes is None or not power.size or not (power.dtype == out.dtype == np.float32):
        return False
    if not (_plain(power) and (out is power or _plain(out)) and out.flags.writeable):
        return False
    return _lanes.decibels(power, out, floor, share)


def _plain(array: np.ndarray) -> bool:
    return array.flags.c_contiguous and array.flags.aligned


@lru_cache(maxsize=256)
def _factors(n_fft: int) -> tuple[int, ...] | None:
    """Radix of each stage: 4 or 8, and then 4, 3 and 5; None if they do not make half of `n_fft`."""
    if n_fft % 8 or not 0 < n_fft <= _LONGEST:
        return None
    left = n_fft // 2
    twos = (left & -left).bit_length() - 1
    factors = [8 if twos % 2 else 4]
    left //= factors[0]
    for radix in (4, 3, 5):
        while left % radix == 0:
            factors.append(radix)
            left //= radix
    return tuple(factors) if left == 1 else None


@lru_cache(maxsize=16)
def _plan(n_fft: int, is_double: bool) -> _Plan:
    factors = _factors(n_fft)
    assert factors is not None
    half = n_fft // 2
    # The last stage takes every radix-th pair, the one before every radix-th of those, and so on: digits, reversed.
    left, stride = half // factors[0], 1
    position, order = np.arange(left), np.zeros(left, dtype=np.int32)
    for radix in reversed(factors[1:]):
        left //= radix
        order += stride * (position // left).astype(np.int32)
        position %= left
        stride *= radix
    turns = []
    done = factors[0]
    for radix in factors[1:]:
        turns.append((np.arange(done)[:, None] * np.arange(1, radix) / (done * radix)).ravel())
        done *= radix
    turns.append(np.arange(half // 2 + 1) / n_fft)
    twiddles = np.exp(-2j * np.pi * np.concatenate(turns))
    if not is_double:
        twiddles = twiddles.astype(np.complex64)
    return _Plan(order, np.array(factors, dtype=np.int32), twiddles)


def _scratch(size: int) -> np.ndarray:
    """So many bytes to work in, kept by each thread: the system gives new memory page by page, which takes as long.

    Less than a megabyte for transforms of 2048, 28 for the longest.
    """
    scratch = getattr(_kept, "scratch", None)
    if scratch is None or len(scratch) < size:
        scratch = _kept.scratch = np.empty(size, dtype=np.uint8)
    return scratch
