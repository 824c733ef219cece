"""What makes samples unusable, said per clip."""

import numpy as np

from audiofeat._errors import ClipError

__all__ = ["check_samples"]


def check_samples(samples: np.ndarray) -> np.ndarray:
    """Refuse a clip that is empty or holds numbers that are none.

    Parameters
    ----------
    samples : ndarray of shape (n_samples,)
        The clip.

    Returns
    -------
    ndarray of shape (n_samples,)
        The same array.

    Raises
    ------
    ClipError
        If it has no samples, or a sample is NaN, infinite, or too large to be squared.
    """
    if not len(samples):
        raise ClipError("it holds no samples")
    # One dot product reads the clip faster than isfinite; only what it cannot settle is looked at in full.
    with np.errstate(over="ignore", invalid="ignore"):
        energy = np.dot(samples, samples)
    if not np.isfinite(energy):
        if np.isfinite(samples).all():
            largest = np.abs(samples).max()
            raise ClipError(f"samples of up to {largest:g}, whose squares exceed {samples.dtype}; scale them down")
        n_nan = int(np.isnan(samples).sum())
        n_infinite = int(np.isinf(samples).sum())
        found = [f"{count} {name}" for count, name in ((n_nan, "NaN"), (n_infinite, "infinite (inf)")) if count]
        raise ClipError(f"{' and '.join(found)} of {len(samples)} samples")
    return samples
