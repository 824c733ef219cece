"""The first step of a pipeline: from recordings to clips."""

import os
from collections import Counter
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from audiofeat._errors import AudioInputError, ClipProblem
from audiofeat._sklearn import Interval, StrOptions
from audiofeat.audio import AudioBatch, FeatureCache, LoadSettings, as_sources, cache_of
from audiofeat.transformers._base import DEFAULT_SAMPLE_RATE, FlexibleOutputMixin
from audiofeat.transformers._refusals import explain_clips, refuse_one_clip

__all__ = ["AudioLoader"]


# A batch is no table: naming its one column must not make scikit-learn turn it into a data frame.
class AudioLoader(FlexibleOutputMixin, BaseEstimator, auto_wrap_output_keys=None):
    """Load recordings as mono clips at one sample rate.

    Takes whatever holds audio and hands on an `AudioBatch`, which decodes a clip when a feature extractor asks for it.
    It is part of the pipeline, and of its pickle, so that a new recording meets the same resampling and the same length
    as those the model was trained on.

    Parameters
    ----------
    sample_rate : int or None, default=22050
        Sample rate of the clips [Hz]; recordings at another one are resampled (soxr, high quality). None takes the rate
        that all recordings share.
    duration : float or None, default=None
        Length of the clips [s]: longer recordings are cut, shorter ones padded at the end. None leaves each its length,
        which pooled features can handle and framewise ones cannot.
    offset : float, default=0.0
        Seconds skipped at the beginning of each recording.
    pad_mode : {"constant", "wrap"}, default="constant"
        Whether a short recording is followed by silence or repeated. Padding never enters pooled statistics.
    memory : str, path-like, FeatureCache or None, default=None
        Folder of a store of features per clip. With it, every feature of every clip is computed once, over all folds,
        candidates, runs and processes. A `FeatureCache` limits its size. None computes them anew each time.
        Where the folder cannot be used, a pipeline is not fitted, but it predicts, without it and with a `CacheWarning`.

    Attributes
    ----------
    sample_rate_ : int
        Sample rate of the clips handed on [Hz].

    See Also
    --------
    MFCC, MelSpectrogram, Chroma, Spectrogram : What to do with the clips.

    Notes
    -----
    Clips may be paths, encoded files as `bytes`, binary file objects, 1-D arrays, ``(rate, array)`` pairs, the rows of a
    2-D array, the clips of an `AudioBatch`, or the rows of a DataFrame with a column ``path`` and optional columns
    ``start`` and ``end`` [s]; a data frame with one column needs no name for it. Arrays without a rate are taken to be at
    `sample_rate`, or at 22,050 Hz if that is None. Integer arrays of up to 32 bits are PCM and are scaled to [-1, 1);
    2-D arrays in a pair are ``(n_samples, n_channels)``, as soundfile and SciPy give them. Channels are averaged.

    soundfile decodes WAV, FLAC, Ogg, MP3, AIFF and more. From mono and stereo the result equals
    `librosa.load` bit for bit; from more channels, whose sum has an order, within 1e-7.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import AudioLoader
    >>> stereo = np.zeros((48000, 2), dtype=np.int16)
    >>> clips = AudioLoader(sample_rate=16000, duration=2.0).fit_transform([(48000, stereo), (16000, np.ones(4000))])
    >>> clips
    AudioBatch(2 clips at 16000 Hz, 2 s each)
    >>> clips[0].shape, clips.valid(0).shape
    ((32000,), (16000,))
    """

    _parameter_constraints: dict = {
        "sample_rate": [Interval(Integral, 1, None, closed="left"), None],
        "duration": [Interval(Real, 0, None, closed="neither"), None],
        "offset": [Interval(Real, 0, None, closed="left")],
        "pad_mode": [StrOptions({"constant", "wrap"})],
        # A folder that cannot be made says so when it is first written to.
        "memory": [str, os.PathLike, FeatureCache, None],
    }

    sample_rate_: int

    def __init__(self, sample_rate=22050, duration=None, offset=0.0, pad_mode="constant", memory=None):
        self.sample_rate = sample_rate
        self.duration = duration
        self.offset = offset
        self.pad_mode = pad_mode
        self.memory = memory

    def fit(self, X, y=None):
        """Check parameters and recordings, and learn the sample rate if it is not given.

        Parameters
        ----------
        X : sequence, 2-D array, DataFrame or AudioBatch of n_clips
            The recordings.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted loader.

        Raises
        ------
        AudioInputError
            If recordings are missing, no audio, empty, or (with ``sample_rate=None``) at different rates.

        Warns
        -----
        AudioWarning
            If a DataFrame has a column ``start`` and, in place of ``end``, one called ``duration`` or ``stop``.
        """
        self._validate_params()
        self._load(X, reset=True)
        return self

    def transform(self, X):
        """Hand on the recordings as clips; headers are read, nothing is decoded yet.

        Parameters
        ----------
        X : sequence, 2-D array, DataFrame or AudioBatch of n_clips
            The recordings.

        Returns
        -------
        AudioBatch of n_clips
            The clips.

        Raises
        ------
        AudioInputError
            If recordings are missing, no audio, empty, or (with ``sample_rate=None``) not at the rate learned in `fit`.
        """
        check_is_fitted(self)
        return self._load(X, reset=False)

    def fit_transform(self, X, y=None):
        """Fit and hand on the recordings; a stream is read once.

        Parameters
        ----------
        X : sequence, 2-D array, DataFrame or AudioBatch of n_clips
            The recordings.
        y : None
            Ignored.

        Returns
        -------
        AudioBatch of n_clips
            The clips.
        """
        self._validate_params()
        return self._load(X, reset=True)

    def get_feature_names_out(self, input_features=None):
        """Name the output, so that a pipeline can pass on the names of the features behind it.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        ndarray of shape (1,)
            The one column of an `AudioBatch`, ``clip``.
        """
        check_is_fitted(self)
        return np.array(["clip"], dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def __sklearn_is_fitted__(self):
        return hasattr(self, "sample_rate_")

    def _load(self, X, *, reset: bool) -> AudioBatch:
        by = type(self).__name__
        refuse_one_clip(X, by=by)
        if _is_numeric_matrix(X):
            try:
                X = validate_data(self, X, reset=reset, dtype="numeric", ensure_all_finite=False)
            except ValueError as exc:
                why = explain_clips(X, by=by)
                if why is None:
                    raise
                raise why from exc
        expected: int | None = self.sample_rate if reset else self.sample_rate_
        array_rate = expected or DEFAULT_SAMPLE_RATE
        # What is done to clips on their way in, but for the rate, which only they may know.
        reading = LoadSettings(array_rate, self.duration, self.offset, self.pad_mode)
        sources, rates = as_sources(X, array_rate=array_rate, by=by, read=reading.valid)
        if not sources:
            raise ValueError(f"{by} got no clips (0 sample(s)); expected at least one.")
        rate: int = expected or Counter(rates).most_common(1)[0][0]
        if self.sample_rate is None:
            problems = [
                ClipProblem(i, source.path, f"at {own} Hz, not {rate} Hz")
                for i, (source, own) in enumerate(zip(sources, rates, strict=True))
                if own != rate
            ]
            if problems:
                advice = f"Set sample_rate={rate} to resample them."
                raise AudioInputError(by, problems, n_clips=len(sources), advice=advice)
        settings = LoadSettings(rate, self.duration, self.offset, self.pad_mode)
        if reset:
            self.sample_rate_ = rate
        cache = cache_of(self.memory, fitting=reset, by=by, step="load")
        labels = X.index if hasattr(X, "iloc") else getattr(X, "row_labels", None)
        return AudioBatch(sources, settings, cache, row_labels=labels)


def _is_numeric_matrix(X) -> bool:
    """Whether the input is one array of samples (or a sparse one, to be refused), not a container of recordings."""
    if isinstance(X, AudioBatch) or hasattr(X, "columns"):
        return False
    if not hasattr(X, "__array__"):
        return hasattr(X, "tocsr")
    array = np.asarray(X)
    if array.dtype.kind == "O":
        # A table of Python numbers; one column of objects would be paths or arrays.
        return array.ndim == 2 and array.shape[1] > 1 and not any(isinstance(item, (str, bytes)) for item in array.flat)
    return array.dtype.kind in "fiubc"
