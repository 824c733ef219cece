"""Random changes to the maps of a training batch that leave their class as it is."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from audiofeat._sklearn import Interval, validate_parameter_constraints

__all__ = ["SpectrogramAugmenter"]


class SpectrogramAugmenter(BaseEstimator):
    """Random time shifts and masks for the maps that a network is trained on.

    `CNNClassifier` applies it to training batches only, after standardisation, with draws of its own for each clip and
    epoch. Raise the values when the network fits its training clips and fails on new ones.

    Parameters
    ----------
    time_shift : float, default=0.5
        Largest circular shift along time, to either side [fraction of the frames].
    freq_mask : float, default=0.1
        Largest height of a mask over neighbouring bins [fraction of the bins]. The height is drawn between zero and
        this, for each mask anew, and the mask holds the mean of the training clips.
    time_mask : float, default=0.1
        Largest width of a mask over neighbouring frames [fraction of the frames].
    n_masks : int, default=1
        Number of masks of each kind in each clip.

    See Also
    --------
    CNNClassifier : Takes it as `augmentation`.

    Notes
    -----
    The masks are those of SpecAugment [1]_; its time warping is left out, which its authors found to matter least.

    References
    ----------
    .. [1] Park, D. S., et al. (2019). SpecAugment: A simple data augmentation method for automatic speech recognition.
       Interspeech 2019, 2613-2617. https://doi.org/10.21437/Interspeech.2019-2680

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.neural import SpectrogramAugmenter
    >>> maps = np.ones((1, 4, 6, 1), dtype=np.float32)
    >>> augmenter = SpectrogramAugmenter(time_shift=0, freq_mask=0.5, time_mask=0)
    >>> augmenter.augment(maps, np.random.default_rng(1))[0, :, :, 0].mean(axis=1)
    array([1., 1., 0., 1.], dtype=float32)
    """

    _parameter_constraints = {
        "time_shift": [Interval(Real, 0, 1, closed="both")],
        "freq_mask": [Interval(Real, 0, 1, closed="both")],
        "time_mask": [Interval(Real, 0, 1, closed="both")],
        "n_masks": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(self, *, time_shift=0.5, freq_mask=0.1, time_mask=0.1, n_masks=1):
        self.time_shift = time_shift
        self.freq_mask = freq_mask
        self.time_mask = time_mask
        self.n_masks = n_masks

    def check_parameters(self):
        """Refuse values outside their range, as the model that uses this does in `fit`."""
        validate_parameter_constraints(self._parameter_constraints, self.get_params(deep=False), type(self).__name__)

    def augment(self, maps, rng):
        """Change each map at random.

        Parameters
        ----------
        maps : ndarray of shape (n_clips, n_bins, n_frames, n_channels)
            Standardised maps, so that zero is the mean of the training clips.
        rng : numpy.random.Generator
            Where the draws come from.

        Returns
        -------
        ndarray of shape (n_clips, n_bins, n_frames, n_channels)
            The changed maps; the input stays as it is.
        """
        n_clips, n_bins, n_frames, _ = maps.shape
        most = int(self.time_shift * n_frames)
        shifts = rng.integers(-most, most, size=(n_clips, 1), endpoint=True)
        frames = (np.arange(n_frames) - shifts) % n_frames
        maps = np.take_along_axis(maps, frames[:, np.newaxis, :, np.newaxis], axis=2)
        for _ in range(self.n_masks):
            bins = _mask(n_clips, n_bins, self.freq_mask, rng)
            frames = _mask(n_clips, n_frames, self.time_mask, rng)
            maps[bins[:, :, np.newaxis] | frames[:, np.newaxis, :]] = 0.0
        return maps


def _mask(n_clips, size, fraction, rng):
    """Mark a random run of at most `fraction` of `size` places, for each clip."""
    widths = rng.integers(0, int(fraction * size), size=(n_clips, 1), endpoint=True)
    starts = rng.integers(0, size - widths, endpoint=True)
    places = np.arange(size)
    return (places >= starts) & (places < starts + widths)
