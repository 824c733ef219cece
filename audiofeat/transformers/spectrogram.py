"""Spectrograms: the short-time Fourier transform, and its mel-scaled summary."""

from numbers import Integral, Real

from audiofeat._sklearn import Interval, StrOptions
from audiofeat.dsp import PCEN, FrameSpec, MelRecipe, SpectrumRecipe, SpeechMelRecipe
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor
from audiofeat.transformers._conventions import CONVENTION_CONSTRAINTS, ConventionExtractor, or_none

__all__ = ["MEL_CONSTRAINTS", "MelSpectrogram", "Spectrogram", "check_mel_range", "numbered"]

MEL_CONSTRAINTS: dict[str, list] = {
    "n_mels": [Interval(Integral, 1, None, closed="left")],
    "fmin": [Interval(Real, 0, None, closed="left")],
    "fmax": [Interval(Real, 0, None, closed="neither"), None],
    "mel_scale": [StrOptions({"slaney", "htk"})],
    "mel_norm": [StrOptions({"slaney"}), Interval(Real, 0, None, closed="right"), None],
}


def numbered(name: str, count: int) -> list[str]:
    """Number the rows of a feature, zero-padded so that they sort.

    Parameters
    ----------
    name : str
        What each row is called.
    count : int
        How many there are.

    Returns
    -------
    list of str
        Names such as ``mel_007``.
    """
    width = len(str(count - 1))
    return [f"{name}_{i:0{width}d}" for i in range(count)]


def check_mel_range(by: str, fmin: float, fmax: float | None, sample_rate: int) -> None:
    """Refuse mel filters that do not lie between 0 Hz and half the sample rate.

    Parameters
    ----------
    by : str
        Who asks, for messages.
    fmin : float
        Lower edge of the first filter [Hz].
    fmax : float or None
        Upper edge of the last filter [Hz].
    sample_rate : int
        Sample rate of the clips [Hz].
    """
    nyquist = sample_rate / 2
    if fmax is not None and fmax > nyquist:
        raise ValueError(
            f"{by} got fmax={fmax!r} Hz, above half the sample rate ({nyquist} Hz). "
            "Lower fmax, or set sample_rate to the rate of your clips."
        )
    if fmin >= (fmax or nyquist):
        raise ValueError(
            f"{by} got fmin={fmin!r} Hz, not below fmax={fmax or nyquist!r} Hz. Lower fmin, or raise fmax."
        )


class Spectrogram(FeatureExtractor):
    """Short-time Fourier spectrogram.

    Shows how the power of each frequency changes over time. Choose it when frequency detail matters more than a small
    number of features; `MelSpectrogram` says nearly as much in a tenth of the rows.

    Parameters
    ----------
    power : float, default=2.0
        Exponent of the magnitude: 2 for power, 1 for amplitude.
    scale : {"db", "linear"}, default="db"
        Decibels, or the spectrum itself.
    top_db : float or None, default=80.0
        With ``scale="db"``, the floor under each clip's own maximum [dB]. None leaves it at -100 dB.
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
    MelSpectrogram : Fewer rows, spaced like hearing.

    Notes
    -----
    ``20 log10 |X|`` for each clip on its own, floored `top_db` under its maximum; with ``scale="linear"`` it is
    ``|X| ** power``. Equal to ``librosa.power_to_db(numpy.abs(librosa.stft(y)) ** 2)`` of librosa 0.11 within 1e-2 dB
    for float32 clips and 1e-6 for float64.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import Spectrogram
    >>> clips = np.random.default_rng(0).standard_normal((2, 22050))
    >>> Spectrogram(pooling=None).fit_transform(clips).shape
    (2, 1025, 44)
    """

    _parameter_constraints: dict = {
        "power": [Interval(Real, 0, None, closed="neither")],
        "scale": [StrOptions({"db", "linear"})],
        "top_db": [Interval(Real, 0, None, closed="left"), None],
        **FRAME_CONSTRAINTS,
    }

    def __init__(
        self,
        power=2.0,
        scale="db",
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
        self.power = power
        self.scale = scale
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

    def _recipe(self):
        return SpectrumRecipe(power=float(self.power), scale=self.scale, top_db=self.top_db)

    def _row_names(self):
        return numbered("spectrogram", self.n_fft // 2 + 1)


class MelSpectrogram(ConventionExtractor):
    """Mel spectrogram: the power in bands spaced like hearing.

    The usual input of a convolutional network, and a good summary of timbre. Choose it framewise (``pooling=None``) for
    a CNN, pooled for a classical model.

    Parameters
    ----------
    n_mels : int or None, default=None
        Number of mel filters. None means 128, or the convention's.
    fmin : float or None, default=None
        Lower edge of the first filter [Hz]. None means 0, or the convention's.
    fmax : float or None, default=None
        Upper edge of the last filter [Hz], at most half the sample rate. None means half the sample rate.
    mel_scale : {"slaney", "htk"}, default="slaney"
        Slaney's scale is linear below 1 kHz; HTK's is logarithmic throughout.
    mel_norm : {"slaney"}, float or None, default="slaney"
        "slaney" gives every filter unit area; a number divides each by its norm of that order; None leaves peaks of 1.
    power : float or None, default=None
        Exponent of the magnitude: 2 for power, 1 for amplitude. None means 2, or the convention's.
    scale : {"db", "linear", "pcen"} or PCEN, default="db"
        Decibels; the spectrum itself; or per-channel energy normalisation, which takes steady noise and loudness out of
        each band, with the published settings or those of a `PCEN`. With a convention, its natural logarithm takes the
        place of decibels, and "pcen" is refused.
    top_db : float or None, default=80.0
        With ``scale="db"``, the floor under each clip's own maximum [dB]. None leaves it at -100 dB.
    convention : {"librosa", "kaldi", "htk"}, default="librosa"
        Whose way to follow from the samples to the mel spectrum, and whose values stand where a parameter is None; see
        the table in the notes.
    use_energy : bool, default=False
        With Kaldi's or HTK's convention, whether a row with the logarithm of each frame's energy follows the others.
    sample_rate : int or None, default=None
        Sample rate of the clips [Hz]. None takes the rate of the `AudioBatch`, or 22,050 Hz for plain arrays.
    n_fft : int or None, default=None
        Length of the Fourier transform [samples]. A larger one resolves frequency better and time worse. None means 2048,
        or the convention's.
    hop_length : int or None, default=None
        Distance between frames [samples]. A larger one gives fewer frames. None means 512, or the convention's.
    win_length : int or None, default=None
        Length of the window [samples], at most `n_fft`. None means `n_fft`, or the convention's.
    window : str, tuple, float or None, default=None
        Window, as in `scipy.signal.get_window`, and "povey" with a convention. None means "hann", or the convention's.
    center : bool or None, default=None
        Whether frames are centred on their time, with padding at both ends of the clip. None means True, or the
        convention's.
    pad_mode : {"constant", "edge", "reflect", "symmetric", "wrap"} or None, default=None
        What that padding holds. None means "constant", or the convention's.
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
    MFCC : The same, decorrelated.
    Spectrogram : All frequencies.
    PCEN : The settings of per-channel energy normalisation.

    Notes
    -----
    Triangular filters over ``|X| ** power``, then decibels for each clip on its own, floored `top_db` under its
    maximum. Equal to ``librosa.power_to_db(librosa.feature.melspectrogram(y))`` of librosa 0.11 within 1e-2 dB for
    float32 clips and 1e-6 for float64.

    ``scale="pcen"`` is `audiofeat.dsp.pcen` of the clip as whole numbers of 32 bits, as librosa's documentation advises:
    equal to ``librosa.pcen(librosa.feature.melspectrogram(y, power=power) * 2.0 ** (31 * power))`` within 1e-3 for
    float32 clips and 1e-6 for float64, where values lie around 1. librosa's example has ``power=1``.

    What `convention` changes, and what None stands for in the parameters:

    =================  =======================  ==========================  =============================
    what               librosa                  kaldi                       htk
    =================  =======================  ==========================  =============================
    samples            from -1 to 1             times 32,768                times 32,768
    a frame takes      `n_fft` samples          `win_length`, then zeros    `win_length`, then zeros
    its mean           kept                     removed                     kept
    pre-emphasis       none                     0.97                        0.97
    window             periodic                 symmetric                   symmetric
    filters            triangles in Hz          triangles in mels           the same without edge bins
    `mel_scale`        as given                 HTK's                       HTK's
    `mel_norm`         as given                 peaks of 1                  peaks of 1
    logarithm          decibels, `top_db`       natural, of 1.19e-7 up      natural, of 1 up
    cosine transform   `dct_type`, `dct_norm`   orthonormal type 2          type 2, sqrt(2 / `n_mels`)
    `lifter` L         1 + L/2 sin(pi(i+1)/L)   1 + L/2 sin(pi i/L)         1 + L/2 sin(pi i/L)
    None means:
    `win_length`       `n_fft`                  25 ms                       25 ms
    `n_fft`            2048                     power of two that holds it  power of two that holds it
    `hop_length`       512                      10 ms                       10 ms
    `window`           "hann"                   "povey"                     "hamming"
    `center`           True                     False                       False; True is refused
    `pad_mode`         "constant"               "symmetric"                 none
    `n_mels`           128                      23                          26
    `fmin`             0                        20 Hz                       0
    `power`            2                        2                           1
    `n_mfcc`           20                       13                          13
    `lifter`           0                        22                          22
    `use_energy`       False                    True for `MFCC`             False
    =================  =======================  ==========================  =============================

    With a convention, values of `mel_norm`, `top_db`, `dct_type` and `dct_norm` that contradict it are refused. Frames of
    ``center=True`` are those of Kaldi's ``--snip-edges=false``. HTK leaves the bins nearest to both edges of its filter
    bank out, and its files hold C0 last, which is first here. Derivatives do not depend on the convention.

    Equal to Kaldi's own `compute-fbank-feats` within 1e-3, in quiet bands too: with a power of two for `n_fft` the
    transform is Kaldi's, in float32 whatever the type of the clips, and takes about three times as long as the others.

    References
    ----------
    M. Slaney, "Auditory Toolbox, version 2", Interval Research technical report 1998-010, 1998.

    Y. Wang, P. Getreuer, T. Hughes, R. F. Lyon and R. A. Saurous, "Trainable frontend for robust and far-field keyword
    spotting", ICASSP, 2017, https://doi.org/10.1109/ICASSP.2017.7953242

    V. Lostanlen et al., "Per-channel energy normalization: why and how", IEEE Signal Processing Letters 26(1), 2019,
    https://doi.org/10.1109/LSP.2018.2878620

    D. Povey et al., "The Kaldi speech recognition toolkit", IEEE ASRU, 2011.

    S. Young et al., "The HTK book", version 3.4, chapter 5, Cambridge University, 2006.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import MelSpectrogram
    >>> clips = np.random.default_rng(0).standard_normal((2, 22050))
    >>> MelSpectrogram(n_mels=64, pooling=None).fit_transform(clips).shape
    (2, 64, 44)
    >>> MelSpectrogram(n_mels=64).fit(clips).get_feature_names_out()[:2]
    array(['mel_00_mean', 'mel_01_mean'], dtype=object)
    """

    _parameter_constraints: dict = {
        **or_none(MEL_CONSTRAINTS),
        "power": [Interval(Real, 0, None, closed="neither"), None],
        "scale": [StrOptions({"db", "linear", "pcen"}), PCEN],
        "top_db": [Interval(Real, 0, None, closed="left"), None],
        "use_energy": ["boolean"],
        **CONVENTION_CONSTRAINTS,
    }

    def __init__(
        self,
        n_mels=None,
        fmin=None,
        fmax=None,
        mel_scale="slaney",
        mel_norm="slaney",
        power=None,
        scale="db",
        top_db=80.0,
        convention="librosa",
        use_energy=False,
        *,
        sample_rate=None,
        n_fft=None,
        hop_length=None,
        win_length=None,
        window=None,
        center=None,
        pad_mode=None,
        pooling=("mean", "std"),
        n_segments=1,
        n_jobs=None,
    ):
        self.n_mels = n_mels
        self.fmin = fmin
        self.fmax = fmax
        self.mel_scale = mel_scale
        self.mel_norm = mel_norm
        self.power = power
        self.scale = scale
        self.top_db = top_db
        self.convention = convention
        self.use_energy = use_energy
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
        self._check_settled()
        check_mel_range(type(self).__name__, self._value("fmin"), self.fmax, spec.sample_rate)

    def _recipe(self):
        bands = {"n_mels": self._value("n_mels"), "fmin": self._value("fmin"), "fmax": self.fmax}
        power = float(self._value("power"))
        if self.convention != "librosa":
            scale = "log" if self.scale == "db" else self.scale
            return SpeechMelRecipe(**bands, power=power, scale=scale, use_energy=self.use_energy)
        return MelRecipe(
            **bands,
            mel_scale=self.mel_scale,
            mel_norm=self.mel_norm,
            power=power,
            scale=self.scale,
            top_db=self.top_db,
        )

    def _row_names(self):
        return numbered("mel", self._value("n_mels")) + ["log_energy"] * bool(self.use_energy)
