"""Measure the memory that extraction needs beside its output, for growing numbers of clips, from arrays and from files.

    python benchmarks/memory.py [--counts 1000,5000,20000] [--write]

Each figure is the peak of a fresh process less the output array, and less the clips where they are arrays: interpreter and
libraries are in it. In brackets, what of it extraction added. Files are distinct paths. `--write` puts the table into
RESULTS.md.
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
from results import write_section

RATE, SECONDS = 16000, 1.0
N_FILES = 200


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
        clips = AudioLoader(RATE).fit_transform([f"{folder}/{i}.wav" for i in range(count)])
    given = clips.nbytes if kind == "arrays" else 0
    answer = {}
    for name, extractor in (
        ("pooled MFCC", MFCC(n_jobs=2)),
        ("mel map", MelSpectrogram(n_mels=40, n_fft=512, hop_length=160, pooling=None, n_jobs=2)),
    ):
        extractor.fit_transform(clips[:2])
        with Peak() as memory:
            output = extractor.fit_transform(clips)
        answer[name] = [
            (memory.peak - output.nbytes - given) / 1e6,
            (memory.peak - memory.start - output.nbytes) / 1e6,
        ]
        del output
    print(json.dumps(answer))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", default="1000,5000,20000")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        kind, count, folder = arguments.child
        child(kind, int(count), folder)
        return
    import soundfile

    counts = [int(count) for count in arguments.counts.split(",")]
    text = "Clips of 1 s at 16 kHz, two threads; in brackets what extraction added.\n\n"
    text += "| from | clips | pooled MFCC [MB] | mel map [MB] |\n|---|---|---|---|\n"
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(0)
        for i in range(max(counts)):
            path = Path(folder) / f"{i}.wav"
            if i < N_FILES:
                soundfile.write(path, 0.1 * rng.standard_normal(int(RATE * SECONDS)), RATE)
            else:
                # Another name costs as much memory as another file.
                path.hardlink_to(Path(folder) / f"{i % N_FILES}.wav")
        for kind in ("arrays", "files"):
            for count in counts:
                command = [sys.executable, __file__, "--child", kind, str(count), folder]
                answer = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
                cells = " | ".join(f"{peak:.0f} ({added:.0f})" for peak, added in answer.values())
                text += f"| {kind} | {count} | {cells} |\n"
                print(text.splitlines()[-1], file=sys.stderr, flush=True)
    print(text)
    if arguments.write:
        write_section("Memory beside the output", f"`python benchmarks/memory.py`\n\n{text}")


if __name__ == "__main__":
    main()
