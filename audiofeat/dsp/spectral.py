"""The shape of a spectrum: where its energy lies, how it spreads, how it changes.

Conventions: spectra are ``(n_bins, n_frames)``, frequencies ``(n_bins,)`` in Hz, results ``(n_frames,)`` in the type of the
spectrum. A silent frame has centroid, bandwidth, rolloff, slope, skewness, kurtosis and entropy 0, and flatness 1.
"""

from itertools import pairwise

import numpy as np

__all__ = [
    "spectral_bandwidth",
    "spectral_contrast_bands",
    "spectral_entropy",
    "spectral_flatness",
    "spectral_flux",
    "spectral_moments",
    "spectral_rolloff",
    "tonnetz_matrix",
]


def spectral_moments(magnitude: np.ndarray, frequencies: np.ndarray) -> dict[str, np.ndarray]:
    """Centroid, bandwidth, skewness, kurtosis and slope of a magnitude spectrum, taken as a distribution over frequency.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames)
        Magnitude spectrum.
    frequencies : ndarray of shape (n_bins,)
        Frequencies of its bins [Hz].

    Returns
    -------
    dict of str to ndarray of shape (n_frames,)
        "centroid" and "bandwidth" [Hz], "skewness", "kurtosis" (3 for a normal distribution), and "slope" [1/Hz], the
        slope of the regression line through the spectrum divided by its sum.

    Notes
    -----
    Centroid and bandwidth are those of librosa. All are functions of five sums, which are taken in double precision: the
    central moments are small differences of large ones.

    References
    ----------
    G. Peeters, "A large set of audio features for sound description (similarity and classification) in the CUIDADO
    project", IRCAM technical report, 2004, section 6.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import spectral_moments
    >>> moments = spectral_moments(np.array([[1.0], [2.0], [1.0]]), np.array([0.0, 100.0, 200.0]))
    >>> float(moments["centroid"][0]), float(moments["bandwidth"][0].round(2))
    (100.0, 70.71)
    """
    n_bins = len(frequencies)
    # Frequency on a scale of 0 to 1 keeps the fourth powers near 1.
    unit = float(frequencies[-1]) or 1.0
    powers = (frequencies / unit) ** np.arange(5)[:, None]
    total, *raw = powers @ magnitude.astype(np.float64, copy=False)
    safe = np.where(total > 0, total, 1.0)
    m1, m2, m3, m4 = (moment / safe for moment in raw)
    variance = np.maximum(m2 - m1**2, 0.0)
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    # A single line has no shape around its centroid; rounding would give it one.
    narrow = variance < 1e-12
    spread = np.where(narrow, 1.0, variance)
    sum_f, sum_ff = powers[1].sum(), powers[2].sum()
    slope = (n_bins * m1 - sum_f) / (n_bins * sum_ff - sum_f**2) / unit
    moments = {
        "centroid": m1 * unit,
        "bandwidth": np.sqrt(variance) * unit,
        "skewness": np.where(narrow, 0.0, third / spread**1.5),
        "kurtosis": np.where(narrow, 0.0, fourth / spread**2),
        "slope": np.where(total > 0, slope, 0.0),
    }
    return {name: values.astype(magnitude.dtype, copy=False) for name, values in moments.items()}


def spectral_bandwidth(
    magnitude: np.ndarray, frequencies: np.ndarray, *, p: float = 2.0, norm: bool = True
) -> np.ndarray:
    """Spread of the spectrum around its centroid, of any order.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames)
        Magnitude spectrum.
    frequencies : ndarray of shape (n_bins,)
        Frequencies of its bins [Hz].
    p : float, default=2.0
        Order: the mean of ``abs(frequency - centroid) ** p``, to the power of ``1 / p``.
    norm : bool, default=True
        Whether each frame is divided by its sum first.

    Returns
    -------
    ndarray of shape (n_frames,)
        The spread [Hz, if `norm`].
    """
    total = magnitude.sum(axis=0)
    share = magnitude / np.where(total > 0, total, 1)
    distance = np.abs(frequencies[:, None] - frequencies @ share)
    spread = ((share if norm else magnitude) * distance**p).sum(axis=0) ** (1 / p)
    return spread.astype(magnitude.dtype, copy=False)


def spectral_rolloff(magnitude: np.ndarray, frequencies: np.ndarray, roll_percent: float = 0.85) -> np.ndarray:
    """Frequency under which most of the spectrum lies.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames)
        Magnitude spectrum.
    frequencies : ndarray of shape (n_bins,)
        Frequencies of its bins [Hz].
    roll_percent : float, default=0.85
        The share of the sum that lies at or below it.

    Returns
    -------
    ndarray of shape (n_frames,)
        Frequencies of bins [Hz].
    """
    cumulated = np.cumsum(magnitude, axis=0)
    reached = cumulated >= roll_percent * cumulated[-1]
    return frequencies.astype(magnitude.dtype)[reached.argmax(axis=0)]


def spectral_flatness(power: np.ndarray, amin: float = 1e-10) -> np.ndarray:
    """How much a spectrum is like noise: the geometric mean of its power over the arithmetic one.

    Parameters
    ----------
    power : ndarray of shape (n_bins, n_frames)
        Power spectrum.
    amin : float, default=1e-10
        Powers below it count as it.

    Returns
    -------
    ndarray of shape (n_frames,)
        Near 0 for a tone, 1 for a flat spectrum.

    References
    ----------
    S. Dubnov, "Generalization of spectral flatness measure for non-Gaussian linear processes", IEEE Signal Processing
    Letters 11(8), 2004, https://doi.org/10.1109/LSP.2004.831663
    """
    floored = np.maximum(power, amin)
    # Sums down the columns run bin by bin, which in single precision would lose the fourth digit of a thousand logs.
    geometric = np.exp(np.log(floored).mean(axis=0, dtype=np.float64))
    return (geometric / floored.mean(axis=0, dtype=np.float64)).astype(power.dtype, copy=False)


def spectral_entropy(power: np.ndarray) -> np.ndarray:
    """How evenly power is spread over frequency: the Shannon entropy of the power spectrum, over its largest value.

    Parameters
    ----------
    power : ndarray of shape (n_bins, n_frames)
        Power spectrum.

    Returns
    -------
    ndarray of shape (n_frames,)
        0 for a single line, 1 for a flat spectrum.

    References
    ----------
    H. Misra et al., "Spectral entropy based feature for robust ASR", ICASSP 2004,
    https://doi.org/10.1109/ICASSP.2004.1325955
    """
    total = power.sum(axis=0)
    share = power / np.where(total > 0, total, 1)
    # x log x is 0 at 0, which the smallest number shows without a division by zero.
    logs = np.log(np.maximum(share, np.finfo(power.dtype).tiny))
    entropy = -(share * logs).sum(axis=0, dtype=np.float64) / np.log(max(len(power), 2))
    return np.maximum(entropy, 0).astype(power.dtype, copy=False)


def spectral_flux(magnitude: np.ndarray, previous: np.ndarray | None = None) -> np.ndarray:
    """How much the spectrum changes from frame to frame: the root of the mean squared difference.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames)
        Magnitude spectrum.
    previous : ndarray of shape (n_bins,) or None, default=None
        Spectrum of the frame before the first; None gives the first frame 0.

    Returns
    -------
    ndarray of shape (n_frames,)
        The flux, in the unit of the spectrum.

    References
    ----------
    A. Lerch, "An Introduction to Audio Content Analysis", 2012, section 3.3.2, https://doi.org/10.1002/9781118393550
    """
    first = magnitude[:, :1] if previous is None else previous[:, None]
    steps = np.diff(magnitude, axis=1, prepend=first)
    return np.sqrt(np.square(steps).mean(axis=0))


def spectral_contrast_bands(
    magnitude: np.ndarray, frequencies: np.ndarray, *, fmin: float = 200.0, n_bands: int = 6, quantile: float = 0.02
) -> np.ndarray:
    """Valleys and peaks of the spectrum in octave bands.

    Parameters
    ----------
    magnitude : ndarray of shape (n_bins, n_frames)
        Magnitude spectrum.
    frequencies : ndarray of shape (n_bins,)
        Frequencies of its bins [Hz].
    fmin : float, default=200.0
        Upper edge of the lowest band [Hz]; each next band is an octave.
    n_bands : int, default=6
        Number of octaves above it.
    quantile : float, default=0.02
        Share of a band's bins that are its peak, and its valley.

    Returns
    -------
    ndarray of shape (2 * (n_bands + 1), n_frames)
        Valleys of all bands, then their peaks.

    Raises
    ------
    ValueError
        If a band holds no bin, or begins at half the sample rate or above.

    References
    ----------
    D.-N. Jiang et al., "Music type classification by spectral contrast feature", ICME 2002,
    https://doi.org/10.1109/ICME.2002.1035731
    """
    edges = np.concatenate([[0.0], fmin * 2.0 ** np.arange(n_bands + 1)])
    out = np.empty((2, n_bands + 1, magnitude.shape[1]), dtype=magnitude.dtype)
    for band, (low, high) in enumerate(pairwise(edges)):
        inside = np.flatnonzero((frequencies >= low) & (frequencies <= high))
        if len(inside) < 2 and not (band and len(inside)):
            raise ValueError(
                f"Spectral contrast got a band from {low:g} to {high:g} Hz that holds no bin of the spectrum (up to "
                f"{frequencies[-1]:g} Hz). Lower n_bands, change fmin, or raise n_fft."
            )
        # Each band reaches one bin into the one below, the last one to the end; the bin at the upper edge counts for
        # the size of the quantile and not for the band, as in the MATLAB original.
        start = inside[0] - 1 if band else inside[0]
        stop = len(frequencies) if band == n_bands else inside[-1] + 1
        n_extreme = max(1, int(np.rint(quantile * (stop - start))))
        ordered = np.sort(magnitude[start : stop if band == n_bands else stop - 1], axis=0)
        out[0, band] = ordered[:n_extreme].mean(axis=0)
        out[1, band] = ordered[-n_extreme:].mean(axis=0)
    return out.reshape(-1, magnitude.shape[1])


def tonnetz_matrix(n_chroma: int = 12) -> np.ndarray:
    """Projection of pitch classes onto the circles of fifths, minor thirds and major thirds.

    Parameters
    ----------
    n_chroma : int, default=12
        Number of pitch classes in an octave.

    Returns
    -------
    ndarray of shape (6, n_chroma)
        Rows: fifth x and y, minor third x and y, major third x and y.

    References
    ----------
    C. Harte, M. Sandler and M. Gasser, "Detecting harmonic change in musical audio", 2006,
    https://doi.org/10.1145/1178723.1178727
    """
    pitch = np.arange(n_chroma) * (12.0 / n_chroma)
    # Radians per semitone on the three circles, and their radii (equation 3).
    angles = np.outer(np.pi * np.repeat([7 / 6, 3 / 2, 2 / 3], 2), pitch)
    radii = np.repeat([1.0, 1.0, 0.5], 2)[:, None]
    matrix = np.empty((6, n_chroma))
    matrix[0::2] = np.sin(angles[0::2])
    matrix[1::2] = np.cos(angles[1::2])
    return radii * matrix
