"""Tonal centroids: harmony as a point in six dimensions."""

from numbers import Integral, Real

from audiofeat._sklearn import Interval, StrOptions
from audiofeat.dsp import ChromaRecipe, TonnetzRecipe
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor
from audiofeat.transformers.chroma import tuning_of

__all__ = ["Tonnetz"]

_AXES = ("fifth_x", "fifth_y", "minor_third_x", "minor_third_y", "major_third_x", "major_third_y")


class Tonnetz(FeatureExtractor):
    """Tonal centroids: chroma on the circles of fifths, minor thirds and major thirds.

    Chords that share notes lie close together. Choose it for harmony, beside or in place of `Chroma`.

    Parameters
    ----------
    n_chroma : int, default=12
        Number of pitch classes in an octave of the chroma it is made of.
    tuning : float or "estimate", default=0.0
        Deviation of A4 from 440 Hz [fractions of a pitch class]; "estimate" takes it from each clip's own spectrum.
    sample_rate : int or None, default=None
        Sample rate of the clips [Hz]. None takes the rate of the `AudioBatch`, or 22,050 Hz for plain arrays.
    n_fft : int, default=2048
        Length of the Fourier transform [samples]. A larger one resolves frequency better and time worse.
    hop_length : int, default=512
        Distance between frames [samples]. A larger one gives fewer frames.
    win_length : int or None, default=None
        Length of the window [samples], at most `n_fft`. None means `n_fft`.
    window : str, tuple or float, default="hann"
        Window, as in `scipy.signal.get_window`.
    center : bool, default=True
        Whether frames are centred on their time, with padding at both ends of the clip.
    pad_mode : {"constant", "edge", "reflect", "symmetric", "wrap"}, default="constant"
        What that padding holds.
    pooling : str, sequence of str or None, default=("mean", "std")
        Statistics over time, as in `audiofeat.dsp.pool`, without the padding that the loader added. None keeps the
        frames.
    n_segments : int, default=1
        Number of equal parts of the clip that are pooled one by one. More keep more of the order in time.
    n_jobs : int or None, default=None
        Number of threads, as in joblib. None means 1.

    Attributes
    ----------
    sample_rate_ : int
        Sample rate of the clips it was fitted on [Hz].
    n_features_in_ : int
        Number of samples in a clip, if it was fitted on a 2-D array.

    See Also
    --------
    Chroma : What it is made of.

    Notes
    -----
    Equal to ``librosa.feature.tonnetz(chroma=chroma)`` of librosa 0.11 within 1e-5, where `chroma` is that of `Chroma`;
    without that argument librosa takes a constant-Q chroma.

    References
    ----------
    C. Harte, M. Sandler and M. Gasser, "Detecting harmonic change in musical audio", 2006,
    https://doi.org/10.1145/1178723.1178727

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import Tonnetz
    >>> clips = np.random.default_rng(0).standard_normal((2, 22050))
    >>> Tonnetz(pooling="mean").fit_transform(clips).shape
    (2, 6)
    """

    _parameter_constraints: dict = {
        "n_chroma": [Interval(Integral, 1, None, closed="left")],
        "tuning": [Interval(Real, -0.5, 0.5, closed="both"), StrOptions({"estimate"})],
        **FRAME_CONSTRAINTS,
        # With one sample there is no frequency but zero, which has no pitch.
        "n_fft": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(
        self,
        n_chroma=12,
        tuning=0.0,
        *,
        sample_rate=None,
        n_fft=2048,
        hop_length=512,
        win_length=None,
        window="hann",
        center=True,
        pad_mode="constant",
        pooling=("mean", "std"),
        n_segments=1,
        n_jobs=None,
    ):
        self.n_chroma = n_chroma
        self.tuning = tuning
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.win_length = win_length
        self.window = window
        self.center = center
        self.pad_mode = pad_mode
        self.pooling = pooling
        self.n_segments = n_segments
        self.n_jobs = n_jobs

    def _recipe(self):
        return TonnetzRecipe(ChromaRecipe(n_chroma=self.n_chroma, tuning=tuning_of(self.tuning), chroma_norm=None))

    def _row_names(self):
        return [f"tonnetz_{axis}" for axis in _AXES]
