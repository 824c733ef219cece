"""Framing of a clip: how many frames, where they stand in time, and which frequencies their spectra have.

Conventions: lengths are in samples, times in seconds, frequencies in Hz. Frame ``t`` starts at sample ``t * hop_length``
of the padded clip; with ``center=True`` the clip is padded by ``n_fft // 2`` on both sides, so that the frame is centred
on that sample of the clip itself. In Kaldi's convention it is padded so that the frame is centred half a hop later.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from audiofeat.dsp.conventions import CONVENTIONS, symmetric_window

__all__ = ["FrameSpec"]

_PAD_MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


@dataclass(frozen=True)
class FrameSpec:
    """How clips are cut into frames, and the axes that follow from it.

    Parameters
    ----------
    sample_rate : int, default=22050
        Sample rate [Hz].
    n_fft : int, default=2048
        Length of the Fourier transform [samples]. A larger one resolves frequency better and time worse.
    hop_length : int, default=512
        Distance between frames [samples].
    win_length : int or None, default=None
        Length of the window [samples], at most `n_fft`; it stands in the middle of the frame. None means `n_fft`.
    window : str, tuple or float, default="hann"
        As in `scipy.signal.get_window`, periodic.
    center : bool, default=True
        Whether frames are centred on their time, with padding at both ends.
    pad_mode : {"constant", "edge", "reflect", "symmetric", "wrap"}, default="constant"
        What the padding of `center` holds, as in `numpy.pad`.
    convention : {"librosa", "kaldi", "htk"}, default="librosa"
        What is done to a frame before its transform. In Kaldi's and HTK's convention a frame takes `win_length` samples
        and is filled up with zeros to `n_fft`, windows are symmetric, and "povey" is one of them.

    Raises
    ------
    ValueError
        If a length is not positive, the window is longer than the frame, `window`, `pad_mode` or `convention` is
        unknown, or the convention knows no centred frames.

    Examples
    --------
    >>> from audiofeat.dsp import FrameSpec
    >>> spec = FrameSpec(sample_rate=16000, n_fft=512, hop_length=160)
    >>> spec.n_frames(16000)
    101
    >>> spec.frame_times(3)
    array([0.  , 0.01, 0.02])
    """

    sample_rate: int = 22050
    n_fft: int = 2048
    hop_length: int = 512
    win_length: int | None = None
    window: str | tuple | float = "hann"
    center: bool = True
    pad_mode: str = "constant"
    convention: str = "librosa"

    def __post_init__(self) -> None:
        for name in ("sample_rate", "n_fft", "hop_length"):
            if getattr(self, name) < 1:
                raise ValueError(f"FrameSpec got {name}={getattr(self, name)!r}; expected a positive number.")
        if self.win_length is not None and not 1 <= self.win_length <= self.n_fft:
            raise ValueError(
                f"FrameSpec got win_length={self.win_length!r} with n_fft={self.n_fft!r}. A window has at least one sample "
                "and at most n_fft; lower win_length or raise n_fft."
            )
        if self.pad_mode not in _PAD_MODES:
            raise ValueError(f"FrameSpec got pad_mode={self.pad_mode!r}; expected one of {', '.join(_PAD_MODES)}.")
        if self.convention not in ("librosa", *CONVENTIONS):
            raise ValueError(
                f"FrameSpec got convention={self.convention!r}; expected 'librosa', {', '.join(map(repr, CONVENTIONS))}."
            )
        if self.center and self.convention != "librosa" and not CONVENTIONS[self.convention].may_center:
            raise ValueError(
                f"FrameSpec got center=True with convention={self.convention!r}, which knows only frames that lie within "
                "the clip. Use center=False."
            )
        try:
            self.window_values()
        except (TypeError, ValueError) as exc:
            raise ValueError(
                f"FrameSpec got window={self.window!r} ({exc}); expected a window of scipy.signal.get_window."
            ) from exc

    @property
    def n_bins(self) -> int:
        """Number of frequency bins of a spectrum, from 0 Hz to half the sample rate."""
        return self.n_fft // 2 + 1

    @property
    def frame_length(self) -> int:
        """Samples of the clip that a frame takes."""
        return self.n_fft if self.convention == "librosa" else self.win_length or self.n_fft

    @property
    def pad_length(self) -> int:
        """Samples of padding before the clip; fewer than none where frames begin after its start."""
        if not self.center:
            return 0
        return self.n_fft // 2 if self.convention == "librosa" else self.frame_length // 2 - self.hop_length // 2

    def n_frames(self, n_samples: int) -> int:
        """Count the frames of a clip of `n_samples` samples.

        Parameters
        ----------
        n_samples : int
            Length of the clip [samples].

        Returns
        -------
        int
            Zero if the clip with its padding is shorter than one frame.
        """
        if self.center and self.convention != "librosa":
            return (n_samples + self.hop_length // 2) // self.hop_length
        return max(0, 1 + (n_samples + 2 * self.pad_length - self.frame_length) // self.hop_length)

    def frame_times(self, n_frames: int) -> np.ndarray:
        """Times of the frames' centres (`center=True`) or starts.

        Parameters
        ----------
        n_frames : int
            Number of frames.

        Returns
        -------
        ndarray of shape (n_frames,)
            Times [s].
        """
        shift = self.hop_length // 2 if self.center and self.convention != "librosa" else 0
        return (np.arange(n_frames) * self.hop_length + shift) / self.sample_rate

    def bin_frequencies(self) -> np.ndarray:
        """Frequencies of the spectrum's bins.

        Returns
        -------
        ndarray of shape (n_bins,)
            Frequencies [Hz].
        """
        return np.fft.rfftfreq(self.n_fft, 1.0 / self.sample_rate)

    def window_values(self, dtype: np.typing.DTypeLike = np.float64) -> np.ndarray:
        """Sample the window, zero-padded to the frame.

        Parameters
        ----------
        dtype : dtype, default=float64
            Type of the result.

        Returns
        -------
        ndarray of shape (n_fft,)
            Read-only.
        """
        sample = _window if self.convention == "librosa" else symmetric_window
        return sample(self.window, self.win_length or self.n_fft, self.n_fft, np.dtype(dtype))


# Coefficients of the cosine sums that need no scipy.signal, whose import costs more than a second.
# Harris (1978), https://doi.org/10.1109/PROC.1978.10837
_COSINE_SUMS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46), "blackman": (0.42, 0.5, 0.08), "boxcar": (1.0,)}


@lru_cache(maxsize=64)
def _window(window: str | tuple | float, win_length: int, n_fft: int, dtype: np.dtype) -> np.ndarray:
    if win_length == 1:
        # A periodic window would begin with its zero; every one of SciPy's is 1 here.
        values = np.ones(1)
    elif isinstance(window, str) and window in _COSINE_SUMS:
        phase = 2 * np.pi * np.arange(win_length) / win_length
        values = sum((-1) ** k * a * np.cos(k * phase) for k, a in enumerate(_COSINE_SUMS[window]))
    else:
        from scipy.signal import get_window

        values = get_window(window, win_length, fftbins=True)
    padded = np.zeros(n_fft, dtype=dtype)
    start = (n_fft - win_length) // 2
    padded[start : start + win_length] = values
    padded.flags.writeable = False
    return padded
