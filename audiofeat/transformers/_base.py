"""What all feature extractors share: frame parameters, input checks, names of columns.

Conventions: pooled features are ``(n_clips, n_columns)``, framewise ones ``(n_clips, n_rows, n_frames)``.
"""

import warnings
from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from audiofeat._errors import AudioInputError, ClipError, ClipProblem, EmptyFilterWarning
from audiofeat._maps import holds_recordings
from audiofeat._sklearn import Interval, StrOptions, output_container, wrap_tables_only
from audiofeat.audio import AudioBatch, as_unit_float
from audiofeat.audio.checks import check_samples
from audiofeat.dsp import STATISTICS, FrameSpec, is_statistic
from audiofeat.dsp.recipes import Recipe
from audiofeat.transformers._extraction import ArrayClips, Plan, extract_features
from audiofeat.transformers._filters import FilterCounts
from audiofeat.transformers._names import with_row_names
from audiofeat.transformers._refusals import explain_clips, refuse_one_clip

__all__ = ["DEFAULT_SAMPLE_RATE", "FRAME_CONSTRAINTS", "FeatureExtractor", "FlexibleOutputMixin", "check_pooling"]

# librosa's default, for arrays that carry no rate.
DEFAULT_SAMPLE_RATE = 22050

FRAME_CONSTRAINTS: dict[str, list] = {
    "sample_rate": [Interval(Integral, 1, None, closed="left"), None],
    "n_fft": [Interval(Integral, 1, None, closed="left")],
    "hop_length": [Interval(Integral, 1, None, closed="left")],
    "win_length": [Interval(Integral, 1, None, closed="left"), None],
    "window": [str, tuple, Real],
    "center": ["boolean"],
    "pad_mode": [StrOptions({"constant", "edge", "reflect", "symmetric", "wrap"})],
    "pooling": [str, "array-like", None],
    "n_segments": [Interval(Integral, 1, None, closed="left")],
    "n_jobs": [Integral, None],
}


class FlexibleOutputMixin(TransformerMixin):
    """`set_output` that can always be called: a 3-D output stays an array, a 2-D one becomes a data frame.

    Both have names: those of columns or, for a pipeline to pass on to the next step, those of rows.
    """

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        wrap_tables_only(cls, lambda self: self._gives_table())

    def _gives_table(self) -> bool:
        """Whether the output is 2-D."""
        return True

    def set_output(self, *, transform=None):
        """Choose the container of 2-D output.

        Parameters
        ----------
        transform : {"default", "pandas", "polars"} or None, default=None
            The container. None leaves the choice as it is. 3-D output is an array whatever is chosen, but hands on the
            names of its rows; choose before `fit`, when the steps behind it learn them.

        Returns
        -------
        self
            The estimator.
        """
        # scikit-learn's own is hidden while there are no names of columns, which is when a Pipeline would fail on it.
        if transform is not None:
            self._sklearn_output_config = {**getattr(self, "_sklearn_output_config", {}), "transform": transform}
        return self


def with_labels(estimator, features: np.ndarray, clips: AudioBatch | ArrayClips):
    """Give pooled features the index that the clips came with, and others names of rows, where data frames are wanted.

    scikit-learn takes the index from its own input, and a batch is no data frame: rows would be paired with other rows.

    Parameters
    ----------
    estimator : estimator
        Whose output it is.
    features : ndarray of shape (n_clips, n_columns) or (n_clips, n_rows, n_frames)
        The output.
    clips : AudioBatch or ArrayClips
        Its input.

    Returns
    -------
    ndarray or DataFrame
        A data frame only if one is wanted and the clips have an index.
    """
    if features.ndim != 2:
        return with_row_names(estimator, features)
    index = getattr(clips, "row_labels", None)
    if index is None or output_container(estimator) != "pandas":
        return features
    import pandas as pd

    return pd.DataFrame(features, index=index, columns=estimator.get_feature_names_out(), copy=False)


def is_pooled(extractor) -> bool:
    """Tell whether an extractor gives one row of named columns per clip.

    Parameters
    ----------
    extractor : FeatureExtractor
        The extractor.

    Returns
    -------
    bool
        False for framewise output.
    """
    return extractor.pooling is not None


def check_pooling(pooling, by: str) -> tuple[str, ...] | None:
    """Check the names of pooling statistics.

    Parameters
    ----------
    pooling : str, sequence of str or None
        The parameter.
    by : str
        Who asks, for messages.

    Returns
    -------
    tuple of str or None
        The statistics.
    """
    if pooling is None:
        return None
    names = (pooling,) if isinstance(pooling, str) else tuple(pooling)
    unknown = [name for name in names if not is_statistic(name)]
    if unknown or not names or len(set(names)) < len(names):
        what = (
            f"unknown {', '.join(map(repr, unknown))}" if unknown else "no statistic" if not names else "a repetition"
        )
        raise ValueError(
            f"{by} got pooling={pooling!r}, with {what}; expected None or different names out of {', '.join(STATISTICS)} "
            "and percentiles such as 'percentile_90'."
        )
    return names


def check_choice(chosen, known: Sequence[str], *, by: str, name: str) -> tuple[str, ...]:
    """Check a parameter that names some of several things.

    Parameters
    ----------
    chosen : str or sequence of str
        The parameter.
    known : sequence of str
        What there is.
    by : str
        Who asks, for messages.
    name : str
        Name of the parameter.

    Returns
    -------
    tuple of str
        The names chosen.
    """
    names = (chosen,) if isinstance(chosen, str) else tuple(chosen)
    if not names or len(set(names)) < len(names) or not set(names) <= set(known):
        raise ValueError(f"{by} got {name}={chosen!r}; expected different names out of {', '.join(known)}.")
    return names


def pooled_names(rows: Sequence[str], statistics: Sequence[str], n_segments: int) -> np.ndarray:
    """Name the columns that pooling gives, in their order.

    Parameters
    ----------
    rows : sequence of str
        Names of the rows.
    statistics : sequence of str
        Names of the statistics.
    n_segments : int
        Number of segments; more than one are counted from 0 in the names.

    Returns
    -------
    ndarray of shape (n_segments * n_statistics * n_rows,)
        Names such as ``mfcc_03_mean``, or ``mfcc_03_mean_segment_2``.
    """
    width = len(str(n_segments - 1))
    suffixes = [""] if n_segments == 1 else [f"_segment_{k:0{width}d}" for k in range(n_segments)]
    names = [f"{row}_{name}{suffix}" for suffix in suffixes for name in statistics for row in rows]
    return np.array(names, dtype=object)


class FeatureExtractor(FlexibleOutputMixin, BaseEstimator):
    """Base of the extractors: subclasses name a recipe and its rows.

    A subclass defines ``_recipe()``, ``_row_names()`` and, where parameters depend on the rate, ``_check(spec)``.
    """

    def fit(self, X, y=None):
        """Check the parameters and the kind of input; nothing is decoded.

        Parameters
        ----------
        X : AudioBatch, array-like of shape (n_clips, n_samples), or list of 1-D arrays
            The clips.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted extractor.

        Raises
        ------
        ValueError
            If a parameter is out of its range, or contradicts another or the clips' sample rate.

        Warns
        -----
        EmptyFilterWarning
            If filters are narrower than the distance of the spectrum's frequencies, and hold none of them.
        """
        self._validate_params()
        check_pooling(self.pooling, type(self).__name__)
        clips = as_clips(X, self, reset=True)
        rate = self._resolve_rate(clips, self.sample_rate)
        self._warn_of_empty_filters(self._plan(rate).spec)
        self.sample_rate_ = rate
        return self

    def transform(self, X):
        """Compute the features of each clip.

        Parameters
        ----------
        X : AudioBatch, array-like of shape (n_clips, n_samples), or list of 1-D arrays
            The clips.

        Returns
        -------
        ndarray of shape (n_clips, n_columns), or (n_clips, n_rows, n_frames) with ``pooling=None``
            The features, in the type of the clips: float32 for an `AudioBatch`.

        Raises
        ------
        AudioInputError
            If clips cannot be decoded, hold NaN or infinite samples, or differ in length with ``pooling=None``.
        """
        check_is_fitted(self)
        clips = as_clips(X, self, reset=False)
        plan = self._plan(self._resolve_rate(clips, self.sample_rate_))
        features = extract_features(clips, [plan], n_jobs=self.n_jobs, by=type(self).__name__)[0]
        return with_labels(self, features, clips)

    def get_feature_names_out(self, input_features=None):
        """Name the columns of pooled output, or the rows of framewise output.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of shape (n_columns,) or (n_rows,)
            Names such as ``mfcc_03_mean``, or ``mfcc_03`` with ``pooling=None``.
        """
        check_is_fitted(self)
        statistics = check_pooling(self.pooling, type(self).__name__)
        if statistics is None:
            return np.array(self._row_names(), dtype=object)
        return pooled_names(self._row_names(), statistics, self.n_segments)

    def _gives_table(self):
        return is_pooled(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "sample_rate_")

    def _recipe(self) -> Recipe:
        raise NotImplementedError

    def _row_names(self) -> Sequence[str]:
        raise NotImplementedError

    def _check(self, spec: FrameSpec) -> None:
        """Refuse parameters that contradict each other or the sample rate."""

    def _counted_filters(self, spec: FrameSpec) -> tuple[str, FilterCounts] | None:
        """The parameter that counts the filters, and what `count_filters` says of them, where filters may be empty."""
        return None

    def _warn_of_empty_filters(self, spec: FrameSpec) -> None:
        if (named := self._counted_filters(spec)) is None:
            return
        name, (n_filters, n_empty) = named
        if n_empty:
            lie, give = ("lie", "give") if n_empty > 1 else ("lies", "gives")
            warnings.warn(
                f"{type(self).__name__} got {name}={n_filters} with n_fft={spec.n_fft} at {spec.sample_rate} Hz: "
                f"{n_empty} of the {n_filters} filters {lie} between two frequencies of the spectrum and {give} the "
                f"same for every sound. Lower {name}, or raise n_fft.",
                EmptyFilterWarning,
                stacklevel=3,
            )

    def _frame_parameters(self, sample_rate: int) -> dict:
        """What the framing is made of, beside the rate."""
        return {n: getattr(self, n) for n in ("n_fft", "hop_length", "win_length", "window", "center", "pad_mode")}

    def _spec(self, sample_rate: int) -> FrameSpec:
        try:
            return FrameSpec(sample_rate=sample_rate, **self._frame_parameters(sample_rate))
        except ValueError as exc:
            # The framing refuses under its own name; the user knows the extractor.
            raise ValueError(str(exc).replace("FrameSpec", type(self).__name__, 1)) from exc

    def _plan(self, sample_rate: int) -> Plan:
        spec = self._spec(sample_rate)
        self._check(spec)
        return Plan(spec, self._recipe(), check_pooling(self.pooling, type(self).__name__), self.n_segments)

    def _resolve_rate(self, clips: AudioBatch | ArrayClips, expected: int | None) -> int:
        """The rate of the clips, which must be the one expected."""
        if not isinstance(clips, AudioBatch):
            return expected or DEFAULT_SAMPLE_RATE
        if expected is not None and clips.sample_rate != expected:
            where = "its parameter sample_rate" if self.sample_rate is not None else "the clips it was fitted on"
            raise ValueError(
                f"{type(self).__name__} got clips at {clips.sample_rate} Hz, but {where} says {expected} Hz. "
                f"Use AudioLoader(sample_rate={expected}), or leave sample_rate=None to take the clips' rate."
            )
        return clips.sample_rate


def as_clips(X, estimator, *, reset: bool, by: str | None = None) -> AudioBatch | ArrayClips:
    """Take the input of an extractor as clips.

    Parameters
    ----------
    X : AudioBatch, array-like of shape (n_clips, n_samples), or sequence of 1-D arrays
        The input.
    estimator : estimator
        Whose input it is; gets ``n_features_in_`` from a 2-D array when `reset`.
    reset : bool
        Whether the estimator is being fitted.
    by : str or None, default=None
        Who asks, for messages; None names the estimator.

    Returns
    -------
    AudioBatch or ArrayClips
        The clips.
    """
    by = by or type(estimator).__name__
    if isinstance(X, AudioBatch):
        if not len(X):
            raise ValueError(f"{by} got an AudioBatch without clips; expected at least one.")
        return X
    if holds_recordings(X):
        raise TypeError(
            f"{by} takes samples, not files or (rate, array) pairs. Put AudioLoader(...) before it in a Pipeline."
        )
    if isinstance(X, (list, tuple)) and X and all(isinstance(item, np.ndarray) and item.ndim == 1 for item in X):
        for i, item in enumerate(X):
            if item.dtype.kind not in "fiu":
                raise TypeError(f"{by} got clip {i} as an array of {item.dtype}; expected real numbers.")
        arrays = _unit_floats(X, by)
    else:
        if isinstance(X, np.ndarray) and X.dtype.kind in "iu":
            # Before scikit-learn takes 16-bit samples for plain numbers, which AudioLoader does not.
            (X,) = _unit_floats([X], by)
        refuse_one_clip(X, by=by)
        try:
            X = validate_data(estimator, X, reset=reset, dtype=[np.float64, np.float32], ensure_all_finite=False)
        except (TypeError, ValueError) as exc:
            why = explain_clips(X, by=by)
            if why is None:
                raise
            raise why from exc
        arrays = list(X)
    clips = ArrayClips(arrays)
    problems = []
    for i, array in enumerate(arrays):
        try:
            check_samples(array)
        except ClipError as exc:
            problems.append(clips.problem(i, str(exc)))
    if problems:
        raise AudioInputError(by, problems, n_clips=len(arrays))
    return clips


def _unit_floats(arrays: Sequence[np.ndarray], by: str) -> list[np.ndarray]:
    problems, floats = [], []
    for i, array in enumerate(arrays):
        try:
            floats.append(as_unit_float(array))
        except ClipError as exc:
            problems.append(ClipProblem(i, None, str(exc)))
    if problems:
        raise AudioInputError(by, problems, n_clips=len(arrays))
    return floats
