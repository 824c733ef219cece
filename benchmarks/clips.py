"""The clips that everything is timed on: half real recordings, where there are any, half synthetic."""

import os
from pathlib import Path

import numpy as np

N_CLIPS = 40
SECONDS = 3.0


def make_clips(sample_rate: int) -> list[np.ndarray]:
    """Clips of three seconds, float32, at one rate."""
    n_samples = int(SECONDS * sample_rate)
    rng = np.random.default_rng(0)
    clips = [_synthetic(n_samples, sample_rate, rng) for _ in range(N_CLIPS)]
    folder = Path(os.environ.get("AUDIOFEAT_DATA", "")) / "cats_dogs" / "wav"
    if "AUDIOFEAT_DATA" in os.environ and folder.is_dir():
        clips[: N_CLIPS // 2] = _real(folder, n_samples, sample_rate)
    return clips


def _synthetic(n_samples: int, sample_rate: int, rng) -> np.ndarray:
    times = np.arange(n_samples) / sample_rate
    tone = sum(np.sin(2 * np.pi * rng.uniform(100, 1000) * k * times) / k for k in range(1, 6))
    return (0.1 * tone + 0.02 * rng.standard_normal(n_samples)).astype(np.float32)


def _real(folder: Path, n_samples: int, sample_rate: int) -> list[np.ndarray]:
    import soundfile
    import soxr

    clips = []
    for path in sorted(folder.iterdir())[: N_CLIPS // 2]:
        samples, rate = soundfile.read(path, dtype="float32")
        clips.append(np.resize(soxr.resample(samples, rate, sample_rate), n_samples))
    return clips
