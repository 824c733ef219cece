"""Random changes to the maps of a training batch that leave their class as it is, or change it in proportion."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from audiofeat._sklearn import Interval, validate_parameter_constraints

__all__ = ["SpectrogramAugmenter"]


class SpectrogramAugmenter(BaseEstimator):
    """Random shifts, crops, masks and mixtures of the maps that a network is trained on.

    `CNNClassifier` applies it to training batches only, after standardisation, with draws of its own for each clip and
    epoch. Raise the values when the network fits its training clips and fails on new ones.

    Parameters
    ----------
    time_shift : float, default=0.5
        Largest circular shift along time, to either side [fraction of the frames].
    freq_shift : float, default=0.0
        Largest shift along frequency, to either side [fraction of the bins]; the outermost bin is repeated behind it.
        On mel maps it stands for a longer or shorter vocal tract: choose 0.05 to 0.1 where the speakers or animals to be
        recognised are not those of the training clips.
    crop : float, default=0.0
        Largest part of the frames that is cut off [fraction of the frames]; what is left is stretched to the full
        length, so that sounds also become slower.
    gain : float, default=0.0
        Largest constant that is added to a whole map, to either side [standard deviations of the training clips]. On
        maps in dB this is a change of loudness.
    noise : float, default=0.0
        Largest standard deviation of the Gaussian noise that is added [standard deviations of the training clips]; that
        of each clip is drawn between zero and this.
    freq_mask : float, default=0.1
        Largest height of a mask over neighbouring bins [fraction of the bins]. The height is drawn between zero and
        this, for each mask anew, and the mask holds the mean of the training clips.
    time_mask : float, default=0.1
        Largest width of a mask over neighbouring frames [fraction of the frames].
    n_masks : int, default=1
        Number of masks of each kind in each clip.
    mixup : float, default=0.0
        Strength of mixup: each map becomes a weighted mean of itself and another of its batch, with weights drawn from
        a beta distribution with this value for both parameters, and so do the labels. Small values (0.1 to 0.4) mostly
        leave one of the two nearly alone; 1 draws all mixtures equally often. Zero turns it off.

    See Also
    --------
    CNNClassifier : Takes it as `augmentation`.
    WaveformAugmenter : Changes clips before features are taken of them.

    Notes
    -----
    The masks are those of SpecAugment [1]_; its time warping is left out, which its authors found to matter least.
    Mixup is that of [2]_. A clip of weight ``w`` that is mixed as ``a`` of itself and ``1 - a`` of one of weight ``v``
    counts as ``a w + (1 - a) v``, and its target is the mean of the two targets with the weights ``a w`` and
    ``(1 - a) v``: the loss, which is linear in the target, is then the same mixture of the two clips' weighted losses.

    References
    ----------
    .. [1] Park, D. S., et al. (2019). SpecAugment: A simple data augmentation method for automatic speech recognition.
       Interspeech 2019, 2613-2617. https://doi.org/10.21437/Interspeech.2019-2680
    .. [2] Zhang, H., Cisse, M., Dauphin, Y. N., & Lopez-Paz, D. (2018). mixup: Beyond empirical risk minimization.
       International Conference on Learning Representations. https://doi.org/10.48550/arXiv.1710.09412

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
        "freq_shift": [Interval(Real, 0, 1, closed="both")],
        "crop": [Interval(Real, 0, 1, closed="left")],
        "gain": [Interval(Real, 0, None, closed="left")],
        "noise": [Interval(Real, 0, None, closed="left")],
        "freq_mask": [Interval(Real, 0, 1, closed="both")],
        "time_mask": [Interval(Real, 0, 1, closed="both")],
        "n_masks": [Interval(Integral, 0, None, closed="left")],
        "mixup": [Interval(Real, 0, None, closed="left")],
    }

    def __init__(
        self,
        *,
        time_shift=0.5,
        freq_shift=0.0,
        crop=0.0,
        gain=0.0,
        noise=0.0,
        freq_mask=0.1,
        time_mask=0.1,
        n_masks=1,
        mixup=0.0,
    ):
        self.time_shift = time_shift
        self.freq_shift = freq_shift
        self.crop = crop
        self.gain = gain
        self.noise = noise
        self.freq_mask = freq_mask
        self.time_mask = time_mask
        self.n_masks = n_masks
        self.mixup = mixup

    def check_parameters(self):
        """Refuse values outside their range, as the model that uses this does in `fit`."""
        validate_parameter_constraints(self._parameter_constraints, self.get_params(deep=False), type(self).__name__)

    def augment(self, maps, rng):
        """Change each map at random, by itself.

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
        maps = self._move(maps, rng)
        n_clips, n_bins, n_frames, _ = maps.shape
        each = (n_clips, 1, 1, 1)
        if self.gain:
            maps = maps + rng.uniform(-self.gain, self.gain, size=each).astype(maps.dtype)
        if self.noise:
            size = rng.uniform(0, self.noise, size=each).astype(maps.dtype)
            maps = maps + size * rng.standard_normal(maps.shape, dtype=np.float32)
        for _ in range(self.n_masks):
            bins = _mask(n_clips, n_bins, self.freq_mask, rng)
            frames = _mask(n_clips, n_frames, self.time_mask, rng)
            maps[bins[:, :, np.newaxis] | frames[:, np.newaxis, :]] = 0.0
        return maps

    def mix(self, maps, targets, weights, rng):
        """Mix each map with another of the batch, and what it should be recognised as in the same proportion.

        Parameters
        ----------
        maps : ndarray of shape (n_clips, n_bins, n_frames, n_channels)
            The maps.
        targets : ndarray of shape (n_clips, n_outputs)
            One-hot or multi-label.
        weights : ndarray of shape (n_clips,)
            What each clip counts in the loss.
        rng : numpy.random.Generator
            Where the draws come from.

        Returns
        -------
        maps : ndarray of shape (n_clips, n_bins, n_frames, n_channels)
            The mixtures; the input stays as it is.
        targets : ndarray of shape (n_clips, n_outputs)
            What they should be recognised as.
        weights : ndarray of shape (n_clips,)
            What they count.
        """
        if not self.mixup:
            return maps, targets, weights
        # The larger share is the clip's own, so that a batch holds each of its clips at least by half.
        share = rng.beta(self.mixup, self.mixup, size=len(maps))
        share = np.maximum(share, 1 - share).astype(maps.dtype)
        other = rng.permutation(len(maps))
        own, borrowed = share * weights, (1 - share) * weights[other]
        total = own + borrowed
        # Where both weigh nothing, the target does not matter.
        part = np.divide(own, total, out=np.ones_like(total), where=total > 0)
        at = share[:, np.newaxis, np.newaxis, np.newaxis]
        mixed = at * maps + (1 - at) * maps[other]
        part = part[:, np.newaxis].astype(targets.dtype)
        return mixed, part * targets + (1 - part) * targets[other], total.astype(weights.dtype)

    def _move(self, maps, rng):
        """Crop, stretch and shift along time, then shift along frequency; the result is new."""
        n_clips, n_bins, n_frames, _ = maps.shape
        most = int(self.time_shift * n_frames)
        shifts = rng.integers(-most, most, size=(n_clips, 1), endpoint=True)
        frames = (np.arange(n_frames) - shifts) % n_frames
        if self.crop:
            length = rng.uniform((1 - self.crop) * (n_frames - 1), n_frames - 1, size=(n_clips, 1))
            start = rng.uniform(0, n_frames - 1 - length)
            maps = _interpolate(maps, start + frames * (length / max(n_frames - 1, 1)))
        else:
            maps = np.take_along_axis(maps, frames[:, np.newaxis, :, np.newaxis], axis=2)
        most = int(self.freq_shift * n_bins)
        if most:
            shifts = rng.integers(-most, most, size=(n_clips, 1), endpoint=True)
            bins = np.clip(np.arange(n_bins) - shifts, 0, n_bins - 1)
            maps = np.take_along_axis(maps, bins[:, :, np.newaxis, np.newaxis], axis=1)
        return maps


def _interpolate(maps, places):
    """Read each map at its own places ``(n_clips, n_places)`` between frames, linearly."""
    before = np.minimum(places.astype(np.intp), max(maps.shape[2] - 2, 0))
    after = np.minimum(before + 1, maps.shape[2] - 1)
    share = (places - before).astype(maps.dtype)[:, np.newaxis, :, np.newaxis]
    first, second = (np.take_along_axis(maps, at[:, np.newaxis, :, np.newaxis], axis=2) for at in (before, after))
    return first + share * (second - first)


def _mask(n_clips, size, fraction, rng):
    """Mark a random run of at most `fraction` of `size` places, for each clip."""
    widths = rng.integers(0, int(fraction * size), size=(n_clips, 1), endpoint=True)
    starts = rng.integers(0, size - widths, endpoint=True)
    places = np.arange(size)
    return (places >= starts) & (places < starts + widths)
