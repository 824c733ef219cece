"""The spectrum of one clip, block by block, each part computed once and only when asked for.

Conventions: a clip is a 1-D float array; float32 is computed in float32, everything else in float64. A block holds as
many frames as fit the cache of a core; whatever is computed from it is done while it is there.

The steps of a block, and why they look as they do: frames are a strided view of the padded clip, times the window along
contiguous memory; the transform is taken along the columns of the transposed view, so that the spectrum comes out as
``(n_bins, n_frames)``, with the frames or the bins side by side in memory, whichever the transform is faster with. The
power keeps that layout, and is made once for all filter banks.
"""

from collections.abc import Iterator
from functools import cache

import numpy as np

from audiofeat.dsp.banded import BandedFilterbank, filtered
from audiofeat.dsp.conventions import CONVENTIONS, Convention, emphasised, prepared
from audiofeat.dsp.framing import FrameSpec
from audiofeat.dsp.split_radix import split_radix_rfft, takes
from audiofeat.dsp.transform import rfft

__all__ = ["Block", "ConventionBlock", "blocks", "power_spectrum"]

# Most samples in the windowed frames of one block: two megabytes in float32. Smaller blocks pay more calls a frame, larger
# ones leave the cache (measured at 1 << 14 to 1 << 20).
_BLOCK_SAMPLES = 1 << 19


class Block:
    """Consecutive frames of one clip.

    Parameters
    ----------
    frames : ndarray of shape (n_frames, n_fft)
        View of the padded clip, not yet windowed.
    window : ndarray of shape (n_fft,)
        The window, in the type of `frames`.
    start : int
        Index of the first frame within the clip.
    before : ndarray of shape (n_fft,) or None, default=None
        The frame before the first; None at the beginning of the clip.

    Attributes
    ----------
    stop : int
        Index after the last frame within the clip.
    """

    def __init__(self, frames: np.ndarray, window: np.ndarray, start: int, before: np.ndarray | None = None):
        self.frames = frames
        self.before = before
        self.start = start
        self.stop = start + len(frames)
        self._window = window
        self._power: np.ndarray | None = None
        self._magnitude: np.ndarray | None = None

    def spectrum(self) -> np.ndarray:
        """Fourier transform of the windowed frames.

        Returns
        -------
        ndarray of shape (n_bins, n_frames)
            Complex, computed anew.
        """
        return self._transform(self.frames)

    def magnitude_before(self) -> np.ndarray | None:
        """Magnitude spectrum of the frame before the first.

        Returns
        -------
        ndarray of shape (n_bins,) or None
            None at the beginning of the clip.
        """
        return None if self.before is None else np.abs(self._transform(self.before[None])[:, 0])

    def _transform(self, frames: np.ndarray) -> np.ndarray:
        return rfft(_windowed(frames, self._window).T)

    @property
    def power(self) -> np.ndarray:
        """Power spectrum, ``(n_bins, n_frames)``."""
        if self._power is None:
            self._power = _power(self.spectrum())
        return self._power

    @property
    def magnitude(self) -> np.ndarray:
        """Magnitude spectrum, ``(n_bins, n_frames)``."""
        if self._magnitude is None:
            self._magnitude = np.sqrt(self.power)
        return self._magnitude

    def project(self, filterbank: np.ndarray | BandedFilterbank, *, power: float = 2.0) -> np.ndarray:
        """Multiply a filter bank with the spectrum raised to `power`.

        Parameters
        ----------
        filterbank : ndarray or BandedFilterbank of shape (n_filters, n_bins)
            The filter bank.
        power : float, default=2.0
            Exponent of the magnitude.

        Returns
        -------
        ndarray of shape (n_filters, n_frames)
            The filtered spectrum.
        """
        return filtered(filterbank, self.raised(power))

    def raised(self, power: float) -> np.ndarray:
        """Magnitude spectrum raised to `power`.

        Parameters
        ----------
        power : float
            Exponent of the magnitude.

        Returns
        -------
        ndarray of shape (n_bins, n_frames)
            The spectrum; not to be written to.
        """
        if power == 2.0:
            return self.power
        if power == 1.0:
            return self.magnitude
        return self.magnitude**power


class ConventionBlock(Block):
    """Consecutive frames of one clip, treated as Kaldi or HTK do before the transform.

    Parameters
    ----------
    frames : ndarray of shape (n_frames, win_length)
        View of the padded clip, not yet windowed.
    window : ndarray of shape (n_fft,)
        The window and the zeros after it, in the type of `frames`.
    start : int
        Index of the first frame within the clip.
    before : ndarray of shape (win_length,) or None
        The frame before the first; None at the beginning of the clip.
    convention : Convention
        What is done to the frames.
    """

    def __init__(
        self, frames: np.ndarray, window: np.ndarray, start: int, before: np.ndarray | None, convention: Convention
    ):
        super().__init__(frames, window, start, before)
        self._convention = convention

    @property
    def energy(self) -> np.ndarray:
        """Energy of the frames before pre-emphasis and window, ``(n_frames,)``."""
        return np.square(prepared(self.frames, self._convention)).sum(axis=1)

    def _transform(self, frames: np.ndarray) -> np.ndarray:
        n_fft, dtype = len(self._window), frames.dtype
        split_radix = self._convention.split_radix and takes(n_fft)
        if split_radix:
            frames = frames.astype(np.float32, copy=False)
        frames = emphasised(prepared(frames, self._convention), self._convention)
        frames *= self._window[: frames.shape[1]].astype(frames.dtype, copy=False)
        if not split_radix:
            return rfft(frames.T, n_fft)
        spectrum = split_radix_rfft(np.pad(frames.T, ((0, n_fft - frames.shape[1]), (0, 0))))
        return spectrum.astype(np.result_type(dtype, np.complex64), copy=False)


def blocks(audio: np.ndarray, spec: FrameSpec) -> Iterator[Block]:
    """Cut one clip into blocks of frames.

    Parameters
    ----------
    audio : ndarray of shape (n_samples,)
        The clip, float32 or float64.
    spec : FrameSpec
        The framing.

    Yields
    ------
    Block
        Consecutive frames, in order.
    """
    n_frames = spec.n_frames(len(audio))
    if n_frames == 0:
        return
    _keep_freed_memory()
    padded = _pad(audio, spec)
    # What sliding_window_view does, in a tenth of its time; numpy checks that the frames lie within the buffer.
    strides = (spec.hop_length * padded.itemsize, padded.itemsize)
    view = np.ndarray((n_frames, spec.frame_length), padded.dtype, padded, 0, strides)
    window = spec.window_values(audio.dtype)
    # Blocks of one size, rather than a last one of a few frames that costs as many calls as the others.
    n_blocks = -(-n_frames * spec.n_fft // _BLOCK_SAMPLES)
    size = -(-n_frames // n_blocks)
    for start in range(0, n_frames, size):
        frames, before = view[start : start + size], view[start - 1] if start else None
        if spec.convention == "librosa":
            yield Block(frames, window, start, before)
        else:
            yield ConventionBlock(frames, window, start, before, CONVENTIONS[spec.convention])


def power_spectrum(audio: np.ndarray, spec: FrameSpec) -> np.ndarray:
    """Power spectrum of one clip.

    Parameters
    ----------
    audio : ndarray of shape (n_samples,)
        The clip.
    spec : FrameSpec
        The framing.

    Returns
    -------
    ndarray of shape (n_bins, n_frames)
        Squared magnitude of the windowed Fourier transform, in the type of `audio`.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import FrameSpec, power_spectrum
    >>> spec = FrameSpec(sample_rate=8000, n_fft=256, hop_length=128)
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> float(spec.bin_frequencies()[power_spectrum(tone, spec)[:, 30].argmax()])
    1000.0
    """
    audio = as_float(audio)
    out = np.empty((spec.n_bins, spec.n_frames(len(audio))), dtype=audio.dtype)
    for block in blocks(audio, spec):
        out[:, block.start : block.stop] = block.power
    return out


def as_float(audio: np.ndarray) -> np.ndarray:
    """Leave float32 as it is and turn everything else into float64.

    Parameters
    ----------
    audio : array-like of shape (n_samples,)
        The clip.

    Returns
    -------
    ndarray of shape (n_samples,)
        The clip, contiguous.
    """
    audio = np.asarray(audio)
    return np.ascontiguousarray(audio, dtype=np.float32 if audio.dtype == np.float32 else np.float64)


@cache
def _keep_freed_memory() -> None:
    """Let the C library keep what a block frees for the next one, once a process.

    glibc gives large pieces back to the system at once, and asks for them again page by page, which takes as long as the
    Fourier transform. The first time that a piece larger than it knows is freed, it takes pieces of that size for ordinary
    (`mallopt(3)`, M_MMAP_THRESHOLD). Elsewhere this does nothing.
    """
    np.empty(1 << 24, dtype=np.uint8)


def _power(spectrum: np.ndarray) -> np.ndarray:
    """Squared magnitude, in the layout of the spectrum, which is written over."""
    if spectrum.flags.f_contiguous and not spectrum.flags.c_contiguous:
        return _power(spectrum.T).T
    spectrum = np.ascontiguousarray(spectrum)
    if spectrum.dtype == np.complex64:
        # NumPy's magnitude is vectorised, which in single precision outweighs its square root.
        magnitude = np.abs(spectrum)
        return np.multiply(magnitude, magnitude, out=magnitude)
    squares = spectrum.view(spectrum.real.dtype)
    np.multiply(squares, squares, out=squares)
    return squares[:, 0::2] + squares[:, 1::2]


def _windowed(frames: np.ndarray, window: np.ndarray) -> np.ndarray:
    # NumPy copies frames and window into its buffer, several rows at a time, unless the buffer is too small for two rows.
    size = np.setbufsize(16)
    try:
        return frames * window
    finally:
        np.setbufsize(size)


def _pad(audio: np.ndarray, spec: FrameSpec) -> np.ndarray:
    if not spec.center:
        return audio
    if spec.convention != "librosa":
        before = spec.pad_length
        after = (spec.n_frames(len(audio)) - 1) * spec.hop_length + spec.frame_length - before - len(audio)
        return np.pad(audio[max(0, -before) :], (max(0, before), max(0, after)), mode=spec.pad_mode)  # type: ignore[call-overload]
    if spec.pad_mode != "constant":
        return np.pad(audio, spec.pad_length, mode=spec.pad_mode)  # type: ignore[call-overload]
    start, stop = spec.pad_length, spec.pad_length + len(audio)
    padded = np.empty(stop + spec.pad_length, dtype=audio.dtype)
    # Only the ends are zeros.
    padded[:start] = 0
    padded[start:stop] = audio
    padded[stop:] = 0
    return padded
