"""Our values beside those that Kaldi wrote, with the options it was run with.

The tests hold the deviations to their limits; `benchmarks/exactness.py` prints how large they are.

Conventions: a comparison is a pair of arrays (n_rows, n_frames), ours and Kaldi's.
"""

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


def deviations(folder: Path, dtype: str) -> Iterator[tuple[str, str, float]]:
    """File, part of its values, and their largest deviation."""
    for files, what in ((MEL_FILES, "log energies"), (MFCC_FILES, "coefficients")):
        for file, recipe, center in files:
            ours, theirs = compare(folder, file, recipe, center, dtype)
            yield file, what, float(np.abs(ours - theirs).max())
