"""Products of filter banks with spectra, in the form that is fastest for each bank and each layout.

Conventions: a bank is ``(n_filters, n_bins)`` and multiplies a spectrum ``(n_bins, n_frames)`` from the left. Of the
spectrum either the frames lie side by side in memory, as SciPy's Fourier transform leaves them, or the bins, as others do.
`audiofeat.dsp.lanes` multiplies by itself, with a bank's `bands`.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import scipy.sparse

__all__ = ["BandedFilterbank", "Filterbank", "FullFilterbank"]

# Filters that are multiplied at once: more calls against more products with zeros.
_FEW, _MANY = 8, 16
# Most bins under the larger number.
_NARROW = 96
# Most multiplications that OpenBLAS does without copying the matrices first (with AVX-512; it costs little without), and
# fewest frames that are worth a call of their own.
_SMALL = 1_000_000
_FEWEST_FRAMES = 32


class Filterbank:
    """A filter bank that multiplies spectra, read-only.

    Parameters
    ----------
    weights : ndarray of shape (n_filters, n_bins)
        The filters.
    dtype : dtype
        Type of the products.

    Attributes
    ----------
    shape : tuple of int
        Numbers of filters and bins.
    dtype : dtype
        Type of the weights.
    """

    def __init__(self, weights: np.ndarray, dtype: np.typing.DTypeLike):
        self.shape = weights.shape
        self.dtype = np.dtype(dtype)

    @property
    def bands(self) -> tuple[np.ndarray, np.ndarray]:
        """First bin and the bin after the last of each filter, ``(n_filters, 2)``, and the weights between, in a row."""
        raise NotImplementedError

    def __matmul__(self, spectrum: np.ndarray) -> np.ndarray:
        raise NotImplementedError


class BandedFilterbank(Filterbank):
    """A filter bank without its zeros.

    Frames side by side are multiplied by a sparse matrix. Bins side by side would have to be copied for that, which takes
    longer than the product; groups of neighbouring filters are multiplied with the bins they cover instead.

    Parameters
    ----------
    weights : ndarray of shape (n_filters, n_bins)
        The filters, in ascending order of frequency for the groups to be narrow.
    dtype : dtype
        Type of the products.
    """

    def __init__(self, weights: np.ndarray, dtype: np.typing.DTypeLike):
        super().__init__(weights, dtype)
        weights = weights.astype(dtype)
        self._sparse = scipy.sparse.csr_array(weights)
        self._groups = list(_groups(weights))
        for part in (
            self._sparse.data,
            self._sparse.indices,
            self._sparse.indptr,
            *(group[2] for group in self._groups),
        ):
            part.flags.writeable = False

    @cached_property
    def bands(self) -> tuple[np.ndarray, np.ndarray]:
        """First bin and the bin after the last of each filter, ``(n_filters, 2)``, and the weights between, in a row."""
        edges = np.zeros((self.shape[0], 2), dtype=np.int32)
        weights = []
        for number, row in enumerate(self._sparse.toarray()):
            if len(covered := np.flatnonzero(row)):
                edges[number] = covered[0], covered[-1] + 1
                weights.append(row[covered[0] : covered[-1] + 1])
        return edges, np.concatenate(weights) if weights else np.empty(0, dtype=self.dtype)

    def __matmul__(self, spectrum: np.ndarray) -> np.ndarray:
        if spectrum.flags.c_contiguous:
            return self._sparse @ spectrum
        bands = np.empty((self.shape[0], spectrum.shape[1]), dtype=self.dtype)
        for filters, bins, weights in self._groups:
            np.matmul(weights.T, spectrum[bins], out=bands[filters])
        return bands


class FullFilterbank(Filterbank):
    """A filter bank that has hardly a zero.

    Parameters
    ----------
    weights : ndarray of shape (n_filters, n_bins)
        The filters.
    dtype : dtype
        Type of the products.
    """

    def __init__(self, weights: np.ndarray, dtype: np.typing.DTypeLike):
        super().__init__(weights, dtype)
        self._weights = np.array(weights, dtype=dtype, order="C")
        self._weights.flags.writeable = False

    @cached_property
    def bands(self) -> tuple[np.ndarray, np.ndarray]:
        """First bin and the bin after the last of each filter, ``(n_filters, 2)``, and the weights between, in a row."""
        n_filters, n_bins = self.shape
        return np.tile(np.array([0, n_bins], dtype=np.int32), (n_filters, 1)), self._weights.reshape(-1)

    def __matmul__(self, spectrum: np.ndarray) -> np.ndarray:
        n_filters, n_frames = len(self._weights), spectrum.shape[1]
        most = _SMALL // self._weights.size
        if most < _FEWEST_FRAMES or n_frames <= most:
            return self._weights @ spectrum
        # Parts of one size, rather than a last one of a few frames.
        size = -(-n_frames // -(-n_frames // most))
        product = np.empty((n_filters, n_frames), dtype=self.dtype)
        for start in range(0, n_frames, size):
            part = slice(start, start + size)
            np.matmul(self._weights, spectrum[:, part], out=product[:, part])
        return product


def _groups(weights: np.ndarray) -> Iterator[tuple[slice, slice, np.ndarray]]:
    """Neighbouring filters, the bins they cover, and their weights, ``(n_bins, n_filters)``."""
    start = 0
    while start < len(weights):
        for count in (_MANY, _FEW):
            filters = slice(start, start + count)
            covered = np.flatnonzero(weights[filters].any(axis=0))
            bins = slice(covered[0], covered[-1] + 1) if len(covered) else slice(0, 0)
            if bins.stop - bins.start <= _NARROW:
                break
        yield filters, bins, np.ascontiguousarray(weights[filters, bins].T)
        start = filters.stop
