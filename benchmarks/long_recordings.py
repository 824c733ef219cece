"""Predict along an hour of sound in several formats: CPU time and the memory it takes, against ten minutes of it.

    python benchmarks/long_recordings.py [--formats wav,flac,mp3,ogg] [--window 3.0] [--hop 1.0]

Each figure is a fresh process: CPU seconds of `predict_recording`, and the peak of its memory less what it held before.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from memory import Peak

RATE = 16000


def write(path: Path, seconds: int) -> None:
    import soundfile

    from audiofeat import datasets

    calls = datasets.make_animal_calls(200, sample_rate=RATE, random_state=0)
    ten = np.concatenate([samples for _, samples in calls.data])
    with soundfile.SoundFile(path, "w", RATE, 1) as file:
        written = 0
        while written < seconds * RATE:
            part = ten[: seconds * RATE - written]
            # In pieces: an encoder may keep what it is given at once on the stack.
            for start in range(0, len(part), RATE):
                file.write(part[start : start + RATE])
            written += len(part)


def child(path: str, window: float, hop: float) -> None:
    from sklearn.naive_bayes import GaussianNB
    from sklearn.pipeline import make_pipeline

    from audiofeat import MFCC, AudioLoader, datasets, predict_recording

    calls = datasets.make_animal_calls(40, sample_rate=RATE, random_state=0)
    model = make_pipeline(AudioLoader(RATE, duration=window), MFCC(n_fft=1024), GaussianNB())
    model.fit(calls.data, calls.target)
    # The first windows bring in what is loaded once.
    model.predict_proba(datasets.windows(path, window=window)[:70])
    start = time.process_time()
    with Peak() as memory:
        timeline = predict_recording(model, path, window=window, hop=hop)
    seconds = time.process_time() - start
    print(json.dumps([len(timeline), seconds, (memory.peak - memory.start) / 1e6]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--formats", default="wav,flac,mp3,ogg")
    parser.add_argument("--window", type=float, default=3.0)
    parser.add_argument("--hop", type=float, default=1.0)
    parser.add_argument("--child")
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child, arguments.window, arguments.hop)
        return
    print("| format | minutes | file [MB] | windows | CPU [s] | memory [MB] |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for suffix in arguments.formats.split(","):
            for minutes in (10, 60):
                path = Path(folder) / f"{minutes}.{suffix}"
                write(path, 60 * minutes)
                options = ["--window", str(arguments.window), "--hop", str(arguments.hop), "--child", str(path)]
                done = subprocess.run(
                    [sys.executable, __file__, *options], stdout=subprocess.PIPE, check=True, text=True
                )
                count, seconds, megabytes = json.loads(done.stdout)
                size = path.stat().st_size / 1e6
                print(f"| {suffix} | {minutes} | {size:.0f} | {count} | {seconds:.1f} | {megabytes:.1f} |", flush=True)
                path.unlink()


if __name__ == "__main__":
    main()
