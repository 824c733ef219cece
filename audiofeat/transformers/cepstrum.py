"""Cepstral features: the shape of the spectrum's envelope in a few decorrelated numbers."""

from numbers import Integral, Real

from audiofeat._sklearn import Interval, Options, StrOptions
from audiofeat.dsp import CepstrumRecipe, FrameSpec, MelRecipe
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor
from audiofeat.transformers.spectrogram import MEL_CONSTRAINTS, check_mel_range, numbered

__all__ = ["MFCC"]


class MFCC(FeatureExtractor):
    """Mel-frequency cepstral coefficients.

    The shape of the spectral envelope in a few decorrelated numbers, which is what distinguishes speakers, vowels and
    many animal calls. The first feature to try with a classical model.

    Parameters
    ----------
    n_mfcc : int, default=20
        Number of coefficients, at most `n_mels`. More keep finer detail of the envelope.
    dct_type : {1, 2, 3}, default=2
        Type of the cosine transform.
    dct_norm : {"ortho"} or None, default="ortho"
        Its normalisation.
    lifter : float, default=0
        Sinusoidal liftering, which raises the higher coefficients; 0 is none.
    deltas : int, default=0
        How many orders of derivatives over time follow the coefficients.
    n_mels : int, default=128
        Number of mel filters.
    fmin : float, default=0.0
        Lower edge of the first filter [Hz].
    fmax : float or None, default=None
        Upper edge of the last filter [Hz], at most half the sample rate. None means half the sample rate.
    mel_scale : {"slaney", "htk"}, default="slaney"
        Slaney's scale is linear below 1 kHz; HTK's is logarithmic throughout.
    mel_norm : {"slaney"}, float or None, default="slaney"
        "slaney" gives every filter unit area; a number divides each by its norm of that order; None leaves peaks of 1.
    top_db : float or None, default=80.0
        Floor of the log-mel spectrum under each clip's own maximum [dB].
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
    MelSpectrogram : What the coefficients are made of.

    Notes
    -----
    The cosine transform of the log-mel spectrogram. Equal to ``librosa.feature.mfcc`` of librosa 0.11 within 5e-3 for
    float32 clips and 1e-5 for float64; decibels are floored under each clip's own maximum, never the batch's.

    References
    ----------
    S. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition in
    continuously spoken sentences", IEEE Trans. ASSP 28(4), 1980, https://doi.org/10.1109/TASSP.1980.1163420

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import MFCC
    >>> clips = np.random.default_rng(0).standard_normal((2, 22050))
    >>> MFCC(n_mfcc=13).fit_transform(clips).shape
    (2, 26)
    >>> MFCC(n_mfcc=13, deltas=1, pooling=None).fit_transform(clips).shape
    (2, 26, 44)
    """

    _parameter_constraints: dict = {
        "n_mfcc": [Interval(Integral, 1, None, closed="left")],
        "dct_type": [Options(Integral, {1, 2, 3})],
        "dct_norm": [StrOptions({"ortho"}), None],
        "lifter": [Interval(Real, 0, None, closed="left")],
        "deltas": [Interval(Integral, 0, 8, closed="both")],
        **MEL_CONSTRAINTS,
        "top_db": [Interval(Real, 0, None, closed="left"), None],
        **FRAME_CONSTRAINTS,
    }

    def __init__(
        self,
        n_mfcc=20,
        dct_type=2,
        dct_norm="ortho",
        lifter=0,
        deltas=0,
        n_mels=128,
        fmin=0.0,
        fmax=None,
        mel_scale="slaney",
        mel_norm="slaney",
        top_db=80.0,
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
        self.n_mfcc = n_mfcc
        self.dct_type = dct_type
        self.dct_norm = dct_norm
        self.lifter = lifter
        self.deltas = deltas
        self.n_mels = n_mels
        self.fmin = fmin
        self.fmax = fmax
        self.mel_scale = mel_scale
        self.mel_norm = mel_norm
        self.top_db = top_db
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
        check_mel_range(type(self).__name__, self.fmin, self.fmax, spec.sample_rate)
        if self.n_mfcc > self.n_mels:
            raise ValueError(
                f"{type(self).__name__} got n_mfcc={self.n_mfcc!r}, more than n_mels={self.n_mels!r}. "
                "Lower n_mfcc, or raise n_mels."
            )

    def _recipe(self):
        mel = MelRecipe(
            n_mels=self.n_mels,
            fmin=self.fmin,
            fmax=self.fmax,
            mel_scale=self.mel_scale,
            mel_norm=self.mel_norm,
            top_db=self.top_db,
        )
        return CepstrumRecipe(
            n_mfcc=self.n_mfcc,
            dct_type=self.dct_type,
            dct_norm=self.dct_norm,
            lifter=self.lifter,
            deltas=self.deltas,
            mel=mel,
        )

    def _row_names(self):
        names = numbered("mfcc", self.n_mfcc)
        suffixes = ["", *("_delta" if order == 1 else f"_delta{order}" for order in range(1, self.deltas + 1))]
        return [name + suffix for suffix in suffixes for name in names]
