"""Steps that take framewise features, ``(n_clips, n_rows, n_frames)``: pooling and derivatives over time.

Conventions: a 2-D input counts as one row per clip, ``(n_clips, 1, n_frames)``.
"""

from collections.abc import Sequence
from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from audiofeat._maps import read_maps
from audiofeat._sklearn import Interval
from audiofeat.dsp import delta, pool, sounding_frames
from audiofeat.transformers._base import FlexibleOutputMixin, check_pooling, pooled_names
from audiofeat.transformers._names import with_row_names
from audiofeat.transformers.cepstrum import with_delta_names
from audiofeat.transformers.spectrogram import numbered

__all__ = ["Delta", "StatsPooling"]


class _MapTransformer(FlexibleOutputMixin, BaseEstimator):
    """Base of the transformers of framewise features."""

    def fit(self, X, y=None):
        """Check the parameters and remember the number of rows.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_rows, n_frames)
            Framewise features; a 2-D array counts as one row per clip.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted transformer.
        """
        self._validate_params()
        maps = self._maps(X, reset=True)
        self.n_rows_ = maps.shape[1]
        return self

    def __sklearn_is_fitted__(self):
        return hasattr(self, "n_rows_")

    def _row_names(self, input_features) -> list[str]:
        """Names of the rows it was fitted on, as the step before has them."""
        check_is_fitted(self)
        if input_features is None:
            return getattr(self, "_names_in", None) or numbered("row", self.n_rows_)
        names = [str(name) for name in input_features]
        if len(names) == self.n_rows_:
            return names
        if self.n_rows_ == 1 and len(names) == self.n_features_in_:
            # Of a 2-D array, they are the names of its frames.
            return numbered("row", 1)
        raise ValueError(
            f"{type(self).__name__} got {len(names)} input_features; expected {self.n_rows_}, a name for each row of the "
            "maps it was fitted on."
        )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _maps(self, X, *, reset: bool) -> np.ndarray:
        by = type(self).__name__
        # Rows are features only of maps; of a 2-D array those are its frames.
        of_maps = not reset and self.n_rows_ == self.n_features_in_ > 1
        expected = (self.n_rows_, None) if of_maps else None
        if reset:
            self._names_in = getattr(X, "row_names", None)
        X = read_maps(self, X, reset=reset, dtype=[np.float64, np.float32], expected=expected)
        if X.ndim > 3:
            raise ValueError(f"{by} got an array of shape {X.shape}; expected (n_clips, n_rows, n_frames).")
        return X[:, None, :] if X.ndim == 2 else X


def _sounding(maps: np.ndarray) -> list[np.ndarray]:
    """Each map without its padding, ``(n_rows, n_sounding_frames)``."""
    return [values[:, : sounding_frames(values)] for values in maps]


def _row_means(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Mean of each row over the frames of all parts, ``(n_rows,)``, in float64."""
    return np.sum([part.sum(axis=1, dtype=np.float64) for part in parts], axis=0) / sum(p.shape[1] for p in parts)


def _row_scales(parts: Sequence[np.ndarray], mean: np.ndarray, *, rounding: float) -> np.ndarray:
    """Standard deviation of each row, ``(n_rows,)``, or 1 where it is no more than this part of the mean."""
    squares = np.sum([np.square(part - mean[:, None]).sum(axis=1) for part in parts], axis=0)
    deviation = np.sqrt(squares / sum(part.shape[1] for part in parts))
    return np.where(deviation > rounding * np.abs(mean), deviation, 1.0)


class StatsPooling(_MapTransformer):
    """Summarise framewise features over time.

    Does to any ``(n_clips, n_rows, n_frames)`` array what the extractors' `pooling` does to their own. Choose it after
    a step that works on frames, such as `Delta`. All frames of a map count: padding that the loader added, too, which the
    extractors' own pooling leaves out.

    Parameters
    ----------
    statistics : str or sequence of str, default=("mean", "std")
        Statistics over time, as in `audiofeat.dsp.pool`.
    n_segments : int, default=1
        Number of equal parts of the clip that are pooled one by one. More keep more of the order in time.

    Attributes
    ----------
    n_rows_ : int
        Number of rows of the features it was fitted on.
    n_features_in_ : int
        Length of the second axis of the input.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import StatsPooling
    >>> StatsPooling().fit_transform(np.arange(12.0).reshape(2, 2, 3)).round(2)
    array([[ 1.  ,  4.  ,  0.82,  0.82],
           [ 7.  , 10.  ,  0.82,  0.82]])
    """

    _parameter_constraints: dict = {
        "statistics": [str, "array-like"],
        "n_segments": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(self, statistics=("mean", "std"), n_segments=1):
        self.statistics = statistics
        self.n_segments = n_segments

    def fit(self, X, y=None):
        """Check the parameters and remember the number of rows.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_rows, n_frames)
            Framewise features; a 2-D array counts as one row per clip.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted transformer.
        """
        super().fit(X)
        check_pooling(self.statistics, type(self).__name__)
        return self

    def transform(self, X):
        """Summarise each clip.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_rows, n_frames)
            Framewise features; a 2-D array counts as one row per clip.

        Returns
        -------
        ndarray of shape (n_clips, n_segments * n_statistics * n_rows)
            For each segment all rows of the first statistic, then of the second, and so on.
        """
        check_is_fitted(self)
        statistics = check_pooling(self.statistics, type(self).__name__) or ()
        return pool(self._maps(X, reset=False), statistics, n_segments=self.n_segments)

    def get_feature_names_out(self, input_features=None):
        """Name the columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the rows, which a pipeline passes on. None means those that they had in `fit`, if any, or numbers them.

        Returns
        -------
        ndarray of shape (n_segments * n_statistics * n_rows,)
            Names such as ``mfcc_03_mean``, or ``row_03_mean`` for rows without a name.
        """
        rows = self._row_names(input_features)
        statistics = check_pooling(self.statistics, type(self).__name__) or ()
        return pooled_names(rows, statistics, self.n_segments)


class Delta(_MapTransformer):
    """Derivatives over time, beside the features they are taken of.

    Tells rising from falling, which pooled features alone cannot. Choose it before `StatsPooling`, or before a CNN that
    sees few frames at once.

    Parameters
    ----------
    order : int, default=1
        Highest order of derivative; all orders up to it are added.
    width : int, default=9
        Frames that each derivative is fitted over, odd and larger than `order`. A wider one is smoother.
    keep_input : bool, default=True
        Whether the features themselves come first in the output.

    Attributes
    ----------
    n_rows_ : int
        Number of rows of the features it was fitted on.
    n_features_in_ : int
        Length of the second axis of the input.

    See Also
    --------
    audiofeat.dsp.delta : The function behind it, and what it does at both ends and with short clips.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import Delta
    >>> Delta(order=2).fit_transform(np.random.default_rng(0).standard_normal((4, 20, 44))).shape
    (4, 60, 44)
    """

    _parameter_constraints: dict = {
        "order": [Interval(Integral, 1, None, closed="left")],
        "width": [Interval(Integral, 3, None, closed="left")],
        "keep_input": ["boolean"],
    }

    def __init__(self, order=1, width=9, keep_input=True):
        self.order = order
        self.width = width
        self.keep_input = keep_input

    def fit(self, X, y=None):
        """Check the parameters and remember the number of rows.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_rows, n_frames)
            Framewise features; a 2-D array counts as one row per clip.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted transformer.
        """
        super().fit(X)
        if self.width % 2 == 0 or self.order >= self.width:
            raise ValueError(
                f"Delta got order={self.order!r} and width={self.width!r}; expected an odd width larger than the order."
            )
        return self

    def transform(self, X):
        """Add derivatives.

        Parameters
        ----------
        X : array-like of shape (n_clips, n_rows, n_frames)
            Framewise features; a 2-D array counts as one row per clip.

        Returns
        -------
        ndarray of shape (n_clips, (1 + order) * n_rows, n_frames)
            The features, then their derivatives of each order; without the features if not `keep_input`.
        """
        check_is_fitted(self)
        maps = self._maps(X, reset=False)
        parts = [maps] if self.keep_input else []
        parts += [delta(maps, order=order, width=self.width) for order in range(1, self.order + 1)]
        return with_row_names(self, np.concatenate(parts, axis=1))

    def get_feature_names_out(self, input_features=None):
        """Name the rows of the output.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the rows of the input, which a pipeline passes on. None means those that they had in `fit`, if any, or
            numbers them.

        Returns
        -------
        ndarray of shape ((1 + order) * n_rows,)
            Names such as ``mfcc_03`` and ``mfcc_03_delta2``; one that is taken, because derivatives came in already, is
            followed by a number.
        """
        rows = self._row_names(input_features)
        names = with_delta_names(rows, self.order)[0 if self.keep_input else len(rows) :]
        return np.array(_told_apart(names), dtype=object)

    def _gives_table(self):
        return False


def _told_apart(names: Sequence[str]) -> list[str]:
    """Names, of which those that stood before get a number."""
    taken = set(names)
    seen: set[str] = set()
    apart = []
    for name in names:
        other = name
        number = 2
        while other in seen or (other != name and other in taken):
            other, number = f"{name}_{number}", number + 1
        seen.add(other)
        apart.append(other)
    return apart
