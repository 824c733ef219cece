"""Features of the constant-Q transform: the spectrum over pitch, and two kinds of chroma made of it."""

from numbers import Integral, Real

from audiofeat._sklearn import Interval, StrOptions
from audiofeat.dsp import CENSRecipe, ConstantQ, ConstantQChromaRecipe, CQTRecipe, FrameSpec
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor
from audiofeat.transformers.chroma import pitch_class_names, tuning_of
from audiofeat.transformers.spectrogram import numbered

__all__ = ["CQT", "ChromaCENS", "ChromaCQT"]

# No window and no length of frames: every filter has its own.
_CONSTANT_Q_CONSTRAINTS: dict[str, list] = {
    "fmin": [Interval(Real, 0, None, closed="neither"), None],
    "bins_per_octave": [Interval(Integral, 1, None, closed="left")],
    "tuning": [Interval(Real, -0.5, 0.5, closed="both"), StrOptions({"estimate"})],
    **{name: FRAME_CONSTRAINTS[name] for name in ("sample_rate", "hop_length", "pooling", "n_segments", "n_jobs")},
}


class _ConstantQExtractor(FeatureExtractor):
    """Base of the extractors whose recipe begins with the filters of a constant-Q transform."""

    def _frame_parameters(self, sample_rate: int) -> dict:
        return {"hop_length": self.hop_length}

    def _check(self, spec: FrameSpec) -> None:
        edge, nyquist = self._filters().upper_edge, spec.sample_rate / 2
        if edge > nyquist:
            number = "n_bins" if hasattr(self, "n_bins") else "n_octaves"
            raise ValueError(
                f"{type(self).__name__} got {number}={getattr(self, number)!r} with fmin={self.fmin!r}, whose filters "
                f"reach up to {edge:.0f} Hz, above half the sample rate ({nyquist} Hz). Lower {number} or fmin, or use "
                "clips of a higher rate."
            )

    def _filters(self) -> ConstantQ:
        raise NotImplementedError


class CQT(_ConstantQExtractor):
    """Constant-Q spectrogram: magnitudes at frequencies that are spaced evenly in pitch.

    Every filter is as long as its pitch needs, so that semitones are told apart in the bass and time in the treble.
    Choose it for music, and wherever intervals matter more than formants.

    Parameters
    ----------
    n_bins : int, default=84
        Number of filters; seven octaves of semitones. With clips at 8 kHz, 83 of them are left above C1.
    bins_per_octave : int, default=12
        Filters in an octave. More resolve pitch better and time worse.
    fmin : float or None, default=None
        Frequency of the lowest filter [Hz]. None means C1, 32.7 Hz. A higher one is faster and needs shorter filters.
    tuning : float or "estimate", default=0.0
        Deviation of A4 from 440 Hz [fractions of a filter's distance, an octave over `bins_per_octave`], from -0.5 to 0.5.
        "estimate" takes it from each clip's own spectrum.
    filter_scale : float, default=1.0
        Factor on the length of all filters. A smaller one resolves time better and pitch worse.
    scale : {"db", "linear"}, default="db"
        Decibels, or the magnitude itself.
    top_db : float or None, default=80.0
        With ``scale="db"``, the floor under each clip's own maximum [dB]. None leaves it at -100 dB.
    sample_rate : int or None, default=None
        Sample rate of the clips [Hz]. None takes the rate of the `AudioBatch`, or 22,050 Hz for plain arrays.
    hop_length : int, default=512
        Distance between frames [samples]. A larger one gives fewer frames.
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
    ChromaCQT : The same, folded into one octave.
    MelSpectrogram : Several times faster, and wider filters.

    Notes
    -----
    Frame ``t`` of bin ``k`` is ``sqrt(N_k)`` times the magnitude of the mean over ``N_k = Q * sample_rate / f_k`` samples
    around ``t * hop_length``, under a Hann window and shifted down by ``f_k = fmin * 2 ** ((k + tuning) /
    bins_per_octave)``. It is ``librosa.cqt`` itself, called clip by clip, so that an estimated tuning is the clip's own;
    librosa is imported when the first clip is transformed, which takes seconds. Outside of the clip there is silence.

    References
    ----------
    J. C. Brown, "Calculation of a constant Q spectral transform", J. Acoust. Soc. Am. 89(1), 1991,
    https://doi.org/10.1121/1.400476

    C. Schörkhuber and A. Klapuri, "Constant-Q transform toolbox for music processing", Sound and Music Computing, 2010,
    https://doi.org/10.5281/zenodo.849741

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import CQT
    >>> a4 = np.sin(2 * np.pi * 440 * np.arange(22050) / 22050)
    >>> spectrum = CQT(pooling="mean").fit_transform([a4])[0]
    >>> int(spectrum.argmax())  # A4 lies three octaves and nine semitones above C1
    45
    """

    _parameter_constraints: dict = {
        "n_bins": [Interval(Integral, 1, None, closed="left")],
        "filter_scale": [Interval(Real, 0, None, closed="neither")],
        "scale": [StrOptions({"db", "linear"})],
        "top_db": [Interval(Real, 0, None, closed="left"), None],
        **_CONSTANT_Q_CONSTRAINTS,
    }

    def __init__(
        self,
        n_bins=84,
        bins_per_octave=12,
        fmin=None,
        tuning=0.0,
        filter_scale=1.0,
        scale="db",
        top_db=80.0,
        *,
        sample_rate=None,
        hop_length=512,
        pooling=("mean", "std"),
        n_segments=1,
        n_jobs=None,
    ):
        self.n_bins = n_bins
        self.bins_per_octave = bins_per_octave
        self.fmin = fmin
        self.tuning = tuning
        self.filter_scale = filter_scale
        self.scale = scale
        self.top_db = top_db
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.pooling = pooling
        self.n_segments = n_segments
        self.n_jobs = n_jobs

    def _filters(self) -> ConstantQ:
        return ConstantQ(
            fmin=self.fmin,
            n_bins=self.n_bins,
            bins_per_octave=self.bins_per_octave,
            tuning=tuning_of(self.tuning),
            filter_scale=float(self.filter_scale),
        )

    def _recipe(self):
        return CQTRecipe(self._filters(), scale=self.scale, top_db=self.top_db)

    def _row_names(self):
        return numbered("cqt", self.n_bins)


class _ConstantQChroma(_ConstantQExtractor):
    """Base of the two kinds of chroma."""

    def _check(self, spec: FrameSpec) -> None:
        super()._check(spec)
        if self.bins_per_octave % self.n_chroma:
            raise ValueError(
                f"{type(self).__name__} got bins_per_octave={self.bins_per_octave!r} with n_chroma={self.n_chroma!r}; "
                f"expected a multiple of it, such as {3 * self.n_chroma}."
            )

    def _filters(self) -> ConstantQ:
        return ConstantQ(
            fmin=self.fmin,
            n_bins=self.n_octaves * self.bins_per_octave,
            bins_per_octave=self.bins_per_octave,
            tuning=tuning_of(self.tuning),
        )

    def _norm(self) -> float | None:
        return None if self.chroma_norm is None else float(self.chroma_norm)


_CHROMA_CONSTRAINTS: dict[str, list] = {
    "n_chroma": [Interval(Integral, 1, None, closed="left")],
    "n_octaves": [Interval(Integral, 1, None, closed="left")],
    "chroma_norm": [Interval(Real, 0, None, closed="right"), None],
    **_CONSTANT_Q_CONSTRAINTS,
}


class ChromaCQT(_ConstantQChroma):
    """Magnitude per pitch class, from the constant-Q transform.

    Its filters tell the low notes apart that `Chroma` blurs into their neighbours, at some fifty times the cost. Choose
    it for harmony: chords, keys, bass lines.

    Parameters
    ----------
    n_chroma : int, default=12
        Number of pitch classes in an octave.
    tuning : float or "estimate", default=0.0
        Deviation of A4 from 440 Hz [fractions of a filter's distance, an octave over `bins_per_octave`], from -0.5 to 0.5.
        "estimate" takes it from each clip's own spectrum.
    chroma_norm : float or None, default=inf
        Order of the norm that every frame is divided by; infinity makes the strongest pitch class 1. None leaves
        magnitudes.
    fmin : float or None, default=None
        Frequency of the lowest filter [Hz]. None means C1, 32.7 Hz. A higher one is faster and needs shorter filters.
    n_octaves : int, default=7
        Number of octaves above `fmin`; with clips at 8 kHz six of them are left above C1.
    bins_per_octave : int, default=36
        Filters in an octave, a multiple of `n_chroma`. More resolve pitch better and time worse.
    sample_rate : int or None, default=None
        Sample rate of the clips [Hz]. None takes the rate of the `AudioBatch`, or 22,050 Hz for plain arrays.
    hop_length : int, default=512
        Distance between frames [samples]. A larger one gives fewer frames.
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
    Chroma : From the short-time spectrum, which it shares with other features of a `FeatureBank`.
    ChromaCENS : The same, quantised and smoothed.

    Notes
    -----
    The magnitudes of `CQT` within half a pitch class of each pitch class are added over all octaves. It is
    ``librosa.feature.chroma_cqt`` itself, called clip by clip; librosa's own default for `tuning` is the estimate. In a
    `FeatureBank` it shares the constant-Q transform with a `ChromaCENS` of the same filters.

    It is a class of its own, and not a kind of `Chroma`, because it has no window and `Chroma` no octaves: as one class
    either would be given parameters that do nothing.

    References
    ----------
    J. C. Brown, "Calculation of a constant Q spectral transform", J. Acoust. Soc. Am. 89(1), 1991,
    https://doi.org/10.1121/1.400476

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import ChromaCQT
    >>> a2 = np.sin(2 * np.pi * 110 * np.arange(22050) / 22050)
    >>> chroma = ChromaCQT(pooling="mean").fit([a2])
    >>> str(chroma.get_feature_names_out()[chroma.transform([a2])[0].argmax()])
    'chroma_cqt_A_mean'
    """

    _parameter_constraints: dict = _CHROMA_CONSTRAINTS

    def __init__(
        self,
        n_chroma=12,
        tuning=0.0,
        chroma_norm=float("inf"),
        fmin=None,
        n_octaves=7,
        bins_per_octave=36,
        *,
        sample_rate=None,
        hop_length=512,
        pooling=("mean", "std"),
        n_segments=1,
        n_jobs=None,
    ):
        self.n_chroma = n_chroma
        self.tuning = tuning
        self.chroma_norm = chroma_norm
        self.fmin = fmin
        self.n_octaves = n_octaves
        self.bins_per_octave = bins_per_octave
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.pooling = pooling
        self.n_segments = n_segments
        self.n_jobs = n_jobs

    def _recipe(self):
        return ConstantQChromaRecipe(self._filters(), n_chroma=self.n_chroma, chroma_norm=self._norm())

    def _row_names(self):
        return pitch_class_names("chroma_cqt", self.n_chroma)


class ChromaCENS(_ConstantQChroma):
    """Chroma energy normalised statistics: which pitch classes sound, whatever the dynamics and the articulation.

    `ChromaCQT`, quantised to a few steps and smoothed over about a second. Choose it to compare performances of one piece
    in different tempi, loudness and timbre.

    Parameters
    ----------
    n_chroma : int, default=12
        Number of pitch classes in an octave.
    tuning : float or "estimate", default=0.0
        Deviation of A4 from 440 Hz [fractions of a filter's distance, an octave over `bins_per_octave`], from -0.5 to 0.5.
        "estimate" takes it from each clip's own spectrum.
    chroma_norm : float or None, default=2.0
        Order of the norm that every frame is divided by in the end. None leaves the smoothed steps.
    fmin : float or None, default=None
        Frequency of the lowest filter [Hz]. None means C1, 32.7 Hz. A higher one is faster and needs shorter filters.
    n_octaves : int, default=7
        Number of octaves above `fmin`; with clips at 8 kHz six of them are left above C1.
    bins_per_octave : int, default=36
        Filters in an octave, a multiple of `n_chroma`. More resolve pitch better and time worse.
    smoothing_frames : int or None, default=41
        Length of the Hann window that every pitch class is smoothed with [frames]. None leaves the steps as they are.
    sample_rate : int or None, default=None
        Sample rate of the clips [Hz]. None takes the rate of the `AudioBatch`, or 22,050 Hz for plain arrays.
    hop_length : int, default=512
        Distance between frames [samples]. A larger one gives fewer frames.
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
    ChromaCQT : Before quantising and smoothing.

    Notes
    -----
    Every frame of the chroma is divided by its sum, and each pitch class gets a quarter for each of the thresholds 0.05,
    0.1, 0.2 and 0.4 that it exceeds; then follow smoothing and norm. It is ``librosa.feature.chroma_cens`` itself, called
    clip by clip; librosa's own default for `tuning` is the estimate.

    References
    ----------
    M. Müller, F. Kurth and M. Clausen, "Audio matching via chroma-based statistical features", Proc. 6th
    International Conference on Music Information Retrieval, 2005, pages 288 to 295.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import ChromaCENS
    >>> a2 = np.sin(2 * np.pi * 110 * np.arange(22050) / 22050)
    >>> cens = ChromaCENS(pooling="mean").fit([a2])
    >>> str(cens.get_feature_names_out()[cens.transform([a2])[0].argmax()])
    'chroma_cens_A_mean'
    """

    _parameter_constraints: dict = {
        "smoothing_frames": [Interval(Integral, 1, None, closed="left"), None],
        **_CHROMA_CONSTRAINTS,
    }

    def __init__(
        self,
        n_chroma=12,
        tuning=0.0,
        chroma_norm=2.0,
        fmin=None,
        n_octaves=7,
        bins_per_octave=36,
        smoothing_frames=41,
        *,
        sample_rate=None,
        hop_length=512,
        pooling=("mean", "std"),
        n_segments=1,
        n_jobs=None,
    ):
        self.n_chroma = n_chroma
        self.tuning = tuning
        self.chroma_norm = chroma_norm
        self.fmin = fmin
        self.n_octaves = n_octaves
        self.bins_per_octave = bins_per_octave
        self.smoothing_frames = smoothing_frames
        self.sample_rate = sample_rate
        self.hop_length = hop_length
        self.pooling = pooling
        self.n_segments = n_segments
        self.n_jobs = n_jobs

    def _recipe(self):
        return CENSRecipe(
            self._filters(),
            n_chroma=self.n_chroma,
            chroma_norm=self._norm(),
            smoothing_frames=self.smoothing_frames,
        )

    def _row_names(self):
        return pitch_class_names("chroma_cens", self.n_chroma)
