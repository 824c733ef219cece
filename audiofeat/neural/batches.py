"""Equal batches of standardised, augmented clips, for one pass after another over the training clips."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

__all__ = ["Batch", "Batches"]


class Batch(NamedTuple):
    """What the network reads, what it should say, and what each clip counts."""

    maps: np.ndarray
    targets: np.ndarray
    weights: np.ndarray


class Batches:
    """The training clips, shuffled anew for each epoch and cut into batches of equal size.

    Equal, so that no backend compiles a second time for a smaller last batch: the clips are spread evenly, and the few
    rows that are missing at the end are filled with others of weight zero.

    Parameters
    ----------
    maps : ndarray of shape (n_clips, n_bins, n_frames, n_channels)
        As they come; standardised batch by batch.
    targets : ndarray of shape (n_clips, n_outputs)
        What the network should say.
    weights : ndarray of shape (n_clips,)
        Weight of each clip in the loss.
    scaler : InputScaler or None
        Standardises a batch.
    augmenter : SpectrogramAugmenter or None
        Changes a batch.
    batch_size : int
        Most clips a batch.
    seed : int
        Determines the order of the clips and the draws of the augmenter.
    full : bool, default=False
        Whether batches have `batch_size` rows even if fewer clips are there, so that pieces of any size follow one
        another without a compilation.
    """

    def __init__(self, maps, targets, weights, *, scaler, augmenter, batch_size, seed, full=False):
        self._maps = maps
        self._targets = targets
        self._scaler = scaler
        self._augmenter = augmenter
        self._seed = seed
        self._n_batches = -(-len(maps) // batch_size)
        self._size = batch_size if full else -(-len(maps) // self._n_batches)
        # Keras divides the loss of a batch by its rows, so the weights make up for the filled ones.
        self._weights = (weights * (self._n_batches * self._size / len(maps))).astype(np.float32)

    def __len__(self):
        return self._n_batches

    def epoch(self, number) -> Iterator[Batch]:
        """Yield the batches of one epoch; the same ones whenever it is asked for."""
        rng = np.random.default_rng([self._seed, number])
        n_clips = len(self._maps)
        order = rng.permutation(n_clips)
        for start in range(0, self._n_batches * self._size, self._size):
            places = np.arange(start, start + self._size)
            rows = order[places % n_clips]
            maps = self._maps[rows]
            if self._scaler is not None:
                maps = self._scaler.transform(maps)
            targets = self._targets[rows]
            weights = np.where(places < n_clips, self._weights[rows], np.float32(0))
            if self._augmenter is not None:
                maps = self._augmenter.augment(maps, rng)
                maps, targets, weights = self._augmenter.mix(maps, targets, weights, rng)
            yield Batch(maps, targets, weights)
