"""Feature banks that serve a kind of recording, frozen by version.

A preset is a plain `FeatureBank`: look at it, change it, put it into a grid. What a name with a version gives never
changes, so that a result can be repeated; a better choice gets the next version.
"""

from collections.abc import Callable

from audiofeat.transformers import (
    MFCC,
    Chroma,
    Energy,
    FeatureBank,
    MelSpectrogram,
    SpectralContrast,
    SpectralShape,
    Tonnetz,
)

__all__ = ["get_preset", "preset_names"]


def get_preset(name: str) -> FeatureBank:
    """Make the feature bank of a preset.

    Parameters
    ----------
    name : str
        A name of `preset_names`, such as ``"speech@1"``; without a version, the newest one.

    Returns
    -------
    FeatureBank
        Not fitted, pooled, and at a sample rate of its own, which `AudioLoader` has to give.

    Raises
    ------
    TypeError
        If `name` is no string.
    ValueError
        If there is no such preset.

    Notes
    -----
    ==================  =========  ======================================================================================
    name                rate [Hz]  members
    ==================  =========  ======================================================================================
    speech@1            16,000     25 ms windows every 10 ms: 13 MFCC with first and second derivatives over three parts
                                   of the clip; energy
    music@1             22,050     93 ms windows every 23 ms: 20 MFCC, chroma, tonnetz, spectral contrast and shape
    environmental@1     22,050     93 ms windows every 23 ms: 20 MFCC with derivatives, 64 mel bands, spectral contrast
                                   and shape, energy
    ==================  =========  ======================================================================================

    Examples
    --------
    >>> from audiofeat.presets import get_preset
    >>> [name for name, _ in get_preset("music@1").transformer_list]
    ['mfcc', 'chroma', 'tonnetz', 'contrast', 'shape']
    >>> get_preset("speech").get_params()["mfcc__sample_rate"]
    16000
    """
    if not isinstance(name, str):
        raise TypeError(f"get_preset got {name!r}; expected a name, such as {preset_names()[0]!r}.")
    kind, at, version = name.partition("@")
    versions = _PRESETS.get(kind, {})
    chosen = version if at else str(max(versions, default=0))
    if not chosen.isdecimal() or int(chosen) not in versions:
        raise ValueError(f"There is no preset {name!r}; expected one of {', '.join(preset_names())}.")
    return FeatureBank(versions[int(chosen)]())


def preset_names() -> list[str]:
    """List the presets, with their versions.

    Returns
    -------
    list of str
        Names that `get_preset` takes.

    Examples
    --------
    >>> from audiofeat.presets import preset_names
    >>> preset_names()
    ['speech@1', 'music@1', 'environmental@1']
    """
    return [f"{kind}@{version}" for kind, versions in _PRESETS.items() for version in versions]


def _speech_1() -> list:
    frames = {"sample_rate": 16000, "n_fft": 512, "win_length": 400, "hop_length": 160}
    return [
        ("mfcc", MFCC(n_mfcc=13, deltas=2, n_mels=40, n_segments=3, **frames)),
        ("energy", Energy(n_segments=3, **frames)),
    ]


def _music_1() -> list:
    frames = {"sample_rate": 22050, "n_fft": 2048, "hop_length": 512}
    return [
        ("mfcc", MFCC(n_mfcc=20, **frames)),
        ("chroma", Chroma(**frames)),
        ("tonnetz", Tonnetz(**frames)),
        ("contrast", SpectralContrast(**frames)),
        ("shape", SpectralShape(**frames)),
    ]


def _environmental_1() -> list:
    frames = {"sample_rate": 22050, "n_fft": 2048, "hop_length": 512}
    return [
        ("mfcc", MFCC(n_mfcc=20, deltas=2, **frames)),
        ("mel", MelSpectrogram(n_mels=64, **frames)),
        ("contrast", SpectralContrast(**frames)),
        ("shape", SpectralShape(**frames)),
        ("energy", Energy(**frames)),
    ]


# Kind -> version -> members. Never edit one that was released: add the next.
_PRESETS: dict[str, dict[int, Callable[[], list]]] = {
    "speech": {1: _speech_1},
    "music": {1: _music_1},
    "environmental": {1: _environmental_1},
}
