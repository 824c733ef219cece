"""Energy of the samples, frame by frame."""

from audiofeat.dsp import EnergyRecipe, FrameSpec
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor, check_choice

__all__ = ["Energy"]

_MEASURES = ("rms", "zcr")


class Energy(FeatureExtractor):
    """Loudness and roughness of the samples: root mean square and zero-crossing rate.

    Needs no spectrum and says when something sounds and how noisy it is. Choose it beside spectral features, where level
    is a cue and not an accident of the microphone.

    Parameters
    ----------
    measures : sequence of {"rms", "zcr"}, default=("rms", "zcr")
        Which, in the order of the rows.
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

    Notes
    -----
    Frames of `n_fft` samples without a window; `win_length` and `window` have no effect, and are there so that the frames
    can be those of the other members of a `FeatureBank`. Equal to ``librosa.feature.rms(y=...)`` and
    ``librosa.feature.zero_crossing_rate`` of librosa 0.11 within 1e-6, the latter but for frames that reach over the ends
    of the clip: librosa repeats the outermost sample there, so that silence and clip never make a crossing.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import Energy
    >>> a4 = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> energy = Energy(pooling="median").fit([a4])
    >>> dict(zip(energy.get_feature_names_out(), energy.transform([a4])[0].round(2).tolist()))
    {'rms_median': 0.71, 'zcr_median': 0.04}
    """

    _parameter_constraints: dict = {
        "measures": [str, "array-like"],
        **FRAME_CONSTRAINTS,
    }

    def __init__(
        self,
        measures=("rms", "zcr"),
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
        self.measures = measures
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

    def _check(self, spec: FrameSpec) -> None:
        self._chosen()

    def _chosen(self) -> tuple[str, ...]:
        return check_choice(self.measures, _MEASURES, by=type(self).__name__, name="measures")

    def _recipe(self):
        return EnergyRecipe(self._chosen())

    def _row_names(self):
        return list(self._chosen())
