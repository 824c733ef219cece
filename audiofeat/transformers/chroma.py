"""Chroma: how much of each pitch class a clip holds."""

from numbers import Integral, Real

from audiofeat._sklearn import Interval, StrOptions
from audiofeat.dsp import ChromaRecipe
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor
from audiofeat.transformers.spectrogram import numbered

__all__ = ["Chroma", "pitch_class_names", "tuning_of"]

_PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def pitch_class_names(name: str, n_chroma: int) -> list[str]:
    """Name the rows of a chromagram.

    Parameters
    ----------
    name : str
        What each name begins with.
    n_chroma : int
        Number of pitch classes.

    Returns
    -------
    list of str
        Names such as ``chroma_C#``, or numbers if there are not twelve.
    """
    if n_chroma == 12:
        return [f"{name}_{pitch_class}" for pitch_class in _PITCH_CLASSES]
    return numbered(name, n_chroma)


def tuning_of(tuning):
    """Take a parameter `tuning` as recipes want it.

    Parameters
    ----------
    tuning : float or "estimate"
        The parameter.

    Returns
    -------
    float or "estimate"
        The tuning.
    """
    return tuning if isinstance(tuning, str) else float(tuning)


class Chroma(FeatureExtractor):
    """Energy per pitch class, from the short-time spectrum.

    Folds all octaves into one, so that chords and keys stay and timbre goes. Choose it for music, and for calls whose
    pitch tells them apart.

    Parameters
    ----------
    n_chroma : int, default=12
        Number of pitch classes in an octave.
    tuning : float or "estimate", default=0.0
        Deviation of A4 from 440 Hz [fractions of a pitch class], from -0.5 to 0.5. "estimate" takes it from each clip's own
        spectrum, for recordings of instruments that were not tuned to 440 Hz.
    chroma_norm : float or None, default=inf
        Order of the norm that every frame is divided by; infinity makes the strongest pitch class 1. None leaves energies.
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
    ChromaCQT : From the constant-Q transform, which resolves low notes.
    ChromaCENS : The same, smoothed and quantised, for matching.

    Notes
    -----
    Equal to ``librosa.feature.chroma_stft`` of librosa 0.11 within 1e-5, called clip by clip, with ``tuning=None`` for
    "estimate". Given several clips at once, librosa estimates one tuning over all of them, so that one clip changes its
    neighbour. `audiofeat.dsp.estimate_tuning` describes the estimate; it has a resolution of 0.01, and where two values
    are equally frequent in a clip, which noise is, the rounding of float32 may decide between them.

    References
    ----------
    D. P. W. Ellis, "Chroma feature analysis and synthesis", 2007,
    https://www.ee.columbia.edu/~dpwe/resources/matlab/chroma-ansyn/

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import Chroma
    >>> a4 = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> chroma = Chroma(pooling="mean").fit([a4])
    >>> str(chroma.get_feature_names_out()[chroma.transform([a4])[0].argmax()])
    'chroma_A_mean'
    """

    _parameter_constraints: dict = {
        "n_chroma": [Interval(Integral, 1, None, closed="left")],
        "tuning": [Interval(Real, -0.5, 0.5, closed="both"), StrOptions({"estimate"})],
        "chroma_norm": [Interval(Real, 0, None, closed="right"), None],
        **FRAME_CONSTRAINTS,
        # With one sample there is no frequency but zero, which has no pitch.
        "n_fft": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(
        self,
        n_chroma=12,
        tuning=0.0,
        chroma_norm=float("inf"),
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
        self.chroma_norm = chroma_norm
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
        norm = None if self.chroma_norm is None else float(self.chroma_norm)
        return ChromaRecipe(n_chroma=self.n_chroma, tuning=tuning_of(self.tuning), chroma_norm=norm)

    def _row_names(self):
        return pitch_class_names("chroma", self.n_chroma)
