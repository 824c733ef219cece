"""Cepstral features: the shape of the spectrum's envelope in a few decorrelated numbers."""

from numbers import Integral, Real

from audiofeat._sklearn import Interval, Options, StrOptions
from audiofeat.dsp import CepstrumRecipe, FrameSpec, MelRecipe, SpeechCepstrumRecipe, SpeechMelRecipe
from audiofeat.transformers._conventions import CONVENTION_CONSTRAINTS, DEFAULTS, ConventionExtractor, or_none
from audiofeat.transformers.spectrogram import MEL_CONSTRAINTS, check_mel_range, numbered

__all__ = ["MFCC", "with_delta_names"]


def with_delta_names(names: list[str], deltas: int) -> list[str]:
    """Name coefficients and their derivatives.

    Parameters
    ----------
    names : list of str
        Names of the coefficients.
    deltas : int
        How many orders of derivatives follow them.

    Returns
    -------
    list of str
        Names such as ``mfcc_03_delta2``.
    """
    suffixes = ["", *("_delta" if order == 1 else f"_delta{order}" for order in range(1, deltas + 1))]
    return [name + suffix for suffix in suffixes for name in names]


class MFCC(ConventionExtractor):
    """Mel-frequency cepstral coefficients.

    The shape of the spectral envelope in a few decorrelated numbers, which is what distinguishes speakers, vowels and
    many animal calls. The first feature to try with a classical model.

    Parameters
    ----------
    n_mfcc : int or None, default=None
        Number of coefficients, at most `n_mels`. More keep finer detail of the envelope. None means 20, or the
        convention's.
    dct_type : {1, 2, 3}, default=2
        Type of the cosine transform.
    dct_norm : {"ortho"} or None, default="ortho"
        Its normalisation.
    lifter : float or None, default=None
        Sinusoidal liftering, which raises the higher coefficients; 0 is none. None means 0, or the convention's.
    deltas : int, default=0
        How many orders of derivatives over time follow the coefficients.
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
    top_db : float or None, default=80.0
        Floor of the log-mel spectrum under each clip's own maximum [dB].
    convention : {"librosa", "kaldi", "htk"}, default="librosa"
        Whose way to follow from the samples to the coefficients, and whose values stand where a parameter is None; see
        the table in the notes.
    use_energy : bool or None, default=None
        With Kaldi's or HTK's convention, whether the logarithm of each frame's energy takes the place of the first
        coefficient. None means the convention's.
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
    MelSpectrogram : What the coefficients are made of.

    Notes
    -----
    The cosine transform of the log-mel spectrogram. Equal to ``librosa.feature.mfcc`` of librosa 0.11 within 5e-3 for
    float32 clips and 1e-5 for float64; decibels are floored under each clip's own maximum, never the batch's.

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

    Equal to Kaldi's own `compute-mfcc-feats` within 1e-3, in quiet bands too: with a power of two for `n_fft` the
    transform is Kaldi's, in float32 whatever the type of the clips, and takes about three times as long as the others.

    References
    ----------
    S. Davis and P. Mermelstein, "Comparison of parametric representations for monosyllabic word recognition in
    continuously spoken sentences", IEEE Trans. ASSP 28(4), 1980, https://doi.org/10.1109/TASSP.1980.1163420

    D. Povey et al., "The Kaldi speech recognition toolkit", IEEE ASRU, 2011.

    S. Young et al., "The HTK book", version 3.4, chapter 5, Cambridge University, 2006.

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
        "n_mfcc": [Interval(Integral, 1, None, closed="left"), None],
        "dct_type": [Options(Integral, {1, 2, 3})],
        "dct_norm": [StrOptions({"ortho"}), None],
        "lifter": [Interval(Real, 0, None, closed="left"), None],
        "deltas": [Interval(Integral, 0, None, closed="left")],
        **or_none(MEL_CONSTRAINTS),
        "top_db": [Interval(Real, 0, None, closed="left"), None],
        "use_energy": ["boolean", None],
        **CONVENTION_CONSTRAINTS,
    }

    def __init__(
        self,
        n_mfcc=None,
        dct_type=2,
        dct_norm="ortho",
        lifter=None,
        deltas=0,
        n_mels=None,
        fmin=None,
        fmax=None,
        mel_scale="slaney",
        mel_norm="slaney",
        top_db=80.0,
        convention="librosa",
        use_energy=None,
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
        n_mfcc, n_mels = self._value("n_mfcc"), self._value("n_mels")
        if n_mfcc > n_mels:
            raise ValueError(
                f"{type(self).__name__} got n_mfcc={n_mfcc!r}, more than n_mels={n_mels!r}. "
                "Lower n_mfcc, or raise n_mels."
            )

    def _recipe(self):
        bands = {"n_mels": self._value("n_mels"), "fmin": self._value("fmin"), "fmax": self.fmax}
        coefficients = {"n_mfcc": self._value("n_mfcc"), "lifter": self._value("lifter"), "deltas": self.deltas}
        if self.convention != "librosa":
            mel = SpeechMelRecipe(**bands, power=DEFAULTS[self.convention]["power"])
            return SpeechCepstrumRecipe(**coefficients, use_energy=self._value("use_energy"), mel=mel)
        return CepstrumRecipe(
            **coefficients,
            dct_type=self.dct_type,
            dct_norm=self.dct_norm,
            mel=MelRecipe(**bands, mel_scale=self.mel_scale, mel_norm=self.mel_norm, top_db=self.top_db),
        )

    def _row_names(self):
        return with_delta_names(numbered("mfcc", self._value("n_mfcc")), self.deltas)
