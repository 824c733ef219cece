"""Cepstra of other bands than mel: evenly spaced ones, and those of the inner ear."""

from numbers import Integral, Real

from audiofeat._sklearn import Interval, Options, StrOptions
from audiofeat.dsp import FrameSpec, GammatoneCepstrumRecipe, LinearCepstrumRecipe, linear_filterbank
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor
from audiofeat.transformers._filters import count_filters
from audiofeat.transformers.cepstrum import with_delta_names
from audiofeat.transformers.spectrogram import check_mel_range, numbered

__all__ = ["GFCC", "LFCC"]

_CONSTRAINTS: dict[str, list] = {
    "n_filters": [Interval(Integral, 1, None, closed="left")],
    "fmin": [Interval(Real, 0, None, closed="left")],
    "fmax": [Interval(Real, 0, None, closed="neither"), None],
    "dct_type": [Options(Integral, {1, 2, 3})],
    "dct_norm": [StrOptions({"ortho"}), None],
    "lifter": [Interval(Real, 0, None, closed="left")],
    "deltas": [Interval(Integral, 0, None, closed="left")],
    "top_db": [Interval(Real, 0, None, closed="left"), None],
    **FRAME_CONSTRAINTS,
}


def _check_filters(extractor, name: str, spec: FrameSpec) -> None:
    """Refuse filters beyond the spectrum, and more coefficients than filters."""
    by, count = type(extractor).__name__, getattr(extractor, name)
    check_mel_range(by, extractor.fmin, extractor.fmax, spec.sample_rate)
    if count > extractor.n_filters:
        raise ValueError(
            f"{by} got {name}={count!r}, more than n_filters={extractor.n_filters!r}. Lower {name}, or raise n_filters."
        )


class LFCC(FeatureExtractor):
    """Linear-frequency cepstral coefficients.

    `MFCC` with filters of one width everywhere, so that high frequencies are told apart as finely as low ones. Choose it
    for speakers, for synthetic speech, and for animals that call high.

    Parameters
    ----------
    n_lfcc : int, default=20
        Number of coefficients, at most `n_filters`. More keep finer detail of the envelope.
    n_filters : int, default=128
        Number of filters. Filters narrower than the bins of the spectrum hold nothing: keep it well under ``n_fft / 4``.
    fmin : float, default=0.0
        Lower edge of the first filter [Hz].
    fmax : float or None, default=None
        Upper edge of the last filter [Hz], at most half the sample rate. None means half the sample rate.
    dct_type : {1, 2, 3}, default=2
        Type of the cosine transform.
    dct_norm : {"ortho"} or None, default="ortho"
        Its normalisation.
    lifter : float, default=0
        Sinusoidal liftering, which raises the higher coefficients; 0 is none.
    deltas : int, default=0
        How many orders of derivatives over time follow the coefficients.
    top_db : float or None, default=80.0
        Floor of the bands' decibels under each clip's own maximum [dB].
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
    MFCC : The same with filters spaced like hearing.
    GFCC : Filters shaped like those of the inner ear.

    Notes
    -----
    The cosine transform of the decibels of the power in triangular filters with peaks of 1, whose edges are spaced evenly
    from `fmin` to `fmax`. librosa has no such feature. torchaudio's ``LFCC`` is the same but for its 40 coefficients, its
    padding by reflection, and its frames of 400 samples.

    References
    ----------
    S. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition in
    continuously spoken sentences", IEEE Trans. ASSP 28(4), 1980, https://doi.org/10.1109/TASSP.1980.1163420

    X. Zhou, D. Garcia-Romero, R. Duraiswami, C. Espy-Wilson and S. Shamma, "Linear versus mel frequency cepstral
    coefficients for speaker recognition", IEEE ASRU, 2011, https://doi.org/10.1109/ASRU.2011.6163888

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import LFCC
    >>> clips = np.random.default_rng(0).standard_normal((2, 22050))
    >>> LFCC(n_lfcc=13).fit_transform(clips).shape
    (2, 26)
    >>> LFCC(n_lfcc=13).fit(clips).get_feature_names_out()[:2]
    array(['lfcc_00_mean', 'lfcc_01_mean'], dtype=object)
    """

    _parameter_constraints: dict = {
        "n_lfcc": [Interval(Integral, 1, None, closed="left")],
        **_CONSTRAINTS,
    }

    def __init__(
        self,
        n_lfcc=20,
        n_filters=128,
        fmin=0.0,
        fmax=None,
        dct_type=2,
        dct_norm="ortho",
        lifter=0,
        deltas=0,
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
        self.n_lfcc = n_lfcc
        self.n_filters = n_filters
        self.fmin = fmin
        self.fmax = fmax
        self.dct_type = dct_type
        self.dct_norm = dct_norm
        self.lifter = lifter
        self.deltas = deltas
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
        _check_filters(self, "n_lfcc", spec)

    def _counted_filters(self, spec: FrameSpec):
        bands = {"n_filters": self.n_filters, "fmin": self.fmin, "fmax": self.fmax}
        return "n_filters", count_filters(linear_filterbank, spec.sample_rate, spec.n_fft, **bands)

    def _recipe(self):
        return LinearCepstrumRecipe(
            n_lfcc=self.n_lfcc,
            n_filters=self.n_filters,
            fmin=self.fmin,
            fmax=self.fmax,
            dct_type=self.dct_type,
            dct_norm=self.dct_norm,
            lifter=self.lifter,
            deltas=self.deltas,
            top_db=self.top_db,
        )

    def _row_names(self):
        return with_delta_names(numbered("lfcc", self.n_lfcc), self.deltas)


class GFCC(FeatureExtractor):
    """Gammatone-frequency cepstral coefficients.

    `MFCC` with a model of the ear's own filters, and a root in place of the logarithm, which makes less of what is quiet.
    Choose it where recordings are noisy.

    Parameters
    ----------
    n_gfcc : int, default=20
        Number of coefficients, at most `n_filters`. More keep finer detail of the envelope.
    n_filters : int, default=64
        Number of gammatone filters.
    fmin : float, default=50.0
        Centre of the first filter [Hz].
    fmax : float or None, default=None
        Centre of the last filter [Hz], at most half the sample rate. None means half the sample rate.
    compression : {"cubic_root", "log"}, default="cubic_root"
        Cubic root of the amplitude in each filter, or decibels.
    dct_type : {1, 2, 3}, default=2
        Type of the cosine transform.
    dct_norm : {"ortho"} or None, default="ortho"
        Its normalisation.
    lifter : float, default=0
        Sinusoidal liftering, which raises the higher coefficients; 0 is none.
    deltas : int, default=0
        How many orders of derivatives over time follow the coefficients.
    top_db : float or None, default=80.0
        With ``compression="log"``, the floor of the decibels under each clip's own maximum [dB].
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
    MFCC : Triangular filters and a logarithm.
    audiofeat.dsp.gammatone_filterbank : The filters.

    Notes
    -----
    The definition of Shao and others with the filters applied to the short-time spectrum: the power spectrum is weighted
    with the squared response ``(1 + ((f - c) / b) ** 2) ** -4`` of each gammatone filter of order 4 and summed, its square
    root is the amplitude in the filter, and the cosine transform is taken of the cubic root of that. Centres ``c`` are
    spaced evenly on the ERB scale, and ``b = 1.019 ERB(c)``. Shao and others filter the samples and keep every tenth
    millisecond of the magnitude; the spectrum gives its mean over a frame, at a small part of the cost.
    ``compression="log"`` gives the gammatone cepstral coefficients of Valero and Alias. The cubic root, unlike the
    logarithm, follows the gain of the recording in every coefficient. librosa has no such feature.

    References
    ----------
    Y. Shao, Z. Jin, D. Wang and S. Srinivasan, "An auditory-based feature for robust speech recognition", IEEE ICASSP,
    2009, https://doi.org/10.1109/ICASSP.2009.4960661

    X. Valero and F. Alias, "Gammatone cepstral coefficients: biologically inspired features for non-speech audio
    classification", IEEE Trans. Multimedia 14(6), 2012, https://doi.org/10.1109/TMM.2012.2199972

    B. R. Glasberg and B. C. J. Moore, "Derivation of auditory filter shapes from notched-noise data", Hearing Research
    47(1-2), 1990, https://doi.org/10.1016/0378-5955(90)90170-T

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import GFCC
    >>> clips = np.random.default_rng(0).standard_normal((2, 22050))
    >>> GFCC(n_gfcc=13).fit_transform(clips).shape
    (2, 26)
    >>> GFCC(n_gfcc=13, pooling=None).fit_transform(clips).shape
    (2, 13, 44)
    """

    _parameter_constraints: dict = {
        "n_gfcc": [Interval(Integral, 1, None, closed="left")],
        "compression": [StrOptions({"cubic_root", "log"})],
        **_CONSTRAINTS,
    }

    def __init__(
        self,
        n_gfcc=20,
        n_filters=64,
        fmin=50.0,
        fmax=None,
        compression="cubic_root",
        dct_type=2,
        dct_norm="ortho",
        lifter=0,
        deltas=0,
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
        self.n_gfcc = n_gfcc
        self.n_filters = n_filters
        self.fmin = fmin
        self.fmax = fmax
        self.compression = compression
        self.dct_type = dct_type
        self.dct_norm = dct_norm
        self.lifter = lifter
        self.deltas = deltas
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
        _check_filters(self, "n_gfcc", spec)

    def _recipe(self):
        return GammatoneCepstrumRecipe(
            n_gfcc=self.n_gfcc,
            n_filters=self.n_filters,
            fmin=self.fmin,
            fmax=self.fmax,
            compression=self.compression,
            dct_type=self.dct_type,
            dct_norm=self.dct_norm,
            lifter=self.lifter,
            deltas=self.deltas,
            top_db=self.top_db,
        )

    def _row_names(self):
        return with_delta_names(numbered("gfcc", self.n_gfcc), self.deltas)
