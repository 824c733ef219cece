"""Random changes to the waveform of a clip, drawn from what the clip holds.

Conventions: the draws of a clip depend on its key and a seed alone, so that its neighbours do not matter and a change is
the same whenever it is made.
"""

from dataclasses import dataclass

import numpy as np
import xxhash

from audiofeat.audio.batch import LoadSettings, Source
from audiofeat.audio.cache import fingerprint
from audiofeat.audio.files import resample
from audiofeat.audio.opened import OpenFiles

__all__ = ["ChangedSource", "WaveformChanges", "generator_of"]

# A ratio of rates in whole numbers: speeds to a hundredth of a percent.
_NORMAL_SPEED = 10_000


def generator_of(key: bytes, seed: int) -> np.random.Generator:
    """Make the generator that a clip draws from.

    Parameters
    ----------
    key : bytes
        What names the clip.
    seed : int
        What distinguishes one set of draws from another.

    Returns
    -------
    numpy.random.Generator
        The same for the same clip and seed, in any process.
    """
    return np.random.default_rng([seed, xxhash.xxh3_128_intdigest(key)])


@dataclass(frozen=True)
class WaveformChanges:
    """How far a clip may be changed.

    Parameters
    ----------
    gain : float
        Largest change of level, to either side [dB].
    noise : tuple of float or None
        Lowest and highest ratio of the clip's power to that of the white noise that is added [dB]; None adds none.
    time_shift : float
        Largest circular shift, to either side [fraction of the clip].
    speed : float
        Largest change of speed, to either side [fraction].
    """

    gain: float
    noise: tuple[float, float] | None
    time_shift: float
    speed: float

    def apply(self, samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Change a clip.

        Parameters
        ----------
        samples : ndarray of shape (n_samples,)
            The clip, which stays as it is.
        rng : numpy.random.Generator
            Where the draws come from.

        Returns
        -------
        ndarray of shape (n_changed,)
            The changed clip, in the same type; longer or shorter by at most `speed`.
        """
        if self.speed:
            speed = round(_NORMAL_SPEED * (1 + rng.uniform(-self.speed, self.speed)))
            samples = resample(samples, speed, _NORMAL_SPEED)
        if self.time_shift:
            most = int(self.time_shift * len(samples))
            samples = np.roll(samples, rng.integers(-most, most, endpoint=True))
        if self.noise is not None:
            ratio = 10 ** (rng.uniform(*self.noise) / 20)
            # Of a silent clip the noise is silent too.
            level = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) / ratio
            samples = samples + (level * rng.standard_normal(len(samples))).astype(samples.dtype)
        if self.gain:
            samples = samples * samples.dtype.type(10 ** (rng.uniform(-self.gain, self.gain) / 20))
        return samples


@dataclass(frozen=True, eq=False)
class ChangedSource:
    """A clip of a batch, changed.

    It stands in that batch in place of the clip's own source: it has already done to the clip what the batch's settings
    say, and does not do it again when they ask.

    Parameters
    ----------
    source : Source
        Where the batch has the clip from.
    settings : LoadSettings
        What the batch does to it.
    changes : WaveformChanges
        How far it may be changed.
    seed : int
        What the draws depend on, beside the clip.
    """

    source: Source
    settings: LoadSettings
    changes: WaveformChanges
    seed: int

    @property
    def path(self) -> str | None:
        """Path of the file, or None for content in memory."""
        return self.source.path

    @property
    def key(self) -> bytes:
        """The clip's own key, and everything that changes it."""
        return self._clip + fingerprint((self.changes, self.seed)).encode()

    def read(self, offset: float, duration: float | None, files: OpenFiles | None = None) -> tuple[np.ndarray, int]:
        """Read the clip as the batch gives it, without its padding, and change it.

        Parameters
        ----------
        offset, duration : float or None
            Those of the batch's settings, which the clip has met already.
        files : OpenFiles or None, default=None
            Where the recording may be open already.

        Returns
        -------
        samples : ndarray of shape (n_samples,)
            Mono, float32.
        sample_rate : int
            The batch's sample rate [Hz].
        """
        samples = self.settings.valid(self.source, files)
        return self.changes.apply(samples, generator_of(self._clip, self.seed)), self.settings.sample_rate

    @property
    def _clip(self) -> bytes:
        return self.source.key + self.settings.key
