"""Time decoding, resampling and MFCC from files, against `librosa.load` and `librosa.feature.mfcc`, and two threads to one.

    python benchmarks/files.py [--rounds 9]

Interleaved rounds in one process; ratios of wall time, median with the quarter and three-quarter points. WAV and Ogg are
real recordings where AUDIOFEAT_DATA names them; FLAC and MP3 are written from the WAV files into a temporary folder.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import librosa  # noqa: E402
import numpy as np  # noqa: E402
import soundfile  # noqa: E402
from clips import make_clips  # noqa: E402

from audiofeat import MFCC, AudioLoader  # noqa: E402

RATE = 22050
N_FILES = 24


def recordings(folder: Path) -> dict[str, list[str]]:
    """Paths by format."""
    data = Path(os.environ.get("AUDIOFEAT_DATA", "/nowhere"))
    clips = make_clips(16000)[:N_FILES]
    paths: dict[str, list[str]] = {}
    for kind in ("WAV", "FLAC", "OGG", "MP3"):
        paths[kind] = [str(folder / f"{i}.{kind.lower()}") for i in range(len(clips))]
        for path, clip in zip(paths[kind], clips, strict=True):
            soundfile.write(path, np.clip(clip, -1, 1), 16000, format=kind)
    if (data / "cats_dogs" / "wav").is_dir():
        paths["WAV"] = [str(path) for path in sorted((data / "cats_dogs" / "wav").iterdir())[:N_FILES]]
    if (data / "esc10_dev" / "audio").is_dir():
        paths["OGG"] = [str(path) for path in sorted((data / "esc10_dev" / "audio").rglob("*.ogg"))[:N_FILES]]
    return paths


def with_librosa(paths: list[str]) -> list[np.ndarray]:
    return [librosa.feature.mfcc(y=librosa.load(path, sr=RATE)[0], sr=RATE).mean(axis=1) for path in paths]


def with_audiofeat(paths: list[str], n_jobs: int) -> np.ndarray:
    return MFCC(pooling="mean", n_jobs=n_jobs).fit_transform(AudioLoader(RATE).fit_transform(paths))


def seconds(function, *arguments) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def spread(values: list[float]) -> str:
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    print("| format | largest difference | times as fast as librosa | 2 threads to 1 |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for kind, paths in recordings(Path(folder)).items():
            difference = np.abs(np.stack(with_librosa(paths)) - with_audiofeat(paths, 1)).max()
            ratios, gains = [], []
            for _ in range(rounds):
                base, one, two = (
                    seconds(with_librosa, paths),
                    seconds(with_audiofeat, paths, 1),
                    seconds(with_audiofeat, paths, 2),
                )
                ratios.append(base / one)
                gains.append(one / two)
            print(f"| {kind} | {difference:.1e} | {spread(ratios)} | {spread(gains)} |", flush=True)


if __name__ == "__main__":
    main()
