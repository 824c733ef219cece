"""Print how far our values are from librosa's, MATLAB's and Kaldi's, and write it into RESULTS.md.

    python benchmarks/exactness.py [--seeds 60] [--recordings 100]

The cases are those of the tests in tests/dsp, which hold the deviations to the limits shown, over more seeds and
recordings. Recordings and references are read where AUDIOFEAT_DATA names them.
"""

import argparse
import os
import platform
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import librosa
import numpy as np
from results import write_section

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "dsp"))

import against_kaldi
import against_librosa as sweep
import against_matlab

UNITS = {
    "power": "power, as part of the frame's maximum",
    "db": "dB, `top_db=80`, of mel and of spectrum",
    "mfcc": "MFCC, divided by the gain of its transform and lifter (1 at the defaults)",
    "chroma": "chroma, normed to 1 or as part of its maximum",
    "mel": {
        np.float32: "mel, as part of what the frame's loudest bin could give",
        np.float64: "mel, relative, in every bin within 200 dB of the loudest",
    },
}


def synthetic(seeds: int, dtype) -> Iterator[tuple[str, tuple]]:
    """Noise, tones, chirps, bursts, impulses; and clips shorter than a frame."""
    for sound in sweep.SOUNDS:
        for seed in range(seeds):
            yield f"{sound.__name__} {seed}", sweep.sweep_case(seed, sound, dtype)
    for n_samples in sweep.SHORT_LENGTHS:
        for pad_mode in sweep.PAD_MODES:
            case = sweep.short_case(n_samples, pad_mode, dtype)
            if case is not None:
                yield f"{n_samples} samples, {pad_mode}", case


def recordings(data: Path, count: int) -> list[Path]:
    """Those of the tests, and others spread evenly over the folders."""
    found: list[Path] = []
    for folder in ("cats_dogs/wav", "fsdd/recordings", "esc10_dev/audio"):
        files = sorted(path for path in (data / folder).rglob("*.*") if path.suffix in (".wav", ".ogg"))
        found += files[:: max(1, 3 * len(files) // count)]
    return list(dict.fromkeys([data / name for name in sweep.RECORDINGS] + found))


class Maxima:
    """The largest deviation of each feature over some cases, and which cases went beyond a limit."""

    def __init__(self, cases: Iterable[tuple[str, tuple]], limits: dict[str, float]):
        self.largest: dict[str, float] = {}
        self.beyond: list[str] = []
        self.count = 0
        for label, case in cases:
            self.count += 1
            for name, deviation in sweep.deviations(*case).items():
                self.largest[name] = max(self.largest.get(name, 0.0), float(deviation))
                if deviation > limits[name]:
                    self.beyond.append(f"{name} of {label} ({deviation:.1e})")


def against_librosa(seeds: int, data: Path | None, n_recordings: int) -> str:
    paths = recordings(data, n_recordings) if data else []
    lines, beyond = [], []
    for dtype, limits in sweep.TOLERANCES.items():
        columns = {"synthetic": Maxima(synthetic(seeds, dtype), limits)}
        if paths:
            cases = {path.name: list(sweep.recording_cases(path, dtype)) for path in paths}
            drawn = ((name, case) for name, own in cases.items() for case in own[1:])
            columns["recordings"] = Maxima(drawn, limits)
            columns["recordings at the defaults"] = Maxima(((name, own[0]) for name, own in cases.items()), limits)
        if not lines:
            heads = [f"{name} ({column.count} cases)" for name, column in columns.items()]
            lines += [f"| type | what | {' | '.join(heads)} | limit |", "|---" * (3 + len(heads)) + "|"]
        for name, limit in limits.items():
            unit = UNITS[name][dtype] if isinstance(UNITS[name], dict) else UNITS[name]
            values = " | ".join(f"{column.largest[name]:.1e}" for column in columns.values())
            lines.append(f"| {np.dtype(dtype)} | {unit} | {values} | {limit:.0e} |")
            print(lines[-1], file=sys.stderr, flush=True)
        beyond += [f"{np.dtype(dtype)} {case}" for column in columns.values() for case in column.beyond]
    return "\n".join(lines) + f"\n\nBeyond a limit: {'; '.join(beyond) or 'none'}."


def against_references(data: Path) -> str:
    text = "\n\nMATLAB's values, in float64, as part of the largest value:\n\n| what | files | deviation |\n|---|---|---|\n"
    for what, count, deviation in against_matlab.deviations(data / "references" / "librosa"):
        text += f"| {what} | {count} | {deviation:.1e} |\n"
    text += "\nKaldi's own output:\n\n| file | what | of float32 clips | of float64 clips |\n|---|---|---|---|\n"
    folder = data / "references" / "kaldi"
    single, double = (against_kaldi.deviations(folder, dtype) for dtype in ("float32", "float64"))
    for (file, what, deviation), (_, _, other) in zip(single, double, strict=True):
        text += f"| {file} | {what} | {deviation:.1e} | {other:.1e} |\n"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--recordings", type=int, default=100)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    named = os.environ.get("AUDIOFEAT_DATA")
    data = Path(named) if named else None
    text = (
        f"`python benchmarks/exactness.py`: largest deviations. Python {platform.python_version()}, "
        f"librosa {librosa.__version__}, numpy {np.__version__}.\n\n"
    )
    text += against_librosa(arguments.seeds, data, arguments.recordings)
    if data:
        text += against_references(data)
    else:
        text += "\n\nAUDIOFEAT_DATA is not set: no recordings, no references of MATLAB and Kaldi.\n"
    write_section(f"Exactness, librosa {librosa.__version__}", text)
    print(text)


if __name__ == "__main__":
    main()
