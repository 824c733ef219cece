"""Take one part after the other out of a clip: a stretch of time in a band of frequencies.

Conventions: tiles are counted band by band from the lowest, and from the beginning of the clip in each band.
"""

from collections.abc import Iterator

import numpy as np

from audiofeat.dsp.scale import hz_to_mel, mel_to_hz
from audiofeat.dsp.spectrum import as_float

__all__ = ["mel_band_edges", "occluded_tiles"]

# Long enough to part neighbouring bands of speech and calls, short enough to part syllables [s].
_WINDOW_SECONDS = 0.032


def mel_band_edges(n_bands: int, fmax: float) -> np.ndarray:
    """Edges of bands of equal width in mels.

    Parameters
    ----------
    n_bands : int
        Number of bands.
    fmax : float
        Upper edge of the highest band [Hz]; the lowest begins at 0 Hz.

    Returns
    -------
    ndarray of shape (n_bands + 1,)
        Edges [Hz].

    Examples
    --------
    >>> from audiofeat.dsp import mel_band_edges
    >>> mel_band_edges(3, 1000.0).round()
    array([   0.,  333.,  667., 1000.])
    """
    return mel_to_hz(np.linspace(0.0, float(hz_to_mel(fmax)), n_bands + 1))


def occluded_tiles(
    audio: np.ndarray, sample_rate: int, time_edges: np.ndarray, band_edges: np.ndarray, *, attenuation: float = 60.0
) -> Iterator[np.ndarray]:
    """Make each tile of a clip inaudible, one at a time.

    Parameters
    ----------
    audio : ndarray of shape (n_samples,)
        The clip.
    sample_rate : int
        Its sample rate [Hz].
    time_edges : ndarray of shape (n_segments + 1,)
        Borders of the tiles in time [s].
    band_edges : ndarray of shape (n_bands + 1,)
        Borders of the tiles in frequency [Hz].
    attenuation : float, default=60.0
        How much quieter a tile is made [dB].

    Yields
    ------
    ndarray of shape (n_samples,)
        The clip without one tile, in the type of `audio`; ``n_bands * n_segments`` of them.

    Notes
    -----
    The tile is cut out of a short-time Fourier transform with a Hann window of 32 ms and 75 % overlap, turned back into
    samples and subtracted, so that the rest of the clip is left exactly as it was. Its borders are as soft as the window.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import occluded_tiles
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> low, high = occluded_tiles(tone, 8000, np.array([0.0, 1.0]), np.array([0.0, 1000.0, 4000.0]))
    >>> round(float(low.std() / tone.std()), 2), round(float(high.std() / tone.std()), 2)
    (0.0, 1.0)
    """
    # Imported here because the import takes more than a second.
    from scipy.signal import ShortTimeFFT
    from scipy.signal.windows import hann

    audio = as_float(audio)
    length = max(4, 4 * round(_WINDOW_SECONDS * sample_rate / 4))
    transform = ShortTimeFFT(hann(length, sym=False), hop=length // 4, fs=sample_rate, phase_shift=None)
    n_samples = max(length, len(audio))
    spectrum = transform.stft(np.pad(audio, (0, n_samples - len(audio))).astype(np.float64))
    segments = np.digitize(transform.t(n_samples), time_edges[1:-1])
    bands = np.digitize(transform.f, band_edges[1:-1])
    # Where each frame begins, counted from the first one, which begins before the clip.
    starts = np.arange(spectrum.shape[1]) * transform.hop
    before = -(transform.p_min * transform.hop - transform.m_num_mid)
    removed = 1 - 10 ** (-attenuation / 20)
    for band in range(len(band_edges) - 1):
        in_band = np.where((bands == band)[:, None], spectrum, 0)
        frames = (np.fft.irfft(in_band, n=length, axis=0) * transform.dual_win[:, None]).T
        for segment in range(len(time_edges) - 1):
            tile = np.zeros(starts[-1] + length)
            for frame in np.flatnonzero(segments == segment):
                tile[starts[frame] : starts[frame] + length] += frames[frame]
            yield (audio - removed * tile[before : before + len(audio)]).astype(audio.dtype)
