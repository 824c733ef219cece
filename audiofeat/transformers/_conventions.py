"""Extractors that can follow another toolkit: which parameters its convention gives, and which it settles.

Conventions: a parameter whose value is None takes the convention's; any other value is the user's and keeps its meaning.
"""

from audiofeat._sklearn import StrOptions
from audiofeat.dsp import FrameSpec, mel_filterbank, speech_mel_filterbank
from audiofeat.dsp.conventions import CONVENTIONS
from audiofeat.transformers._base import FRAME_CONSTRAINTS, FeatureExtractor
from audiofeat.transformers._filters import FilterCounts, count_filters

__all__ = ["CONVENTION_CONSTRAINTS", "DEFAULTS", "ConventionExtractor", "or_none"]

# What None stands for. Kaldi's are those of its feature programs; HTK's those of the tutorial in the HTK book (section
# 3.1.5), because HCopy itself has no default for the distance between frames. HTK counts twelve coefficients beside C0.
DEFAULTS: dict[str, dict] = {
    "librosa": {
        "n_mfcc": 20,
        "lifter": 0,
        "use_energy": False,
        "n_mels": 128,
        "fmin": 0.0,
        "power": 2.0,
        "n_fft": 2048,
        "hop_length": 512,
        "win_length": None,
        "window": "hann",
        "center": True,
        "pad_mode": "constant",
    },
    "kaldi": {
        "n_mfcc": 13,
        "lifter": 22,
        "use_energy": True,
        "n_mels": 23,
        "fmin": 20.0,
        "power": 2.0,
        "window": "povey",
        "center": False,
        "pad_mode": "symmetric",
    },
    "htk": {
        "n_mfcc": 13,
        "lifter": 22,
        "use_energy": False,
        "n_mels": 26,
        "fmin": 0.0,
        "power": 1.0,
        "window": "hamming",
        "center": False,
        "pad_mode": "constant",
    },
}

# Of a speech recogniser's frames [s].
_WINDOW_SECONDS = 0.025
_HOP_SECONDS = 0.010

# What a convention settles, and the values that do not contradict it: librosa's default, which is not looked at, and
# what the toolkits do.
_SETTLED = {
    "mel_scale": ("slaney", "htk"),
    "mel_norm": ("slaney", None),
    "dct_type": (2,),
    "dct_norm": ("ortho",),
    "top_db": (80.0, None),
    "scale": ("db", "linear"),
}


def or_none(constraints: dict[str, list]) -> dict[str, list]:
    """Let None stand for the convention's value.

    Parameters
    ----------
    constraints : dict of str to list
        Parameter constraints.

    Returns
    -------
    dict of str to list
        The same, with None where it was not allowed.
    """
    return {name: allowed if None in allowed else [*allowed, None] for name, allowed in constraints.items()}


CONVENTION_CONSTRAINTS: dict[str, list] = {
    "convention": [StrOptions(set(DEFAULTS))],
    **FRAME_CONSTRAINTS,
    **or_none({n: FRAME_CONSTRAINTS[n] for n in ("n_fft", "hop_length", "window", "center", "pad_mode")}),
}


class ConventionExtractor(FeatureExtractor):
    """Base of the extractors with a parameter `convention`."""

    def _value(self, name: str):
        """A parameter, or what the convention has for it."""
        value = getattr(self, name)
        return DEFAULTS[self.convention][name] if value is None else value

    def _frame_parameters(self, sample_rate: int) -> dict:
        frames = {name: self._value(name) for name in ("window", "center", "pad_mode")}
        if self.convention == "librosa":
            frames |= {name: self._value(name) for name in ("n_fft", "hop_length", "win_length")}
        else:
            win_length = int(_WINDOW_SECONDS * sample_rate) if self.win_length is None else self.win_length
            frames |= {
                # The power of two that holds the window.
                "n_fft": 1 << (win_length - 1).bit_length() if self.n_fft is None else self.n_fft,
                "hop_length": int(_HOP_SECONDS * sample_rate) if self.hop_length is None else self.hop_length,
                "win_length": win_length,
            }
        return {**frames, "convention": self.convention}

    def _counted_filters(self, spec: FrameSpec) -> tuple[str, FilterCounts]:
        bands = {"n_mels": self._value("n_mels"), "fmin": self._value("fmin"), "fmax": self.fmax}
        rate, n_fft = spec.sample_rate, spec.n_fft
        if self.convention == "librosa":
            counts = count_filters(mel_filterbank, rate, n_fft, **bands, mel_scale=self.mel_scale, mel_norm=None)
        else:
            drops = CONVENTIONS[self.convention].drops_edge_bins
            counts = count_filters(speech_mel_filterbank, rate, n_fft, **bands, drops_edge_bins=drops)
        return "n_mels", counts

    def _check_settled(self) -> None:
        """Refuse values that the convention leaves no room for."""
        by = type(self).__name__
        if self.convention == "librosa":
            if self.use_energy:
                raise ValueError(
                    f"{by} got use_energy=True with convention='librosa', which has no such row. Put Energy beside it in a "
                    "FeatureBank, or choose convention='kaldi'."
                )
            return
        for name, allowed in _SETTLED.items():
            value = getattr(self, name, allowed[0])
            if value not in allowed:
                raise ValueError(
                    f"{by} got {name}={value!r} with convention={self.convention!r}, which settles it. "
                    f"Leave {name} at its default, or choose convention='librosa'."
                )
