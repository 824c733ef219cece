"""Decibels, and the mel and Hz scales.

Conventions: frequencies in Hz. Decibels refer to a fixed `ref` and are floored `top_db` below the loudest bin of one clip:
a clip stands alone.
"""

import math

import numpy as np

from audiofeat.dsp import lanes

__all__ = ["amplitude_to_db", "hz_to_mel", "mel_frequencies", "mel_to_hz", "power_to_db"]

# Slaney's Auditory Toolbox (1998, Interval Research technical report 1998-010): linear below 1 kHz with 15 mels, above it
# 27 logarithmic steps to 6.4 kHz.
_SLANEY_STEP = 200.0 / 3
_SLANEY_BREAK = 1000.0
_SLANEY_LOG_STEP = np.log(6.4) / 27.0


def hz_to_mel(frequencies: np.typing.ArrayLike, mel_scale: str = "slaney") -> np.ndarray:
    """Convert frequencies to mels.

    Parameters
    ----------
    frequencies : array-like
        Frequencies [Hz].
    mel_scale : {"slaney", "htk"}, default="slaney"
        Slaney's scale is linear below 1 kHz; HTK's is logarithmic throughout.

    Returns
    -------
    ndarray
        Mels, in the shape of `frequencies`.

    Examples
    --------
    >>> from audiofeat.dsp import hz_to_mel
    >>> hz_to_mel([60.0, 1000.0])
    array([ 0.9, 15. ])
    """
    hz = np.asarray(frequencies, dtype=np.float64)
    if mel_scale == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    _check_mel_scale(mel_scale)
    above = np.log(np.maximum(hz, _SLANEY_BREAK) / _SLANEY_BREAK) / _SLANEY_LOG_STEP
    return np.where(hz < _SLANEY_BREAK, hz / _SLANEY_STEP, _SLANEY_BREAK / _SLANEY_STEP + above)


def mel_to_hz(mels: np.typing.ArrayLike, mel_scale: str = "slaney") -> np.ndarray:
    """Convert mels to frequencies.

    Parameters
    ----------
    mels : array-like
        Mels.
    mel_scale : {"slaney", "htk"}, default="slaney"
        As in `hz_to_mel`.

    Returns
    -------
    ndarray
        Frequencies [Hz], in the shape of `mels`.

    Examples
    --------
    >>> from audiofeat.dsp import mel_to_hz
    >>> mel_to_hz([3.0, 15.0])
    array([ 200., 1000.])
    """
    mel = np.asarray(mels, dtype=np.float64)
    if mel_scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    _check_mel_scale(mel_scale)
    mel_break = _SLANEY_BREAK / _SLANEY_STEP
    above = _SLANEY_BREAK * np.exp(_SLANEY_LOG_STEP * (np.maximum(mel, mel_break) - mel_break))
    return np.where(mel < mel_break, mel * _SLANEY_STEP, above)


def mel_frequencies(n_mels: int, fmin: float, fmax: float, mel_scale: str = "slaney") -> np.ndarray:
    """Frequencies spaced evenly in mels.

    Parameters
    ----------
    n_mels : int
        How many.
    fmin, fmax : float
        The first and the last [Hz].
    mel_scale : {"slaney", "htk"}, default="slaney"
        As in `hz_to_mel`.

    Returns
    -------
    ndarray of shape (n_mels,)
        Frequencies [Hz].
    """
    low, high = hz_to_mel([fmin, fmax], mel_scale)
    return mel_to_hz(np.linspace(low, high, n_mels), mel_scale)


def power_to_db(
    power: np.ndarray, *, ref: float = 1.0, amin: float = 1e-10, top_db: float | None = 80.0, copy: bool = True
) -> np.ndarray:
    """Convert the power of one clip to decibels.

    Parameters
    ----------
    power : ndarray
        Power of one clip, any shape.
    ref : float, default=1.0
        The power of 0 dB.
    amin : float, default=1e-10
        Powers below it count as it.
    top_db : float or None, default=80.0
        The result is floored this far [dB] under its maximum.
    copy : bool, default=True
        False writes the result over `power`.

    Returns
    -------
    ndarray
        Decibels, in the shape and type of `power`; float64 for whole numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from audiofeat.dsp import power_to_db
    >>> power_to_db(np.array([1.0, 0.01, 0.0]))
    array([  0., -20., -80.])
    """
    power = np.asarray(power)
    if power.dtype.kind != "f":
        power = power.astype(np.float64)
    share = 0.0 if top_db is None else 10.0 ** (-top_db / 10.0)
    out = np.empty_like(power) if copy else power
    if not lanes.decibels(power, out, amin, share):
        # One floor for both, in place of a pass over powers and one over decibels.
        _at_least(power, max(amin, float(power.max()) * share) if share and power.size else amin, out=out)
        # The natural logarithm times a constant: numpy has a vectorised log but no vectorised log10.
        np.log(out, out=out)
        # Numbers of Python take the type of the array, those of NumPy would have it computed in float64.
        out *= 10.0 / math.log(10.0)
    reference = 10.0 * math.log10(max(amin, ref))
    if reference:
        out -= reference
    return out


def amplitude_to_db(
    amplitude: np.ndarray, *, ref: float = 1.0, amin: float = 1e-5, top_db: float | None = 80.0, copy: bool = True
) -> np.ndarray:
    """Convert the amplitude of one clip to decibels.

    Parameters
    ----------
    amplitude : ndarray
        Amplitude of one clip, any shape.
    ref : float, default=1.0
        The amplitude of 0 dB.
    amin : float, default=1e-5
        Amplitudes below it count as it.
    top_db : float or None, default=80.0
        The result is floored this far [dB] under its maximum.
    copy : bool, default=True
        False writes the result over `amplitude`.

    Returns
    -------
    ndarray
        Decibels, in the shape and type of `amplitude`.
    """
    power = np.square(amplitude, out=None if copy else amplitude)
    return power_to_db(power, ref=ref**2, amin=amin**2, top_db=top_db, copy=False)


def _at_least(values: np.ndarray, floor: float, out: np.ndarray) -> None:
    # A row of the floor instead of the number: numpy vectorises the maximum of two arrays, not that with a number.
    np.maximum(values, np.full(values.shape[-1:], floor, dtype=values.dtype), out=out)


def _check_mel_scale(mel_scale: str) -> None:
    if mel_scale != "slaney":
        raise ValueError(f"Unknown mel_scale={mel_scale!r}; expected 'slaney' or 'htk'.")
