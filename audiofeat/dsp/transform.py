"""The Fourier transform, and who takes it.

First comes the backend that the user set with `scipy.fft.set_backend` or `scipy.fft.set_global_backend`, then
`audiofeat.dsp.lanes` for the lengths that it serves, then `mkl_fft` if the extra ``fast`` is installed, then SciPy's own.

`mkl_fft` (BSD; the library under it, Intel's MKL, has a licence of its own and takes 700 MB) takes six tenths of the time
of SciPy's transform. It serves audiofeat's calls alone, so that nothing else in the process changes.
"""

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache
from threading import local
from typing import Any

import numpy as np
import scipy.fft

__all__ = ["named_by_user", "rfft"]

_ours = local()
# What the question is asked with: SciPy hands it to the user's backend, or to the one here. Frames, as they always are.
_QUESTION = np.zeros((16, 1), dtype=np.float32)


class _OwnBackend:
    """Comes after the user's backends and before SciPy's own: `mkl_fft` if it is there, for calls from this module."""

    __ua_domain__ = "numpy.scipy.fft"

    @staticmethod
    def __ua_function__(method: Callable, args: Sequence, kwargs: dict) -> Any:
        if not getattr(_ours, "calling", False):
            return NotImplemented
        if args[0] is _QUESTION:
            return None
        if not _has_mkl():
            return NotImplemented
        from mkl_fft.interfaces import scipy_fft

        # One thread: audiofeat's own threads each take a clip.
        return scipy_fft.rfft(*args, **kwargs, workers=1)


@cache
def _has_mkl() -> bool:
    # Both are needed: mkl_fft's interface to SciPy sets its threads with mkl-service, whose module is `mkl`.
    return bool(importlib.util.find_spec("mkl_fft") and importlib.util.find_spec("mkl"))


@cache
def _register() -> None:
    scipy.fft.register_backend(_OwnBackend)  # type: ignore[arg-type]


def named_by_user() -> bool:
    """Whether `scipy.fft.set_backend` or `scipy.fft.set_global_backend` name a transform for this thread.

    A backend is found out by being asked for the transform of one short frame.

    Returns
    -------
    bool
        False where SciPy's own transform would serve, or the extra's.
    """
    try:
        return rfft(_QUESTION) is not None
    except Exception:
        # Only a backend of the user's refuses so short a frame; let it say what it thinks of the real ones.
        return True


def rfft(frames: np.ndarray, n: int | None = None) -> np.ndarray:
    """Fourier transform of real frames.

    Parameters
    ----------
    frames : ndarray of shape (n_samples, n_frames)
        The frames, float32 or float64.
    n : int or None, default=None
        Length of the transform [samples], with zeros after the frames; None means `n_samples`.

    Returns
    -------
    ndarray of shape (n // 2 + 1, n_frames)
        Complex, in the precision of `frames`.
    """
    _register()
    _ours.calling = True
    try:
        return scipy.fft.rfft(frames, n=n, axis=0)
    finally:
        _ours.calling = False
