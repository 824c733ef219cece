"""Our values beside those that Kaldi wrote, with the options it was run with.

The tests hold the deviations to their limits; `benchmarks/exactness.py` prints how large they are.

Conventions: a comparison is a pair of arrays (n_rows, n_frames), ours and Kaldi's.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from audiofeat.dsp import FrameSpec, SpeechCepstrumRecipe, SpeechMelRecipe, extract

FRAMING = {"sample_rate": 16000, "n_fft": 512, "hop_length": 160, "win_length": 400, "window": "povey"}
# File, recipe, center.
MEL_FILES = (
    ("test.txt", SpeechMelRecipe(n_mels=23), False),
    ("test-40.txt", SpeechMelRecipe(n_mels=40), False),
    ("test-40-no-snip-edges.txt", SpeechMelRecipe(n_mels=40), True),
    ("test-htk.txt", SpeechMelRecipe(n_mels=23, use_energy=True), False),
)
MFCC_FILES = (
    ("test-mfcc.txt", SpeechCepstrumRecipe(), False),
    ("test-mfcc-no-snip-edges.txt", SpeechCepstrumRecipe(), True),
)


def kaldi(*, center: bool = False) -> FrameSpec:
    return FrameSpec(**FRAMING, center=center, pad_mode="symmetric", convention="kaldi")


def matrix(file: Path) -> np.ndarray:
    """A Kaldi archive of text with one matrix, as (n_rows, n_frames)."""
    lines = file.read_text().split("[")[1].rstrip("] \n").strip().splitlines()
    return np.array([[float(number) for number in line.split()] for line in lines]).T


def compare(folder: Path, file: str, recipe, center: bool, dtype: str) -> tuple[np.ndarray, np.ndarray]:
    clip, _ = soundfile.read(folder / "test.wav", dtype=dtype)
    return extract(clip, kaldi(center=center), [recipe])[0], matrix(folder / file)


def under_the_loudest(mel: np.ndarray) -> np.ndarray:
    """Natural logarithm of the amplitude of each frame's loudest band over the band's own."""
    return (mel.max(axis=0) - mel) / 2


def allowed(mel: np.ndarray) -> np.ndarray:
    """What float32 costs Kaldi in each band.

    Its transform leaves about 1e-5 of the frame's loudest amplitude in every bin, because it makes its roots of unity
    by repeated multiplication. That is less than 1e-3 of a band down to 70 dB of power under the loudest one.
    """
    under = under_the_loudest(mel)
    return np.where(under < 3.5 * math.log(10), 1e-3, np.maximum(1e-3, 1.1e-5 * np.exp(under)))


def deviations(folder: Path, dtype: str) -> Iterator[tuple[str, str, float]]:
    """File, part of its values, and their largest deviation."""
    for file, recipe, center in MEL_FILES:
        ours, theirs = compare(folder, file, recipe, center, dtype)
        error, quiet = np.abs(ours - theirs), under_the_loudest(theirs) >= 3.5 * math.log(10)
        yield file, "log energies, within 70 dB of the frame's loudest", float(error[~quiet].max())
        if quiet.any():
            yield file, f"the other {quiet.mean():.1%}, where Kaldi's transform has rounded", float(error[quiet].max())
    for file, recipe, center in MFCC_FILES:
        ours, theirs = compare(folder, file, recipe, center, dtype)
        error = np.abs(ours - theirs)
        yield file, "coefficients", float(error.max())
        yield file, "coefficients, as part of their largest", float((error / np.abs(theirs).max(axis=1)[:, None]).max())
