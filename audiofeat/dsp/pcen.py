"""Per-channel energy normalisation: automatic gain control in every band, then a root in place of the logarithm.

Conventions: spectra are ``(n_bands, n_frames)`` and not negative; everything is computed in float64, as the smoothed
energies of a clip span more orders of magnitude than its samples.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from audiofeat.dsp.framing import FrameSpec

__all__ = ["PCEN", "pcen"]

# Frames smoothed by one matrix product (measured: 32 to 64 are fastest).
_FRAMES = 64


@dataclass(frozen=True)
class PCEN:
    """Settings of per-channel energy normalisation, for the parameter `scale` of `MelSpectrogram`.

    Parameters
    ----------
    gain : float, default=0.98
        How much of a band's smoothed energy is divided out: 0 for nothing, 1 for all of it.
    bias : float, default=2.0
        What is added before the root; a larger one flattens what is quiet.
    power : float, default=0.5
        The root. A smaller one compresses more; 0 takes the logarithm.
    time_constant : float, default=0.4
        How long the smoothing remembers [s]. Shorter than events, it levels them; longer, only what is stationary.
    eps : float, default=1e-6
        Added to the smoothed energy, so that silence is not divided by zero.
    full_scale : float, default=2.0**31
        What a sample of 1.0 counts as. The published settings, which the other defaults are, were found on whole numbers
        of 32 bits; 1.0 leaves the samples as they are.

    Raises
    ------
    ValueError
        If `gain`, `bias` or `power` is negative, or one of the others not positive.

    See Also
    --------
    pcen : The function.

    Notes
    -----
    The settings stand together here, and not among the parameters of `MelSpectrogram`, because five of six would mean
    nothing with any other scale. In a grid they are values like any other:
    ``{"features__scale": ["db", "pcen", PCEN(gain=0.8)]}``.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat import MelSpectrogram
    >>> from audiofeat.dsp import PCEN
    >>> clips = np.random.default_rng(0).standard_normal((2, 22050))
    >>> MelSpectrogram(n_mels=40, scale=PCEN(time_constant=0.06), pooling=None).fit_transform(clips).shape
    (2, 40, 44)
    """

    gain: float = 0.98
    bias: float = 2.0
    power: float = 0.5
    time_constant: float = 0.4
    eps: float = 1e-6
    full_scale: float = 2.0**31

    def __post_init__(self) -> None:
        for name in ("gain", "bias", "power"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ValueError(f"PCEN got {name}={getattr(self, name)!r}; expected 0 or a positive number.")
        for name in ("time_constant", "eps", "full_scale"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"PCEN got {name}={getattr(self, name)!r}; expected a positive number.")

    def apply(self, spectrum: np.ndarray, spec: FrameSpec, power: float) -> np.ndarray:
        """Normalise the spectrum of one clip whose samples lie between -1 and 1.

        Parameters
        ----------
        spectrum : ndarray of shape (n_bands, n_frames)
            Spectrum of the clip.
        spec : FrameSpec
            Its framing.
        power : float
            The exponent of the magnitude in it.

        Returns
        -------
        ndarray of shape (n_bands, n_frames)
            The normalised spectrum, in the type of `spectrum`.
        """
        normalised = pcen(
            spectrum * np.float64(self.full_scale) ** power,
            spec.sample_rate,
            spec.hop_length,
            gain=self.gain,
            bias=self.bias,
            power=self.power,
            time_constant=self.time_constant,
            eps=self.eps,
        )
        return normalised.astype(spectrum.dtype, copy=False)


def pcen(
    spectrum: np.ndarray,
    sample_rate: int,
    hop_length: int,
    *,
    gain: float = 0.98,
    bias: float = 2.0,
    power: float = 0.5,
    time_constant: float = 0.4,
    eps: float = 1e-6,
) -> np.ndarray:
    """Normalise the energy of each band of one clip by its own recent past.

    Parameters
    ----------
    spectrum : ndarray of shape (n_bands, n_frames)
        Spectrum of the clip, of samples scaled to whole numbers of 32 bits where the defaults are used.
    sample_rate : int
        Sample rate [Hz].
    hop_length : int
        Distance between frames [samples].
    gain : float, default=0.98
        How much of a band's smoothed energy is divided out; this and the following four as in `PCEN`.
    bias : float, default=2.0
        What is added before the root.
    power : float, default=0.5
        The root; 0 takes the logarithm.
    time_constant : float, default=0.4
        How long the smoothing remembers [s].
    eps : float, default=1e-6
        Added to the smoothed energy.

    Returns
    -------
    ndarray of shape (n_bands, n_frames)
        The normalised spectrum, float64.

    Notes
    -----
    With ``M[t] = (1 - s) M[t - 1] + s E[t]``, ``M[-1] = 1``, the result is ``(E / (eps + M) ** gain + bias) ** power -
    bias ** power``. ``s = (sqrt(1 + 4 T ** 2) - 1) / (2 T ** 2)`` has the time constant of T frames. As `M` begins near
    zero for loud clips, a clip's beginning is raised until the smoothing has settled.

    Equal to ``librosa.pcen`` of librosa 0.11 within 1e-10, which computes the recursion one value after another; here
    every 64 frames are one product with a triangular matrix.

    References
    ----------
    Y. Wang, P. Getreuer, T. Hughes, R. F. Lyon and R. A. Saurous, "Trainable frontend for robust and far-field keyword
    spotting", ICASSP, 2017, https://doi.org/10.1109/ICASSP.2017.7953242 (equations 1 and 2).
    V. Lostanlen, J. Salamon, M. Cartwright, B. McFee, A. Farnsworth, S. Kelling and J. P. Bello, "Per-channel energy
    normalization: why and how", IEEE Signal Processing Letters 26(1), 2019, https://doi.org/10.1109/LSP.2018.2878620

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import pcen
    >>> quiet_and_loud = np.array([[1e3], [1e9]]) * np.ones(500)
    >>> pcen(quiet_and_loud, 22050, 512)[:, -1].round(1)  # 60 dB apart before
    array([0.4, 0.5])
    """
    n_frames = time_constant * sample_rate / hop_length
    weight = (np.sqrt(1 + 4 * n_frames**2) - 1) / (2 * n_frames**2)
    energy = np.asarray(spectrum, dtype=np.float64)
    normalised = energy * np.exp(-gain * np.log(_smoothed(energy, float(weight)) + eps))
    if power == 0:
        return np.log1p(normalised)
    if bias == 0:
        return normalised**power
    # The difference of two roots, without the cancellation where the first is hardly larger.
    return bias**power * np.expm1(power * np.log1p(normalised / bias))


def _smoothed(energy: np.ndarray, weight: float) -> np.ndarray:
    """First-order low-pass over time that starts from 1."""
    matrix, fading = _smoothing(weight)
    smoothed = np.empty_like(energy)
    last = np.ones((len(energy), 1))
    for start in range(0, energy.shape[1], _FRAMES):
        part = energy[:, start : start + _FRAMES]
        n = part.shape[1]
        out = smoothed[:, start : start + n]
        np.matmul(part, matrix[:n, :n], out=out)
        out += last * fading[:n]
        last = out[:, -1:]
    return smoothed


@lru_cache(maxsize=32)
def _smoothing(weight: float) -> tuple[np.ndarray, np.ndarray]:
    """What each frame of a block adds to those after it, and what is left of the frame before the block."""
    delay = np.arange(_FRAMES) - np.arange(_FRAMES)[:, None]
    matrix = np.where(delay >= 0, weight * (1 - weight) ** np.maximum(delay, 0), 0.0)
    fading = (1 - weight) ** np.arange(1, _FRAMES + 1)
    matrix.flags.writeable = fading.flags.writeable = False
    return matrix, fading
