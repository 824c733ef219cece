"""How far a clip is tuned from A4 = 440 Hz.

Conventions: a spectrum is ``(n_bins, n_frames)``; a tuning is a fraction of a bin of the octave, from -0.5 up to 0.5.
"""

import numpy as np

__all__ = ["estimate_tuning"]

# Four octaves under A4, a pitch of every tuning [Hz].
_A0 = 27.5


def estimate_tuning(
    spectrum: np.ndarray,
    sample_rate: int,
    n_fft: int,
    *,
    bins_per_octave: int = 12,
    resolution: float = 0.01,
    fmin: float = 150.0,
    fmax: float = 4000.0,
    threshold: float = 0.1,
) -> float:
    """Estimate the tuning of one clip from the peaks of its spectrum.

    Parameters
    ----------
    spectrum : ndarray of shape (n_bins, n_frames)
        Magnitude or power spectrum of the clip.
    sample_rate : int
        Sample rate [Hz].
    n_fft : int
        Length of the Fourier transform [samples].
    bins_per_octave : int, default=12
        Into how many steps an octave is divided; 12 gives semitones.
    resolution : float, default=0.01
        Width of a bin of the histogram [fractions of a step].
    fmin : float, default=150.0
        Where the search for peaks begins [Hz].
    fmax : float, default=4000.0
        Where it ends [Hz].
    threshold : float, default=0.1
        Peaks must be higher than this fraction of their frame's maximum.

    Returns
    -------
    float
        Deviation of the most frequent pitches from those of A4 = 440 Hz [fractions of a step], at least -0.5 and below
        0.5; 0.0 for a clip without peaks.

    Notes
    -----
    Every local maximum of a frame is moved to the vertex of the parabola through it and its neighbours. Of the peaks that
    are at least as high as the median peak, the deviations from the nearest step are counted in a histogram, and the lower
    edge of its fullest bin is the tuning.

    Equal to ``librosa.estimate_tuning(S=spectrum, n_fft=n_fft)`` of librosa 0.11. With an odd `n_fft`,
    ``librosa.feature.chroma_stft(tuning=None)`` takes the frequencies of ``n_fft - 1``, and so comes out up to
    ``1.4 * bins_per_octave / n_fft`` higher.

    References
    ----------
    J. O. Smith and X. Serra, "PARSHL: an analysis/synthesis program for non-harmonic sounds based on a sinusoidal
    representation", Proc. International Computer Music Conference, 1987 (interpolation of peaks).

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import FrameSpec, estimate_tuning, power_spectrum
    >>> spec = FrameSpec(n_fft=8192)
    >>> pitch = 440 * 2 ** (0.25 / 12)
    >>> tone = np.sin(2 * np.pi * pitch * np.arange(22050) / 22050)
    >>> round(estimate_tuning(power_spectrum(tone, spec), spec.sample_rate, spec.n_fft), 2)
    0.25
    """
    frequencies, heights = _peaks(spectrum, sample_rate, n_fft, fmin, fmax, threshold)
    if not len(heights):
        return 0.0
    octaves = np.log2(frequencies[heights >= np.median(heights)] / _A0)
    deviations = np.mod(bins_per_octave * octaves, 1.0)
    deviations[deviations >= 0.5] -= 1.0
    edges = np.linspace(-0.5, 0.5, int(np.ceil(1.0 / resolution)) + 1)
    counts = np.bincount(np.searchsorted(edges, deviations, side="right") - 1)
    return float(edges[counts.argmax()])


def _peaks(
    spectrum: np.ndarray, sample_rate: int, n_fft: int, fmin: float, fmax: float, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies [Hz] and heights of the peaks of all frames."""
    bins = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    # A peak needs a neighbour on either side.
    first, stop = np.searchsorted(bins, [fmin, min(fmax, sample_rate / 2)])
    first, stop = max(first, 1), min(stop, len(bins) - 1)
    if first >= stop:
        return np.empty(0), np.empty(0)
    band = np.ascontiguousarray(spectrum[first - 1 : stop + 1])
    n_frames = band.shape[1]
    rises = band[1:] > band[:-1]
    is_peak = band[1:-1] > threshold * spectrum.max(axis=0)
    is_peak &= rises[:-1]
    is_peak &= ~rises[1:]
    # Places in the flattened band: one index finds a peak several times as fast as two.
    below = np.flatnonzero(is_peak)
    low, top, high = (band.reshape(-1)[below + k * n_frames] for k in range(3))
    slope = (high - low) / 2
    shift = slope / (2 * top - low - high)
    frequencies = (first + below // n_frames + shift) * sample_rate / n_fft
    return frequencies.astype(spectrum.dtype, copy=False), top + 0.5 * slope * shift
