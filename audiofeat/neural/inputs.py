"""From what the caller passes to what the network reads: ``(n_clips, n_bins, n_frames, n_channels)``, float32.

Conventions: bins (frequency) are axis 1, frames (time) axis 2.
"""

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import column_or_1d

from audiofeat._maps import read_maps

__all__ = ["InputScaler", "as_maps", "check_maps", "resize_maps"]

# A standard deviation under this share of the bin's magnitude is rounding, not signal.
_CONSTANT = 1e-6
_CLIPS_AT_ONCE = 64


def check_maps(estimator, X, *labels, reset):
    """Check the input of an estimator, and labels where there are some.

    Parameters
    ----------
    estimator : estimator
        Learns number and names of the features if `reset`.
    X : array-like
        Maps with two to four axes.
    *labels : array-like
        One label a clip, or an indicator matrix; none or one of them.
    reset : bool
        Whether the estimator is fitted anew.

    Returns
    -------
    maps : ndarray of shape (n_clips, n_bins, n_frames, n_channels), float32
        The input.
    y : ndarray
        The labels, if they were passed.
    """
    fitted = None if reset else getattr(estimator, "_map_shape", None)
    X = read_maps(estimator, X, *labels, reset=reset, dtype=np.float32, expected=_one_map(fitted))
    if labels:
        X, y = X
    if X.ndim > 4:
        raise ValueError(
            f"CNNClassifier got an array of shape {X.shape}; expected (clips, bins, frames), with or without "
            "channels as a fourth axis."
        )
    return (as_maps(X), _labels(y)) if labels else as_maps(X)


def _one_map(shape):
    """The shape of one map as `fit` was given it, or None if that was given no frames."""
    if shape is None or shape[1:] == (1, 1):
        return None
    return shape[:2] if shape[2] == 1 else shape


def _labels(y):
    """Bring labels into one or two axes."""
    y = y.toarray() if issparse(y) else y  # type: ignore[attr-defined]
    # A column of labels is a common mistake, and scikit-learn's warning says so.
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y


def as_maps(X):
    """View an array of two, three or four axes as maps with channels.

    Two axes are features without time: a map of one frame, with one bin a feature.
    """
    if X.ndim == 2:
        X = X[:, :, np.newaxis]
    return X[..., np.newaxis] if X.ndim == 3 else X


def resize_maps(maps, height, width):
    """Resize maps to `height` bins and `width` frames by bilinear interpolation.

    Between pixel centres and without smoothing, as ``tf.image.resize`` and Keras' ``Resizing`` layer do by default.
    """
    rows = _interpolation(maps.shape[1], height)
    columns = _interpolation(maps.shape[2], width)
    # Once along each axis, as a matrix product: (height, bins) with the maps, then with (frames, width).
    return np.einsum("hb,nbfc,wf->nhwc", rows, maps, columns, optimize=["einsum_path", (0, 1), (0, 1)])


def _interpolation(n_in, n_out):
    """Weights ``(n_out, n_in)`` of linear interpolation between pixel centres."""
    centres = np.clip((np.arange(n_out) + 0.5) * n_in / n_out - 0.5, 0, n_in - 1)
    lower = np.minimum(centres.astype(np.intp), max(n_in - 2, 0))
    weights = np.zeros((n_out, n_in), dtype=np.float32)
    row = np.arange(n_out)
    weights[row, lower] = 1.0
    share = (centres - lower).astype(np.float32)
    weights[row, lower] -= share
    weights[row, np.minimum(lower + 1, n_in - 1)] += share
    return weights


class InputScaler:
    """Mean and standard deviation of each bin, over clips and frames, learned in one pass.

    Attributes
    ----------
    mean_, scale_ : ndarray of shape (n_bins, n_channels), float32
        Constant bins have a scale of 1.
    """

    def fit(self, maps):
        """Learn from maps, block by block, in double precision."""
        self._count = 0
        self._mean = self._squares = np.zeros(())
        return self.partial_fit(maps)

    def partial_fit(self, maps):
        """Learn from further maps, so that in the end all count alike."""
        for start in range(0, len(maps), _CLIPS_AT_ONCE):
            block = maps[start : start + _CLIPS_AT_ONCE].astype(np.float64)
            size = block.shape[0] * block.shape[2]
            block_mean = block.mean(axis=(0, 2))
            block_squares = np.square(block - block_mean[:, np.newaxis]).sum(axis=(0, 2))
            # Chan, Golub & LeVeque (1983), equation 2.1: exact where a running sum of squares would cancel.
            shift = block_mean - self._mean
            total = self._count + size
            self._squares = self._squares + block_squares + shift**2 * (self._count * size / total)
            self._mean = self._mean + shift * (size / total)
            self._count = total
        scale = np.sqrt(self._squares / self._count)
        scale[scale <= _CONSTANT * np.abs(self._mean)] = 1.0
        scale[scale == 0] = 1.0
        self.mean_ = self._mean.astype(np.float32)
        self.scale_ = scale.astype(np.float32)
        return self

    def transform(self, maps):
        """Standardise maps with what `fit` learned."""
        return (maps - self.mean_[:, np.newaxis]) / self.scale_[:, np.newaxis]
