"""The Fourier transform as Kaldi computes it, with the rounding of its single precision.

Kaldi takes a split-radix transform of half the length over pairs of samples and makes the spectrum of real samples from
it, all in float32 and with roots of unity that it multiplies up one from the other. That leaves some 1e-5 of the loudest
amplitude of a frame in every bin, so that no other transform, however exact, gives Kaldi's values in quiet bands.

Conventions: arrays are ``(rows, n_frames)``, float32, with frames side by side, so that each step of the transform is one
operation on many frames. The order of operations is part of the result; none may be rearranged.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

__all__ = ["split_radix_rfft"]

# Frames transformed at a time: fewer pay more calls a frame, more leave the cache.
_FRAMES = 512


@dataclass(frozen=True)
class _Roots:
    """Roots of unity for the pieces of one length: cosine, and what three products take instead of sines."""

    first: tuple[np.ndarray, np.ndarray, np.ndarray]
    third: tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class _Plan:
    """What a transform needs to know of its length.

    Attributes
    ----------
    counts : list of int
        How many pieces of length 1, 2, 4, ... there are.
    roots : dict of {int: _Roots}
        Roots of unity by length of piece, from 8.
    order : ndarray of shape (n // 2,)
        Where the result for each bin of the complex transform comes out.
    real_roots : tuple of two ndarrays of shape (n // 4, 1)
        Real and imaginary parts of the roots that part two real transforms from one complex one.
    """

    counts: list[int]
    roots: dict[int, _Roots]
    order: np.ndarray
    real_roots: tuple[np.ndarray, np.ndarray]


def split_radix_rfft(samples: np.ndarray) -> np.ndarray:
    """Fourier transform of real frames, to the last bit as Kaldi's.

    Parameters
    ----------
    samples : ndarray of shape (n, n_frames)
        The frames, of which n is a power of two and at least 8; converted to float32.

    Returns
    -------
    ndarray of shape (n // 2 + 1, n_frames)
        Complex, in single precision.

    Raises
    ------
    ValueError
        If the length is not a power of two from 8.

    References
    ----------
    P. Duhamel and H. Hollmann, "Split radix FFT algorithm", Electronics Letters 20(1), 1984, doi:10.1049/el:19840012.
    H. V. Sorensen, M. T. Heideman and C. S. Burrus, "On computing the split-radix FFT", IEEE Transactions on Acoustics,
    Speech, and Signal Processing 34(1), 1986, doi:10.1109/TASSP.1986.1164804.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp.split_radix import split_radix_rfft
    >>> impulse = np.eye(8, 1, dtype=np.float32)
    >>> split_radix_rfft(impulse).real.T
    array([[1., 1., 1., 1., 1.]], dtype=float32)
    """
    n, n_frames = samples.shape
    if not takes(n):
        raise ValueError(f"split_radix_rfft got frames of {n} samples; expected a power of two from 8. Append zeros.")
    out = np.empty((n // 2 + 1, n_frames), np.complex64)
    for start in range(0, n_frames, _FRAMES):
        some = samples[:, start : start + _FRAMES]
        pairs = np.stack([some[0::2], some[1::2]]).astype(np.float32, copy=False)
        _from_complex(_complex_transform(pairs, _plan(n)), _plan(n), out[:, start : start + _FRAMES])
    return out


def takes(n: int) -> bool:
    """Whether there is such a transform of `n` samples."""
    return n >= 8 and n & (n - 1) == 0


def _complex_transform(pairs: np.ndarray, plan: _Plan) -> np.ndarray:
    """Transform real and imaginary parts, ``(2, n // 2, n_frames)``.

    A piece of length m becomes one of half the length, the sum of its halves, and two of a quarter, made of their
    difference. Pieces of one length are handled together.
    """
    n_frames, longest = pairs.shape[2], len(plan.counts) - 1
    pieces = [np.empty((2, count, 1 << log, n_frames), np.float32) for log, count in enumerate(plan.counts[:-1])]
    pieces.append(pairs[:, None])
    filled = [0] * (longest + 1)
    for log in range(longest, 1, -1):
        whole = pieces[log]
        count, length = whole.shape[1:3]
        half, quarter = length // 2, length // 4
        at = filled[log - 1]
        np.add(whole[:, :, :half], whole[:, :, half:], out=pieces[log - 1][:, at : at + count])
        filled[log - 1] += count
        difference = whole[:, :, :half] - whole[:, :, half:]
        at = filled[log - 2]
        first, third = (pieces[log - 2][:, at + i * count : at + (i + 1) * count] for i in (0, 1))
        filled[log - 2] += 2 * count
        re1, re2 = difference[0, :, :quarter], difference[0, :, quarter:]
        im1, im2 = difference[1, :, :quarter], difference[1, :, quarter:]
        np.add(re1, im2, out=first[0])
        np.subtract(im1, re2, out=first[1])
        np.subtract(re1, im2, out=third[0])
        np.add(im1, re2, out=third[1])
        if length >= 8:
            _turn(first, third, plan.roots[length])
    pairs_left, singles = pieces[1], pieces[0]
    ends = pairs_left[:, :, 0] + pairs_left[:, :, 1], pairs_left[:, :, 0] - pairs_left[:, :, 1], singles[:, :, 0]
    return np.concatenate(ends, axis=1)[:, plan.order]


def _turn(first: np.ndarray, third: np.ndarray, roots: _Roots) -> None:
    """Multiply the quarters of pieces with their roots of unity, in place: three products where four are usual."""
    eighth = first.shape[2] // 2
    root = np.float32(np.sqrt(0.5))
    for (re, im), (cosine, minus, plus), sign in ((first, roots.first, 1), (third, roots.third, -1)):
        re_middle, im_middle = re[:, eighth].copy(), im[:, eighth].copy()
        # The first element has the root 1, and is left alone.
        inner = slice(1, None)
        shared = re[:, inner] + im[:, inner]
        shared *= cosine
        turned = minus * re[:, inner]
        turned += shared
        np.multiply(plus, im[:, inner], out=re[:, inner])
        re[:, inner] += shared
        im[:, inner] = turned
        # An eighth of a turn has one factor for both parts.
        if sign == 1:
            re[:, eighth], im[:, eighth] = root * (re_middle + im_middle), root * (im_middle - re_middle)
        else:
            re[:, eighth], im[:, eighth] = root * (im_middle - re_middle), -root * (re_middle + im_middle)


def _from_complex(transformed: np.ndarray, plan: _Plan, out: np.ndarray) -> None:
    """Part the transforms of even and odd samples, and put them together into that of all, in `out`."""
    re, im = transformed
    half = len(re)
    out[0], out[half] = re[0] + im[0], re[0] - im[0]
    up, down = slice(1, half // 2 + 1), slice(half - 1, half // 2 - 1, -1)
    even_re, even_im = re[up] + re[down], im[up] - im[down]
    odd_re, odd_im = im[up] + im[down], re[up] - re[down]
    even_re *= np.float32(0.5)
    even_im *= np.float32(0.5)
    odd_re *= np.float32(0.5)
    odd_im *= np.float32(-0.5)
    root_re, root_im = plan.real_roots
    turned_re = odd_re * root_re - odd_im * root_im
    turned_im = odd_re * root_im + odd_im * root_re
    # The middle is in both, and is what goes up.
    out.real[down], out.imag[down] = even_re - turned_re, turned_im - even_im
    out.real[up], out.imag[up] = even_re + turned_re, even_im + turned_im


@lru_cache(maxsize=8)
def _plan(n: int) -> _Plan:
    half = n // 2
    longest = half.bit_length() - 1
    # Where pieces of each length begin, in the order in which they are made.
    begins: list[list[int]] = [[] for _ in range(longest)] + [[0]]
    for log in range(longest, 1, -1):
        begins[log - 1] += begins[log]
        begins[log - 2] += [begin + (1 << log - 1) for begin in begins[log]]
        begins[log - 2] += [begin + (3 << log - 2) for begin in begins[log]]
    places = begins[1] + [begin + 1 for begin in begins[1]] + begins[0]
    # The result for a bin comes out at the place whose binary digits are the bin's, read backwards.
    bins = [int(format(place, f"0{longest}b")[::-1], 2) for place in places]
    order = np.empty(half, dtype=np.intp)
    order[bins] = np.arange(half)
    roots = {1 << log: _roots(1 << log) for log in range(3, longest + 1)}
    return _Plan([len(begin) for begin in begins], roots, order, _real_roots(n))


def _roots(length: int) -> _Roots:
    index = np.arange(1, length // 4)

    def of(angles: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        cosine, sine = (row[:, None] for row in _cos_sin(angles.astype(np.float32)))
        return cosine, -(sine + cosine), sine - cosine

    return _Roots(of(index * (2 * np.pi) / length), of(3 * index * (2 * np.pi) / length))


def _real_roots(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Roots of unity, each the one before times the first, as Kaldi makes them."""
    (step_re,), (step_im,) = _cos_sin(np.array([-2 * np.pi / n], dtype=np.float32))
    re, im = np.ones(n // 4 + 1, dtype=np.float32), np.zeros(n // 4 + 1, dtype=np.float32)
    for k in range(n // 4):
        re[k + 1] = re[k] * step_re - im[k] * step_im
        im[k + 1] = re[k] * step_im + im[k] * step_re
    return re[1:, None], im[1:, None]


def _cos_sin(angles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine rounded once, where float32 routines differ from machine to machine."""
    wide = angles.astype(np.float64)
    return np.cos(wide).astype(np.float32), np.sin(wide).astype(np.float32)
