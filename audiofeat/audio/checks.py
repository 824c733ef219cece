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
        If it has no samples, or a sample is NaN or infinite.
    """
    if not len(samples):
        raise ClipError("it holds no samples")
    # One dot product reads the clip faster than isfinite; only what it cannot settle is looked at in full.
    if not np.isfinite(np.dot(samples, samples)) and not np.isfinite(samples).all():
        n_nan = int(np.isnan(samples).sum())
        n_infinite = int(np.isinf(samples).sum())
        found = [f"{count} {name}" for count, name in ((n_nan, "NaN"), (n_infinite, "infinite (inf)")) if count]
        raise ClipError(f"{' and '.join(found)} of {len(samples)} samples")
    return samples
