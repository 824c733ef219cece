"""The shape of a spectrum in a few numbers per frame: descriptors and octave contrast."""

from numbers import Integral, Real

from audiofeat._sklearn import Interval, StrOptions
from audiofeat.dsp import SPECTRAL_DESCRIPTORS, ContrastRecipe, FrameSpec, SpectralShapeRecipe
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor, check_choice
from audiofeat.transformers.spectrogram import numbered

__all__ = ["SpectralContrast", "SpectralShape"]


class SpectralShape(FeatureExtractor):
    """Where the energy of a spectrum lies, how it spreads, and how it changes.

    A handful of numbers per frame with a meaning each: brightness, width, noisiness, change. Choose them for small data
    sets and for models that are to be explained, or beside MFCC in a `FeatureBank`.

    Parameters
    ----------
    descriptors : sequence of str, default=SPECTRAL_DESCRIPTORS
        Which, in the order of the rows; all of ``audiofeat.dsp.SPECTRAL_DESCRIPTORS`` by default.
    roll_percent : float, default=0.85
        Share of the spectrum that lies under the rolloff.
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
    SpectralContrast : Peaks over valleys in octave bands.

    Notes
    -----
    Centroid, bandwidth, rolloff [Hz] and flatness are those of librosa 0.11, within 1e-5 of their maximum for float32
    clips and 1e-10 for float64. Skewness, kurtosis and slope follow Peeters, entropy Misra, flux Lerch; the functions in
    `audiofeat.dsp` give the formulas and the sources.

    References
    ----------
    G. Peeters, "A large set of audio features for sound description (similarity and classification) in the CUIDADO
    project", IRCAM technical report, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import SpectralShape
    >>> a4 = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> shape = SpectralShape(["centroid", "flatness"], pooling="median").fit([a4])
    >>> shape.get_feature_names_out()
    array(['spectral_centroid_median', 'spectral_flatness_median'], dtype=object)
    >>> shape.transform([a4]).round(0)
    array([[440.,   0.]])
    """

    _parameter_constraints: dict = {
        "descriptors": [str, "array-like"],
        "roll_percent": [Interval(Real, 0, 1, closed="neither")],
        **FRAME_CONSTRAINTS,
        # With one sample there is no frequency but zero, and no shape.
        "n_fft": [Interval(Integral, 2, None, closed="left")],
    }

    def __init__(
        self,
        descriptors=SPECTRAL_DESCRIPTORS,
        roll_percent=0.85,
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
        self.descriptors = descriptors
        self.roll_percent = roll_percent
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
        return check_choice(self.descriptors, SPECTRAL_DESCRIPTORS, by=type(self).__name__, name="descriptors")

    def _recipe(self):
        return SpectralShapeRecipe(self._chosen(), float(self.roll_percent))

    def _row_names(self):
        return [f"spectral_{name}" for name in self._chosen()]


class SpectralContrast(FeatureExtractor):
    """Peaks over valleys of the spectrum, in octave bands.

    High where a band holds clear tones, low where it holds noise. Choose it for music, and for telling tonal calls from
    noisy ones.

    Parameters
    ----------
    fmin : float, default=200.0
        Upper edge of the lowest band [Hz]; each next band is an octave.
    n_bands : int, default=6
        Number of octaves above it. The last must begin below half the sample rate.
    quantile : float, default=0.02
        Share of a band's bins that are its peak, and its valley.
    scale : {"db", "linear"}, default="db"
        Whether levels or magnitudes are subtracted.
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
    SpectralShape : Descriptors of the whole spectrum.

    Notes
    -----
    Equal to ``librosa.feature.spectral_contrast`` of librosa 0.11, within 1e-5 of its maximum for float32 clips and 1e-10
    for float64; its floors are those of each clip.

    References
    ----------
    D.-N. Jiang et al., "Music type classification by spectral contrast feature", ICME 2002,
    https://doi.org/10.1109/ICME.2002.1035731

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import SpectralContrast
    >>> clips = np.random.default_rng(0).standard_normal((2, 22050))
    >>> SpectralContrast(pooling=None).fit_transform(clips).shape
    (2, 7, 44)
    """

    _parameter_constraints: dict = {
        "fmin": [Interval(Real, 0, None, closed="neither")],
        "n_bands": [Interval(Integral, 1, None, closed="left")],
        "quantile": [Interval(Real, 0, 1, closed="neither")],
        "scale": [StrOptions({"db", "linear"})],
        **FRAME_CONSTRAINTS,
    }

    def __init__(
        self,
        fmin=200.0,
        n_bands=6,
        quantile=0.02,
        scale="db",
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
        self.fmin = fmin
        self.n_bands = n_bands
        self.quantile = quantile
        self.scale = scale
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
        top = self.fmin * 2.0 ** (self.n_bands - 1)
        if top >= spec.sample_rate / 2:
            raise ValueError(
                f"{type(self).__name__} got n_bands={self.n_bands!r} with fmin={self.fmin!r} Hz, whose last band begins at "
                f"{top:g} Hz, not below half the sample rate ({spec.sample_rate / 2:g} Hz). Lower n_bands or fmin."
            )

    def _recipe(self):
        return ContrastRecipe(float(self.fmin), self.n_bands, float(self.quantile), self.scale)

    def _row_names(self):
        return numbered("contrast", self.n_bands + 1)
