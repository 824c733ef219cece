"""Time the parts of a mel spectrogram of one clip in memory: what the compiled spectra take, and what is around them.

    python benchmarks/parts.py [--rounds 200] [--write]

CPU time of one core, of the tenth of the calls that other processes disturbed least. What the compiled code does in one
call is told apart by leaving parts out. `--write` puts the table into RESULTS.md.
"""

import argparse
import os
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np  # noqa: E402
from clips import SECONDS, make_clips  # noqa: E402
from peers import CASES, N_MFCC, Case  # noqa: E402
from results import write_section  # noqa: E402

from audiofeat.dsp import CepstrumRecipe, FrameSpec, MelRecipe, extract, lanes  # noqa: E402

COLUMNS = ("framing, window, transform, squares", "filters", "decibels", "calls around", "mel", "MFCC")


def microseconds(functions: dict, rounds: int) -> dict[str, float]:
    """Interleaved rounds; the mean of the quickest tenth, by name."""
    taken: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            start = time.process_time_ns()
            for _ in range(10):
                function()
            taken[name].append((time.process_time_ns() - start) / 1e4)
    return {name: float(np.mean(sorted(values)[: max(1, rounds // 10)])) for name, values in taken.items()}


def row(case: Case, rounds: int, dtype: type) -> str:
    """A row of the table."""
    clip = make_clips(case.sample_rate)[0].astype(dtype)
    spec = FrameSpec(sample_rate=case.sample_rate, n_fft=case.n_fft, hop_length=case.hop_length)
    mel = MelRecipe(n_mels=case.n_mels)
    bank, window = mel.projection.bank(clip.dtype, spec), spec.window_values(clip.dtype)
    framing = (clip, -spec.pad_length, case.hop_length, spec.n_frames(len(clip)), window)
    bands = lanes.spectra(*framing, power=False, banks=[bank])[1][0]
    took = microseconds(
        {
            "spectra": lambda: lanes.spectra(*framing, power=False),
            "filtered": lambda: lanes.spectra(*framing, power=False, banks=[bank]),
            "decibels": lambda: mel.finish(bands, spec),
            "mel": lambda: extract(clip, spec, [mel]),
            "mfcc": lambda: extract(clip, spec, [CepstrumRecipe(n_mfcc=N_MFCC, mel=mel)]),
        },
        rounds,
    )
    parts = [took["spectra"], took["filtered"] - took["spectra"], took["decibels"]]
    parts += [took["mel"] - took["filtered"] - took["decibels"], took["mel"], took["mfcc"]]
    name = f"{case.sample_rate // 1000} kHz/{case.n_fft}, {np.dtype(dtype).name}"
    return f"| {name} | " + " | ".join(f"{part:.0f}" for part in parts) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if lanes.instructions() is None:
        raise SystemExit("The compiled part is not there.")
    table = "\n".join(
        [
            f"`python benchmarks/parts.py`: microseconds of a clip of {SECONDS:g} s, {lanes.instructions()}.\n",
            f"| case | {' | '.join(COLUMNS)} |",
            "|---" * (len(COLUMNS) + 1) + "|",
            *(row(case, arguments.rounds, dtype) for dtype in (np.float32, np.float64) for case in CASES[:2]),
        ]
    )
    print(table)
    if arguments.write:
        write_section("Arrays in memory: where the time goes", table)


if __name__ == "__main__":
    main()
