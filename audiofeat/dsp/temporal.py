"""Features of the samples themselves, frame by frame.

Conventions: frames are ``(n_frames, n_fft)``, results ``(n_frames,)`` in the type of the samples.
"""

import numpy as np

__all__ = ["root_mean_square", "zero_crossing_rate"]


def root_mean_square(frames: np.ndarray) -> np.ndarray:
    """Root of the mean square of each frame.

    Parameters
    ----------
    frames : ndarray of shape (n_frames, n_fft)
        The frames.

    Returns
    -------
    ndarray of shape (n_frames,)
        In the unit of the samples.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import root_mean_square
    >>> root_mean_square(np.array([[3.0, -3.0, 3.0, -3.0]]))
    array([3.])
    """
    return np.sqrt(np.einsum("ij,ij->i", frames, frames) / frames.shape[1])


def zero_crossing_rate(frames: np.ndarray, *, threshold: float = 1e-10) -> np.ndarray:
    """Share of neighbouring samples that differ in sign, in each frame.

    Parameters
    ----------
    frames : ndarray of shape (n_frames, n_fft)
        The frames.
    threshold : float, default=1e-10
        Samples of no larger magnitude count as zero, and zero as positive.

    Returns
    -------
    ndarray of shape (n_frames,)
        Crossings over the number of samples in a frame.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import zero_crossing_rate
    >>> zero_crossing_rate(np.array([[1.0, -1.0, -1.0, 0.0]]))
    array([0.5])
    """
    negative = frames < -threshold
    return (negative[:, 1:] != negative[:, :-1]).sum(axis=1, dtype=frames.dtype) / frames.shape[1]
