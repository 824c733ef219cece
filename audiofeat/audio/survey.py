"""What a recording is like: its format, its level, and what is wrong with it.

Conventions: levels are in dB relative to full scale, where 0 dB is the largest sample a file can hold.
"""

import math
from typing import NamedTuple

import numpy as np
import soundfile
import xxhash

from audiofeat._errors import ClipError
from audiofeat.audio.files import CUT_TOLERANCE, clip_error, file_facts
from audiofeat.audio.opened import Stream

__all__ = ["RecordingFacts", "survey"]

# Decoded at once [s].
_PIECE = 10.0
# A waveform that was cut off stays at the limit for several samples; a single one there is a loud sample.
_CLIPPED_RUN = 3
# Just under full scale, for converters and decoders that stop a little below it; eight bits end at 127/128.
_FULL_SCALE = {"PCM_S8": 0.99, "PCM_U8": 0.99}
_FULL_SCALE_OF_OTHERS = 0.999
# Below it nothing is heard of a recording at any sensible volume [dB].
_SILENT = -60.0


class RecordingFacts(NamedTuple):
    """What a recording is like.

    Parameters
    ----------
    duration : float
        Its length [s].
    sample_rate : int
        Its sample rate [Hz].
    channels : int
        Its number of channels.
    format, subtype : str
        The container and the coding of the samples, as soundfile names them.
    peak : float
        The largest sample [dB of full scale]; minus infinity for digital silence.
    rms : float
        Root mean square over time and channels [dB of full scale].
    clipped : int
        Samples in runs of three or more at full scale.
    content : str
        Digest of the file's bytes, hexadecimal.
    samples : str
        Digest of the decoded samples: the same for the same sound in WAV and FLAC.
    """

    duration: float
    sample_rate: int
    channels: int
    format: str
    subtype: str
    peak: float
    rms: float
    clipped: int
    content: str
    samples: str

    @property
    def silent(self) -> bool:
        """Whether its loudest sample lies under -60 dB."""
        return self.peak < _SILENT


def survey(path: str) -> RecordingFacts:
    """Look through a recording, a few seconds at a time.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    RecordingFacts
        What it is like.

    Raises
    ------
    ClipError
        If there is no such file, it is no audio that soundfile reads, holds no samples, or is cut off.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> from audiofeat.audio.survey import survey
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = str(Path(folder) / "loud.wav")
    ...     soundfile.write(path, 2 * np.sin(np.arange(8000) / 10), 8000)
    ...     facts = survey(path)
    >>> facts.duration, facts.clipped > 1000, round(facts.peak, 2)
    (1.0, True, 0.0)
    """
    content = file_facts(path).digest.hex()
    try:
        with Stream(path) as file:
            return _look_through(file, content)
    except (OSError, RuntimeError, ValueError, MemoryError) as exc:
        raise clip_error(path, exc) from exc


def _look_through(file: soundfile.SoundFile, content: str) -> RecordingFacts:
    full_scale = _FULL_SCALE.get(file.subtype, _FULL_SCALE_OF_OTHERS)
    hasher = xxhash.xxh3_128(f"{file.samplerate} {file.channels}".encode())
    # How many samples at full scale each channel ends with so far.
    run = np.zeros(file.channels, dtype=int)
    n_samples, peak, energy, clipped = 0, 0.0, 0.0, 0
    while len(piece := file.read(int(_PIECE * file.samplerate) or 1, dtype="float32", always_2d=True)):
        if not np.isfinite(piece).all():
            raise ClipError("NaN or infinite samples")
        hasher.update(piece.data)
        n_samples += len(piece)
        magnitude = np.abs(piece)
        peak = max(peak, float(magnitude.max()))
        energy += float(np.square(piece, dtype=np.float64).sum())
        for channel in range(file.channels):
            found, run[channel] = _in_runs(magnitude[:, channel] >= full_scale, int(run[channel]))
            clipped += found
    if n_samples < file.frames - CUT_TOLERANCE * file.samplerate:
        rate = file.samplerate
        raise ClipError(
            f"it is cut off: its header says {file.frames / rate:g} s, and {n_samples / rate:g} s can be decoded"
        )
    return RecordingFacts(
        duration=n_samples / file.samplerate,
        sample_rate=file.samplerate,
        channels=file.channels,
        format=file.format,
        subtype=file.subtype,
        peak=_decibels(peak),
        rms=_decibels(math.sqrt(energy / (n_samples * file.channels))),
        clipped=clipped,
        content=content,
        samples=hasher.hexdigest(),
    )


def _in_runs(loud: np.ndarray, before: int) -> tuple[int, int]:
    """Samples in runs that are long enough, of which some may lie before; and the length of the run at the end."""
    if not loud.any():
        return 0, 0
    edges = np.diff(np.concatenate([[False], loud, [False]]).astype(np.int8))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    lengths = ends - starts
    # Those before are counted when the run becomes long enough, unless they were.
    joined = lengths.copy()
    if loud[0]:
        joined[0] += before
    counted = lengths[joined >= _CLIPPED_RUN].sum()
    if loud[0] and before < _CLIPPED_RUN <= joined[0]:
        counted += before
    return int(counted), int(joined[-1]) if loud[-1] else 0


def _decibels(amplitude: float) -> float:
    return 20 * math.log10(amplitude) if amplitude else -math.inf
