"""Measure the memory that extraction needs above its output, for growing numbers of clips, from arrays and from files.

    python benchmarks/memory.py [--counts 1000,5000,20000]

Each figure is the peak of a fresh process, less what it held before extraction and less the output array.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np

RATE, SECONDS = 16000, 1.0


def resident() -> int:
    """Bytes this process holds now."""
    with open("/proc/self/statm") as file:  # noqa: PTH123
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Peak:
    """The most memory the process held, looked at every few milliseconds."""

    def __enter__(self):
        self.start = self.peak = resident()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self):
        while not self._done.wait(0.005):
            self.peak = max(self.peak, resident())

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()
        self.peak = max(self.peak, resident())


def child(kind: str, count: int, folder: str) -> None:
    from audiofeat import MFCC, AudioLoader, MelSpectrogram

    rng = np.random.default_rng(0)
    if kind == "arrays":
        clips = rng.standard_normal((count, int(RATE * SECONDS)), dtype=np.float32)
    else:
        files = sorted(str(path) for path in Path(folder).iterdir())
        clips = AudioLoader(RATE).fit_transform([files[i % len(files)] for i in range(count)])
    answer = {}
    for name, extractor in (
        ("pooled MFCC", MFCC(n_jobs=2)),
        ("mel map", MelSpectrogram(n_mels=40, n_fft=512, hop_length=160, pooling=None, n_jobs=2)),
    ):
        extractor.fit_transform(clips[:2])
        with Peak() as memory:
            output = extractor.fit_transform(clips)
        answer[name] = (memory.peak - memory.start - output.nbytes) / 1e6
    print(json.dumps(answer))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", default="1000,5000,20000")
    parser.add_argument("--child", nargs=3)
    arguments = parser.parse_args()
    if arguments.child:
        kind, count, folder = arguments.child
        child(kind, int(count), folder)
        return
    import soundfile

    print("| from | clips | pooled MFCC [MB] | mel map [MB] |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        for i in range(200):
            soundfile.write(Path(folder) / f"{i}.wav", 0.1 * rng.standard_normal(int(RATE * SECONDS)), RATE)
        for kind in ("arrays", "files"):
            for count in arguments.counts.split(","):
                command = [sys.executable, __file__, "--child", kind, count, folder]
                answer = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
                print(
                    f"| {kind} | {count} | " + " | ".join(f"{value:.0f}" for value in answer.values()) + " |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
