"""Time decoding, resampling and MFCC from files, against `librosa.load` and `librosa.feature.mfcc`, and two threads to one.

    python benchmarks/files.py [--rounds 9]

One process per library on one core, asked in turn, round after round; ratios of CPU time, median with the quarter and
three-quarter points. Every file looks new in every round, as in a first run: its digest and its header are read too.
Threads are compared by wall time, in one process, which says nothing on a machine that is busy with something else.

Recordings are real ones where AUDIOFEAT_DATA names them, else synthetic. FLAC, MP3 and Ogg are written from the WAV files;
the sounds in Ogg are as they were published, at 44.1 kHz and up to 190 kbit/s, which take libvorbis four times as long.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

RATE = 22050
N_FILES = 240
# librosa takes long; ratios per round need fewer files than threads do.
N_AGAINST_LIBROSA = 24


def recordings(folder: Path) -> dict[str, list[str]]:
    """Recordings by kind: copies, and what is made of them."""
    import soundfile
    from clips import make_clips

    data = Path(os.environ.get("AUDIOFEAT_DATA", "/nowhere"))
    found = {
        "WAV": evenly((data / "cats_dogs" / "wav").glob("*.wav")),
        "WAV, digits": evenly((data / "fsdd" / "recordings").glob("*.wav")),
        "OGG, sounds": evenly((data / "esc10_dev" / "audio").rglob("*.ogg")),
    }
    if found["WAV"]:
        clips = [soundfile.read(path, dtype="float32") for path in found["WAV"]]
    else:
        made = [clip.clip(-1, 1) for clip in make_clips(16000)]
        clips = [(made[i % len(made)], 16000) for i in range(N_FILES)]
    paths: dict[str, list[str]] = {}
    for kind in ("WAV", "WAV, digits", "FLAC", "OGG", "OGG, sounds", "MP3"):
        if found.get(kind):
            paths[kind] = [str(folder / f"{kind}-{i:03d}{path.suffix}") for i, path in enumerate(found[kind])]
            for source, path in zip(found[kind], paths[kind], strict=True):
                shutil.copyfile(source, path)
        elif "," not in kind:
            paths[kind] = [str(folder / f"{i:03d}.{kind.lower()}") for i in range(len(clips))]
            for (samples, rate), path in zip(clips, paths[kind], strict=True):
                soundfile.write(path, samples, rate, format=kind)
    return paths


def evenly(paths: Iterable[Path], count: int = N_FILES) -> list[Path]:
    """Some of the files, spread over all of them."""
    files = sorted(paths)
    return [files[i * len(files) // count] for i in range(min(count, len(files)))]


def with_librosa(paths: list[str], n_jobs: int):
    import librosa
    import numpy as np

    return np.stack([librosa.feature.mfcc(y=librosa.load(path, sr=RATE)[0], sr=RATE).mean(axis=1) for path in paths])


def with_audiofeat(paths: list[str], n_jobs: int):
    from audiofeat import MFCC, AudioLoader

    return MFCC(pooling="mean", n_jobs=n_jobs).fit_transform(AudioLoader(RATE).fit_transform(paths))


FUNCTIONS = {function.__name__: function for function in (with_librosa, with_audiofeat)}


def child(library: str) -> None:
    """Answer requests, a line each: seconds of wall and CPU time, and the values if they are asked for."""
    from audiofeat.audio import files

    for line in sys.stdin:
        paths, n_jobs, want_values = json.loads(line)
        files._facts.clear()
        wall, cpu = time.perf_counter(), time.process_time()
        values = FUNCTIONS[library](paths, n_jobs)
        answer: dict = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        if want_values:
            answer["values"] = values.tolist()
        sys.__stdout__.write(json.dumps(answer) + "\n")
        sys.__stdout__.flush()


class Child:
    """A process that times one library."""

    def __init__(self, library: str, *, one_core: bool):
        pin = ["taskset", "-c", "0"] if one_core and sys.platform == "linux" else []
        self.process = subprocess.Popen(
            [*pin, sys.executable, "-W", "ignore", __file__, "--child", library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, paths: list[str], *, n_jobs: int = 1, values: bool = False) -> dict:
        self.process.stdin.write(json.dumps((paths, n_jobs, values)) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def spread(values: list[float]) -> str:
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def compare(kind: str, paths: list[str], children: dict[str, Child], rounds: int) -> str:
    """A row of the table."""
    import numpy as np
    import soundfile

    few = evenly(paths, N_AGAINST_LIBROSA)
    first, ours = (children[name].ask(few, values=True)["values"] for name in FUNCTIONS)
    difference = np.abs(np.array(first) - ours).max()
    seconds = sum(soundfile.info(path).duration for path in few)
    ratios, costs, gains = [], [], []
    for _ in range(rounds):
        base, own = (children[name].ask(few)["cpu"] for name in FUNCTIONS)
        ratios.append(base / own)
        costs.append(1000 * own / seconds)
        one, two = (children["threads"].ask(paths, n_jobs=n_jobs)["wall"] for n_jobs in (1, 2))
        gains.append(one / two)
    what = f"{kind}, {soundfile.info(paths[0]).samplerate} Hz, {seconds / len(few):.1f} s"
    return (
        f"| {what} | {difference:.1e} | {statistics.median(costs):.3f} "
        f"| {spread(ratios)} | {spread(gains)} of {len(paths)} files |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--child", choices=FUNCTIONS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        child(arguments.child)
        return
    print(f"{arguments.rounds} rounds; {N_AGAINST_LIBROSA} files against librosa\n")
    columns = ("format, rate, mean length", "largest difference", "ms CPU per second of audio")
    print("| " + " | ".join((*columns, "times as fast as librosa", "2 threads to 1")) + " |")
    print("|---|---|---|---|---|")
    children = {name: Child(name, one_core=True) for name in FUNCTIONS}
    children["threads"] = Child("with_audiofeat", one_core=False)
    with tempfile.TemporaryDirectory() as folder:
        for kind, paths in recordings(Path(folder)).items():
            print(compare(kind, paths, children, arguments.rounds), flush=True)
    for process in children.values():
        process.close()


if __name__ == "__main__":
    main()
