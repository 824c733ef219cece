"""Features of random convolutions: what a network's first layer sees, without training it.

Conventions: a 2-D input counts as one row per clip, ``(n_clips, 1, n_frames)``.
"""

import os
from numbers import Integral

import numpy as np
import xxhash
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from audiofeat._sklearn import Interval
from audiofeat.audio import FeatureCache, cache_of, fingerprint
from audiofeat.dsp import RESPONSE_STATISTICS, KernelGroup, random_kernels, response_statistics, sounding_frames
from audiofeat.transformers._base import check_choice, pooled_names
from audiofeat.transformers._threads import one_blas_thread, share_out
from audiofeat.transformers.maps import _MapTransformer, _row_means, _row_scales, _sounding
from audiofeat.transformers.spectrogram import numbered

__all__ = ["RandomConvolutions"]

_STANDARDS = ("clip", "fit")
# Part of every cache key: raise it when the values change.
_ALGORITHM = 1
# A standard deviation below this part of the magnitude is rounding.
_ROUNDING = 1e-6


class RandomConvolutions(_MapTransformer):
    """Convolve maps with thousands of random kernels, and summarise each response.

    The road to a classifier of spectrograms that needs no training: a linear model on these features learns in seconds
    what a small network learns in minutes. Choose it between a framewise log-mel spectrogram and
    ``make_pipeline(StandardScaler(), RidgeClassifierCV())`` when there are tens or hundreds of clips, and a network when
    there are thousands, or when many passes over augmented clips can be paid for.

    Parameters
    ----------
    n_kernels : int, default=1200
        Number of kernels. More are a little more accurate and cost as much more time.
    kernel_shapes : sequence of (int, int), default=((3, 3), (3, 7), (7, 3), (5, 5))
        Shapes of kernels, in rows and frames [taps].
    dilations : sequence of (int, int), default=((1, 1), (1, 2), (2, 1), (2, 2))
        Distances between taps, in rows and in frames. Larger ones see longer and wider patterns.
    n_bands : int, default=8
        Number of bands in frequency. Each kernel runs in one of them, so that its features say where something is as well
        as what; 1 lets every kernel run everywhere, at `n_bands` times the cost.
    n_segments : int, default=1
        Number of equal parts of the clip that are summarised one by one. More keep more of the order in time.
    statistics : str or sequence of str, default=("proportion", "max", "mean", "std")
        What is told of each response: the proportion of values above the kernel's bias, the maximum, the mean and the
        standard deviation.
    standardize : {"clip", "fit"} or sequence of both, default=("clip", "fit")
        Whether a map is brought to mean 0 and variance 1 by its own mean and deviation, which takes out loudness, or each
        of its rows by those of the clips seen in `fit`, which lets the rare stand out. With both, kernels are shared out.
    memory : str, path-like, FeatureCache or None, default=None
        Folder of a store of features per clip; the one that `AudioLoader` has will do. With it, kernels meet each map
        once, over folds, candidates, runs and processes. None computes features anew each time.
    n_jobs : int or None, default=None
        Number of threads, as in joblib. None means 1.
    random_state : int, RandomState instance or None, default=None
        Where kernels are drawn from. An integer gives the same kernels in each fit, and is needed for `memory` to find
        anything again.

    Attributes
    ----------
    kernels_ : list of KernelGroup
        The kernels, in the order of their columns; those for maps standardised per clip come first.
    mean_ : ndarray of shape (n_rows,)
        Mean of each row over the clips seen in `fit`, if "fit" is in `standardize`.
    scale_ : ndarray of shape (n_rows,)
        Standard deviation of each row, 1 for constant ones, if "fit" is in `standardize`.
    n_rows_ : int
        Number of rows of the maps it was fitted on.
    n_features_in_ : int
        Length of the second axis of the input.

    See Also
    --------
    audiofeat.dsp.response_statistics : The function behind it.
    CNNClassifier : A network that learns its kernels.

    Notes
    -----
    The ROCKET family of time series classification [1]_ [2]_ [3]_ carried to spectrograms: normal weights of zero mean,
    here of unit norm, and a bias drawn between -1 and 1 that the proportion is counted above. Kernels have two axes, come
    in several shapes and dilations, lie wholly on the map, and run in one band, since a pattern in a spectrogram means
    different things at different heights. The zero mean makes them blind to a map's level.

    A clip's features depend on that clip and on what `fit` learned, never on the others. Frames of digital silence at
    the end of a map, such as `AudioLoader(duration=...)` pads with, are left out (`audiofeat.dsp.sounding_frames`).

    A map carries no name of the recording that it was made of, so the store knows it by its content: a digest of 128 bits
    of the values, with the kernels and, on the half of them that need it, with `mean_` and `scale_`. What is standardised
    per clip is therefore found again in every fold, and what is standardised by `fit` wherever the training clips are the
    same, as for all candidates of a grid search in one fold. All four statistics are stored.

    Columns are correlated and many: standardise them, and leave the choice of regularisation to the model, as
    `RidgeClassifierCV` does.

    References
    ----------
    .. [1] A. Dempster, F. Petitjean and G. I. Webb, "ROCKET: exceptionally fast and accurate time series classification
       using random convolutional kernels", Data Mining and Knowledge Discovery 34, 2020,
       https://doi.org/10.1007/s10618-020-00701-z
    .. [2] A. Dempster, D. F. Schmidt and G. I. Webb, "MiniRocket: a very fast (almost) deterministic transform for time
       series classification", KDD, 2021, https://doi.org/10.1145/3447548.3467231
    .. [3] A. Dempster, D. F. Schmidt and G. I. Webb, "Hydra: competing convolutional kernels for fast and accurate time
       series classification", Data Mining and Knowledge Discovery 37, 2023, https://doi.org/10.1007/s10618-023-00939-3

    Examples
    --------
    >>> from sklearn.linear_model import RidgeClassifierCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from audiofeat import AudioLoader, MelSpectrogram, RandomConvolutions, datasets
    >>> calls = datasets.make_animal_calls(24, random_state=0)
    >>> model = make_pipeline(
    ...     AudioLoader(sample_rate=16000, duration=2.0),
    ...     MelSpectrogram(n_mels=40, pooling=None),
    ...     RandomConvolutions(n_kernels=200, random_state=0),
    ...     StandardScaler(),
    ...     RidgeClassifierCV(),
    ... )
    >>> model.fit(calls.data, calls.target).predict(calls.data[:3]) == calls.target[:3]
    array([ True,  True,  True])
    >>> model[2].get_feature_names_out()[[0, 200]]
    array(['kernel_000_proportion', 'kernel_000_max'], dtype=object)
    """

    _parameter_constraints: dict = {
        "n_kernels": [Interval(Integral, 1, None, closed="left")],
        "kernel_shapes": ["array-like"],
        "dilations": ["array-like"],
        "n_bands": [Interval(Integral, 1, None, closed="left")],
        "n_segments": [Interval(Integral, 1, None, closed="left")],
        "statistics": [str, "array-like"],
        "standardize": [str, "array-like"],
        "memory": [str, os.PathLike, FeatureCache, None],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_kernels=1200,
        *,
        kernel_shapes=((3, 3), (3, 7), (7, 3), (5, 5)),
        dilations=((1, 1), (1, 2), (2, 1), (2, 2)),
        n_bands=8,
        n_segments=1,
        statistics=RESPONSE_STATISTICS,
        standardize=_STANDARDS,
        memory=None,
        n_jobs=None,
        random_state=None,
    ):
        self.n_kernels = n_kernels
        self.kernel_shapes = kernel_shapes
        self.dilations = dilations
        self.n_bands = n_bands
        self.n_segments = n_segments
        self.statistics = statistics
        self.standardize = standardize
        self.memory = memory
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X, y=None):
        """Draw the kernels, and learn mean and deviation of each row if they are wanted.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_rows, n_frames)
            Maps; a 2-D array counts as one row per clip.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted transformer.

        Raises
        ------
        ValueError
            If a parameter is out of its range.
        """
        self._validate_params()
        shapes = self._pairs("kernel_shapes", least_product=2)
        dilations = self._pairs("dilations", least_product=1)
        self._statistics()
        standards = self._standards()
        maps = self._maps(X, reset=True)
        self.n_rows_ = maps.shape[1]
        rng = check_random_state(self.random_state)
        self.kernels_: list[KernelGroup] = []
        self._groups_of: dict[str, tuple[int, int]] = {}
        for number, standard in enumerate(standards):
            share = (self.n_kernels + number) // len(standards)
            groups = random_kernels(
                share, self.n_rows_, rng, shapes=shapes, dilations=dilations, n_bands=int(self.n_bands)
            )
            self._groups_of[standard] = (len(self.kernels_), len(self.kernels_) + len(groups))
            self.kernels_ += groups
        if "fit" in standards:
            parts = _sounding(maps)
            self.mean_ = _row_means(parts)
            self.scale_ = _row_scales(parts, self.mean_, rounding=_ROUNDING)
        return self

    def transform(self, X):
        """Summarise the responses of each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_rows, n_frames)
            Maps with the rows that were fitted, and any number of frames; a 2-D array counts as one row per clip.

        Returns
        -------
        ndarray of shape (n_clips, n_segments * n_statistics * n_kernels)
            For each segment all kernels' first statistic, then their second, and so on; float32.
        """
        check_is_fitted(self)
        return self._transform(X, fitting=False)

    def fit_transform(self, X, y=None):
        """Draw the kernels and summarise the responses of each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_rows, n_frames)
            Maps; a 2-D array counts as one row per clip.
        y : None
            Ignored.

        Returns
        -------
        ndarray of shape (n_clips, n_segments * n_statistics * n_kernels)
            As from `transform`.
        """
        return self.fit(X)._transform(X, fitting=True)

    def _transform(self, X, *, fitting: bool) -> np.ndarray:
        maps = self._maps(X, reset=False)
        if maps.shape[1] != self.n_rows_:
            raise ValueError(
                f"RandomConvolutions got maps of {maps.shape[1]} rows; expected {self.n_rows_}, as in fit. "
                "Give both the same features."
            )
        chosen = [RESPONSE_STATISTICS.index(name) for name in self._statistics()]
        cache = cache_of(self.memory, fitting=fitting, by=type(self).__name__, step="convolutions")
        out = np.empty((len(maps), self.n_segments, len(chosen), self.n_kernels), dtype=np.float32)
        prefixes = {} if cache is None else {standard: self._fingerprint(standard) for standard in self._groups_of}

        def work(rows: list[int]) -> None:
            out[rows] = self._responses(maps[rows], cache, prefixes)[..., chosen].swapaxes(2, 3)

        with one_blas_thread():
            share_out(range(len(maps)), work, n_jobs=self.n_jobs, alone=cache is None)
        return out.reshape(len(maps), -1)

    def get_feature_names_out(self, input_features=None):
        """Name the columns.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of shape (n_segments * n_statistics * n_kernels,)
            Names such as ``kernel_0012_max``; the first half of the kernels reads maps standardised per clip, the other
            half those standardised by `fit`, if there are both.
        """
        check_is_fitted(self)
        return pooled_names(numbered("kernel", self.n_kernels), self._statistics(), self.n_segments)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = self.random_state is None
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _statistics(self) -> tuple[str, ...]:
        return check_choice(self.statistics, RESPONSE_STATISTICS, by=type(self).__name__, name="statistics")

    def _standards(self) -> list[str]:
        wanted = check_choice(self.standardize, _STANDARDS, by=type(self).__name__, name="standardize")
        return [standard for standard in _STANDARDS if standard in wanted]

    def _pairs(self, name: str, least_product: int) -> list[tuple[int, int]]:
        """Check a parameter that is a sequence of pairs of whole numbers."""
        value = getattr(self, name)
        pairs = np.asarray(value)
        good = pairs.ndim == 2 and pairs.shape[1] == 2 and len(pairs) and pairs.dtype.kind in "iu"
        if not good or (pairs < 1).any() or (pairs.prod(axis=1) < least_product).any():
            raise ValueError(
                f"RandomConvolutions got {name}={value!r}; expected pairs of positive whole numbers (rows, frames), such "
                f"as ((3, 3), (3, 7)){', of at least two taps each' if least_product > 1 else ''}."
            )
        return [(int(rows), int(frames)) for rows, frames in pairs]

    def _fingerprint(self, standard: str) -> bytes:
        """Everything but the map that features of one standardisation depend on."""
        hasher = xxhash.xxh3_128(fingerprint(("random convolutions", _ALGORITHM, standard, self.n_segments)).encode())
        for group in self.kernels_[slice(*self._groups_of[standard])]:
            hasher.update(fingerprint((group.weights.shape, group.dilation, group.rows)).encode())
            hasher.update(group.weights.data)
            hasher.update(group.biases.data)
        if standard == "fit":
            hasher.update(self.mean_.data)
            hasher.update(self.scale_.data)
        return hasher.digest()

    def _responses(self, maps: np.ndarray, cache: FeatureCache | None, prefixes: dict[str, bytes]) -> np.ndarray:
        """All statistics of some clips, ``(n_clips, n_segments, n_kernels, 4)``, from the store as far as it has them."""
        keys: list[dict[str, bytes]] = [{}] * len(maps)
        known: dict[bytes, np.ndarray] = {}
        if cache is not None:
            digests = [_digest(values) for values in maps]
            keys = [{s: xxhash.xxh3_128_digest(prefixes[s] + digest) for s in prefixes} for digest in digests]
            known = cache.get({key for of_clip in keys for key in of_clip.values()})
        fresh: dict[bytes, np.ndarray] = {}
        rows = []
        for values, of_clip in zip(maps, keys, strict=True):
            parts = []
            for standard, (start, stop) in self._groups_of.items():
                key = of_clip.get(standard)
                part = known.get(key) if key is not None else None
                if part is None:
                    part = response_statistics(
                        self._standardized(values, standard), self.kernels_[start:stop], n_segments=self.n_segments
                    )
                    if key is not None:
                        fresh[key] = part
                parts.append(part)
            rows.append(np.concatenate(parts, axis=1))
        if cache is not None and fresh:
            cache.put(fresh)
        return np.stack(rows)

    def _standardized(self, values: np.ndarray, standard: str) -> np.ndarray:
        values = values[:, : sounding_frames(values)].astype(np.float64)
        if standard == "fit":
            return ((values - self.mean_[:, None]) / self.scale_[:, None]).astype(np.float32)
        mean, deviation = values.mean(), values.std()
        return ((values - mean) / (deviation if deviation > _ROUNDING * abs(mean) else 1)).astype(np.float32)


def _digest(values: np.ndarray) -> bytes:
    hasher = xxhash.xxh3_128(f"{values.dtype.str} {values.shape}".encode())
    hasher.update(np.ascontiguousarray(values).data)
    return hasher.digest()
