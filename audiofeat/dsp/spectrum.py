"""The spectrum of one clip, block by block, each part computed once and only when asked for.

Conventions: a clip is a 1-D float array; float32 is computed in float32, everything else in float64. A block holds as
many frames as fit the cache of a core; whatever is computed from it is done while it is there.

Where `audiofeat.dsp.lanes` serves and the user has named no transform of their own for `scipy.fft`, it takes all steps at
once. Elsewhere they look as they do for these reasons: frames are a strided view of the padded clip, times the window along
contiguous memory; the transform is taken along the columns of the transposed view, so that the spectrum comes out as
``(n_bins, n_frames)``, with the frames or the bins side by side in memory, whichever the transform is faster with. The
power keeps that layout, and is made once for all filter banks.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property, partial

import numpy as np

from audiofeat.dsp import lanes
from audiofeat.dsp.banded import Filterbank
from audiofeat.dsp.conventions import CONVENTIONS, Convention, emphasised, prepared
from audiofeat.dsp.framing import FrameSpec
from audiofeat.dsp.split_radix import split_radix_rfft, takes
from audiofeat.dsp.transform import named_by_user, rfft

__all__ = ["Block", "ConventionBlock", "LanesBlock", "blocks", "power_spectrum"]

# Most samples in the windowed frames of one block: two megabytes in float32. Smaller blocks pay more calls a frame, larger
# ones leave the cache (measured at 1 << 14 to 1 << 20).
_BLOCK_SAMPLES = 1 << 19


class _Frames:
    """The frames of one clip, laid out in memory only when they are asked for."""

    def __init__(self, audio: np.ndarray, spec: FrameSpec):
        self.audio = audio
        self.spec = spec
        self.n_frames = spec.n_frames(len(audio))
        self.window = spec.window_values(audio.dtype)

    @cached_property
    def padded(self) -> np.ndarray:
        return _pad(self.audio, self.spec)

    @cached_property
    def view(self) -> np.ndarray:
        # What sliding_window_view does, in a tenth of its time; numpy checks that the frames lie within the buffer.
        strides = (self.spec.hop_length * self.padded.itemsize, self.padded.itemsize)
        return np.ndarray((self.n_frames, self.spec.frame_length), self.padded.dtype, self.padded, 0, strides)


class Block:
    """Consecutive frames of one clip.

    Parameters
    ----------
    clip : _Frames
        The frames of the whole clip.
    start, stop : int
        Index of the first frame within the clip, and after the last.

    Attributes
    ----------
    n_frames : int
        How many frames.
    dtype : dtype
        Type of all that is computed.
    """

    def __init__(self, clip: _Frames, start: int, stop: int):
        self.start = start
        self.stop = stop
        self.n_frames = stop - start
        self.dtype = clip.audio.dtype
        self._clip = clip
        self._power: np.ndarray | None = None
        self._magnitude: np.ndarray | None = None

    @property
    def frames(self) -> np.ndarray:
        """View of the padded clip, not windowed, ``(n_frames, frame_length)``."""
        return self._clip.view[self.start : self.stop]

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
        if not self.start:
            return None
        return np.sqrt(type(self)(self._clip, self.start - 1, self.start).power[:, 0])

    def _transform(self, frames: np.ndarray) -> np.ndarray:
        return rfft(_windowed(frames, self._clip.window).T)

    @property
    def power(self) -> np.ndarray:
        """Power spectrum, ``(n_bins, n_frames)``."""
        if self._power is None:
            self._power = self._take_power()
        return self._power

    def _take_power(self) -> np.ndarray:
        return _power(self.spectrum())

    @property
    def magnitude(self) -> np.ndarray:
        """Magnitude spectrum, ``(n_bins, n_frames)``."""
        if self._magnitude is None:
            self._magnitude = np.sqrt(self.power)
        return self._magnitude

    def project(self, filterbank: Filterbank, *, power: float = 2.0) -> np.ndarray:
        """Multiply a filter bank with the spectrum raised to `power`.

        Parameters
        ----------
        filterbank : Filterbank of shape (n_filters, n_bins)
            The filter bank.
        power : float, default=2.0
            Exponent of the magnitude.

        Returns
        -------
        ndarray of shape (n_filters, n_frames)
            The filtered spectrum.
        """
        return filterbank @ self.raised(power)

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


class LanesBlock(Block):
    """Consecutive frames of one clip, many of which are computed at once.

    Parameters
    ----------
    clip : _Frames
        The frames of the whole clip.
    start, stop : int
        Index of the first frame within the clip, and after the last.
    banks : sequence of Filterbank, default=()
        Filter banks that `project` will be asked for.
    only_banks : bool, default=False
        Whether nothing else will be asked for.
    """

    def __init__(
        self, clip: _Frames, start: int, stop: int, banks: Sequence[Filterbank] = (), *, only_banks: bool = False
    ):
        super().__init__(clip, start, stop)
        self._banks = banks
        self._only_banks = only_banks
        self._products: list[np.ndarray] | None = None

    def _take_power(self) -> np.ndarray:
        power, self._products = self._compute(power=True)
        assert power is not None
        return power

    def project(self, filterbank: Filterbank, *, power: float = 2.0) -> np.ndarray:
        """Multiply a filter bank with the spectrum raised to `power`.

        Parameters
        ----------
        filterbank : Filterbank of shape (n_filters, n_bins)
            The filter bank.
        power : float, default=2.0
            Exponent of the magnitude.

        Returns
        -------
        ndarray of shape (n_filters, n_frames)
            The filtered spectrum.
        """
        if power == 2.0:
            for number, bank in enumerate(self._banks):
                if bank is filterbank:
                    if self._products is None:
                        self._power, self._products = self._compute(power=not self._only_banks)
                    return self._products[number]
        return super().project(filterbank, power=power)

    def _compute(self, *, power: bool) -> tuple[np.ndarray | None, list[np.ndarray]]:
        spec, start = self._clip.spec, self.start * self._clip.spec.hop_length
        samples = self._clip.audio
        if spec.center and spec.pad_mode == "constant":
            start -= spec.pad_length  # zeros are understood
        else:
            samples = self._clip.padded
        return lanes.spectra(
            samples, start, spec.hop_length, self.n_frames, self._clip.window, power=power, banks=self._banks
        )


class ConventionBlock(Block):
    """Consecutive frames of one clip, treated as Kaldi or HTK do before the transform."""

    @property
    def energy(self) -> np.ndarray:
        """Energy of the frames before pre-emphasis and window, ``(n_frames,)``."""
        return np.square(prepared(self.frames, self._convention)).sum(axis=1)

    @property
    def _convention(self) -> Convention:
        return CONVENTIONS[self._clip.spec.convention]

    def _transform(self, frames: np.ndarray) -> np.ndarray:
        window = self._clip.window
        n_fft, dtype = len(window), frames.dtype
        split_radix = self._convention.split_radix and takes(n_fft)
        if split_radix:
            frames = frames.astype(np.float32, copy=False)
        frames = emphasised(prepared(frames, self._convention), self._convention)
        frames *= window[: frames.shape[1]].astype(frames.dtype, copy=False)
        if not split_radix:
            return rfft(frames.T, n_fft)
        spectrum = split_radix_rfft(np.pad(frames.T, ((0, n_fft - frames.shape[1]), (0, 0))))
        return spectrum.astype(np.result_type(dtype, np.complex64), copy=False)


def blocks(
    audio: np.ndarray, spec: FrameSpec, banks: Sequence[Filterbank] = (), *, only_banks: bool = False
) -> Iterator[Block]:
    """Cut one clip into blocks of frames.

    Parameters
    ----------
    audio : ndarray of shape (n_samples,)
        The clip, float32 or float64.
    spec : FrameSpec
        The framing.
    banks : sequence of Filterbank, default=()
        Filter banks that the blocks will be asked to multiply with their power, so that it can be done in one pass.
    only_banks : bool, default=False
        Whether they will be asked for nothing else of the spectrum.

    Yields
    ------
    Block
        Consecutive frames, in order.
    """
    clip = _Frames(audio, spec)
    if clip.n_frames == 0:
        return
    _keep_freed_memory()
    # Blocks of one size, rather than a last one of a few frames that costs as many calls as the others.
    n_blocks = -(-clip.n_frames * spec.n_fft // _BLOCK_SAMPLES)
    size = -(-clip.n_frames // n_blocks)
    kind: Callable[[_Frames, int, int], Block]
    if spec.convention != "librosa":
        kind = ConventionBlock
    elif lanes.serves(spec.n_fft) and not named_by_user():
        kind = partial(LanesBlock, banks=banks, only_banks=only_banks)
    else:
        kind = Block
    for start in range(0, clip.n_frames, size):
        yield kind(clip, start, min(start + size, clip.n_frames))


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
    audio = np.ascontiguousarray(audio, dtype=np.float32 if audio.dtype == np.float32 else np.float64)
    # Samples within a file that is mapped to memory may begin anywhere.
    return audio if audio.flags.aligned else audio.copy()


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
